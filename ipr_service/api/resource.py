"""A resource of the API: a flask-smorest blueprint that asks who calls before it reads anything, and reads JSON strictly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import marshmallow as ma
from flask import Request, current_app, request
from flask_smorest import Blueprint
from webargs.core import missing
from webargs.flaskparser import FlaskParser, is_json_request

from ipr_service.api.auth import actor
from ipr_service.api.body import strict_json

View = TypeVar("View", bound=Callable[..., Any])
_PUBLIC = "_for_everyone"


class StrictParser(FlaskParser):
    """webargs, with the one strict way in which this API reads JSON. No body is still no body: the schema says what is missing."""

    def load_json(self, req: Request, _schema: ma.Schema) -> Any:
        """The body as a JSON object; ``missing`` without one, or when it says to be something else.

        Raises:
            InputError: says what is wrong with it.
        """
        if not is_json_request(req):
            return missing
        raw = req.get_data(cache=True)
        return strict_json(raw) if raw else missing


class Resource(Blueprint):
    """The operations on one kind of thing. Each needs a token, except those that are marked :meth:`for_everyone`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_request(_ask_who)

    def for_everyone(self, view: View) -> View:
        """Decorate a view, innermost: it needs no token, and the OpenAPI document says so."""
        open_view: View = self.doc(security=[])(view)
        setattr(open_view, _PUBLIC, True)
        return open_view


def _ask_who() -> None:
    """Refuse whoever has no good token, before a byte of the body is read.

    Raises:
        UnauthenticatedError: as ``auth.actor``.
    """
    view = current_app.view_functions[request.endpoint or ""]
    if request.method != "OPTIONS" and not getattr(view, _PUBLIC, False):
        actor()
