"""An answer has one stored form, whatever a person types; what is not of its type or beyond its limit is refused in words."""

from __future__ import annotations

import unicodedata
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import answers
from ipr_service.agreements.kinds import QUESTION_TYPES, Option, Question


def question(type: str, **entries: Any) -> Question:
    return Question(id="q", type=type, label="Label", help="Help.", why="Why.", **entries)  # type: ignore[arg-type]  # type is a parameter


@pytest.mark.parametrize(
    ("type", "value", "kept"),
    [
        ("text", "  e\u0301clair ", "\u00e9clair"),
        ("longtext", "one\n  two\r\nthree", "one two three"),
        ("duration", "3 years", "P3Y"),
        ("duration", "1 day", "P1D"),
        ("duration", "P6M", "P6M"),
        ("money", "EUR 12500.00", {"currency": "EUR", "minor": 1250000}),
        ("money", "EUR 0.5", {"currency": "EUR", "minor": 50}),
        ("money", "JPY 120000", {"currency": "JPY", "minor": 120000}),
        ("money", "TND 1.25", {"currency": "TND", "minor": 1250}),
        ("fraction", "6/16", "3/8"),
        ("fraction", "1", "1"),
        ("date", "2028-02-29", "2028-02-29"),
        ("boolean", False, False),
        ("country", "GR", "GR"),
        ("integer", 0, 0),
    ],
)
def test_what_a_person_types_is_kept_in_one_form(type: str, value: object, kept: object) -> None:
    assert answers.stored(question(type), value) == kept


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("text", "a\x00b"), ("text", "a\nb"), ("text", "\u2066a"), ("text", "\ud800"), ("text", "   "), ("text", 5), ("text", "x" * 301),
        ("longtext", "x" * 5001), ("longtext", "a\x07"), ("email", "a@b@c"), ("email", "a b@c"), ("duration", "P0D"), ("duration", "soon"),
        ("duration", "P1Y2M"), ("duration", "P99999D"), ("money", "12500"), ("money", "EUR 1.234"), ("money", "JPY 1.5"),
        ("money", "XQX 1"),
        ("money", {"currency": "EUR", "minor": -1}), ("money", {"currency": "EUR", "minor": 1.5}),
        ("money", {"currency": "EUR", "minor": True}),
        ("fraction", "0"), ("fraction", "3/2"), ("fraction", "0.5"), ("fraction", 0.5), ("fraction", "1/0"), ("fraction", "-1/2"),
        ("date", "2027-02-29"), ("date", "20270101"), ("date", "1899-12-31"), ("date", "tomorrow"), ("boolean", "yes"), ("boolean", 1),
        ("integer", 1.9), ("integer", True), ("integer", "7"), ("integer", 2**53), ("integer", -1), ("country", "pt"), ("country", "ZZ"),
        ("country", "EU"), ("language", "xx"), ("language", "en\n"), ("choice", "x"),
    ],
)  # fmt: skip
def test_what_is_not_of_its_type_or_beyond_its_limit_is_refused(type: str, value: object) -> None:
    with pytest.raises(answers.AnswerError) as caught:
        answers.stored(question(type), value)
    assert caught.value.msgid.format(label="Label", **caught.value.values)


@given(st.text())
def test_a_text_that_is_taken_is_one_line_without_controls_and_stays_the_same_when_given_again(value: str) -> None:
    try:
        kept = answers.stored(question("text"), value)
    except answers.AnswerError:
        return
    assert answers.stored(question("text"), kept) == kept
    assert not any(ord(sign) < 32 or sign in answers.BIDI for sign in kept)


@pytest.mark.parametrize(("type", "example"), [
    ("email", "nome@exa(mple.org"), ("date", "14.03.2027"), ("money", "12,500 EUR"), ("fraction", "37.5 %"), ("country", "Portugal"),
    ("language", "italiano"), ("duration", "three years"),
])  # fmt: skip
def test_a_refusal_names_the_question_and_shows_what_can_be_taken(type: str, example: str) -> None:
    asked = Question(id="q", type=type, label="Question 7", help="Help.", why="Why.")  # type: ignore[arg-type]  # type is a parameter
    with pytest.raises(answers.AnswerError) as caught:
        answers.stored(asked, example)
    said = caught.value.msgid.format(label="Question 7", **caught.value.values)
    assert "Question 7" in said
    shown = {"email": "name@example.org", "date": "2027-03-14", "money": "EUR 12500.00", "fraction": "3/8", "country": "PT"}
    shown |= {"language": "it", "duration": "3 years"}
    assert shown[type] in said


@given(st.fractions(min_value=0, max_value=1, max_denominator=10**12 - 1).filter(bool))
def test_a_share_keeps_its_exact_value_in_lowest_terms(share: Fraction) -> None:
    doubled = f"{share.numerator * 2}/{share.denominator * 2}" if share.denominator < 10**11 else str(share)
    assert answers.stored(question("fraction"), doubled) == str(share)


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_every_day_within_the_limits_is_kept_as_iso_8601(day: date) -> None:
    assert answers.stored(question("date"), day) == answers.stored(question("date"), day.isoformat()) == day.isoformat()


@given(st.integers(0, 10**15), st.sampled_from([("EUR", 2), ("JPY", 0), ("TND", 3)]))
def test_an_amount_typed_with_all_its_decimals_is_the_same_number_of_minor_units(minor: int, currency: tuple[str, int]) -> None:
    code, places = currency
    digits = str(minor).rjust(places + 1, "0")
    typed = f"{code} {digits[:-places]}.{digits[-places:]}" if places else f"{code} {digits}"
    if len(digits) - places <= 13:
        assert answers.stored(question("money"), typed) == {"currency": code, "minor": minor}


@given(st.text(), st.sampled_from(sorted(QUESTION_TYPES - {"list"})))
def test_any_text_for_any_type_is_kept_or_refused_and_what_is_kept_is_kept_again(value: str, type: str) -> None:
    asked = question(type, options=(Option("near", "Near"), Option("far", "Far"))) if type == "choice" else question(type)
    try:
        kept: Any = answers.stored(asked, value)
    except answers.AnswerError:
        return
    assert answers.stored(asked, kept) == kept


@given(st.text())
def test_a_cleaned_text_is_nfc_with_no_blank_at_its_ends(value: str) -> None:
    try:
        kept = answers.clean(value)
    except answers.AnswerError:
        return
    assert kept == kept.strip()
    assert unicodedata.is_normalized("NFC", kept)


def test_the_questions_own_maximum_goes_before_the_general_one() -> None:
    assert answers.stored(question("text", maximum=3), "abc") == "abc"
    with pytest.raises(answers.AnswerError):
        answers.stored(question("text", maximum=3), "abcd")
    assert answers.stored(question("text", maximum=400), "x" * 400) == "x" * 400


def test_a_choice_is_stored_by_its_value_and_not_by_its_label() -> None:
    asked = question("choice", options=(Option("near", "Near"), Option("far", "Far")))
    assert answers.stored(asked, "far") == "far"
    with pytest.raises(answers.AnswerError) as caught:
        answers.stored(asked, "Far")
    assert caught.value.values == {"options": "near, far"}
