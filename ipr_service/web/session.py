"""The browser's session: one cookie, HttpOnly, SameSite=Lax, named ``__Host-ipr`` over https.

The cookie is signed and holds the CSRF seed, flashed messages, the language chosen and the opaque token of a row in our own session
table (``services/sessions``): the row decides, so a session can be revoked. Idle 12 hours, absolute 14 days.
"""

from __future__ import annotations

from flask import Flask, Request, Response, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from ipr_service.services import sessions
from ipr_service.services.context import Context

_TOKEN = "t"  # noqa: S105 - a name, not a secret


class CookieSessions(SecureCookieSessionInterface):
    """Flask's sessions, without making keys for requests that carry no cookie: all those of machines."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def configure(app: Flask, ctx: Context) -> None:
    """Name and harden the cookie."""
    app.session_interface = CookieSessions()
    secure = ctx.settings.secure
    app.config.update(
        SESSION_COOKIE_NAME="__Host-ipr" if secure else "ipr",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_DOMAIN=None,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=sessions.ABSOLUTE,
    )


def recognise(ctx: Context) -> None:
    """Find out who is here; ``g.visitor`` is None for nobody."""
    token = session.get(_TOKEN)
    g.visitor = sessions.visitor(ctx, token, request_id=g.get("request_id", "")) if token else None
    if token and g.visitor is None:
        session.pop(_TOKEN, None)  # revoked or run out


def begin(token: str) -> None:
    """After log-in: a fresh cookie (nothing that was in it before stays, except the language)."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    session[_TOKEN] = token
    if language:
        session["language"] = language


def token() -> str | None:
    """The opaque token of this browser, if it is logged in."""
    found: str | None = session.get(_TOKEN)
    return found


def end() -> None:
    """Forget who is here."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
