"""The documents of an agreement as bytes: rendered from one assembled text, kept encrypted, read again.

Word and PDF of one text come from the same clauses; their digests are taken here, before anything rests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from ipr_service.agreements import assembly, interview, rendering, typesetting, word_template
from ipr_service.agreements.assembly import Document
from ipr_service.agreements.kinds import Kind
from ipr_service.agreements.terms import Terms
from ipr_service.errors import N_, InputError, MissingAnswerError, NotFoundError
from ipr_service.evidence.digest import Digests, DigestSink
from ipr_service.gateways.blobs import BlobRef
from ipr_service.services.context import Context
from ipr_service.store.schema import Agreement, AgreementDocument

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF_TYPE = "application/pdf"
TYPES = {"pdf": PDF_TYPE, "docx": DOCX_TYPE}
TERMS = "agreement.terms"


@dataclass(frozen=True)
class Rendered:
    """Both forms of one text."""

    document: Document
    docx: bytes
    pdf: bytes


def assembled(ctx: Context, kind: Kind, merged: dict[str, Any], language: str) -> Document:
    """The whole text.

    Raises:
        MissingAnswerError: questions are open; each problem names one. InputError: an answer cannot be taken.
    """
    terms, problems = interview.partial(kind, merged)
    if problems:
        still_open = all(one.msgid == interview.OPEN for one in problems)
        kind_of_error = MissingAnswerError if still_open else InputError
        said = N_("{count} questions are still open.") if still_open else N_("Please check {count} of the answers")
        raise kind_of_error(said, problems=problems, count=len(problems))
    return assembly.assemble(kind, terms, ctx.catalogue, language)


def final_state(kind: Kind) -> str:
    """The footer's words on a final text: what it is, and that its template was not reviewed if it was not. Papers are English so far."""
    return f"Final text for signature; template: {kind.review}"


def of_terms(ctx: Context, agreement: Agreement, document: AgreementDocument) -> Document:
    """The text of a final document again, from the terms that rest with it."""
    name, _, version = document.template.partition("@")
    kind = ctx.catalogue.kind(name, int(version))
    terms = Terms.from_bytes(ctx.open(agreement.key_id, TERMS, document.terms_sealed))
    return assembly.assemble(kind, terms, ctx.catalogue, agreement.language)


def as_docx(ctx: Context, document: Document, made: datetime, state: str | None = None) -> bytes:
    """The Word form; the footer says ``state``, else the state of review."""
    template = word_template.build(document.kind, ctx.catalogue, document.language)
    return rendering.render_document(template, document, made, typesetting.imprint(document, state))


def as_pdf(document: Document, made: datetime, state: str | None = None) -> bytes:
    """The PDF form of the same text."""
    return typesetting.typeset(document, made, typesetting.imprint(document, state))


def digests_of(content: bytes) -> Digests:
    """Both digests and the size."""
    sink = DigestSink()
    sink.update(content)
    return sink.finish()


def _ref(agreement: Agreement, document_id: str, what: str, blob: str) -> BlobRef:
    return BlobRef(blob, agreement.organisation_id, agreement.id, f"{document_id}/{what}")


def keep(ctx: Context, agreement: Agreement, document_id: str, what: str, content: bytes) -> tuple[str, bytes]:
    """Store one form of a document; ``what`` is docx, pdf, sealed or evidence. Returns blob id and SHA-256.

    A crash before the row that names it leaves an orphan, which ``BlobStore.sweep`` removes.
    """
    blob = ctx.new_id()
    ctx.blobs.put(_ref(agreement, document_id, what, blob), ctx.keys.get(agreement.key_id), content)
    return blob, sha256(content).digest()


def read(ctx: Context, agreement: Agreement, document: AgreementDocument, what: str) -> bytes:
    """The bytes of one form.

    Raises:
        NotFoundError: it does not exist yet.
    """
    blob: str | None = getattr(document, f"{what}_blob")
    if blob is None:
        raise NotFoundError(N_("This is still being made. It takes a minute after the last signature."))
    return bytes(ctx.blobs.open(_ref(agreement, document.id, what, blob), ctx.keys.get(agreement.key_id)).read())
