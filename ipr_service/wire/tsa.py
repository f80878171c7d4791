"""RFC 3161 over HTTP at ``/tsa``: a face over the service's own clock for any existing client, and for sites without a network.

Answered are SHA-256, SHA-384 and SHA-512 imprints, with or without nonce and certificates, under one policy and with a stated accuracy of
one second. Anything else gets a TimeStampResp that names its failure (badAlg, badRequest, badDataFormat, unacceptedPolicy,
unacceptedExtension; timeNotAvailable while the clock is behind the log). Its tokens carry the policy of the own clock, are never called
independent, and add no trust of their own (EVIDENCE: "Time").
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, current_app, request

from ipr_service.services import sealing
from ipr_service.services.context import Context

blueprint = Blueprint("wire_tsa", __name__)
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@blueprint.post("/tsa")
def tsa() -> Response:
    """Answer a TimeStampReq (RFC 3161 section 3.4); a bad query gets a TimeStampResp that says why."""
    if request.mimetype != QUERY:
        abort(415)
    if request.content_length is None:
        abort(411)
    reply = sealing.answer(cast(Context, current_app.extensions["ipr"]), request.get_data())
    response: Response = current_app.response_class(reply, mimetype=REPLY)
    response.headers["Cache-Control"] = "no-store"
    return response
