"""Checkpoints as they leave the house: which one is shown, with which cosignatures, and how one grew from another.

While no quorum is asked for, the newest checkpoint is shown. Where the policy asks for one, the newest that reached it is shown, so that
nobody sees a state of the log that its witnesses did not see; before the first has reached it, the newest. Receipts and proofs do not wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, InputError
from ipr_service.evidence import merkle
from ipr_service.evidence.note import NoteSignature, SignedNote
from ipr_service.evidence.tiles import subtree_reader
from ipr_service.evidence.trust import NO_QUORUM
from ipr_service.services.context import Context
from ipr_service.store.schema import Cosignature, LogCheckpoint, LogHead, LogTile, WitnessedCheckpoint
from ipr_service.store.statements import Prepared

_TILE = Prepared(select(LogTile.hashes).where(LogTile.level == bindparam("level"), LogTile.number == bindparam("number")))


@dataclass(frozen=True)
class Growth:
    """That the log of ``old_size`` entries is the beginning of the one of ``new_size``.

    Args:
        hashes: the consistency proof (RFC 6962 section 2.1.2); empty when the sizes are equal or the old one is 0.
        old_checkpoint, new_checkpoint: the signed checkpoints of these sizes, where the log signed one; else None.
    """

    old_size: int
    new_size: int
    hashes: tuple[bytes, ...]
    old_checkpoint: bytes | None
    new_checkpoint: bytes | None


def read_tile(session: Session, level: int, number: int) -> bytes:
    """The stored hashes of a tile.

    Raises:
        DamageError: it is gone.
    """
    found = _TILE.run(session.connection(), level=level, number=number)
    if not found:
        raise DamageError(N_("A tile of the log is missing. Run `ipr log audit`."))
    return bytes(found[0][0])


def consistency(session: Session, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The consistency proof from stored tiles: each is read once. Sizes as ``merkle.consistency_proof`` takes them."""
    return merkle.consistency_proof(old_size, new_size, subtree_reader(lambda level, number: read_tile(session, level, number)))


def growth(ctx: Context, old_size: int, new_size: int | None) -> Growth:
    """How the log grew; for everyone.

    Args:
        new_size: None for the newest.

    Raises:
        InputError: sizes in the wrong order, or beyond the log.
    """
    with ctx.database.reading() as session:
        size = session.scalar(select(LogHead.size)) or 0
        new_size = size if new_size is None else new_size
        if new_size > size:
            raise InputError.at("/to", N_("The log has {size} entries; ask for at most that."), size=size)
        if not 0 <= old_size <= new_size:
            raise InputError.at("/from", N_("The old size must lie between 0 and the new one, {size}."), size=new_size)
        notes = {row.size: row for row in session.scalars(select(LogCheckpoint).where(LogCheckpoint.size.in_((old_size, new_size))))}
        signed = [cosigned(session, notes[one]) if one in notes else None for one in (old_size, new_size)]
        return Growth(old_size, new_size, consistency(session, old_size, new_size), *signed)


def lines_over(session: Session, size: int) -> tuple[NoteSignature, ...]:
    """The witnesses' lines over a checkpoint, in the order of their arrival."""
    rows = session.scalars(
        select(Cosignature.line).where(Cosignature.checkpoint_size == size).order_by(Cosignature.obtained_at, Cosignature.witness)
    )
    return tuple(NoteSignature.from_line(line.decode()) for line in rows)


def cosigned(session: Session, checkpoint: LogCheckpoint) -> bytes:
    """The signed checkpoint verbatim, with the witnesses' lines after its own."""
    lines = lines_over(session, checkpoint.size)
    return SignedNote.from_bytes(checkpoint.note).with_lines(lines).to_bytes() if lines else checkpoint.note


def newest(session: Session) -> LogCheckpoint | None:
    """The newest checkpoint, whoever cosigned it."""
    return session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()


def shown(ctx: Context, session: Session) -> LogCheckpoint | None:
    """The checkpoint that everyone is shown; None while the log is empty."""
    if ctx.network.policy.quorum != NO_QUORUM:
        witnessed = select(LogCheckpoint).join(WitnessedCheckpoint, WitnessedCheckpoint.checkpoint_size == LogCheckpoint.size)
        reached = session.scalars(witnessed.order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()
        if reached is not None:
            return reached
    return newest(session)
