"""A chair shown in confidence: an idea with kept files, an offer, the guest who comes by the link, and an NDA signed at the level of rows.

The rows are what the ceremony leaves behind (``test_disclosure_journey`` walks the ceremony itself): written here one by one, so that a
test can stop half-way, sign another document, or let somebody else sign.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update

from ipr_service.errors import ServiceError
from ipr_service.services import audit, disclosure, registration, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen, OfferDisclosure, Offered
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import Registered, RegisterIdea
from ipr_service.store.schema import AccessRecord, Agreement, AgreementDocument, Disclosure, Signatory, Signature
from tests.support.house import mails, person, secret_in

TITLE, DESCRIPTION = "Sedia Tre Gesti", "It folds in three moves."
CHAIR = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert('chair')</script></svg>"
NOTES = b"<html><script>alert('notes')</script>" + bytes(range(256)) * 300
GUEST = "mara@example.org"


def register(ctx: Context, actor: Actor, idea_id: str | None = None, **files: bytes) -> Registered:
    """Register an idea with files, or a new version of one; ``chair_svg=b"…"`` is the file chair.svg."""
    intake = open_intake(ctx, actor, idea_id)
    for name, content in (files or {"chair_svg": CHAIR, "notes_html": NOTES}).items():
        intake.take(name.replace("_", "."), None, io.BytesIO(content))
    return registration.register_idea(ctx, actor, RegisterIdea(TITLE, DESCRIPTION), intake)


@dataclass
class Scene:
    """Sara shows her chair to Mara of Studio Blu."""

    ctx: Context
    sara: Actor
    idea: Registered
    offered: Offered
    mara: Actor | None = None
    _documents: list[AgreementDocument] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.offered.disclosure_id

    def arrive(self) -> Actor:
        """Mara signs up and comes by the mailed link."""
        self.mara = self.mara or person(self.ctx, "Mara", GUEST, organisation="Studio Blu")
        disclosure.accept(self.ctx, self.mara, invitation(self.ctx))
        return self.mara

    def send(self) -> bytes:
        """A final document is out to be signed by both; returns its digest."""
        pdf = sha256(self.ctx.random(8)).digest()
        ctx, agreement_id = self.ctx, self.offered.agreement_id
        with ctx.database.writing() as session:
            session.execute(update(AgreementDocument).where(AgreementDocument.agreement_id == agreement_id).values(state="dropped"))
            row = _document(ctx, agreement_id, len(self._documents) + 1, pdf)
            session.add(row)
            planned = session.scalars(
                select(Signatory).where(Signatory.agreement_id == agreement_id, Signatory.document_id.is_(None))
            ).all()
            for one in planned:
                values = {column.name: getattr(one, column.name) for column in Signatory.__table__.columns}
                session.add(Signatory(**{**values, "id": ctx.new_id(), "document_id": row.id, "state": "invited"}))
            session.execute(update(Agreement).where(Agreement.id == agreement_id).values(state="signing", awaited=len(planned)))
        self._documents.append(row)
        return pdf

    def sign(self, role: str, digest: bytes | None = None) -> None:
        """One of them signs the newest document, or whatever has another digest."""
        ctx, document = self.ctx, self._documents[-1]
        with ctx.database.writing() as session:
            one = session.scalars(select(Signatory).where(Signatory.document_id == document.id, Signatory.role == role)).one()
            if session.scalars(select(Signature).where(Signature.signatory_id == one.id)).one_or_none() is not None:
                return
            session.add(_signature(ctx, one, digest or document.pdf_sha256))
            one.state = "signed"

    def declare_executed(self) -> None:
        """The states say that it is executed; whether it is, the signatures say."""
        with self.ctx.database.writing() as session:
            ids = [self._documents[-1].id]
            session.execute(update(AgreementDocument).where(AgreementDocument.id.in_(ids)).values(state="executed"))
            session.execute(update(Agreement).where(Agreement.id == self.offered.agreement_id).values(state="executed"))

    def execute(self) -> bytes:
        """Both sign: it is executed."""
        digest = self.send()
        self.sign("discloser")
        self.sign("recipient")
        self.declare_executed()
        return digest

    def row(self) -> Disclosure:
        with self.ctx.database.reading() as session:
            return session.get_one(Disclosure, self.id)


def _document(ctx: Context, agreement_id: str, number: int, pdf: bytes) -> AgreementDocument:
    return AgreementDocument(
        id=ctx.new_id(),
        agreement_id=agreement_id,
        number=number,
        state="final",
        template="nda-one-way@1",
        clauses="",
        terms_sealed=b"",
        terms_digest=pdf,
        docx_blob="none",
        docx_sha256=pdf,
        pdf_blob="none",
        pdf_sha256=pdf,
        commitment=ctx.random(32),
        created_at=ctx.now(),
    )


def _signature(ctx: Context, one: Signatory, digest: bytes) -> Signature:
    return Signature(
        id=ctx.new_id(),
        signatory_id=one.id,
        agreement_id=one.agreement_id,
        document_sha256=digest,
        identity=f"mailto:{one.email}",
        role=one.role,
        method="mail-code",
        consent="simple@1",
        consent_sha256=digest,
        at=ctx.now(),
        commitment=ctx.random(32),
    )


def order(idea: Registered, **changed: Any) -> OfferDisclosure:
    """Title, description and the first file, to Mara of Studio Blu, with an NDA that still has open questions."""
    wanted: dict[str, Any] = {
        "idea_id": idea.idea_id,
        "email": GUEST,
        "name": "Mara Vidal",
        "organisation": "Studio Blu",
        "items": (Chosen(1, 0), Chosen(1, 1)),
        **changed,
    }
    return OfferDisclosure(**wanted)


def scene(ctx: Context, **changed: Any) -> Scene:
    """Sara of Mobili Rossi has offered."""
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    idea = register(ctx, sara)
    return Scene(ctx, sara, idea, disclosure.offer(ctx, sara, order(idea, **changed)))


def open_scene(ctx: Context, **changed: Any) -> Scene:
    """Mara has come, both have signed: it is open."""
    made = scene(ctx, **changed)
    made.arrive()
    made.execute()
    return made


def invitation(ctx: Context, to: str = GUEST) -> str:
    """The secret of the newest invitation to look."""
    return secret_in(next(mail for mail in mails(ctx, to) if "/invitations/" in mail.body))


def said(ctx: Context, commitment: bytes) -> list[dict[str, object]]:
    """The statements of an entry."""
    with ctx.database.reading() as session:
        return [dict(one.statement) for one in opened(ctx, entry_of(session, commitment)).openings.statements]


def records(ctx: Context) -> list[AccessRecord]:
    with ctx.database.reading() as session:
        return list(session.scalars(select(AccessRecord).order_by(AccessRecord.at, AccessRecord.id)))


def findings(ctx: Context) -> set[str]:
    """The tables of disclosures that the audit finds wrong (the NDAs here are rows without entries)."""
    tables = {finding.row.split()[0] for finding in audit.audit(ctx).findings}
    return {table for table in tables if table.startswith(("disclosure", "access_record", "log_"))}


def look(ctx: Context, actor: Actor, made: str) -> str:
    """What happens when this person tries to read title and description."""
    try:
        return viewing.look(ctx, actor, made, 1).title
    except ServiceError as problem:
        return problem.code
