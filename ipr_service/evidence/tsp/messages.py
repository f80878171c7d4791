"""The messages of the time-stamp protocol: queries and replies (RFC 3161 sections 2.4.1 and 2.4.2).

asn1crypto parses lazily, so whoever reads a field of something hostile does it under ``except BROKEN``. Who answers is in
``responder``, who believes an answer in ``verification``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms, core, tsp

from ipr_service.errors import N_, FormatError

OWN_CLOCK_POLICY = "2.25.228873531658565843331102762002533959126"
"""Policy of the service's own clock (an OID under a random UUID, ITU-T X.667). A token under it adds no independent trust."""

HASH_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Imprint algorithms that are asked for, answered and believed, with their length in bytes."""

MAX_REPLY = 1 << 20
MAX_QUERY = 1 << 16
MAX_NONCE_BITS = 512

# What asn1crypto raises while it reads hostile bytes; its parser recurses on nesting, hence RecursionError.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto carries no types
    """TimeStampResp with the token OPTIONAL, as the RFC says and asn1crypto's own class does not."""

    _fields = [  # noqa: RUF012 - asn1crypto's way to declare a structure
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class QueryError(FormatError):
    """A query that is answered with a rejection. ``failure`` is asn1crypto's name of the PKIFailureInfo bit."""

    def __init__(self, failure: str, msgid: str) -> None:
        super().__init__(msgid)
        self.failure = failure


@dataclass(frozen=True)
class Query:
    """What somebody asks to have stamped.

    Args:
        algorithm: a key of ``HASH_SIZES``.
        digest: of that algorithm's length.
        imprint: the MessageImprint as it came, DER; the token repeats it.
        nonce: any integer up to 512 bits, or None.
        policy: the policy asked for, dotted, or None.
        cert_req: whether the token is to carry certificates.
    """

    algorithm: str
    digest: bytes
    imprint: bytes
    nonce: int | None
    policy: str | None
    cert_req: bool


def make_query(digest: bytes, nonce: int | None, policy: str | None = None, cert_req: bool = True) -> bytes:
    """A TimeStampReq in DER.

    Args:
        digest: 32, 48 or 64 bytes; the length tells SHA-256, SHA-384 or SHA-512.
        nonce: 64 or more random bits as a non-negative integer, or None.
        policy: dotted OID to insist on, or None.
        cert_req: ask for certificates in the token.

    Raises:
        FormatError: another length, or a nonce below 0 or above 512 bits.
    """
    names = [name for name, size in HASH_SIZES.items() if size == len(digest)]
    if not names or (nonce is not None and not 0 <= nonce < 1 << MAX_NONCE_BITS):
        raise FormatError(N_("A query takes a digest of 32, 48 or 64 bytes and a nonce of at most 512 bits."))
    fields: dict[str, Any] = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": algos.DigestAlgorithm({"algorithm": names[0]}), "hashed_message": digest},
        "cert_req": cert_req,
    }
    if policy is not None:
        fields["req_policy"] = policy
    if nonce is not None:
        fields["nonce"] = nonce
    query: bytes = tsp.TimeStampReq(fields).dump()
    return query


def read_query(query_der: bytes) -> Query:
    """The query that ``query_der`` encodes.

    Raises:
        QueryError: with the failure that the reply has to name.
    """
    try:
        request = _load(tsp.TimeStampReq, query_der, MAX_QUERY)
        _ = request.native  # asn1crypto parses lazily; this forces every field
    except BROKEN as error:
        raise QueryError("bad_data_format", N_("This is not a TimeStampReq in DER.")) from error
    if request["version"].native != "v1":
        raise QueryError("bad_request", N_("Only version 1 of the query is known."))
    imprint = request["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in HASH_SIZES or imprint["hash_algorithm"]["parameters"].native is not None:
        raise QueryError("bad_alg", N_("The imprint has to be SHA-256, SHA-384 or SHA-512."))
    digest = imprint["hashed_message"].native
    if len(digest) != HASH_SIZES[algorithm]:
        raise QueryError("bad_data_format", N_("The imprint's length is not that of its algorithm."))
    nonce = request["nonce"].native
    if nonce is not None and nonce.bit_length() > MAX_NONCE_BITS:
        raise QueryError("bad_request", N_("A nonce has at most 512 bits."))
    if request["extensions"].native is not None:
        raise QueryError("unaccepted_extensions", N_("No extension is accepted."))
    return Query(algorithm, digest, imprint.dump(), nonce, request["req_policy"].native, request["cert_req"].native)


def read_reply(reply_der: bytes) -> tuple[int | None, Any]:
    """Status and token (``cms.ContentInfo``, its inside not parsed yet, or None) of a TimeStampResp; a bare token has status None.

    Raises:
        FormatError: neither the one nor the other, or larger than 1 MiB.
    """
    try:
        reply = _load(Reply, reply_der, MAX_REPLY)
        token = reply["time_stamp_token"]
        return int(reply["status"]["status"]), None if isinstance(token, core.Void) else token
    except BROKEN:
        pass
    try:
        token = _load(cms.ContentInfo, reply_der, MAX_REPLY)
        _ = token["content_type"].native
    except BROKEN as error:
        raise FormatError(N_("This is neither a TimeStampResp nor a timestamp token in DER.")) from error
    return None, token


def token_of(reply_der: bytes) -> bytes:
    """The token inside a granted reply, verbatim DER: what a container's ``timestamp.tst`` holds. Nothing is verified.

    Raises:
        FormatError: malformed, or no token was granted.
    """
    status, token = read_reply(reply_der)
    if token is None or status not in (None, 0, 1):
        raise FormatError(N_("The authority did not grant a token."))
    der: bytes = token.dump()
    return der


def _load(spec: Any, der: bytes, limit: int) -> Any:
    """Exactly one structure, its fields not parsed yet. Raises one of ``BROKEN``."""
    if len(der) > limit:
        raise ValueError("too long")
    return spec.load(der, strict=True)
