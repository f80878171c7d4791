"""Disputed shares: what every claim grants is paid, the rest is kept aside until a split is settled.

Parties who disagree each name the whole split that they claim. A party's *undisputed minimum* is the least that the accepted split and
every claim give it. The minima are paid; what is left of 1 is kept under the id ``held``, exactly. When a split is settled, each party
gets of the money held what it lacks to its settled share of all the money that came in meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ipr_service.errors import N_, RefusedError
from ipr_service.rights.carry import pay
from ipr_service.rights.notation import total
from ipr_service.rights.waterfall import HELD


def ring_fence(split: Mapping[str, Fraction], claims: Sequence[Mapping[str, Fraction]] = ()) -> dict[str, Fraction]:
    """What each party holds whichever split is right, and under ``held`` what depends on it. Without claims, the split."""
    if not claims:
        return dict(split)
    every = (split, *claims)
    sure = {party: min(one.get(party, Fraction(0)) for one in every) for party in sorted({name for one in every for name in one})}
    held = 1 - total(sure.values())
    return sure | {HELD: held} if held else sure


def freed(
    held: int, settled: Mapping[str, Fraction], split: Mapping[str, Fraction], claims: Sequence[Mapping[str, Fraction]]
) -> dict[str, int]:
    """What each party gets of ``held`` units once a split is settled.

    Args:
        settled: the split that holds in the end; usually ``split`` or one of the claims.
        split, claims: as they stood while the money was held.

    Raises:
        RefusedError: the settled split gives somebody less than was paid as undisputed, or nothing was disputed.
    """
    sure = ring_fence(split, claims)
    open_part = sure.pop(HELD, Fraction(0))
    if not open_part:
        raise RefusedError(N_("The claims do not differ from the split, so nothing is held."))
    lacking = {party: settled.get(party, Fraction(0)) - sure.get(party, Fraction(0)) for party in sorted(settled.keys() | sure.keys())}
    short = [party for party, part in lacking.items() if part < 0]
    if short:
        raise RefusedError(N_("{party} was paid more than the settled split gives it; agree first who pays back what."), party=short[0])
    weights = {party: part / open_part for party, part in lacking.items()}
    return {party: units for party, units in pay(held, weights).units.items() if units}
