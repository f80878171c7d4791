"""Registering over HTTP: the shipped server, 16 clients, beside a Flask application that does nothing on the same listener.

Hash-only and a file of 1 KiB; each answer comes after the commit is on the disk. Clients run in this process and share the machine.
"""

from __future__ import annotations

import http.client
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement
from tests.reliability.clients import Order, hash_only, with_file
from tests.reliability.server import free_port, installed

CLIENTS, SECONDS = 16, 5.0


@dataclass(frozen=True)
class Rate:
    """What ``CLIENTS`` clients got in ``SECONDS``."""

    per_second: float
    p50: float
    p99: float


def _load(port: int, make: Callable[[str], Order], path: str | None, token: str) -> Rate:
    taken: list[float] = []
    numbers, until = itertools.count(), time.perf_counter() + SECONDS

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < until:
            order = make(f"{os.urandom(4).hex()}-{next(numbers)}")
            headers = {"Authorization": f"Bearer {token}", "Content-Type": order.media_type, "Idempotency-Key": order.key}
            begun = time.perf_counter()
            line.request("POST", path or order.path, order.body, headers)
            answer = line.getresponse()
            answer.read()
            if answer.status not in {200, 201}:
                raise RuntimeError(f"answered {answer.status}")
            taken.append(time.perf_counter() - begun)
        line.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(taken)
    return Rate(len(ordered) / SECONDS, statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000)


def _peer() -> Rate:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.noop", str(port)])
    try:
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port).connect()
                break
            except OSError:
                time.sleep(0.05)
        return _load(port, hash_only, "/", "none")
    finally:
        process.kill()
        process.wait()


def measure() -> Iterator[Measurement]:
    peer = _peer()
    yield Measurement("no-op Flask, requests", peer.per_second, "/s", f"p50 {peer.p50:.1f} ms, p99 {peer.p99:.1f} ms", 0)
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder) / "data", log_level="error") as (house, token):
        server = house.serve(quick=False, worker=True)
        for what, make in (("hash-only", hash_only), ("with a file of 700 bytes and a mail", with_file)):
            rate = _load(server.port, make, None, token)
            yield Measurement(f"registrations, {what}", rate.per_second, "/s", f"p50 {rate.p50:.1f} ms, p99 {rate.p99:.1f} ms", 0)
            yield Measurement(f"no-op requests in the time of one, {what}", peer.per_second / rate.per_second, "×")
