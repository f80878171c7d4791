"""Licence grants as ODRL 2.2 policies in JSON-LD (W3C Recommendation, 15 February 2018).

One ``odrl:Agreement`` for each grant. ODRL says who may do what; it has no word for exclusivity that programs agree on (w3c/poe#217), so
that the terms of this service stand in a profile of its own (:data:`PROFILE`) beside the W3C's words:

================  ====================================================================================================
grant             ODRL
================  ====================================================================================================
acts              one permission for each act and each span of days: ``use``, ``reproduce`` (make), ``sell``, ``derive`` (adapt),
                  ``distribute`` (publish), ``grantUse`` (sublicense)
territory         constraint ``spatial isAnyOf`` ISO 3166 codes, macros opened for exactly the days on which they hold
days              constraints ``dateTime gteq`` the first and ``lt`` the day after the last
purpose           constraint ``purpose isAnyOf``; field of use: ``ipr:field isAnyOf`` of the profile
exclusivity       obligation ``ensureExclusivity`` of the grantors towards the grantee; sole adds ``ipr:exceptAssigner``
sublicence        no: prohibition ``grantUse``; with consent: permission ``grantUse`` with duty ``obtainConsent``
fee               duty ``compensate``; a lump sum by ``payAmount`` with its currency, a part of the net income by ``percentage``
================  ====================================================================================================

Prohibitions and duties exist in this export only; the engine does not evaluate ODRL. The context stands in the document, so that nothing is
fetched to read it; its terms are the W3C's. What nobody said is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ipr_service.rights.licences import Fee, Grant
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL, Days, joined, places

NAMESPACE: Final = "http://www.w3.org/ns/odrl/2/"
PROFILE: Final = "urn:ipr-service:odrl:1"
CONTEXT: Final[Mapping[str, Any]] = {
    "odrl": NAMESPACE,
    "ipr": f"{PROFILE}#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "Agreement": "odrl:Agreement",
    "uid": {"@id": "odrl:uid", "@type": "@id"},
    "profile": {"@id": "odrl:profile", "@type": "@id"},
    "conflict": {"@id": "odrl:conflict", "@type": "@vocab"},
    "invalid": "odrl:invalid",
    **{name: {"@id": f"odrl:{name}", "@type": "@id"} for name in (
        "target", "assigner", "assignee", "partOf", "consentingParty", "compensatedParty",
        "permission", "prohibition", "obligation", "duty", "constraint",
    )},
    **{name: {"@id": f"odrl:{name}", "@type": "@vocab"} for name in ("action", "operator", "leftOperand")},
    "rightOperand": "odrl:rightOperand",
    "unit": {"@id": "odrl:unit", "@type": "@id"},
    **{name: f"odrl:{name}" for name in (
        "use", "reproduce", "sell", "derive", "distribute", "grantUse", "compensate", "obtainConsent", "ensureExclusivity",
        "spatial", "dateTime", "purpose", "payAmount", "percentage", "isAnyOf", "gteq", "lt", "eq",
        "Permission", "Prohibition", "Duty", "Constraint", "Party", "PartyCollection", "Asset",
    )},
    "title": "dct:title",
    "name": "dct:title",
    "created": {"@id": "dct:created", "@type": "xsd:date"},
}  # fmt: skip
"""Every term that is used, as the W3C's vocabulary has it."""

_ACTIONS: Final = {"use": "use", "make": "reproduce", "sell": "sell", "adapt": "derive", "publish": "distribute", "sublicense": "grantUse"}


def document(grants: Sequence[Grant], names: Mapping[str, str], base: str) -> dict[str, Any]:
    """The grants as one JSON-LD document, in the order of their ids.

    Args:
        names: what parties and assets are called; the others keep their ids.
        base: an IRI ending in ``/`` or ``:``, in front of every id.
    """
    ordered = sorted(grants, key=lambda grant: grant.id)
    used = sorted({party for grant in ordered for party in (*grant.grantors, grant.grantee)})
    assets = sorted({grant.asset for grant in ordered})
    graph: list[dict[str, Any]] = [policy(grant, base) for grant in ordered]
    groups = {base + _group(grant): grant.grantors for grant in ordered if len(grant.grantors) > 1}
    graph += [{"@id": group, "@type": "PartyCollection"} for group in sorted(groups)]
    for party in used:
        member = sorted(group for group, members in groups.items() if party in members)
        graph.append({"@id": base + party, "@type": "Party", "name": names.get(party, party)} | ({"partOf": member} if member else {}))
    graph += [{"@id": base + asset, "@type": "Asset", "title": names.get(asset, asset)} for asset in assets]
    return {"@context": dict(CONTEXT), "@graph": graph}


def policy(grant: Grant, base: str) -> dict[str, Any]:
    """One grant as an ``odrl:Agreement``."""
    roles = {"target": base + grant.asset, "assigner": base + _group(grant), "assignee": base + grant.grantee}
    rules = [_permission(act, roles, grant, span, codes) for span, codes in _spans(grant) for act in grant.acts or ("use",)]
    found: dict[str, Any] = {
        "@id": base + grant.id,
        "@type": "Agreement",
        "uid": base + grant.id,
        "profile": PROFILE,
        "conflict": "invalid",
        "permission": rules,
    }
    if grant.sublicence == "consent" and "sublicense" not in (grant.acts or ()):
        consent = {"@type": "Duty", "action": "obtainConsent", "consentingParty": roles["assigner"]}
        found["permission"].append({"@type": "Permission", **roles, "action": "grantUse", "duty": [consent]})
    if grant.sublicence == "no":
        found["prohibition"] = [{"@type": "Prohibition", **roles, "action": "grantUse"}]
    if grant.exclusivity in {"exclusive", "sole"}:
        owed = {"assigner": roles["assignee"], "assignee": roles["assigner"], "target": roles["target"], "action": "ensureExclusivity"}
        found["obligation"] = [{"@type": "Duty", **owed, **({"ipr:exceptAssigner": True} if grant.exclusivity == "sole" else {})}]
    if grant.agreed is not None:
        found["created"] = grant.agreed.isoformat()
    if grant.reversion is not None:
        found["ipr:reversion"] = {"ipr:when": grant.reversion.when, "ipr:months": grant.reversion.months}
    return found


def _permission(act: str, roles: Mapping[str, str], grant: Grant, span: Days, codes: tuple[str, ...]) -> dict[str, Any]:
    rule: dict[str, Any] = {"@type": "Permission", **roles, "action": _ACTIONS[act]}
    constraints = []
    if codes:
        constraints.append(_constraint("spatial", "isAnyOf", [f"urn:iso:std:iso:3166:{code}" for code in codes]))
    if span[0] != ALWAYS_FROM:
        constraints.append(_constraint("dateTime", "gteq", _day(span[0])))
    if span[1] != ALWAYS_UNTIL:
        constraints.append(_constraint("dateTime", "lt", _day(span[1])))
    if grant.purposes is not None:
        constraints.append(_constraint("purpose", "isAnyOf", [f"ipr:{purpose}" for purpose in grant.purposes]))
    if grant.fields is not None:
        constraints.append(_constraint("ipr:field", "isAnyOf", [f"ipr:{field}" for field in grant.fields]))
    if constraints:
        rule["constraint"] = constraints
    duties = ([_pay(grant.fee, roles)] if grant.fee is not None and grant.fee.kind != "free" else []) + (
        [{"@type": "Duty", "action": "obtainConsent", "consentingParty": roles["assigner"]}]
        if act == "sublicense" and grant.sublicence == "consent"
        else []
    )
    return rule | ({"duty": duties} if duties else {})


def _pay(fee: Fee, roles: Mapping[str, str]) -> dict[str, Any]:
    duty: dict[str, Any] = {"@type": "Duty", "action": "compensate", "compensatedParty": roles["assigner"]}
    if fee.amount is not None:
        paid = _constraint("payAmount", "eq", {"@value": _decimal(fee.amount.amount), "@type": "xsd:decimal"})
        duty["constraint"] = [paid | {"unit": f"urn:iso:std:iso:4217:{fee.amount.currency}"}]
    elif fee.part is not None:
        duty["constraint"] = [_constraint("percentage", "eq", {"@value": _decimal(fee.part * 100), "@type": "xsd:decimal"})]
    return duty | {"ipr:fee": fee.kind}


def _decimal(number: Fraction) -> str:
    """An exact decimal of at most 12 places; a fraction that has none is cut there and rounded half up, as a decimal type demands."""
    scaled = (number * 10**12 * 2 + 1) // 2
    whole, places = divmod(int(scaled), 10**12)
    return f"{whole}.{places:012d}".rstrip("0").rstrip(".")


def _constraint(left: str, operator: str, right: Any) -> dict[str, Any]:
    listed = [{"@id": one} for one in right] if isinstance(right, list) else right
    return {"@type": "Constraint", "leftOperand": left, "operator": operator, "rightOperand": listed}


def _day(day: date) -> dict[str, str]:
    return {"@value": day.isoformat(), "@type": "xsd:date"}


def _group(grant: Grant) -> str:
    """The assigner: the one grantor, or the collection of them (ODRL allows one assigner for a rule)."""
    return grant.grantors[0] if len(grant.grantors) == 1 else "grantors-of-" + "-".join(sorted(grant.grantors))


def _spans(grant: Grant) -> list[tuple[Days, tuple[str, ...]]]:
    """Spans of days with the codes reached throughout; a macro whose countries change gives several."""
    if grant.territory is None or grant.territory == ("WORLD",):
        return [(grant.days, ())]
    by_days: dict[Days, list[str]] = {}
    for code, spans in places(grant.territory).items():
        for begin, until in joined((max(one[0], grant.days[0]), min(one[1], grant.days[1])) for one in spans):
            by_days.setdefault((begin, until), []).append(code)
    return [(span, tuple(codes)) for span, codes in sorted(by_days.items())]
