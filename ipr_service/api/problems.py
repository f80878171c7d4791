"""Every refusal of the API as an RFC 9457 problem document (``application/problem+json``).

One table maps the codes of ``errors`` to HTTP status codes. ``type`` is a stable URI reference, ``/problems/<code>``, which the service
answers with an explanation; ``errors[]`` names each field by JSON pointer; ``instance`` is the request id that stands in the logs.
Messages are in the language that the client asks for (Accept-Language); codes are the same in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Response, current_app, g, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from ipr_service.errors import N_, FieldProblem, ServiceError

log = structlog.get_logger()

# Code -> HTTP status. A code that is not here takes the status of its nearest ancestor.
STATUS: Mapping[str, int] = {
    "error": 500,
    "input": 422,
    "format": 422,
    "missing-answer": 422,
    "too-large": 413,
    "refused": 403,
    "forbidden": 403,
    "conflict": 409,
    "expired": 410,
    "idempotency-mismatch": 422,
    "precondition-required": 428,
    "stale": 412,
    "unauthenticated": 401,
    "not-found": 404,
    "rate-limit": 429,
    "outside": 502,
    "storage-full": 507,
    "unavailable": 503,
    "settings": 500,
    "damage": 500,
}

# What HTTP itself refuses before any service is asked: status -> (code, title).
HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", N_("The request cannot be read")),
    404: ("not-found", N_("Nothing here")),
    405: ("method-not-allowed", N_("This address does not take this method")),
    406: ("not-acceptable", N_("This form of answer is not offered")),
    408: ("request-timeout", N_("The request came too slowly")),
    411: ("length-required", N_("Say how long the request is")),
    412: ("stale", N_("It changed since you last saw it")),
    413: ("too-large", N_("This is larger than the limit")),
    415: ("unsupported-media-type", N_("This type of content is not taken")),
    422: ("input", N_("Please check what you entered")),
    428: ("precondition-required", N_("Say which version you are changing")),
    429: ("rate-limit", N_("Too many tries")),
}
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


def status_of(error: ServiceError) -> int:
    """The HTTP status of an error of the house."""
    for ancestor in type(error).__mro__:
        if issubclass(ancestor, ServiceError) and ancestor.code in STATUS:
            return STATUS[ancestor.code]
    return 500


def _said(msgid: str, values: Mapping[str, Any]) -> str:
    text = gettext(msgid)
    return text.format(**values) if values else text


def _document(code: str, title: str, status: int, detail: str, problems: list[dict[str, str]]) -> Response:
    document: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": gettext(title),
        "status": status,
        "detail": detail,
        "instance": f"urn:ipr:request:{g.get('request_id', '')}",
        "code": code,
    }
    if problems:
        document["errors"] = problems
    response: Response = current_app.response_class(
        current_app.json.dumps(document) + "\n", status=status, mimetype="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _field(problem: FieldProblem) -> dict[str, str]:
    return {"pointer": problem.pointer, "detail": _said(problem.msgid, problem.values)}


def from_service(error: ServiceError) -> Response:
    """The answer to an error of the house."""
    status = status_of(error)
    if status >= 500:
        log.error("request.failed", code=error.code)
    response = _document(error.code, error.title, status, _said(error.msgid, error.values), [_field(p) for p in error.problems])
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="ipr"'
    if "retry_after" in error.values:
        response.headers["Retry-After"] = str(error.values["retry_after"])
    return response


def _flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as (JSON pointer, sentence); the request part (json, query …) is not in the pointer."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _flatten(value, path + step)
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _flatten(value, path)
    else:
        yield path, str(messages)


def from_http(error: HTTPException) -> Response:
    """The answer to what Flask, werkzeug or the schemas refuse; keeps Allow, Retry-After and WWW-Authenticate."""
    status = error.code or 500
    code, title = HTTP_CODES.get(status, ("error", ServiceError.title))
    messages = (getattr(error, "data", None) or {}).get("messages", {})
    problems = [
        {"pointer": pointer, "detail": detail}
        for part in (messages.values() if isinstance(messages, Mapping) else [])
        for pointer, detail in _flatten(part)
    ]
    detail = gettext("Some fields cannot be taken; see errors.") if problems else gettext(title) + "."
    if status == 413:
        detail = gettext("At most {limit} bytes are taken here. Send less at once.").format(limit=request.max_content_length)
    response = _document(code, title, status, detail, problems)
    for name in KEPT_HEADERS:
        if (value := error.get_response().headers.get(name)) is not None:
            response.headers[name] = value
    return response


def from_crash(error: Exception) -> Response:
    """The answer to a fault of ours: says only the request id. The trace goes to the log."""
    log.exception("request.crashed", error=type(error).__name__)
    detail = gettext("This is our fault. Nothing was half done. Tell the operator the number under instance.")
    return _document("error", ServiceError.title, 500, detail, [])
