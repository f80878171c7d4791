"""Look at agreements: lists, one with its signatories and what happened, and what waits for a person to sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.agreements.lifecycle import State
from ipr_service.errors import N_, NotFoundError
from ipr_service.services import access, ceremonies, papers
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafting import planned_signatories
from ipr_service.services.drafts import TITLE, pinned_kind
from ipr_service.services.entries import entry_of
from ipr_service.services.prefilling import NamedSignatory
from ipr_service.services.signatures import REASON
from ipr_service.services.words import clean_choice, fold_email
from ipr_service.store.schema import Agreement, Organisation, Person, Signatory


@dataclass(frozen=True)
class AgreementLine:
    """An agreement in a list. ``title`` is the owner's own word and None for everybody else."""

    id: str
    title: str | None
    kind: str
    kind_title: str
    state: str
    organisation: str
    signed: int
    required: int
    created_at: datetime


@dataclass(frozen=True)
class SignatoryLine:
    """One who signs, as all sides see it. ``index``: of the signature's entry in the log."""

    id: str
    position: int
    role_label: str
    name: str
    email: str
    organisation: str
    capacity: str
    state: str
    invited_at: datetime | None
    viewed_at: datetime | None
    signed_at: datetime | None
    declined_at: datetime | None
    commitment: bytes | None
    index: int | None
    mine: bool


@dataclass(frozen=True)
class FinalDocument:
    """The final text: digests as lower-case hex, where it stands in the log."""

    id: str
    number: int
    pdf_sha256: str
    docx_sha256: str
    sealed_sha256: str | None
    evidence: bool
    commitment: bytes
    index: int
    created_at: datetime


@dataclass(frozen=True)
class AgreementDetails:
    """One agreement.

    Args:
        planned: who will sign; ``signatories`` who was asked to, once it was sent.
        reason: why it was declined or withdrawn.
        verbs: what the actor may do here.
        to_sign: the actor is asked to sign now.
    """

    line: AgreementLine
    review: str
    template: str
    mode: str
    revision: int
    ends_at: datetime | None
    executed_at: datetime | None
    reason: str | None
    idea_id: str | None
    collaboration_id: str | None
    planned: tuple[NamedSignatory, ...]
    signatories: tuple[SignatoryLine, ...]
    document: FinalDocument | None
    verbs: frozenset[str]
    to_sign: bool


def _line(ctx: Context, session: Session, actor: Actor, row: Agreement) -> AgreementLine:
    own = row.organisation_id in actor.roles
    title = ctx.open_text(row.key_id, TITLE, row.title_sealed) if own else None
    stand = ceremonies.standing(session, row.id)
    organisation = session.get_one(Organisation, row.organisation_id).name
    kind = pinned_kind(ctx, row).title
    return AgreementLine(row.id, title, row.kind, kind, row.state, organisation, stand.signed, stand.required, row.created_at)


def agreements(
    ctx: Context, actor: Actor, *, before: str | None = None, count: int = 50, collaboration_id: str | None = None
) -> list[AgreementLine]:
    """Agreements that the actor may see, newest first.

    Args:
        before: only ids below this ULID.
        count: at most so many.
        collaboration_id: only those of this collaboration.
    """
    access.require_person(actor)
    query = select(Agreement).where(Agreement.id.in_(access.visible(actor, "agreement")))
    if before is not None:
        query = query.where(Agreement.id < before)
    if collaboration_id is not None:
        query = query.where(Agreement.collaboration_id == collaboration_id)
    with ctx.database.reading() as session:
        return [_line(ctx, session, actor, row) for row in session.scalars(query.order_by(Agreement.id.desc()).limit(count))]


def agreement(ctx: Context, actor: Actor, agreement_id: str) -> AgreementDetails:
    """One agreement.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "agreement", agreement_id)
        row = session.get_one(Agreement, agreement_id)
        document = ceremonies.newest_document(session, agreement_id)
        person = session.get_one(Person, access.require_person(actor))
        lines = () if document is None else _signatories(ctx, session, row, document.id, person)
        verbs = access.verbs(session, actor, "agreement", agreement_id)
        final = None
        if document is not None:
            final = FinalDocument(
                document.id,
                document.number,
                document.pdf_sha256.hex(),
                document.docx_sha256.hex(),
                None if document.sealed_sha256 is None else document.sealed_sha256.hex(),
                document.evidence_blob is not None,
                document.commitment,
                entry_of(session, document.commitment).index,
                document.created_at,
            )
        return AgreementDetails(
            line=_line(ctx, session, actor, row),
            review=pinned_kind(ctx, row).review,
            template=row.template,
            mode=row.mode,
            revision=row.revision,
            ends_at=row.ends_at,
            executed_at=row.executed_at,
            reason=ctx.open_text(row.key_id, REASON, row.reason_sealed),
            idea_id=row.idea_id,
            collaboration_id=row.collaboration_id,
            planned=planned_signatories(session, agreement_id),
            signatories=lines,
            document=final,
            verbs=verbs,
            to_sign=row.state == State.SIGNING
            and "sign" in verbs
            and person.email_confirmed_at is not None
            and any(one.mine and one.state in ("invited", "viewed") for one in lines),
        )


def _signatories(ctx: Context, session: Session, row: Agreement, document_id: str, person: Person) -> tuple[SignatoryLine, ...]:
    loaded = ceremonies.load(session, document_id)
    labels = {role.id: role.label for role in pinned_kind(ctx, row).roles}
    found = []
    for one in loaded.rows:
        given = loaded.signatures.get(one.id)
        commitment = given.commitment if given else one.commitment
        index = None if commitment is None else entry_of(session, commitment).index
        found.append(
            SignatoryLine(
                id=one.id,
                position=one.position,
                role_label=labels.get(one.role, one.role),
                name=one.name,
                email=one.email,
                organisation=one.organisation_name,
                capacity=one.capacity,
                state=one.state,
                invited_at=one.invited_at,
                viewed_at=one.viewed_at,
                signed_at=given.at if given else None,
                declined_at=one.declined_at,
                commitment=commitment,
                index=index,
                mine=fold_email(one.email) == person.email_folded,
            )
        )
    return tuple(found)


def download(ctx: Context, actor: Actor, agreement_id: str, what: str) -> bytes:
    """The executed PDF (``sealed``) or the evidence file (``evidence``).

    Raises:
        NotFoundError: none that the actor may see, or it does not exist yet. InputError: another word.
    """
    clean_choice("/what", what, ("sealed", "evidence"))
    with ctx.database.reading() as session:
        access.require(session, actor, "download", "agreement", agreement_id)
        row = session.get_one(Agreement, agreement_id)
        document = ceremonies.newest_document(session, agreement_id)
    if document is None:
        raise NotFoundError(N_("There is no final text yet."))
    return papers.read(ctx, row, document, what)


def waiting(ctx: Context, actor: Actor) -> list[AgreementLine]:
    """Agreements that this person is asked to sign now, newest first; for the desk."""
    person_id = access.require_person(actor)
    with ctx.database.reading() as session:
        person = session.get_one(Person, person_id)
        if person.email_confirmed_at is None:
            return []
        query = (
            select(Agreement, Signatory.email)
            .join(Signatory, Signatory.agreement_id == Agreement.id)
            .where(Agreement.state == State.SIGNING.value, Signatory.state.in_(("invited", "viewed")), Signatory.document_id.is_not(None))
            .where(Agreement.id.in_(access.visible(actor, "agreement", "sign")))
            .order_by(Agreement.id.desc())
        )
        mine = [row for row, email in session.execute(query) if fold_email(email) == person.email_folded]
        return [_line(ctx, session, actor, row) for row in mine]
