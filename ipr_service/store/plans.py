"""What one verb writes, decided beforehand: frozen data that the sequencer carries out, and the receipts that it gives.

Nothing here runs. Steps run in their order, then the entries are logged, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from ipr_service.errors import ServiceError
from ipr_service.store.schema.base import Base


@dataclass(frozen=True)
class Insert:
    """Rows of one table; ``taken`` is what to say when a unique key is violated."""

    model: type[Base]
    rows: tuple[Mapping[str, Any], ...]
    taken: ServiceError | None = None


@dataclass(frozen=True)
class Update:
    """A guarded update: exactly ``expect`` rows must match ``where`` (None: any number), else ``otherwise`` is raised."""

    model: type[Base]
    where: tuple[ColumnElement[bool], ...]
    values: Mapping[str, Any]
    expect: int | None = 1
    otherwise: ServiceError | None = None


@dataclass(frozen=True)
class Delete:
    """Rows to remove; never of evidence."""

    model: type[Base]
    where: tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry to log: its commitment, and what the service keeps in order to open it."""

    commitment: bytes
    kind: str
    thing_id: str
    manifest: bytes | None
    opening_sealed: bytes | None
    key_id: str | None


@dataclass(frozen=True)
class WritePlan:
    """All that one verb writes, decided beforehand; ``steps`` run in their order, then the entries."""

    steps: tuple[Insert | Update | Delete, ...] = ()
    logged: tuple[Logged, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was promised about one entry: its zero-based index and the signed checkpoint that covers it."""

    index: int
    commitment: bytes
    checkpoint_size: int
    checkpoint_note: bytes
    time: datetime
