"""Times, shares and amounts have one spelling each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import statement_forms

NOW = datetime(2026, 3, 2, 9, 30, 15, 999999, tzinfo=UTC)


@given(st.fractions(0, 1, max_denominator=10**9))
def test_a_share_survives_its_text(share: Fraction) -> None:
    assert statement_forms.parse_fraction(statement_forms.format_fraction(share)) == share


@pytest.mark.parametrize(
    "text", ["2/4", "1/1", "0/1", "5/0", "3/2", "-1/2", "+1/2", "0.5", "50%", "1 / 2", "1/2\n", "01/2", "½", "", 1, None]
)
def test_a_share_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError):
        statement_forms.parse_fraction(text)


def test_times_are_utc_in_whole_seconds() -> None:
    assert statement_forms.format_time(NOW) == "2026-03-02T09:30:15Z"
    assert statement_forms.format_time(NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "2026-03-02T09:30:15Z"
    assert statement_forms.parse_time("2026-03-02T09:30:15Z") == NOW.replace(microsecond=0)
    with pytest.raises(FormatError):
        statement_forms.format_time(datetime(2026, 3, 2))  # noqa: DTZ001 - a time without zone is what is refused


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026-03-02T09:30Z",
        "2026-03-02T09:30:15",
        "2026-03-02T09:30:15+00:00",
        "2026-03-02 09:30:15Z",
        "2026-02-30T00:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:30:15.0Z",
        "2026-03-02T09:30:15z",
        "٢026-03-02T09:30:15Z",
        None,
    ],
)
def test_a_time_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError):
        statement_forms.parse_time(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_its_text(moment: datetime) -> None:
    assert statement_forms.parse_time(statement_forms.format_time(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize("text", ["0", "-0.05", "1234.500", "666.6667", "9999999999999999999"])
def test_an_amount_is_written_in_major_units(text: str) -> None:
    statement_forms.amount(text)


@pytest.mark.parametrize("text", ["", "1,50", "01.50", ".50", "1.", "1.23456", "+1", "1e3", "1 000", 1, None])
def test_an_amount_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError, match="an amount in major units"):
        statement_forms.amount(text)  # type: ignore[arg-type]  # some are no text
