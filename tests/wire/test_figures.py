"""Figures are of the house, never of what a caller makes up (class 14)."""

from __future__ import annotations

from ipr_service.app import create_app
from ipr_service.services.context import Context


def test_a_made_up_method_reaches_no_label(sqlite_ctx: Context) -> None:
    client = create_app(ctx=sqlite_ctx).test_client()
    client.open("/", method="FOO7SECRETLINK")
    said = client.get("/metrics").get_data(as_text=True)
    assert "SECRETLINK" not in said
    assert 'method="other"' in said
