"""A kind of agreement: who signs it, what is asked, and which clauses stand where; read from its ``template.yaml``.

Nothing here knows clause texts (``clauses``), answers (``interview``) or files (``catalogue``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import rfc8785

from ipr_service.agreements.clause_body import refuse
from ipr_service.agreements.expressions import Expression, parse_expression

QuestionType = Literal[
    "text", "longtext", "choice", "date", "integer", "duration", "money", "boolean", "list", "country", "fraction", "language",
    "email", "party",
]  # fmt: skip
QUESTION_TYPES = frozenset(get_args(QuestionType))
Part = Literal["opening", "clauses", "schedules", "closing"]
PARTS: tuple[Part, ...] = ("opening", "clauses", "schedules", "closing")
SignatureLevel = Literal["simple", "advanced", "qualified"]


@dataclass(frozen=True)
class Option:
    """One answer of a ``choice``: the value that is stored and the words that a person reads."""

    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question.

    Args:
        id: the name under which clauses read the answer.
        type: see ``QUESTION_TYPES``; the stored form of each is in ``interview``.
        label: the question, in words.
        help: what to write, where the question arises.
        why: why it is asked.
        required: whether an empty answer is an open question.
        show_if: asked only when this holds; a question that is not asked has no answer.
        default: stored form of the answer that is taken when nobody answers.
        default_from: path into the data of the service, e.g. ``collaboration.split``.
        options: for ``choice``.
        minimum: smallest integer, money in minor units, or number of list entries.
        maximum: largest; for text the number of characters.
        fields: for ``list``, the questions of one entry; one text field ``value`` alone makes a list of plain texts.
        sums_to_one: for ``list``, the fraction field whose entries make exactly 1.
    """

    id: str
    type: QuestionType
    label: str
    help: str
    why: str
    required: bool = True
    show_if: Expression | None = None
    default: Any = None
    default_from: str | None = None
    options: tuple[Option, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    fields: tuple[Question, ...] = ()
    sums_to_one: str | None = None


@dataclass(frozen=True)
class Role:
    """What a party is in this agreement. A role for exactly one party is a name that clauses may read: ``discloser.name``."""

    id: str
    label: str
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Place:
    """One clause of a kind: which, where, and under which condition (``None``: always)."""

    part: Part
    clause: str
    version: int
    condition: Expression | None


@dataclass(frozen=True)
class Deadline:
    """A day that follows from the terms, for the calendar; computed by ``lifecycle.obligations``.

    Args:
        id: stable within the kind. label: what happens, with ``{field}`` for fields of the entry.
        after: duration questions that are added, in order, to the day of effect.
        each, day: instead of ``after``, a list question and its date field: one deadline for each entry.
        condition: only when this holds.
    """

    id: str
    label: str
    after: tuple[str, ...]
    each: str | None
    day: str | None
    condition: Expression | None


@dataclass(frozen=True)
class Kind:
    """A kind of agreement, one published version of it.

    Args:
        id: e.g. ``nda-one-way``. version: whole number from 1. title: printed on top.
        summary: one sentence for the page where a person chooses.
        minimum_parties, maximum_parties, roles, party_fields: who signs and what is asked of each.
        questions: in the order in which they are asked.
        places: clauses in the order in which they are printed.
        deadlines: days that follow from the terms.
        signature_level: what the agreement asks for unless the parties choose higher; ``formalities`` says why.
        author, review, date: who wrote it, its state of review, and when; printed in the footer of a draft.
        digest: SHA-256 of the JCS form of the resolved template.
    """

    id: str
    version: int
    title: str
    summary: str
    minimum_parties: int
    maximum_parties: int
    roles: tuple[Role, ...]
    party_fields: tuple[Question, ...]
    questions: tuple[Question, ...]
    places: tuple[Place, ...]
    deadlines: tuple[Deadline, ...]
    signature_level: SignatureLevel
    formalities: tuple[str, ...]
    author: str
    review: str
    date: dt.date
    digest: str
    languages: tuple[str, ...] = field(default=("en",))

    @property
    def key(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    def question(self, id: str) -> Question | None:
        """The question or party field that answers ``id``, or ``None``."""
        return next((q for q in (*self.questions, *self.party_fields) if q.id == id), None)


def kind_from(data: Mapping[str, Any], shared: Mapping[str, Any], path: str) -> Kind:
    """One kind out of the data of its ``template.yaml`` and of ``shared.yaml``.

    Raises:
        FormatError: with ``path`` and what is missing or wrong.
    """
    resolved = {**data, "questions": _resolve(data, shared, path), "party_fields": shared["party_fields"]}
    try:
        parties = data["parties"]
        kind = Kind(
            id=data["id"], version=data["version"], title=data["title"], summary=data["summary"],
            minimum_parties=parties["minimum"], maximum_parties=parties["maximum"],
            roles=tuple(Role(r["id"], r["label"], r["minimum"], r["maximum"]) for r in parties["roles"]),
            party_fields=_questions(resolved["party_fields"], path),
            questions=_questions(resolved["questions"], path),
            places=_places(data, path),
            deadlines=tuple(_deadline(item, path) for item in data.get("deadlines", ())),
            signature_level=data["formalities"]["signature_level"], formalities=tuple(data["formalities"]["notes"]),
            author=data["author"], review=data["review"], date=data["date"],
            digest=hashlib.sha256(rfc8785.dumps(_plain(resolved))).hexdigest(),
        )  # fmt: skip
    except KeyError as error:
        raise refuse(path, 1, f"{error.args[0]} is missing") from error
    if kind.signature_level not in ("simple", "advanced", "qualified") or not isinstance(kind.date, dt.date):
        raise refuse(path, 1, "signature_level is simple, advanced or qualified; date is a date")
    return kind


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _resolve(data: Mapping[str, Any], shared: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """Questions with ``use: id`` filled from ``shared.yaml``; what stands beside ``use`` overrides."""
    known = {q["id"]: q for q in shared["questions"]}
    found = []
    for question in data.get("questions", ()):
        if "use" in question:
            if question["use"] not in known:
                raise refuse(path, 1, f"there is no shared question {question['use']}")
            question = {**known[question["use"]], **{k: v for k, v in question.items() if k != "use"}}
        found.append(question)
    return found


_QUESTION_KEYS = frozenset(
    {"id", "type", "label", "help", "why", "required", "show_if", "default", "default_from", "options"}
    | {"minimum", "maximum", "fields", "sums_to_one"}
)


def _questions(data: Sequence[Mapping[str, Any]], path: str) -> tuple[Question, ...]:
    found: list[Question] = []
    for item in data:
        id = str(item.get("id"))
        if set(item) - _QUESTION_KEYS or not {"id", "type", "label", "help", "why"} <= set(item) or item["type"] not in QUESTION_TYPES:
            raise refuse(path, 1, f"question {id}: unknown or missing entries, or an unknown type")
        if any(q.id == id for q in found):
            raise refuse(path, 1, f"question {id} stands twice")
        options = tuple(Option(str(value), str(label)) for value, label in item.get("options", {}).items())
        if (item["type"] == "choice") != bool(options) or (item["type"] == "list") != bool(item.get("fields")):
            raise refuse(path, 1, f"question {id}: a choice has options and a list has fields, and nothing else has")
        found.append(
            Question(
                **{k: v for k, v in item.items() if k not in ("options", "fields", "show_if", "default")},
                options=options,
                fields=_questions(item.get("fields", ()), path),
                show_if=_condition(item.get("show_if"), path),
                default=_plain(item.get("default")),
            )
        )
    return tuple(found)


def _condition(source: str | None, path: str) -> Expression | None:
    return None if source is None else parse_expression(source, lambda reason: refuse(path, 1, reason))


def _places(data: Mapping[str, Any], path: str) -> tuple[Place, ...]:
    found: list[Place] = []
    for part in PARTS:
        for item in data.get(part, ()):
            entry = item if isinstance(item, dict) else {"clause": item}
            name, _, version = entry["clause"].partition("@")
            if not version.isdigit() or any(place.clause == name for place in found):
                raise refuse(path, 1, f"{entry['clause']}: a clause is named as id@version, once")
            found.append(Place(part, name, int(version), _condition(entry.get("if"), path)))
    return tuple(found)


def _deadline(data: Mapping[str, Any], path: str) -> Deadline:
    if bool(data.get("after")) == bool(data.get("each") and data.get("day")):
        raise refuse(path, 1, f"deadline {data['id']}: either after, or each with day")
    condition = _condition(data.get("if"), path)
    return Deadline(data["id"], data["label"], tuple(data.get("after", ())), data.get("each"), data.get("day"), condition)


def known_paths(kind: Kind) -> frozenset[str]:
    """Every schema path that a clause of this kind may read."""
    paths = {"language", "kind_title"}
    for question in kind.questions:
        paths.add(question.id)
        paths |= {f"{question.id}[]"} | {f"{question.id}[].{f.id}" for f in question.fields} if question.type == "list" else set()
    heads = ["parties[]", *(role.id for role in kind.roles if role.maximum == 1), *(f"{role.id}_parties[]" for role in kind.roles)]
    paths |= {"parties", *(f"{role.id}_parties" for role in kind.roles), *(role.id for role in kind.roles if role.maximum == 1)}
    paths |= {f"{head}.{name}" for head in heads for name in ("role", "role_label", *(f.id for f in kind.party_fields))}
    return frozenset(paths)
