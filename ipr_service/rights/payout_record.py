"""Payouts as records: frozen, hashed, and computed again by anybody from the record alone.

The record is JSON with the waterfall written out, what was entered, every amount with its derivation, and the position that the next payout
begins from. Its digest is SHA-256 over the waterfall's digest (32 bytes) followed by the JCS form (RFC 8785) of the input: what the
parties accept.
Amounts are whole minor units as text, shares exact fractions as text; parties stand by id, no name is in it.

What a record shows: that these amounts follow from this input. Not that the money came in, and not that anybody was paid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final, TypeVar

import rfc8785

from ipr_service.errors import N_, ServiceError
from ipr_service.rights import strict_yaml, waterfall
from ipr_service.rights.explanation import Sentence
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.parties import MAX_PARTIES
from ipr_service.rights.payout_reasons import account
from ipr_service.rights.replay import Check
from ipr_service.rights.revenue import Entered, Line, Payout, Position, Taken, Tally, payout
from ipr_service.rights.strict_yaml import Node

INPUT_FORMAT: Final = "ipr-payout-input/1"
RECORD_FORMAT: Final = "ipr-payout/1"
MAX_CLAIMS, MAX_TALLIES = 100, 10_000

T = TypeVar("T")


def input_data(entered: Entered) -> dict[str, Any]:
    """The canonical input: text, lists and mappings only."""
    data: dict[str, Any] = {"format": INPUT_FORMAT, "income": str(entered.income), "costs": _counted(entered.costs)}
    data |= {"split": _parts(entered.split), "claims": [_parts(claim) for claim in entered.claims]}
    return data | {"position": position_data(entered.position)}


def digest(entered: Entered) -> bytes:
    """The 32 bytes that identify a payout; see the module's docstring."""
    return hashlib.sha256(entered.waterfall.digest + rfc8785.dumps(input_data(entered))).digest()


def position_data(position: Position) -> dict[str, Any]:
    """A position as data; :func:`position_from` reads it back."""
    tallies = {
        key: {"taken": str(tally.taken), "paid": _counted(tally.paid), "carry": _parts(tally.carry)}
        for key, tally in sorted(position.tallies.items())
    }
    counts = {"settled": str(position.settled), "income": str(position.income), "repaid": _counted(position.repaid)}
    return {"waterfall": position.waterfall, **counts, "tallies": tallies}


def to_data(made: Payout) -> dict[str, Any]:
    """The record as plain data."""
    entered = made.entered
    return {
        "format": RECORD_FORMAT,
        "digest": digest(entered).hex(),
        "waterfall": entered.waterfall.to_data(),
        "waterfall_digest": entered.waterfall.digest.hex(),
        "input": input_data(entered),
        "units": str(made.units),
        "amounts": _counted(made.amounts),
        "steps": [_taken(taken) for taken in made.steps],
        "position": position_data(made.position),
        "why": {told.holder: [str(told.headline), *map(str, told.details)] for told in account(made)},
    }


def record(made: Payout) -> str:
    """The record as JSON text."""
    return json.dumps(to_data(made), ensure_ascii=False, indent=1) + "\n"


def _taken(taken: Taken) -> dict[str, Any]:
    data: dict[str, Any] = {"step": taken.step.id, "kind": taken.kind}
    data |= {} if taken.band is None else {"band": str(taken.band)}
    counts = {"reached": str(taken.reached), "before": str(taken.before), "after": str(taken.after), "target": fraction_text(taken.target)}
    return data | counts | {"lines": [_line(line) for line in taken.lines]}


def _line(line: Line) -> dict[str, str]:
    data = {"holder": line.holder, "part": fraction_text(line.part), "whole": str(line.whole), "units": str(line.units)}
    data |= {"before": fraction_text(line.before), "after": fraction_text(line.after)}
    return data | ({} if line.group is None else {"group": line.group})


def _counted(units: Mapping[str, int]) -> dict[str, str]:
    return {name: str(units[name]) for name in sorted(units)}


def _parts(parts: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: fraction_text(parts[name]) for name in sorted(parts)}


def read(text: str) -> Entered:
    """What a record was computed from.

    Raises:
        FormatError: anything that is not a record; names line and field.
    """
    return _entered(strict_yaml.read(text).fields(_FIELDS))


def position_after(text: str) -> Position:
    """The position that a record ends with: where the next payout begins.

    Raises:
        FormatError: anything that is not a record.
    """
    return position_from(strict_yaml.read(text).fields(_FIELDS)["position"])


_FIELDS: Final = ("format", "digest", "waterfall", "waterfall_digest", "input", "units", "amounts", "steps", "position", "why")


def _entered(found: Mapping[str, Node]) -> Entered:
    _must_be(found["format"], RECORD_FORMAT)
    data = found["input"].fields(("format", "income", "costs", "split", "claims", "position"))
    _must_be(data["format"], INPUT_FORMAT)
    return Entered(
        waterfall.from_node(found["waterfall"]),
        position_from(data["position"]),
        _count(data["income"]),
        _each(data["costs"], _count),
        _each(data["split"], _fraction),
        tuple(_each(item, _fraction) for item in data["claims"].items(MAX_CLAIMS)),
    )


def position_from(node: Node) -> Position:
    """A position as :func:`position_data` wrote it.

    Raises:
        FormatError: anything else.
    """
    found = node.fields(("waterfall", "settled", "income", "repaid", "tallies"))
    tallies = {key: _tally(inner) for key, inner in found["tallies"].entries().items()}
    settled, income = _count(found["settled"]), _count(found["income"])
    return Position(found["waterfall"].text(), settled, _each(found["repaid"], _count), income, tallies)


def _tally(node: Node) -> Tally:
    found = node.fields(("taken", "paid", "carry"))
    return Tally(_count(found["taken"]), _each(found["paid"], _count), _each(found["carry"], _fraction))


def _each(node: Node, read_one: Callable[[Node], T]) -> dict[str, T]:
    entries = node.entries()
    if len(entries) > MAX_PARTIES:
        node.refuse(N_("{count} items; at most {limit} are taken"), count=len(entries), limit=MAX_PARTIES)
    return {name: read_one(inner) for name, inner in entries.items()}


def _count(node: Node) -> int:
    number = node.number()
    if number.denominator != 1:
        node.refuse(N_("Here belongs a whole number"))
    return number.numerator


def _fraction(node: Node) -> Fraction:
    """An exact fraction of our own making; its parts may be longer than what people write."""
    try:
        return Fraction(node.text())
    except (ValueError, ZeroDivisionError):
        node.refuse(N_("Here belongs a number"))


def _must_be(node: Node, name: str) -> None:
    if node.value != name:
        node.refuse(N_("This is not the format {format}"), format=name)


_CHECKS: Final = {
    "readable": (N_("The record could be read and computed again"), N_("The record cannot be computed again: {problem}")),
    "waterfall": (N_("The waterfall is the one whose digest is recorded"), N_("The waterfall is not the one whose digest is recorded")),
    "digest": (N_("The digest is that of waterfall and input"), N_("The digest is not that of waterfall and input")),
    "amounts": (N_("The waterfall gives exactly these amounts"), N_("The waterfall gives other amounts than recorded")),
    "position": (N_("The next payout begins where this one ends"), N_("The position at the end does not follow from it")),
}
_COMPARED: Final = {
    "waterfall": ("waterfall", "waterfall_digest"),
    "digest": ("input", "digest"),
    "amounts": ("units", "amounts", "steps"),
    "position": ("position",),
}


def replay(text: str) -> tuple[Check, ...]:
    """Compute a record again and compare. Never raises for bad data: what is wrong is a check that does not hold."""
    try:
        found = strict_yaml.read(text).fields(_FIELDS)
        now = to_data(payout(_entered(found)))
    except ServiceError as problem:
        return (Check("readable", False, Sentence(_CHECKS["readable"][1], {"problem": str(problem)})),)
    was = {name: _plain(node) for name, node in found.items()}
    holds = {name: all(was[field] == now[field] for field in fields) for name, fields in _COMPARED.items()}
    return tuple(Check(name, good, Sentence(_CHECKS[name][0 if good else 1])) for name, good in ({"readable": True} | holds).items())


def _plain(node: Node) -> Any:
    if node.kind == "mapping":
        return {key: _plain(inner) for key, inner in node.value}
    return [_plain(item) for item in node.value] if node.kind == "list" else node.value
