"""OpenTimestamps calendars: stamp a digest, and complete the stamp once the calendars have reached the Bitcoin chain.

A bonus, never a promise: public calendars have stood still for weeks. What is kept is a detached timestamp file (``.ots``) that any
OpenTimestamps client reads; whether the chain holds what it says is for such a client and a node, nothing here judges it. An optional extra
(``ipr-service[ots]``): without the library no calendar can be set. Only the calendars of the settings are ever asked, whatever address a
stamp names. Source: the OpenTimestamps client and calendar protocol (``POST /digest``, ``GET /timestamp/<hex>``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ipr_service.errors import N_, OutsideError, RefusedError, SettingsError
from ipr_service.gateways.outside import Way

try:
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext, DeserializationError
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

PUBLIC = Way(limit=10_000, timeout=15.0)
_HEADERS = {"Accept": "application/vnd.opentimestamps.v1"}
# What the library raises for bytes that are no timestamp; its own limits end a recursion.
_BROKEN: tuple[type[Exception], ...] = (ValueError, TypeError, KeyError, IndexError, RecursionError)


@dataclass(frozen=True)
class CalendarProof:
    """A detached timestamp file, and whether a block of the Bitcoin chain stands in it."""

    data: bytes
    complete: bool


@dataclass(frozen=True)
class Calendars:
    """The calendars of the settings.

    Args:
        urls: base addresses.
        way: limits of a call; https alone, unless a test opens the loopback.
    """

    urls: tuple[str, ...]
    way: Way = field(default=PUBLIC, repr=False)

    def stamp(self, digest: bytes) -> CalendarProof:
        """Give a SHA-256 digest to every calendar.

        Raises:
            OutsideError: none of them took it.
        """
        stamp = Timestamp(digest)
        taken = sum(self._merge(stamp, "POST", f"{url}/digest", digest) for url in self.urls)
        if not taken:
            raise OutsideError(N_("No calendar took the checkpoint. It is offered again later."))
        return _proof(stamp)

    def complete(self, proof: bytes) -> CalendarProof:
        """Ask the calendars for what is pending in ``proof``. What they do not know yet stays pending.

        Raises:
            OutsideError: ``proof`` is not a stamp.
        """
        try:
            stamp = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof)).timestamp
        except (*_BROKEN, DeserializationError) as problem:
            raise OutsideError(N_("This is no detached timestamp file.")) from problem
        for part in tuple(_parts(stamp)):
            for attestation in tuple(part.attestations):
                if isinstance(attestation, PendingAttestation) and attestation.uri.rstrip("/") in self.urls:
                    self._merge(part, "GET", f"{attestation.uri.rstrip('/')}/timestamp/{part.msg.hex()}")
        return _proof(stamp)

    def _merge(self, stamp: Timestamp, method: str, url: str, body: bytes = b"") -> bool:
        """Add what a calendar says about ``stamp``'s message; False when it says nothing that can be read."""
        try:
            answer = self.way.request(method, url, body, _HEADERS)
            if answer.status != 200:
                return False
            stamp.merge(Timestamp.deserialize(BytesDeserializationContext(answer.body), stamp.msg))
        except (OutsideError, RefusedError, *_BROKEN, DeserializationError):
            return False
        return True


def calendars(urls: Sequence[str], way: Way = PUBLIC) -> Calendars | None:
    """The calendars of ``IPR_OTS_CALENDARS``, None for none.

    Raises:
        SettingsError: the library is not installed.
    """
    if not urls:
        return None
    if not AVAILABLE:
        raise SettingsError(N_("IPR_OTS_CALENDARS needs the OpenTimestamps library: pip install 'ipr-service[ots]'."))
    return Calendars(tuple(url.rstrip("/") for url in urls), way)


def _parts(stamp: Timestamp) -> list[Timestamp]:
    return [stamp, *(inner for below in stamp.ops.values() for inner in _parts(below))]


def _proof(stamp: Timestamp) -> CalendarProof:
    context = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(context)
    complete = any(isinstance(one, BitcoinBlockHeaderAttestation) for _, one in stamp.all_attestations())
    return CalendarProof(context.getbytes(), complete)
