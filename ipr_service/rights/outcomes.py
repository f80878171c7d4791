"""What a question to the law ends in: a value, a conflict, or undetermined; each with the rows that it stands on.

A missing rule is never guessed and never 0: it is :class:`Undetermined`, which says what is missing and who can settle it. Two rules of one
rank that differ are a :class:`Conflict` with both citations; the order of a file decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ipr_service.errors import N_

T = TypeVar("T")
S = TypeVar("S")

PARTIES: Final = N_("the parties, by a written agreement")
LAWYER: Final = N_("a lawyer of that country, or the parties by a written agreement")
MARKS: Final = ("verified-primary", "inferred-from-primary", "verified-secondary", "unverified")
"""How a row was checked, best first."""


@dataclass(frozen=True)
class Citation:
    """The row that an answer stands on, with all that a reader needs to doubt it.

    Args:
        pack: reference of the pack, ``FR@1``.
        row: id of the row within the pack, ``patent.exploit_alone``.
        rule: the row's prose, as it stands in the data.
        mark: how the row was checked (:data:`MARKS`).
        read_on: day on which the text was read, ISO 8601; empty when nobody read it.
        overdue: the row's review date has passed.
        general: the rule is one of general co-ownership law or of a directive, applied because the law of this right has none.
    """

    pack: str
    row: str
    rule: str
    article: str
    source: str
    mark: str
    read_on: str
    overdue: bool = False
    general: bool = False

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "pack": self.pack,
            "row": self.row,
            "rule": self.rule,
            "article": self.article,
            "source": self.source,
            "mark": self.mark,
            "read_on": self.read_on,
            "overdue": self.overdue,
            "general": self.general,
        }


@dataclass(frozen=True)
class Remark:
    """A sentence for people: a msgid with what fills its placeholders, other remarks among them."""

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = lambda msgid: msgid) -> str:
        """The sentence in the language of ``translate``."""
        said = translate(self.msgid)
        values = {name: value.text(translate) if isinstance(value, Remark) else value for name, value in self.values.items()}
        return said.format(**values) if values else said

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class Value(Generic[T]):
    """Decided, by these rows."""

    value: T
    because: tuple[Citation, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Two rows of one rank say different things."""

    because: tuple[Citation, ...]
    what: Remark


@dataclass(frozen=True)
class Undetermined:
    """Not decided.

    Args:
        missing: what would be needed.
        settles: who can settle it, a msgid.
        seen: rows that were looked at and decide nothing (unverified, or not checked for the date).
    """

    missing: Remark
    settles: str = LAWYER
    seen: tuple[Citation, ...] = ()


Outcome: TypeAlias = Value[T] | Conflict | Undetermined


def weakest(citations: tuple[Citation, ...]) -> str:
    """The weakest mark among the rows of an answer; empty without rows. An answer is as good as the worst row it stands on."""
    return max((citation.mark for citation in citations), key=MARKS.index, default="")


def mapped(outcome: Outcome[T], change: Callable[[T], S]) -> Outcome[S]:
    """The outcome with its value changed; what is no value stays as it is."""
    if isinstance(outcome, Value):
        return Value(change(outcome.value), outcome.because, outcome.remarks)
    return outcome
