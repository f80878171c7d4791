"""Timestamp authorities: others, asked over HTTP, and the service's own clock, which answers in the same way.

An answer is verified (``evidence.tsp.verify_token``) before anybody stores it: imprint, nonce, signer, chain to a root of the
settings, and that no issuer has called the signer back. Every token comes with its whole chain and with what the issuers say about it
at that moment (``gateways.revocation``). Several authorities are asked at once in ``gateways.tsa_round``.

Only others are independent. :class:`OwnAuthority` really signs, for the container of a bundle, the seal and the ``/tsa`` face; its
tokens say through their policy that they add no trust. Source: RFC 3161 sections 2.4 and 3.4; RFC 5280 section 4.2.1.13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.errors import N_, OutsideError, RefusedError
from ipr_service.evidence import tsp
from ipr_service.gateways import revocation
from ipr_service.gateways.outside import Way

NONCE_BYTES = 16
LONGEST = 20.0  # seconds for one authority's answer
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
PUBLIC = Way(schemes=frozenset({"https", "http"}))
"""Many authorities offer plain HTTP alone. What goes out is a public digest, what comes back is signed and carries our nonce."""


@dataclass(frozen=True)
class Stamped:
    """One verified token and what has to be kept with it.

    Args:
        authority: its name, for people.
        independent: False for the service's own clock.
        digest: what was stamped.
        query, reply: DER, verbatim.
        gen_time: aware UTC.
        serial: of the token.
        chain_pem: certificates from the signer to the root, PEM, in this order.
        ends_at: aware UTC, when its certificates or algorithms end.
        crls, ocsps: what the issuers said about the chain at that time, DER, as far as it could be had.
    """

    authority: str
    independent: bool
    digest: bytes
    query: bytes
    reply: bytes
    gen_time: datetime
    serial: int
    chain_pem: str
    ends_at: datetime
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


class Authority(Protocol):
    """Whoever puts a time to a digest."""

    @property
    def name(self) -> str: ...

    @property
    def independent(self) -> bool: ...

    def stamp(self, message_digest: bytes, nonce: int, within: float = LONGEST) -> Stamped:
        """A verified token over a digest of 32, 48 or 64 bytes.

        Args:
            message_digest: SHA-256, SHA-384 or SHA-512; the length tells which.
            nonce: 64 or more random bits; see :func:`new_nonce`.
            within: seconds for the answer, and as much again at most for what its issuers say.

        Raises:
            OutsideError: no answer, a refusal, or an answer that does not verify. Try again later.
        """


def new_nonce(random: Callable[[int], bytes]) -> int:
    """128 random bits, positive."""
    return int.from_bytes(random(NONCE_BYTES), "big") | 1


@dataclass(frozen=True)
class TimestampAuthority:
    """An authority of somebody else, asked over HTTP.

    Args:
        url: where it answers.
        name: for people and in bundles.
        roots: certificates that its chain must reach; from the settings, never from an answer.
        intermediates: certificates that its tokens leave out, if any.
        policy: dotted OID to insist on, or None.
        way: limits of the call; the loopback is closed unless this opens it.
    """

    url: str
    name: str
    roots: tuple[x509.Certificate, ...] = field(repr=False)
    intermediates: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    policy: str | None = None
    way: Way = PUBLIC

    @property
    def independent(self) -> bool:
        return True

    def stamp(self, message_digest: bytes, nonce: int, within: float = LONGEST) -> Stamped:
        """See :class:`Authority`."""
        query = tsp.make_query(message_digest, nonce, self.policy)
        way = replace(self.way, timeout=min(self.way.timeout, within))
        try:
            answer = way.request("POST", self.url, query, {"Content-Type": _QUERY, "Accept": _REPLY})
        except RefusedError as problem:
            raise OutsideError(N_("The address of the timestamp authority {name} is not allowed."), name=self.name) from problem
        if answer.status != 200 or answer.media_type != _REPLY:
            message = N_("The timestamp authority {name} answered with status {status} and no timestamp.")
            raise OutsideError(message, name=self.name, status=answer.status)
        report = tsp.verify_token(
            answer.body,
            roots=self.roots,
            message_digest=message_digest,
            intermediates=self.intermediates,
            nonce=nonce,
            policy=self.policy,
        )
        if report.own_clock:
            raise OutsideError(N_("{name} is a clock of this kind of service and counts for nobody."), name=self.name)
        stamped = _stamped(self.name, True, message_digest, query, answer.body, report)
        return self._with_revocation(stamped, report, way)

    def _with_revocation(self, stamped: Stamped, report: tsp.TokenReport, way: Way) -> Stamped:
        chain = [x509.load_der_x509_certificate(der) for der in report.chain]
        data = revocation.fetch(chain, way, way.timeout)
        if tsp.look(chain, data.crls, data.ocsps).revoked:
            raise OutsideError(N_("A certificate of the timestamp authority {name} was called back by its issuer."), name=self.name)
        return replace(stamped, crls=data.crls, ocsps=data.ocsps)


@dataclass(frozen=True)
class OwnAuthority:
    """The service's own clock: a working authority that adds no independent trust and says so.

    Args:
        authority: key and certificates (``ServiceKeys.clock``).
        clock: aware UTC.
        random: gives n random bytes; serial numbers are 127 of its bits, so that none occurs twice without any state.
    """

    authority: tsp.Authority = field(repr=False)
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]

    @property
    def name(self) -> str:
        return "own clock, not independent"

    @property
    def independent(self) -> bool:
        return False

    def answer(self, query_der: bytes) -> bytes:
        """The reply to any query, as the ``/tsa`` face gives it; a bad query gets a rejection."""
        return tsp.respond(query_der, self.authority, self.clock(), int.from_bytes(self.random(16), "big") >> 1 | 1 << 120)

    def stamp(self, message_digest: bytes, nonce: int, within: float = LONGEST) -> Stamped:
        """See :class:`Authority`."""
        del within  # it answers at once
        query = tsp.make_query(message_digest, nonce)
        reply = self.answer(query)
        report = tsp.verify_token(reply, roots=self.authority.chain[-1:], message_digest=message_digest, nonce=nonce)
        return _stamped(self.name, False, message_digest, query, reply, report)


def _stamped(name: str, independent: bool, digest: bytes, query: bytes, reply: bytes, report: tsp.TokenReport) -> Stamped:
    if not report or report.gen_time is None or report.serial is None:
        failed = ", ".join(check.name for check in report.checks if not check.ok)
        raise OutsideError(N_("The answer of the timestamp authority {name} does not hold: {failed}."), name=name, failed=failed)
    chain = [x509.load_der_x509_certificate(der) for der in report.chain]
    pem = "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in chain)
    end = tsp.end_of(chain, report.gen_time)
    return Stamped(name, independent, digest, query, reply, report.gen_time, report.serial, pem, end.at)
