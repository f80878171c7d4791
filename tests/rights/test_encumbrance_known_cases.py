"""The known answers of kind ``licensing.encumbrance`` (tests/cases/rights/42 and any file of that kind beside it), read as they are."""

from __future__ import annotations

from typing import Any

import pytest

from ipr_service.rights.encumbrance import Component, encumbrance
from tests.rights.known import of_kind

CASES = of_kind("licensing.encumbrance")


@pytest.mark.parametrize("known", CASES, ids=lambda known: f"{known['outbound']} <- {known['inbound']}")
def test_the_matrix_answers_as_its_source_does(known: dict[str, Any]) -> None:
    found = encumbrance(known["outbound"], Component("component", known["inbound"]))
    assert found.answer == known["expect"]
    assert found.passes is (known["expect"] == "YES"), "never a silent pass"
