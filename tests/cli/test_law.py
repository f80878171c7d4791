"""``ipr law`` as it is called: the rows of the source table, in its order and words; what it refuses; how a day changes a mark."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from ipr_service.rights import jurisdictions
from tests.cli.conftest import Ipr

with (Path(jurisdictions.__file__).parent / "packs/jurisdictions.csv").open(encoding="utf-8", newline="") as handle:
    TABLE = list(csv.DictReader(handle))
PLACES = sorted({(row["country"], right) for row in TABLE for right in row["right"].split("|")})


def rows(ipr: Ipr, *words: str) -> list[dict[str, Any]]:
    ended = ipr("law", *words, "--json")
    assert (ended.code, ended.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


@pytest.mark.parametrize(("country", "right"), PLACES)
def test_json_is_the_rows_of_the_table_in_its_order_and_words(ipr: Ipr, country: str, right: str) -> None:
    names = {
        "right": "right",
        "topic": "topic",
        "rule": "value",
        "article": "article",
        "source_url": "source",
        "verified": "mark",
        "read_on": "read_on",
    }
    expected = [
        {names[name]: value for name, value in row.items() if name in names}
        for row in TABLE
        if row["country"] == country and right in row["right"].split("|")
    ]
    assert rows(ipr, country, right) == expected


def test_an_earlier_day_marks_what_was_not_checked_for_it_and_leaves_dated_rows(ipr: Ipr) -> None:
    marks = {row["topic"]: row["mark"] for row in rows(ipr, "HR", "copyright", "--date", "2020-06-01")}
    assert marks["employee_work_before_2021"] == "verified-secondary"
    assert marks["employee_work"] == "not in force on that date"
    assert marks["default_owner"] == "not checked for that date"
    assert marks["default_shares"] == "unverified"


def test_greece_is_reached_by_both_codes_in_any_case(ipr: Ipr) -> None:
    assert rows(ipr, "gr", "software") == rows(ipr, "EL", "software")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("US", "patent"), 'There is no pack for "US"; there are packs for: EU, FR, ES'),
        (("FR", "plant"), 'There is no row about "plant" for FR; there are rows about: patent'),
        (("FR", "patent", "--date", "2027-02-30"), "There is no such day"),
        (("FR",), "Missing argument 'RIGHT'"),
    ],
)
def test_what_is_not_there_is_a_named_error_and_leaves_with_2(ipr: Ipr, words: tuple[str, ...], said: str) -> None:
    ended = ipr("law", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_person_reads_rows_with_article_source_and_mark_and_unverified_ones_too(ipr: Ipr) -> None:
    said = " ".join(ipr("law", "IT", "patent").out.split())
    for part in ("sue_alone", "unverified: decides nothing", "c.c. 1108; Cass. 265/1981", "verified-secondary", "Not legal advice"):
        assert part in said
    assert "ipr law ES any_comunidad" in ipr("law", "ES", "design").out


def test_a_row_whose_review_is_overdue_says_so(ipr: Ipr) -> None:
    with time_machine.travel(datetime(2027, 9, 1, tzinfo=UTC), tick=False):
        said = ipr("law", "IT", "patent").out
    assert "overdue since" in said
    assert "2027-08-22" in said
    assert "2027-11-22" not in said


def test_it_says_what_holds_if_nobody_signs(ipr: Ipr) -> None:
    said = ipr("law", "EU", "design", "--maker", "anna IT", "--maker", "bruno FR employee acme").out
    assert "with FR first, the law of FR would govern" in said
    assert "bruno (employee) -> acme: employer. Goes to the employer [Reg. 6/2002 art. 14(3) (verified-primary)]" in said
    data = json.loads(ipr("law", "IT", "patent", "--maker", "anna", "--maker", "bruno - employee acme", "--json").out)
    assert data["shares"]["value"] == {"acme": "1/2", "anna": "1/2"}


@pytest.mark.parametrize(
    ("maker", "why"), [("a IT slave", "not a way of working"), ("a XX", "no country of ISO 3166"), ("", "one to four words")]
)
def test_a_maker_that_cannot_be_taken_is_refused(ipr: Ipr, maker: str, why: str) -> None:
    ended = ipr("law", "IT", "patent", "--maker", maker)
    assert ended.code == 2
    assert why in ended.err


@pytest.mark.parametrize(("country", "right"), [("IT", "patent"), ("FR", "patent"), ("ES", "patent"), ("IT", "copyright")])
def test_who_holds_all_has_nobody_to_ask(ipr: Ipr, country: str, right: str) -> None:
    """RIGHTS 3: the rules between co-owners need two of them."""
    told = json.loads(ipr("law", country, right, "--maker", "acme IT", "--json").out)
    assert (told["sole"], told["powers"]) == (True, [])
    said = ipr("law", country, right, "--maker", "acme IT").out
    assert "nobody else has to agree" in said
    assert "Nobody may do it alone" not in said
