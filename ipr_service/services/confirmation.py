"""What a named contributor answers: she opens the mailed link, sees what she is named for, and confirms or declines.

Her answer is an entry of its own in the log, bound to the commitment of the version; what opens it rests under a key of its own, so that
she can erase it though the idea is another's. A confirmed contributor sees the idea's name and can
take its proof; the files stay with the owner unless they are disclosed to her.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, idempotency, invitations
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.store.schema import Contributor, Idea, IdeaVersion, Participant, Person
from ipr_service.store.sequencer import Insert, Receipt, Update, WritePlan


@dataclass(frozen=True)
class Asked:
    """What a contributor is asked. ``title`` is None when it was not entrusted to the service."""

    contributor_id: str
    inviter: str
    organisation_name: str
    title: str | None
    role: str
    share: str | None
    registered_at: datetime
    commitment: bytes


def _rows(session: Session, contributor_id: str) -> tuple[Contributor, IdeaVersion, Idea]:
    contributor = session.get_one(Contributor, contributor_id)
    version = session.get_one(IdeaVersion, contributor.version_id)
    return contributor, version, session.get_one(Idea, version.idea_id)


def asked(ctx: Context, actor: Actor, secret: str) -> Asked:
    """What the link asks, for the person whose address it was sent to.

    Raises:
        NotFoundError, ExpiredError: the link.
        UnauthenticatedError: nobody is logged in.
        RefusedError: the link was sent to another address.
    """
    invitation = invitations.open(ctx, secret, "contributor")
    with ctx.database.reading() as session:
        invitations.require_addressee(session, invitation, access.require_person(actor))
        contributor, version, idea = _rows(session, invitation.thing_id)
    title = ctx.open_text(idea.key_id, "idea.title", version.title_sealed)
    return Asked(
        contributor.id,
        invitation.inviter,
        invitation.organisation_name,
        title,
        contributor.role,
        contributor.share,
        version.created_at,
        version.commitment,
    )


def _statement(contributor: Contributor, version: IdeaVersion, answer: str, at: datetime) -> Statement:
    return statements.confirmation(
        to_base64(version.commitment),
        f"mailto:{contributor.email}",
        contributor.role,
        Fraction(contributor.share or "0"),
        answer,
        at,
    )


def expected_statements(session: Session, contributor: Contributor) -> list[Statement]:
    """The statements that a decided row must equal; for ``ipr log audit``."""
    if contributor.commitment is None or contributor.decided_at is None:
        return []
    version = session.get_one(IdeaVersion, contributor.version_id)
    return [_statement(contributor, version, contributor.state, contributor.decided_at)]


def answer(ctx: Context, actor: Actor, secret: str, *, confirm: bool) -> Receipt:
    """Confirm or decline, once; logged.

    Raises:
        as :func:`asked`; ConflictError: she answered already.
    """
    invitation = invitations.open(ctx, secret, "contributor")
    person_id, now = access.require_person(actor), ctx.now().replace(microsecond=0)
    state = "confirmed" if confirm else "declined"
    with ctx.database.reading() as session:
        person = invitations.require_addressee(session, invitation, person_id)
        contributor, version, idea = _rows(session, invitation.thing_id)
        ctx.ensure_key(contributor.id)
        made = commit_to(ctx, session, "contribution", [_statement(contributor, version, state, now)])
        sees_already = access.may(session, actor, "see", "idea", idea.id)
    decided = {"state": state, "person_id": person_id, "decided_at": now, "commitment": made.commitment}
    taken = ConflictError(N_("This was answered already."))
    steps: list[Insert | Update] = [
        invitations.accept_step(invitation, person_id, now),
        invitations.confirm_step(person_id, now),
        Update(Contributor, (Contributor.id == contributor.id, Contributor.state == "asked"), decided, otherwise=taken),
    ]
    if confirm and not sees_already:
        steps.append(Insert(Participant, (_participant(ctx, idea, person, now),)))
    plan = WritePlan((*steps, *idempotency.mark(actor, contributor.id)), (logged(ctx, made, contributor.id, contributor.id),))
    (receipt,) = ctx.write(plan)
    return receipt


def _participant(ctx: Context, idea: Idea, person: Person, now: datetime) -> dict[str, object]:
    """She takes part as a person, through her own organisation."""
    return {
        "id": ctx.new_id(),
        "thing_id": idea.id,
        "kind": "idea",
        "organisation_id": person.personal_organisation_id,
        "person_id": person.id,
        "role": "contributor",
        "created_at": now,
    }
