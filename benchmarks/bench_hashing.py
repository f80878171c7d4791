"""Hashing files: both digests at once, beside the slower of the two alone (hashlib)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from benchmarks.measurement import Measurement, median_ms
from ipr_service.evidence.digest import DigestSink

SIZE = 64 << 20
PIECE = 1 << 20


def measure() -> Iterator[Measurement]:
    pieces = [os.urandom(PIECE)] * (SIZE // PIECE)

    def alone(name: str) -> None:
        digest = hashlib.new(name)
        for piece in pieces:
            digest.update(piece)

    def both() -> None:
        sink = DigestSink()
        for piece in pieces:
            sink.update(piece)
        sink.finish()

    single = {name: median_ms(lambda name=name: alone(name)) for name in ("sha256", "sha512")}  # type: ignore[misc]
    slower = max(single, key=lambda name: single[name])
    ours = median_ms(both)
    yield Measurement(f"{slower} alone", SIZE / 1e3 / single[slower], "MB/s", digits=0)
    yield Measurement("both digests, in one pass", SIZE / 1e3 / ours, "MB/s", f"{ours / single[slower]:.2f} × the time of {slower}", 0)
