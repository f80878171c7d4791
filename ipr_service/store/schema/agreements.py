"""Agreements, their documents, signatories and signatures.

Terms and documents rest encrypted under the agreement's key. A signature row is evidence: never updated, never deleted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Word


class Agreement(Base):
    """One agreement from the interview to the executed document."""

    __tablename__ = "agreement"

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[Word] = mapped_column(comment="nda-one-way | contribution-terms | co-development | …")
    language: Mapped[str] = mapped_column(String(8))
    template: Mapped[Word] = mapped_column(comment="template id@version")
    key_id: Mapped[Id]
    title_sealed: Mapped[bytes]
    answers_sealed: Mapped[bytes] = mapped_column(comment="JSON: what the data gave, what people answered")
    state: Mapped[Word] = mapped_column(
        comment="agreements.lifecycle.State: drafting | negotiating | frozen | signing | executed | withdrawn | …"
    )
    mode: Mapped[Word] = mapped_column(default="parallel", comment="ordered | parallel")
    revision: Mapped[int] = mapped_column(default=1, comment="counts changes of answers and signatories; ETag and guard")
    awaited: Mapped[int] = mapped_column(default=0, comment="signatures still missing while signing; guards the last one; 0 once executed")
    ends_at: Mapped[datetime | None] = mapped_column(comment="end of the signing time")
    reason_sealed: Mapped[bytes | None] = mapped_column(comment="why it was declined or withdrawn")
    idea_id: Mapped[str | None] = mapped_column(ForeignKey("idea.id"), comment="what an NDA is about")
    collaboration_id: Mapped[str | None] = mapped_column(ForeignKey("collaboration.id"), index=True)
    split_id: Mapped[str | None] = mapped_column(ForeignKey("split.id"))
    created_at: Mapped[datetime]
    executed_at: Mapped[datetime | None]


class AgreementDocument(Base):
    """One rendered state of an agreement: what is downloaded, what is signed."""

    __tablename__ = "agreement_document"
    __table_args__ = (UniqueConstraint("agreement_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    number: Mapped[int]
    state: Mapped[Word] = mapped_column(comment="final | executed | dropped; a dropped one was replaced by a newer text")
    template: Mapped[Word]
    clauses: Mapped[LongText] = mapped_column(comment="clause ids@versions, one a line")
    terms_sealed: Mapped[bytes] = mapped_column(comment="the checked answers in their canonical form")
    terms_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    docx_blob: Mapped[str] = mapped_column(String(128))
    docx_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    pdf_blob: Mapped[str] = mapped_column(String(128))
    pdf_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), comment="the digest that every signature names")
    sealed_blob: Mapped[str | None] = mapped_column(String(128), comment="the executed PDF with the service's seal")
    sealed_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    evidence_blob: Mapped[str | None] = mapped_column(String(128), comment="agreement-evidence.zip")
    evidence_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="entry of the final document")
    executed_commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, comment="entry of the execution")
    created_at: Mapped[datetime]


class Signatory(Base):
    """Who has to sign one document, for whom, in which order; without a document: who will have to."""

    __tablename__ = "signatory"

    id: Mapped[Id] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    document_id: Mapped[str | None] = mapped_column(
        ForeignKey("agreement_document.id"), index=True, comment="set when it was sent for signing"
    )
    position: Mapped[int] = mapped_column(comment="1-based; the order when the mode is ordered")
    role: Mapped[Word] = mapped_column(comment="of the party signed for, as in the kind")
    name: Mapped[Line]
    email: Mapped[Line]
    organisation_name: Mapped[Line] = mapped_column(comment="the party signed for; empty when for herself")
    capacity: Mapped[Line] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="en", comment="of the mails to her")
    state: Mapped[Word] = mapped_column(comment="waiting | invited | viewed | signed | declined")
    invited_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    reason_sealed: Mapped[bytes | None] = mapped_column(comment="why she declined")
    declined_at: Mapped[datetime | None]
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, comment="entry of the decline")


class SigningLink(Base):
    """A mailed link: its holder may read and sign this exact document as this signatory, and afterwards download the executed one."""

    __tablename__ = "signing_link"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, comment="SHA-256 of the secret in the link")
    signatory_id: Mapped[str] = mapped_column(ForeignKey("signatory.id"), index=True)
    document_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SigningCode(Base):
    """A one-time code sent by mail to one signatory for one exact document."""

    __tablename__ = "signing_code"

    id: Mapped[Id] = mapped_column(primary_key=True)
    signatory_id: Mapped[str] = mapped_column(ForeignKey("signatory.id"), index=True)
    document_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Signature(Base):
    """A signature given here: by whom, of which bytes, how, on which consent text, when."""

    __tablename__ = "signature"

    id: Mapped[Id] = mapped_column(primary_key=True)
    signatory_id: Mapped[str] = mapped_column(ForeignKey("signatory.id"), unique=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    document_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    identity: Mapped[Line] = mapped_column(comment="mailto: the address that the code went to")
    role: Mapped[Word]
    method: Mapped[Word] = mapped_column(comment="mail-code")
    consent: Mapped[Word] = mapped_column(comment="consent text id@version")
    consent_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
