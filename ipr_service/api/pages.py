"""Cursor pages: ``limit`` 10 to 100, an opaque signed ``cursor``, ``Link: rel=next``.

A cursor names the last id seen (ids are ULIDs: newest first is one index walk), signed so that it cannot be made up and bound to the
operation, so that it cannot be carried elsewhere.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, request

from ipr_service.api.place import context
from ipr_service.errors import N_, InputError, PreconditionRequiredError, StaleError

T = TypeVar("T")
SMALLEST, LARGEST, USUAL = 10, 100, 25


class PageQuery(ma.Schema):
    """Query of every list."""

    class Meta:
        unknown = ma.RAISE

    limit = ma.fields.Integer(
        load_default=USUAL, validate=ma.validate.Range(SMALLEST, LARGEST), metadata={"description": "items in one page, 10 to 100"}
    )
    cursor = ma.fields.String(
        load_default=None, validate=ma.validate.Length(max=200), metadata={"description": "opaque; from the Link header of the page before"}
    )


def _sign(text: str) -> bytes:
    return hmac.digest(context().service_keys.cookie_secret, f"ipr/cursor/v1\n{request.path}\n{text}".encode(), sha256)[:16]


def _open(cursor: str) -> str:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        text = raw[16:].decode("ascii")
    except (ValueError, UnicodeError):
        text, raw = "", b""
    if not raw or not hmac.compare_digest(raw[:16], _sign(text)):
        raise InputError.at("/cursor", N_("This cursor is not from this list. Begin again without one."))
    return text


def page(
    query: dict[str, Any], load: Callable[[str | None, int], Sequence[T]], id_of: Callable[[T], str]
) -> tuple[list[T], dict[str, str]]:
    """One page and its headers.

    Args:
        query: the loaded :class:`PageQuery`.
        load: ``load(before, count)`` gives up to ``count`` items with ids below ``before`` (None: from the newest), newest first.
        id_of: the ULID of an item.
    """
    before = _open(query["cursor"]) if query["cursor"] else None
    items = list(load(before, query["limit"] + 1))
    shown, more = items[: query["limit"]], len(items) > query["limit"]
    if not more:
        return shown, {}
    text = id_of(shown[-1])
    cursor = urlsafe_b64encode(_sign(text) + text.encode()).rstrip(b"=").decode()
    link = f"{request.path}?{urlencode({'limit': query['limit'], 'cursor': cursor})}"
    return shown, {"Link": f'<{link}>; rel="next"'}


def etag(response: Response, revision: int) -> Response:
    """Put a revision number on an answer as its ETag."""
    response.set_etag(str(revision))
    return response


def expected_revision() -> int:
    """The revision that the client saw, from ``If-Match``: one strong ETag as a resource gave it.

    Raises:
        PreconditionRequiredError: no If-Match, or ``*``.
        StaleError: not an ETag of ours, so it matches nothing.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*":
        raise PreconditionRequiredError(N_("Send If-Match with the ETag that you saw, so that nobody's change is lost."))
    number = given.strip('"')
    if not given.startswith('"') or not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise StaleError(N_("This ETag matches no version. Load the resource again."))
    return int(number)
