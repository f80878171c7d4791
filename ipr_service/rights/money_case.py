"""Money cases: income, costs, disputes and payouts of one currency in one text file, for ``ipr pay`` and for tests.

::

    case: oak-chair-2026
    currency: EUR
    parties:
      - {id: anna, name: Anna Kovač}
      - {id: bruno}
    split: {anna: 3/5, bruno: 2/5}    # the accepted split; needed when the waterfall follows it
    waterfall: split                  # default: everything by the split; or a whole waterfall written out
    events:                           # in their order; days are optional, and then all or none
      - {kind: income, amount: "1200.00", party: anna, on: 2026-03-02, text: first batch}
      - {kind: cost, amount: "200.00", party: bruno, text: timber}
      - {kind: payout}                # everything that came in since the last one
      - {kind: refund, amount: "100.00", party: anna}
      - {kind: hold, id: joint, claims: [{anna: 1/2, bruno: 1/2}], text: who drew the joint}   # ids are optional
      - {kind: release, hold: joint}                      # its claims are withdrawn; what others keep stays
      - {kind: release, split: {anna: 3/5, bruno: 2/5}}   # all are settled by this split
      - {kind: split, shares: {anna: 1/2, bruno: 1/2}}    # a newer split was accepted; it counts from here on
      - {kind: transfer, amount: "300.00", party: anna, to: bruno}
    expect: {anna: "600.00", bruno: "500.00"}   # optional: paid out in all, costs included

Without a payout among the events there is one at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights import entries, strict_yaml, waterfall
from ipr_service.rights.money import MAX_UNITS, places_of, units_text
from ipr_service.rights.notation import exact
from ipr_service.rights.parties import MAX_PARTIES, Party, check_id, check_known, check_label
from ipr_service.rights.strict_yaml import Node
from ipr_service.rights.waterfall import HELD, Waterfall

MAX_EVENTS, MAX_TEXT, MAX_CLAIMS = 10_000, 500, 100
KINDS: Final = ("income", "refund", "cost", "correction", "transfer", "return", "payout", "hold", "release", "split")


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Args:
        units: above 0, where there is an amount. party: whose hands; to: of a transfer.
        claims: other splits that are claimed, for a hold. split: the settled one, for a release; the newer one, for a split.
        hold: what a dispute is called, when it is raised or withdrawn.
    """

    kind: str
    units: int = 0
    party: str = ""
    to: str = ""
    on: date | None = None
    text: str = ""
    claims: tuple[Mapping[str, Fraction], ...] = ()
    split: Mapping[str, Fraction] | None = None
    hold: str = ""


@dataclass(frozen=True)
class MoneyCase:
    """A case as entered. ``expect``: units paid out in all by party, or None."""

    id: str
    title: str
    parties: tuple[Party, ...]
    split: Mapping[str, Fraction]
    waterfall: Waterfall
    events: tuple[Event, ...]
    expect: Mapping[str, int] | None


def load(text: str) -> MoneyCase:
    """A case from its file.

    Raises:
        FormatError: anything that is not a case; names line and field.
    """
    node = strict_yaml.read(text)
    found = node.fields(("case", "currency", "parties", "events"), ("title", "split", "waterfall", "expect"))
    currency = found["currency"].text()
    found["currency"].placed(lambda: places_of(currency))
    parties = _parties(found["parties"])
    ids = [party.id for party in parties]
    plan = _waterfall(found["waterfall"], currency, ids) if "waterfall" in found else waterfall.by_split(currency)
    split = _split(found["split"], ids) if "split" in found else {}
    if plan.by_split and not split:
        node.refuse(N_('The waterfall follows the split; write the accepted shares under "split"'))
    events = tuple(_event(item, currency, ids) for item in found["events"].items(MAX_EVENTS))
    _check_days(found["events"], events)
    if not any(event.kind == "payout" for event in events):
        events = (*events, Event("payout", on=events[-1].on if events else None))
    found["case"].placed(lambda: check_id("", found["case"].text()))
    expect = (
        {name: _amount(inner, currency, least=None) for name, inner in found["expect"].entries().items()} if "expect" in found else None
    )
    title = _text(found["title"]) if "title" in found else found["case"].text()
    return MoneyCase(found["case"].text(), title, parties, split, plan, events, expect)


def _parties(node: Node) -> tuple[Party, ...]:
    parties = tuple(entries.party(item) for item in node.items(MAX_PARTIES))
    if not parties:
        node.refuse(N_("Name at least one party"))
    seen: set[str] = set()
    for item, party in zip(node.value, parties, strict=True):
        if party.id in seen:
            item.refuse(N_("The id {id} stands here twice; ids are unique"), id=party.id)
        if party.id == HELD:
            item.refuse(N_('"{name}" is the name for disputed money; call the party otherwise'), name=HELD)
        seen.add(party.id)
    return parties


def _waterfall(node: Node, currency: str, ids: list[str]) -> Waterfall:
    if node.kind == "scalar":
        if node.text() != waterfall.SPLIT:
            node.refuse(N_('Write "split", or a whole waterfall'))
        return waterfall.by_split(currency)
    plan = waterfall.from_node(node)
    if plan.currency != currency:
        node.refuse(N_("This waterfall is for {found}, not for {expected}"), found=plan.currency, expected=currency)
    for name in sorted(plan.members() - set(ids)):
        _known(node, name, ids)
    both = sorted({name for name, _parts in plan.groups} & set(ids))
    if both:
        node.refuse(N_('"{name}" is a party and a group; call one of them otherwise'), name=both[0])
    return plan


def _known(node: Node, name: str, ids: list[str]) -> None:
    node.placed(lambda: check_known("", name, ids, N_('There is no party "{value}"; did you mean "{near}"?')))


def _split(node: Node, ids: list[str]) -> dict[str, Fraction]:
    fractions = dict(entries.split(node).fractions)
    for name in sorted(set(fractions) - set(ids)):
        _known(node, name, ids)
    return fractions


_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "income": ("amount", "party"),
    "refund": ("amount", "party"),
    "cost": ("amount", "party"),
    "correction": ("amount", "party"),
    "transfer": ("amount", "party", "to"),
    "return": ("amount", "party", "to"),
    "payout": (),
    "hold": ("claims",),
    "release": (),
    "split": ("shares",),
}
_OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {"hold": ("id",), "release": ("hold", "split")}


def _event(node: Node, currency: str, ids: list[str]) -> Event:
    kind = node.entries().get("kind") or node.fields(("kind",), tuple(node.entries()))["kind"]
    kind.placed(lambda: check_known("", kind.text(), KINDS, N_('"{value}" is not something that happens to money; known are: {known}')))
    found = node.fields(("kind", *_FIELDS[kind.text()]), ("on", "text", *_OPTIONAL.get(kind.text(), ())))
    if kind.text() == "release" and ("hold" in found) == ("split" in found):
        node.refuse(N_("Say either which dispute is withdrawn (hold) or by which split all are settled (split)"))
    shares = found.get("split") or found.get("shares")
    called = found.get("hold") or found.get("id")
    for name in ("party", "to"):
        if name in found:
            _known(found[name], found[name].text(), ids)
    return Event(
        kind.text(),
        _amount(found["amount"], currency) if "amount" in found else 0,
        found["party"].text() if "party" in found else "",
        found["to"].text() if "to" in found else "",
        _day(found["on"]) if "on" in found else None,
        _text(found["text"]) if "text" in found else "",
        tuple(_split(item, ids) for item in found["claims"].items(MAX_CLAIMS)) if "claims" in found else (),
        _split(shares, ids) if shares is not None else None,
        _called(called) if called is not None else "",
    )


def _amount(node: Node, currency: str, least: int | None = 1) -> int:
    """Minor units; ``least`` None takes any sign."""
    if least is not None:
        return waterfall.amount(node, currency)
    places = places_of(currency)
    if isinstance(node.value, str) and not set(node.value).isdisjoint("/%"):
        node.refuse(N_("An amount is a decimal such as 12.50; a share or a fraction is none"))
    units: Fraction = node.placed(lambda: exact(node.value)) * 10**places
    if units.denominator != 1 or abs(units) > MAX_UNITS:
        node.refuse(
            N_("Write an amount of at most {limit}, no finer than {least}"),
            limit=units_text(MAX_UNITS, places),
            least=units_text(1, places),
        )
    return units.numerator


def _day(node: Node) -> date:
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        node.refuse(N_("There is no such day. Write year, month and day like 2027-03-31."))


def _called(node: Node) -> str:
    node.placed(lambda: check_id("", node.text()))
    return node.text()


def _text(node: Node) -> str:
    node.placed(lambda: check_label("", node.text(), MAX_TEXT))
    return node.text()


def _check_days(node: Node, events: tuple[Event, ...]) -> None:
    """Days stand at every event or at none, and never run backwards."""
    days = [event.on for event in events]
    if any(day is not None for day in days):
        for item, day in zip(node.value, days, strict=True):
            if day is None:
                item.refuse(N_("Give every event its day, or none"))
        for item, before, after in zip(node.value[1:], days, days[1:], strict=False):
            if before is not None and after is not None and after < before:
                item.refuse(N_("This day is before that of the event above; events stand in their order"))


def checked(case: MoneyCase) -> None:
    """Refuse what cannot have happened: more given back than ever came in.

    Raises:
        InputError: names the event by its number, from 1.
    """
    came_in = 0
    for number, event in enumerate(case.events, 1):
        came_in += {"income": event.units, "refund": -event.units}.get(event.kind, 0)
        if came_in < 0:
            msgid = N_("With event {number} more is refunded than ever came in")
            raise InputError.at(f"/events/{number - 1}", msgid, number=number)
