"""Working authorities for the tests of timestamp tokens: one as the service makes it, and any misbehaving variant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipr_service.evidence.tsp import Authority, make_authority

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def keys(kind: str = "ec") -> tuple[Key, Key]:
    """A CA key and a TSA key; the same ones at every call."""
    return _keys(kind)


@cache
def _keys(kind: str) -> tuple[Key, Key]:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def own(kind: str = "ec") -> tuple[x509.Certificate, Authority]:
    """The root and the authority that ``make_authority`` gives; the same ones at every call."""
    return _own(kind)


@cache
def _own(kind: str) -> tuple[x509.Certificate, Authority]:
    ca_key, tsa_key = keys(kind)
    ca, tsa = make_authority("Test", NOW - timedelta(days=1), ca_key, tsa_key)
    return ca, Authority(tsa, tsa_key, (ca,))


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(
    subject: str,
    issuer: str,
    key: Key,
    issuer_key: Key,
    *,
    usages: Sequence[x509.ObjectIdentifier] = (),
    critical: bool = True,
    ca: bool | None = False,
    days: int = 365,
) -> x509.Certificate:
    """A certificate from the day before NOW, for ``days`` days; ``ca`` None leaves basic constraints out."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=days))
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def variant(
    usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,), critical: bool = True, days: int = 365
) -> tuple[x509.Certificate, Authority]:
    """A root and an authority under it, whose certificate deviates as told."""
    ca_key, tsa_key = keys()
    root = issue("root", "root", ca_key, ca_key, ca=True)
    return root, Authority(issue("tsa", "root", tsa_key, ca_key, usages=usages, critical=critical, days=days), tsa_key, (root,))
