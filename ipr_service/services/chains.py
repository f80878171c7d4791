"""Results that become background elsewhere: whose they are there, told by the parties here; and that no chain of them runs in a circle.

A result of one collaboration is held as its accepted split says. Listed as background in another, it keeps these holders: what is
built on it hands credit on to them (``rights.lineage``). Each holder has to take part there too, known by its organisation. Whoever takes
part sees the shares of that split; who lists a result decides that. Proposals read the split that stands at that moment, and freeze it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, InputError
from ipr_service.rights.contributions import Background as Held
from ipr_service.rights.shares import Split as Shares
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.collaboration import BackgroundLine
from ipr_service.services.context import Context
from ipr_service.store.schema import Background, Collaboration, CollaborationParty, Organisation, Split

_UNSEEN = N_("a collaboration that you do not see")


def shares_in(ctx: Context, session: Session, collaboration_id: str) -> dict[str, Fraction]:
    """Who holds what by the split that stands in a collaboration, by party id, without those who hold nothing; empty when none stands."""
    accepted = (Split.collaboration_id == collaboration_id, Split.state == "accepted")
    row = session.scalars(select(Split).where(*accepted).order_by(Split.number.desc()).limit(1)).one_or_none()
    if row is None:
        return {}
    key_id = session.get_one(Collaboration, collaboration_id).key_id
    record = json.loads(ctx.open(key_id, "split.record", row.record_sealed))
    return {one["party"]: Fraction(one["share"]) for one in record["shares"] if one["share"] != "0"}


def holders_here(ctx: Context, session: Session, collaboration_id: str, source_id: str, pointer: str) -> Shares:
    """Who holds a result of another collaboration, by the ids of the parties here.

    Raises:
        InputError: at ``pointer``: no split stands there, or a holder takes no part here.
    """
    held = shares_in(ctx, session, source_id)
    if not held:
        raise InputError.at(
            pointer, N_("No split stands in that collaboration, so nobody can say whose its result is. Agree on one there first.")
        )
    joined = (CollaborationParty.collaboration_id == collaboration_id, CollaborationParty.state == "joined")
    here = {one.organisation_id: one.id for one in session.scalars(select(CollaborationParty).where(*joined))}
    found: dict[str, Fraction] = {}
    for party_id, share in held.items():
        organisation_id = session.get_one(CollaborationParty, party_id).organisation_id
        if organisation_id is None or organisation_id not in here:
            name = session.get_one(Organisation, organisation_id).name if organisation_id else party_id
            raise InputError.at(pointer, N_("{party} holds a part of that result and takes no part here. Invite it first."), party=name)
        party = here[organisation_id]
        found[party] = found.get(party, Fraction(0)) + share
    return Shares.of(found)


def with_holders(
    ctx: Context, session: Session, collaboration_id: str, held: Sequence[Held], lines: Sequence[BackgroundLine]
) -> tuple[Held, ...]:
    """Background, each result of another collaboration with its holders.

    Raises:
        InputError: at ``/background/<id>``, as :func:`holders_here`.
    """
    sources = {line.id: line.result_of for line in lines if line.result_of}
    return tuple(
        replace(one, split=holders_here(ctx, session, collaboration_id, sources[one.id], f"/background/{one.id}"))
        if one.id in sources
        else one
        for one in held
    )


def require_no_circle(ctx: Context, session: Session, actor: Actor, collaboration_id: str, source_id: str) -> None:
    """Hold when the result of ``source_id`` does not itself rest, through any number of collaborations, on this one.

    Raises:
        InputError: at ``/result_of``, with the path; what the actor may not see is not named.
    """
    came_from: dict[str, str] = {source_id: collaboration_id}
    waiting = [source_id]
    while waiting:
        at = waiting.pop()
        if at == collaboration_id:
            raise InputError.at(
                "/result_of",
                N_("Nothing can be built on itself; the circle is {path}"),
                path=" → ".join(_called(ctx, session, actor, one) for one in _path(came_from, collaboration_id)),
            )
        standing = (Background.collaboration_id == at, Background.withdrawn_at.is_(None), Background.result_of.is_not(None))
        for earlier in session.scalars(select(Background.result_of).where(*standing).order_by(Background.id)):
            if earlier is not None and (earlier not in came_from or earlier == collaboration_id):
                came_from[earlier] = at
                waiting.append(earlier)


def _path(came_from: dict[str, str], end: str) -> list[str]:
    """From the collaboration round to itself."""
    path = [end]
    while len(path) == 1 or path[-1] != end:
        path.append(came_from[path[-1]])
    return path[::-1]


def _called(ctx: Context, session: Session, actor: Actor, collaboration_id: str) -> str:
    if not access.may(session, actor, "see", "collaboration", collaboration_id):
        return _UNSEEN
    row = session.get_one(Collaboration, collaboration_id)
    return ctx.open_text(row.key_id, "collaboration.title", row.title_sealed) or collaboration_id
