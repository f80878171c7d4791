"""The faces with formats of their own: log, clock, health, as other makers' machines read them."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from flask.testing import FlaskClient

from ipr_service.app import create_app
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.evidence.tsp import make_query, verify_token
from ipr_service.services import registration
from ipr_service.services.context import Context
from ipr_service.store.sequencer import Logged, WritePlan
from ipr_service.wire.logs import LibraryLine, trace_of
from tests.support.house import MovingClock, person

QUERY = {"content_type": "application/timestamp-query"}
FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def client(sqlite_ctx: Context) -> FlaskClient:
    return create_app(ctx=sqlite_ctx).test_client()


@pytest.fixture
def logged(sqlite_ctx: Context) -> Context:
    sara = person(sqlite_ctx)
    for commitment in (FIRST, SECOND):
        registration.register_commitment(sqlite_ctx, sara, commitment)
    return sqlite_ctx


def test_an_empty_log_has_no_checkpoint(client: FlaskClient) -> None:
    assert client.get("/log/checkpoint").status_code == 404


def test_the_checkpoint_is_served_verbatim_to_any_origin_and_never_from_a_cache(client: FlaskClient, logged: Context) -> None:
    answer = client.get("/log/checkpoint")
    assert open_checkpoint(answer.data, logged.service_keys.log_keys.vkeys).size == 2
    assert (answer.headers["Cache-Control"], answer.headers["Access-Control-Allow-Origin"]) == ("no-cache", "*")
    assert "Set-Cookie" not in answer.headers


def test_tiles_and_entries_are_those_of_the_log_and_may_be_kept_for_ever(client: FlaskClient, logged: Context) -> None:
    tile = client.get("/log/tile/0/000.p/2")
    assert tile.data == leaf_hash(entry_line(FIRST)) + leaf_hash(entry_line(SECOND))
    assert "immutable" in tile.headers["Cache-Control"]
    assert client.get("/log/tile/0/000.p/1").data == leaf_hash(entry_line(FIRST))
    entries = client.get("/log/tile/entries/000.p/2").data
    assert entry_line(FIRST) in entries
    assert entry_line(SECOND) in entries


def test_full_and_partial_tiles_and_bundles_of_a_larger_log_are_those_of_the_specification(
    client: FlaskClient, sqlite_ctx: Context
) -> None:
    """300 entries: tile 0 of level 0 full (8,192 bytes), tile 1 of width 44, one hash in level 1; each entry with its length before it."""
    commitments = [n.to_bytes(32, "big") for n in range(300)]
    logged = tuple(Logged(one, "idea", f"{n:026d}", None, None, None) for n, one in enumerate(commitments))
    sqlite_ctx.sequencer.write(WritePlan(logged=logged))
    entries = [entry_line(one) for one in commitments]
    leaves = [leaf_hash(entry) for entry in entries]
    bundle = [len(entry).to_bytes(2, "big") + entry for entry in entries]
    served = {
        "tile/0/000": b"".join(leaves[:256]),
        "tile/0/000.p/255": b"".join(leaves[:255]),
        "tile/0/001.p/44": b"".join(leaves[256:]),
        "tile/1/000.p/1": merkle.root(leaves[:256]),
        "tile/entries/000": b"".join(bundle[:256]),
        "tile/entries/001.p/44": b"".join(bundle[256:]),
    }
    for path, body in served.items():
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/octet-stream"), path
        assert answer.data == body, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(served["tile/0/000"]) == 8192
    for path in (
        "tile/0/001",
        "tile/0/001.p/45",
        "tile/0/000.p/256",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/entries/001",
        "tile/entries/002",
    ):
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, "immutable" in answer.headers.get("Cache-Control", "")) == (404, False), path


@pytest.mark.parametrize(
    "path",
    ["tile/0/000.p/3", "tile/0/000", "tile/0/001", "tile/9/000", "tile/0/00", "tile/0/0", "tile/0/000.p/0", "tile/0/-01", "../x", "tile"],
)
def test_what_the_log_does_not_hold_or_is_no_tile_is_not_found(client: FlaskClient, logged: Context, path: str) -> None:
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer.mimetype in {"text/plain", "text/html"}


def test_the_clock_answers_any_client_and_says_no_to_nonsense_in_its_own_format(client: FlaskClient, sqlite_ctx: Context) -> None:
    root = sqlite_ctx.service_keys.clock.chain[-1:]
    answer = client.post("/tsa", data=make_query(FIRST, 77), **QUERY)
    report = verify_token(answer.data, roots=root, message_digest=FIRST, nonce=77)
    assert report
    assert (answer.mimetype, answer.headers["Cache-Control"], report.own_clock) == ("application/timestamp-reply", "no-store", True)
    rejected = client.post("/tsa", data=b"nonsense", **QUERY)
    assert (rejected.status_code, rejected.mimetype) == (200, "application/timestamp-reply")
    assert not verify_token(rejected.data, roots=root, message_digest=FIRST)


@pytest.mark.parametrize(
    ("data", "media_type", "status"), [(b"x", "text/plain", 415), (b"x" * 70_000, "application/timestamp-query", 413)], ids=["type", "size"]
)
def test_the_clock_refuses_other_types_and_large_queries(client: FlaskClient, data: bytes, media_type: str, status: int) -> None:
    assert client.post("/tsa", data=data, content_type=media_type).status_code == status


def test_class_16_readiness_is_red_and_names_the_clock(client: FlaskClient, logged: Context, clock: MovingClock) -> None:
    assert client.get("/readyz").status_code == 200
    clock.forward(days=-1)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [name for name, check in answer.get_json()["checks"].items() if not check["good"]] == ["clock"]
    assert client.get("/healthz").status_code == 200
    refused = client.post("/tsa", data=make_query(FIRST, 77), **QUERY)
    assert (refused.status_code, refused.mimetype) == (200, "application/timestamp-reply")
    assert not verify_token(refused.data, roots=logged.service_keys.clock.chain[-1:], message_digest=FIRST)


def test_metrics_count_by_rule_and_hold_no_path(client: FlaskClient, logged: Context) -> None:
    client.get("/invitations/a-secret-that-must-not-be-counted")
    text = client.get("/metrics").get_data(as_text=True)
    assert "ipr_log_size 2.0" in text
    assert "a-secret" not in text


def test_a_request_id_is_ours_and_not_the_callers(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": "forged"})
    assert len(answer.headers["X-Request-Id"]) == 26


# --- class 14 ------------------------------------------------------------------------------------------------------------------------


def test_class_14_a_trace_holds_kinds_and_frames_and_not_what_exceptions_say() -> None:
    def fail() -> None:
        try:
            raise ValueError("the title of a secret idea")
        except ValueError as problem:
            raise RuntimeError("and her address") from problem

    with pytest.raises(RuntimeError) as caught:
        fail()
    lines = trace_of(caught.value)
    assert [line for line in lines if " " not in line] == ["ValueError", "RuntimeError"]
    assert "secret" not in "\n".join(lines)
    assert "address" not in "\n".join(lines)


def test_class_14_libraries_speak_json_without_what_filled_their_templates() -> None:
    try:
        raise ValueError("the title of a secret idea")
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord("waitress", logging.ERROR, "task.py", 7, "while serving %s\n{", ("/i/secret",), trace)
    line = LibraryLine().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["logger"], found["at"], found["template"], found["level"]) == ("waitress", "task:7", "while serving %s\n{", "error")
    assert "secret" not in line
