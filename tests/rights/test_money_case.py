"""Money cases: what a file may say, and every refusal at its line."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights.money_case import Event, checked, load

CHAIR = """
case: oak-chair
title: The oak chair, first year
currency: EUR
parties:
  - {id: anna, name: Anna Kovač}
  - {id: bruno}
split: {anna: 3/5, bruno: 2/5}
events:
  - {kind: income, amount: "1200.00", party: anna, on: 2026-03-02, text: first batch}
  - {kind: cost, amount: 200, party: bruno, on: 2026-03-02, text: timber}
  - {kind: payout, on: 2026-03-31}
  - {kind: hold, claims: [{anna: 1/2, bruno: 1/2}], on: 2026-04-01, text: who drew the joint}
  - {kind: refund, amount: "100.00", party: anna, on: 2026-04-02}
  - {kind: transfer, amount: "300.00", party: anna, to: bruno, on: 2026-04-03}
expect: {anna: "720", bruno: "480"}
"""


def test_a_case_is_read_as_written() -> None:
    found = load(CHAIR)
    assert found.title == "The oak chair, first year"
    assert found.waterfall.reference == "by-split@1"
    assert found.events[0] == Event("income", 120_000, "anna", on=date(2026, 3, 2), text="first batch")
    assert found.events[1].units == 20_000
    assert found.events[3].claims == ({"anna": Fraction(1, 2), "bruno": Fraction(1, 2)},)
    assert found.events[5].to == "bruno"
    assert found.expect == {"anna": 72_000, "bruno": 48_000}


def test_without_a_payout_there_is_one_at_the_end() -> None:
    assert load(CHAIR.replace("  - {kind: payout, on: 2026-03-31}\n", "")).events[-1] == Event("payout", on=date(2026, 4, 3))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: cost", "kind: costs", "Line 11.*not something that happens to money"),
        ("amount: 200", "amount: 200.5", "Line 11.*write decimals in quotes"),
        ("amount: 200", 'amount: "200.005"', "Line 11.*finer than 0.01"),
        ("amount: 200", "amount: -200", "Line 11.*A negative amount"),
        ("amount: 200", "amount: 0", "Line 11.*above 0"),
        ("amount: 200", "amount: 1" + "0" * 40, "Line 11.*at most 30 digits"),
        ("party: bruno", "party: brumo", 'Line 11.*did you mean "bruno"'),
        (", party: bruno", "", 'Line 11.*"party" is missing'),
        ("on: 2026-03-31", "on: 2026-02-30", "Line 12.*no such day"),
        ("on: 2026-03-31", "on: 2026-03-01", "Line 12.*before that of the event above"),
        (", on: 2026-03-31", "", "Line 12.*Give every event its day"),
        ("currency: EUR", "currency: ECU", "Line 4.*not a currency"),
        ("{id: bruno}", "{id: anna}", "Line 7.*stands here twice"),
        ("{id: bruno}", "{id: held}", "Line 7.*disputed money"),
        ("bruno: 2/5", "bruno: 1/5", "Line 8.*add up"),
        ("split: {anna: 3/5, bruno: 2/5}\n", "", "follows the split"),
        ("events:", "waterfall: points\nevents:", 'Line 9.*Write "split"'),
        ("{anna: 1/2, bruno: 1/2}", "{anna: 1/2, clara: 1/2}", "Line 13.*no party"),
        ('"480"', '"480.001"', "Line 16.*no finer than 0.01"),
    ],
)
def test_what_is_no_case_is_refused_at_its_line(old: str, new: str, said: str) -> None:
    assert old in CHAIR
    with pytest.raises(FormatError, match=said):
        load(CHAIR.replace(old, new, 1))


STEP = "{id: a, kind: shares, source: s, shares: {anna: 1}}"
RULE = f"waterfall: {{waterfall: w, version: 1, title: t, source: s, currency: EUR, steps: [{STEP}]}}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EUR", "JPY", "for JPY, not for EUR"),
        ("{anna: 1}", "{clara: 1}", 'no party "clara"'),
        ("EUR, ", "EUR, groups: {anna: split}, ", '"anna" is a party and a group'),
    ],
)
def test_a_waterfall_of_other_parties_or_money_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(FormatError, match=f"Line 9.*{said}"):
        load(CHAIR.replace("events:", RULE.replace(old, new) + "\nevents:"))


def test_more_refunded_than_came_in_names_the_event() -> None:
    with pytest.raises(InputError, match="With event 5 more is refunded"):
        checked(load(CHAIR.replace('"100.00"', '"1200.01"')))
