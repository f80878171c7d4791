"""Contributor roles after CRediT (ANSI/NISO Z39.104-2022): the 14 roles with their terms, degrees, and the design roles of this service.

CRediT describes and does not weigh. Of the service's own roles, ``concept`` and ``funding`` are CRediT's; the others are no CRediT roles
and are given under a vocabulary of our own (:data:`OWN`), never as CRediT's. The shape is that of JATS4R: vocabulary, term, degree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ipr_service.rights.contributions import ROLES, Contribution

VOCABULARY: Final = "https://credit.niso.org/"
OWN: Final = "urn:ipr-service:roles:1"
ROLES_OF_CREDIT: Final[Mapping[str, str]] = {
    "conceptualization": "Conceptualization",
    "data-curation": "Data curation",
    "formal-analysis": "Formal analysis",
    "funding-acquisition": "Funding acquisition",
    "investigation": "Investigation",
    "methodology": "Methodology",
    "project-administration": "Project administration",
    "resources": "Resources",
    "software": "Software",
    "supervision": "Supervision",
    "validation": "Validation",
    "visualization": "Visualization",
    "writing-original-draft": "Writing - original draft",
    "writing-review-editing": "Writing - review & editing",
}
"""The 14 roles: the end of the term's address, and its name."""

_SAME: Final = {"concept": "conceptualization", "funding": "funding-acquisition"}
_RANK: Final = {"lead": 0, "equal": 1, "supporting": 2}


def role(name: str, degree: str | None) -> dict[str, str]:
    """One role as JATS4R has it; a role that is CRediT's by name or meaning, or one of our own vocabulary."""
    slug = name if name in ROLES_OF_CREDIT else _SAME.get(name)
    if slug is not None:
        found = {"vocab": "credit", "vocab-identifier": VOCABULARY, "vocab-term": ROLES_OF_CREDIT[slug]}
        found["vocab-term-identifier"] = f"{VOCABULARY}contributor-roles/{slug}/"
    else:
        found = {
            "vocab": "ipr-service",
            "vocab-identifier": OWN,
            "vocab-term": ROLES.get(name, name),
            "vocab-term-identifier": f"{OWN}#{name}",
        }
    return found | ({"degree-contribution": degree} if degree else {})


def statement(contributions: Iterable[Contribution], names: Mapping[str, str]) -> dict[str, Any]:
    """Who did what: each party with its roles, each role once with its highest degree, in a canonical order.

    Args:
        names: what parties are called; the others keep their ids.
    """
    degrees: dict[str, dict[str, str | None]] = {}
    for one in contributions:
        roles = degrees.setdefault(one.party, {})
        known = roles.get(one.role)
        if one.role not in roles or _RANK.get(one.degree or "", 3) < _RANK.get(known or "", 3):
            roles[one.role] = one.degree
    people = sorted(degrees, key=lambda party: (names.get(party, party), party))
    return {
        "standard": "ANSI/NISO Z39.104-2022",
        "contributors": [
            {"name": names.get(party, party), "id": party, "roles": [role(name, degree) for name, degree in sorted(degrees[party].items())]}
            for party in people
        ],
    }
