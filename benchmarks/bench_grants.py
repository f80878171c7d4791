"""Conflicts among 2,000 licence grants: the bitmap index, beside comparing all pairs with the same exact function.

Grants over 20 assets as in a large cluster, and all over one asset, where almost everything meets. Both ways must find the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations

from benchmarks.measurement import Measurement, median_ms
from ipr_service.rights.conflicts import Conflict, conflict, conflicts
from ipr_service.rights.fields import SHIPPED
from ipr_service.rights.licences import ACTS, EXCLUSIVITIES, PURPOSES, Grant

GRANTS, ASSETS, SECONDS = 2_000, 20, 1.0
PLACES = ("IT", "FR", "ES", "PT", "SI", "HR", "GR", "CY", "MT", "DE", "GB", "IT-25", "IT-MI", "EU", "EEA", "MED", "WORLD")


def _some(chance: random.Random, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(sorted(chance.sample(values, chance.randint(1, most))))


def grants(count: int) -> list[Grant]:
    """Grants with every axis named, the same in every run."""
    chance = random.Random(4)  # noqa: S311  # the same grants in every run
    made = []
    for number in range(count):
        first = date(chance.randint(2020, 2040), chance.randint(1, 12), 1)
        made.append(
            Grant(
                id=f"g{number:05}",
                asset=f"asset{chance.randrange(ASSETS)}",
                grantors=("anna",),
                grantee=f"to{chance.randrange(300)}",
                acts=_some(chance, tuple(ACTS), 5),
                purposes=_some(chance, tuple(PURPOSES), 1),
                fields=_some(chance, SHIPPED.known, 3),
                territory=_some(chance, PLACES, 5),
                begin=first,
                until=first.replace(year=first.year + chance.randint(1, 8)),
                exclusivity=chance.choice(tuple(EXCLUSIVITIES)),
            )
        )
    return made


def _all_pairs(listed: list[Grant]) -> tuple[Conflict, ...]:
    return tuple(found for first, second in combinations(listed, 2) if (found := conflict(first, second)) is not None)


def measure() -> Iterator[Measurement]:
    listed = grants(GRANTS)
    one_asset = [replace(grant, asset="one") for grant in listed]
    for what, chosen, times in (("20 assets", listed, 5), ("one asset", one_asset, 1)):
        found = conflicts(chosen)
        if found != _all_pairs(chosen):
            raise RuntimeError("the index and all pairs differ")
        indexed, naive = median_ms(lambda: conflicts(chosen), times), median_ms(lambda: _all_pairs(chosen), 1)  # noqa: B023  # called at once
        peer = f"limit {SECONDS * 1000:.0f}; all pairs {naive:,.0f} ms: {naive / indexed:.1f} ×"
        yield Measurement(f"{GRANTS:,} grants, {what}: {len(found):,} conflicts", indexed, "ms", peer, 0)
        printed = median_ms(lambda: [one.meet.text for one in conflicts(chosen)], 1)  # noqa: B023  # called at once
        yield Measurement("the same, every intersection printed", printed, "ms", digits=0)
