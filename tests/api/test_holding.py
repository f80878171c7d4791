"""Passing on, making public and erasing through the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from ipr_service.services.context import Context
from tests.api.test_ideas import CHAIR, URL, upload
from tests.support.house import mails, person

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def token(sqlite_ctx: Context, bearer: Bearer) -> dict[str, str]:
    """Headers with Sara's token."""
    return bearer(person(sqlite_ctx, "Sara"))


@pytest.fixture
def idea(client: FlaskClient, token: dict[str, str]) -> str:
    return str(upload(client, token, ("chair.svg", CHAIR), ("notes.txt", b"notes")).json["id"])


def test_an_offer_is_made_listed_and_taken_back(client: FlaskClient, token: dict[str, str], idea: str, sqlite_ctx: Context) -> None:
    made = client.post(f"{URL}/{idea}/transfers", json={"email": "livia@example.org"}, headers=token)
    assert (made.status_code, made.json["state"]) == (201, "offered")
    assert any("/invitations/" in mail.body for mail in mails(sqlite_ctx, "livia@example.org"))
    assert client.post(f"{URL}/{idea}/transfers/{made.json['id']}/withdraw", headers=token).status_code == 204
    assert [one["state"] for one in client.get(f"{URL}/{idea}/transfers", headers=token).json] == ["withdrawn"]


def test_opened_parts_are_everybodys_and_no_others(client: FlaskClient, token: dict[str, str], idea: str) -> None:
    public = f"/api/v1/public/{idea}/1"
    assert client.get(public).status_code == 404
    assert client.post(f"{URL}/{idea}/publications", json={"positions": [1]}, headers=token).status_code == 201
    seen = client.get(public).json
    assert ([file["name"] for file in seen["files"]], seen["title"], seen["sealed"]) == (["chair.svg"], None, 1)
    assert client.get(f"{public}/files/1").data == CHAIR
    assert client.get(f"{public}/files/2").status_code == 404
    (act,) = client.get(f"{URL}/{idea}/publications", headers=token).json
    assert client.post(f"{URL}/{idea}/publications/{act['id']}/close", headers=token).status_code == 204
    assert client.get(public).status_code == 404


def test_an_idea_is_erased_by_its_neutral_name_alone(client: FlaskClient, token: dict[str, str], idea: str) -> None:
    label = client.get(f"{URL}/{idea}", headers=token).json["label"]
    wrong = client.post(f"{URL}/{idea}/erasure", json={"label": "yes"}, headers=token)
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/label")
    assert client.post(f"{URL}/{idea}/erasure", json={"label": label}, headers=token).status_code == 204
    found = client.get(f"{URL}/{idea}", headers=token).json
    assert (found["state"], found["title"], found["history"][0]["files"]) == ("erased", None, [])
