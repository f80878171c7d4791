"""A report keeps its verdicts apart, is true only when it should be, and speaks plainly."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ipr_service.evidence.report import Check, Comparison, Facts, Outcome, Report, Sentence, Token, Verdict

FACTS = Facts(fingerprint="ab" * 32, origin="log.invalid", index=7, size=13, files=1, statements=2)


def check(name: str, verdict: Verdict, outcome: Outcome) -> Check:
    return Check(name, verdict, outcome, Sentence("because"))


SIGNED, KNOWN = check("signatures", "intact", "holds"), check("log-key", "trusted", "holds")
GOOD = Report((SIGNED, KNOWN), FACTS)
TIMED = dataclasses.replace(GOOD, facts=dataclasses.replace(FACTS, tokens=(Token("CN=Else", "2026-03-02T09:30:00Z", True),)))


@pytest.mark.parametrize(
    ("checks", "verdicts"),
    [
        ((), (False, False, False)),
        ((SIGNED,), (True, False, False)),
        ((SIGNED, KNOWN), (True, True, False)),
        ((SIGNED, KNOWN, check("entry", "intact", "fails")), (False, True, False)),
        ((SIGNED, KNOWN, check("witnesses", "trusted", "fails")), (True, False, False)),
        ((SIGNED, KNOWN, check("file.1", "intact", "absent")), (True, True, False)),
        ((SIGNED, check("log-key", "trusted", "absent")), (True, False, False)),
        ((KNOWN,), (False, True, False)),
    ],
)
def test_each_verdict_stands_on_its_own_checks(checks: tuple[Check, ...], verdicts: tuple[bool, bool, bool]) -> None:
    report = Report(checks, FACTS)
    assert (report.intact, report.trusted, report.timed) == verdicts
    assert bool(report) == (verdicts[0] and verdicts[1])


def test_one_failing_token_takes_the_time_away() -> None:
    assert TIMED.timed
    assert not dataclasses.replace(TIMED, checks=(*TIMED.checks, check("token.2", "timed", "fails"))).timed


def test_a_file_that_is_not_there_makes_the_report_false_and_leaves_the_verdicts() -> None:
    report = dataclasses.replace(GOOD, comparisons=(Comparison("photo.jpg", None),))
    assert (bool(report), report.intact, report.trusted) == (False, True, True)


@pytest.mark.parametrize(
    ("report", "first"),
    [
        (TIMED, "intact, trusted and timed"),
        (GOOD, "intact and trusted; no independent timestamp was verified"),
        (Report((SIGNED,), FACTS), f"intact; signed by key {'ab' * 32}, which only this bundle vouches for"),
        (Report((SIGNED, KNOWN, check("witnesses", "trusted", "fails")), FACTS), "intact; not trusted: witnesses"),
        (Report((SIGNED, check("entry", "intact", "fails")), FACTS), "not intact: entry"),
    ],
)
def test_the_first_line_is_the_answer(report: Report, first: str) -> None:
    assert report.to_text().splitlines()[0] == first


def test_a_damaged_bundle_is_not_said_to_prove_anything() -> None:
    said = Report((SIGNED, check("entry", "intact", "fails")), FACTS).to_text()
    assert "Proved:" not in said.replace("Not proved:", "")


def test_sentences_are_translated_before_they_are_filled() -> None:
    sentence = Sentence("{name} is missing", {"name": "salt"})
    assert sentence.said({"{name} is missing": "manca {name}"}.__getitem__) == "manca salt"


def test_the_json_names_what_failed() -> None:
    said = json.loads(Report((SIGNED, check("entry", "intact", "fails")), FACTS).to_json())
    assert (said["verified"], said["failed"]) == (False, ["entry"])
