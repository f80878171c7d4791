"""Put a payout to the parties, accept it, decline it. The last acceptance pays out: the postings are added in the same write.

What is computed stands in ``payouts``. A payout is frozen as a record when it is proposed; what the parties accept is the record's digest.
Proposing is accepting. While a proposal waits, everything that would change it ends it: another entry, another proposal, a dispute, another
accepted split. "Paid out" means credited in the ledger, and logged (``crediting``); no money moves through this service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError
from ipr_service.rights import ledger, payout_record
from ipr_service.rights.revenue import Payout, payout
from ipr_service.services import access, collaboration, crediting, idempotency, money
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party
from ipr_service.services.letters import letter
from ipr_service.services.money import NewEntry
from ipr_service.services.payouts import ProposePayout, compute, payout_row
from ipr_service.services.words import clean_text
from ipr_service.store.schema import Collaboration, CollaborationParty, MoneyPayout, PayoutAnswer, Split
from ipr_service.store.sequencer import Insert, Logged, Update, WritePlan

MAX_DECLINE = 1_000
_OVER = N_("This proposal is no longer open: it was decided, or what it was computed from has changed. Load the page again.")
_ANSWERED = N_("Your party has answered this proposal already.")


def propose(ctx: Context, actor: Actor, collaboration_id: str, order: ProposePayout) -> str:
    """Put a payout to all parties; the proposer has accepted it by that. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``. InputError, RefusedError: as :func:`compute`.
        ConflictError: somebody recorded something at the same moment.
    """
    with ctx.database.reading() as session:
        proposer = acting_party(session, actor, "propose", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        made, split = compute(ctx, session, collaboration_id, order)
        people = [one for one in collaboration.parties(ctx, session, collaboration_id) if one.state == "joined"]
        others = [one for one in people if one.id != proposer.id]
        this = (MoneyPayout.collaboration_id == collaboration_id,)
        number = (session.scalar(select(func.max(MoneyPayout.number)).where(*this)) or 0) + 1
        values = _row(ctx, actor, row, proposer, made, split) | {"number": number, "awaited": len(others)}
        answer = _answer(ctx, actor, str(values["id"]), proposer.id, accepted=True)
        steps: list[Insert | Update] = [
            money.supersede(ctx, collaboration_id, str(values["currency"])),
            Insert(MoneyPayout, (values,), taken=ConflictError(money.FASTER)),
            Insert(PayoutAnswer, (answer,)),
        ]
        entries: tuple[Logged, ...] = ()
        if others:
            steps += _tell(ctx, actor, row, [one.email for one in others])
        else:
            more, entries = _paid(ctx, session, row, values, payout_record.record(made), [answer])
            steps += more
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, str(values["id"]))), entries))
    return str(values["id"])


def _row(ctx: Context, actor: Actor, row: Collaboration, proposer: CollaborationParty, made: Payout, split: Split | None) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "collaboration_id": row.id,
        "currency": made.entered.waterfall.currency,
        "split_id": None if split is None else split.id,
        "record_sealed": ctx.seal(row.key_id, "money.record", payout_record.record(made).encode()),
        "digest": payout_record.digest(made.entered),
        "state": "proposed",
        "proposed_by": proposer.id,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
        "decided_at": None,
    }


def _answer(ctx: Context, actor: Actor, payout_id: str, party_id: str, *, accepted: bool, reason: bytes | None = None) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "payout_id": payout_id,
        "party_id": party_id,
        "person_id": access.require_person(actor),
        "accepted": accepted,
        "reason_sealed": reason,
        "at": ctx.now(),
    }


def _tell(ctx: Context, actor: Actor, row: Collaboration, emails: list[str]) -> list[Insert]:
    """A mail to everybody else who has joined; it names neither the collaboration nor an amount."""
    link = f"{ctx.settings.base_url}/collaborations/{row.id}/money"
    subject = N_("A payout waits for your answer")
    text = N_("In one of your collaborations a payout was proposed. Look at the amounts and the reasons, then accept or decline:")
    return [ctx.due("mail", letter(email, actor.language, subject, text, "{link}", link=link), thing_id=row.id) for email in emails]


def _paid(
    ctx: Context, session: Session, home: Collaboration, row: Mapping[str, Any], record: str, answers: Sequence[Mapping[str, Any]]
) -> tuple[list[Insert | Update], tuple[Logged, ...]]:
    """The steps that pay out, and the entry in the log. They run after the last acceptance was counted.

    Args:
        row: of the payout, as stored. record: of it, verbatim. answers: every acceptance, the last one last.
    """
    made = payout(payout_record.read(record))
    transaction = ledger.payout(made.amounts, made.repaid)
    accepted = [(one["party_id"], one["person_id"], one["at"]) for one in answers]
    credited, entry = crediting.log_payout(ctx, session, row, record, transaction, accepted)
    last = answers[-1]
    new = NewEntry(
        home, transaction, row["currency"], credited.at.date(), "", last["party_id"], last["person_id"], row["id"], credited=credited
    )
    _entry_id, steps = money.steps_of(ctx, session, new)
    done = {"state": "paid", "decided_at": credited.at}
    complete = (MoneyPayout.id == row["id"], MoneyPayout.awaited == 0, MoneyPayout.state == "proposed")
    return [Update(MoneyPayout, complete, done, otherwise=ConflictError(_OVER)), *steps], (entry,)


def _asked(session: Session, actor: Actor, collaboration_id: str, payout_id: str) -> tuple[MoneyPayout, CollaborationParty]:
    party = acting_party(session, actor, "decide", collaboration_id)
    row = payout_row(session, collaboration_id, payout_id)
    given = (PayoutAnswer.payout_id == row.id, PayoutAnswer.party_id == party.id)
    if session.scalars(select(PayoutAnswer.id).where(*given)).first() is not None:
        raise ConflictError(_ANSWERED)
    if row.state != "proposed":
        raise ConflictError(_OVER)
    return row, party


def accept(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str) -> str:
    """Accept a payout for the actor's party; the last acceptance pays it out. Returns the state: ``proposed`` or ``paid``.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        ConflictError: answered already, no longer open, or somebody else answered at the same moment.
    """
    with ctx.database.reading() as session:
        row, party = _asked(session, actor, collaboration_id, payout_id)
        if row.split_id is not None:
            standing = money.standing_split(session, collaboration_id)
            if standing is None or standing.id != row.split_id:
                raise ConflictError(N_("A newer split was accepted meanwhile. Propose the payout again."))
        home = session.get_one(Collaboration, collaboration_id)
        seen = (MoneyPayout.id == row.id, MoneyPayout.state == "proposed", MoneyPayout.awaited == row.awaited)
        answer = _answer(ctx, actor, row.id, party.id, accepted=True)
        steps: list[Insert | Update] = [
            Update(MoneyPayout, seen, {"awaited": row.awaited - 1}, otherwise=ConflictError(_OVER)),
            Insert(PayoutAnswer, (answer,), taken=ConflictError(_ANSWERED)),
        ]
        last, entries = row.awaited == 1, tuple[Logged, ...]()
        if last:
            given = session.scalars(select(PayoutAnswer).where(PayoutAnswer.payout_id == row.id)).all()
            more, entries = _paid(ctx, session, home, vars(row), money.record_text(ctx, session, row), [*map(vars, given), answer])
            steps += more
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, row.id)), entries))
    return "paid" if last else "proposed"


def decline(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str, reason: str) -> None:
    """Decline a payout for the actor's party, with a reason that all parties read. The proposal ends.

    Raises:
        NotFoundError, ForbiddenError: see ``access``. InputError: no reason. ConflictError: answered, or no longer open.
    """
    reason = clean_text("/reason", reason, MAX_DECLINE)
    with ctx.database.reading() as session:
        row, party = _asked(session, actor, collaboration_id, payout_id)
        key_id = session.get_one(Collaboration, collaboration_id).key_id
    sealed = ctx.seal(key_id, "money.reason", reason.encode())
    still_open = (MoneyPayout.id == row.id, MoneyPayout.state == "proposed")
    steps: tuple[Insert | Update, ...] = (
        Update(MoneyPayout, still_open, {"state": "declined", "decided_at": ctx.now()}, otherwise=ConflictError(_OVER)),
        Insert(PayoutAnswer, (_answer(ctx, actor, row.id, party.id, accepted=False, reason=sealed),), taken=ConflictError(_ANSWERED)),
    )
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, row.id))))
