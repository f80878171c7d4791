"""The conformance vectors: each one bundle, what the reader trusts, the verdicts that follow, and which requirement says so.

The verdicts are written by hand, from docs/standard; no verifier was asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance import containers, logs, openings, times
from tests.conformance.vector import Vector


def vectors() -> Iterator[Vector]:
    """Every vector, by subject."""
    yield from containers.whole()
    yield from containers.containers()
    yield from openings.openings()
    yield from logs.logs()
    yield from logs.seals()
    yield from logs.trust()
    yield from logs.quorums()
    yield from times.times()
    yield from times.revocations()
    yield from times.renewals()
