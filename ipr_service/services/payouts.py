"""Payouts: what one would give now, and those that were proposed, with every amount and its reason.

A payout is computed by ``rights.revenue`` from the ledger, the accepted split and a waterfall: that of the last payout, the split alone, or
one written for this payout. With the same waterfall its caps and bands go on counting, with another they begin anew
(``rights.revenue.Position``). How it is proposed and accepted stands in ``paying``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from babel.numbers import get_decimal_symbol
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, InputError, NotFoundError, RefusedError
from ipr_service.rights import payout_reasons, payout_record, replay, waterfall
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import exact
from ipr_service.rights.replay import Check
from ipr_service.rights.revenue import Entered, Payout, payout
from ipr_service.rights.waterfall import HELD, Costs, Cut, Fixed, Shares, Step, Waterfall
from ipr_service.services import access, allocation, collaboration, money
from ipr_service.services.access import Actor
from ipr_service.services.allocation import Answer
from ipr_service.services.context import Context
from ipr_service.services.languages import say
from ipr_service.services.recording import clean_amount
from ipr_service.services.shares import names, said
from ipr_service.services.words import clean_choice, clean_line, clean_text
from ipr_service.store.schema import Collaboration, CollaborationParty, LogEntry, MoneyEntry, MoneyPayout, PayoutAnswer, Person, Split

RULES = ("last", "split", "own")
MAX_WATERFALL = 50_000


@dataclass(frozen=True)
class OwnRule:
    """A waterfall in the most common form: costs, then a fixed sum, then recoupment, then the split. Empty text leaves a step out.

    Args:
        costs: repay what parties advanced first.
        fixed_party_id, fixed_amount: who gets a fixed sum once.
        recoup_party_id, recoup_cap, recoup_of: who recoups up to a cap, out of which part of what is left (``1/2``, ``50 %``; empty: all).
        text: a whole waterfall instead (YAML or JSON, parties by id).
    """

    costs: bool = False
    fixed_party_id: str = ""
    fixed_amount: str = ""
    recoup_party_id: str = ""
    recoup_cap: str = ""
    recoup_of: str = ""
    text: str = ""


@dataclass(frozen=True)
class ProposePayout:
    """What to pay out: everything of a currency that came in since the last payout. ``rule``: of :data:`RULES`."""

    currency: str
    rule: str = "last"
    own: OwnRule = OwnRule()


def compute(ctx: Context, session: Session, collaboration_id: str, order: ProposePayout) -> tuple[Payout, Split | None]:
    """The payout as the books stand now, and the split that it follows. The caller has asked ``access``.

    Raises:
        InputError: fields of the order. RefusedError: nothing came in, no split was accepted, a dispute must be settled first.
    """
    clean_choice("/rule", order.rule, RULES)
    currency = clean_line("/currency", order.currency, 3).upper()
    plan = _waterfall(ctx, session, collaboration_id, currency, order)
    split = money.standing_split(session, collaboration_id) if plan.by_split else None
    holds = money.open_holds(session, collaboration_id) if split is not None else ()
    if split is not None and any(hold.split_id != split.id for hold in holds):
        raise RefusedError(N_("A newer split was accepted by all. Release the money that is held for the dispute first."))
    claims = tuple(money.claim_of(ctx, session, hold) for hold in holds)
    lines = money.ledger_lines(ctx, session, collaboration_id, currency)
    shares = {} if split is None else shares_of(ctx, session, split)
    position = money.position_of(ctx, session, collaboration_id, currency)
    return payout(Entered(plan, position, money.income_of(lines), money.costs_of(lines), shares, claims)), split


def shares_of(ctx: Context, session: Session, split: Split) -> dict[str, Fraction]:
    """The accepted shares by party id.

    Raises:
        DamageError: the stored record cannot be read again.
    """
    run = replay.replay(allocation.frozen_record(ctx, session, split)).allocation
    if run is None:
        raise DamageError(N_("The record of the accepted split cannot be read again."))
    return dict(run.proposed.fractions)


def payout_row(session: Session, collaboration_id: str, payout_id: str) -> MoneyPayout:
    """The row of a payout of this collaboration. The caller has asked ``access``.

    Raises:
        NotFoundError: no such payout here.
    """
    row = session.get(MoneyPayout, payout_id)
    if row is None or row.collaboration_id != collaboration_id:
        raise NotFoundError(N_("There is no such payout in this collaboration."))
    return row


@dataclass(frozen=True)
class PayoutLine:
    """One holder's amount for a reader.

    Args:
        party_id: empty for what is kept aside. units: below 0 when it is taken back. amount: with the currency's decimals.
        reason: why, in one sentence. amounts: what adds up to it, a sentence each; details: these, and what is exactly carried over.
    """

    party_id: str
    name: str
    units: int
    amount: str
    reason: str
    amounts: tuple[str, ...]
    details: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A payout in words. ``steps``: what each step of the waterfall has taken of all income so far; ``repays_costs``: one of them does."""

    currency: str
    units: int
    amount: str
    rule: str
    lines: tuple[PayoutLine, ...]
    steps: tuple[str, ...]
    repays_costs: bool


@dataclass(frozen=True)
class LoggedEntry:
    """Where what was credited stands: ``id`` of the entry of the ledger, commitment C (32 bytes) and index in the log."""

    id: str
    commitment: bytes
    index: int


@dataclass(frozen=True)
class PayoutDetails:
    """A payout with all that its parties may see.

    Args:
        state: ``proposed``, ``paid``, ``declined`` or ``superseded``.
        split_number: of the accepted split that it follows, if it does. entry: once it is paid out.
    """

    id: str
    number: int
    state: str
    told: Told
    digest: bytes
    answers: tuple[Answer, ...]
    proposed_by: str
    created_at: datetime
    decided_at: datetime | None
    split_number: int | None
    entry: LoggedEntry | None

    @property
    def awaited(self) -> tuple[str, ...]:
        """Names of the parties that have not answered yet."""
        return tuple(one.party for one in self.answers if one.state == "awaited")


def preview(ctx: Context, actor: Actor, collaboration_id: str, order: ProposePayout, language: str = "en") -> Told:
    """What a payout would give now; nothing is stored.

    Raises:
        NotFoundError: see ``access``. InputError, RefusedError: as :func:`compute`.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        made, _split = compute(ctx, session, collaboration_id, order)
        return tell(made, names(ctx, session, collaboration_id), language)


def tell(made: Payout, named: Mapping[str, str], language: str) -> Told:
    """A payout in a reader's words."""
    point, currency = get_decimal_symbol(language), made.entered.waterfall.currency
    places = places_of(currency)
    lines = tuple(
        PayoutLine(
            party_id="" if told.holder == HELD else told.holder,
            name=say(language, N_("Kept aside")) if told.holder == HELD else named.get(told.holder, told.holder),
            units=told.units,
            amount=units_text(told.units, places, point),
            reason=said(told.headline, named, language),
            amounts=tuple(said(sentence, named, language) for sentence in told.amounts),
            details=tuple(said(sentence, named, language) for sentence in told.details),
        )
        for told in payout_reasons.account(made, point)
    )
    steps = tuple(said(sentence, named, language) for _step, sentence in payout_reasons.steps(made, point))
    rule = say(language, _TITLES.get(made.entered.waterfall.id, made.entered.waterfall.title))
    return Told(currency, made.units, units_text(made.units, places, point), rule, lines, steps, _repays(made))


def _repays(made: Payout) -> bool:
    return any(isinstance(step, Costs) for step in made.entered.waterfall.steps)


_TITLES = {"by-split": N_("Everything by the accepted split"), "agreed": N_("As the parties agreed")}


def payouts(
    ctx: Context, actor: Actor, collaboration_id: str, language: str = "en", *, before: str | None = None, count: int = 50
) -> list[PayoutDetails]:
    """The payouts of a collaboration, newest first.

    Raises:
        NotFoundError: none that the actor may see.
    """
    query = select(MoneyPayout).where(MoneyPayout.collaboration_id == collaboration_id).order_by(MoneyPayout.id.desc()).limit(count)
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        rows = session.scalars(query if before is None else query.where(MoneyPayout.id < before)).all()
        return [_details(ctx, session, row, language) for row in rows]


def details(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str, language: str = "en") -> PayoutDetails:
    """One payout.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return _details(ctx, session, payout_row(session, collaboration_id, payout_id), language)


def _details(ctx: Context, session: Session, row: MoneyPayout, language: str) -> PayoutDetails:
    named = names(ctx, session, row.collaboration_id)
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    made = payout(payout_record.read(money.record_text(ctx, session, row)))
    given = session.scalars(select(PayoutAnswer).where(PayoutAnswer.payout_id == row.id).order_by(PayoutAnswer.id)).all()
    answers = [_answer(ctx, session, key_id, one, named) for one in given]
    if row.state == "proposed":
        answered = {one.party_id for one in answers}
        people = collaboration.parties(ctx, session, row.collaboration_id)
        answers += [Answer(one.id, one.label, "awaited") for one in people if one.state == "joined" and one.id not in answered]
    return PayoutDetails(
        id=row.id,
        number=row.number,
        state=row.state,
        told=tell(made, named, language),
        digest=row.digest,
        answers=tuple(answers),
        proposed_by=named.get(row.proposed_by, ""),
        created_at=row.created_at,
        decided_at=row.decided_at,
        split_number=None if row.split_id is None else session.get_one(Split, row.split_id).number,
        entry=_logged_entry(session, row),
    )


def _logged_entry(session: Session, row: MoneyPayout) -> LoggedEntry | None:
    query = select(MoneyEntry.id, MoneyEntry.commitment, LogEntry.index).join(LogEntry, LogEntry.commitment == MoneyEntry.commitment)
    found = session.execute(query.where(MoneyEntry.payout_id == row.id)).one_or_none()
    entry_id, commitment, index = found or ("", None, 0)
    return None if commitment is None else LoggedEntry(entry_id, commitment, index)


def _answer(ctx: Context, session: Session, key_id: str, row: PayoutAnswer, named: Mapping[str, str]) -> Answer:
    reason = ctx.open_text(key_id, "money.reason", row.reason_sealed)
    person = session.get_one(Person, row.person_id).name
    return Answer(row.party_id, named.get(row.party_id, ""), "accepted" if row.accepted else "declined", person, row.at, reason)


def record_of(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str) -> str:
    """The record to download, verbatim: with it anybody computes the payout again. It names parties by id only.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "collaboration", collaboration_id)
        return money.record_text(ctx, session, payout_row(session, collaboration_id, payout_id))


def replay_of(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str) -> tuple[Check, ...]:
    """Compute a stored payout again and compare it with its record.

    Raises:
        NotFoundError: see ``access``.
    """
    return payout_record.replay(record_of(ctx, actor, collaboration_id, payout_id))


def awaited(ctx: Context, actor: Actor, collaboration_id: str, payout_id: str) -> bool:
    """Whether one of the actor's parties still has to answer.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return _awaited(session, actor, payout_row(session, collaboration_id, payout_id))


def _awaited(session: Session, actor: Actor, row: MoneyPayout) -> bool:
    if row.state != "proposed":
        return False
    own = access.organisations(session, actor, "decide", "collaboration", row.collaboration_id)
    mine = (CollaborationParty.collaboration_id == row.collaboration_id, CollaborationParty.organisation_id.in_(own))
    joined = set(session.scalars(select(CollaborationParty.id).where(*mine, CollaborationParty.state == "joined")))
    return bool(joined - set(session.scalars(select(PayoutAnswer.party_id).where(PayoutAnswer.payout_id == row.id))))


def waiting(ctx: Context, actor: Actor) -> list[tuple[str, str]]:
    """(collaboration id, payout id) of every proposal that one of the actor's parties has not answered, newest first."""
    visible = access.visible(actor, "collaboration", "decide")
    query = select(MoneyPayout).where(MoneyPayout.state == "proposed", MoneyPayout.collaboration_id.in_(visible))
    with ctx.database.reading() as session:
        rows = session.scalars(query.order_by(MoneyPayout.id.desc())).all()
        return [(row.collaboration_id, row.id) for row in rows if _awaited(session, actor, row)]


def _waterfall(ctx: Context, session: Session, collaboration_id: str, currency: str, order: ProposePayout) -> Waterfall:
    if order.rule == "last":
        last = money.last_paid(session, collaboration_id, currency)
        return waterfall.by_split(currency) if last is None else payout_record.read(money.record_text(ctx, session, last)).waterfall
    if order.rule == "split":
        return waterfall.by_split(currency)
    people = {one.id for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
    plan = _written(order.own.text) if order.own.text.strip() else _common(order.own, currency)
    if plan.currency != currency:
        msgid = N_("This waterfall is for {found}, not for {expected}")
        raise InputError.at("/text", msgid, found=plan.currency, expected=currency)
    strangers = sorted(plan.members() - people)
    if strangers:
        raise InputError.at("/text", N_("{value} is not a party of this collaboration. Parties stand by their id."), value=strangers[0])
    return plan


def _written(text: str) -> Waterfall:
    try:
        return waterfall.load(clean_text("/text", text, MAX_WATERFALL))
    except InputError as problem:
        raise InputError.at("/text", problem.msgid, **problem.values) from problem


def _common(own: OwnRule, currency: str) -> Waterfall:
    """The common form; with nothing chosen it is the split alone."""
    source = waterfall.WITH_PAYOUT
    steps: list[Step] = [Costs("costs", source)] if own.costs else []
    if own.fixed_party_id or own.fixed_amount.strip():
        units = _placed("/fixed_amount", own.fixed_amount, currency)
        steps.append(Fixed("fixed", source, ((_chosen("/fixed_party_id", own.fixed_party_id), units),)))
    if own.recoup_party_id or own.recoup_cap.strip():
        to = ((_chosen("/recoup_party_id", own.recoup_party_id), Fraction(1)),)
        cap = _placed("/recoup_cap", own.recoup_cap, currency)
        steps.append(Cut("recoup", source, _part(own.recoup_of), to, "down", cap))
    if not steps:
        return waterfall.by_split(currency)
    steps.append(Shares("rest", waterfall.ACCEPTED_SPLIT, None))
    return Waterfall("agreed", 1, "As the parties agreed", source, currency, "carry", (), tuple(steps))


def _chosen(pointer: str, party_id: str) -> str:
    if not party_id:
        raise InputError.at(pointer, N_("Choose a party of this collaboration."))
    return party_id


def _placed(pointer: str, written: str, currency: str) -> int:
    try:
        return clean_amount(written, currency).units
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def _part(written: str) -> Fraction:
    try:
        part = exact(written.strip().replace(",", ".") or 1)
    except InputError as problem:
        raise InputError.at("/recoup_of", problem.msgid, **problem.values) from problem
    if not 0 < part <= 1:
        raise InputError.at("/recoup_of", N_("A part is above 0 and at most 1"))
    return part
