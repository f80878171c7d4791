"""Policy and case files: a strict subset of YAML 1.2, where every refusal names its line. JSON is within it, as long as
characters beyond U+FFFF are written out and not as two escapes.

Taken: mappings with text keys, lists, text, whole numbers, ``true``/``false``, ``null``. Refused: anchors and aliases
(the YAML bomb), tags, a second document, duplicate keys, unquoted decimals (they would be floats; in quotes they are
exact text), numbers such as ``007`` that readers disagree on. Dates stay text, and ``no`` is a word, not a Boolean.

What it does not: give meaning to fields; ``policies`` and ``case`` do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

import yaml

from ipr_service.errors import N_, FieldProblem, FormatError, InputError, TooLargeError
from ipr_service.rights.notation import MAX_DIGITS, exact

MAX_CHARACTERS = 16 * 1024 * 1024
MAX_NODES = 2_000_000
MAX_DEPTH = 30

# libyaml's parser is about ten times faster; both give the same events.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NEARLY_A_NUMBER = re.compile(r"[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.IGNORECASE)
_HALF_A_CHARACTER = N_("There is half a character here; write characters out and save the file as UTF-8")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

T = TypeVar("T")


@dataclass(frozen=True)
class Node:
    """One value of the file and where it stands.

    Attributes:
        value: text, integer, Boolean or None; a tuple of nodes for a list; a tuple of (key, node) for a mapping.
        kind: ``scalar``, ``list`` or ``mapping``.
        pointer: RFC 6901 pointer, ``""`` for the whole file.
        line: 1-based line of its first character.
    """

    value: Any
    kind: str
    pointer: str
    line: int

    def refuse(self, msgid: str, **values: Any) -> NoReturn:
        """Raise the refusal of this node.

        Raises:
            FormatError: always; the sentence names line and field.
        """
        problem = FieldProblem(self.pointer, msgid, values)
        raise FormatError(N_("Line {line}, {field}: {problem}"), problems=(problem,), line=self.line, field=self.name, problem=str(problem))

    @property
    def name(self) -> str:
        """What a person would call it: ``contributions 2 points``."""
        parts = [str(int(part) + 1) if part.isdigit() and len(part) < 8 else part[:40] for part in self.pointer.split("/")[1:]]
        return " ".join(parts) or "the file"

    def fields(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Node]:
        """The mapping's fields, after refusing unknown ones (with the nearest known name) and missing ones."""
        found = self.entries()
        known = required + optional
        for key, node in found.items():
            if key not in known:
                near = difflib.get_close_matches(key[:60], known, 1)
                if near:
                    node.refuse(N_('"{key}" is not known here; did you mean "{near}"?'), key=key[:60], near=near[0])
                node.refuse(N_('"{key}" is not known here; known are: {known}'), key=key[:60], known=", ".join(known))
        for key in required:
            if key not in found:
                self.refuse(N_('"{key}" is missing'), key=key)
        return found

    def entries(self) -> dict[str, Node]:
        """The mapping, whatever its keys."""
        if self.kind != "mapping":
            self.refuse(N_("Here belongs a mapping of names to values"))
        return dict(self.value)

    def items(self, limit: int) -> tuple[Node, ...]:
        """The list, of at most ``limit`` items."""
        if self.kind != "list":
            self.refuse(N_("Here belongs a list"))
        items: tuple[Node, ...] = self.value
        if len(items) > limit:
            self.refuse(N_("{count} items; at most {limit} are taken"), count=len(items), limit=limit)
        return items

    def text(self) -> str:
        """Text; a whole number is not silently text."""
        if not isinstance(self.value, str):
            self.refuse(N_("Here belongs text; put it in quotes if it looks like a number"))
        return self.value

    def whole(self) -> int:
        """An integer."""
        if self.kind != "scalar" or isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse(N_("Here belongs a whole number"))
        return self.value

    def flag(self) -> bool:
        """``true`` or ``false``."""
        if not isinstance(self.value, bool):
            self.refuse(N_("Here belongs true or false"))
        return self.value

    def number(self) -> Fraction:
        """An exact number (see :func:`ipr_service.rights.notation.exact`)."""
        if self.kind != "scalar" or self.value is None:
            self.refuse(N_("Here belongs a number"))
        return self.placed(lambda: exact(self.value))

    def placed(self, build: Callable[[], T]) -> T:
        """``build()``, with this node's line (or its field's) in front of any refusal."""
        try:
            return build()
        except FormatError:  # already says its line
            raise
        except InputError as error:
            problem = error.problems[0] if error.problems else FieldProblem("", error.msgid, error.values)
            self._at(problem.pointer).refuse(problem.msgid, **problem.values)

    def _at(self, pointer: str) -> Node:
        """The node below this one that ``pointer`` names, or the nearest above it that exists."""
        node = self
        for part in pointer.split("/")[1:]:
            if node.kind == "scalar":
                break
            inner = dict(node.value) if node.kind == "mapping" else {str(n): item for n, item in enumerate(node.value)}
            if part not in inner:
                break
            node = inner[part]
        return node


def read(text: str) -> Node:
    """The file as nodes.

    Raises:
        TooLargeError: more than :data:`MAX_CHARACTERS`.
        FormatError: anything outside the subset, with its line.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLargeError.at("", N_("The file has more than {limit} characters"), limit=MAX_CHARACTERS)
    try:
        text.encode("utf-8")
        return _Builder(yaml.parse(text, Loader=_Loader)).document()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        Node(None, "scalar", "", line).refuse(_HALF_A_CHARACTER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        Node(None, "scalar", "", line).refuse(N_("This is not YAML: {why}"), why=error.problem or error.context or "")
    except yaml.YAMLError:
        Node(None, "scalar", "", 1).refuse(N_("The file holds characters that YAML does not allow"))


class _Builder:
    """Turns parser events into nodes, counting depth and nodes as it goes."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0

    def document(self) -> Node:
        next(self._events)  # stream start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            Node(None, "scalar", "", 1).refuse(N_("The file is empty"))
        root = self._node(next(self._events), "", 0)
        next(self._events)  # document end
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            Node(None, "scalar", "", _line(event)).refuse(N_("A second document begins here; one file holds one"))
        return root

    def _node(self, event: yaml.Event, pointer: str, depth: int) -> Node:
        here = Node(None, "scalar", pointer, _line(event))  # where to refuse; what stands here is not known yet
        self._nodes += 1
        if self._nodes > MAX_NODES:
            here.refuse(N_("More than {limit} values"), limit=MAX_NODES)
        if depth > MAX_DEPTH:
            here.refuse(N_("Nested more than {limit} deep"), limit=MAX_DEPTH)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            here.refuse(N_("Anchors (&) and aliases (*) are not taken; write the value out"))
        if getattr(event, "tag", None) is not None:
            here.refuse(N_("Tags (!) are not taken; write the value plainly"))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(here, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(here, depth)
        return replace(here, value=_scalar(event, here) if isinstance(event, yaml.ScalarEvent) else None)

    def _mapping(self, here: Node, depth: int) -> Node:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, here.pointer, depth + 1)
            name = key.value
            if not isinstance(name, str):
                key.refuse(N_("A name must be text; put it in quotes if it looks like a number"))
            if name in entries:
                key.refuse(N_('"{key}" stands here twice'), key=name[:60])
            inner = f"{here.pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            entries[name] = self._node(next(self._events), inner, depth + 1)
        return replace(here, value=tuple(entries.items()), kind="mapping")

    def _list(self, here: Node, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, f"{here.pointer}/{len(items)}", depth + 1))
        return replace(here, value=tuple(items), kind="list")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent, here: Node) -> str | int | bool | None:
    """The value of a scalar: quoted is text; plain is a word, a whole number, or text."""
    written: str = event.value
    if event.style:  # None or "" (libyaml) is plain
        return _whole_characters(written, here)
    if written in _WORDS:
        return _WORDS[written]
    if _WHOLE.fullmatch(written):
        if len(written.lstrip("-")) > MAX_DIGITS:
            here.refuse(N_("A number may have at most {limit} digits"), limit=MAX_DIGITS)
        return int(written)
    if _NEARLY_A_NUMBER.fullmatch(written):
        msgid = N_('{written} is refused, because programs disagree on it or round it; write decimals in quotes, such as "37.5"')
        here.refuse(msgid, written=written[:40])
    return _whole_characters(written, here)


def _whole_characters(written: str, here: Node) -> str:
    """Text, unless an escape such as ``\\ud83d`` left half a character in it (libyaml refuses those by itself)."""
    if any("\ud800" <= character <= "\udfff" for character in written):
        here.refuse(_HALF_A_CHARACTER)
    return written
