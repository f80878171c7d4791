"""A party's statement of account as a PDF: archival and accessible like every paper here, the same bytes for the same input.

It shows what parties recorded and agreed in the ledger. It is no receipt: this service moves no money and sees no bank account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ipr_service.agreements import typesetting
from ipr_service.errors import N_
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.statement import KIND_WORDS, Statement

_MEANING: Final = (
    N_("“Due” is what payouts credited to the party and what was handed on to it. “In hand” is money of the collaboration that it holds."),
    N_("“Advanced” is what the party spent for all and has not had back."),
    N_("This service moves no money. A payment counts here when a party has recorded it; the bank’s statement says whether it was made."),
)


def typeset_statement(
    found: Statement, name: str, about: str, reference: str, made: datetime, translate: Callable[[str], str] = str, language: str = "en"
) -> bytes:
    """The statement as PDF/A-3a and PDF/UA-1.

    Args:
        name: of the party. about: what the money is of (the collaboration), may be empty.
        reference: by what this copy can be matched. made: aware, written as time of creation.
        translate: gettext, into ``language`` (a tag that says how the text is read aloud).

    Raises:
        InputError: a character that the type does not have.
    """
    places = places_of(found.currency)

    def row(on: str, what: str, text: str, why: str, units: tuple[int, ...]) -> Mapping[str, Any]:
        return {"on": on, "what": what, "text": text, "why": why, "amounts": [units_text(one, places) for one in units]}

    rows = [row(found.first.isoformat(), translate(N_("Opening balance")), "", "", (*found.opening, found.opening[0]))]
    rows += [
        row(line.on.isoformat(), translate(KIND_WORDS[line.kind]), line.text, line.why, (line.due, line.cash, line.advanced, line.open))
        for line in found.lines
    ]
    rows.append(row(found.last.isoformat(), translate(N_("Closing balance")), "", "", (*found.closing, found.closing[0])))
    period = f"{found.first.isoformat()} – {found.last.isoformat()}"
    data = {
        "title": translate(N_("Statement of account")),
        "author": "",
        "language": language,
        "version": period,
        "page": translate(N_("Page {page} of {pages}")),
        "state": translate(N_("As recorded in the ledger of the collaboration")),
        "reference": reference,
        "lead": translate(N_("What was paid out to this party and why, what reached it, and what is still open.")),
        "facts": _facts(found, name, about, period, translate),
        "head": [translate(word) for word in (N_("Day"), N_("What"), N_("Due"), N_("In hand"), N_("Advanced"), N_("Still due"))],
        "rows": rows,
        "meaning": {"title": translate(N_("What this statement shows")), "lines": [translate(line) for line in _MEANING]},
    }
    return typesetting.compile_paper("statement.typ", data, made)


def _facts(found: Statement, name: str, about: str, period: str, translate: Callable[[str], str]) -> list[tuple[str, str]]:
    due = f"{units_text(found.closing[0], places_of(found.currency))} {found.currency}"
    facts = [(translate(N_("Party")), name), (translate(N_("Collaboration")), about), (translate(N_("Period")), period)]
    return [fact for fact in facts if fact[1]] + [(translate(N_("Still due on the last day")), due)]
