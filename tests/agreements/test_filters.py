"""Each filter words one kind of value as the contract's language does; anything else is refused, and no float is met."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from ipr_service.agreements.filters import FILTERS, filters_for
from ipr_service.errors import InputError

ENGLISH, ITALIAN = filters_for("en"), filters_for("it")
ABSENT_IS_FINE = {"default_text", "default_list"}


@pytest.mark.parametrize(
    ("name", "value", "english", "italian"),
    [
        ("date", "2027-03-14", "14 March 2027", "14 marzo 2027"),
        ("date", dt.date(2027, 12, 1), "1 December 2027", "1 dicembre 2027"),
        ("money", {"currency": "EUR", "minor": 1250000}, "EUR 12,500.00", "EUR 12.500,00"),
        ("money", {"currency": "JPY", "minor": 5}, "JPY 5", "JPY 5"),
        ("money", {"currency": "EUR", "minor": 2**53 - 1}, "EUR 90,071,992,547,409.91", "EUR 90.071.992.547.409,91"),
        ("duration", "P3Y", "3 years", "3 anni"),
        ("duration", "P1M", "1 month", "1 mese"),
        ("country", "HR", "Croatia", "Croazia"),
        ("language_name", "hr", "Croatian", "croato"),
        ("percent", Fraction(3, 8), "37.5 %", "37,5 %"),
        ("percent", "1/3", "approx. 33.3333 %", "approx. 33,3333 %"),
        ("percent", Fraction(1, 32), "3.125 %", "3,125 %"),
        ("percent", Fraction(1, 10**9), "approx. 0 %", "approx. 0 %"),
        ("fraction", "6/16", "3/8", "3/8"),
        ("fraction", 1, "1", "1"),
        ("join_and", ("A",), "A", "A"),
        ("join_and", ("A", "B"), "A and B", "A e B"),
        ("join_and", ("A", "B", "C"), "A, B and C", "A, B e C"),
        ("join_and", (), "", ""),
    ],
)
def test_a_value_is_worded_as_the_language_does(name: str, value: Any, english: str, italian: str) -> None:
    assert (ENGLISH[name](value), ITALIAN[name](value)) == (english, italian)


def test_records_are_joined_by_the_field_that_is_named() -> None:
    assert ENGLISH["join_and"](({"name": "Ana"}, {"name": "Bo"}), "name") == "Ana and Bo"


@pytest.mark.parametrize("name", sorted(set(FILTERS) - ABSENT_IS_FINE))
def test_a_value_that_nobody_gave_is_never_worded(name: str) -> None:
    with pytest.raises(UndefinedError):
        ENGLISH[name](None)


def test_only_the_two_defaults_take_the_place_of_a_missing_value() -> None:
    assert ENGLISH["default_text"](None, "none agreed") == "none agreed"
    assert ENGLISH["default_text"]("", "none agreed") == "none agreed"
    assert ENGLISH["default_text"]("some", "none agreed") == "some"
    assert ENGLISH["default_list"](None) == ()
    assert ENGLISH["default_list"](("a",)) == ("a",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", 20270314), ("money", "EUR 1"), ("money", 100), ("percent", 0.375), ("percent", True), ("fraction", 0.5),
        ("fraction", [1, 2]), ("duration", "P1Y2M"), ("duration", "3 years"), ("duration", "PY"), ("duration", 3), ("country", "Portugal"),
        ("country", 7), ("language_name", "Italian"), ("join_and", "text"), ("join_and", {"a": 1}), ("count", "text"), ("count", {}),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_by_the_name_of_the_filter(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name):
        ENGLISH[name](value)


@given(st.fractions(min_value=0, max_value=1, max_denominator=10**6))
def test_a_percentage_is_exact_or_says_that_it_is_not_and_then_errs_by_half_a_place_at_most(share: Fraction) -> None:
    said = ENGLISH["percent"](share)
    shown = Fraction(re.sub(r"[^0-9.]", "", said.removeprefix("approx. "))) / 100
    assert said.startswith("approx. ") == (shown != share)
    assert abs(shown - share) <= Fraction(1, 2 * 10**6)


@given(st.integers(0, 2**53 - 1))
def test_no_cent_is_lost_on_the_way_to_the_page(minor: int) -> None:
    said = ENGLISH["money"]({"currency": "EUR", "minor": minor})
    assert int(re.sub(r"[^0-9]", "", said)) == minor


@given(st.lists(st.integers(), max_size=20))
def test_count_says_how_many(entries: list[int]) -> None:
    assert ENGLISH["count"](tuple(entries)) == len(entries)
