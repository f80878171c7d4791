"""The ASiC-E dress of a proof bundle: which bytes the container token covers.

ETSI EN 319 162-1 clause 4.4 and annex A: `META-INF/ASiCManifest.xml` names every data object with its digest and
points to the token over the manifest itself. There is one way to write it, so it is read by writing it again and
comparing; no XML parser stands in the verifier. The token here is a container formality and adds no trust.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
MANIFEST_NAME = "META-INF/ASiCManifest.xml"
TOKEN_NAME = "META-INF/timestamp.tst"  # noqa: S105 - a file name

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
    f'<asic:SigReference URI="{TOKEN_NAME}" MimeType="application/vnd.etsi.timestamp-token"/>\n'
)
_REFERENCE = (
    '<asic:DataObjectReference URI="{name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>{digest}</ds:DigestValue></asic:DataObjectReference>\n"
)
_TAIL = "</asic:ASiCManifest>\n"
_LINE = re.compile(r'URI="([^"]+)"><ds:DigestMethod .*<ds:DigestValue>([A-Za-z0-9+/=]*)</ds:DigestValue>')


def manifest_xml(digests: Sequence[tuple[str, bytes]]) -> bytes:
    """The ASiCManifest over ``(member name, SHA-256)`` pairs, in the order given."""
    lines = [_REFERENCE.format(name=name, digest=base64.b64encode(digest).decode()) for name, digest in digests]
    return (_HEAD + "".join(lines) + _TAIL).encode("ascii")


def disagreements(xml: bytes, digests: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """Names whose digest in ``xml`` is not the one given; the manifest's own name when its form differs; empty when all agree."""
    if xml == manifest_xml(digests):
        return ()
    listed = dict(_LINE.findall(xml.decode("ascii", "replace")))
    wrong = [name for name, digest in digests if listed.get(name) != base64.b64encode(digest).decode()]
    known = {name for name, _ in digests}
    return tuple(wrong) + tuple(name for name in listed if name not in known) or (MANIFEST_NAME,)
