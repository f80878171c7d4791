"""``ipr pay`` as it is called."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr

CASE = Path(__file__).parents[1] / "rights" / "cases" / "oak-chair-money.yaml"


def call(*words: str | Path) -> int:
    return run(ipr.main, args=["pay", *map(str, words)])


def test_it_prints_every_amount_with_its_reason_and_leaves_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(CASE) == 0
    printed = capsys.readouterr().out
    assert "Clara: 175.00 EUR: 2 amounts, told below" in printed
    assert "100.00 EUR: what it spent for all, repaid before anybody shares (step costs; clause 7.1)" in printed
    assert "moulds: Takes 50 % of what reaches it until 300.00 EUR is recouped (rounded down): 300.00 EUR of 800.01 EUR" in printed
    assert "  37.50 EUR kept aside: 12.5 % of the 300.01 EUR depends on a dispute" in printed
    assert "Mobili Rossi: 37.50 EUR: what it lacked to its settled share" in printed


def test_an_outcome_that_is_not_expected_leaves_with_1_and_both_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(CASE.read_text().replace('anna: "187.51"', 'anna: "187.50"'))
    assert call(case) == 1
    assert "anna: expected 187.50 EUR, found 187.51 EUR" in capsys.readouterr().err


def test_its_records_replay_and_a_changed_amount_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(CASE, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(float(units) for units in told["balances"].values()) == 0
    assert told["paid"] == {"anna": "187.51", "bruno": "425.00", "clara": "287.50"}
    assert told["payouts"][2] == {"released": {"bruno": "3750"}}
    record = tmp_path / "payout.json"
    record.write_text(json.dumps(told["payouts"][1]))
    assert call("--replay", record) == 0
    assert "it gives the same amounts" in capsys.readouterr().out
    record.write_text(record.read_text().replace('"held": "3750"', '"held": "3751"', 1))
    assert call("--replay", record, "--json") == 1
    assert [one["check"] for one in json.loads(capsys.readouterr().out)["checks"] if not one["holds"]] == ["amounts"]


def test_it_writes_each_partys_statement_as_table_and_paper(tmp_path: Path) -> None:
    assert call(CASE, "--statements", tmp_path / "out") == 0
    rows = list(csv.reader(io.StringIO((tmp_path / "out" / "statement-clara.csv").read_text())))
    assert [row[1] for row in rows[1:]] == ["Opening balance", "Cost advanced", "Payout", "Transfer", "Payout", "Closing balance"]
    assert rows[-1][7] == "112.50"
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "out" / "statement-clara.pdf").pages)
    text = " ".join(text.split())
    for said in ("Statement of account", "Clara", "The oak chair, first year", "112.50 EUR", "bank transfer", "clause 7.1"):
        assert said in text
    assert len(list((tmp_path / "out").iterdir())) == 6


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("[{kind: income, amount: 0.5, party: a}]", 1, "Line 5"),
        ("[]", 3, "Nothing came in"),
        ("[{kind: refund, amount: 5, party: a}]", 2, "more is refunded"),
    ],
)
def test_what_cannot_be_paid_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(f"case: x\ncurrency: EUR\nparties: [{{id: a}}]\nsplit: {{a: 1}}\nevents: {text}\n")
    assert call(case) == code
    assert said in capsys.readouterr().err


def test_a_book_of_known_answers_is_run_case_by_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (Path(__file__).parents[1] / "cases" / "rights").glob("25_*.yaml")
    assert call(file) == 0
    assert "ok    1: college 8750.00, inventor 27500.00" in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(file.read_text().replace("27500.00", "27500.01"))
    assert call(wrong, "--json") == 1
    assert json.loads(capsys.readouterr().out)["answers"][0]["holds"] is False


def test_without_a_file_it_leaves_with_2(tmp_path: Path) -> None:
    assert call() == 2
    assert call(tmp_path / "none.yaml") == 2
