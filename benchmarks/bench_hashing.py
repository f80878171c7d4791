"""Hashing a file: both digests in one pass as `ipr register` does it, beside the slower of the two alone (hashlib).

The file lies in the page cache and both sides read it from there, in turn within one run. Then one of 10 GB in a process of its own,
whose peak memory is printed beside that for 64 MiB (IPR_BENCH_GB=0 leaves it out; the file has holes, but every byte is read and hashed).
"""

from __future__ import annotations

import hashlib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import run

from benchmarks.measurement import Measurement
from ipr_service.cli.hashing import CHUNK, digest_file
from ipr_service.evidence.digest import digest_stream

SIZE = 256 << 20
ROUNDS = 7
HUGE = int(os.environ.get("IPR_BENCH_GB", "10")) * 10**9


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        path = Path(folder) / "film"
        with path.open("wb") as stream:
            for _ in range(SIZE >> 20):
                stream.write(os.urandom(1 << 20))
        taken = _in_turn(
            {
                "sha256 alone": lambda: _alone(path, "sha256"),
                "sha512 alone": lambda: _alone(path, "sha512"),
                "both, ipr register": lambda: digest_file(path, pool, int),
                "both, one thread (uploads)": lambda: _one_thread(path),
            }
        )
        slower = max("sha256 alone", "sha512 alone", key=lambda name: taken[name])
        for name, seconds in taken.items():
            beside = f"{taken[slower] / seconds:.0%} of the speed of {slower}" + ("; target 90 %" if "register" in name else "")
            yield Measurement(name, SIZE / 1e6 / seconds, "MB/s", beside, 0)
        small = _peak(path)[0]
        if HUGE:
            with path.open("wb") as stream:
                stream.truncate(HUGE)
            peak, seconds = _peak(path)
            yield Measurement(f"{HUGE / 1e9:.0f} GB in one pass", HUGE / 1e6 / seconds, "MB/s", f"{seconds:.1f} s", 0)
            yield Measurement("peak memory over it", peak / 1024, "MiB", f"{small / 1024:.1f} MiB for {SIZE >> 20} MiB")


def _in_turn(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of each, the median of rounds in which every one has its turn: a machine that slows down slows all of them."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def _alone(path: Path, name: str) -> None:
    digest = hashlib.new(name)
    with path.open("rb", buffering=0) as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)


def _one_thread(path: Path) -> None:
    with path.open("rb", buffering=0) as stream:
        digest_stream(stream)


def _peak(path: Path) -> tuple[int, float]:
    """Peak memory in KiB and seconds of a process that hashes ``path`` and does nothing else."""
    done = run([sys.executable, "-m", "benchmarks.bench_hashing", path], check=True, capture_output=True, text=True)
    peak, seconds = done.stdout.split()
    return int(peak), float(seconds)


if __name__ == "__main__":
    with ThreadPoolExecutor(2) as threads:
        started = time.perf_counter()
        digest_file(Path(sys.argv[1]), threads, int)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter() - started)
