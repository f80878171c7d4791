"""The ASiCManifest has one form, and disagreement is told by name."""

from __future__ import annotations

from ipr_service.evidence import asic

DIGESTS = [("manifest.json", bytes(32)), ("salt", bytes([255]) * 32)]
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
    b'<asic:SigReference URI="META-INF/timestamp.tst" MimeType="application/vnd.etsi.timestamp-token"/>\n'
    b'<asic:DataObjectReference URI="manifest.json"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    b"<ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</ds:DigestValue></asic:DataObjectReference>\n"
    b'<asic:DataObjectReference URI="salt"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    b"<ds:DigestValue>//////////////////////////////////////////8=</ds:DigestValue></asic:DataObjectReference>\n"
    b"</asic:ASiCManifest>\n"
)


def test_the_manifest_is_these_bytes() -> None:
    assert asic.manifest_xml(DIGESTS) == XML


def test_a_manifest_over_the_same_digests_agrees() -> None:
    assert asic.disagreements(XML, DIGESTS) == ()


def test_another_digest_is_told_by_the_name_of_its_member() -> None:
    assert asic.disagreements(XML, [DIGESTS[0], ("salt", bytes(32))]) == ("salt",)


def test_a_member_that_only_one_side_knows_is_told() -> None:
    assert asic.disagreements(XML, DIGESTS[:1]) == ("salt",)
    assert asic.disagreements(XML, [*DIGESTS, ("entry", bytes(32))]) == ("entry",)


def test_a_manifest_in_another_form_is_told_even_when_the_digests_agree() -> None:
    assert asic.disagreements(XML + b"<!-- -->", DIGESTS) == ("META-INF/ASiCManifest.xml",)
    assert asic.disagreements(b"\xff", []) == ("META-INF/ASiCManifest.xml",)
