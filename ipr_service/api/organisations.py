"""Who the token acts as, its organisation, members and invitations. Accounts, sessions and tokens themselves are a browser's business."""

from __future__ import annotations

from typing import Any

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import organisations as schemas
from ipr_service.services import access, organisations

blueprint = Resource("organisations", __name__, url_prefix="/organisations", description="Organisations, members, invitations")
_ID = "/<string(length=26):organisation_id>"


@blueprint.get("/me")
@blueprint.response(200, schemas.Me)
def me() -> Any:
    """Who the token acts as, and with which scopes."""
    who = actor()
    return {
        "person_id": access.require_person(who),
        "organisation_id": who.organisation_id,
        "scopes": sorted(who.scopes or ()),
        "organisations": organisations.mine(context(), who),
    }


@blueprint.get(_ID)
@blueprint.response(200, schemas.OrganisationDetails)
def details(organisation_id: str) -> Any:
    """Look at an organisation: its members and, for owners, the open invitations."""
    return organisations.details(context(), actor(), organisation_id)


@blueprint.post(f"{_ID}/invitations")
@once
@blueprint.arguments(schemas.Invite)
@blueprint.response(204)
def invite(order: dict[str, Any], organisation_id: str) -> None:
    """Invite somebody by mail; the link works once, within 14 days."""
    organisations.invite(context(), actor(), organisation_id, order["email"], order["role"], order["language"])


@blueprint.delete(f"{_ID}/invitations/<string(length=26):invitation_id>")
@blueprint.response(204)
def withdraw(organisation_id: str, invitation_id: str) -> None:
    """Take an open invitation back."""
    organisations.withdraw_invitation(context(), actor(), organisation_id, invitation_id)


@blueprint.put(f"{_ID}/members/<string(length=26):person_id>")
@blueprint.arguments(schemas.ChangeRole)
@blueprint.response(204)
def change_role(order: dict[str, Any], organisation_id: str, person_id: str) -> None:
    """Change a member's role. An organisation keeps at least one owner."""
    organisations.change_role(context(), actor(), organisation_id, person_id, order["role"])


@blueprint.delete(f"{_ID}/members/<string(length=26):person_id>")
@blueprint.response(204)
def remove(organisation_id: str, person_id: str) -> None:
    """Remove a member, or leave. An organisation keeps at least one owner."""
    organisations.remove(context(), actor(), organisation_id, person_id)
