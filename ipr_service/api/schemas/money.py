"""Money of a collaboration as the API takes and gives it. Amounts are text in major units, with all decimals of their currency."""

from __future__ import annotations

from marshmallow import fields, validate

from ipr_service.api.schemas.base import Hash, Moment, Strict, Text, Truth, identifier
from ipr_service.services.payouts import RULES
from ipr_service.services.recording import KINDS

_AMOUNT = {"description": "major units, exact, as text", "example": "1234.50"}
_SHARE = {"description": "exact share by party id", "example": {"01J…": "3/8"}}


class RecordMoney(Strict):
    """What happened: income, a refund, a cost, a correction of costs, a transfer, or money paid back."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    amount = Text(most=64, required=True, metadata=_AMOUNT)
    currency = Text(most=3, required=True, metadata={"example": "EUR"})
    party_id = Text(most=26, required=True, metadata={"description": "into or out of whose hands, or who spent"})
    to_party_id = Text(most=26, load_default="", metadata={"description": "who got it; for transfer and return"})
    day = Text(most=10, load_default="", metadata={"description": "ISO 8601; empty for today"})
    text = Text(most=300, least=1, required=True)


class OwnRule(Strict):
    """A waterfall of one's own: costs, a fixed sum, recoupment, then the split; or written out in full."""

    costs = Truth(load_default=False, metadata={"description": "repay costs first"})
    fixed_party_id = Text(most=26, load_default="")
    fixed_amount = Text(most=64, load_default="", metadata=_AMOUNT)
    recoup_party_id = Text(most=26, load_default="")
    recoup_cap = Text(most=64, load_default="", metadata=_AMOUNT)
    recoup_of = Text(most=64, load_default="", metadata={"description": "part of what is left, until the cap", "example": "1/2"})
    text = Text(most=50_000, load_default="", metadata={"description": "a whole waterfall, YAML or JSON, instead of the fields above"})


class ProposePayout(Strict):
    """Everything of a currency that came in since the last payout; by the last waterfall, the split alone, or one of your own."""

    currency = Text(most=3, required=True)
    rule = fields.String(load_default="last", validate=validate.OneOf(RULES))
    own = fields.Nested(OwnRule, load_default=dict)


class Decline(Strict):
    """Why; all parties read it."""

    reason = Text(most=1_000, least=1, required=True)


class RaiseHold(Strict):
    """The shares that you claim instead of the accepted ones, for every party, and why."""

    claim = fields.Dict(keys=Text(most=26), values=Text(most=64), required=True, validate=validate.Length(max=100), metadata=_SHARE)
    reason = Text(most=1_000, least=1, required=True)


class StatementQuery(Strict):
    """Whose statement, in which currency, for which days (both included)."""

    party_id = Text(most=26, required=True)
    currency = Text(most=3, required=True)
    first = Text(most=10, load_default="")
    last = Text(most=10, load_default="")
    form = fields.String(load_default="csv", validate=validate.OneOf(("csv", "pdf")))


class Made(Strict):
    """The id of what was made."""

    id = identifier()


class Holder(Strict):
    """A party's accounts."""

    party_id = identifier()
    name = fields.String()
    due = fields.String(metadata=_AMOUNT)
    cash = fields.String(metadata={"description": "of the collaboration's money, in its hands"})
    advanced = fields.String(metadata={"description": "spent for all and not repaid"})


class Book(Strict):
    """All of one currency."""

    currency = fields.String()
    income = fields.String(metadata={"description": "less refunds"})
    unpaid = fields.String(metadata={"description": "not paid out yet"})
    held = fields.String(metadata={"description": "kept aside for a dispute"})
    holders = fields.List(fields.Nested(Holder))
    open_payout = fields.String(allow_none=True, metadata={"description": "a proposal that waits for answers"})


class Posting(Strict):
    """One side of an entry; those of an entry add up to 0."""

    account = fields.String(metadata={"example": "due:01J…"})
    amount = fields.String(metadata=_AMOUNT)


class Entry(Strict):
    """One entry of the ledger."""

    id = identifier()
    number = fields.Integer()
    kind = fields.String()
    currency = fields.String()
    amount = fields.String(metadata=_AMOUNT)
    day = fields.String()
    text = fields.String()
    postings = fields.List(fields.Nested(Posting))
    payout_id = fields.String(allow_none=True)
    recorded_by = fields.String()
    person = fields.String()
    at = Moment()
    commitment = Hash(allow_none=True, metadata={"description": "of its entry in the log: payouts and releases"})
    index = fields.Integer(allow_none=True, metadata={"description": "of that entry"})


class Hold(Strict):
    """A dispute that holds money."""

    id = identifier()
    raised_by = fields.String()
    claim = fields.Dict(keys=fields.String(), values=fields.String(), metadata=_SHARE)
    reason = fields.String()
    outdated = fields.Boolean(metadata={"description": "a newer split was accepted by all: any party may end it"})
    created_at = Moment()


class Money(Strict):
    """The money of a collaboration."""

    books = fields.List(fields.Nested(Book))
    entries = fields.List(fields.Nested(Entry), metadata={"description": "newest first"})
    holds = fields.List(fields.Nested(Hold), metadata={"description": "disputes that are open, oldest first"})


class PayoutLine(Strict):
    """One amount with its reason; without a party: kept aside."""

    party_id = fields.String()
    name = fields.String()
    amount = fields.String(metadata=_AMOUNT)
    reason = fields.String()
    amounts = fields.List(fields.String(), metadata={"description": "what adds up to it, a sentence each"})
    details = fields.List(fields.String())


class Told(Strict):
    """A payout in words."""

    currency = fields.String()
    amount = fields.String(metadata=_AMOUNT)
    rule = fields.String()
    lines = fields.List(fields.Nested(PayoutLine))
    steps = fields.List(fields.String())


class Answer(Strict):
    """What a party answered."""

    party_id = identifier()
    party = fields.String()
    state = fields.String(metadata={"description": "accepted, declined or awaited"})
    person = fields.String(allow_none=True)
    at = Moment(allow_none=True)
    reason = fields.String(allow_none=True)


class LoggedEntry(Strict):
    """Where what was credited stands in the log; its proof bundle is at /money/entries/{id}/proof."""

    id = identifier()
    commitment = Hash()
    index = fields.Integer()


class Payout(Strict):
    """A payout with its reasons and answers."""

    id = identifier()
    number = fields.Integer()
    state = fields.String(metadata={"description": "proposed, paid, declined or superseded"})
    told = fields.Nested(Told)
    digest = Hash(metadata={"description": "of waterfall and input: what the parties accept"})
    answers = fields.List(fields.Nested(Answer))
    proposed_by = fields.String()
    created_at = Moment()
    decided_at = Moment(allow_none=True)
    split_number = fields.Integer(allow_none=True, metadata={"description": "of the accepted split that it follows"})
    entry = fields.Nested(LoggedEntry, allow_none=True, metadata={"description": "once it is paid out"})


class Answered(Strict):
    """What became of the payout."""

    state = fields.String()


class Check(Strict):
    """One named check of a replay."""

    name = fields.String()
    holds = fields.Boolean()
    detail = fields.String()


class Report(Strict):
    """The payout, computed again from its record."""

    holds = fields.Boolean()
    checks = fields.List(fields.Nested(Check))
