"""Show an idea to a named person behind an NDA: offer, arrive, add, revoke, and who looked.

The owner chooses what may be seen, for whom and until when; an NDA of its own is drafted with what the data already answers. It lists what
is shown by commitment, index and date, never by title; the invitation tells who invites and nothing else. Nothing here opens anything:
whether the recipient may see is derived at each request in ``viewing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ExpiredError, InputError, RefusedError
from ipr_service.services import access, idempotency, invitations, nda, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafts import participant
from ipr_service.services.invitations import Invitation
from ipr_service.services.letters import letter, post
from ipr_service.services.words import clean_email, clean_line, clean_text, collecting, fold_email
from ipr_service.store.schema import Disclosure, DisclosureItem, Idea, IdeaFile, IdeaVersion, Participant, Person
from ipr_service.store.schema import Invitation as InvitationRow
from ipr_service.store.sequencer import Delete, Insert, Receipt, Update, WritePlan

Step = Insert | Update | Delete
MAX_ITEMS, MAX_PURPOSE, LONGEST = 100, 1000, timedelta(days=3653)
_NOT_THERE = N_("Version {version} has nothing at position {position} that is kept here. Choose something from the list.")


@dataclass(frozen=True)
class Chosen:
    """One thing to be shown: title and description (position 0) or a file (from 1) of a version."""

    version: int
    position: int


@dataclass(frozen=True)
class OfferDisclosure:
    """What to show to whom.

    Args:
        email, name, organisation: the one person who may look, and for whom she works; empty when for herself.
        items: what she may open, at least one.
        purpose: what she may use it for, up to 1000 characters; empty takes the usual sentence.
        ends_at: when access ends, aware; None for no end but revocation.
        language: of the mail and the NDA.
        terms: further answers for the NDA, by question; ``discloser`` and ``recipient`` hold the facts of the two parties.
    """

    idea_id: str
    email: str
    name: str
    organisation: str
    items: tuple[Chosen, ...]
    purpose: str = ""
    ends_at: datetime | None = None
    language: str = "en"
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Offered:
    """``open_questions``: fields of the NDA that nobody answered yet; then it waits for the owner before it can be signed."""

    disclosure_id: str
    agreement_id: str
    open_questions: tuple[str, ...]


# --- offering --------------------------------------------------------------------------------------------------------------------


def _clean(ctx: Context, order: OfferDisclosure) -> OfferDisclosure:
    with collecting() as check:
        email = check(clean_email, "/email", order.email)
        name = check(clean_line, "/name", order.name)
        organisation = check(clean_line, "/organisation", order.organisation, required=False)
        purpose = check(clean_text, "/purpose", order.purpose, MAX_PURPOSE, required=False)
        ends_at = check(_clean_end, ctx.now(), order.ends_at)
        items = check(_clean_items, order.items)
    return OfferDisclosure(order.idea_id, email, name, organisation, items, purpose, ends_at, order.language, order.terms)


def _clean_end(now: datetime, ends_at: datetime | None) -> datetime | None:
    if ends_at is None:
        return None
    if not now < ends_at <= now + LONGEST:
        last = (now + LONGEST).date().isoformat()
        raise InputError.at("/ends_at", N_("Access ends later than now and not after {last}. Choose a day between."), last=last)
    return ends_at.replace(microsecond=0)


def _clean_items(items: Sequence[Chosen]) -> tuple[Chosen, ...]:
    chosen = tuple(sorted(set(items), key=lambda one: (one.version, one.position)))
    if not chosen:
        raise InputError.at("/items", N_("Choose at least one thing to show."))
    if len(chosen) > MAX_ITEMS:
        raise InputError.at("/items", N_("At most {limit} things fit in one disclosure. Show the rest in another."), limit=MAX_ITEMS)
    return chosen


def _versions(session: Session, idea: Idea, items: Sequence[Chosen]) -> dict[int, IdeaVersion]:
    """The versions that hold what was chosen.

    Raises:
        InputError: something chosen is not there, or only its digest was ever sent.
    """
    numbers = {one.version for one in items}
    found = session.scalars(select(IdeaVersion).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number.in_(numbers)))
    versions = {version.number: version for version in found if not version.hash_only}
    ids = [version.id for version in versions.values()]
    files = session.scalars(select(IdeaFile).where(IdeaFile.version_id.in_(ids), IdeaFile.blob.is_not(None)))
    kept = {(file.version_id, file.position) for file in files}
    for one in items:
        version = versions.get(one.version)
        if version is None or (one.position != 0 and (version.id, one.position) not in kept):
            raise InputError.at("/items", _NOT_THERE, version=one.version, position=one.position)
    return versions


def offer(ctx: Context, actor: Actor, order: OfferDisclosure) -> Offered:
    """Offer an idea to one person: her NDA is drafted (and sent to be signed when no question is open), she is invited by mail.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: names field, limit and remedy.
        RefusedError: the idea was withdrawn, or the address is one's own.
    """
    order = _clean(ctx, order)
    with ctx.database.reading() as session:
        access.require(session, actor, "show", "idea", order.idea_id)
        idea = session.get_one(Idea, order.idea_id)
        if idea.state != "registered":
            raise RefusedError(N_("This idea was withdrawn or erased: it cannot be shown any more."))
        owner = session.get_one(Person, access.require_person(actor))
        if owner.email_folded == fold_email(order.email):
            raise InputError.at("/email", N_("This is your own address. Name the person to whom you want to show it."))
        versions = _versions(session, idea, order.items)
        recipient = nda.Recipient(order.name, order.email, order.organisation)
        paper = nda.draft(ctx, session, owner, idea, tuple(versions.values()), recipient, order.language, order.purpose, order.terms)
    agreement_id, open_questions = nda.create(ctx, actor, idea.organisation_id, paper)
    disclosure_id, now = ctx.new_id(), ctx.now()
    issued = _issue(ctx, actor, idea.organisation_id, disclosure_id, order.email, order.language)
    plan: tuple[Step, ...] = (
        Insert(Disclosure, (_disclosure_row(actor, order, idea, disclosure_id, agreement_id, now),)),
        Insert(DisclosureItem, tuple(_item_row(ctx, actor, disclosure_id, versions[one.version], one.position) for one in order.items)),
        Insert(Participant, (_participant(ctx, disclosure_id, idea.organisation_id, None, "owner"),)),
        *issued,
        *idempotency.mark(actor, disclosure_id),
    )
    ctx.write(WritePlan(plan))
    if not open_questions:
        nda.send(ctx, actor, idea.organisation_id, agreement_id)
    return Offered(disclosure_id, agreement_id, open_questions)


def _disclosure_row(
    actor: Actor, order: OfferDisclosure, idea: Idea, disclosure_id: str, agreement_id: str, now: datetime
) -> dict[str, Any]:
    return {
        "id": disclosure_id,
        "idea_id": idea.id,
        "organisation_id": idea.organisation_id,
        "person_id": access.require_person(actor),
        "recipient_email": order.email,
        "recipient_name": order.name,
        "recipient_organisation_name": order.organisation,
        "agreement_id": agreement_id,
        "revision": 1,
        "created_at": now,
        "ends_at": order.ends_at,
    }


def _item_row(ctx: Context, actor: Actor, disclosure_id: str, version: IdeaVersion, position: int) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "disclosure_id": disclosure_id,
        "version_id": version.id,
        "position": position,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
        "commitment": None,
    }


def _participant(ctx: Context, disclosure_id: str, organisation_id: str, person_id: str | None, role: str) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "thing_id": disclosure_id,
        "kind": "disclosure",
        "organisation_id": organisation_id,
        "person_id": person_id,
        "role": role,
        "created_at": ctx.now(),
    }


def _issue(ctx: Context, actor: Actor, organisation_id: str, disclosure_id: str, email: str, language: str) -> tuple[Insert, Insert]:
    issued = invitations.issue(
        ctx, "disclosure", disclosure_id, organisation_id, access.require_person(actor), email, "recipient", language, days=30
    )
    return Insert(InvitationRow, (issued.row,)), ctx.due("mail", _mail(ctx, email, language, issued.secret), thing_id=disclosure_id)


def _mail(ctx: Context, email: str, language: str, secret: str) -> dict[str, Any]:
    return letter(
        email,
        language,
        N_("Something is to be shown to you in confidence"),
        N_("Somebody wants to show you something in confidence. Open this page to see who, and what comes first:"),
        "{link}",
        N_("The link is yours alone and works for 30 days. You sign a confidentiality agreement before anything opens."),
        link=invitations.link(ctx, secret),
    )


def invite_again(ctx: Context, actor: Actor, disclosure_id: str) -> None:
    """Send the invitation again; earlier links stop working.

    Raises:
        RefusedError: she has come already, or access was revoked or has ended.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "open", "disclosure", disclosure_id)
        row = session.get_one(Disclosure, disclosure_id)
        if row.recipient_person_id is not None or viewing.standing(session, row, ctx.now()) in {"revoked", "ended"}:
            raise RefusedError(N_("There is nobody left to invite here."))
        language = _language(session, disclosure_id)
    issued = invitations.issue(
        ctx,
        "disclosure",
        disclosure_id,
        row.organisation_id,
        access.require_person(actor),
        row.recipient_email,
        "recipient",
        language,
        days=30,
    )
    with ctx.database.writing() as session:
        invitations.withdraw_open(session, "disclosure", disclosure_id, row.recipient_email, ctx.now())
        session.add(InvitationRow(**issued.row))
        post(ctx, session, _mail(ctx, row.recipient_email, language, issued.secret), thing_id=disclosure_id)
    ctx.wake()


def _language(session: Session, disclosure_id: str) -> str:
    query = select(InvitationRow.language).where(InvitationRow.purpose == "disclosure", InvitationRow.thing_id == disclosure_id)
    return session.scalars(query.order_by(InvitationRow.id).limit(1)).one_or_none() or "en"


# --- arriving --------------------------------------------------------------------------------------------------------------------


def accept(ctx: Context, actor: Actor, secret: str) -> str:
    """Come by the mailed link: the person named becomes the recipient, for the organisation she acts for. Opens nothing by itself.

    Returns:
        the disclosure's id.

    Raises:
        NotFoundError, ExpiredError: the link. RefusedError: it was sent to another address.
        ExpiredError: the owner revoked it meanwhile.
    """
    invitation: Invitation = invitations.open(ctx, secret, "disclosure")
    person_id, now = access.require_person(actor), ctx.now()
    with ctx.database.reading() as session:
        person = invitations.require_addressee(session, invitation, person_id)
        to_sign = _to_sign(ctx, session, invitation.thing_id, person)
    organisation_id = actor.organisation_id or person.personal_organisation_id
    where = (Disclosure.id == invitation.thing_id, Disclosure.recipient_person_id.is_(None), Disclosure.revoked_at.is_(None))
    arrived = {"recipient_person_id": person_id, "recipient_organisation_id": organisation_id, "accepted_at": now}
    gone = ExpiredError(N_("{inviter} ended this before you came. Nothing was opened."), inviter=invitation.inviter)
    plan: tuple[Step, ...] = (
        invitations.accept_step(invitation, person_id, now),
        invitations.confirm_step(person_id, now),
        Update(Disclosure, where, arrived, otherwise=gone),
        Insert(Participant, (_participant(ctx, invitation.thing_id, organisation_id, person_id, "recipient"), *to_sign)),
        *idempotency.mark(actor, invitation.thing_id),
    )
    ctx.write(WritePlan(plan))
    viewing.open_now(ctx, invitation.thing_id)
    return invitation.thing_id


def _to_sign(ctx: Context, session: Session, disclosure_id: str, person: Person) -> tuple[dict[str, Any], ...]:
    """The NDA is hers to sign from its page too; she takes part in it as a person, unless she was let in when it was sent."""
    row = session.get(Disclosure, disclosure_id)
    if row is None:
        return ()
    inside = select(Participant.id).where(
        Participant.thing_id == row.agreement_id, Participant.person_id == person.id, Participant.role == "signatory"
    )
    if session.execute(inside).first() is not None:
        return ()
    return (participant(ctx, row.agreement_id, person.personal_organisation_id, person.id, "signatory"),)


# --- the owner's later acts ------------------------------------------------------------------------------------------------------


def add_items(ctx: Context, actor: Actor, disclosure_id: str, items: Sequence[Chosen]) -> tuple[Receipt, ...]:
    """Show more of the idea under the NDA that is in force, for example a version registered later: an act of its own, logged.

    Raises:
        RefusedError: not open; before the execution the NDA lists what is shown, so make a new offer instead.
        InputError: nothing new was chosen, or it is not there.
    """
    chosen = _clean_items(items)
    with ctx.database.reading() as session:
        access.require(session, actor, "open", "disclosure", disclosure_id)
    viewing.open_now(ctx, disclosure_id)
    with ctx.database.reading() as session:
        row = session.get_one(Disclosure, disclosure_id)
        terms = viewing.executed_terms(session, row)
        if viewing.standing(session, row, ctx.now()) != "open" or terms is None:
            raise RefusedError(N_("More can be added only while it is open. Before that, make a new offer: its NDA lists what is shown."))
        idea = session.get_one(Idea, row.idea_id)
        versions = _versions(session, idea, chosen)
        present = {(item.version_id, item.position) for item in viewing.items_of(session, row.id)}
        new = [one for one in chosen if (versions[one.version].id, one.position) not in present]
        if not new:
            raise InputError.at("/items", N_("All of this is shown already. Choose something that is not."))
        steps, entries = viewing.opening_steps(ctx, session, row, idea, terms, [versions[n] for n in sorted({one.version for one in new})])
    rows = tuple(_item_row(ctx, actor, row.id, versions[one.version], one.position) for one in new)
    plan: tuple[Step, ...] = (
        viewing.still(row, ctx.now()),
        viewing.turn(row),
        Insert(DisclosureItem, rows),
        *steps,
        *idempotency.mark(actor, row.id),
    )
    return ctx.write(WritePlan(plan, tuple(entries)))
