"""A calendar that speaks the real protocol: what is stamped is completed later, and nobody else is ever asked."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
from collections.abc import Iterator

import pytest
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext, StreamDeserializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from ipr_service.errors import OutsideError, SettingsError
from ipr_service.gateways import calendars as room
from ipr_service.gateways.calendars import Calendars, calendars
from ipr_service.gateways.outside import Way

BODY = b"demo.invalid/golden\n13\n7iO8ZqAjTy/vi8Fav4dD6bjg+6RWxCJdEOenZoYb9Dk=\n"
DIGEST = hashlib.sha256(BODY).digest()
LOOPBACK = Way(schemes=frozenset({"http"}), allow_loopback=True, timeout=5, limit=10_000)
HEIGHT = 900_001


class Calendar:
    """It appends its time and a secret, and answers what is pending once ``mined``."""

    def __init__(self) -> None:
        self.away, self.mined, self.garbage = False, False, False
        self.names: str | None = None
        self.asked: list[str] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def submit(self, digest: bytes) -> bytes:
        stamp = Timestamp(digest)
        pending = stamp.ops.add(OpPrepend(b"\x65\x00\x00\x00")).ops.add(OpAppend(b"secret-of-calendar")).ops.add(OpSHA256())
        pending.attestations.add(PendingAttestation(self.names or self.url))
        return self._bytes(stamp)

    def known(self, commitment: bytes) -> bytes:
        stamp = Timestamp(commitment)
        block = stamp.ops.add(OpAppend(b"sibling")).ops.add(OpSHA256())
        block.attestations.add(BitcoinBlockHeaderAttestation(HEIGHT))
        return self._bytes(stamp)

    def _bytes(self, stamp: Timestamp) -> bytes:
        context = BytesSerializationContext()
        stamp.serialize(context)
        data: bytes = context.getbytes()
        return b"\xff\x01" + data if self.garbage else data

    def _handler(outer) -> type[http.server.BaseHTTPRequestHandler]:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(503 if outer.away else 200, b"" if outer.away else outer.submit(body))

            def do_GET(self) -> None:
                outer.asked.append(self.path.split("/")[1])
                known = outer.mined and not outer.away
                self.answer(
                    200 if known else 404, outer.known(bytes.fromhex(self.path.split("/")[2])) if known else b"Pending confirmation"
                )

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.opentimestamps.v1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    made = Calendar()
    yield made
    made.server.shutdown()
    made.server.server_close()


def read(data: bytes) -> DetachedTimestampFile:
    return DetachedTimestampFile.deserialize(StreamDeserializationContext(io.BytesIO(data)))


def test_a_stamp_is_a_file_of_the_real_format_over_the_digest_and_pending_at_first(calendar: Calendar) -> None:
    proof = Calendars((calendar.url,), LOOPBACK).stamp(DIGEST)
    assert not proof.complete
    assert read(proof.data).file_digest == DIGEST
    assert [type(one) for _, one in read(proof.data).timestamp.all_attestations()] == [PendingAttestation]


def test_it_is_completed_once_the_calendar_has_reached_the_chain(calendar: Calendar) -> None:
    asking = Calendars((calendar.url,), LOOPBACK)
    proof = asking.stamp(DIGEST)
    assert asking.complete(proof.data) == proof
    calendar.mined = True
    done = asking.complete(proof.data)
    assert done.complete
    assert [one.height for _, one in read(done.data).timestamp.all_attestations() if isinstance(one, BitcoinBlockHeaderAttestation)] == [
        HEIGHT
    ]


def test_one_calendar_of_two_is_enough_and_none_is_said(calendar: Calendar) -> None:
    nobody = "http://127.0.0.1:1"
    assert not Calendars((nobody, calendar.url), LOOPBACK).stamp(DIGEST).complete
    calendar.away = True
    with pytest.raises(OutsideError, match="No calendar"):
        Calendars((nobody, calendar.url), LOOPBACK).stamp(DIGEST)


def test_only_the_calendars_of_the_settings_are_asked_whatever_a_stamp_names(calendar: Calendar) -> None:
    inner = Calendar()
    inner.mined, calendar.names = True, inner.url
    asking = Calendars((calendar.url,), LOOPBACK)
    proof = asking.stamp(DIGEST)
    assert asking.complete(proof.data) == proof
    assert (calendar.asked, inner.asked) == (["/digest"], [])
    inner.server.shutdown()
    inner.server.server_close()


def test_an_answer_that_is_no_timestamp_is_not_merged(calendar: Calendar) -> None:
    calendar.garbage = True
    with pytest.raises(OutsideError):
        Calendars((calendar.url,), LOOPBACK).stamp(DIGEST)


def test_what_is_no_stamp_is_not_completed(calendar: Calendar) -> None:
    for data in (b"", b"\x00OpenTimestamps", bytes(100)):
        with pytest.raises(OutsideError, match="no detached timestamp"):
            Calendars((calendar.url,), LOOPBACK).complete(data)


def test_without_the_library_no_calendar_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calendars(()) is None
    assert calendars(("https://a.example/",)) == Calendars(("https://a.example",))
    monkeypatch.setattr(room, "AVAILABLE", False)
    with pytest.raises(SettingsError, match="ipr-service"):
        calendars(("https://a.example",))
