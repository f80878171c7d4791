"""Ideas and contributions: register, list, look, prove."""

from __future__ import annotations

import tempfile
from typing import Any, cast

from flask import Response, request, send_file

from ipr_service.api.auth import actor
from ipr_service.api.body import order_of
from ipr_service.api.idempotency import once, once_by_rows
from ipr_service.api.pages import PageQuery, page
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import ideas as schemas
from ipr_service.api.sending import attachment
from ipr_service.services import bulk, dossiers, library, proving, registration
from ipr_service.services.intake import open_intake

blueprint = Resource("ideas", __name__, url_prefix="/ideas", description="Ideas and contributions, their versions and proofs")
IN_MEMORY = 1 << 20
_IDEA, _COMMITMENT, _COMMITMENTS = schemas.RegisterIdea(), schemas.RegisterCommitment(), schemas.RegisterCommitments()
_VERSION = schemas.ReviseCommitment()
_FILES = {
    "requestBody": {
        "content": {
            "application/json": {"schema": schemas.RegisterIdea},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "order": {"type": "string", "description": "JSON like the schema RegisterIdea"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                    "required": ["order"],
                }
            },
        },
        "required": True,
    }
}


def registered(made: registration.Registered) -> dict[str, Any]:
    """A receipt as the schemas give it."""
    return {"id": made.idea_id, "version": made.number, "receipt": receipt_fields(made.receipt)}


def receipt_fields(receipt: Any) -> dict[str, Any]:
    """What was promised about one entry, as the schema gives it."""
    return {
        "index": receipt.index,
        "commitment": receipt.commitment,
        "checkpoint_size": receipt.checkpoint_size,
        "checkpoint": receipt.checkpoint_note.decode(),
        "time": receipt.time,
    }


def _version(version: library.VersionDetails) -> dict[str, Any]:
    return {**vars(version), "files": [vars(file) for file in version.files], "contributors": version.contributors}


def _take_in(idea_id: str | None) -> registration.Registered:
    """A registration from multipart (``order`` and ``files``) or JSON (no files)."""
    ctx, who = context(), actor()
    intake = open_intake(ctx, who, idea_id)
    try:
        order = order_of(_IDEA)
        for file in request.files.getlist("files"):
            intake.take(file.filename or "", file.mimetype, file.stream)
    except BaseException:
        intake.abort()
        raise
    named = tuple(registration.NamedContributor(**one) for one in order.pop("contributors"))
    return registration.register_idea(ctx, who, registration.RegisterIdea(**order, contributors=named), intake)


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Idea(many=True))
def ideas(query: dict[str, Any]) -> Any:
    """List the ideas that you may see, newest first."""
    ctx, who = context(), actor()
    shown, headers = page(query, lambda before, count: library.ideas(ctx, who, before=before, count=count), lambda line: line.id)
    return shown, 200, headers


@blueprint.response(201, schemas.Registered)
def _first_version(idea_id: str) -> Any:
    """The answer to the registration of ``idea_id`` again: it follows from its first version, which never changes."""
    receipt = proving.receipt_of(context(), actor(), idea_id, 1)
    return registered(registration.Registered(idea_id, "", 1, receipt)), 201, {"Location": f"/api/v1/ideas/{idea_id}"}


@blueprint.post("")
@once_by_rows(_first_version)
@blueprint.response(201, schemas.Registered)
@blueprint.doc(**_FILES)
def register() -> Any:
    """Register an idea: title, description, contributors, files. Answers with the receipt once it is on the disk."""
    made = _take_in(None)
    return registered(made), 201, {"Location": f"/api/v1/ideas/{made.idea_id}"}


@blueprint.post("/commitments")
@once_by_rows(_first_version)
@blueprint.response(201, schemas.Registered)
@blueprint.doc(requestBody={"content": {"application/json": {"schema": schemas.RegisterCommitment}}, "required": True})
def register_commitment() -> Any:
    """Register 32 bytes made on your side (hash-only): no title, no name, no file reaches the service."""
    order = order_of(_COMMITMENT)
    made = registration.register_commitment(context(), actor(), order["commitment"], kind=order["kind"])
    return registered(made), 201, {"Location": f"/api/v1/ideas/{made.idea_id}"}


def _bulk(receipts: bulk.Receipts) -> dict[str, Any]:
    lines = [{"id": line.idea_id, "index": line.index, "commitment": line.commitment} for line in receipts.lines]
    return {**vars(receipts), "checkpoint": receipts.checkpoint_note.decode(), "receipts": lines}


@blueprint.response(201, schemas.BulkReceipts)
def _same_receipts(_first: str) -> Any:
    """The answer to a bulk registration again: the request itself says which commitments it was about."""
    return _bulk(bulk.receipts_again(context(), actor(), order_of(_COMMITMENTS)["commitments"]))


@blueprint.post("/commitments/bulk")
@once_by_rows(_same_receipts)
@blueprint.response(201, schemas.BulkReceipts)
@blueprint.doc(requestBody={"content": {"application/json": {"schema": schemas.RegisterCommitments}}, "required": True})
def register_commitments() -> Any:
    """Register up to 10,000 commitments in one call, each as an idea of its own with its own receipt. All of them or none."""
    order = order_of(_COMMITMENTS)
    return _bulk(bulk.register_commitments(context(), actor(), order["commitments"], kind=order["kind"]))


@blueprint.get("/<string(length=26):idea_id>")
@blueprint.response(200, schemas.IdeaWithVersions)
def idea(idea_id: str) -> Any:
    """Look at an idea with all its versions."""
    found = library.idea(context(), actor(), idea_id)
    return {**vars(found.line), "history": [_version(version) for version in found.history]}


@blueprint.post("/<string(length=26):idea_id>/versions")
@once
@blueprint.response(201, schemas.Registered)
@blueprint.doc(**_FILES)
def revise(idea_id: str) -> Any:
    """Register a new version, chained to the newest one."""
    made = _take_in(idea_id)
    return registered(made), 201, {"Location": f"/api/v1/ideas/{made.idea_id}"}


@blueprint.response(201, schemas.Registered)
def _same_version(idea_id: str) -> Any:
    """The answer to the registration of a commitment as a version again: the request itself says which version it was."""
    made = bulk.receipts_again(context(), actor(), [order_of(_VERSION)["commitment"]])
    number = next(one.number for one in library.idea(context(), actor(), idea_id).history if one.commitment == made.lines[0].commitment)
    receipt = proving.receipt_of(context(), actor(), idea_id, number)
    return registered(registration.Registered(idea_id, "", number, receipt)), 201


@blueprint.post("/<string(length=26):idea_id>/versions/commitments")
@once_by_rows(_same_version)
@blueprint.response(201, schemas.Registered)
@blueprint.doc(requestBody={"content": {"application/json": {"schema": schemas.ReviseCommitment}}, "required": True})
def revise_commitment(idea_id: str) -> Any:
    """Register 32 bytes made on your side as the next version of an idea (hash-only)."""
    made = registration.register_commitment(context(), actor(), order_of(_VERSION)["commitment"], idea_id=idea_id)
    return registered(made), 201


@blueprint.get("/<string(length=26):idea_id>/receipt")
@blueprint.arguments(schemas.VersionQuery, location="query")
@blueprint.response(200, schemas.Receipt)
def receipt(query: dict[str, Any], idea_id: str) -> Any:
    """The receipt again, as it was first given."""
    return receipt_fields(proving.receipt_of(context(), actor(), idea_id, query["version"]))


@blueprint.get("/<string(length=26):idea_id>/bundle")
@blueprint.arguments(schemas.BundleQuery, location="query")
@blueprint.response(200, content_type="application/vnd.etsi.asic-e+zip")
def bundle(query: dict[str, Any], idea_id: str) -> Response:
    """Download the proof bundle (ASiC-E): everything that proves the registration without this service."""
    out = cast("Any", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - sent, and closed by Flask
    try:
        what = {"language": query["language"], "with_files": query["files"], "position": query["position"]}
        proving.write_bundle(context(), actor(), idea_id, query["version"], out, **what)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return send_file(out, "application/vnd.etsi.asic-e+zip", as_attachment=True, download_name="idea.asice")


@blueprint.get("/<string(length=26):idea_id>/history")
@blueprint.arguments(schemas.HistoryQuery, location="query")
@blueprint.response(200, content_type="application/zip")
def history(query: dict[str, Any], idea_id: str) -> Response:
    """Download the proof bundles of all versions in one ZIP file; ipr verify checks that they follow one another."""
    out = cast("Any", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - sent, and closed by Flask
    try:
        dossiers.write_history(context(), actor(), idea_id, out, language=query["language"], with_files=query["files"])
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return send_file(out, "application/zip", as_attachment=True, download_name="idea-versions.zip")


@blueprint.get("/<string(length=26):idea_id>/certificate")
@blueprint.arguments(schemas.CertificateQuery, location="query")
@blueprint.response(200, content_type="application/pdf")
def certificate(query: dict[str, Any], idea_id: str) -> Response:
    """Download the one-page certificate (PDF)."""
    body = proving.certificate_of(context(), actor(), idea_id, query["version"], query["language"])
    return attachment(body, "application/pdf", "certificate.pdf")


@blueprint.get("/<string(length=26):idea_id>/versions/<int:number>/files/<int:position>")
@blueprint.response(200, content_type="application/octet-stream")
def file(idea_id: str, number: int, position: int) -> Response:
    """Download a kept file of an own idea; takes Range."""
    found = library.file_content(context(), actor(), idea_id, number, position)
    return send_file(
        cast("Any", found.reader),
        "application/octet-stream",
        as_attachment=True,
        download_name=found.line.name,
        conditional=True,
        etag=False,
    )
