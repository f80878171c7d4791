"""The log's own rows: head, entries with what opens them, tiles, checkpoints, tokens, stored verbatim.

Entries, checkpoints and tokens are never updated nor deleted. Erasing a thing destroys the key that opens
``opening_sealed``; the entry stays and opens to nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Pieces, RowNumber, Word


class LogHead(Base):
    """One row: where the log stands. Locked by whoever appends."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    origin: Mapped[Line]
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    time: Mapped[datetime] = mapped_column(comment="of the newest checkpoint or token of the own clock; never runs backwards")


class LogEntry(Base):
    """One leaf and what the service keeps to open it."""

    __tablename__ = "log_entry"

    index: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False, comment="zero-based, between 0 and 2^40-1")
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="C; the entry line and the leaf hash follow from it")
    kind: Mapped[Word] = mapped_column(comment="as in the manifest")
    thing_id: Mapped[Id] = mapped_column(index=True)
    manifest: Mapped[bytes | None] = mapped_column(comment="manifest.json; null when only the commitment was sent")
    opening_sealed: Mapped[bytes | None] = mapped_column(comment="salt and openings.json under the thing's key; null when never sent")
    key_id: Mapped[str | None] = mapped_column(comment="key store id under which opening_sealed rests")
    checkpoint_size: Mapped[int] = mapped_column(BigInteger, comment="size of the first checkpoint that covers it")
    created_at: Mapped[datetime]


class LogTile(Base):
    """The newest state of one tile: 32 bytes per hash, 1 to 256 hashes."""

    __tablename__ = "log_tile"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]


class LogCheckpoint(Base):
    """A signed checkpoint, verbatim."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[bytes] = mapped_column(comment="body and signature lines, as first signed")
    created_at: Mapped[datetime]


class LogToken(Base):
    """An RFC 3161 token over a checkpoint's note body, verbatim, with what verifies it later."""

    __tablename__ = "log_token"

    id: Mapped[Id] = mapped_column(primary_key=True)
    checkpoint_size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), index=True)
    authority: Mapped[Line]
    independent: Mapped[bool] = mapped_column(comment="false for the service's own clock; never shown as independent then")
    query: Mapped[bytes]
    reply: Mapped[bytes]
    chain: Mapped[LongText] = mapped_column(comment="PEM, leaf to root")
    crls: Mapped[tuple[bytes, ...]] = mapped_column(Pieces, comment="revocation lists of that time, DER")
    ocsps: Mapped[tuple[bytes, ...]] = mapped_column(Pieces, comment="OCSP responses of that time, DER")
    obtained_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True, comment="when its certificates or algorithms end; renewed before")


class ContainerToken(Base):
    """The token over one bundle's ASiCManifest: made once, a container formality that adds no trust."""

    __tablename__ = "container_token"

    manifest_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    token: Mapped[bytes]
    created_at: Mapped[datetime]


class OutboxRow(Base):
    """Something due after a commit: mail, token, sealing. Written with its cause, done by a worker, never lost."""

    __tablename__ = "outbox"

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Word] = mapped_column(comment="mail | token | seal")
    payload_sealed: Mapped[bytes] = mapped_column(comment="JSON under the service's outbox key: mails hold links, which are secrets")
    thing_id: Mapped[str | None] = mapped_column(index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(comment="a worker holds it until then; afterwards another may take it")
    last_error: Mapped[str | None] = mapped_column(comment="stable error code, never text from outside")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    kept: Mapped[bool] = mapped_column(default=False, comment="a mail that was kept here because no mail server is set")
    failed_at: Mapped[datetime | None] = mapped_column(comment="given up after the last attempt; shown to the operator")
