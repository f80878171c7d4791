"""How long a token stands by itself: until its certificates end, or what signed it is not enough any more.

This decides when to renew, never what is believed: a token is judged at its own time, whatever ended since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ipr_service.errors import N_, FormatError

# When a key is not enough any more for a proof that shall last. Source: NIST SP 800-57 part 1 rev. 5, table 4: 112 bits of strength (RSA
# 2048, curves below 256 bits) are acceptable until the end of 2030. NIST IR 8547 (draft of November 2024) would end RSA and ECDSA of every
# size after 2035; it is not here, because no public authority signs with anything else yet, and a year by which no renewal is better than
# what it renews would only stop renewals. It belongs here as soon as one does.
WEAK_RSA_BITS = 3072
WEAK_CURVE_BITS = 256
WEAK_ENDS = datetime(2031, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class End:
    """Until when a token stands without a renewal, and why: ``certificate`` or ``algorithm``."""

    at: datetime
    reason: str


def end_of(chain: Sequence[x509.Certificate], made_at: datetime) -> End:
    """When a token with this chain (signer first, root last) has to be renewed at the latest.

    Args:
        made_at: its genTime, aware. An algorithm whose year had passed already then is left out: a token made later with it ends with its
            certificates, because an earlier end would say nothing.

    Raises:
        FormatError: no chain.
    """
    if not chain:
        raise FormatError(N_("A token without its certificates has no end that could be told."))
    end = End(min(certificate.not_valid_after_utc for certificate in chain), "certificate")
    weak = made_at < WEAK_ENDS < end.at and any(map(_weak, chain))
    return End(WEAK_ENDS, "algorithm") if weak else end


def _weak(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < WEAK_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < WEAK_CURVE_BITS
