"""A statement on paper: what it says, in which language, and that it is the same paper every time."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from ipr_service.agreements.money_statement import typeset_statement
from ipr_service.errors import InputError
from ipr_service.rights import ledger
from ipr_service.rights.statement import Entry, statement

MADE = datetime(2026, 4, 1, tzinfo=UTC)
DAYS = date(2026, 3, 1), date(2026, 3, 31)
ENTRIES = [
    Entry(
        ledger.payout({"anna": 7_500, "bruno": 2_500}, {}), date(2026, 3, 9), "", (("anna", "75.00 EUR: 3/4 of what is left #strong[x]"),)
    ),
    Entry(ledger.transfer(5_000, "bruno", "anna"), date(2026, 3, 20), "https://bank.example/" + "9" * 80),
]
FOUND = statement("anna", "EUR", ENTRIES, *DAYS)


def text(pdf: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_it_names_party_period_balances_and_reasons_and_says_what_it_is_not() -> None:
    said = text(typeset_statement(FOUND, "Anna Kovač", "The oak chair", "Ledger 01ARZ", MADE))
    for words in (
        "Anna Kovač",
        "The oak chair",
        "2026-03-01 – 2026-03-31",
        "75.00",
        "\N{MINUS SIGN}50.00",
        "25.00 EUR",
        "Opening balance",
        "Ledger 01ARZ",
    ):
        assert words in said
    assert "#strong[x]" in said
    assert "This service moves no money" in said


def test_the_same_statement_is_the_same_bytes_and_says_its_language() -> None:
    one, other = (typeset_statement(FOUND, "Anna", "", "r", MADE, lambda word: word.upper(), "it") for _ in range(2))
    assert one == other
    assert "STATEMENT OF ACCOUNT" in text(one)
    assert PdfReader(io.BytesIO(one)).trailer["/Root"]["/Lang"] == "it"


def test_a_statement_without_a_line_is_still_one() -> None:
    empty = replace(FOUND, lines=(), closing=FOUND.opening)
    assert "Closing balance" in text(typeset_statement(empty, "Anna", "", "r", MADE))


def test_a_name_that_the_type_cannot_print_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be printed"):
        typeset_statement(FOUND, "名", "", "r", MADE)
