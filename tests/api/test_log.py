"""Consistency proofs over the API, judged by ``evidence.merkle``, which public vectors judge."""

from __future__ import annotations

import base64

import pytest
from flask.testing import FlaskClient

from ipr_service.app import create_app
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.services import registration
from ipr_service.services.context import Context
from tests.support.house import person

ADDRESS = "/api/v1/log/consistency"


@pytest.fixture
def client(sqlite_ctx: Context) -> FlaskClient:
    sara = person(sqlite_ctx)
    for number in range(7):
        registration.register_commitment(sqlite_ctx, sara, bytes([number]) * 32)
    return create_app(ctx=sqlite_ctx).test_client()


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 7), (7, 7)])
def test_the_proof_leads_from_one_signed_checkpoint_to_the_other(client: FlaskClient, sqlite_ctx: Context, old: int, new: int) -> None:
    found = client.get(f"{ADDRESS}?from={old}&to={new}").get_json()
    then, now = (
        open_checkpoint(found[name].encode(), sqlite_ctx.service_keys.log_keys.vkeys) for name in ("old_checkpoint", "new_checkpoint")
    )
    hashes = [base64.b64decode(one) for one in found["hashes"]]
    assert (found["from"], found["to"]) == (then.size, now.size) == (old, new)
    merkle.verify_consistency(old, new, hashes, then.root, now.root)


def test_without_a_size_it_is_the_whole_log_and_from_nothing_needs_no_hashes(client: FlaskClient) -> None:
    found = client.get(f"{ADDRESS}?from=0").get_json()
    assert (found["from"], found["to"], found["hashes"], found["old_checkpoint"]) == (0, 7, [], None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=8", "/from"),
        ("from=3&to=2", "/from"),
        ("from=0&to=8", "/to"),
        ("", "/from"),
        ("from=-1", "/from"),
        ("from=01", "/from"),
        ("from=1.0", "/from"),
        ("from=１", "/from"),
        ("from=%201", "/from"),
        ("from=1%0A", "/from"),
        ("from=99999999999999999", "/from"),
        ("from=1&to=", "/to"),
    ],
)
def test_sizes_that_are_none_are_refused_by_field(client: FlaskClient, query: str, pointer: str) -> None:
    answer = client.get(f"{ADDRESS}?{query}")
    assert answer.status_code == 422
    assert pointer in [error["pointer"].removeprefix("/query") for error in answer.get_json()["errors"]]
