"""Licence grants as boxes: what may be done, for what, in which fields, where, when, and against whom.

A :class:`Grant` is a box of six axes (asset, acts, purposes, fields, territory, days) with terms beside it (exclusivity, sublicence, fee,
reversion). An axis that nobody named is ``None``: unsaid, which is neither "nothing" nor a decision for "everything". Whoever computes with
an unsaid axis takes it as everything and says so; fillers (:mod:`ipr_service.rights.fillers`) replace it where a law does.

Exclusive shuts out everybody, the grantor included; sole shuts out everybody but the grantor. Days are inclusive for people (``from``,
``to``) and half-open here (``begin``, ``until``), so that a grant that ends on a day and one that begins on the next do not meet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.contributions import Cost
from ipr_service.rights.fields import ALL, SHIPPED, FieldTree, field_title
from ipr_service.rights.notation import percent
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL, EARLIEST, LATEST, WORLD, Days, named, shared, span_text, spelled

MAX_ON_AN_AXIS = 300
MAX_GRANTORS = 200

ACTS: Final = MappingProxyType(
    {
        "use": N_("use"),
        "make": N_("make"),
        "sell": N_("sell"),
        "adapt": N_("adapt"),
        "publish": N_("publish"),
        "sublicense": N_("sublicense"),
    }
)
PURPOSES: Final = MappingProxyType({"project": N_("the project"), "research": N_("one's own research"), "exploitation": N_("exploitation")})
EXCLUSIVITIES: Final = MappingProxyType({"exclusive": N_("exclusive"), "sole": N_("sole"), "non-exclusive": N_("non-exclusive")})
SUBLICENCES: Final = MappingProxyType({"no": N_("not allowed"), "consent": N_("with consent"), "yes": N_("allowed")})
FEES: Final = MappingProxyType(
    {"free": N_("free"), "fair": N_("fair and reasonable"), "lump": N_("a lump sum"), "net": N_("a share of the net income")}
)
REVERSIONS: Final = MappingProxyType({"unexploited": N_("not exploited"), "unpaid": N_("not paid"), "insolvent": N_("insolvency")})
FORMS: Final = MappingProxyType(
    {
        "oral": N_("by word of mouth"),
        "writing": N_("in writing"),
        "signed": N_("in writing, signed by the parties"),
        "recognised": N_("with recognised signatures"),
        "deed": N_("by public deed"),
    }
)
"""How a licence was concluded; each form holds what the one before it asks for."""

AXES: Final = MappingProxyType(
    {
        "acts": N_("acts"),
        "purpose": N_("purpose"),
        "field": N_("field of use"),
        "territory": N_("territory"),
        "exclusivity": N_("exclusivity"),
        "sublicence": N_("sublicence"),
        "to": N_("last day"),
        "fee": N_("fee"),
    }
)
"""What the terms of a grant are called, by their name in a file."""

_TWICE = N_('"{value}" stands here twice')


@dataclass(frozen=True)
class Fee:
    """What the grantee owes: nothing, something fair, a sum of money, or a part of the net income (above 0, at most 1)."""

    kind: str
    amount: Cost | None = None
    part: Fraction | None = None

    def __post_init__(self) -> None:
        check_known("/kind", self.kind, FEES, N_('"{value}" is no kind of fee; kinds are: {known}'))
        if (self.amount is not None) != (self.kind == "lump"):
            raise InputError.at("/amount", N_("A lump sum names its amount and currency; other fees name none"))
        if (self.part is not None) != (self.kind == "net"):
            raise InputError.at("/part", N_("A share of the net income names its part, such as 5 %; other fees name none"))
        if self.part is not None and not 0 < self.part <= 1:
            raise InputError.at("/part", N_("A share of the net income lies above 0 % and is at most 100 %"))

    @property
    def text(self) -> str:
        """``free``, ``fair``, ``lump 1200.50 EUR``, ``net 5 %``."""
        if self.amount is not None:
            return f"lump {self.amount.amount} {self.amount.currency}"
        return f"net {percent(self.part)}" if self.part is not None else self.kind


@dataclass(frozen=True)
class Reversion:
    """When the right falls back to the grantors: ``unexploited`` or ``unpaid`` for so many months, or ``insolvent``."""

    when: str
    months: int = 0

    def __post_init__(self) -> None:
        check_known("/when", self.when, REVERSIONS, N_('"{value}" is no ground for reversion; grounds are: {known}'))
        if self.when != "insolvent" and not 1 <= self.months <= 1200:
            raise InputError.at("/months", N_("Name the months, between 1 and {limit}, after which the right falls back"), limit=1200)


@dataclass(frozen=True)
class Grant:
    """One licence.

    Args:
        id: unique among the grants that are looked at together.
        asset: id of the right it is about.
        grantors: ids of the parties that grant it, at least one.
        grantee: id of the party that receives it.
        acts, purposes: of :data:`ACTS`, :data:`PURPOSES`; None when nobody said.
        fields: of ``tree``; None when nobody said.
        territory: codes as :func:`ipr_service.rights.territories.spelled` keeps them; None when nobody said.
        begin, until: half-open; None is an open end.
        exclusivity, sublicence: of :data:`EXCLUSIVITIES`, :data:`SUBLICENCES`; None when nobody said.
        under: id of the grant that this is a sublicence of.
        agreed: the day it was concluded, where it matters which of two came first.
        form: of :data:`FORMS`, in which it was concluded; None when nobody said.
        tree: the fields that may be named.

    Raises:
        InputError: names the field as a file calls it (``/territory/0``, ``/to``), its limit and the remedy.
    """

    id: str
    asset: str
    grantors: tuple[str, ...]
    grantee: str
    acts: tuple[str, ...] | None = None
    purposes: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    territory: tuple[str, ...] | None = None
    begin: date | None = None
    until: date | None = None
    exclusivity: str | None = None
    sublicence: str | None = None
    fee: Fee | None = None
    reversion: Reversion | None = None
    under: str | None = None
    agreed: date | None = None
    form: str | None = None
    tree: FieldTree = SHIPPED

    def __post_init__(self) -> None:
        for name in ("id", "asset", "grantee"):
            check_id(f"/{name}", getattr(self, name))
        _check_axis("/grantors", self.grantors, MAX_GRANTORS, N_("Name at least one party that grants this"))
        for number, grantor in enumerate(self.grantors):
            check_id(f"/grantors/{number}", grantor)
        if self.under is not None:
            check_id("/under", self.under)
        self._check_axes()
        self._check_terms()

    def _check_axes(self) -> None:
        for name, values, known in (("acts", self.acts, ACTS), ("purpose", self.purposes, PURPOSES)):
            if values is not None:
                _check_axis(f"/{name}", values, len(known), N_("Name at least one of: {known}"), known=", ".join(known))
                for number, value in enumerate(values):
                    check_known(f"/{name}/{number}", value, known, N_('"{value}" is not known here; known are: {known}'))
        if self.fields is not None:
            _check_axis("/field", self.fields, MAX_ON_AN_AXIS, N_('Name at least one field of use; "all" stands for all of them'))
            for number, value in enumerate(self.fields):
                self.tree.check(f"/field/{number}", value)
        if self.territory is not None:
            empty = N_('The territory is empty: a grant for nowhere grants nothing. Name a country, or "WORLD"')
            _check_axis("/territory", self.territory, MAX_ON_AN_AXIS, empty)
            for number, value in enumerate(self.territory):
                if spelled(f"/territory/{number}", value) != value:
                    raise InputError.at(f"/territory/{number}", N_("Territories are kept in capital letters after ISO 3166"))
        check_days(self.begin, self.until)

    def _check_terms(self) -> None:
        if self.exclusivity is not None:
            check_known("/exclusivity", self.exclusivity, EXCLUSIVITIES, N_('"{value}" is not known here; known are: {known}'))
        if self.sublicence is not None:
            check_known("/sublicence", self.sublicence, SUBLICENCES, N_('"{value}" is not known here; known are: {known}'))
        if self.form is not None:
            check_known("/form", self.form, FORMS, N_('"{value}" is not known here; known are: {known}'))
        if self.under == self.id:
            raise InputError.at("/under", N_("A grant is no sublicence of itself; name the grant that it comes from"))
        if self.sublicence == "no" and self.acts is not None and "sublicense" in self.acts:
            raise InputError.at("/sublicence", N_("The acts name sublicensing and the sublicence is not allowed; decide for one of them"))

    @cached_property
    def days(self) -> Days:
        """Half-open, open ends at the ends of time."""
        return self.begin or ALWAYS_FROM, self.until or ALWAYS_UNTIL

    @cached_property
    def box(self) -> Box:
        """Where it reaches; what nobody said is taken as everything, see :attr:`unsaid`."""
        return Box(self.acts or tuple(ACTS), self.purposes or tuple(PURPOSES), self.fields or (ALL,), self.territory or (WORLD,), self.days)

    @cached_property
    def unsaid(self) -> tuple[str, ...]:
        """The axes that nobody named, as a file calls them."""
        axes = {"acts": self.acts, "purpose": self.purposes, "field": self.fields, "territory": self.territory}
        return tuple(name for name, value in axes.items() if value is None)

    @property
    def since(self) -> date:
        """When it came to be, as far as is known: the day it was concluded, or its first day."""
        return self.agreed or self.days[0]


@dataclass(frozen=True)
class Box:
    """A product of five sets, as it was entered. Sets are tuples; days are half-open."""

    acts: tuple[str, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    territory: tuple[str, ...]
    days: Days


@dataclass(frozen=True)
class Reach:
    """An exact part of the space of rights: acts × purposes × fields × (places with their days). Never empty.

    Args:
        between: the two territories that meet, as they were entered.
        days: within which they do; half-open.
    """

    acts: tuple[str, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    between: tuple[tuple[str, ...], tuple[str, ...]]
    days: Days

    @cached_property
    def where(self) -> Mapping[str, tuple[Days, ...]]:
        """Code to the intervals on which it is reached, sorted; cut when somebody asks."""
        return shared(*self.between, self.days)

    @property
    def parts(self) -> tuple[tuple[Days, tuple[str, ...]], ...]:
        """Days with the places reached on exactly these days, in order; macros by name where they fit."""
        by_days: dict[Days, list[str]] = {}
        for code, spans in self.where.items():
            for days in spans:
                by_days.setdefault(days, []).append(code)
        return tuple((days, named(codes, days)) for days, codes in sorted(by_days.items()))

    @property
    def text(self) -> str:
        """``furniture x IT x 2028-06-01..2028-12-31``, with acts and purposes in front where they are not all."""
        front = [] if len(self.acts) == len(ACTS) else ["+".join(self.acts)]
        front += [] if len(self.purposes) == len(PURPOSES) else ["+".join(self.purposes)]
        front.append("+".join(self.fields))
        return "; ".join(" x ".join([*front, "+".join(codes), span_text(days)]) for days, codes in self.parts)


def grant_title(word: str) -> str:
    """The word for an act, a purpose, a term or a field (a msgid)."""
    for words in (ACTS, PURPOSES, EXCLUSIVITIES, SUBLICENCES, FEES, REVERSIONS, FORMS):
        if word in words:
            return words[word]
    return field_title(word)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day(pointer: str, text: str) -> date:
    """A day that people wrote: ``2028-06-01``.

    Raises:
        InputError: no such day, or outside :data:`EARLIEST` to :data:`LATEST`.
    """
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise InputError.at(pointer, N_("There is no such day. Write year, month and day like 2027-03-31."))
    if not EARLIEST <= found <= LATEST:
        raise InputError.at(
            pointer, N_("Days between {first} and {last} are taken here"), first=EARLIEST.isoformat(), last=LATEST.isoformat()
        )
    return found


def day_after(last: date | None) -> date | None:
    """From the last day, inclusive, to the end of a half-open interval."""
    return None if last is None else last + timedelta(days=1)


def last_day(until: date | None) -> date | None:
    """From the end of a half-open interval to the last day, inclusive."""
    return None if until is None else until - timedelta(days=1)


def check_days(begin: date | None, until: date | None) -> None:
    """Refuse days that are reversed.

    Raises:
        InputError: at ``/to``.
    """
    if begin is not None and until is not None and until <= begin:
        last = until - timedelta(days=1)
        msgid = N_("The last day, {last}, lies before the first, {first}; swap them, or leave one out for an open end")
        raise InputError.at("/to", msgid, first=begin.isoformat(), last=last.isoformat())


def _check_axis(pointer: str, values: tuple[str, ...], limit: int, empty: str, **said: str) -> None:
    if not values:
        raise InputError.at(pointer, empty, **said)
    if len(values) > limit:
        raise InputError.at(pointer, N_("{count} items; at most {limit} are taken"), count=len(values), limit=limit)
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            raise InputError.at(f"{pointer}/{number}", _TWICE, value=value[:64])
        seen.add(value)
