"""Asking witnesses: after each checkpoint, every witness of the policy, side by side, each with an end (C2SP tlog-witness).

What is due follows from the rows: a witness is due while the newest checkpoint (or the newest one that carries a token, which comes first,
so that time and cosignatures meet on one checkpoint) is larger than what it knows. Nothing is queued, so nothing can be lost: a crash
before an answer is stored costs one more question, and the witness answers the same size again. A witness that fails is left alone for
ten seconds, then twice as long each time, at most an hour. Lines are verified before they are kept, and kept verbatim.

A witness that knows more of our log than we have, or that refuses our own proof, says that there are two histories: it is kept as
evidence (:data:`AHEAD`, :data:`REFUSES`) and shown in red. It is no proof, because a conflict is not signed; it is reason to stop and look.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import OutsideError, RefusedError
from ipr_service.evidence.checkpoint import fingerprint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.trust import NO_QUORUM, KnownWitness
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways.witness import Cosigned, Refused
from ipr_service.services.checkpoints import consistency, newest
from ipr_service.services.context import Context
from ipr_service.store.schema import Cosignature, LogCheckpoint, LogHead, LogToken, SplitView, WitnessedCheckpoint, WitnessStanding

log = structlog.get_logger()
AHEAD, REFUSES = "witness-ahead", "witness-refuses"
LONGEST_WAIT = timedelta(hours=1)
SIDE_BY_SIDE = 8
TRIES = 3  # questions in a row while a witness names other sizes


@dataclass(frozen=True)
class Asked:
    """How one witness answered: ``code`` is empty when it cosigned, else a stable word."""

    witness: KnownWitness
    code: str
    alarm: bool = False


def ask_witnesses(ctx: Context) -> int:
    """Ask every witness that is due, side by side.

    Returns:
        how many cosigned. Those that fail are asked again later; nobody is held up.
    """
    return sum(not asked.code for asked in _ask_all(ctx, ctx.now()))


def ask_now(ctx: Context) -> tuple[Asked, ...]:
    """Ask every witness about the newest checkpoint, whatever failed before: at a start (``starting``) and by hand."""
    return _ask_all(ctx, None)


def _ask_all(ctx: Context, now: datetime | None) -> tuple[Asked, ...]:
    if not ctx.network.asked:
        return ()
    with ctx.database.reading() as session:
        questions = list(_questions(ctx, session, now))
    if not questions:
        return ()
    with ThreadPoolExecutor(max_workers=min(SIDE_BY_SIDE, len(questions)), thread_name_prefix="witness") as pool:
        asked = tuple(pool.map(lambda question: _ask(ctx, *question), questions))
    _count_quorums(ctx, sorted({size for _, sizes in questions for size in sizes}))
    return asked


def _questions(ctx: Context, session: Session, now: datetime | None) -> Iterator[tuple[KnownWitness, tuple[int, ...]]]:
    """Witness and the sizes to ask it about, smallest first. ``now`` None: also those that are not due, and those that know all."""
    checkpoint = newest(session)
    if checkpoint is None:
        return
    stamped = session.scalar(select(func.max(LogToken.checkpoint_size))) or 0
    for witness in ctx.network.asked:
        standing = session.get(WitnessStanding, key_of(witness.vkey))
        known = standing.known_size if standing else 0
        if now is None:
            yield witness, (checkpoint.size,)
        elif checkpoint.size > known and (standing is None or standing.due_at <= now):
            yield witness, tuple(sorted({size for size in (stamped, checkpoint.size) if size > known}))


def key_of(vkey: Vkey) -> str:
    """By what rows know a witness."""
    return fingerprint(vkey.to_text())


def _ask(ctx: Context, witness: KnownWitness, sizes: tuple[int, ...]) -> Asked:
    asked = Asked(witness, "")
    for size in sizes:
        with ctx.database.reading() as session:
            checkpoint = session.get_one(LogCheckpoint, size)
            standing = session.get(WitnessStanding, key_of(witness.vkey))
        try:
            asked = _ask_about(ctx, witness, checkpoint, standing.known_size if standing else 0)
        except (OutsideError, RefusedError) as problem:
            asked = Asked(witness, problem.code)
            _stand(ctx, witness, None, problem.code)
        if asked.code:
            log.warning("witness.failed", witness=witness.name, code=asked.code, size=size)
            break
    return asked


def _ask_about(ctx: Context, witness: KnownWitness, checkpoint: LogCheckpoint, known: int) -> Asked:
    """Ask about one checkpoint, from the size that the witness knows; it may name another one first."""
    for _ in range(TRIES):
        with ctx.database.reading() as session:
            hashes = consistency(session, known, checkpoint.size) if known <= checkpoint.size else ()
        answer = ctx.network.ask(witness, AddCheckpoint(min(known, checkpoint.size), hashes, checkpoint.note))
        if isinstance(answer, Cosigned):
            _store(ctx, witness, checkpoint.size, answer)
            return Asked(witness, "")
        if isinstance(answer, Refused):
            return _refused(ctx, witness, checkpoint, answer)
        if answer.size > _size(ctx):
            return _alarm(ctx, witness, AHEAD, checkpoint, answer.body)
        if answer.size == known == checkpoint.size:
            return _alarm(ctx, witness, REFUSES, checkpoint, answer.body)
        if answer.size > checkpoint.size:  # it saw a later one meanwhile: nothing to be had for this
            _stand(ctx, witness, answer.size, "")
            return Asked(witness, "")
        known = answer.size
    _stand(ctx, witness, None, "conflict")
    return Asked(witness, "conflict")


def _refused(ctx: Context, witness: KnownWitness, checkpoint: LogCheckpoint, answer: Refused) -> Asked:
    if answer.status == 422:
        return _alarm(ctx, witness, REFUSES, checkpoint, answer.body)
    code = {403: "untrusted-there", 404: "unknown-there"}.get(answer.status, "bad-request")
    _stand(ctx, witness, None, code)
    return Asked(witness, code)


def _size(ctx: Context) -> int:
    with ctx.database.reading() as session:
        return session.scalar(select(LogHead.size)) or 0


def _alarm(ctx: Context, witness: KnownWitness, kind: str, checkpoint: LogCheckpoint, answered: bytes) -> Asked:
    """Keep that a witness contradicts our own log, once for each of its answers."""
    digest = sha256(f"{kind}\n{key_of(witness.vkey)}\n{checkpoint.size}\n".encode() + answered).digest()
    log.error("witness.contradicts", witness=witness.name, kind=kind, size=checkpoint.size)
    with ctx.database.writing() as session:
        if session.scalar(select(SplitView.id).where(SplitView.digest == digest)) is None:
            row = SplitView(
                id=ctx.new_id(),
                origin=ctx.settings.origin,
                kind=kind,
                size=checkpoint.size,
                digest=digest,
                known=checkpoint.note,
                refused=answered,
                witness=witness.name,
                found_at=ctx.now(),
                settled_at=None,
            )
            session.add(row)
    _stand(ctx, witness, None, kind)
    return Asked(witness, kind, alarm=True)


def _store(ctx: Context, witness: KnownWitness, size: int, answer: Cosigned) -> None:
    """Keep the witness's first line over this checkpoint; a later one over the same says nothing more."""
    key = key_of(witness.vkey)
    with ctx.database.writing() as session:
        if session.get(Cosignature, (size, key)) is None:
            line = answer.lines[0]
            row = Cosignature(checkpoint_size=size, witness=key, name=line.name, line=line.to_line().encode(), obtained_at=ctx.now())
            session.add(row)
        _settle(ctx, session, witness)
    _stand(ctx, witness, size, "")


def _settle(ctx: Context, session: Session, witness: KnownWitness) -> None:
    """It cosigns again: what it held against us is no more."""
    mine = (SplitView.witness == witness.name, SplitView.origin == ctx.settings.origin, SplitView.settled_at.is_(None))
    for row in session.scalars(select(SplitView).where(*mine)):
        row.settled_at = ctx.now()


def _stand(ctx: Context, witness: KnownWitness, known_size: int | None, code: str) -> None:
    """Say how it went: an answer clears the failures; a failure waits longer each time."""
    key, now = key_of(witness.vkey), ctx.now()
    with ctx.database.writing() as session:
        row = session.get(WitnessStanding, key)
        if row is None:
            row = WitnessStanding(witness=key, known_size=0, asked_at=now, answered_at=None, failures=0, due_at=now, last_error=None)
            session.add(row)
        row.asked_at, row.last_error = now, code or None
        if known_size is not None:
            row.known_size = max(known_size, row.known_size)
        row.failures = row.failures + 1 if code else 0
        row.due_at = now + min(timedelta(seconds=5 * 2**row.failures), LONGEST_WAIT) if code else now
        if not code:
            row.answered_at = now


def _count_quorums(ctx: Context, sizes: list[int]) -> None:
    """Note which of these checkpoints now have the quorum of the policy."""
    policy = ctx.network.policy
    if policy.quorum == NO_QUORUM:
        return
    by_key = {key_of(witness.vkey): witness.vkey for witness in policy.witnesses}
    for size in sizes:
        with ctx.database.writing() as session:
            keys = session.scalars(select(Cosignature.witness).where(Cosignature.checkpoint_size == size)).all()
            if policy.quorum_met(by_key[key] for key in keys if key in by_key) and session.get(WitnessedCheckpoint, size) is None:
                session.add(WitnessedCheckpoint(checkpoint_size=size, reached_at=ctx.now()))
