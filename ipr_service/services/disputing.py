"""Disputes about money: a party claims another split; what depends on it is kept aside until the dispute ends, and then given out.

One dispute at a time. Whoever raised it may withdraw it at any time; once a newer split has been accepted by every party, any party may end
it. Either way the split that stands then decides who gets what was kept aside, exactly (``rights.dispute``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights import ledger
from ipr_service.rights.dispute import freed, ring_fence
from ipr_service.rights.notation import exact, fraction_text
from ipr_service.rights.shares import Split as Shares
from ipr_service.rights.waterfall import HELD
from ipr_service.services import access, idempotency, money
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party
from ipr_service.services.money import NewEntry
from ipr_service.services.payouts import shares_of
from ipr_service.services.shares import named_text, names
from ipr_service.services.words import clean_line, clean_text, collecting
from ipr_service.store.schema import Collaboration, MoneyHold, Split
from ipr_service.store.sequencer import Insert, Update, WritePlan

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
        RefusedError: no split was accepted, or another dispute is open.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "decide", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        split = money.standing_split(session, collaboration_id)
        if split is None:
            raise RefusedError(N_("No split was accepted yet, so there is none to dispute."))
        if money.open_hold(session, collaboration_id) is not None:
            raise RefusedError(N_("One dispute is open already. It has to end before another begins."))
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
    """End a dispute: what was kept aside, in every currency, goes to the parties by the split that stands now.

    Raises:
        NotFoundError: no such dispute here. ForbiddenError: another party raised it, and no newer split was accepted.
        RefusedError: it has ended, or the standing split gives somebody less than was paid as undisputed.
        ConflictError: somebody recorded something at the same moment.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "decide", collaboration_id)
        row = session.get(MoneyHold, hold_id)
        if row is None or row.collaboration_id != collaboration_id:
            raise NotFoundError(N_("There is no such dispute in this collaboration."))
        over = RefusedError(N_("This dispute has ended already."))
        if not row.open:
            raise over
        home = session.get_one(Collaboration, collaboration_id)
        standing = money.standing_split(session, collaboration_id)
        newer = standing is not None and standing.id != row.split_id
        if row.raised_by != party.id and not newer:
            raise ForbiddenError(N_("Only the party that raised the dispute ends it, unless all parties have accepted a newer split."))
        disputed = shares_of(ctx, session, session.get_one(Split, row.split_id))
        settled = shares_of(ctx, session, standing) if standing is not None else disputed
        claim = money.claim_of(ctx, session, row)
        person, today = access.require_person(actor), ctx.now().date()
        entries = []
        for code, units in _held(ctx, session, collaboration_id).items():
            given = ledger.release(_freed(ctx, session, collaboration_id, units, settled, disputed, claim))
            entries.append(NewEntry(home, given, code, today, "", party.id, person, hold_id=row.id))
        steps = money.steps_of(ctx, session, *entries)[1] if entries else ()
    still_open = (MoneyHold.id == row.id, MoneyHold.open.is_(True))
    done = Update(MoneyHold, still_open, {"open": False, "released_at": ctx.now()}, otherwise=ConflictError(over.msgid))
    ctx.write(WritePlan((done, money.supersede(ctx, collaboration_id), *steps, *idempotency.mark(actor, row.id))))


def _held(ctx: Context, session: Session, collaboration_id: str) -> dict[str, int]:
    """Units kept aside by currency."""
    found: dict[str, int] = {}
    for line in money.ledger_lines(ctx, session, collaboration_id):
        kept = sum(-posting.units for posting in line.transaction.postings if posting.account == HELD)
        found[line.currency] = found.get(line.currency, 0) + kept
    return {code: units for code, units in sorted(found.items()) if units}


def _freed(
    ctx: Context,
    session: Session,
    collaboration_id: str,
    units: int,
    settled: Mapping[str, Fraction],
    disputed: Mapping[str, Fraction],
    claim: Mapping[str, Fraction],
) -> dict[str, int]:
    try:
        return freed(units, settled, disputed, (claim,))
    except RefusedError as problem:
        named = names(ctx, session, collaboration_id)
        problem.values = {key: named_text(str(value), named) for key, value in problem.values.items()}
        raise
