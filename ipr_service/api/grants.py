"""Licence grants: results, the register, the check beside what stands; and the check of a file without any collaboration."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import Any

from flask import Response, request

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import grants as schemas
from ipr_service.api.schemas.ideas import LanguageQuery
from ipr_service.api.sending import attachment
from ipr_service.rights import grant_file
from ipr_service.rights.grant_answer import Say, answer_data
from ipr_service.rights.grant_terms import grant_data
from ipr_service.services import dossiers, exporting, granting, grants, licensing, results
from ipr_service.services.granting import Record
from ipr_service.services.grants import GrantLine
from ipr_service.services.languages import say
from ipr_service.services.licensing import Licensed
from ipr_service.services.results import AddResult

blueprint = Resource("grants", __name__, url_prefix="", description="Results and licence grants")
_ID = "/collaborations/<string(length=26):collaboration_id>"
_GRANT = f"{_ID}/grants/<string(length=26):grant_id>"


def _language() -> str:
    return request.accept_languages.best_match(context().settings.languages) or "en"


def _say() -> Say:
    """The catalogue of the caller's language, for the sentences beside the data."""
    return partial(say, _language())


@blueprint.post("/grants/check")
@once
@blueprint.arguments(schemas.GrantFile)
@blueprint.response(200, schemas.Answer)
def check_file(order: dict[str, Any]) -> Any:
    """Check a grant file (docs/grants.md). Nothing is stored."""
    order = {"fields" if name == "fields_" else name: value for name, value in order.items()}
    described = grant_file.load(json.dumps(order, ensure_ascii=False))
    today = context().now().date()
    return answer_data(grant_file.check(described.grants, described.assets, described.acts, today), _say())


@blueprint.get(f"{_ID}/results")
@blueprint.response(200, schemas.Result(many=True))
def list_results(collaboration_id: str) -> Any:
    """List the results of a collaboration."""
    return list(results.results(context(), actor(), collaboration_id))


@blueprint.post(f"{_ID}/results")
@once
@blueprint.arguments(schemas.AddResult)
@blueprint.response(201, schemas.Made)
def add_result(order: dict[str, Any], collaboration_id: str) -> Any:
    """List a result: a right that grants can be about."""
    components = tuple((one["name"], one["expression"]) for one in order.pop("components"))
    chosen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in order.items()}
    return {"id": results.add_result(context(), actor(), collaboration_id, AddResult(**chosen, components=components))}


@blueprint.delete(f"{_ID}/results/<string(length=26):result_id>")
@blueprint.response(204)
def withdraw_result(collaboration_id: str, result_id: str) -> None:
    """Take a result off the register; it stays on record."""
    results.withdraw_result(context(), actor(), collaboration_id, result_id)


def _record(order: dict[str, Any]) -> Record:
    terms = {"from" if name == "begins" else name: value for name, value in order["terms"].items()}
    return Record(terms, order["grantee_name"], order["replaces"])


def _line(line: GrantLine) -> dict[str, Any]:
    done = {kind: dict(days) for kind in ("signed", "notified", "offered", "declined") if (days := getattr(line.acts, kind))}
    acts = {kind: {party: day.isoformat() for party, day in days.items()} for kind, days in done.items()}
    return {**vars(line), "terms": grant_data(line.grant), "grantee_name": line.grantee, "acts": acts}


@blueprint.get(f"{_ID}/grants")
@blueprint.response(200, schemas.Register)
def register(collaboration_id: str) -> Any:
    """Look at the register of grants, with conflicts, authority and gaps as they are today."""
    found = grants.register(context(), actor(), collaboration_id)
    return {"grants": [_line(line) for line in found.lines], "answer": answer_data(found.checked.answer, _say())}


@blueprint.post(f"{_ID}/grants")
@once
@blueprint.arguments(schemas.Record)
@blueprint.response(201, schemas.Grant)
def record(order: dict[str, Any], collaboration_id: str) -> Any:
    """Record a grant, or put one in the place of another. A conflict does not stop it: ``known`` says what the check found."""
    made = granting.record(context(), actor(), collaboration_id, _record(order))
    line = grants.line_of(grants.register(context(), actor(), collaboration_id), made)
    return _line(line), 201, {"Location": f"/api/v1/collaborations/{collaboration_id}/grants/{made}"}


@blueprint.post(f"{_ID}/grants/check")
@once
@blueprint.arguments(schemas.Record)
@blueprint.response(200, schemas.Answer)
def check(order: dict[str, Any], collaboration_id: str) -> Any:
    """See what a grant would do beside those that stand. Nothing is stored."""
    return answer_data(granting.check(context(), actor(), collaboration_id, _record(order)).answer, _say())


@blueprint.get(_GRANT)
@blueprint.response(200, schemas.Grant)
def show(collaboration_id: str, grant_id: str) -> Any:
    """Look at one grant."""
    return _line(grants.line_of(grants.register(context(), actor(), collaboration_id), grant_id))


@blueprint.delete(_GRANT)
@blueprint.response(204)
def withdraw(collaboration_id: str, grant_id: str) -> None:
    """End a grant without another in its place; it stays on record."""
    granting.withdraw(context(), actor(), collaboration_id, grant_id)


@blueprint.get(f"{_GRANT}/bundles")
@blueprint.arguments(LanguageQuery, location="query")
@blueprint.response(200, content_type="application/zip")
def bundles(query: dict[str, Any], collaboration_id: str, grant_id: str) -> Response:
    """Download the proof bundles of everything logged of a grant, in one ZIP file: what was recorded, what was done, how it ended."""
    out = io.BytesIO()
    dossiers.write_grant(context(), actor(), collaboration_id, grant_id, out, language=query["language"])
    return attachment(out.getvalue(), "application/zip", "grant-proofs.zip")


@blueprint.post(f"{_GRANT}/acts")
@once
@blueprint.arguments(schemas.Act)
@blueprint.response(204)
def act(order: dict[str, Any], collaboration_id: str, grant_id: str) -> None:
    """Record that a party signed, was told, was offered the share, or declined it."""
    granting.act(context(), actor(), collaboration_id, grant_id, order["kind"], order["party_id"], order["day"])


@blueprint.get("/ideas/<string(length=26):idea_id>/licences")
@blueprint.response(200, schemas.Licensed(many=True))
def licences(idea_id: str) -> Any:
    """List the licences in an idea: the registers in which it stands, each with its grants."""
    return [_licensed(one) for one in licensing.licences(context(), actor(), idea_id)]


@blueprint.post("/ideas/<string(length=26):idea_id>/licences")
@once
@blueprint.arguments(schemas.OpenRegister)
@blueprint.response(201, schemas.Licensed)
def open_register(order: dict[str, Any], idea_id: str) -> Any:
    """Begin the register of licences of an idea that you hold by yourself; where there is one already, it is answered."""
    chosen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in order.items()}
    return _licensed(licensing.open_register(context(), actor(), idea_id, AddResult(**chosen)))


def _licensed(one: Licensed) -> dict[str, Any]:
    return {"collaboration_id": one.collaboration_id, "result_id": one.result_id, "grants": [_line(line) for line in one.lines]}


@blueprint.get(f"{_ID}/exports/<string:kind>")
@blueprint.response(200, content_type="application/octet-stream")
def export(collaboration_id: str, kind: str) -> Response:
    """Take ODRL, CRediT, schema.org, SPDX or a split sheet: ``odrl.jsonld``, ``credit.json``, ``schema.org.jsonld``, ``spdx.json``,
    ``split-sheet-100.csv`` (``-200``, ``.pdf``)."""
    made = exporting.export(context(), actor(), collaboration_id, kind, _language())
    return attachment(made.body, made.media_type, made.name)
