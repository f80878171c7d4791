"""What every table shares: the declarative base, the naming of constraints, the column types.

Moments are aware UTC everywhere in the house; a naive one is a programming error and is refused here. Bytes are bytes.
Opaque ids are ULIDs, 26 characters (see ``store.database.new_id``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment. SQLite keeps it as text without a zone, PostgreSQL as timestamptz; Python always sees UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Pieces(TypeDecorator[tuple[bytes, ...]]):
    """A short list of byte strings, each with its length before it (4 bytes, big-endian)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: tuple[bytes, ...] | None, dialect: Dialect) -> bytes | None:
        return None if value is None else b"".join(len(piece).to_bytes(4, "big") + piece for piece in value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> tuple[bytes, ...] | None:
        pieces, rest = [], bytes(value or b"")
        while rest:
            size = int.from_bytes(rest[:4], "big")
            pieces.append(rest[4 : 4 + size])
            rest = rest[4 + size :]
        return None if value is None else tuple(pieces)


RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A primary key of up to 64 bits that is SQLite's own row number: the table is found by it without an index beside."""
Id = Annotated[str, mapped_column(String(26))]
Word = Annotated[str, mapped_column(String(64))]
Line = Annotated[str, mapped_column(String(320))]
LongText = Annotated[str, mapped_column(Text)]


class Base(DeclarativeBase):
    """Base of all tables; ``Base.metadata`` is what the migrations are compared with."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, bytes: LargeBinary}
