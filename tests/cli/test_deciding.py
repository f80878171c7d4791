"""``ipr guide`` as it is called: answers from a file, and question by question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ipr_service.cli.exits import run
from ipr_service.cli.guide import guide
from ipr_service.cli.root import ipr

SIX = ("exclusive", "elsewhere", "integral", "background", "management", "tax")
PAID = "stage: together\npayer: yes\ncritical: no\nenough: no\n"


def call(*words: str | Path) -> int:
    return run(ipr.main, args=["guide", *map(str, words)])


def test_answers_in_a_file_give_decisions_with_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(PAID + "".join(f"{name}: {'yes' if at < 4 else 'no'}\n" for at, name in enumerate(SIX)))
    assert call("--answers", answers) == 0
    printed = capsys.readouterr().out
    assert "Who holds it, who may use it: The makers hold it; the payer may ask for an exclusive licence" in printed
    assert "Because: 4 of 6 answers are yes" in printed
    assert "Next: ipr draft co-development" in printed
    assert "It is no legal advice" in printed


def test_what_is_balanced_is_undecided_and_leaves_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(PAID + "".join(f"{name}: {'yes' if at < 3 else 'no'}\n" for at, name in enumerate(SIX)))
    assert call("--answers", answers, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    licence = next(one for one in told["decisions"] if one["decision"] == "licence")
    assert (licence["state"], licence["because"]["yes"], licence["because"]["of"]) == ("undecided", 3, 6)
    assert "Whose idea was the project?" in licence["talk"]
    assert call("--answers", answers) == 1
    assert "Evenly balanced: 3 of 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [("stage: shown\n", 2, "shown"), ("stages: show\n", 2, "stages"), ("stage: true\n", 1, "Line 1"), ("- stage\n", 1, "mapping")],
)
def test_answers_that_are_none_say_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(text)
    assert call("--answers", answers) == code
    assert said in capsys.readouterr().err


def test_a_book_of_known_answers_is_run_case_by_case(capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (Path(__file__).parents[1] / "cases" / "rights").glob("10_*.yaml")
    assert call("--answers", file) == 0
    assert "ok    4: licence undecided" in capsys.readouterr().out


def test_question_by_question_numbers_words_and_silence_are_taken() -> None:
    given = "3\nno\nmaybe\nno\n2\n1\n\n2\n1\n"  # together; payer no; lead: maybe (asked again), no; fields no; apart yes; alike unknown
    done = CliRunner().invoke(guide, [], input=given, standalone_mode=False)
    assert done.return_value == 1
    assert "Write a number from 1 to 3" in done.stderr
    assert "Each holds what it makes; all may use all of it" in done.stdout
    assert "Still to be answered: Do all of you see your parts as equal" in done.stdout
