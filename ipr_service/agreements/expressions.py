"""The only expressions that a clause, a question or an uploaded template may hold, and the sandbox that evaluates them.

The language is a small part of Jinja's: names, dotted paths, text and whole numbers, ``not``, ``and``, ``or``,
comparisons, and the filters of ``filters.FILTERS``. No call, no arithmetic, no index, no assignment, no test: what is not
on the list is refused when the text is loaded, by its syntax tree, and never reaches an evaluation. The sandbox is the
second wall: an immutable Jinja sandbox with empty globals, where a dotted path reads the keys of a mapping and nothing
else, so that no attribute of any Python object can be named, and where an unknown name is an error.

Blocks (``{% if %}``, ``{% for %}``) are not handled here; see ``clauses``.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ipr_service.agreements.filters import FILTERS, filters_for
from ipr_service.errors import N_, FormatError, InputError

ALLOWED_NODES: frozenset[type[nodes.Node]] = frozenset(
    {nodes.Name, nodes.Getattr, nodes.Const, nodes.Filter, nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand}
)
ALLOWED_COMPARISONS = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})
LOOP_NAMES = frozenset({"index", "first", "last"})
MAX_LENGTH = 400

Path = tuple[str, ...]
Refuse = Callable[[str], FormatError]


@dataclass(frozen=True)
class Expression:
    """One checked expression.

    Args:
        source: as written, without braces, e.g. ``term|duration``.
        paths: every dotted path read, each a tuple of names, e.g. ``(("discloser", "name"),)``, in order of appearance.
        filters: every filter used.
    """

    source: str
    paths: tuple[Path, ...]
    filters: tuple[str, ...] = field(default=())


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without anything but values, paths and our filters. A path reads mapping keys, never attributes."""

    def __init__(self, language: str) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True, finalize=finalize)
        self.globals.clear()
        self.filters.clear()
        self.filters.update(filters_for(language))
        self.tests.clear()

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in LOOP_NAMES:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=argument)


@functools.lru_cache(maxsize=16)
def sandbox(language: str) -> Sandbox:
    """The one sandbox of a language, shared: it is immutable for the templates that run in it.

    Args:
        language: ISO 639-1 code of the contract's language, e.g. ``en``.
    """
    return Sandbox(language)


def printable(text: str) -> str:
    """``text`` in NFC without control characters (category Cc), which Word and docxtpl turn into paragraphs and page breaks."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cc")


def finalize(value: object) -> object:
    """What may leave a placeholder: text without control characters, or a whole number. Everything else needs a filter.

    Raises:
        UndefinedError: a value that nobody gave (``None`` or undefined).
        FormatError: a value that has no wording of its own (money, a fraction, a list, a date).
    """
    if value is None:
        raise UndefinedError("no value")
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FormatError(N_("a value of type {type} has no wording of its own; write it through a filter"), type=type(value).__name__)


def parse_expression(source: str, refuse: Refuse) -> Expression:
    """Check ``source`` against the allow-list.

    Args:
        source: the text between the braces.
        refuse: makes the error to raise out of a reason; knows file and line.

    Raises:
        FormatError: made by ``refuse``.
    """
    source = source.strip()
    if not source or len(source) > MAX_LENGTH:
        raise refuse(f"an expression has between 1 and {MAX_LENGTH} characters")
    try:
        template = _parse(source)
    except TemplateSyntaxError as error:
        raise refuse(f"'{source}' is not an expression: {error.message}") from error
    return check_node(template, source, refuse)


def check_node(node: nodes.Node, source: str, refuse: Refuse) -> Expression:
    """Check a parsed expression against the allow-list; ``source`` is how it is named.

    Raises:
        FormatError: made by ``refuse``.
    """
    paths: list[Path] = []
    filters: list[str] = []
    _walk(node, paths, filters, refuse)
    return Expression(source, tuple(dict.fromkeys(paths)), tuple(dict.fromkeys(filters)))


def _parse(source: str) -> nodes.Expr:
    output = sandbox("en").parse("{{ " + source + " }}").body
    if len(output) != 1 or not isinstance(output[0], nodes.Output) or len(output[0].nodes) != 1:
        raise TemplateSyntaxError("one expression is expected", 1)
    return output[0].nodes[0]


def _walk(node: nodes.Node, paths: list[Path], filters: list[str], refuse: Refuse) -> None:
    if type(node) not in ALLOWED_NODES:
        raise refuse(f"{type(node).__name__} is not allowed in an expression")
    if isinstance(node, (nodes.Name, nodes.Getattr)):
        paths.append(_path(node, refuse))
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, float):
        raise refuse("a number with a decimal point is not allowed; use a whole number")
    if isinstance(node, nodes.Operand) and node.op not in ALLOWED_COMPARISONS:
        raise refuse(f"the comparison '{node.op}' is not allowed")
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            raise refuse(f"there is no filter '{node.name}'; the filters are {', '.join(sorted(FILTERS))}")
        if (
            node.kwargs
            or node.dyn_args is not None
            or node.dyn_kwargs is not None
            or any(not isinstance(argument, nodes.Const) for argument in node.args)
        ):
            raise refuse(f"the filter '{node.name}' takes plain text or whole numbers only")
        filters.append(node.name)
    for child in node.iter_child_nodes():
        _walk(child, paths, filters, refuse)


def _path(node: nodes.Node, refuse: Refuse) -> Path:
    if isinstance(node, nodes.Name):
        names: Path = (node.name,)
    elif isinstance(node, nodes.Getattr):
        names = (*_path(node.node, refuse), node.attr)
    else:
        raise refuse("a dotted path starts with a name")
    if names[-1].startswith("_"):
        raise refuse(f"'{names[-1]}': a name does not start with an underline")
    return names


@functools.lru_cache(maxsize=4096)
def _compiled(language: str, source: str) -> Callable[..., Any]:
    return sandbox(language).compile_expression(source, undefined_to_none=False)


def evaluate(expression: Expression, context: Mapping[str, object], language: str) -> object:
    """The value of ``expression`` in ``context``.

    Raises:
        UndefinedError: a name that ``context`` does not know.
    """
    value = _compiled(language, expression.source)(**context)
    if isinstance(value, Undefined):
        raise UndefinedError(expression.source)
    return value


def holds(expression: Expression, context: Mapping[str, object], language: str = "en") -> bool:
    """Whether a condition holds. A path through something unanswered is false, as an empty answer is."""
    try:
        return bool(evaluate(expression, context, language))
    except UndefinedError:
        return False


def wording(expression: Expression, context: Mapping[str, object], language: str) -> str:
    """The text that a placeholder prints.

    Raises:
        UndefinedError: nothing to print.
        InputError: the value cannot be worded.
    """
    value = evaluate(expression, context, language)
    if isinstance(value, Fraction):
        raise InputError(N_("'{source}' is a fraction; write it through the filter fraction or percent"), source=expression.source)
    return str(finalize(value))
