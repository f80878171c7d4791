"""Organisations and who belongs to them: making, editing, inviting, roles, leaving. The last owner cannot leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, InputError, NotFoundError, RefusedError
from ipr_service.services import invitations, letters, sessions
from ipr_service.services.access import MEMBER_VERBS, Actor, require
from ipr_service.services.accounts import ORGANISATION_KINDS, find, found_organisation
from ipr_service.services.context import Context
from ipr_service.services.words import clean_choice, clean_country, clean_email, clean_line, clean_text, collecting
from ipr_service.store.schema import ApiToken, Invitation, Membership, Organisation, Person

ROLES = tuple(MEMBER_VERBS)
_LAST_OWNER = N_("An organisation needs an owner. Make somebody else an owner first.")
_PERSONAL = N_("This is one person's own organisation; nobody else can belong to it. Make a company for that.")


@dataclass(frozen=True)
class Member:
    person_id: str
    name: str
    email: str
    role: str
    since: datetime


@dataclass(frozen=True)
class Overview:
    """An organisation as one of its members sees it; ``role`` is the reader's own."""

    id: str
    name: str
    kind: str
    country: str | None
    registration_number: str | None
    address: str | None
    role: str


@dataclass(frozen=True)
class Details:
    organisation: Overview
    members: tuple[Member, ...]
    invited: tuple[invitations.Sent, ...]


@dataclass(frozen=True)
class Facts:
    """What an owner says of an organisation."""

    name: str
    kind: str = "company"
    country: str = ""
    registration_number: str = ""
    address: str = ""


def _overview(row: Organisation, role: str) -> Overview:
    return Overview(row.id, row.name, row.kind, row.country, row.registration_number, row.address, role)


def mine(ctx: Context, actor: Actor) -> list[Overview]:
    """The organisations in whose name the actor may act, their own first, then by name."""
    with ctx.database.reading() as session:
        rows = session.scalars(select(Organisation).where(Organisation.id.in_(sorted(actor.roles)))).all()
    found = [_overview(row, actor.roles[row.id]) for row in rows]
    return sorted(found, key=lambda each: (each.kind != "personal", each.name.casefold()))


def details(ctx: Context, actor: Actor, organisation_id: str) -> Details:
    """An organisation with its members and, for owners, the open invitations.

    Raises:
        NotFoundError: the actor is no member of it.
    """
    with ctx.database.reading() as session:
        require(session, actor, "see", "organisation", organisation_id)
        row = session.get_one(Organisation, organisation_id)
        people = session.execute(
            select(Membership, Person)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.organisation_id == organisation_id)
            .order_by(Person.name)
        ).all()
        owner = actor.roles[organisation_id] == "owner"
        invited = invitations.sent(session, "organisation", organisation_id, ctx.now()) if owner else ()
    members = tuple(Member(person.id, person.name, person.email, member.role, member.created_at) for member, person in people)
    return Details(_overview(row, actor.roles[organisation_id]), members, invited)


def for_editing(ctx: Context, actor: Actor, organisation_id: str) -> Overview:
    """An organisation as it is before :func:`edit`.

    Raises:
        NotFoundError, ForbiddenError: no member, no owner.
    """
    with ctx.database.reading() as session:
        require(session, actor, "administer", "organisation", organisation_id)
        return _overview(session.get_one(Organisation, organisation_id), actor.roles[organisation_id])


def _checked(facts: Facts) -> Facts:
    with collecting() as check:
        return Facts(
            check(clean_line, "/name", facts.name),
            check(clean_choice, "/kind", facts.kind, ORGANISATION_KINDS),
            check(clean_country, "/country", facts.country),
            check(clean_line, "/registration_number", facts.registration_number, 100, required=False),
            check(clean_text, "/address", facts.address, 1000, required=False),
        )


def create(ctx: Context, actor: Actor, facts: Facts) -> str:
    """Make an organisation of which the actor is the owner. Returns its id.

    Raises:
        InputError: fields that were refused.
    """
    person_id = sessions.require_browser(actor)
    facts = _checked(facts)
    with ctx.database.writing() as session:
        made = found_organisation(ctx, session, person_id, facts.name, facts.kind, facts.country)
        row = session.get_one(Organisation, made)
        row.registration_number, row.address = facts.registration_number or None, facts.address or None
    return made


def edit(ctx: Context, actor: Actor, organisation_id: str, facts: Facts) -> None:
    """Change what an organisation says of itself.

    Raises:
        NotFoundError, ForbiddenError: no member, no owner.
        InputError: fields that were refused.
    """
    with ctx.database.reading() as session:
        require(session, actor, "administer", "organisation", organisation_id)
        personal = session.get_one(Organisation, organisation_id).kind == "personal"
    facts = _checked(Facts(facts.name, "company", facts.country, facts.registration_number, facts.address) if personal else facts)
    values = {
        "name": facts.name,
        "kind": "personal" if personal else facts.kind,
        "country": facts.country,
        "registration_number": facts.registration_number or None,
        "address": facts.address or None,
    }
    with ctx.database.writing() as session:
        session.execute(update(Organisation).where(Organisation.id == organisation_id).values(**values))


def invite(ctx: Context, actor: Actor, organisation_id: str, email: str, role: str, language: str) -> None:
    """Invite somebody by mail; the link is good for 14 days, once.

    Raises:
        NotFoundError, ForbiddenError: no member, no owner.
        InputError: fields that were refused, or the person is a member already.
        RateLimitError: too many invitations in one day.
    """
    with collecting() as check:
        email = check(clean_email, "/email", email)
        role = check(clean_choice, "/role", role, ROLES)
        language = check(clean_choice, "/language", language, ctx.settings.languages)
    with ctx.database.reading() as session:
        require(session, actor, "administer", "organisation", organisation_id)
        organisation = session.get_one(Organisation, organisation_id)
        known = find(session, email)
        if organisation.kind == "personal":
            raise RefusedError(_PERSONAL)
        if known is not None and session.get(Membership, (organisation_id, known.id)) is not None:
            raise InputError.at("/email", N_("This person is a member already."))
        inviter = session.get_one(Person, actor.person_id).name
    issued = invitations.issue(
        ctx, "organisation", organisation_id, organisation_id, actor.person_id or "", email, role, language, invitations.DAYS
    )
    mail = letters.letter(
        email,
        language,
        N_("You are invited to join an organisation"),
        N_(
            "{inviter} invites you to join an organisation: {organisation}\n\nWith this link you accept. It works once, within {days} days:"
        ),
        "{link}",
        inviter=inviter,
        organisation=organisation.name,
        days=invitations.DAYS,
        link=invitations.link(ctx, issued.secret),
    )
    with ctx.database.writing() as session:
        invitations.withdraw_open(session, "organisation", organisation_id, email, ctx.now())
        session.add(Invitation(**issued.row))
        letters.post(ctx, session, mail, thing_id=organisation_id)
    ctx.wake()


def accept(ctx: Context, actor: Actor, secret: str) -> str:
    """Join by an invitation. Returns the organisation's id.

    Raises:
        ExpiredError, NotFoundError: the invitation does not count.
        RefusedError: it was sent to another address than the actor's.
    """
    person_id = sessions.require_browser(actor)
    invitation = invitations.open(ctx, secret, "organisation")
    now = ctx.now()
    with ctx.database.writing() as session:
        invitations.accept(session, invitation, person_id, now)
        if session.get(Membership, (invitation.thing_id, person_id)) is None:
            session.add(Membership(organisation_id=invitation.thing_id, person_id=person_id, role=invitation.role, created_at=now))
    return invitation.thing_id


def withdraw_invitation(ctx: Context, actor: Actor, organisation_id: str, invitation_id: str) -> None:
    """Take an open invitation back.

    Raises:
        NotFoundError, ForbiddenError
    """
    with ctx.database.writing() as session:
        require(session, actor, "administer", "organisation", organisation_id)
        row = session.get(Invitation, invitation_id)
        if row is None or row.purpose != "organisation" or row.thing_id != organisation_id or row.accepted_at is not None:
            raise NotFoundError(N_("There is nothing here that you may see."))
        row.revoked_at = row.revoked_at or ctx.now()


def _guard_last_owner(session: Session, organisation_id: str, person_id: str) -> Membership:
    """The membership, with all owners locked, after making sure that another owner stays.

    Raises:
        NotFoundError: no such member.
        ConflictError: it is the last owner.
    """
    owners = session.scalars(
        select(Membership.person_id).where(Membership.organisation_id == organisation_id, Membership.role == "owner").with_for_update()
    ).all()
    member = session.get(Membership, (organisation_id, person_id))
    if member is None:
        raise NotFoundError(N_("There is nothing here that you may see."))
    if list(owners) == [person_id]:
        raise ConflictError(_LAST_OWNER)
    return member


def change_role(ctx: Context, actor: Actor, organisation_id: str, person_id: str, role: str) -> None:
    """Give a member another role.

    Raises:
        NotFoundError, ForbiddenError: no member, no owner.
        ConflictError: the last owner would be gone.
    """
    role = clean_choice("/role", role, ROLES)
    with ctx.database.writing() as session:
        require(session, actor, "administer", "organisation", organisation_id)
        member = session.get(Membership, (organisation_id, person_id))
        if member is not None and member.role == role:
            return
        _guard_last_owner(session, organisation_id, person_id).role = role


def remove(ctx: Context, actor: Actor, organisation_id: str, person_id: str) -> None:
    """Remove a member, or leave. Their API tokens for this organisation end with it.

    Raises:
        NotFoundError, ForbiddenError: no member, and neither owner nor the person concerned.
        ConflictError: the last owner would be gone.
        RefusedError: one's own personal organisation.
    """
    with ctx.database.writing() as session:
        require(session, actor, "see" if person_id == actor.person_id else "administer", "organisation", organisation_id)
        if session.get_one(Organisation, organisation_id).kind == "personal":
            raise RefusedError(_PERSONAL)
        _guard_last_owner(session, organisation_id, person_id)
        session.execute(delete(Membership).where(Membership.organisation_id == organisation_id, Membership.person_id == person_id))
        held = (ApiToken.organisation_id == organisation_id, ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        session.execute(update(ApiToken).where(*held).values(revoked_at=ctx.now()))
