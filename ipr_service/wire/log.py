"""The log as anyone reads it: C2SP tiles, entry bundles and the checkpoint, in their own formats under ``/log/``.

Full tiles never change and may be kept for ever; the checkpoint changes with each group. No log-in, no cookies, any origin.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, abort, current_app

from ipr_service.errors import FormatError
from ipr_service.evidence.tiles import TilePath
from ipr_service.services import publishing
from ipr_service.services.context import Context

blueprint = Blueprint("wire_log", __name__, url_prefix="/log")
IMMUTABLE = "public, max-age=31536000, immutable"


def _ctx() -> Context:
    return cast(Context, current_app.extensions["ipr"])


def _open(body: bytes, mimetype: str, caching: str) -> Response:
    response: Response = current_app.response_class(body, mimetype=mimetype)
    response.headers["Cache-Control"] = caching
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/checkpoint")
def checkpoint() -> Response:
    """The newest signed checkpoint, verbatim (C2SP tlog-tiles)."""
    note = publishing.newest_checkpoint(_ctx())
    if note is None:
        abort(404)
    return _open(note, "text/plain; charset=utf-8", "no-cache")


@blueprint.get("/log.vkeys")
def vkeys() -> Response:
    """The log's verifier keys, Ed25519 first. Compare them with what others kept."""
    return _open(publishing.vkeys(_ctx()), "text/plain; charset=utf-8", "no-cache")


@blueprint.get("/<path:path>")
def tile(path: str) -> Response:
    """A tile or entry bundle, ``tile/<L>/<N>[.p/<W>]``."""
    try:
        wanted = TilePath.from_text(path)
    except FormatError:
        abort(404)
    body = publishing.tile(_ctx(), wanted)
    if body is None:
        abort(404)
    return _open(body, "application/octet-stream", IMMUTABLE)
