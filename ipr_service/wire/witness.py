"""The witness that other logs ask, at ``/witness`` (C2SP tlog-witness), and its key. Anyone may ask; the checkpoint's signature decides."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, request

from ipr_service.services import limits, witnessing
from ipr_service.services.context import Context

blueprint = Blueprint("wire_witness", __name__, url_prefix="/witness")


def _ctx() -> Context:
    return cast(Context, current_app.extensions["ipr"])


def _answer(status: int, media_type: str, body: bytes, caching: str) -> Response:
    response: Response = current_app.response_class(body, status, content_type=media_type)
    response.headers["Cache-Control"] = caching
    return response


@blueprint.post("/add-checkpoint")
def add_checkpoint() -> Response:
    """Cosign a checkpoint that grew from the one cosigned before; 409 says which size that was, 429 when to ask again."""
    limits.count(_ctx(), limits.WITNESS_BY_SOURCE, "witness", request.remote_addr or "unknown")
    reply = witnessing.add_checkpoint(_ctx(), request.get_data())
    return _answer(reply.status, reply.media_type, reply.body, "no-store")


@blueprint.get("/vkey")
def vkey() -> Response:
    """The witness's verifier key, for the policies of those whom it witnesses."""
    return _answer(200, witnessing.TEXT, f"{witnessing.vkey(_ctx())}\n".encode(), "no-cache")
