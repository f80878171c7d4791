"""The money of a collaboration: a ledger in double entry, payouts with the parties' answers, disputes; and kept guide answers.

Amounts are whole minor units. Entries and postings are only ever added; what was wrong is undone by another entry. What people write
(texts, reasons, claims, waterfalls) rests encrypted under the collaboration's key. Amounts and days do not: sums are made from them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Word


class MoneyEntry(Base):
    """One transaction of the ledger."""

    __tablename__ = "money_entry"
    __table_args__ = (UniqueConstraint("collaboration_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    number: Mapped[int] = mapped_column(comment="1, 2, 3 … in the collaboration; also the guard against two at once")
    kind: Mapped[Word] = mapped_column(comment="income | refund | cost | correction | transfer | payout | release")
    currency: Mapped[Word] = mapped_column(comment="ISO 4217")
    day: Mapped[Word] = mapped_column(comment="that it counts for, ISO 8601")
    text_sealed: Mapped[bytes] = mapped_column(comment="what for, as the parties read it")
    payout_id: Mapped[str | None] = mapped_column(ForeignKey("money_payout.id"))
    hold_id: Mapped[str | None] = mapped_column(ForeignKey("money_hold.id"))
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"), comment="who recorded it, or completed it")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    identities_sealed: Mapped[bytes | None] = mapped_column(comment="JSON: identity by id of party or person, as logged")
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, comment="its entry in the log; payout and release")


class MoneyPosting(Base):
    """One side of an entry; those of one entry add up to 0."""

    __tablename__ = "money_posting"

    entry_id: Mapped[str] = mapped_column(ForeignKey("money_entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Word] = mapped_column(comment="see rights.ledger: cash:<party>, due:<party>, advanced:<party>, pot, spent, held")
    units: Mapped[int] = mapped_column(BigInteger, comment="minor units; a debit above 0, a credit below")


class MoneyPayout(Base):
    """A computed payout that parties answer; never changed once it was paid out."""

    __tablename__ = "money_payout"
    __table_args__ = (UniqueConstraint("collaboration_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    number: Mapped[int]
    currency: Mapped[Word]
    split_id: Mapped[str | None] = mapped_column(ForeignKey("split.id"), comment="the accepted split that it follows, if it does")
    record_sealed: Mapped[bytes] = mapped_column(comment="the record (rights.payout_record), verbatim")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), comment="digest of waterfall and canonical input: what the parties accept")
    awaited: Mapped[int] = mapped_column(comment="parties that have not accepted yet; 0 exactly when paid out")
    state: Mapped[Word] = mapped_column(comment="proposed | paid | declined | superseded")
    proposed_by: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class PayoutAnswer(Base):
    """One party's answer to one payout; the proposer's stands from the beginning."""

    __tablename__ = "money_payout_answer"
    __table_args__ = (UniqueConstraint("payout_id", "party_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    payout_id: Mapped[str] = mapped_column(ForeignKey("money_payout.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    accepted: Mapped[bool]
    reason_sealed: Mapped[bytes | None] = mapped_column(comment="why it was declined")
    at: Mapped[datetime]


class MoneyHold(Base):
    """A dispute: as long as it is open, what depends on it is kept aside in every payout. A party has one open at most."""

    __tablename__ = "money_hold"

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    split_id: Mapped[str] = mapped_column(ForeignKey("split.id"), comment="the accepted split that is disputed")
    claim_sealed: Mapped[bytes] = mapped_column(comment="JSON: the shares that the raiser claims instead, by party")
    reason_sealed: Mapped[bytes]
    raised_by: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    open: Mapped[bool]
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("split.id"), comment="the split that stood when it ended; null while open")
    ended_after: Mapped[int | None] = mapped_column(comment="number of the last entry before it ended, 0 for none; null while open")


class GuideAnswers(Base):
    """What somebody answered to the decision guide; every save is a row, the newest one counts."""

    __tablename__ = "guide_answers"
    __table_args__ = (UniqueConstraint("collaboration_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    number: Mapped[int] = mapped_column(comment="1, 2, 3 … in the collaboration")
    guide: Mapped[Word] = mapped_column(comment="id@version")
    answers_sealed: Mapped[bytes] = mapped_column(comment="JSON: answer by question")
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
