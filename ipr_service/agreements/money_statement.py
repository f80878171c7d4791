"""A party's statement of account as a PDF: archival and accessible like every paper here, the same bytes for the same input.

It shows what parties recorded and agreed in the ledger. It is no receipt: this service moves no money and sees no bank account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from ipr_service.agreements import typesetting
from ipr_service.errors import N_
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.statement import KIND_WORDS, Statement

_MEANING: Final = (
    N_("“Credited” is what payouts gave the party, less what was handed on to it. “In hand” is money of the collaboration that it holds."),
    N_("“Advanced” is what the party spent for all and has not had back."),
    N_("Under a payout or a release stand its place in the log and its commitment: with the proof bundle, anybody checks both."),
    N_("This service moves no money. A payment counts here when a party has recorded it; the bank’s statement says whether it was made."),
)


def typeset_statement(
    found: Statement,
    name: str,
    about: str,
    reference: str,
    made: datetime,
    translate: Callable[[str], str] = str,
    language: str = "en",
    point: str = ".",
) -> bytes:
    """The statement as PDF/A-3a and PDF/UA-1.

    Args:
        name: of the party. about: what the money is of (the collaboration), may be empty.
        reference: by what this copy can be matched. made: aware, written as time of creation.
        translate: gettext, into ``language`` (a tag that says how the text is read aloud). point: its decimal mark.

    Raises:
        InputError: a character that the type does not have.
    """
    places = places_of(found.currency)

    def row(on: date, what: str, units: tuple[int, ...], text: str = "", why: str = "", reference: str = "") -> Mapping[str, Any]:
        amounts = [units_text(one, places, point).replace("-", "\N{MINUS SIGN}") for one in units]
        said = {"on": on.isoformat(), "what": translate(what), "text": text, "why": why, "reference": reference}
        return said | {"amounts": amounts}

    rows = [row(found.first, N_("Opening balance"), (*found.opening, found.opening[0]))]
    for line in found.lines:
        units = (line.due, line.cash, line.advanced, line.open)
        rows.append(row(line.on, KIND_WORDS[line.kind], units, line.text, line.why, line.reference))
    rows.append(row(found.last, N_("Closing balance"), (*found.closing, found.closing[0])))
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
        "facts": _facts(found, name, about, period, translate, point),
        "head": [translate(word) for word in (N_("Day"), N_("What"), N_("Credited"), N_("In hand"), N_("Advanced"), N_("Still due"))],
        "rows": rows,
        "meaning": {"title": translate(N_("What this statement shows")), "lines": [translate(line) for line in _MEANING]},
    }
    return typesetting.compile_paper("statement.typ", data, made)


def _facts(found: Statement, name: str, about: str, period: str, translate: Callable[[str], str], point: str) -> list[tuple[str, str]]:
    due = f"{units_text(found.closing[0], places_of(found.currency), point)} {found.currency}"
    facts = [(translate(N_("Party")), name), (translate(N_("Collaboration")), about), (translate(N_("Period")), period)]
    facts.append((translate(N_("Currency")), found.currency))
    return [fact for fact in facts if fact[1]] + [(translate(N_("Still due on the last day")), due)]
