"""Registering over HTTP: the shipped server, 16 clients, beside Flask that does nothing and beside a naive insert on the same listener.

Hash-only, the whole path: token, rows, entry, signed checkpoint, and the answer after the commit is on the disk. Clients run in this
process and share the machine. Everybody is measured in turns, so that whatever else the machine does meets all alike; the ratio is the
median of the rounds. PostgreSQL: one server, then two on one database. Processor time per request is that of the server alone.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from tests.reliability.clients import hash_only, with_file
from tests.reliability.server import Installation, free_port, installed
from tests.support import postgres

CLIENTS, SECONDS, ROUNDS = 16, 2.0, 5
FEW = 16
"""Registrations with a file: each writes a mail, and an organisation sends 300 a day at most."""


@dataclass(frozen=True)
class Rate:
    """What ``CLIENTS`` clients got: requests a second, milliseconds of the median and of the slowest hundredth, and what they cost.

    Args:
        each: microseconds of processor time of the servers for a request.
        group: registrations under one checkpoint, where that was asked.
    """

    per_second: float
    p50: float
    p99: float
    each: float
    group: float


@dataclass(frozen=True)
class Target:
    """Who is asked: the ports and processes, and how."""

    ports: Sequence[int]
    pids: Sequence[int]
    path: str | None = None
    token: str = "none"  # noqa: S105  # the peers ask for none


def _used(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load(target: Target, make: Callable[[str], object] = hash_only, seconds: float = SECONDS, most: int = 1 << 30) -> Rate:
    taken: list[float] = []
    sizes: set[int] = set()
    faults: list[int] = []
    numbers, begun = itertools.count(), time.perf_counter()

    def client(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", target.ports[number % len(target.ports)], timeout=60)
        for _ in range(most):
            if time.perf_counter() > begun + seconds:
                break
            order = make(f"{os.urandom(4).hex()}-{next(numbers)}")
            headers = {"Authorization": f"Bearer {target.token}", "Content-Type": order.media_type, "Idempotency-Key": order.key}  # type: ignore[attr-defined]
            sent = time.perf_counter()
            line.request("POST", target.path or order.path, order.body, headers)  # type: ignore[attr-defined]
            answer = line.getresponse()
            body = answer.read()
            taken.append(time.perf_counter() - sent)
            if answer.status not in {200, 201}:
                faults.append(answer.status)
                break
            if target.path is None:
                sizes.add(json.loads(body)["receipt"]["checkpoint_size"])
        line.close()

    before = sum(_used(pid) for pid in target.pids)
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"answered {faults[0]}")
    passed, cost = time.perf_counter() - begun, sum(_used(pid) for pid in target.pids) - before
    ordered, count = sorted(taken), len(taken)
    late = ordered[int(count * 0.99)] * 1000
    return Rate(count / passed, statistics.median(ordered) * 1000, late, cost / count * 1e6, count / max(1, len(sizes)))


@contextlib.contextmanager
def _peer(*words: str) -> Iterator[Target]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.noop", str(port), *words], stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port).connect()
                break
            time.sleep(0.05)
        yield Target((port,), (process.pid,), "/")
    finally:
        process.kill()
        process.wait()


def _served(house: Installation, token: str, servers: int) -> Target:
    running = [house.serve(quick=False, worker=number == 0) for number in range(servers)]
    return Target([one.port for one in running], [one.pid for one in running], None, token)


def _rounds(targets: dict[str, Target]) -> dict[str, list[Rate]]:
    found: dict[str, list[Rate]] = {name: [] for name in targets}
    for _ in range(ROUNDS):
        for name, target in targets.items():
            found[name].append(_load(target))
    return found


def _told(found: dict[str, list[Rate]]) -> Iterator[Measurement]:
    bare = next(iter(found.values()))
    for name, rates in found.items():
        middle = Rate(*(statistics.median(getattr(rate, what) for rate in rates) for what in Rate.__dataclass_fields__))
        times = f"p50 {middle.p50:.1f} ms, p99 {middle.p99:.1f} ms, {middle.each:.0f} µs of processor each"
        yield Measurement(f"{name}, requests", middle.per_second, "/s", times, 0)
        if rates is not bare:
            parts = [rate.per_second / other.per_second for rate, other in zip(rates, bare, strict=True)]
            least = f"rounds from {min(parts):.0%} to {max(parts):.0%}"
            grouped = f"; {middle.group:.1f} under one checkpoint" if middle.group < CLIENTS * 4 else ""
            yield Measurement(f"{name}, of the no-op", statistics.median(parts) * 100, "%", least + grouped, 0)


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        folder = Path(temporary)
        targets = {"no-op Flask": stack.enter_context(_peer()), "naive insert": stack.enter_context(_peer(str(folder / "naive.db")))}
        house, token = stack.enter_context(installed(folder / "data", log_level="error"))
        targets["registering, SQLite"] = _served(house, token, 1)
        server = postgres.start()
        stack.callback(server.stop)
        for count in (1, 2):
            name = f"{server.run}_bench_{count}"
            address = postgres.create_database(server.url, server.run, name).render_as_string(hide_password=False)
            stack.callback(postgres.drop_database, server.url, name)
            there, its = stack.enter_context(installed(folder / f"data{count}", address, log_level="error"))
            targets[f"registering, PostgreSQL, {count} server{'s' * (count > 1)}"] = _served(there, its, count)
        yield from _told(_rounds(targets))
        filed = _load(targets["registering, SQLite"], with_file, 60, FEW)
        beside = f"p50 {filed.p50:.0f} ms, p99 {filed.p99:.0f} ms"
        yield Measurement("registering, SQLite, with a file of 700 bytes and a mail", filed.per_second, "/s", beside, 0)
