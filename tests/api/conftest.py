"""The API as a client sees it: in process, with tokens made as a person makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ipr_service.app import create_app
from ipr_service.services import tokens
from ipr_service.services.access import SCOPES, Actor
from ipr_service.services.context import Context


@pytest.fixture
def app(sqlite_ctx: Context) -> Flask:
    """The whole application over a fresh house."""
    return create_app(ctx=sqlite_ctx)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


@pytest.fixture
def bearer(sqlite_ctx: Context) -> Callable[..., dict[str, str]]:
    """Headers with a fresh token of an actor: ``bearer(sara)``, ``bearer(sara, "ideas:read")``."""

    def make(actor: Actor, *scopes: str, **more: Any) -> dict[str, str]:
        made = tokens.create(sqlite_ctx, actor, name="test", scopes=scopes or tuple(SCOPES), **more)
        return {"Authorization": f"Bearer {made.token}"}

    return make
