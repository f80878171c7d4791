"""The decision guide: from answers to a kind of agreement, a way to hold and license, and a rule for shares; or *undecided*.

The questions and the tables stand in ``guides/*.yaml``; here is what they mean. Every decision has rows, and a row holds, fails or is still
open in view of the answers; a question that nobody answered, or to which somebody said ``unknown``, leaves it open.

1. Of the rows that hold or are open, each gives an outcome. One that holds, and no other outcome possible: that is the decision.
2. Several outcomes possible, or none: *undecided*, with the questions that would settle it and what to talk about.
3. A row that counts gives the band of its number of yes answers; while answers are open, every number that is still possible counts.

The order of rows decides nothing. What was answered to a question that is no longer asked does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ipr_service.errors import N_, FieldProblem, InputError

YES_NO: Final = ("yes", "no")
UNKNOWN: Final = "unknown"
"""An answer everywhere: we do not know yet."""


@dataclass(frozen=True)
class Question:
    """One question.

    Args:
        label, why: msgids. source: where the question comes from.
        options: (value, msgid); empty for yes and no.
        show_if: (question, answer); asked only then.
        prefill: name of the fact of a collaboration that answers it, or empty.
    """

    id: str
    label: str
    why: str
    source: str
    options: tuple[tuple[str, str], ...] = ()
    show_if: tuple[str, str] | None = None
    prefill: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The answers that are taken, ``unknown`` besides."""
        return tuple(value for value, _label in self.options) or YES_NO


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Args:
        when: (question, answer) pairs that must all hold.
        gives: id of an outcome; None in a row that counts.
        count: questions whose yes answers are counted.
        bands: (up to so many, id of an outcome or None for undecided), rising.
    """

    when: tuple[tuple[str, str], ...]
    gives: str | None = None
    count: tuple[str, ...] = ()
    bands: tuple[tuple[int, str | None], ...] = ()


@dataclass(frozen=True)
class Decision:
    """One thing to decide. ``when``: decided only then. ``talk``: msgids of what to talk about while it is undecided."""

    id: str
    title: str
    when: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    talk: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a decision can end in.

    Args:
        title, summary: msgids. source: where the model comes from, or empty.
        kind: of an agreement that can be drafted; policy: a rule that can be proposed; model: of the Lambert toolkit. Each may be empty.
    """

    id: str
    title: str
    summary: str
    source: str = ""
    kind: str = ""
    policy: str = ""
    model: str = ""


@dataclass(frozen=True)
class Guide:
    """A guide as read from its file, checked: every id that it names exists."""

    id: str
    version: int
    title: str
    summary: str
    source: str
    questions: tuple[Question, ...]
    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def reference(self) -> str:
        """``id@version``: answers are kept with it."""
        return f"{self.id}@{self.version}"

    def question(self, name: str) -> Question:
        """The question of that id; KeyError is a mistake of the caller."""
        return {question.id: question for question in self.questions}[name]

    def outcome(self, name: str) -> Outcome:
        """The outcome of that id; KeyError is a mistake of the caller."""
        return {outcome.id: outcome for outcome in self.outcomes}[name]


@dataclass(frozen=True)
class Reason:
    """Why a decision is what it is: (question, answer) pairs, and how many of how many were yes where a row counts."""

    answers: tuple[tuple[str, str], ...]
    yes: int | None = None
    of: int | None = None


@dataclass(frozen=True)
class Result:
    """One decision in view of the answers.

    Args:
        state: ``decided``, ``undecided`` or ``not-asked`` (its condition does not hold).
        outcome: when decided. reason: likewise, and for a count that is balanced.
        possible: when undecided, the outcomes that are still possible, by id.
        open: questions whose answer would settle it. conflicting: two or more rows hold and give different things.
        talk: msgids of what to talk about.
    """

    decision: str
    state: str
    outcome: Outcome | None = None
    reason: Reason | None = None
    possible: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    conflicting: bool = False
    talk: tuple[str, ...] = ()


def asked(guide: Guide, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions that are asked in view of the answers, in their order."""
    counted = _counted(guide, answers)
    return tuple(question for question in guide.questions if _is_asked(question, counted))


def checked(guide: Guide, answers: Mapping[str, str]) -> dict[str, str]:
    """Take answers; those to questions that are not asked are left out.

    Raises:
        InputError: a question or an answer that the guide does not know; every one of them is named.
    """
    problems = []
    known = {question.id: question for question in guide.questions}
    for name in sorted(answers):
        if name not in known:
            msgid = N_('There is no question "{value}"; there are: {known}')
            problems.append(FieldProblem(f"/{name[:64]}", msgid, {"value": name[:64], "known": ", ".join(known)}))
        elif answers[name] not in (*known[name].values, UNKNOWN):
            msgid = N_('"{value}" answers nothing here; answers are: {known}')
            values = {"value": str(answers[name])[:64], "known": ", ".join((*known[name].values, UNKNOWN))}
            problems.append(FieldProblem(f"/{name}", msgid, values))
    if problems:
        raise InputError(N_("Please check {count} of the answers"), problems=problems, count=len(problems))
    return _counted(guide, answers)


def decide(guide: Guide, answers: Mapping[str, str]) -> tuple[Result, ...]:
    """Every decision of the guide, in their order.

    Raises:
        InputError: as :func:`checked`.
    """
    counted = checked(guide, answers)
    return tuple(_decided(guide, decision, counted) for decision in guide.decisions)


def _counted(guide: Guide, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to questions that are asked; each depends only on questions before it."""
    counted: dict[str, str] = {}
    for question in guide.questions:
        if _is_asked(question, counted) and question.id in answers:
            counted[question.id] = answers[question.id]
    return counted


def _is_asked(question: Question, answers: Mapping[str, str]) -> bool:
    return question.show_if is None or answers.get(question.show_if[0]) == question.show_if[1]


def _holds(when: Sequence[tuple[str, str]], guide: Guide, answers: Mapping[str, str]) -> tuple[bool | None, tuple[str, ...]]:
    """True, False, or None while open; and the open questions."""
    open_now: list[str] = []
    for name, wanted in when:
        given = answers.get(name, UNKNOWN)
        if given == UNKNOWN and _can_be_asked(guide.question(name), guide, answers):
            open_now.append(name)
        elif given != wanted:
            return False, ()
    return (None, tuple(open_now)) if open_now else (True, ())


def _can_be_asked(question: Question, guide: Guide, answers: Mapping[str, str]) -> bool:
    """Whether it is asked, or will be with some answer to what is still open."""
    if question.show_if is None:
        return True
    name, wanted = question.show_if
    given = answers.get(name, UNKNOWN)
    return given == wanted or (given == UNKNOWN and _can_be_asked(guide.question(name), guide, answers))


def _decided(guide: Guide, decision: Decision, answers: Mapping[str, str]) -> Result:
    applies, first = _holds(decision.when, guide, answers)
    if applies is False:
        return Result(decision.id, "not-asked")
    if applies is None:
        return Result(decision.id, "undecided", open=_now(guide, first, answers), talk=decision.talk)
    sure: dict[str | None, Reason] = {}
    possible: list[str | None] = []
    still_open: list[str] = []
    for row in decision.rows:
        holds, questions = _holds(row.when, guide, answers)
        if holds is False:
            continue
        outcomes, counted, reason = _of_row(row, answers)
        possible += outcomes
        still_open += [*questions, *(counted if holds else ())]
        if holds and len(set(outcomes)) == 1:
            sure[outcomes[0]] = reason
    named = tuple(dict.fromkeys(one for one in possible if one is not None))
    only = next(iter(sure)) if len(sure) == 1 and len(set(possible)) == 1 else None
    if only is not None:
        return Result(decision.id, "decided", guide.outcome(only), sure[only])
    open_now = _now(guide, tuple(dict.fromkeys(still_open)), answers)
    return Result(decision.id, "undecided", None, sure.get(None), named, open_now, len(sure) > 1, decision.talk)


def _of_row(row: Row, answers: Mapping[str, str]) -> tuple[list[str | None], list[str], Reason]:
    """What a row may give, the counted questions that are open, and the reason so far."""
    if not row.count:
        return [row.gives], [], Reason(row.when)
    given = {name: answers.get(name, UNKNOWN) for name in row.count}
    yes, unsure = sum(1 for answer in given.values() if answer == "yes"), [name for name, answer in given.items() if answer == UNKNOWN]
    found = [next(gives for to, gives in row.bands if number <= to) for number in range(yes, yes + len(unsure) + 1)]
    settled = tuple((name, answer) for name, answer in given.items() if answer != UNKNOWN)
    return found, (unsure if len(set(found)) > 1 else []), Reason(settled, yes, len(row.count))


def _now(guide: Guide, names: Sequence[str], answers: Mapping[str, str]) -> tuple[str, ...]:
    """Of open questions, those that can be answered now: an unasked one stands for the question that it hangs on."""
    found: list[str] = []
    for name in names:
        question = guide.question(name)
        while not _is_asked(question, answers) and question.show_if is not None:
            question = guide.question(question.show_if[0])
        found.append(question.id)
    return tuple(dict.fromkeys(found))
