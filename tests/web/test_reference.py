"""The reference for programmers tells of every operation, and each problem type can be opened."""

from __future__ import annotations

from flask import Flask

from ipr_service.web.reference import _codes
from tests.web.conftest import Browser


def test_every_operation_of_the_document_stands_on_the_page(app: Flask, guest: Browser) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    page = guest.get("/developers").get_data(as_text=True)
    missing = [path for path in document["paths"] if f"<code>{path}</code>" not in page]
    assert missing == []


def test_each_problem_type_is_an_address_that_answers(guest: Browser) -> None:
    assert {code: guest.get(f"/problems/{code}").status_code for code in _codes()} == dict.fromkeys(_codes(), 200)
    assert guest.get("/problems/made-up").status_code == 404
