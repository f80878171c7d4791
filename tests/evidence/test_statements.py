from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import statements
from ipr_service.evidence.canonical import from_jcs, to_jcs

NOW = datetime(2026, 3, 2, 9, 30, 15, 999999, tzinfo=UTC)
HEX = "ab" * 32
COMMITMENT = "W8j9RWOJKu7dZrD01v04efpQIYjgYJcYm96+rOEZelQ="

MADE: dict[str, dict[str, Any]] = {
    "subject": statements.subject("Sedia", "", "it"),
    "file": statements.file(1, "chair.svg", 109, "image/svg+xml"),
    "contributor": statements.contributor("mailto:sara@example.org", "form", Fraction(5, 8)),
    "confirmation": statements.confirmation(COMMITMENT, "mailto:a@example.org", "form", Fraction(3, 8), "confirmed", NOW),
    "party": statements.party("mailto:sara@example.org", "Sara", "designer"),
    "disclosure": statements.disclosure([COMMITMENT], "mailto:ana@example.org", HEX, NOW),
    "access": statements.access(COMMITMENT, "mailto:ana@example.org", 1, NOW),
    "revocation": statements.revocation(COMMITMENT, "mailto:sara@example.org", NOW),
    "split": statements.split("points@1", HEX, [("mailto:a@example.org", Fraction(5, 8)), ("mailto:b@example.org", Fraction(3, 8))], HEX),
    "acceptance": statements.acceptance(COMMITMENT, "mailto:a@example.org", "mailto:a@example.org", NOW),
    "transfer": statements.transfer([COMMITMENT], ("mailto:a@example.org", "Casa"), ("mailto:b@example.org", "Studio"), NOW, NOW),
    "publication": statements.publication(COMMITMENT, [0, 2], "mailto:a@example.org", NOW),
    "agreement": statements.agreement("nda-one-way", "nda-one-way@1", HEX),
    "signature": statements.signature(HEX, "mailto:a@example.org", "recipient", "mail-code", "sign-consent@1", HEX, NOW),
    "decline": statements.decline(HEX, "mailto:a@example.org", "Not my part.", NOW),
    "executed": statements.executed(HEX, [COMMITMENT], None, NOW),
    "renewal": statements.renewal(HEX * 2, 3, "tsa.example.org", HEX, NOW),
}


def test_every_type_of_the_table_has_a_constructor_and_survives_canonical_json() -> None:
    assert set(MADE) == set(statements.STATEMENTS)
    for kind, made in MADE.items():
        assert made["type"] == kind
        assert from_jcs(to_jcs(made)) == made


@pytest.mark.parametrize("kind", list(MADE))
def test_a_missing_a_foreign_or_a_null_key_is_refused_and_named(kind: str) -> None:
    for key in statements.STATEMENTS[kind]:
        cut = {name: value for name, value in MADE[kind].items() if name != key}
        with pytest.raises(FormatError, match="exactly the keys"):
            statements.check_statement(cut)
        with pytest.raises(FormatError) as caught:
            statements.check_statement({**MADE[kind], key: [True]})
        assert caught.value.problems[0].pointer == f"/{key}"
    with pytest.raises(FormatError, match="exactly the keys"):
        statements.check_statement({**MADE[kind], "extra": 1})


def test_an_unknown_type_is_refused_when_made_and_passes_when_only_read() -> None:
    for statement in ({"type": "novelty"}, {"type": ""}, {}, {"type": 1}):
        with pytest.raises(FormatError):
            statements.check_statement(statement)
    statements.check_statement({"type": "of-a-later-release", "anything": 1}, known_only=False)
    with pytest.raises(FormatError):
        statements.check_statement({"type": None}, known_only=False)


def test_the_shares_of_a_split_add_up_to_one() -> None:
    with pytest.raises(FormatError, match="exactly 1"):
        statements.split("points@1", HEX, [("a", Fraction(1, 3)), ("b", Fraction(1, 3))], HEX)
    with pytest.raises(FormatError):
        statements.split("points@1", HEX, [], HEX)


@given(st.fractions(0, 1, max_denominator=10**9))
def test_a_share_survives_its_text(share: Fraction) -> None:
    assert statements.parse_fraction(statements.format_fraction(share)) == share


@pytest.mark.parametrize(
    "text", ["2/4", "1/1", "0/1", "5/0", "3/2", "-1/2", "+1/2", "0.5", "50%", "1 / 2", "1/2\n", "01/2", "½", "", 1, None]
)
def test_a_share_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError):
        statements.parse_fraction(text)


def test_a_share_above_one_is_not_written() -> None:
    with pytest.raises(FormatError):
        statements.contributor("mailto:a@example.org", "", Fraction(3, 2))


def test_times_are_utc_in_whole_seconds() -> None:
    assert statements.format_time(NOW) == "2026-03-02T09:30:15Z"
    assert statements.format_time(NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "2026-03-02T09:30:15Z"
    assert statements.parse_time("2026-03-02T09:30:15Z") == NOW.replace(microsecond=0)
    with pytest.raises(FormatError):
        statements.format_time(datetime(2026, 3, 2))  # noqa: DTZ001 - a time without zone is what is refused


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
        statements.parse_time(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_its_text(moment: datetime) -> None:
    assert statements.parse_time(statements.format_time(moment)) == moment.replace(microsecond=0)
