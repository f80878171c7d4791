"""Organisations through the API: who am I, who belongs to it, and who is kept out."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from ipr_service.services.context import Context
from tests.support.house import mails, person

Bearer = Callable[..., dict[str, str]]


def test_a_token_tells_for_whom_it_acts(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    me = client.get("/api/v1/organisations/me", headers=bearer(sara, "ideas:read")).get_json()
    assert (me["person_id"], me["organisation_id"], me["scopes"]) == (sara.person_id, sara.organisation_id, ["ideas:read"])
    assert [(one["name"], one["role"]) for one in me["organisations"]] == [("Mobili Rossi", "owner")]


def test_an_owner_invites_and_a_repeated_key_sends_one_mail(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    headers = {**bearer(sara), "Idempotency-Key": "invite-1"}
    address = f"/api/v1/organisations/{sara.organisation_id}/invitations"
    for replay in (None, "true"):
        answer = client.post(address, json={"email": "lea@example.org", "role": "advisor"}, headers=headers)
        assert (answer.status_code, answer.headers.get("Idempotent-Replay")) == (204, replay)
    assert len(mails(sqlite_ctx, "lea@example.org")) == 1
    other = client.post(address, json={"email": "else@example.org", "role": "advisor"}, headers=headers)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency-mismatch")


def test_a_foreign_organisation_answers_like_one_that_does_not_exist(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara, eve = person(sqlite_ctx, organisation="Mobili Rossi"), person(sqlite_ctx, "Eve")
    said = []
    for target in (sara.organisation_id, "01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        answer = client.get(f"/api/v1/organisations/{target}", headers=bearer(eve))
        document = answer.get_json()
        document.pop("instance")
        said.append((answer.status_code, document))
    assert said[0] == said[1]
    assert said[0][0] == 404


def test_a_role_that_does_not_exist_and_an_unknown_field_are_named(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    answer = client.post(
        f"/api/v1/organisations/{sara.organisation_id}/invitations",
        json={"email": "lea@example.org", "role": "king", "is_operator": True},
        headers=bearer(sara),
    )
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert {problem["pointer"] for problem in answer.get_json()["errors"]} == {"/role", "/is_operator"}
