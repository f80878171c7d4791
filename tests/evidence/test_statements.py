from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

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
    "grant": statements.grant(HEX, HEX, None, "mailto:a@example.org", "mailto:b@example.org", NOW),
    "grant-act": statements.grant_act(COMMITMENT, "signed", "mailto:a@example.org", "mailto:b@example.org", "2026-03-01", NOW),
    "payout": statements.payout(COMMITMENT, HEX, HEX, [("mailto:a@example.org", "mailto:a@example.org", NOW)], NOW),
    "release": statements.release(COMMITMENT, "mailto:a@example.org", "mailto:a@example.org", NOW),
    "credit": statements.credit(None, "-0.05", "EUR"),
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


def test_a_share_above_one_is_not_written() -> None:
    with pytest.raises(FormatError):
        statements.contributor("mailto:a@example.org", "", Fraction(3, 2))
