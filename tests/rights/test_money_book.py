"""The known answers about money in tests/cases/rights, each file as it is; and what a book says when an answer is not the expected one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ipr_service.rights import money_book
from ipr_service.rights.casebook import Book

FOLDER = Path(__file__).parents[1] / "cases" / "rights"
ASKED = {"20": 1, "22": 3, "23": 3, "25": 2, "31": 3, "90": 3}
"""File, and how many of its cases are about money and have an answer to compare."""


def text(number: str) -> str:
    (found,) = FOLDER.glob(f"{number}_*.yaml")
    return found.read_text(encoding="utf-8")


def held(book: Book) -> list[bool | None]:
    return [answer.holds for answer in book.answers if answer.holds is not None]


@pytest.mark.parametrize("number", ASKED)
def test_every_case_of_the_book_comes_out_as_its_source_says(number: str) -> None:
    assert held(money_book.run(text(number))) == [True] * ASKED[number]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem[:2])
def test_no_book_is_contradicted_and_what_is_not_about_money_says_so(path: Path) -> None:
    book = money_book.run(path.read_text(encoding="utf-8"))
    assert book
    assert all(answer.holds is not None or answer.remarks or answer.result for answer in book.answers)


def _other(expected: Any) -> Any:
    """The same expectation with every amount one hundredth too much."""
    if isinstance(expected, dict):
        return {name: _other(amount) for name, amount in expected.items()}
    if isinstance(expected, list):
        return [_other(amount) for amount in expected]
    return f"{expected}.01" if "." not in str(expected) else f"{expected}1"


@pytest.mark.parametrize("number", ASKED)
def test_with_any_other_answer_expected_no_case_holds(number: str) -> None:
    loaded = yaml.safe_load(text(number))
    for case in loaded["cases"]:
        for name in [name for name in case if name.startswith("expect") and name != "expect_error"]:
            case[name] = _other(case[name])
    wrong = yaml.safe_dump(loaded, allow_unicode=True)
    assert held(money_book.run(wrong)) == [False] * ASKED[number]


HEAD = "id: x\nkind: money.apportion\ncases:\n"


@pytest.mark.parametrize(
    ("case", "holds", "said"),
    [
        (
            "input: {amount: '0.05', currency: EUR, shares: {a: 1/2, b: 1/2}, carry: true, times: 3}, expect: {a: '0.08', b: '0.07'}",
            True,
            "",
        ),
        ("input: {amount: '600.00', shares: {a: 1/2, b: 1/2}, claims: [{a: 1/3, b: 2/3}]}, expect: {a: 200, b: 300, held: 100}", True, ""),
        ("input: {amounts: ['0.01', '0.02'], shares: {a: 1/2, b: 1/2}, carry: true}, expect: {a: '0.02', b: '0.01'}", True, ""),
        ("input: {amount: '1.00', weights: {a: 1, b: 3}}, expect: {a: '0.25', b: '0.75'}", True, ""),
        ("input: {amount: '1.00', weights: {a: 1, b: 3}}, expect: {a: '0.25'}", False, ""),
        ("input: {amount: '1.00', weights: {a: 0, b: 0}}, expect_error: no basis", True, "add up to 1"),
        ("input: {amount: '1.00', shares: {a: 1/2, b: 1/3}}, expect: {a: 1}", False, "add up to 1"),
        ("input: {amount: '1.005', currency: EUR, n: 2}, expect_error: finer", True, "finer than its smallest unit, 0.01"),
        ("input: {amount: '1.00', currency: ECU, n: 2}, expect_error: currency", True, "not a currency"),
        ("input: {amount: '1.00', n: 0}, expect_sum: 1", False, "at most"),
        ("input: {amount: '1.00', n: 2, times: 999999999}, expect_sum: 1", False, "from 1 to"),
        ("input: {amount: '1.00', shares: [a, b]}, expect_sum: 1", False, "not written as its names promise"),
        ("input: {amount: '1.00'}, expect_sum: 1", False, "not written as its names promise"),
        ("input: {gross: '1.00'}, expect: {a: 1}", False, "needs a rule"),
        ("input: {amount: '1.00', n: 2}, expect_error: anything", False, ""),
    ],
)
def test_further_cases_of_the_same_shapes_run_and_wrong_ones_say_why(case: str, holds: bool, said: str) -> None:
    (answer,) = money_book.run(f"{HEAD}- {{{case}}}\n").answers
    assert answer.holds is holds
    assert said in answer.refused


def test_a_rule_may_be_written_out_as_a_waterfall() -> None:
    book = """
id: own
kind: money.waterfall
rule:
  waterfall: camp
  version: 1
  title: t
  source: s
  currency: TND
  groups: {makers: {anna: 2/3, bruno: 1/3}}
  steps:
    - {id: a, kind: recoup, to: hub, cap: "100.000", of: 1/2, source: s}
    - {id: b, kind: shares, shares: {makers: 1}, source: s}
cases:
- input: {gross: "300.000"}
  expect: {hub: "100.000", anna: "133.333", bruno: "66.667"}
  expect_makers_total: "200.000"
- input: {gross: "30.000"}
  expect: {hub: 15, anna: 10, bruno: 5}
"""
    assert held(money_book.run(book)) == [True, True]
