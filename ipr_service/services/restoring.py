"""Bring a backup back into an empty place, and refuse whatever would give two histories to one log.

Everything is judged before anything is written: the archive is whole; its rows give the root that its own checkpoint signs; the keys open
it and none that an entry needs is missing; it stands at or after what the world saw last (``against``), and is no fork of it. Then keys,
files and rows are put in place, and what was erased before is erased again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import insert, select

from ipr_service.errors import N_, DamageError, NotFoundError, RefusedError, SettingsError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, open_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.gateways import durable
from ipr_service.gateways.blobs import Shelf
from ipr_service.gateways.keys import KeyStore, read_key_encryption_key
from ipr_service.gateways.service_keys import ServiceKeys
from ipr_service.services.archive import CHUNK, ArchiveReader
from ipr_service.services.backup import TABLES, VERSION, from_json, is_key_member, is_member, nothing_stored
from ipr_service.settings import Settings
from ipr_service.store.database import Clock, Database, Random, migrate
from ipr_service.store.schema import LogHead

_BATCH = 500


@dataclass(frozen=True)
class Restore:
    """What to bring back.

    Args:
        archive: from ``ipr backup FILE``.
        keys: from ``ipr backup --keys FILE``; None when the key folder was put in place by hand.
        against: the newest signed checkpoint that anyone kept, verbatim.
        erasures: a newer list of erasures (``erasures`` in the old key folder), one key id a line.
    """

    archive: Path
    keys: Path | None = None
    against: bytes | None = None
    erasures: bytes = b""


@dataclass(frozen=True)
class Restored:
    """What was brought back; ``erased`` counts keys that were erased again."""

    origin: str
    entries: int
    rows: int
    blobs: int
    erased: int


@dataclass
class _Known:
    """What the first reading of the archive found."""

    about: dict[str, Any] = field(default_factory=dict)
    note: bytes | None = None
    erasures: bytes = b""
    leaves: list[bytes] = field(default_factory=list)
    key_ids: set[str] = field(default_factory=set)


def restore(settings: Settings, shelf: Shelf, order: Restore, random: Random, clock: Clock) -> Restored:
    """Restore into the place that ``settings`` name. A refusal leaves that place as it was.

    Raises:
        RefusedError: the place is not empty, or the backup is older than what the world saw.
        DamageError: the archive is cut or changed, its keys are missing or foreign, or it is a fork of the log.
        SettingsError: the settings name another log.
    """
    database = Database(settings.database_url)
    staged = settings.keys_dir.with_name(f".{settings.keys_dir.name}.{random(4).hex()}.partial")
    try:
        _refuse_occupied(settings, database, shelf, with_keys=order.keys is not None)
        with ArchiveReader(order.archive, is_member) as archive:
            archive.check()
            known = _read(archive)
            origin = _origin(settings, known)
            folder = settings.keys_dir if order.keys is None else _stage(order.keys, staged, origin)
            store, keys = _open_keys(settings, folder, origin, random, clock)
            newest = _judge(known, keys)
            _judge_against(known, newest, order.against, keys)
            erased = {*_ids(known.erasures), *_ids(order.erasures)}
            _refuse_missing_keys(store, known, erased)
            migrate(database)
            _refuse_other_schema(database, known)
            if order.keys is not None:
                durable.make_directory(settings.keys_dir.parent)
                staged.rename(settings.keys_dir)  # a crash after this: the place is no longer empty, and says so
                durable.sync_directory(settings.keys_dir.parent)
            blobs = _write_blobs(archive, shelf)
            rows = _write_rows(archive, database)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        database.close()
    again = KeyStore(settings.keys_dir, random, store.key_encryption_key).replay_erasures(erased)
    return Restored(origin, len(known.leaves), rows, blobs, len(again))


def _refuse_occupied(settings: Settings, database: Database, shelf: Shelf, *, with_keys: bool) -> None:
    said = N_("{place} is not empty. A backup goes into an empty place: move away what is there, or name another place in the settings.")
    if not _has_no_log(database):
        raise RefusedError(said, place=N_("The database"))
    if not nothing_stored(shelf):
        raise RefusedError(said, place=N_("The place of the stored files"))
    if with_keys and settings.keys_dir.exists() and any(settings.keys_dir.iterdir()):
        raise RefusedError(said, place=N_("The key folder"))


def _has_no_log(database: Database) -> bool:
    with database.engine.connect() as connection:
        if not database.engine.dialect.has_table(connection, LogHead.__tablename__):
            return True
        return connection.execute(select(LogHead.id)).first() is None


def _lines(content: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in content:
        yield {name: from_json(value) for name, value in json.loads(line).items()}


def _read(archive: ArchiveReader) -> _Known:
    """What must be judged first: the archive's own words, its leaves in order, the keys that its entries need."""
    known = _Known()
    for name, content in archive.members():
        if name == "about.json":
            known.about = json.loads(content.read())
        elif name == "log/checkpoint":
            known.note = content.read()
        elif name == "erasures":
            known.erasures = content.read()
        elif name == "rows/log_entry.jsonl":
            rows = sorted((row["index"], row["commitment"], row["key_id"], row["opening_sealed"] is not None) for row in _lines(content))
            known.leaves = [leaf_hash(entry_line(commitment)) for _, commitment, _, _ in rows]
            known.key_ids = {key_id for _, _, key_id, sealed in rows if sealed}
    if known.about.get("version") != VERSION:
        raise DamageError(N_("This backup was made by another version of the service, which alone can restore it."))
    return known


def _origin(settings: Settings, known: _Known) -> str:
    origin = str(known.about["origin"])
    if settings.origin and settings.origin != origin:
        raise SettingsError(N_("The backup holds the log {found}, but IPR_ORIGIN is {origin}."), found=origin, origin=settings.origin)
    return origin


def _stage(path: Path, folder: Path, origin: str) -> Path:
    """Lay the keys out beside their place, unseen until all is judged."""
    with ArchiveReader(path, is_key_member) as archive:
        archive.check()
        durable.make_directory(folder)
        for name, content in archive.members():
            if name == "about.json":
                found = json.loads(content.read())["origin"]
                if found != origin:
                    raise DamageError(N_("These are the keys of the log {found}, not of {origin}."), found=found, origin=origin)
                continue
            target = folder / name.removeprefix("keys/")
            durable.make_directory(target.parent)
            durable.write_once(target, content.read(), tag="restore")
    return folder


def _open_keys(settings: Settings, folder: Path, origin: str, random: Random, clock: Clock) -> tuple[KeyStore, ServiceKeys]:
    kek = read_key_encryption_key(settings.key_encryption_key) if settings.key_encryption_key else None
    try:
        store = KeyStore(folder, random, kek)
    except NotFoundError as problem:
        missing = N_(
            "The keys of this backup are not here, and without them nothing in it can be read. Give --keys, or put the key folder back."
        )
        raise DamageError(missing) from problem
    return store, ServiceKeys.load_or_create(folder, origin, random, clock(), expect_existing=True, key_encryption_key=kek)


def _judge(known: _Known, keys: ServiceKeys) -> Checkpoint | None:
    """The archive's own checkpoint: signed by these keys, over exactly these entries."""
    foreign = N_("The entries in this backup are not those that its checkpoint signs under these keys.")
    if known.note is None:
        if known.leaves:
            raise DamageError(foreign)
        return None
    newest = open_checkpoint(known.note, keys.log_keys.vkeys)
    if (newest.size, newest.root) != (len(known.leaves), merkle.root(known.leaves)):
        raise DamageError(foreign)
    return newest


def _judge_against(known: _Known, newest: Checkpoint | None, note: bytes | None, keys: ServiceKeys) -> None:
    """A log that goes on from an older state signs two histories. Nobody could trust it again, so it is refused."""
    if note is None:
        return
    seen = open_checkpoint(note, keys.log_keys.vkeys)
    size = 0 if newest is None else newest.size
    if seen.size > size:
        raise DamageError(
            N_(
                "This backup is too old: it ends at entry {size}, but the log showed {seen} entries to others. Going on from here "
                "would give the log two histories. Find a newer backup, or close this log and begin one with another origin."
            ),
            size=size,
            seen=seen.size,
        )
    if merkle.root(known.leaves[: seen.size]) != seen.root:
        raise DamageError(N_("This backup is a fork: at {seen} entries the log showed others another root."), seen=seen.size)


def _ids(erasures: bytes) -> list[str]:
    return [line for line in erasures.decode("ascii", "replace").split("\n") if line]


def _refuse_missing_keys(store: KeyStore, known: _Known, erased: set[str]) -> None:
    missing = 0
    for key_id in known.key_ids - erased - store.erased():
        try:
            store.get(key_id)
        except NotFoundError:
            missing += 1
    if missing:
        said = N_("{count} keys are missing: these keys are older than the backup, or cut. What they open would be lost.")
        raise DamageError(said, count=missing)


def _refuse_other_schema(database: Database, known: _Known) -> None:
    current, _ = database.head()
    if known.about["schema"] != current:
        found = known.about["schema"]
        raise RefusedError(
            N_("This backup has the tables of migration {found}. Restore it with the version that wrote it, then upgrade."), found=found
        )


def _write_blobs(archive: ArchiveReader, shelf: Shelf) -> int:
    count = 0
    for name, content in archive.members():
        if name.startswith("blobs/"):
            sink = shelf.sink(name.removeprefix("blobs/"))
            try:
                while piece := content.read(CHUNK):
                    sink.write(piece)
                sink.finish()
            except BaseException:
                sink.abort()
                raise
            count += 1
    return count


def _write_rows(archive: ArchiveReader, database: Database) -> int:
    """All rows in one transaction; the order of the archive satisfies every reference."""
    tables = {f"rows/{table.name}.jsonl": table for table in TABLES}
    total = 0
    with database.writing() as session:
        for name, content in archive.members():
            if name in tables:
                lines = _lines(content)
                while batch := list(islice(lines, _BATCH)):
                    session.execute(insert(tables[name]), batch)
                    total += len(batch)
    return total
