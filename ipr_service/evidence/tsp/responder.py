"""Answer time-stamp queries with the service's own clock (RFC 3161 section 2.4.2, RFC 5816).

Pure: clock, serial number and keys are arguments. A token made here says what this service's clock read; it adds no
independent trust, and its policy ``OWN_CLOCK_POLICY`` lets every verifier of ours say so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.tsp.messages import OWN_CLOCK_POLICY, Query, QueryError, Reply, read_query

AuthorityKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

VALID_DAYS = 3653
"""How long the certificates of ``make_authority`` are valid: ten years."""


@dataclass(frozen=True)
class Authority:
    """Who answers.

    Args:
        certificate: of ``key``, with exactly one critical extended key usage, time stamping.
        key: ECDSA on P-256 or RSA.
        chain: the certificates above it, nearest first; they go into the token when the query asks for certificates.
    """

    certificate: x509.Certificate
    key: AuthorityKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()


def respond(
    query_der: bytes,
    authority: Authority,
    now: datetime,
    serial: int,
    policy: str = OWN_CLOCK_POLICY,
    accuracy: timedelta = timedelta(seconds=1),
) -> bytes:
    """A TimeStampResp in DER: granted with a token, or a rejection that names its failure. Never raises for bad queries.

    Args:
        query_der: the TimeStampReq as it came.
        authority: who signs.
        now: aware; genTime keeps its microseconds.
        serial: positive and never used before under this authority.
        policy: dotted OID under which the token is issued; a query that insists on another is rejected.
        accuracy: how far the clock may be off, to the microsecond.

    Raises:
        FormatError: misuse by the caller: a time without zone, or a serial below 1.
    """
    if now.tzinfo is None or serial < 1:
        raise FormatError(N_("A token needs an aware time and a positive serial number."))
    try:
        query = read_query(query_der)
        if query.policy not in (None, policy):
            raise QueryError("unaccepted_policy", N_("Tokens are issued under another policy."))
    except QueryError as error:
        return refuse(error.failure, error.msgid)
    info = _info(query, now.astimezone(UTC), serial, policy, accuracy)
    reply: bytes = Reply({"status": {"status": "granted"}, "time_stamp_token": _token(info.dump(), authority, query.cert_req)}).dump()
    return reply


def make_authority(name: str, now: datetime, ca_key: AuthorityKey, tsa_key: AuthorityKey) -> tuple[x509.Certificate, x509.Certificate]:
    """A certificate authority of the service's own and the time-stamping certificate under it, both valid ten years from ``now``.

    Args:
        name: of the service, part of both common names (1 to 40 characters).
        now: aware.
        ca_key: signs both certificates.
        tsa_key: of the time-stamping certificate; another key than ``ca_key``.

    Returns:
        (CA certificate, TSA certificate).
    """
    ca_name = _name(f"{name} time root")
    start = now.astimezone(UTC).replace(microsecond=0)
    ca = (
        _builder(ca_name, ca_name, ca_key, ca_key, start)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    tsa = (
        _builder(_name(f"{name} own clock"), ca_name, tsa_key, ca_key, start)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    return ca, tsa


def refuse(failure: str, reason: str) -> bytes:
    """A TimeStampResp in DER that grants nothing.

    Args:
        failure: asn1crypto's name of the PKIFailureInfo bit (RFC 3161 section 2.4.2): ``bad_alg``, ``time_not_available`` …
        reason: why, in English, for the person behind the client.
    """
    status = {"status": "rejection", "status_string": [reason], "fail_info": {failure}}
    reply: bytes = Reply({"status": status}).dump()
    return reply


def _info(query: Query, now: datetime, serial: int, policy: str, accuracy: timedelta) -> Any:
    seconds, rest = divmod(accuracy, timedelta(seconds=1))
    millis, micros = divmod(rest // timedelta(microseconds=1), 1000)
    parts = {"seconds": seconds, "millis": millis, "micros": micros}
    fields: dict[str, Any] = {
        "version": "v1",
        "policy": policy,
        "message_imprint": tsp.MessageImprint.load(query.imprint),
        "serial_number": serial,
        "gen_time": now,
        "accuracy": {name: value for name, value in parts.items() if value},
    }
    if query.nonce is not None:
        fields["nonce"] = query.nonce
    return tsp.TSTInfo(fields)


def _token(info: bytes, authority: Authority, with_certificates: bool) -> Any:
    """TimeStampToken: CMS SignedData over TSTInfo with exactly one signer (RFC 5652 section 5, RFC 3161 section 2.4.2)."""
    certificate = _asn1(authority.certificate)
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info).digest()]},
            {"type": "signing_certificate_v2", "values": [_certificate_id(certificate)]},
        ]
    )
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}},
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": _algorithm(authority.key)},
        "signature": _sign(authority.key, attributes.dump()),
    }
    data: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
        "signer_infos": [signer],
    }
    if with_certificates:
        data["certificates"] = [certificate, *(_asn1(above) for above in authority.chain)]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})


def _certificate_id(certificate: Any) -> dict[str, Any]:
    """SigningCertificateV2 with one ESSCertIDv2; SHA-256 is its default and stays unwritten (RFC 5035 section 3)."""
    issuer = asn1_x509.GeneralName(name="directory_name", value=certificate.issuer)
    return {
        "certs": [
            {
                "cert_hash": hashlib.sha256(certificate.dump()).digest(),
                "issuer_serial": {"issuer": [issuer], "serial_number": certificate.serial_number},
            }
        ]
    }


def _algorithm(key: AuthorityKey) -> str:
    return "sha256_ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "sha256_rsa"


def _sign(key: AuthorityKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _asn1(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: AuthorityKey, issuer_key: AuthorityKey, start: datetime
) -> x509.CertificateBuilder:
    """A certificate without its purpose. The serial number is derived from the key, so that no randomness is needed."""
    public = key.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(hashlib.sha256(spki).digest()[:16], "big") | 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )
