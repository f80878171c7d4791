"""The log through the API: inclusion proofs by commitment, consistency proofs by size.

Tiles and checkpoints stand under ``/log/`` in their own formats.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas.log import Growth, GrowthQuery, ProofQuery, Tokens, TokensQuery
from ipr_service.api.sending import attachment
from ipr_service.services import calendar_stamps, checkpoints, proving, sealing

blueprint = Resource("log", __name__, url_prefix="/log", description="Inclusion and consistency proofs, for everyone")


@blueprint.get("/proof")
@blueprint.arguments(ProofQuery, location="query")
@blueprint.response(200, content_type="text/plain")
@blueprint.for_everyone
def proof(query: dict[str, Any]) -> Response:
    """The inclusion proof of a commitment (C2SP tlog-proof). Whoever does not know the commitment learns nothing."""
    body = proving.proof_of(context(), query["commitment"]).to_bytes()
    return attachment(body, "text/plain; charset=utf-8", "proof.tlog-proof")


@blueprint.get("/consistency")
@blueprint.arguments(GrowthQuery, location="query")
@blueprint.response(200, Growth)
@blueprint.for_everyone
def consistency(query: dict[str, Any]) -> checkpoints.Growth:
    """That the log only grew: the proof from one size to another, with the signed checkpoints of these sizes."""
    return checkpoints.growth(context(), query["old_size"], query["new_size"])


@blueprint.get("/tokens")
@blueprint.arguments(TokensQuery, location="query")
@blueprint.response(200, Tokens)
@blueprint.for_everyone
def tokens(query: dict[str, Any]) -> sealing.Stamps:
    """The tokens over one checkpoint, for whoever makes or refreshes a proof bundle. The size of the checkpoint stands in the proof."""
    return sealing.stamps(context(), query["size"])


@blueprint.get("/ots")
@blueprint.arguments(TokensQuery, location="query")
@blueprint.response(200, content_type="application/octet-stream")
@blueprint.for_everyone
def ots(query: dict[str, Any]) -> Response:
    """The OpenTimestamps file over one checkpoint's note body, where calendars are set: a bonus that no verdict rests on."""
    return attachment(calendar_stamps.stamp_of(context(), query["size"]), "application/octet-stream", "checkpoint.body.ots")
