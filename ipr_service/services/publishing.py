"""What the log shows to everyone: checkpoint, keys, tiles, entry bundles; by HTTP or as static files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, InputError
from ipr_service.evidence.commitment import entry_line
from ipr_service.evidence.merkle import HASH_SIZE
from ipr_service.evidence.tiles import WIDTH, TilePath, encode_entries, tiles_of
from ipr_service.services import checkpoints, starting
from ipr_service.services.context import Context
from ipr_service.store.schema import LogEntry, LogHead, LogTile


def newest_checkpoint(ctx: Context) -> bytes | None:
    """The checkpoint that everyone is shown (``checkpoints.shown``), with its cosignatures; None while the log is empty."""
    with ctx.database.reading() as session:
        row = checkpoints.shown(ctx, session)
        return None if row is None else checkpoints.cosigned(session, row)


def vkeys(ctx: Context) -> bytes:
    """``log.vkeys``: one verifier key a line, Ed25519 first."""
    return "".join(f"{key.to_text()}\n" for key in ctx.service_keys.log_keys.vkeys).encode()


def tile(ctx: Context, path: TilePath) -> bytes | None:
    """The bytes of a tile or entry bundle, or None when the log does not serve it (yet).

    A partial tile is served only up to the newest checkpoint; an older partial is the beginning of the same bytes.
    """
    with ctx.database.reading() as session:
        return _tile(session, path, session.scalar(select(LogHead.size)) or 0)


def _tile(session: Session, path: TilePath, size: int) -> bytes | None:
    if path.level is None:
        return _entries(session, path, size)
    if (size >> (8 * path.level)) < path.index * WIDTH + path.width:
        return None
    hashes = session.scalar(select(LogTile.hashes).where(LogTile.level == path.level, LogTile.number == path.index))
    if hashes is None or len(hashes) < path.width * HASH_SIZE:
        raise DamageError(N_("A tile of the log is missing. Run `ipr log audit`."))
    return bytes(hashes[: path.width * HASH_SIZE])


def _entries(session: Session, path: TilePath, size: int) -> bytes | None:
    first = path.index * WIDTH
    if size < first + path.width:
        return None
    query = select(LogEntry.commitment).where(LogEntry.index >= first, LogEntry.index < first + path.width).order_by(LogEntry.index)
    commitments = session.scalars(query).all()
    if len(commitments) != path.width:
        raise DamageError(N_("An entry of the log is missing. Run `ipr log audit`."))
    return encode_entries([entry_line(commitment) for commitment in commitments])


def static_files(ctx: Context) -> Iterator[tuple[str, bytes]]:
    """Every file of the log as (path, bytes): what any web server or object store can serve. The checkpoint comes last."""
    with ctx.database.reading() as session:
        row = checkpoints.shown(ctx, session)
        note = None if row is None else checkpoints.cosigned(session, row)
        size = 0 if row is None else row.size
        bundles = [TilePath(None, path.index, path.width) for path in tiles_of(size) if path.level == 0]
        for path in (*tiles_of(size), *bundles):
            body = _tile(session, path, size)
            if body is not None:
                yield path.to_text(), body
    yield "log.vkeys", vkeys(ctx)
    if note is not None:
        yield "checkpoint", note


def export(ctx: Context, folder: Path) -> int:
    """Write the log as static files; the checkpoint last, so that a reader never sees a checkpoint without its tiles.

    An export that is there already is brought up to date: full tiles never change and are left alone, partial ones go when their full
    tile has come. ``audit_export`` (``ipr log audit --export``) tells whether what lies there is what was written.

    Returns:
        how many files were written.

    Raises:
        InputError: the place is a file.
        DamageError: the folder holds another log, or more of this one than the database does.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError.at("/folder", N_("{folder} is a file. Name a folder."), folder=folder.name)
    starting.refuse_other_history(ctx, folder / "checkpoint")
    count = 0
    for path, body in static_files(ctx):
        target = folder / path
        if path.startswith("tile/") and ".p/" not in path and target.is_file() and target.stat().st_size == len(body):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".new")
        partial.write_bytes(body)
        partial.replace(target)
        if path.startswith("tile/") and ".p/" not in path:
            shutil.rmtree(target.with_name(target.name + ".p"), ignore_errors=True)
        count += 1
    return count


def keep_export(ctx: Context) -> None:
    """Bring the export in ``IPR_EXPORT_DIR`` up to date, if one is kept; daily, by the worker."""
    if ctx.settings.export_dir:
        export(ctx, Path(ctx.settings.export_dir))
