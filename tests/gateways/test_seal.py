"""The seal on a PDF: what other readers see, and which changes are noticed (class 18)."""

from __future__ import annotations

import datetime as dt
import io
import os
import socket
import subprocess
from pathlib import Path

import pytest
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pypdf import PdfWriter

from ipr_service.errors import FormatError, OutsideError, RefusedError
from ipr_service.gateways.outside import Way
from ipr_service.gateways.seal import SealReport, check_seal, seal_pdf
from ipr_service.gateways.service_keys import SealKey, ServiceKeys
from ipr_service.gateways.tsa import Authority, OwnAuthority, TimestampAuthority

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=1)
REASON = "Sealed by the service; not a person's signature"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> ServiceKeys:
    return ServiceKeys.load_or_create(tmp_path_factory.mktemp("keys"), "log.example.org/ipr", os.urandom, NOON)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sealed_by(keys: ServiceKeys, pdf: bytes, timestamp: Authority | None = None) -> bytes:
    return seal_pdf(pdf, seal=keys.seal, reason=REASON, at=LATER, random=os.urandom, timestamp=timestamp)


@pytest.fixture(scope="module")
def sealed(keys: ServiceKeys, pdf: bytes) -> bytes:
    return sealed_by(keys, pdf)


def check(keys: ServiceKeys, pdf: bytes) -> SealReport:
    return check_seal(pdf, roots=keys.seal.chain, at=LATER, time_roots=keys.clock.chain)


def failed(report: SealReport) -> set[str]:
    return {found.name for found in report.checks if not found.ok}


def pdfsig(folder: Path, pdf: bytes) -> str:
    (folder / "sealed.pdf").write_bytes(pdf)
    return subprocess.run(["pdfsig", "-nocert", "sealed.pdf"], cwd=folder, capture_output=True, text=True).stdout


@pytest.mark.needs("poppler")
def test_a_sealed_document_checks_here_and_in_poppler(keys: ServiceKeys, sealed: bytes, tmp_path: Path) -> None:
    report = check(keys, sealed)
    assert report, failed(report)
    assert [found.name for found in report.checks] == ["seal.form", "seal.intact", "seal.known", "seal.whole", "seal.before"]
    assert report.name == "log.example.org/ipr"
    assert report.claimed_at == LATER
    assert report.token_at is None
    seen = pdfsig(tmp_path, sealed)
    assert "Signature Validation: Signature is Valid." in seen
    assert "Total document signed" in seen
    assert "ETSI.CAdES.detached" in seen
    assert "Signature Field Name: ServiceSeal" in seen


def test_the_document_itself_stays_byte_for_byte_in_front(sealed: bytes, pdf: bytes) -> None:
    assert sealed.startswith(pdf)


def test_the_certificate_chain_is_inside_and_the_cms_claims_no_signing_time(keys: ServiceKeys, sealed: bytes) -> None:
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_regular_signatures
    inside = {certificate.chosen.dump() for certificate in signature.signed_data["certificates"]}
    wanted = [keys.seal.certificate, *keys.seal.chain]
    assert inside == {certificate.public_bytes(Encoding.DER) for certificate in wanted}
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    assert "signing_time" not in attributes  # ETSI EN 319 142-1, table 1: shall not be present
    assert "signing_certificate_v2" in attributes
    assert signature.sig_object["/Reason"] == REASON


@pytest.mark.needs("poppler")
def test_a_changed_byte_is_refused_here_and_by_poppler(keys: ServiceKeys, sealed: bytes, tmp_path: Path) -> None:
    place = sealed.index(b"/MediaBox") + len(b"/MediaBox [ 0.0 0.0 2")
    changed = sealed[:place] + (b"1" if sealed[place : place + 1] != b"1" else b"2") + sealed[place + 1 :]
    assert "seal.intact" in failed(check(keys, changed))
    assert "Signature is Valid" not in pdfsig(tmp_path, changed)


def rotated(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page, _ = writer.find_page_for_modification(0)
    page.get_object()[pdf_name("/Rotate")] = generic.NumberObject(90)
    writer.update_container(page.get_object())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.needs("poppler")
def test_a_page_rotated_in_a_later_revision_is_refused_although_poppler_calls_the_signature_valid(
    keys: ServiceKeys, sealed: bytes, tmp_path: Path
) -> None:
    changed = rotated(sealed)
    assert changed.startswith(sealed)
    assert "Signature is Valid" in pdfsig(tmp_path, changed)
    assert "seal.whole" in failed(check(keys, changed))


@pytest.mark.parametrize("added", [b"%", b"\n", b"\n%%EOF\n", b"1 0 obj\n<< /Type /Catalog >>\nendobj\n"])
def test_bytes_appended_after_the_seal_are_refused(keys: ServiceKeys, sealed: bytes, added: bytes) -> None:
    assert not check(keys, sealed + added)


def test_a_cut_file_is_refused_without_raising(keys: ServiceKeys, sealed: bytes) -> None:
    for end in range(0, len(sealed), len(sealed) // 23):
        assert not check(keys, sealed[:end])


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"nonsense", b"%PDF-1.7\nstartxref\n99999999\n%%EOF", bytes(100)])
def test_what_is_no_pdf_is_neither_sealed_nor_found_good(keys: ServiceKeys, content: bytes) -> None:
    assert failed(check(keys, content)) == {"seal.form"}
    with pytest.raises(FormatError):
        sealed_by(keys, content)


def test_a_document_without_a_seal_is_said_to_have_none(keys: ServiceKeys, pdf: bytes) -> None:
    report = check(keys, pdf)
    assert failed(report) == {"seal.form"}
    assert "no seal" in report.checks[0].reason


def test_a_seal_of_somebody_else_is_intact_but_not_known(keys: ServiceKeys, pdf: bytes, tmp_path: Path) -> None:
    other = ServiceKeys.load_or_create(tmp_path, "log.example.org/ipr", os.urandom, NOON)
    assert failed(check(keys, sealed_by(other, pdf))) == {"seal.known"}


def test_a_seal_from_before_its_certificate_began_is_not_known(keys: ServiceKeys, sealed: bytes) -> None:
    report = check_seal(sealed, roots=keys.seal.chain, at=NOON - dt.timedelta(days=1))
    assert "seal.known" in failed(report)


def test_a_token_in_the_seal_gives_a_time_and_says_that_it_is_the_own_clock(keys: ServiceKeys, pdf: bytes) -> None:
    own = OwnAuthority(keys.clock, lambda: LATER, os.urandom)
    report = check(keys, sealed_by(keys, pdf, own))
    assert report, failed(report)
    assert report.token_at == LATER
    assert report.token_own_clock
    assert report.checks[-1].name == "seal.time"


def test_a_token_of_an_unknown_authority_gives_no_time(keys: ServiceKeys, pdf: bytes) -> None:
    own = OwnAuthority(keys.clock, lambda: LATER, os.urandom)
    report = check_seal(sealed_by(keys, pdf, own), roots=keys.seal.chain, at=LATER)
    assert failed(report) == {"seal.time"}


def test_an_authority_that_does_not_answer_is_an_outside_failure_and_gives_no_seal(keys: ServiceKeys, pdf: bytes) -> None:
    closed = TimestampAuthority("http://127.0.0.1:9/", "closed", keys.clock.chain, way=Way(frozenset({"http"}), allow_loopback=True))
    with pytest.raises(OutsideError):
        sealed_by(keys, pdf, closed)


def test_a_sealed_document_is_final(keys: ServiceKeys, sealed: bytes) -> None:
    with pytest.raises(RefusedError):
        sealed_by(keys, sealed)


def signed_elsewhere(pdf: bytes, key: SealKey) -> bytes:
    """An ordinary approval signature, as another program makes it."""
    metadata = PdfSignatureMetadata(field_name="Ana", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    private = PrivateKeyInfo.load(key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    certificate = Certificate.load(key.certificate.public_bytes(Encoding.DER))
    signer = SimpleSigner(certificate, private, SimpleCertificateStore())
    signed: bytes = PdfSigner(metadata, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
    return signed


@pytest.mark.needs("poppler")
def test_a_signature_made_elsewhere_stays_good_under_the_seal(keys: ServiceKeys, pdf: bytes, tmp_path: Path) -> None:
    person = ServiceKeys.load_or_create(tmp_path, "ana", os.urandom, NOON)
    both = sealed_by(keys, signed_elsewhere(pdf, person.seal))
    report = check(keys, both)
    assert report, failed(report)
    assert pdfsig(tmp_path, both).count("Signature is Valid.") == 2
    place = both.index(b"/MediaBox") + len(b"/MediaBox [ 0.0 0.0 2")
    assert {"seal.intact", "seal.before"} <= failed(check(keys, both[:place] + b"7" + both[place + 1 :]))


def test_a_certificate_in_the_file_sends_the_check_nowhere(keys: ServiceKeys, pdf: bytes) -> None:
    with socket.socket() as trap:
        trap.bind(("127.0.0.1", 0))
        trap.listen()
        trap.settimeout(0.05)
        uri = x509.UniformResourceIdentifier(f"http://127.0.0.1:{trap.getsockname()[1]}/issuer.crt")
        chasing = chasing_certificate(keys.seal, uri)
        report = check(keys, sealed_by_key(chasing, pdf))
        assert failed(report) == {"seal.known"}
        with pytest.raises(TimeoutError):
            trap.accept()


def chasing_certificate(seal: SealKey, uri: x509.UniformResourceIdentifier) -> SealKey:
    """A seal whose unknown issuer and revocation list can only be had from ``uri``."""
    access = x509.AccessDescription(x509.AuthorityInformationAccessOID.CA_ISSUERS, uri)
    unknown = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    builder = x509.CertificateBuilder(
        issuer_name=unknown,
        subject_name=seal.certificate.subject,
        public_key=seal.key.public_key(),
        serial_number=5,
        not_valid_before=NOON,
        not_valid_after=LATER + dt.timedelta(days=1),
        extensions=[
            x509.Extension(x509.AuthorityInformationAccess.oid, False, x509.AuthorityInformationAccess([access])),
            x509.Extension(
                x509.CRLDistributionPoints.oid, False, x509.CRLDistributionPoints([x509.DistributionPoint([uri], None, None, None)])
            ),
            seal.certificate.extensions.get_extension_for_class(x509.KeyUsage),
        ],
    )
    return SealKey(seal.key, builder.sign(seal.key, hashes.SHA256()), ())


def sealed_by_key(seal: SealKey, pdf: bytes) -> bytes:
    return seal_pdf(pdf, seal=seal, reason=REASON, at=LATER, random=os.urandom)
