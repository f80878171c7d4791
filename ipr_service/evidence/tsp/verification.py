"""Believe a timestamp token, or say why not (RFC 3161 section 2.2, RFC 5816, RFC 5652 section 5.4).

Checked: status, the signature, what it covers, nonce and policy if given, the signer's purpose and identity (ESSCertID), and a
chain to a root that the caller brought, valid AT genTime. Not checked here: revocation (the data of that time is stored beside
the token) and whether the authority is qualified. A token of the service's own clock is marked, whatever the roots say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.checks import Check
from ipr_service.evidence.tsp import signer
from ipr_service.evidence.tsp.messages import BROKEN, HASH_SIZES, OWN_CLOCK_POLICY, read_reply


@dataclass(frozen=True)
class TokenReport:
    """What a token says and which checks hold. True when all of them do.

    Args:
        checks: named ``token.…``, in the order of verification; a check that needs an earlier one is left out when that failed.
        gen_time: aware UTC with its fraction, or None when unreadable. As the authority says; believe it only when true.
        serial: the token's serial number.
        policy: dotted OID.
        algorithm: of the imprint, a key of ``HASH_SIZES``.
        accuracy: as stated, or None.
        authority: subject of the signer's certificate (RFC 4514), empty when unknown.
        chain: the verified path in DER, signer first, root last; empty when there is none.
        own_clock: issued under the policy of this service's own clock: "test authority, not independent".
    """

    checks: tuple[Check, ...]
    gen_time: datetime | None = None
    serial: int | None = None
    policy: str | None = None
    algorithm: str | None = None
    accuracy: timedelta | None = None
    authority: str = ""
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    own_clock: bool = False

    def __bool__(self) -> bool:
        return bool(self.checks) and all(self.checks)

    @property
    def independent(self) -> bool:
        """All checks hold and it is not the service's own clock."""
        return bool(self) and not self.own_clock


@dataclass(frozen=True)
class _Expected:
    """What the caller knows from elsewhere."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    message: bytes | None
    digest: bytes | None
    nonce: int | None
    policy: str | None


@dataclass(frozen=True)
class _Token:
    """TSTInfo (RFC 3161 section 2.4.2) in plain values, and its signer's part."""

    policy: str
    algorithm: str
    digest: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    nonce: int | None
    signed: signer.Signed


def verify_token(
    reply_der: bytes,
    *,
    roots: Sequence[x509.Certificate],
    message: bytes | None = None,
    message_digest: bytes | None = None,
    intermediates: Sequence[x509.Certificate] = (),
    nonce: int | None = None,
    policy: str | None = None,
) -> TokenReport:
    """Verify an authority's reply, or the bare token out of one.

    Args:
        reply_der: a TimeStampResp or a TimeStampToken in DER.
        roots: believed roots; certificates inside the token are never believed for being there.
        message: what was stamped; hashed with the token's own algorithm.
        message_digest: its digest instead, if the message is not at hand. Exactly one of the two.
        intermediates: certificates stored beside the token, for the signer or the path.
        nonce: of the query, if the token has to answer exactly that one.
        policy: dotted OID, if pinned.

    Returns:
        a report; bad data never raises.

    Raises:
        FormatError: misuse: both or none of message and message_digest.
    """
    if (message is None) == (message_digest is None):
        raise FormatError(N_("Give either the message or its digest."))
    expected = _Expected(tuple(roots), tuple(intermediates), message, message_digest, nonce, policy)
    try:
        status, content = read_reply(reply_der)
    except FormatError as error:
        return TokenReport((Check("token.form", False, error.msgid),))
    checks = []
    if status is not None:
        checks.append(Check.of("token.status", status in (0, 1), N_("the authority granted it"), N_("the authority refused")))
    token = None if content is None else _parts(content)
    checks.append(
        Check.of("token.form", token is not None, N_("one timestamp, one signer"), N_("there is no timestamp token with one signer in it"))
    )
    return TokenReport(tuple(checks)) if token is None else _report(token, checks, expected)


def _report(token: _Token, checks: list[Check], expected: _Expected) -> TokenReport:
    certificate = signer.find(token.signed, expected.intermediates)
    checks += _content_checks(token, expected)
    checks.append(
        Check.of("token.signer", certificate is not None, N_("the signer's certificate is here"), N_("the signer's certificate is missing"))
    )
    chain: tuple[x509.Certificate, ...] = ()
    if certificate is not None:
        checks += signer.checks(token.signed, certificate)
        chain = signer.chain(certificate, (*token.signed.certificates, *expected.intermediates), expected.roots, token.gen_time)
        checks.append(
            Check.of(
                "token.chain",
                bool(chain),
                N_("its certificates lead to a known root and were valid at its time"),
                N_("its certificates lead to no known root that was valid at its time"),
            )
        )
    return TokenReport(
        checks=tuple(checks),
        gen_time=token.gen_time,
        serial=token.serial,
        policy=token.policy,
        algorithm=token.algorithm,
        accuracy=token.accuracy,
        authority="" if certificate is None else certificate.subject.rfc4514_string(),
        chain=tuple(link.public_bytes(Encoding.DER) for link in chain),
        own_clock=token.policy == OWN_CLOCK_POLICY,
    )


def _content_checks(token: _Token, expected: _Expected) -> list[Check]:
    digest = expected.digest
    if expected.message is not None and token.algorithm in HASH_SIZES:
        digest = hashlib.new(token.algorithm, expected.message).digest()
    same = digest is not None and len(digest) == HASH_SIZES.get(token.algorithm) and digest == token.digest
    checks = [Check.of("token.imprint", same, N_("it covers exactly these bytes"), N_("it covers other bytes"))]
    if expected.nonce is not None:
        same = token.nonce == expected.nonce
        checks.append(Check.of("token.nonce", same, N_("it answers this query"), N_("it answers another query")))
    if expected.policy is not None:
        same = token.policy == expected.policy
        checks.append(Check.of("token.policy", same, N_("issued under the expected policy"), N_("issued under another policy")))
    return checks


def _parts(content: cms.ContentInfo) -> _Token | None:
    """The parts of SignedData over TSTInfo with exactly one signer and the signed attributes that CMS demands; else None."""
    try:
        data = content["content"]
        encapsulated = data["encap_content_info"]
        if content["content_type"].native != "signed_data" or encapsulated["content_type"].native != "tst_info":
            return None
        info_der = encapsulated["content"].contents
        info = tsp.TSTInfo.load(info_der, strict=True)
        gen_time = info["gen_time"].native
        if len(data["signer_infos"]) != 1 or info["version"].native != "v1" or gen_time.tzinfo is None:
            return None
        return _Token(
            policy=info["policy"].dotted,
            algorithm=info["message_imprint"]["hash_algorithm"]["algorithm"].native,
            digest=info["message_imprint"]["hashed_message"].native,
            serial=info["serial_number"].native,
            gen_time=gen_time.astimezone(UTC),
            accuracy=_accuracy(info),
            nonce=info["nonce"].native,
            signed=signer.read(data, info_der),
        )
    except BROKEN:
        return None


def _accuracy(info: Any) -> timedelta | None:
    accuracy = info["accuracy"].native
    if accuracy is None:
        return None
    return timedelta(seconds=accuracy["seconds"] or 0, milliseconds=accuracy["millis"] or 0, microseconds=accuracy["micros"] or 0)
