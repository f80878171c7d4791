"""Disputed shares: what every claim grants is paid, the rest is kept aside until the disputes end.

Parties who disagree each name the whole split that they claim. A party's *undisputed minimum* is the least that the accepted split and
every claim give it. The minima are paid; what is left of 1 is kept under the id ``held``, exactly.

Several disputes may be open at once, and money may have been kept aside while others were: a :class:`Kept` says how much, and under which
claims. A dispute ends in one of two ways:

- its claim is *withdrawn*: what it alone kept from somebody goes there, what the other claims still need stays (:func:`withdrawn`);
- a split is *settled* that all accept, be it a claim or a middle: each gets what it lacks to its share of it (:func:`settled`). Nobody
  pays back what was undisputed when it was paid: where the settled split gives somebody less than that, the others divide what was
  kept in proportion to what they lack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ipr_service.errors import N_, RefusedError
from ipr_service.rights.carry import pay
from ipr_service.rights.notation import total
from ipr_service.rights.waterfall import HELD

Shares = Mapping[str, Fraction]


@dataclass(frozen=True)
class Kept:
    """Money kept aside while a split and these claims stood. ``units``: below 0 where a refund took more back than was kept."""

    split: Shares
    claims: tuple[Shares, ...]
    units: int


def ring_fence(split: Shares, claims: Sequence[Shares] = ()) -> dict[str, Fraction]:
    """What each party holds whichever split is right, and under ``held`` what depends on it. Without claims, the split."""
    if not claims:
        return dict(split)
    every = (split, *claims)
    sure = {party: min(one.get(party, Fraction(0)) for one in every) for party in sorted({name for one in every for name in one})}
    held = 1 - total(sure.values())
    return sure | {HELD: held} if held else sure


def keep(kept: Sequence[Kept], split: Shares, claims: Sequence[Shares], units: int) -> tuple[Kept, ...]:
    """``units`` more, kept under these claims; what two payouts kept under the same ones is one sum."""
    same = [one for one in kept if (dict(one.split), _plain(one.claims)) == (dict(split), _plain(claims))]
    others = [one for one in kept if one not in same]
    sum_of = units + sum(one.units for one in same)
    return (*others, Kept(split, tuple(claims), sum_of)) if sum_of else tuple(others)


def withdrawn(kept: Sequence[Kept], claim: Shares) -> tuple[dict[str, int], tuple[Kept, ...]]:
    """What goes to whom when a claim is withdrawn, in units by party, and what is still kept."""
    amounts: dict[str, int] = {}
    still: tuple[Kept, ...] = ()
    for one in kept:
        if dict(claim) not in _plain(one.claims):
            still = keep(still, one.split, one.claims, one.units)
            continue
        at = _plain(one.claims).index(dict(claim))
        rest = (*one.claims[:at], *one.claims[at + 1 :])
        paid = pay(one.units, _freed_parts(one, rest)).units
        still = keep(still, one.split, rest, paid.get(HELD, 0))
        for party, units in paid.items():
            amounts[party] = amounts.get(party, 0) + (units if party != HELD else 0)
    return {party: amounts[party] for party in sorted(amounts) if amounts[party]}, still


def _freed_parts(kept: Kept, rest: Sequence[Shares]) -> dict[str, Fraction]:
    """Of one unit that was kept: the part of each party, and that which ``rest`` still keeps."""
    before, after = ring_fence(kept.split, kept.claims), ring_fence(kept.split, rest)
    held = before[HELD]
    parts = {party: (share - before.get(party, Fraction(0))) / held for party, share in after.items() if party != HELD}
    return parts | {HELD: after.get(HELD, Fraction(0)) / held}


def settled(kept: Sequence[Kept], split: Shares) -> dict[str, int]:
    """What goes to whom, in units by party, when a split is settled: everything that was kept."""
    amounts: dict[str, int] = {}
    for one in kept:
        for party, units in freed(one.units, split, one.split, one.claims).items():
            amounts[party] = amounts.get(party, 0) + units
    return {party: amounts[party] for party in sorted(amounts) if amounts[party]}


def freed(held: int, settled: Shares, split: Shares, claims: Sequence[Shares]) -> dict[str, int]:
    """What each party gets of ``held`` units once a split is settled.

    Args:
        settled: the split that holds in the end; often ``split`` or one of the claims.
        split, claims: as they stood while the money was kept.

    Raises:
        RefusedError: nothing was disputed.
    """
    sure = ring_fence(split, claims)
    if not sure.pop(HELD, Fraction(0)):
        raise RefusedError(N_("The claims do not differ from the split, so nothing is held."))
    zero = Fraction(0)
    lacking = {party: max(zero, settled.get(party, zero) - sure.get(party, zero)) for party in sorted(settled.keys() | sure.keys())}
    whole = total(lacking.values())
    return {party: units for party, units in pay(held, {party: part / whole for party, part in lacking.items()}).units.items() if units}


def _plain(claims: Sequence[Shares]) -> list[dict[str, Fraction]]:
    return [dict(claim) for claim in claims]
