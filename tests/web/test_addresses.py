"""Numbers in addresses."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

IDEA = "0" * 26


@pytest.mark.parametrize("route", ["/ideas/{idea}/versions/{number}", "/api/v1/public/{idea}/1/files/{number}"])
def test_a_number_that_no_column_holds_leads_nowhere(app: Flask, route: str) -> None:
    """2 147 483 647 is the largest integer of a four-byte column (PostgreSQL 16, table 8.2); SQLite overflows at 2^63."""
    adapter = app.url_map.bind("localhost")
    assert adapter.match(route.format(idea=IDEA, number=2**31 - 1))
    for number in (2**31, 2**63, 10**400):
        with pytest.raises(NotFound):
            adapter.match(route.format(idea=IDEA, number=number))


def test_it_is_answered_as_anything_that_is_not_there(app: Flask) -> None:
    answer = app.test_client().get(f"/api/v1/public/{IDEA}/{2**63}/files/1")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
