"""How much of a request's body is read: little everywhere, much only where files arrive, and there only from whom the route is for.

The limit is asked for when the body is read, not before: by then the session or the token was looked at. It holds whether or not the
request says its length. It is no limit of the server in front (``cli/listening``), which knows neither addresses nor people.
Source: OWASP ASVS 5.0 section 5.2 (file upload); werkzeug "Dealing with Request Data".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Request, current_app, g

PLAIN = 1024**2
"""Bytes: the largest form or JSON. The largest description, every letter escaped, is half of it."""
NOTICE = 64 * 1024
"""Bytes: what machines send unasked (a browser's report, a time-stamp query)."""


@dataclass(frozen=True)
class Body:
    """What one endpoint takes.

    Args:
        largest: bytes, asked for with every request.
        files: only a multipart body may be this large; anything else is read into memory and keeps to ``PLAIN``.
        known: only from somebody who is logged in or sent a token.
    """

    largest: Callable[[], int]
    files: bool = True
    known: bool = True


class BoundedRequest(Request):
    """A request whose ``max_content_length`` follows from its endpoint."""

    @property
    def max_content_length(self) -> int | None:
        """Bytes that are read of this request at most; more is answered with 413."""
        if self._max_content_length is not None:
            return self._max_content_length
        bodies: Mapping[str, Body] = current_app.extensions["bodies"]
        taken = bodies.get(self.endpoint or "")
        if taken is None or (taken.files and self.mimetype != "multipart/form-data"):
            return PLAIN
        if taken.known and g.get("visitor") is None and g.get("api_actor") is None:
            return PLAIN
        return taken.largest()

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value


def bound(app: Flask, bodies: Mapping[str, Body]) -> None:
    """Let the application read no more than these endpoints say, and ``PLAIN`` everywhere else."""
    app.request_class = BoundedRequest
    app.extensions["bodies"] = bodies
    app.config["MAX_FORM_MEMORY_SIZE"] = PLAIN
