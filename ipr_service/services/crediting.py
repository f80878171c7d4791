"""What was credited stands in the log: a payout once every party has accepted it, and disputed money once it is given out.

One entry of kind ``split`` for each: a ``payout`` or a ``release`` statement, and a ``credit`` for every party, each with its own salt, so
that a party can show its own amount without the others'. A payout's record (payout.json) is the entry's file 1. Income, costs and
transfers are what parties tell each other; they are not logged, and a payout's record holds their sums.

The log shows what was accepted and credited, by which split, and when. Not that money came in, and not that anybody was paid.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, NotFoundError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import digest_stream, to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.rights import ledger, payout_record
from ipr_service.rights.ledger import Posting, Transaction
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.revenue import payout
from ipr_service.rights.waterfall import HELD
from ipr_service.services import access, collaboration, money
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.entry_bundles import entry_bundle
from ipr_service.services.money import Credited
from ipr_service.store.schema import Collaboration, MoneyEntry, MoneyHold, MoneyPayout, MoneyPosting, PayoutAnswer, Person, Split
from ipr_service.store.sequencer import Logged

RECORD: str = "payout.json"
Acceptance = tuple[str, str, datetime]
"""(party id, person id, time)."""


def log_payout(
    ctx: Context, session: Session, row: Mapping[str, object], record: str, transaction: Transaction, accepted: Sequence[Acceptance]
) -> tuple[Credited, Logged]:
    """The entry of a payout that is paid out now.

    Args:
        row: of ``MoneyPayout``: id, collaboration_id, split_id, digest, currency.
        record: verbatim. accepted: by every party.
    """
    home, now = session.get_one(Collaboration, str(row["collaboration_id"])), ctx.now()
    named = _identities(ctx, session, home.id, [person for _party, person, _at in accepted])
    split = None if row["split_id"] is None else session.get_one(Split, str(row["split_id"])).commitment
    digest = row["digest"]
    if not isinstance(digest, bytes):
        raise TypeError("a payout has its digest")
    said = [
        _payout_statement(split, digest, record, named, accepted, now),
        *_credits(transaction.postings, str(row["currency"]), named),
        _file(record),
    ]
    return _entry(ctx, session, home, str(row["id"]), said, named, now, record)


def log_release(
    ctx: Context, session: Session, home: Collaboration, transaction: Transaction, currency: str, hold_id: str, split: Split, by: Acceptance
) -> tuple[Credited, Logged]:
    """The entry of disputed money that is given out now. ``split``: that stands. ``by``: who ended the dispute, and when."""
    party, person, now = by
    named = _identities(ctx, session, home.id, [person])
    release = statements.release(to_base64(split.commitment), named[party], named[person], now)
    return _entry(ctx, session, home, hold_id, [release, *_credits(transaction.postings, currency, named)], named, now)


def _entry(
    ctx: Context,
    session: Session,
    home: Collaboration,
    thing_id: str,
    said: Sequence[Statement],
    named: Mapping[str, str],
    now: datetime,
    record: str | None = None,
) -> tuple[Credited, Logged]:
    files = () if record is None else (digest_stream(io.BytesIO(record.encode())),)
    made = commit_to(ctx, session, "split", said, files=files)
    sealed = ctx.seal(home.key_id, "money.identities", json.dumps(named).encode())
    return Credited(made.commitment, sealed, now), logged(ctx, made, thing_id, home.key_id)


def _identities(ctx: Context, session: Session, collaboration_id: str, people: Sequence[str]) -> dict[str, str]:
    """What parties and people are called in statements, by id; as they are now, for somebody may be erased later."""
    parties = collaboration.parties(ctx, session, collaboration_id, with_left=True)
    named = {one.id: f"mailto:{one.email}" for one in parties}
    return named | {person: f"mailto:{session.get_one(Person, person).email}" for person in people}


def _payout_statement(
    split: bytes | None, digest: bytes, record: str, named: Mapping[str, str], accepted: Sequence[Acceptance], at: datetime
) -> Statement:
    given = [(named[party], named[person], when) for party, person, when in sorted(accepted)]
    follows = None if split is None else to_base64(split)
    return statements.payout(follows, digest.hex(), sha256(record.encode()).hexdigest(), given, at)


def _credits(postings: Sequence[Posting], currency: str, named: Mapping[str, str]) -> list[Statement]:
    """A statement for what became due to each party, and for what was kept aside or taken from there."""
    places, found = places_of(currency), list[Statement]()
    for posting in postings:
        party = ledger.party_of(posting.account)
        if posting.account == HELD:
            found.append(statements.credit(None, units_text(-posting.units, places), currency))
        elif party is not None and posting.account == ledger.due(party):
            found.append(statements.credit(named[party], units_text(-posting.units, places), currency))
    return found


def _file(record: str) -> Statement:
    return statements.file(1, RECORD, len(record.encode()), "application/json")


def expected_statements(ctx: Context, session: Session, row: MoneyEntry) -> list[Statement]:
    """What the entry of a payout or a release must say, from the rows alone: for the audit.

    Raises:
        DamageError: the postings are not those of the payout's record.
    """
    home = session.get_one(Collaboration, row.collaboration_id)
    named: dict[str, str] = json.loads(ctx.open(home.key_id, "money.identities", row.identities_sealed or b""))
    query = select(MoneyPosting).where(MoneyPosting.entry_id == row.id).order_by(MoneyPosting.position)
    postings = tuple(Posting(one.account, one.units) for one in session.scalars(query))
    credits = _credits(postings, row.currency, named)
    if row.kind == "release":
        hold = session.get_one(MoneyHold, row.hold_id or "")
        split = session.get_one(Split, hold.settled_by or "")
        release = statements.release(to_base64(split.commitment), named[row.party_id], named[row.person_id], row.created_at)
        return [release, *credits]
    paid = session.get_one(MoneyPayout, row.payout_id or "")
    record = money.record_text(ctx, session, paid)
    made = payout(payout_record.read(record))
    if ledger.payout(made.amounts, made.repaid).postings != postings:
        raise DamageError(N_("The postings of this payout are not those of its record."))
    split_row = None if paid.split_id is None else session.get_one(Split, paid.split_id)
    answers = session.scalars(select(PayoutAnswer).where(PayoutAnswer.payout_id == paid.id, PayoutAnswer.accepted)).all()
    accepted = [(one.party_id, one.person_id, one.at) for one in answers]
    commitment = None if split_row is None else split_row.commitment
    return [_payout_statement(commitment, paid.digest, record, named, accepted, row.created_at), *credits, _file(record)]


def proof_of(ctx: Context, actor: Actor, collaboration_id: str, entry_id: str, language: str = "en") -> bytes:
    """The proof bundle of a payout or a release, with the payout's record in it.

    Raises:
        NotFoundError: see ``access``; no such entry here, or one that is not logged.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "collaboration", collaboration_id)
        row = session.get(MoneyEntry, entry_id)
        if row is None or row.collaboration_id != collaboration_id or row.commitment is None:
            raise NotFoundError(N_("There is no payout or release of this number in the log."))
        paid = None if row.payout_id is None else session.get_one(MoneyPayout, row.payout_id)
        files = {} if paid is None else {1: money.record_text(ctx, session, paid).encode()}
        commitment = row.commitment
    return entry_bundle(ctx, commitment, files, language)[0]
