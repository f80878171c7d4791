"""The API, joined to the application: OpenAPI 3.1 at ``/api/v1/openapi.json``, bearer tokens, problems for every error."""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, Response, request
from flask_smorest import Api, Blueprint

from ipr_service.api import (
    agreements,
    collaborations,
    disclosures,
    grants,
    guide,
    holding,
    ideas,
    law,
    log,
    money,
    organisations,
    signing,
    verification,
)
from ipr_service.api.schemas.base import Problem
from ipr_service.services.context import Context

PREFIX = "/api/v1"
VERSION = "1.0.0"
_MARK = "api_"
RESOURCES: tuple[Blueprint, ...] = (
    ideas.blueprint,
    log.blueprint,
    organisations.blueprint,
    collaborations.blueprint,
    grants.blueprint,
    money.blueprint,
    guide.blueprint,
    disclosures.blueprint,
    holding.blueprint,
    agreements.blueprint,
    signing.blueprint,
    verification.blueprint,
    law.blueprint,
)
DESCRIPTION = """Show ideas without fear: register, share under an NDA, agree the split, draft, sign, verify.

Every POST takes an `Idempotency-Key`. Lists come in cursor pages with `Link: rel=next`. Errors are RFC 9457 problem documents with
stable codes. The API knows bearer tokens only, no cookies. Nothing here says that something is protected: it says what was proved, by whom,
when."""


class ProblemApi(Api):
    """flask-smorest, with problem documents instead of its own error format and handler (which drops Allow and Retry-After)."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """``app`` registers ours."""


def _schema_name(schema: Any) -> str:
    """``ideas.File``: each resource has words of its own, so that two may use the same one; what all share stands alone."""
    found = resolve_schema_cls(schema)
    kind = found[0] if isinstance(found, list) else found  # a list only for an ambiguous name, and we name classes
    module = kind.__module__.rpartition(".")[2]
    return kind.__name__ if module == "base" else f"{module}.{kind.__name__}"


def register(app: Flask, ctx: Context) -> None:
    """Add the resources and the OpenAPI document."""
    app.config.update(
        API_TITLE="IPR Service",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "ipr_live_… or ipr_test_…"}}},
            "security": [{"token": []}],
        },
    )
    api = ProblemApi(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})
    for resource in RESOURCES:
        api.register_blueprint(resource, name=f"{_MARK}{resource.name}", url_prefix=f"{PREFIX}{resource.url_prefix or ''}")
    _plain_tags(api)
    _say_problems(api)

    @app.after_request
    def _finish(response: Response) -> Response:
        from_api = response.headers
        if _is_api():
            from_api.setdefault("Cache-Control", "no-store")
            from_api.setdefault("X-Content-Type-Options", "nosniff")
            from_api.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        return response


def _plain_tags(api: Api) -> None:
    """Pages and resources share names; the mark that keeps their blueprints apart is no business of the document."""
    document = api.spec.to_dict()
    for tag in document.get("tags", []):
        tag["name"] = tag["name"].removeprefix(_MARK)
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "tags" in operation:
                operation["tags"] = [tag.removeprefix(_MARK) for tag in operation["tags"]]


def _say_problems(api: Api) -> None:
    """Every refusal is ``application/problem+json``, and the document says so: flask-smorest would say ``application/json``."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for response in api.spec.components.responses.values():
        response["content"] = problem
    for path in api.spec.to_dict()["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", {"description": "Refused", "content": problem})


def _is_api() -> bool:
    return request.path.startswith(f"{PREFIX}/")


def spec(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of a built application."""
    document: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return document
