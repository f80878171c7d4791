"""The signer of a timestamp token: signature, purpose, identity, and the path to a root (RFC 5652, RFC 5035, RFC 5280).

Path building and validation are the cryptography library's; the rules for time stamping (one critical extended key usage) are
set here. Revocation is not looked at: offline there is nothing fresh to ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from ipr_service.errors import N_
from ipr_service.evidence.checks import Check

_HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_ID_ATTRIBUTES = ("signing_certificate", "signing_certificate_v2")
_MAX_DEPTH = 6
_SET = b"\x31"  # signed attributes stand under an implicit tag, and are signed under that of a SET OF (RFC 5652 section 5.4)
# What the cryptography library raises for an extension that it cannot read.
_UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class CertificateId:
    """An ESSCertID or ESSCertIDv2. ``issuer`` (DER) and ``serial`` are None when the token leaves them out."""

    algorithm: str
    digest: bytes
    issuer: bytes | None
    serial: int | None


@dataclass(frozen=True)
class Signed:
    """One signer's part of CMS SignedData, read into plain values.

    Args:
        content: the bytes signed over (TSTInfo, DER).
        signer: (issuer in DER, serial number), or the subject key identifier.
        content_type: the signed attribute, asn1crypto's name.
        message_digest: the signed attribute.
        ids: for each signing-certificate attribute the first certificate that it lists.
        attributes: what the signature covers: the signed attributes as an explicit SET OF.
        digest: algorithm of ``message_digest``.
        kind: ``rsassa_pkcs1v15``, ``rsassa_pss`` or ``ecdsa``; others are not believed.
        hash: algorithm under the signature.
        salt: length of the PSS salt in bytes, 0 for other kinds.
        signature: the signature.
        certificates: those inside the token.
    """

    content: bytes
    signer: tuple[bytes, int] | bytes
    content_type: str
    message_digest: bytes
    ids: tuple[CertificateId, ...]
    attributes: bytes
    digest: str
    kind: str
    hash: str
    salt: int
    signature: bytes
    certificates: tuple[x509.Certificate, ...]


def read(data: cms.SignedData, content: bytes) -> Signed:
    """Take the one signer's parts out of ``data``. Raises ValueError or what asn1crypto raises when they are not of that form."""
    info = data["signer_infos"][0]
    attributes: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        if name in attributes or len(attribute["values"]) != 1:
            raise ValueError("a signed attribute stands twice")
        attributes[name] = attribute["values"][0]
    sid, algorithm = info["sid"], info["signature_algorithm"]
    kind, digest = algorithm.signature_algo, info["digest_algorithm"]["algorithm"].native
    by_key = sid.name == "subject_key_identifier"
    inside = () if isinstance(data["certificates"], core.Void) else data["certificates"]
    return Signed(
        content=content,
        signer=sid.chosen.native if by_key else (sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native),
        content_type=attributes["content_type"].native,
        message_digest=attributes["message_digest"].native,
        ids=tuple(_certificate_id(name, attributes[name]) for name in _ID_ATTRIBUTES if name in attributes),
        attributes=_SET + info["signed_attrs"].dump()[1:],
        digest=digest,
        kind=kind,
        hash=digest if algorithm["algorithm"].native == "rsassa_pkcs1v15" else algorithm.hash_algo,
        salt=algorithm["parameters"]["salt_length"].native if kind == "rsassa_pss" else 0,
        signature=info["signature"].native,
        certificates=tuple(_certificate(choice.chosen.dump()) for choice in inside if choice.name == "certificate"),
    )


def find(signed: Signed, others: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The certificate that the SignerInfo names, inside the token or among ``others``."""
    for certificate in (*signed.certificates, *others):
        if isinstance(signed.signer, bytes):
            if signed.signer == _key_identifier(certificate):
                return certificate
        elif signed.signer == (certificate.issuer.public_bytes(), certificate.serial_number):
            return certificate
    return None


def _certificate(der: bytes) -> x509.Certificate:
    """A certificate whose names and serial number can be read; the library parses them only when asked."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except x509.InvalidVersion as error:
        raise ValueError("unknown version of certificate") from error
    _ = (certificate.issuer, certificate.subject, certificate.serial_number)
    return certificate


def _key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return None


def checks(signed: Signed, certificate: x509.Certificate) -> list[Check]:
    """Whether ``certificate`` signed, may stamp time, and is the one that the signed attributes name."""
    return [
        Check.of("token.signature", _signature(signed, certificate), N_("the signature holds"), N_("the signature does not hold")),
        Check.of(
            "token.purpose",
            _purpose(certificate),
            N_("the signer's certificate is for time stamping only"),
            N_("the signer's certificate is not for time stamping only"),
        ),
        Check.of(
            "token.identity",
            _identity(signed, certificate),
            N_("the token names this certificate as its signer's"),
            N_("the token does not name this certificate as its signer's"),
        ),
    ]


def chain(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...]:
    """The path from ``certificate`` to one of ``roots``, every link valid at ``at``; empty when there is none.

    ``others`` may serve as intermediates and are never believed for being given.
    """
    if not roots:
        return ()
    authority_policy = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_certify)
    )
    signer_policy = ExtensionPolicy.permit_all().require_present(x509.ExtendedKeyUsage, Criticality.CRITICAL, None)
    try:
        verifier = (
            PolicyBuilder()
            .store(Store(list(roots)))
            .time(at.astimezone(UTC).replace(tzinfo=None, microsecond=0))
            .max_chain_depth(_MAX_DEPTH)
            .extension_policies(ca_policy=authority_policy, ee_policy=signer_policy)
            .build_client_verifier()
        )
        return tuple(verifier.verify(certificate, list(others)).chain)
    except (VerificationError, ValueError):
        return ()


def _signature(signed: Signed, certificate: x509.Certificate) -> bool:
    if signed.digest not in _HASHES or signed.hash not in _HASHES or signed.content_type != "tst_info":
        return False
    if signed.message_digest != hashlib.new(signed.digest, signed.content).digest():
        return False
    try:
        return _holds(certificate, signed, _HASHES[signed.hash])
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


def _holds(certificate: x509.Certificate, signed: Signed, digest: hashes.HashAlgorithm) -> bool:
    """Raises InvalidSignature when it does not; False for kinds of keys that are not believed."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and signed.kind == "rsassa_pkcs1v15":
        key.verify(signed.signature, signed.attributes, padding.PKCS1v15(), digest)
    elif isinstance(key, rsa.RSAPublicKey) and signed.kind == "rsassa_pss":
        key.verify(signed.signature, signed.attributes, padding.PSS(padding.MGF1(digest), signed.salt), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and signed.kind == "ecdsa":
        key.verify(signed.signature, signed.attributes, ec.ECDSA(digest))
    else:
        return False
    return True


def _purpose(certificate: x509.Certificate) -> bool:
    """RFC 3161 section 2.3: exactly one extended key usage, time stamping, critical."""
    try:
        extensions = certificate.extensions
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return False
    usages = [extension.value for extension in extensions if isinstance(extension.value, x509.KeyUsage)]
    may_sign = all(usage.digital_signature or usage.content_commitment for usage in usages)
    return may_sign and extended.critical and list(extended.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _identity(signed: Signed, certificate: x509.Certificate) -> bool:
    """ESSCertID (RFC 2634) or ESSCertIDv2 (RFC 5035): at least one, and every one that stands there names this certificate first."""
    der = certificate.public_bytes(Encoding.DER)
    names = (certificate.issuer.public_bytes(), certificate.serial_number)
    for named in signed.ids:
        if named.algorithm not in ("sha1", *_HASHES):
            return False
        if named.digest != hashlib.new(named.algorithm, der, usedforsecurity=False).digest():
            return False
        if named.serial is not None and (named.issuer, named.serial) != names:
            return False
    return bool(signed.ids)


def _certificate_id(attribute: str, value: Any) -> CertificateId:
    first = value["certs"][0]
    algorithm = "sha1" if attribute == "signing_certificate" else first["hash_algorithm"]["algorithm"].native
    issuer_serial = first["issuer_serial"]
    if isinstance(issuer_serial, core.Void):
        return CertificateId(algorithm, first["cert_hash"].native, None, None)
    directory = [name.chosen.untag().dump() for name in issuer_serial["issuer"] if name.name == "directory_name"]
    issuer = directory[0] if len(directory) == 1 else b""
    return CertificateId(algorithm, first["cert_hash"].native, issuer, issuer_serial["serial_number"].native)


def _is_authority(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not an authority's certificate")


def _may_certify(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("this key may not sign certificates")
