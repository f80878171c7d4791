"""The files made from the agreements' texts are what the texts make, and a published text is not changed by writing them again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agreement_templates import build

CLAUSE = "clauses/en/nda-purpose.md"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(build.HERE, tmp_path / "templates"))


def reword(directory: Path) -> None:
    file = directory / CLAUSE
    file.write_text(file.read_text().replace("one purpose only", "any purpose"))


def test_the_files_in_the_repository_are_what_the_texts_make() -> None:
    assert build.main(["--check"]) == 0


def test_checking_writes_nothing_and_writing_mends(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper = copy / "nda-one-way/en.docx"
    was = paper.read_bytes()
    paper.write_bytes(b"not a paper")
    assert build.main(["--check", "--directory", str(copy)]) == 1
    assert "nda-one-way/en.docx differs" in capsys.readouterr().out
    assert paper.read_bytes() == b"not a paper"
    assert build.main(["--directory", str(copy)]) == 0
    assert paper.read_bytes() == was


def test_a_published_text_that_changed_is_named_and_nothing_is_written(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reword(copy)
    pins = (copy / build.PINS).read_bytes()
    assert build.main(["--directory", str(copy)]) == 1
    assert "en/nda-purpose@1" in capsys.readouterr().out
    assert (copy / build.PINS).read_bytes() == pins


def test_a_text_that_nobody_used_yet_is_pinned_anew_on_demand(copy: Path) -> None:
    was = json.loads((copy / build.PINS).read_text())
    reword(copy)
    assert build.main(["--repin", "--directory", str(copy)]) == 0
    now = json.loads((copy / build.PINS).read_text())
    assert [key for key in was if was[key] != now[key]] == ["en/nda-purpose@1"]
    assert build.main(["--check", "--directory", str(copy)]) == 0


def test_a_paper_that_no_text_makes_is_taken_away(copy: Path) -> None:
    (copy / "nda-one-way/xx.docx").write_bytes(b"left over")
    assert build.main(["--directory", str(copy)]) == 0
    assert not (copy / "nda-one-way/xx.docx").exists()
