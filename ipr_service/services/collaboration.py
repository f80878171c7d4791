"""Look at collaborations: lists, details, and the plain lines that pages show and agreements are prefilled from.

Who takes part is changed in ``joining``, what each brings in ``contributing``, who gets what in ``allocation``. The lines
(:func:`parties`, :func:`background_lines`, :func:`contribution_lines`) ask nobody for permission: whoever calls them has asked ``access``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.rights.contributions import Cost
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.schema import (
    Background,
    Collaboration,
    CollaborationParty,
    Contribution,
    Idea,
    IdeaVersion,
    LogEntry,
    Organisation,
    Person,
)


@dataclass(frozen=True)
class PartyLine:
    """A party as others see it.

    Args:
        name: of the person who joined for it, or as typed by who invited.
        organisation: name of the organisation once joined, else None.
        part: ``maker``; ``facilitation`` or ``funding`` weigh nothing, with the reason recorded.
        state: ``invited``, ``joined`` or ``left``.
    """

    id: str
    name: str
    email: str
    organisation: str | None
    organisation_id: str | None
    country: str | None
    part: str
    state: str
    created_at: datetime

    @property
    def label(self) -> str:
        """What people call it: the organisation, or the name while it has not joined."""
        return self.organisation or self.name


@dataclass(frozen=True)
class Registration:
    """That a thing stands in the log: its neutral label, its commitment C (32 bytes), when. Tells nothing of the content."""

    idea_id: str
    label: str
    number: int
    commitment: bytes
    index: int
    at: datetime


@dataclass(frozen=True)
class BackgroundLine:
    """What a party had before and keeps.

    Args:
        excluded: listed in order to be kept out of the project.
        result_of: id of the collaboration whose result it is: its holders hold it here too; or None.
    """

    id: str
    party_id: str
    party: str
    description: str
    excluded: bool
    registration: Registration | None
    withdrawn_at: datetime | None
    created_at: datetime
    result_of: str | None = None


@dataclass(frozen=True)
class ContributionLine:
    """What a party did. Exact numbers; None when nobody said, which is not 0. ``hours`` in hours.

    Args:
        built_on: ids of background and contributions of the same collaboration.
    """

    id: str
    party_id: str
    party: str
    title: str
    role: str
    degree: str | None
    points: Fraction | None
    hours: Fraction | None
    cost: Cost | None
    severable: bool
    built_on: tuple[str, ...]
    registration: Registration | None
    withdrawn_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class CollaborationLine:
    """A collaboration in a list. ``title`` is None after its key was erased."""

    id: str
    title: str | None
    state: str
    parties: int
    created_at: datetime


@dataclass(frozen=True)
class Details:
    """A collaboration with all that its parties may see.

    Args:
        revision: counts every change; the ETag.
        mine: ids of the parties for which the actor may act.
        verbs: what the actor may do here.
    """

    line: CollaborationLine
    purpose: str
    revision: int
    parties: tuple[PartyLine, ...]
    background: tuple[BackgroundLine, ...]
    contributions: tuple[ContributionLine, ...]
    mine: tuple[str, ...]
    verbs: frozenset[str]


def collaborations(ctx: Context, actor: Actor, *, before: str | None = None, count: int = 50) -> list[CollaborationLine]:
    """Collaborations that the actor may see, newest first.

    Args:
        before: only ids below this ULID.
        count: at most so many.
    """
    access.require_person(actor)
    query = select(Collaboration).where(Collaboration.id.in_(access.visible(actor, "collaboration")))
    if before is not None:
        query = query.where(Collaboration.id < before)
    with ctx.database.reading() as session:
        rows = session.scalars(query.order_by(Collaboration.id.desc()).limit(count)).all()
        return [_line(ctx, session, row) for row in rows]


def _line(ctx: Context, session: Session, row: Collaboration) -> CollaborationLine:
    present = (CollaborationParty.collaboration_id == row.id, CollaborationParty.state != "left")
    many = session.scalar(select(func.count()).select_from(CollaborationParty).where(*present)) or 0
    return CollaborationLine(row.id, ctx.open_text(row.key_id, "collaboration.title", row.title_sealed), row.state, many, row.created_at)


def collaboration(ctx: Context, actor: Actor, collaboration_id: str) -> Details:
    """One collaboration with parties, background and contributions.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row = session.get_one(Collaboration, collaboration_id)
        own = access.organisations(session, actor, "see", "collaboration", collaboration_id)
        who = parties(ctx, session, collaboration_id)
        return Details(
            line=_line(ctx, session, row),
            purpose=ctx.open_text(row.key_id, "collaboration.purpose", row.purpose_sealed) or "",
            revision=row.revision,
            parties=who,
            background=background_lines(ctx, session, collaboration_id),
            contributions=contribution_lines(ctx, session, collaboration_id),
            mine=tuple(party.id for party in who if party.state == "joined" and party.organisation_id in own),
            verbs=access.verbs(session, actor, "collaboration", collaboration_id),
        )


def parties(ctx: Context, session: Session, collaboration_id: str, *, with_left: bool = False) -> tuple[PartyLine, ...]:
    """The parties in the order in which they were named; those that left only when asked for."""
    rows = session.execute(
        select(CollaborationParty, Organisation, Person)
        .outerjoin(Organisation, Organisation.id == CollaborationParty.organisation_id)
        .outerjoin(Person, Person.id == CollaborationParty.person_id)
        .where(CollaborationParty.collaboration_id == collaboration_id)
        .order_by(CollaborationParty.id)
    ).all()
    return tuple(_party(row, organisation, person) for row, organisation, person in rows if with_left or row.state != "left")


def _party(row: CollaborationParty, organisation: Organisation | None, person: Person | None) -> PartyLine:
    return PartyLine(
        id=row.id,
        name=row.name if person is None else person.name,
        email=row.email,
        organisation=None if organisation is None else organisation.name,
        organisation_id=row.organisation_id,
        country=None if organisation is None else organisation.country,
        part=row.part,
        state=row.state,
        created_at=row.created_at,
    )


def background_lines(ctx: Context, session: Session, collaboration_id: str, *, with_withdrawn: bool = False) -> tuple[BackgroundLine, ...]:
    """The background of all parties, in the order in which it was listed."""
    key_id = session.get_one(Collaboration, collaboration_id).key_id
    names = {party.id: party.label for party in parties(ctx, session, collaboration_id, with_left=True)}
    query = select(Background).where(Background.collaboration_id == collaboration_id).order_by(Background.id)
    rows = [row for row in session.scalars(query) if with_withdrawn or row.withdrawn_at is None]
    registered = _registrations(session, [row.version_id for row in rows])
    return tuple(
        BackgroundLine(
            id=row.id,
            party_id=row.party_id,
            party=names[row.party_id],
            description=ctx.open_text(key_id, "background.description", row.description_sealed) or "",
            excluded=row.excluded,
            registration=registered.get(row.version_id or ""),
            withdrawn_at=row.withdrawn_at,
            created_at=row.created_at,
            result_of=row.result_of,
        )
        for row in rows
    )


def contribution_lines(
    ctx: Context, session: Session, collaboration_id: str, *, with_withdrawn: bool = False
) -> tuple[ContributionLine, ...]:
    """The contributions of all parties, in the order in which they were recorded."""
    key_id = session.get_one(Collaboration, collaboration_id).key_id
    names = {party.id: party.label for party in parties(ctx, session, collaboration_id, with_left=True)}
    query = select(Contribution).where(Contribution.collaboration_id == collaboration_id).order_by(Contribution.id)
    rows = [row for row in session.scalars(query) if with_withdrawn or row.withdrawn_at is None]
    registered = _registrations(session, [row.version_id for row in rows])
    return tuple(_contribution(ctx, key_id, row, names, registered.get(row.version_id or "")) for row in rows)


def _contribution(
    ctx: Context, key_id: str, row: Contribution, names: Mapping[str, str], registration: Registration | None
) -> ContributionLine:
    said: dict[str, str] = json.loads(ctx.open_text(key_id, "contribution.said", row.said_sealed) or "{}")
    return ContributionLine(
        id=row.id,
        party_id=row.party_id,
        party=names[row.party_id],
        title=said.get("title", ""),
        role=row.role,
        degree=row.degree,
        points=Fraction(said["points"]) if "points" in said else None,
        hours=Fraction(said["hours"]) if "hours" in said else None,
        cost=Cost(Fraction(said["cost"]), said["currency"]) if "cost" in said else None,
        severable=row.severable,
        built_on=tuple(row.built_on.split()),
        registration=registration,
        withdrawn_at=row.withdrawn_at,
        created_at=row.created_at,
    )


def _registrations(session: Session, version_ids: list[str | None]) -> dict[str, Registration]:
    """What stands in the log, by version id."""
    wanted = [version_id for version_id in version_ids if version_id is not None]
    rows = session.execute(
        select(IdeaVersion, Idea, LogEntry)
        .join(Idea, Idea.id == IdeaVersion.idea_id)
        .join(LogEntry, LogEntry.commitment == IdeaVersion.commitment)
        .where(IdeaVersion.id.in_(wanted))
    ).all()
    return {
        version.id: Registration(idea.id, idea.label, version.number, version.commitment, entry.index, entry.created_at)
        for version, idea, entry in rows
    }
