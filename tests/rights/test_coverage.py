"""Gaps and overlaps: a cell says what an answer would stand on; overlaps say how they are resolved."""

from __future__ import annotations

from datetime import date

import pytest

from ipr_service.rights import coverage
from ipr_service.rights.outcomes import Value
from ipr_service.rights.powers import power
from ipr_service.rights.provisions import ACTS

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("country", "right", "question", "written"),
    [
        ("FR", "patent", ("power", "use"), "P"),
        ("FR", "design", ("power", "license"), "I"),
        ("IT", "patent", ("power", "license"), "S"),
        ("IT", "patent", ("power", "sue"), "u"),
        ("CY", "patent", ("power", "use"), "open"),
        ("ES", "design", ("power", "sell-share"), "I*"),
        ("PT", "software", ("owner", "employee"), "I*"),
        ("ES", "copyright", ("power", "administer"), "P*"),
        ("MT", "design", ("power", "use"), "–"),
        ("PT", "design", ("power", "use"), "–"),
    ],
)
def test_a_cell_says_what_an_answer_would_stand_on(country: str, right: str, question: tuple[str, str], written: str) -> None:
    assert str(coverage.cell(country, right, question, TODAY)) == written


def test_a_cell_that_shows_an_answer_is_a_question_that_the_engine_answers() -> None:
    for country, right in (("FR", "patent"), ("ES", "design"), ("IT", "trademark"), ("CY", "patent"), ("PT", "copyright")):
        for act in ACTS:
            answered = isinstance(power(country, right, act, TODAY), Value)
            assert answered == (str(coverage.cell(country, right, ("power", act), TODAY)).rstrip("*") in ("P", "I", "S"))


def test_the_packs_that_ship_hold_no_conflict_and_the_known_overlaps() -> None:
    found = coverage.overlaps(TODAY)
    assert [one for one in found if one.kind == "conflict"] == []
    spanish = next(one for one in found if one.country == "ES" and one.right == "trade_secret")
    assert (spanish.question, spanish.kind) == (("power", "sell-share"), "outranked")


def test_dated_rows_that_follow_one_another_do_not_overlap() -> None:
    assert [one for day in (date(2020, 6, 1), date(2021, 6, 1), TODAY) for one in coverage.overlaps(day) if one.country == "HR"] == []
