"""The answer of a grant check as JSON data: what ``ipr grants check --json`` and the API give. One writer for both.

Days are inclusive, as people read them; ``from`` or ``to`` is left out at an open end. Sentences stand beside the data in English, for a
log or a message; a face that speaks another language says them from the objects.
"""

from __future__ import annotations

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


def answer_data(answer: Answer) -> dict[str, Any]:
    """Everything that was found."""
    data: dict[str, Any] = {
        "clear": answer.clear,
        "conflicts": [conflict_data(one) for one in answer.conflicts],
        "authority": {grant: authority_data(one) for grant, one in answer.authorities.items()},
        "beyond": [excess_data(one) for one in answer.excesses],
        "access_missing": [gap_data(one) for one in answer.gaps],
        "filled": {grant: [str(line) for line in (*one.lines, *one.remarks)] for grant, one in answer.filled.items()},
        "demands": {grant: [demand_data(one) for one in found] for grant, found in answer.demands.items()},
        "components": {asset: [encumbrance_data(one) for one in found] for asset, found in answer.encumbrances.items()},
    }
    if answer.encumbrances:
        data["components_source"] = CREDIT
    return data


def conflict_data(one: Conflict) -> dict[str, Any]:
    """One conflict with the exact intersection."""
    return {
        "grants": [one.first, one.second],
        "certain": one.certain,
        "intersection": reach_data(one.meet),
        "text": one.meet.text,
        "sentence": str(one.sentence),
        "remarks": [str(remark) for remark in one.remarks],
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


def authority_data(one: Authority) -> dict[str, Any]:
    """The checklist."""
    return {
        "outcome": one.outcome,
        "reason": str(one.reason),
        "awaited": list(one.awaited),
        "steps": [_step(step) for step in one.steps],
        "remarks": [str(remark) for remark in one.remarks],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "party": step.party,
        "due": _iso(step.due),
        "done": _iso(step.done),
        "late": step.late,
        "one_of": step.either,
        "sentence": str(step.sentence),
    }


def excess_data(one: Excess) -> dict[str, Any]:
    """What a grant gives that its source does not hold."""
    return {"grant": one.grant, "source": one.source, "axis": one.axis, "what": one.what, "sentence": str(one.sentence)}


def gap_data(one: Gap) -> dict[str, Any]:
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
        "sentence": str(one.sentence),
    }


def demand_data(one: Demand) -> dict[str, Any]:
    """What a law demands of the paper, and how the grant stands to it."""
    return {
        "about": one.about,
        "outcome": one.outcome,
        "effect": one.effect,
        "refuses": one.refuses,
        "sentence": str(one.sentence),
        "because": [row.to_data() for row in one.citations],
    }


def encumbrance_data(one: Encumbrance) -> dict[str, Any]:
    """The answer for one component."""
    return {
        "component": one.component,
        "outbound": one.outbound,
        "inbound": one.inbound,
        "answer": one.answer,
        "passes": one.passes,
        "sentence": str(one.sentence),
        "remarks": [str(remark) for remark in one.remarks],
    }


def _iso(when: date | None) -> str | None:
    return None if when is None else when.isoformat()
