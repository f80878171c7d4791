"""From a decision to a log entry and back: what every service that logs something does in the same way.

``commit_to`` makes salts and the commitment, ``logged`` gives the row for a write plan with its openings encrypted under the thing's key,
``opened`` reads them again. What is asserted (the statements) is the business of each service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.evidence.commitment import Committed, Openings, build
from ipr_service.evidence.digest import Digests
from ipr_service.evidence.statements import Statement
from ipr_service.services.context import Context
from ipr_service.store.schema import LogCheckpoint, LogEntry
from ipr_service.store.sequencer import Logged

_FIELD = "log_entry.opening"
_SALT_SIZE = 32


@dataclass(frozen=True)
class Opened:
    """What opens an entry: the salt (32 bytes), manifest.json and openings.json verbatim, and the openings read."""

    salt: bytes
    manifest: bytes
    openings_bytes: bytes
    openings: Openings


def note_body(note: bytes) -> bytes:
    """The text of a signed note with its final newline: what tokens are made over (signature lines come after the blank line)."""
    return note[: note.rindex(b"\n\n") + 1]


def newest_checkpoint_digest(session: Session) -> bytes | None:
    """SHA-256 of the newest checkpoint's note body, or None in an empty log; goes into each manifest."""
    note = session.scalar(select(LogCheckpoint.note).order_by(LogCheckpoint.size.desc()).limit(1))
    return None if note is None else sha256(note_body(note)).digest()


def commit_to(
    ctx: Context,
    session: Session,
    kind: str,
    statements: Sequence[Statement],
    *,
    files: Sequence[Digests] = (),
    previous: bytes | None = None,
) -> Committed:
    """Commit to files and statements with fresh salts, bound to the newest checkpoint known now.

    Args:
        kind: as in the manifest (``evidence.commitment.KINDS``).
        previous: C of the version before.
    """
    return build(kind, files, statements, lambda: ctx.random(_SALT_SIZE), newest_checkpoint_digest(session), previous)


def logged(ctx: Context, made: Committed, thing_id: str, key_id: str) -> Logged:
    """The entry for a write plan; what opens it rests encrypted under the key ``key_id``."""
    sealed = ctx.seal(key_id, _FIELD, made.salt + made.openings.to_bytes())
    return Logged(made.commitment, made.manifest.kind, thing_id, made.manifest_bytes, sealed, key_id)


def opened(ctx: Context, row: LogEntry) -> Opened:
    """What opens an entry.

    Raises:
        NotFoundError: the service never had it (hash-only), or its key was erased.
        DamageError: it was changed.
    """
    if row.opening_sealed is None or row.key_id is None or row.manifest is None:
        raise NotFoundError(N_("This was registered by its commitment alone: only the holder of the bundle can open it."))
    plain = ctx.open(row.key_id, _FIELD, row.opening_sealed)
    openings = plain[_SALT_SIZE:]
    return Opened(plain[:_SALT_SIZE], row.manifest, openings, Openings.from_bytes(openings))


def entry_of(session: Session, commitment: bytes) -> LogEntry:
    """The log entry of a commitment.

    Raises:
        NotFoundError: none.
    """
    row = session.scalar(select(LogEntry).where(LogEntry.commitment == commitment))
    if row is None:
        raise NotFoundError(N_("This commitment is not in the log."))
    return row
