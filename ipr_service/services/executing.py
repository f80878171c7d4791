"""After the last signature, in the background: the executed PDF, its seal, the evidence file, and a link for everybody.

Two steps, each guarded and each one plan, so that a worker may be killed anywhere and repeat everything:

1. *Seal.* The signed document with the pages of the signature record appended (its own bytes stay first and unchanged, see
   ``gateways/appending``), sealed with the service's own key and the token of the own clock, which adds no independent time and says so.
   The ``executed`` entry is logged in the same plan. A crash before it leaves blobs that no row names.
2. *Evidence.* The zip file, with the proof of the ``executed`` entry in it, and the mails. What was made twice by two workers at once
   is kept once: the second finds the guard closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.agreements.ceremony import Ceremony, CeremonyState
from ipr_service.agreements.signature_record import Person as Signer
from ipr_service.agreements.signature_record import Record, typeset_record
from ipr_service.errors import N_, ConflictError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.gateways.appending import append_pages
from ipr_service.gateways.seal import seal_pdf
from ipr_service.services import ceremonies, evidence_file, papers
from ipr_service.services.ceremonies import Signing
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, entry_of, logged
from ipr_service.services.letters import letter
from ipr_service.services.links import new_link
from ipr_service.store.schema import AgreementDocument, LogToken
from ipr_service.store.sequencer import Insert, Update, WritePlan

REASON = "Sealed by the service after everybody signed; not a person's signature"
DOWNLOAD_DAYS = 365


def seal(ctx: Context, payload: Mapping[str, Any]) -> bool:
    """What the worker does for an outbox row of kind ``seal``: everything that is still missing. Safe to repeat.

    Args:
        payload: ``agreement_id``.
    """
    agreement_id = str(payload["agreement_id"])
    loaded = _load(ctx, agreement_id)
    if loaded is not None and loaded.document.sealed_blob is None:
        _seal(ctx, loaded)
        loaded = _load(ctx, agreement_id)
    if loaded is not None and loaded.document.evidence_blob is None:
        _give_out(ctx, loaded)
    return True


def _load(ctx: Context, agreement_id: str) -> Signing | None:
    """The executed document, or None when the agreement is not executed."""
    with ctx.database.reading() as session:
        document = ceremonies.newest_document(session, agreement_id)
        if document is None or not ceremonies.is_executed(session, agreement_id):
            return None
        return ceremonies.load(session, document.id)


def record_of(ctx: Context, session: Session, loaded: Signing, executed_sha256: str = "") -> Record:
    """The signature record of an executed document."""
    entries = {row_id: entry_of(session, one.commitment).index for row_id, one in loaded.signatures.items()}
    people = {row.id: Signer(row.name, row.email, row.organisation_name, entries[row.id]) for row in loaded.rows}
    last = max(entries.values())
    independent = session.scalar(
        select(LogToken.authority).where(LogToken.checkpoint_size > last, LogToken.independent.is_(True)).order_by(LogToken.id).limit(1)
    )
    title = ctx.catalogue.kind(loaded.agreement.kind, int(loaded.document.template.partition("@")[2])).title
    return Record(_ended(loaded), title, people, ctx.settings.origin, independent or "", executed_sha256)


def _ended(loaded: Signing) -> Ceremony:
    assert loaded.ceremony.state is CeremonyState.EXECUTED  # noqa: S101 - _load gives nothing else
    return loaded.ceremony


def _seal(ctx: Context, loaded: Signing) -> None:
    agreement, document = loaded.agreement, loaded.document
    assert agreement.executed_at is not None  # noqa: S101 - set with the state
    with ctx.database.reading() as session:
        record = typeset_record(record_of(ctx, session, loaded), agreement.executed_at)
    whole = append_pages(papers.read(ctx, agreement, document, "pdf"), record)
    clock = ctx.authorities[-1]
    sealed = seal_pdf(whole, seal=ctx.service_keys.seal, reason=REASON, at=ctx.now(), random=ctx.random, timestamp=clock)
    blob, digest = papers.keep(ctx, agreement, document.id, "sealed", sealed)
    said = executed_statement(loaded, digest)
    with ctx.database.reading() as session:
        made = commit_to(ctx, session, "agreement", [said], previous=document.commitment)
    values = {"sealed_blob": blob, "sealed_sha256": digest, "executed_commitment": made.commitment}
    where = (AgreementDocument.id == document.id, AgreementDocument.sealed_blob.is_(None))
    once = Update(AgreementDocument, where, values, otherwise=_DONE)
    try:
        ctx.write(WritePlan((once,), (logged(ctx, made, agreement.id, agreement.key_id),)))
    except ConflictError:
        ctx.blobs.delete(blob)  # another worker was faster; its result counts


_DONE = ConflictError(N_("Another worker has done this already."))


def executed_statement(loaded: Signing, sealed_sha256: bytes) -> Statement:
    """That everybody signed; signatures in the order of the signatories."""
    assert loaded.agreement.executed_at is not None  # noqa: S101 - set with the state
    given = [to_base64(loaded.signatures[row.id].commitment) for row in loaded.rows]
    return statements.executed(loaded.document.pdf_sha256.hex(), given, sealed_sha256.hex(), loaded.agreement.executed_at)


def expected_statements(session: Session, row: AgreementDocument) -> list[Statement]:
    """The statement that an executed document's row must equal (entry ``executed_commitment``); for ``ipr log audit``."""
    if row.sealed_sha256 is None:
        return []
    return [executed_statement(ceremonies.load(session, row.id), row.sealed_sha256)]


def _give_out(ctx: Context, loaded: Signing) -> None:
    agreement, document = loaded.agreement, loaded.document
    assert document.sealed_sha256 is not None  # noqa: S101 - the first step is done
    with ctx.database.reading() as session:
        record = record_of(ctx, session, loaded, document.sealed_sha256.hex())
    content = evidence_file.build(ctx, loaded, record)
    blob, digest = papers.keep(ctx, agreement, document.id, "evidence", content)
    values = {"evidence_blob": blob, "evidence_sha256": digest}
    where = (AgreementDocument.id == document.id, AgreementDocument.evidence_blob.is_(None))
    try:
        ctx.write(WritePlan((Update(AgreementDocument, where, values, otherwise=_DONE), *_mails(ctx, loaded))))
    except ConflictError:
        ctx.blobs.delete(blob)


def _mails(ctx: Context, loaded: Signing) -> list[Insert]:
    """A link to the executed copy for everybody who signed, with or without an account."""
    until = ctx.now() + timedelta(days=DOWNLOAD_DAYS)
    steps = []
    for row in loaded.rows:
        link, step = new_link(ctx, row.id, loaded.document.pdf_sha256, until)
        mail = letter(
            row.email,
            row.language,
            N_("Everybody has signed: your copy"),
            N_("An agreement that you signed is executed. Download the executed PDF and the evidence file, and keep both:"),
            "{link}",
            N_("The link is yours alone and works until {day}. The evidence file can be checked without this service."),
            link=link,
            day=until.date().isoformat(),
        )
        steps += [step, ctx.due("mail", mail, thing_id=loaded.agreement.id)]
    return steps
