"""API tokens: ``ipr_live_…`` or ``ipr_test_…`` with a checksum, shown once, resting as SHA-256, with scopes and an end.

Form: ``ipr_`` + ``live`` or ``test`` + ``_`` + 43 characters of base62 (32 random bytes) + 6 characters of base62 (CRC-32 of what stands
before). The checksum lets scanners and people recognise a mistyped or leaked token without asking us. ``test`` tokens come from
an installation that serves the demo.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from ipr_service.errors import N_, InputError, NotFoundError, UnauthenticatedError
from ipr_service.services import idempotency, sessions
from ipr_service.services.access import SCOPES, Actor
from ipr_service.services.context import Context
from ipr_service.services.words import clean_line, collecting
from ipr_service.store.schema import ApiToken, IdempotentRequest, Membership, Person
from ipr_service.store.statements import Prepared, table_of

DEFAULT_DAYS, LONGEST_DAYS = 90, 365
MOST = 50
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"ipr_(?:live|test)_[0-9A-Za-z]{49}")
_REFUSED = N_("This API token is unknown, was revoked or has run out. Make a new one on the page of your account.")
_TOUCH = timedelta(minutes=1)
_TOKENS, _PERSONS, _MEMBERS = table_of(ApiToken), table_of(Person), table_of(Membership)
_KEYS = table_of(IdempotentRequest)
_WHO = Prepared(  # and whether they sent this Idempotency-Key before: asked of every request, so asked at once
    select(
        _TOKENS.c.id,
        _TOKENS.c.person_id,
        _TOKENS.c.organisation_id,
        _TOKENS.c.scopes,
        _TOKENS.c.last_used_at,
        _PERSONS.c.language,
        _MEMBERS.c.role,
        _KEYS.c.key.is_not(None),
    )
    .select_from(_TOKENS)
    .join(_PERSONS, _PERSONS.c.id == _TOKENS.c.person_id)
    .join(_MEMBERS, (_MEMBERS.c.person_id == _TOKENS.c.person_id) & (_MEMBERS.c.organisation_id == _TOKENS.c.organisation_id))
    .outerjoin(
        _KEYS, (_KEYS.c.actor == idempotency.who(_TOKENS.c.organisation_id, _TOKENS.c.person_id)) & (_KEYS.c.key == bindparam("key"))
    )
    .where(_TOKENS.c.token_digest == bindparam("digest"), _TOKENS.c.revoked_at.is_(None), _TOKENS.c.expires_at > bindparam("now"))
    .where(_PERSONS.c.disabled_at.is_(None))
)


@dataclass(frozen=True)
class Shown:
    """A token in the person's list; the secret itself is gone."""

    id: str
    hint: str
    name: str
    organisation_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    expired: bool


@dataclass(frozen=True)
class Made:
    """A fresh token; ``token`` is shown this once."""

    id: str
    token: str


def _base62(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits = _BASE62[digit] + digits
    return digits


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def well_formed(token: str) -> bool:
    """Whether the checksum fits: a typing error is told without a look at the database."""
    return _FORM.fullmatch(token) is not None and token[-6:] == _checksum(token[:-6])


def create(
    ctx: Context, actor: Actor, *, name: str, scopes: tuple[str, ...], days: int = DEFAULT_DAYS, organisation_id: str | None = None
) -> Made:
    """Make a token that acts for one organisation with the person's role in it, within its scopes.

    Args:
        scopes: words of ``access.SCOPES``, at least one.
        days: how long it counts, 1 to 365.
        organisation_id: default the organisation acted for.

    Raises:
        ForbiddenError: a token cannot make tokens.
        InputError: fields that were refused.
    """
    person_id = sessions.require_browser(actor)
    organisation = organisation_id or actor.organisation_id
    with collecting() as check:
        name = check(clean_line, "/name", name, 100)
        if not scopes or set(scopes) - set(SCOPES):
            check.refuse("/scopes", N_("Choose at least one of: {scopes}."), scopes=", ".join(SCOPES))
        if not 1 <= days <= LONGEST_DAYS:
            check.refuse("/days", N_("A token counts for 1 to {limit} days."), limit=LONGEST_DAYS)
        if organisation not in actor.roles:
            check.refuse("/organisation_id", N_("You are not a member of this organisation."))
    body = f"ipr_{'test' if ctx.settings.demo else 'live'}_{_base62(int.from_bytes(ctx.random(32), 'big'), 43)}"
    token, now = body + _checksum(body), ctx.now()
    row_id = ctx.new_id()
    with ctx.database.writing() as session:
        held = session.scalars(select(ApiToken.id).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))).all()
        if len(held) >= MOST:
            raise InputError(N_("You have {limit} tokens; that is the most. Revoke one you no longer need."), limit=MOST)
        session.add(
            ApiToken(
                id=row_id,
                token_digest=sessions.digest(token),
                hint=token[:13],
                name=name,
                person_id=person_id,
                organisation_id=organisation,
                scopes=" ".join(sorted(set(scopes))),
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
    return Made(row_id, token)


def mine(ctx: Context, actor: Actor) -> list[Shown]:
    """The actor's tokens that were not revoked, newest first."""
    person_id, now = sessions.require_browser(actor), ctx.now()
    with ctx.database.reading() as session:
        query = select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        rows = session.scalars(query.order_by(ApiToken.id.desc())).all()
    return [
        Shown(
            row.id,
            row.hint,
            row.name,
            row.organisation_id,
            tuple(row.scopes.split()),
            row.created_at,
            row.expires_at,
            row.last_used_at,
            row.expires_at <= now,
        )
        for row in rows
    ]


def revoke(ctx: Context, actor: Actor, token_id: str) -> None:
    """End a token at once.

    Raises:
        NotFoundError: the actor has no such token.
    """
    person_id = sessions.require_browser(actor)
    with ctx.database.writing() as session:
        row = session.get(ApiToken, token_id)
        if row is None or row.person_id != person_id:
            raise NotFoundError(N_("There is nothing here that you may see."))
        row.revoked_at = row.revoked_at or ctx.now()


def actor_of_token(ctx: Context, token: str, request_id: str = "", request_key: str | None = None) -> Actor:
    """The actor behind an API token: the person, acting for one organisation, within the token's scopes.

    Raises:
        UnauthenticatedError: one answer for a malformed, unknown, revoked or expired token and a person who left.
    """
    if not well_formed(token):
        raise UnauthenticatedError(_REFUSED)
    now = ctx.now()
    found = ctx.database.look_up(
        _WHO, digest=sessions.digest(token), now=now, key=request_key
    )  # asked each time: a token that is revoked ends at once
    if not found:
        raise UnauthenticatedError(_REFUSED)
    row_id, person_id, organisation_id, scopes, last_used_at, language, role, seen = found[0]
    if last_used_at is None or last_used_at < now - _TOUCH:
        with ctx.database.writing() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row_id).values(last_used_at=now))
    roles, within = {organisation_id: role}, frozenset(scopes.split())
    return Actor(person_id, organisation_id, roles, within, False, request_id, language, request_key, bool(seen))
