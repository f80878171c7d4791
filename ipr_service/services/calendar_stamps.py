"""Stamps of public calendars (OpenTimestamps) over checkpoints: a bonus beside the tokens of authorities, never counted as one.

The newest checkpoint is offered at most once an hour; what is pending is asked for again each hour, for a month. No verdict, page or
certificate rests on it: who wants it downloads the ``.ots`` file and checks it with a client of OpenTimestamps and the chain.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import structlog
from sqlalchemy import select

from ipr_service.errors import N_, NotFoundError, ServiceError
from ipr_service.services.context import Context
from ipr_service.services.entries import note_body
from ipr_service.store.schema import CalendarStamp, LogCheckpoint

log = structlog.get_logger()
INTERVAL = timedelta(hours=1)
GIVEN_UP = timedelta(days=30)
PENDING, COMPLETE = "pending", "complete"


def look(ctx: Context) -> int:
    """Offer the newest checkpoint, and complete what is pending, both as far as it is time.

    Returns:
        how many stamps were made or completed. Nothing without calendars in the settings; a calendar that is away costs nothing.
    """
    if ctx.calendars is None:
        return 0
    return _stamp(ctx) + _complete(ctx)


def _stamp(ctx: Context) -> int:
    with ctx.database.reading() as session:
        newest = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()
        last = session.scalars(select(CalendarStamp).order_by(CalendarStamp.checkpoint_size.desc()).limit(1)).one_or_none()
    if newest is None or (last is not None and (last.checkpoint_size >= newest.size or ctx.now() < last.created_at + INTERVAL)):
        return 0
    try:
        assert ctx.calendars is not None  # noqa: S101 - look() asked
        proof = ctx.calendars.stamp(sha256(note_body(newest.note)).digest())
    except ServiceError as problem:
        log.warning("calendar.failed", code=problem.code, size=newest.size)
        return 0
    now = ctx.now()
    state = COMPLETE if proof.complete else PENDING
    with ctx.database.writing() as session:
        if session.scalar(select(CalendarStamp.id).where(CalendarStamp.checkpoint_size == newest.size)) is None:
            row = CalendarStamp(id=ctx.new_id(), checkpoint_size=newest.size, proof=proof.data, state=state, created_at=now, asked_at=now)
            session.add(row)
    return 1


def _complete(ctx: Context) -> int:
    now = ctx.now()
    waiting = (CalendarStamp.state == PENDING, CalendarStamp.asked_at <= now - INTERVAL, CalendarStamp.created_at > now - GIVEN_UP)
    with ctx.database.reading() as session:
        rows = session.scalars(select(CalendarStamp).where(*waiting).order_by(CalendarStamp.asked_at).limit(20)).all()
    done = 0
    for row in rows:
        assert ctx.calendars is not None  # noqa: S101 - look() asked
        proof = ctx.calendars.complete(row.proof)
        with ctx.database.writing() as session:
            kept = session.get_one(CalendarStamp, row.id)
            kept.proof, kept.state, kept.asked_at = proof.data, COMPLETE if proof.complete else PENDING, now
        done += proof.complete
    return done


def stamp_of(ctx: Context, size: int) -> bytes:
    """The ``.ots`` file over the checkpoint of ``size`` entries; public like the checkpoint.

    Raises:
        NotFoundError: none was made.
    """
    with ctx.database.reading() as session:
        proof = session.scalar(select(CalendarStamp.proof).where(CalendarStamp.checkpoint_size == size))
    if proof is None:
        raise NotFoundError(N_("There is no calendar stamp over this checkpoint."))
    return proof
