"""Payouts through a waterfall: what each step takes of all income so far, and where every unit goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import waterfall
from ipr_service.rights.revenue import Entered, Payout, Position, payout
from ipr_service.rights.waterfall import Waterfall
from tests.rights.given import FEWER

HEAD = "waterfall: w\nversion: 1\ntitle: t\nsource: s\ncurrency: EUR\n"
CAMP = waterfall.load(
    HEAD
    + """
groups:
  makers: {anna: 1/3, bruno: 1/3, clara: 1/3}
steps:
  - {id: back, kind: costs, source: s}
  - {id: first, kind: fixed, to: {anna: "10.00", hub: "5.00"}, source: s}
  - {id: agent, kind: cut, of: 15 %, to: agent, rounding: half-even, source: s}
  - {id: moulds, kind: recoup, of: 1/2, cap: "20.00", to: hub, source: s}
  - id: tiers
    kind: tiers
    source: s
    bands:
      - {up_to: "100.00", shares: {makers: 1/2, hub: 1/2}}
      - {shares: {makers: 1/4, hub: 3/4}}
"""
)
SPLIT = {"anna": Fraction(3, 8), "bruno": Fraction(1, 4), "clara": Fraction(3, 8)}


def paid_in_turn(plan: Waterfall, incomes: Sequence[int], **fixed: object) -> list[Payout]:
    """One payout after each amount that came in (or was refunded)."""
    position, income, done = Position(), 0, []
    for amount in incomes:
        income += amount
        done.append(payout(Entered(plan, position, income, **fixed)))  # type: ignore[arg-type]  # what the test gives
        position = done[-1].position
    return done


def had(done: Sequence[Payout]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in done:
        for holder, units in one.amounts.items():
            found[holder] = found.get(holder, 0) + units
    return found


def test_each_step_takes_its_part_of_what_the_steps_before_left() -> None:
    (made,) = paid_in_turn(CAMP, [30_000], costs={"bruno": 4_000})
    # 300.00 - costs 40.00 = 260.00 - fixed 15.00 = 245.00 - 15 % = 36.75 -> 208.25 - recouped 20.00 (cap, of 104.12)
    # -> 188.25: of the first 100.00 half to makers (50.00), of 88.25 a quarter (22.0625 -> 22.06)
    assert [(taken.step.id, taken.after) for taken in made.steps] == [
        ("back", 4_000),
        ("first", 1_500),
        ("agent", 3_675),
        ("moulds", 2_000),
        ("tiers", 10_000),
        ("tiers", 8_825),
    ]
    assert made.repaid == {"bruno": 4_000}
    assert made.amounts["agent"] == 3_675
    assert made.amounts["hub"] == 500 + 2_000 + 5_000 + 6_619
    makers = {name: made.amounts[name] for name in ("anna", "bruno", "clara")}
    assert makers == {"anna": 1_000 + 1_667 + 736, "bruno": 4_000 + 1_667 + 735, "clara": 1_666 + 735}
    assert sum(made.amounts.values()) == made.units == 30_000


def test_a_part_is_rounded_as_its_step_says_and_the_difference_flows_on() -> None:
    for rounding, taken in (("down", 0), ("half-even", 0), ("half-up", 1)):
        plan = waterfall.load(
            HEAD + f"steps:\n  - {{id: a, kind: cut, of: 1/2, to: x, rounding: {rounding}, source: s}}\n"
            "  - {id: b, kind: shares, shares: {y: 1}, source: s}\n"
        )
        assert payout(Entered(plan, Position(), 1)).amounts == {"x": taken, "y": 1 - taken}
        assert payout(Entered(plan, Position(), 3)).amounts["x"] == {"down": 1, "half-even": 2, "half-up": 2}[rounding]


amounts = st.lists(st.integers(1, 40_000), min_size=1, max_size=12)


@FEWER
@given(amounts, st.dictionaries(st.sampled_from(("anna", "hub")), st.integers(0, 9_000)))
def test_in_many_pieces_every_step_takes_what_it_takes_at_once(pieces: list[int], costs: dict[str, int]) -> None:
    many, (once,) = paid_in_turn(CAMP, pieces, costs=costs), paid_in_turn(CAMP, [sum(pieces)], costs=costs)
    assert [taken.after for taken in many[-1].steps] == [taken.after for taken in once.steps]
    assert sum(had(many).values()) == sum(pieces)
    assert all(sum(one.amounts.values()) == one.units for one in many)
    for holder, units in had(many).items():
        assert abs(units - once.amounts.get(holder, 0)) <= 2 * len(once.steps)
        assert units >= 0


@FEWER
@given(amounts, st.integers(1, 40_000))
def test_what_came_in_and_went_back_leaves_every_step_where_it_was(pieces: list[int], more: int) -> None:
    before = paid_in_turn(CAMP, pieces)
    after = paid_in_turn(CAMP, [*pieces, more, -more])
    assert [taken.after for taken in after[-1].steps] == [taken.after for taken in before[-1].steps]
    assert after[-1].amounts.keys() >= {holder for holder, units in after[-2].amounts.items() if units}
    assert sum(after[-1].amounts.values()) == -more


@given(st.integers(1, 10**12))
def test_a_full_refund_takes_back_from_each_exactly_what_it_got(amount: int) -> None:
    plan = waterfall.by_split("EUR")
    forth, back = paid_in_turn(plan, [amount, -amount], split=SPLIT)
    assert back.amounts == {holder: -units for holder, units in forth.amounts.items()}


def test_fixed_sums_and_caps_are_paid_once_over_all_payouts() -> None:
    done = paid_in_turn(CAMP, [700, 700, 700, 30_000])
    assert [[taken.after for taken in one.steps if taken.step.id == "first"] for one in done] == [[700], [1_400], [1_500], [1_500]]
    assert sum(line.units for one in done for line in one.lines if line.step == "first" and line.holder == "anna") == 1_000
    assert sum(line.units for one in done for line in one.lines if line.step == "moulds") == 2_000


def test_costs_recorded_late_are_paid_from_later_income_and_never_taken_back() -> None:
    plan = waterfall.load(HEAD + "steps:\n  - {id: a, kind: costs, source: s}\n  - {id: b, kind: shares, shares: {x: 1}, source: s}\n")
    first = payout(Entered(plan, Position(), 10_000))
    assert first.amounts == {"x": 10_000}
    second = payout(Entered(plan, first.position, 11_000, {"anna": 5_000}))
    assert second.amounts == {"anna": 1_000, "x": 0}
    third = payout(Entered(plan, second.position, 20_000, {"anna": 5_000, "bruno": 2_000}))
    assert third.amounts == {"anna": 4_000, "bruno": 2_000, "x": 3_000}


def test_costs_that_income_does_not_cover_are_repaid_in_proportion_to_what_is_open() -> None:
    made = payout(Entered(CAMP, Position(), 100, {"anna": 300, "bruno": 100}))
    assert made.amounts["anna"] == 75
    assert made.amounts["bruno"] == 25


def test_what_is_taken_back_of_costs_is_taken_in_proportion_to_what_was_repaid() -> None:
    plan = waterfall.load(HEAD + "steps:\n  - {id: a, kind: costs, source: s}\n  - {id: b, kind: shares, shares: {x: 1}, source: s}\n")
    done = paid_in_turn(plan, [400, -200, 200], costs={"anna": 300, "bruno": 100})
    assert [one.repaid for one in done] == [{"anna": 300, "bruno": 100}, {"anna": -150, "bruno": -50}, {"anna": 150, "bruno": 50}]


def test_each_band_is_as_wide_as_from_the_end_of_the_one_below() -> None:
    bands = '[{up_to: "10", shares: {a: 1}}, {up_to: "15", shares: {b: 1}}, {shares: {c: 1}}]'
    plan = waterfall.load(HEAD + f"steps:\n  - {{id: a, kind: tiers, bands: {bands}, source: s}}\n")
    assert payout(Entered(plan, Position(), 2_000)).amounts == {"a": 1_000, "b": 500, "c": 500}


def test_settled_in_each_payout_alone_the_remainders_are_not_carried() -> None:
    thirds = {name: Fraction(1, 3) for name in ("a", "b", "c")}
    alone = replace(waterfall.by_split("EUR"), remainders="alone")
    assert had(paid_in_turn(alone, [5] * 100, split=thirds)) == {"a": 200, "b": 200, "c": 100}
    assert had(paid_in_turn(waterfall.by_split("EUR"), [5] * 100, split=thirds)) == {"a": 167, "b": 167, "c": 166}


def test_disputed_money_is_kept_and_the_rest_is_paid() -> None:
    halves = {"anna": Fraction(1, 2), "bruno": Fraction(1, 2)}
    claim = {"anna": Fraction(1, 3), "bruno": Fraction(2, 3)}
    made = payout(Entered(waterfall.by_split("EUR"), Position(), 60_000, {}, halves, (claim,)))
    assert made.amounts == {"anna": 20_000, "bruno": 30_000, "held": 10_000}


def test_another_waterfall_begins_its_own_count_and_knows_what_costs_were_repaid() -> None:
    first = payout(Entered(CAMP, Position(), 30_000, {"bruno": 4_000}))
    plan = replace(CAMP, version=2)
    second = payout(Entered(plan, first.position, 36_000, {"bruno": 5_000}))
    assert second.position.settled == 30_000
    assert second.repaid == {"bruno": 1_000}
    assert second.units == 6_000
    assert sum(second.amounts.values()) == 6_000
    assert {line.step: line.whole for line in second.lines}["first"] == 1_500


def test_the_order_of_costs_and_shares_decides_nothing() -> None:
    costs = {"bruno": 300, "anna": 701, "clara": 2}
    turned = dict(reversed(costs.items()))
    assert payout(Entered(CAMP, Position(), 500, costs)).lines == payout(Entered(CAMP, Position(), 500, turned)).lines


def test_what_cannot_be_paid_is_refused() -> None:
    plan = waterfall.by_split("EUR")
    with pytest.raises(RefusedError, match="Nothing came in"):
        payout(Entered(plan, Position(), 0, split=SPLIT))
    with pytest.raises(InputError, match=r"0\.05 EUR too much"):
        payout(Entered(plan, Position(), -5, split=SPLIT))
    with pytest.raises(RefusedError, match="no split has been accepted"):
        payout(Entered(plan, Position(), 5))
    first = payout(Entered(CAMP, Position(), 500, {"anna": 300}))
    with pytest.raises(InputError, match="anna had more costs repaid"):
        payout(Entered(CAMP, first.position, 600, {"anna": 299}))
    with pytest.raises(InputError, match="add up to 1"):
        payout(Entered(plan, Position(), 5, split={"anna": Fraction(1, 2)}))
