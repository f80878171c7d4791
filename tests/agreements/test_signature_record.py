"""The signature record: readable, honest about what it shows, the same bytes each time."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest

from ipr_service.agreements import typesetting
from ipr_service.agreements.signature_record import Person, Record, typeset_record
from ipr_service.errors import RefusedError
from tests.agreements.test_signing import NOW, PDF, begin, signed

pytestmark = pytest.mark.needs("poppler")

PEOPLE = {
    "ANNA": Person("Ana Žižek", "ana@studio.example", "", 41),
    "BORIS": Person("Παναγιώτης Rossi", "p.rossi@falegnameria.example", "Falegnameria Rossi S.r.l.", 42),
    "CLIO": Person("Clio", "clio@example.org"),
}


def record() -> Record:
    return Record(signed(signed(begin(), "ANNA"), "BORIS"), "Non-Disclosure Agreement", PEOPLE, "demo.invalid/log")


def text(pdf: bytes) -> str:
    out = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return re.sub(r"\s+", " ", out)


def test_it_says_who_signed_what_when_and_how() -> None:
    said = text(typeset_record(record(), NOW))
    for fact in ("Ana Žižek", "Παναγιώτης Rossi", "Falegnameria Rossi S.r.l.", "2026-11-22 15:00:00 UTC", "One-time code", "41", "42", PDF):
        assert fact in said
    assert "Clio" not in said


def test_it_claims_no_more_than_was_done() -> None:
    said = text(typeset_record(record(), NOW))
    assert "simple electronic signature" in said
    assert "not the signature of any person" in said
    assert "own clock" in said
    assert "no independent authority has confirmed them" in said
    without_denials = said.replace("It is not an advanced or qualified electronic signature", "").replace("no independent authority", "")
    assert not re.search(r"\b(qualified|independent|valid|protected|guarantee)", without_denials)


def test_with_a_token_it_names_the_authority() -> None:
    said = text(typeset_record(replace(record(), independent_time="Example TSA"), NOW))
    assert "timestamp token of Example TSA" in said


def test_there_is_no_record_of_what_is_not_executed() -> None:
    with pytest.raises(RefusedError):
        typeset_record(replace(record(), ceremony=begin()), NOW)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert typeset_record(record(), NOW) == typeset_record(record(), NOW)


def test_the_record_claims_the_archival_and_accessible_profile() -> None:
    pdf = typeset_record(record(), NOW)
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert typesetting.PROFILES == ["a-3a", "ua-1"]
