"""One measured number, and how a repeated one is taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One row of a benchmark.

    Args:
        what: what was measured.
        value: the number.
        unit: its unit.
        beside: the peer, target or limit it is to be read beside.
        digits: decimals that mean something.
    """

    what: str
    value: float
    unit: str
    beside: str = ""
    digits: int = 1


def median_ms(work: Callable[[], object], times: int = 5) -> float:
    """The median of ``times`` runs in milliseconds, after one run that warms up."""
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)
