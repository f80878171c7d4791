"""Results and licence grants as the API takes and gives them. The terms of a grant are those of a grant file (docs/grants.md)."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, Whole, identifier
from ipr_service.rights.authority import WHO
from ipr_service.rights.licences import ACTS, EXCLUSIVITIES, FEES, FORMS, PURPOSES, REVERSIONS, SUBLICENCES
from ipr_service.services.granting import BY_GRANTORS, BY_ITSELF

_DAY = {"description": "a day, both ends included", "example": "2028-12-31"}
_MANY = validate.Length(max=300)


class Consent(Strict):
    """Whose consent a licence needs, as the parties agreed."""

    who = fields.String(required=True, validate=validate.OneOf(tuple(WHO)))
    notice_days = Whole(least=0, most=1200)
    notice_months = Whole(least=0, most=1200)
    offer_months = Whole(least=0, most=1200)
    court = fields.Boolean()
    compensation = fields.Boolean()
    source = Text(most=200)


class Component(Strict):
    """Something of others that is used, with its licence."""

    name = Text(most=200, required=True)
    expression = Text(most=1_000, required=True, metadata={"description": "SPDX licence expression"})


class AddResult(Strict):
    """A right that came out of the collaboration."""

    title = Text(most=200, required=True)
    right = Text(most=64, load_default="", metadata={"description": "patent, design, copyright …"})
    law = Text(most=2, load_default="", metadata={"description": "country whose pack fills what nobody says"})
    territory = fields.List(Text(most=20), load_default=list, validate=_MANY)
    to = Text(most=10, load_default="", metadata=_DAY)
    uses = fields.List(Text(most=26), load_default=list, validate=_MANY, metadata={"description": "ids of background"})
    consent = fields.Nested(Consent, load_default=None, allow_none=True)
    outbound = Text(most=1_000, load_default="")
    components = fields.List(fields.Nested(Component), load_default=list, validate=_MANY)


class OpenRegister(Strict):
    """What kind of right an idea is, for licences in it."""

    title = Text(most=200, load_default="", metadata={"description": "the idea's own when empty"})
    right = Text(most=64, load_default="", metadata={"description": "patent, design, copyright …"})
    law = Text(most=2, load_default="", metadata={"description": "country whose pack fills what nobody says"})
    territory = fields.List(Text(most=20), load_default=list, validate=_MANY)
    to = Text(most=10, load_default="", metadata=_DAY)


class Made(Strict):
    """The id of what was made."""

    id = identifier()


class Result(Strict):
    """A result on the register."""

    id = identifier()
    party_id = identifier()
    title = fields.String()
    asset = fields.Dict(attribute="said", metadata={"description": "as in a grant file"})
    idea_id = fields.String(allow_none=True, metadata={"description": "the registered idea that it is"})
    created_at = Moment()


class Fee(Strict):
    """What the grantee owes."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(FEES)))
    amount = Text(most=64, metadata={"description": "exact, as text"})
    currency = Text(most=3)
    part = Text(most=64, metadata={"description": "of the net income, such as 5 %"})


class Reversion(Strict):
    """When the right falls back."""

    when = fields.String(required=True, validate=validate.OneOf(tuple(REVERSIONS)))
    months = Whole(least=1, most=1200)


class Terms(Strict):
    """A licence. What is left out is unsaid, which is not everything and not nothing; the answer says what it was taken for."""

    asset = Text(most=64, required=True, metadata={"description": "id of a result or of background"})
    grantors = fields.List(Text(most=64), required=True, validate=validate.Length(min=1, max=200))
    grantee = Text(most=64, metadata={"description": "id of a party; leave it out for somebody from outside"})
    acts = fields.List(fields.String(validate=validate.OneOf(tuple(ACTS))), validate=_MANY)
    purpose = fields.List(fields.String(validate=validate.OneOf(tuple(PURPOSES))), validate=_MANY)
    field = fields.List(Text(most=64), validate=_MANY)
    territory = fields.List(Text(most=20), validate=_MANY, metadata={"description": "ISO 3166, WORLD, EU, EEA, MED, EU@2026-01-01"})
    begins = Text(most=10, data_key="from", metadata=_DAY)
    to = Text(most=10, metadata=_DAY)
    exclusivity = fields.String(validate=validate.OneOf(tuple(EXCLUSIVITIES)))
    sublicence = fields.String(validate=validate.OneOf(tuple(SUBLICENCES)))
    fee = fields.Nested(Fee)
    reversion = fields.Nested(Reversion)
    under = Text(most=64, metadata={"description": "id of the grant that this is a sublicence of"})
    agreed = Text(most=10, metadata=_DAY)
    form = fields.String(validate=validate.OneOf(tuple(FORMS)), metadata={"description": "in which it was concluded"})


class Record(Strict):
    """A grant to check or to record."""

    terms = fields.Nested(Terms, required=True)
    grantee_name = Text(most=200, load_default="", metadata={"description": "somebody from outside, instead of terms.grantee"})
    replaces = Text(most=26, load_default=None, allow_none=True, metadata={"description": "id of the grant whose place this one takes"})


class Act(Strict):
    """Something that was done for a grant."""

    kind = fields.String(required=True, validate=validate.OneOf((*BY_ITSELF, *BY_GRANTORS)))
    party_id = Text(most=26, required=True)
    day = Text(most=10, required=True, metadata=_DAY)


class Grant(Strict):
    """A grant on record; ``known`` is what the check said when it was recorded."""

    id = identifier()
    number = fields.Integer()
    state = fields.String(metadata={"description": "standing, superseded or withdrawn"})
    terms = fields.Dict()
    grantee_name = fields.String()
    replaces = fields.String(allow_none=True)
    acts = fields.Dict(metadata={"description": "kind to party to day"})
    known = fields.Dict()
    commitment = Hash(metadata={"description": "of its entry in the log"})
    created_at = Moment()
    ended_at = Moment(allow_none=True)


class Licensed(Strict):
    """A register in which an idea stands, with the grants about it."""

    collaboration_id = identifier()
    result_id = identifier()
    grants = fields.List(fields.Nested(Grant))


class Answer(Strict):
    """What the check found; ids as in the terms."""

    clear = fields.Boolean()
    conflicts = fields.List(fields.Dict(), metadata={"description": "grants, certain, intersection, text, sentence, survivor"})
    authority = fields.Dict(metadata={"description": "grant to outcome, reason, awaited, steps with last days"})
    beyond = fields.List(fields.Dict())
    access_missing = fields.List(fields.Dict())
    filled = fields.Dict(metadata={"description": "grant to what the law says where it is silent"})
    demands = fields.Dict(metadata={"description": "grant to what the law demands of its form and text: about, outcome, effect, sentence"})
    components = fields.Dict(metadata={"description": "asset to the answers for its components"})
    components_source = fields.String()


class Register(Strict):
    """Every grant of a collaboration, and the answer over those that stand."""

    grants = fields.List(fields.Nested(Grant))
    answer = fields.Nested(Answer)


class GrantFile(Strict):
    """A grant file as JSON."""

    check = Text(most=64, required=True)
    fields_ = fields.Dict(data_key="fields", keys=Text(most=64), values=Text(most=64))
    assets = fields.List(fields.Dict(), validate=validate.Length(max=1_000))
    grants = fields.List(fields.Dict(), required=True, validate=validate.Length(max=10_000))
