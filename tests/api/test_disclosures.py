"""Disclosures through the API: offer, list, look, download, revoke, and the record of views."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from ipr_service.services.context import Context
from tests.services.confidence import CHAIR, DESCRIPTION, GUEST, TITLE, Scene, open_scene, register
from tests.support.house import MovingClock, person

Bearer = Callable[..., dict[str, str]]
ROOT = "/api/v1/disclosures"


@pytest.fixture
def made(sqlite_ctx: Context) -> Scene:
    """Open for Mara."""
    return open_scene(sqlite_ctx)


def test_an_offer_answers_with_what_is_still_open_and_is_made_once(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    idea = register(sqlite_ctx, sara)
    order = {
        "idea_id": idea.idea_id,
        "email": GUEST,
        "name": "Mara",
        "organisation": "Studio Blu",
        "items": [{"version": 1, "position": 0}],
    }
    headers = {**bearer(sara), "Idempotency-Key": "once"}
    first, second = (client.post(ROOT, json=order, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json is not None
    assert first.json == second.json
    assert "/recipient/seat" in first.json["open_questions"]
    listed = client.get(ROOT, headers=headers).json
    assert listed is not None
    assert [(one["side"], one["title"], one["state"]) for one in listed] == [("given", TITLE, "drafting")]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"items": []}, "/items"),
        ({"items": [{"version": "1", "position": 0}]}, "/items/0/version"),
        ({"items": [{"version": 1, "position": 9}]}, "/items"),
        ({"email": "nobody"}, "/email"),
        ({"ends_at": "2026-11-01"}, "/ends_at"),
        ({"ends_at": "2026-11-01T00:00:00Z"}, "/ends_at"),
        ({"colour": "blue"}, "/colour"),
    ],
)
def test_a_refusal_points_at_the_field(
    client: FlaskClient, sqlite_ctx: Context, bearer: Bearer, changed: dict[str, object], pointer: str
) -> None:
    sara = person(sqlite_ctx)
    idea = register(sqlite_ctx, sara)
    order = {"idea_id": idea.idea_id, "email": GUEST, "name": "Mara", "items": [{"version": 1, "position": 0}], **changed}
    answer = client.post(ROOT, json=order, headers=bearer(sara))
    assert answer.status_code == 422
    assert answer.json is not None
    assert pointer in [one["pointer"] for one in answer.json["errors"]]


def test_the_guest_reads_and_downloads_and_the_owner_sees_it(client: FlaskClient, made: Scene, bearer: Bearer, clock: MovingClock) -> None:
    assert made.mara is not None
    guest, owner = bearer(made.mara), bearer(made.sara)
    found = client.get(f"{ROOT}/{made.id}", headers=guest).json
    assert found is not None
    assert (found["side"], found["title"], found["idea_id"], found["views"]) == ("received", None, None, None)
    assert [(one["version"], one["position"], one["name"]) for one in found["items"]] == [(1, 0, None), (1, 1, None)]
    subject = client.get(f"{ROOT}/{made.id}/versions/1", headers=guest).json
    assert subject is not None
    assert (subject["title"], subject["description"]) == (TITLE, DESCRIPTION)
    clock.forward(seconds=1)
    file = client.get(f"{ROOT}/{made.id}/versions/1/files/1", headers=guest)
    assert file.get_data() == CHAIR
    assert (file.headers["X-Content-Type-Options"], file.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert file.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    views = client.get(f"{ROOT}/{made.id}/accesses", headers=owner).json
    assert views is not None
    assert [(one["email"], one["position"], one["what"]) for one in views] == [(GUEST, 1, "chair.svg"), (GUEST, 0, TITLE)]
    table = client.get(f"{ROOT}/{made.id}/accesses.csv", headers=owner)
    assert table.mimetype == "text/csv"
    assert len(table.get_data(as_text=True).splitlines()) == 3


def test_views_come_in_pages(client: FlaskClient, made: Scene, bearer: Bearer, clock: MovingClock) -> None:
    assert made.mara is not None
    guest, owner = bearer(made.mara), bearer(made.sara)
    for _ in range(12):
        clock.forward(seconds=1)
        client.get(f"{ROOT}/{made.id}/versions/1", headers=guest)
    first = client.get(f"{ROOT}/{made.id}/accesses?limit=10", headers=owner)
    assert first.json is not None
    assert len(first.json) == 10
    rest = client.get(first.headers["Link"].split(">")[0][1:], headers=owner).json
    assert rest is not None
    assert len({one["id"] for one in (*first.json, *rest)}) == 12


def test_revoking_closes_file_addresses_at_once(client: FlaskClient, made: Scene, bearer: Bearer) -> None:
    assert made.mara is not None
    guest, owner = bearer(made.mara), bearer(made.sara)
    address = f"{ROOT}/{made.id}/versions/1/files/1"
    assert client.get(address, headers=guest).status_code == 200
    assert client.post(f"{ROOT}/{made.id}/revoke", headers=guest).status_code == 403
    assert client.post(f"{ROOT}/{made.id}/revoke", headers=owner).status_code == 200
    for headers in ({}, {"Range": "bytes=3-"}, {"If-None-Match": "*"}):
        answer = client.get(address, headers={**guest, **headers})
        assert answer.status_code == 410
        assert CHAIR[3:] not in answer.get_data()


def test_a_token_needs_the_scope(client: FlaskClient, made: Scene, bearer: Bearer) -> None:
    assert made.mara is not None
    assert client.get(f"{ROOT}/{made.id}/versions/1", headers=bearer(made.mara, "ideas:read")).status_code == 404
    assert client.get(f"{ROOT}/{made.id}/versions/1", headers=bearer(made.mara, "disclosures:read")).status_code == 200
    assert client.post(f"{ROOT}/{made.id}/revoke", headers=bearer(made.sara, "disclosures:read")).status_code == 403
