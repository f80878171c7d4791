"""Class 21: bodies that no schema sees. Every unsafe operation of the OpenAPI document is sent each of them, by nobody and by somebody."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ipr_service.api.site import spec
from ipr_service.app import create_app
from ipr_service.services import tokens
from ipr_service.services.access import SCOPES, Actor
from ipr_service.services.context import Context
from ipr_service.wire.bodies import PLAIN
from tests.support.house import forget_limits, person

BAD = {
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "unclosed": b"[" * 100_000,
    "twice": b'{"title": "a", "title": "b"}',
    "nan": b'{"title": NaN}',
    "endless": b'{"title": 1e999}',
    "digits": b'{"title": ' + b"9" * 5_000 + b"}",
    "nul": b'{"title": "\\u0000"}',
    "raw nul": b'{"title": "\x00"}',
    "not utf-8": b'{"title": "\xff"}',
    "byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "utf-16": '{"title": "a"}'.encode("utf-16"),
    "surrogate": b'{"\\ud800": "\\udfff"}',
    "list": b"[]",
}


class Endless(io.RawIOBase):
    """A body of a gigabyte that counts how much of it was read."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # io's own stub names a private protocol
        self.given += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)

    @property
    def environ(self) -> dict[str, object]:
        return {"wsgi.input": self, "CONTENT_LENGTH": str(10**9)}


@pytest.fixture
def app(sqlite_ctx: Context) -> Flask:
    return create_app(ctx=sqlite_ctx)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sara(sqlite_ctx: Context) -> Actor:
    return person(sqlite_ctx)


def token(ctx: Context, actor: Actor, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.create(ctx, actor, name='t', scopes=scopes or tuple(SCOPES)).token}"}


def unsafe(app: Flask) -> Iterator[tuple[str, str, bool, bool]]:
    """Method, address, whether it takes JSON, whether it needs a token: as the document says."""
    for path, operations in spec(app)["paths"].items():
        for method, operation in operations.items():
            if method in {"post", "put", "patch", "delete"}:
                json = "application/json" in operation.get("requestBody", {}).get("content", {})
                yield method.upper(), re.sub(r"\{[^}]+\}", "0" * 26, path), json, operation.get("security") != []


def problem(answer: TestResponse) -> str:
    assert answer.mimetype == "application/problem+json", (answer.status, answer.data[:200])
    return str(answer.get_json()["code"])


def test_no_operation_takes_or_breaks_on_json_that_is_none(app: Flask, client: FlaskClient, sqlite_ctx: Context, sara: Actor) -> None:
    headers, driven = token(sqlite_ctx, sara), 0
    for method, address, json, _ in unsafe(app):
        for name, body in BAD.items():
            forget_limits(sqlite_ctx)
            answer = client.open(address, method=method, data=body, content_type="application/json", headers=headers)
            assert answer.status_code < 500, (method, address, name)
            if answer.status_code >= 400:
                problem(answer)
            if json:
                assert answer.status_code in {404, 422}, (method, address, name, answer.status)  # 404 before reading is as good
                driven += answer.status_code == 422
    assert driven > 100


@pytest.mark.parametrize(
    ("name", "word"),
    [("deep", "UTF-8"), ("twice", "once"), ("nan", "NaN"), ("digits", "30 digits"), ("byte order mark", "byte order mark")],
)
def test_the_refusal_says_what_to_do(client: FlaskClient, sqlite_ctx: Context, sara: Actor, name: str, word: str) -> None:
    answer = client.post("/api/v1/collaborations", data=BAD[name], content_type="application/json", headers=token(sqlite_ctx, sara))
    assert problem(answer) == "input"
    assert word in answer.get_json()["errors"][0]["detail"]


def test_an_empty_body_is_answered_with_the_fields_that_are_missing(client: FlaskClient, sqlite_ctx: Context, sara: Actor) -> None:
    answer = client.post("/api/v1/collaborations", content_type="application/json", headers=token(sqlite_ctx, sara))
    assert answer.status_code == 422
    assert "/title" in {one["pointer"] for one in answer.get_json()["errors"]}


def test_without_a_token_no_byte_of_a_body_is_read(app: Flask, client: FlaskClient) -> None:
    for method, address, _, closed in unsafe(app):
        if closed:
            sent = Endless()
            answer = client.open(address, method=method, environ_overrides=sent.environ, content_type="application/json")
            assert (answer.status_code, problem(answer), sent.given) == (401, "unauthenticated", 0), address


def test_with_a_token_json_is_read_up_to_the_limit_and_the_refusal_names_it(
    app: Flask, client: FlaskClient, sqlite_ctx: Context, sara: Actor
) -> None:
    headers = token(sqlite_ctx, sara)
    for method, address, json, closed in unsafe(app):
        if json and closed:
            sent = Endless()
            typed = {**headers, "Content-Type": "application/json"}
            answer = client.open(address, method=method, environ_overrides=sent.environ, headers=typed)
            assert sent.given <= PLAIN, address
            if sent.given or answer.status_code != 404:  # nothing stands at this address: found out before reading
                assert (answer.status_code, problem(answer)) == (413, "too-large"), address
                assert str(PLAIN) in answer.get_json()["detail"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("address", ["/login", "/signup", "/ideas/new", "/csp-report", "/language"])
def test_a_stranger_makes_no_page_read_much(client: FlaskClient, address: str, kind: str) -> None:
    sent = Endless()
    answer = client.post(address, environ_overrides=sent.environ, content_type=kind)
    assert answer.status_code in ({401, 403, 413} if address == "/ideas/new" else {413})
    assert sent.given <= PLAIN


@pytest.mark.parametrize(("address", "limit"), [("/csp-report", "65.5 kB"), ("/tsa", "65536")])
def test_what_machines_send_unasked_is_short_and_the_refusal_names_the_limit(client: FlaskClient, address: str, limit: str) -> None:
    answer = client.post(address, data=b"x" * 65_537, content_type="application/timestamp-query")
    assert answer.status_code == 413
    assert limit in answer.get_data(as_text=True)


def test_every_endpoint_with_a_size_of_its_own_exists(app: Flask) -> None:
    assert set(app.extensions["bodies"]) <= set(app.view_functions)


def upload(client: FlaskClient, headers: dict[str, str], content: bytes) -> TestResponse:
    data = {"order": '{"title": "Chair", "contributors": []}', "files": [(io.BytesIO(content), "a.txt")]}
    return client.post("/api/v1/ideas", data=data, headers={**headers, "Idempotency-Key": "k"}, content_type="multipart/form-data")


def test_a_key_with_another_file_of_the_same_size_gives_no_foreign_receipt(client: FlaskClient, sqlite_ctx: Context, sara: Actor) -> None:
    headers = token(sqlite_ctx, sara)
    first, again, other = (upload(client, headers, content) for content in (b"one" * 10**5, b"one" * 10**5, b"two" * 10**5))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replay"] == "true"
    assert problem(other) == "idempotency-mismatch"


def test_a_token_with_fewer_scopes_is_not_given_the_answer_of_a_stronger_one(client: FlaskClient, sqlite_ctx: Context, sara: Actor) -> None:
    assert upload(client, token(sqlite_ctx, sara), b"x").status_code == 201
    weak = upload(client, token(sqlite_ctx, sara, "ideas:read"), b"x")
    assert problem(weak) == "idempotency-mismatch"
