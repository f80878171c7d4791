"""The catalogue is whole: every kind finds its clauses, every clause its questions, and no published text changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ipr_service.agreements import answers
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.kinds import Question
from ipr_service.errors import FormatError, NotFoundError

TEMPLATES = Path(__file__).parents[2] / "agreement_templates"
CATALOGUE = Catalogue.load(TEMPLATES)
KINDS = ("co-development", "contribution-terms", "nda-one-way")


def questions() -> list[tuple[str, Question]]:
    found = []
    for name in KINDS:
        kind = CATALOGUE.kind(name)
        for question in (*kind.questions, *kind.party_fields):
            found += [(f"{name}/{question.id}", question), *((f"{name}/{question.id}/{f.id}", f) for f in question.fields)]
    return found


def test_the_catalogue_offers_three_kinds() -> None:
    assert CATALOGUE.names() == KINDS


def test_a_published_text_never_changes_without_a_new_version() -> None:
    """Red? Raise the version of what changed, keep the old text beside it, and pin the new digest (docs/agreements.md)."""
    assert CATALOGUE.unpinned() == ()


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_says_who_wrote_it_when_and_that_no_counsel_reviewed_it(name: str) -> None:
    kind = CATALOGUE.kind(name)
    assert kind.author
    assert kind.review == "draft, not reviewed by counsel"
    assert kind.date.year >= 2026


def test_every_clause_is_used_by_a_kind() -> None:
    used = {place.clause for kind in CATALOGUE.kinds.values() for place in kind.places}
    assert used == {id for _, id, _ in CATALOGUE.clauses}


@pytest.mark.parametrize("name", KINDS)
def test_every_question_is_read_by_a_clause_or_a_condition(name: str) -> None:
    kind = CATALOGUE.kind(name)
    read = {path for place in kind.places for path in CATALOGUE.clause("en", place).variables}
    read |= {".".join(path) for place in kind.places if place.condition for path in place.condition.paths}
    heads = {path.split(".")[0].removesuffix("[]") for path in read}
    conditions = {path[0] for q in kind.questions if q.show_if for path in q.show_if.paths}
    assert {q.id for q in kind.questions} <= heads | conditions


@pytest.mark.parametrize(("where", "question"), questions(), ids=[name for name, _ in questions()])
def test_every_default_is_an_answer_that_its_own_question_takes(where: str, question: Question) -> None:
    if question.default is None:
        return
    if question.type == "list":
        assert all(answers.stored(field, entry[field.id]) for entry in question.default for field in question.fields)
    else:
        assert answers.stored(question, question.default) == question.default


@pytest.mark.parametrize(("where", "question"), questions(), ids=[name for name, _ in questions()])
def test_every_question_says_what_to_write_and_why(where: str, question: Question) -> None:
    assert question.label
    assert question.help.endswith(".")
    assert question.why.endswith(".")


@pytest.mark.parametrize("clause", CATALOGUE.clauses.values(), ids=lambda clause: clause.key)
def test_no_clause_waives_moral_rights_or_claims_more_than_was_proved(clause: object) -> None:
    text = " ".join(clause.body.lower().split())  # type: ignore[attr-defined]  # parametrised over clauses
    for word in ("waive moral", "waives moral", "waiver of moral", "legally valid", "is protected", "are protected", "lorem ipsum"):
        assert word not in text


def test_an_unknown_kind_is_named_with_those_that_exist() -> None:
    with pytest.raises(NotFoundError, match="nda-one-way"):
        CATALOGUE.kind("nda-none")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def test_a_changed_text_is_found_by_its_pin(copy: Path) -> None:
    file = copy / "clauses" / "en" / "nda-purpose.md"
    file.write_text(file.read_text(encoding="utf-8").replace("one purpose only", "any purpose"), encoding="utf-8")
    assert Catalogue.load(copy).unpinned() == ("en/nda-purpose@1",)


def test_a_changed_question_is_found_by_the_pin_of_each_kind_that_uses_it(copy: Path) -> None:
    file = copy / "shared.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("default: P15D", "default: P16D"), encoding="utf-8")
    assert Catalogue.load(copy).unpinned() == ("contribution-terms@1", "nda-one-way@1")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data["clauses"].append("no-such-clause@1"), "no clause no-such-clause@1"),
        (lambda data: data["clauses"].append("codev-work@1"), "which nobody asks|which the kind lacks"),
        (lambda data: data["clauses"].remove("nda-return@1"), "nda-return"),
        (lambda data: data["clauses"].append("nda-purpose@1"), "once"),
        (lambda data: data["questions"].append({"use": "no-such-question"}), "no shared question"),
        (lambda data: data["questions"].append({"id": "x", "type": "float", "label": "x", "help": "x", "why": "x"}), "unknown type"),
        (lambda data: data["questions"][0].update(show_if="nobody_asks"), "nobody asks"),
        (lambda data: data["questions"][0].update(show_if="purpose.upper()"), "Call"),
        (lambda data: data.pop("title"), "title is missing"),
        (lambda data: data["deadlines"].append({"id": "x", "label": "x", "after": ["nobody"]}), "nobody"),
    ],
)
def test_a_kind_that_does_not_fit_together_is_refused(copy: Path, change: object, word: str) -> None:
    file = copy / "nda-one-way" / "template.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(data)  # type: ignore[operator]  # one of the lambdas above
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FormatError, match=word):
        Catalogue.load(copy)
