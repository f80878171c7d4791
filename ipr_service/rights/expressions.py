"""Expressions as they stand in a policy file: from nodes to typed trees, every refusal at its line.

What an expression means stands in ``language``; here it is read, its names are looked up and its types are checked.
"""

from __future__ import annotations

from collections.abc import Mapping

from ipr_service.errors import N_
from ipr_service.rights import facts
from ipr_service.rights.facts import CODE, PARTY, type_of
from ipr_service.rights.language import ARITY, MAX_DEPTH, MAX_NODES, OPERATIONS, Apply, Expression, Literal, Name, typed
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.strict_yaml import Node


def read(node: Node, names: Mapping[str, str], *wanted: str) -> Expression:
    """An expression of one of the types ``wanted``.

    Args:
        names: what may be named here, with its type.

    Raises:
        FormatError: an unknown name or operation, a wrong type, more than :data:`~ipr_service.rights.language.MAX_NODES` parts or deeper
            than :data:`~ipr_service.rights.language.MAX_DEPTH`; names the line.
    """
    found = _Reader(names).expression(node, 0)
    if found.type not in wanted:
        msgid = N_("What belongs here is of the type {wanted}; this is of the type {found}")
        node.refuse(msgid, wanted=" / ".join(wanted), found=found.type)
    return found


class _Reader:
    """Reads one expression and counts its parts."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._parts = 0

    def expression(self, node: Node, depth: int) -> Expression:
        self._parts += 1
        if self._parts > MAX_NODES:
            node.refuse(N_("More than {limit} parts in one expression"), limit=MAX_NODES)
        if depth > MAX_DEPTH:
            node.refuse(N_("Nested more than {limit} deep"), limit=MAX_DEPTH)
        if node.kind == "mapping":
            return self._apply(node, depth)
        if isinstance(node.value, str) and node.value in self._names:
            return Name(node.value, self._names[node.value])
        value = facts.read(node)
        if type_of(value) == CODE:
            msgid = N_('"{value}" is not known here; did you mean "{near}"? Known are: {known}')
            node.placed(lambda: check_known("", str(value), tuple(self._names), msgid))
        return Literal(value, type_of(value))

    def _apply(self, node: Node, depth: int) -> Expression:
        entries = node.entries()
        if len(entries) != 1:
            node.refuse(N_("One operation belongs here, such as {{times: [points, 2]}}; here are {count}"), count=len(entries))
        ((operation, inner),) = entries.items()
        if operation == "party":
            inner.placed(lambda: check_id("", inner.text()))
            return Literal(inner.text(), PARTY)
        inner.placed(lambda: check_known("", operation, OPERATIONS, N_('"{value}" is not an operation; operations are: {known}')))
        given = inner.items(1000) if inner.kind == "list" else (inner,)
        least, most = ARITY[operation]
        if not least <= len(given) <= most:
            msgid = N_("{operation} takes {least} to {most} parts; here are {count}")
            inner.refuse(msgid, operation=operation, least=least, most=most, count=len(given))
        arguments = tuple(self.expression(argument, depth + 1) for argument in given)
        types = tuple(argument.type for argument in arguments)
        result = typed(operation, types)
        if result is None:
            inner.refuse(N_("{operation} does not take {types}"), operation=operation, types=", ".join(types))
        return Apply(operation, arguments, result)


CONTRIBUTION_NAMES: Mapping[str, str] = {
    "points": facts.NUMBER,
    "effort": facts.NUMBER,
    "cost": facts.MONEY,
    "role": facts.CODE,
    "degree": facts.CODE,
    "severable": facts.FLAG,
    "registered": facts.DATE,
}
"""What every contribution may say by itself, with its type."""

PARTY_NAMES: Mapping[str, str] = {"party": facts.PARTY}
"""What every party may say by itself."""
