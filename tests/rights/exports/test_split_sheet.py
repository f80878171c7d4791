"""Split sheets: both conventions, exact, and no cell that runs."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.exports.split_sheet import Holder, by_party, rows, sheet, to_csv
from tests.rights.known import of_kind

THIRDS = [Holder(name, Fraction(1, 3)) for name in ("Anna", "Bruno", "Clara")]


def test_the_100_convention_halves_each_side_and_the_200_one_does_not() -> None:
    half, whole = sheet("Song", THIRDS, "100"), sheet("Song", THIRDS, "200")
    assert half.sums == (Fraction(1, 2), Fraction(1, 2))
    assert whole.sums == (Fraction(1), Fraction(1))
    assert rows(half)[1] == ["Anna", "", "", "1/3", "16 2/3 %", "Anna", "16 2/3 %"]
    assert rows(whole)[-1] == ["Together", "", "", "1", "100 %", "", "100 %"]


@pytest.mark.parametrize("known", of_kind("allocation.nested_pools"), ids=lambda known: str(list(known["expect"])))
def test_the_writers_of_the_known_case_stand_with_their_shares(known: dict[str, dict[str, str]]) -> None:
    shares = {name: Fraction(share) for name, share in known["expect"].items()}
    found = sheet("ROCKSTAR", by_party(shares, {}, {}), "200")
    assert {line.holder.name: line.creator for line in found.lines} == shares
    assert {line.holder.name: line.publisher for line in found.lines} == shares, "the publisher's side mirrors the writers'"


def test_a_publisher_takes_its_side_and_who_holds_nothing_has_no_line() -> None:
    found = sheet("Song", [Holder("Anna", Fraction(1), publisher="Casa")])
    assert rows(found)[1][5] == "Casa"
    assert [one.name for one in by_party({"a": Fraction(1), "b": Fraction(0)}, {"a": "Anna", "b": "Bruno"}, {})] == ["Anna"]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=9))
def test_both_sides_always_add_up(weights: list[int]) -> None:
    holders = [Holder(f"h{number}", Fraction(weight, sum(weights))) for number, weight in enumerate(weights)]
    assert sum(sheet("x", holders, "100").sums) == 1
    assert sum(sheet("x", holders, "200").sums) == 2


def test_shares_that_make_no_whole_and_unknown_conventions_are_refused() -> None:
    for holders, convention in ((THIRDS[:2], "100"), (THIRDS, "300")):
        with pytest.raises(InputError):
            sheet("x", holders, convention)


def test_no_cell_is_a_formula() -> None:
    text = to_csv(sheet("x", [Holder("=1+1", Fraction(1), organisation="@x", work="-y")]))
    assert list(csv.reader(io.StringIO(text)))[1][:3] == ["'=1+1", "'@x", "'-y"]
