"""Statements of account: what one party was paid, why, what reached it, and what is still open, over a span of days.

A statement shows the party's own accounts (see ``ledger``): what is due to it, money in its hands, costs it advanced. The opening balance
of each plus its lines is the closing balance; that is checked when a statement is made.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights.ledger import Transaction, advanced, cash, due
from ipr_service.rights.money import places_of, units_text

_FORMULA: Final = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the wide forms of = + - @ too


@dataclass(frozen=True)
class Entry:
    """A transaction with what people need to know of it.

    Args:
        on: the day it counts for.
        text: what it was, in words. why: reasons by party, for payouts. reference: by which others find it, such as its place in the log.
    """

    transaction: Transaction
    on: date
    text: str
    why: tuple[tuple[str, str], ...] = ()
    reference: str = ""


@dataclass(frozen=True)
class StatementLine:
    """One entry as it concerns the party; units as the party sees them: above 0 is for it.

    Args:
        due: credited to it (above 0), or handed over or taken back (below 0). cash: into its hands. advanced: spent by it for all.
        open: what is still due to it after this line. reference: of the entry.
    """

    on: date
    kind: str
    text: str
    why: str
    reference: str
    due: int
    cash: int
    advanced: int
    open: int


@dataclass(frozen=True)
class Statement:
    """A party's account in one currency from ``first`` to ``last`` day, both included.

    Args:
        opening, closing: (due, cash, advanced) before and after the lines, in units.
    """

    party: str
    currency: str
    first: date
    last: date
    opening: tuple[int, int, int]
    lines: tuple[StatementLine, ...]
    closing: tuple[int, int, int]

    def __post_init__(self) -> None:
        moved = [(line.due, line.cash, line.advanced) for line in self.lines]
        if tuple(sum(column) for column in zip(self.opening, *moved, strict=True)) != self.closing:
            raise ValueError("a statement's opening balance and lines do not make its closing balance")


KIND_WORDS: Final = {
    "income": N_("Income received"),
    "refund": N_("Refund paid"),
    "cost": N_("Cost advanced"),
    "correction": N_("Cost corrected"),
    "transfer": N_("Transfer"),
    "return": N_("Paid back"),
    "payout": N_("Payout"),
    "release": N_("Released after a dispute"),
}
HEADINGS: Final = (
    N_("Day"),
    N_("What"),
    N_("Text"),
    N_("Why"),
    N_("Credited"),
    N_("In hand"),
    N_("Advanced"),
    N_("Still due"),
    N_("Currency"),
    N_("Reference"),
)


def statement(party: str, currency: str, entries: Sequence[Entry], first: date, last: date) -> Statement:
    """The party's statement. ``entries``: of one currency, in the order in which they were recorded."""
    ordered = sorted(entries, key=lambda entry: entry.on)  # stable: of one day, in the order recorded
    opening, lines, at = (0, 0, 0), [], (0, 0, 0)
    for entry in ordered:
        moved = _moved(party, entry.transaction)
        if not any(moved) or entry.on > last:
            continue
        at = (at[0] + moved[0], at[1] + moved[1], at[2] + moved[2])
        if entry.on < first:
            opening = at
            continue
        why = dict(entry.why).get(party, "")
        lines.append(StatementLine(entry.on, entry.transaction.kind, entry.text, why, entry.reference, *moved, at[0]))
    return Statement(party, currency, first, last, opening, tuple(lines), at)


def _moved(party: str, transaction: Transaction) -> tuple[int, int, int]:
    """What a transaction means for a party: due, in hand, advanced."""
    found = {due(party): 0, cash(party): 0, advanced(party): 0}
    for posting in transaction.postings:
        if posting.account in found:
            found[posting.account] += posting.units
    return -found[due(party)], found[cash(party)], -found[advanced(party)]


def to_csv(found: Statement, name: str, translate: Callable[[str], str] = str) -> str:
    """The statement as CSV (RFC 4180, UTF-8), amounts with a point; text that a spreadsheet would run as a formula gets a ``'`` before it.

    Args:
        name: of the party.
    """
    places, out = places_of(found.currency), io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")

    def row(on: date, words: Sequence[str], units: Sequence[int], reference: str = "") -> None:
        amounts = (units_text(one, places) for one in units)
        write.writerow([on.isoformat(), *map(harmless, words), *amounts, found.currency, harmless(reference)])

    write.writerow([translate(heading) for heading in HEADINGS])
    row(found.first, (translate(N_("Opening balance")), name, ""), (*found.opening, found.opening[0]))
    for line in found.lines:
        row(
            line.on,
            (translate(KIND_WORDS[line.kind]), line.text, line.why),
            (line.due, line.cash, line.advanced, line.open),
            line.reference,
        )
    row(found.last, (translate(N_("Closing balance")), name, ""), (*found.closing, found.closing[0]))
    return out.getvalue()


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection); also when the sign stands behind blanks or line breaks."""
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(_FORMULA) else flat
