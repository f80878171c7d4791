"""Disclosures: offer an idea to one person behind an NDA, look at what was opened, revoke, and see who looked."""

from __future__ import annotations

import io
from typing import Any

from flask import Response

from ipr_service.api.auth import actor
from ipr_service.api.ideas import receipt_fields
from ipr_service.api.idempotency import once
from ipr_service.api.pages import PageQuery, page
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import disclosures as schemas
from ipr_service.api.schemas.ideas import LanguageQuery, Receipt
from ipr_service.api.sending import attachment, continues, stored
from ipr_service.services import disclosure, dossiers, revocation, sharing, viewing
from ipr_service.services.disclosure import Chosen, OfferDisclosure

blueprint = Resource("disclosures", __name__, url_prefix="/disclosures", description="Ideas shown to a named person behind an NDA")
_ID = "/<string(length=26):disclosure_id>"


def _line(line: sharing.Line) -> dict[str, Any]:
    return {**vars(line), "idea_id": line.idea_id if line.side == sharing.GIVEN else None}


@blueprint.get("")
@blueprint.arguments(schemas.DisclosuresQuery, location="query")
@blueprint.response(200, schemas.Disclosure(many=True))
def disclosures(query: dict[str, Any]) -> Any:
    """List what you show to others and what is shown to you, newest first."""
    ctx, who = context(), actor()

    def load(before: str | None, count: int) -> list[sharing.Line]:
        return sharing.disclosures(ctx, who, before=before, count=count, idea_id=query["idea_id"], side=query["side"])

    shown, headers = page(query, load, lambda line: line.id)
    return [_line(line) for line in shown], 200, headers


@blueprint.post("")
@once
@blueprint.arguments(schemas.OfferDisclosure)
@blueprint.response(201, schemas.Offered)
def offer(order: dict[str, Any]) -> Any:
    """Offer an idea to one person. The NDA is drafted, the person is invited by mail; nothing opens before everybody has signed."""
    items = tuple(Chosen(**one) for one in order.pop("items"))
    made = disclosure.offer(context(), actor(), OfferDisclosure(**order, items=items))
    return made, 201, {"Location": f"/api/v1/disclosures/{made.disclosure_id}"}


@blueprint.get(f"{_ID}/bundles")
@blueprint.arguments(LanguageQuery, location="query")
@blueprint.response(200, content_type="application/zip")
def bundles(query: dict[str, Any], disclosure_id: str) -> Response:
    """Download the proof bundles of everything logged of a disclosure, in one ZIP file: what was opened to whom, and who looked."""
    out = io.BytesIO()
    dossiers.write_disclosure(context(), actor(), disclosure_id, out, language=query["language"])
    return attachment(out.getvalue(), "application/zip", "disclosure-proofs.zip")


@blueprint.get(_ID)
@blueprint.response(200, schemas.DisclosureDetails)
def details(disclosure_id: str) -> Any:
    """Look at one disclosure, as your side may see it."""
    found = sharing.details(context(), actor(), disclosure_id)
    return {**vars(found), **_line(found.line)}


@blueprint.post(f"{_ID}/items")
@once
@blueprint.arguments(schemas.AddItems)
@blueprint.response(201, Receipt(many=True))
def add_items(order: dict[str, Any], disclosure_id: str) -> Any:
    """Show more of the idea while it is open, for example a version registered later. Logged."""
    items = [Chosen(**one) for one in order["items"]]
    return [receipt_fields(receipt) for receipt in disclosure.add_items(context(), actor(), disclosure_id, items)]


@blueprint.post(f"{_ID}/invitation")
@once
@blueprint.response(204)
def invite_again(disclosure_id: str) -> None:
    """Send the invitation again; earlier links stop working."""
    disclosure.invite_again(context(), actor(), disclosure_id)


@blueprint.post(f"{_ID}/revoke")
@once
@blueprint.response(200, schemas.Revoked)
def revoke(disclosure_id: str) -> Any:
    """End access now, for ever. Logged if something was open. The NDA stays in force."""
    return {"revoked_at": revocation.revoke(context(), actor(), disclosure_id)}


@blueprint.get(f"{_ID}/versions/<int:number>")
@blueprint.response(200, schemas.Subject)
def subject(disclosure_id: str, number: int) -> Any:
    """Read title and description of an opened version, and the names of its opened files. The view is recorded and logged first."""
    return viewing.look(context(), actor(), disclosure_id, number)


@blueprint.get(f"{_ID}/versions/<int:number>/files/<int(min=1):position>")
@blueprint.response(200, content_type="application/octet-stream")
def file(disclosure_id: str, number: int, position: int) -> Response:
    """Download an opened file; takes Range. The view is recorded and logged before the first byte."""
    return stored(viewing.file(context(), actor(), disclosure_id, number, position, continues=continues()))


@blueprint.get(f"{_ID}/accesses")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Access(many=True))
def accesses(query: dict[str, Any], disclosure_id: str) -> Any:
    """Who looked at what, newest first."""
    ctx, who = context(), actor()

    def load(before: str | None, count: int) -> list[sharing.Access]:
        return sharing.accesses(ctx, who, disclosure_id, before=before, count=count)

    shown, headers = page(query, load, lambda one: one.id)
    return shown, 200, headers


@blueprint.get(f"{_ID}/accesses.csv")
@blueprint.response(200, content_type="text/csv")
def accesses_csv(disclosure_id: str) -> Response:
    """The same as CSV, whole; no cell is a formula."""
    body = sharing.accesses_csv(context(), actor(), disclosure_id, actor().language)
    return attachment(body, "text/csv; charset=utf-8", "accesses.csv")
