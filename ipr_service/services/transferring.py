"""Pass an idea to another organisation: one side offers, the other accepts by a mailed link, and the log keeps both answers in one entry.

What passes is the registration here: who holds files and proofs, who decides about them from now on. It is no assignment of rights; the
law asks for a paper for that, in a form of its own, and the pages say so.

An offer ends when it is answered, taken back, run out, or overtaken by a newer version: the receiver never gets what she was not shown.
Accesses under an NDA end before: the NDA binds the guest to the organisation that signed it, not to the next one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, InputError, NotFoundError, RefusedError
from ipr_service.evidence import statements
from ipr_service.evidence.digest import to_base64
from ipr_service.evidence.statements import Statement
from ipr_service.services import access, idempotency, invitations
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.letters import letter
from ipr_service.services.words import clean_email, fold_email
from ipr_service.store.schema import Disclosure, Idea, IdeaVersion, Organisation, Participant, Person, Transfer
from ipr_service.store.schema import Invitation as InvitationRow
from ipr_service.store.sequencer import Insert, Receipt, Update, WritePlan

Step = Insert | Update
DAYS = 14
SAID = "transfer.said"
_ANSWERED = N_("This offer was answered or taken back already.")


@dataclass(frozen=True)
class Offer:
    """An offer as the giver sees it. ``state``: offered, accepted, declined, withdrawn, or ended when nobody answered in time."""

    id: str
    email: str
    state: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True)
class Offered:
    """What the receiver is asked. ``title`` is None when it was not entrusted to the service."""

    transfer_id: str
    giver: str
    giver_name: str
    title: str | None
    versions: int
    registered_at: datetime


def offer(ctx: Context, actor: Actor, idea_id: str, email: str) -> str:
    """Offer an idea, whole and with its history, to whoever reads the mails of ``email``.

    Returns:
        the id of the offer.

    Raises:
        InputError: no mail address, or the person's own.
        RefusedError: the idea was erased or withdrawn; somebody looks at it under an NDA; it is offered already.
    """
    email = clean_email("/email", email)
    with ctx.database.reading() as session:
        access.require(session, actor, "transfer", "idea", idea_id)
        idea = session.get_one(Idea, idea_id)
        person = session.get_one(Person, access.require_person(actor))
        _require_free(ctx, session, idea)
        if person.email_folded == fold_email(email):
            raise InputError.at("/email", N_("This is your own address. Name the person who will hold the idea."))
    now, transfer_id = ctx.now(), ctx.new_id()
    issued = invitations.issue(ctx, "transfer", transfer_id, idea.organisation_id, person.id, email, "receiver", actor.language, days=DAYS)
    row = {
        "id": transfer_id,
        "idea_id": idea_id,
        "organisation_id": idea.organisation_id,
        "person_id": person.id,
        "email": email,
        "versions": idea.versions,
        "state": "offered",
        "created_at": now,
        "expires_at": now + timedelta(days=DAYS),
    }
    mail = letter(
        email,
        actor.language,
        N_("A registration is offered to you"),
        N_("Somebody wants to pass a registered work to your organisation. Please look at it, and accept or decline:"),
        "{link}",
        N_("The link is yours alone and works for 14 days."),
        link=invitations.link(ctx, issued.secret),
    )
    steps: tuple[Step, ...] = (
        Insert(Transfer, (row,)),
        Insert(InvitationRow, (issued.row,)),
        ctx.due("mail", mail, thing_id=transfer_id),
        *idempotency.mark(actor, transfer_id),
    )
    ctx.write(WritePlan(steps, ()))
    return transfer_id


def _require_free(ctx: Context, session: Session, idea: Idea) -> None:
    if idea.state != "registered":
        raise RefusedError(N_("This idea was withdrawn or erased: it cannot be passed on any more."))
    if session.execute(_looking(ctx, idea.id).limit(1)).first() is not None:
        said = N_("This idea is shown to somebody under an NDA with you. End that access first: the NDA does not pass to the next holder.")
        raise RefusedError(said)
    open_offers = select(Transfer.id).where(Transfer.idea_id == idea.id, Transfer.state == "offered", Transfer.expires_at > ctx.now())
    if session.execute(open_offers.limit(1)).first() is not None:
        raise RefusedError(N_("This idea is offered to somebody already. Take that offer back first."))


def _looking(ctx: Context, idea_id: str) -> Select[str]:
    """Disclosures of the idea that did not end."""
    going_on = or_(Disclosure.ends_at.is_(None), Disclosure.ends_at > ctx.now())
    return select(Disclosure.id).where(Disclosure.idea_id == idea_id, Disclosure.revoked_at.is_(None), going_on)


def offers(ctx: Context, actor: Actor, idea_id: str) -> list[Offer]:
    """The offers of an idea, newest first, for its owners."""
    with ctx.database.reading() as session:
        access.require(session, actor, "transfer", "idea", idea_id)
        rows = session.scalars(select(Transfer).where(Transfer.idea_id == idea_id).order_by(Transfer.id.desc())).all()
    return [Offer(row.id, row.email, _state(ctx, row), row.created_at, row.expires_at, row.decided_at) for row in rows]


def _state(ctx: Context, row: Transfer) -> str:
    return "ended" if row.state == "offered" and row.expires_at <= ctx.now() else row.state


def withdraw(ctx: Context, actor: Actor, idea_id: str, transfer_id: str) -> None:
    """Take an offer back; its link ends.

    Raises:
        NotFoundError: no such offer of this idea.
        ConflictError: it was answered already.
    """
    now = ctx.now()
    with ctx.database.reading() as session:
        access.require(session, actor, "transfer", "idea", idea_id)
        row = session.get(Transfer, transfer_id)
        if row is None or row.idea_id != idea_id:
            raise NotFoundError(N_("There is nothing here that you may see."))
    end = Update(Transfer, _open(transfer_id), {"state": "withdrawn", "decided_at": now}, otherwise=ConflictError(_ANSWERED))
    link = Update(InvitationRow, (InvitationRow.thing_id == transfer_id,), {"revoked_at": now}, expect=None)
    ctx.write(WritePlan((end, link, *idempotency.mark(actor, transfer_id)), ()))


def _open(transfer_id: str) -> tuple[Any, ...]:
    return (Transfer.id == transfer_id, Transfer.state == "offered")


def offered(ctx: Context, actor: Actor, secret: str) -> Offered:
    """What the link offers, to the person whose address it was sent to.

    Raises:
        NotFoundError, ExpiredError: the link. UnauthenticatedError: nobody is logged in. RefusedError: another's address.
    """
    invitation = invitations.open(ctx, secret, "transfer")
    with ctx.database.reading() as session:
        invitations.require_addressee(session, invitation, access.require_person(actor))
        row, idea, version = _rows(session, invitation.thing_id)
    title = ctx.open_text(idea.key_id, "idea.title", version.title_sealed)
    return Offered(row.id, invitation.inviter, invitation.organisation_name, title, idea.versions, version.created_at)


def _rows(session: Session, transfer_id: str) -> tuple[Transfer, Idea, IdeaVersion]:
    row = session.get_one(Transfer, transfer_id)
    idea = session.get_one(Idea, row.idea_id)
    newest = session.scalars(select(IdeaVersion).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number == idea.versions)).one()
    return row, idea, newest


def decline(ctx: Context, actor: Actor, secret: str) -> None:
    """Say no. Nothing passes; the giver reads it on the page.

    Raises:
        as :func:`offered`; ConflictError: it was answered or taken back meanwhile.
    """
    invitation, now = invitations.open(ctx, secret, "transfer"), ctx.now()
    with ctx.database.reading() as session:
        person = invitations.require_addressee(session, invitation, access.require_person(actor))
    steps = (
        invitations.accept_step(invitation, person.id, now),
        invitations.confirm_step(person.id, now),
        Update(
            Transfer,
            _open(invitation.thing_id),
            {"state": "declined", "decided_at": now, "receiver_person_id": person.id},
            otherwise=ConflictError(_ANSWERED),
        ),
    )
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, invitation.thing_id)), ()))


def accept(ctx: Context, actor: Actor, secret: str) -> Receipt:
    """Take the idea over, for the organisation that the person acts for. Logged; from now on only the receiver decides.

    Raises:
        as :func:`offered`; RefusedError: the same organisation, or an access under an NDA was opened meanwhile.
        ForbiddenError: the person may not create things for this organisation.
        ConflictError: answered, taken back, or a newer version was registered meanwhile.
    """
    invitation, now = invitations.open(ctx, secret, "transfer"), ctx.now().replace(microsecond=0)
    receiver = access.require_creation(actor, "idea")
    with ctx.database.reading() as session:
        person = invitations.require_addressee(session, invitation, access.require_person(actor))
        row, idea, _newest = _rows(session, invitation.thing_id)
        if receiver == row.organisation_id:
            raise RefusedError(N_("You act for the organisation that holds it already. Choose another one first."))
        said = _names(session, row, person, receiver)
    ctx.ensure_key(idea.key_id)  # a hash-only idea had nothing to encrypt until now
    with ctx.database.reading() as session:
        made = commit_to(ctx, session, "transfer", [_statement(session, row, said, now)])
    steps: list[Step] = [
        invitations.accept_step(invitation, person.id, now),
        invitations.confirm_step(person.id, now),
        *_passing(ctx, row, idea, receiver),
        Update(
            Transfer,
            _open(row.id),
            {
                "state": "accepted",
                "decided_at": now,
                "receiver_organisation_id": receiver,
                "receiver_person_id": person.id,
                "said_sealed": ctx.seal(idea.key_id, SAID, json.dumps(said).encode()),
                "commitment": made.commitment,
            },
            otherwise=ConflictError(_ANSWERED),
        ),
        ctx.due("mail", _told(session, row, actor.language), thing_id=row.id),
    ]
    plan = WritePlan((*steps, *idempotency.mark(actor, idea.id)), (logged(ctx, made, row.id, idea.key_id),))
    (receipt,) = ctx.write(plan)
    return receipt


def _names(session: Session, row: Transfer, person: Person, receiver: str) -> dict[str, str]:
    giver = session.get_one(Person, row.person_id)
    return {
        "giver": f"mailto:{giver.email}",
        "giver_name": session.get_one(Organisation, row.organisation_id).name,
        "receiver": f"mailto:{person.email}",
        "receiver_name": session.get_one(Organisation, receiver).name,
    }


def _statement(session: Session, row: Transfer, said: dict[str, str], at: datetime) -> Statement:
    """Items are the versions that the receiver was shown."""
    shown = select(IdeaVersion.commitment).where(IdeaVersion.idea_id == row.idea_id, IdeaVersion.number <= row.versions)
    items = [to_base64(one) for one in session.scalars(shown.order_by(IdeaVersion.number))]
    giver, receiver = (said["giver"], said["giver_name"]), (said["receiver"], said["receiver_name"])
    return statements.transfer(items, giver, receiver, row.created_at, at)


def expected_statements(ctx: Context, session: Session, row: Transfer) -> Sequence[Statement]:
    """The statement that an accepted row must equal; for ``ipr log audit``."""
    if row.decided_at is None or row.said_sealed is None:
        return []
    key_id = session.get_one(Idea, row.idea_id).key_id
    return [_statement(session, row, json.loads(ctx.open(key_id, SAID, row.said_sealed)), row.decided_at)]


def _passing(ctx: Context, row: Transfer, idea: Idea, receiver: str) -> list[Update]:
    """The idea and the right to decide about it change hands together, if it still is what was offered."""
    nobody_looks = ~_looking(ctx, idea.id).exists()
    as_offered = (
        Idea.id == idea.id,
        Idea.versions == row.versions,
        Idea.organisation_id == row.organisation_id,
        Idea.state == "registered",
    )
    moved = N_("This idea has changed since it was offered to you, or is shown to somebody under an NDA. Ask for a new offer.")
    owner = (Participant.thing_id == idea.id, Participant.kind == "idea", Participant.role == "owner")
    return [
        Update(Idea, (*as_offered, nobody_looks), {"organisation_id": receiver}, otherwise=ConflictError(moved)),
        Update(Participant, owner, {"organisation_id": receiver}),
    ]


def _told(session: Session, row: Transfer, language: str) -> dict[str, Any]:
    return letter(
        session.get_one(Person, row.person_id).email,
        language,
        N_("Your registration was taken over"),
        N_("The work that you offered was accepted. It is held by the other organisation from now on, and the log has an entry of it."),
    )
