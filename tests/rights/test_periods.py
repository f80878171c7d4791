"""Periods: ISO 8601 durations as exact calendar arithmetic."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.periods import Period


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ("2027-01-31", "P1M", "2027-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2027-01-31", "P3M", "2027-04-30"),
        ("2027-12-31", "P1M", "2028-01-31"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2027-01-10", "P45D", "2027-02-24"),
        ("2027-01-10", "P12M", "2028-01-10"),
        ("2027-01-10", "P1Y6M2D", "2028-07-12"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_there_is(start: str, period: str, end: str) -> None:
    assert Period.parse(period).after(date.fromisoformat(start)) == date.fromisoformat(end)


@pytest.mark.parametrize("text", ["", "P", "3M", "P0M", "P-3M", "P1.5Y", "PT5H", "P3M ", "P3W", "P1000Y"])
def test_what_is_no_period_of_years_months_or_days_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="P3M"):
        Period.parse(text)


def test_a_period_that_ends_after_the_calendar_is_refused() -> None:
    for text in ("P999Y", "P9999D"):
        with pytest.raises(InputError, match="9999"):
            Period.parse(text).after(date(9990, 1, 1))


def test_a_period_is_said_in_words() -> None:
    assert Period.parse("P1Y3M45D").words == "1 year 3 months 45 days"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 5000))
def test_a_period_reads_back_as_it_was_written(years: int, months: int, days: int) -> None:
    period = Period(years, months, days)
    assert Period.parse(str(period)) == period


@given(st.dates(max_value=date(9000, 1, 1)), st.integers(1, 999))
def test_a_period_never_ends_before_it_begins(start: date, months: int) -> None:
    assert Period(months=months).after(start) > start
