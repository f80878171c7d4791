"""The kinds of rule that a policy is made of: frozen data, one class per kind. What each does stands in docs/policies.md.

The order of rules in a file decides nothing: a rule's kind says when it applies (:data:`STAGES`).

1. *attribute*: whose a contribution counts as (:class:`Attribute`: an employer, a commissioner);
2. *set apart*: what stays outside the pot or weighs nothing, and why (:class:`SetApart`, :class:`Exclude`, :class:`LeaveOut`);
3. *fix*: an agreed part of the whole, before the rest is divided (:class:`Fixed`);
4. *weigh*: exactly one rule turns what is left into shares (:class:`Weigh`, :class:`Pool`, :class:`Pools`, :class:`Sole`);
5. *derive*: what goes on to the things that were built on (:class:`Derive`);
6. *residual*: who takes what no rule gave (:class:`Residual`);
7. *bound*: floors and caps (:class:`Bounded`);
8. *vest*: what a leaver keeps (:class:`Vest`; a withdrawal keeps nothing);
9. *succeed*: who joins (:class:`Join`) and what is handed on (:class:`HandOn`), in a split that takes the place of another;
10. *veto*: mandatory law that strikes a rule or the negotiated shares (:class:`Veto`).

Where several rules answer one question, ``precedence`` decides by their ranks. ``when`` is an expression (``language``) over the case,
and for rules on a contribution or party over that too; None means always.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ipr_service.rights import language
from ipr_service.rights.language import Expression
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.precedence import RANKS

MEASURES: Final = ("heads", "points", "effort", "cost")
ON_ZERO: Final = ("refuse", "heads")
EMPTY: Final = ("spread", "residual")
WHO: Final = ("everyone", "makers")
CONTRACT: Final = RANKS[0]
NEGOTIATED: Final = "negotiated"
"""How a veto names the shares that the parties negotiated."""


@dataclass(frozen=True)
class SetApart:
    """Severable contributions stay their maker's, as things of their own outside the pot."""

    id: str
    because: str
    source: str


@dataclass(frozen=True)
class Exclude:
    """Contributions in ``role`` weigh nothing; the reason is recorded and shown."""

    id: str
    role: str
    because: str
    source: str


@dataclass(frozen=True)
class LeaveOut:
    """Contributions of which ``when`` holds weigh nothing; the reason is recorded and shown."""

    id: str
    when: Expression
    because: str
    source: str


@dataclass(frozen=True)
class Attribute:
    """A contribution counts as that of ``to``, not of its maker. Who made it stays on record."""

    id: str
    to: Expression
    because: str
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Fixed:
    """``party`` holds ``share`` of the whole before the rest is divided."""

    id: str
    party: Expression
    share: Expression
    because: str
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Weigh:
    """A party's share is its measure over everybody's.

    Args:
        by: ``heads`` (one each), ``points``, ``effort`` (hours), ``cost``, or ``worth``: the expression of that name.
        on_zero: what holds when everything adds up to 0: ``refuse``, or ``heads`` (equal shares).
        worth: what one contribution (or party) counts, a number or money; with ``by`` = ``worth`` only.
        unit: what is counted, in a word or two, for the reason.
        each: what is measured one by one: ``contribution`` or ``party``.
        diminish: a later item of one kind counts this much of the one before it, above 0 and up to 1; the greatest comes first.
        within: the name that says the kind.
        once: a name whose values must be the places 1, 2, 3 …, each taken once.
        out_of: the measures are parts of this much; what they leave is a residual.
    """

    id: str
    by: str
    source: str
    on_zero: str = "refuse"
    worth: Expression | None = None
    unit: str | None = None
    each: str = "contribution"
    diminish: Fraction | None = None
    within: str | None = None
    once: str | None = None
    out_of: Fraction | None = None
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Pool:
    """The pot is cut by role, each role's part among those who worked in it, by degree.

    Only roles in which somebody worked count. A party counts once per role, with its highest degree: recording the
    same work in many pieces changes nothing.

    Args:
        weights: (role, weight) in the order of role ids, weights above 0.
        degrees: (degree, weight) for all three degrees, in the order of their ids, above 0, supporting <= equal <= lead.
    """

    id: str
    weights: tuple[tuple[str, Fraction], ...]
    degrees: tuple[tuple[str, Fraction], ...]
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Part:
    """One pool: a part of the pot for some roles, divided by a measure, or cut into pools again.

    Args:
        weight: beside the other pools of the same cut, above 0.
        roles: whose contributions are in it; empty when it is cut again.
        by: one of :data:`MEASURES`.
    """

    name: str
    weight: Fraction
    roles: tuple[str, ...] = ()
    by: str = "heads"
    pools: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Pools:
    """The pot is cut into pools, each divided by its own measure. ``empty``: an empty pool is spread over the others, or left over."""

    id: str
    pools: tuple[Part, ...]
    source: str
    empty: str = "spread"
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Back:
    """What the others get when one holds all: a licence in words, and money in words. Grants themselves are drawn up elsewhere.

    Args:
        licence: ``exclusive``, ``sole``, ``non-exclusive`` or ``none``.
        scope: field, territory, purpose. option, money, ends: sentences, or empty.
    """

    licence: str
    scope: str = ""
    option: str = ""
    money: str = ""
    ends: str = ""


@dataclass(frozen=True)
class Sole:
    """One party holds all; every other gets ``back``."""

    id: str
    holder: Expression
    back: Back
    because: str
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Derive:
    """What builds on an earlier thing hands a part of its credit on to it; see ``lineage``.

    Args:
        part: of each thing built on, unless the contribution names its own.
        cap: most that one thing hands on in all.
    """

    id: str
    part: Fraction
    cap: Fraction
    because: str
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Bounded:
    """A floor or a cap; see ``filling``. ``who``: everyone, or the makers (parties with something in the pot)."""

    id: str
    kind: str
    at: Fraction
    because: str
    source: str
    who: str = "everyone"
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Residual:
    """Who takes what no rule gave: ``to`` is ``pro-rata``, ``heads``, or a party."""

    id: str
    to: str | Expression
    because: str
    source: str
    when: Expression | None = None
    rank: str = CONTRACT


@dataclass(frozen=True)
class Vest:
    """A party of which ``when`` holds keeps ``keeps`` of its share; the rest goes to those who stay, in proportion."""

    id: str
    when: Expression
    keeps: Expression
    because: str
    source: str
    rank: str = CONTRACT


@dataclass(frozen=True)
class Join:
    """``party`` joins with ``share`` of the whole; all others make room in proportion."""

    id: str
    party: Expression
    share: Expression
    because: str
    source: str


@dataclass(frozen=True)
class HandOn:
    """``giver`` hands ``part`` of its share on to ``taker``."""

    id: str
    giver: Expression
    taker: Expression
    part: Expression
    because: str
    source: str


@dataclass(frozen=True)
class Veto:
    """Mandatory law: strikes the rule ``of``, or the negotiated shares, where ``when`` holds."""

    id: str
    of: str
    because: str
    source: str
    when: Expression | None = None


Basis: TypeAlias = Weigh | Pool | Pools | Sole
Rule: TypeAlias = (
    SetApart
    | Exclude
    | LeaveOut
    | Attribute
    | Fixed
    | Weigh
    | Pool
    | Pools
    | Sole
    | Derive
    | Bounded
    | Residual
    | Vest
    | Join
    | HandOn
    | Veto
)

BASES: Final = (Weigh, Pool, Pools, Sole)

STAGES: Final = MappingProxyType(
    {
        SetApart: "set-apart",
        Exclude: "exclude",
        Weigh: "weigh",
        Pool: "pool",
        Pools: "pools",
        Sole: "sole",
        Attribute: "attribute",
        LeaveOut: "leave-out",
        Fixed: "fixed",
        Derive: "derive",
        Residual: "residual",
        Bounded: "bound",
        Vest: "vest",
        Join: "join",
        HandOn: "hand-on",
        Veto: "veto",
    }
)
"""The kind as it is written; its place here is the canonical order of rules in a policy, which decides nothing."""


def canonical(rule: Rule) -> tuple[int, str]:
    """What rules are sorted by before they are hashed."""
    return (tuple(STAGES).index(type(rule)), rule.id)


def to_data(rule: Rule) -> dict[str, Any]:
    """The rule as it would stand in a file; what is as usual is left out, so that old policies keep their bytes."""
    kind = rule.kind if isinstance(rule, Bounded) else STAGES[type(rule)]
    data: dict[str, Any] = {"id": rule.id, "kind": kind, "source": rule.source}
    data |= {name: getattr(rule, name) for name in ("because",) if hasattr(rule, name)}
    if getattr(rule, "rank", CONTRACT) != CONTRACT:
        data["rank"] = rule.rank  # type: ignore[union-attr]  # asked one line above
    when = getattr(rule, "when", None)
    return data | ({"when": language.to_data(when)} if when is not None else {}) | _own(rule)


_WRITTEN: dict[type, tuple[str, ...]] = {Attribute: ("to",), Fixed: ("party", "share"), Vest: ("keeps",)}
_WRITTEN |= {Join: ("party", "share"), HandOn: ("giver", "taker", "part")}


def _own(rule: Rule) -> dict[str, Any]:
    """The fields that only this kind has."""
    match rule:
        case SetApart():
            return {"what": "severable"}
        case Exclude():
            return {"role": rule.role}
        case Weigh():
            return _weigh(rule)
        case Pool():
            weights = {role: fraction_text(weight) for role, weight in rule.weights}
            return {"weights": weights, "degrees": {degree: fraction_text(weight) for degree, weight in rule.degrees}}
        case Pools():
            return {"pools": {part.name: _part(part) for part in rule.pools}, "empty": rule.empty}
        case Sole():
            back = {name: getattr(rule.back, name) for name in ("licence", "scope", "option", "money", "ends")}
            return {"holder": language.to_data(rule.holder), "back": {name: text for name, text in back.items() if text}}
        case Derive():
            return {"part": fraction_text(rule.part), "cap": fraction_text(rule.cap)}
        case Bounded():
            return {"at": fraction_text(rule.at), "who": rule.who}
        case Residual():
            return {"to": rule.to if isinstance(rule.to, str) else language.to_data(rule.to)}
        case Veto():
            return {"of": rule.of}
    return {name: language.to_data(getattr(rule, name)) for name in _WRITTEN.get(type(rule), ())}


def _weigh(rule: Weigh) -> dict[str, Any]:
    by = rule.by if rule.worth is None else language.to_data(rule.worth)
    data: dict[str, Any] = {"by": by, "on-zero": rule.on_zero}
    data |= {name: getattr(rule, name) for name in ("unit", "within", "once") if getattr(rule, name) is not None}
    data |= {"each": rule.each} if rule.each != "contribution" else {}
    data |= {"diminish": fraction_text(rule.diminish)} if rule.diminish is not None else {}
    return data | ({"out-of": fraction_text(rule.out_of)} if rule.out_of is not None else {})


def _part(part: Part) -> dict[str, Any]:
    weight = {"weight": fraction_text(part.weight)}
    if part.pools:
        return weight | {"pools": {inner.name: _part(inner) for inner in part.pools}}
    return weight | {"roles": list(part.roles), "by": part.by}
