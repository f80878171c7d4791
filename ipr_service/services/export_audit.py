"""An export of the log (``ipr log export``), rebuilt from its own entries and compared with the rows.

1. its keys are this log's, and they signed its checkpoint
2. every tile of it follows from its entries, and they lead to the root of that checkpoint
3. each of its entries is the one that the rows hold at that index

An export is older than the rows or as old; one that holds more says that rows were rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, FormatError, InputError
from ipr_service.evidence import tiled
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line
from ipr_service.services.context import Context
from ipr_service.services.log_audit import Finding, pieces
from ipr_service.services.publishing import vkeys
from ipr_service.store.schema import LogEntry


def exported(ctx: Context, session: Session, folder: Path) -> Iterator[Finding]:
    """Whatever is wrong in the export in ``folder``.

    Raises:
        InputError: there is no export.
    """
    if not (folder / "checkpoint").is_file():
        raise InputError.at("/export", N_("{folder} holds no export: there is no file checkpoint in it."), folder=folder.name)
    try:
        checkpoint = open_checkpoint((folder / "checkpoint").read_bytes(), ctx.service_keys.log_keys.vkeys)
    except FormatError as problem:
        yield Finding("export checkpoint", f"is no checkpoint of this log: {problem}")
        return
    if _file(folder, "log.vkeys") != vkeys(ctx):
        yield Finding("export log.vkeys", "does not hold the keys of this log")
    held = session.scalar(select(func.count()).select_from(LogEntry)) or 0
    if checkpoint.size > held:
        yield Finding("export checkpoint", f"this log held {checkpoint.size} entries once, now it holds {held}: it was rolled back")
    other: list[int] = []
    commitments = (row.commitment for rows in pieces(session) for row in rows)

    def took(index: int, entry: bytes) -> None:
        row = next(commitments, None)
        if not other and row is not None and entry != entry_line(row):
            other.append(index)

    for wrong in tiled.audit(lambda path: _file(folder, path), checkpoint, took):
        yield Finding(f"export {wrong.path}", str(wrong.what))
    if other:
        yield Finding(f"log_entry {other[0]}", "is not the entry that the export holds: one of them was changed")


def _file(folder: Path, path: str) -> bytes | None:
    try:
        return (folder / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
