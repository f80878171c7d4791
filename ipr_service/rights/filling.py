"""Floors and caps by water-filling: every share keeps its proportion as far as the bounds allow.

The filled shares are ``clamp(level x share, floor, cap)`` for the one level at which they add up to exactly 1. So those at
a bound stand on it, all others keep their proportions among each other, and the order of the parties decides nothing.
Floors alone are the *minimum residual*: what the small ones lack is taken from those above, in proportion.

Bounds that cannot be met are refused with the sum that shows it. Source: RIGHTS.md 5a; the method is the usual
water-filling of convex allocation, here over exact fractions, without iteration to a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ipr_service.errors import N_, RefusedError
from ipr_service.rights.notation import fraction_text, total

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Bound:
    """The least and the most that one party may hold; 0 and 1 where no rule says anything."""

    floor: Fraction = _ZERO
    cap: Fraction = _ONE


def fill(shares: Mapping[str, Fraction], bounds: Mapping[str, Bound]) -> dict[str, Fraction]:
    """The shares within their bounds.

    Args:
        shares: by party; not negative, adding up to 1.
        bounds: by party; those not named are free.

    Raises:
        RefusedError: a floor above its cap, floors that add up to more than 1, or caps that leave a part without a holder.
    """
    bound = {party: bounds.get(party, Bound()) for party in shares}
    _check(shares, bound)
    level = _level(shares, bound)
    filled = {party: min(max(level * share, bound[party].floor), bound[party].cap) for party, share in shares.items()}
    return filled


def _check(shares: Mapping[str, Fraction], bound: Mapping[str, Bound]) -> None:
    for party in sorted(shares):
        if bound[party].floor > bound[party].cap:
            floor, cap = fraction_text(bound[party].floor), fraction_text(bound[party].cap)
            raise RefusedError(N_("The floor {floor} of {party} is above its cap {cap}"), party=party, floor=floor, cap=cap)
    floors = total(one.floor for one in bound.values())
    if floors > 1:
        msgid = N_("The floors cannot be met: {sum} = {total} > 1")
        raise RefusedError(msgid, sum=_sum([one.floor for one in bound.values() if one.floor]), total=fraction_text(floors))
    # Nobody grows from nothing: a party with 0 holds its floor, whatever the level.
    caps = total(bound[party].cap if share else bound[party].floor for party, share in shares.items())
    if caps < 1:
        most = [bound[party].cap if share else bound[party].floor for party, share in shares.items()]
        msgid = N_("The caps cannot be met: {sum} = {total} < 1; somebody must hold the rest")
        raise RefusedError(msgid, sum=_sum([one for one in most if one]), total=fraction_text(caps))


def _sum(parts: list[Fraction]) -> str:
    """``3 x 3/10``, ``1/2 + 1/4``: what adds up to too much or too little."""
    counted = {part: parts.count(part) for part in sorted(set(parts), reverse=True)}
    return " + ".join(f"{count} x {fraction_text(part)}" if count > 1 else fraction_text(part) for part, count in counted.items())


def _level(shares: Mapping[str, Fraction], bound: Mapping[str, Bound]) -> Fraction:
    """The level at which the clamped shares add up to 1.

    Their sum grows with the level, along straight pieces; a piece ends where a party leaves its floor or reaches its cap. The
    pieces are walked from the lowest level up.
    """
    held = total(one.floor for one in bound.values())
    growing = _ZERO  # what the free parties hold at level 1
    events: list[tuple[Fraction, str, Fraction, Fraction]] = []
    for party, share in shares.items():
        if not share:
            continue
        events.append((bound[party].floor / share, party, share, -bound[party].floor))
        events.append((bound[party].cap / share, party, -share, bound[party].cap))
    for level, _party, slope, constant in sorted(events):
        if growing and held + growing * level >= 1:
            return (1 - held) / growing
        growing += slope
        held += constant
    # Only when the caps add up to exactly 1: every party stands on its cap.
    return max((event[0] for event in events), default=_ONE)
