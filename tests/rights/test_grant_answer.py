"""The answer as JSON data."""

from __future__ import annotations

import json
from datetime import date

from ipr_service.rights.grant_answer import answer_data
from ipr_service.rights.grant_file import check, load
from tests.rights.test_grant_file import CHAIR


def test_the_answer_holds_all_that_was_found_with_days_as_people_read_them() -> None:
    described = load(CHAIR)
    data = json.loads(json.dumps(answer_data(check(described.grants, described.assets, described.acts, date(2026, 11, 22)))))
    (conflict,) = data["conflicts"]
    assert conflict["grants"] == ["chairs-it", "furniture-eu"]
    assert conflict["intersection"] == {
        "acts": ["sell"],
        "purpose": ["exploitation"],
        "field": ["stacking-chairs"],
        "where": [{"territory": ["IT"], "from": "2028-06-01", "to": "2028-12-31"}],
    }
    assert data["authority"]["chairs-it"]["awaited"] == ["anna", "bruno"]
    assert data["components"]["chair"][0]["answer"] == "NO"
    assert "OSADL" in data["components_source"]
    assert data["access_missing"][0]["background"] == "joint"
    assert data["beyond"][0]["axis"] == "territory"
    assert data["clear"] is False
