"""A party's statement: every line, the balances before and after, as data and as a table that runs no formula."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.rights import ledger
from ipr_service.rights.statement import Entry, harmless, statement, to_csv
from tests.rights.given import FEWER
from tests.rights.test_ledger import events

MARCH = [date(2026, 3, day) for day in range(1, 32)]
SOLD = [
    Entry(ledger.income(10_000, "anna"), MARCH[1], "first batch"),
    Entry(ledger.cost(2_000, "bruno"), MARCH[2], "timber"),
    Entry(ledger.payout({"anna": 4_000, "bruno": 6_000}, {"bruno": 2_000}), MARCH[9], "payout 1", (("bruno", "because"),)),
    Entry(ledger.transfer(5_000, "anna", "bruno"), MARCH[19], "bank transfer"),
]


def test_a_statement_has_the_partys_own_lines_with_running_and_closing_balance() -> None:
    found = statement("bruno", "EUR", SOLD, MARCH[0], MARCH[30])
    assert [(line.kind, line.due, line.cash, line.advanced, line.open) for line in found.lines] == [
        ("cost", 0, 0, 2_000, 0),
        ("payout", 6_000, 0, -2_000, 6_000),
        ("transfer", -5_000, 0, 0, 1_000),
    ]
    assert found.opening == (0, 0, 0)
    assert found.closing == (1_000, 0, 0)
    assert found.lines[1].why == "because"


def test_what_happened_before_the_first_day_is_the_opening_balance() -> None:
    found = statement("anna", "EUR", SOLD, MARCH[5], MARCH[15])
    assert found.opening == (0, 10_000, 0)
    assert [line.kind for line in found.lines] == ["payout"]
    assert found.closing == (4_000, 10_000, 0)


@FEWER
@given(st.lists(st.tuples(events, st.sampled_from(MARCH))), st.sampled_from(MARCH), st.sampled_from(MARCH))
def test_two_statements_that_follow_each_other_are_one(happened: list[tuple[ledger.Transaction, date]], one: date, other: date) -> None:
    entries = [Entry(transaction, on, "") for transaction, on in happened]
    cut = min(one, other)
    if cut == MARCH[-1]:
        return
    first = statement("anna", "EUR", entries, MARCH[0], cut)
    second = statement("anna", "EUR", entries, MARCH[MARCH.index(cut) + 1], MARCH[-1])
    whole = statement("anna", "EUR", entries, MARCH[0], MARCH[-1])
    assert first.lines + second.lines == whole.lines
    assert first.closing == second.opening
    assert second.closing == whole.closing


def test_the_table_holds_amounts_as_text_and_no_formula() -> None:
    entries = [
        Entry(ledger.income(5, "anna"), MARCH[0], '=HYPERLINK("http://x","y")'),
        Entry(ledger.refund(5, "anna"), MARCH[1], "\n  @SUM(A1)"),
    ]
    rows = list(csv.reader(io.StringIO(to_csv(statement("anna", "EUR", entries, MARCH[0], MARCH[30]), "+Anna"))))
    assert rows[0] == ["Day", "What", "Text", "Why", "Credited", "In hand", "Advanced", "Still due", "Currency", "Reference"]
    assert rows[1] == ["2026-03-01", "Opening balance", "'+Anna", "", "0.00", "0.00", "0.00", "0.00", "EUR", ""]
    assert rows[2][2] == '\'=HYPERLINK("http://x","y")'
    assert rows[3][:3] == ["2026-03-02", "Refund paid", "'@SUM(A1)"]
    assert rows[3][5] == "-0.05"
    assert rows[-1][1] == "Closing balance"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "  =1", "\r\n=1", "\t-2", "|x", "%x", "\uff1d1"])
def test_text_that_a_spreadsheet_would_run_is_marked(text: str) -> None:
    assert harmless(text).startswith("'")
    assert harmless("Anna's chair = good") == "Anna's chair = good"
