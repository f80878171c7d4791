"""Typed values: what a policy may reason about. A number, money, a date, a code, a set of codes, a party, yes or no.

The type of a value is plain from how it is written, so that a file needs no schema to be read exactly:

========  ==========================================  =======================================================
type      written                                     in memory
========  ==========================================  =======================================================
number    ``30``, ``"37.5"``, ``3/8``, ``"25 %"``     ``Fraction``
money     ``"50 EUR"``, ``"120.50 EUR"``              :class:`~ipr_service.rights.amounts.Cost`, whole in minor units
date      ``2026-03-02``                              ``datetime.date``
code      ``concept``, ``anna``, a ULID               ``str``; a party is the code of its id
codes     ``[concept, form]``                         ``tuple`` of ``str``, sorted, each once
yes/no    ``true``, ``false``                         ``bool``
========  ==========================================  =======================================================

What nobody wrote is missing: not null, not 0, not false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, TypeAlias

from ipr_service.errors import N_, InputError
from ipr_service.rights.amounts import Cost
from ipr_service.rights.money import places_of
from ipr_service.rights.notation import exact, fraction_text, number_text
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.strict_yaml import Node

Value: TypeAlias = Fraction | Cost | date | str | tuple[str, ...] | bool

NUMBER: Final = "number"
MONEY: Final = "money"
DATE: Final = "date"
CODE: Final = "code"
CODES: Final = "codes"
PARTY: Final = "party"
FLAG: Final = "yes/no"
TYPES: Final = (NUMBER, MONEY, DATE, CODE, CODES, PARTY, FLAG)

CASE: Final = "case"
OWNERS: Final = ("contribution", "party", CASE)
"""Whose a fact can be."""

NEGATIVE: Final = N_("A negative number is not taken here; the least is 0")
ENDLESS: Final = N_("What the rule computes here has more than {limit} binary digits; write simpler numbers")

MAX_FACTS = 40
MAX_CODES = 300

_MONEY = re.compile(r"(?P<amount>[^ ]+) (?P<currency>[A-Z]{3})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9].*")
_ULID = re.compile(r"(?=.*[A-Z])[0-7][0-9A-HJKMNP-TV-Z]{25}")
"""Ids of the service begin with a digit and are codes all the same."""

Facts: TypeAlias = tuple[tuple[str, Value], ...]
"""Facts by name, in the order of the names."""


@dataclass(frozen=True)
class Declared:
    """A fact that a policy reads, besides what every contribution has.

    Args:
        name: as it is written.
        of: ``contribution``, ``party`` or ``case``.
        type: one of :data:`TYPES`.
        settles: who can say it, in words; shown when it is missing.
    """

    name: str
    of: str
    type: str
    settles: str = ""


def read(node: Node) -> Value:
    """One value, its type by how it is written.

    Raises:
        FormatError: none of the types; a float, an impossible day.
    """
    if node.kind == "list":
        codes = tuple(sorted(item.text() for item in node.items(MAX_CODES)))
        node.placed(lambda: _check_codes(codes))
        return codes
    if node.kind == "mapping" or node.value is None:
        node.refuse(N_("Here belongs a number, an amount of money, a date, a word, a list of words, or true or false"))
    if isinstance(node.value, bool):
        return node.value
    if isinstance(node.value, int):
        return node.number()
    return node.placed(lambda: parse(node.text()))


def _check_codes(codes: tuple[str, ...]) -> None:
    for code in codes:
        check_id("", code)
    if len(set(codes)) != len(codes):
        raise InputError.at("", N_("The same thing is named twice"))


def parse(text: str) -> Value:
    """One value from its text: number, money, date or code.

    Raises:
        InputError: none of them.
    """
    money = _MONEY.fullmatch(text)
    if money:
        amount, currency = exact(money["amount"]), money["currency"]
        places = places_of(currency)
        if (amount * 10**places).denominator != 1:
            raise InputError.at(
                "", N_("{currency} has {places} decimals; this amount is not whole in them"), currency=currency, places=places
            )
        return Cost(amount, currency)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InputError.at("", N_("There is no such day or hour")) from None
    if _NUMBER.fullmatch(text) and not _ULID.fullmatch(text):
        return exact(text)
    check_id("", text)
    return text


def read_all(node: Node) -> Facts:
    """A mapping of names to values.

    Raises:
        FormatError: more than :data:`MAX_FACTS`, or a value that is none.
    """
    entries = node.entries()
    if len(entries) > MAX_FACTS:
        node.refuse(N_("{count} items; at most {limit} are taken"), count=len(entries), limit=MAX_FACTS)
    for name, inner in entries.items():
        inner.placed(lambda name=name: check_id("", name))  # type: ignore[misc]  # a default binds the name of this turn
    return tuple((name, read(entries[name])) for name in sorted(entries))


def to_data(facts: Facts) -> dict[str, Any]:
    """Facts as text, lists and Booleans, for hashing and storing; :func:`read_all` reads them back."""
    return {name: _data(value) for name, value in sorted(facts)}


def _data(value: Value) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool) else text_of(value)


def text_of(value: Value) -> str:
    """The value in canonical text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return fraction_text(value)
    if isinstance(value, Cost):
        return f"{fraction_text(value.amount)} {value.currency}"
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(value) if isinstance(value, tuple) else value


def shown(value: Value) -> str:
    """The value for a sentence: ``12.5``, ``50 EUR``."""
    if isinstance(value, Fraction):
        return number_text(value)
    if isinstance(value, Cost):
        return f"{number_text(value.amount)} {value.currency}"
    return text_of(value)


def type_of(value: Value) -> str:
    """The type as written; a code may stand for a party."""
    found = {bool: FLAG, Fraction: NUMBER, Cost: MONEY, date: DATE, tuple: CODES, str: CODE}
    return found[type(value)]


def check(pointer: str, facts: Facts, of: str, declared: Mapping[str, Declared], parties: frozenset[str]) -> None:
    """Refuse a fact that the policy did not declare for ``of``, one of another type, and a party that is none.

    Raises:
        InputError: at ``pointer``/name.
    """
    known = [name for name, one in declared.items() if one.of == of]
    for name, value in facts:
        place = f"{pointer}/{name}"
        if name not in known:
            if not known:
                raise InputError.at(place, N_('The policy asks for no fact "{name}" here'), name=name)
            check_known(place, name, known, N_('The policy asks for no fact "{value}"; did you mean "{near}"?'))
        wanted, found = declared[name].type, type_of(value)
        if wanted == PARTY and found == CODE:
            if value not in parties:
                check_known(place, str(value), sorted(parties), N_('There is no party "{value}"; did you mean "{near}"?'))
        elif found != wanted:
            msgid = N_('"{name}" is a {found}; the policy needs a {wanted}')
            raise InputError.at(place, msgid, name=name, found=found, wanted=wanted)
        if isinstance(value, Fraction) and value < 0:
            raise InputError.at(place, NEGATIVE)
