"""Verifying through the API: three verdicts, trust from the reader alone, refusals as problem documents."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ipr_service.services import verifying
from ipr_service.services.context import Context
from tests.golden import generate

GOLDEN = generate.GOLDEN.read_bytes()
KEY = "764564415cc5af5889b0b204835076f16b29770f1e610593d5ddb58296f55ca3"
URL = "/api/v1/verifications"


def send(client: FlaskClient, data: bytes = GOLDEN, **fields: Any) -> TestResponse:
    return client.post(URL, data={"bundle": (io.BytesIO(data), "idea.asice"), **fields}, content_type="multipart/form-data")


def test_without_a_word_of_trust_a_bundle_is_at_best_intact(client: FlaskClient) -> None:
    answer = send(client)
    assert answer.status_code == 200
    report = answer.get_json()
    assert (report["verified"], report["intact"], report["trusted"], report["timed"]) == (False, True, False, False)
    assert report["compared_with"] == []
    assert report["entry"]["fingerprint"] == KEY
    assert {"name": "log-key", "verdict": "trusted", "outcome": "not asked"}.items() <= next(
        check for check in report["checks"] if check["name"] == "log-key"
    ).items()


def test_the_readers_fingerprint_makes_it_trusted_and_is_named_in_the_answer(client: FlaskClient) -> None:
    report = send(client, fingerprint=KEY).get_json()
    assert (report["verified"], report["compared_with"]) == (True, [KEY])


def test_a_token_of_a_services_own_clock_is_not_independent_even_under_the_readers_root(client: FlaskClient) -> None:
    keys = generate.GOLDEN.with_name("golden.root.pem").read_text()
    report = send(client, trust=keys, fingerprint=KEY).get_json()
    assert (report["trusted"], report["timed"]) == (True, False)
    assert [token["independent"] for token in report["tokens"]] == [False]


def test_this_service_vouches_for_its_own_log_alone(client: FlaskClient, sqlite_ctx: Context) -> None:
    report = send(client, own_log="true").get_json()
    assert report["trusted"] is False
    assert report["compared_with"] == [sqlite_ctx.service_keys.log_keys.fingerprint]


def test_files_are_compared(client: FlaskClient) -> None:
    report = send(client, files=[(io.BytesIO(b"nothing of the kind"), "x.txt")], fingerprint=KEY).get_json()
    assert [(one["name"], one["position"]) for one in report["compared"]] == [("x.txt", None)]
    assert report["verified"] is False


def test_a_damaged_bundle_is_a_report_and_no_error(client: FlaskClient) -> None:
    answer = send(client, GOLDEN[:-1])
    assert answer.status_code == 200
    assert answer.get_json()["failed"] == ["container.form"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"fingerprint": "12"}, "/fingerprint"),
        ({"fingerprint": "é" * 64}, "/fingerprint"),
        ({"trust": "no such line"}, "/trust"),
        ({"own_log": "yes"}, "/own_log"),
        ({"own_log": "1"}, "/own_log"),
        ({"surprise": "x"}, "/surprise"),
        ({"fingerprint": (io.BytesIO(b"x"), "x")}, "/fingerprint"),
        ({"files": "text"}, "/files"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(client: FlaskClient, fields: dict[str, Any], pointer: str) -> None:
    answer = send(client, **fields)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert pointer in [problem["pointer"] for problem in answer.get_json()["errors"]]


@pytest.mark.parametrize("body", [{}, {"json": {"bundle": "x"}}, {"data": b"x", "content_type": "multipart/form-data; boundary=x"}])
def test_without_a_bundle_the_refusal_says_how_to_send_one(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post(URL, **body)
    assert answer.status_code == 422
    assert "multipart/form-data" in answer.get_json()["errors"][0]["detail"]


def test_two_bundles_are_one_too_many(client: FlaskClient) -> None:
    both = [(io.BytesIO(GOLDEN), "a.asice"), (io.BytesIO(GOLDEN), "b.asice")]
    answer = client.post(URL, data={"bundle": both}, content_type="multipart/form-data")
    assert answer.status_code == 422


def test_more_than_the_limit_is_refused_with_the_limit(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "LARGEST", 10_000)
    answer = send(client)
    assert answer.status_code == 413
    assert answer.get_json()["code"] == "too-large"
    assert "10000 bytes" in answer.get_json()["detail"]


def test_a_token_is_neither_asked_for_nor_looked_at(client: FlaskClient) -> None:
    answer = client.post(URL, data={"bundle": (io.BytesIO(GOLDEN), "b")}, headers={"Authorization": "Bearer ipr_live_nonsense"})
    assert answer.status_code == 200
