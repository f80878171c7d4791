"""Packs: the source table word for word, dated, immutable; what a row is worth on a day."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import jurisdictions
from ipr_service.rights.jurisdictions import DECIDES, NOT_CHECKED, NOT_IN_FORCE, UNVERIFIED, Row

PACKS = Path(jurisdictions.__file__).parent / "packs"
with (PACKS / "jurisdictions.csv").open(encoding="utf-8", newline="") as handle:
    TABLE = list(csv.DictReader(handle))
GOLDEN = Path(__file__).parent / "golden" / "packs.json"
# Rows whose own dates were taken from the words of their prose; the source table leaves the columns empty.
DATED = {("HR", "copyright.employee_work"), ("HR", "copyright.employee_work_before_2021")}


def shipped_rows() -> list[Row]:
    return [row for reference in jurisdictions.SHIPPED for row in jurisdictions.shipped(reference).rows]


def one(country: str, right: str, topic: str) -> Row:
    return next(row for row in jurisdictions.rows(country, right) if row.topic == topic)


def test_the_packs_hold_every_row_of_the_source_table_word_for_word_and_in_its_order() -> None:
    assert len(TABLE) == 183
    in_packs = [
        {
            "country": row.country,
            "right": row.rights,
            "topic": row.topic,
            "rule": row.rule,
            "article": row.article,
            "source_url": row.source,
            "verified": row.mark,
            "read_on": row.read_on.isoformat() if row.read_on else "",
        }
        for row in shipped_rows()
    ]
    assert in_packs == [{name: value for name, value in row.items() if not name.startswith("valid_")} for row in TABLE]


def test_only_rows_that_say_so_carry_dates_that_the_table_has_not() -> None:
    assert not any(row["valid_from"] or row["valid_to"] for row in TABLE)
    dated = {(row.country, row.id) for row in shipped_rows() if row.valid_from or row.valid_to}
    assert dated == DATED == {(row.country, row.id) for row in shipped_rows() if row.dated}


def test_a_row_that_was_verified_is_typed_and_one_that_was_not_is_not() -> None:
    for row in shipped_rows():
        assert bool(row.says) == (row.mark != "unverified"), row.id
        assert bool(row.read_on) == (row.mark != "unverified"), row.id
        assert row.read_on is None or row.review_by > row.read_on, row.id


def test_a_pack_that_was_published_never_changes() -> None:
    digests = {reference: jurisdictions.shipped(reference).digest.hex() for reference in jurisdictions.SHIPPED}
    assert digests == json.loads(GOLDEN.read_text()), (
        "another reading of the law is another version: write a new file and name it in SHIPPED"
    )
    assert hashlib.sha256((PACKS / "jurisdictions.csv").read_bytes()).hexdigest() in (PACKS / "SOURCES.md").read_text()


def test_a_row_before_the_day_it_was_read_is_not_checked_and_decides_nothing() -> None:
    row = one("FR", "patent", "exploit_alone")
    assert row.read_on == date(2026, 11, 22)
    assert [row.standing(day) for day in (date(2026, 11, 21), date(2026, 11, 22), date(2040, 1, 1))] == [NOT_CHECKED, DECIDES, DECIDES]


def test_a_dated_row_stands_within_its_own_days_only() -> None:
    now, before = one("HR", "copyright", "employee_work"), one("HR", "copyright", "employee_work_before_2021")
    days = (date(2003, 6, 1), date(2020, 6, 1), date(2020, 12, 31), date(2021, 6, 1), date(2022, 1, 1), date(2026, 12, 1))
    assert [before.standing(day) == DECIDES for day in days] == [False, True, True, False, False, False]
    assert [now.standing(day) for day in days] == [*[NOT_IN_FORCE] * 4, DECIDES, DECIDES]


def test_an_unverified_row_decides_on_no_day() -> None:
    row = one("IT", "patent", "sue_alone")
    assert {row.standing(day) for day in (date(1990, 1, 1), date(2026, 11, 22), date(2040, 1, 1))} == {UNVERIFIED}


def test_a_row_is_overdue_the_day_after_its_review_date_and_is_named() -> None:
    row = one("FR", "patent", "exploit_alone")
    assert [row.overdue(day) for day in (date(2027, 11, 22), date(2027, 11, 23))] == [False, True]
    assert jurisdictions.overdue(date(2026, 11, 22)) == ()
    assert len(jurisdictions.overdue(date(2027, 11, 23))) == 183
    assert row.citation(date(2027, 11, 23)).overdue


def test_greece_is_reached_by_both_of_its_codes() -> None:
    assert jurisdictions.rows("gr", "software") == jurisdictions.rows("EL", "software") != ()


def test_a_row_about_several_rights_is_found_by_each_and_by_all() -> None:
    wanted = one("IT", "patent", "default_shares")
    for right in ("patent", "design", "trademark", "patent|design|trademark", "design|patent"):
        assert wanted in jurisdictions.rows("IT", right)
    assert wanted not in jurisdictions.rows("IT", "patent|design|trademark|trade_secret")


@pytest.mark.parametrize(
    ("country", "right", "why"),
    [("US", "patent", "EU, FR, ES"), ("FR", "plant", "patent, copyright"), ("", "patent", "packs"), ("MT", "design", "copyright")],
)
def test_an_unknown_country_or_right_is_refused_with_what_there_is(country: str, right: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        jurisdictions.rows(country, right)


TINY = """
pack: XX
version: 1
title: Nowhere
general: []
rows:
  - {id: a.use, rights: patent, topic: use, rule: R, article: A, source: S, mark: verified-primary, read_on: 2026-01-01,
     review_by: 2027-01-01, says: [{power: use, who: alone}], worked: [{power: use, expect: "yes"}]}
"""


def test_a_pack_reads_from_its_file() -> None:
    (row,) = jurisdictions.load(TINY).rows
    assert (row.pack, row.read_on, row.standing(date(2025, 1, 1))) == ("XX@1", date(2026, 1, 1), NOT_CHECKED)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("verified-primary", "unverified", "decides nothing"),
        ("verified-primary", "checked", "known"),
        ('worked: [{power: use, expect: "yes"}]', "worked: []", "worked case"),
        ('worked: [{power: use, expect: "yes"}]', "worked: [{power: use}]", "expect"),
        ("review_by: 2027-01-01", 'review_by: ""', "no such day"),
        ("read_on: 2026-01-01", "read_on: 2026-02-30", "no such day"),
        ("read_on: 2026-01-01", "read_on: 2026-01-01, valid_from: 2026-02-01, valid_to: 2026-01-01", "before the first"),
        ("pack: XX", "pack: &x XX", "Anchors"),
    ],
)
def test_a_pack_that_is_not_one_is_refused_at_its_line(old: str, new: str, why: str) -> None:
    assert old in TINY
    with pytest.raises(FormatError, match=rf"Line \d+, .*{why}"):
        jurisdictions.load(TINY.replace(old, new))


def test_two_rows_of_one_id_are_refused() -> None:
    line = TINY[TINY.index("  - {id") :]
    with pytest.raises(FormatError, match="twice"):
        jurisdictions.load(TINY + line)


def test_general_law_gives_no_better_mark_than_the_reason_why_it_applies() -> None:
    row = one("ES", "any_comunidad", "assign_share")
    patents, designs = jurisdictions.pack("ES").general[:2]
    marks = [row.citation(date(2026, 11, 22), filling).mark for filling in (None, patents, designs)]
    assert marks == ["verified-primary", "verified-primary", "inferred-from-primary"]


def test_a_question_without_a_day_is_never_asked_before_the_law_was_read() -> None:
    assert jurisdictions.newest() == date(2026, 11, 22)
    assert [jurisdictions.present(day) for day in (date(2026, 3, 2), date(2027, 5, 1))] == [date(2026, 11, 22), date(2027, 5, 1)]
