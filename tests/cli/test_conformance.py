"""``ipr conformance``: every verifier gives the verdicts of the standard, and a folder of a stranger is judged like ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ipr_service.cli.conformance import conformance_command
from ipr_service.evidence import conformance


def run(*words: str) -> Result:
    return CliRunner().invoke(conformance_command, words, standalone_mode=False)


def test_this_program_keeps_every_vector() -> None:
    answer = run()
    assert answer.return_value == 0, answer.output
    assert answer.output.endswith("vectors kept\n")


@pytest.mark.needs("Chromium")
def test_the_page_in_a_browser_keeps_every_vector() -> None:
    answer = run("--with", "html")
    assert answer.return_value == 0, answer.output
    assert "cannot check" not in answer.output


@pytest.mark.needs("openssl", "unzip", "xxd")
@pytest.mark.parametrize("requirement", ["C5", "L2", "T2", "R2", "N2"])
def test_the_script_keeps_the_vectors_of_each_subject_or_says_what_it_cannot_check(requirement: str) -> None:
    answer = run("--with", "sh", "--only", requirement)
    assert answer.return_value == 0, answer.output


def test_a_vector_that_is_not_kept_is_named_with_its_reason(tmp_path: Path) -> None:
    for name in ("plain.asice", "plain.trust"):
        shutil.copy(conformance.shipped() / name, tmp_path)
    row = next(row for row in json.loads((conformance.shipped() / "vectors.json").read_text()) if row["name"] == "plain")
    (tmp_path / "vectors.json").write_text(json.dumps([{**row, "timed": True}]))
    answer = run(str(tmp_path))
    assert answer.return_value == 1
    assert "NOT KEPT plain (V1)" in answer.output
    assert "expected intact=yes trusted=yes timed=yes" in answer.output
    rows = [json.loads(line) for line in run(str(tmp_path), "--json").output.splitlines()]
    assert [(row["name"], row["kept"]) for row in rows] == [("plain", False)]


def test_a_folder_without_vectors_is_a_wrong_argument(tmp_path: Path) -> None:
    answer = CliRunner().invoke(conformance_command, [str(tmp_path)])
    assert answer.exit_code == 2
    assert "holds no conformance vectors" in answer.output
