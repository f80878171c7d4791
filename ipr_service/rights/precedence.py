"""Which of several rules holds: a contract before the statute, unless mandatory law strikes it; the statute before a fallback.

Three answers are possible, and none is a guess (RIGHTS.md, "The engine"):

* the one rule that holds;
* :class:`Conflict`: two rules of equal rank apply; both are named with their sources, and neither wins by its place in a file;
* :class:`Undetermined`: a fact is missing that decides it, or no rule applies; says what is missing and who can settle it.

A rank is looked at only when the ranks above it gave nothing. A fact that only lower ranks ask for is therefore not asked.
This module does not know what the rules are about; ``evaluation`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from ipr_service.errors import N_, RefusedError

RANKS: Final = ("contract", "statute", "fallback")
"""Highest first. Mandatory law stands beside them: a veto strikes a contract rule and decides nothing itself."""


@dataclass(frozen=True)
class Cited:
    """A rule as it is cited: its id within its policy, and the source it rests on."""

    rule: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.source})"


@dataclass(frozen=True)
class Missing:
    """A fact that nobody stated. Missing is not null and not 0.

    Args:
        fact: its name.
        of: whose: id of a contribution or party, or "" for the whole case.
        settles: who can say it, in words.
    """

    fact: str
    of: str = ""
    settles: str = ""

    def __str__(self) -> str:
        return f"{self.fact} ({self.of})" if self.of else self.fact


@dataclass(frozen=True)
class Conflict:
    """Rules of one rank that say different things about one question."""

    question: str
    rules: tuple[Cited, ...]

    def to_data(self) -> dict[str, Any]:
        """For a record or a program."""
        rules = [{"rule": one.rule, "source": one.source} for one in self.rules]
        return {"outcome": "conflict", "question": self.question, "rules": rules}


@dataclass(frozen=True)
class Undetermined:
    """What is missing to answer a question; with nothing missing, no rule applies at all."""

    question: str
    missing: tuple[Missing, ...] = ()
    settles: str = N_("the parties, by agreement")

    def to_data(self) -> dict[str, Any]:
        """For a record or a program."""
        missing = [{"fact": one.fact, "of": one.of, "settles": one.settles or self.settles} for one in self.missing]
        return {"outcome": "undetermined", "question": self.question, "missing": missing, "settles": self.settles}


class RuleConflictError(RefusedError):
    """Two rules of equal rank apply. ``outcome`` holds both."""

    def __init__(self, outcome: Conflict) -> None:
        self.outcome = outcome
        shown = " / ".join(map(str, outcome.rules))
        super().__init__(N_("Two rules of equal rank apply, and neither outranks the other: {rules}"), rules=shown)


class UndeterminedError(RefusedError):
    """It cannot be said. ``outcome`` holds what is missing and who can settle it."""

    title = N_("This cannot be determined yet")

    def __init__(self, outcome: Undetermined) -> None:
        self.outcome = outcome
        if outcome.missing:
            shown = ", ".join(map(str, outcome.missing[:5])) + (" …" if len(outcome.missing) > 5 else "")
            who = "; ".join(sorted({one.settles or outcome.settles for one in outcome.missing}))
            super().__init__(N_("Undetermined: nobody stated {missing}. Who can settle it: {who}"), missing=shown, who=who)
        else:
            super().__init__(N_("Undetermined: no rule applies. Who can settle it: {who}"), who=outcome.settles)


T = TypeVar("T")


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A rule that may decide a question.

    Args:
        rule: the rule itself.
        cited: how it is cited.
        rank: one of :data:`RANKS`.
        applies: True, False, or the facts that are missing to say so.
        struck_by: the mandatory rule that strikes it, if one does.
        unsure: facts missing to say whether mandatory law strikes it.
    """

    rule: T
    cited: Cited
    rank: str
    applies: bool | tuple[Missing, ...] = True
    struck_by: Cited | None = None
    unsure: tuple[Missing, ...] = field(default=())


def decide(question: str, candidates: Iterable[Candidate[T]]) -> Candidate[T] | Conflict | Undetermined:
    """The rule that holds for ``question``, or why none can be said to; the order of ``candidates`` decides nothing."""
    listed = tuple(candidates)
    for rank in RANKS:
        here = [one for one in listed if one.rank == rank and one.applies is not False and one.struck_by is None]
        missing = [fact for one in here for fact in (*_missing(one), *one.unsure)]
        if missing:
            return Undetermined(question, tuple(sorted(set(missing), key=lambda fact: (fact.fact, fact.of))))
        if len(here) > 1:
            return Conflict(question, tuple(sorted((one.cited for one in here), key=lambda one: (one.rule, one.source))))
        if here:
            return here[0]
    return Undetermined(question)


def holds(question: str, candidates: Sequence[Candidate[T]]) -> Candidate[T] | None:
    """The one that holds, or None when none applies.

    Raises:
        RuleConflictError, UndeterminedError: it cannot be said.
    """
    outcome = decide(question, candidates)
    if isinstance(outcome, Candidate):
        return outcome
    if isinstance(outcome, Conflict):
        raise RuleConflictError(outcome)
    if outcome.missing:
        raise UndeterminedError(outcome)
    return None


def _missing(candidate: Candidate[T]) -> tuple[Missing, ...]:
    return candidate.applies if isinstance(candidate.applies, tuple) else ()
