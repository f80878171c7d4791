"""Money: 10,000 payouts of one collaboration, computed, entered and balanced, beside plain fractions that only divide.

Income arrives 10,000 times and is paid out each time, by a split among three. *Plain* is ``Fraction`` arithmetic of the same: each holder's
share of all income so far, less what was paid before, rounded down; no derivation, no carry, no ledger, and its cents do not add up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from benchmarks.bench_splitting import side_by_side
from benchmarks.measurement import Measurement
from ipr_service.rights import ledger, revenue
from ipr_service.rights.waterfall import by_split

PAYOUTS = 10_000
SPLIT = {"anna": Fraction(1, 2), "bruno": Fraction(1, 3), "clara": Fraction(1, 6)}


def plain(incomes: Sequence[int]) -> dict[str, int]:
    """What each was paid."""
    paid = dict.fromkeys(SPLIT, 0)
    total = 0
    for units in incomes:
        total += units
        for holder, share in SPLIT.items():
            paid[holder] += int(share * total) - paid[holder]
    return paid


def ours(incomes: Sequence[int]) -> dict[str, int]:
    """The balances at the end: every payout with its derivation, every movement in the ledger."""
    waterfall, position, total = by_split("EUR"), revenue.Position(), 0
    moved = []
    for units in incomes:
        total += units
        made = revenue.payout(revenue.Entered(waterfall, position, total, {}, SPLIT))
        position = made.position
        moved += [ledger.income(units, "anna"), ledger.payout(made.amounts, made.repaid)]
    return ledger.balances(moved)


def measure() -> Iterator[Measurement]:
    chance = random.Random(7)  # noqa: S311  # amounts to divide, not secrets
    incomes = [chance.randint(1, 1_000_000) for _ in range(PAYOUTS)]
    balances, bare = ours(incomes), plain(incomes)
    apart = max(abs(-balances[ledger.due(holder)] - units) for holder, units in bare.items())
    if sum(balances.values()) != 0 or apart > 1:
        raise AssertionError("the two ways of dividing differ by more than a cent")
    taken = side_by_side({"plain": lambda: plain(incomes), "ours": lambda: ours(incomes)}, 5)
    yield Measurement(f"{PAYOUTS:,} payouts, plain fractions", taken["plain"], "ms", digits=0)
    beside = f"{taken['ours'] / taken['plain']:.1f} × plain; {taken['ours'] / PAYOUTS * 1000:.0f} µs each"
    yield Measurement(f"{PAYOUTS:,} payouts with derivation, carry and ledger", taken["ours"], "ms", beside, 0)
