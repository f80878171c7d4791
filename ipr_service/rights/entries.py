"""Parties, contributions, background and shares as they stand in a file: from nodes to values, with line and field.

Case files and frozen records use the same fields, so that what was frozen reads like what was entered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from ipr_service.errors import N_
from ipr_service.rights import facts
from ipr_service.rights.contributions import MAX_BUILT_ON, Background, Contribution, Cost
from ipr_service.rights.parties import MAX_PARTIES, Party, check_known
from ipr_service.rights.shares import Share, Split
from ipr_service.rights.strict_yaml import Node

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def party(node: Node) -> Party:
    """``{id, name, organisation, country}``; only the id is required."""
    found = node.fields(("id",), ("name", "organisation", "country", "facts"))
    return node.placed(lambda: Party(found["id"].text(), _text(found, "name"), _text(found, "organisation"), _text(found, "country")))


def contribution(node: Node) -> Contribution:
    """A contribution; ``id``, ``party`` and ``role`` are required."""
    optional = ("degree", "points", "effort", "cost", "severable", "built_on", "parts", "registered_at", "commitment", "facts")
    found = node.fields(("id", "party", "role"), optional)
    return node.placed(
        lambda: Contribution(
            id=found["id"].text(),
            party=found["party"].text(),
            role=found["role"].text(),
            degree=_text(found, "degree"),
            points=_number(found, "points"),
            effort=_number(found, "effort"),
            cost=_cost(found["cost"]) if "cost" in found else None,
            severable=found["severable"].flag() if "severable" in found else False,
            built_on=_built_on(found),
            registered_at=_moment(found["registered_at"]) if "registered_at" in found else None,
            commitment=_text(found, "commitment"),
            parts=_parts(found),
            facts=facts.read_all(found["facts"]) if "facts" in found else (),
        )
    )


def background(node: Node) -> Background:
    """``{id, party, title, registered_at, commitment, built_on, parts, shares}``; id and party are required."""
    found = node.fields(("id", "party"), ("title", "registered_at", "commitment", "built_on", "parts", "shares"))
    return node.placed(
        lambda: Background(
            id=found["id"].text(),
            party=found["party"].text(),
            title=found["title"].text() if "title" in found else found["id"].text(),
            registered_at=_moment(found["registered_at"]) if "registered_at" in found else None,
            commitment=_text(found, "commitment"),
            built_on=_built_on(found),
            parts=_parts(found),
            split=split(found["shares"]) if "shares" in found else None,
        )
    )


def _built_on(found: dict[str, Node]) -> tuple[str, ...]:
    """A list of ids, or a mapping of ids to the part that goes on to each."""
    if "built_on" not in found:
        return ()
    node = found["built_on"]
    if node.kind == "mapping":
        return tuple(node.entries())
    return tuple(item.text() for item in node.items(MAX_BUILT_ON))


def _parts(found: dict[str, Node]) -> tuple[tuple[str, Fraction], ...]:
    """The parts of a mapping ``built_on``, or those that a record names under ``parts``."""
    node = found.get("parts") or found.get("built_on")
    if node is None or node.kind != "mapping":
        return ()
    return tuple((earlier, inner.number()) for earlier, inner in sorted(node.entries().items()))


def split(node: Node) -> Split:
    """A mapping of party ids to exact shares, which add up to 1."""
    entries = node.entries()
    if len(entries) > MAX_PARTIES:
        node.refuse(N_("{count} items; at most {limit} are taken"), count=len(entries), limit=MAX_PARTIES)
    shares = [_share(name, inner) for name, inner in entries.items()]
    return node.placed(lambda: Split(tuple(sorted(shares, key=lambda share: share.party))))


def known(nodes: Sequence[Node], ids: Sequence[str], msgid: str) -> None:
    """Refuse the first of ``nodes`` whose text is not one of ``ids``."""
    listed = frozenset(ids)
    for node in nodes:
        if node.text() not in listed:
            _refuse_unknown(node, ids, msgid)


def _refuse_unknown(node: Node, ids: Sequence[str], msgid: str) -> None:
    node.placed(lambda: check_known("", node.text(), ids, msgid))


def _share(name: str, node: Node) -> Share:
    return node.placed(lambda: Share(name, node.number()))


def _text(found: dict[str, Node], name: str) -> str | None:
    return found[name].text() if name in found and found[name].value is not None else None


def _number(found: dict[str, Node], name: str) -> Fraction | None:
    return found[name].number() if name in found else None


def _cost(node: Node) -> Cost:
    found = node.fields(("amount", "currency"))
    return Cost(found["amount"].number(), found["currency"].text())


def _moment(node: Node) -> datetime:
    written = node.text()
    if not _MOMENT.fullmatch(written):
        node.refuse(N_("A time is written in UTC as 2026-03-02T10:00:00Z"))
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        node.refuse(N_("There is no such day or hour"))
