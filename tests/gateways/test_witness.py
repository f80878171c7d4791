"""Asking a witness: what counts as its answer, and the files that say who is asked."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipr_service.errors import OutsideError, RefusedError, SettingsError
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.note import NoteSignature
from ipr_service.evidence.trust import KnownWitness
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways.outside import Way
from ipr_service.gateways.witness import SIZE_TYPE, Cosigned, Knows, Network, Refused, load

KEYS = LogKeys.from_seeds("log.example", bytes(32), b"\1" * 32)
STATE = Checkpoint("log.example", 5, bytes(32))
REQUEST = AddCheckpoint(0, (), sign_checkpoint(STATE, KEYS))
W1 = CosignatureSigner("witness.example/w1", b"\2" * 32, 1_700_000_000)
W2 = CosignatureSigner("witness.example/w2", b"\3" * 32, 1_700_000_000)
NETWORK = Network(way=Way(frozenset({"http"}), allow_loopback=True, timeout=10.0, limit=65_536))


def line(signer: CosignatureSigner, text: str = STATE.to_text()) -> NoteSignature:
    return NoteSignature(signer.name, signer.vkey.id, signer.signature(text))


class Other:
    """A witness that answers what it is told to."""

    def __init__(self) -> None:
        self.status, self.media_type, self.body = 200, "text/plain", b""
        self.asked: list[tuple[str, bytes]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.status)
                self.send_header("Content-Type", outer.media_type)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.known = KnownWitness("w1", W1.vkey, f"http://127.0.0.1:{self.server.server_port}/prefix/")
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_the_request_goes_below_the_prefix_and_the_witnesss_own_line_comes_back(other: Other) -> None:
    other.body = (line(W2).to_line() + line(W1).to_line()).encode()
    assert NETWORK.ask(other.known, REQUEST) == Cosigned((line(W1),))
    assert other.asked == [("/prefix/add-checkpoint", REQUEST.to_bytes())]


def test_a_conflict_tells_a_size_and_refusals_their_status(other: Other) -> None:
    other.status, other.media_type, other.body = 409, SIZE_TYPE, b"20852163\n"
    assert NETWORK.ask(other.known, REQUEST) == Knows(20852163, b"20852163\n")
    for status in (400, 403, 404, 422):
        other.status, other.body = status, b"no\n"
        assert NETWORK.ask(other.known, REQUEST) == Refused(status, b"no\n")


@pytest.mark.parametrize(
    ("status", "media_type", "body"),
    [
        (200, "text/plain", b""),
        (200, "text/plain", b"nonsense\n"),
        (200, "text/plain", line(W2).to_line().encode()),
        (200, "text/plain", line(W1, "log.example\n6\n" + STATE.to_text().split("\n")[2] + "\n").to_line().encode()),
        (200, "text/plain", b"\xff\n"),
        (200, "text/plain", b"x" * 70_000),
        (409, "text/plain", b"5\n"),
        (409, SIZE_TYPE, b"5"),
        (409, SIZE_TYPE, b"05\n"),
        (409, SIZE_TYPE, b"-1\n"),
        (302, "text/plain", b""),
        (500, "text/plain", b""),
        (429, "text/plain", b""),
    ],
)
def test_anything_else_is_no_answer_of_a_witness(other: Other, status: int, media_type: str, body: bytes) -> None:
    other.status, other.media_type, other.body = status, media_type, body
    with pytest.raises(OutsideError):
        NETWORK.ask(other.known, REQUEST)


def test_class_12_a_witness_in_a_private_network_is_not_asked() -> None:
    for url in ("http://127.0.0.1:1/w", "http://169.254.169.254/w", "https://[::1]/w", "http://0x7f.1/w"):
        with pytest.raises(RefusedError):
            load("", "", "https://ipr.example.org").ask(KnownWitness("w", W1.vkey, url), REQUEST)


@pytest.mark.parametrize(
    ("base", "opened"), [("http://127.0.0.1:8000", True), ("http://localhost:1", True), ("https://ipr.example.org", False)]
)
def test_a_trial_on_this_machine_may_ask_this_machine(base: str, opened: bool) -> None:
    assert load("", "", base).way.allow_loopback is opened


def test_the_files_of_the_settings_are_read_and_a_bad_one_is_named(tmp_path: Path) -> None:
    witnesses, logs = tmp_path / "witnesses", tmp_path / "logs"
    witnesses.write_text(f"witness w1 {W1.vkey.to_text()} https://w.example/one\nwitness w2 {W2.vkey.to_text()}\nquorum w1\n")
    logs.write_text("".join(f"log {vkey.to_text()}\n" for vkey in KEYS.vkeys))
    network = load(str(witnesses), str(logs), "https://ipr.example.org")
    assert [one.name for one in network.asked] == ["w1"]
    assert (network.keys_of("log.example"), network.keys_of("log.other"), network.origins) == (KEYS.vkeys, (), ("log.example",))
    assert network.policy.quorum_met([W1.vkey])
    for path, variable, text in (
        (witnesses, "IPR_WITNESSES", "witness w1\n"),
        (witnesses, "IPR_WITNESSES", f"witness w1 {W1.vkey.to_text()} ftp://w\nquorum w1\n"),
        (logs, "IPR_WITNESSED_LOGS", "log nonsense\n"),
    ):
        before = path.read_text()
        path.write_text(text)
        with pytest.raises(SettingsError, match=variable):
            load(str(witnesses), str(logs), "https://ipr.example.org")
        path.write_text(before)
    with pytest.raises(SettingsError, match="IPR_WITNESSES: the file cannot be read"):
        load(str(tmp_path / "nowhere"), "", "https://ipr.example.org")
