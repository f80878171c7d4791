"""The interview asks what is open, takes what fits, and names every field that does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import interview
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.errors import InputError

TEMPLATES = Path(__file__).parents[2] / "agreement_templates"
CATALOGUE = Catalogue.load(TEMPLATES)
CASES = [(path.parts[-3], path.stem) for path in sorted(TEMPLATES.glob("*/cases/*.yaml"))]


def case(kind: str, name: str) -> dict[str, Any]:
    return yaml.safe_load((TEMPLATES / kind / "cases" / f"{name}.yaml").read_text(encoding="utf-8"))


def problems(kind: str, given_answers: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        interview.check(CATALOGUE.kind(kind), given_answers)
    return {problem.pointer: str(problem) for problem in caught.value.problems}


def changed(kind: str, name: str, **entries: Any) -> dict[str, Any]:
    return {**copy.deepcopy(case(kind, name)), **entries}


def test_each_kind_has_at_least_three_cases() -> None:
    assert [(kind, name) for kind in CATALOGUE.names() for name in ("awkward", "full", "minimal")] == CASES


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_each_case_is_taken_and_leaves_nothing_open(kind: str, name: str) -> None:
    assert interview.open_questions(CATALOGUE.kind(kind), case(kind, name)) == ()
    assert interview.check(CATALOGUE.kind(kind), case(kind, name)).kind == f"{kind}@1"


@pytest.mark.parametrize("kind", CATALOGUE.names())
def test_the_full_case_answers_every_question(kind: str) -> None:
    assert {entry.question.id for entry in interview.asked(CATALOGUE.kind(kind), case(kind, "full")) if entry.origin != "answered"} <= {
        "third_party"
    }


def test_a_non_disclosure_agreement_asks_two_questions_when_the_defaults_suit() -> None:
    assert [q.id for q in interview.open_questions(CATALOGUE.kind("nda-one-way"), {})] == ["law", "courts"]


def test_a_hidden_question_is_not_asked_and_keeps_no_answer() -> None:
    kind = CATALOGUE.kind("nda-one-way")
    given_answers = changed("nda-one-way", "full", mediation=False)
    assert "med_place" not in [entry.question.id for entry in interview.asked(kind, given_answers)]
    assert "med_place" not in interview.check(kind, given_answers).answers


def test_a_question_opens_when_the_answer_before_it_asks_for_it() -> None:
    kind = CATALOGUE.kind("contribution-terms")
    assert "employer" not in [q.id for q in interview.open_questions(kind, {})]
    assert "employer" in [q.id for q in interview.open_questions(kind, {"employment": "employed"})]


def test_data_of_the_service_fills_questions_in() -> None:
    split = [{"party": "A", "share": "1/2", "reason": "x"}, {"party": "B", "share": "1/2", "reason": "y"}]
    data = {"collaboration": {"split": split, "rule": "equal@1"}, "organisation": {"country": "PT"}, "parties": [{"name": "A"}]}
    filled = interview.prefill(CATALOGUE.kind("co-development"), data)
    assert filled == {"shares": split, "split_rule": "equal@1", "law": "PT", "parties": [{"name": "A"}]}


def test_every_wrong_field_is_named_at_once() -> None:
    given_answers = changed("co-development", "full", law="Portugal", cap="12", effective="2026-02-30", surprise=1)
    given_answers["parties"][1]["name"] = "Mara\u202eladiV"
    del given_answers["courts"]
    found = problems("co-development", given_answers)
    assert {"/law", "/cap", "/effective", "/surprise", "/parties/1/name", "/courts"} <= set(found)
    assert "U+202E" in found["/parties/1/name"]
    assert "Which courts decide?" in found["/courts"]


def test_shares_that_do_not_make_one_are_refused_with_their_sum() -> None:
    given_answers = changed("co-development", "minimal")
    given_answers["shares"][0]["share"] = "1/2"
    found = problems("co-development", given_answers)
    assert found == {"/shares": "The shares in 'What is the share of each?' make 7/8; they must make exactly 1"}


def test_a_share_for_somebody_who_is_no_party_is_refused() -> None:
    given_answers = changed("co-development", "minimal", lead="Marcenaria Andorinha")
    given_answers["shares"][0]["party"] = "mara vidal"
    assert set(problems("co-development", given_answers)) == {"/lead", "/shares/0/party"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda parties: parties.pop(), "/parties"),
        (lambda parties: parties.append(dict(parties[0])), "/parties"),
        (lambda parties: parties[0].update(role="judge"), "/parties/0/role"),
        (lambda parties: parties[0].update(role="recipient"), "/parties"),
        (lambda parties: parties[1].update(name=parties[0]["name"]), "/parties/1/name"),
        (lambda parties: parties[0].pop("rep"), "/parties/0/rep"),
        (lambda parties: parties[0].update(notice_email="nobody"), "/parties/0/notice_email"),
        (lambda parties: parties[0].update(country="Italy"), "/parties/0/country"),
        (lambda parties: parties[0].update(shoe_size=42), "/parties/0/shoe_size"),
        (lambda parties: parties[0].update(name="x" * 301), "/parties/0/name"),
    ],
)
def test_parties_that_do_not_fit_are_refused_at_their_place(change: Any, pointer: str) -> None:
    given_answers = changed("nda-one-way", "minimal")
    change(given_answers["parties"])
    assert pointer in problems("nda-one-way", given_answers)


@pytest.mark.parametrize("value", [None, "", "text", 7, [], {}, [1, 2]])
def test_parties_that_are_no_list_of_records_are_refused(value: object) -> None:
    assert "/parties" in problems("nda-one-way", changed("nda-one-way", "minimal", parties=value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([*(q.id for q in CATALOGUE.kind("co-development").questions), "parties"])


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json_is_terms_or_an_input_error_and_nothing_else(given_answers: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        interview.check(CATALOGUE.kind("co-development"), given_answers)
    assert all(problem.pointer.startswith("/") and str(problem) for problem in caught.value.problems)
