"""What stored revocation data says about a chain: lists (RFC 5280 section 5) and OCSP answers (RFC 6960), each believed only when its
issuer signed it.

Pure: nothing is fetched, and no time is asked. The data of the time of a token is stored beside it; whoever judges a token later decides
what a revocation with its reason and date means for the time that it proves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

_BROKEN = (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class Revoked:
    """One certificate of a chain that its issuer has called back.

    Args:
        link: zero-based place in the chain, 0 is the signer.
        at: aware UTC, from when on, as the issuer says.
        reason: name of the CRLReason (``keyCompromise`` …), ``unspecified`` when the issuer gives none.
    """

    link: int
    at: datetime
    reason: str


@dataclass(frozen=True)
class Known:
    """How much of a chain the data speaks of.

    Args:
        revoked: what was called back.
        answered: links for which a list or an answer of the issuer is there, whatever it says.
    """

    revoked: tuple[Revoked, ...]
    answered: frozenset[int]


def look(chain: Sequence[x509.Certificate], crls: Sequence[bytes], ocsps: Sequence[bytes]) -> Known:
    """What ``crls`` and ``ocsps`` (DER) say about ``chain`` (signer first, root last). Data of others or damaged data says nothing."""
    revoked, answered = [], set()
    for link, (certificate, issuer) in enumerate(itertools.pairwise(chain)):
        for found in (*_in_lists(certificate, issuer, crls), *_in_answers(certificate, issuer, ocsps)):
            answered.add(link)
            if found is not None:
                revoked.append(Revoked(link, *found))
    return Known(tuple(sorted(set(revoked), key=lambda one: (one.link, one.at))), frozenset(answered))


def list_of(issuer: x509.Certificate, der: bytes) -> x509.CertificateRevocationList | None:
    """The list that ``der`` encodes, if ``issuer`` signed it."""
    try:
        crl = x509.load_der_x509_crl(der)
        signed = crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # TypeError else
    except _BROKEN:
        return None
    return crl if signed else None


def answer_of(certificate: x509.Certificate, issuer: x509.Certificate, der: bytes) -> ocsp.OCSPSingleResponse | None:
    """The answer about ``certificate`` in the OCSP response ``der``, if ``issuer`` or a responder that it named signed it."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL or not _signed(response, issuer):
            return None
        return next((one for one in response.responses if _concerns(one, certificate, issuer)), None)
    except _BROKEN:
        return None


def _in_lists(certificate: x509.Certificate, issuer: x509.Certificate, crls: Sequence[bytes]) -> Iterator[tuple[datetime, str] | None]:
    for der in crls:
        crl = list_of(issuer, der)
        if crl is None:
            continue
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        yield None if entry is None else (entry.revocation_date_utc, _reason_of(entry))


def _reason_of(entry: x509.RevokedCertificate) -> str:
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except (x509.ExtensionNotFound, *_BROKEN):
        return x509.ReasonFlags.unspecified.value


def _in_answers(certificate: x509.Certificate, issuer: x509.Certificate, ocsps: Sequence[bytes]) -> Iterator[tuple[datetime, str] | None]:
    for der in ocsps:
        answer = answer_of(certificate, issuer, der)
        if answer is None or answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            continue
        since = answer.revocation_time_utc
        yield None if since is None else (since, (answer.revocation_reason or x509.ReasonFlags.unspecified).value)


def _signed(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """By the issuer itself, or by a certificate of its own for exactly that (RFC 6960 section 4.2.2.2)."""
    for candidate in (issuer, *response.certificates):
        if candidate != issuer and not _delegated(candidate, issuer):
            continue
        if _holds(candidate.public_key(), response):
            return True
    return False


def _delegated(candidate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        candidate.verify_directly_issued_by(issuer)
        usages = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *_BROKEN):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _holds(key: object, response: ocsp.OCSPResponse) -> bool:
    digest = response.signature_hash_algorithm
    if not isinstance(digest, hashes.HashAlgorithm):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except _BROKEN:
        return False
    return True


def _concerns(one: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, one.hash_algorithm).build()
    same_issuer = (one.issuer_name_hash, one.issuer_key_hash) == (asked.issuer_name_hash, asked.issuer_key_hash)
    return same_issuer and one.serial_number == certificate.serial_number
