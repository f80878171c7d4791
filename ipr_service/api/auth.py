"""Who calls the API: a bearer token, never a cookie."""

from __future__ import annotations

from flask import g, request

from ipr_service.api.place import context
from ipr_service.errors import N_, UnauthenticatedError
from ipr_service.services.access import Actor
from ipr_service.services.tokens import actor_of_token


def well_formed(key: str) -> bool:
    """Whether this may be an Idempotency-Key."""
    return 1 <= len(key) <= 255 and key.isascii() and key.isprintable()


def actor() -> Actor:
    """The actor of this request, from ``Authorization: Bearer ipr_live_…``; cookies are not looked at.

    Raises:
        UnauthenticatedError: no token, or one that is unknown, expired or revoked: the same answer for all.
    """
    if "api_actor" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError(N_("Send an API token: Authorization: Bearer ipr_live_…"))
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        known = key if key is not None and well_formed(key) else None  # the verb says what is wrong with another
        g.api_actor = actor_of_token(context(), token.strip(), g.get("request_id", ""), known)
    acting: Actor = g.api_actor
    return acting
