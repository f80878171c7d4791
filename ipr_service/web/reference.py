"""For programmers: the API's reference as a page, made from the OpenAPI document, and what each problem code means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, current_app

from ipr_service.errors import ServiceError
from ipr_service.web.pages import render

pages = Blueprint("reference", __name__)


@dataclass(frozen=True)
class Operation:
    """One row of the reference."""

    method: str
    path: str
    summary: str
    open_to_all: bool


def _document() -> dict[str, Any]:
    found: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return found


def _codes() -> dict[str, type[ServiceError]]:
    """Every code of the error tree, by its nearest class to the root."""
    waiting: list[type[ServiceError]] = [ServiceError]
    found: dict[str, type[ServiceError]] = {}
    while waiting:
        error = waiting.pop(0)
        found.setdefault(error.code, error)
        waiting += error.__subclasses__()
    return found


@pages.get("/developers")
def index() -> Response:
    """The API, operation by operation."""
    document = _document()
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "tags" in operation:
                said = operation.get("summary", "")
                groups[operation["tags"][0]].append(Operation(method.upper(), path, said, operation.get("security") == []))
    about = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    return render("reference/index.html", groups=groups, about=about, version=document["info"]["version"])


@pages.get("/problems/<code>")
def problem(code: str) -> Response:
    """What a problem's ``type`` points to."""
    error = _codes().get(code)
    if error is None:
        abort(404)
    doc = " ".join((error.__doc__ or "").split())
    return render("reference/problem.html", code=code, title=error.title, doc=doc)
