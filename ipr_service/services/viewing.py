"""What a guest may see of a disclosed idea, and the record of every view.

The gate keeps no state: at each request it asks anew whether this person is the one named, whether every party has executed exactly the NDA
of this disclosure, whether it was revoked, and whether it has ended. The record of a view and its log entry are committed before the
content is handed to a face; a revocation at the same moment either comes first and nothing is shown, or comes after the record.

One opening is one record. A request for a later part of a file (Range) belongs to an opening of the last :data:`OPENING` by the same
person; without one it is an opening itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, ExpiredError, NotFoundError, RefusedError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, ceremonies, library
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, entry_of, logged, opened
from ipr_service.services.library import FileContent, FileLine
from ipr_service.services.words import fold_email
from ipr_service.store.schema import (
    AccessRecord,
    Agreement,
    AgreementDocument,
    Disclosure,
    DisclosureItem,
    Idea,
    IdeaFile,
    IdeaVersion,
    Signatory,
    Signature,
)
from ipr_service.store.sequencer import Insert, Logged, Update, WritePlan

OPENING = timedelta(minutes=15)
NDA, DISCLOSER, RECIPIENT = "nda-one-way", "discloser", "recipient"
DRAFTED = frozenset({"drafting", "negotiating", "frozen"})
_CLOSED = N_("This is not open any more. Its owner ended the access.")
_OVER = N_("This is not open any more. The access ended on {day}.")
_UNSIGNED = N_("This opens when everybody has signed the confidentiality agreement. Sign it, or wait for the others.")


@dataclass(frozen=True)
class Subject:
    """Title and description of one version, and the files of it that the guest may open."""

    number: int
    title: str
    description: str
    language: str
    commitment: bytes
    files: tuple[FileLine, ...]


def executed_terms(session: Session, disclosure: Disclosure) -> bytes | None:
    """SHA-256 of the NDA of this disclosure as every required party has executed it; None while that is not so.

    The agreement must be of the right kind, about this idea and of this organisation, its document signed by all whom it names, and among
    them by the recipient; once opened, it must be the very document that was logged.
    """
    agreement = session.get_one(Agreement, disclosure.agreement_id)
    about = (agreement.kind, agreement.idea_id, agreement.organisation_id)
    if about != (NDA, disclosure.idea_id, disclosure.organisation_id) or not ceremonies.is_executed(session, agreement.id):
        return None
    document = ceremonies.newest_document(session, agreement.id)
    if document is None or disclosure.terms_sha256 not in (None, document.pdf_sha256):
        return None
    return document.pdf_sha256 if _signed_by_all(session, document, disclosure.recipient_email) else None


def _signed_by_all(session: Session, document: AgreementDocument, recipient_email: str) -> bool:
    rows = session.execute(
        select(Signatory, Signature)
        .outerjoin(Signature, (Signature.signatory_id == Signatory.id) & (Signature.document_sha256 == document.pdf_sha256))
        .where(Signatory.document_id == document.id)
    ).all()
    recipients = [one for one, _ in rows if one.role == RECIPIENT and fold_email(one.email) == fold_email(recipient_email)]
    return len(recipients) == 1 and all(signature is not None for _, signature in rows)


def standing(session: Session, disclosure: Disclosure, now: datetime) -> str:
    """Where a disclosure stands now; only ``open`` shows anything.

    ``drafting``: the NDA was not sent to be signed yet. ``signing``: signatures are missing. ``declined``: somebody will not sign it.
    ``signed``: the NDA is executed, the recipient has not come by her link yet. ``lapsed``: the NDA was withdrawn, ended or superseded.
    ``revoked`` and ``ended``: over.
    """
    if disclosure.revoked_at is not None:
        return "revoked"
    if disclosure.ends_at is not None and now >= disclosure.ends_at:
        return "ended"
    if executed_terms(session, disclosure) is not None:
        return "open" if disclosure.recipient_person_id is not None else "signed"
    nda = ceremonies.standing(session, disclosure.agreement_id)
    if nda.state in DRAFTED:
        return "declined" if nda.declined else "drafting"
    return "signing" if nda.state == "signing" else "lapsed"


def require_open(ctx: Context, session: Session, actor: Actor, disclosure_id: str) -> Disclosure:
    """The disclosure, if this person may see its content at this moment.

    Raises:
        NotFoundError: none that the actor may know of, or the actor is not the person named.
        RefusedError: the NDA is not executed.
        ExpiredError: revoked or ended.
    """
    access.require(session, actor, "view", "disclosure", disclosure_id)
    disclosure = session.get_one(Disclosure, disclosure_id)
    if disclosure.recipient_person_id != actor.person_id:
        raise NotFoundError(N_("There is nothing here that you may see."))
    state = standing(session, disclosure, ctx.now())
    if state == "revoked":
        raise ExpiredError(_CLOSED)
    if state == "ended":
        raise ExpiredError(_OVER, day=f"{disclosure.ends_at:%Y-%m-%d}")
    if state != "open":
        raise RefusedError(_UNSIGNED)
    return disclosure


def still(disclosure: Disclosure, now: datetime, **also: object) -> Update:
    """A guard for a plan: the disclosure is neither revoked nor ended at the moment of writing. ``also``: what changes with it."""
    unended = Disclosure.ends_at.is_(None) | (Disclosure.ends_at > now)
    where = (Disclosure.id == disclosure.id, Disclosure.revoked_at.is_(None), unended)
    return Update(Disclosure, where, {"revoked_at": None, **also}, otherwise=ExpiredError(_CLOSED))


# --- opening ---------------------------------------------------------------------------------------------------------------------


def disclosed(disclosure: Disclosure, version: IdeaVersion, terms_sha256: bytes) -> Statement:
    """What is logged when items of a version are opened: an entry of its own for each version, so that a position names one file."""
    return statements.disclosure(
        [to_base64(version.commitment)], f"mailto:{disclosure.recipient_email}", terms_sha256.hex(), disclosure.ends_at
    )


def open_now(ctx: Context, disclosure_id: str) -> None:
    """Log the opening, once, if every party has executed the NDA. Safe to call at any time; does nothing while it is not so."""
    with ctx.database.reading() as session:
        disclosure = session.get(Disclosure, disclosure_id)
        if disclosure is None or disclosure.terms_sha256 is not None or standing(session, disclosure, ctx.now()) != "open":
            return
        terms = cast(bytes, executed_terms(session, disclosure))
        idea = session.get_one(Idea, disclosure.idea_id)
        steps, entries = opening_steps(ctx, session, disclosure, idea, terms, _unopened(session, disclosure))
    now = ctx.now().replace(microsecond=0)
    plan = WritePlan((still(disclosure, now), *steps, turn(disclosure, terms_sha256=terms, opened_at=now)), tuple(entries))
    try:
        ctx.write(plan)
    except (ConflictError, ExpiredError):
        return  # somebody else opened or ended it at the same moment


def items_of(session: Session, disclosure_id: str) -> list[DisclosureItem]:
    """Everything that was chosen, opened or not."""
    return list(session.scalars(select(DisclosureItem).where(DisclosureItem.disclosure_id == disclosure_id)))


def _unopened(session: Session, disclosure: Disclosure) -> list[IdeaVersion]:
    waiting = select(DisclosureItem.version_id).where(DisclosureItem.disclosure_id == disclosure.id, DisclosureItem.commitment.is_(None))
    return list(session.scalars(select(IdeaVersion).where(IdeaVersion.id.in_(waiting)).order_by(IdeaVersion.number)))


def turn(disclosure: Disclosure, **values: object) -> Update:
    """Count the revision up, if nobody else did meanwhile."""
    where = (Disclosure.id == disclosure.id, Disclosure.revision == disclosure.revision)
    return Update(Disclosure, where, {"revision": disclosure.revision + 1, **values})


def opening_steps(
    ctx: Context, session: Session, disclosure: Disclosure, idea: Idea, terms: bytes, versions: Sequence[IdeaVersion]
) -> tuple[list[Update], list[Logged]]:
    """Steps and entries that open the waiting items of these versions."""
    steps: list[Update] = []
    entries: list[Logged] = []
    for version in versions:
        made = commit_to(ctx, session, "disclosure", [disclosed(disclosure, version, terms)])
        where = (
            DisclosureItem.disclosure_id == disclosure.id,
            DisclosureItem.version_id == version.id,
            DisclosureItem.commitment.is_(None),
        )
        steps.append(Update(DisclosureItem, where, {"commitment": made.commitment}, expect=None))
        entries.append(logged(ctx, made, disclosure.id, idea.key_id))
    return steps, entries


# --- looking ---------------------------------------------------------------------------------------------------------------------


def look(ctx: Context, actor: Actor, disclosure_id: str, number: int) -> Subject:
    """Title and description of version ``number`` (position 0), recorded before they are given.

    Raises:
        as :func:`require_open`; NotFoundError: not among what was opened.
    """
    with ctx.database.reading() as session:
        disclosure = require_open(ctx, session, actor, disclosure_id)
        item, version = _item(session, disclosure, number, 0)
        subject = _subject(ctx, session, disclosure, version)
    _record(ctx, actor, disclosure, item)
    return subject


def file(ctx: Context, actor: Actor, disclosure_id: str, number: int, position: int, *, continues: bool = False) -> FileContent:
    """A file of version ``number``, recorded before its bytes are given.

    Args:
        position: from 1, as in the openings.
        continues: the request is for a later part of the file (Range).

    Raises:
        as :func:`look`.
    """
    with ctx.database.reading() as session:
        disclosure = require_open(ctx, session, actor, disclosure_id)
        item, version = _item(session, disclosure, number, position)
        content = library.open_file(ctx, session, session.get_one(Idea, disclosure.idea_id), version, position)
        recorded = continues and _seen_lately(session, actor, item, ctx.now())
    if not recorded:
        _record(ctx, actor, disclosure, item)
    return content


def _item(session: Session, disclosure: Disclosure, number: int, position: int) -> tuple[DisclosureItem, IdeaVersion]:
    found = session.execute(
        select(DisclosureItem, IdeaVersion)
        .join(IdeaVersion, IdeaVersion.id == DisclosureItem.version_id)
        .where(DisclosureItem.disclosure_id == disclosure.id, DisclosureItem.position == position)
        .where(IdeaVersion.idea_id == disclosure.idea_id, IdeaVersion.number == number)
    ).one_or_none()
    if found is None:
        raise NotFoundError(N_("There is nothing here that you may see."))
    return found[0], found[1]


def _subject(ctx: Context, session: Session, disclosure: Disclosure, version: IdeaVersion) -> Subject:
    openings = opened(ctx, entry_of(session, version.commitment)).openings
    said = next(opening.statement for opening in openings.statements if opening.statement["type"] == "subject")
    kept = session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id)).all()
    allowed = set(
        session.scalars(
            select(DisclosureItem.position).where(DisclosureItem.disclosure_id == disclosure.id, DisclosureItem.version_id == version.id)
        )
    )
    files = tuple(line for line in library.file_lines(openings, kept) if line.position in allowed)
    return Subject(version.number, str(said["title"]), str(said["description"]), version.language, version.commitment, files)


def _seen_lately(session: Session, actor: Actor, item: DisclosureItem, now: datetime) -> bool:
    newest = select(AccessRecord.id).where(
        AccessRecord.item_id == item.id, AccessRecord.person_id == actor.person_id, AccessRecord.at > now - OPENING
    )
    return session.execute(newest.limit(1)).first() is not None


def _statement(disclosure: Disclosure, item: DisclosureItem, commitment: bytes, at: datetime) -> Statement:
    return statements.access(to_base64(commitment), f"mailto:{disclosure.recipient_email}", item.position, at)


def _record(ctx: Context, actor: Actor, disclosure: Disclosure, item: DisclosureItem) -> None:
    """Record and log a view; returns after the commit.

    Raises:
        ExpiredError: revoked or ended at this very moment; nothing was recorded, nothing may be shown.
    """
    open_now(ctx, disclosure.id)
    now = ctx.now().replace(microsecond=0)
    with ctx.database.reading() as session:
        commitment = session.get_one(DisclosureItem, item.id).commitment
        if commitment is None:  # it was open a moment ago and was never logged as opened: a revocation was faster
            raise ExpiredError(_CLOSED)
        made = commit_to(ctx, session, "disclosure", [_statement(disclosure, item, commitment, now)])
        (organisation_id, *_rest) = access.organisations(session, actor, "view", "disclosure", disclosure.id)
        key_id = session.get_one(Idea, disclosure.idea_id).key_id
    record = {
        "id": ctx.new_id(),
        "disclosure_id": disclosure.id,
        "item_id": item.id,
        "person_id": access.require_person(actor),
        "organisation_id": organisation_id,
        "at": now,
        "commitment": made.commitment,
    }
    ctx.write(WritePlan((still(disclosure, ctx.now()), Insert(AccessRecord, (record,))), (logged(ctx, made, disclosure.id, key_id),)))


def expected_statements(session: Session, record: AccessRecord) -> list[Statement]:
    """The statements that a record of a view must equal; for ``ipr log audit``."""
    item = session.get_one(DisclosureItem, record.item_id)
    disclosure = session.get_one(Disclosure, record.disclosure_id)
    return [] if item.commitment is None else [_statement(disclosure, item, item.commitment, record.at)]


def expected_of_item(session: Session, item: DisclosureItem) -> list[Statement]:
    """The statements of the entry that opened an item; for ``ipr log audit``."""
    row = session.get_one(Disclosure, item.disclosure_id)
    version = session.get_one(IdeaVersion, item.version_id)
    return [] if row.terms_sha256 is None else [disclosed(row, version, row.terms_sha256)]
