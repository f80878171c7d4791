"""Open an idea to everybody, whole or in part: chosen files, title and text of one version; the rest stays sealed.

What becomes public is an act of an owner, logged with its time. Closing takes the page away and nothing back: what was public stays known,
and the law counts the day it became so. The page says that before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, InputError, NotFoundError, RefusedError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, idempotency, library
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, entry_of, logged, opened
from ipr_service.services.library import FileContent, FileLine
from ipr_service.services.proving import version_of
from ipr_service.store.schema import Idea, IdeaFile, IdeaVersion, Person, Publication
from ipr_service.store.sequencer import Insert, Receipt, Update, WritePlan

SUBJECT = 0
_NOTHING = N_("There is nothing public here.")


@dataclass(frozen=True)
class Act:
    """One act of opening, for the owners. ``positions``: 0 is title and description."""

    id: str
    number: int
    positions: tuple[int, ...]
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Public:
    """What everybody sees of a version. ``title`` and ``description`` are None while they are sealed; ``sealed`` counts closed files."""

    label: str
    number: int
    title: str | None
    description: str | None
    language: str
    files: tuple[FileLine, ...]
    sealed: int
    commitment: bytes
    index: int
    time: datetime
    since: datetime


def publish(ctx: Context, actor: Actor, idea_id: str, number: int | None, positions: Collection[int]) -> Receipt:
    """Open parts of a version to everybody. Logged; there is no undo of having been public.

    Args:
        number: the version, None for the newest.
        positions: 0 for title and description, else positions of files kept here.

    Raises:
        InputError: nothing chosen, no such part, or public already.
        RefusedError: hash-only, withdrawn or erased.
    """
    chosen, now = tuple(sorted(set(positions))), ctx.now().replace(microsecond=0)
    with ctx.database.reading() as session:
        access.require(session, actor, "publish", "idea", idea_id)
        idea, version = version_of(session, idea_id, number)
        person = session.get_one(Person, access.require_person(actor))
        _check(session, idea, version, chosen)
        said = _statement(version, chosen, f"mailto:{person.email}", now)
        made = commit_to(ctx, session, "disclosure", [said])
    publication_id = ctx.new_id()
    row = {
        "id": publication_id,
        "version_id": version.id,
        "person_id": person.id,
        "identity": f"mailto:{person.email}",
        "positions": " ".join(map(str, chosen)),
        "created_at": now,
        "commitment": made.commitment,
    }
    still = (Idea.id == idea.id, Idea.state == "registered", Idea.organisation_id == idea.organisation_id)
    changed = ConflictError(N_("This idea changed hands or was erased meanwhile. Look at it again."))
    guard = Update(Idea, still, {"state": "registered"}, otherwise=changed)
    plan = WritePlan(
        (guard, Insert(Publication, (row,)), *idempotency.mark(actor, idea_id)), (logged(ctx, made, publication_id, idea.key_id),)
    )
    (receipt,) = ctx.write(plan)
    return receipt


def _check(session: Session, idea: Idea, version: IdeaVersion, chosen: Sequence[int]) -> None:
    if idea.state != "registered":
        raise RefusedError(N_("This idea was withdrawn or erased: it cannot be published any more."))
    if version.hash_only:
        raise RefusedError(N_("Title and files of this idea never came here. Publish them where you keep them, with the proof bundle."))
    kept = set(session.scalars(select(IdeaFile.position).where(IdeaFile.version_id == version.id, IdeaFile.blob.is_not(None))))
    if not chosen:
        raise InputError.at("/positions", N_("Choose at least one part to publish."))
    for one in chosen:
        if one != SUBJECT and one not in kept:
            raise InputError.at("/positions", N_("There is no part {position} that could be published."), position=one)
    if all(one in access.public_positions(session, version.id) for one in chosen):
        raise InputError.at("/positions", N_("All of this is public already."))


def _statement(version: IdeaVersion, positions: Sequence[int], identity: str, at: datetime) -> Statement:
    return statements.publication(to_base64(version.commitment), positions, identity, at)


def expected_statements(session: Session, row: Publication) -> list[Statement]:
    """The statement that a row must equal; for ``ipr log audit``."""
    version = session.get_one(IdeaVersion, row.version_id)
    return [_statement(version, [int(one) for one in row.positions.split()], row.identity, row.created_at)]


def acts(ctx: Context, actor: Actor, idea_id: str) -> list[Act]:
    """What was opened to everybody, newest first, for the owners."""
    with ctx.database.reading() as session:
        access.require(session, actor, "publish", "idea", idea_id)
        rows = session.execute(
            select(Publication, IdeaVersion.number)
            .join(IdeaVersion, IdeaVersion.id == Publication.version_id)
            .where(IdeaVersion.idea_id == idea_id)
            .order_by(Publication.id.desc())
        ).all()
    return [Act(row.id, number, tuple(map(int, row.positions.split())), row.created_at, row.closed_at) for row, number in rows]


def close(ctx: Context, actor: Actor, idea_id: str, publication_id: str) -> None:
    """Take an opened part off the public page. Closing again changes nothing.

    Raises:
        NotFoundError: no such act of this idea.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "publish", "idea", idea_id)
        row = session.get(Publication, publication_id)
        if row is None or session.get_one(IdeaVersion, row.version_id).idea_id != idea_id:
            raise NotFoundError(N_("There is nothing here that you may see."))
    where = (Publication.id == publication_id, Publication.closed_at.is_(None))
    ctx.write(WritePlan((Update(Publication, where, {"closed_at": ctx.now()}, expect=None), *idempotency.mark(actor, idea_id)), ()))


def _found(session: Session, idea_id: str, number: int) -> tuple[Idea, IdeaVersion, frozenset[int]]:
    """An idea of which something is public; what does not exist and what is sealed give the same answer."""
    version = session.scalars(select(IdeaVersion).where(IdeaVersion.idea_id == idea_id, IdeaVersion.number == number)).one_or_none()
    positions = frozenset() if version is None else access.public_positions(session, version.id)
    if version is None or not positions:
        raise NotFoundError(_NOTHING)
    return session.get_one(Idea, idea_id), version, positions


def look(ctx: Context, idea_id: str, number: int) -> Public:
    """What anybody may see of a version.

    Raises:
        NotFoundError: nothing of it is public.
    """
    with ctx.database.reading() as session:
        idea, version, positions = _found(session, idea_id, number)
        entry = entry_of(session, version.commitment)
        known = opened(ctx, entry).openings
        kept = session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id)).all()
        first = select(Publication.created_at).where(Publication.version_id == version.id, Publication.closed_at.is_(None))
        since = min(session.scalars(first))
    subject = next((one.statement for one in known.statements if one.statement["type"] == "subject"), {})
    lines = library.file_lines(known, kept)
    return Public(
        label=idea.label,
        number=version.number,
        title=str(subject["title"]) if SUBJECT in positions else None,
        description=str(subject["description"]) if SUBJECT in positions else None,
        language=version.language,
        files=tuple(line for line in lines if line.position in positions),
        sealed=sum(line.position not in positions for line in lines),
        commitment=version.commitment,
        index=entry.index,
        time=entry.created_at,
        since=since,
    )


def file(ctx: Context, idea_id: str, number: int, position: int) -> FileContent:
    """A public file's bytes.

    Raises:
        NotFoundError: it is not public.
    """
    with ctx.database.reading() as session:
        idea, version, positions = _found(session, idea_id, number)
        if position not in positions:
            raise NotFoundError(_NOTHING)
        return library.open_file(ctx, session, idea, version, position)
