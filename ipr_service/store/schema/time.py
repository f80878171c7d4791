"""Time from others: when each authority may be asked, stamps of public calendars, and renewals of what was proved.

Renewals and stamps are evidence: superseded by later rows, never updated nor deleted (a stamp's calendar proof may grow: it is the
same stamp, told more fully). ``TimeAuthority`` is no evidence: it only bounds what is asked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Pieces, Word


class TimeAuthority(Base):
    """When an authority may be asked next. Claimed before the asking, so that two workers never ask at once."""

    __tablename__ = "time_authority"

    name: Mapped[Line] = mapped_column(primary_key=True)
    next_at: Mapped[datetime] = mapped_column(comment="not asked before: the interval of the settings, or longer after failures")
    failures: Mapped[int] = mapped_column(default=0, comment="in a row")
    last_error: Mapped[str | None] = mapped_column(comment="stable code and check names, never text from outside")
    answered_at: Mapped[datetime | None]


class CalendarStamp(Base):
    """An OpenTimestamps proof over a checkpoint's note body. A bonus, never a promise."""

    __tablename__ = "calendar_stamp"

    id: Mapped[Id] = mapped_column(primary_key=True)
    checkpoint_size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), unique=True)
    proof: Mapped[bytes] = mapped_column(comment="detached timestamp file (.ots), as complete as the calendars were")
    state: Mapped[Word] = mapped_column(comment="pending | complete")
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime] = mapped_column(comment="when the calendars were last asked to complete it")


class Renewal(Base):
    """One token over a hash tree of renewed bundles: the same cost for one bundle or a million."""

    __tablename__ = "renewal"

    id: Mapped[Id] = mapped_column(primary_key=True)
    root: Mapped[bytes] = mapped_column(LargeBinary(64), comment="SHA-512 root over the lists of all bundles of this round")
    bundles: Mapped[int] = mapped_column(comment="leaves of the tree")
    authority: Mapped[Line]
    query: Mapped[bytes]
    reply: Mapped[bytes]
    chain: Mapped[LongText] = mapped_column(comment="PEM, leaf to root")
    crls: Mapped[tuple[bytes, ...]] = mapped_column(Pieces, comment="revocation lists of that time, DER")
    ocsps: Mapped[tuple[bytes, ...]] = mapped_column(Pieces, comment="OCSP responses of that time, DER")
    obtained_at: Mapped[datetime] = mapped_column(comment="genTime of the token")
    ends_at: Mapped[datetime] = mapped_column(index=True, comment="when its certificates or algorithms end; renewed before")
    key_id: Mapped[Id] = mapped_column(comment="opens the statement of its log entry")
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="its entry in the log, kind renewal")


class RenewedBundle(Base):
    """A bundle as it stands after a renewal: all members but the originals, encrypted under its idea's key in the blob store."""

    __tablename__ = "renewed_bundle"
    __table_args__ = (UniqueConstraint("version_id", "whole", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("idea_version.id"), index=True)
    whole: Mapped[bool] = mapped_column(comment="its container lists the originals: they go into the file when it is given out")
    number: Mapped[int] = mapped_column(comment="how many renewals it carries, from 1")
    renewal_id: Mapped[str] = mapped_column(ForeignKey("renewal.id"), index=True)
    blob: Mapped[str] = mapped_column(String(128), unique=True)
