"""The body of a clause: its grammar, deliberately tiny, and the checked model that every output is made from.

::

    body       = block*
    block      = paragraph | list item | table row | if | for
    paragraph  = lines of prose up to a blank line or another block; it is numbered 1.1, 1.2 … when the clause is
    list item  = "- " prose            lettered (a), (b) … from the paragraph above
    table row  = "| " cell " | " … "|" ; a row "| --- | --- |" makes the row above it a heading
    if         = "{% if C %}" block* ["{% elif C %}" block*]* ["{% else %}" block*] "{% endif %}"   each alone on its line
    for        = "{% for NAME in PATH %}" block* "{% endfor %}"          at most two deep
    prose      = text, **defined term**, [[clause-id]], {{ expression }}

Nothing here evaluates or renders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from ipr_service.agreements.expressions import Expression, Path, parse_expression
from ipr_service.errors import N_, FormatError

CLAUSE_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
MAX_DEPTH_OF_LOOPS = 2


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bold:
    """A defined term where it is defined."""

    text: str


@dataclass(frozen=True)
class Reference:
    """A cross-reference to another clause of the same agreement; it prints ``clause 7`` or ``Schedule 2``."""

    clause: str


@dataclass(frozen=True)
class Placeholder:
    expression: Expression


Run = Text | Bold | Reference | Placeholder


@dataclass(frozen=True)
class Paragraph:
    runs: tuple[Run, ...]
    line: int


@dataclass(frozen=True)
class ListItem:
    runs: tuple[Run, ...]
    line: int


@dataclass(frozen=True)
class TableRow:
    cells: tuple[tuple[Run, ...], ...]
    heading: bool
    line: int


@dataclass(frozen=True)
class If:
    """``then`` when ``condition`` holds, else ``otherwise`` (an ``elif`` is an ``If`` standing alone in ``otherwise``)."""

    condition: Expression
    then: tuple[Block, ...]
    otherwise: tuple[Block, ...]
    line: int


@dataclass(frozen=True)
class For:
    """``body`` once for each entry of the list at ``source`` (a plain path), the entry under ``name``, with ``loop.index``."""

    name: str
    source: Expression
    body: tuple[Block, ...]
    line: int


Block = Paragraph | ListItem | TableRow | If | For


def refuse(path: str, line: int, reason: str) -> FormatError:
    """The error of every loader here: ``file:line: reason``."""
    return FormatError(N_("{file}:{line}: {reason}"), file=path, line=line, reason=reason)


_TAG = re.compile(r"\{%-?\s*(?P<word>[a-z]+)\s*(?P<rest>.*?)\s*-?%\}\Z")
_FOR = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\s+in\s+(?P<path>[a-z][a-z0-9_.]*)\Z")
_INLINE = re.compile(r"\*\*(?P<bold>[^*{}\[\]]+)\*\*|\[\[(?P<ref>[^\]]*)\]\]|\{\{(?P<expr>.*?)\}\}")
_RULE = re.compile(r"\|(?:\s*---\s*\|)+\Z")
_FORBIDDEN = ("{{", "}}", "{%", "%}", "{#", "#}", "**", "[[", "]]")


def parse_runs(text: str, path: str, line: int) -> tuple[Run, ...]:
    """Prose as runs.

    Raises:
        FormatError: an unclosed brace, bracket or star, or an expression that is not allowed.
    """
    runs: list[Run] = []
    position = 0
    for match in _INLINE.finditer(text):
        _add_text(runs, text[position : match.start()], path, line)
        position = match.end()
        if match["bold"] is not None:
            runs.append(Bold(match["bold"]))
        elif match["ref"] is not None:
            if not CLAUSE_ID.match(match["ref"]):
                raise refuse(path, line, f"[[{match['ref']}]] is not the id of a clause")
            runs.append(Reference(match["ref"]))
        else:
            runs.append(Placeholder(parse_expression(match["expr"], lambda reason: refuse(path, line, reason))))
    _add_text(runs, text[position:], path, line)
    return tuple(runs)


def _add_text(runs: list[Run], text: str, path: str, line: int) -> None:
    for sign in _FORBIDDEN:
        if sign in text:
            raise refuse(path, line, f"'{sign}' stands alone: a tag, a reference or a bold term is not closed")
    if text:
        runs.append(Text(text))


def read_body(body: str, first: int, path: str) -> tuple[Block, ...]:
    """The blocks of ``body``.

    Args:
        body: the text.
        first: number of its first line in the file.
        path: the file's name, for errors.

    Raises:
        FormatError: ``file:line: reason``.
    """
    return _Reader(body, first, path).blocks()


class _Reader:
    """Reads a body line by line, once, forward only."""

    def __init__(self, body: str, first: int, path: str) -> None:
        self.lines = body.split("\n")
        self.first = first
        self.path = path
        self.at = 0

    def fail(self, reason: str, line: int | None = None) -> NoReturn:
        raise refuse(self.path, self.first + (self.at if line is None else line), reason)

    def blocks(self) -> tuple[Block, ...]:
        blocks, stop, _ = self.until((), 0)
        if stop:
            self.fail(f"{{% {stop} %}} without a beginning")
        return blocks

    def until(self, stops: tuple[str, ...], depth: int) -> tuple[tuple[Block, ...], str, str]:
        """Blocks up to one of ``stops`` (or the end): the blocks, the word that stopped, the rest of its tag."""
        found: list[Block] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if not line:
                self.at += 1
            elif line.startswith("{%"):
                word, rest = self.tag(line)
                if word in stops or word not in ("if", "for"):
                    return tuple(found), word, rest
                found.append(self.condition(rest, depth) if word == "if" else self.loop(rest, depth))
            else:
                self.prose(found)
        if stops:
            self.fail(f"{{% {stops[-1]} %}} is missing", len(self.lines) - 1)
        return tuple(found), "", ""

    def tag(self, line: str) -> tuple[str, str]:
        match = _TAG.match(line)
        if match is None or "%}" in line[:-2]:
            self.fail("a block tag stands alone on its line")
        if match["word"] not in ("if", "elif", "else", "endif", "for", "endfor"):
            self.fail(f"the block '{match['word']}' is not allowed; if and for are")
        return match["word"], match["rest"]

    def expression(self, source: str) -> Expression:
        line = self.first + self.at
        return parse_expression(source, lambda reason: refuse(self.path, line, reason))

    def condition(self, source: str, depth: int) -> If:
        line, condition = self.first + self.at, self.expression(source)
        self.at += 1
        then, word, rest = self.until(("elif", "else", "endif"), depth)
        otherwise: tuple[Block, ...] = ()
        if word == "elif":
            otherwise = (self.condition(rest, depth),)
        elif word == "else":
            self.at += 1
            otherwise, word, _ = self.until(("endif",), depth)
            self.close(word, "endif")
        else:
            self.close(word, "endif")
        return If(condition, then, otherwise, line)

    def loop(self, rest: str, depth: int) -> For:
        match, line = _FOR.match(rest), self.first + self.at
        if match is None:
            self.fail("a loop reads: for name in list")
        if depth >= MAX_DEPTH_OF_LOOPS:
            self.fail(f"loops stand at most {MAX_DEPTH_OF_LOOPS} deep")
        source = self.expression(match["path"])
        self.at += 1
        body, word, _ = self.until(("endfor",), depth + 1)
        self.close(word, "endfor")
        return For(match["name"], source, body, line)

    def close(self, word: str, wanted: str) -> None:
        if word != wanted:
            self.fail(f"{{% {wanted} %}} is missing, {{% {word} %}} found")
        self.at += 1

    def prose(self, found: list[Block]) -> None:
        line, text = self.first + self.at, self.lines[self.at].strip()
        if text.startswith("|"):
            self.row(found, text, line)
            return
        item = text.startswith("- ")
        parts = [text[2:].strip() if item else text]
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].strip() and not self.starts_block(self.lines[self.at].strip()):
            parts.append(self.lines[self.at].strip())
            self.at += 1
        runs = parse_runs(" ".join(parts), self.path, line)
        found.append(ListItem(runs, line) if item else Paragraph(runs, line))

    @staticmethod
    def starts_block(line: str) -> bool:
        return line.startswith(("- ", "|", "{%"))

    def row(self, found: list[Block], text: str, line: int) -> None:
        if not text.endswith("|") or len(text) < 3:
            self.fail("a table row begins and ends with |")
        if _RULE.match(text):
            above = found[-1] if found else None
            if not isinstance(above, TableRow) or above.heading:
                self.fail("a row of dashes stands below the heading of a table")
            found[-1] = TableRow(above.cells, True, above.line)
        else:
            found.append(TableRow(tuple(parse_runs(cell.strip(), self.path, line) for cell in _cells(text)), False, line))
        self.at += 1


def _cells(row: str) -> list[str]:
    """Split at | outside of {{ }}, where | is the sign of a filter."""
    cells, depth, start = [], 0, 1
    for i, sign in enumerate(row):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "|" and depth == 0 and i:
            cells.append(row[start:i])
            start = i + 1
    return cells


def runs_of(blocks: Sequence[Block]) -> Iterator[Run]:
    """Every run of ``blocks``, in order, through all branches."""
    for block in blocks:
        if isinstance(block, If):
            yield from runs_of(block.then)
            yield from runs_of(block.otherwise)
        elif isinstance(block, For):
            yield from runs_of(block.body)
        elif isinstance(block, TableRow):
            for cell in block.cells:
                yield from cell
        else:
            yield from block.runs


def schema_paths(blocks: Sequence[Block], scope: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The schema paths that ``blocks`` read: ``purpose``, ``discloser.name``, ``parties[].name``; in order, each once."""
    return tuple(dict.fromkeys(_schema_paths(blocks, scope or {})))


def _schema_paths(blocks: Sequence[Block], scope: Mapping[str, str]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, If):
            yield from _named(block.condition.paths, scope)
            yield from _schema_paths(block.then, scope)
            yield from _schema_paths(block.otherwise, scope)
        elif isinstance(block, For):
            (source,) = _named(block.source.paths, scope)
            yield source
            yield from _schema_paths(block.body, {**scope, block.name: source + "[]"})
        else:
            for run in runs_of((block,)):
                if isinstance(run, Placeholder):
                    yield from _named(run.expression.paths, scope)


def _named(paths: Sequence[Path], scope: Mapping[str, str]) -> Iterator[str]:
    for head, *rest in paths:
        if head != "loop":
            yield ".".join([scope.get(head, head), *rest])
