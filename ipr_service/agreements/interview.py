"""The interview: what is still to be asked, and whether what was answered can be taken.

A question that its ``show_if`` leaves out is not asked and keeps no answer. A default counts as an answer that nobody has
confirmed. ``check`` never stops at the first problem: it names every field, its limit and what to do.

The stored form of each type of answer is in ``answers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from ipr_service.agreements import expressions
from ipr_service.agreements.answers import MAX_ENTRIES, AnswerError, stored
from ipr_service.agreements.kinds import Kind, Question
from ipr_service.agreements.terms import Terms
from ipr_service.errors import N_, FieldProblem, InputError

Origin = Literal["answered", "default", "open", "optional"]
OPEN = N_("The question '{label}' ({question}) is still open: {help}")
"""The msgid of a problem that is only an open question."""


@dataclass(frozen=True)
class Asked:
    """A question in its present state. ``value`` is the answer or the default, ``None`` when there is neither."""

    question: Question
    value: Any
    origin: Origin


def prefill(kind: Kind, data: Mapping[str, Any]) -> dict[str, Any]:
    """Answers that the data of the service already gives.

    Args:
        kind: whose ``default_from`` paths are looked up.
        data: nested mappings, e.g. ``{"collaboration": {"split": [...]}}``; values in stored form.
    """
    answers: dict[str, Any] = {}
    for question in kind.questions:
        value: Any = data
        for name in (question.default_from or "").split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if question.default_from and value is not None:
            answers[question.id] = value
    if "parties" in data:
        answers["parties"] = data["parties"]
    return answers


def asked(kind: Kind, answers: Mapping[str, Any]) -> tuple[Asked, ...]:
    """Every question that is asked in view of ``answers``, in order, with its answer or default."""
    return tuple(_asked(kind.questions, answers))


def _asked(questions: Sequence[Question], answers: Mapping[str, Any]) -> list[Asked]:
    values: dict[str, Any] = {q.id: None for q in questions}
    found: list[Asked] = []
    for question in questions:
        if question.show_if is not None and not expressions.holds(question.show_if, values):
            continue
        given = answers.get(question.id)
        if given is not None and given != "":
            origin: Origin = "answered"
        else:
            given = question.default
            origin = "default" if given is not None else "open" if question.required else "optional"
        values[question.id] = given
        found.append(Asked(question, given, origin))
    return found


def open_questions(kind: Kind, answers: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions that must be answered and neither an answer nor a default answers; ``parties`` are checked by ``check``."""
    return tuple(entry.question for entry in asked(kind, answers) if entry.origin == "open")


def check(kind: Kind, answers: Mapping[str, Any]) -> Terms:
    """Take the answers.

    Args:
        kind: the kind that they answer.
        answers: by question id, in stored or spoken form; ``parties`` is a list of records with ``role``.

    Raises:
        InputError: one problem for each field, at ``/question`` or ``/parties/0/name``.
    """
    terms, problems = partial(kind, answers)
    if problems:
        raise InputError(N_("Please check {count} of the answers"), problems=problems, count=len(problems))
    return terms


def partial(kind: Kind, answers: Mapping[str, Any]) -> tuple[Terms, tuple[FieldProblem, ...]]:
    """What of the answers can be taken so far, and what ``check`` would refuse; for a draft in the middle of the interview.

    An open question has the msgid ``OPEN``; what was refused is left out of the terms.
    """
    problems: list[FieldProblem] = []
    _refuse_unknown(kind.questions, {id: answer for id, answer in answers.items() if id != "parties"}, "", problems)
    values = _record(kind.questions, answers, "", problems)
    values["parties"] = _parties(kind, answers.get("parties"), problems)
    _compare_names(kind, values, problems)
    return Terms(kind.key, values), tuple(problems)


def _record(questions: Sequence[Question], answers: Mapping[str, Any], pointer: str, problems: list[FieldProblem]) -> dict[str, Any]:
    """Stored forms of the answers to ``questions``; what is wrong goes to ``problems``."""
    values: dict[str, Any] = {}
    for entry in _asked(questions, answers):
        question, at = entry.question, f"{pointer}/{entry.question.id}"
        if entry.origin == "open":
            problems.append(FieldProblem(at, OPEN, {"label": question.label, "question": question.id, "help": question.help}))
        elif entry.value is not None and question.type == "list":
            values[question.id] = _entries(question, entry.value, at, problems)
        elif entry.value is not None:
            try:
                values[question.id] = stored(question, entry.value)
            except AnswerError as refused:
                problems.append(FieldProblem(at, refused.msgid, {"label": question.label, **refused.values}))
    return values


def _entries(question: Question, value: Any, pointer: str, problems: list[FieldProblem]) -> list[Any]:
    least, most = question.minimum or 0, question.maximum or MAX_ENTRIES
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
        msgid = N_("'{label}' is a list of {least} to {most} entries")
        problems.append(FieldProblem(pointer, msgid, {"label": question.label, "least": least, "most": most}))
        return []
    found = []
    for index, entry in enumerate(value):
        at = f"{pointer}/{index}"
        if not isinstance(entry, Mapping):
            entry = {question.fields[0].id: entry} if len(question.fields) == 1 else {}
        _refuse_unknown(question.fields, entry, at, problems)
        found.append(_record(question.fields, entry, at, problems))
    if question.sums_to_one and not any(p.pointer.startswith(pointer + "/") for p in problems):
        total = sum((Fraction(entry[question.sums_to_one]) for entry in found), Fraction(0))
        if total != 1:
            msgid = N_("The shares in '{label}' make {total}; they must make exactly 1")
            problems.append(FieldProblem(pointer, msgid, {"label": question.label, "total": str(total)}))
    return found


def _refuse_unknown(questions: Sequence[Question], record: Mapping[str, Any], pointer: str, problems: list[FieldProblem]) -> None:
    for id in sorted(set(map(str, record)) - {q.id for q in questions}):
        problems.append(FieldProblem(f"{pointer}/{id}", N_("There is no question '{id}' in this agreement; leave it out"), {"id": id}))


def _parties(kind: Kind, value: Any, problems: list[FieldProblem]) -> list[Any]:
    """Stored forms of the parties: as many as the kind and each role ask for, no name twice."""
    least, most = kind.minimum_parties, kind.maximum_parties
    if not isinstance(value, (list, tuple)) or not least <= len(value) <= most or not all(isinstance(p, Mapping) for p in value):
        msgid = N_("This agreement has {least} to {most} parties; list each of them once")
        problems.append(FieldProblem("/parties", msgid, {"least": least, "most": most}))
        return []
    roles, found = {role.id: role for role in kind.roles}, []
    for index, party in enumerate(value):
        fields = {name: answer for name, answer in party.items() if name != "role"}
        _refuse_unknown(kind.party_fields, fields, f"/parties/{index}", problems)
        record = _record(kind.party_fields, fields, f"/parties/{index}", problems)
        if party.get("role") not in tuple(roles):
            msgid = N_("A party's role is one of: {roles}")
            problems.append(FieldProblem(f"/parties/{index}/role", msgid, {"roles": ", ".join(roles)}))
        found.append({**record, "role": party.get("role")})
    for role in kind.roles:
        number = sum(party["role"] == role.id for party in found)
        if not role.minimum <= number <= role.maximum:
            msgid = N_("The role '{role}' is for {least} to {most} parties; {number} were given")
            values = {"role": role.label, "least": role.minimum, "most": role.maximum, "number": number}
            problems.append(FieldProblem("/parties", msgid, values))
    names = [party.get("name") for party in found]
    for index, name in enumerate(names):
        if name is not None and name in names[:index]:
            problems.append(FieldProblem(f"/parties/{index}/name", N_("Two parties have the same name; tell them apart"), {}))
    return found


def _compare_names(kind: Kind, values: Mapping[str, Any], problems: list[FieldProblem]) -> None:
    """A question of type ``party`` names one of the parties, letter by letter, so that no share is left to a stranger."""
    names = {party.get("name") for party in values["parties"]}
    if not names:
        return
    for question in kind.questions:
        answer = values.get(question.id)
        places = [(f"/{question.id}", question, answer)] if question.type == "party" else []
        if question.type == "list" and answer:
            places += [
                (f"/{question.id}/{index}/{field.id}", field, entry.get(field.id))
                for index, entry in enumerate(answer)
                for field in question.fields
                if field.type == "party"
            ]
        for pointer, field, name in places:
            if name is not None and name not in names:
                msgid = N_("'{label}' is the name of one of the parties, exactly as listed: {names}")
                problems.append(FieldProblem(pointer, msgid, {"label": field.label, "names": "; ".join(sorted(map(str, names)))}))
