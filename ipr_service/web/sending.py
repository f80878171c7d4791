"""Files as answers of pages: streamed, always as an attachment, in a sandbox, kept by no cache."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from flask import Response, current_app, request
from werkzeug.wsgi import FileWrapper

from ipr_service.services.library import FileContent

_PIECE = 1 << 16


def attachment(body: bytes, mimetype: str, name: str) -> Response:
    """Bytes to be saved under a name (RFC 6266)."""
    return _safely(current_app.response_class(body, mimetype=mimetype), name)


def stored(content: FileContent) -> Response:
    """A kept file; answers Range (RFC 9110 section 14). It has no ETag: every request asks for the content anew."""
    body = cast(Any, FileWrapper(cast(Any, content.reader), _PIECE))
    answer: Response = current_app.response_class(body, mimetype="application/octet-stream", direct_passthrough=True)
    answer.content_length = content.line.size
    answer.make_conditional(request, accept_ranges=True, complete_length=content.line.size)
    return _safely(answer, content.line.name)


def continues() -> bool:
    """Whether this request is for a later part of a file."""
    asked = request.range
    return asked is not None and bool(asked.ranges) and asked.ranges[0][0] != 0


def _safely(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer
