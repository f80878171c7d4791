"""The split sheet: one line for each holder, in the two conventions that the music trade uses, exact, as CSV.

*100 %*: the creator's side and the publisher's side are each half of the whole; all lines of both columns add up to 100 %. *200 %*: each
side is a whole of its own, so that both columns add up to 100 % each, 200 % together. The publisher's side mirrors the creator's unless
somebody else holds it. Percentages are exact (``33 1/3 %``), and the fraction stands beside them. No cell is a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import fraction_text, percent, total
from ipr_service.rights.parties import check_known
from ipr_service.rights.statement import harmless

CONVENTIONS: Final = ("100", "200")
HEADINGS: Final = (
    N_("Party"), N_("Organisation"), N_("Work"), N_("Share"), N_("Creator’s side"), N_("Publisher"), N_("Publisher’s side"),
)  # fmt: skip
SUM: Final = N_("Together")


@dataclass(frozen=True)
class Holder:
    """A line as it comes in.

    Args:
        work: what it did, in words. publisher: who holds the publisher's side; empty when the holder itself does.
    """

    name: str
    share: Fraction
    organisation: str = ""
    work: str = ""
    publisher: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the sheet; both sides in the convention of the sheet."""

    holder: Holder
    creator: Fraction
    publisher: Fraction


@dataclass(frozen=True)
class Sheet:
    """The whole sheet; the sides add up to what the convention says."""

    title: str
    convention: str
    lines: tuple[Line, ...]

    @property
    def sums(self) -> tuple[Fraction, Fraction]:
        """Of the creators' and of the publishers' side."""
        return total(line.creator for line in self.lines), total(line.publisher for line in self.lines)


def sheet(title: str, holders: Sequence[Holder], convention: str = "100") -> Sheet:
    """The sheet of a split.

    Raises:
        InputError: no such convention, or shares that make no whole.
    """
    check_known("/convention", convention, CONVENTIONS, N_('"{value}" is no convention; conventions are: {known}'))
    whole = total(holder.share for holder in holders)
    if whole != 1:
        raise InputError.at("/holders", N_("The shares add up to {whole}, not to 100 %"), whole=percent(whole))
    side = Fraction(1, 2) if convention == "100" else Fraction(1)
    return Sheet(title, convention, tuple(Line(holder, holder.share * side, holder.share * side) for holder in holders))


def rows(found: Sheet, translate: Callable[[str], str] = str) -> list[list[str]]:
    """Headings, lines, sums: plain text, percentages exact."""
    listed = [[translate(heading) for heading in HEADINGS]]
    for line in found.lines:
        one = line.holder
        listed.append(
            [
                one.name,
                one.organisation,
                one.work,
                fraction_text(one.share),
                percent(line.creator),
                one.publisher or one.name,
                percent(line.publisher),
            ]
        )
    creators, publishers = found.sums
    listed.append([translate(SUM), "", "", "1", percent(creators), "", percent(publishers)])
    return listed


def to_csv(found: Sheet, translate: Callable[[str], str] = str) -> str:
    """RFC 4180, UTF-8; text that a spreadsheet would run gets a ``'`` before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([[harmless(cell) for cell in row] for row in rows(found, translate)])
    return out.getvalue()


def by_party(shares: Mapping[str, Fraction], names: Mapping[str, str], work: Mapping[str, str]) -> tuple[Holder, ...]:
    """Holders of a split in the order of their names; who holds nothing is no holder."""
    listed = sorted((names.get(party, party), party) for party, share in shares.items() if share)
    return tuple(Holder(name, shares[party], work=work.get(party, "")) for name, party in listed)
