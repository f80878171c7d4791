"""Class 9: every page and every API operation, as every role of another organisation and as nobody, with the ids of others.

A foreign id must be answered like an id that does not exist, byte for byte but for the request's own number; and no answer may hold a word
of what the others own. A route with a placeholder that this test cannot fill fails it: whoever adds a kind of thing adds it to the world.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from ipr_service.app import create_app
from ipr_service.services import tokens
from ipr_service.services.access import SCOPES
from ipr_service.services.context import Context
from ipr_service.store.schema import Membership
from tests.support import world
from tests.support.house import PASSWORD, forget_limits, person

NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"  # a ULID that nothing has
# What is not a thing's id: words and secrets, the same for everybody.
WORDS = {
    "filename": "ipr.css",
    "path": "tile/0/000",
    "secret": "s" * 43,
    "code": "not-found",
    "kind": "nda-one-way",
    "language": "en",
    "form": "pdf",
}
ROLES = ("owner", "member", "advisor", "viewer")
_OWN = re.compile(r'urn:ipr:request:\w+|name="(?:csrf_token|form_id)" value="[^"]*"|[0-9A-HJKMNP-TV-Z]{26}|csrf-token" content="[^"]*"')


@dataclass(frozen=True)
class Visitor:
    """Somebody who is not of Mobili Rossi. ``send`` answers one request."""

    name: str
    send: Callable[[str, str], TestResponse]


@pytest.fixture
def things(sqlite_ctx: Context) -> world.Things:
    built = world.build(sqlite_ctx)
    forget_limits(sqlite_ctx)
    return built


@pytest.fixture
def app(sqlite_ctx: Context) -> Flask:
    return create_app(ctx=sqlite_ctx)


def _rules(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def _address(rule: Rule, parameters: dict[str, str]) -> str:
    address = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: parameters[found[1]], rule.rule)
    assert "<" not in address
    return address


def _visitors(app: Flask, ctx: Context) -> Iterator[Visitor]:
    nobody = app.test_client()
    yield Visitor("nobody", lambda method, address: nobody.open(address, method=method))
    eve = person(ctx, "Eve", organisation="Copy & Paste")
    browser = app.test_client()
    page = browser.get("/login").get_data(as_text=True)
    csrf = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    sent = {"email": "eve@example.org", "password": PASSWORD, "csrf_token": csrf, "form_id": "0" * 20}
    assert browser.post("/login", data=sent).status_code == 303
    csrf = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/account").get_data(as_text=True))[0]
    made = tokens.create(ctx, eve, name="all", scopes=tuple(SCOPES))
    bearer = {"Authorization": f"Bearer {made.token}"}
    program = app.test_client()
    for role in ROLES:
        with ctx.database.writing() as session:
            session.execute(update(Membership).where(Membership.organisation_id == eve.organisation_id).values(role=role))
        yield Visitor(f"browser as {role}", lambda method, address: browser.open(address, method=method, data={"csrf_token": csrf}))
        yield Visitor(
            f"token as {role}",
            lambda method, address: program.open(address, method=method, headers=bearer, json={} if method != "GET" else None),
        )


def _said(answer: TestResponse, address: str) -> tuple[int, str, str]:
    body = answer.get_data(as_text=True).replace(address, "ADDRESS")
    return answer.status_code, _OWN.sub("OWN", answer.headers.get("Location", "").replace(address, "ADDRESS")), _OWN.sub("OWN", body)


def test_every_placeholder_of_every_route_can_be_filled(app: Flask, things: world.Things) -> None:
    unknown = {name for _, rule in _rules(app) for name in rule.arguments} - set(things.parameters) - set(WORDS)
    assert unknown == set(), "add these to tests/support/world.py, or to WORDS when they are no ids"


def test_foreign_ids_are_answered_like_missing_ones_and_nothing_leaks(app: Flask, sqlite_ctx: Context, things: world.Things) -> None:
    real = {**WORDS, **things.parameters}
    missing = {**WORDS, **dict.fromkeys(things.parameters, NOWHERE), "number": "1", "position": "1"}
    leaks: list[str] = []
    for visitor in _visitors(app, sqlite_ctx):
        for method, rule in _rules(app):
            if rule.endpoint in OWN_BUSINESS or (visitor.name.startswith("token") != rule.rule.startswith("/api/")):
                continue
            foreign, absent = _address(rule, real), _address(rule, missing)
            forget_limits(sqlite_ctx)
            answers = [visitor.send(method, address) for address in (foreign, absent)]
            said = [_said(answer, address) for answer, address in zip(answers, (foreign, absent), strict=True)]
            where = f"{visitor.name}: {method} {rule.rule}"
            for answer in answers:
                answer.close()
            if rule.arguments and said[0] != said[1]:
                leaks.append(f"{where}: {said[0][0]} against {said[1][0]}")
            if world.CANARY in said[0][2] or "content-canary" in said[0][2]:
                leaks.append(f"{where}: holds what the others own")
            if answers[0].status_code >= 500:
                leaks.append(f"{where}: {answers[0].status_code}")
    assert leaks == [], "\n".join(leaks)


# Routes that end the visit itself, and figures that move with every request; everything else is driven.
OWN_BUSINESS = frozenset({"accounts.log_out", "accounts.revoke_sessions", "wire_health.metrics"})
