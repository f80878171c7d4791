"""A million entries: sealed in batches, audited from scratch, proved with cold caches; beside a SELECT and beside pymerkle's SqliteTree.

Sealing and auditing run in processes of their own, whose peak of memory is printed for a tenth of the entries and for all of them. For a
proof every cache is cold: the database is opened anew, and the kernel is told to forget the pages of its file. *Its tiles*: a
bare SELECT of the tiles that the proof reads, on a new connection. pymerkle gets the same leaves in its own table.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pymerkle import SqliteTree
from sqlalchemy import select

from benchmarks.measurement import Measurement
from benchmarks.million import open_house
from ipr_service.evidence import merkle
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.services.log_audit import pieces
from ipr_service.services.proving import inclusion
from ipr_service.store.database import Database, sqlite
from ipr_service.store.schema import LogCheckpoint

COUNT = int(os.environ.get("BENCH_ENTRIES", "1000000"))
PROOFS, ROUNDS = 7, 3


def _step(step: str, folder: Path, count: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.million", step, str(folder), str(count)]
    figures: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return figures


def _forget(path: Path) -> None:
    """Tell the kernel to drop the pages of a file (posix_fadvise); what was not synced stays."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _cold(path: Path, work: Callable[[], object]) -> float:
    _forget(path)
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _tiles(path: Path, wanted: list[tuple[int, int]]) -> None:
    with closing(sqlite.connect(str(path))) as raw:
        for where in wanted:
            raw.execute("SELECT hashes FROM log_tile WHERE level = ? AND number = ?", where).fetchall()


def _prove(database: Database, index: int, size: int) -> tuple[bytes, ...]:
    database.close()  # its connections, and all that they remember
    with database.reading() as session:
        return inclusion(session, index, size)


def _peer(path: Path, index: int) -> None:
    with SqliteTree(str(path)) as tree:
        tree.prove_inclusion(index + 1)


def _fill_peer(source: Path, path: Path) -> None:
    """The same leaves in pymerkle's own table; its way of appending them is not what is measured."""
    SqliteTree(str(path)).close()
    database = Database(f"sqlite:///{source}")
    with closing(sqlite3.connect(path)) as raw, database.reading() as session:
        for rows in pieces(session):
            lines = [(row.place + 1, entry_line(row.commitment)) for row in rows]
            raw.executemany("INSERT INTO leaf (id, entry, hash) VALUES (?, ?, ?)", [(at, line, leaf_hash(line)) for at, line in lines])
        raw.commit()
    database.close()


def _read_for(index: int, size: int) -> list[tuple[int, int]]:
    """The tiles that a proof reads."""
    asked: dict[tuple[int, int], None] = {}

    def reader(level: int, number: int) -> bytes:
        asked[level // 8, (number << level % 8) // 256] = None
        return bytes(32)

    merkle.inclusion_proof(index, size, reader)
    return list(asked)


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as temporary:
        small, folder = Path(temporary) / "small", Path(temporary) / "large"
        few = _log(small, COUNT // 10)
        made = _log(folder, COUNT)
        for step, what, limit in (("seal", "sealed", "at least 100,000 wanted"), ("audit", "audited from scratch", "")):
            one, tenth = made[step], few[step]
            yield Measurement(
                f"entries {what}", COUNT / one["seconds"], "/s", f"{COUNT / one['cpu']:,.0f} a second of processor; {limit}", 0
            )
            yield Measurement(
                f"{COUNT:,} entries {what}", one["seconds"], "s", f"{one['cpu']:.1f} s of processor" + "; limit 10 s" * (step == "audit")
            )
            beside = f"{tenth['memory']:.0f} MB with {COUNT // 10:,} entries; {one['before']:.0f} MB before the first"
            yield Measurement(f"peak of memory, {what}", one["memory"], "MB", beside, 0)
        yield from _proofs(folder)


def _log(folder: Path, count: int) -> dict[str, dict[str, float]]:
    folder.mkdir()
    return {step: _step(step, folder, count) for step in ("seal", "audit")}


def _proofs(folder: Path) -> Iterator[Measurement]:
    ours, peer = folder / "ipr.db", folder / "peer.db"
    database = open_house(folder).database
    with database.reading() as session:
        size, root = session.execute(select(LogCheckpoint.size, LogCheckpoint.root).order_by(LogCheckpoint.size.desc()).limit(1)).one()
        some: Any = next(pieces(session))
    merkle.verify_inclusion(77, size, leaf_hash(entry_line(some[77].commitment)), _prove(database, 77, size), root)
    _fill_peer(ours, peer)
    chance = random.Random(6)  # noqa: S311  # the same places in every run
    taken: dict[str, list[float]] = {"select": [], "proof": [], "peer": []}
    for place in (chance.randrange(size) for _ in range(PROOFS)):
        tiles = _read_for(place, size)
        for _ in range(ROUNDS):
            taken["select"].append(_cold(ours, lambda: _tiles(ours, tiles)))  # noqa: B023  # called at once
            taken["proof"].append(_cold(ours, lambda: _prove(database, place, size)))  # noqa: B023  # called at once
        taken["peer"].append(_cold(peer, lambda: _peer(peer, place)))  # noqa: B023  # called at once
    select_ms, proof_ms, peer_ms = (statistics.median(times) for times in taken.values())
    yield Measurement("SELECT of the tiles of one proof, cold", select_ms, "ms", digits=2)
    yield Measurement("inclusion proof, cold", proof_ms, "ms", f"{proof_ms / select_ms:.2f} × the SELECT; limit 3 ×", 2)
    yield Measurement("pymerkle 7.0.0, SqliteTree, cold", peer_ms, "ms", f"{peer_ms / proof_ms:.0f} × ours; at least 50 × wanted", 2)
