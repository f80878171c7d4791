"""Look at ideas: lists, details, file contents for whoever owns them. Opens what rests encrypted, for whom ``access`` allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.evidence.commitment import Openings
from ipr_service.gateways.blobs import BlobReader
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.intake import file_ref
from ipr_service.services.proving import version_of
from ipr_service.store.schema import Contributor, Idea, IdeaFile, IdeaVersion, LogEntry


@dataclass(frozen=True)
class IdeaLine:
    """An idea in a list. ``title`` is None when hash-only or erased."""

    id: str
    kind: str
    label: str
    title: str | None
    state: str
    versions: int
    created_at: datetime


@dataclass(frozen=True)
class FileLine:
    """A file as stated; ``sha256`` is lower-case hex; ``kept`` says whether the service holds the bytes."""

    position: int
    name: str
    size: int
    media_type: str
    sha256: str
    sha512: str
    kept: bool


@dataclass(frozen=True)
class VersionDetails:
    """One version, opened."""

    id: str
    number: int
    title: str | None
    description: str | None
    language: str
    hash_only: bool
    commitment: bytes
    index: int
    time: datetime
    files: tuple[FileLine, ...]
    contributors: tuple[Contributor, ...]


@dataclass(frozen=True)
class IdeaDetails:
    """An idea with its versions, newest first. ``may``: the verbs that the actor may do to it (``services.access``)."""

    line: IdeaLine
    organisation_id: str
    history: tuple[VersionDetails, ...]
    may: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FileContent:
    """A file's bytes and what a face needs in order to send them safely."""

    line: FileLine
    reader: BlobReader


def _line(ctx: Context, idea: Idea, version: IdeaVersion | None) -> IdeaLine:
    title = None if version is None else ctx.open_text(idea.key_id, "idea.title", version.title_sealed)
    return IdeaLine(idea.id, idea.kind, idea.label, title, idea.state, idea.versions, idea.created_at)


def ideas(ctx: Context, actor: Actor, *, before: str | None = None, count: int = 50, kind: str | None = None) -> list[IdeaLine]:
    """Ideas that the actor may see, newest first.

    Args:
        before: only ids below this ULID.
        count: at most so many.
    """
    access.require_person(actor)
    query = (
        select(Idea, IdeaVersion)
        .join(IdeaVersion, (IdeaVersion.idea_id == Idea.id) & (IdeaVersion.number == Idea.versions))
        .where(Idea.id.in_(access.visible(actor, "idea")))
    )
    if before is not None:
        query = query.where(Idea.id < before)
    if kind is not None:
        query = query.where(Idea.kind == kind)
    with ctx.database.reading() as session:
        rows = session.execute(query.order_by(Idea.id.desc()).limit(count)).all()
    return [_line(ctx, idea, version) for idea, version in rows]


def idea(ctx: Context, actor: Actor, idea_id: str, verb: str = "see") -> IdeaDetails:
    """One idea with its versions, for somebody who is about to do ``verb`` to it.

    Raises:
        NotFoundError: none that the actor may see.
        ForbiddenError: the actor sees it but may not do this to it.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, verb, "idea", idea_id)
        found = session.get_one(Idea, idea_id)
        versions = session.scalars(select(IdeaVersion).where(IdeaVersion.idea_id == idea_id).order_by(IdeaVersion.number.desc())).all()
        history = tuple(_version(ctx, session, version) for version in versions)
        may = access.verbs(session, actor, "idea", idea_id)
    return IdeaDetails(_line(ctx, found, versions[0]), found.organisation_id, history, may)


def _version(ctx: Context, session: Session, version: IdeaVersion) -> VersionDetails:
    entry = entry_of(session, version.commitment)
    kept = session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id).order_by(IdeaFile.position)).all()
    people = session.scalars(select(Contributor).where(Contributor.version_id == version.id).order_by(Contributor.position)).all()
    openings = _openings(ctx, entry)
    subject = next((o.statement for o in openings.statements if o.statement["type"] == "subject"), {}) if openings else {}
    return VersionDetails(
        id=version.id,
        number=version.number,
        title=cast("str | None", subject.get("title")),
        description=cast("str | None", subject.get("description")),
        language=version.language,
        hash_only=version.hash_only,
        commitment=version.commitment,
        index=entry.index,
        time=entry.created_at,
        files=file_lines(openings, kept) if openings else (),
        contributors=tuple(people),
    )


def _openings(ctx: Context, entry: LogEntry) -> Openings | None:
    try:
        return opened(ctx, entry).openings
    except NotFoundError:  # hash-only, or erased
        return None


def file_lines(openings: Openings, kept: Sequence[IdeaFile]) -> tuple[FileLine, ...]:
    """The files of a version as its openings state them."""
    blobs = {file.position: file.blob for file in kept}
    said = [opening.statement for opening in openings.statements if opening.statement["type"] == "file"]
    return tuple(
        FileLine(
            position=cast(int, one["position"]),
            name=cast(str, one["name"]),
            size=cast(int, one["size"]),
            media_type=cast(str, one["media_type"]),
            sha256=openings.files[cast(int, one["position"]) - 1].sha256.hex(),
            sha512=openings.files[cast(int, one["position"]) - 1].sha512.hex(),
            kept=blobs.get(cast(int, one["position"])) is not None,
        )
        for one in said
    )


def file_content(ctx: Context, actor: Actor, idea_id: str, number: int, position: int) -> FileContent:
    """A kept file's bytes, for members of the owning organisation. Guests come through ``disclosure`` instead.

    Raises:
        NotFoundError: no such file, not kept, or not to be seen by the actor.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "read", "idea", idea_id)
        found, version = version_of(session, idea_id, number)
        return open_file(ctx, session, found, version, position)


def open_file(ctx: Context, session: Session, found: Idea, version: IdeaVersion, position: int) -> FileContent:
    """Open one file. The caller has asked ``access`` before.

    Raises:
        NotFoundError: no such file, or it is not kept here.
    """
    kept = session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id)).all()
    lines = file_lines(opened(ctx, entry_of(session, version.commitment)).openings, kept)
    blob = next((file.blob for file in kept if file.position == position), None)
    line = next((line for line in lines if line.position == position), None)
    if blob is None or line is None:
        raise NotFoundError(N_("This file is not kept here."))
    ref = file_ref(version.organisation_id, found.id, version.id, position, blob)
    return FileContent(line, ctx.blobs.open(ref, ctx.keys.get(found.key_id)))
