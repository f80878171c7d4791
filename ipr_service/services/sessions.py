"""Browser sessions: opaque tokens, revocable, idle for 12 hours at most, 14 days in all.

The token is 32 random bytes; the row holds its SHA-256. The cookie around it is the web's business (``web/session``).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ForbiddenError
from ipr_service.services.access import NOBODY, Actor, require_person
from ipr_service.services.context import Context
from ipr_service.store.schema import BrowserSession, Membership, Organisation, Person

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
_TOUCH = timedelta(minutes=1)  # how exact last_seen_at is: not every page view is a write


@dataclass(frozen=True)
class Visitor:
    """Who is logged in, and what every page shows of them."""

    actor: Actor
    name: str
    email: str
    email_confirmed: bool
    organisation_name: str
    language: str
    time_zone: str

    @property
    def is_operator(self) -> bool:
        return self.actor.is_operator


@dataclass(frozen=True)
class Open:
    """One logged-in browser in the person's list."""

    reference: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


def digest(token: str) -> bytes:
    """What rests of a secret."""
    return hashlib.sha256(token.encode()).digest()


def secret(ctx: Context) -> str:
    """32 random bytes as 43 characters that survive in an address."""
    return base64.urlsafe_b64encode(ctx.random(32)).rstrip(b"=").decode()


def begin(ctx: Context, session: Session, person: Person, organisation_id: str) -> str:
    """A fresh session for a person who acts for an organisation, inside the caller's transaction. Returns its token, once."""
    token, now = secret(ctx), ctx.now()
    session.add(
        BrowserSession(
            token_digest=digest(token),
            person_id=person.id,
            organisation_id=organisation_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    return token


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (BrowserSession.revoked_at.is_(None), BrowserSession.expires_at > now, BrowserSession.last_seen_at > now - IDLE)


def visitor(ctx: Context, token: str, request_id: str = "") -> Visitor | None:
    """Who holds this token; None when it is unknown, revoked, idle for too long or run out."""
    now = ctx.now()
    with ctx.database.reading() as session:
        row = session.execute(
            select(BrowserSession, Person)
            .join(Person, Person.id == BrowserSession.person_id)
            .where(BrowserSession.token_digest == digest(token), Person.disabled_at.is_(None), *_alive(now))
        ).one_or_none()
        if row is None:
            return None
        found, person = row
        held = dict(session.execute(select(Membership.organisation_id, Membership.role).where(Membership.person_id == person.id)).all())
        chosen = found.organisation_id if found.organisation_id in held else person.personal_organisation_id
        organisation = session.get_one(Organisation, chosen)
    if found.last_seen_at < now - _TOUCH:
        with ctx.database.writing() as session:
            session.execute(update(BrowserSession).where(BrowserSession.token_digest == found.token_digest).values(last_seen_at=now))
    actor = Actor(person.id, chosen, held, None, is_operator(ctx, person), request_id, person.language)
    return Visitor(
        actor, person.name, person.email, person.email_confirmed_at is not None, organisation.name, person.language, person.time_zone
    )


def is_operator(ctx: Context, person: Person) -> bool:
    """Operators are named in the settings; an address counts only once it was confirmed."""
    named = {address.casefold() for address in ctx.settings.operators}
    return person.is_operator or (person.email_confirmed_at is not None and person.email_folded in named)


def actor_of_session(ctx: Context, token: str, request_id: str = "") -> Actor:
    """The actor behind a session's token; nobody when it does not count (any more)."""
    found = visitor(ctx, token, request_id)
    return found.actor if found else NOBODY


def log_out(ctx: Context, token: str) -> None:
    """End one session. An unknown token changes nothing."""
    with ctx.database.writing() as session:
        session.execute(delete(BrowserSession).where(BrowserSession.token_digest == digest(token)))


def revoke_all(session: Session, person_id: str, now: datetime, *, except_token: str | None = None) -> None:
    """End every session of a person inside the caller's transaction."""
    step = update(BrowserSession).where(BrowserSession.person_id == person_id, BrowserSession.revoked_at.is_(None))
    if except_token is not None:
        step = step.where(BrowserSession.token_digest != digest(except_token))
    session.execute(step.values(revoked_at=now))


def revoke_everywhere(ctx: Context, actor: Actor, *, except_token: str | None = None) -> None:
    """End all sessions of the actor, perhaps all but the present one.

    Raises:
        UnauthenticatedError: nobody is logged in.
        ForbiddenError: an API token cannot do this.
    """
    person_id = require_browser(actor)
    with ctx.database.writing() as session:
        revoke_all(session, person_id, ctx.now(), except_token=except_token)


def require_browser(actor: Actor) -> str:
    """The person's id, if a browser and no API token is acting: tokens never change passwords, sessions or tokens.

    Raises:
        UnauthenticatedError, ForbiddenError
    """
    person_id = require_person(actor)
    if actor.scopes is not None:
        raise ForbiddenError(N_("An API token cannot change the account. Log in with a browser."))
    return person_id


def open_sessions(ctx: Context, actor: Actor, token: str) -> list[Open]:
    """The actor's sessions that count now, newest use first."""
    person_id, now = require_browser(actor), ctx.now()
    with ctx.database.reading() as session:
        rows = session.scalars(
            select(BrowserSession).where(BrowserSession.person_id == person_id, *_alive(now)).order_by(BrowserSession.last_seen_at.desc())
        ).all()
    here = digest(token)
    return [Open(row.token_digest.hex()[:16], row.created_at, row.last_seen_at, row.expires_at, row.token_digest == here) for row in rows]


def choose_organisation(ctx: Context, actor: Actor, token: str, organisation_id: str) -> None:
    """Act for another of one's organisations from now on, in this browser.

    Raises:
        ForbiddenError: the actor is no member of it.
    """
    require_browser(actor)
    if organisation_id not in actor.roles:
        raise ForbiddenError(N_("You are not a member of this organisation."))
    with ctx.database.writing() as session:
        session.execute(update(BrowserSession).where(BrowserSession.token_digest == digest(token)).values(organisation_id=organisation_id))
