"""The roots of public timestamp authorities that come with this release: a source outside any bundle, dated and with its own origin.

``files/authorities.pem`` is a trust list like any other (``trust.TrustList``); it names no log. What stands there is said beside each root.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cryptography import x509

from ipr_service.evidence.trust import TrustList


@cache
def shipped_roots() -> tuple[x509.Certificate, ...]:
    """The roots, in the order of the file."""
    return TrustList.from_bytes((files("ipr_service.evidence") / "files" / "authorities.pem").read_bytes()).roots
