"""A result with its third-party components as an SPDX 2.3 document in JSON (ISO/IEC 5962:2021 is its predecessor 2.2.1).

Declared is what the parties say; concluded is NOASSERTION, for nobody concluded anything. Answers of the compatibility check stand as
comments of the relationship, so that a warning travels with the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ipr_service.rights.encumbrance import CREDIT, Component, encumbrance, parsed

NONE = "NOASSERTION"


def document(title: str, outbound: str, components: Sequence[Component], namespace: str, created: datetime) -> dict[str, Any]:
    """The document.

    Args:
        outbound: SPDX expression that goes out, or empty.
        namespace: a unique IRI for this document.
        created: aware, UTC.

    Raises:
        InputError: an expression that is none.
    """
    packages = [_package("SPDXRef-Result", title, outbound)]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-Result", "relationshipType": "DESCRIBES"}]
    for number, component in enumerate(components, 1):
        reference = f"SPDXRef-Component-{number}"
        packages.append(_package(reference, component.name, component.expression))
        relation = {"spdxElementId": "SPDXRef-Result", "relatedSpdxElement": reference, "relationshipType": "CONTAINS"}
        if outbound:
            relation["comment"] = f"{encumbrance(outbound, component).answer} ({CREDIT})"
        relations.append(relation)
    expressions = [outbound, *(component.expression for component in components)]
    own = sorted({name for text in expressions if text for name in parsed("", text).licences if name.startswith("LicenseRef-")})
    found: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": title,
        "documentNamespace": namespace,
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: ipr-service"]},
        "packages": packages,
        "relationships": relations,
    }
    if own:
        found["hasExtractedLicensingInfos"] = [{"licenseId": name, "extractedText": NONE, "name": name} for name in own]
    return found


def _package(reference: str, name: str, expression: str) -> dict[str, Any]:
    return {
        "SPDXID": reference,
        "name": name,
        "downloadLocation": NONE,
        "filesAnalyzed": False,
        "licenseDeclared": parsed("", expression).text if expression else NONE,
        "licenseConcluded": NONE,
        "copyrightText": NONE,
    }
