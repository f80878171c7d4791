"""A timestamp authority of somebody else: root, intermediate and signer, which really sign, list and answer over HTTP.

Its clock is the test's, so that a year passes in no time; ``turn_over`` gives it new certificates, as authorities do.
"""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from ipr_service.evidence import tsp
from ipr_service.gateways.outside import Way
from ipr_service.gateways.tsa import TimestampAuthority

LOOPBACK = Way(schemes=frozenset({"http"}), allow_loopback=True, timeout=5)
POLICY = "1.3.6.1.4.1.99999.1"
Key = ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Twin:
    """One authority. ``years``: how long its certificates are valid from the moment they are made."""

    def __init__(self, clock: Callable[[], dt.datetime], name: str = "Twin", years: int = 5) -> None:
        self.clock, self.name, self.years = clock, name, years
        self.away = False
        self.change: Callable[[bytes], bytes] = bytes
        self.revoked: dict[int, tuple[dt.datetime, x509.ReasonFlags]] = {}
        self.with_ocsp, self.with_crl = True, True
        self.asked: list[str] = []
        self.serial = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.turn_over()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def turn_over(self, years: int | None = None) -> None:
        """New keys and certificates from now on, as if the old ones were about to end."""
        self.years = years or self.years
        self.generation = getattr(self, "generation", 0) + 1
        self.root_key, self.middle_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        root, middle = f"{self.name} root {self.generation}", f"{self.name} CA {self.generation}"
        self.root = self._certify(root, root, self.root_key, self.root_key, ca=True)
        self.middle = self._certify(middle, root, self.middle_key, self.root_key, ca=True)
        self.certificate = self._certify(f"{self.name} clock {self.generation}", middle, self.key, self.middle_key, ca=False)
        self.authority = tsp.Authority(self.certificate, self.key, (self.middle,))

    def client(self, **changes: object) -> TimestampAuthority:
        """The authority as the service asks it; ``name`` stays when the certificates change."""
        options = {"url": self.url, "name": self.name, "roots": (self.root,), "way": LOOPBACK} | changes
        return TimestampAuthority(**options)  # type: ignore[arg-type]  # options of one call

    def reply(self, query: bytes) -> bytes:
        self.serial += 1
        return self.change(tsp.respond(query, self.authority, self.clock(), self.serial, POLICY))

    def crl(self) -> bytes:
        """The intermediate's list: what it called back among the signers."""
        now = self.clock().replace(microsecond=0)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.middle.subject).last_update(now)
        builder = builder.next_update(now + dt.timedelta(days=7))
        for serial, (at, reason) in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), critical=False).build())
        return builder.sign(self.middle_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, query: bytes) -> bytes:
        """An OCSP response of the intermediate about the signer."""
        now = self.clock().replace(microsecond=0)
        serial = ocsp.load_der_ocsp_request(query).serial_number
        at, reason = self.revoked.get(serial, (None, None))
        status = ocsp.OCSPCertStatus.GOOD if at is None else ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.certificate, self.middle, hashes.SHA1(), status, now, now + dt.timedelta(days=1), at, reason
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.middle)
        return builder.sign(self.middle_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _certify(self, subject: str, issuer: str, key: Key, issuer_key: Key, *, ca: bool) -> x509.Certificate:
        now = self.clock().replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=365 * self.years))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}/crl")], None, None, None)
            responder = x509.UniformResourceIdentifier(f"{self.url}/ocsp")
            said = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)])
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True).add_extension(x509.CRLDistributionPoints([point]), critical=False)
            builder = builder.add_extension(said, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


def _handler(twin: Twin) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            twin.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/ocsp":
                self.answer(200 if twin.with_ocsp else 404, "application/ocsp-response", twin.ocsp(body) if twin.with_ocsp else b"")
            else:
                self.answer(503 if twin.away else 200, "application/timestamp-reply", b"" if twin.away else twin.reply(body))

        def do_GET(self) -> None:
            twin.asked.append(self.path)
            self.answer(200 if twin.with_crl else 404, "application/pkix-crl", twin.crl() if twin.with_crl else b"")

        def answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def twin(clock: Callable[[], dt.datetime], name: str = "Twin", years: int = 5) -> Iterator[Twin]:
    """A running authority."""
    made = Twin(clock, name, years)
    try:
        yield made
    finally:
        made.close()
