"""Fetch what an authority's issuers say about its certificates at this moment, to be kept beside the token.

OCSP first, because an answer is small and fresh; a list where there is no answer. Both go through :class:`~.outside.Way`, and nothing is
kept that the issuer did not sign. What cannot be had is left out: the token is worth keeping without it, and what is missing is seen to
be missing. Source: RFC 6960 appendix A, RFC 5280 sections 4.2.1.13 and 4.2.2.1.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from ipr_service.errors import OutsideError, RefusedError
from ipr_service.evidence.tsp import revocation
from ipr_service.gateways.outside import Answer, Way

LARGEST_LIST = 256 << 10
"""Bytes. A list goes into every bundle of its token; a larger one is left out."""

_ADDRESSES = 3  # of one certificate; more are not asked
_REQUEST = "application/ocsp-request"


@dataclass(frozen=True)
class RevocationData:
    """DER, in the order of the chain: lists, and OCSP responses."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


def fetch(chain: Sequence[x509.Certificate], way: Way, within: float, monotonic: Callable[[], float] = time.monotonic) -> RevocationData:
    """What can be had about ``chain`` (signer first, root last).

    Args:
        within: seconds for all of it; what does not come in time is left out.
        monotonic: seconds that never run back.
    """
    end = monotonic() + within
    crls: dict[bytes, None] = {}
    ocsps: dict[bytes, None] = {}

    def ask(method: str, url: str, body: bytes, kind: str) -> Answer | None:
        left = end - monotonic()
        if left <= 0:
            return None
        hurried = replace(way, timeout=min(way.timeout, left), limit=LARGEST_LIST)
        try:
            answer = hurried.request(method, url, body, {"Content-Type": kind} if kind else None)
        except (OutsideError, RefusedError):
            return None
        return answer if answer.status == 200 else None

    for certificate, issuer in itertools.pairwise(chain):
        answered = _first(_answers(certificate, issuer, ask))
        if answered is not None:
            ocsps[answered] = None
            continue
        listed = _first(_lists(certificate, issuer, ask))
        if listed is not None:
            crls[listed] = None
    return RevocationData(tuple(crls), tuple(ocsps))


_Ask = Callable[[str, str, bytes, str], Answer | None]


def _first(found: Iterator[bytes]) -> bytes | None:
    return next(found, None)


def _answers(certificate: x509.Certificate, issuer: x509.Certificate, ask: _Ask) -> Iterator[bytes]:
    query = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303 - names the issuer
    der = query.public_bytes(Encoding.DER)
    for url in _responders(certificate):
        answer = ask("POST", url, der, _REQUEST)
        if answer is not None and revocation.answer_of(certificate, issuer, answer.body) is not None:
            yield answer.body


def _lists(certificate: x509.Certificate, issuer: x509.Certificate, ask: _Ask) -> Iterator[bytes]:
    for url in _distribution_points(certificate):
        answer = ask("GET", url, b"", "")
        if answer is not None and revocation.list_of(issuer, answer.body) is not None:
            yield answer.body


def _responders(certificate: x509.Certificate) -> list[str]:
    try:
        said = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [one.access_location for one in said if one.access_method == AuthorityInformationAccessOID.OCSP]
    return _addresses(names)


def _distribution_points(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return _addresses([name for point in points for name in point.full_name or ()])


def _addresses(names: Sequence[x509.GeneralName]) -> list[str]:
    return [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)][:_ADDRESSES]
