"""The answer of a grant check as JSON data: what ``ipr grants check --json`` and the API give. One writer for both.

Days are inclusive, as people read them; ``from`` or ``to`` is left out at an open end. Sentences stand beside the data for a log or a
message, in the language of ``say`` (gettext): English, the msgids themselves, unless a face passes another.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ipr_service.rights.authority import Authority, Step
from ipr_service.rights.conflicts import Conflict
from ipr_service.rights.demands import Demand
from ipr_service.rights.encumbrance import CREDIT, Encumbrance
from ipr_service.rights.grant_file import Answer
from ipr_service.rights.licences import Reach, last_day
from ipr_service.rights.scope import Excess, Gap
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL, Days

Say = Callable[[str], str]


def answer_data(answer: Answer, say: Say = str) -> dict[str, Any]:
    """Everything that was found."""
    data: dict[str, Any] = {
        "clear": answer.clear,
        "conflicts": [conflict_data(one, say) for one in answer.conflicts],
        "authority": {grant: authority_data(one, say) for grant, one in answer.authorities.items()},
        "beyond": [excess_data(one, say) for one in answer.excesses],
        "access_missing": [gap_data(one, say) for one in answer.gaps],
        "filled": {grant: [line.text(say) for line in (*one.lines, *one.remarks)] for grant, one in answer.filled.items()},
        "demands": {grant: [demand_data(one, say) for one in found] for grant, found in answer.demands.items()},
        "components": {asset: [encumbrance_data(one, say) for one in found] for asset, found in answer.encumbrances.items()},
    }
    if answer.encumbrances:
        data["components_source"] = CREDIT
    return data


def conflict_data(one: Conflict, say: Say = str) -> dict[str, Any]:
    """One conflict with the exact intersection."""
    return {
        "grants": [one.first, one.second],
        "certain": one.certain,
        "intersection": reach_data(one.meet),
        "text": one.meet.text,
        "sentence": one.sentence.text(say),
        "remarks": [remark.text(say) for remark in one.remarks],
        "survivor": one.survivor,
        "source": one.source,
    }


def reach_data(reach: Reach) -> dict[str, Any]:
    """An exact part of the space of rights."""
    where = [{"territory": list(codes), **days_data(days)} for days, codes in reach.parts]
    return {"acts": list(reach.acts), "purpose": list(reach.purposes), "field": list(reach.fields), "where": where}


def days_data(days: Days) -> dict[str, str]:
    """``{"from": "2028-06-01", "to": "2028-12-31"}``, both days included."""
    found: dict[str, str] = {}
    if days[0] != ALWAYS_FROM:
        found["from"] = days[0].isoformat()
    if days[1] != ALWAYS_UNTIL:
        last = last_day(days[1])
        found["to"] = last.isoformat() if last else ""
    return found


def authority_data(one: Authority, say: Say = str) -> dict[str, Any]:
    """The checklist."""
    return {
        "outcome": one.outcome,
        "reason": one.reason.text(say),
        "awaited": list(one.awaited),
        "steps": [_step(step, say) for step in one.steps],
        "remarks": [remark.text(say) for remark in one.remarks],
    }


def _step(step: Step, say: Say) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "party": step.party,
        "due": _iso(step.due),
        "done": _iso(step.done),
        "late": step.late,
        "one_of": step.either,
        "sentence": step.sentence.text(say),
    }


def excess_data(one: Excess, say: Say = str) -> dict[str, Any]:
    """What a grant gives that its source does not hold."""
    return {"grant": one.grant, "source": one.source, "axis": one.axis, "what": one.what, "sentence": one.sentence.text(say)}


def gap_data(one: Gap, say: Say = str) -> dict[str, Any]:
    """Background that is needed and not granted."""
    where = [{"territory": code, **days_data(days)} for code, spans in one.where.items() for days in spans]
    return {
        "background": one.need.asset,
        "result": one.need.result,
        "party": one.need.party,
        "acts": one.act,
        "purpose": one.purpose,
        "field": one.field,
        "where": where,
        "sentence": one.sentence.text(say),
    }


def demand_data(one: Demand, say: Say = str) -> dict[str, Any]:
    """What a law demands of the paper, and how the grant stands to it."""
    return {
        "about": one.about,
        "outcome": one.outcome,
        "effect": one.effect,
        "refuses": one.refuses,
        "sentence": one.sentence.text(say),
        "because": [row.to_data() for row in one.citations],
    }


def encumbrance_data(one: Encumbrance, say: Say = str) -> dict[str, Any]:
    """The answer for one component."""
    return {
        "component": one.component,
        "outbound": one.outbound,
        "inbound": one.inbound,
        "answer": one.answer,
        "passes": one.passes,
        "sentence": one.sentence.text(say),
        "remarks": [remark.text(say) for remark in one.remarks],
    }


def _iso(when: date | None) -> str | None:
    return None if when is None else when.isoformat()
