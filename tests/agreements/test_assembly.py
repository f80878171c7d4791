"""An assembled agreement is numbered, complete, and says exactly what the answers say."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.agreements import assembly, interview
from ipr_service.agreements.assembly import Document, Pointer
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.terms import Terms, thawed
from ipr_service.errors import FormatError, MissingAnswerError

TEMPLATES = Path(__file__).parents[2] / "agreement_templates"
CATALOGUE = Catalogue.load(TEMPLATES)
CASES = [(path.parts[-3], path.stem) for path in sorted(TEMPLATES.glob("*/cases/*.yaml"))]


def answers_of(kind: str, name: str) -> dict[str, Any]:
    return yaml.safe_load((TEMPLATES / kind / "cases" / f"{name}.yaml").read_text(encoding="utf-8"))


def document(kind: str, answers: dict[str, Any]) -> Document:
    chosen = CATALOGUE.kind(kind)
    return assembly.assemble(chosen, interview.check(chosen, answers), CATALOGUE)


def text(paper: Document) -> str:
    return "\n".join(words for _, words in paper.paragraphs())


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_each_case_assembles_without_a_trace_of_the_template(kind: str, name: str) -> None:
    paper = document(kind, answers_of(kind, name))
    given_text = yaml.safe_dump(answers_of(kind, name), allow_unicode=True, width=10_000)
    for sign in ("{{", "}}", "{%", "[[", "**", "None"):
        assert text(paper).count(sign) <= given_text.count(sign)
    assert all(words.strip() for section in paper.sections for line in section.lines if line.kind != "row" for words in line.texts())


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_clauses_and_schedules_are_numbered_in_order_and_paragraphs_within_them(kind: str, name: str) -> None:
    paper = document(kind, answers_of(kind, name))
    numbers = [section.number for section in paper.sections if section.part == "clauses"]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    schedules = [section.number for section in paper.sections if section.part == "schedules"]
    assert schedules == [f"Schedule {number}" for number in range(1, len(schedules) + 1)]
    for section in paper.sections:
        labels = [line.label for line in section.lines if line.kind == "paragraph"]
        prefix = {"clauses": f"{section.number}.", "schedules": ""}.get(section.part)
        assert labels == ([""] * len(labels) if prefix is None else [f"{prefix}{i}" for i in range(1, len(labels) + 1)])


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_cross_reference_prints_the_number_that_its_clause_carries(kind: str, name: str) -> None:
    paper = document(kind, answers_of(kind, name))
    carried = {s.clause.id: s.number if s.part == "schedules" else f"clause {s.number}" for s in paper.sections}
    runs = [run for section in paper.sections for line in section.lines for cell in line.cells for run in cell if isinstance(run, Pointer)]
    assert [run.label for run in runs] == [carried[run.clause] for run in runs]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_same_terms_give_the_same_document(kind: str, name: str) -> None:
    assert document(kind, answers_of(kind, name)) == document(kind, answers_of(kind, name))


def test_every_clause_that_is_used_is_named_with_its_digest() -> None:
    paper = document("nda-one-way", answers_of("nda-one-way", "minimal"))
    assert [key for key, _ in paper.clauses()][:3] == ["nda-parties@1", "nda-recitals@1", "nda-definitions@1"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for _, digest in paper.clauses())


@pytest.mark.parametrize(
    ("kind", "name", "sentences"),
    [
        (
            "nda-one-way",
            "full",
            [
                "for 7 years after the end of this agreement",
                "limited to EUR 25,000.00",
                "the law of Portugal",
                "takes effect on 1 December 2026",
                "Estudi Pont, S.L., structural engineering",
                "The language of mediation is Spanish.",
            ],
        ),
        (
            "contribution-terms",
            "full",
            ["You are employed by Estudi Pont, S.L.", "you receive EUR 500.00", "for 4 months", "You agree that we take photographs"],
        ),
        (
            "co-development",
            "full",
            ["puts 8 % of its Net Revenue", "All Results are held by the Parties jointly", "grant agreement 101999001"],
        ),
        ("co-development", "awkward", ["Each Party keeps what it earns", "JPY 120,000", "approx. 33.3333 %"]),
    ],
)
def test_the_answers_stand_in_the_text(kind: str, name: str, sentences: list[str]) -> None:
    paper = text(document(kind, answers_of(kind, name)))
    assert [sentence for sentence in sentences if sentence not in paper] == []


def test_the_shares_stand_as_fraction_percentage_and_reason() -> None:
    (section,) = [s for s in document("co-development", answers_of("co-development", "full")).sections if s.clause.id == "schedule-split"]
    rows = [line.texts() for line in section.lines if line.kind == "row"]
    assert [row[1:3] for row in rows] == [("19/40", "47.5 %"), ("3/8", "37.5 %"), ("3/20", "15 %")]


def test_an_optional_clause_leaves_with_its_condition_and_the_numbers_close_up() -> None:
    answers = answers_of("co-development", "full")
    with_grant = document("co-development", answers)
    without = document("co-development", {**answers, "eu_grant": False})
    number = {section.clause.id: section.number for section in with_grant.sections}
    closed = {section.clause.id: section.number for section in without.sections}
    assert [number["codev-grant"], number["codev-exit"], closed["codev-exit"]] == ["17", "18", "17"]


SWITCHES = {
    "nda-one-way": {"mediation": (True, False), "proofs": (None, ...), "items": (None, ...), "recipients": (None, ...), "cap": (None, ...)},
    "contribution-terms": {
        "employment": ("self-employed", "employed", "student", "other"),
        "option_kind": ("none", "option", "first-refusal"),
        "adult": (True, False),
        "ai_used": (True, False),
        "image_consent": (True, False),
        "mediation": (True, False),
    },
    "co-development": {
        "ownership_rule": ("generator", "joint"),
        "revenue_sharing": (True, False),
        "eu_grant": (True, False),
        "mediation": (True, False),
        "grants": (None, ...),
        "background": (None, ...),
        "proofs": (None, ...),
        "chain_ok": (None, ...),
    },
}


@pytest.mark.parametrize("kind", SWITCHES)
def test_every_two_choices_together_give_a_complete_agreement(kind: str) -> None:
    """``...`` keeps the answer of the full case; ``None`` leaves the question unanswered. Conditions nest at most two deep."""
    full = answers_of(kind, "full")
    for one, two in itertools.combinations(SWITCHES[kind], 2):
        for pair in itertools.product(SWITCHES[kind][one][1:], SWITCHES[kind][two][:-1]):
            choice = {name: value for name, value in zip((one, two), pair, strict=True) if value is not ...}
            answers = {name: value for name, value in {**full, **choice}.items() if value is not None}
            assert document(kind, answers).sections


@pytest.mark.parametrize(("missing", "label"), [("courts", "Which courts decide?"), ("purpose", "What may the other side use it for?")])
def test_an_answer_that_a_clause_needs_is_missed_by_the_name_of_its_question(missing: str, label: str) -> None:
    kind = CATALOGUE.kind("nda-one-way")
    answers = thawed(interview.check(kind, answers_of("nda-one-way", "minimal")).answers)
    del answers[missing]
    with pytest.raises(MissingAnswerError) as caught:
        assembly.assemble(kind, Terms(kind.key, answers), CATALOGUE)
    assert [(problem.pointer, problem.values["question"], problem.values["label"]) for problem in caught.value.problems] == [
        (f"/{missing}", missing, label)
    ]
    assert label in str(caught.value)


def test_terms_of_another_kind_are_refused() -> None:
    terms = interview.check(CATALOGUE.kind("nda-one-way"), answers_of("nda-one-way", "minimal"))
    with pytest.raises(FormatError, match="nda-one-way@1"):
        assembly.assemble(CATALOGUE.kind("co-development"), terms, CATALOGUE)


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=80))
def test_no_value_adds_or_takes_away_a_paragraph(value: str) -> None:
    kind = CATALOGUE.kind("nda-one-way")
    answers = thawed(interview.check(kind, answers_of("nda-one-way", "full")).answers)
    before = assembly.assemble(kind, Terms(kind.key, answers), CATALOGUE)
    answers["purpose"] = answers["parties"][0]["name"] = value
    after = assembly.assemble(kind, Terms(kind.key, answers), CATALOGUE)
    assert [id for id, _ in before.paragraphs()] == [id for id, _ in after.paragraphs()]


@pytest.mark.parametrize(("number", "label"), [(1, "a"), (26, "z"), (27, "aa"), (28, "bb"), (53, "aaa")])
def test_list_letters_go_on_after_z_as_word_counts_them(number: int, label: str) -> None:
    assert assembly.letters(number) == label
