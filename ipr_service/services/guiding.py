"""The decision guide of a collaboration: what is known already, what the parties answered, what follows; answers are kept.

What follows is ``rights.guide``. What the collaboration tells by itself (who funds, whether points are recorded) answers a question until
somebody answers it otherwise. Every save is a row of its own; the newest counts, with who saved it and when.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, InputError
from ipr_service.rights import guide_file
from ipr_service.rights.guide import Guide, Question, Result, asked, checked, decide
from ipr_service.services import access, collaboration, idempotency
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party
from ipr_service.store.schema import Collaboration, GuideAnswers, Person
from ipr_service.store.sequencer import Insert, WritePlan

FASTER = N_("Somebody answered at the same moment. Load the page again.")


@dataclass(frozen=True)
class Guided:
    """Where the guide stands for a collaboration.

    Args:
        answers: those that count. known: of them, those that the collaboration itself gives.
        questions: those asked now, in their order.
        party, person, at: who saved last and when; None before that.
    """

    guide: Guide
    answers: Mapping[str, str]
    known: frozenset[str]
    questions: tuple[Question, ...]
    results: tuple[Result, ...]
    verbs: frozenset[str]
    party: str | None = None
    person: str | None = None
    at: datetime | None = None


def guided(ctx: Context, actor: Actor, collaboration_id: str) -> Guided:
    """The guide as it stands.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        which = guide_file.shipped()
        row = _newest(session, collaboration_id, which)
        given = {} if row is None else _kept(ctx, session, row)
        known = {name: value for name, value in _known(ctx, session, collaboration_id, which).items() if name not in given}
        answers = checked(which, known | given)
        named = {one.id: one.label for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
        return Guided(
            guide=which,
            answers=answers,
            known=frozenset(known) & frozenset(answers),
            questions=asked(which, answers),
            results=decide(which, answers),
            verbs=access.verbs(session, actor, "collaboration", collaboration_id),
            party=None if row is None else named.get(row.party_id, ""),
            person=None if row is None else session.get_one(Person, row.person_id).name,
            at=None if row is None else row.created_at,
        )


def _newest(session: Session, collaboration_id: str, which: Guide) -> GuideAnswers | None:
    of_it = (GuideAnswers.collaboration_id == collaboration_id, GuideAnswers.guide == which.reference)
    return session.scalars(select(GuideAnswers).where(*of_it).order_by(GuideAnswers.number.desc()).limit(1)).one_or_none()


def _kept(ctx: Context, session: Session, row: GuideAnswers) -> dict[str, str]:
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    found: dict[str, str] = json.loads(ctx.open_text(key_id, "guide.answers", row.answers_sealed) or "{}")
    return found


def _known(ctx: Context, session: Session, collaboration_id: str, which: Guide) -> dict[str, str]:
    """What the collaboration answers by itself; a question about which it says nothing is left out."""
    people = collaboration.parties(ctx, session, collaboration_id)
    weightless = {"facilitation", "funding"}
    made = [line for line in collaboration.contribution_lines(ctx, session, collaboration_id) if line.role not in weightless]
    facts: dict[str, str] = {"stage": "together"}
    if any(one.part == "funding" for one in people):
        facts["payer"] = "yes"
    if made:
        facts["apart"] = "yes" if all(line.severable for line in made) else "no"
        facts |= {"points": "yes"} if all(line.points is not None for line in made) else {}
        facts |= {"roles": "yes"} if all(line.degree is not None for line in made) else {}
    return {question.id: facts[question.prefill] for question in which.questions if question.prefill in facts}


def keep(ctx: Context, actor: Actor, collaboration_id: str, answers: Mapping[str, str]) -> Guided:
    """Keep answers; they replace those kept before.

    Raises:
        NotFoundError, ForbiddenError: see ``access``. InputError: a question or an answer that the guide does not know.
        ConflictError: somebody answered at the same moment.
    """
    which = guide_file.shipped()
    if len(answers) > len(which.questions):
        raise InputError(N_("Please check {count} of the answers"), count=len(answers))
    given = checked(which, dict(answers))
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        key_id = session.get_one(Collaboration, collaboration_id).key_id
        mine = GuideAnswers.collaboration_id == collaboration_id
        number = (session.scalar(select(func.max(GuideAnswers.number)).where(mine)) or 0) + 1
    row = {
        "id": ctx.new_id(),
        "collaboration_id": collaboration_id,
        "number": number,
        "guide": which.reference,
        "answers_sealed": ctx.seal(key_id, "guide.answers", json.dumps(given, sort_keys=True).encode()),
        "party_id": party.id,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
    }
    ctx.write(WritePlan((Insert(GuideAnswers, (row,), taken=ConflictError(FASTER)), *idempotency.mark(actor, str(row["id"])))))
    return guided(ctx, actor, collaboration_id)
