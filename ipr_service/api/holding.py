"""Whose an idea is and who may see it: pass it on, open it to everybody, erase it; and what anybody may see."""

from __future__ import annotations

from typing import Any

from flask import Response

from ipr_service.api.auth import actor
from ipr_service.api.ideas import receipt_fields
from ipr_service.api.idempotency import once
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import holding as schemas
from ipr_service.api.schemas.ideas import Receipt
from ipr_service.api.sending import stored
from ipr_service.services import erasing, library, publication, transferring

blueprint = Resource("holding", __name__, url_prefix="", description="Whose an idea is, and who may see it")
_IDEA = "/ideas/<string(length=26):idea_id>"
_PUBLIC = "/public/<string(length=26):idea_id>/<int:number>"


@blueprint.get(f"{_IDEA}/transfers")
@blueprint.response(200, schemas.Transfer(many=True))
def transfers(idea_id: str) -> Any:
    """List the offers of an idea to other organisations, newest first."""
    return transferring.offers(context(), actor(), idea_id)


@blueprint.post(f"{_IDEA}/transfers")
@once
@blueprint.arguments(schemas.OfferTransfer)
@blueprint.response(201, schemas.Transfer)
def offer(order: dict[str, Any], idea_id: str) -> Any:
    """Offer an idea, whole and with its history, to another organisation. It moves the registration and assigns no rights."""
    transfer_id = transferring.offer(context(), actor(), idea_id, order["email"])
    return next(one for one in transferring.offers(context(), actor(), idea_id) if one.id == transfer_id)


@blueprint.post(f"{_IDEA}/transfers/<string(length=26):transfer_id>/withdraw")
@once
@blueprint.response(204)
def withdraw(idea_id: str, transfer_id: str) -> None:
    """Take an offer back."""
    transferring.withdraw(context(), actor(), idea_id, transfer_id)


@blueprint.get(f"{_IDEA}/publications")
@blueprint.response(200, schemas.Publication(many=True))
def publications(idea_id: str) -> Any:
    """List what was opened to everybody, newest first."""
    return publication.acts(context(), actor(), idea_id)


@blueprint.post(f"{_IDEA}/publications")
@once
@blueprint.arguments(schemas.Publish)
@blueprint.response(201, Receipt)
def publish(order: dict[str, Any], idea_id: str) -> Any:
    """Open chosen parts of a version to everybody; the rest stays sealed. Logged. There is no way back."""
    return receipt_fields(publication.publish(context(), actor(), idea_id, order["version"], order["positions"]))


@blueprint.post(f"{_IDEA}/publications/<string(length=26):publication_id>/close")
@once
@blueprint.response(204)
def close(idea_id: str, publication_id: str) -> None:
    """Take an opened part off the public page."""
    publication.close(context(), actor(), idea_id, publication_id)


@blueprint.post(f"{_IDEA}/erasure")
@once
@blueprint.arguments(schemas.Erase)
@blueprint.response(204)
def erase(order: dict[str, Any], idea_id: str) -> None:
    """Erase what the service keeps of an idea: keys, salts, files, names. The log stays; a kept bundle still proves."""
    found = library.idea(context(), actor(), idea_id, "erase")
    erasing.confirm(found.line.label, order["label"])
    erasing.erase_idea(context(), actor(), idea_id)


@blueprint.get(_PUBLIC)
@blueprint.response(200, schemas.Public)
@blueprint.for_everyone
def public(idea_id: str, number: int) -> Any:
    """What anybody may see of a version."""
    return publication.look(context(), idea_id, number)


@blueprint.get(f"{_PUBLIC}/files/<int:position>")
@blueprint.response(200, content_type="application/octet-stream")
@blueprint.for_everyone
def public_file(idea_id: str, number: int, position: int) -> Response:
    """Download an opened file; takes Range."""
    return stored(publication.file(context(), idea_id, number, position))
