"""What stands before and after every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from ipr_service.app import create_app
from ipr_service.services.context import Context
from ipr_service.web.pages import local_address
from tests.support.house import build
from tests.web.conftest import Browser

PAGES = ("/", "/signup", "/login", "/reset", "/about", "/nowhere")


def _unsafe(app: Flask) -> list[str]:
    """Every address of a page that takes POST, with any id."""
    rules = (rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))
    ours = (
        rule for rule in rules if not rule.rule.startswith(("/api/", "/log", "/tsa", "/witness", "/csp-report", "/checkpoint", "/tile"))
    )
    return sorted(re.sub("<[^>]+>", "0" * 26, rule.rule) for rule in ours)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_forbids_inline_and_foreign_content_and_framing(sara: Browser, address: str) -> None:
    headers = sara.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_holds_inline_script_style_or_foreign_address(sara: Browser, address: str) -> None:
    page = sara.get(address).get_data(as_text=True)
    assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


def test_every_unsafe_route_refuses_a_post_without_the_token(app: Flask, sara: Browser) -> None:
    addresses = _unsafe(app)
    assert len(addresses) > 15
    sara.sign_up()
    for address in addresses:
        assert sara.client.post(address).status_code == 403, address


def test_every_unsafe_route_refuses_a_post_from_another_site(app: Flask, sara: Browser) -> None:
    sara.sign_up()
    hidden = sara.hidden("/account")
    for address in _unsafe(app):
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "null"},
        ):
            assert sara.client.post(address, data=hidden, headers=headers).status_code == 403, (address, headers)


def test_a_request_cannot_name_its_own_origin(sara: Browser) -> None:
    hidden = {"form_id": "0" * 20, **sara.hidden("/"), "language": "it"}
    evil = {"Host": "evil.example", "Origin": "http://evil.example"}
    token = sara.client.get_cookie("ipr")
    assert token is not None
    sara.client.set_cookie("ipr", token.value, domain="evil.example")
    assert sara.client.post("/language", data=hidden, headers=evil, base_url="http://evil.example").status_code == 403


def test_the_sites_own_origin_passes(sara: Browser) -> None:
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert sara.send("/language", page="/", headers=own, language="it").status_code == 303


def test_a_report_of_the_policy_is_counted_and_says_nothing_back(sara: Browser) -> None:
    for body in (b'{"csp-report": {"violated-directive": "script-src"}}', b"\xff\x00", b"[" * 5000, b'"x"'):
        answer = sara.client.post("/csp-report", data=body, content_type="application/csp-report")
        assert (answer.status_code, answer.data) == (204, b"")


def test_over_https_the_cookie_is_bound_to_the_host(sqlite_url: str, tmp_path: Path) -> None:
    ctx = build(sqlite_url, tmp_path / "data", base_url="https://ipr.example.org")
    cookie = create_app(ctx=ctx).test_client().get("/login", base_url="https://ipr.example.org").headers["Set-Cookie"]
    ctx.database.close()
    assert cookie.startswith("__Host-ipr=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_http_the_cookie_is_still_out_of_reach_of_scripts(sara: Browser) -> None:
    cookie = sara.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("ipr=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "evil", "/a\nb"]
)
def test_a_redirect_never_leaves_the_site(sara: Browser, address: str) -> None:
    assert local_address(address) is None
    answer = sara.send("/language", page="/", language="it", next=address)
    assert answer.headers["Location"] == "/"


def test_pages_ignore_an_api_token(app: Flask, sqlite_ctx: Context) -> None:
    answer = app.test_client().get("/account", headers={"Authorization": "Bearer ipr_live_x"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/account"
