"""Ideas through the API: problem documents, idempotency, pages, strict types, and nothing of others."""

from __future__ import annotations

import io
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.services import tokens
from ipr_service.services.context import Context
from ipr_service.store.schema import Idea, IdempotentRequest, LogEntry
from tests.support.house import MovingClock, person

Bearer = Callable[..., dict[str, str]]
URL = "/api/v1/ideas"
ORDER = {"title": "Folding chair", "description": "It folds in three moves."}
CHAIR = b"<svg/>"


@pytest.fixture
def token(sqlite_ctx: Context, bearer: Bearer) -> dict[str, str]:
    """Headers with Sara's token."""
    return bearer(person(sqlite_ctx, "Sara"))


@pytest.fixture
def evas(sqlite_ctx: Context, bearer: Bearer) -> dict[str, str]:
    """Headers with the token of somebody else."""
    return bearer(person(sqlite_ctx, "Eva"))


def post(client: FlaskClient, token: dict[str, str], order: Any = ORDER, url: str = URL, **headers: str) -> TestResponse:
    return client.post(url, json=order, headers={**token, **headers})


def upload(client: FlaskClient, token: dict[str, str], *files: tuple[str, bytes], url: str = URL, **headers: str) -> TestResponse:
    parts = {"order": json.dumps(ORDER), "files": [(io.BytesIO(content), name) for name, content in files]}
    return client.post(url, data=parts, content_type="multipart/form-data", headers={**token, **headers})


def count(ctx: Context) -> int:
    with ctx.database.reading() as session:
        return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_registering_answers_with_a_receipt_and_where_it_is(client: FlaskClient, token: dict[str, str]) -> None:
    answer = upload(client, token, ("chair.svg", CHAIR))
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{URL}/{made['id']}"
    assert made["receipt"]["index"] == 0
    assert made["receipt"]["checkpoint"].startswith("test.invalid/log\n1\n")
    seen = client.get(answer.headers["Location"], headers=token).get_json()
    assert [(file["name"], file["size"], file["kept"]) for file in seen["history"][0]["files"]] == [("chair.svg", 6, True)]
    assert client.get(f"{URL}/{made['id']}/receipt", headers=token).get_json() == made["receipt"]


def test_the_bundle_downloaded_through_the_api_verifies(client: FlaskClient, token: dict[str, str], sqlite_ctx: Context) -> None:
    idea = upload(client, token, ("chair.svg", CHAIR)).get_json()["id"]
    keys = "".join(f"{key.to_text()}\n" for key in sqlite_ctx.service_keys.log_keys.vkeys).encode()
    with client.get(f"{URL}/{idea}/bundle", headers=token) as answer:
        report = verify(io.BytesIO(answer.data), TrustList.from_bytes(keys))
    assert bool(report), report.failed


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({}, "/title"),
        ({**ORDER, "id": "01J"}, "/id"),
        ({**ORDER, "organisation_id": "01J"}, "/organisation_id"),
        ({**ORDER, "state": "erased"}, "/state"),
        ({**ORDER, "title": 7}, "/title"),
        ({**ORDER, "title": None}, "/title"),
        ({**ORDER, "title": ["x"]}, "/title"),
        ({**ORDER, "title": "a\x00b"}, "/title"),
        ({**ORDER, "title": ""}, "/title"),
        ({**ORDER, "language": "xx"}, "/language"),
        ({**ORDER, "kind": "split"}, "/kind"),
        ({**ORDER, "contributors": {"email": "a@b.org"}}, "/contributors"),
        ({**ORDER, "contributors": [{"email": "a@b.org", "role": "x", "share": 0.5}]}, "/contributors/0/share"),
        ({**ORDER, "contributors": [{"email": "a@b.org", "role": "x", "state": "confirmed"}]}, "/contributors/0/state"),
        ({"title": "Nothing"}, "/files"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_document_that_names_the_field(
    client: FlaskClient, token: dict[str, str], sqlite_ctx: Context, order: Any, pointer: str
) -> None:
    answer = post(client, token, order)
    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert pointer in [one["pointer"] for one in problem["errors"]]
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["instance"].startswith("urn:ipr:request:")
    assert count(sqlite_ctx) == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"title":"a","title":"b"}', b'{"title":NaN}', b"\xff", b"[" * 5000, b'{"title":"\\ud800"}']
)
def test_a_body_that_is_no_strict_json_object_is_refused(client: FlaskClient, token: dict[str, str], body: bytes) -> None:
    answer = client.post(URL, data=body, content_type="application/json", headers=token)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


@pytest.mark.parametrize(
    "text",
    [
        b64encode(bytes(32)).decode().rstrip("="),
        b64encode(bytes(32)).decode() + "\n",
        " " + b64encode(bytes(32)).decode(),
        "A" * 42 + "B=",  # bits that decode to nothing
        b64encode(bytes(32)).decode().replace("A", "-", 1),
        b64encode(bytes(31)).decode(),
        b64encode(bytes(33)).decode(),
        bytes(32).hex(),
        7,
        None,
    ],
)
def test_a_commitment_has_one_spelling(client: FlaskClient, token: dict[str, str], sqlite_ctx: Context, text: Any) -> None:
    answer = post(client, token, {"commitment": text}, f"{URL}/commitments")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == ["/commitment"]
    assert count(sqlite_ctx) == 0


def test_a_commitment_is_taken_once(client: FlaskClient, token: dict[str, str], evas: dict[str, str]) -> None:
    order = {"commitment": b64encode(os.urandom(32)).decode()}
    assert post(client, token, order, f"{URL}/commitments").status_code == 201
    again = post(client, evas, order, f"{URL}/commitments")
    assert (again.status_code, again.get_json()["code"]) == (409, "conflict")


def test_a_commitment_becomes_the_next_version_of_its_idea_once_however_often_it_is_sent(
    client: FlaskClient, token: dict[str, str], evas: dict[str, str], sqlite_ctx: Context
) -> None:
    first, second = ({"commitment": b64encode(os.urandom(32)).decode()} for _ in range(2))
    idea = post(client, token, {**first, "kind": "contribution"}, f"{URL}/commitments").get_json()["id"]
    where = f"{URL}/{idea}/versions/commitments"
    assert post(client, evas, second, where).status_code == 404
    made = post(client, token, second, where, **{"Idempotency-Key": "v2"})
    again = post(client, token, second, where, **{"Idempotency-Key": "v2"})
    assert (made.status_code, made.get_json()["version"]) == (201, 2)
    assert (again.get_json(), again.headers["Idempotent-Replay"]) == (made.get_json(), "true")
    assert count(sqlite_ctx) == 2
    history = client.get(f"{URL}/{idea}", headers=token).get_json()["history"]
    assert [(one["number"], one["commitment"], one["hash_only"]) for one in history] == [
        (2, second["commitment"], True),
        (1, first["commitment"], True),
    ]
    with sqlite_ctx.database.reading() as session:
        assert set(session.scalars(select(LogEntry.kind))) == {"contribution"}


def test_the_same_key_and_body_give_the_first_answer_again(client: FlaskClient, token: dict[str, str], sqlite_ctx: Context) -> None:
    first = post(client, token, **{"Idempotency-Key": "a"})
    again = post(client, token, **{"Idempotency-Key": "a"})
    assert again.headers["Idempotent-Replay"] == "true"
    assert (again.status_code, again.data, again.headers["Location"]) == (201, first.data, first.headers["Location"])
    assert count(sqlite_ctx) == 1


def test_a_registration_whose_answer_was_lost_is_answered_again_from_what_was_made(
    client: FlaskClient, token: dict[str, str], sqlite_ctx: Context
) -> None:
    """The answer is nowhere kept: the row of the key names what was made, in the same transaction, and the receipt follows from it."""
    order = {"commitment": b64encode(os.urandom(32)).decode()}
    first = post(client, token, order, f"{URL}/commitments", **{"Idempotency-Key": "a"})
    with sqlite_ctx.database.reading() as session:
        (row,) = session.scalars(select(IdempotentRequest))
        assert (row.thing_id, row.status, row.body) == (first.get_json()["id"], None, None)
    post(client, token, ORDER, f"{URL}/{first.get_json()['id']}/versions")  # a later version changes nothing of it
    again = post(client, token, order, f"{URL}/commitments", **{"Idempotency-Key": "a"})
    assert (again.status_code, again.data, again.headers["Location"]) == (201, first.data, first.headers["Location"])


def many(count: int) -> list[str]:
    return [b64encode(os.urandom(32)).decode() for _ in range(count)]


def test_many_commitments_in_one_call_get_a_receipt_each_and_the_same_answer_when_sent_again(
    client: FlaskClient, token: dict[str, str], sqlite_ctx: Context
) -> None:
    order = {"commitments": many(300)}
    first = post(client, token, order, f"{URL}/commitments/bulk", **{"Idempotency-Key": "a"})
    made = first.get_json()
    assert first.status_code == 201
    assert [one["commitment"] for one in made["receipts"]] == order["commitments"]
    seen = client.get(f"{URL}/{made['receipts'][7]['id']}/receipt", headers=token).get_json()
    shared = ("checkpoint_size", "checkpoint", "time")
    assert [seen[name] for name in shared] == [made[name] for name in shared]
    assert (seen["index"], seen["commitment"]) == (7, order["commitments"][7])
    again = post(client, token, order, f"{URL}/commitments/bulk", **{"Idempotency-Key": "a"})
    assert (again.status_code, again.data, again.headers["Idempotent-Replay"]) == (201, first.data, "true")
    assert count(sqlite_ctx) == 300


@pytest.mark.parametrize(
    ("spoil", "pointers"),
    [
        (lambda them: them.__setitem__(4, "no base64"), ["/commitments/4"]),
        (lambda them: them.__setitem__(4, 7), ["/commitments/4"]),
        (lambda them: them.__setitem__(4, them[2]), ["/commitments/4"]),
        (lambda them: them.clear(), ["/commitments"]),
        (lambda them: them.extend(many(10_000)), ["/commitments"]),
    ],
)
def test_of_many_what_cannot_be_taken_is_named_and_none_is_registered(
    client: FlaskClient, token: dict[str, str], sqlite_ctx: Context, spoil: Callable[[list[Any]], None], pointers: list[str]
) -> None:
    them: list[Any] = many(9)
    spoil(them)
    answer = post(client, token, {"commitments": them}, f"{URL}/commitments/bulk")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == pointers
    assert count(sqlite_ctx) == 0


def test_of_many_one_that_is_taken_is_named_and_a_body_beyond_the_limit_is_not_read(
    client: FlaskClient, token: dict[str, str], evas: dict[str, str], sqlite_ctx: Context
) -> None:
    them = many(9)
    post(client, evas, {"commitment": them[6]}, f"{URL}/commitments")
    answer = post(client, token, {"commitments": them}, f"{URL}/commitments/bulk")
    assert (answer.status_code, [one["pointer"] for one in answer.get_json()["errors"]]) == (409, ["/commitments/6"])
    assert post(client, token, {"commitments": many(30_000)}, f"{URL}/commitments/bulk").status_code == 413
    assert count(sqlite_ctx) == 1


def test_a_commitment_that_is_taken_leaves_its_key_free(client: FlaskClient, token: dict[str, str], evas: dict[str, str]) -> None:
    taken = {"commitment": b64encode(os.urandom(32)).decode()}
    post(client, token, taken, f"{URL}/commitments")
    assert post(client, evas, taken, f"{URL}/commitments", **{"Idempotency-Key": "a"}).status_code == 409
    fresh = {"commitment": b64encode(os.urandom(32)).decode()}
    assert post(client, evas, fresh, f"{URL}/commitments", **{"Idempotency-Key": "a"}).status_code == 201


def test_a_token_that_is_revoked_ends_with_the_next_request(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, "Sara")
    token = bearer(sara)
    assert post(client, token).status_code == 201
    tokens.revoke(sqlite_ctx, sara, tokens.mine(sqlite_ctx, sara)[0].id)
    assert post(client, token).status_code == 401
    assert count(sqlite_ctx) == 1


def test_the_same_key_with_another_body_is_refused(client: FlaskClient, token: dict[str, str], sqlite_ctx: Context) -> None:
    post(client, token, **{"Idempotency-Key": "a"})
    answer = post(client, token, {**ORDER, "title": "Lamp"}, **{"Idempotency-Key": "a"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency-mismatch")
    assert count(sqlite_ctx) == 1


def test_a_key_belongs_to_its_actor(client: FlaskClient, token: dict[str, str], evas: dict[str, str], sqlite_ctx: Context) -> None:
    first = post(client, token, **{"Idempotency-Key": "a"})
    other = post(client, evas, **{"Idempotency-Key": "a"})
    assert first.get_json()["id"] != other.get_json()["id"]
    assert count(sqlite_ctx) == 2


def test_a_refused_request_leaves_its_key_free(client: FlaskClient, token: dict[str, str]) -> None:
    assert post(client, token, {}, **{"Idempotency-Key": "a"}).status_code == 422
    assert post(client, token, **{"Idempotency-Key": "a"}).status_code == 201


def test_one_key_from_twenty_threads_registers_once(app: Flask, token: dict[str, str], sqlite_ctx: Context) -> None:
    answers: list[TestResponse] = []
    threads = [Thread(target=lambda: answers.append(post(app.test_client(), token, **{"Idempotency-Key": "a"}))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 201, 409}  # 200: made, and its first answer is still being written
    assert len({answer.get_json()["id"] for answer in answers if answer.status_code < 300}) == 1
    assert count(sqlite_ctx) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
def test_a_key_that_is_none_is_refused(client: FlaskClient, token: dict[str, str], key: str) -> None:
    assert post(client, token, **{"Idempotency-Key": key}).status_code == 422


def test_lists_come_in_pages_that_follow_one_another(client: FlaskClient, token: dict[str, str], clock: MovingClock) -> None:
    made = []
    for _ in range(25):
        clock.forward(seconds=1)
        made.append(post(client, token).get_json()["id"])
    seen: list[str] = []
    url: str | None = f"{URL}?limit=10"
    while url:
        answer = client.get(url, headers=token)
        seen += [one["id"] for one in answer.get_json()]
        found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        url = found[1] if found else None
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["limit=9", "limit=101", "limit=x", "cursor=abc", "cursor=!!"])
def test_a_query_that_is_none_is_refused(client: FlaskClient, token: dict[str, str], query: str) -> None:
    assert client.get(f"{URL}?{query}", headers=token).status_code == 422


@pytest.mark.parametrize("tail", ["", "/receipt", "/bundle", "/certificate", "/versions/1/files/1"])
def test_what_belongs_to_others_answers_like_what_does_not_exist(
    client: FlaskClient, token: dict[str, str], evas: dict[str, str], tail: str
) -> None:
    idea = upload(client, token, ("chair.svg", CHAIR)).get_json()["id"]
    answers = [client.get(f"{URL}/{each}{tail}", headers=evas) for each in (idea, "01J" + "0" * 23)]
    said = [re.sub(r"urn:ipr:request:\w+", "", answer.get_data(as_text=True)) for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert said[0] == said[1]


def test_nobody_else_can_add_a_version(client: FlaskClient, token: dict[str, str], evas: dict[str, str], sqlite_ctx: Context) -> None:
    idea = post(client, token).get_json()["id"]
    assert post(client, evas, ORDER, f"{URL}/{idea}/versions").status_code == 404
    assert post(client, evas, ORDER, f"{URL}/01J{'0' * 23}/versions").status_code == 404
    assert count(sqlite_ctx) == 1


def test_a_token_does_what_its_scope_says(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = person(sqlite_ctx, "Sara")
    reading = bearer(sara, "ideas:read")
    assert post(client, reading).status_code in (403, 404)
    assert client.get(URL, headers=reading).get_json() == []
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idea)) == 0


def test_without_a_token_or_with_a_cookie_alone_nothing_is_shown(client: FlaskClient) -> None:
    client.set_cookie("ipr", "x")
    answer = client.get(URL)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
