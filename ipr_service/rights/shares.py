"""Shares: who holds which exact part, and how it is put on paper.

A :class:`Split` is always whole: its fractions add up to exactly 1. Rounding happens only when a split is put on paper
(basis points, cents), by largest remainder (Hamilton's method) with a canonical order of ties; the fraction stays the
truth. The method is fair for one apportionment; over repeated payouts it is biased and needs a carry, which
is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ipr_service.errors import N_, FieldProblem, InputError
from ipr_service.rights.notation import fraction_text, percent, signed_percent, total
from ipr_service.rights.parties import check_id

BASIS_POINTS = 10_000
"""Basis points in a whole: one is 0.01 %. With more holders than this, somebody must show 0."""


@dataclass(frozen=True)
class Share:
    """The part of one party: a fraction between 0 and 1, both included."""

    party: str
    fraction: Fraction

    def __post_init__(self) -> None:
        check_id("/party", self.party)
        if not isinstance(self.fraction, Fraction):
            raise InputError.at("", N_("A share is an exact fraction; floating-point numbers are not exact"))
        if not 0 <= self.fraction <= 1:
            msgid = N_("The share of {party} is {share}; a share lies between 0 % and 100 %")
            raise InputError.at("", msgid, party=self.party, share=percent(self.fraction))


@dataclass(frozen=True)
class Split:
    """All shares of one thing; they add up to exactly 1. Ordered by party id; a party may hold 0.

    Raises:
        InputError: no share, a party twice, or a sum other than 1.
    """

    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        ids = [share.party for share in self.shares]
        if not ids:
            raise InputError.at("", N_("Nobody holds a share; name at least one party"))
        if ids != sorted(set(ids)):
            raise InputError.at("", N_("Shares stand in the order of the party ids, each party once"))
        whole = total(share.fraction for share in self.shares)
        if whole != 1:
            msgid = N_("The shares add up to {whole}, not to 100 % ({difference})")
            raise InputError.at("", msgid, whole=percent(whole), difference=signed_percent(whole - 1))

    @classmethod
    def of(cls, fractions: Mapping[str, Fraction]) -> Split:
        """The split that gives each party id its fraction, in canonical order."""
        return cls(tuple(Share(party, fractions[party]) for party in sorted(fractions)))

    @cached_property
    def fractions(self) -> Mapping[str, Fraction]:
        """Fraction by party id."""
        return {share.party: share.fraction for share in self.shares}

    def basis_points(self) -> dict[str, int]:
        """Whole basis points by party id; they add up to exactly 10,000."""
        return apportion(self, BASIS_POINTS)

    def warnings(self) -> tuple[FieldProblem, ...]:
        """What cannot be put on paper faithfully."""
        holders = sum(1 for share in self.shares if share.fraction)
        if holders <= BASIS_POINTS:
            return ()
        msgid = N_("{holders} holders are more than {limit} basis points: some show 0 on paper; publish the exact fractions")
        return (FieldProblem("/shares", msgid, {"holders": holders, "limit": BASIS_POINTS}),)

    def to_data(self) -> dict[str, str]:
        """Fractions as canonical text by party id, for hashing and storing; see :meth:`from_data`."""
        return {share.party: fraction_text(share.fraction) for share in self.shares}

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> Split:
        """The inverse of :meth:`to_data`. Trusts its own text, but not that it is whole.

        Raises:
            InputError: the shares are not a split.
        """
        try:
            return cls.of({party: Fraction(text) for party, text in data.items()})
        except (ValueError, ZeroDivisionError):
            raise InputError.at("", N_("A stored share is not a fraction")) from None


def apportion(split: Split, units: int) -> dict[str, int]:
    """``units`` whole units (basis points, cents) to the holders, by largest remainder.

    Each gets the whole units of its exact part; what is left over goes, one unit each, to the largest remainders.
    Ties go to the lower party id, so the same split always gives the same paper. A negative number of units (a refund)
    mirrors the positive one.

    Returns:
        Units by party id; they add up to exactly ``units``.
    """
    exact = {share.party: share.fraction * abs(units) for share in split.shares}
    paper = {party: int(amount) for party, amount in exact.items()}
    left = abs(units) - sum(paper.values())
    for party in sorted(exact, key=lambda party: (paper[party] - exact[party], party))[:left]:
        paper[party] += 1
    return {party: -amount if units < 0 else amount for party, amount in paper.items()}


def on_scale(split: Split, scale: int, most: int | None = None) -> tuple[dict[str, int], tuple[FieldProblem, ...]]:
    """The split in whole parts of ``scale`` for a register that takes nothing finer, and what it cannot hold faithfully.

    Args:
        scale: parts in a whole, such as 1,000,000 (four decimals of a percent).
        most: most holders that the register takes.

    Returns:
        Parts by party id, none of them 0, adding up to ``scale``; and one problem for each holder left out or rounded, and for too many.
    """
    units = apportion(split, scale)
    problems: list[FieldProblem] = []
    held = {party: share for party, share in split.fractions.items() if share}
    if most is not None and len(held) > most:
        msgid = N_("{holders} holders; this register takes at most {limit}")
        problems.append(FieldProblem("/shares", msgid, {"holders": len(held), "limit": most}))
    for party, share in held.items():
        if share * scale != units[party]:
            msgid = N_("{share} of {party} is not whole in {scale} parts; it shows {units}")
            values = {"share": fraction_text(share), "party": party, "scale": scale, "units": units[party]}
            problems.append(FieldProblem(f"/shares/{party}", msgid, values))
    return {party: parts for party, parts in units.items() if parts}, tuple(problems)


@dataclass(frozen=True)
class Segment:
    """One arc of the ring: from ``start`` to ``end`` as fractions of a full turn, clockwise from the top."""

    party: str
    start: Fraction
    end: Fraction


def ring(split: Split) -> tuple[Segment, ...]:
    """The picture of a split as arcs that close exactly; parties that hold 0 have none."""
    segments: list[Segment] = []
    start = Fraction(0)
    for share in split.shares:
        if share.fraction:
            segments.append(Segment(share.party, start, start + share.fraction))
            start += share.fraction
    return tuple(segments)
