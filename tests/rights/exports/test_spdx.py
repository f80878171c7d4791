"""A result with its components as SPDX 2.3."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.encumbrance import Component
from ipr_service.rights.exports.spdx import document

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PARTS = (Component("viewer", "mit OR GPL-2.0-only"), Component("font", "LicenseRef-Rossi"))


def test_the_document_has_what_spdx_2_3_requires() -> None:
    found = document("The app", "Apache-2.0", PARTS, "urn:x:1", AT)
    required = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"}
    assert required <= found.keys()
    assert (found["spdxVersion"], found["dataLicense"], found["creationInfo"]["created"]) == ("SPDX-2.3", "CC0-1.0", "2026-11-22T09:30:00Z")
    assert [(one["SPDXID"], one["licenseDeclared"]) for one in found["packages"]] == [
        ("SPDXRef-Result", "Apache-2.0"),
        ("SPDXRef-Component-1", "MIT OR GPL-2.0-only"),
        ("SPDXRef-Component-2", "LicenseRef-Rossi"),
    ]
    assert {one["licenseConcluded"] for one in found["packages"]} == {"NOASSERTION"}
    assert [one["licenseId"] for one in found["hasExtractedLicensingInfos"]] == ["LicenseRef-Rossi"]


def test_the_answer_of_the_check_travels_with_the_relationship() -> None:
    found = document("The app", "Apache-2.0", PARTS, "urn:x:1", AT)
    assert [one.get("comment", "")[:5] for one in found["relationships"]] == ["", "YES (", "UNDEF"]


def test_nothing_said_is_no_assertion_and_nonsense_is_refused() -> None:
    assert document("x", "", (), "urn:x:1", AT)["packages"][0]["licenseDeclared"] == "NOASSERTION"
    with pytest.raises(InputError):
        document("x", "MITT", (), "urn:x:1", AT)
