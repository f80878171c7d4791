"""Organisations, members and invitations as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Moment, Strict, Text, identifier

ROLES = ("owner", "member", "advisor", "viewer")


class Organisation(Strict):
    """An organisation in whose name the token may act."""

    id = identifier()
    name = fields.String()
    kind = fields.String(metadata={"description": "personal, company, cluster or public"})
    country = fields.String(allow_none=True, metadata={"description": "ISO 3166-1 alpha-2"})
    registration_number = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    role = fields.String(validate=validate.OneOf(ROLES), metadata={"description": "your own role in it"})


class Me(Strict):
    """Who the token acts as."""

    person_id = identifier()
    organisation_id = identifier()
    scopes = fields.List(fields.String())
    organisations = fields.List(fields.Nested(Organisation))


class Member(Strict):
    """A member and her role."""

    person_id = identifier()
    name = fields.String()
    email = fields.String()
    role = fields.String()
    since = Moment()


class SentInvitation(Strict):
    """An open invitation; only owners see these."""

    id = identifier()
    email = fields.String()
    role = fields.String()
    created_at = Moment()
    expires_at = Moment()


class OrganisationDetails(Strict):
    """An organisation with its members."""

    organisation = fields.Nested(Organisation)
    members = fields.List(fields.Nested(Member))
    invited = fields.List(fields.Nested(SentInvitation))


class Invite(Strict):
    """Whom to invite, as what."""

    email = Text(most=320, required=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    language = Text(most=8, load_default="en", metadata={"description": "of the mail"})


class ChangeRole(Strict):
    """The new role of a member."""

    role = fields.String(required=True, validate=validate.OneOf(ROLES))
