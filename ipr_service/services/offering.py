"""Every rule that a collaboration can choose from: what it asks for, what it gives now, or what it still lacks. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import policies
from ipr_service.services import access, asking
from ipr_service.services.access import Actor
from ipr_service.services.asking import Question
from ipr_service.services.context import Context
from ipr_service.services.languages import say
from ipr_service.services.shares import Propose, ShareLine, computed, gather, share_lines


@dataclass(frozen=True)
class Offer:
    """One rule.

    Args:
        reference: ``points@1``. title, about: in the reader's language.
        measures: what it reads of each contribution: ``points``, ``effort``, ``cost``, ``degree``; sorted.
        questions: what it asks for besides.
        shares: what it gives now; empty when something is missing. lacks: what that is.
    """

    reference: str
    title: str
    about: str
    measures: tuple[str, ...]
    questions: tuple[Question, ...]
    shares: tuple[ShareLine, ...] = ()
    lacks: InputError | RefusedError | None = None


def offers(ctx: Context, actor: Actor, collaboration_id: str, order: Propose | None = None, language: str = "en") -> tuple[Offer, ...]:
    """Every rule that can be proposed, in the order in which they are documented.

    Args:
        order: what was written for one of them so far; its facts count for that one.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        found = gather(ctx, session, collaboration_id)
    made = []
    for reference in policies.OFFERED:
        policy = policies.shipped(reference)
        asked = asking.questions(policy, [one.id for one in found.who], [one.id for one in found.lines])
        facts = order.facts if order is not None and order.policy == reference else ()
        shares: tuple[ShareLine, ...] = ()
        lacks: InputError | RefusedError | None = None
        try:
            shares = share_lines(computed(found, Propose(reference, facts=facts)), found.who, found.named, language)
        except (InputError, RefusedError) as problem:
            lacks = problem
        title, about = say(language, policy.title), say(language, policy.about)
        made.append(Offer(reference, title, about, tuple(sorted(policy.measures)), asked, shares, lacks))
    return tuple(made)
