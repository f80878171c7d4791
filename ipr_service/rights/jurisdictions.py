"""Jurisdiction packs: what the law of a country says, row by row, with article, source and mark; data, dated and never changed.

A pack (``packs/fr-1.yaml``) holds every row of its country in the order of the source table, its prose word for word, and beside it what
was typed from the prose by hand (:mod:`ipr_service.rights.provisions`), a worked case, and the day by which somebody must read it again.
Another reading is another version; :attr:`Pack.digest` tells the two apart.

What a row is worth on a day (:meth:`Row.standing`)::

    unverified            nobody read it: it is shown and decides nothing
    not-checked           the day lies before the row was read, and the row has no date of its own: it decides nothing
    not-in-force          the day lies outside the row's own dates
    decides               all others; a row whose review is overdue still decides and is shown as overdue

No row is legal advice. What is computed from rows stands in ``powers``, ``ownership``, ``formalities`` and ``governing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final

import rfc8785

from ipr_service.errors import N_, InputError
from ipr_service.rights import provisions, strict_yaml
from ipr_service.rights.outcomes import MARKS, Citation
from ipr_service.rights.parties import check_known
from ipr_service.rights.provisions import Provision
from ipr_service.rights.strict_yaml import Node

SHIPPED: Final = ("EU@1", "FR@1", "ES@1", "IT@1", "PT@1", "EL@1", "SI@1", "HR@1", "CY@1", "MT@1")
"""References of the packs in force, in the order of the source table."""

SPELLINGS: Final[Mapping[str, str]] = {"GR": "EL"}
"""ISO 3166 writes GR for Greece; the packs, as the Union does, EL."""

UNION: Final = "EU"
MAX_ROWS = 500
MAX_SENTENCE = 2000
DECIDES, UNVERIFIED, NOT_CHECKED, NOT_IN_FORCE = "decides", "unverified", "not-checked", "not-in-force"
STANDINGS: Final[Mapping[str, str]] = {
    DECIDES: N_("decides"),
    UNVERIFIED: N_("unverified: decides nothing"),
    NOT_CHECKED: N_("not checked for that date"),
    NOT_IN_FORCE: N_("not in force on that date"),
}
"""What a row is worth on a day, and the words for it."""


@dataclass(frozen=True)
class Worked:
    """A worked case beside a row: what is asked, what is given, what must come out.

    Args:
        kind, about: as in :data:`ipr_service.rights.provisions.KINDS`.
        given: the rest, plain data of the file.
        expect: the answer, plain data of the file.
    """

    kind: str
    about: str
    given: Mapping[str, Any]
    expect: Any


@dataclass(frozen=True)
class General:
    """Rows of another right, or of the Union, that fill what the law of ``fills`` does not say.

    Args:
        mark: how it was checked that they do; an answer is no better than that.
        because: the reason, for people.
    """

    pack: str
    right: str
    fills: tuple[str, ...]
    mark: str
    because: str


@dataclass(frozen=True)
class Row:
    """One row of a pack.

    Args:
        id: unique in the pack, ``patent.exploit_alone``.
        rights: the right or rights as the source table writes them, ``patent|design``.
        rule, article, source, mark, read_on: as in the source table, word for word; ``read_on`` is None when nobody read it.
        valid_from, valid_to: first and last day of the rule, where its text or prose tells; ``dated`` says from what.
        review_by: the day by which it is to be read again.
        says: what was typed from the prose; empty when it only informs, or is unverified.
    """

    country: str
    pack: str
    id: str
    rights: str
    topic: str
    rule: str
    article: str
    source: str
    mark: str
    read_on: date | None
    review_by: date
    valid_from: date | None = None
    valid_to: date | None = None
    dated: str = ""
    says: tuple[Provision, ...] = ()
    worked: tuple[Worked, ...] = ()

    def standing(self, on: date) -> str:
        """What the row is worth on a day; see the head of this module."""
        if self.mark == "unverified":
            return UNVERIFIED
        if (self.valid_from and on < self.valid_from) or (self.valid_to and on > self.valid_to):
            return NOT_IN_FORCE
        if self.valid_from is None and (self.read_on is None or on < self.read_on):
            return NOT_CHECKED
        return DECIDES

    def overdue(self, today: date) -> bool:
        """Whether the day by which it should have been read again has passed."""
        return today > self.review_by

    def of(self, right: str) -> bool:
        """Whether the row is about a right; several joined with ``|`` must all be in it."""
        return set(right.split("|")) <= set(self.rights.split("|"))

    def citation(self, on: date, filling: General | None = None) -> Citation:
        """The row as an answer cites it.

        Args:
            on: the day of the question, which also tells whether its review is overdue.
            filling: when it answers for another right than its own.
        """
        read_on = self.read_on.isoformat() if self.read_on else ""
        mark = max(self.mark, filling.mark, key=MARKS.index) if filling else self.mark
        return Citation(self.pack, self.id, self.rule, self.article, self.source, mark, read_on, self.overdue(on), filling is not None)

    def to_data(self) -> dict[str, Any]:
        """Everything, as it stands in the file."""
        days = {"read_on": self.read_on, "valid_from": self.valid_from, "valid_to": self.valid_to, "review_by": self.review_by}
        return {
            "id": self.id,
            "rights": self.rights,
            "topic": self.topic,
            "rule": self.rule,
            "article": self.article,
            "source": self.source,
            "mark": self.mark,
            "dated": self.dated,
            "says": [provision.to_data() for provision in self.says],
            "worked": [{one.kind: one.about, **one.given, "expect": one.expect} for one in self.worked],
        } | {name: day.isoformat() if day else "" for name, day in days.items()}


@dataclass(frozen=True)
class Pack:
    """The law of one jurisdiction as it was read; see the head of this module."""

    country: str
    version: int
    title: str
    general: tuple[General, ...]
    rows: tuple[Row, ...] = field(repr=False)

    @property
    def reference(self) -> str:
        """``FR@1``."""
        return f"{self.country}@{self.version}"

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the JCS (RFC 8785) form of :meth:`to_data`."""
        return hashlib.sha256(rfc8785.dumps(self.to_data())).digest()

    @cached_property
    def rights(self) -> tuple[str, ...]:
        """The rights that it has rows for, in their order."""
        return tuple(dict.fromkeys(right for row in self.rows for right in row.rights.split("|")))

    def of(self, right: str) -> tuple[Row, ...]:
        """The rows about a right, in the order of the source table."""
        return tuple(row for row in self.rows if row.of(right))

    def to_data(self) -> dict[str, Any]:
        """The pack as it stands in its file."""
        fills = [
            {"pack": one.pack, "right": one.right, "fills": list(one.fills), "mark": one.mark, "because": one.because}
            for one in self.general
        ]
        rows = [row.to_data() for row in self.rows]
        return {"pack": self.country, "version": self.version, "title": self.title, "general": fills, "rows": rows}


def spelled(country: str) -> str:
    """The country as the packs write it: upper case, ``EL`` for ``GR``."""
    written = country.strip().upper()
    return SPELLINGS.get(written, written)


def countries() -> tuple[str, ...]:
    """The jurisdictions there are packs for, in the order of the source table; ``EU`` first."""
    return tuple(reference.split("@")[0] for reference in SHIPPED)


def pack(country: str) -> Pack:
    """The pack of a jurisdiction.

    Args:
        country: two letters, ``EU`` for the Union; ``GR`` is read as ``EL``.

    Raises:
        InputError: there is none; names those that exist.
    """
    known = countries()
    code = spelled(country)
    check_known("/country", code, known, N_('There is no pack for "{value}"; there are packs for: {known}'))
    return shipped(SHIPPED[known.index(code)])


def rows(country: str, right: str) -> tuple[Row, ...]:
    """The rows of a country about a right (or several, joined with ``|``), in the order of the source table.

    Raises:
        InputError: no such country, or no row about the right; names what exists.
    """
    chosen = pack(country)
    found = chosen.of(right)
    if not found:
        values = {"right": right[:64], "country": chosen.country, "known": ", ".join(chosen.rights)}
        raise InputError.at("/right", N_('There is no row about "{right}" for {country}; there are rows about: {known}'), **values)
    return found


@cache
def shipped(reference: str) -> Pack:
    """A pack by its reference, such as ``FR@1``.

    Raises:
        InputError: no such pack.
    """
    check_known("", reference, SHIPPED, N_('There is no pack "{value}"; there are: {known}'))
    name = f"{reference.replace('@', '-').lower()}.yaml"
    return load(resources.files("ipr_service.rights").joinpath("packs", name).read_text(encoding="utf-8"))


def load(text: str) -> Pack:
    """A pack from its file.

    Raises:
        FormatError: anything that is not a pack; names line and field.
    """
    node = strict_yaml.read(text)
    found = node.fields(("pack", "version", "title", "general", "rows"))
    country, version = found["pack"].text(), found["version"].whole()
    general = tuple(_general(item) for item in found["general"].items(MAX_ROWS))
    read = tuple(_row(item, country, f"{country}@{version}") for item in found["rows"].items(MAX_ROWS))
    seen: set[str] = set()
    for item, row in zip(found["rows"].value, read, strict=True):
        if row.id in seen:
            item.refuse(N_('The id "{id}" stands here twice'), id=row.id)
        seen.add(row.id)
    return Pack(country, version, found["title"].text(), general, read)


def _general(node: Node) -> General:
    found = node.fields(("pack", "right", "fills", "mark", "because"))
    fills = tuple(item.text() for item in found["fills"].items(MAX_ROWS))
    return General(found["pack"].text(), found["right"].text(), fills, _mark(found["mark"]), found["because"].text())


def _mark(node: Node) -> str:
    node.placed(lambda: check_known("", node.text(), MARKS, N_('"{value}" is not known here; known are: {known}')))
    return node.text()


_TEXTS: Final = ("id", "rights", "topic", "rule", "article", "source", "mark")


def _row(node: Node, country: str, reference: str) -> Row:
    found = node.fields((*_TEXTS, "read_on", "review_by", "says", "worked"), ("valid_from", "valid_to", "dated"))
    mark = _mark(found["mark"])
    days = {name: _day(found[name]) for name in ("read_on", "review_by", "valid_from", "valid_to") if name in found}
    review_by = days["review_by"]
    if review_by is None:
        found["review_by"].refuse(N_("There is no such day. Write year, month and day like 2027-03-31."))
    says = tuple(provisions.from_node(item) for item in found["says"].items(MAX_ROWS))
    worked = tuple(_worked(item) for item in found["worked"].items(MAX_ROWS))
    if mark == "unverified" and says:
        found["says"].refuse(N_("A row that is unverified decides nothing, so nothing is typed from it"))
    if says and not worked:
        found["worked"].refuse(N_("A row that decides something has a worked case beside it"))
    valid_from, valid_to = days.get("valid_from"), days.get("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        found["valid_to"].refuse(N_("The last day lies before the first"))
    dated = found["dated"].text() if "dated" in found else ""
    texts = {name: found[name].text() for name in _TEXTS}
    return Row(
        country=country, pack=reference, read_on=days["read_on"], review_by=review_by, valid_from=valid_from, valid_to=valid_to,
        dated=dated, says=says, worked=worked, **texts,
    )  # fmt: skip


def _worked(node: Node) -> Worked:
    entries = node.entries()
    kinds = [name for name in entries if name in provisions.KINDS]
    if len(kinds) != 1 or "expect" not in entries:
        node.refuse(N_("A worked case names one thing to ask and what to expect"))
    given = {name: _plain(item) for name, item in entries.items() if name not in (kinds[0], "expect")}
    return Worked(kinds[0], entries[kinds[0]].text(), given, _plain(entries["expect"]))


def _plain(node: Node) -> Any:
    """Text, lists and mappings of text, as written."""
    if node.kind == "mapping":
        return {name: _plain(item) for name, item in node.entries().items()}
    if node.kind == "list":
        return tuple(_plain(item) for item in node.items(MAX_ROWS))
    return node.text()


def _day(node: Node) -> date | None:
    text = node.text()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        node.refuse(N_("There is no such day. Write year, month and day like 2027-03-31."))


def newest() -> date:
    """The newest day on which a row of any pack was read."""
    return max(row.read_on for reference in SHIPPED for row in shipped(reference).rows if row.read_on)


def present(today: date) -> date:
    """The day of a question that names none: today, but never before the law was read, which a clock that is behind would make of it."""
    return max(today, newest())


def overdue(today: date) -> tuple[Row, ...]:
    """Every row whose review date has passed, of all packs."""
    return tuple(row for reference in SHIPPED for row in shipped(reference).rows if row.overdue(today))
