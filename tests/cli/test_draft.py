"""``ipr draft`` as it is called: what it writes, what it names, how it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ipr_service.agreements import word_text
from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr
from tests.agreements.papers import PUBLISHED


def call(*words: str | Path) -> int:
    return run(ipr.main, args=["draft", *map(str, words)])


def case(kind: str) -> Path:
    return PUBLISHED / kind / "cases" / "minimal.yaml"


@pytest.mark.parametrize("kind", ["nda-one-way", "contribution-terms", "co-development"])
def test_it_writes_word_from_a_file_of_answers(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "draft.docx"
    assert call(kind, "--answers", case(kind), "--out", out) == 0
    assert "draft, not reviewed by counsel" in capsys.readouterr().out
    assert "Mara Vidal" in " ".join(text for _, text in word_text.paragraphs_of(out.read_bytes()))


def test_with_a_fixed_time_the_same_answers_give_the_same_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    for name in ("a.pdf", "b.pdf"):
        assert call("nda-one-way", "--answers", case("nda-one-way"), "--out", tmp_path / name) == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_an_open_question_is_named_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = yaml.safe_load(case("nda-one-way").read_text())
    del answers["courts"]
    (tmp_path / "answers.yaml").write_text(yaml.safe_dump(answers))
    assert call("nda-one-way", "--answers", tmp_path / "answers.yaml", "--out", tmp_path / "draft.pdf") == 2
    assert "/courts: The question 'Which courts decide?' (courts) is still open" in capsys.readouterr().err
    assert not (tmp_path / "draft.pdf").exists()


@pytest.mark.parametrize(
    ("kind", "out", "language", "said"),
    [
        ("marriage", "a.pdf", "en", "there are: co-development, contribution-terms, nda-one-way"),
        ("nda-one-way", "a.txt", "en", "ends in .docx or .pdf"),
        ("nda-one-way", "a.pdf", "xx", "it is in: en"),
    ],
)
def test_wrong_arguments_leave_with_2_and_say_what_there_is(
    kind: str, out: str, language: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(kind, "--answers", case("nda-one-way"), "--language", language, "--out", tmp_path / out) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"- a\n- b\n", b"a: [", b"{"])
def test_a_file_that_holds_no_answers_leaves_with_2(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.yaml"
    path.write_bytes(content)
    assert call("nda-one-way", "--answers", path, "--out", tmp_path / "a.pdf") == 2
    assert "answers.yaml" in capsys.readouterr().err
