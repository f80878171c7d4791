"""Requests that may be sent twice and are done once: the rows behind ``Idempotency-Key`` and one-time form ids.

``begin`` takes the key before the verb runs, the verb puts :func:`mark` into its own write plan, ``finish`` keeps the answer. A kill
between commit and answer therefore loses the words of the answer, never the fact: the next request with this key is told what was made.
The rows here need no sync of their own: the verb's commit takes the key to the disk with it, and without that commit nothing was made.

A verb whose answer can be made again from what it wrote needs neither ``begin`` nor ``finish``: :func:`claim` takes the key in the verb's
own write, so that of two requests with one key the database lets one through, in whatever process they run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from ipr_service.errors import N_, ConflictError, IdempotencyError
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.schema import IdempotentRequest
from ipr_service.store.sequencer import Insert, Update
from ipr_service.store.statements import Prepared, table_of

KEPT_FOR = timedelta(hours=48)
_AT_WORK = N_("The same request is still at work. Wait a moment and ask again.")
STUCK_AFTER = timedelta(minutes=15)  # a process that was killed at work frees the key after this
_ROWS = table_of(IdempotentRequest)
_SEEN = Prepared(select(_ROWS.c.created_at).where(_ROWS.c.actor == bindparam("who"), _ROWS.c.key == bindparam("what")))


@dataclass(frozen=True)
class KeptAnswer:
    """The first answer, to be given again. ``thing_id`` alone is set when the process was killed before it could answer."""

    status: int | None
    headers: str
    body: bytes
    thing_id: str | None = None


Words = TypeVar("Words", str, ColumnElement[str])


def who(organisation_id: Words, person_id: Words) -> Words:
    """Whose key it is, also as SQL."""
    return organisation_id + " " + person_id


def _who(actor: Actor) -> str:
    """Whose key it is. A form's id belongs to the person alone: the form may change for which organisation they act."""
    if (actor.request_key or "").startswith("form "):
        return f"form {actor.person_id}"
    return who(str(actor.organisation_id), str(actor.person_id))


def is_new(ctx: Context, actor: Actor, key: str) -> bool:
    """Whether this key was never sent before. Only a look: whoever acts on it takes the key with :func:`claim`."""
    return not ctx.database.look_up(_SEEN, who=_who(actor), what=key)


def begin(ctx: Context, actor: Actor, key: str, body_digest: bytes) -> KeptAnswer | None:
    """Take the key, or give the kept answer.

    Raises:
        IdempotencyError: the key was used for another request.
        ConflictError: the first request is still at work.
    """
    now = ctx.now()
    with ctx.database.writing(synced=False) as session:
        stuck = (
            IdempotentRequest.status.is_(None) & IdempotentRequest.thing_id.is_(None) & (IdempotentRequest.created_at < now - STUCK_AFTER)
        )
        mine = (IdempotentRequest.actor == _who(actor)) & (IdempotentRequest.key == key)
        session.execute(delete(IdempotentRequest).where(mine, stuck | (IdempotentRequest.created_at < now - KEPT_FOR)))
        row = session.get(IdempotentRequest, (_who(actor), key))
        if row is None:
            session.add(IdempotentRequest(actor=_who(actor), key=key, body_digest=body_digest, created_at=now))
            try:
                session.flush()
            except IntegrityError as problem:  # PostgreSQL: another process was faster
                raise ConflictError(_AT_WORK, retry_after=1) from problem
            return None
        if row.body_digest != body_digest:
            raise IdempotencyError(N_("This Idempotency-Key was sent with another request. Use a new key for a new request."))
        if row.status is None and row.thing_id is None:
            raise ConflictError(_AT_WORK, retry_after=1)
        return KeptAnswer(row.status, row.headers or "{}", row.body or b"", row.thing_id)


def mark(actor: Actor, thing_id: str) -> tuple[Update, ...]:
    """A step for the write plan of a verb that makes ``thing_id``: the key is used up in the same transaction.

    Raises (when the plan runs):
        ConflictError: the key was freed or used meanwhile; the plan is not written.
    """
    if actor.request_key is None:
        return ()
    where = (
        IdempotentRequest.actor == _who(actor),
        IdempotentRequest.key == actor.request_key,
        IdempotentRequest.thing_id.is_(None),
        IdempotentRequest.status.is_(None),
    )
    return (Update(IdempotentRequest, where, {"thing_id": thing_id}, otherwise=ConflictError(_AT_WORK, retry_after=1)),)


def claim(ctx: Context, actor: Actor, thing_id: str) -> tuple[Insert | Update, ...]:
    """As :func:`mark`, for a verb whose key may not have been taken yet: then it is taken in the same transaction.

    Raises (when the plan runs):
        ConflictError: another request took the key meanwhile; the plan is not written.
    """
    if actor.request_key is None or actor.request_body is None:
        return mark(actor, thing_id)
    row = {
        "actor": _who(actor),
        "key": actor.request_key,
        "body_digest": actor.request_body,
        "thing_id": thing_id,
        "created_at": ctx.now(),
    }
    return (Insert(IdempotentRequest, (row,), taken=ConflictError(_AT_WORK, retry_after=1)),)


def finish(ctx: Context, actor: Actor, key: str, status: int, headers: str, body: bytes) -> None:
    """Keep the answer."""
    mine = (IdempotentRequest.actor == _who(actor)) & (IdempotentRequest.key == key)
    with ctx.database.writing(synced=False) as session:
        session.execute(update(IdempotentRequest).where(mine).values(status=status, headers=headers, body=body))


def forget(ctx: Context, actor: Actor, key: str) -> None:
    """Free the key after a failure, unless the verb had already been written."""
    mine = IdempotentRequest.thing_id.is_(None) & (IdempotentRequest.actor == _who(actor)) & (IdempotentRequest.key == key)
    with ctx.database.writing(synced=False) as session:
        session.execute(delete(IdempotentRequest).where(mine))


def sweep(ctx: Context) -> None:
    """Remove answers that nobody will ask for again."""
    with ctx.database.writing(synced=False) as session:
        session.execute(delete(IdempotentRequest).where(IdempotentRequest.created_at < ctx.now() - KEPT_FOR))
