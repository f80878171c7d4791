"""Timestamp authorities, asked over real HTTP: what is kept, and which answers are not believed."""

from __future__ import annotations

import datetime as dt
import hashlib
import http.server
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipr_service.errors import OutsideError
from ipr_service.evidence import tsp
from ipr_service.gateways.outside import Way
from ipr_service.gateways.service_keys import ServiceKeys
from ipr_service.gateways.tsa import OwnAuthority, TimestampAuthority, new_nonce

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=1, microseconds=250000)
DIGEST = hashlib.sha256(b"checkpoint body").digest()
POLICY = "1.3.6.1.4.1.99999.1"
LOOPBACK = Way(schemes=frozenset({"http"}), allow_loopback=True, timeout=5)


class Outsider:
    """Somebody else's authority: root, revocation list and signer, answering over HTTP."""

    def __init__(self) -> None:
        self.root_key, self.key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.change: Callable[[bytes], bytes] = bytes
        self.status, self.media_type = 200, "application/timestamp-reply"
        self.policy = POLICY
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked.append((self.headers["Content-Type"], self.headers["Accept"]))
                query = self.rfile.read(int(self.headers["Content-Length"]))
                reply = tsp.respond(query, outer.authority, LATER, 7, outer.policy)
                self.answer(outer.status, outer.media_type, outer.change(reply))

            def do_GET(self) -> None:
                self.answer(200, "application/pkix-crl", outer.crl)

            def answer(self, status: int, media_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.root = self.certify("Other root", self.root_key, ca=True)
        self.certificate = self.certify("Other clock", self.key, ca=False)
        self.authority = tsp.Authority(self.certificate, self.key, (self.root,))
        crl = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject).last_update(NOON).next_update(LATER)
        self.crl = crl.sign(self.root_key, hashes.SHA256()).public_bytes(Encoding.DER)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def certify(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Other root")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOON - dt.timedelta(days=1))
            .not_valid_after(NOON + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            uri = x509.UniformResourceIdentifier(f"{self.url}/crl")
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True).add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)]), critical=False
            )
        return builder.sign(self.root_key, hashes.SHA256())


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    running = Outsider()
    yield running
    running.server.shutdown()
    running.server.server_close()


def client(outsider: Outsider, **changes: object) -> TimestampAuthority:
    options = {"url": outsider.url, "name": "other.example", "roots": (outsider.root,), "way": LOOPBACK} | changes
    return TimestampAuthority(**options)  # type: ignore[arg-type]  # options of one call


def test_a_token_is_kept_verbatim_with_its_query_chain_and_revocation_list(outsider: Outsider) -> None:
    stamped = client(outsider).stamp(DIGEST, 12345678901234567890)
    assert outsider.asked == [("application/timestamp-query", "application/timestamp-reply")]
    assert stamped.independent
    assert stamped.gen_time == LATER
    assert stamped.serial == 7
    assert x509.load_pem_x509_certificates(stamped.chain_pem.encode()) == [outsider.certificate, outsider.root]
    assert (stamped.crls, stamped.ocsps) == ((outsider.crl,), ())
    assert stamped.ends_at == NOON + dt.timedelta(days=1)
    query = tsp.read_query(stamped.query)
    assert (query.digest, query.nonce, query.cert_req) == (DIGEST, 12345678901234567890, True)


@pytest.mark.needs("openssl")
def test_openssl_verifies_what_was_kept(outsider: Outsider, tmp_path: Path) -> None:
    stamped = client(outsider).stamp(DIGEST, new_nonce(os.urandom))
    (tmp_path / "q").write_bytes(stamped.query)
    (tmp_path / "r").write_bytes(stamped.reply)
    (tmp_path / "root").write_bytes(outsider.root.public_bytes(Encoding.PEM))
    (tmp_path / "chain").write_text(stamped.chain_pem)
    at = str(int(LATER.timestamp()))
    command = ["openssl", "ts", "-verify", "-queryfile", "q", "-in", "r", "-CAfile", "root", "-untrusted", "chain", "-attime", at]
    assert "Verification: OK" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout


def test_a_revocation_list_of_somebody_else_is_left_out_and_the_token_stays(outsider: Outsider) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    crl = x509.CertificateRevocationListBuilder().issuer_name(outsider.root.subject).last_update(NOON).next_update(NOON)
    outsider.crl = crl.sign(stranger, hashes.SHA256()).public_bytes(Encoding.DER)
    assert client(outsider).stamp(DIGEST, 1).crls == ()


@pytest.mark.parametrize(
    ("status", "media_type"), [(500, "application/timestamp-reply"), (302, "application/timestamp-reply"), (200, "text/html")]
)
def test_an_answer_of_another_status_or_type_is_not_read(outsider: Outsider, status: int, media_type: str) -> None:
    outsider.status, outsider.media_type = status, media_type
    with pytest.raises(OutsideError):
        client(outsider).stamp(DIGEST, 1)


@pytest.mark.parametrize("change", [lambda reply: reply[:-1] + bytes([reply[-1] ^ 1]), lambda reply: reply[:100], lambda reply: b""])
def test_a_changed_or_cut_answer_is_not_kept(outsider: Outsider, change: Callable[[bytes], bytes]) -> None:
    outsider.change = change
    with pytest.raises(OutsideError, match="does not hold"):
        client(outsider).stamp(DIGEST, 1)


def test_an_answer_to_another_query_is_not_kept(outsider: Outsider) -> None:
    other = tsp.respond(tsp.make_query(DIGEST, 2), outsider.authority, LATER, 7, POLICY)
    outsider.change = lambda _reply: other
    with pytest.raises(OutsideError, match=r"token\.nonce"):
        client(outsider).stamp(DIGEST, 1)


def test_a_chain_to_no_root_of_the_settings_is_not_kept(outsider: Outsider) -> None:
    stranger = Outsider()
    stranger.server.server_close()
    with pytest.raises(OutsideError, match=r"token\.chain"):
        client(outsider, roots=(stranger.root,)).stamp(DIGEST, 1)


def test_a_pinned_policy_has_to_be_the_tokens(outsider: Outsider) -> None:
    assert client(outsider, policy=POLICY).stamp(DIGEST, 1).gen_time == LATER
    with pytest.raises(OutsideError):
        client(outsider, policy="1.2.3").stamp(DIGEST, 1)


def test_the_own_clock_of_such_a_service_is_never_taken_for_an_independent_authority(outsider: Outsider) -> None:
    outsider.policy = tsp.OWN_CLOCK_POLICY
    with pytest.raises(OutsideError, match="counts for nobody"):
        client(outsider).stamp(DIGEST, 1)


def test_an_authority_in_a_private_network_is_not_asked(outsider: Outsider) -> None:
    with pytest.raises(OutsideError, match="not allowed"):
        client(outsider, way=Way(schemes=frozenset({"http"}))).stamp(DIGEST, 1)
    assert outsider.asked == []


@pytest.fixture
def own(tmp_path: Path) -> OwnAuthority:
    keys = ServiceKeys.load_or_create(tmp_path, "log.example.org/ipr", os.urandom, NOON)
    return OwnAuthority(keys.clock, lambda: LATER, os.urandom)


def test_the_own_clock_really_signs_and_says_that_it_is_not_independent(own: OwnAuthority) -> None:
    stamped = own.stamp(DIGEST, new_nonce(os.urandom))
    assert not stamped.independent
    assert "not independent" in stamped.authority
    assert stamped.gen_time == LATER
    report = tsp.verify_token(stamped.reply, roots=own.authority.chain, message=b"checkpoint body")
    assert report
    assert report.own_clock
    assert not report.independent


def test_two_tokens_of_the_own_clock_have_two_serial_numbers(own: OwnAuthority) -> None:
    serials = {own.stamp(DIGEST, 1).serial for _ in range(4)}
    assert len(serials) == 4
    assert min(serials) > 0


def test_a_bad_query_gets_a_rejection_and_not_an_error(own: OwnAuthority) -> None:
    assert not tsp.verify_token(own.answer(b"nonsense"), roots=own.authority.chain, message=b"")
