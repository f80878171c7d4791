"""``ipr grants check``: answers, exits, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr
from tests.rights.test_grant_file import CHAIR

CLEAR = "check: x\ngrants:\n  - {id: a, asset: c, grantors: [p], grantee: q, exclusivity: exclusive}\n"


def call(folder: Path, text: str, *words: str) -> int:
    file = folder / "grants.yaml"
    file.write_text(text)
    return run(ipr, args=["grants", "check", str(file), *words])


def test_a_conflict_ends_with_3_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, CHAIR, "--on", "2026-11-22") == 3
    said = capsys.readouterr().out
    assert "conflict on sell x exploitation x stacking-chairs x IT x 2028-06-01..2028-12-31" in said
    assert "[x] anna signed on 2026-11-20" in said
    assert "[ ] bruno has to sign, by 2027-01-01" in said


def test_nothing_in_the_way_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, CLEAR) == 0
    assert "Nothing stands in the way." in capsys.readouterr().out


def test_sentences_are_in_the_language_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, CHAIR, "--on", "2026-11-22", "--language", "it") == 3
    said = capsys.readouterr().out
    assert "[x] anna ha firmato il 2026-11-20" in said
    assert call(tmp_path, CHAIR, "--json", "--on", "2026-11-22", "--language", "it") == 3
    steps = json.loads(capsys.readouterr().out)["authority"]["furniture-eu"]["steps"]
    assert "anna ha firmato il 2026-11-20" in [step["sentence"] for step in steps]


def test_the_answer_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, CHAIR, "--json", "--on", "2026-11-22") == 3
    data = json.loads(capsys.readouterr().out)
    assert (data["check"], data["on"], data["clear"]) == ("oak-chair", "2026-11-22", False)


@pytest.mark.parametrize(
    "text",
    ["", "check: x", "nonsense", CHAIR.replace("field: furniture", "field: furnitur"), "check: x\ngrants: [[[[[[[[[[[[[[]]]]]]]]]]]]]]"],
)
def test_a_file_that_cannot_be_taken_ends_with_2_and_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert call(tmp_path, text) == 2
    assert "ipr: Line " in capsys.readouterr().err


def test_a_file_that_is_not_there_or_no_text_ends_with_2(tmp_path: Path) -> None:
    assert run(ipr, args=["grants", "check", str(tmp_path / "none.yaml")]) == 2
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert run(ipr, args=["grants", "check", str(tmp_path / "bytes.yaml")]) == 2
