"""A result as schema.org JSON-LD: who created it, who holds it, under which licence, where to ask. Computes no shares; it states them.

Creators are parties whose contributions are no organising or funding; these are ``contributor`` and ``funder``. Holders are those of the
accepted split. ``creditText`` says the exact shares, for schema.org has no property for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from ipr_service.rights.contributions import ROLES, Contribution
from ipr_service.rights.notation import fraction_text

_TYPES: Final = {"software": "SoftwareSourceCode"}


def work(
    title: str,
    right: str,
    contributions: Iterable[Contribution],
    holders: Mapping[str, Fraction],
    names: Mapping[str, str],
    licence: str = "",
    usage: str = "",
) -> dict[str, Any]:
    """One result.

    Args:
        right: as in a grant file; software is a ``SoftwareSourceCode``, all else a ``CreativeWork``.
        holders: exact interests by party; empty while nothing was agreed.
        licence: SPDX expression of the licence that goes out, or empty. usage: address of the register of licences, or empty.
    """
    by_party: dict[str, set[str]] = {}
    for one in contributions:
        by_party.setdefault(one.party, set()).add(one.role)
    makers = [party for party, roles in sorted(by_party.items()) if roles - {"facilitation", "funding"}]
    found: dict[str, Any] = {"@context": "https://schema.org", "@type": _TYPES.get(right, "CreativeWork"), "name": title}
    found["creator"] = [_party(party, names) for party in makers]
    found["contributor"] = [
        {"@type": "Role", "roleName": ROLES.get(role, role), "contributor": _party(party, names)}
        for party, roles in sorted(by_party.items())
        for role in sorted(roles - {"funding"})
    ]
    found["funder"] = [_party(party, names) for party, roles in sorted(by_party.items()) if "funding" in roles]
    found["copyrightHolder"] = [_party(party, names) for party in sorted(holders)] if right in {"copyright", "software"} else []
    if holders:
        found["creditText"] = ", ".join(f"{names.get(party, party)} {fraction_text(share)}" for party, share in sorted(holders.items()))
    found |= {"license": _licence(licence), "usageInfo": usage}
    return {name: value for name, value in found.items() if value not in ("", [])}


def _party(party: str, names: Mapping[str, str]) -> dict[str, str]:
    return {"@type": "Organization", "@id": f"urn:ipr-service:party:{party}", "name": names.get(party, party)}


def _licence(expression: str) -> str:
    """The address of a single SPDX licence; of an expression the text."""
    single = expression.replace("-", "").replace(".", "").isalnum()
    return f"https://spdx.org/licenses/{expression}.html" if single and not expression.startswith("LicenseRef-") else expression
