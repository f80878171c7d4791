"""Expressions: what each operation gives, what is missing, and that every type is known before a run."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import expressions, language, strict_yaml
from ipr_service.rights.amounts import Cost
from ipr_service.rights.facts import TYPES, Value
from ipr_service.rights.language import ARITY, OPERATIONS, Lacking, evaluate, told, typed
from ipr_service.rights.precedence import Missing

F = Fraction
NAMES = {
    "points": "number",
    "hours": "number",
    "rate": "money",
    "spent": "money",
    "role": "code",
    "joined": "date",
    "left": "date",
    "ok": "yes/no",
}
KNOWN: dict[str, Value] = {
    "points": F(30),
    "rate": Cost(F(50), "EUR"),
    "spent": Cost(F(20), "CHF"),
    "role": "form",
    "joined": date(2024, 1, 31),
    "left": date(2025, 3, 30),
}


def scope(name: str) -> Value | Missing:
    return KNOWN.get(name, Missing(name))


def expression(text: str) -> language.Expression:
    return expressions.read(strict_yaml.read(text), NAMES, *TYPES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("points", F(30)),
        ("{plus: [points, 1, 3/8]}", F(251, 8)),
        ("{minus: [points, 40]}", F(-10)),
        ("{times: [points, rate, 2]}", Cost(F(3000), "EUR")),
        ("{over: [1, points]}", F(1, 30)),
        ("{over: [rate, 20 EUR]}", F(5, 2)),
        ("{over: [rate, 4]}", Cost(F(25, 2), "EUR")),
        ("{least: [points, 7]}", F(7)),
        ("{greatest: [rate, 70 EUR]}", Cost(F(70), "EUR")),
        ("{in: [role, [concept, form]]}", True),
        ("{same: [points, 30]}", True),
        ("{below: [points, 30]}", False),
        ("{up-to: [points, 30]}", True),
        ("{before: [joined, left]}", True),
        ("{months: [joined, left]}", F(13)),
        ("{if: [{in: [role, [form]]}, 1, 2]}", F(1)),
        ("{not: {known: hours}}", True),
        ("{known: points}", True),
        ("{all: [{known: hours}, ok]}", False),
        ("{any: [{known: points}, ok]}", True),
        ("{if: [{known: hours}, hours, 5]}", F(5)),
    ],
)
def test_what_an_expression_gives(text: str, value: Any) -> None:
    assert evaluate(expression(text), scope) == value


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("hours", {"hours"}),
        ("{times: [hours, points]}", {"hours"}),
        ("{if: [ok, points, hours]}", {"ok"}),
        ("{all: [{known: points}, ok]}", {"ok"}),
        ("{any: [{known: hours}, ok]}", {"ok"}),
        ("{plus: [hours, {if: [ok, 1, 2]}]}", {"hours", "ok"}),
    ],
)
def test_what_is_missing_is_named_and_never_taken_for_zero(text: str, missing: set[str]) -> None:
    found = evaluate(expression(text), scope)
    assert isinstance(found, Lacking)
    assert {fact.fact for fact in found.missing} == missing


def test_a_period_does_not_run_backwards() -> None:
    with pytest.raises(InputError, match="2024-01-31 is before 2025-03-30"):
        evaluate(expression("{months: [left, joined]}"), scope)


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(RefusedError, match="30 cannot be divided by 0"):
        evaluate(expression("{over: [points, 0]}"), scope)
    with pytest.raises(RefusedError, match="50 EUR cannot be divided by 0"):
        evaluate(expression("{over: [rate, 0 EUR]}"), scope)


@pytest.mark.parametrize("operation", ["plus", "minus", "least", "below", "over"])
def test_two_currencies_are_never_mixed(operation: str) -> None:
    with pytest.raises(InputError, match="CHF, EUR"):
        evaluate(expression(f"{{{operation}: [rate, spent]}}"), scope)


def test_money_is_never_below_zero() -> None:
    with pytest.raises(InputError, match="50 EUR less 60 EUR is below 0"):
        evaluate(expression("{minus: [rate, 60 EUR]}"), scope)


def test_there_is_no_operation_beyond_the_table() -> None:
    numbers = {"plus", "minus", "times", "over", "least", "greatest", "months"}
    answers = {"same", "below", "up-to", "before", "in", "not", "all", "any", "known"}
    assert set(OPERATIONS) == numbers | answers | {"if"}


@given(st.sampled_from(OPERATIONS), st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
def test_every_operation_says_for_all_types_whether_it_takes_them(operation: str, types: list[str]) -> None:
    least, most = ARITY[operation]
    if least <= len(types) <= most:
        assert typed(operation, tuple(types)) in (None, *TYPES)


def test_an_expression_is_told_with_its_values_in_place() -> None:
    text = "{if: [{in: [role, [form]]}, {times: [{plus: [points, 1]}, rate]}, rate]}"
    assert told(expression(text), scope) == "(30 + 1) × 50 EUR"


def test_an_expression_comes_back_from_its_data() -> None:
    text = '{"if": [{"in": ["role", ["concept", "form"]]}, {"times": ["points", "1/2"]}, {"least": ["points", "7"]}]}'
    assert language.to_data(expression(text)) == strict_yaml_data(text)
    assert language.names_in(expression(text)) == {"role", "points"}


def strict_yaml_data(text: str) -> Any:
    return json.loads(text)
