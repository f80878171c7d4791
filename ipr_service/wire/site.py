"""The faces with formats of their own, joined to the application: log, clock, health, and the request id that all faces share."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ipr_service.errors import RateLimitError, ServiceError, UnavailableError
from ipr_service.services.context import Context
from ipr_service.wire import health, log, tsa, witness

PREFIXES = ("/log/", "/tsa", "/healthz", "/readyz", "/metrics", "/witness/")
_STATUS: dict[type[Exception], int] = {UnavailableError: 503, RateLimitError: 429}
logger = structlog.get_logger()


def refuse(error: Exception) -> Response:
    """One line of plain text: machines of other makers read these addresses."""
    status = error.code or 500 if isinstance(error, HTTPException) else _STATUS.get(type(error), 500)
    if status >= 500:
        logger.error("wire.failed", error=type(error).__name__)
    said = str(error) if isinstance(error, ServiceError) else str(status)
    if status == 413:
        said = f"413: at most {request.max_content_length} bytes"
    answer = Response(f"{said}\n", status, mimetype="text/plain")
    if isinstance(error, HTTPException):
        answer.headers.extend((k, v) for k, v in error.get_headers() if k in {"Allow", "Retry-After"})
    if isinstance(error, RateLimitError):
        answer.headers["Retry-After"] = str(error.values["retry_after"])
    return answer


def register(app: Flask, ctx: Context) -> None:
    """Add ``/log``, ``/tsa``, ``/witness``, ``/healthz``, ``/readyz``, ``/metrics`` and the request id."""

    @app.before_request
    def _begin() -> None:
        g.request_id = ctx.new_id()  # never the caller's: it stands in logs and answers
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        took = time.perf_counter() - g.get("began", time.perf_counter())
        rule = request.url_rule.rule if request.url_rule else "none"  # the rule, never the path: a path may hold a secret link
        health.count(request.method, rule, response.status_code, took)
        logger.info("request", method=health.known(request.method), rule=rule, status=response.status_code, ms=round(took * 1000, 1))
        return response

    for blueprint in (log.blueprint, tsa.blueprint, witness.blueprint, health.blueprint):
        app.register_blueprint(blueprint)
