"""What every verb of the product receives: the rows, the sequencer, the gateways, time and randomness.

Built once by ``app`` (or by a test, with a fixed clock); holds no state of its own. The few methods are those that every service needs
in the same way: sealing confidential text under a thing's key, and writing what is due after the commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from ipr_service.agreements.catalogue import Catalogue
from ipr_service.errors import NotFoundError
from ipr_service.gateways.blobs import BlobStore
from ipr_service.gateways.calendars import Calendars
from ipr_service.gateways.converter import Converter
from ipr_service.gateways.envelope import NONCE_SIZE, context_of, open_bytes, seal_bytes
from ipr_service.gateways.keys import KeyStore
from ipr_service.gateways.mail import Mailer
from ipr_service.gateways.service_keys import ServiceKeys
from ipr_service.gateways.tsa import Authority
from ipr_service.gateways.witness import Network
from ipr_service.settings import Settings
from ipr_service.store.database import ID_CHANCE, Clock, Database, Random, new_id
from ipr_service.store.schema import OutboxRow
from ipr_service.store.sequencer import Insert, Receipt, Sequencer, WritePlan


@dataclass(frozen=True)
class Context:
    """The house as a service sees it.

    Args:
        wake: tells the worker, after a commit, that something is due. Losing the call only delays it.
        authorities: who stamps checkpoints, independent ones first; the service's own clock is always the last.
        calendars: OpenTimestamps calendars, None when none is set.
        network: the witnesses that we ask, and the logs that we witness.
    """

    settings: Settings
    database: Database
    sequencer: Sequencer
    keys: KeyStore
    service_keys: ServiceKeys
    blobs: BlobStore
    mailer: Mailer
    authorities: tuple[Authority, ...]
    network: Network
    converter: Converter
    catalogue: Catalogue
    clock: Clock
    random: Random
    wake: Callable[[], None]
    calendars: Calendars | None = None

    def now(self) -> datetime:
        """Aware UTC."""
        return self.clock()

    def new_id(self) -> str:
        """A fresh ULID."""
        return new_id(self.clock(), self.random)

    def new_ids(self, count: int) -> tuple[str, ...]:
        """Fresh ULIDs of this moment; the system is asked for chance once."""
        now, chance = self.clock(), BytesIO(self.random(count * ID_CHANCE))
        return tuple(new_id(now, chance.read) for _ in range(count))

    def write(self, plan: WritePlan) -> tuple[Receipt, ...]:
        """Write a plan through the sequencer, then wake the worker."""
        receipts = self.sequencer.write(plan)
        self.wake()
        return receipts

    def due(self, kind: str, payload: Mapping[str, Any], *, thing_id: str | None = None, at: datetime | None = None) -> Insert:
        """An outbox row as a step of a plan: something to be done after the commit.

        Args:
            kind: ``mail``, ``seal`` …; ``jobs`` has one worker function for each.
            payload: JSON; rests encrypted, because mails hold links that are secrets.
            thing_id: what it concerns, for the operator and for erasure.
            at: not before; default now.
        """
        return Insert(OutboxRow, (self.outbox_row(kind, payload, thing_id=thing_id, at=at),))

    def outbox_row(
        self, kind: str, payload: Mapping[str, Any], *, thing_id: str | None = None, at: datetime | None = None
    ) -> dict[str, Any]:
        """The same as a row, for a session: ``session.add(OutboxRow(**ctx.outbox_row(...)))``."""
        now, row_id = self.now(), self.new_id()
        plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = seal_bytes(self.service_keys.outbox_key, context_of("ipr/outbox", row_id), plain, self.random(NONCE_SIZE))
        return {
            "id": row_id,
            "kind": kind,
            "payload_sealed": sealed,
            "thing_id": thing_id,
            "due_at": at or now,
            "attempts": 0,
            "created_at": now,
            "kept": False,
        }

    def open_outbox(self, row: OutboxRow) -> dict[str, Any]:
        """The payload of an outbox row.

        Raises:
            DamageError: another key or changed bytes.
        """
        opened: dict[str, Any] = json.loads(open_bytes(self.service_keys.outbox_key, context_of("ipr/outbox", row.id), row.payload_sealed))
        return opened

    def ensure_key(self, key_id: str) -> None:
        """Make the key of a thing if it has none yet. Repeating it is no error.

        Raises:
            ConflictError: it had one that was erased.
        """
        try:
            self.keys.get(key_id)
        except NotFoundError:
            self.keys.create(key_id)

    def seal(self, key_id: str, field: str, plain: bytes) -> bytes:
        """Encrypt a confidential field under the key of its thing.

        Args:
            key_id: the thing's key (``idea.key_id`` …), made before by ``ctx.keys.create``.
            field: what it is, for example ``idea.title``; the same word opens it.
        """
        return seal_bytes(self.keys.get(key_id), context_of(key_id, field), plain, self.random(NONCE_SIZE))

    def open(self, key_id: str, field: str, sealed: bytes) -> bytes:
        """Decrypt what :meth:`seal` made.

        Raises:
            NotFoundError: the key was erased, and with it the content.
            DamageError: changed bytes.
        """
        return open_bytes(self.keys.get(key_id), context_of(key_id, field), sealed)

    def open_text(self, key_id: str, field: str, sealed: bytes | None) -> str | None:
        """The text of a confidential field, or None when it was never kept or its key was erased."""
        if sealed is None:
            return None
        try:
            return self.open(key_id, field, sealed).decode()
        except NotFoundError:
            return None
