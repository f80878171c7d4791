"""The service's seal on a PDF, and the check of one: PAdES baseline B-B, or B-T with a token of the authority passed in.

A seal says: the service had exactly these bytes. It is nobody's signature; who signed and how stands in the agreement's own
record. The seal is the last revision of a document. If it is also the first signature in it, it certifies that nothing may be
added afterwards; if people signed the PDF elsewhere before, their signatures stay as they are under it.

The check takes the strict view of signature wrapping and incremental updates (class 18): the seal must be the last signature and
its byte range must cover the whole file, everything before it must be what an earlier signature allows. Nothing is ever fetched:
certificates come from the file and from the caller, so that a PDF cannot send the service anywhere (pyHanko's
``CertificateFetchingRule.NEVER_FETCH``; this code hands it a context that has no way out at all).

Sources: ETSI EN 319 142-1 (PAdES), ISO 32000-2 section 12.8. The bytes are made once and stored; ECDSA is randomised.
"""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ipr_service.errors import N_, FormatError, RefusedError, TooLargeError
from ipr_service.evidence import tsp
from ipr_service.evidence.checks import Check
from ipr_service.gateways.service_keys import SealKey
from ipr_service.gateways.tsa import Authority, new_nonce

FIELD = "ServiceSeal"
MAX_SIZE = 64 * 1024 * 1024
"""Largest PDF that is sealed or checked, in bytes; it is held in memory a few times."""

# What pyHanko and asn1crypto raise while they read hostile bytes.
_BROKEN = (
    PdfError,
    SignatureValidationError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    EOFError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class SealReport:
    """What the seal of a PDF says and which checks hold. True when all of them do.

    Args:
        checks: named ``seal.…``: form, intact, known, whole, before, and time when there is a token.
        name: common name of the sealing certificate, empty when unreadable.
        claimed_at: when the sealing service says that it sealed; as good as its clock.
        token_at: genTime of the token in the seal, or None; believe it only when true.
        token_own_clock: that token comes from the own clock of such a service and adds no independent time.
    """

    checks: tuple[Check, ...]
    name: str = ""
    claimed_at: datetime | None = None
    token_at: datetime | None = None
    token_own_clock: bool = False

    def __bool__(self) -> bool:
        return bool(self.checks) and all(self.checks)


class _Sealer(PdfSigner):
    """pyHanko's signer with the time of the seal passed in, where its own would read the system clock."""

    at: datetime

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session


class _Stamper(TimeStamper):
    """Any of our authorities, as pyHanko asks for one."""

    def __init__(self, authority: Authority, random: Callable[[int], bytes]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in pyHanko
        self._authority = authority
        self._random = random

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        stamped = self._authority.stamp(message_digest, new_nonce(self._random))
        return cms.ContentInfo.load(tsp.token_of(stamped.reply))


def seal_pdf(
    pdf: bytes,
    *,
    seal: SealKey,
    reason: str,
    at: datetime,
    random: Callable[[int], bytes],
    timestamp: Authority | None = None,
) -> bytes:
    """Seal a PDF: append one invisible signature over all of it.

    Args:
        pdf: the document; up to 64 MiB.
        seal: key and certificates of the service (``ServiceKeys.seal``).
        reason: one line shown by PDF readers; never says that a person signed.
        at: aware; when the service sealed.
        random: gives n random bytes, for the nonce of the token.
        timestamp: who puts a time into the seal (level B-T); None gives B-B. It is asked twice: pyHanko measures a token first.

    Returns:
        the sealed PDF: ``pdf`` unchanged, and one more revision.

    Raises:
        FormatError: not a PDF that can be extended. RefusedError: it was certified as final, or sealed, before.
        TooLargeError: larger than 64 MiB. OutsideError: the authority did not stamp.
    """
    if at.tzinfo is None:
        raise ValueError("the time of a seal needs a zone")
    if len(pdf) > MAX_SIZE:
        raise TooLargeError(N_("A PDF of more than {limit} MiB is not sealed."), limit=MAX_SIZE >> 20)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
        earlier = writer.prev.embedded_signatures
    except _BROKEN as problem:
        raise FormatError(N_("This is not a PDF that can be sealed.")) from problem
    if any(signature.field_name == FIELD for signature in earlier):
        raise RefusedError(N_("This PDF was sealed before. A sealed document is final."))
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        name=_common_name(seal.certificate),
        subfilter=SigSeedSubFilter.PADES,
        certify=not earlier,
        docmdp_permissions=MDPPerm.NO_CHANGES if not earlier else MDPPerm.FILL_FORMS,
    )
    stamper = _Stamper(timestamp, random) if timestamp else None
    sealer = _Sealer(metadata, _signer(seal), timestamper=stamper, new_field_spec=SigFieldSpec(FIELD))
    sealer.at = at
    try:
        sealed: bytes = sealer.sign_pdf(writer).getvalue()
    except SigningError as problem:
        raise RefusedError(N_("An earlier signature in this PDF does not allow a seal.")) from problem
    except _BROKEN as problem:
        raise FormatError(N_("This is not a PDF that can be sealed.")) from problem
    return sealed


def check_seal(pdf: bytes, *, roots: Sequence[x509.Certificate], at: datetime, time_roots: Sequence[x509.Certificate] = ()) -> SealReport:
    """Check the seal of a PDF. Bad data never raises.

    Args:
        pdf: the document as it is.
        roots: believed roots of seals (``ServiceKeys.seal.chain``, or those of another cluster); never from the file.
        at: aware; the certificates have to be good at this time: when the seal was made, if that is known from elsewhere.
        time_roots: believed roots of timestamp authorities, for the token inside.
    """
    if len(pdf) > MAX_SIZE:
        return SealReport((Check("seal.form", False, N_("the file is too large to be checked")),))
    try:
        signatures = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_regular_signatures
        if not signatures:
            return SealReport((Check("seal.form", False, N_("there is no seal in this PDF")),))
        return asyncio.run(_check(signatures, roots, at, time_roots))
    except _BROKEN:
        return SealReport((Check("seal.form", False, N_("this is not a PDF whose seal can be read")),))


async def _check(
    signatures: list[EmbeddedPdfSignature], roots: Sequence[x509.Certificate], at: datetime, time_roots: Sequence[x509.Certificate]
) -> SealReport:
    *earlier, last = signatures
    status = await _status(last, roots, at, time_roots)
    before = [await _status(signature, (), at, ()) for signature in earlier]
    untouched = all(found.intact and found.valid and found.docmdp_ok for found in before)
    unchanged = status.intact and status.valid
    checks = [
        Check("seal.form", True, N_("there is a seal")),
        Check.of("seal.intact", unchanged, N_("the sealed bytes are unchanged"), N_("the sealed bytes were changed")),
        Check.of("seal.known", status.trusted, N_("its certificate leads to a known root"), N_("nobody known vouches for this seal")),
        Check.of(
            "seal.whole",
            status.coverage == SignatureCoverageLevel.ENTIRE_FILE and bool(status.docmdp_ok),
            N_("the seal covers the whole file"),
            N_("something was added after the seal"),
        ),
        Check.of("seal.before", untouched, N_("no earlier signature was broken"), N_("an earlier signature was broken")),
    ]
    token = status.timestamp_validity
    if token is not None:
        fine = token.intact and token.valid and token.trusted
        holds, fails = N_("the token in the seal leads to a known authority"), N_("the token in the seal does not hold")
        checks.append(Check.of("seal.time", fine, holds, fails))
    return SealReport(
        checks=tuple(checks),
        name=status.signing_cert.subject.native.get("common_name", ""),
        claimed_at=last.self_reported_timestamp,
        token_at=token.timestamp if token is not None else None,
        token_own_clock=token is not None and _own_clock(last),
    )


async def _status(
    signature: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], at: datetime, time_roots: Sequence[x509.Certificate]
) -> PdfSignatureStatus:
    """pyHanko's verdict with contexts that know these roots, this time and no network."""

    def context(believed: Sequence[x509.Certificate]) -> ValidationContext:
        return ValidationContext(trust_roots=[_asn1(root) for root in believed], moment=at, allow_fetching=False)

    return await async_validate_pdf_signature(
        signature, signer_validation_context=context(roots), ts_validation_context=context(time_roots)
    )


def _own_clock(signature: EmbeddedPdfSignature) -> bool:
    attributes: Any = signature.signer_info["unsigned_attrs"]
    tokens = [token for found in attributes if found["type"].native == "signature_time_stamp_token" for token in found["values"]]
    return any(token["content"]["encap_content_info"]["content"].parsed["policy"].dotted == tsp.OWN_CLOCK_POLICY for token in tokens)


def _signer(seal: SealKey) -> SimpleSigner:
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # untyped in pyHanko
    registry.register_multiple([_asn1(certificate) for certificate in seal.chain])
    private = seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=_asn1(seal.certificate), signing_key=keys.PrivateKeyInfo.load(private), cert_registry=registry, embed_roots=True
    )


def _asn1(certificate: x509.Certificate) -> Any:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""
