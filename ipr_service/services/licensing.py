"""Licences in an idea of one's own: a register for it without anybody to work with.

A register is a collaboration; for an idea it begins with one party and one result, which is the idea. Everything else is the same: grants,
the check, the log, the exports. Others can be invited later, and then the split that all accept says who holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, RefusedError
from ipr_service.services import access, grants, joining, results
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.grants import GrantLine
from ipr_service.services.proving import version_of
from ipr_service.services.results import AddResult
from ipr_service.store.schema import Collaboration, Result
from ipr_service.store.sequencer import Insert


@dataclass(frozen=True)
class Licensed:
    """A register in which an idea stands.

    Args:
        result_id: the idea as a right there; grants name it as their asset.
        lines: the grants about it, in the order in which they were recorded.
    """

    collaboration_id: str
    result_id: str
    lines: tuple[GrantLine, ...]

    @property
    def standing(self) -> tuple[GrantLine, ...]:
        """The grants that stand."""
        return tuple(line for line in self.lines if line.state == "standing")


def licences(ctx: Context, actor: Actor, idea_id: str) -> tuple[Licensed, ...]:
    """The registers that the actor may see in which an idea stands, oldest first; usually one or none.

    Raises:
        NotFoundError: no such idea that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "idea", idea_id)
        found = []
        for row in _registers(session, actor, idea_id):
            place = session.get_one(Collaboration, row.collaboration_id)
            about = tuple(line for line in grants.grant_lines(ctx, session, place) if line.grant.asset == row.id)
            found.append(Licensed(place.id, row.id, about))
    return tuple(found)


def _registers(session: Session, actor: Actor, idea_id: str) -> list[Result]:
    seen = (Result.idea_id == idea_id, Result.withdrawn_at.is_(None), Result.collaboration_id.in_(access.visible(actor, "collaboration")))
    return list(session.scalars(select(Result).where(*seen).order_by(Result.id)))


def open_register(ctx: Context, actor: Actor, idea_id: str, order: AddResult) -> Licensed:
    """Begin the register of an idea; where there is one already, it is answered and nothing changes.

    Args:
        order: the right: kind, law, territory, last day. Its title is the idea's when empty; background and components come later.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused.
        RefusedError: the idea was withdrawn or erased.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "show", "idea", idea_id)
        idea, version = version_of(session, idea_id, None)
        if idea.state != "registered":
            raise RefusedError(N_("This idea was withdrawn or erased: no licence can be given in it any more."))
        standing = _registers(session, actor, idea_id)
        title = ctx.open_text(idea.key_id, "idea.title", version.title_sealed) or idea.label
        acting = replace(actor, organisation_id=idea.organisation_id)
        result_id = ctx.new_id()
        said = {} if standing else results.checked(session, "", result_id, replace(order, title=order.title or title))
    if not standing:
        joining.begin(ctx, acting, joining.Begin(title), _listing(ctx, acting, result_id, said, idea_id))
    return licences(ctx, actor, idea_id)[0]


def _listing(ctx: Context, actor: Actor, result_id: str, said: Mapping[str, Any], idea_id: str) -> joining.Also:
    def also(collaboration_id: str, key_id: str, party_id: str) -> tuple[Insert, ...]:
        return (results.listed(ctx, actor, result_id, (collaboration_id, key_id, party_id), said, idea_id),)

    return also
