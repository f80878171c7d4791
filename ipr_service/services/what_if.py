"""What if: move the numbers of contributions and see, before anybody signs, what would change and because of what. Nothing is stored.

The run as the collaboration stands is compared with the run in which some contributions say something else. What changes is told by
``rights.explanation``; this module only gathers, replaces and names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights import explanation, policies
from ipr_service.rights.contributions import DEGREES, check_amount
from ipr_service.rights.explanation import Change
from ipr_service.rights.notation import exact
from ipr_service.rights.parties import check_known
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.collaboration import ContributionLine, PartyLine
from ipr_service.services.context import Context
from ipr_service.services.shares import Gathered, Propose, ShareLine, computed, gather, said, share_lines
from ipr_service.services.words import clean_line, collecting


@dataclass(frozen=True)
class Imagine:
    """What to imagine.

    Args:
        policy: reference of a policy that asks for nothing but contributions, ``points@1``.
        points, hours: exact numbers as text, by contribution; those not named stay as they are.
        degrees: ``lead``, ``equal`` or ``supporting``, by contribution.
    """

    policy: str
    points: tuple[tuple[str, str], ...] = ()
    hours: tuple[tuple[str, str], ...] = ()
    degrees: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Imagined:
    """What it would give.

    Args:
        shares: as imagined, with their reasons.
        changes: every party against the run as things stand; empty when that cannot be computed yet.
        causes: because of what, one sentence each.
        lines: the contributions as imagined. who: the parties.
        lacks: why nothing can be computed as things stand, or empty.
    """

    shares: tuple[ShareLine, ...]
    changes: tuple[Change, ...]
    causes: tuple[str, ...]
    lines: tuple[ContributionLine, ...]
    who: tuple[PartyLine, ...]
    lacks: str = ""


def imagine(ctx: Context, actor: Actor, collaboration_id: str, order: Imagine, language: str = "en") -> Imagined:
    """What the shares would be if contributions said something else; nothing is stored.

    Raises:
        NotFoundError: see ``access``.
        InputError, RefusedError: no such contribution, a number that is none; or what the policy lacks even so, as ``shares.compute``.
    """
    if order.policy not in policies.PLAIN:
        raise InputError.at("/policy", N_("Choose one of: {choices}."), choices=", ".join(policies.PLAIN))
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        found = gather(ctx, session, collaboration_id)
    moved = replace(found, lines=_moved(found, order))
    after = computed(moved, Propose(order.policy))
    shares = share_lines(after, found.who, found.named, language)
    try:
        before = computed(found, Propose(order.policy))
    except (InputError, RefusedError) as lacks:
        return Imagined(shares, (), (), moved.lines, found.who, str(lacks))
    compared = explanation.compare(before, after)
    causes = tuple(said(cause, found.named, language) for cause in compared.causes)
    return Imagined(shares, compared.changes, causes, moved.lines, found.who)


def _moved(found: Gathered, order: Imagine) -> tuple[ContributionLine, ...]:
    """The contributions with what is imagined of them."""
    known = {line.id: line for line in found.lines}
    with collecting() as check:
        for field, told in (("points", order.points), ("hours", order.hours), ("degrees", order.degrees)):
            for id, text in told:
                check(_check_line, f"/{field}/{id}", id, known)
                check(_check_degree if field == "degrees" else _number, f"/{field}/{id}", text)
    for id, text in order.points:
        known[id] = replace(known[id], points=_number(f"/points/{id}", text))
    for id, text in order.hours:
        known[id] = replace(known[id], hours=_number(f"/hours/{id}", text))
    for id, degree in order.degrees:
        known[id] = replace(known[id], degree=degree)
    return tuple(known[line.id] for line in found.lines)


def _check_line(pointer: str, id: str, known: Mapping[str, ContributionLine]) -> None:
    if id not in known:
        raise InputError.at(pointer, N_("There is no such contribution in this collaboration."))


def _check_degree(pointer: str, degree: str) -> None:
    check_known(pointer, degree, DEGREES, N_('"{value}" is not a degree; degrees are: {known}'))


def _number(pointer: str, text: str) -> Fraction:
    try:
        number = exact(clean_line(pointer, text, 64).replace(",", "."))
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem
    check_amount(pointer, number)
    return number
