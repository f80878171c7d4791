"""What the service knows already, as answers to the questions of a kind: organisations, registered items, a collaboration, its split.

Only what the person drafting may see goes in: the own organisation's profile, the items of an idea that they may prove, the lines of
a collaboration in which they take part. Of a stranger nothing is known but what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.agreements import interview
from ipr_service.agreements.kinds import Kind
from ipr_service.errors import N_, RefusedError
from ipr_service.evidence.digest import to_base64
from ipr_service.services import allocation, collaboration, grants
from ipr_service.services.collaboration import PartyLine, Registration
from ipr_service.services.context import Context
from ipr_service.store.schema import Collaboration, IdeaVersion, LogEntry, Organisation, Person

WEIGHTLESS = frozenset({"facilitation", "funding"})


@dataclass(frozen=True)
class NamedSignatory:
    """Who signs for one party.

    Args:
        role: of the party, as in the kind (``recipient``).
        organisation_name: the party signed for; empty when she is the party herself.
        capacity: for instance managing director.
    """

    role: str
    name: str
    email: str
    organisation_name: str = ""
    capacity: str = ""


def own_party(session: Session, role: str, organisation: Organisation, person: Person) -> dict[str, Any]:
    """The party that the acting person speaks for, from the organisation's profile."""
    known: dict[str, Any] = {"role": role, "name": organisation.name, "notice_email": person.email}
    known |= {"seat": _one_line(organisation.address), "country": organisation.country}
    if organisation.kind == "personal":
        return _without_gaps(known | {"natural_person": True})
    return _without_gaps(known | {"natural_person": False, "reg_no": organisation.registration_number, "rep": person.name})


def named_party(signatory: NamedSignatory) -> dict[str, Any]:
    """A party of which nothing is known but who signs for it."""
    known: dict[str, Any] = {"role": signatory.role, "notice_email": signatory.email}
    if not signatory.organisation_name:
        return known | {"name": signatory.name, "natural_person": True}
    return _without_gaps(
        known | {"name": signatory.organisation_name, "natural_person": False, "rep": signatory.name, "capacity": signatory.capacity}
    )


def _one_line(text: str | None) -> str | None:
    return None if text is None else ", ".join(line.strip(" ,") for line in text.splitlines() if line.strip())


def _without_gaps(known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if value not in (None, "")}


def joined_parties(ctx: Context, session: Session, collaboration_id: str) -> tuple[PartyLine, ...]:
    """The parties of a collaboration that have joined.

    Raises:
        RefusedError: fewer than two, so there is nothing to agree yet.
    """
    joined = tuple(party for party in collaboration.parties(ctx, session, collaboration_id) if party.state == "joined")
    if len(joined) < 2:
        raise RefusedError(N_("Nobody else has joined this collaboration yet. An agreement needs at least two parties."))
    return joined


def party_of_line(session: Session, role: str, line: PartyLine) -> dict[str, Any]:
    """A party of a collaboration, from the profile of the organisation that joined."""
    organisation = session.get_one(Organisation, line.organisation_id)
    known: dict[str, Any] = {"role": role, "name": line.label, "notice_email": line.email}
    known |= {"seat": _one_line(organisation.address), "country": organisation.country}
    if organisation.kind == "personal":
        return _without_gaps(known | {"natural_person": True})
    return _without_gaps(known | {"natural_person": False, "reg_no": organisation.registration_number, "rep": line.name})


def proof_lines(ctx: Context, session: Session, idea_id: str) -> list[dict[str, Any]]:
    """One line for every registered version of an idea: commitment, log, index, date; no title."""
    query = (
        select(LogEntry)
        .join(IdeaVersion, IdeaVersion.commitment == LogEntry.commitment)
        .where(IdeaVersion.idea_id == idea_id)
        .order_by(IdeaVersion.number)
    )
    return [_proof(ctx, entry.commitment, entry.index, entry.created_at.date().isoformat()) for entry in session.scalars(query)]


def _proof(ctx: Context, commitment: bytes, index: int, logged_on: str) -> dict[str, Any]:
    return {"commitment": to_base64(commitment), "log": ctx.settings.origin, "index": index, "logged_on": logged_on}


def collaboration_data(ctx: Context, session: Session, collaboration_id: str, language: str) -> dict[str, Any]:
    """A collaboration as ``default_from`` paths read it: project, background, contributions, proofs, split."""
    row = session.get_one(Collaboration, collaboration_id)
    title = ctx.open_text(row.key_id, "collaboration.title", row.title_sealed) or ""
    purpose = _one_line(ctx.open_text(row.key_id, "collaboration.purpose", row.purpose_sealed)) or title
    background = collaboration.background_lines(ctx, session, collaboration_id)
    made = [line for line in collaboration.contribution_lines(ctx, session, collaboration_id) if line.role not in WEIGHTLESS]
    entries = [line.registration for line in background] + [line.registration for line in made]
    registered = {one.commitment: one for one in entries if one is not None}
    numbers = {commitment: number for number, commitment in enumerate(registered, 1)}

    def item(registration: Registration | None) -> dict[str, Any]:
        return {} if registration is None else {"item": numbers[registration.commitment]}

    data: dict[str, Any] = {"project": purpose}
    data["proofs"] = [_proof(ctx, one.commitment, one.index, one.at.date().isoformat()) for one in registered.values()]
    data["background"] = [_background(line.party, line.description, line.excluded) | item(line.registration) for line in background]
    data["contributions"] = [
        {"party": line.party, "description": line.title, "role": line.role, "severable": line.severable} | item(line.registration)
        for line in made
    ]
    split = allocation.accepted_split(ctx, session, collaboration_id, language)
    if split is not None:
        data["rule"], data["split_commitment"] = split.policy, to_base64(split.commitment)
        holders = [one for one in split.shares if one.fraction]
        data["split"] = [{"party": one.organisation or one.name, "share": one.fraction_text, "reason": one.reason} for one in holders]
    data["grants"] = grants.schedule(ctx, session, collaboration_id)
    return {name: value for name, value in data.items() if value not in (None, "", [])}


def _background(party: str, description: str, excluded: bool) -> dict[str, Any]:
    """An excluded item stands in the schedule with the words that keep it out."""
    line: dict[str, Any] = {"party": party, "description": _one_line(description) or ""}
    return line | {"excluded": "the whole item stays out of the Project"} if excluded else line


def answers(kind: Kind, data: Mapping[str, Any], parties: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answers that the data gives; a list that is empty answers nothing."""
    found = interview.prefill(kind, {**data, "parties": [dict(party) for party in parties]})
    return {id: value for id, value in found.items() if value not in (None, "", [])}
