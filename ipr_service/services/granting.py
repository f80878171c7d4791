"""Licence grants of a collaboration: check one before it is recorded, record it, put another in its place, withdraw it, sign.

A grant is recorded with what the check said at that moment, so that anyone can see later what was known. It is never edited: another grant
takes its place (``replaces``), or it is withdrawn. A conflict does not stop anybody from recording: contracts exist in the
world, and a register that refuses them would be wrong. It is shown wherever the grant is shown.

Parties sign for themselves; that the others were told or offered the share is recorded by a party that grants. Recording is no signature
under a contract: the agreement is (``drafting``), and it takes its schedule of grants from here. Reading stands in ``grants``.

Whatever is recorded here is logged in the same write (``grant_entries``): the grant with what was known, and each act about it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights.fields import SHIPPED
from ipr_service.rights.grant_answer import answer_data
from ipr_service.rights.grant_record import GrantRecord
from ipr_service.rights.grant_terms import grant as read_grant
from ipr_service.rights.licences import Grant
from ipr_service.services import access, collaboration, grant_entries, grants, idempotency, results
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import logged
from ipr_service.services.grants import Checked
from ipr_service.services.joining import acting_party, changed, open_collaboration
from ipr_service.services.words import clean_date, clean_line
from ipr_service.store.schema import Collaboration, GrantAct, LicenceGrant
from ipr_service.store.sequencer import Insert, Logged, Update, WritePlan

MAX_GRANTS = 2_000
BY_ITSELF, BY_GRANTORS = ("signed", "declined"), ("notified", "offered")
_OVER = N_("This grant no longer stands: it was withdrawn, or another took its place. Load the page again.")


@dataclass(frozen=True)
class Record:
    """A grant to record.

    Args:
        terms: as in a grant file (docs/grants.md), without ``id``; ``grantors`` are party ids of the collaboration, ``grantee`` a party id,
            or empty when it is somebody else, ``asset`` the id of a result or of background, ``under`` the id of a grant.
        grantee_name: what somebody from outside is called.
        replaces: id of the grant whose place this one takes, or None.
    """

    terms: Mapping[str, Any]
    grantee_name: str = ""
    replaces: str | None = None


def check(ctx: Context, actor: Actor, collaboration_id: str, order: Record) -> Checked:
    """What the grant would do beside those that stand. Nothing is stored.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        made, name = _read(ctx, session, row, ctx.new_id(), order)
        found = grants.checked(ctx, session, row, made, without=order.replaces)
    return replace(found, names={**found.names, made.grantee: name}) if name else found


def record(ctx: Context, actor: Actor, collaboration_id: str, order: Record) -> str:
    """Record a grant. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused.
        RefusedError: the collaboration is closed or full. ConflictError: the replaced grant no longer stands.
    """
    grant_id, now = ctx.new_id(), ctx.now()
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "propose", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        made, name = _read(ctx, session, row, grant_id, order)
        last = session.scalar(select(func.max(LicenceGrant.number)).where(LicenceGrant.collaboration_id == row.id)) or 0
        if last >= MAX_GRANTS:
            raise RefusedError(N_("At most {limit} entries fit here."), limit=MAX_GRANTS)
        before = None if order.replaces is None else _standing(session, row, order.replaces)
        found = grants.checked(ctx, session, row, made, without=order.replaces)
        kept = GrantRecord(made, grants.names(ctx, session, row) | ({made.grantee: name} if name else {})).to_bytes()
        answer = json.dumps({"on": now.date().isoformat(), **answer_data(found.answer)}, ensure_ascii=False, sort_keys=True).encode()
        who = grant_entries.who(session, party.id, access.require_person(actor))
        logs = grant_entries.commit_grant(ctx, session, kept, answer, before, who, now)
    values = {
        "id": grant_id,
        "collaboration_id": row.id,
        "number": last + 1,
        "party_id": party.id,
        "person_id": access.require_person(actor),
        **grant_entries.seal_grant(ctx, row.key_id, kept, answer),
        "who_sealed": grant_entries.seal_who(ctx, row.key_id, who),
        "state": "standing",
        "replaces": order.replaces,
        "created_at": now,
        "commitment": logs.commitment,
    }
    steps: list[Insert | Update] = [changed(row, row.revision)]
    if order.replaces is not None:
        steps.append(_end(ctx, order.replaces, "superseded"))
    steps += [Insert(LicenceGrant, (values,)), *idempotency.mark(actor, grant_id)]
    ctx.write(WritePlan(tuple(steps), (logged(ctx, logs, grant_id, row.key_id),)))
    return grant_id


def withdraw(ctx: Context, actor: Actor, collaboration_id: str, grant_id: str) -> None:
    """End a grant without another in its place; it stays on record. Only by the party that recorded it.

    Raises:
        NotFoundError, ForbiddenError, RefusedError, ConflictError
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "propose", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        found = _standing(session, row, grant_id)
        if found.party_id != party.id:
            raise ForbiddenError(N_("Who recorded a grant withdraws it. Ask that party."))
        step, entry = _act(ctx, session, actor, row, found, "withdrawn", party.id, ctx.now().date())
    ctx.write(WritePlan((changed(row, row.revision), _end(ctx, grant_id, "withdrawn"), step), (entry,)))


def act(ctx: Context, actor: Actor, collaboration_id: str, grant_id: str, kind: str, party_id: str, day: str) -> None:
    """Record that a party signed, was told, was offered the share, or declined it.

    Args:
        kind: ``signed`` or ``declined`` (of the actor's own party), ``notified`` or ``offered`` (by a party that grants).
        party_id: whom it concerns. day: when, not after today.

    Raises:
        NotFoundError, ForbiddenError: see ``access``; or it is for another party to say.
        InputError: no such kind, party or day. ConflictError: it was said already, or the grant no longer stands.
    """
    with ctx.database.reading() as session:
        own = acting_party(session, actor, "decide", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        found = _standing(session, row, grant_id)
        record = grant_entries.record_of(ctx, row.key_id, found)
        if kind not in (*BY_ITSELF, *BY_GRANTORS):
            raise InputError.at("/kind", N_("Choose one of: {choices}."), choices=", ".join((*BY_ITSELF, *BY_GRANTORS)))
        if party_id not in {one.id for one in collaboration.parties(ctx, session, collaboration_id)}:
            raise InputError.at("/party_id", N_("This is no party of the collaboration."))
        if kind in BY_ITSELF and party_id != own.id:
            raise ForbiddenError(N_("A party signs and declines for itself. Ask it to."))
        if kind in BY_GRANTORS and (record is None or own.id not in record.grant.grantors):
            raise ForbiddenError(N_("That the others were told is for a party that grants to say."))
        when = clean_date("/day", day, latest=ctx.now().date())
        step, entry = _act(ctx, session, actor, row, found, kind, party_id, when)
    still = Update(LicenceGrant, (LicenceGrant.id == grant_id, LicenceGrant.state == "standing"), {"state": "standing"}, otherwise=_gone())
    ctx.write(WritePlan((still, step, *idempotency.mark(actor, grant_id)), (entry,)))


def _act(
    ctx: Context, session: Session, actor: Actor, row: Collaboration, found: LicenceGrant, kind: str, party_id: str, when: date
) -> tuple[Insert, Logged]:
    """The row of an act, and its entry in the log."""
    person_id, now = access.require_person(actor), ctx.now()
    who = grant_entries.who(session, party_id, person_id)
    made = grant_entries.commit_act(ctx, session, found, kind, when.isoformat(), who, now)
    values = {
        "id": ctx.new_id(),
        "grant_id": found.id,
        "party_id": party_id,
        "person_id": person_id,
        "kind": kind,
        "day": when.isoformat(),
        "who_sealed": grant_entries.seal_who(ctx, row.key_id, who),
        "created_at": now,
        "commitment": made.commitment,
    }
    said = ConflictError(N_("This was recorded already."))
    return Insert(GrantAct, (values,), taken=said), logged(ctx, made, found.id, row.key_id)


def _gone() -> ConflictError:
    return ConflictError(_OVER)


def _end(ctx: Context, grant_id: str, state: str) -> Update:
    still = (LicenceGrant.id == grant_id, LicenceGrant.state == "standing")
    return Update(LicenceGrant, still, {"state": state, "ended_at": ctx.now()}, otherwise=_gone())


def _standing(session: Session, row: Collaboration, grant_id: str) -> LicenceGrant:
    found = session.scalar(select(LicenceGrant).where(LicenceGrant.id == grant_id, LicenceGrant.collaboration_id == row.id))
    if found is None:
        raise NotFoundError(N_("There is no such grant in this collaboration."))
    if found.state != "standing":
        raise _gone()
    return found


def _read(ctx: Context, session: Session, row: Collaboration, grant_id: str, order: Record) -> tuple[Grant, str]:
    """The grant, with everything it names being of this collaboration, and the name of a grantee from outside."""
    name = clean_line("/grantee_name", order.grantee_name, required=False)
    terms = {key: value for key, value in order.terms.items() if value not in ("", [], (), None)} | {"id": grant_id}
    if not terms.get("grantee"):
        if not name:
            raise InputError.at("/grantee", N_("Choose the party that receives it, or write the name of somebody else."))
        terms["grantee"] = outsider(row.id, name)
    elif name:
        raise InputError.at("/grantee_name", N_("Choose a party, or write a name; not both."))
    made, _acts = results.as_typed(lambda node: read_grant(node, SHIPPED), terms)
    people = {one.id for one in collaboration.parties(ctx, session, row.id)}
    assets = {line.id for line in results.result_lines(ctx, session, row.id)} | set(results.background_assets(ctx, session, row.id))
    if made.asset not in assets:
        raise InputError.at("/asset", N_("Choose a result or background of this collaboration."))
    if not name and made.grantee not in people:
        raise InputError.at("/grantee", N_("This is no party of the collaboration."))
    if made.under is None and set(made.grantors) - people:
        raise InputError.at("/grantors", N_("Choose parties of this collaboration."))
    if made.under is not None:
        _standing(session, row, made.under)
    return made, name


def outsider(collaboration_id: str, name: str) -> str:
    """The id of a grantee from outside: the same name is the same grantee within one collaboration."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "x" + hashlib.sha256(f"{collaboration_id} {folded}".encode()).hexdigest()[:25]
