"""Money in shares, payout after payout: whole units now, and exactly what each holder is still owed kept for the next.

Largest remainder in every payout alone is biased: of 100 payouts of 5 cents to three equal holders one gets 1.00 instead of 1.67.
So each holder has a *carry*, an exact fraction of a unit: what is due so far less what was paid. A payout pays the whole units that are
due, and each unit left over to the largest deficit, ties to the lower id. The carries of all holders add up to 0, always.

Greed alone is not enough: with a few large and many tiny shares it can leave somebody more than a unit behind (1.3 units were found with 12
holders and payouts of one cent). So before the units left over go to the largest deficits, this module looks ahead: whether from there
every later payout, however small, can keep everybody within one unit. If not, they go to those whose next unit is due first, which always
can: that is the quota method of Balinski and Young (1975), the one apportionment that grows with the house and stays within quota.

So as long as the shares stay the same, nobody is a whole unit off after any number of payouts, and no payout takes anything back. Where
shares change in between, the carry stays exact, nobody is ever a whole unit *ahead*, and one payout large enough to give the smallest
share a unit brings everybody within one unit again, for good; no rule can promise more (docs/adr/0010 has the proofs). Refunds stay
exact too, and are worked off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import common_denominator, total

NOTHING: Final[Mapping[str, Fraction]] = MappingProxyType({})

MAX_STEPS: Final = 200_000
"""Most holders x units looked ahead; beyond that the units left over go to those whose next unit is due first, which needs no look."""


@dataclass(frozen=True)
class Paid:
    """One payout.

    Args:
        units: whole units by holder; they add up to what was paid out.
        carry: what each is owed after it, in units; negative when paid ahead. Adds up to 0; holders with nothing open are left out.
    """

    units: Mapping[str, int]
    carry: Mapping[str, Fraction]


def pay(units: int, shares: Mapping[str, Fraction], carry: Mapping[str, Fraction] = NOTHING) -> Paid:
    """Pay ``units`` whole units.

    Args:
        units: negative for a refund, which mirrors the payment of the same amount from the mirrored carry.
        shares: parts of the whole by holder, not negative, adding up to 1.
        carry: as the last payout left it; may name holders who have no share any more.

    Raises:
        InputError: shares or carries that do not add up.
    """
    ids = sorted(shares.keys() | carry.keys())
    _check(shares, carry)
    common = common_denominator([*shares.values(), *carry.values()])
    sign = -1 if units < 0 else 1
    weights = [_scaled(shares.get(name, Fraction(0)), common) for name in ids]
    due = [weight * abs(units) + sign * _scaled(carry.get(name, Fraction(0)), common) for name, weight in zip(ids, weights, strict=True)]
    paid = _whole(abs(units), due, weights, common)
    left = {name: sign * Fraction(owed - had * common, common) for name, owed, had in zip(ids, due, paid, strict=True)}
    return Paid({name: sign * had for name, had in zip(ids, paid, strict=True)}, {name: rest for name, rest in left.items() if rest})


def _check(shares: Mapping[str, Fraction], carry: Mapping[str, Fraction]) -> None:
    if any(share < 0 for share in shares.values()) or total(shares.values()) != 1:
        raise InputError.at("/shares", N_("Shares are not negative and add up to 1"))
    if total(carry.values()) != 0:
        raise InputError.at("/carry", N_("What is carried over adds up to 0"))


def _scaled(number: Fraction, common: int) -> int:
    return number.numerator * (common // number.denominator)


def _whole(units: int, due: Sequence[int], weights: Sequence[int], common: int) -> list[int]:
    """Whole units by position. ``due`` and ``weights`` count in parts of ``common`` to the unit; ``due`` adds up to ``units``."""
    paid = [max(0, owed // common) for owed in due]
    rest = [owed - had * common for owed, had in zip(due, paid, strict=True)]
    left = units - sum(paid)
    while left < 0:  # only after changed shares or refunds: somebody was paid so far ahead that others must wait
        least = min((at for at, had in enumerate(paid) if had), key=lambda at: (rest[at], -at))
        paid[least] -= 1
        rest[least] += common
        left += 1
    if left == 0:
        return paid
    neediest = sorted(range(len(due)), key=lambda at: (-rest[at], at))[:left]
    soonest = sorted((at for at in range(len(due)) if rest[at] > 0), key=lambda at: (*_wait(rest[at], weights[at], common), at))[:left]
    chosen = neediest if set(neediest) == set(soonest) or _lasts(rest, neediest, weights, common) else soonest
    for at in chosen:
        paid[at] += 1
    return paid


def _wait(rest: int, weight: int, common: int) -> tuple[int, int, int]:
    """When the next unit is due in full: after how many units paid out, the larger deficit first; never without a share."""
    return (0, -((rest - common) // weight), -rest) if weight else (1, 0, -rest)


def _lasts(rest: Sequence[int], chosen: Sequence[int], weights: Sequence[int], common: int) -> bool:
    """Whether, when ``chosen`` get a unit now, any series of later payouts can keep everybody within one unit.

    After ``step`` more units each holder must have had the whole units due to it by then: these may not be more than ``step``. That
    can fail only while those who were paid ahead are ahead by a whole unit together.
    """
    at_once = frozenset(chosen)
    now = [owed - common if at in at_once else owed for at, owed in enumerate(rest)]
    if any(owed and not weight for owed, weight in zip(now, weights, strict=True)):
        return True  # somebody without a share is still owed something: no bound to keep before that is settled
    step = 0
    while True:
        step += 1
        if step * len(now) > MAX_STEPS:
            return False
        ahead, needed = 0, 0
        for owed, weight in zip(now, weights, strict=True):
            then = owed + weight * step
            if then < 0:
                ahead -= then
            else:
                needed += then // common
        if needed > step:
            return False
        if ahead < common:
            return True
