"""Draft an agreement: create it from what is known, ask the rest, preview, finalise into one exact document.

Answers are of two origins: what the service's data gave when the agreement was created, and what people answered; the second wins. A
final text is rendered once, as Word and PDF from the same clauses, and its digests are logged: nobody changes it afterwards. Reopening
makes room for a newer text, which is another document with another digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ipr_service.agreements.lifecycle import Act, State, advance
from ipr_service.errors import StaleError
from ipr_service.evidence import statements
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, ceremonies, idempotency, papers
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafts import (
    ANSWERS,
    STALE,
    Answers,
    CreateAgreement,
    answers_of,
    clean,
    clean_signatories,
    guarded,
    kind_of,
    party_steps,
    pinned_kind,
    prepare,
    refuse_other_split,
    refuse_wrong,
    require_editable,
    require_sources,
    rows,
    signatory_row,
)
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.interviewing import interview, preview
from ipr_service.services.prefilling import NamedSignatory
from ipr_service.services.words import clean_choice
from ipr_service.store.schema import Agreement, AgreementDocument, Signatory
from ipr_service.store.sequencer import Delete, Insert, Update, WritePlan

__all__ = [
    "CreateAgreement",
    "NamedSignatory",
    "answer",
    "create",
    "document",
    "finalise",
    "interview",
    "name_signatories",
    "planned_signatories",
    "preview",
    "reopen",
]


def create(ctx: Context, actor: Actor, order: CreateAgreement) -> str:
    """Create a draft, prefilled from the data. Returns its id.

    Raises:
        InputError: names the field, its limit and the remedy.
        NotFoundError: the idea, collaboration or split is none that the actor may use.
        RefusedError: nobody else has joined the collaboration yet.
    """
    organisation_id = access.require_creation(actor, "agreement")
    kind = kind_of(ctx, order.kind, order.language)
    order = clean(kind, order)
    agreement_id, key_id = ctx.new_id(), ctx.new_id()
    with ctx.database.reading() as session:
        require_sources(session, actor, order)
        answers, signatories = prepare(ctx, session, actor, kind, order)
        parties = party_steps(ctx, session, agreement_id, organisation_id, order.collaboration_id)
    refuse_wrong(kind, answers.merged, order.answers)
    refuse_other_split(kind, answers.data, order.answers)
    ctx.keys.create(key_id)
    steps = rows(ctx, actor, organisation_id, agreement_id, key_id, kind, order, answers)
    people = tuple(signatory_row(ctx, agreement_id, at, one, actor.language) for at, one in enumerate(signatories, 1))
    ctx.write(WritePlan((*steps, Insert(Signatory, people), *parties, *idempotency.mark(actor, agreement_id))))
    return agreement_id


# --- answers ----------------------------------------------------------------------------------------------------------


def answer(ctx: Context, actor: Actor, agreement_id: str, answers: Mapping[str, Any], revision: int) -> int:
    """Answer questions; None or an empty text takes an answer back. Returns the new revision.

    Args:
        answers: by question id; ``parties`` is the whole list of records.
        revision: as last seen.

    Raises:
        InputError: each wrong answer by its pointer. StaleError: somebody changed the draft meanwhile.
        RefusedError: it is not a draft any more.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
    require_editable(agreement)
    kind, before = pinned_kind(ctx, agreement), answers_of(ctx, agreement)
    after = Answers(before.data, {**before.given, **answers})
    refuse_wrong(kind, after.merged, answers)
    refuse_other_split(kind, before.data, answers)
    sealed = ctx.seal(agreement.key_id, ANSWERS, after.to_bytes())
    ctx.write(WritePlan((guarded(agreement_id, revision, {"answers_sealed": sealed}),)))
    return revision + 1


def name_signatories(ctx: Context, actor: Actor, agreement_id: str, named: Sequence[NamedSignatory], revision: int) -> int:
    """Say who signs, in which order; replaces the whole list. Returns the new revision.

    Raises:
        InputError, StaleError, RefusedError: as :func:`answer`.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
    require_editable(agreement)
    cleaned = clean_signatories(pinned_kind(ctx, agreement), named)
    rows = tuple(signatory_row(ctx, agreement_id, at, one, actor.language) for at, one in enumerate(cleaned, 1))
    steps = (
        guarded(agreement_id, revision, {}),
        Delete(Signatory, (Signatory.agreement_id == agreement_id, Signatory.document_id.is_(None))),
        Insert(Signatory, rows),
    )
    ctx.write(WritePlan(steps))
    return revision + 1


def reopen(ctx: Context, actor: Actor, agreement_id: str) -> None:
    """Take a final text back that was not sent, or whose time to be signed has ended. Signatures never move to another text.

    Raises:
        RefusedError: it is being signed, executed or withdrawn.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
    ran_out = agreement.state == State.SIGNING and agreement.ends_at is not None and agreement.ends_at <= ctx.now()
    state = advance(State(agreement.state), Act.EXPIRE if ran_out else Act.REOPEN)
    raced = StaleError(STALE)
    where = (Agreement.id == agreement_id, Agreement.state == agreement.state)
    ctx.write(WritePlan((Update(Agreement, where, {"state": state.value, "revision": agreement.revision + 1}, otherwise=raced),)))


def planned_signatories(session: Session, agreement_id: str) -> tuple[NamedSignatory, ...]:
    """Who will sign, in order; after a decline, who was asked."""
    rows = ceremonies.signatories(session, agreement_id, None)
    return tuple(NamedSignatory(row.role, row.name, row.email, row.organisation_name, row.capacity) for row in rows)


# --- documents --------------------------------------------------------------------------------------------------------


def document(ctx: Context, actor: Actor, agreement_id: str, form: str) -> bytes:
    """The text as ``docx`` or ``pdf``: the final one if there is one, else a draft whose footer says so.

    Raises:
        MissingAnswerError: questions of a draft are open; each problem names one.
        InputError: another form. NotFoundError, ForbiddenError: see ``access``.
    """
    clean_choice("/form", form, ("docx", "pdf"))
    with ctx.database.reading() as session:
        access.require(session, actor, "download", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
        final = None if agreement.state == State.DRAFTING else ceremonies.newest_document(session, agreement_id)
    if final is not None and agreement.state != State.NEGOTIATING:
        return papers.read(ctx, agreement, final, form)
    text = papers.assembled(ctx, pinned_kind(ctx, agreement), answers_of(ctx, agreement).merged, agreement.language)
    return papers.as_docx(ctx, text, ctx.now()) if form == "docx" else papers.as_pdf(text, ctx.now())


def finalise(ctx: Context, actor: Actor, agreement_id: str) -> str:
    """Render the final text, keep both forms, log their digests. Returns the id of the document.

    Raises:
        MissingAnswerError: questions are open; each problem names one. InputError: an answer cannot be taken.
        RefusedError: it is not a draft any more. StaleError: somebody changed it at the same moment.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "agreement", agreement_id)
        agreement = session.get_one(Agreement, agreement_id)
        before = ceremonies.newest_document(session, agreement_id)
    state = advance(State(agreement.state), Act.FREEZE)
    text = papers.assembled(ctx, pinned_kind(ctx, agreement), answers_of(ctx, agreement).merged, agreement.language)
    document_id, now = ctx.new_id(), ctx.now()
    forms = {
        "pdf": papers.as_pdf(text, now, papers.final_state(text.kind)),
        "docx": papers.as_docx(ctx, text, now, papers.final_state(text.kind)),
    }
    kept = {form: papers.keep(ctx, agreement, document_id, form, content) for form, content in forms.items()}
    row: dict[str, Any] = {
        "id": document_id,
        "agreement_id": agreement_id,
        "number": 1 if before is None else before.number + 1,
        "state": "final",
        "template": agreement.template,
        "clauses": "\n".join(key for key, _ in text.clauses()),
        "terms_sealed": ctx.seal(agreement.key_id, papers.TERMS, text.terms.to_bytes()),
        "terms_digest": bytes.fromhex(text.terms.digest),
        **{f"{form}_blob": blob for form, (blob, _) in kept.items()},
        **{f"{form}_sha256": digest for form, (_, digest) in kept.items()},
        "created_at": now,
    }
    said = [
        statements.agreement(agreement.kind, agreement.template, row["pdf_sha256"].hex()),
        *(statements.file(at, f"agreement.{form}", len(forms[form]), papers.TYPES[form]) for at, form in enumerate(forms, 1)),
        *(statements.party(f"mailto:{one['notice_email']}", one["name"], one["role"]) for one in text.terms.answers["parties"]),
    ]
    with ctx.database.reading() as session:
        previous = None if before is None else before.commitment
        files = [papers.digests_of(content) for content in forms.values()]
        made = commit_to(ctx, session, "agreement", said, files=files, previous=previous)
    row["commitment"] = made.commitment
    replaced = (AgreementDocument.agreement_id == agreement_id, AgreementDocument.state == "final")
    steps: tuple[Insert | Update | Delete, ...] = (
        guarded(agreement_id, agreement.revision, {"state": state.value}),
        Update(AgreementDocument, replaced, {"state": "dropped"}, expect=None),
        Insert(AgreementDocument, (row,)),
        *idempotency.mark(actor, document_id),
    )
    ctx.write(WritePlan(steps, (logged(ctx, made, agreement_id, agreement.key_id),)))
    return document_id


def expected_statements(session: Session, row: AgreementDocument) -> list[Statement]:
    """The statement that a final document must equal; for ``ipr log audit``."""
    agreement = session.get_one(Agreement, row.agreement_id)
    return [statements.agreement(agreement.kind, row.template, row.pdf_sha256.hex())]
