"""What is due after a commit: claim a row, do it, say so. The rows are the truth; the queue only says "look now".

A worker claims a row for a while (:data:`CLAIM`). If it is killed meanwhile, the claim runs out and another worker takes the row: a
mail may then go out twice with the same Message-ID, but none is lost. Failures wait longer each time, and after
:data:`ATTEMPTS` tries the row is shown to the operator instead of being dropped; also when each try killed its worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select, update

from ipr_service.errors import N_, DamageError, NotFoundError, OutsideError, ServiceError
from ipr_service.gateways.mail import Message
from ipr_service.services.access import Actor, require_operator
from ipr_service.services.context import Context
from ipr_service.store.schema import OutboxRow

log = structlog.get_logger()
CLAIM = timedelta(minutes=5)
ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=6)
Handler = Callable[[Context, Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Kept:
    """A mail that stayed here because no mail server is set; only the operator's page and the terminal show it."""

    id: str
    to: str
    subject: str
    body: str
    at: datetime


def deliver(ctx: Context, payload: Mapping[str, Any]) -> bool:
    """Send one mail. Returns False when it is kept here because no mail server is set.

    Raises:
        OutsideError: the mail server did not take it.
    """
    message = Message(to=payload["to"], subject=payload["subject"], body=payload["body"], id=payload["id"])
    return ctx.mailer.send(message) == "sent"


def _claim(ctx: Context) -> OutboxRow | None:
    """Take the oldest due row, so that no other worker does it at the same time."""
    now = ctx.now()
    free = or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now)
    killed = (OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.attempts >= ATTEMPTS, free)
    with ctx.database.writing() as session:
        session.execute(update(OutboxRow).where(*killed).values(failed_at=now, claimed_until=None, last_error="killed"))
        row = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.due_at <= now, free)
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is not None:
            row.claimed_until = now + CLAIM
            row.attempts += 1
        return row


def _due(ctx: Context) -> bool:
    """A look without the write lock: most looks find nothing."""
    with ctx.database.reading() as session:
        query = select(OutboxRow.id).where(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None), OutboxRow.due_at <= ctx.now())
        return session.execute(query.limit(1)).first() is not None


def _finish(ctx: Context, row: OutboxRow, **values: Any) -> None:
    """Say how it ended, unless the claim ran out meanwhile and somebody else holds the row or has done it."""
    still_ours = (OutboxRow.id == row.id, OutboxRow.attempts == row.attempts, OutboxRow.done_at.is_(None))
    with ctx.database.writing() as session:
        session.execute(update(OutboxRow).where(*still_ours).values(claimed_until=None, **values))


def _wait(attempts: int) -> timedelta:
    return min(timedelta(seconds=10 * 2**attempts), LONGEST_WAIT)


def _handler(handlers: Mapping[str, Handler], kind: str) -> Handler:
    try:
        return handlers[kind]
    except KeyError as problem:  # written by a newer version of the program
        raise DamageError(N_("This version does not know how to do “{kind}”."), kind=kind) from problem


def drain(ctx: Context, handlers: Mapping[str, Handler]) -> int:
    """Do everything that is due now.

    Args:
        handlers: kind of row to what does it. A handler returns False for "kept here on purpose"; it must be safe to repeat.

    Returns:
        how many rows were done.
    """
    done = 0
    while _due(ctx) and (row := _claim(ctx)) is not None:
        try:
            sent = _handler(handlers, row.kind)(ctx, {**ctx.open_outbox(row), "id": row.id})
        except ServiceError as problem:
            given_up = row.attempts >= ATTEMPTS or not isinstance(problem, OutsideError)
            log.warning("outbox.failed", row=row.id, kind=row.kind, code=problem.code, attempts=row.attempts, given_up=given_up)
            wait = {"failed_at": ctx.now()} if given_up else {"due_at": ctx.now() + _wait(row.attempts)}
            _finish(ctx, row, last_error=problem.code, **wait)
            continue
        _finish(ctx, row, done_at=ctx.now(), kept=not sent, last_error=None)
        done += 1
    return done


def kept_mails(ctx: Context, actor: Actor, limit: int = 50) -> list[Kept]:
    """The newest mails that were kept here, for the operator's page.

    Raises:
        NotFoundError: the actor is not the operator.
    """
    require_operator(actor)
    return _mails(ctx, limit)


def mails_for_terminal(ctx: Context, limit: int = 50) -> list[Kept]:
    """The same for whoever sits at the terminal of the server (``ipr outbox``)."""
    return _mails(ctx, limit)


def _mails(ctx: Context, limit: int) -> list[Kept]:
    with ctx.database.reading() as session:
        query = select(OutboxRow).where(OutboxRow.kind == "mail", OutboxRow.kept.is_(True))
        rows = session.scalars(query.order_by(OutboxRow.id.desc()).limit(limit)).all()
    opened = ((row, ctx.open_outbox(row)) for row in rows)
    return [Kept(row.id, mail["to"], mail["subject"], mail["body"], row.created_at) for row, mail in opened]


def failed_rows(ctx: Context, actor: Actor) -> list[OutboxRow]:
    """Rows that were given up, newest first, without what they hold."""
    require_operator(actor)
    with ctx.database.reading() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.failed_at.is_not(None)).order_by(OutboxRow.id.desc()).limit(100)))


def retry(ctx: Context, actor: Actor, row_id: str) -> None:
    """Try a given-up row again.

    Raises:
        NotFoundError: no such row, or the actor is not the operator.
    """
    require_operator(actor)
    with ctx.database.writing() as session:
        row = session.get(OutboxRow, row_id)
        if row is None or row.failed_at is None:
            raise NotFoundError(N_("There is no such failed task."))
        row.failed_at, row.attempts, row.due_at = None, 0, ctx.now()
    ctx.wake()
