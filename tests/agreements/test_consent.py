"""Consent texts and one-time codes: bound to one document, one person, few tries, short life."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import consent
from ipr_service.errors import ExpiredError, InputError, RateLimitError, RefusedError

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
SECRET = bytes(range(32))
PDF = hashlib.sha256(b"the exact pdf").hexdigest()


def test_the_digest_of_a_consent_text_is_sha256_over_label_name_and_text() -> None:
    text = consent.ConsentText("simple", 3, "en", "I agree.")
    assert text.sha256 == hashlib.sha256(b"ipr/consent/v1\nsimple/en@3\nI agree.\n").hexdigest()


def test_a_decomposed_accent_gives_the_same_digest_as_the_composed_one() -> None:
    composed = consent.ConsentText("simple", 1, "it", "perch\u00e9")
    assert composed.sha256 == replace(composed, text="perche\u0301").sha256


def test_published_consent_texts_have_different_names_and_never_change() -> None:
    assert len({text.name for text in consent.CONSENTS}) == len(consent.CONSENTS)
    published = {"simple/en@1": "373fb32d"}
    assert {text.name: text.sha256[:8] for text in consent.CONSENTS} == published


def test_a_language_without_a_consent_text_gets_the_english_one_and_an_unknown_id_is_refused() -> None:
    assert consent.consent("simple", "sl").language == "en"
    with pytest.raises(InputError, match="called qualified"):
        consent.consent("qualified")


def test_a_code_has_six_digits_with_leading_zeros_kept() -> None:
    assert consent.new_code(bytes(15) + b"\x07") == "000007"
    with pytest.raises(ValueError, match="bytes"):
        consent.new_code(bytes(15))


def test_the_code_digest_is_the_hmac_over_length_prefixed_fields() -> None:
    fields = [b"ipr/code/v1", b"C1", b"S1", PDF.encode(), b"012345"]
    message = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    assert consent.code_digest(SECRET, "C1", "S1", PDF, "012 345") == hmac.new(SECRET, message, "sha256").digest()


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        consent.code_digest(b"short", "C1", "S1", PDF, "012345")


@given(st.text(), st.text(), st.text(), st.text())
def test_no_two_ceremonies_or_people_share_a_code_digest(one: str, two: str, three: str, four: str) -> None:
    same = consent.code_digest(SECRET, one, two, PDF, "1") == consent.code_digest(SECRET, three, four, PDF, "1")
    assert same == ((one, two) == (three, four))


def digest(code: str) -> bytes:
    return consent.code_digest(SECRET, "C1", "S1", PDF, code)


def test_the_sixth_try_is_refused_even_when_it_is_right() -> None:
    asked = consent.challenge(digest("123456"), NOW)
    for _ in range(consent.ATTEMPTS):
        asked, outcome = consent.answer(asked, digest("000000"), NOW)
        assert outcome is consent.CodeOutcome.WRONG
    asked, outcome = consent.answer(asked, digest("123456"), NOW)
    assert outcome is consent.CodeOutcome.SPENT
    assert asked.confirmed_at is None


def test_a_code_works_until_one_second_before_its_end_and_not_at_its_end() -> None:
    asked = consent.challenge(digest("123456"), NOW)
    end = NOW + timedelta(minutes=15)
    assert consent.answer(asked, digest("123456"), end - timedelta(seconds=1))[1] is consent.CodeOutcome.CONFIRMED
    assert consent.answer(asked, digest("123456"), end)[1] is consent.CodeOutcome.LATE


def test_each_refusal_says_what_to_do() -> None:
    asked = replace(consent.challenge(digest("123456"), NOW), attempts=2)
    with pytest.raises(RefusedError, match="Tries left: 3"):
        consent.refuse(consent.CodeOutcome.WRONG, asked)
    with pytest.raises(RateLimitError, match="new one"):
        consent.refuse(consent.CodeOutcome.SPENT, asked)
    with pytest.raises(ExpiredError, match="15 minutes"):
        consent.refuse(consent.CodeOutcome.LATE, asked)
    consent.refuse(consent.CodeOutcome.CONFIRMED, asked)


def test_the_passkey_challenge_changes_with_every_field() -> None:
    fields = ("C1", "S1", PDF, "c" * 64, b"n" * 16)
    base = consent.passkey_challenge(*fields)
    others = [consent.passkey_challenge(*fields[:at], b"x" if at == 4 else "x", *fields[at + 1 :]) for at in range(5)]  # type: ignore[arg-type]  # one field swapped each time
    assert len({base, *others}) == 6
