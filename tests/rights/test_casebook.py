"""Books of known answers: the shared files run as they are, and what a book says when an answer is not the expected one."""

from fractions import Fraction
from pathlib import Path

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights import casebook, strict_yaml
from tests.rights.known import FOLDER

ASKED = {"01": 3, "02": 3, "26": 3, "27": 1, "29": 4}
"""File, and how many of its cases have an answer to compare."""


def text(number: str) -> str:
    (found,) = FOLDER.glob(f"{number}_*.yaml")
    return found.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", ASKED)
def test_every_case_of_the_book_comes_out_as_its_source_says(number: str) -> None:
    book = casebook.run(text(number))
    assert book
    assert [answer.holds for answer in book.answers] == [True] * ASKED[number]


def test_the_edges_that_are_allocations_come_out_as_defined() -> None:
    book = casebook.run(text("90"))
    held = {answer.name for answer in book.answers if answer.holds}
    assert book
    assert held >= {
        "all weights zero",
        "one contributor",
        "chain alpha 1/5",
        "diamond",
        "upstream over cap",
        "cap 1/2",
        "cap infeasible",
        "floor infeasible",
        "vesting 1/4 then leaves",
        "pools 3/5 concept 2/5 execution",
    }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem[:2])
def test_no_book_is_contradicted(path: Path) -> None:
    assert casebook.is_book(strict_yaml.read(path.read_text(encoding="utf-8")))
    assert casebook.run(path.read_text(encoding="utf-8"))


BOOK = "id: x\nkind: allocation.withdrawal\ncases:\n- input: {shares: {A: 1/2, B: 1/2}, abandons: A}\n"


@pytest.mark.parametrize("expected", ["expect: {B: 1/2}", "expect: {A: 1, B: 1}", "expect_error: nobody"])
def test_an_answer_that_is_not_the_expected_one_does_not_hold(expected: str) -> None:
    book = casebook.run(BOOK + f"  {expected}\n")
    assert not book
    assert book.to_data()["answers"][0] == {"case": "1", "holds": False, "result": {"B": "1"}}


def test_what_is_refused_though_an_answer_was_expected_does_not_hold() -> None:
    book = casebook.run(BOOK.replace("abandons: A", "abandons: C") + "  expect: {B: 1}\n")
    assert not book
    assert '"C" holds no share' in book.answers[0].refused


def test_a_case_of_another_shape_is_said_to_be_so_and_does_not_hold() -> None:
    book = casebook.run(BOOK.replace("{A: 1/2, B: 1/2}", "[A, B]") + "  expect: {B: 1}\n")
    assert not book
    assert "not written as its names promise" in book.answers[0].refused


def test_a_case_of_another_kind_is_not_asked() -> None:
    (answer,) = casebook.run("kind: licensing.conflict\ncases:\n- {input: {a: b}, expect: c}\n").answers
    assert answer.holds is None
    assert answer.remarks[0].startswith("Not asked")


def test_slices_basis_points_and_nested_pools_are_compared_too() -> None:
    pie = "kind: allocation.cost_in_kind\ncases:\n- input: [{who: A, kind: time, hours: 2, rate: 5}]\n"
    assert casebook.run(pie + "  expect_slices: {A: 20}\n  expect_bp: {A: 10000}\n")
    assert not casebook.run(pie + "  expect_slices: {A: 21}\n")
    inner = "{w: {weight: 1, members: [A]}, m: {weight: 3, members: {A: 1, B: 1}}}"
    pools = f"kind: allocation.nested_pools\ncases:\n- input: {{pools: {{song: {{weight: 1, pools: {inner}}}}}}}\n"
    (answer,) = casebook.run(pools).answers
    assert {name: Fraction(share) for name, share in answer.result.items()} == {"A": Fraction(5, 8), "B": Fraction(3, 8)}


@pytest.mark.parametrize("broken", ["cases: []", "kind: x\ncases: {}", "kind: x\ncases: [1.5]", "kind: [x]\ncases: []"])
def test_what_is_no_book_is_refused_at_its_line(broken: str) -> None:
    with pytest.raises(FormatError, match="Line"):
        casebook.run(broken)
