"""Waterfalls: in which order money that came in is passed on, as data. How one is run stands in ``revenue``.

A waterfall is a list of steps in the order in which the parties wrote them: here, and only here, the order is the rule. What one step takes
does not reach the next. The amounts in it (fixed sums, caps, bands) count over everything that ever came in, not once in each payout.

===========  =======================================================================================================
kind         takes
===========  =======================================================================================================
``costs``    what the parties spent for all, until each has it back; while it does not suffice, in proportion to what is open
``fixed``    fixed sums, each once; while it does not suffice, in proportion
``cut``      a part of all that reaches it (a commission)
``recoup``   a part of all that reaches it (default: all of it) until a cap is reached
``tiers``    bands: of the first so much these shares, of what is above those
``shares``   all that is left, by shares
===========  =======================================================================================================

Rounding is said, never silent: a *part* becomes whole minor units as the step's ``rounding`` says (``down``, ``half-even``, ``half-up``),
and the difference stays in the flow; *shares* of whole units carry their remainders from payout to payout (``remainders: carry``, see
``carry``) or are settled in each payout alone by largest remainder (``remainders: alone``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, Final, TypeAlias

import rfc8785

from ipr_service.errors import N_, InputError
from ipr_service.rights import strict_yaml
from ipr_service.rights.money import minor, places_of, units_text
from ipr_service.rights.notation import fraction_text, total
from ipr_service.rights.parties import MAX_PARTIES, check_id, check_known, check_label
from ipr_service.rights.strict_yaml import Node

MAX_STEPS, MAX_BANDS, MAX_GROUPS, MAX_VERSION, MAX_SENTENCE = 50, 50, 50, 10_000, 500
ROUNDINGS: Final = ("down", "half-even", "half-up")
REMAINDERS: Final = ("carry", "alone")
SPLIT: Final = "split"
"""In place of shares: those of the split that the parties accepted."""
HELD: Final = "held"
"""The id under which disputed money is kept; no party has it."""

Parts: TypeAlias = tuple[tuple[str, Fraction], ...] | None
"""Shares by id of a party or name of a group, in the order of ids, adding up to 1; None: by the split."""


@dataclass(frozen=True)
class Costs:
    """Pays back what parties spent for all."""

    id: str
    source: str


@dataclass(frozen=True)
class Fixed:
    """Pays fixed sums once. ``sums``: minor units by id, in the order of ids, each above 0."""

    id: str
    source: str
    sums: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Cut:
    """Takes a part of all that reaches it; with ``cap`` (minor units) until that much has been taken: recoupment."""

    id: str
    source: str
    of: Fraction
    to: Parts
    rounding: str
    cap: int | None = None


@dataclass(frozen=True)
class Band:
    """One tier: all up to ``up_to`` minor units (None: without end) that the tiers below did not take."""

    up_to: int | None
    parts: Parts


@dataclass(frozen=True)
class Tiers:
    """Bands in rising order."""

    id: str
    source: str
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Shares:
    """All that is left."""

    id: str
    source: str
    parts: Parts


Step: TypeAlias = Costs | Fixed | Cut | Tiers | Shares


@dataclass(frozen=True)
class Waterfall:
    """An immutable waterfall for one currency.

    Args:
        groups: shares within a group by its name; a step may name a group in place of a party.
        steps: in their order; the last takes all that is left, and only the last.

    Raises:
        InputError: two steps with one id, nothing that takes the rest, or something behind it.
    """

    id: str
    version: int
    title: str
    source: str
    currency: str
    remainders: str
    groups: tuple[tuple[str, Parts], ...]
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        check_id("/waterfall", self.id)
        places_of(self.currency)
        if not 1 <= self.version <= MAX_VERSION:
            raise InputError.at("/version", N_("A version is a whole number from 1 to {limit}"), limit=MAX_VERSION)
        ids = [step.id for step in self.steps]
        double = sorted({name for name in ids if ids.count(name) > 1})
        if double:
            raise InputError.at("/steps", N_("The id {id} stands here twice; ids are unique"), id=double[0])
        ends = [number for number, step in enumerate(self.steps) if takes_the_rest(step)]
        if not ends:
            raise InputError.at("/steps", N_("Nothing takes what is left; end with a step of the kind shares, or with a tier without end"))
        if ends[0] != len(self.steps) - 1:
            msgid = N_('Nothing ever reaches the steps behind "{id}", which takes all that is left')
            raise InputError.at("/steps", msgid, id=self.steps[ends[0]].id)

    @property
    def reference(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the JCS (RFC 8785) form of :meth:`to_data`."""
        return hashlib.sha256(rfc8785.dumps(self.to_data())).digest()

    @property
    def by_split(self) -> bool:
        """Whether anything in it follows the accepted split."""
        return any(parts is None for parts in self._parts())

    def members(self) -> frozenset[str]:
        """Every id of a party that it names."""
        named = {name for parts in self._parts() for name, _part in parts or ()}
        named |= {name for step in self.steps if isinstance(step, Fixed) for name, _sum in step.sums}
        return frozenset(named - {name for name, _parts in self.groups})

    def _parts(self) -> list[Parts]:
        found: list[Parts] = [parts for _name, parts in self.groups]
        for step in self.steps:
            match step:
                case Cut():
                    found.append(step.to)
                case Tiers():
                    found += [band.parts for band in step.bands]
                case Shares():
                    found.append(step.parts)
        return found

    def to_data(self) -> dict[str, Any]:
        """The waterfall as it would stand in a file; see :func:`from_node`."""
        data: dict[str, Any] = {"waterfall": self.id, "version": self.version, "title": self.title, "source": self.source}
        data |= {"currency": self.currency, "remainders": self.remainders}
        data |= {"groups": {name: _parts_data(parts) for name, parts in self.groups}} if self.groups else {}
        return data | {"steps": [_step_data(step, places_of(self.currency)) for step in self.steps]}


ACCEPTED_SPLIT: Final = N_("the accepted split")
WITH_PAYOUT: Final = N_("agreed by the parties with the payout")
"""Sources that this service writes itself; each is told in the reader's language."""


def by_split(currency: str) -> Waterfall:
    """The waterfall of parties who agreed on nothing but a split: everything by it."""
    rest = Shares("rest", ACCEPTED_SPLIT, None)
    return Waterfall("by-split", 1, "Everything by the accepted split", ACCEPTED_SPLIT, currency, "carry", (), (rest,))


def takes_the_rest(step: Step) -> bool:
    """Whether nothing can flow on behind it."""
    return isinstance(step, Shares) or (isinstance(step, Tiers) and step.bands[-1].up_to is None)


def load(text: str) -> Waterfall:
    """A waterfall from its file (the YAML subset of ``strict_yaml``, or JSON).

    Raises:
        FormatError: anything that is not a waterfall; names line, field and limit.
    """
    return from_node(strict_yaml.read(text))


def from_node(node: Node) -> Waterfall:
    """A waterfall from nodes that were read already.

    Raises:
        FormatError: anything that is not a waterfall.
    """
    found = node.fields(("waterfall", "version", "title", "source", "currency", "steps"), ("remainders", "groups"))
    currency = found["currency"].text()
    found["currency"].placed(lambda: places_of(currency))
    remainders = _word(found["remainders"], REMAINDERS) if "remainders" in found else "carry"
    groups = _groups(found["groups"]) if "groups" in found else ()
    steps = tuple(_step(item, currency) for item in found["steps"].items(MAX_STEPS))
    title, source = _sentence(found["title"]), _sentence(found["source"])
    values = (found["waterfall"].text(), found["version"].whole(), title, source, currency, remainders, groups, steps)
    return node.placed(lambda: Waterfall(*values))


def parts_of(fractions: Iterable[tuple[str, Fraction]]) -> Parts:
    """Shares in canonical order.

    Raises:
        InputError: an id that is none, a share below 0, or a sum other than 1.
    """
    parts = tuple(sorted(fractions))
    for name, part in parts:
        check_id(f"/{name}", name)
        if part < 0:
            raise InputError.at(f"/{name}", N_("A negative number is not taken here; the least is 0"))
        if name == HELD:
            raise InputError.at(f"/{name}", N_('"{name}" is the name for disputed money; call the party otherwise'), name=HELD)
    whole = total(part for _name, part in parts)
    if whole != 1:
        raise InputError.at("", N_("The shares add up to {whole}, not to 1"), whole=fraction_text(whole))
    return parts


def _groups(node: Node) -> tuple[tuple[str, Parts], ...]:
    entries = node.entries()
    if not 1 <= len(entries) <= MAX_GROUPS:
        node.refuse(N_("Between 1 and {limit} groups are taken here"), limit=MAX_GROUPS)
    for name, inner in entries.items():
        inner.placed(partial(check_id, "", name))
    groups = tuple((name, _parts(entries[name])) for name in sorted(entries))
    for inner in entries.values():
        for member in inner.entries() if inner.kind == "mapping" else ():
            if member in entries:
                inner.refuse(N_('"{name}" is a group itself; groups do not stand in groups'), name=member)
    return groups


def _parts(node: Node) -> Parts:
    """``split``, the id of one party, or a mapping of ids to exact shares."""
    if node.kind == "scalar":
        name = node.text()
        return None if name == SPLIT else node.placed(lambda: parts_of([(name, Fraction(1))]))
    entries = node.entries()
    if len(entries) > MAX_PARTIES:
        node.refuse(N_("{count} items; at most {limit} are taken"), count=len(entries), limit=MAX_PARTIES)
    numbers = [(name, inner.number()) for name, inner in entries.items()]
    return node.placed(lambda: parts_of(numbers))


def _step(node: Node, currency: str) -> Step:
    kinds: dict[str, Callable[[Node, str], Step]] = {
        "costs": lambda node, _currency: Costs(*_named(node.fields(("id", "kind", "source")))),
        "fixed": _fixed,
        "cut": _cut,
        "recoup": _cut,
        "tiers": _tiers,
        "shares": _shares,
    }
    kind = node.entries().get("kind") or node.fields(("id", "kind"), tuple(node.entries()))["kind"]
    kind.placed(lambda: check_known("", kind.text(), kinds, N_('"{value}" is not a kind of step; kinds are: {known}')))
    return kinds[kind.text()](node, currency)


def _fixed(node: Node, currency: str) -> Step:
    found = node.fields(("id", "kind", "source", "to"))
    entries = found["to"].entries()
    if not 1 <= len(entries) <= MAX_PARTIES:
        found["to"].refuse(N_("Name at least one party"))
    for name, inner in entries.items():
        inner.placed(partial(parts_of, [(name, Fraction(1))]))
    return Fixed(*_named(found), tuple((name, amount(entries[name], currency)) for name in sorted(entries)))


def _cut(node: Node, currency: str) -> Step:
    recoups = node.entries()["kind"].value == "recoup"
    required = ("id", "kind", "source", "to")
    found = node.fields((*required, "cap") if recoups else (*required, "of"), ("of", "rounding") if recoups else ("rounding",))
    of = found["of"].number() if "of" in found else Fraction(1)
    if not 0 < of <= 1:
        found["of"].refuse(N_("A part is above 0 and at most 1"))
    cap = amount(found["cap"], currency) if recoups else None
    rounding = _word(found["rounding"], ROUNDINGS) if "rounding" in found else "down"
    return Cut(*_named(found), of, _parts(found["to"]), rounding, cap)


def _tiers(node: Node, currency: str) -> Step:
    found = node.fields(("id", "kind", "source", "bands"))
    items = found["bands"].items(MAX_BANDS)
    bands, below = [], 0
    for number, item in enumerate(items):
        inner = item.fields(("shares",), ("up_to",))
        up_to = amount(inner["up_to"], currency) if "up_to" in inner else None
        if up_to is None and number != len(items) - 1:
            item.refuse(N_("Only the last band has no end"))
        if up_to is not None and up_to <= below:
            item.refuse(N_("Bands rise: each ends above the one before it"))
        below = up_to or below
        bands.append(Band(up_to, _parts(inner["shares"])))
    if not bands:
        found["bands"].refuse(N_("Name at least one band"))
    return Tiers(*_named(found), tuple(bands))


def _shares(node: Node, _currency: str) -> Step:
    found = node.fields(("id", "kind", "source", "shares"))
    return Shares(*_named(found), _parts(found["shares"]))


def amount(node: Node, currency: str) -> int:
    """Minor units above 0, from what is written in major units."""
    if node.kind != "scalar" or isinstance(node.value, bool) or node.value is None:
        node.refuse(N_("Here belongs a number"))
    units = node.placed(lambda: minor(node.value, currency)).units
    if units == 0:
        node.refuse(N_("An amount here is above 0"))
    return units


def _named(found: dict[str, Node]) -> tuple[str, str]:
    name = found["id"].text()
    found["id"].placed(lambda: check_id("", name))
    return name, _sentence(found["source"])


def _word(node: Node, known: tuple[str, ...]) -> str:
    node.placed(lambda: check_known("", node.text(), known, N_('"{value}" is not taken here; known are: {known}')))
    return node.text()


def _sentence(node: Node) -> str:
    text = node.text().strip()
    node.placed(lambda: check_label("", text, MAX_SENTENCE))
    return text


def _parts_data(parts: Parts) -> str | dict[str, str]:
    return SPLIT if parts is None else {name: fraction_text(part) for name, part in parts}


def _step_data(step: Step, places: int) -> dict[str, Any]:
    data: dict[str, Any] = {"id": step.id, "source": step.source}
    match step:
        case Costs():
            return data | {"kind": "costs"}
        case Fixed():
            return data | {"kind": "fixed", "to": {name: units_text(units, places) for name, units in step.sums}}
        case Cut():
            data |= {"to": _parts_data(step.to), "of": fraction_text(step.of), "rounding": step.rounding}
            return data | ({"kind": "cut"} if step.cap is None else {"kind": "recoup", "cap": units_text(step.cap, places)})
        case Tiers():
            ends: list[dict[str, Any]] = [{} if one.up_to is None else {"up_to": units_text(one.up_to, places)} for one in step.bands]
            bands = [end | {"shares": _parts_data(band.parts)} for end, band in zip(ends, step.bands, strict=True)]
            return data | {"kind": "tiers", "bands": bands}
        case Shares():
            return data | {"kind": "shares", "shares": _parts_data(step.parts)}
