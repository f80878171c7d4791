"""Refusals as pages: plain words for every error of the house and of HTTP, with the request id, never a number alone."""

from __future__ import annotations

import structlog
from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from ipr_service.errors import (
    N_,
    ConflictError,
    DamageError,
    ExpiredError,
    ForbiddenError,
    InputError,
    NotFoundError,
    OutsideError,
    RateLimitError,
    RefusedError,
    ServiceError,
    StorageFullError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from ipr_service.web.languages import say, sized
from ipr_service.web.pages import render

log = structlog.get_logger()
STATUS: tuple[tuple[type[ServiceError], int], ...] = (  # the first that fits
    (UnauthenticatedError, 401),
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (ExpiredError, 410),
    (ConflictError, 409),
    (RefusedError, 409),
    (TooLargeError, 413),
    (InputError, 422),
    (RateLimitError, 429),
    (StorageFullError, 507),
    (UnavailableError, 503),
    (OutsideError, 502),
    (DamageError, 500),
)
_HTTP = {
    400: (N_("The browser sent something incomplete"), N_("Load the page again and send it once more.")),
    404: (N_("Nothing here"), N_("There is no page at this address. It may have been mistyped, or the link was cut short.")),
    405: (N_("Not this way"), N_("This address only takes what its form sends. Open the page and use the form.")),
    413: (
        N_("This is larger than the limit"),
        N_("What was sent is larger than {limit}, the limit of this page. Nothing was kept. Send less at once."),
    ),
}
_OWN_FAULT = (
    N_("Something went wrong on our side"),
    N_("Nothing was kept of this step. Try again; if it stays, tell us the request id below."),
)


def page(title: str, text: str, status: int) -> Response:
    """The page of a refusal."""
    return render("refused.html", status, title=title, text=text)


def page_for(problem: ServiceError) -> Response:
    """The page for an error of the house. Whoever is not logged in is sent to log in first, and back afterwards."""
    if isinstance(problem, UnauthenticatedError) and request.method == "GET":
        return current_app.make_response(redirect(url_for("accounts.log_in", next=request.full_path.rstrip("?")), 303))
    status = next((number for kind, number in STATUS if isinstance(problem, kind)), 500)
    if status >= 500:
        log.error("page.failed", code=problem.code, endpoint=request.endpoint, request_id=g.get("request_id"))
    answer = page(_(problem.title), say(problem), status)
    if isinstance(problem, RateLimitError) and "retry_after" in problem.values:
        answer.headers["Retry-After"] = str(problem.values["retry_after"])
    return answer


def page_for_http(problem: HTTPException) -> Response:
    """The page for an error of HTTP itself; keeps its headers (Allow, Retry-After)."""
    if isinstance(problem, CSRFError):
        return page(
            _("This form was open for too long"),
            _("You logged in or out meanwhile, or your browser keeps no cookies. Load the page again and send it once more."),
            403,
        )
    status = problem.code or 500
    title, text = _HTTP.get(status, _HTTP[400] if status < 500 else _OWN_FAULT)
    answer = page(_(title), _(text).format(limit=sized(request.max_content_length or 0)), status)
    for name, value in problem.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def page_for_fault(problem: Exception) -> Response:
    """The page for our own mistake; the log has the trace, the page has the request id."""
    log.error("page.crashed", endpoint=request.endpoint, request_id=g.get("request_id"), exc_info=problem)
    return page_for_http(InternalServerError())
