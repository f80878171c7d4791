"""Whether the service may serve, and a few figures about it. Asked by ``/readyz``, ``/metrics`` and ``ipr doctor``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from ipr_service.errors import DamageError, ServiceError
from ipr_service.services import standing, starting
from ipr_service.services.context import Context
from ipr_service.store.database import SQLITE_VERSION, disk_room
from ipr_service.store.schema import LogHead, OutboxRow, WitnessedCheckpoint
from ipr_service.store.sequencer import CLOCK_TOLERANCE

LEAST_ROOM = 64 * 1024**2
FIXED_SQLITE = (3, 51, 3)  # earlier ones can corrupt a database when the WAL is reset


@dataclass(frozen=True)
class Check:
    """One thing that must be right; ``detail`` is for the operator and tells no secret.

    Args:
        stops: whether nothing may be served while it is not; what others did wrong is red and stops nobody.
    """

    name: str
    good: bool
    detail: str
    stops: bool = True


@dataclass(frozen=True)
class Figures:
    """Entries in the log; outbox rows due, and given up; size that the quorum reached; contradictions, of our log and of others."""

    log_size: int
    due: int
    failed: int
    witnessed_size: int
    own_splits: int
    watched_splits: int


def look(ctx: Context) -> tuple[Check, ...]:
    """Look at everything a serving process needs."""
    return (_database(ctx), _clock(ctx), _disk(ctx), _sqlite(ctx), _history(ctx), _witnesses(ctx), _watched(ctx))


def _database(ctx: Context) -> Check:
    try:
        current, newest = ctx.database.head()
    except (ServiceError, OSError) as problem:
        return Check("database", False, f"does not answer: {type(problem).__name__}")
    return Check("database", current == newest, f"migration {current} of {newest}")


def _clock(ctx: Context) -> Check:
    with ctx.database.reading() as session:
        newest = session.scalar(select(LogHead.time))
    if newest is None:
        return Check("clock", False, "the log has not been opened: run ipr migrate")
    behind = newest - ctx.now()
    return Check("clock", behind <= CLOCK_TOLERANCE, f"{max(0, int(behind.total_seconds()))} s behind the newest checkpoint")


def _disk(ctx: Context) -> Check:
    room = disk_room(ctx.database)
    if room is None:
        return Check("disk", True, "the database is elsewhere")
    return Check("disk", room >= LEAST_ROOM, f"{room // 1024**2} MiB free, at least {LEAST_ROOM // 1024**2} are needed")


def _sqlite(ctx: Context) -> Check:
    if not ctx.database.is_sqlite:
        return Check("sqlite", True, "not used")
    return Check("sqlite", True, f"{SQLITE_VERSION}{'' if sqlite_is_fixed() else ': has a known fault, see ipr doctor'}")


def _history(ctx: Context) -> Check:
    """Our own log against what stands outside of its database."""
    try:
        starting.refuse_old_rows(ctx)
    except DamageError as problem:
        return Check("history", False, str(problem))
    against = standing.open_splits(ctx, own=True)
    said = ", ".join(sorted({f"{row.witness} ({row.kind})" for row in against}))
    return Check("history", not against, f"contradicted by {said}: see the operator's page" if against else "nothing contradicts it")


def _witnesses(ctx: Context) -> Check:
    """Whether the quorum of the policy keeps up with the log."""
    behind = standing.behind(ctx)
    if behind is None:
        return Check("witnesses", True, "no quorum is asked for")
    late = behind > standing.LATE
    return Check("witnesses", not late, f"the quorum is {int(behind.total_seconds())} s behind the newest checkpoint", stops=False)


def _watched(ctx: Context) -> Check:
    """Logs of others that showed two histories."""
    split = sorted({row.origin for row in standing.open_splits(ctx, own=False)})
    said = f"two histories: {', '.join(split)}" if split else f"{len(ctx.network.origins)} witnessed, no two histories"
    return Check("watched logs", not split, said, stops=False)


def sqlite_is_fixed() -> bool:
    """Whether the SQLite in use has the WAL-reset fix."""
    return tuple(int(part) for part in SQLITE_VERSION.split(".")) >= FIXED_SQLITE


def figures(ctx: Context) -> Figures:
    """A few numbers, none of which concerns a single organisation."""
    with ctx.database.reading() as session:
        size = session.scalar(select(LogHead.size)) or 0
        open_rows = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
        due = session.scalar(open_rows.where(OutboxRow.failed_at.is_(None), OutboxRow.due_at <= ctx.now())) or 0
        failed = session.scalar(open_rows.where(OutboxRow.failed_at.is_not(None))) or 0
        witnessed = session.scalar(select(func.max(WitnessedCheckpoint.checkpoint_size))) or 0
    own, others = (len(standing.open_splits(ctx, own=mine)) for mine in (True, False))
    return Figures(size, due, failed, witnessed, own, others)
