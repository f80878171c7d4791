"""``ipr split`` as it is called: what it prints, what it writes, how it leaves."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr

CASES = Path(__file__).parents[1] / "rights" / "cases"


def call(*words: str | Path) -> int:
    return run(ipr.main, args=["split", *map(str, words)])


def test_it_prints_shares_and_reasons_and_leaves_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(CASES / "oak-chair.yaml") == 0
    printed = capsys.readouterr().out
    assert "3/8        37.5 %    3750 basis points" in printed
    assert "30 of the 80 points that are proposed" in printed
    assert "organising or advising is not making" in printed


def test_negotiated_shares_say_who_has_not_signed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(CASES / "two-lamps.yaml") == 0
    assert "stand only once these have signed too: Stroji d.o.o." in capsys.readouterr().out


def test_an_outcome_that_the_case_does_not_expect_leaves_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text((CASES / "two-lamps.yaml").read_text().replace("19/40, stroji: 21/40", "20/40, stroji: 20/40"))
    assert call(case) == 1
    assert "eleni: expected 1/2, found 19/40" in capsys.readouterr().err


def test_the_record_replays_and_one_changed_number_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(CASES / "oak-chair.yaml", "--json") == 0
    record = tmp_path / "split.json"
    record.write_text(capsys.readouterr().out)
    assert call("--replay", record) == 0
    assert call(CASES / "oak-chair.yaml", "--replay", record) == 0
    assert call(CASES / "two-lamps.yaml", "--replay", record) == 1
    record.write_text(record.read_text().replace('"points": "30"', '"points": "31"', 1))
    capsys.readouterr()
    assert call("--replay", record, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["holds"] is False
    assert {check["check"] for check in report["checks"] if not check["holds"]} == {"digest", "computed", "split"}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("case: x\npolicy: equal@9\nparties: [{id: a}]\ncontributions: []\n", 1, "equal@1"),
        ("case: x\npolicy: points@1\nparties: [{id: a}]\ncontributions: [{id: c, party: a, role: form}]\n", 2, "has no points"),
        ("case: x\npolicy: points@1\nparties: [{id: a}]\ncontributions: []\n", 3, "no basis"),
        ("case: x\nshares: 1\n", 1, "Line 2"),
    ],
)
def test_what_cannot_be_computed_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(text)
    assert call(case) == code
    assert said in capsys.readouterr().err


def test_without_a_file_or_with_a_missing_one_it_leaves_with_2(tmp_path: Path) -> None:
    assert call() == 2
    assert call(tmp_path / "none.yaml") == 2
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    assert call(tmp_path / "bytes.yaml") == 2


UNSAID = """\
case: unsaid
policy:
  policy: two
  version: 1
  title: Two
  source: test
  facts: {written: {of: case, type: yes/no, settles: the notary}}
  rules:
    - {id: equal, kind: weigh, by: heads, when: RULE, source: a letter}
    - {id: points, kind: weigh, by: points, source: a mail}
parties: [{id: a}, {id: b}]
FACTS
contributions: [{id: c, party: a, role: form, points: 1}]
"""


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (
            "facts: {written: true}",
            {"outcome": "conflict", "rules": [{"rule": "equal", "source": "a letter"}, {"rule": "points", "source": "a mail"}]},
        ),
        ("", {"outcome": "undetermined", "missing": [{"fact": "written", "of": "", "settles": "the notary"}]}),
    ],
)
def test_what_cannot_be_said_leaves_with_3_and_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], facts: str, outcome: dict[str, object]
) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(UNSAID.replace("RULE", "written").replace("FACTS\n", facts + "\n" if facts else ""))
    assert call(case, "--json") == 3
    printed = capsys.readouterr()
    assert outcome.items() <= json.loads(printed.out).items()
    assert ("a letter" in printed.err) or ("the notary" in printed.err)


def test_a_book_of_known_answers_is_run_case_by_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.yaml"
    book.write_text("id: x\nkind: allocation.rank\ncases:\n- {n: 2, expect: [2/3, 1/3]}\n- {n: 2, expect: [1/2, 1/2]}\n")
    assert call(book) == 1
    assert "ok    1: p0001 2/3, p0002 1/3" in capsys.readouterr().out
    assert call(book, "--json") == 1
    assert [one["holds"] for one in json.loads(capsys.readouterr().out)["answers"]] == [True, False]


def test_what_happens_to_an_accepted_split_makes_another_out_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tmp_path / "split.json"
    assert call("--json", CASES / "oak-chair.yaml") == 0
    before.write_text(capsys.readouterr().out)
    held = {one["party"]: Fraction(one["share"]) for one in json.loads(before.read_text())["shares"]}
    first = min(held)
    assert call("--after", before, "--joins", "zoe=1/10", "--number", "3") == 0
    said = capsys.readouterr().out
    assert "10 % = 1/10: it joins with this part of the whole" in said
    assert "It takes the place of split no. 3 once these have accepted it" in said
    assert call("--after", before, "--hands-on", f"{first}:zoe=1/2", "--json") == 0
    after = json.loads(capsys.readouterr().out)
    assert {one["party"]: Fraction(one["share"]) for one in after["shares"]} == held | {first: held[first] / 2, "zoe": held[first] / 2}
    again = tmp_path / "after.json"
    again.write_text(json.dumps(after))
    assert call("--replay", again) == 0
    assert call("--after", before, "--leaves", f"{first}=0") == 0
    assert call("--after", before) == 2
    assert call("--after", before, "--joins", "zoe") == 2
    assert call("--after", before, "--joins", f"{first}=1/2") == 2
    assert "holds a share already" in capsys.readouterr().err
