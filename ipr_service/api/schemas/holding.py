"""Passing on, making public and erasing, as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Strict, Text, Whole, identifier
from ipr_service.api.schemas.ideas import File, VersionQuery


class OfferTransfer(Strict):
    """Whom to offer an idea to."""

    email = Text(most=320, required=True, metadata={"description": "of the person who will hold it for her organisation"})


class Transfer(Strict):
    """An offer. Nothing passes before it is accepted by the mailed link, in a browser."""

    id = identifier()
    email = fields.String(metadata={"description": "empty after the idea was erased"})
    state = fields.String(metadata={"description": "offered, accepted, declined, withdrawn or ended"})
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)


class Publish(VersionQuery):
    """What to open to everybody. There is no way back: what was public counts as known."""

    positions = fields.List(
        Whole(least=0, most=1_000_000),
        required=True,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "0: title and description; else the positions of files"},
    )


class Publication(Strict):
    """One act of opening."""

    id = identifier()
    version = fields.Integer(attribute="number")
    positions = fields.List(fields.Integer())
    created_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


class Public(Strict):
    """What everybody sees of a version."""

    label = fields.String()
    version = fields.Integer(attribute="number")
    title = fields.String(allow_none=True, metadata={"description": "null while it is sealed"})
    description = fields.String(allow_none=True)
    language = fields.String()
    files = fields.List(fields.Nested(File))
    sealed = fields.Integer(metadata={"description": "how many files are closed"})
    commitment = Hash()
    index = fields.Integer()
    time = fields.AwareDateTime(metadata={"description": "of the entry"})
    since = fields.AwareDateTime(metadata={"description": "when the first part was opened"})


class Erase(Strict):
    """The neutral name of the idea, typed again, so that nothing is erased by a slip."""

    label = Text(most=64, required=True)
