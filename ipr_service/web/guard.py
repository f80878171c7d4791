"""What stands before and after every page: request id, session, CSRF with an origin check, and the security headers.

Policy: nothing inline, nothing from elsewhere, no framing. Every unsafe route of the site needs the CSRF token (Flask-WTF) and must
come from the site itself (Sec-Fetch-Site, else Origin). API and wire routes ignore cookies and are not guarded here.
Source: OWASP ASVS 5.0 sections 3.3 to 3.5; W3C Fetch Metadata; W3C CSP 3.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from prometheus_client import Counter

from ipr_service.errors import N_, ForbiddenError, UnauthenticatedError
from ipr_service.services.context import Context
from ipr_service.web import session as browser

log = structlog.get_logger()
REPORTS = Counter("ipr_csp_reports", "Reports of browsers that our content security policy stopped something")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "report-uri /csp-report",
    )
)
WORKER = "hash-worker.js"
WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; report-uri /csp-report"
"""Of the worker that reads people's files: it may compile WebAssembly of ours, which no page may, and may talk to nobody."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
reports = Blueprint("reports", __name__)


def secret_page() -> None:
    """Say, inside a view, that the address of this page is a secret: no Referer leaves it, nothing keeps it."""
    g.secret_page = True


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in LOOPBACK


def refuse_foreign(base_url: str) -> None:
    """Refuse an unsafe request that another site caused.

    What the request says of itself (``Host``) is no proof: the site is where the settings say it is. A page whose address is secret
    sends ``Origin: null`` (its referrer policy says so); then Sec-Fetch-Site decides, and where a browser sends neither, the CSRF
    token alone.

    Raises:
        ForbiddenError: the request did not come from this site.
    """
    if request.method not in UNSAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = {_origin(base_url)}
    if _is_loopback(base_url) and _is_loopback(request.host_url):  # the demo answers to localhost and 127.0.0.1, on any port
        ours.add(_origin(request.host_url))
    foreign = site not in {"same-origin", "none"} if site is not None else origin not in {None, "null"} and str(origin).lower() not in ours
    if foreign or (origin not in {None, "null"} and str(origin).lower() not in ours):
        raise ForbiddenError(N_("This request came from another site and was not carried out. Open the page here and send it again."))


def _no_files_from_strangers() -> None:
    """Whoever was logged out meanwhile is told so, and not that the files are too large: only who is logged in may send many.

    Raises:
        UnauthenticatedError: nobody is logged in, and more was sent than strangers may send.
    """
    taken = current_app.extensions["bodies"].get(request.endpoint)
    if taken is not None and taken.known and g.visitor is None and (request.content_length or 0) > (request.max_content_length or 0):
        raise UnauthenticatedError(N_("Please log in first."))


def guard(app: Flask, ctx: Context, blueprints: frozenset[str]) -> None:
    """Guard every view of these blueprints, and give headers to every answer of the site."""
    csrf = CSRFProtect()
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # we call it ourselves, for pages only: the API knows no cookies
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)  # its Referer check is done better by refuse_foreign
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # as long as the session
    csrf.init_app(app)

    @app.before_request
    def _before() -> None:
        if request.blueprint is not None and request.blueprint not in blueprints:
            return
        if request.endpoint == "static":
            return
        browser.recognise(ctx)
        if request.blueprint in blueprints:
            _no_files_from_strangers()
            refuse_foreign(ctx.settings.base_url)
            csrf.protect()

    @app.after_request
    def _after(response: Response) -> Response:
        if request.blueprint is not None and request.blueprint not in blueprints:
            return response
        if request.endpoint == "static" and (request.view_args or {}).get("filename") == WORKER:
            response.headers["Content-Security-Policy"] = WORKER_POLICY
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Referrer-Policy", "no-referrer" if g.get("secret_page") else "same-origin")
        if ctx.settings.secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        elif "v" in request.args:  # the address carries a stamp of the content
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@reports.post("/csp-report")
def csp_report() -> Response:
    """A browser tells that the policy stopped something. We log what kind, never an address that may hold a secret."""
    REPORTS.inc()
    try:
        sent = json.loads(request.get_data(cache=False, as_text=True)[:8192] or "{}")
        body = sent.get("csp-report", {}) if isinstance(sent, dict) else {}
        directive = str(body.get("effective-directive") or body.get("violated-directive") or "")[:60] if isinstance(body, dict) else ""
    except (ValueError, RecursionError):
        directive = ""
    log.warning("csp.report", directive=directive)
    return Response(status=204)
