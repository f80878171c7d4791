"""Mailed links that let one person into one thing, once. The purposes share these functions; what acceptance means is theirs.

A service issues an invitation in its own plan or transaction and mails the link; the guest opens it, logs in or signs up with the invited
address, and the service accepts it with the guarded step, in the same transaction as what it lets into. The secret rests as a
digest only. An invitation counts for the person whose address it was sent to: the link proves that address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ExpiredError, NotFoundError, RefusedError
from ipr_service.services import limits, sessions
from ipr_service.services.context import Context
from ipr_service.services.words import fold_email
from ipr_service.store.schema import Invitation as Row
from ipr_service.store.schema import Organisation, Person
from ipr_service.store.sequencer import Update

DAYS = 14
PURPOSES = ("organisation", "disclosure", "contributor", "collaboration", "signature", "transfer")
_USED = N_("This invitation was used already. Log in to find what it opened.")
_ENDED = N_("This invitation has run out or was taken back. Ask {inviter} for a new one.")


@dataclass(frozen=True)
class Issued:
    """A row for ``Insert(schema.Invitation, (row,))``, and the secret for the link, known only now."""

    row: dict[str, Any]
    secret: str


@dataclass(frozen=True)
class Invitation:
    """An open invitation as its holder sees it: who invites to what kind of thing; never the thing's title."""

    id: str
    purpose: str
    thing_id: str
    organisation_id: str
    organisation_name: str
    inviter: str
    email: str
    role: str
    language: str
    expires_at: datetime


@dataclass(frozen=True)
class Sent:
    """An open invitation as the side that sent it sees it."""

    id: str
    email: str
    role: str
    created_at: datetime
    expires_at: datetime


def issue(
    ctx: Context, purpose: str, thing_id: str, organisation_id: str, invited_by: str, email: str, role: str, language: str, days: int = DAYS
) -> Issued:
    """Make an invitation; the caller writes the row and mails :func:`link`.

    Args:
        email: already through ``words.clean_email``.
        days: how long it counts, 1 to 365.

    Raises:
        RateLimitError: the organisation sent too many in one day.
    """
    if purpose not in PURPOSES or not 1 <= days <= 365:
        raise ValueError(f"no such invitation: {purpose}, {days} days")
    limits.count(ctx, limits.INVITE_BY_ORGANISATION, "invite", organisation_id)
    now, secret = ctx.now(), sessions.secret(ctx)
    row = {
        "id": ctx.new_id(),
        "token_digest": sessions.digest(secret),
        "purpose": purpose,
        "thing_id": thing_id,
        "organisation_id": organisation_id,
        "invited_by": invited_by,
        "email": email,
        "role": role,
        "language": language,
        "created_at": now,
        "expires_at": now + timedelta(days=days),
    }
    return Issued(row, secret)


def link(ctx: Context, secret: str) -> str:
    """The address in the mail."""
    return f"{ctx.settings.base_url}/invitations/{secret}"


def open(ctx: Context, secret: str, purpose: str | None = None) -> Invitation:
    """Look at an invitation without using it.

    Args:
        purpose: what it must be for; None takes any.

    Raises:
        NotFoundError: no such invitation, or for another purpose.
        ExpiredError: used, taken back or run out; says which and what to do.
    """
    with ctx.database.reading() as session:
        found = session.execute(
            select(Row, Organisation.name, Person.name)
            .join(Organisation, Organisation.id == Row.organisation_id)
            .join(Person, Person.id == Row.invited_by)
            .where(Row.token_digest == sessions.digest(secret))
        ).one_or_none()
    if found is None or (purpose is not None and found[0].purpose != purpose):
        raise NotFoundError(N_("There is no such invitation. The link may have been cut short; copy it whole from the mail."))
    row, organisation, inviter = found
    if row.accepted_at is not None:
        raise ExpiredError(_USED)
    if row.revoked_at is not None or row.expires_at <= ctx.now():
        raise ExpiredError(_ENDED, inviter=inviter)
    return Invitation(
        row.id,
        row.purpose,
        row.thing_id,
        row.organisation_id,
        organisation,
        inviter,
        row.email,
        row.role,
        row.language,
        row.expires_at,
    )


def require_addressee(session: Session, invitation: Invitation, person_id: str) -> Person:
    """The person, if the invitation was sent to their address.

    Raises:
        RefusedError: it was sent to another address.
    """
    person = session.get_one(Person, person_id)
    if person.email_folded != fold_email(invitation.email):
        raise RefusedError(
            N_("This invitation was sent to {email}. Log in with that address, or ask {inviter} to invite yours."),
            email=invitation.email,
            inviter=invitation.inviter,
        )
    return person


def _still_open(invitation: Invitation, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Row.id == invitation.id, Row.accepted_at.is_(None), Row.revoked_at.is_(None), Row.expires_at > now)


def accept_step(invitation: Invitation, person_id: str, now: datetime) -> Update:
    """Acceptance as a guarded step of a plan: of two at once, one wins. Ask :func:`require_addressee` first."""
    return Update(Row, _still_open(invitation, now), {"accepted_at": now, "accepted_by": person_id}, otherwise=ExpiredError(_USED))


def confirm_step(person_id: str, now: datetime) -> Update:
    """The mailed link proved the address: confirm it, if it is not yet."""
    return Update(Person, (Person.id == person_id, Person.email_confirmed_at.is_(None)), {"email_confirmed_at": now}, expect=None)


def accept(session: Session, invitation: Invitation, person_id: str, now: datetime) -> None:
    """The same inside a session: addressee checked, accepted once, address confirmed.

    Raises:
        RefusedError: sent to another address.
        ExpiredError: somebody was faster.
    """
    person = require_addressee(session, invitation, person_id)
    step = update(Row).where(*_still_open(invitation, now)).values(accepted_at=now, accepted_by=person_id)
    if session.execute(step.returning(Row.id)).first() is None:
        raise ExpiredError(_USED)
    person.email_confirmed_at = person.email_confirmed_at or now


def sent(session: Session, purpose: str, thing_id: str, now: datetime) -> tuple[Sent, ...]:
    """The open invitations into a thing, oldest first. The caller has asked ``access``."""
    rows = session.scalars(
        select(Row)
        .where(Row.purpose == purpose, Row.thing_id == thing_id, Row.accepted_at.is_(None), Row.revoked_at.is_(None), Row.expires_at > now)
        .order_by(Row.created_at, Row.id)
    ).all()
    return tuple(Sent(row.id, row.email, row.role, row.created_at, row.expires_at) for row in rows)


def withdraw_open(session: Session, purpose: str, thing_id: str, email: str, now: datetime) -> None:
    """End earlier open invitations of the same address into the same thing, before a new one is sent."""
    rows = session.scalars(
        select(Row).where(Row.purpose == purpose, Row.thing_id == thing_id, Row.accepted_at.is_(None), Row.revoked_at.is_(None))
    ).all()
    for row in rows:
        if fold_email(row.email) == fold_email(email):
            row.revoked_at = now
