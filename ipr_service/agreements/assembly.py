"""An agreement as it reads: the clauses of a kind, with the answers in place, numbered, every reference resolved.

``assemble`` is pure: the same kind, terms and catalogue give the same document. What it returns is what typst sets and what the
same-text test compares with the Word document: equal ordered lists of (clause id, paragraph text), without automatic numbers.

Numbers: operative clauses 1, 2, 3 …, their paragraphs 1.1, 1.2 …; schedules "Schedule 1" …, their paragraphs 1, 2 …; list
items (a), (b) … from the paragraph above; opening and closing parts carry no numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import UndefinedError

from ipr_service.agreements import expressions
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.clauses import (
    Block,
    Bold,
    Clause,
    For,
    If,
    ListItem,
    Placeholder,
    Reference,
    Run,
    TableRow,
    Text,
)  # fmt: skip
from ipr_service.agreements.kinds import Kind, Part, Place
from ipr_service.agreements.terms import Terms
from ipr_service.errors import N_, FieldProblem, FormatError, MissingAnswerError

WORDS: Mapping[str, Mapping[str, str]] = {"en": {"clause": "clause {number}", "schedule": "Schedule {number}"}}


@dataclass(frozen=True)
class Pointer:
    """A resolved cross-reference: the clause that is meant and the label that stands for it, ``clause 7`` or ``Schedule 2``."""

    clause: str
    label: str


ResolvedRun = Text | Bold | Pointer
LineKind = Literal["paragraph", "item", "row", "heading-row"]


@dataclass(frozen=True)
class Line:
    """One paragraph, list item or table row.

    Args:
        kind: what it is.
        label: ``5.1``, ``(a)`` or empty.
        cells: the runs; one cell unless it is a row.
        source: line of the clause file that it came from.
    """

    kind: LineKind
    label: str
    cells: tuple[tuple[ResolvedRun, ...], ...]
    source: int

    def texts(self) -> tuple[str, ...]:
        """The plain text of each cell, without the label."""
        return tuple("".join(run.label if isinstance(run, Pointer) else run.text for run in cell) for cell in self.cells)


@dataclass(frozen=True)
class Section:
    """One clause in place: ``number`` is ``5``, ``Schedule 1``, or empty in the opening and closing parts."""

    part: Part
    clause: Clause
    number: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Document:
    """An assembled agreement. ``kind`` and ``terms`` say what it was made from."""

    kind: Kind
    terms: Terms
    language: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return self.kind.title

    def paragraphs(self) -> tuple[tuple[str, str], ...]:
        """Ordered (clause id, paragraph text): headings, paragraphs, items and table cells, without automatic numbers."""
        found: list[tuple[str, str]] = []
        for section in self.sections:
            found.append((section.clause.id, section.clause.title))
            found += [(section.clause.id, text) for line in section.lines for text in line.texts()]
        return tuple(found)

    def clauses(self) -> tuple[tuple[str, str], ...]:
        """(``id@version``, SHA-256) of every clause that stands in it, in order."""
        return tuple((section.clause.key, section.clause.digest) for section in self.sections)


def assemble(kind: Kind, terms: Terms, catalogue: Catalogue, language: str = "en", *, gaps: bool = False) -> Document:
    """Put the answers into the clauses of ``kind``.

    Args:
        kind: the kind that ``terms`` were given for.
        terms: checked answers, from ``interview.check``.
        catalogue: where the clauses are.
        language: ISO 639-1 code of the contract's language.
        gaps: for a preview: where an answer is missing, print ``[label of the question]`` instead of refusing.

    Raises:
        MissingAnswerError: an answer that a clause needs is missing; each problem names the question's label and id.
        FormatError: ``terms`` belong to another kind or version, or a reference points to a clause that is left out.
        NotFoundError: a clause is not written in ``language``.
    """
    if terms.kind != kind.key:
        raise FormatError(N_("these terms were given for {terms}, not for {kind}"), terms=terms.kind, kind=kind.key)
    context = terms.context(kind)
    placed = chosen(kind, context, language)
    labels = labels_of(placed, language)
    problems: list[FieldProblem] = []
    sections = []
    for place in placed:
        clause = catalogue.clause(language, place)
        setter = _Setter(kind, clause, language, labels, problems)
        numbers = _Numbers(place.part, labels.get(place.clause, ""))
        lines = tuple(numbers.line(*line) for line in setter.lines(clause.blocks, context))
        sections.append(Section(place.part, clause, numbers.heading, lines))
    if problems and not gaps:
        raise MissingAnswerError(
            N_("Some questions are still open: {questions}"),
            problems=tuple({p.pointer: p for p in problems}.values()),
            questions="; ".join(dict.fromkeys(f"{p.values['label']} ({p.values['question']})" for p in problems)),
        )
    return Document(kind, terms, language, tuple(sections))


def chosen(kind: Kind, context: Mapping[str, object], language: str) -> tuple[Place, ...]:
    """The places whose condition holds."""
    return tuple(p for p in kind.places if p.condition is None or expressions.holds(p.condition, context, language))


def labels_of(placed: Sequence[Place], language: str) -> dict[str, str]:
    """What a cross-reference to each numbered clause prints, by clause id: ``clause 1`` …, ``Schedule 1`` …"""
    words, labels = WORDS[language], {}
    for part, word in (("clauses", "clause"), ("schedules", "schedule")):
        for number, place in enumerate((p for p in placed if p.part == part), 1):
            labels[place.clause] = words[word].format(number=number)
    return labels


Unnumbered = tuple[LineKind, tuple[tuple[ResolvedRun, ...], ...], int]


class _Setter:
    """Evaluates the blocks of one clause into lines without numbers; notes what is missing and goes on."""

    def __init__(self, kind: Kind, clause: Clause, language: str, labels: Mapping[str, str], problems: list[FieldProblem]) -> None:
        self.kind, self.clause, self.language, self.labels, self.problems = kind, clause, language, labels, problems

    def lines(self, blocks: Sequence[Block], context: Mapping[str, object]) -> Iterator[Unnumbered]:
        for block in blocks:
            if isinstance(block, If):
                holds = expressions.holds(block.condition, context, self.language)
                yield from self.lines(block.then if holds else block.otherwise, context)
            elif isinstance(block, For):
                yield from self.loop(block, context)
            elif isinstance(block, TableRow):
                cells = tuple(self.runs(cell, context) for cell in block.cells)
                yield ("heading-row" if block.heading else "row"), cells, block.line
            else:
                yield ("item" if isinstance(block, ListItem) else "paragraph"), (self.runs(block.runs, context),), block.line

    def loop(self, block: For, context: Mapping[str, object]) -> Iterator[Unnumbered]:
        try:
            entries = expressions.evaluate(block.source, context, self.language)
        except UndefinedError:
            entries = None
        if entries is None:
            self.missing(block.source.paths[0], context)
        if isinstance(entries, (list, tuple)):
            for index, entry in enumerate(entries, 1):
                loop = {"index": index, "first": index == 1, "last": index == len(entries)}
                yield from self.lines(block.body, {**context, block.name: entry, "loop": loop})

    def runs(self, runs: Sequence[Run], context: Mapping[str, object]) -> tuple[ResolvedRun, ...]:
        return tuple(self.run(run, context) for run in runs)

    def run(self, run: Run, context: Mapping[str, object]) -> ResolvedRun:
        if isinstance(run, Reference):
            if run.clause not in self.labels:
                msgid = N_("{clause} points to {target}, which is left out or has no number")
                raise FormatError(msgid, clause=self.clause.id, target=run.clause)
            return Pointer(run.clause, self.labels[run.clause])
        if isinstance(run, Placeholder):
            try:
                return Text(expressions.wording(run.expression, context, self.language))
            except UndefinedError:
                return Text(f"[{self.missing(run.expression.paths[0], context)}]")
        return run

    def missing(self, path: expressions.Path, context: Mapping[str, object]) -> str:
        """Name the question behind ``path`` and give its label.

        A loop's own name stands for an entry of a list, whose fields are questions too.
        """
        question = self.kind.question(path[0]) or self.kind.question(path[-1])
        if question is None:
            fields = (f for q in self.kind.questions for f in q.fields if f.id == path[-1])
            question = next(fields, None)
        id, label = (question.id, question.label) if question else (".".join(path), ".".join(path))
        msgid = N_("The question '{label}' ({question}) has no answer, and the clause '{clause}' needs it; answer it and try again")
        self.problems.append(FieldProblem("/" + "/".join(path), msgid, {"label": label, "question": id, "clause": self.clause.title}))
        return label


class _Numbers:
    """Numbers the lines of one clause."""

    def __init__(self, part: Part, label: str) -> None:
        self.part = part
        number = label.rpartition(" ")[2]
        self.heading = label if part == "schedules" else number
        self.prefix = number + "." if part == "clauses" else ""
        self.paragraph = self.item = 0

    def line(self, kind: LineKind, cells: tuple[tuple[ResolvedRun, ...], ...], source: int) -> Line:
        if kind == "item":
            self.item += 1
            return Line(kind, f"({letters(self.item)})", cells, source)
        if kind != "paragraph":
            return Line(kind, "", cells, source)
        self.paragraph, self.item = self.paragraph + 1, 0
        numbered = self.part in ("clauses", "schedules")
        return Line(kind, f"{self.prefix}{self.paragraph}" if numbered else "", cells, source)


def letters(number: int) -> str:
    """1 → a, 26 → z, 27 → aa: the letters of a list, as Word counts them (27 is aa, 28 is bb)."""
    times, rest = divmod(number - 1, 26)
    return chr(ord("a") + rest) * (times + 1)
