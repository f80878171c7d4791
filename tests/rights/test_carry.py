"""Repeated payouts: every unit goes out, nobody is ever a whole unit off, the carry is exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.carry import pay
from tests.rights.given import FEWER

weights = st.lists(st.integers(1, 1000), min_size=1, max_size=12)


def shares(parts: list[int]) -> dict[str, Fraction]:
    return {f"h{number:02}": Fraction(part, sum(parts)) for number, part in enumerate(parts)}


def after(amounts: list[int], split: dict[str, Fraction]) -> tuple[dict[str, int], dict[str, Fraction], Fraction]:
    """What each had, what is carried, and the largest carry on the way."""
    had, carry, worst = dict.fromkeys(split, 0), dict[str, Fraction](), Fraction(0)
    for amount in amounts:
        paid = pay(amount, split, carry)
        carry = dict(paid.carry)
        assert sum(paid.units.values()) == amount
        assert sum(carry.values()) == 0
        assert all(units >= 0 for units in paid.units.values()) or amount < 0
        for holder, units in paid.units.items():
            had[holder] += units
        worst = max([worst, *map(abs, carry.values())])
    return had, carry, worst


def test_a_hundred_payouts_of_five_cents_in_thirds_are_fair() -> None:
    had, _, worst = after([5] * 100, shares([1, 1, 1]))
    assert list(had.values()) == [167, 167, 166]
    assert worst < 1


def test_seven_tenths_get_seven_of_ten_cents_paid_one_by_one() -> None:
    split = {"a": Fraction(7, 10), "b": Fraction(3, 10)}
    assert after([1] * 10, split)[0] == {"a": 7, "b": 3}
    assert after([1, 1], split)[0] == {"a": 1, "b": 1}  # 1.4 and 0.6


@FEWER
@given(weights, st.lists(st.integers(1, 50) | st.integers(1, 10**12), min_size=1, max_size=60))
def test_whatever_is_paid_nobody_is_a_whole_unit_off(parts: list[int], amounts: list[int]) -> None:
    split = shares(parts)
    had, carry, worst = after(amounts, split)
    assert worst < 1
    assert {name: split[name] * sum(amounts) - had[name] for name in split if split[name] * sum(amounts) != had[name]} == carry


@settings(max_examples=3)
@given(weights, st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_over_ten_thousand_payouts_too(parts: list[int], amounts: list[int]) -> None:
    assert after(amounts * 2500, shares(parts))[2] < 1


@pytest.mark.parametrize(
    "parts", [[1] * 17 + [15] * 3, [2, 2, 2, 3, 3, 4, 6, 10, 84, 260, 850, 892], [1, 1, 1, 3, 3, 5, 5, 5, 33, 74, 388, 568]]
)
def test_where_greed_alone_drifts_beyond_a_unit_the_look_ahead_does_not(parts: list[int]) -> None:
    split = shares(parts)
    deficits = dict.fromkeys(split, Fraction(0))
    greedy = Fraction(0)
    for _ in range(sum(parts)):
        deficits = {name: open_now + split[name] for name, open_now in deficits.items()}
        neediest = max(deficits, key=lambda name: (deficits[name], name))
        deficits[neediest] -= 1
        greedy = max(greedy, *map(abs, deficits.values()))
    assert greedy > 1, "this split shows nothing"
    assert after([1] * sum(parts), split)[2] < 1


@given(weights, st.integers(0, 10**9), st.lists(st.integers(1, 20), max_size=5))
def test_a_refund_is_the_mirror_of_a_payment(parts: list[int], amount: int, before: list[int]) -> None:
    split = shares(parts)
    carry = after(before, split)[1]
    forth = pay(amount, split, carry)
    back = pay(-amount, split, {name: -open_now for name, open_now in carry.items()})
    assert dict(back.units) == {name: -units for name, units in forth.units.items()}
    assert dict(back.carry) == {name: -open_now for name, open_now in forth.carry.items()}


@given(weights, st.integers(0, 10**9))
def test_what_was_paid_at_once_is_refunded_to_the_unit(parts: list[int], amount: int) -> None:
    split = shares(parts)
    forth = pay(amount, split)
    back = pay(-amount, split, forth.carry)
    assert {name: forth.units[name] + back.units[name] for name in split} == dict.fromkeys(split, 0)
    assert back.carry == {}


@given(weights, weights, st.lists(st.integers(-9, 30), min_size=1, max_size=20))
def test_through_refunds_and_changed_shares_the_carry_stays_exact(first: list[int], second: list[int], amounts: list[int]) -> None:
    due: dict[str, Fraction] = {}
    had: dict[str, int] = {}
    carry: dict[str, Fraction] = {}
    for number, amount in enumerate(amounts):
        split = shares(second if number > len(amounts) // 2 else first)
        paid = pay(amount, split, carry)
        carry = dict(paid.carry)
        assert sum(paid.units.values()) == amount
        for name in split.keys() | paid.units.keys():
            due[name] = due.get(name, Fraction(0)) + split.get(name, Fraction(0)) * amount
            had[name] = had.get(name, 0) + paid.units.get(name, 0)
    assert {name: due[name] - had[name] for name in due if due[name] != had[name]} == carry


turns = st.lists(st.tuples(st.lists(st.integers(0, 50), min_size=5, max_size=5).filter(any), st.integers(1, 9)), min_size=1, max_size=40)


@FEWER
@given(turns)
def test_however_often_the_shares_change_nobody_is_paid_a_whole_unit_ahead(turns: list[tuple[list[int], int]]) -> None:
    carry: dict[str, Fraction] = {}
    for parts, amount in turns:
        split = shares(parts)
        carry = dict(pay(amount, split, carry).carry)
        assert all(open_now > -1 for open_now in carry.values())
        # the carries add up to 0, so all who are behind together are so by less than one unit for each of the others
        assert sum(open_now for open_now in carry.values() if open_now > 0) < len(split) - 1 or not carry


@FEWER
@given(turns, st.lists(st.integers(1, 50), min_size=5, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_after_the_shares_changed_one_payout_large_enough_brings_everybody_back_for_good(
    turns: list[tuple[list[int], int]], parts: list[int], amounts: list[int]
) -> None:
    carry: dict[str, Fraction] = {}
    for before, amount in turns:
        carry = dict(pay(amount, shares(before), carry).carry)
    split = shares(parts)
    enough = -min(-sum(parts) // part for part in parts)  # units that give the least share one
    for amount in (enough, *amounts):
        carry = dict(pay(amount, split, carry).carry)
        assert all(abs(open_now) < 1 for open_now in carry.values())


def test_no_rule_could_keep_everybody_within_a_unit_while_shares_change_at_will() -> None:
    # Each turn divides one cent among those who had none yet: whoever is left last was owed 1/4 + 1/3 + 1/2 + 1 and got 1.
    left, carry, worst = ["a", "b", "c", "d"], dict[str, Fraction](), Fraction(0)
    while left:
        split = {name: Fraction(1, len(left)) for name in left}
        paid = pay(1, split, carry)
        carry = dict(paid.carry)
        worst = max([worst, *carry.values()])
        left = [name for name in left if not paid.units[name]] if any(paid.units[name] for name in left) else left
    assert worst == Fraction(1, 4) + Fraction(1, 3) + Fraction(1, 2)


def test_somebody_who_left_still_gets_the_cent_that_is_open() -> None:
    paid = pay(1, {"a": Fraction(1, 2), "b": Fraction(1, 2)}, {"a": Fraction(-1, 3), "b": Fraction(-1, 3), "left": Fraction(2, 3)})
    assert paid.units == {"a": 0, "b": 0, "left": 1}


@given(weights, st.integers(1, 1000))
def test_the_order_of_the_holders_decides_nothing(parts: list[int], amount: int) -> None:
    split = shares(parts)
    assert pay(amount, dict(reversed(split.items()))) == pay(amount, split)


def test_shares_and_carries_that_do_not_add_up_are_refused() -> None:
    half = Fraction(1, 2)
    for wrong in ({"a": half}, {"a": Fraction(3, 2), "b": -half}):
        with pytest.raises(InputError, match="add up to 1"):
            pay(1, wrong)
    with pytest.raises(InputError, match="adds up to 0"):
        pay(1, {"a": half, "b": half}, {"a": half})
