"""End a disclosure before its time: at once, for ever, logged if something was open.

The NDA stays in force for what was seen; what was downloaded is not called back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, idempotency, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.letters import letter
from ipr_service.store.schema import Disclosure, Idea, Person
from ipr_service.store.schema import Invitation as InvitationRow
from ipr_service.store.sequencer import Delete, Insert, Logged, Update, WritePlan


def revoke(ctx: Context, actor: Actor, disclosure_id: str) -> datetime:
    """End access now, for ever. What was opened is logged as ended; the NDA stays in force for what she has seen.

    Returns:
        since when. Revoking again changes nothing.

    Raises:
        ConflictError: something was opened at the same moment; ask again.
    """
    now = ctx.now().replace(microsecond=0)
    with ctx.database.reading() as session:
        access.require(session, actor, "revoke", "disclosure", disclosure_id)
        row = session.get_one(Disclosure, disclosure_id)
        if row.revoked_at is not None:
            return row.revoked_at
        person = session.get_one(Person, access.require_person(actor))
        said = _revocations(session, row, person, now)
        made = commit_to(ctx, session, "disclosure", said) if said else None
        key_id = session.get_one(Idea, row.idea_id).key_id
    commitment = None if made is None else made.commitment
    where = (Disclosure.id == row.id, Disclosure.revoked_at.is_(None), Disclosure.revision == row.revision)
    ended = {"revoked_at": now, "revoked_by": person.id, "commitment": commitment}
    steps: list[Insert | Update | Delete] = [
        Update(Disclosure, where, ended, otherwise=ConflictError(N_("Something was opened at this moment. Revoke it again."))),
        Update(InvitationRow, _unused(row.id), {"revoked_at": now}, expect=None),
    ]
    if row.recipient_person_id is not None:
        steps.append(ctx.due("mail", _farewell(row, actor.language), thing_id=row.id))
    entries: tuple[Logged, ...] = () if made is None else (logged(ctx, made, row.id, key_id),)
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, row.id)), entries))
    return now


def _unused(disclosure_id: str) -> tuple[Any, ...]:
    return (
        InvitationRow.purpose == "disclosure",
        InvitationRow.thing_id == disclosure_id,
        InvitationRow.accepted_at.is_(None),
        InvitationRow.revoked_at.is_(None),
    )


def _farewell(row: Disclosure, language: str) -> dict[str, Any]:
    return letter(
        row.recipient_email,
        language,
        N_("An access has ended"),
        N_("What was shown to you in confidence is not open any more: its owner ended the access."),
        N_("The confidentiality agreement that you signed stays in force, for as long as it says."),
    )


def _revocations(session: Session, row: Disclosure, person: Person, at: datetime) -> list[Statement]:
    opened = sorted({item.commitment for item in viewing.items_of(session, row.id) if item.commitment is not None})
    return [statements.revocation(to_base64(commitment), f"mailto:{person.email}", at) for commitment in opened]


def expected_statements(session: Session, row: Disclosure) -> list[Statement]:
    """The statements of a revoked disclosure's own entry; for ``ipr log audit``."""
    if row.revoked_at is None or row.revoked_by is None:
        return []
    return _revocations(session, row, session.get_one(Person, row.revoked_by), row.revoked_at)
