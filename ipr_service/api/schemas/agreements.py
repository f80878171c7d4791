"""Agreements and signatures as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, identifier

_ANSWERS = {
    "description": "by question id; money is {currency, minor} or 'EUR 12.50', a share '3/8', a period 'P3Y' or '3 years', "
    "a date '2027-03-14'; null takes an answer back",
    "example": {"courts": "Porto"},
}


class Made(Strict):
    """The id of what was made."""

    id = identifier()


class NamedSignatory(Strict):
    """Who signs for one party."""

    role = Text(most=64, required=True, metadata={"description": "of the party, as in the kind"})
    name = Text(most=200, required=True)
    email = Text(most=320, required=True)
    organisation_name = Text(most=200, load_default="", metadata={"description": "the party signed for; empty when for herself"})
    capacity = Text(most=80, load_default="")


class CreateAgreement(Strict):
    """What to draft; the data of the service fills in what it knows."""

    kind = Text(most=64, required=True, metadata={"example": "nda-one-way"})
    language = Text(most=8, load_default="en")
    title = Text(most=200, required=True)
    idea_id = Text(most=26, load_default=None, allow_none=True)
    collaboration_id = Text(most=26, load_default=None, allow_none=True)
    split_id = Text(most=26, load_default=None, allow_none=True)
    answers = fields.Dict(keys=fields.String(), load_default=dict, metadata=_ANSWERS)
    signatories = fields.List(fields.Nested(NamedSignatory), load_default=list, validate=validate.Length(max=20))


class Kind(Strict):
    """A kind of agreement, and in which state of review its text is."""

    id = fields.String()
    version = fields.Integer()
    title = fields.String()
    summary = fields.String()
    review = fields.String(metadata={"description": "printed in the footer of every draft"})
    languages = fields.List(fields.String())


class Agreement(Strict):
    """An agreement in a list. ``title`` is the owner's own word, null for everybody else."""

    id = identifier()
    title = fields.String(allow_none=True)
    kind = fields.String()
    kind_title = fields.String()
    state = fields.String(metadata={"description": "drafting, negotiating, frozen, signing, executed, withdrawn, superseded, ended"})
    organisation = fields.String()
    signed = fields.Integer()
    required = fields.Integer()
    created_at = Moment()


class SignatoryLine(Strict):
    """One who was asked to sign."""

    position = fields.Integer()
    role_label = fields.String()
    name = fields.String()
    email = fields.String()
    organisation = fields.String()
    capacity = fields.String()
    state = fields.String(metadata={"description": "waiting, invited, viewed, signed, declined"})
    viewed_at = Moment(allow_none=True)
    signed_at = Moment(allow_none=True)
    declined_at = Moment(allow_none=True)
    commitment = Hash(allow_none=True)
    index = fields.Integer(allow_none=True, metadata={"description": "of its entry in the log"})


class FinalDocument(Strict):
    """The final text."""

    number = fields.Integer()
    pdf_sha256 = fields.String()
    docx_sha256 = fields.String()
    sealed_sha256 = fields.String(allow_none=True)
    evidence = fields.Boolean(metadata={"description": "the evidence file is there"})
    commitment = Hash()
    index = fields.Integer()
    created_at = Moment()


class Details(Agreement):
    """One agreement. The ETag counts changes of answers and signatories."""

    template = fields.String()
    review = fields.String()
    mode = fields.String()
    ends_at = Moment(allow_none=True)
    executed_at = Moment(allow_none=True)
    reason = fields.String(allow_none=True)
    idea_id = fields.String(allow_none=True)
    collaboration_id = fields.String(allow_none=True)
    planned = fields.List(fields.Nested(NamedSignatory))
    signatories = fields.List(fields.Nested(SignatoryLine))
    document = fields.Nested(FinalDocument, allow_none=True)
    to_sign = fields.Boolean()


class Asked(Strict):
    """A question in its present state."""

    id = fields.String()
    type = fields.String()
    label = fields.String()
    help = fields.String()
    why = fields.String()
    value = fields.Raw(allow_none=True)
    origin = fields.String(metadata={"description": "data, answered, default, open or optional"})
    source = fields.String()
    clauses = fields.List(fields.String(), metadata={"description": "titles of the clauses that read the answer"})


class OpenQuestion(Strict):
    """What is missing or wrong, by JSON pointer into the answers."""

    pointer = fields.String()
    detail = fields.String()


class Interview(Strict):
    """What is asked and answered."""

    open = fields.List(fields.Nested(OpenQuestion))
    questions = fields.List(fields.Nested(Asked))
    parties = fields.List(fields.Dict())


class Answer(Strict):
    """Answers to some questions; ``parties`` is the whole list."""

    answers = fields.Dict(keys=fields.String(), required=True, metadata=_ANSWERS)


class Signatories(Strict):
    """All who sign, in order."""

    signatories = fields.List(fields.Nested(NamedSignatory), required=True, validate=validate.Length(max=20))


class Send(Strict):
    """How it is signed."""

    mode = fields.String(load_default="parallel", validate=validate.OneOf(("parallel", "ordered")))


class Reason(Strict):
    """Why."""

    reason = Text(most=1000, least=1, required=True)


class Page(Strict):
    """What a signatory sees."""

    agreement_id = identifier()
    name = fields.String()
    organisation = fields.String()
    role_label = fields.String()
    kind_title = fields.String()
    sender = fields.String()
    state = fields.String(metadata={"description": "open, executed, declined, withdrawn or expired"})
    mine = fields.String(metadata={"description": "waiting, invited, viewed, signed or declined"})
    waits = fields.Integer(metadata={"description": "how many sign before"})
    ends_at = Moment(allow_none=True)
    document_sha256 = fields.String()
    consent_id = fields.String()
    consent_text = fields.String()
    code_until = Moment(allow_none=True)
    signed_at = Moment(allow_none=True)


class CodeSent(Strict):
    """A code is on its way."""

    until = Moment()


class Sign(Strict):
    """A signature: the code from the mail, and what was on the screen."""

    code = Text(most=12, least=6, required=True)
    document_sha256 = fields.String(required=True, validate=validate.Length(equal=64))
    consent_id = Text(most=160, required=True)


class Signed(Strict):
    """The receipt of a signature."""

    index = fields.Integer()
    commitment = Hash()
    time = Moment()
    executed = fields.Boolean(metadata={"description": "this was the last signature"})
