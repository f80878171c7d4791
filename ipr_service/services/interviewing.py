"""Look at the interview of a draft: what is asked, what is answered and by whom, which clauses an answer shapes, how the text reads now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ipr_service.agreements import assembly
from ipr_service.agreements import interview as rules
from ipr_service.agreements.assembly import Document
from ipr_service.agreements.clause_body import schema_paths
from ipr_service.agreements.kinds import Kind, Question
from ipr_service.errors import FieldProblem
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafts import Answers, answers_of, pinned_kind
from ipr_service.store.schema import Agreement


@dataclass(frozen=True)
class AskedQuestion:
    """A question in its present state.

    Args:
        value: what is answered, the usual value, or None.
        origin: ``data`` (the service knew it), ``answered`` (a person), ``default`` (the usual value), ``open``, ``optional``.
        source: where data came from: the first step of the question's ``default_from`` path, else empty.
        clauses: titles of the clauses that read the answer.
        problem: what is wrong with the answer, if anything but its absence.
    """

    question: Question
    value: Any
    origin: str
    source: str
    clauses: tuple[str, ...]
    problem: FieldProblem | None = None


@dataclass(frozen=True)
class AskedParty:
    """A party with the questions about it."""

    role: str
    role_label: str
    name: str
    questions: tuple[AskedQuestion, ...]

    @property
    def open(self) -> int:
        """How many questions about it are open."""
        return sum(one.origin == "open" for one in self.questions)


@dataclass(frozen=True)
class Interview:
    """The whole interview. ``open``: how many answers are missing or wrong; 0 means that the text can be finalised."""

    kind: Kind
    revision: int
    state: str
    parties: tuple[AskedParty, ...]
    questions: tuple[AskedQuestion, ...]
    problems: tuple[FieldProblem, ...]
    answers: Mapping[str, Any]

    @property
    def open(self) -> int:
        return len(self.problems)


def interview(ctx: Context, actor: Actor, agreement_id: str) -> Interview:
    """What is asked and answered.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
    kind, answers = pinned_kind(ctx, agreement), answers_of(ctx, agreement)
    _, problems = rules.partial(kind, answers.merged)
    wrong = {one.pointer: one for one in problems if one.msgid != rules.OPEN}
    read = _readers(ctx, kind, agreement.language)
    questions = tuple(
        AskedQuestion(
            asked.question,
            asked.value,
            _origin(asked, answers),
            (asked.question.default_from or "").split(".")[0],
            read.get(asked.question.id, ()),
            next((one for at, one in wrong.items() if at.split("/")[1] == asked.question.id), None),
        )
        for asked in rules.asked(kind, answers.merged)
    )
    merged = answers.merged
    return Interview(kind, agreement.revision, agreement.state, _parties(kind, answers, wrong), questions, problems, merged)


def _origin(asked: rules.Asked, answers: Answers) -> str:
    known = answers.given.get(asked.question.id) in (None, "") and asked.question.id not in answers.given
    return "data" if asked.origin == "answered" and known else asked.origin


def _parties(kind: Kind, answers: Answers, wrong: Mapping[str, FieldProblem]) -> tuple[AskedParty, ...]:
    about = replace(kind, questions=kind.party_fields)
    labels = {role.id: role.label for role in kind.roles}
    origin = "answered" if "parties" in answers.given else "data"
    found = []
    for at, party in enumerate(answers.merged.get("parties") or ()):
        asked = tuple(
            AskedQuestion(
                one.question,
                one.value,
                origin if one.origin == "answered" else one.origin,
                "organisation" if origin == "data" else "",
                (),
                wrong.get(f"/parties/{at}/{one.question.id}"),
            )
            for one in rules.asked(about, party)
        )
        found.append(AskedParty(party["role"], labels.get(party["role"], party["role"]), str(party.get("name", "")), asked))
    return tuple(found)


def _readers(ctx: Context, kind: Kind, language: str) -> dict[str, tuple[str, ...]]:
    """Titles of the clauses that read each question, in their order."""
    found: dict[str, list[str]] = {}
    for place in kind.places:
        clause = ctx.catalogue.clause(language, place)
        condition = {path[0] for path in place.condition.paths} if place.condition else set()
        for name in {path.split(".")[0].removesuffix("[]") for path in schema_paths(clause.blocks)} | condition:
            found.setdefault(name, []).append(clause.title)
    return {name: tuple(dict.fromkeys(titles)) for name, titles in found.items()}


def preview(ctx: Context, actor: Actor, agreement_id: str) -> Document:
    """The text as it reads now; where an answer is missing stands ``[label of the question]``.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
    kind = pinned_kind(ctx, agreement)
    terms, _ = rules.partial(kind, answers_of(ctx, agreement).merged)
    return assembly.assemble(kind, terms, ctx.catalogue, agreement.language, gaps=True)
