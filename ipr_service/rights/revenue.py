"""Payouts: what came in, passed through a waterfall step by step, in whole minor units, with the derivation of every amount.

Everything is counted from the beginning: a step knows what it should have taken of all income so far, and a payout moves the difference. So
caps, fixed sums and bands hold over all payouts, a refund is the same way backwards (what was paid last is taken back first), and what
arrives in two pieces is paid as if it had come in one. Where a step stands after the last payout is its :class:`Position`.

1. Every step takes its part of what reaches it (:func:`_target`), in whole units; what it does not take reaches the next.
2. What a step newly takes goes to parties and groups by its shares, then within each group by the group's (``carry.pay``).
3. Costs are special: each party's open costs are the shares, and costs recorded late are paid from later income, never taken back.

While shares are disputed, what depends on the dispute goes to the id ``held`` (see ``dispute``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights.carry import pay
from ipr_service.rights.dispute import ring_fence
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import total
from ipr_service.rights.waterfall import HELD, Band, Costs, Cut, Fixed, Parts, Shares, Step, Tiers, Waterfall


@dataclass(frozen=True)
class Tally:
    """Where one key of a waterfall stands: a step, a band of it (``step/2``), or a group within either (``step:group``).

    Args:
        taken: units so far. paid: of them, by holder. carry: exactly what is open, by holder (see ``carry``).
    """

    taken: int = 0
    paid: Mapping[str, int] = field(default_factory=dict)
    carry: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Position:
    """Where the payouts of one currency stand.

    Args:
        waterfall: digest of the waterfall that counted this, lower-case hex; empty before the first payout.
        settled: income that earlier waterfalls paid out; a new waterfall begins its own count.
        repaid: costs that earlier waterfalls repaid, by party.
        income: all income so far, less refunds, as far as it is paid out.
    """

    waterfall: str = ""
    settled: int = 0
    repaid: Mapping[str, int] = field(default_factory=dict)
    income: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def under(self, waterfall: Waterfall) -> Position:
        """The same for ``waterfall``: a new count when another one was in force until now."""
        digest = waterfall.digest.hex()
        if self.waterfall in ("", digest):
            return Position(digest, self.settled, self.repaid, self.income, self.tallies)
        return Position(digest, self.income, self.costs_repaid(), self.income, {})

    def costs_repaid(self) -> dict[str, int]:
        """Costs paid back so far, by party."""
        found = dict(self.repaid)
        for name, tally in self.tallies.items():
            if name.startswith(_COSTS):
                for party, units in tally.paid.items():
                    found[party] = found.get(party, 0) + units
        return {party: units for party, units in found.items() if units}


_COSTS: Final = "costs@"


@dataclass(frozen=True)
class Line:
    """One amount of a payout and where it comes from.

    Args:
        step, kind, source: of the step. band: from 1, in tiers.
        group: by whose shares within the group it was divided; None when the step names the party itself.
        part: the share. whole: the units that were divided. exact: part x whole.
        before, after: what is carried over, in units: exactly open before, and after. units: what is paid.
    """

    holder: str
    step: str
    kind: str
    source: str
    band: int | None
    group: str | None
    part: Fraction
    whole: int
    before: Fraction
    units: int
    after: Fraction

    @property
    def exact(self) -> Fraction:
        """What the share alone gives, in units."""
        return self.part * self.whole


@dataclass(frozen=True)
class Taken:
    """One step, or one band of it, in one payout.

    Args:
        reached: units of all income so far that reach it. before, after: what it has taken of them, before and after this payout.
        target: what it should have taken exactly; differs from ``after`` by the rounding of a part, or while it is capped.
    """

    step: Step
    band: int | None
    reached: int
    before: int
    after: int
    target: Fraction
    lines: tuple[Line, ...]

    @property
    def kind(self) -> str:
        """The word for the step in files and sentences."""
        return kind_of(self.step)


@dataclass(frozen=True)
class Entered:
    """What a payout is computed from.

    Args:
        income: all income so far, less refunds, in units. costs: all costs so far by party.
        split: the accepted shares, when the waterfall follows them. claims: other splits that parties claim; what is disputed is held.
    """

    waterfall: Waterfall
    position: Position
    income: int
    costs: Mapping[str, int] = field(default_factory=dict)
    split: Mapping[str, Fraction] = field(default_factory=dict)
    claims: tuple[Mapping[str, Fraction], ...] = ()


@dataclass(frozen=True)
class Payout:
    """A computed payout."""

    entered: Entered
    steps: tuple[Taken, ...]
    position: Position

    @property
    def units(self) -> int:
        """What is paid out; negative for a refund."""
        return self.position.income - self.entered.position.income

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every amount, in the order of the steps."""
        return tuple(line for taken in self.steps for line in taken.lines)

    @cached_property
    def amounts(self) -> dict[str, int]:
        """Units by holder (``held`` included), in the order of ids; they add up to :attr:`units`."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.holder] = found.get(line.holder, 0) + line.units
        return {holder: found[holder] for holder in sorted(found)}

    @property
    def repaid(self) -> dict[str, int]:
        """What of it pays back costs, by party."""
        found: dict[str, int] = {}
        for line in self.lines:
            if line.kind == "costs":
                found[line.holder] = found.get(line.holder, 0) + line.units
        return found


def payout(entered: Entered) -> Payout:
    """Pay out everything that came in since the last payout. The order of parties and costs decides nothing.

    Raises:
        InputError: costs below what was repaid, refunds of more than came in, a split that is needed and not there.
        RefusedError: nothing came in.
    """
    waterfall, position = entered.waterfall, entered.position.under(entered.waterfall)
    _check(entered)
    tallies = dict(position.tallies)
    reached, reached_before = entered.income - position.settled, position.income - position.settled
    steps: list[Taken] = []
    for key, step, band in _keys(waterfall):
        tally = tallies.get(key, Tally())
        exact, after = _target(step, band, reached, reached_before, tally, _open_total(entered, position))
        parts = _parts(step, band, entered, position, tally, after - tally.taken)
        lines, new = _divide(entered, key, step, band, after - tally.taken, parts, tallies)
        tallies |= new
        steps.append(Taken(step, band, reached, tally.taken, after, exact, lines))
        reached, reached_before = reached - after, reached_before - tally.taken
    return Payout(entered, tuple(steps), Position(position.waterfall, position.settled, position.repaid, entered.income, tallies))


def _check(entered: Entered) -> None:
    position = entered.position
    if entered.income == position.income:
        raise RefusedError(N_("Nothing came in since the last payout, so there is nothing to pay."))
    settled = position.under(entered.waterfall).settled
    if entered.income < settled:
        places = places_of(entered.waterfall.currency)
        msgid = N_("More was refunded than came in: {amount} {currency} too much. Money under an earlier waterfall is settled by hand")
        too_much = units_text(settled - entered.income, places)
        raise InputError.at("/income", msgid, amount=too_much, currency=entered.waterfall.currency)
    if entered.waterfall.by_split and not entered.split:
        raise RefusedError(N_("This waterfall follows the split, and no split has been accepted by every party."))
    for claim in (entered.split, *entered.claims) if entered.split else entered.claims:
        if total(claim.values()) != 1 or any(share < 0 for share in claim.values()):
            raise InputError.at("/split", N_("Shares are not negative and add up to 1"))
    repaid = position.costs_repaid()
    for party in sorted(entered.costs.keys() | repaid.keys()):
        if entered.costs.get(party, 0) < repaid.get(party, 0):
            raise InputError.at("/costs", N_("{party} had more costs repaid than are recorded for it"), party=party)


def _keys(waterfall: Waterfall) -> Iterable[tuple[str, Step, int | None]]:
    """Each thing that takes: its key in the position, its step, its band."""
    for step in waterfall.steps:
        if isinstance(step, Tiers):
            for number in range(1, len(step.bands) + 1):
                yield f"{step.id}/{number}", step, number
        else:
            yield f"{_COSTS}{step.id}" if isinstance(step, Costs) else step.id, step, None


def _open_total(entered: Entered, position: Position) -> int:
    """All costs that this waterfall is to repay, whether it has or not."""
    return sum(entered.costs.values()) - sum(position.repaid.values())


def _target(step: Step, band: int | None, reached: int, reached_before: int, tally: Tally, costs: int) -> tuple[Fraction, int]:
    """What a step should have taken of all that reached it: exactly, and in whole units."""
    match step:
        case Costs():
            room = tally.taken + max(0, reached - reached_before)
            taken = min(costs, reached, room)
            return Fraction(min(costs, reached)), taken
        case Fixed():
            taken = min(reached, sum(units for _name, units in step.sums))
        case Cut():
            exact = step.of * reached if step.cap is None else min(step.of * reached, Fraction(step.cap))
            return exact, _rounded(exact, step.rounding)
        case Tiers():
            above = 0 if band is None or band == 1 else step.bands[band - 2].up_to or 0
            # The bands below took their part already, so that what reaches this one begins at its lower end.
            end = step.bands[(band or 1) - 1].up_to
            taken = reached if end is None else min(reached, end - above)
        case _:
            taken = reached
    return Fraction(taken), taken


def _rounded(exact: Fraction, rounding: str) -> int:
    """A part that is not negative, in whole units."""
    whole, rest = divmod(exact, 1)
    half = Fraction(1, 2)
    up = {"down": False, "half-up": rest >= half, "half-even": rest > half or (rest == half and whole % 2 == 1)}[rounding]
    return whole + up


def _parts(step: Step, band: int | None, entered: Entered, position: Position, tally: Tally, units: int) -> dict[str, Fraction]:
    """The shares by which what a step newly takes is divided."""
    match step:
        case Costs():
            return _cost_parts(entered, position, tally, units)
        case Fixed():
            every = sum(amount for _name, amount in step.sums)
            return {name: Fraction(amount, every) for name, amount in step.sums}
        case Cut():
            return _named(step.to, entered)
        case Tiers():
            chosen: Band = step.bands[(band or 1) - 1]
            return _named(chosen.parts, entered)
        case Shares():
            return _named(step.parts, entered)


def _cost_parts(entered: Entered, position: Position, tally: Tally, units: int) -> dict[str, Fraction]:
    """In proportion to what is still open; what is taken back, in proportion to what was repaid."""
    had = {party: tally.paid.get(party, 0) for party in sorted(entered.costs.keys() | tally.paid.keys())}
    still = {party: entered.costs.get(party, 0) - position.repaid.get(party, 0) - units_had for party, units_had in had.items()}
    weights = had if units < 0 else still
    every = sum(weights.values())
    return {party: Fraction(weight, every) for party, weight in weights.items() if weight} if every else {}


def _named(parts: Parts, entered: Entered) -> dict[str, Fraction]:
    return dict(parts) if parts is not None else ring_fence(entered.split, entered.claims)


def _divide(
    entered: Entered, key: str, step: Step, band: int | None, units: int, parts: Mapping[str, Fraction], tallies: Mapping[str, Tally]
) -> tuple[tuple[Line, ...], dict[str, Tally]]:
    """Lines for what a step newly takes, and the tallies after it; a group's part goes on to its members."""
    lines, tally = _shared(entered, key, step, band, None, units, parts, tallies)
    new, found = {key: tally}, []
    groups = dict(entered.waterfall.groups)
    for line in lines:
        if line.holder not in groups or isinstance(step, Costs):
            found.append(line)
            continue
        inner, within = f"{key}:{line.holder}", _named(groups[line.holder], entered)
        members, tally = _shared(entered, inner, step, band, line.holder, line.units, within, tallies)
        new[inner] = tally
        found += members
    return tuple(found), new


def _shared(
    entered: Entered,
    key: str,
    step: Step,
    band: int | None,
    group: str | None,
    units: int,
    parts: Mapping[str, Fraction],
    tallies: Mapping[str, Tally],
) -> tuple[Sequence[Line], Tally]:
    """Units by shares: one line for each holder, and the tally after it."""
    tally = tallies.get(key, Tally())
    if not parts:
        return (), tally
    carries = not isinstance(step, Costs) and (entered.waterfall.remainders == "carry" or isinstance(step, Fixed))
    before = _without_held(tally.carry, parts) if carries else {}
    done = pay(units, parts, before)
    after = done.carry if carries else {}
    none = Fraction(0)
    kind = kind_of(step)
    lines = [
        Line(
            name, step.id, kind, step.source, band, group, parts.get(name, none), units, before.get(name, none), paid, after.get(name, none)
        )
        for name, paid in done.units.items()
    ]
    paid = {name: tally.paid.get(name, 0) + done.units.get(name, 0) for name in sorted(tally.paid.keys() | done.units.keys())}
    return lines, Tally(tally.taken + units, paid, after)


def _without_held(carry: Mapping[str, Fraction], parts: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    """The carry, without ``held`` once nothing is kept aside any more: the part of a unit that was open for it goes by the shares.

    Left where it was, it would one day make a whole unit that nobody could release.
    """
    if HELD not in carry or HELD in parts:
        return carry
    none, open_part = Fraction(0), carry[HELD]
    names = sorted((carry.keys() | parts.keys()) - {HELD})
    moved = {name: carry.get(name, none) + open_part * parts.get(name, none) for name in names}
    return {name: rest for name, rest in moved.items() if rest}


def kind_of(step: Step) -> str:
    """The word for a step in files and sentences."""
    if isinstance(step, Cut):
        return "cut" if step.cap is None else "recoup"
    return {Costs: "costs", Fixed: "fixed", Tiers: "tiers", Shares: "shares"}[type(step)]
