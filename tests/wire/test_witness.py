"""The witness's own face, as another log's machine meets it (C2SP tlog-witness)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipr_service.app import create_app
from ipr_service.evidence import merkle, note
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.trust import KnownLog, LogPolicy
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways.witness import Network
from ipr_service.services.context import Context
from tests.support.house import MovingClock

KEYS = LogKeys.from_seeds("log.example/other", b"\1" * 32, b"\2" * 32)
ROOT = merkle.root([merkle.leaf_hash(b"one")])
SIGNED = sign_checkpoint(Checkpoint(KEYS.origin, 1, ROOT), KEYS)
TEXT = Checkpoint(KEYS.origin, 1, ROOT).to_text().encode()
REQUEST = AddCheckpoint(0, (), SIGNED).to_bytes()


@pytest.fixture
def client(sqlite_ctx: Context) -> FlaskClient:
    network = Network(logs=LogPolicy(logs=tuple(KnownLog(vkey) for vkey in KEYS.vkeys)))
    return create_app(ctx=replace(sqlite_ctx, network=network)).test_client()


def test_the_answer_appended_to_the_checkpoint_is_a_note_that_the_published_key_signed(client: FlaskClient) -> None:
    key = Vkey.from_text(client.get("/witness/vkey").text.removesuffix("\n"))
    answer = client.post("/witness/add-checkpoint", data=REQUEST)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert note.verify(SIGNED + answer.data, [*KEYS.vkeys, key]).signed_by(key)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_the_content_type_of_a_request_does_not_matter(client: FlaskClient, content_type: str | None) -> None:
    assert client.post("/witness/add-checkpoint", data=REQUEST, content_type=content_type).status_code == 200


def test_a_conflict_is_a_size_in_its_own_media_type(client: FlaskClient) -> None:
    client.post("/witness/add-checkpoint", data=REQUEST)
    answer = client.post("/witness/add-checkpoint", data=REQUEST)
    assert (answer.status_code, answer.headers["Content-Type"], answer.data) == (409, "text/x.tlog.size", b"1\n")


@pytest.mark.parametrize(
    ("method", "data", "status"), [("POST", b"", 400), ("GET", b"", 405), ("POST", b"old 0\n\n" + b"x" * 70_000, 413)], ids=str
)
def test_what_is_no_request_is_refused_in_plain_text(client: FlaskClient, method: str, data: bytes, status: int) -> None:
    answer = client.open("/witness/add-checkpoint", method=method, data=data)
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")


def test_one_address_may_ask_240_times_a_minute_and_is_told_when_to_come_back(client: FlaskClient) -> None:
    codes = {client.post("/witness/add-checkpoint", data=b"x").status_code for _ in range(240)}
    refused = client.post("/witness/add-checkpoint", data=REQUEST)
    assert (codes, refused.status_code, refused.mimetype) == ({400}, 429, "text/plain")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert client.post("/witness/add-checkpoint", data=REQUEST, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_class_16_a_witness_behind_its_own_cosignatures_says_so_and_signs_nothing(client: FlaskClient, clock: MovingClock) -> None:
    client.post("/witness/add-checkpoint", data=REQUEST)
    clock.forward(days=-1)
    answer = client.post("/witness/add-checkpoint", data=AddCheckpoint(1, (), SIGNED).to_bytes())
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert b"clock" in answer.data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(REQUEST) - 1), st.binary(min_size=1, max_size=3)).map(
        lambda change: REQUEST[: change[0]] + change[1] + REQUEST[change[0] + len(change[1]) :]
    )
)
def test_a_damaged_request_is_refused_by_status_or_is_still_over_the_same_state(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/witness/add-checkpoint", data=body)
    assert answer.status_code in {400, 403, 404, 409, 422} or TEXT in body  # one true signature is enough; what it is over is not changed
    assert answer.mimetype in {"text/plain", "text/x.tlog.size"}
