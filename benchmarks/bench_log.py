"""Appending to the log in this process: 16 writers and group commit, one writer alone; SQLite with full sync on this disk."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement
from ipr_service.store.sequencer import Logged, WritePlan
from tests.support.house import build

SECONDS = 3.0


def _entries_per_second(folder: Path, writers: int) -> tuple[float, float]:
    """Entries, and signed checkpoints, in a second."""
    ctx = build(f"sqlite:///{folder}/ipr.db", folder / "data")
    until, counts, sizes = time.perf_counter() + SECONDS, [0] * writers, set()

    def write(number: int) -> None:
        while time.perf_counter() < until:
            entry = Logged(os.urandom(32), "idea", "0" * 26, None, None, None)
            (receipt,) = ctx.sequencer.write(WritePlan(logged=(entry,)))
            sizes.add(receipt.checkpoint_size)
            counts[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ctx.database.close()
    return sum(counts) / SECONDS, len(sizes) / SECONDS


def measure() -> Iterator[Measurement]:
    for writers in (1, 16):
        with tempfile.TemporaryDirectory() as folder:
            entries, groups = _entries_per_second(Path(folder), writers)
        yield Measurement(f"entries, {writers} writers", entries, "/s", f"{groups:.0f} synced groups a second", 0)
