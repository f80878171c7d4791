"""Territories: codes, macros by day, where two meet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights import territories as t
from tests.rights.grants import PLACES, some

DAY = timedelta(days=1)


def reaches(codes: tuple[str, ...], place: str, on: date) -> bool:
    """A definition by one place and one day, as slow as it is plain."""
    return any(begin <= on < until for above in t.lineage(place) for begin, until in t.places(codes).get(above, ()))


def test_iso_3166_has_249_countries_and_5046_parts() -> None:
    assert len(t.countries()) == 249
    assert len(t._tree()) == 249 + 5046


def test_milan_lies_in_lombardy_in_italy_in_the_world() -> None:
    assert t.lineage("IT-MI") == ("IT-MI", "IT-25", "IT", "WORLD")


@pytest.mark.parametrize(
    ("written", "kept"), [("it", "IT"), ("EL", "GR"), ("UK", "GB"), (" fr-idf ", "FR-IDF"), ("EU@2015-01-01", "EU@2015-01-01")]
)
def test_codes_are_kept_in_one_spelling(written: str, kept: str) -> None:
    assert t.spelled("/territory", written) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Italia", "ISO 3166"),
        ("IT-99", "no part of a country"),
        ("XK", "no territory"),
        ("", "no territory"),
        ("EU@2015-13-01", "no such day"),
        ("MED@2010-01-01", "had no countries"),
        ("ASEAN@2015-01-01", "no group"),
    ],
)
def test_what_is_no_territory_is_refused_by_name(written: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        t.spelled("/territory/0", written)
    assert refused.value.problems[0].pointer == "/territory/0"


@pytest.mark.parametrize(
    ("macro", "code", "day", "inside"),
    [
        ("EU", "HR", "2013-06-30", False),
        ("EU", "HR", "2013-07-01", True),
        ("EU", "GB", "2020-01-31", True),
        ("EU", "GB", "2020-02-01", False),
        ("EU", "SI", "2004-04-30", False),
        ("EU", "SI", "2004-05-01", True),
        ("EEA", "NO", "2026-01-01", True),
        ("EEA", "CH", "2026-01-01", False),
        ("MED", "MK", "2020-12-31", False),
        ("MED", "MK", "2021-01-01", True),
        ("EU@2012-01-01", "HR", "2026-01-01", False),
        ("EU@2012-01-01", "GB", "2026-01-01", True),
    ],
)
def test_a_macro_stands_for_its_countries_day_by_day(macro: str, code: str, day: str, inside: bool) -> None:
    assert reaches((macro,), code, date.fromisoformat(day)) is inside


def test_the_union_had_as_many_members_as_the_treaties_say() -> None:
    known = {"1958": 6, "1973": 9, "1981": 10, "1986": 12, "1995": 15, "2004-05": 25, "2007": 27, "2013-07": 28, "2020-02": 27}
    for day, many in known.items():
        on = date.fromisoformat(f"{day}-01" if "-" in day else f"{day}-01-01")
        assert sum(reaches(("EU",), code, on) for code in t.countries()) == many, day


@given(
    some(PLACES), some(PLACES), st.sampled_from(("IT", "IT-MI", "HR", "GB", "CH", "FR-75")), st.dates(date(2011, 1, 1), date(2030, 1, 1))
)
def test_two_territories_meet_exactly_where_and_when_both_reach(
    first: tuple[str, ...], second: tuple[str, ...], place: str, on: date
) -> None:
    days = (date(2012, 1, 1), date(2029, 1, 1))
    met = t.shared(first, second, days)
    inside = any(begin <= on < until for above in t.lineage(place) for begin, until in met.get(above, ()))
    assert inside == (reaches(first, place, on) and reaches(second, place, on) and days[0] <= on < days[1])
    assert dict(met) == dict(t.shared(second, first, days))
    assert t.touch(first, second, days) is bool(met)


@given(some(PLACES), some(PLACES), st.sampled_from(("IT", "HR", "GB", "FR")), st.dates(date(2011, 1, 1), date(2030, 1, 1)))
def test_what_is_lacking_is_what_is_needed_and_not_given(needed: tuple[str, ...], given_: tuple[str, ...], place: str, on: date) -> None:
    needed = tuple(code for code in needed if code != "WORLD") or ("FR",)
    span = (date(2014, 1, 1), date(2020, 1, 1))
    left = t.lacking(needed, [(given_, span)], (date(2013, 1, 1), date(2025, 1, 1)))
    covered = reaches(given_, place, on) and span[0] <= on < span[1]
    missing = any(begin <= on < until for begin, until in left.get(place, ()))
    assert missing == (place in t.places(needed) and reaches((place,), place, on) and _needs(needed, place, on) and not covered)


def _needs(needed: tuple[str, ...], place: str, on: date) -> bool:
    return any(begin <= on < until for begin, until in t.places(needed).get(place, ())) and date(2013, 1, 1) <= on < date(2025, 1, 1)


def test_countries_that_make_up_a_macro_are_called_by_its_name() -> None:
    days = (date(2021, 1, 1), date(2022, 1, 1))
    members = [code for code in t.countries() if reaches(("EU",), code, days[0])]
    assert t.named([*members, "CH"], days) == ("EU", "CH")
    assert t.named(members[1:], days) == tuple(members[1:])
    assert t.named(members, (date(2013, 1, 1), date(2014, 1, 1))) == tuple(sorted(members)), "Croatia joined in between"


@pytest.mark.parametrize(
    ("begin", "until", "text"),
    [
        ("2028-06-01", "2029-01-01", "2028-06-01..2028-12-31"),
        ("", "2029-01-01", "..2028-12-31"),
        ("2028-06-01", "", "2028-06-01.."),
        ("", "", ".."),
    ],
)
def test_days_are_written_with_both_included(begin: str, until: str, text: str) -> None:
    days = (date.fromisoformat(begin) if begin else t.ALWAYS_FROM, date.fromisoformat(until) if until else t.ALWAYS_UNTIL)
    assert t.span_text(days) == text


def test_intervals_that_touch_are_one() -> None:
    one = date(2020, 1, 1)
    assert t.joined([(one, one + DAY), (one + DAY, one + 2 * DAY), (one + 3 * DAY, one + 4 * DAY)]) == (
        (one, one + 2 * DAY),
        (one + 3 * DAY, one + 4 * DAY),
    )
