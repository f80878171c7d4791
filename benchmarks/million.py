"""The steps of ``bench_million``, each a process of its own, so that its memory is its own: ``seal``, ``audit``. Prints one line of JSON.

The house is real (files, keys, both signatures, full sync); entries are bare commitments, as a bulk call logs them.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from ipr_service.services.context import Context
from ipr_service.services.log_audit import log_rows
from ipr_service.store.sequencer import Logged, WritePlan
from tests.support.house import build

BATCH = 50_000


def open_house(folder: Path) -> Context:
    """The installation in a folder; made when there is none."""
    return build(f"sqlite:///{folder}/ipr.db", folder / "data")


def _memory() -> float:
    """The most that this process has held, in 10^6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def seal(ctx: Context, count: int) -> dict[str, float]:
    """From commitments to signed checkpoints on the disk, in batches. Making the commitments is not counted."""
    taken = used = 0.0
    for at in range(0, count, BATCH):
        fresh = [os.urandom(32) for _ in range(min(BATCH, count - at))]
        begun, busy = time.perf_counter(), time.process_time()
        ctx.sequencer.write(WritePlan(logged=tuple(Logged(one, "idea", "0" * 26, None, None, None) for one in fresh)))
        taken, used = taken + time.perf_counter() - begun, used + time.process_time() - busy
    return {"seconds": taken, "cpu": used}


def audit(ctx: Context) -> dict[str, float]:
    """Every entry, tile, checkpoint, signature and time, from the rows alone."""
    begun, busy = time.perf_counter(), time.process_time()
    with ctx.database.reading() as session:
        found = list(log_rows(ctx, session))
    if found:
        raise RuntimeError(f"{len(found)} findings, the first: {found[0]}")
    return {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - busy}


def main(step: str, folder: Path, count: int) -> None:
    ctx = open_house(folder)
    before = _memory()
    figures = seal(ctx, count) if step == "seal" else audit(ctx)
    print(json.dumps({**figures, "before": before, "memory": _memory()}))
    ctx.database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
