"""Look at the licence grants of a collaboration: the register with the answer of the check, ids turned into names.

The check runs over everything that stands now (``rights.grant_file.check``): what was known when a grant was recorded is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.rights.authority import Acts, Authority
from ipr_service.rights.conflicts import Conflict
from ipr_service.rights.grant_file import Answer
from ipr_service.rights.grant_file import check as check_grants
from ipr_service.rights.licences import Fee, Grant, grant_title, last_day
from ipr_service.rights.notation import number_text, percent
from ipr_service.services import access, collaboration, grant_entries, results
from ipr_service.services.access import Actor
from ipr_service.services.collaboration import PartyLine
from ipr_service.services.context import Context
from ipr_service.services.results import ResultLine
from ipr_service.store.schema import Collaboration, GrantAct, LicenceGrant

_ID = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{26}|x[0-9a-f]{25})\b")


@dataclass(frozen=True)
class GrantLine:
    """A grant on record.

    Args:
        grant: its terms; ``id`` is the row's.
        grantee: what the grantee is called. asset: what the result or background is called.
        state: ``standing``, ``superseded`` or ``withdrawn``.
        known: what the check said when it was recorded, as JSON data.
        acts: what was done so far. commitment: of its entry in the log.
    """

    id: str
    number: int
    party_id: str
    recorded_by: str
    grant: Grant
    grantee: str
    asset: str
    grantors: tuple[str, ...]
    state: str
    replaces: str | None
    created_at: datetime
    ended_at: datetime | None
    acts: Acts
    known: Mapping[str, Any]
    commitment: bytes


@dataclass(frozen=True)
class Checked:
    """An answer with the names to read it by; ``asked`` is the grant that was asked about and is not on record, if one was."""

    answer: Answer
    names: Mapping[str, str]
    asked: str | None = None

    @property
    def about(self) -> Answer:
        """What of the answer concerns the grant that was asked about; everything when none was."""
        if self.asked is None:
            return self.answer
        whole, grantee = self.answer, self.names.get("grantee")
        return replace(
            whole,
            conflicts=self.conflicts_of(self.asked),
            excesses=tuple(one for one in whole.excesses if self.asked in (one.grant, one.source)),
            gaps=tuple(one for one in whole.gaps if one.need.party == grantee),
            encumbrances={},
            filled={grant: one for grant, one in whole.filled.items() if grant == self.asked},
            demands={grant: one for grant, one in whole.demands.items() if grant == self.asked},
        )

    def conflicts_of(self, grant_id: str) -> tuple[Conflict, ...]:
        """The conflicts in which a grant takes part."""
        return tuple(one for one in self.answer.conflicts if grant_id in (one.first, one.second))

    def authority_of(self, grant_id: str) -> Authority | None:
        """The checklist of a grant; None when nobody knows who holds the asset."""
        return self.answer.authorities.get(grant_id)

    def told(self, text: str) -> str:
        """A sentence with names in the place of ids."""
        return _ID.sub(lambda found: self.names.get(found[0], found[0]), text)


@dataclass(frozen=True)
class Register:
    """Everything about licences in a collaboration.

    Args:
        mine: ids of the parties for which the actor may act. verbs: what the actor may do here.
        background: (id, what it is called), of what is not kept out.
    """

    collaboration_id: str
    title: str | None
    state: str
    parties: tuple[PartyLine, ...]
    results: tuple[ResultLine, ...]
    background: tuple[tuple[str, str], ...]
    lines: tuple[GrantLine, ...]
    checked: Checked
    mine: tuple[str, ...]
    verbs: frozenset[str]

    @property
    def standing(self) -> tuple[GrantLine, ...]:
        """The grants that stand."""
        return tuple(line for line in self.lines if line.state == "standing")


def register(ctx: Context, actor: Actor, collaboration_id: str) -> Register:
    """Results, background, grants, and what the check says of them today.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        own = access.organisations(session, actor, "see", "collaboration", collaboration_id)
        who = collaboration.parties(ctx, session, collaboration_id)
        return Register(
            collaboration_id=row.id,
            title=ctx.open_text(row.key_id, "collaboration.title", row.title_sealed),
            state=row.state,
            parties=who,
            results=results.result_lines(ctx, session, row.id),
            background=tuple((one.id, one.description) for one in collaboration.background_lines(ctx, session, row.id) if not one.excluded),
            lines=grant_lines(ctx, session, row),
            checked=checked(ctx, session, row),
            mine=tuple(party.id for party in who if party.state == "joined" and party.organisation_id in own),
            verbs=access.verbs(session, actor, "collaboration", collaboration_id),
        )


def line_of(found: Register, grant_id: str) -> GrantLine:
    """One grant of a register.

    Raises:
        NotFoundError: it is not there.
    """
    line = next((one for one in found.lines if one.id == grant_id), None)
    if line is None:
        raise NotFoundError(N_("There is no such grant in this collaboration."))
    return line


def grant_lines(ctx: Context, session: Session, row: Collaboration) -> tuple[GrantLine, ...]:
    """Every grant of a collaboration, in the order in which they were recorded. The caller has asked ``access``."""
    called = names(ctx, session, row)
    acts = _acts(session, row.id)
    lines = []
    for one in session.scalars(select(LicenceGrant).where(LicenceGrant.collaboration_id == row.id).order_by(LicenceGrant.number)):
        record = grant_entries.record_of(ctx, row.key_id, one)
        if record is None:
            continue
        made = record.grant
        lines.append(
            GrantLine(
                id=one.id,
                number=one.number,
                party_id=one.party_id,
                recorded_by=called[one.party_id],
                grant=made,
                grantee=called.get(made.grantee, made.grantee),
                asset=called.get(made.asset, made.asset),
                grantors=tuple(called.get(party, party) for party in made.grantors),
                state=one.state,
                replaces=one.replaces,
                created_at=one.created_at,
                ended_at=one.ended_at,
                acts=acts.get(one.id, Acts()),
                known=grant_entries.answer_of(ctx, row.key_id, one),
                commitment=one.commitment,
            )
        )
    return tuple(lines)


def schedule(ctx: Context, session: Session, collaboration_id: str) -> list[dict[str, str]]:
    """The grants that stand between parties of the collaboration, as the schedule of an agreement has them. The caller asks ``access``.

    Only those that leave nothing open, for a schedule delimits every right; the others are for the parties to finish first.
    """
    row = session.get_one(Collaboration, collaboration_id)
    people = {one.id: one.label for one in collaboration.parties(ctx, session, collaboration_id)}
    found = []
    for line in grant_lines(ctx, session, row):
        grant, last = line.grant, last_day(line.grant.until)
        if line.state != "standing" or grant.unsaid or grant.begin is None or last is None or grant.exclusivity is None:
            continue
        if grant.grantee not in people or grant.under is not None:
            continue
        found.append(
            {
                "grantee": people[grant.grantee],
                "subject": line.asset.strip("“”"),
                "acts": _titles(grant.acts),
                "field": f"{_titles(grant.purposes)}; {_titles(grant.fields)}",
                "territory": ", ".join(grant.territory or ()),
                "begins": grant.begin.isoformat(),
                "ends": last.isoformat(),
                "exclusivity": grant.exclusivity,
                **({} if grant.fee is None else {"pay": _pay(grant.fee)}),
            }
        )
    return found


def _titles(words: tuple[str, ...] | None) -> str:
    return ", ".join(grant_title(word) for word in words or ())


def _pay(fee: Fee) -> str:
    """In words, as an agreement in English has it."""
    if fee.amount is not None:
        return f"a lump sum of {number_text(fee.amount.amount)} {fee.amount.currency}"
    return f"{percent(fee.part)} of the net income" if fee.part is not None else grant_title(fee.kind)


def _acts(session: Session, collaboration_id: str) -> dict[str, Acts]:
    query = select(GrantAct).join(LicenceGrant, LicenceGrant.id == GrantAct.grant_id)
    found: dict[str, dict[str, dict[str, date]]] = {}
    for one in session.scalars(query.where(LicenceGrant.collaboration_id == collaboration_id)):
        found.setdefault(one.grant_id, {}).setdefault(one.kind, {})[one.party_id] = date.fromisoformat(one.day)
    return {
        grant: Acts(kinds.get("signed", {}), kinds.get("notified", {}), kinds.get("offered", {}), kinds.get("declined", {}))
        for grant, kinds in found.items()
    }


def names(ctx: Context, session: Session, row: Collaboration) -> dict[str, str]:
    """What parties, results, background, grants and grantees from outside are called, by id; also those that left or were withdrawn."""
    called = {one.id: one.label for one in collaboration.parties(ctx, session, row.id, with_left=True)}
    called |= {one.id: f"“{one.title}”" for one in results.result_lines(ctx, session, row.id, with_withdrawn=True)}
    lines = collaboration.background_lines(ctx, session, row.id, with_withdrawn=True)
    called |= {one.id: f"“{one.description}”" for one in lines}
    for one in session.scalars(select(LicenceGrant).where(LicenceGrant.collaboration_id == row.id)):
        called[one.id] = f"#{one.number}"
        record = grant_entries.record_of(ctx, row.key_id, one)
        if record is not None and record.grant.grantee not in called:
            called[record.grant.grantee] = record.names.get(record.grant.grantee, record.grant.grantee)
    return called


def checked(ctx: Context, session: Session, row: Collaboration, more: Grant | None = None, without: str | None = None) -> Checked:
    """The check over everything that stands now.

    Args:
        more: a grant that is not on record yet. without: a grant that it takes the place of.

    Raises:
        InputError: a grantor that holds nothing of the asset.
    """
    lines = [line for line in grant_lines(ctx, session, row) if line.state == "standing" and line.id != without]
    listed = [line.grant for line in lines] + ([more] if more is not None else [])
    assets = [line.asset for line in results.result_lines(ctx, session, row.id)]
    assets += results.background_assets(ctx, session, row.id).values()
    answer = check_grants(listed, assets, {line.id: line.acts for line in lines}, ctx.now().date())
    called = names(ctx, session, row)
    return Checked(answer, called if more is None else called | {"grantee": more.grantee}, None if more is None else more.id)
