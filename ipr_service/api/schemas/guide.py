"""The decision guide as the API takes and gives it."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Moment, Strict, Text


class Answers(Strict):
    """Answers by question; ``unknown`` is one everywhere."""

    answers = fields.Dict(
        keys=Text(most=64), values=Text(most=64), required=True, validate=validate.Length(max=100), metadata={"example": {"payer": "no"}}
    )


class Question(Strict):
    """A question that is asked now."""

    id = fields.String()
    label = fields.String()
    why = fields.String()
    source = fields.String()
    values = fields.List(fields.String())


class Outcome(Strict):
    """What a decision ended in."""

    id = fields.String()
    title = fields.String()
    summary = fields.String()
    source = fields.String()
    kind = fields.String(metadata={"description": "of an agreement that can be drafted, or empty"})
    policy = fields.String(metadata={"description": "a rule that can be proposed, or empty"})
    model = fields.String(metadata={"description": "of the Lambert toolkit, or empty"})


class Result(Strict):
    """One decision."""

    decision = fields.String()
    state = fields.String(metadata={"description": "decided, undecided or not-asked"})
    outcome = fields.Nested(Outcome, allow_none=True)
    possible = fields.List(fields.String(), metadata={"description": "outcomes that are still possible"})
    open = fields.List(fields.String(), metadata={"description": "questions that would settle it"})
    conflicting = fields.Boolean(metadata={"description": "answers lead to different things"})
    talk = fields.List(fields.String(), metadata={"description": "what to talk about"})


class Guide(Strict):
    """Where the guide stands."""

    guide = fields.String()
    answers = fields.Dict(keys=fields.String(), values=fields.String())
    known = fields.List(fields.String(), metadata={"description": "answered by what is recorded in the collaboration"})
    questions = fields.List(fields.Nested(Question))
    results = fields.List(fields.Nested(Result))
    party = fields.String(allow_none=True)
    person = fields.String(allow_none=True)
    at = Moment(allow_none=True)
