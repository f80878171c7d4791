"""Answers of the law as JSON: what the API gives, what ``ipr law --json`` prints. Shares are exact fractions; sentences are English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ipr_service.rights import law_words
from ipr_service.rights.jurisdictions import Row
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.outcomes import Citation, Conflict, Outcome, Remark, Value
from ipr_service.rights.precheck import Precheck
from ipr_service.rights.unsigned import Outlook


def _cited(citations: Sequence[Citation]) -> list[dict[str, Any]]:
    return [one.to_data() for one in citations]


def outcome(found: Outcome[Any], value: Any, sentences: Sequence[Remark]) -> dict[str, Any]:
    """An outcome: ``result`` value, conflict or undetermined, and the rows; ``value`` and ``sentences`` only for a value."""
    if isinstance(found, Value):
        said = [str(one) for one in (*sentences, *found.remarks)]
        return {"result": "value", "value": value, "sentences": said, "because": _cited(found.because)}
    if isinstance(found, Conflict):
        return {"result": "conflict", "value": None, "sentences": [str(found.what)], "because": _cited(found.because)}
    missing = {"result": "undetermined", "value": None, "sentences": [str(found.missing)], "settled_by": found.settles}
    return missing | {"because": _cited(found.seen)}


def outlook(found: Outlook) -> dict[str, Any]:
    """An outlook as JSON; shares as exact fractions."""
    owners = [
        {"maker": line.maker, "working": line.working, "holder": line.holder or None, "remarks": [str(one) for one in line.remarks]}
        | outcome(line.taking, _to(line.taking), law_words.taking(line.taking.value) if isinstance(line.taking, Value) else ())
        for line in found.owners
    ]
    shares = {one.party: fraction_text(one.fraction) for one in found.shares.value.shares} if isinstance(found.shares, Value) else None
    data: dict[str, Any] = {
        "country": found.country,
        "right": found.right,
        "date": found.on.isoformat(),
        "owners": owners,
        "shares": outcome(found.shares, shares, ()),
        "governing_law": outcome(found.law, found.law.value if isinstance(found.law, Value) else None, ()) if found.law else None,
        "powers_of": found.powers_of or None,
        "sole": found.sole,
        "powers": [
            {"act": act} | outcome(one, one.value.code, law_words.rule(one.value))
            if isinstance(one, Value)
            else {"act": act} | outcome(one, None, ())
            for act, one in found.powers
        ],
    }
    return data | _papers_data(found)


def _to(taking: Outcome[Any]) -> str | None:
    return taking.value.to if isinstance(taking, Value) else None


def _papers_data(found: Outlook) -> dict[str, Any]:
    forms = [
        {"act": act} | outcome(one, one.value.needs, law_words.form(one.value))
        if isinstance(one, Value)
        else {"act": act} | outcome(one, None, ())
        for act, one in found.forms
    ]
    silent = [
        {"about": about} | outcome(one, one.value.holds, (law_words.filler(one.value),))
        if isinstance(one, Value)
        else {"about": about} | outcome(one, None, ())
        for about, one in found.fillers
    ]
    moral = None if found.moral is None else outcome(found.moral, found.moral.value if isinstance(found.moral, Value) else None, ())
    return {"forms": forms, "silent_licence": silent, "moral_rights": moral, "warnings": [str(one) for one in found.warnings]}


def precheck(found: Precheck) -> dict[str, Any]:
    """A pre-check as JSON."""
    gets = [{"party": one.party, "right": one.right, "result": one.result, "because": _cited(one.because)} for one in found.gets]
    missing = [
        {"paper": one.paper, "between": list(one.between), "why": str(one.why), "because": _cited(one.because)} for one in found.missing
    ]
    return {"gets": gets, "missing": missing, "outlooks": [outlook(one) for one in found.outlooks]}


def row(row: Row, on: date, today: date) -> dict[str, Any]:
    """A row with what it is worth on a day."""
    return {
        "country": row.country,
        "right": row.rights,
        "topic": row.topic,
        "value": row.rule,
        "article": row.article,
        "source": row.source,
        "mark": row.mark,
        "read_on": row.read_on.isoformat() if row.read_on else "",
        "valid_from": row.valid_from.isoformat() if row.valid_from else "",
        "valid_to": row.valid_to.isoformat() if row.valid_to else "",
        "review_by": row.review_by.isoformat(),
        "overdue": row.overdue(today),
        "standing": row.standing(on),
        "says": [one.to_data() for one in row.says],
        "pack": row.pack,
    }
