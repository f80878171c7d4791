"""Witnessing in both directions: cosignatures over our checkpoints, and what we cosigned of other logs.

Cosignatures and evidence are verbatim and never updated. What a witness knows of a log only ever grows (store no row of these two tables
from an older backup beside newer ones: a witness that forgets can be led to cosign a second history).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, Word


class Cosignature(Base):
    """One signature line of a witness over one of our checkpoints."""

    __tablename__ = "log_cosignature"

    checkpoint_size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), primary_key=True)
    witness: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the witness's vkey line, hex")
    name: Mapped[Line] = mapped_column(comment="of the key, as the line gives it")
    line: Mapped[bytes] = mapped_column(comment="the signature line verbatim, with its newline")
    obtained_at: Mapped[datetime]


class WitnessedCheckpoint(Base):
    """A checkpoint of ours that reached the quorum of the policy of its time."""

    __tablename__ = "log_witnessed"

    checkpoint_size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), primary_key=True)
    reached_at: Mapped[datetime]


class WitnessStanding(Base):
    """One witness that we ask: what it knows of our log, and when it is asked next. Losing the row costs one more question."""

    __tablename__ = "witness_standing"

    witness: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the witness's vkey line, hex")
    known_size: Mapped[int] = mapped_column(BigInteger, comment="size of our newest checkpoint that it said it knows")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(comment="in a row; 0 after an answer")
    due_at: Mapped[datetime] = mapped_column(comment="not asked before, unless it answered the last time")
    last_error: Mapped[Word | None] = mapped_column(comment="stable code, never text from outside")


class WatchedLog(Base):
    """A log that we witness: the newest checkpoint that we cosigned. Locked while one is decided on."""

    __tablename__ = "watched_log"

    origin: Mapped[Line] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, comment="0 before the first")
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    time: Mapped[datetime] = mapped_column(comment="of the newest cosignature; never runs backwards")


class WatchedCheckpoint(Base):
    """A checkpoint of another log that we cosigned, verbatim: one half of the proof, should the log sign that size again."""

    __tablename__ = "watched_checkpoint"

    origin: Mapped[Line] = mapped_column(ForeignKey("watched_log.origin"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[bytes]
    cosigned_at: Mapped[datetime]


class SplitView(Base):
    """Evidence that a log, maybe our own, shows more than one history. Kept for good."""

    __tablename__ = "split_view"

    id: Mapped[Id] = mapped_column(primary_key=True)
    origin: Mapped[Line] = mapped_column(index=True)
    kind: Mapped[Word] = mapped_column(comment="two-roots | bad-proof | witness-ahead | witness-refuses")
    size: Mapped[int] = mapped_column(BigInteger, comment="of the checkpoint that was refused")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="of origin, kind and refused body: each is kept once")
    known: Mapped[bytes] = mapped_column(comment="the signed checkpoint known before, verbatim")
    refused: Mapped[bytes] = mapped_column(comment="what contradicts it, verbatim: a whole request, or what a witness answered")
    witness: Mapped[Line | None] = mapped_column(comment="name of the witness that refused ours")
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(comment="the very same checkpoint was proved consistent later")
