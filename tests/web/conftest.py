"""A browser without a screen: the application over a real house, and forms sent as a browser sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ipr_service.app import create_app
from ipr_service.services.context import Context
from tests.support.house import PASSWORD

_HIDDEN = re.compile(r'name="(csrf_token|form_id)" value="([^"]+)"')


@dataclass
class Browser:
    """Keeps cookies, follows nothing by itself."""

    client: FlaskClient

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(address, headers=headers)

    def hidden(self, address: str) -> dict[str, str]:
        """The hidden fields of the last form on a page (a page's own form stands before the language's; ids are per form)."""
        return dict(_HIDDEN.findall(self.client.get(address).get_data(as_text=True)))

    def send(self, address: str, page: str | None = None, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Send a form that stands on ``page`` (default: at its own address)."""
        hidden = {"form_id": "0" * 20, **self.hidden(page or address)}
        return self.client.post(address, data={**hidden, **fields}, headers=headers or {})

    def sign_up(self, name: str = "Sara", **fields: str) -> TestResponse:
        return self.send("/signup", name=name, email=f"{name.lower()}@example.org", password=PASSWORD, **fields)


@pytest.fixture
def app(sqlite_ctx: Context) -> Flask:
    return create_app(ctx=sqlite_ctx)


@pytest.fixture
def sara(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def guest(app: Flask) -> Browser:
    return Browser(app.test_client())
