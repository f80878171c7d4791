"""Collaborations and splits as the API takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, Truth, identifier
from ipr_service.rights.contributions import DEGREES, ROLES
from ipr_service.rights.policies import OFFERED, PLAIN
from ipr_service.rights.succession import KINDS
from ipr_service.services.joining import PARTS

_NUMBER = {"description": "exact, as text: 37.5 or 3/8", "example": "37.5"}
_EXACT = {"example": "1/4"}


class Begin(Strict):
    """What to begin, or what to call it from now on."""

    title = Text(most=200, required=True)
    purpose = Text(most=5_000, load_default="")


class Made(Strict):
    """The id of what was made."""

    id = identifier()


class Invite(Strict):
    """Whom to invite, and which part they take."""

    name = Text(most=200, required=True)
    email = Text(most=320, required=True)
    part = fields.String(load_default="maker", validate=validate.OneOf(PARTS))
    language = Text(most=8, load_default="en")


class Join(Strict):
    """The secret at the end of the mailed link, and for whom to join (default: the token's organisation)."""

    secret = Text(most=200, required=True)
    organisation_id = Text(most=26, load_default=None, allow_none=True)


class Part(Strict):
    """Makes, organises or funds."""

    part = fields.String(required=True, validate=validate.OneOf(PARTS))


class AddBackground(Strict):
    """What a party had before; a description, a registration of its own, or both."""

    description = Text(most=2_000, load_default="")
    idea_id = Text(most=26, load_default=None, allow_none=True)
    excluded = Truth(load_default=False)
    result_of = Text(
        most=26,
        load_default=None,
        allow_none=True,
        metadata={"description": "id of another collaboration of your party, whose result this is: its holders hold it here too"},
    )


class AddContribution(Strict):
    """What a party did. Leave out what nobody says; that is not 0."""

    title = Text(most=200, required=True)
    role = fields.String(required=True, validate=validate.OneOf(tuple(ROLES)))
    degree = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(DEGREES)))
    points = Text(most=64, load_default=None, allow_none=True, metadata=_NUMBER)
    hours = Text(most=64, load_default=None, allow_none=True, metadata=_NUMBER)
    cost = Text(most=64, load_default=None, allow_none=True, metadata=_NUMBER)
    currency = Text(most=3, load_default="EUR")
    severable = Truth(load_default=False)
    built_on = fields.List(Text(most=26), load_default=list, validate=validate.Length(max=100))
    idea_id = Text(most=26, load_default=None, allow_none=True)
    register = Truth(load_default=False, metadata={"description": "register title and details as a contribution now"})
    details = Text(most=20_000, load_default="")


def _facts(of: str) -> fields.Dict:
    """Facts by name, by the id of a thing."""
    by_name = fields.Dict(keys=Text(most=64), values=Text(most=200))
    return fields.Dict(keys=Text(most=26), values=by_name, load_default=dict, metadata={"description": f"facts of {of}, by its id"})


class Facts(Strict):
    """What the rule asks for besides contributions, as text by name: a number, a day, an amount (120.50 EUR), the id of a party, a word."""

    case = fields.Dict(keys=Text(most=64), values=Text(most=200), load_default=dict, metadata={"description": "facts of the whole case"})
    parties = _facts("a party")
    contributions = _facts("a contribution")


class Question(Strict):
    """One thing that a rule asks for."""

    place = fields.String(metadata={"description": "where the answer belongs: case/lead, parties/<id>/place, contributions/<id>/kind"})
    fact = fields.String()
    of = fields.String(metadata={"description": "case, party or contribution"})
    about = fields.String(metadata={"description": "id of that party or contribution, or empty"})
    type = fields.String(metadata={"description": "number, money, date, code, codes, party or yes/no"})
    codes = fields.List(fields.String(), metadata={"description": "words that make a difference here; another word is taken too"})


class Offer(Strict):
    """A rule that can be proposed, and what it asks for."""

    reference = fields.String()
    title = fields.String()
    about = fields.String()
    measures = fields.List(fields.String(), metadata={"description": "what it reads of each contribution"})
    questions = fields.List(fields.Nested(Question))
    shares = fields.List(fields.Nested(lambda: Share()), metadata={"description": "what it gives now; empty when something is missing"})


class Succeed(Strict):
    """What happens to the split that stands: somebody joins, leaves, or hands a share on."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    party_id = Text(most=26, required=True, metadata={"description": "who joins, leaves, or hands on"})
    part = Text(
        most=64,
        load_default="",
        metadata={"description": "joining: of the whole; leaving: of its share, what it keeps; transfer: of its share, what it hands on"}
        | _EXACT,
    )
    to = Text(most=26, load_default="", metadata={"description": "transfer: who receives"})
    joined = Text(most=10, load_default="", metadata={"description": "leaving under a rule that counts the time: the first day"})
    left = Text(most=10, load_default="", metadata={"description": "leaving under a rule that counts the time: the last day"})


class Propose(Strict):
    """The rule, what it asks for, and shares that shall replace what it gives, for every party, with the reason."""

    policy = fields.String(required=True, validate=validate.OneOf(OFFERED))
    negotiated = fields.Dict(keys=Text(most=26), values=Text(most=64), load_default=dict, metadata={"description": "share by party id"})
    reason = Text(most=500, load_default="")
    facts = fields.Nested(Facts, load_default=lambda: {"case": {}, "parties": {}, "contributions": {}})


class Imagine(Strict):
    """The rule, and what contributions shall say instead: numbers or degrees by contribution id."""

    policy = fields.String(required=True, validate=validate.OneOf(PLAIN))
    points = fields.Dict(keys=Text(most=26), values=Text(most=64), load_default=dict, metadata=_NUMBER)
    hours = fields.Dict(keys=Text(most=26), values=Text(most=64), load_default=dict, metadata=_NUMBER)
    degrees = fields.Dict(keys=Text(most=26), values=fields.String(validate=validate.OneOf(tuple(DEGREES))), load_default=dict)


class Decline(Strict):
    """Why; all parties read it."""

    reason = Text(most=1_000, least=1, required=True)


class Party(Strict):
    """A party."""

    id = identifier()
    name = fields.String()
    organisation = fields.String(allow_none=True)
    country = fields.String(allow_none=True)
    part = fields.String(metadata={"description": "maker, facilitation or funding"})
    state = fields.String(metadata={"description": "invited or joined"})


class Registration(Strict):
    """That it stands in the log; tells nothing of its content."""

    label = fields.String()
    number = fields.Integer()
    commitment = Hash()
    index = fields.Integer()
    at = Moment()


class Background(Strict):
    """What a party keeps."""

    id = identifier()
    party_id = identifier()
    description = fields.String()
    excluded = fields.Boolean()
    result_of = fields.String(allow_none=True, metadata={"description": "id of the collaboration whose result it is"})
    registration = fields.Nested(Registration, allow_none=True)
    created_at = Moment()


class Cost(Strict):
    """Money spent."""

    amount = fields.String(metadata=_NUMBER)
    currency = fields.String()


class Contribution(Strict):
    """What a party did."""

    id = identifier()
    party_id = identifier()
    title = fields.String()
    role = fields.String()
    degree = fields.String(allow_none=True)
    points = fields.String(allow_none=True, metadata=_NUMBER)
    hours = fields.String(allow_none=True, metadata=_NUMBER)
    cost = fields.Nested(Cost, allow_none=True)
    severable = fields.Boolean()
    built_on = fields.List(fields.String())
    registration = fields.Nested(Registration, allow_none=True)
    created_at = Moment()


class Collaboration(Strict):
    """A collaboration in a list."""

    id = identifier()
    title = fields.String(allow_none=True)
    state = fields.String(metadata={"description": "open or closed"})
    parties = fields.Integer()
    created_at = Moment()


class Details(Strict):
    """A collaboration with all that its parties see."""

    id = identifier()
    title = fields.String(allow_none=True)
    purpose = fields.String()
    state = fields.String()
    created_at = Moment()
    parties = fields.List(fields.Nested(Party))
    background = fields.List(fields.Nested(Background))
    contributions = fields.List(fields.Nested(Contribution))


class Share(Strict):
    """One party's share, with the reason."""

    party_id = identifier()
    name = fields.String()
    organisation = fields.String(allow_none=True)
    fraction = fields.String(attribute="fraction_text", metadata={"description": "exact, in lowest terms", "example": "3/8"})
    percent = fields.String(attribute="percent_text", metadata={"description": "exact, never rounded", "example": "33 1/3 %"})
    basis_points = fields.Integer(metadata={"description": "on paper; all add up to 10,000"})
    computed = fields.String(metadata={"description": "what the rule alone gives"})
    reason = fields.String()
    details = fields.List(fields.String())
    tree = fields.Nested(lambda: Branch(), metadata={"description": "how the computed share came about"})


class Branch(Strict):
    """One step of a derivation, and what it rests on."""

    text = fields.String()
    value = fields.String(metadata={"description": "exact; empty where it is no number"})
    source = fields.String(metadata={"description": "the article or agreement behind the rule; empty where there is none"})
    children = fields.List(fields.Nested(lambda: Branch()))


class Answer(Strict):
    """What a party answered."""

    party_id = identifier()
    party = fields.String()
    state = fields.String(metadata={"description": "accepted, declined or awaited"})
    person = fields.String(allow_none=True)
    at = Moment(allow_none=True)
    reason = fields.String(allow_none=True)
    commitment = Hash(allow_none=True)


class Split(Strict):
    """A split with its reasons and answers."""

    id = identifier()
    number = fields.Integer()
    policy = fields.String()
    state = fields.String(metadata={"description": "proposed, accepted, declined or superseded"})
    shares = fields.List(fields.Nested(Share))
    answers = fields.List(fields.Nested(Answer))
    reason = fields.String(allow_none=True, metadata={"description": "the parties' own, with negotiated shares"})
    commitment = Hash(metadata={"description": "of its entry in the log"})
    run_digest = Hash(metadata={"description": "what the parties accept"})
    created_at = Moment()
    decided_at = Moment(allow_none=True)
    event = fields.String(allow_none=True, metadata={"description": "joining, leaving or transfer; null for a split of what is recorded"})
    follows = fields.Nested(
        lambda: Neighbour(), allow_none=True, metadata={"description": "the accepted split that stood when it was proposed"}
    )
    followed_by = fields.Nested(lambda: Neighbour(), allow_none=True, metadata={"description": "the accepted split that took its place"})
    kept = fields.List(fields.Nested(lambda: Kept()), metadata={"description": "what can be told apart: each a thing of its own"})


class Neighbour(Strict):
    """Another split of the collaboration."""

    id = identifier()
    number = fields.Integer()


class Kept(Strict):
    """A contribution outside the pot; all of it is its maker's."""

    contribution_id = identifier()
    title = fields.String()
    party_id = identifier()
    party = fields.String()
    reason = fields.String()
    source = fields.String()


class Change(Strict):
    """A party's share before and after."""

    party = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    difference = fields.String()


class Preview(Strict):
    """What a proposal would give; nothing was stored."""

    shares = fields.List(fields.Nested(Share))
    changes = fields.List(fields.Nested(Change), metadata={"description": "against the last split"})
    causes = fields.List(fields.String())


class Imagined(Strict):
    """What the shares would be; nothing was stored."""

    shares = fields.List(fields.Nested(Share))
    changes = fields.List(
        fields.Nested(Change), metadata={"description": "against the shares as things stand; empty where there are none yet"}
    )
    causes = fields.List(fields.String())
    lacks = fields.String(metadata={"description": "why nothing can be computed as things stand, or empty"})


class Answered(Strict):
    """What became of the split."""

    state = fields.String()


class Check(Strict):
    """One named check of a replay."""

    name = fields.String()
    holds = fields.Boolean()
    detail = fields.String()


class Report(Strict):
    """The split, computed again and compared with what is stored and logged."""

    holds = fields.Boolean()
    checks = fields.List(fields.Nested(Check))
