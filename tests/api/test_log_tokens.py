"""The tokens over a checkpoint, for everyone: verbatim, independent ones first, and never more than the checkpoint tells."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography import x509

from ipr_service.app import create_app
from ipr_service.evidence.tsp import verify_token
from ipr_service.services import registration, sealing
from ipr_service.services.context import Context
from ipr_service.services.entries import note_body
from ipr_service.store.schema import LogCheckpoint
from tests.support.house import MovingClock, person
from tests.support.twin import twin

ADDRESS = "/api/v1/log/tokens"


def test_anybody_gets_the_tokens_over_a_checkpoint_and_they_hold(sqlite_ctx: Context, clock: MovingClock) -> None:
    registration.register_commitment(sqlite_ctx, person(sqlite_ctx), bytes(32))
    with twin(clock) as other:
        sealing.stamp_newest(replace(sqlite_ctx, authorities=(*sqlite_ctx.authorities, other.client())))
    found = create_app(ctx=sqlite_ctx).test_client().get(f"{ADDRESS}?size=1").get_json()
    assert (found["size"], [one["independent"] for one in found["tokens"]]) == (1, [True, False])
    with sqlite_ctx.database.reading() as session:
        body = note_body(session.get_one(LogCheckpoint, 1).note)
    first = found["tokens"][0]
    chain = x509.load_pem_x509_certificates(first["chain"].encode())
    assert verify_token(base64.b64decode(first["reply"]), roots=chain[-1:], intermediates=chain[:-1], message=body)
    assert (first["authority"], len(first["ocsps"]), first["crls"]) == ("Twin", 1, [])


@pytest.mark.parametrize(("query", "status"), [("size=7", 404), ("size=0", 404), ("", 422), ("size=-1", 422), ("size=1.0", 422)])
def test_a_size_without_a_checkpoint_and_no_size_are_refused(sqlite_ctx: Context, query: str, status: int) -> None:
    answer = create_app(ctx=sqlite_ctx).test_client().get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
