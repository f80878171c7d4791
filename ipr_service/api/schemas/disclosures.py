"""Disclosures as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.pages import PageQuery
from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, Truth, Whole, identifier

STATES = "drafting, signing, declined, signed, open, ended, revoked or lapsed"


class Chosen(Strict):
    """One thing of the idea."""

    version = Whole(least=1, most=1_000_000, required=True)
    position = Whole(least=0, most=1_000_000, required=True, metadata={"description": "0: title and description; else the file's position"})


class Party(Strict):
    """Facts of a party that the NDA asks for; what is left out is asked in the agreement's interview."""

    name = Text(most=300)
    natural_person = Truth()
    form = Text(most=80, metadata={"description": "legal form, in words"})
    reg_no = Text(most=80)
    seat = Text(most=300, metadata={"description": "address in one line"})
    country = Text(most=2, metadata={"description": "ISO 3166-1 alpha-2"})
    rep = Text(most=300, metadata={"description": "who signs for it"})
    capacity = Text(most=80)
    notice_email = Text(most=320)


class Terms(Strict):
    """Answers for the NDA beyond what the data gives."""

    discloser = fields.Nested(Party)
    recipient = fields.Nested(Party)
    law = Text(most=2, metadata={"description": "country whose law governs, ISO 3166-1 alpha-2"})
    courts = Text(most=120, metadata={"description": "a town"})


class OfferDisclosure(Strict):
    """What to show to whom."""

    idea_id = identifier(required=True)
    email = Text(most=320, required=True)
    name = Text(most=400, required=True)
    organisation = Text(most=400, load_default="", metadata={"description": "for whom the person works; empty when for herself"})
    items = fields.List(fields.Nested(Chosen), required=True, validate=validate.Length(min=1, max=100))
    purpose = Text(most=2000, load_default="", metadata={"description": "what it may be used for; one sentence"})
    ends_at = Moment(load_default=None, allow_none=True, metadata={"description": "when access ends; null for no end but revocation"})
    language = Text(most=8, load_default="en", metadata={"description": "of the mail and the NDA"})
    terms = fields.Nested(Terms, load_default=dict)


class Offered(Strict):
    """What was offered."""

    id = identifier(attribute="disclosure_id")
    agreement_id = identifier()
    open_questions = fields.List(
        fields.String(), metadata={"description": "pointers of what the NDA still asks; while there are any, it was not sent to be signed"}
    )


class Disclosure(Strict):
    """A disclosure in a list. The recipient sees the neutral label, never a title."""

    id = identifier()
    side = fields.String(metadata={"description": "given or received"})
    idea_id = fields.String(allow_none=True, metadata={"description": "for the owner"})
    label = fields.String()
    title = fields.String(allow_none=True)
    state = fields.String(metadata={"description": STATES})
    inviter = fields.String()
    organisation = fields.String()
    recipient_name = fields.String()
    recipient_organisation = fields.String()
    created_at = Moment()
    ends_at = Moment(allow_none=True)
    revoked_at = Moment(allow_none=True)
    views = fields.Integer(allow_none=True)


class Signer(Strict):
    """Who signs the NDA, and how far she is."""

    name = fields.String()
    organisation = fields.String()
    role = fields.String()
    state = fields.String(metadata={"description": "waiting, invited, viewed, signed or declined"})


class Item(Strict):
    """One thing that may be seen."""

    version = fields.Integer()
    position = fields.Integer()
    name = fields.String(allow_none=True, metadata={"description": "for the owner; the recipient finds names behind position 0"})
    size = fields.Integer(allow_none=True)
    opened = fields.Boolean()


class DisclosureDetails(Disclosure):
    """One disclosure with its NDA; for the recipient ``items`` is empty until it is open."""

    recipient_email = fields.String()
    agreement_id = identifier()
    signers = fields.List(fields.Nested(Signer))
    arrived_at = Moment(allow_none=True)
    opened_at = Moment(allow_none=True)
    items = fields.List(fields.Nested(Item))


class AddItems(Strict):
    """More of the idea, under the NDA that is in force."""

    items = fields.List(fields.Nested(Chosen), required=True, validate=validate.Length(min=1, max=100))


class Revoked(Strict):
    """Since when access has ended."""

    revoked_at = Moment()


class ShownFile(Strict):
    """A file that the recipient may open."""

    position = fields.Integer()
    name = fields.String()
    size = fields.Integer()
    media_type = fields.String()
    sha256 = fields.String()


class Subject(Strict):
    """Title and description of one version."""

    number = fields.Integer()
    title = fields.String()
    description = fields.String()
    language = fields.String()
    commitment = Hash()
    files = fields.List(fields.Nested(ShownFile))


class Access(Strict):
    """One view, as recorded and logged before the first byte went out."""

    id = identifier()
    at = Moment()
    name = fields.String()
    email = fields.String()
    organisation = fields.String()
    version = fields.Integer()
    position = fields.Integer()
    what = fields.String(allow_none=True)
    index = fields.Integer(metadata={"description": "zero-based index in the log"})
    commitment = Hash()


class DisclosuresQuery(PageQuery):
    """Which disclosures."""

    side = fields.String(load_default=None, validate=validate.OneOf(("given", "received")))
    idea_id = fields.String(load_default=None, validate=validate.Length(equal=26))
