"""Erase an idea, or a person: keys, salts, openings, files and mail traces go; the log stays whole.

The order is always the same. One transaction takes away what the rows say and writes down what is due; then the key is destroyed and the
contents are removed; a crash in between leaves the outbox row, and the worker ends the work. Whoever kept the proof bundle still proves:
nothing in the log was touched. Copies of keys rest in backups of the key folder for at most 30 days, and a restore erases again.

What the others hold is theirs: agreements that were executed, splits that were accepted, and registrations in which the person was named
by somebody else keep what was said then, encrypted (GDPR art. 17(3)(e); the page names it before).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.services import access, limits, passwords, revocation, sessions
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.words import fold_email
from ipr_service.store.schema import (
    Agreement,
    ApiToken,
    BrowserSession,
    CollaborationParty,
    Contributor,
    Disclosure,
    Idea,
    IdeaFile,
    IdeaVersion,
    IdempotentRequest,
    Initiative,
    Invitation,
    LogEntry,
    MailedSecret,
    Membership,
    Organisation,
    OutboxRow,
    Participant,
    Person,
    Publication,
    Signatory,
    Transfer,
)


@dataclass(frozen=True)
class Stands:
    """What an erasure of this idea takes away, to be shown before. Counts."""

    versions: int
    files: int
    disclosures: int
    public: bool


def before(ctx: Context, actor: Actor, idea_id: str) -> Stands:
    """What would go.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "erase", "idea", idea_id)
        versions = list(session.scalars(select(IdeaVersion.id).where(IdeaVersion.idea_id == idea_id)))
        files = session.scalars(select(IdeaFile.id).where(IdeaFile.version_id.in_(versions), IdeaFile.blob.is_not(None))).all()
        shown = session.scalars(select(Disclosure.id).where(Disclosure.idea_id == idea_id, Disclosure.revoked_at.is_(None))).all()
        public = any(access.public_positions(session, version) for version in versions)
    return Stands(len(versions), len(files), len(shown), public)


def confirm(label: str, typed: str) -> None:
    """Hold when the neutral name of the idea was typed: nobody erases by a slip of the hand.

    Raises:
        InputError: something else was typed.
    """
    if typed.strip().casefold() != label.casefold():
        raise InputError.at("/label", N_("Type “{label}” to erase it."), label=label)


def erase_idea(ctx: Context, actor: Actor, idea_id: str) -> None:
    """Erase what the service keeps of an idea. Accesses under an NDA end first, each in the log. Erasing again changes nothing.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        ConflictError: somebody was shown something at this moment; ask again.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "erase", "idea", idea_id)
        shown = session.scalars(select(Disclosure.id).where(Disclosure.idea_id == idea_id, Disclosure.revoked_at.is_(None))).all()
    for disclosure_id in shown:
        revocation.revoke(ctx, actor, disclosure_id)
    with ctx.database.writing() as session:
        due = _forget_idea(ctx, session, idea_id)
        session.add(OutboxRow(**ctx.outbox_row("erase", due, thing_id=idea_id)))
    destroy(ctx, due)  # at once; the row is there if this is cut short
    ctx.wake()


def _forget_idea(ctx: Context, session: Session, idea_id: str) -> dict[str, Any]:
    """Take away what the rows say.

    Returns:
        keys to destroy and blobs to remove: the payload of the outbox row.
    """
    now = ctx.now()
    idea = session.get_one(Idea, idea_id)
    versions = list(session.scalars(select(IdeaVersion.id).where(IdeaVersion.idea_id == idea_id)))
    people = list(session.scalars(select(Contributor.id).where(Contributor.version_id.in_(versions))))
    passed = list(session.scalars(select(Transfer.id).where(Transfer.idea_id == idea_id)))
    files = IdeaFile.version_id.in_(versions)
    blobs = [blob for blob in session.scalars(select(IdeaFile.blob).where(files)) if blob is not None]
    keys = _own_keys(session, people)
    traces = [idea_id, *people, *passed]
    session.execute(update(Idea).where(Idea.id == idea_id).values(state="erased"))
    session.execute(update(IdeaVersion).where(IdeaVersion.id.in_(versions)).values(title_sealed=None))
    session.execute(update(IdeaFile).where(files).values(blob=None))
    session.execute(update(Contributor).where(Contributor.id.in_(people)).values(email="", name=None, role="", share=None))
    session.execute(update(LogEntry).where(LogEntry.key_id.in_([idea.key_id, *keys])).values(opening_sealed=None))
    session.execute(update(Publication).where(Publication.version_id.in_(versions), Publication.closed_at.is_(None)).values(closed_at=now))
    offered = (Transfer.id.in_(passed), Transfer.state == "offered")
    session.execute(update(Transfer).where(*offered).values(state="withdrawn", decided_at=now))
    session.execute(update(Transfer).where(Transfer.id.in_(passed)).values(email="", said_sealed=None))
    session.execute(delete(Invitation).where(Invitation.thing_id.in_(traces)))
    session.execute(delete(OutboxRow).where(OutboxRow.thing_id.in_(traces), OutboxRow.kind == "mail"))
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.thing_id == idea_id))
    return {"keys": [idea.key_id, *keys], "blobs": blobs}


def _own_keys(session: Session, contributors: Sequence[str]) -> list[str]:
    """Keys of the answers that these contributors gave: they have the contributors' ids."""
    found = session.scalars(select(LogEntry.key_id).where(LogEntry.key_id.in_(contributors)))
    return sorted({key_id for key_id in found if key_id is not None})


def destroy(ctx: Context, due: Mapping[str, Any]) -> bool:
    """Destroy keys and remove contents: for the outbox row ``erase``. Repeating it is no error."""
    for key_id in due["keys"]:
        ctx.keys.destroy(key_id)
    for blob in due["blobs"]:
        ctx.blobs.delete(blob)
    return True


def erase_person(ctx: Context, actor: Actor, password: str) -> None:
    """Erase one's account: one's own ideas, name, address, sessions, tokens, invitations and kept mails.

    A pseudonym stays wherever others hold something that the person took part in. There is no undo.

    Raises:
        InputError: the password is wrong.
        RefusedError: others would be left without an owner, or wait for a signature; says which.
    """
    person_id = sessions.require_browser(actor)
    limits.count(ctx, limits.PASSWORD_BY_PERSON, "erase account", person_id)
    with ctx.database.reading() as session:
        person = session.get_one(Person, person_id)
        if not passwords.matches(person.password_hash, password):
            raise InputError.at("/password", N_("This is not your present password."))
        _require_free(session, person)
        own = person.personal_organisation_id
        ideas = session.scalars(select(Idea.id).where(Idea.organisation_id == own, Idea.state != "erased")).all()
    for idea_id in ideas:
        erase_idea(ctx, actor, idea_id)
    mails = _mails_to(ctx, person)
    with ctx.database.writing() as session:
        due = {"keys": _forget_person(session, person, ctx.now()), "blobs": []}
        session.execute(delete(OutboxRow).where(OutboxRow.id.in_(mails)))
        session.add(OutboxRow(**ctx.outbox_row("erase", due, thing_id=person.id)))
    destroy(ctx, due)
    ctx.wake()


def _require_free(session: Session, person: Person) -> None:
    if person.is_operator:
        raise RefusedError(N_("You are an operator of this installation. Let another operator take this role from you first."))
    for organisation in _owned_alone(session, person):
        raise RefusedError(
            N_("You are the only owner of {name}. Make somebody else an owner, or erase its ideas and let its members leave."),
            name=organisation.name,
        )
    waits = (
        select(Signatory.id)
        .join(Agreement, Agreement.id == Signatory.agreement_id)
        .where(Agreement.state == "signing", Signatory.email == person.email, Signatory.state.in_(("waiting", "invited", "viewed")))
    )
    if session.execute(waits.limit(1)).first() is not None:
        raise RefusedError(N_("You are asked to sign an agreement. Sign or decline it first: others wait for your answer."))


def _owned_alone(session: Session, person: Person) -> list[Organisation]:
    """Organisations beside the personal one with no other owner, in which there are people or things still."""
    found = []
    mine = select(Membership.organisation_id).where(Membership.person_id == person.id, Membership.role == "owner")
    for organisation_id in session.scalars(mine.where(Membership.organisation_id != person.personal_organisation_id)).all():
        others = session.scalars(
            select(Membership.role).where(Membership.organisation_id == organisation_id, Membership.person_id != person.id)
        ).all()
        alive = select(Idea.id).where(Idea.organisation_id == organisation_id, Idea.state != "erased")
        elsewhere = select(Participant.id).where(Participant.organisation_id == organisation_id, Participant.kind != "idea")
        holds = session.execute(alive.limit(1)).first() is not None or session.execute(elsewhere.limit(1)).first() is not None
        if "owner" not in others and (others or holds):
            found.append(session.get_one(Organisation, organisation_id))
    return found


def _mails_to(ctx: Context, person: Person) -> list[str]:
    """Ids of every mail row to this address, sent or kept. Their text is encrypted, so each is opened."""
    with ctx.database.reading() as session:
        rows: Sequence[OutboxRow] = session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail")).all()
    return [row.id for row in rows if fold_email(str(ctx.open_outbox(row).get("to", ""))) == person.email_folded]


def _forget_initiatives(session: Session, organisation_id: str) -> list[str]:
    """Take the kept pre-checks of an organisation away; gives their keys."""
    mine = Initiative.organisation_id == organisation_id
    keys = list(session.scalars(select(Initiative.key_id).where(mine)))
    session.execute(delete(Participant).where(Participant.thing_id.in_(select(Initiative.id).where(mine))))
    session.execute(delete(Initiative).where(mine))
    return keys


def _forget_person(session: Session, person: Person, now: datetime) -> list[str]:
    """Put the pseudonym where name and address were.

    Returns:
        keys to destroy: of the answers that the person gave as a named contributor.
    """
    name, address = f"Person {person.id[-8:-4]}-{person.id[-4:]}", f"{person.id.lower()}@erased.invalid"
    answered = Contributor.person_id == person.id
    keys = _own_keys(session, session.scalars(select(Contributor.id).where(answered)).all())
    keys += _forget_initiatives(session, person.personal_organisation_id)
    session.execute(update(LogEntry).where(LogEntry.key_id.in_(keys)).values(opening_sealed=None))
    session.execute(update(Contributor).where(answered).values(email=address, name=None))
    joined = CollaborationParty.person_id == person.id
    personal = CollaborationParty.organisation_id == person.personal_organisation_id
    session.execute(update(CollaborationParty).where(joined).values(email=address))
    session.execute(update(CollaborationParty).where(joined, personal).values(name=name))
    session.execute(delete(Invitation).where(or_(Invitation.email == person.email, Invitation.accepted_by == person.id)))
    for model in (BrowserSession, ApiToken, MailedSecret, Membership):
        session.execute(delete(model).where(model.person_id == person.id))
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.actor.like(f"%{person.id}")))
    facts = {"name": name, "country": None, "registration_number": None, "address": None}
    session.execute(update(Organisation).where(Organisation.id == person.personal_organisation_id).values(**facts))
    gone = {"email": address, "email_folded": address, "name": name, "password_hash": None, "email_confirmed_at": None}
    session.execute(update(Person).where(Person.id == person.id).values(**gone, disabled_at=now, erased_at=now))
    return keys
