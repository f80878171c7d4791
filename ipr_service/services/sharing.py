"""Disclosures as the two sides see them: lists, details, and who looked when.

The owner sees everything. The recipient sees who invites and the neutral label until it is open, then which things she may open; names and
titles reach her only through ``viewing``, which records it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.services import access, ceremonies, library, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.languages import say
from ipr_service.store.schema import (
    AccessRecord,
    Disclosure,
    DisclosureItem,
    Idea,
    IdeaFile,
    IdeaVersion,
    LogEntry,
    Organisation,
    Person,
)

GIVEN, RECEIVED = "given", "received"
SHOWN_TO_GUEST = frozenset({"open"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS = (
    N_("Time (UTC)"),
    N_("Name"),
    N_("Address"),
    N_("Organisation"),
    N_("Version"),
    N_("Position"),
    N_("What"),
    N_("Log index"),
    N_("Commitment"),
)


@dataclass(frozen=True)
class Signer:
    """Who signs the NDA and how far she is: ``waiting``, ``invited``, ``viewed``, ``signed`` or ``declined``."""

    name: str
    organisation: str
    role: str
    state: str


@dataclass(frozen=True)
class ItemLine:
    """One thing that may be seen. ``name`` is None for the recipient: file names stay inside what is recorded."""

    version: int
    position: int
    name: str | None
    size: int | None
    opened: bool


@dataclass(frozen=True)
class Line:
    """A disclosure in a list.

    Args:
        side: ``given`` or ``received``.
        title: for the owner, if it is kept; never for the recipient.
        state: see ``viewing.standing``.
        views: how often something was opened; None for the recipient.
    """

    id: str
    side: str
    idea_id: str
    label: str
    title: str | None
    state: str
    inviter: str
    organisation: str
    recipient_name: str
    recipient_organisation: str
    created_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    views: int | None


@dataclass(frozen=True)
class Details:
    """One disclosure with its NDA and what it shows. ``may``: what the actor may do to it."""

    line: Line
    recipient_email: str
    agreement_id: str
    signers: tuple[Signer, ...]
    arrived_at: datetime | None
    opened_at: datetime | None
    items: tuple[ItemLine, ...]
    may: frozenset[str]


@dataclass(frozen=True)
class Access:
    """One view: who, what, when, and its place in the log."""

    id: str
    at: datetime
    name: str
    email: str
    organisation: str
    version: int
    position: int
    what: str | None
    index: int
    commitment: bytes


def disclosures(
    ctx: Context, actor: Actor, *, before: str | None = None, count: int = 50, idea_id: str | None = None, side: str | None = None
) -> list[Line]:
    """Disclosures that the actor gave or received, newest first.

    Args:
        before: only ids below this ULID.
        count: at most so many.
        idea_id: only of this idea, and only those given.
        side: only ``given`` or ``received``.
    """
    access.require_person(actor)
    if idea_id is not None:
        side = GIVEN
    verb = {GIVEN: "log", RECEIVED: "view"}.get(side or "", "see")
    query = select(Disclosure).where(Disclosure.id.in_(access.visible(actor, "disclosure", verb)))
    if before is not None:
        query = query.where(Disclosure.id < before)
    if idea_id is not None:
        query = query.where(Disclosure.idea_id == idea_id)
    with ctx.database.reading() as session:
        rows = session.scalars(query.order_by(Disclosure.id.desc()).limit(count)).all()
        return [_line(ctx, session, actor, row) for row in rows]


def details(ctx: Context, actor: Actor, disclosure_id: str) -> Details:
    """One disclosure, as its side may see it.

    Raises:
        NotFoundError: none that the actor may know of.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "disclosure", disclosure_id)
    viewing.open_now(ctx, disclosure_id)  # whoever looks first after the last signature causes the opening to be logged
    with ctx.database.reading() as session:
        row = session.get_one(Disclosure, disclosure_id)
        line = _line(ctx, session, actor, row)
        shown = line.side == GIVEN or line.state in SHOWN_TO_GUEST
        return Details(
            line=line,
            recipient_email=row.recipient_email,
            agreement_id=row.agreement_id,
            signers=_signers(session, row),
            arrived_at=row.accepted_at,
            opened_at=row.opened_at,
            items=_items(ctx, session, row, with_names=line.side == GIVEN) if shown else (),
            may=access.verbs(session, actor, "disclosure", disclosure_id),
        )


def _line(ctx: Context, session: Session, actor: Actor, row: Disclosure) -> Line:
    idea = session.get_one(Idea, row.idea_id)
    given = access.may(session, actor, "log", "disclosure", row.id)
    state = viewing.standing(session, row, ctx.now())
    known = given or state in {"open", "ended", "revoked"}
    views = select(func.count()).select_from(AccessRecord).where(AccessRecord.disclosure_id == row.id)
    return Line(
        id=row.id,
        side=GIVEN if given else RECEIVED,
        idea_id=idea.id,
        label=idea.label,
        title=_title(ctx, session, idea) if given else None,
        state=state,
        inviter=session.get_one(Person, row.person_id).name,
        organisation=session.get_one(Organisation, row.organisation_id).name,
        recipient_name=row.recipient_name,
        recipient_organisation=row.recipient_organisation_name,
        created_at=row.created_at,
        ends_at=row.ends_at if known else None,
        revoked_at=row.revoked_at,
        views=session.scalar(views) if given else None,
    )


def _title(ctx: Context, session: Session, idea: Idea) -> str | None:
    newest = select(IdeaVersion.title_sealed).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number == idea.versions)
    return ctx.open_text(idea.key_id, "idea.title", session.scalar(newest))


def _signers(session: Session, row: Disclosure) -> tuple[Signer, ...]:
    document = ceremonies.newest_document(session, row.agreement_id)
    rows = () if document is None else ceremonies.signatories(session, row.agreement_id, document.id)
    rows = rows or ceremonies.signatories(session, row.agreement_id, None)
    return tuple(Signer(one.name, one.organisation_name, one.role, one.state) for one in rows)


def _items(ctx: Context, session: Session, row: Disclosure, *, with_names: bool) -> tuple[ItemLine, ...]:
    found = session.execute(
        select(DisclosureItem, IdeaVersion, IdeaFile.size)
        .join(IdeaVersion, IdeaVersion.id == DisclosureItem.version_id)
        .outerjoin(IdeaFile, (IdeaFile.version_id == IdeaVersion.id) & (IdeaFile.position == DisclosureItem.position))
        .where(DisclosureItem.disclosure_id == row.id)
        .order_by(IdeaVersion.number, DisclosureItem.position)
    ).all()
    names = _names(ctx, session, {version.id: version for _, version, _ in found}.values()) if with_names else {}
    return tuple(
        ItemLine(version.number, item.position, names.get((version.id, item.position)), size, item.commitment is not None)
        for item, version, size in found
    )


def _names(ctx: Context, session: Session, versions: Iterable[IdeaVersion]) -> dict[tuple[str, int], str]:
    """Title (position 0) and file names of versions; none of one that was erased."""
    names: dict[tuple[str, int], str] = {}
    for version in versions:
        try:
            openings = opened(ctx, entry_of(session, version.commitment)).openings
        except NotFoundError:
            continue
        names[version.id, 0] = next(str(one.statement["title"]) for one in openings.statements if one.statement["type"] == "subject")
        names |= {(version.id, line.position): line.name for line in library.file_lines(openings, ())}
    return names


def accesses(ctx: Context, actor: Actor, disclosure_id: str, *, before: str | None = None, count: int = 50) -> list[Access]:
    """Who looked at what, newest first.

    Raises:
        NotFoundError, ForbiddenError: only the owner's side may ask.
    """
    query = (
        select(AccessRecord, DisclosureItem, IdeaVersion, Person, Organisation.name, LogEntry.index)
        .join(DisclosureItem, DisclosureItem.id == AccessRecord.item_id)
        .join(IdeaVersion, IdeaVersion.id == DisclosureItem.version_id)
        .join(Person, Person.id == AccessRecord.person_id)
        .join(Organisation, Organisation.id == AccessRecord.organisation_id)
        .join(LogEntry, LogEntry.commitment == AccessRecord.commitment)
        .where(AccessRecord.disclosure_id == disclosure_id)
    )
    if before is not None:
        query = query.where(AccessRecord.id < before)
    with ctx.database.reading() as session:
        access.require(session, actor, "log", "disclosure", disclosure_id)
        rows = session.execute(query.order_by(AccessRecord.id.desc()).limit(count)).all()
        names = _names(ctx, session, {version.id: version for _, _, version, *_ in rows}.values())
    return [
        Access(
            id=record.id,
            at=record.at,
            name=person.name,
            email=person.email,
            organisation=organisation,
            version=version.number,
            position=item.position,
            what=names.get((version.id, item.position)),
            index=index,
            commitment=record.commitment,
        )
        for record, item, version, person, organisation, index in rows
    ]


def accesses_csv(ctx: Context, actor: Actor, disclosure_id: str, language: str) -> bytes:
    """All views as CSV (RFC 4180, UTF-8 with a byte order mark so that a spreadsheet reads it). Cells that a spreadsheet would take for a
    formula are led by an apostrophe (SECURITY class 15; OWASP ASVS 5.0, 1.2.10).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([say(language, name) for name in _COLUMNS])
    before: str | None = None
    while page := accesses(ctx, actor, disclosure_id, before=before, count=500):
        writer.writerows(_cells(one) for one in page)
        before = page[-1].id
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cells(one: Access) -> Sequence[str]:
    row = (
        f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
        one.name,
        one.email,
        one.organisation,
        str(one.version),
        str(one.position),
        one.what or "",
        str(one.index),
        one.commitment.hex(),
    )
    return [quoted_cell(cell) for cell in row]


def quoted_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
