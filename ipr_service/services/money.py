"""The money of a collaboration, looked at: what was recorded, what is due to whom, what a payout begins from.

Who records stands in ``recording``, payouts in ``paying``, disputes in ``disputing``, papers in ``account_statements``. Money goes on after
a collaboration was closed: what was made together may earn for years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError
from ipr_service.rights import ledger, payout_record
from ipr_service.rights.ledger import Posting, Transaction
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.revenue import Position
from ipr_service.rights.waterfall import HELD
from ipr_service.services import access, collaboration
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.schema import Collaboration, LogEntry, MoneyEntry, MoneyHold, MoneyPayout, MoneyPosting, Person, Split
from ipr_service.store.sequencer import Insert, Update

FASTER = N_("Somebody recorded something at the same moment. Load the page again.")


@dataclass(frozen=True)
class LedgerLine:
    """One entry of the ledger as the parties see it.

    Args:
        amount: what it is about, in units. party, to: whose hands; empty for a payout or a release.
        recorded_by: name of the party. person: of who did it.
        commitment, index: of its entry in the log; for payouts and releases.
    """

    id: str
    number: int
    kind: str
    currency: str
    day: date
    text: str
    transaction: Transaction
    party: str
    to: str
    payout_id: str | None
    hold_id: str | None
    recorded_by: str
    person: str
    at: datetime
    commitment: bytes | None
    index: int | None

    @property
    def amount(self) -> int:
        """What it is about: what left the pot or what was held, below 0 when it came back; else the debit."""
        source = {"payout": ledger.POT, "release": HELD}.get(self.kind)
        if source is not None:
            return sum(posting.units for posting in self.transaction.postings if posting.account == source)
        return sum(posting.units for posting in self.transaction.postings if posting.units > 0)

    @property
    def amount_text(self) -> str:
        """With the currency's decimals and a point."""
        return units_text(self.amount, places_of(self.currency))


@dataclass(frozen=True)
class Holder:
    """A party's accounts in one currency, in units: what is still due to it, what it has in hand, what it advanced."""

    party_id: str
    name: str
    due: int
    cash: int
    advanced: int


@dataclass(frozen=True)
class Book:
    """All of one currency.

    Args:
        income: less refunds. unpaid: of it, not paid out yet. held: kept aside for a dispute.
        open_payout: id of a proposal that waits for answers, or None.
        steps: what would bring the money in hand to whom it is due, by party id.
    """

    currency: str
    income: int
    unpaid: int
    held: int
    holders: tuple[Holder, ...]
    open_payout: str | None
    steps: tuple[ledger.Step, ...]


@dataclass(frozen=True)
class HoldLine:
    """A dispute. ``claim``: the shares claimed instead, exact, by party id. ``outdated``: all have accepted a newer split meanwhile."""

    id: str
    raised_by: str
    party_id: str
    claim: Mapping[str, Fraction]
    reason: str
    outdated: bool
    created_at: datetime


@dataclass(frozen=True)
class Money:
    """The money of a collaboration as its parties see it. ``lines``: newest first."""

    books: tuple[Book, ...]
    lines: tuple[LedgerLine, ...]
    holds: tuple[HoldLine, ...]
    verbs: frozenset[str]


def money(ctx: Context, actor: Actor, collaboration_id: str) -> Money:
    """Everything about the money of a collaboration.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        lines = ledger_lines(ctx, session, collaboration_id)
        names = {one.id: one.label for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
        found = tuple(_book(session, collaboration_id, code, lines, names) for code in sorted({line.currency for line in lines}))
        standing = standing_split(session, collaboration_id)
        holds = tuple(_hold_line(ctx, session, row, names, standing) for row in open_holds(session, collaboration_id))
        verbs = access.verbs(session, actor, "collaboration", collaboration_id)
        return Money(found, tuple(reversed(lines)), holds, verbs)


def _book(session: Session, collaboration_id: str, currency: str, lines: Sequence[LedgerLine], names: Mapping[str, str]) -> Book:
    mine = [line for line in lines if line.currency == currency]
    found = ledger.balances(line.transaction for line in mine)
    waiting = (MoneyPayout.collaboration_id == collaboration_id, MoneyPayout.currency == currency, MoneyPayout.state == "proposed")
    holders = tuple(
        Holder(id, name, -found.get(ledger.due(id), 0), found.get(ledger.cash(id), 0), -found.get(ledger.advanced(id), 0))
        for id, name in names.items()
    )
    return Book(
        currency=currency,
        income=income_of(mine),
        unpaid=-found.get(ledger.POT, 0),
        held=-found.get(HELD, 0),
        holders=holders,
        open_payout=session.scalars(select(MoneyPayout.id).where(*waiting)).first(),
        steps=ledger.handing_on(found),
    )


def ledger_lines(ctx: Context, session: Session, collaboration_id: str, currency: str | None = None) -> tuple[LedgerLine, ...]:
    """The entries in the order in which they were recorded. The caller has asked ``access``."""
    key_id = session.get_one(Collaboration, collaboration_id).key_id
    names = {one.id: one.label for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
    query = (
        select(MoneyEntry, Person, LogEntry.index)
        .join(Person, Person.id == MoneyEntry.person_id)
        .outerjoin(LogEntry, LogEntry.commitment == MoneyEntry.commitment)
        .where(MoneyEntry.collaboration_id == collaboration_id)
    )
    if currency is not None:
        query = query.where(MoneyEntry.currency == currency)
    rows = session.execute(query.order_by(MoneyEntry.number)).all()
    postings = _postings(session, collaboration_id)
    return tuple(_line(ctx, key_id, row, person, index, postings[row.id], names) for row, person, index in rows)


def _postings(session: Session, collaboration_id: str) -> dict[str, list[Posting]]:
    query = (
        select(MoneyPosting)
        .join(MoneyEntry, MoneyEntry.id == MoneyPosting.entry_id)
        .where(MoneyEntry.collaboration_id == collaboration_id)
        .order_by(MoneyPosting.entry_id, MoneyPosting.position)
    )
    found: dict[str, list[Posting]] = {}
    for row in session.scalars(query):
        found.setdefault(row.entry_id, []).append(Posting(row.account, row.units))
    return found


def _line(
    ctx: Context, key_id: str, row: MoneyEntry, person: Person, index: int | None, postings: Sequence[Posting], names: Mapping[str, str]
) -> LedgerLine:
    single = row.kind not in ("payout", "release")
    hands = [ledger.party_of(posting.account) or "" for posting in postings] if single else []
    pair = [party for party in hands if party]
    if row.kind in ("transfer", "return"):  # the debit, where it went, stands first
        pair.reverse()
    return LedgerLine(
        id=row.id,
        number=row.number,
        kind=row.kind,
        currency=row.currency,
        day=date.fromisoformat(row.day),
        text=ctx.open_text(key_id, "money.text", row.text_sealed) or "",
        transaction=Transaction(row.kind, tuple(postings)),
        party=names.get(pair[0], "") if pair else "",
        to=names.get(pair[1], "") if len(pair) > 1 else "",
        payout_id=row.payout_id,
        hold_id=row.hold_id,
        recorded_by=names.get(row.party_id, ""),
        person=person.name,
        at=row.created_at,
        commitment=row.commitment,
        index=index,
    )


def income_of(lines: Sequence[LedgerLine]) -> int:
    """All income less refunds, in units."""
    return sum({"income": line.amount, "refund": -line.amount}.get(line.kind, 0) for line in lines)


def costs_of(lines: Sequence[LedgerLine]) -> dict[str, int]:
    """All costs less corrections by party, in units."""
    found: dict[str, int] = {}
    for line in lines:
        if line.kind in ("cost", "correction"):
            (party,) = [one for one in (ledger.party_of(posting.account) for posting in line.transaction.postings) if one]
            found[party] = found.get(party, 0) + (line.amount if line.kind == "cost" else -line.amount)
    return {party: units for party, units in found.items() if units}


def last_paid(session: Session, collaboration_id: str, currency: str) -> MoneyPayout | None:
    """The newest payout that was paid out in a currency."""
    paid = (MoneyPayout.collaboration_id == collaboration_id, MoneyPayout.currency == currency, MoneyPayout.state == "paid")
    return session.scalars(select(MoneyPayout).where(*paid).order_by(MoneyPayout.number.desc()).limit(1)).one_or_none()


def record_text(ctx: Context, session: Session, row: MoneyPayout) -> str:
    """The record of a payout, verbatim."""
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    return ctx.open(key_id, "money.record", row.record_sealed).decode()


def position_of(ctx: Context, session: Session, collaboration_id: str, currency: str) -> Position:
    """Where the payouts of a currency stand."""
    row = last_paid(session, collaboration_id, currency)
    return Position() if row is None else payout_record.position_after(record_text(ctx, session, row))


def standing_split(session: Session, collaboration_id: str) -> Split | None:
    """The newest split that every party has accepted."""
    accepted = (Split.collaboration_id == collaboration_id, Split.state == "accepted")
    return session.scalars(select(Split).where(*accepted).order_by(Split.number.desc()).limit(1)).one_or_none()


def open_holds(session: Session, collaboration_id: str) -> Sequence[MoneyHold]:
    """The disputes that keep money aside now, in the order in which they were raised."""
    query = select(MoneyHold).where(MoneyHold.collaboration_id == collaboration_id, MoneyHold.open).order_by(MoneyHold.id)
    return session.scalars(query).all()


def _hold_line(ctx: Context, session: Session, row: MoneyHold, names: Mapping[str, str], standing: Split | None) -> HoldLine:
    """A dispute for its parties."""
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    reason = ctx.open_text(key_id, "money.reason", row.reason_sealed) or ""
    outdated = standing is not None and standing.id != row.split_id
    return HoldLine(row.id, names.get(row.raised_by, ""), row.raised_by, claim_of(ctx, session, row), reason, outdated, row.created_at)


def claim_of(ctx: Context, session: Session, row: MoneyHold) -> dict[str, Fraction]:
    """The shares that a dispute claims, by party."""
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    found: dict[str, str] = json.loads(ctx.open(key_id, "money.claim", row.claim_sealed))
    return {party: Fraction(share) for party, share in found.items()}


@dataclass(frozen=True)
class Credited:
    """How an entry of the ledger stands in the log: see ``crediting``."""

    commitment: bytes
    identities_sealed: bytes
    at: datetime


@dataclass(frozen=True)
class NewEntry:
    """What an entry is made of; see :func:`steps_of`."""

    collaboration: Collaboration
    transaction: Transaction
    currency: str
    day: date
    text: str
    party_id: str
    person_id: str
    payout_id: str | None = None
    hold_id: str | None = None
    credited: Credited | None = None


def last_number(session: Session, collaboration_id: str) -> int:
    """Number of the newest entry of the ledger, 0 for none."""
    return session.scalar(select(func.max(MoneyEntry.number)).where(MoneyEntry.collaboration_id == collaboration_id)) or 0


def steps_of(ctx: Context, session: Session, *entries: NewEntry) -> tuple[str, tuple[Insert, ...]]:
    """The steps that add entries to the ledger, and the id of the last one.

    When the plan runs, ConflictError: somebody else added one meanwhile; the numbers are the guard.
    """
    collaboration_id = entries[0].collaboration.id
    number = last_number(session, collaboration_id)
    steps: list[Insert] = []
    entry_id = ""
    for entry in entries:
        entry_id, number = ctx.new_id(), number + 1
        row = {
            "id": entry_id,
            "collaboration_id": collaboration_id,
            "number": number,
            "kind": entry.transaction.kind,
            "currency": entry.currency,
            "day": entry.day.isoformat(),
            "text_sealed": ctx.seal(entry.collaboration.key_id, "money.text", entry.text.encode()),
            "payout_id": entry.payout_id,
            "hold_id": entry.hold_id,
            "party_id": entry.party_id,
            "person_id": entry.person_id,
            "created_at": entry.credited.at if entry.credited else ctx.now(),
            "identities_sealed": entry.credited.identities_sealed if entry.credited else None,
            "commitment": entry.credited.commitment if entry.credited else None,
        }
        postings = tuple(
            {"entry_id": entry_id, "position": at, "account": posting.account, "units": posting.units}
            for at, posting in enumerate(entry.transaction.postings)
        )
        steps += [Insert(MoneyEntry, (row,), taken=ConflictError(FASTER)), Insert(MoneyPosting, postings)]
    return entry_id, tuple(steps)


def supersede(ctx: Context, collaboration_id: str, currency: str | None = None) -> Update:
    """The step that ends proposals which not everybody has accepted yet: what they were computed from has changed."""
    undecided = [MoneyPayout.collaboration_id == collaboration_id, MoneyPayout.state == "proposed"]
    if currency is not None:
        undecided.append(MoneyPayout.currency == currency)
    return Update(MoneyPayout, tuple(undecided), {"state": "superseded", "decided_at": ctx.now()}, expect=None)
