"""The service's own keys: made once, at the first start, and never again for the same log.

They are the two seeds of the log, the seed of its witness, the own clock (RFC 3161), the seal, and one root secret from
which every symmetric secret is derived. One file ``service.json`` in the key folder holds the origin and the certificates in
clear and the secrets sealed under the key encryption key of that folder (``keys.KeyStore``), bound to the clear part.

What the certificates say is meant literally: the seal is the service's, not a person's signature; the clock is the
service's own, neither independent nor qualified. Both are under roots that the service made itself.

A log whose keys are lost cannot go on: a start that finds a log in the database and no keys here is refused
(``expect_existing``), as is a folder that belongs to another origin. Sources: RFC 5280; RFC 9336 (document signing);
FIPS 186-5 appendix A.2.2 (private keys by rejection); RFC 5869 (derivation).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID, ObjectIdentifier

from ipr_service.errors import N_, DamageError, SettingsError
from ipr_service.evidence import tsp
from ipr_service.evidence.checkpoint import LogKeys
from ipr_service.evidence.keys import CosignatureSigner, Ed25519Signer, MLDSA44Signer
from ipr_service.gateways import durable, envelope
from ipr_service.gateways.keys import KeyStore

SEAL_NOTICE = "Seal of the service, not a person's signature"
"""Organisation of the seal certificate; at most 64 characters (RFC 5280, upper bound of organizationName)."""

SEAL_YEARS = 10
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SECRETS = ("log_ed25519", "log_mldsa44", "witness", "time_root", "clock", "seal_root", "seal", "root_secret")
_EC_KEYS = ("time_root", "clock", "seal_root", "seal")


@dataclass(frozen=True)
class SealKey:
    """What ``seal.seal_pdf`` needs: the key, its certificate and the certificates above it, nearest first."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class ServiceKeys:
    """Everything the service signs with. Get it from :meth:`load_or_create`.

    Args:
        origin: name of the log.
        log_ed25519_seed, log_mldsa44_seed, witness_seed: 32 bytes each; the witness has a key of its own (C2SP tlog-witness).
        clock: certificate, key and root of the own RFC 3161 authority.
        seal: key and certificates of the seal.
        root_secret: 32 bytes; see :meth:`derived`.
    """

    origin: str
    log_ed25519_seed: bytes = field(repr=False)
    log_mldsa44_seed: bytes = field(repr=False)
    witness_seed: bytes = field(repr=False)
    clock: tsp.Authority
    seal: SealKey
    root_secret: bytes = field(repr=False)

    @property
    def log_keys(self) -> LogKeys:
        """The log's two keys, named like its origin."""
        return LogKeys.from_seeds(self.origin, self.log_ed25519_seed, self.log_mldsa44_seed)

    @property
    def log_signers(self) -> tuple[Ed25519Signer, MLDSA44Signer]:
        """The two signers of every checkpoint, named after the origin, in the order of their lines."""
        return Ed25519Signer(self.origin, self.log_ed25519_seed), MLDSA44Signer(self.origin, self.log_mldsa44_seed)

    def witness_signer(self, time: int) -> CosignatureSigner:
        """The cosigner of other clusters' checkpoints, at a POSIX time in seconds."""
        return CosignatureSigner(f"{self.origin}/witness", self.witness_seed, time)

    def derived(self, purpose: str) -> bytes:
        """32 secret bytes for one purpose; another purpose gives unrelated bytes. A new purpose needs no new file."""
        info = envelope.context_of("ipr/derived/v1", purpose)
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self.root_secret)

    @property
    def cookie_secret(self) -> bytes:
        """Signs session cookies and CSRF tokens."""
        return self.derived("cookie")

    @property
    def token_pepper(self) -> bytes:
        """Keys the hash of API tokens, links and codes, so that a stolen database alone verifies no guess."""
        return self.derived("token")

    @property
    def outbox_key(self) -> bytes:
        """Encrypts the payload of outbox rows."""
        return self.derived("outbox")

    @property
    def cursor_key(self) -> bytes:
        """Signs the opaque cursors of lists."""
        return self.derived("cursor")

    @classmethod
    def load_or_create(
        cls,
        directory: Path,
        origin: str,
        random: Callable[[int], bytes],
        now: datetime,
        *,
        expect_existing: bool = False,
        key_encryption_key: bytes | None = None,
    ) -> ServiceKeys:
        """Load the keys of ``origin``, or make them at the very first start. Processes that start together get the same keys.

        Args:
            directory: the key folder.
            origin: name of the log, without spaces or plus signs.
            random: gives n random bytes from the system's source.
            now: aware; start of the certificates' validity.
            expect_existing: the database holds a log already, so missing keys are a loss and not a beginning.
            key_encryption_key: as for ``KeyStore``.

        Raises:
            DamageError: the keys are missing although expected, do not open, or do not fit their certificates.
            SettingsError: the folder belongs to another origin.
        """
        path = directory / "service.json"
        if expect_existing and not path.is_file():
            message = N_("The database holds a log, but its keys are not in the key folder. Restore the key folder before starting.")
            raise DamageError(message)
        store = KeyStore.initialise(directory, random, key_encryption_key)
        with durable.locked(directory / "lock"):
            if not path.exists():
                durable.write_once(path, _create(origin, random, now, store.key_encryption_key), tag=random(8).hex())
        durable.refuse_open_to_others(path)
        return _load(path.read_bytes(), origin, store.key_encryption_key)

    @staticmethod
    def origin_in(directory: Path) -> str | None:
        """The origin whose keys the folder holds, or None. Needs no key; lets the demo keep its random origin."""
        try:
            origin: str = json.loads((directory / "service.json").read_bytes())["public"]["origin"]
        except FileNotFoundError:
            return None
        return origin


def _binding(public: Mapping[str, Any]) -> bytes:
    return envelope.context_of("ipr/service-keys/v1", json.dumps(public, sort_keys=True, separators=(",", ":")))


def _create(origin: str, random: Callable[[int], bytes], now: datetime, kek: bytes) -> bytes:
    secrets = {name: _scalar(random) if name in _EC_KEYS else random(32) for name in _SECRETS}
    keys = {name: _ec_key(secrets[name]) for name in _EC_KEYS}
    time_root, clock = tsp.make_authority(origin[:40], now, keys["time_root"], keys["clock"])
    seal_root, seal = make_seal_certificates(origin, now, keys["seal_root"], keys["seal"])
    certificates = {"time_root": time_root, "clock": clock, "seal_root": seal_root, "seal": seal}
    pem = {name: made.public_bytes(serialization.Encoding.PEM).decode("ascii") for name, made in certificates.items()}
    public = {"version": 1, "origin": origin, "certificates": pem}
    plain = json.dumps({name: value.hex() for name, value in secrets.items()}).encode("ascii")
    sealed = envelope.seal_bytes(kek, _binding(public), plain, random(envelope.NONCE_SIZE))
    return json.dumps({"public": public, "secrets": base64.b64encode(sealed).decode("ascii")}, indent=1).encode("ascii") + b"\n"


def _load(content: bytes, origin: str, kek: bytes) -> ServiceKeys:
    try:
        document = json.loads(content)
        public, sealed = document["public"], base64.b64decode(document["secrets"], validate=True)
        found = public["origin"]
        certificates = {name: x509.load_pem_x509_certificate(pem.encode("ascii")) for name, pem in public["certificates"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DamageError(N_("The file service.json in the key folder is damaged. Restore the key folder.")) from problem
    if found != origin:
        message = N_("The key folder belongs to the log {found}, but IPR_ORIGIN is {origin}. A log never changes its name.")
        raise SettingsError(message, found=found, origin=origin)
    opened = json.loads(envelope.open_bytes(kek, _binding(public), sealed))
    secrets = {name: bytes.fromhex(opened[name]) for name in _SECRETS}
    keys = {name: _ec_key(secrets[name]) for name in _EC_KEYS}
    return ServiceKeys(
        origin=origin,
        log_ed25519_seed=secrets["log_ed25519"],
        log_mldsa44_seed=secrets["log_mldsa44"],
        witness_seed=secrets["witness"],
        clock=tsp.Authority(certificates["clock"], keys["clock"], (certificates["time_root"],)),
        seal=SealKey(keys["seal"], certificates["seal"], (certificates["seal_root"],)),
        root_secret=secrets["root_secret"],
    )


def _scalar(random: Callable[[int], bytes]) -> bytes:
    """A private key of P-256: 32 random bytes, drawn again in the rare case (2^-32) that they are not below the order."""
    while True:
        drawn = random(32)
        if 0 < int.from_bytes(drawn, "big") < _P256_ORDER:
            return drawn


def _ec_key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def make_seal_certificates(
    origin: str, now: datetime, root_key: ec.EllipticCurvePrivateKey, seal_key: ec.EllipticCurvePrivateKey
) -> tuple[x509.Certificate, x509.Certificate]:
    """The root of the seal and the seal's own certificate, both valid ten years from ``now``.

    The seal certificate is for signing documents (RFC 9336) and its organisation is :data:`SEAL_NOTICE`.

    Returns:
        (root, seal).
    """
    root_name = _name(f"{origin[:40]} seal root", origin)
    root = _certificate(root_name, root_name, root_key, root_key, now, ca=True).sign(root_key, hashes.SHA256())
    seal = (
        _certificate(_name(origin[:64], SEAL_NOTICE), root_name, seal_key, root_key, now, ca=False)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return root, seal


def _name(common_name: str, organisation: str) -> x509.Name:
    parts = [(NameOID.ORGANIZATION_NAME, organisation[:64]), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    ca: bool,
) -> x509.CertificateBuilder:
    public = key.public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    start = now.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(hashlib.sha256(spki).digest()[:16], "big") | 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * SEAL_YEARS + 3))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
