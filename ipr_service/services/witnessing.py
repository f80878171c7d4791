"""Being a witness: cosign the checkpoints of the logs that the operator configured, when they grew and only then (C2SP tlog-witness).

The decision is ``evidence.witness``; here are the rows. Reading what is known, deciding and storing are ONE transaction that holds the
log's row: two requests at once are decided one after the other, on SQLite and on PostgreSQL, in whatever process. The cosignature leaves
after the commit. A crash before it: nothing happened. A crash after it: the log asks again from the size that we know, which it is told.

Two signed checkpoints of one size with different roots are kept as evidence (:data:`TWO_ROOTS`): the log's own keys signed both. A larger
checkpoint whose proof does not hold is kept too (:data:`BAD_PROOF`), but anyone can send a true checkpoint with a wrong proof: it is
settled when that very checkpoint is proved consistent later, and until then nobody but the log can settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, FormatError, UnavailableError
from ipr_service.evidence.merkle import EMPTY_ROOT
from ipr_service.evidence.note import NoteSignature
from ipr_service.evidence.witness import Known, Outcome, Submitted, authentic, decide
from ipr_service.gateways.witness import SIZE_TYPE
from ipr_service.services.context import Context
from ipr_service.store.schema import SplitView, WatchedCheckpoint, WatchedLog
from ipr_service.store.sequencer import CLOCK_TOLERANCE

log = structlog.get_logger()
TWO_ROOTS, BAD_PROOF = "two-roots", "bad-proof"
KEPT_CHECKPOINTS = 1000  # cosigned checkpoints kept of each log, so that an old size signed again is seen
KEPT_SPLITS = 50  # of each log and kind: one proves it, and whoever can make more must not fill the disk
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What the witness answers: HTTP status, media type, body."""

    status: int
    media_type: str
    body: bytes


def vkey(ctx: Context) -> str:
    """The verifier key of our witness, a line without its newline."""
    return ctx.service_keys.witness_signer(0).vkey.to_text()


def add_checkpoint(ctx: Context, body: bytes) -> Reply:
    """Answer one ``add-checkpoint`` request.

    Raises:
        UnavailableError: the clock fell behind the newest cosignature, or the database does not answer. Nothing was cosigned.
    """
    try:
        submitted = Submitted.from_bytes(body)
    except FormatError as problem:
        return _refused(Outcome.BAD_SIZE, str(problem))
    origin = submitted.state.origin
    refused = authentic(submitted, ctx.network.keys_of(origin))
    if refused is not None:
        return _refused(refused, _SAID[refused])
    _begin(ctx, origin)
    line: NoteSignature | None = None
    with ctx.database.writing() as session:
        watched = session.get_one(WatchedLog, origin, with_for_update=True)
        answer = decide(submitted, _known(session, watched, submitted.state.size))
        if answer.outcome is Outcome.COSIGN:
            line = _cosign(ctx, session, watched, submitted)
        elif answer.split:
            _keep(ctx, session, TWO_ROOTS, submitted, watched)
        elif answer.outcome is Outcome.BAD_PROOF:
            _keep(ctx, session, BAD_PROOF, submitted, watched)
    if line is not None:
        return Reply(200, TEXT, line.to_line().encode())
    if answer.outcome is Outcome.CONFLICT:
        return Reply(409, SIZE_TYPE, f"{answer.size}\n".encode())
    return _refused(answer.outcome, _SAID[answer.outcome])


_SAID = {
    Outcome.UNKNOWN_LOG: "this witness does not know a log of this origin",
    Outcome.UNTRUSTED: "no key that this witness trusts for the log signed this checkpoint",
    Outcome.BAD_SIZE: "the old size is larger than the checkpoint's",
    Outcome.BAD_PROOF: "the consistency proof does not hold",
}


def _refused(outcome: Outcome, said: str) -> Reply:
    return Reply(outcome.value, TEXT, f"{said}\n".encode())


def _begin(ctx: Context, origin: str) -> None:
    """Make the row that is locked, once. Two first requests at the same moment: one makes it, the other finds it."""
    with ctx.database.reading() as session:
        if session.get(WatchedLog, origin) is not None:
            return
    try:
        with ctx.database.writing() as session:
            if session.get(WatchedLog, origin) is None:
                session.add(WatchedLog(origin=origin, size=0, root=EMPTY_ROOT, time=datetime.fromtimestamp(0, tz=ctx.now().tzinfo)))
    except ConflictError:
        return


def _known(session: Session, watched: WatchedLog, size: int) -> Known:
    earlier = session.get(WatchedCheckpoint, (watched.origin, size))
    return Known(watched.size, watched.root, {} if earlier is None else {size: earlier.root})


def _cosign(ctx: Context, session: Session, watched: WatchedLog, submitted: Submitted) -> NoteSignature:
    """Move what is known forward, and sign. Nothing of it leaves before the transaction ends."""
    now, state = ctx.now().replace(microsecond=0), submitted.state
    if now < watched.time - CLOCK_TOLERANCE:
        raise UnavailableError(N_("The clock of this witness is behind its newest cosignature. Nothing is cosigned until that is mended."))
    watched.size, watched.root, watched.time = state.size, state.root, max(now, watched.time)
    if state.size and session.get(WatchedCheckpoint, (state.origin, state.size)) is None:
        row = WatchedCheckpoint(
            origin=state.origin, size=state.size, root=state.root, note=submitted.request.checkpoint, cosigned_at=watched.time
        )
        session.add(row)
        oldest = select(WatchedCheckpoint.size).where(WatchedCheckpoint.origin == state.origin).order_by(WatchedCheckpoint.size.desc())
        last = session.scalar(oldest.offset(KEPT_CHECKPOINTS).limit(1))
        if last is not None:
            session.execute(delete(WatchedCheckpoint).where(WatchedCheckpoint.origin == state.origin, WatchedCheckpoint.size <= last))
    settled = update(SplitView).where(SplitView.digest == _digest(BAD_PROOF, submitted), SplitView.settled_at.is_(None))
    session.execute(settled.values(settled_at=watched.time))
    signer = ctx.service_keys.witness_signer(int(watched.time.timestamp()))
    return NoteSignature(signer.name, signer.vkey.id, signer.signature(submitted.signed.text))


def _digest(kind: str, submitted: Submitted) -> bytes:
    return sha256(f"{kind}\n{submitted.signed.text}".encode()).digest()


def _keep(ctx: Context, session: Session, kind: str, submitted: Submitted, watched: WatchedLog) -> None:
    """Keep both halves of what cannot be one history, each pair once."""
    digest, state = _digest(kind, submitted), submitted.state
    if session.scalar(select(SplitView.id).where(SplitView.digest == digest)) is not None:
        return
    count = select(func.count()).select_from(SplitView).where(SplitView.origin == state.origin, SplitView.kind == kind)
    if (session.scalar(count) or 0) >= KEPT_SPLITS:
        return
    known = session.get(WatchedCheckpoint, (state.origin, state.size if kind == TWO_ROOTS else watched.size))
    log.error("witness.split_view", origin=state.origin, kind=kind, size=state.size)
    row = SplitView(
        id=ctx.new_id(),
        origin=state.origin,
        kind=kind,
        size=state.size,
        digest=digest,
        known=b"" if known is None else known.note,
        refused=submitted.request.to_bytes(),
        witness=None,
        found_at=ctx.now(),
        settled_at=None,
    )
    session.add(row)
