"""Answers of the law as JSON: what the API gives, what ``ipr law --json`` prints. Shares are exact fractions.

Sentences are in the language of ``say`` (gettext), English without one; rows stay in the words of their source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from ipr_service.rights import law_words
from ipr_service.rights.jurisdictions import Row
from ipr_service.rights.notation import fraction_text
from ipr_service.rights.outcomes import Citation, Conflict, Outcome, Remark, Value
from ipr_service.rights.precheck import Precheck
from ipr_service.rights.unsigned import Outlook

Say = Callable[[str], str]


def _plain(msgid: str) -> str:
    return msgid


def _cited(citations: Sequence[Citation]) -> list[dict[str, Any]]:
    return [one.to_data() for one in citations]


def outcome(found: Outcome[Any], value: Any, sentences: Sequence[Remark], say: Say = _plain) -> dict[str, Any]:
    """An outcome: ``result`` value, conflict or undetermined, and the rows; ``value`` and ``sentences`` only for a value."""
    if isinstance(found, Value):
        said = [one.text(say) for one in (*sentences, *found.remarks)]
        return {"result": "value", "value": value, "sentences": said, "because": _cited(found.because)}
    if isinstance(found, Conflict):
        return {"result": "conflict", "value": None, "sentences": [found.what.text(say)], "because": _cited(found.because)}
    missing = {"result": "undetermined", "value": None, "sentences": [found.missing.text(say)], "settled_by": say(found.settles)}
    return missing | {"because": _cited(found.seen)}


def outlook(found: Outlook, say: Say = _plain) -> dict[str, Any]:
    """An outlook as JSON; shares as exact fractions."""
    owners = [
        {"maker": line.maker, "working": line.working, "holder": line.holder or None, "remarks": [one.text(say) for one in line.remarks]}
        | outcome(line.taking, _to(line.taking), law_words.taking(line.taking.value) if isinstance(line.taking, Value) else (), say)
        for line in found.owners
    ]
    shares = {one.party: fraction_text(one.fraction) for one in found.shares.value.shares} if isinstance(found.shares, Value) else None
    data: dict[str, Any] = {
        "country": found.country,
        "right": found.right,
        "date": found.on.isoformat(),
        "owners": owners,
        "shares": outcome(found.shares, shares, (), say),
        "governing_law": outcome(found.law, found.law.value if isinstance(found.law, Value) else None, (), say) if found.law else None,
        "powers_of": found.powers_of or None,
        "sole": found.sole,
        "powers": [
            {"act": act} | outcome(one, one.value.code, law_words.rule(one.value), say)
            if isinstance(one, Value)
            else {"act": act} | outcome(one, None, (), say)
            for act, one in (() if found.sole else found.powers)  # who holds all asks nobody
        ],
    }
    return data | _papers_data(found, say)


def _to(taking: Outcome[Any]) -> str | None:
    return taking.value.to if isinstance(taking, Value) else None


def _papers_data(found: Outlook, say: Say) -> dict[str, Any]:
    forms = [
        {"act": act} | outcome(one, one.value.needs, law_words.form(one.value), say)
        if isinstance(one, Value)
        else {"act": act} | outcome(one, None, (), say)
        for act, one in found.forms
    ]
    silent = [
        {"about": about} | outcome(one, one.value.holds, (law_words.filler(one.value),), say)
        if isinstance(one, Value)
        else {"about": about} | outcome(one, None, (), say)
        for about, one in found.fillers
    ]
    moral = None if found.moral is None else outcome(found.moral, found.moral.value if isinstance(found.moral, Value) else None, (), say)
    return {"forms": forms, "silent_licence": silent, "moral_rights": moral, "warnings": [one.text(say) for one in found.warnings]}


def precheck(found: Precheck, say: Say = _plain) -> dict[str, Any]:
    """A pre-check as JSON."""
    gets = [{"party": one.party, "right": one.right, "result": one.result, "because": _cited(one.because)} for one in found.gets]
    missing = [
        {"paper": one.paper, "between": list(one.between), "why": one.why.text(say), "because": _cited(one.because)}
        for one in found.missing
    ]
    return {"gets": gets, "missing": missing, "outlooks": [outlook(one, say) for one in found.outlooks]}


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
