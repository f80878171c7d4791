"""Pictures with their numbers: the ring of shares. Exact fractions in, decimals only on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from flask_babel import format_percent

TINTS = 8
_TURN = 1000  # the pathLength of the circles


@dataclass(frozen=True)
class Arc:
    """One share as the macro ``ui.ring`` draws it: lengths in thousandths of the whole turn."""

    name: str
    fraction: str
    percent: str
    tint: int
    length: str
    rest: str
    offset: str


def _number(value: Fraction) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal("0.001"), ROUND_HALF_EVEN).normalize() + 0)


def percent(share: Fraction) -> str:
    """A share for reading, rounded half even to two decimals of a per cent, in the reader's number format."""
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return str(format_percent(exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN), "#,##0.## %"))


def ring(shares: Sequence[tuple[str, Fraction]]) -> list[Arc]:
    """The arcs of a ring.

    Args:
        shares: names with exact shares between 0 and 1, in the order shown.
    """
    arcs: list[Arc] = []
    start = Fraction(0)
    for position, (name, share) in enumerate(shares):
        length = share * _TURN
        arcs.append(
            Arc(name, str(share), percent(share), position % TINTS + 1, _number(length), _number(_TURN - length), _number(-start * _TURN))
        )
        start += share
    return arcs
