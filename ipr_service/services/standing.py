"""How our log stands with its witnesses, and the logs that we witness with us: what pages, readiness and figures show. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.evidence.trust import NO_QUORUM
from ipr_service.services import cosigning
from ipr_service.services.access import Actor, require_operator
from ipr_service.services.checkpoints import newest
from ipr_service.services.context import Context
from ipr_service.store.schema import Cosignature, LogCheckpoint, SplitView, WatchedLog, WitnessedCheckpoint, WitnessStanding

LATE = timedelta(minutes=15)  # how long the quorum may lack the oldest checkpoint that it has not seen
SHOWN = 50


@dataclass(frozen=True)
class AskedWitness:
    """One witness that we ask.

    Args:
        size: of our newest checkpoint that it cosigned; 0 for none.
        cosigned_at: when that line arrived.
        failures: questions in a row without a cosignature.
        error: stable word for the last failure, or None.
    """

    name: str
    vkey: str
    url: str
    size: int
    cosigned_at: datetime | None
    failures: int
    error: str | None


@dataclass(frozen=True)
class Watched:
    """One log that we witness; ``size`` 0 and no time before its first checkpoint."""

    origin: str
    size: int
    cosigned_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """Everything about witnesses, for the operator."""

    quorum: str
    newest_size: int
    witnessed_size: int
    asked: tuple[AskedWitness, ...]
    watched: tuple[Watched, ...]
    splits: tuple[SplitView, ...]


def look(ctx: Context, actor: Actor) -> Standing:
    """How it stands.

    Raises:
        NotFoundError: the actor is not the operator.
    """
    require_operator(actor)
    with ctx.database.reading() as session:
        checkpoint = newest(session)
        asked = tuple(_asked(ctx, session))
        watched = tuple(_watched(ctx, session))
        reached = session.scalar(select(func.max(WitnessedCheckpoint.checkpoint_size))) or 0
        splits = session.scalars(select(SplitView).order_by(SplitView.settled_at.is_not(None), SplitView.id.desc()).limit(SHOWN)).all()
    return Standing(ctx.network.policy.quorum, checkpoint.size if checkpoint else 0, reached, asked, watched, tuple(splits))


def _asked(ctx: Context, session: Session) -> list[AskedWitness]:
    found = []
    for witness in ctx.network.asked:
        key = cosigning.key_of(witness.vkey)
        row = session.get(WitnessStanding, key)
        lines = select(Cosignature).where(Cosignature.witness == key).order_by(Cosignature.checkpoint_size.desc()).limit(1)
        line = session.scalars(lines).one_or_none()
        size, at = (line.checkpoint_size, line.obtained_at) if line else (0, None)
        vkey = witness.vkey.to_text()
        found.append(
            AskedWitness(witness.name, vkey, witness.url or "", size, at, row.failures if row else 0, row.last_error if row else None)
        )
    return found


def _watched(ctx: Context, session: Session) -> list[Watched]:
    rows = {row.origin: row for row in session.scalars(select(WatchedLog).where(WatchedLog.origin.in_(ctx.network.origins)))}
    return [
        Watched(origin, rows[origin].size, rows[origin].time) if origin in rows and rows[origin].size else Watched(origin, 0, None)
        for origin in ctx.network.origins
    ]


def open_splits(ctx: Context, *, own: bool) -> Sequence[SplitView]:
    """Contradictions that nothing settled: of our own log, or of logs that we witness."""
    mine = SplitView.origin == ctx.settings.origin
    with ctx.database.reading() as session:
        return session.scalars(select(SplitView).where(mine if own else ~mine, SplitView.settled_at.is_(None))).all()


def behind(ctx: Context) -> timedelta | None:
    """How long the oldest checkpoint without a quorum above it has been waiting; None when no quorum is asked for."""
    if ctx.network.policy.quorum == NO_QUORUM:
        return None
    with ctx.database.reading() as session:
        reached = session.scalar(select(func.max(WitnessedCheckpoint.checkpoint_size))) or 0
        waiting = session.scalar(select(LogCheckpoint.created_at).where(LogCheckpoint.size > reached).order_by(LogCheckpoint.size).limit(1))
    return timedelta() if waiting is None else max(ctx.now() - waiting, timedelta())
