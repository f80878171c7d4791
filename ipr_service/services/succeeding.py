"""What happens to a split after it was accepted: somebody joins, leaves, or hands a share on.

Each is a proposal of its own (``proposing``): computed from the split that stands (``rights.succession``), logged at once with that split's
commitment as ``previous``, and accepted by every party whose share it changes. The accepted split stays as it was and can be read. A
party whose share does not change is told, and not asked; a law may still give it a right to buy first, which the pages of the law tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from ipr_service.errors import N_, FieldProblem, InputError, RefusedError, ServiceError
from ipr_service.rights import succession
from ipr_service.rights.allocation import Allocation
from ipr_service.rights.notation import exact
from ipr_service.rights.succession import Event
from ipr_service.services import access, allocation, collaboration, money, proposing
from ipr_service.services.access import Actor
from ipr_service.services.allocation import Preview
from ipr_service.services.collaboration import PartyLine
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party, open_collaboration
from ipr_service.services.proposing import Put
from ipr_service.services.shares import named_text, names
from ipr_service.services.words import clean_choice, clean_line, collecting
from ipr_service.store.schema import Split

T = TypeVar("T")


@dataclass(frozen=True)
class Succeed:
    """What happens. All fields are text as written; empty when nothing is said.

    Args:
        kind: ``joining``, ``leaving`` or ``transfer``.
        party_id: who joins, leaves, or hands on.
        part: exact (``1/4``, ``12.5 %``). Joining: of the whole. Leaving: of its share, what it keeps. Transfer: of its share, what it
            hands on.
        to: transfer: the party that receives.
        joined, left: leaving under a rule that counts the time: first and last day, ISO 8601.
    """

    kind: str
    party_id: str
    part: str = ""
    to: str = ""
    joined: str = ""
    left: str = ""


@dataclass(frozen=True)
class Standing:
    """What an event starts from.

    Args:
        number: of the split that stands. vests: whether its rule says by dates what a leaver keeps.
        held: exact shares by party id. who: the parties that take part now.
    """

    number: int
    vests: bool
    held: dict[str, Fraction]
    who: tuple[PartyLine, ...]


def standing(ctx: Context, actor: Actor, collaboration_id: str) -> Standing:
    """The split that stands, to choose from what can happen to it.

    Raises:
        NotFoundError: see ``access``. RefusedError: none was accepted yet.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row, run = _stands(ctx, session, collaboration_id)
        who = collaboration.parties(ctx, session, collaboration_id)
        return Standing(row.number, succession.vests(run), dict(run.proposed.fractions), who)


def _stands(ctx: Context, session: Session, collaboration_id: str) -> tuple[Split, Allocation]:
    row = money.standing_split(session, collaboration_id)
    if row is None:
        raise RefusedError(N_("No split was accepted yet. Propose one; it can still be drawn up with everybody in it."))
    return row, allocation.run_of(allocation.frozen_record(ctx, session, row))


def preview(ctx: Context, actor: Actor, collaboration_id: str, order: Succeed, language: str = "en") -> Preview:
    """What it would give, beside the split before; nothing is stored.

    Raises:
        NotFoundError: see ``access``. InputError, RefusedError: as :func:`propose`.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        _row, run, _people = _computed(ctx, session, collaboration_id, order)
        return allocation.previewed(ctx, session, collaboration_id, run, language)


def propose(ctx: Context, actor: Actor, collaboration_id: str, order: Succeed) -> str:
    """Put it to every party whose share it changes. Returns the id of the proposed split.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused, or cannot be computed with.
        RefusedError: the collaboration is closed, no split stands, or nothing would change.
        ConflictError: the collaboration changed meanwhile, or another split was accepted.
    """
    with ctx.database.reading() as session:
        proposer = acting_party(session, actor, "propose", collaboration_id)
        home = open_collaboration(session, collaboration_id)
        row, run, people = _computed(ctx, session, collaboration_id, order)
        plan = proposing.put(ctx, session, actor, Put(home, proposer, people, run, row))
    ctx.write(plan)
    return proposing.plan_id(plan)


def _computed(ctx: Context, session: Session, collaboration_id: str, order: Succeed) -> tuple[Split, Allocation, list[PartyLine]]:
    row, before = _stands(ctx, session, collaboration_id)
    everybody = collaboration.parties(ctx, session, collaboration_id, with_left=True)
    present = [one.id for one in everybody if one.state != "left"]
    event = _event(order, present)
    try:
        run = succession.follow(before, row.number, event, present)
    except ServiceError as problem:
        named = names(ctx, session, collaboration_id)
        problem.values = {key: named_text(str(value), named) for key, value in problem.values.items()}
        problem.problems = tuple(FieldProblem(_FIELDS.get(one.pointer, one.pointer), one.msgid, problem.values) for one in problem.problems)
        raise
    taking_part = {one.id for one in run.parties}
    return row, run, [one for one in everybody if one.id in taking_part]


_FIELDS: Final = MappingProxyType({"/party": "/party_id", "/newcomer": "/party_id", "/share": "/part", "/taker": "/to"})
"""Where the rights room names a field otherwise than the forms do."""


def _event(order: Succeed, present: list[str]) -> Event:
    """The event as the rights room takes it.

    Raises:
        InputError: fields that were refused.
    """
    with collecting() as check:
        kind = check(clean_choice, "/kind", order.kind, succession.KINDS)
        part = check(_read, "/part", order.part, _number)
        days = [check(_read, f"/{name}", getattr(order, name), date.fromisoformat) for name in ("joined", "left")]
        for name, one in (("party_id", order.party_id), *((("to", order.to),) if kind == succession.TRANSFER else ())):
            if one not in present:
                check.refuse(f"/{name}", N_("Choose a party of this collaboration. Invite it first if it is not listed."))
    return Event(kind, order.party_id, part, order.to or None, *days)


def _number(text: str) -> Fraction:
    return exact(text.replace(",", "."))


def _read(pointer: str, text: str, read: Callable[[str], T]) -> T | None:
    written = clean_line(pointer, text, 64, required=False)
    if not written:
        return None
    try:
        return read(written)
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem
    except ValueError:
        raise InputError.at(pointer, N_("Write a day as year, month and day: 2026-11-22.")) from None
