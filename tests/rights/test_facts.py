"""Typed values: the type is plain from how a value is written, and what is written comes back the same."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import facts, strict_yaml
from ipr_service.rights.amounts import Cost
from ipr_service.rights.facts import Declared

F = Fraction
WRITTEN: list[tuple[str, Any, str]] = [
    ("30", F(30), "number"),
    ('"37.5"', F(75, 2), "number"),
    ("3/8", F(3, 8), "number"),
    ('"25 %"', F(1, 4), "number"),
    ("120.50 EUR", Cost(F(241, 2), "EUR"), "money"),
    ("100 JPY", Cost(F(100), "JPY"), "money"),
    ("2026-03-02", date(2026, 3, 2), "date"),
    ("concept", "concept", "code"),
    ("[form, concept]", ("concept", "form"), "codes"),
    ("true", True, "yes/no"),
]


@pytest.mark.parametrize(("text", "value", "kind"), WRITTEN)
def test_a_value_is_read_as_what_it_looks_like(text: str, value: Any, kind: str) -> None:
    found = facts.read(strict_yaml.read(text))
    assert (found, facts.type_of(found)) == (value, kind)


@pytest.mark.parametrize(("text", "value", "kind"), WRITTEN)
def test_a_value_comes_back_from_its_data(text: str, value: Any, kind: str) -> None:
    data = facts.to_data((("x", value),))
    written = ", ".join(data["x"]) if isinstance(data["x"], list) else str(data["x"]).lower() if data["x"] is True else f'"{data["x"]}"'
    node = strict_yaml.read(f"x: [{written}]" if isinstance(data["x"], list) else f"x: {written}")
    assert facts.read_all(node) == (("x", value),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1.5", "write decimals in quotes"),
        (".nan", "write decimals in quotes"),
        ("1" + "0" * 400, "at most 30 digits"),
        ("2026-02-30", "no such day"),
        ("0.005 EUR", "EUR has 2 decimals"),
        ("1.5 JPY", "JPY has 0 decimals"),
        ("5 XYZ", "XYZ"),
        ("null", "Here belongs a number"),
        ("{a: 1}", "Here belongs a number"),
        ("[a, a]", "named twice"),
        ("two words", "An id is"),
    ],
)
def test_what_is_no_value_is_refused_at_its_line(text: str, says: str) -> None:
    with pytest.raises(FormatError, match="Line 2") as refusal:
        facts.read_all(strict_yaml.read(f"\nx: {text}"))
    assert says in str(refusal.value)


DECLARED = {
    "place": Declared("place", "party", "number"),
    "holder": Declared("holder", "case", "party"),
    "written": Declared("written", "case", "yes/no"),
}


@pytest.mark.parametrize(
    ("of", "stated", "says"),
    [
        ("case", (("writen", True),), 'did you mean "written"'),
        ("contribution", (("place", F(1)),), 'asks for no fact "place" here'),
        ("party", (("place", True),), "needs a number"),
        ("party", (("place", F(-1)),), "negative"),
        ("case", (("holder", "bruno"),), 'no party "bruno"'),
        ("case", (("holder", True),), "needs a party"),
    ],
)
def test_a_fact_that_the_policy_does_not_ask_for_or_of_another_type_is_refused(of: str, stated: facts.Facts, says: str) -> None:
    with pytest.raises(InputError, match=says):
        facts.check("/facts", stated, of, DECLARED, frozenset(("anna",)))


def test_facts_that_are_asked_for_are_taken() -> None:
    facts.check("/facts", (("holder", "anna"), ("written", False)), "case", DECLARED, frozenset(("anna",)))
