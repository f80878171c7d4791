"""The decision guide: answers in, decisions out, and undecided is an answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.guide import UNKNOWN, Guide, Result, asked, checked, decide
from ipr_service.rights.guide_file import shipped

CASES = Path(__file__).parents[1] / "cases" / "rights"
GUIDE = shipped("which-way@1")
PAID = {"stage": "together", "payer": "yes", "critical": "no", "enough": "no"}
PEERS = {"stage": "together", "payer": "no"}
SIX = next(row.count for decision in GUIDE.decisions for row in decision.rows if row.count)


def known(number: str) -> list[dict[str, Any]]:
    (found,) = CASES.glob(f"{number}_*.yaml")
    cases: list[dict[str, Any]] = yaml.safe_load(found.read_text(encoding="utf-8"))["cases"]
    return cases


def on(decision: str, answers: dict[str, str]) -> Result:
    return next(result for result in decide(GUIDE, answers) if result.decision == decision)


def leaves(guide: Guide, answers: dict[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Every way through the guide, answered to its end."""
    so_far = answers or {}
    following = next((question for question in asked(guide, so_far) if question.id not in so_far), None)
    if following is None:
        yield so_far
        return
    for value in following.values:
        yield from leaves(guide, {**so_far, following.id: value})


@pytest.mark.parametrize("case", known("10"), ids=lambda case: f"{case['input']['yes']} yes")
def test_the_six_questions_choose_the_model_as_the_lambert_guide_does(case: dict[str, Any]) -> None:
    for chosen in itertools.combinations(SIX, case["input"]["yes"]):
        result = on("licence", PAID | {name: "yes" if name in chosen else "no" for name in SIX})
        assert (f"model {result.outcome.model}" if result.outcome else result.state) == case["expect"]
        assert result.reason is not None
        assert (result.reason.yes, result.reason.of) == (case["input"]["yes"], 6)


def test_every_model_of_the_toolkit_in_the_case_file_can_come_out() -> None:
    reached = {result.outcome.model for answers in leaves(GUIDE) for result in decide(GUIDE, answers) if result.outcome}
    assert {case["model"] for case in known("11")} <= reached


def test_every_way_through_ends_in_decisions_but_for_the_three_that_should_be_talked_about() -> None:
    undecided = set()
    for answers in leaves(GUIDE):
        for result in decide(GUIDE, answers):
            assert result.open == ()
            if result.state == "undecided":
                assert result.talk
                undecided.add((result.decision, result.conflicting, result.possible))
    assert undecided == {("licence", False, ()), ("licence", True, ("lambert-b", "lambert-c")), ("policy", False, ())}


def test_an_open_answer_that_changes_nothing_is_not_waited_for() -> None:
    four = dict.fromkeys(SIX[:4], "yes")
    assert on("licence", PAID | four).outcome is not None
    assert on("licence", PAID | dict.fromkeys(SIX[:4], "no")).outcome is not None
    three = on("licence", PAID | dict.fromkeys(SIX[:3], "yes") | {SIX[3]: UNKNOWN})
    assert three.state == "undecided"
    assert set(three.open) == set(SIX[3:])
    assert three.possible == ("lambert-2",)


def test_two_answers_that_contradict_each_other_are_both_named() -> None:
    result = on("licence", PEERS | {"lead": "yes", "fields": "yes"})
    assert result.conflicting
    assert result.possible == ("lambert-b", "lambert-c")
    assert result.talk


def test_an_open_question_stands_for_those_that_hang_on_it() -> None:
    assert on("policy", PEERS).open == ("alike",)
    assert on("licence", {}).open == ("stage",)
    assert [question.id for question in asked(GUIDE, {})] == ["stage"]


def test_what_is_not_decided_in_this_case_is_not_asked() -> None:
    assert on("licence", {"stage": "show"}).state == "not-asked"
    shown = on("agreement", {"stage": "show"}).outcome
    assert shown is not None
    assert shown.kind == "nda-one-way"


def test_answers_to_questions_that_are_no_longer_asked_do_not_count() -> None:
    assert [question.id for question in asked(GUIDE, {"stage": "show", "payer": "yes"})] == ["stage"]
    assert checked(GUIDE, PAID | {"lead": "yes", "exclusive": "yes"}) == PAID | {"exclusive": "yes"}


@given(
    st.dictionaries(
        st.sampled_from([question.id for question in GUIDE.questions]), st.sampled_from(["yes", "no", UNKNOWN, "together"]), max_size=12
    )
)
def test_whatever_is_answered_more_answers_never_open_what_was_decided(answers: dict[str, str]) -> None:
    taken = {name: value for name, value in answers.items() if value in (*GUIDE.question(name).values, UNKNOWN)}
    before = {result.decision: result for result in decide(GUIDE, taken)}
    still = next((question for question in asked(GUIDE, taken) if taken.get(question.id, UNKNOWN) == UNKNOWN), None)
    if still is None:
        return
    for value in still.values:
        for result in decide(GUIDE, taken | {still.id: value}):
            if before[result.decision].state == "decided":
                assert result.outcome == before[result.decision].outcome


@given(st.permutations(GUIDE.decisions[1].rows))
def test_the_order_of_the_rows_decides_nothing(rows: list[Any]) -> None:
    turned = Guide(**{**vars(GUIDE), "decisions": (type(GUIDE.decisions[1])("licence", "t", (("stage", "together"),), tuple(rows)),)})
    for answers in (PAID | dict.fromkeys(SIX, "yes"), PEERS | {"lead": "no", "fields": "no", "apart": "no"}):
        (result,) = decide(turned, answers)
        assert result.outcome == on("licence", answers).outcome


def test_unknown_questions_and_answers_are_all_named() -> None:
    with pytest.raises(InputError) as refused:
        decide(GUIDE, {"stages": "show", "stage": "shown", "payer": "yes"})
    assert [problem.pointer for problem in refused.value.problems] == ["/stage", "/stages"]
    assert "show, event, together, unknown" in str(refused.value.problems[0])
