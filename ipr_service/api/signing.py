"""Sign by API: for a signatory whose token belongs to an account with her confirmed address. The code still goes to that mailbox.

Signing by a mailed link has no API: the link is for a person and a browser.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import agreements as schemas
from ipr_service.api.sending import attachment
from ipr_service.services import papers, signing
from ipr_service.services.signing import AsMember

blueprint = Resource("signing", __name__, url_prefix="/agreements", description="Read, confirm with a mailed code, sign or decline")
_ID = "/<string(length=26):agreement_id>/signing"


def _signer(agreement_id: str) -> AsMember:
    return AsMember(actor(), agreement_id)


@blueprint.get(_ID)
@blueprint.response(200, schemas.Page)
def look(agreement_id: str) -> Any:
    """What you are asked to sign: the document's digest, the consent text, how it stands."""
    return signing.look(context(), _signer(agreement_id))


@blueprint.get(f"{_ID}/document")
@blueprint.response(200, content_type=papers.PDF_TYPE)
def document(agreement_id: str) -> Response:
    """Open the exact PDF. Nobody signs what she did not open."""
    return attachment(signing.document_pdf(context(), _signer(agreement_id)), papers.PDF_TYPE, "document.pdf")


@blueprint.post(f"{_ID}/code")
@once
@blueprint.response(200, schemas.CodeSent)
def code(agreement_id: str) -> Any:
    """Mail a one-time code to your address."""
    return {"until": signing.request_code(context(), _signer(agreement_id))}


@blueprint.post(f"{_ID}/signature")
@once
@blueprint.arguments(schemas.Sign)
@blueprint.response(201, schemas.Signed)
def sign(order: dict[str, Any], agreement_id: str) -> Any:
    """Sign: a simple electronic signature, confirmed with the mailed code, logged."""
    done = signing.sign(context(), _signer(agreement_id), order["code"], order["document_sha256"], order["consent_id"])
    receipt = done.receipt
    return {"index": receipt.index, "commitment": receipt.commitment, "time": receipt.time, "executed": done.executed}


@blueprint.post(f"{_ID}/decline")
@once
@blueprint.arguments(schemas.Reason)
@blueprint.response(204)
def decline(order: dict[str, Any], agreement_id: str) -> None:
    """Decline, with a reason. Ends the signing for everybody."""
    signing.decline(context(), _signer(agreement_id), order["reason"])
