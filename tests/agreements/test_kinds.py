"""A kind of agreement out of its template.yaml: what it holds, what it refuses, and when its digest changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from ipr_service.agreements.kinds import Kind, Place, Role, kind_from, known_paths
from ipr_service.errors import FormatError
from tests.agreements.papers import SHARED, TEMPLATE

GIVEN: dict[str, Any] = yaml.safe_load(TEMPLATE)
COMMON: dict[str, Any] = {
    **yaml.safe_load(SHARED),
    "questions": [{"id": "cap", "type": "money", "label": "How much?", "help": "h", "why": "w", "minimum": 0}],
}


def made(**changes: Any) -> Kind:
    return kind_from({**copy.deepcopy(GIVEN), **changes}, COMMON, "paper/template.yaml")


def with_question(**entries: Any) -> Kind:
    return made(
        questions=[*copy.deepcopy(GIVEN["questions"]), {"id": "x", "type": "text", "label": "l", "help": "h", "why": "w", **entries}]
    )


def test_a_kind_is_named_by_its_id_and_version() -> None:
    assert (made().key, made().title) == ("paper@3", "Paper & Ink Agreement")


def test_places_stand_in_the_order_in_which_they_are_printed() -> None:
    kind = made()
    assert [(place.part, place.clause) for place in kind.places] == [
        ("opening", "parties"), ("clauses", "purpose"), ("clauses", "distance"), ("clauses", "end"), ("schedules", "works"),
        ("closing", "closing"),
    ]  # fmt: skip
    assert [place.clause for place in kind.places if place.condition] == ["distance", "works"]
    assert kind.places[0] == Place("opening", "parties", 1, None)


def test_roles_say_how_many_parties_each_is_for() -> None:
    assert made().roles == (Role("giver", "Giver", 1, 1), Role("taker", "Taker", 0, 4))


def test_clauses_may_read_a_party_by_its_role_only_when_there_is_exactly_one_of_it() -> None:
    paths = known_paths(made())
    assert {"giver.name", "parties[].name", "taker_parties[].name", "works[].share", "kind_title"} <= paths
    assert "taker.name" not in paths
    assert "giver.shoe_size" not in paths


def test_a_shared_question_is_taken_and_may_be_overridden() -> None:
    kind = made(questions=[*GIVEN["questions"], {"use": "cap", "label": "How much at most?"}])
    question = kind.question("cap")
    assert question is not None
    assert (question.type, question.label, question.minimum) == ("money", "How much at most?", 0)


def test_a_question_is_found_among_the_questions_and_the_party_fields() -> None:
    kind = made()
    assert [getattr(kind.question(name), "type", None) for name in ("purpose", "name", "nobody")] == ["longtext", "text", None]


def test_the_digest_says_the_same_of_the_same_template_however_it_is_written() -> None:
    turned = dict(reversed(list(GIVEN.items())))
    assert kind_from(turned, COMMON, "elsewhere.yaml").digest == made().digest


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"version": 4},
        {"review": "reviewed"},
        {"clauses": ["purpose@2", "end@1"]},
        {"deadlines": []},
        {"questions": []},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_changes_the_digest(change: dict[str, Any]) -> None:
    assert made(**change).digest != made().digest


def test_a_changed_shared_question_changes_the_digest_of_a_kind_that_takes_it_and_of_no_other() -> None:
    dearer = copy.deepcopy(COMMON)
    dearer["questions"][0]["minimum"] = 1
    using = {**copy.deepcopy(GIVEN), "questions": [*GIVEN["questions"], {"use": "cap"}]}
    assert kind_from(using, dearer, "t").digest != kind_from(using, COMMON, "t").digest
    assert kind_from(GIVEN, dearer, "t").digest == kind_from(GIVEN, COMMON, "t").digest


@pytest.mark.parametrize("name", ["id", "version", "title", "summary", "parties", "formalities", "author", "review", "date"])
def test_what_is_missing_is_named(name: str) -> None:
    less = {key: value for key, value in GIVEN.items() if key != name}
    with pytest.raises(FormatError, match=rf"paper/template\.yaml:1: {name} is missing"):
        kind_from(less, COMMON, "paper/template.yaml")


@pytest.mark.parametrize(
    "entries",
    [
        {"type": "number"}, {"labels": "l"}, {"type": "choice"}, {"type": "text", "options": {"a": "A"}}, {"type": "list"},
        {"type": "text", "fields": [{"id": "a", "type": "text", "label": "l", "help": "h", "why": "w"}]}, {"id": "purpose"},
        {"show_if": "purpose.upper()"}, {"show_if": "1 +"},
        {"type": "list", "fields": [{"id": "a", "type": "text", "label": "l", "help": "h"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_question_that_does_not_fit_the_format_is_refused(entries: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        with_question(**entries)


@pytest.mark.parametrize(
    "change",
    [
        {"questions": [{"use": "nobody"}]}, {"clauses": ["purpose"]}, {"clauses": ["purpose@one"]}, {"clauses": ["end@1", "end@2"]},
        {"opening": ["end@1"]}, {"formalities": {"signature_level": "strong", "notes": []}}, {"date": "2026-11-22"},
        {"deadlines": [{"id": "d", "label": "l"}]}, {"deadlines": [{"id": "d", "label": "l", "after": ["term"], "each": "x", "day": "y"}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_template_that_does_not_fit_the_format_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        made(**change)
