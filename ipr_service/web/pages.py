"""What every page is made with: the context, the actor, rendering, "done, go there". docs/web.md shows a whole page.

A page module has ``pages = Blueprint("ideas", __name__)`` and views of a few lines: parse, call one service, answer. It is joined to
the site by its line in ``web/site.py``. Every view's blueprint goes through ``web/guard`` (CSRF, origin, headers).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, UnauthenticatedError
from ipr_service.services.access import NOBODY, Actor
from ipr_service.services.context import Context
from ipr_service.services.sessions import Visitor

P = ParamSpec("P")
R = TypeVar("R")


def ctx() -> Context:
    """The house, as services take it."""
    house: Context = current_app.extensions["ipr"]
    return house


def visitor() -> Visitor | None:
    """Who is logged in, with what a page shows of them; None for nobody."""
    found: Visitor | None = g.get("visitor")
    return found


def actor() -> Actor:
    """Who is acting, for the services; inside ``once`` with the one-time id of the form, so that a verb can use it up."""
    seen = visitor()
    who = seen.actor if seen else NOBODY
    return replace(who, request_key=g.get("request_key"))


def logged_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let only a logged-in person into the view; others are sent to log in and come back.

    Raises:
        UnauthenticatedError: nobody is logged in (``web/refusals`` turns it into the way to the log-in page).
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if visitor() is None:
            raise UnauthenticatedError(N_("Please log in first."))
        return view(*args, **kwargs)

    return guarded


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page."""
    return current_app.make_response((render_template(template, **values), status))


def go(endpoint: str, **values: Any) -> Response:
    """After a POST: to another page, by GET."""
    return current_app.make_response(redirect(url_for(endpoint, **values), 303))


def done(message: str, endpoint: str, **values: Any) -> Response:
    """After a POST that did something: say so, and go to a page that shows it.

    Args:
        message: translated; says what was done in one sentence.
    """
    flash(message, "done")
    return go(endpoint, **values)


def mailed(message: str) -> str:
    """What is said after a mail was written: also that it went nowhere, where no mail server is set."""
    if ctx().settings.smtp_url:
        return message
    return message + " " + _("But this installation sends no mail: its operator finds it on the operator's page.")


def local_address(address: str | None) -> str | None:
    """``address`` if it is a path of this site, else None: a redirect never leaves by what a request says."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\n" in address or "\r" in address:
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc or "\\" in address else address


def client_address() -> str:
    """The address the request came from, for rate limits only."""
    return request.remote_addr or "unknown"
