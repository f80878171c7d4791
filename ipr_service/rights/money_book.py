"""Books of known answers about money: one file with many small cases, each with what should come out; ``ipr pay`` runs them.

Two shapes are understood, told from the names in a case's ``input``, so that further books of the same shapes run without another line:

- *apportioning*: ``amount`` (with ``currency``, ``unit: whole``, or as many decimals as are written), ``amounts`` or ``basis_points``;
  divided by ``shares``, ``weights`` or among ``n``; once or ``times``; with ``carry: true`` or each payout alone; with ``claims``, what is
  disputed is held;
- *waterfalls*: ``gross`` or ``net``, with ``costs`` where they are said. The rule is the book's or the case's ``rule``: a waterfall
  written out, or the few words in which handbooks write one (see ``rule_words``). A number of people beside it (``inventors: 3``) is who
  shares that part equally.

What should come out: ``expect`` by name, ``expect_any`` and ``must_not``, ``expect_sorted``, ``expect_sum``, ``must_not_sum``,
``expect_largest_remainder`` for each of several amounts, ``expect_<group>_total``, ``expect_each``, ``expect_each_sorted``,
``expect_error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from ipr_service.errors import N_, InputError, ServiceError
from ipr_service.rights import strict_yaml, waterfall
from ipr_service.rights.carry import pay
from ipr_service.rights.casebook import MAX_CASES, Answer, Book, plain
from ipr_service.rights.dispute import ring_fence
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import exact, total
from ipr_service.rights.parties import MAX_PARTIES
from ipr_service.rights.revenue import Entered, Position, payout
from ipr_service.rights.rule_words import read_rule
from ipr_service.rights.shares import Split, apportion
from ipr_service.rights.strict_yaml import Node
from ipr_service.rights.waterfall import Waterfall

MAX_TIMES: Final = 100_000
CURRENCY: Final = "EUR"
"""Of a waterfall whose case names none; only its two decimals count."""

_NOT_ASKED: Final = N_("Not asked: this case names no amount to divide and no rule to pay by")
_UNREADABLE: Final = N_("This case is not written as its names promise: {problem}")


@dataclass(frozen=True)
class _Found:
    """What each amount of a case gives by name, in major units, with as many decimals as are shown. ``groups``: members by group."""

    paid: tuple[Mapping[str, Fraction], ...]
    places: int
    groups: Mapping[str, tuple[str, ...]]


def run(text: str) -> Book:
    """Every case of a book, computed and compared.

    Raises:
        FormatError: not a book of cases; names the line.
    """
    node = strict_yaml.read(text)
    found = node.entries()
    kind = found["kind"].text() if "kind" in found else ""
    title = found["id"].text() if "id" in found else kind
    listed = found["cases"].items(MAX_CASES) if "cases" in found else ()
    return Book(title, kind, tuple(_answer(found.get("rule"), number, case) for number, case in enumerate(listed, 1)))


def _answer(rule: Node | None, number: int, node: Node) -> Answer:
    case = plain(node)
    name = str(case.get("name", number)) if isinstance(case, dict) else str(number)
    given = case.get("input") if isinstance(case, dict) else None
    if not isinstance(given, dict) or not {"amount", "amounts", "basis_points", "gross", "net"} & given.keys():
        return Answer(name, remarks=(_NOT_ASKED,))
    try:
        own = node.entries().get("rule", rule)
        found = _flowed(given, own) if {"gross", "net"} & given.keys() else _apportioned(given)
        holds = _as_expected(case, found)
    except ServiceError as problem:
        return Answer(name, refused=str(problem), holds="expect_error" in case)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        # The input is not of the shape that its names promise. A book is data from outside, checked by being computed.
        return Answer(name, refused=_UNREADABLE.format(problem=repr(problem)[:200]), holds=False)
    last = found.paid[-1]
    shown = {name: units_text((amount * 10**found.places).numerator, found.places) for name, amount in last.items()}
    return Answer(name, shown, "", False if "expect_error" in case else holds)


# --- apportioning ---------------------------------------------------------------------------------------------------------------------


def _apportioned(given: Mapping[str, Any]) -> _Found:
    written = [str(one) for one in given.get("amounts", [given.get("amount", given.get("basis_points"))])]
    places = _places(given, written[0])
    shares = ring_fence(_shares(given), tuple(_exact(claim) for claim in given.get("claims", ())))
    if given.get("carry"):
        return _Found((_carried(given, written, places, shares),), places, {})
    return _Found(tuple(_alone(given, amount, places, shares) for amount in written), places, {})


def _places(given: Mapping[str, Any], written: str) -> int:
    if "currency" in given:
        return places_of(given["currency"])
    return 0 if "basis_points" in given or given.get("unit") == "whole" else len(written.partition(".")[2])


def _shares(given: Mapping[str, Any]) -> dict[str, Fraction]:
    if "n" in given:
        count = given["n"]
        if isinstance(count, bool) or not 1 <= count <= MAX_PARTIES:
            raise InputError.at("/n", N_("{count} items; at most {limit} are taken"), count=count, limit=MAX_PARTIES)
        return {f"p{number:06}": Fraction(1, count) for number in range(1, count + 1)}
    weights = _exact(given["shares"] if "shares" in given else given["weights"])
    whole = total(weights.values())
    if any(weight < 0 for weight in weights.values()) or not whole or ("shares" in given and whole != 1):
        raise InputError.at("/shares", N_("Shares are not negative and add up to 1"))
    return {name: weight / whole for name, weight in weights.items()}


def _times(given: Mapping[str, Any]) -> int:
    times = given.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MAX_TIMES:
        raise InputError.at("/times", N_("A number from 1 to {limit} is taken here"), limit=MAX_TIMES)
    return times


def _alone(given: Mapping[str, Any], written: str, places: int, shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Each payout by largest remainder, without memory; all of them together."""
    once = apportion(Split.of(shares), _units(written, places))
    return {name: Fraction(units * _times(given), 10**places) for name, units in once.items()}


def _carried(given: Mapping[str, Any], written: list[str], places: int, shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """One payout after the other, remainders carried; all of them together."""
    had, carry = dict.fromkeys(sorted(shares), 0), dict[str, Fraction]()
    for _ in range(_times(given)):
        for amount in written:
            done = pay(_units(amount, places), shares, carry)
            carry = dict(done.carry)
            for name, units in done.units.items():
                had[name] += units
    return {name: Fraction(units, 10**places) for name, units in had.items()}


def _units(written: str, places: int) -> int:
    units: Fraction = exact(written) * 10**places
    if units.denominator != 1:
        raise InputError.at("/amount", N_("This amount is finer than its smallest unit, {least}"), least=units_text(1, places))
    return units.numerator


# --- waterfalls -----------------------------------------------------------------------------------------------------------------------


def _flowed(given: Mapping[str, Any], rule: Node | None) -> _Found:
    if rule is None:
        raise InputError.at("/rule", N_("A case with income needs a rule to pay by"))
    currency = given.get("currency", CURRENCY)
    plan = waterfall.from_node(rule) if rule.kind == "mapping" else read_rule(rule.text(), currency)
    plan, groups = _peopled(plan, given)
    places = places_of(plan.currency)
    costs = {"costs": _units(str(given["costs"]), places)} if "costs" in given else {}
    income = _units(str(given["gross"] if "gross" in given else given["net"]), places)
    made = payout(Entered(plan, Position(), income, costs))
    named = dict.fromkeys(sorted(plan.members()), 0) | made.amounts
    return _Found(({name: Fraction(units, 10**places) for name, units in named.items()},), places, groups)


def _peopled(plan: Waterfall, given: Mapping[str, Any]) -> tuple[Waterfall, dict[str, tuple[str, ...]]]:
    """The waterfall with as many equal members in a group as the case says: ``inventors: 3``."""
    groups: dict[str, tuple[str, ...]] = {name: tuple(member for member, _part in parts or ()) for name, parts in plan.groups}
    for name in sorted(plan.members()):
        count = given.get(name)
        if isinstance(count, int) and not isinstance(count, bool):
            if not 1 <= count <= MAX_PARTIES:
                raise InputError.at(f"/{name}", N_("A number from 1 to {limit} is taken here"), limit=MAX_PARTIES)
            groups[name] = tuple(f"{name}-{number:06}" for number in range(1, count + 1))
    members = tuple(
        (name, waterfall.parts_of((member, Fraction(1, len(people))) for member in people)) for name, people in sorted(groups.items())
    )
    kept = dict(plan.groups)  # shares that the rule itself gives within a group stay as they are
    return replace(plan, groups=tuple((name, kept.get(name, parts)) for name, parts in members)), groups


# --- what should come out -------------------------------------------------------------------------------------------------------------


def _as_expected(case: Mapping[str, Any], found: _Found) -> bool | None:
    """Whether everything that the case expects is so; None when it expects nothing that is understood here."""
    paid, checks = found.paid[-1], []
    if "expect" in case:
        wanted = _exact(case["expect"])
        checks.append({name: paid.get(name, Fraction(0)) for name in wanted} == wanted and _rest(paid, wanted) == 0)
    if "expect_any" in case:
        checks.append(dict(paid) in [_exact(one) for one in case["expect_any"]])
    checks += [dict(paid) != _exact(one) for one in case.get("must_not", ())]
    if "expect_sorted" in case:
        checks.append(_falling(paid.values()) == [exact(one) for one in case["expect_sorted"]])
    if "expect_sum" in case:
        checks.append(total(paid.values()) == exact(case["expect_sum"]))
    if "must_not_sum" in case:
        checks.append(total(paid.values()) != exact(case["must_not_sum"]))
    if "expect_largest_remainder" in case:
        checks.append([dict(one) for one in found.paid] == [_exact(one) for one in case["expect_largest_remainder"]])
    checks += _grouped(case, paid, found.groups)
    return all(checks) if checks else None


def _rest(paid: Mapping[str, Fraction], wanted: Mapping[str, Fraction]) -> int:
    """How many others were paid although the case does not name them."""
    return sum(1 for name, amount in paid.items() if amount and name not in wanted)


def _grouped(case: Mapping[str, Any], paid: Mapping[str, Fraction], groups: Mapping[str, tuple[str, ...]]) -> list[bool]:
    checks = []
    for name in case:
        group = str(name).removeprefix("expect_").removesuffix("_total")
        if str(name) == f"expect_{group}_total":
            checks.append(total(paid[member] for member in groups[group]) == exact(case[name]))
    members = [paid[member] for people in groups.values() for member in people]
    if "expect_each" in case:
        checks.append(set(members) == {exact(case["expect_each"])})
    if "expect_each_sorted" in case:
        checks.append(_falling(members) == [exact(one) for one in case["expect_each_sorted"]])
    return checks


def _falling(amounts: Any) -> list[Fraction]:
    return sorted(amounts, reverse=True)


def _exact(by_name: Mapping[str, Any]) -> dict[str, Fraction]:
    return {name: exact(amount) for name, amount in by_name.items()}
