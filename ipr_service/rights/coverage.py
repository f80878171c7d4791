"""Gaps and overlaps of the packs over right x country x question: what no verified row answers, and what several answer.

A cell is the mark that an answer would carry. An overlap is a question that rows of one rank answer more than once, or rows of two ranks
answer differently; where one rank differs within itself, it is a conflict and the engine says so instead of choosing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ipr_service.errors import InputError
from ipr_service.rights import jurisdictions, statutes
from ipr_service.rights.jurisdictions import DECIDES
from ipr_service.rights.outcomes import weakest
from ipr_service.rights.provisions import Provision

QUESTIONS: Final = (
    ("owner", "independent"),
    ("owner", "employee"),
    ("owner", "commissioned"),
    ("shares", "co-owners"),
    ("power", "use"),
    ("power", "license"),
    ("power", "license-exclusive"),
    ("power", "sell-share"),
    ("preempt", "sell-share"),
    ("power", "sue"),
    ("form", "assign"),
    ("form", "license"),
    ("filler", "exclusivity"),
    ("filler", "sublicence"),
    ("moral", "moral-rights"),
)
"""What the preview asks for every right of every country."""

RIGHTS: Final = ("patent", "design", "trademark", "copyright", "software", "trade_secret")
CELLS: Final = {
    "verified-primary": "P",
    "inferred-from-primary": "I",
    "verified-secondary": "S",
    "unverified": "u",
    "open": "open",
    "conflict": "!",
    "": "–",
}
"""How a cell is written: primary, inferred, secondary, only unverified rows, left open by the law, a conflict, nothing."""


@dataclass(frozen=True)
class Cell:
    """What answers one question for one right of one country: a key of :data:`CELLS`, and whether general law fills it."""

    state: str
    general: bool = False

    def __str__(self) -> str:
        return CELLS[self.state] + ("*" if self.general else "")


@dataclass(frozen=True)
class Overlap:
    """A question that several rows answer. ``kind``: ``same``, ``outranked`` (general law says something else) or ``conflict``."""

    country: str
    right: str
    question: tuple[str, str]
    kind: str
    rows: tuple[str, ...]


def cell(country: str, right: str, question: tuple[str, str], on: date) -> Cell:
    """What answers a question on a day."""
    try:
        looked = statutes.search(country, right, *question, on)
    except InputError:
        return Cell("")
    if not looked.found:
        return Cell("unverified" if looked.seen else "")
    said = {found.provision for found in looked.found}
    if len(said) > 1:
        return Cell("conflict")
    state = "open" if looked.found[0].provision.word("who") == "open" else weakest(looked.because)
    return Cell(state, any(cited.general for cited in looked.because))


def overlaps(on: date) -> tuple[Overlap, ...]:
    """Every question with more than one answer, in the order of the packs; of more questions than :data:`QUESTIONS`: of all there are."""
    return tuple(
        found
        for country in jurisdictions.countries()
        for right in jurisdictions.pack(country).rights
        for question in sorted({(one.kind, one.about) for row in jurisdictions.pack(country).of(right) for one in row.says})
        if question[0] not in ("order", "fact")
        if (found := _overlap(country, right, question, on)) is not None
    )


def _overlap(country: str, right: str, question: tuple[str, str], on: date) -> Overlap | None:
    answers: list[tuple[Provision, str, bool]] = []
    for rows, general in statutes.ranks(country, right):
        deciding = [row for row in rows if row.standing(on) == DECIDES]
        answers += [
            (one, f"{row.pack} {row.id}", general is not None) for row in deciding for one in row.says if (one.kind, one.about) == question
        ]
    names = tuple(dict.fromkeys(name for _, name, _ in answers))
    if len(names) < 2:
        return None
    own = {said for said, _, general in answers if not general}
    if len(own) > 1:
        return Overlap(country, right, question, "conflict", names)
    kind = "same" if len({said for said, _, _ in answers}) == 1 else "outranked"
    return Overlap(country, right, question, kind, names)
