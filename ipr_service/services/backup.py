"""Write a backup: one archive of rows and stored files, and the keys in a second one, apart.

The rows are a consistent snapshot, the same text for SQLite and PostgreSQL, so that a backup of one can be restored into the other. Titles,
names of files, terms and contents are in it as they rest: encrypted. Names and addresses of people, password hashes and digests of secrets
are in clear, as in the database. Sessions and remembered answers stay behind.

The keys archive opens everything; with the key encryption key in the key folder, whoever holds both archives reads all. It is kept
elsewhere and at most 30 days, so that erasing a key erases the content everywhere.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Row, Table, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError, RefusedError
from ipr_service.gateways.blobs import Shelf
from ipr_service.services.archive import CHUNK, ArchiveWriter, writing
from ipr_service.services.context import Context
from ipr_service.services.publishing import vkeys
from ipr_service.store.schema import Base, BrowserSession, IdempotentRequest, LogCheckpoint, LogHead

VERSION = 1
LEFT_OUT = frozenset({BrowserSession.__tablename__, IdempotentRequest.__tablename__})
TABLES: tuple[Table, ...] = tuple(table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT)
_MEMBER = re.compile(r"about\.json|erasures|log/(?:checkpoint|log\.vkeys)|rows/[a-z_]{1,40}\.jsonl|blobs/[0-9A-Za-z]{4,64}")
_KEY_MEMBER = re.compile(r"about\.json|keys/(?:kek|kek\.check|erasures|service\.json|things/[0-9A-Za-z_-]{2}/[0-9A-Za-z_-]{2,64})")
_SPOOL = 8 << 20


def is_member(name: str) -> bool:
    """Whether a backup may have a member of this name."""
    return _MEMBER.fullmatch(name) is not None


def is_key_member(name: str) -> bool:
    """Whether a keys archive may have a member of this name."""
    return _KEY_MEMBER.fullmatch(name) is not None


@dataclass(frozen=True)
class BackedUp:
    """What was written: entries of the log, rows, stored files and their bytes, keys (0 when they were left out)."""

    entries: int
    rows: int
    blobs: int
    blob_bytes: int
    keys: int


def to_json(value: Any) -> Any:
    """A column's value as JSON; :func:`from_json` reads it back."""
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode("ascii")}
    if isinstance(value, tuple):
        return {"p": [base64.b64encode(piece).decode("ascii") for piece in value]}
    return value


def from_json(value: Any) -> Any:
    """What :func:`to_json` was given."""
    if not isinstance(value, dict):
        return value
    ((kind, held),) = value.items()
    if kind == "t":
        return datetime.fromisoformat(held)
    return base64.b64decode(held) if kind == "b" else tuple(base64.b64decode(piece) for piece in held)


def backup(ctx: Context, target: Path, keys_target: Path | None = None) -> BackedUp:
    """Write ``target`` and, apart, ``keys_target``. The service may go on serving meanwhile.

    Raises:
        RefusedError: a name is taken, or both are one.
        StorageFullError: no room; nothing is left.
    """
    for path in (target, *([keys_target] if keys_target else [])):
        if path.exists():
            raise RefusedError(N_("{name} exists already. A backup is never written over; choose another name."), name=path.name)
    if keys_target is not None and keys_target.absolute() == target.absolute():
        raise RefusedError(N_("The keys go into a file of their own, to be kept elsewhere."))
    with writing(target, ctx.random(8).hex()) as archive:
        entries, rows = _rows(ctx, archive)
        blobs, size = _blobs(ctx.blobs.shelf, archive)
        erased = "".join(f"{key_id}\n" for key_id in sorted(ctx.keys.erased()))
        archive.add_bytes("erasures", erased.encode("ascii"))
    # The keys come after the rows: whatever the rows name has its key in them.
    keys = 0 if keys_target is None else _keys(ctx, keys_target)
    return BackedUp(entries, rows, blobs, size, keys)


def _rows(ctx: Context, archive: ArchiveWriter) -> tuple[int, int]:
    """Every table in one snapshot. Returns (entries of the log, rows)."""
    total = 0
    with ctx.database.reading() as session:
        if not ctx.database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        head = session.get(LogHead, 1)
        if head is None:
            raise RefusedError(N_("There is nothing here to back up. Run `ipr migrate` first."))
        note = session.scalar(select(LogCheckpoint.note).order_by(LogCheckpoint.size.desc()).limit(1))
        about = {
            "version": VERSION,
            "origin": head.origin,
            "size": head.size,
            "made_at": ctx.now().isoformat(),
            "schema": ctx.database.head()[0],
        }
        archive.add_bytes("about.json", json.dumps(about).encode())
        archive.add_bytes("log/log.vkeys", vkeys(ctx))
        if note is not None:
            archive.add_bytes("log/checkpoint", note)
        for table in TABLES:
            total += _table(session, table, archive)
    return head.size, total


def _table(session: Session, table: Table, archive: ArchiveWriter) -> int:
    count = 0
    with tempfile.SpooledTemporaryFile(_SPOOL) as spool:
        rows: Iterable[Row[Any]] = session.execute(select(table).execution_options(yield_per=500))
        for row in rows:
            line = {name: to_json(value) for name, value in row._mapping.items()}
            spool.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
        size = spool.tell()
        spool.seek(0)
        archive.add(f"rows/{table.name}.jsonl", size, cast("IO[bytes]", spool))
    return count


class _Stored:
    """Ciphertext of one stored file, read piece by piece."""

    def __init__(self, shelf: Shelf, blob_id: str) -> None:
        self._shelf, self._blob_id, self._at = shelf, blob_id, 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._shelf.read(self._blob_id, self._at, size if 0 <= size < CHUNK else CHUNK)
        self._at += len(piece)
        return piece


def _blobs(shelf: Shelf, archive: ArchiveWriter) -> tuple[int, int]:
    """Every finished blob as it rests. One that is erased while we look is left out: its key is gone."""
    count = total = 0
    for blob_id, _, _ in shelf.listing():
        size = None if blob_id.startswith(".") else shelf.size(blob_id)
        if size is None:
            continue
        archive.add(f"blobs/{blob_id}", size, _Stored(shelf, blob_id))
        count, total = count + 1, total + size
    return count, total


def _key_files(folder: Path) -> Iterator[Path]:
    yield from (path for name in ("kek", "kek.check", "erasures", "service.json") if (path := folder / name).is_file())
    yield from sorted(path for path in (folder / "things").glob("??/*") if is_key_member(f"keys/{path.relative_to(folder)}"))


def _keys(ctx: Context, target: Path) -> int:
    folder, count = ctx.keys.directory, 0
    with writing(target, ctx.random(8).hex()) as archive:
        about = {"version": VERSION, "origin": ctx.service_keys.origin, "made_at": ctx.now().isoformat()}
        archive.add_bytes("about.json", json.dumps(about).encode())
        for path in _key_files(folder):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue  # erased while we looked
            archive.add_bytes(f"keys/{path.relative_to(folder)}", content)
            count += path.parent.parent.name == "things"
    return count


def nothing_stored(shelf: Shelf) -> bool:
    """Whether the shelf is empty."""
    try:
        return next(iter(shelf.listing()), None) is None
    except NotFoundError:
        return True
