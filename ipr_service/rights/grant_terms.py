"""Grants, assets and consent rules as they stand in a file: from nodes to values, with line and field. ``grant_file`` joins them.

What is written here is also what the API takes and what rests encrypted: one spelling for all faces. :func:`grant_data` writes a grant as
:func:`grant` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from ipr_service.errors import N_
from ipr_service.rights.authority import Acts, Holding, agreed
from ipr_service.rights.conflicts import Priority
from ipr_service.rights.contributions import Cost
from ipr_service.rights.encumbrance import MAX_COMPONENTS, Component
from ipr_service.rights.fields import FieldTree
from ipr_service.rights.grants_by_law import known_law, known_right
from ipr_service.rights.licences import MAX_GRANTORS, MAX_ON_AN_AXIS, Fee, Grant, Reversion, day, day_after, last_day
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.powers import ConsentRule
from ipr_service.rights.scope import Existing
from ipr_service.rights.strict_yaml import Node
from ipr_service.rights.territories import spelled

REQUIRED = ("id", "asset", "grantors", "grantee")
OPTIONAL = (
    "acts", "purpose", "field", "territory", "from", "to", "exclusivity", "sublicence", "fee", "reversion", "under", "agreed",
    "form",
)  # fmt: skip
DONE = ("signed", "notified", "offered", "declined", "court")
"""What was done so far: party to day, and the day of the court's leave."""


@dataclass(frozen=True)
class Asset:
    """A right that grants are about.

    Args:
        right: patent, design, copyright …; computed with only where ``law`` is named.
        law: country of the pack whose law fills what nobody said; empty when none.
        holding: who holds which interest; None when nobody said.
        existing: where and when the right exists.
        consent: whose consent a grant needs; None when no rule is known.
        priority: which of two conflicting grants survives; None when no rule is known.
        uses: ids of the backgrounds it is built on.
        outbound: SPDX expression of the licence that is meant to go out; ``components``: what of others is in it.
    """

    id: str
    right: str = ""
    holding: Holding | None = None
    existing: Existing = field(default_factory=Existing)
    consent: ConsentRule | None = None
    priority: Priority | None = None
    uses: tuple[str, ...] = ()
    outbound: str | None = None
    components: tuple[Component, ...] = ()
    law: str = ""


def grant(node: Node, tree: FieldTree) -> tuple[Grant, Acts]:
    """A grant, and what was done for it so far."""
    found = node.fields(REQUIRED, (*OPTIONAL, *DONE))
    made = node.placed(
        lambda: Grant(
            id=found["id"].text(),
            asset=found["asset"].text(),
            grantors=_words(found["grantors"], MAX_GRANTORS),
            grantee=found["grantee"].text(),
            acts=_maybe(found, "acts"),
            purposes=_maybe(found, "purpose"),
            fields=_maybe(found, "field"),
            territory=territory(found["territory"]) if "territory" in found else None,
            begin=_day(found["from"]) if "from" in found else None,
            until=day_after(_day(found["to"])) if "to" in found else None,
            exclusivity=_text(found, "exclusivity"),
            sublicence=_text(found, "sublicence"),
            fee=_fee(found["fee"]) if "fee" in found else None,
            reversion=_reversion(found["reversion"]) if "reversion" in found else None,
            under=_text(found, "under"),
            agreed=_day(found["agreed"]) if "agreed" in found else None,
            form=_text(found, "form"),
            tree=tree,
        )
    )
    done = {name: _days(found[name]) for name in DONE[:-1] if name in found}
    return made, Acts(**done, court=_day(found["court"]) if "court" in found else None)


def asset(node: Node) -> Asset:
    """An asset; only the id is required."""
    optional = ("right", "holders", "territory", "from", "to", "consent", "priority", "uses", "outbound", "components", "law")
    found = node.fields(("id",), optional)
    begin = _day(found["from"]) if "from" in found else None
    until = day_after(_day(found["to"])) if "to" in found else None
    return Asset(
        id=found["id"].text(),
        right=_text(found, "right") or "",
        holding=holding(found["holders"]) if "holders" in found else None,
        existing=Existing(territory(found["territory"]) if "territory" in found else None, begin, until),
        consent=consent(found["consent"]) if "consent" in found else None,
        priority=_priority(found["priority"]) if "priority" in found else None,
        uses=_words(found["uses"], MAX_ON_AN_AXIS) if "uses" in found else (),
        outbound=_text(found, "outbound"),
        components=tuple(_component(item) for item in found["components"].items(MAX_COMPONENTS)) if "components" in found else (),
        law=_law(found) if "law" in found else "",
    )


def _law(found: Mapping[str, Node]) -> str:
    """The country whose pack answers; it must know the right."""
    written = found["law"].text()
    if "right" not in found:
        found["law"].refuse(N_('Name the "right" beside the law, such as patent, design or copyright'))
    right = found["right"].text()
    country = found["law"].placed(lambda: known_law(written))
    found["right"].placed(lambda: known_right(country, right))
    return country


def holding(node: Node) -> Holding:
    """A mapping of party ids to exact interests that add up to 1."""
    return node.placed(lambda: Holding({party: part.number() for party, part in node.entries().items()}))


def consent(node: Node) -> ConsentRule:
    """``{who, notice_days, notice_months, offer_months, court, compensation, source}``"""
    found = node.fields(("who",), ("notice_days", "notice_months", "offer_months", "court", "compensation", "source"))
    return node.placed(
        lambda: agreed(
            who=found["who"].text(),
            notice_days=_whole(found, "notice_days"),
            notice_months=_whole(found, "notice_months"),
            offer_months=_whole(found, "offer_months"),
            court=found["court"].flag() if "court" in found else False,
            compensation=found["compensation"].flag() if "compensation" in found else False,
            source=_text(found, "source") or "",
        )
    )


def territory(node: Node) -> tuple[str, ...]:
    """Codes as they are kept; one may stand without a list."""
    if node.kind == "scalar":
        return (_spelled(node),)
    items = node.items(MAX_ON_AN_AXIS)
    if not items:
        node.refuse(N_('The territory is empty: a grant for nowhere grants nothing. Name a country, or "WORLD"'))
    return tuple(_spelled(item) for item in items)


def _spelled(node: Node) -> str:
    return node.placed(lambda: spelled("", node.text()))


def _priority(node: Node) -> Priority:
    found = node.fields(("kind", "source"))
    if found["kind"].text() != "earlier-non-exclusive-survives":
        found["kind"].refuse(
            N_('"{value}" is not known here; known are: {known}'), value=found["kind"].text()[:64], known="earlier-non-exclusive-survives"
        )
    return Priority(found["kind"].text(), found["source"].text())


def _component(node: Node) -> Component:
    found = node.fields(("name", "expression"))
    return node.placed(lambda: Component(found["name"].text(), found["expression"].text()))


def _fee(node: Node) -> Fee:
    if node.kind == "scalar":
        return node.placed(lambda: Fee(node.text()))
    found = node.fields(("kind",), ("amount", "currency", "part"))
    cost = Cost(found["amount"].number(), found["currency"].text()) if "amount" in found and "currency" in found else None
    return node.placed(lambda: Fee(found["kind"].text(), cost, found["part"].number() if "part" in found else None))


def _reversion(node: Node) -> Reversion:
    found = node.fields(("when",), ("months",))
    return node.placed(lambda: Reversion(found["when"].text(), found["months"].whole() if "months" in found else 0))


def _words(node: Node, limit: int) -> tuple[str, ...]:
    """A list of words; one may stand without a list."""
    return (node.text(),) if node.kind == "scalar" else tuple(item.text() for item in node.items(limit))


def _maybe(found: Mapping[str, Node], name: str) -> tuple[str, ...] | None:
    return _words(found[name], MAX_ON_AN_AXIS) if name in found else None


def _text(found: Mapping[str, Node], name: str) -> str | None:
    return found[name].text() if name in found and found[name].value is not None else None


def _whole(found: Mapping[str, Node], name: str) -> int | None:
    return found[name].whole() if name in found else None


def _day(node: Node) -> date:
    return node.placed(lambda: day("", node.text()))


def _days(node: Node) -> dict[str, date]:
    return {party: _day(inner) for party, inner in node.entries().items()}


def grant_data(made: Grant) -> dict[str, Any]:
    """The grant as :func:`grant` reads it; what nobody said is left out."""
    fee = made.fee
    data: dict[str, Any] = {
        "id": made.id,
        "asset": made.asset,
        "grantors": list(made.grantors),
        "grantee": made.grantee,
        "acts": _list(made.acts),
        "purpose": _list(made.purposes),
        "field": _list(made.fields),
        "territory": _list(made.territory),
        "from": _iso(made.begin),
        "to": _iso(last_day(made.until)),
        "exclusivity": made.exclusivity,
        "sublicence": made.sublicence,
        "fee": None if fee is None else _fee_data(fee.kind, fee.amount, fee.part),
        "reversion": None if made.reversion is None else _reversion_data(made.reversion),
        "under": made.under,
        "agreed": _iso(made.agreed),
        "form": made.form,
    }
    return {name: value for name, value in data.items() if value is not None}


def _fee_data(kind: str, amount: Cost | None, part: Fraction | None) -> str | dict[str, str]:
    if amount is not None:
        return {"kind": kind, "amount": fraction_text(amount.amount), "currency": amount.currency}
    return kind if part is None else {"kind": kind, "part": fraction_text(part)}


def _reversion_data(made: Reversion) -> dict[str, Any]:
    return {"when": made.when, "months": made.months} if made.months else {"when": made.when}


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _iso(when: date | None) -> str | None:
    return None if when is None else when.isoformat()
