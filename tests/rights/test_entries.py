"""Parties, contributions, background and shares from nodes of a file."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights import entries
from ipr_service.rights.contributions import Background, Contribution, Cost
from ipr_service.rights.parties import Party
from ipr_service.rights.strict_yaml import read


def test_a_party_needs_no_more_than_its_id() -> None:
    assert entries.party(read("{id: a}")) == Party("a")
    assert entries.party(read("{id: a, name: Ana, organisation: Studio, country: PT}")) == Party("a", "Ana", "Studio", "PT")


def test_every_field_of_a_contribution_is_read() -> None:
    text = (
        "{id: c, party: a, role: form, degree: lead, points: 3/2, effort: '7.5', cost: {amount: 10, currency: EUR}, "
        f"severable: true, built_on: [x, y], registered_at: 2026-03-02T10:00:00.5Z, commitment: {'0a' * 32}}}"
    )
    assert entries.contribution(read(text)) == Contribution(
        "c", "a", "form", "lead", Fraction(3, 2), Fraction(15, 2), Cost(Fraction(10), "EUR"), True, ("x", "y"),
        datetime(2026, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC), "0a" * 32,
    )  # fmt: skip


def test_background_is_read() -> None:
    text = "{id: b, party: a, title: A joint, registered_at: 2026-03-02T10:00:00Z}"
    assert entries.background(read(text)) == Background("b", "a", "A joint", datetime(2026, 3, 2, 10, tzinfo=UTC))


def test_shares_are_read_as_fractions_decimals_and_percentages() -> None:
    assert entries.split(read("{c: 1/4, a: '0.5', b: 25 %}")).fractions == {"a": Fraction(1, 2), "b": Fraction(1, 4), "c": Fraction(1, 4)}


@pytest.mark.parametrize(
    "written", ["2026-03-02", "2026-03-02T10:00:00", "2026-03-02T10:00:00+01:00", "2026-13-02T10:00:00Z", "2026-03-02T25:00:00Z"]
)
def test_a_time_that_is_not_utc_or_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(FormatError, match="registered_at"):
        entries.contribution(read(f"{{id: c, party: a, role: form, registered_at: {written}}}"))


@pytest.mark.parametrize("text", ["{}", "{a: 1/2}", "{a: 3/2, b: -1/2}", "{a b: 1}", "[a, b]", "a"])
def test_what_is_not_a_whole_split_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        entries.split(read(text))
