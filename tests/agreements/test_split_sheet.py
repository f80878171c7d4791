"""The split sheet on paper: what it says, and the same bytes for the same input."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from fractions import Fraction

from pypdf import PdfReader

from ipr_service.agreements.split_sheet import typeset_sheet
from ipr_service.rights.exports.split_sheet import Holder, sheet

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SHEET = sheet("The oak chair", [Holder("Anna #strong[x]", Fraction(1, 3), "Studio Blu", "form"), Holder("Marco", Fraction(2, 3))], "200")


def test_the_paper_says_names_shares_and_convention() -> None:
    pdf = typeset_sheet(SHEET, "Split 3f…", AT)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    flat = " ".join(text.split())
    for said in (
        "The oak chair",
        "Anna #strong[x]",
        "Studio Blu",
        "1/3",
        "33 1/3 %",
        "66 2/3 %",
        "Convention: 200 %",
        "Split 3f…",
        "Signatures",
    ):
        assert said in flat, said
    assert pdf == typeset_sheet(SHEET, "Split 3f…", AT)
