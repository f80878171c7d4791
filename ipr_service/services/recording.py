"""Record what happened to the money of a collaboration: income, refunds, costs, and what was handed on. Nothing recorded is ever changed.

Any party records, for any party: the others see it at once, and no payout happens before all have accepted it. What was wrong is undone by
recording the opposite (a refund, a correction), which stays visible. Whatever changes what a payout is computed from ends a proposal that
still waits for answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ipr_service.errors import N_, InputError
from ipr_service.rights import ledger
from ipr_service.rights.ledger import Transaction
from ipr_service.rights.money import Money, minor, places_of, units_text
from ipr_service.services import access, collaboration, idempotency, money
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party
from ipr_service.services.money import NewEntry
from ipr_service.services.words import clean_choice, clean_date, clean_line, collecting
from ipr_service.store.schema import Collaboration
from ipr_service.store.sequencer import WritePlan

KINDS = ("income", "refund", "cost", "correction", "transfer", "return")
WITH_TO = ("transfer", "return")
MAX_TEXT = 300


@dataclass(frozen=True)
class RecordMoney:
    """What happened.

    Args:
        kind: of :data:`KINDS`. amount: in major units of ``currency``, above 0; a comma is taken for the decimal mark.
        party_id: into or out of whose hands, or who spent. to_party_id: who got it, for a transfer or a return.
        day: ISO 8601; empty means today. text: what for, 1 to 300 characters; all parties read it.
    """

    kind: str
    amount: str
    currency: str
    party_id: str
    text: str
    to_party_id: str = ""
    day: str = ""


def record(ctx: Context, actor: Actor, collaboration_id: str, order: RecordMoney) -> str:
    """Add an entry to the ledger. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: fields that were refused, each with its limit and the remedy.
        ConflictError: somebody else recorded something at the same moment.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        people = {one.id for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
        with collecting() as check:
            check(clean_choice, "/kind", order.kind, KINDS)
            amount = check(clean_amount, order.amount, order.currency)
            check(_known, "/party_id", order.party_id, people)
            if order.kind in WITH_TO:
                check(_known, "/to_party_id", order.to_party_id, people)
            text = check(clean_line, "/text", order.text, MAX_TEXT)
            today = ctx.now().date()
            day = check(clean_date, "/day", order.day, latest=today) if order.day else today
        _check_limits(ctx, session, collaboration_id, order, amount)
        entry = NewEntry(row, _transaction(order, amount.units), amount.currency, day, text, party.id, access.require_person(actor))
        entry_id, steps = money.steps_of(ctx, session, entry)
    ends = () if order.kind in WITH_TO else (money.supersede(ctx, collaboration_id, amount.currency),)
    ctx.write(WritePlan((*steps, *ends, *idempotency.mark(actor, entry_id))))
    return entry_id


def clean_amount(written: str, currency: str) -> Money:
    """An amount above 0 of a currency; at ``/amount`` and ``/currency``.

    Raises:
        InputError: see ``rights.money``.
    """
    code = clean_line("/currency", currency, 3).upper()
    places_of(code)
    amount = minor(clean_line("/amount", written, 64).replace(",", "."), code)
    if amount.units == 0:
        raise InputError.at("/amount", N_("An amount here is above 0"))
    return amount


def _known(pointer: str, party_id: str, people: set[str]) -> None:
    if party_id not in people:
        raise InputError.at(pointer, N_("Choose a party of this collaboration."))


def _check_limits(ctx: Context, session: Session, collaboration_id: str, order: RecordMoney, amount: Money) -> None:
    """Refuse what the books cannot hold: more back than came in, more corrected than is open, more handed on than is due.

    Raises:
        InputError: at ``/amount``, with the most that can be taken.
    """
    lines = money.ledger_lines(ctx, session, collaboration_id, amount.currency)
    balances = ledger.balances(line.transaction for line in lines)
    most: Mapping[str, tuple[int, str]] = {
        "refund": (money.income_of(lines), N_("Only {limit} {currency} came in. No more can be refunded.")),
        "correction": (
            -balances.get(ledger.advanced(order.party_id), 0),
            N_("Of this party’s costs {limit} {currency} are open. No more can be corrected."),
        ),
        "transfer": (-balances.get(ledger.due(order.to_party_id), 0), N_("Only {limit} {currency} are due to this party.")),
        "return": (balances.get(ledger.due(order.party_id), 0), N_("This party was paid {limit} {currency} too much, no more.")),
    }
    limit, msgid = most.get(order.kind, (amount.units, ""))
    if amount.units > limit:
        text = units_text(max(0, limit), places_of(amount.currency))
        raise InputError.at("/amount", msgid, limit=text, currency=amount.currency)


def _transaction(order: RecordMoney, units: int) -> Transaction:
    if order.kind in WITH_TO:
        move = ledger.transfer if order.kind == "transfer" else ledger.returned
        return move(units, order.party_id, order.to_party_id)
    make = {"income": ledger.income, "refund": ledger.refund, "cost": ledger.cost, "correction": ledger.correction}[order.kind]
    return make(units, order.party_id)
