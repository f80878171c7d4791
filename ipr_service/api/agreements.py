"""Agreements: draft, answer, preview as documents, finalise, name who signs, send, take back, download."""

from __future__ import annotations

from typing import Any

from flask import Response

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.pages import PageQuery, expected_revision, page
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import agreements as schemas
from ipr_service.api.sending import attachment
from ipr_service.services import agreements, drafting, papers, signing
from ipr_service.services.drafting import NamedSignatory

blueprint = Resource("agreements", __name__, url_prefix="/agreements", description="Agreements, from the interview to the executed text")
_ID = "/<string(length=26):agreement_id>"
ZIP = "application/zip"


def _details(agreement_id: str) -> Any:
    found = agreements.agreement(context(), actor(), agreement_id)
    return {**vars(found), **vars(found.line)}, 200, {"ETag": f'"{found.revision}"'}


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Agreement(many=True))
def list_agreements(query: dict[str, Any]) -> Any:
    """List the agreements that you may see, newest first."""
    ctx, who = context(), actor()
    shown, headers = page(query, lambda before, count: agreements.agreements(ctx, who, before=before, count=count), lambda line: line.id)
    return shown, 200, headers


@blueprint.get("/kinds")
@blueprint.response(200, schemas.Kind(many=True))
def kinds() -> Any:
    """List the kinds of agreement, each with its state of review."""
    actor()
    return [context().catalogue.kind(name) for name in context().catalogue.names()]


@blueprint.post("")
@once
@blueprint.arguments(schemas.CreateAgreement)
@blueprint.response(201, schemas.Made)
def create(order: dict[str, Any]) -> Any:
    """Draft an agreement, filled in with what the service knows."""
    named = tuple(NamedSignatory(**one) for one in order.pop("signatories"))
    made = drafting.create(context(), actor(), drafting.CreateAgreement(**order, signatories=named))
    return {"id": made}, 201, {"Location": f"/api/v1/agreements/{made}"}


@blueprint.get(_ID)
@blueprint.response(200, schemas.Details)
def details(agreement_id: str) -> Any:
    """Look at an agreement: how it stands, who signs, its final document."""
    return _details(agreement_id)


def _interview(agreement_id: str) -> Any:
    found = drafting.interview(context(), actor(), agreement_id)
    body = {
        "open": [{"pointer": one.pointer, "detail": str(one)} for one in found.problems],
        "questions": [
            {**vars(one.question), "value": one.value, "origin": one.origin, "source": one.source, "clauses": one.clauses}
            for one in found.questions
        ],
        "parties": found.answers.get("parties") or [],
    }
    return body, 200, {"ETag": f'"{found.revision}"'}


@blueprint.get(f"{_ID}/interview")
@blueprint.response(200, schemas.Interview)
def interview(agreement_id: str) -> Any:
    """What is asked, what is answered and where the answer comes from, what is still open."""
    return _interview(agreement_id)


@blueprint.patch(f"{_ID}/interview")
@blueprint.arguments(schemas.Answer)
@blueprint.response(200, schemas.Interview)
def answer(order: dict[str, Any], agreement_id: str) -> Any:
    """Answer questions. Send If-Match with the ETag that you saw."""
    drafting.answer(context(), actor(), agreement_id, order["answers"], expected_revision())
    return _interview(agreement_id)


@blueprint.put(f"{_ID}/signatories")
@blueprint.arguments(schemas.Signatories)
@blueprint.response(200, schemas.Details)
def name_signatories(order: dict[str, Any], agreement_id: str) -> Any:
    """Say who signs, in which order. Send If-Match with the ETag that you saw."""
    named = [NamedSignatory(**one) for one in order["signatories"]]
    drafting.name_signatories(context(), actor(), agreement_id, named, expected_revision())
    return _details(agreement_id)


@blueprint.post(f"{_ID}/finalise")
@once
@blueprint.response(201, schemas.Details)
def finalise(agreement_id: str) -> Any:
    """Make the final text, in Word and PDF; their digests go into the log."""
    drafting.finalise(context(), actor(), agreement_id)
    body, _, headers = _details(agreement_id)
    return body, 201, headers


@blueprint.post(f"{_ID}/reopen")
@once
@blueprint.response(204)
def reopen(agreement_id: str) -> None:
    """Take a final text that was not sent back into drafting."""
    drafting.reopen(context(), actor(), agreement_id)


@blueprint.post(f"{_ID}/send")
@once
@blueprint.arguments(schemas.Send)
@blueprint.response(204)
def send(order: dict[str, Any], agreement_id: str) -> None:
    """Send it to those who sign; each gets a link by mail, for this exact document."""
    signing.send(context(), actor(), agreement_id, order["mode"])


@blueprint.post(f"{_ID}/withdraw")
@once
@blueprint.arguments(schemas.Reason)
@blueprint.response(204)
def withdraw(order: dict[str, Any], agreement_id: str) -> None:
    """Take it back while it is not executed."""
    signing.withdraw(context(), actor(), agreement_id, order["reason"])


@blueprint.get(f"{_ID}/document.pdf")
@blueprint.response(200, content_type=papers.PDF_TYPE)
def pdf(agreement_id: str) -> Response:
    """Download the text as PDF; a draft says so in its footer."""
    return attachment(drafting.document(context(), actor(), agreement_id, "pdf"), papers.PDF_TYPE, "agreement.pdf")


@blueprint.get(f"{_ID}/document.docx")
@blueprint.response(200, content_type=papers.DOCX_TYPE)
def docx(agreement_id: str) -> Response:
    """Download the same text for Word."""
    return attachment(drafting.document(context(), actor(), agreement_id, "docx"), papers.DOCX_TYPE, "agreement.docx")


@blueprint.get(f"{_ID}/executed.pdf")
@blueprint.response(200, content_type=papers.PDF_TYPE)
def executed(agreement_id: str) -> Response:
    """Download the executed PDF: the signed document, the signature record, the service's seal."""
    return attachment(agreements.download(context(), actor(), agreement_id, "sealed"), papers.PDF_TYPE, "executed.pdf")


@blueprint.get(f"{_ID}/agreement-evidence.zip")
@blueprint.response(200, content_type=ZIP)
def evidence(agreement_id: str) -> Response:
    """Download the evidence file: it can be checked without this service."""
    return attachment(agreements.download(context(), actor(), agreement_id, "evidence"), ZIP, "agreement-evidence.zip")
