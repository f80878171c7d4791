"""A party's statement, from the ledger as it stands, in the reader's language."""

from __future__ import annotations

import csv
import io

import pytest
from pypdf import PdfReader

from ipr_service.errors import InputError, NotFoundError
from ipr_service.evidence.digest import to_base64
from ipr_service.services import account_statements, money, paying, recording
from ipr_service.services.account_statements import AskStatement, as_csv, as_pdf, file_name, stated
from ipr_service.services.context import Context
from ipr_service.services.payouts import ProposePayout
from ipr_service.services.recording import RecordMoney
from tests.services.till import agreed
from tests.services.workshop import Chair, company


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    made = agreed(sqlite_ctx)
    recording.record(sqlite_ctx, made.marco, made.id, RecordMoney("income", "90.00", "EUR", made.rovere, "=cmd|chairs", day="2026-10-01"))
    paying.accept(sqlite_ctx, made.marco, made.id, paying.propose(sqlite_ctx, made.anna, made.id, ProposePayout("EUR")))
    recording.record(sqlite_ctx, made.marco, made.id, RecordMoney("transfer", "60", "EUR", made.rovere, "by bank", made.studio))
    return made


def test_it_runs_from_the_first_entry_until_today_with_the_reasons_of_the_payouts(sqlite_ctx: Context, the: Chair) -> None:
    found = stated(sqlite_ctx, the.marco, the.id, AskStatement(the.studio, "eur"))
    rows = list(csv.reader(io.StringIO(as_csv(found))))
    assert [row[:2] for row in rows[1:]] == [
        ["2026-10-01", "Opening balance"], ["2026-11-02", "Payout"], ["2026-11-02", "Transfer"], ["2026-11-02", "Closing balance"],
    ]  # fmt: skip
    assert rows[2][3].startswith("60.00 EUR: 66 2/3 % of the 90.00 EUR")
    assert rows[2][2] == "By split no. 1"
    (line,) = [one for one in money.money(sqlite_ctx, the.anna, the.id).lines if one.kind == "payout"]
    assert line.commitment is not None
    assert rows[2][9] == f"{sqlite_ctx.settings.origin}#{line.index} {to_base64(line.commitment)}"
    assert rows[-1][7] == "0.00"
    rovere = as_csv(stated(sqlite_ctx, the.anna, the.id, AskStatement(the.rovere, "EUR")))
    assert "'=cmd|chairs" in rovere


def test_the_paper_says_the_same_in_the_readers_language(sqlite_ctx: Context, the: Chair) -> None:
    found = stated(sqlite_ctx, the.anna, the.id, AskStatement(the.studio, "EUR"), "it")
    text = " ".join(PdfReader(io.BytesIO(as_pdf(sqlite_ctx, found, the.id, "it"))).pages[0].extract_text().split())
    for said in ("Estratto conto", "Studio Blu", "The oak chair", "Saldo finale", "60,00 EUR: il 66 2/3 %"):
        assert said in text
    assert file_name(found, "pdf") == "statement-EUR-2026-10-01-2026-11-02.pdf"


def test_what_it_cannot_be_of_is_refused(sqlite_ctx: Context, the: Chair) -> None:
    for order, said in (
        (AskStatement(the.id, "EUR"), "Choose a party"),
        (AskStatement(the.studio, "ECU"), "not a currency"),
        (AskStatement(the.studio, "EUR", "2026-13-01"), "no such day"),
        (AskStatement(the.studio, "EUR", "2026-11-03", "2026-11-02"), "before the first"),
    ):
        with pytest.raises(InputError, match=said):
            stated(sqlite_ctx, the.anna, the.id, order)
    with pytest.raises(NotFoundError):
        account_statements.stated(sqlite_ctx, company(sqlite_ctx, "Eve", "Copy"), the.id, AskStatement(the.studio, "EUR"))
