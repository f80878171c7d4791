"""Disputes about money: parties claim other splits; what depends on a claim is kept aside until the dispute ends, and then given out.

Each party has at most one dispute open. Whoever raised it may withdraw it at any time: what its claim alone kept goes to whom the
accepted split and the other claims then give it. Once every party has accepted a newer split, any party may end them, all at once:
everything that was kept goes out by that split (``rights.dispute``). Money goes out only with an entry in the log (``crediting``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights import ledger, payout_record
from ipr_service.rights.dispute import Kept, keep, ring_fence, settled, withdrawn
from ipr_service.rights.ledger import Transaction
from ipr_service.rights.notation import exact, fraction_text
from ipr_service.rights.revenue import payout
from ipr_service.rights.shares import Split as Shares
from ipr_service.rights.waterfall import HELD
from ipr_service.services import access, crediting, idempotency, money
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party
from ipr_service.services.money import LedgerLine, NewEntry
from ipr_service.services.payouts import shares_of
from ipr_service.services.words import clean_line, clean_text, collecting
from ipr_service.store.schema import Collaboration, MoneyEntry, MoneyHold, MoneyPayout, Split
from ipr_service.store.sequencer import Insert, Logged, Update, WritePlan

MAX_REASON = 1_000


@dataclass(frozen=True)
class RaiseHold:
    """What is disputed.

    Args:
        claim: exact shares (``1/2``, ``37.5 %``) by party id that the raiser claims instead, for every party of the accepted split.
        reason: why, 1 to 1,000 characters; all parties read it.
    """

    claim: tuple[tuple[str, str], ...]
    reason: str


def hold(ctx: Context, actor: Actor, collaboration_id: str, order: RaiseHold) -> str:
    """Raise a dispute. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``. InputError: fields that were refused.
        RefusedError: no split was accepted; the party's own dispute is open, or one about an earlier split.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "decide", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        split = money.standing_split(session, collaboration_id)
        if split is None:
            raise RefusedError(N_("No split was accepted yet, so there is none to dispute."))
        for one in money.open_holds(session, collaboration_id):
            if one.raised_by == party.id:
                raise RefusedError(N_("Your party has raised a dispute already. Withdraw it to claim something else."))
            if one.split_id != split.id:
                raise RefusedError(N_("A newer split was accepted by all. End the dispute about the earlier one first."))
        accepted = shares_of(ctx, session, split)
    claim, reason = _checked(order, accepted)
    shares = json.dumps({name: fraction_text(one) for name, one in claim.items()})
    values = {
        "id": ctx.new_id(),
        "collaboration_id": row.id,
        "split_id": split.id,
        "claim_sealed": ctx.seal(row.key_id, "money.claim", shares.encode()),
        "reason_sealed": ctx.seal(row.key_id, "money.reason", reason.encode()),
        "raised_by": party.id,
        "person_id": access.require_person(actor),
        "open": True,
        "created_at": ctx.now(),
        "released_at": None,
        "settled_by": None,
        "ended_after": None,
    }
    steps: tuple[Insert | Update, ...] = (
        money.supersede(ctx, collaboration_id),
        Insert(MoneyHold, (values,)),
        *idempotency.mark(actor, str(values["id"])),
    )
    ctx.write(WritePlan(steps))
    return str(values["id"])


def _checked(order: RaiseHold, accepted: dict[str, Fraction]) -> tuple[dict[str, Fraction], str]:
    with collecting() as check:
        claim = {party: check(_share, f"/claim/{party}", text) for party, text in order.claim}
        if set(claim) != set(accepted):
            check.refuse("/claim", N_("Give every party of the accepted split its share, 0 included, and nobody else."))
        reason = check(clean_text, "/reason", order.reason, MAX_REASON)
    try:
        Shares.of(claim)
    except InputError as problem:
        raise InputError.at("/claim", problem.msgid, **problem.values) from problem
    if HELD not in ring_fence(accepted, (claim,)):
        raise InputError.at("/claim", N_("These are the shares of the accepted split. There is nothing to dispute."))
    return claim, reason


def _share(pointer: str, text: str) -> Fraction:
    try:
        return exact(clean_line(pointer, text, 64).replace(",", "."))
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def release(ctx: Context, actor: Actor, collaboration_id: str, hold_id: str) -> None:
    """End a dispute: the party that raised it withdraws it; or all end, because every party has accepted a newer split.

    Raises:
        NotFoundError: no such dispute here. ForbiddenError: another party raised it, and no newer split was accepted.
        RefusedError: it has ended. ConflictError: somebody recorded something at the same moment.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "decide", collaboration_id)
        row = session.get(MoneyHold, hold_id)
        if row is None or row.collaboration_id != collaboration_id:
            raise NotFoundError(N_("There is no such dispute in this collaboration."))
        if not row.open:
            raise RefusedError(_OVER)
        home = session.get_one(Collaboration, collaboration_id)
        standing = money.standing_split(session, collaboration_id) or session.get_one(Split, row.split_id)
        newer = standing.id != row.split_id
        if row.raised_by != party.id and not newer:
            raise ForbiddenError(N_("Only the party that raised the dispute ends it, unless all parties have accepted a newer split."))
        by = (party.id, access.require_person(actor), ctx.now())
        ended = [one.id for one in money.open_holds(session, collaboration_id)] if newer else [row.id]
        given = _given(ctx, session, row, shares_of(ctx, session, standing) if newer else None)
        made = [_entry(ctx, session, home, code, ledger.release(amounts), row.id, standing, by) for code, amounts in given.items()]
        number = money.last_number(session, collaboration_id)
        steps = money.steps_of(ctx, session, *(entry for entry, _logged in made))[1] if made else ()
    values = {"open": False, "released_at": by[2], "settled_by": standing.id, "ended_after": number}
    done = Update(MoneyHold, _unchanged(collaboration_id, ended, number), values, expect=len(ended), otherwise=ConflictError(money.FASTER))
    plan: tuple[Insert | Update, ...] = (done, money.supersede(ctx, collaboration_id), *steps, *idempotency.mark(actor, row.id))
    ctx.write(WritePlan(plan, tuple(entry for _new, entry in made)))


_OVER = N_("This dispute has ended already.")


def _given(ctx: Context, session: Session, row: MoneyHold, newer: Mapping[str, Fraction] | None) -> dict[str, dict[str, int]]:
    """What goes to whom, in units by currency and party."""
    found: dict[str, dict[str, int]] = {}
    for code, kept in kept_money(ctx, session, row.collaboration_id).items():
        amounts = settled(kept, newer) if newer is not None else withdrawn(kept, money.claim_of(ctx, session, row))[0]
        if amounts:
            found[code] = amounts
    return found


def _entry(
    ctx: Context, session: Session, home: Collaboration, code: str, given: Transaction, hold_id: str, split: Split, by: crediting.Acceptance
) -> tuple[NewEntry, Logged]:
    credited, entry = crediting.log_release(ctx, session, home, given, code, hold_id, split, by)
    return NewEntry(home, given, code, by[2].date(), "", by[0], by[1], hold_id=hold_id, credited=credited), entry


def _unchanged(collaboration_id: str, ended: Sequence[str], number: int) -> tuple[ColumnElement[bool], ...]:
    """The disputes are open still, and the ledger has no newer entry: a payout meanwhile would have kept more."""
    newest = select(func.coalesce(func.max(MoneyEntry.number), 0)).where(MoneyEntry.collaboration_id == collaboration_id)
    return MoneyHold.id.in_(ended), MoneyHold.open.is_(True), newest.scalar_subquery() == number


def kept_money(ctx: Context, session: Session, collaboration_id: str) -> dict[str, tuple[Kept, ...]]:
    """What is kept aside by currency, and under which claims: from the payouts and the disputes that have ended, in their order."""
    ended = session.scalars(select(MoneyHold).where(MoneyHold.collaboration_id == collaboration_id, MoneyHold.open.is_(False))).all()
    happened: list[tuple[int, int, LedgerLine | MoneyHold]] = [(one.ended_after or 0, 1, one) for one in sorted(ended, key=_when)]
    happened += [(line.number, 0, line) for line in money.ledger_lines(ctx, session, collaboration_id) if _keeps(line)]
    found: dict[str, tuple[Kept, ...]] = {}
    for _number, _rank, one in sorted(happened, key=lambda each: each[:2]):
        if isinstance(one, MoneyHold):
            found = {code: _after(ctx, session, kept, one) for code, kept in found.items()}
            continue
        paid = payout(payout_record.read(money.record_text(ctx, session, session.get_one(MoneyPayout, one.payout_id))))
        entered = paid.entered
        found[one.currency] = keep(found.get(one.currency, ()), entered.split, entered.claims, paid.amounts[HELD])
    return {code: found[code] for code in sorted(found) if found[code]}


def _when(row: MoneyHold) -> tuple[datetime | None, str]:
    return row.released_at, row.id


def _keeps(line: LedgerLine) -> bool:
    return line.kind == "payout" and any(posting.account == HELD for posting in line.transaction.postings)


def _after(ctx: Context, session: Session, kept: tuple[Kept, ...], ended: MoneyHold) -> tuple[Kept, ...]:
    """What is still kept after a dispute ended: nothing when a newer split settled all of them."""
    if ended.settled_by != ended.split_id:
        return ()
    return withdrawn(kept, money.claim_of(ctx, session, ended))[1]
