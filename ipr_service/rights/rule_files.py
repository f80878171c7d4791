"""Rules as they stand in a policy file: from nodes to the classes of ``rules``, every refusal at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeAlias

from ipr_service.errors import N_
from ipr_service.rights import expressions
from ipr_service.rights.amounts import check_amount
from ipr_service.rights.contributions import DEGREES
from ipr_service.rights.expressions import CONTRIBUTION_NAMES, PARTY_NAMES
from ipr_service.rights.facts import CODE, FLAG, MAX_FACTS, MONEY, NUMBER, OWNERS, PARTY, TYPES, Declared
from ipr_service.rights.language import Expression, Literal
from ipr_service.rights.parties import check_id, check_known, check_label
from ipr_service.rights.precedence import RANKS
from ipr_service.rights.rules import (
    EMPTY,
    MEASURES,
    ON_ZERO,
    WHO,
    Attribute,
    Back,
    Bounded,
    Derive,
    Exclude,
    Fixed,
    HandOn,
    Join,
    LeaveOut,
    Part,
    Pool,
    Pools,
    Residual,
    Rule,
    SetApart,
    Sole,
    Vest,
    Veto,
    Weigh,
)
from ipr_service.rights.strict_yaml import Node

MAX_ROLES = 50
MAX_POOLS = 50
MAX_POOL_DEPTH = 4
MAX_SENTENCE = 500
MAX_UNIT = 40
LICENCES: Final = ("exclusive", "sole", "non-exclusive", "none")
RESIDUAL_TO: Final = ("pro-rata", "heads")

_ONE = Fraction(1)


@dataclass(frozen=True)
class Names:
    """What may be named in expressions over a contribution, a party, or the whole case, with its type."""

    contribution: Mapping[str, str]
    party: Mapping[str, str]
    case: Mapping[str, str]

    @classmethod
    def of(cls, declared: Iterable[Declared]) -> Names:
        """The names that are always there, and those that the policy declares."""
        own: dict[str, dict[str, str]] = {owner: {} for owner in OWNERS}
        for one in declared:
            own[one.of][one.name] = one.type
        party = {**PARTY_NAMES, **own["party"], **own["case"]}
        return cls({**party, **CONTRIBUTION_NAMES, **own["contribution"]}, party, own["case"])


Found: TypeAlias = dict[str, Node]


def declared(node: Node) -> tuple[Declared, ...]:
    """The facts that a policy reads: ``name: {of, type, settles}``, in the order of the names.

    Raises:
        FormatError: an unknown type or owner, or a name that is there already.
    """
    entries = node.entries()
    if len(entries) > MAX_FACTS:
        node.refuse(N_("{count} items; at most {limit} are taken"), count=len(entries), limit=MAX_FACTS)
    return tuple(_declared(name, entries[name]) for name in sorted(entries))


def _declared(name: str, node: Node) -> Declared:
    found = node.fields(("of", "type"), ("settles",))
    node.placed(lambda: check_id("", name))
    if name in CONTRIBUTION_NAMES or name in PARTY_NAMES:
        node.refuse(N_('"{name}" is known everywhere; give this fact another name'), name=name)
    of, kind = _one_of(found["of"], OWNERS), _one_of(found["type"], TYPES)
    return Declared(name, of, kind, sentence(found["settles"]) if "settles" in found else "")


def rule(node: Node, names: Names) -> Rule:
    """One rule.

    Raises:
        FormatError: anything that is not a rule; names line, field and limit.
    """
    kind = node.entries().get("kind") or node.fields(("id", "kind"), tuple(node.entries()))["kind"]
    kind.placed(lambda: check_known("", kind.text(), _KINDS, N_('"{value}" is not a kind of rule; kinds are: {known}')))
    return _KINDS[kind.text()](node, names)


def _set_apart(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "what", "because", "source"))
    what = found["what"]
    what.placed(lambda: check_known("", what.text(), ("severable",), N_("Only {known} contributions can be set apart")))
    return SetApart(*_told(found))


def _exclude(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "role", "because", "source"))
    id, because, source = _told(found)
    return Exclude(id, _name(found["role"]), because, source)


def _leave_out(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "when", "because", "source"))
    id, because, source = _told(found)
    return LeaveOut(id, expressions.read(found["when"], names.contribution, FLAG), because, source)


def _attribute(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "to", "because", "source"), ("when", "rank"))
    id, because, source = _told(found)
    to = expressions.read(found["to"], names.contribution, PARTY)
    return Attribute(id, to, because, source, _when(found, names.contribution), _rank(found))


def _fixed(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "party", "share", "because", "source"), ("when", "rank"))
    id, because, source = _told(found)
    share = expressions.read(found["share"], names.case, NUMBER)
    if isinstance(share, Literal):
        part(found["share"])
    party = expressions.read(found["party"], names.case, PARTY)
    return Fixed(id, party, share, because, source, _when(found, names.case), _rank(found))


def _weigh(node: Node, names: Names) -> Rule:
    optional = ("on-zero", "unit", "each", "diminish", "within", "once", "out-of", "when", "rank")
    found = node.fields(("id", "kind", "by", "source"), optional)
    each = _one_of(found["each"], ("contribution", "party")) if "each" in found else "contribution"
    known = names.party if each == "party" else names.contribution
    by, worth = _measure(found["by"], known, each)
    if "diminish" in found and ("within" not in found or by == "heads" or each == "party"):
        found["diminish"].refuse(N_('Diminishing counts contributions of one kind; say the kind with "within"'))
    return Weigh(
        id=_name(found["id"]),
        by=by,
        source=sentence(found["source"]),
        on_zero=_one_of(found["on-zero"], ON_ZERO) if "on-zero" in found else "refuse",
        worth=worth,
        unit=sentence(found["unit"], MAX_UNIT) if "unit" in found else None,
        each=each,
        diminish=part(found["diminish"], least=Fraction(1, 10**6)) if "diminish" in found else None,
        within=_known(found["within"], known, CODE) if "within" in found else None,
        once=_known(found["once"], known, NUMBER) if "once" in found else None,
        out_of=_weight(found["out-of"]) if "out-of" in found else None,
        when=_when(found, names.case),
        rank=_rank(found),
    )


def _measure(node: Node, names: Mapping[str, str], each: str) -> tuple[str, Expression | None]:
    """One of the measures by name, or an expression that gives a number or money."""
    declared_here = isinstance(node.value, str) and node.value in names and node.value not in MEASURES
    if each == "contribution" and isinstance(node.value, str) and not declared_here and not node.value[:1].isdigit():
        node.placed(lambda: check_known("", node.text(), MEASURES, N_('"{value}" cannot be weighed; measures are: {known}')))
        return node.text(), None
    return "worth", expressions.read(node, names, NUMBER, MONEY)


def _pool(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "weights", "degrees", "source"), ("when", "rank"))
    weights = found["weights"].entries()
    if not 1 <= len(weights) <= MAX_ROLES:
        found["weights"].refuse(N_("Between 1 and {limit} roles are taken here"), limit=MAX_ROLES)
    found["weights"].placed(lambda: _check_roles(weights))
    degrees = found["degrees"].fields(tuple(DEGREES))
    ranked = [_weight(degrees[degree]) for degree in ("supporting", "equal", "lead")]
    if ranked != sorted(ranked):
        found["degrees"].refuse(N_("A higher degree weighs at least as much: supporting, then equal, then lead"))
    told = (_weights(weights), _weights(degrees), sentence(found["source"]))
    return Pool(_name(found["id"]), *told, _when(found, names.case), _rank(found))


def _pools(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "pools", "source"), ("empty", "when", "rank"))
    parts = _parts(found["pools"], set(), 1)
    empty = _one_of(found["empty"], EMPTY) if "empty" in found else "spread"
    return Pools(_name(found["id"]), parts, sentence(found["source"]), empty, _when(found, names.case), _rank(found))


def _parts(node: Node, taken: set[str], depth: int) -> tuple[Part, ...]:
    """The pools of one cut; a role may be in one pool only."""
    entries = node.entries()
    if not 1 <= len(entries) <= MAX_POOLS:
        node.refuse(N_("Between 1 and {limit} pools are taken here"), limit=MAX_POOLS)
    if depth > MAX_POOL_DEPTH:
        node.refuse(N_("Nested more than {limit} deep"), limit=MAX_POOL_DEPTH)
    node.placed(lambda: _check_roles(entries))
    return tuple(_pool_part(name, entries[name], taken, depth) for name in sorted(entries))


def _pool_part(name: str, node: Node, taken: set[str], depth: int) -> Part:
    if "pools" in node.entries():
        found = node.fields(("weight", "pools"))
        return Part(name, _weight(found["weight"]), pools=_parts(found["pools"], taken, depth + 1))
    found = node.fields(("weight", "roles", "by"))
    roles = []
    for item in found["roles"].items(MAX_ROLES):
        role = _name(item)
        if role in taken:
            item.refuse(N_('The role "{name}" is in a pool already'), name=role)
        taken.add(role)
        roles.append(role)
    by = found["by"]
    by.placed(lambda: check_known("", by.text(), MEASURES, N_('"{value}" cannot be weighed; measures are: {known}')))
    return Part(name, _weight(found["weight"]), tuple(sorted(roles)), by.text())


def _sole(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "holder", "back", "because", "source"), ("when", "rank"))
    id, because, source = _told(found)
    back = found["back"].fields(("licence",), ("scope", "option", "money", "ends"))
    words = {name: sentence(back[name]) for name in ("scope", "option", "money", "ends") if name in back}
    holder = expressions.read(found["holder"], names.case, PARTY)
    given = Back(_one_of(back["licence"], LICENCES), **words)
    return Sole(id, holder, given, because, source, _when(found, names.case), _rank(found))


def _derive(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "part", "because", "source"), ("cap", "when", "rank"))
    id, because, source = _told(found)
    cap = part(found["cap"]) if "cap" in found else _ONE
    return Derive(id, part(found["part"]), cap, because, source, _when(found, names.case), _rank(found))


def _bounded(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "at", "because", "source"), ("who", "when", "rank"))
    id, because, source = _told(found)
    who = _one_of(found["who"], WHO) if "who" in found else "everyone"
    return Bounded(id, found["kind"].text(), part(found["at"]), because, source, who, _when(found, names.party), _rank(found))


def _residual(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "to", "because", "source"), ("when", "rank"))
    id, because, source = _told(found)
    to = found["to"]
    whom = to.value if isinstance(to.value, str) and to.value in RESIDUAL_TO else expressions.read(to, names.case, PARTY)
    return Residual(id, whom, because, source, _when(found, names.case), _rank(found))


def _vest(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "when", "keeps", "because", "source"), ("rank",))
    id, because, source = _told(found)
    when, keeps = (expressions.read(found[name], names.party, wanted) for name, wanted in (("when", FLAG), ("keeps", NUMBER)))
    return Vest(id, when, keeps, because, source, _rank(found))


def _join(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "party", "share", "because", "source"))
    id, because, source = _told(found)
    party, share = (expressions.read(found[name], names.case, wanted) for name, wanted in (("party", PARTY), ("share", NUMBER)))
    return Join(id, party, share, because, source)


def _hand_on(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "giver", "taker", "part", "because", "source"))
    id, because, source = _told(found)
    giver, taker = (expressions.read(found[name], names.case, PARTY) for name in ("giver", "taker"))
    return HandOn(id, giver, taker, expressions.read(found["part"], names.case, NUMBER), because, source)


def _veto(node: Node, names: Names) -> Rule:
    found = node.fields(("id", "kind", "of", "because", "source"), ("when",))
    id, because, source = _told(found)
    return Veto(id, _name(found["of"]), because, source, _when(found, names.case))


_KINDS: Final[Mapping[str, Callable[[Node, Names], Rule]]] = MappingProxyType(
    {
        "set-apart": _set_apart,
        "exclude": _exclude,
        "leave-out": _leave_out,
        "attribute": _attribute,
        "fixed": _fixed,
        "weigh": _weigh,
        "pool": _pool,
        "pools": _pools,
        "sole": _sole,
        "derive": _derive,
        "residual": _residual,
        "floor": _bounded,
        "cap": _bounded,
        "vest": _vest,
        "join": _join,
        "hand-on": _hand_on,
        "veto": _veto,
    }
)


def sentence(node: Node, limit: int = MAX_SENTENCE) -> str:
    """One sentence for people."""
    text = node.text().strip()
    node.placed(lambda: check_label("", text, limit))
    return text


def part(node: Node, least: Fraction = Fraction(0)) -> Fraction:
    """A part of a whole, between 0 and 1."""
    number = node.number()
    if not least <= number <= 1:
        node.refuse(N_("A part of the whole lies between 0 and 1"))
    return number


def _told(found: Found) -> tuple[str, str, str]:
    return _name(found["id"]), sentence(found["because"]), sentence(found["source"])


def _name(node: Node) -> str:
    text = node.text()
    node.placed(lambda: check_id("", text))
    return text


def _one_of(node: Node, known: tuple[str, ...]) -> str:
    text = node.text()
    node.placed(lambda: check_known("", text, known, N_('"{value}" is not taken here; known are: {known}')))
    return text


def _known(node: Node, names: Mapping[str, str], kind: str) -> str:
    """A name of one type."""
    return _one_of(node, tuple(name for name, found in names.items() if found == kind) or ("",))


def _when(found: Found, names: Mapping[str, str]) -> Expression | None:
    return expressions.read(found["when"], names, FLAG) if "when" in found else None


def _rank(found: Found) -> str:
    return _one_of(found["rank"], RANKS) if "rank" in found else RANKS[0]


def _check_roles(roles: Iterable[str]) -> None:
    for role in roles:
        check_id(f"/{role}", role)


def _weights(entries: Mapping[str, Node]) -> tuple[tuple[str, Fraction], ...]:
    return tuple((name, _weight(entries[name])) for name in sorted(entries))


def _weight(node: Node) -> Fraction:
    weight = node.number()
    node.placed(lambda: check_amount("", weight))
    if weight == 0:
        node.refuse(N_("A weight is above 0; to give a role nothing, write an exclude rule, which records the reason"))
    return weight
