"""Begin a collaboration, let others in, say which part they take, rename it, close it.

A party is an organisation. It is invited by the mail address of a person, who joins in the name of one of their organisations. Organisers
and funders take part as such: they weigh nothing in any shipped policy, and the reason is recorded (``rights.policies``). A party that
has recorded contributions or holds a share does not just vanish: it withdraws the first, and the second is agreed on (``succeeding``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ipr_service.errors import N_, ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError, StaleError
from ipr_service.services import access, idempotency, invitations
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.letters import acting, letter
from ipr_service.services.words import clean_choice, clean_email, clean_line, clean_text, collecting, fold_email
from ipr_service.store.schema import (
    Collaboration,
    CollaborationParty,
    Contribution,
    Invitation,
    Organisation,
    Participant,
    Person,
    Split,
)
from ipr_service.store.sequencer import Insert, Update, WritePlan

MAX_TITLE, MAX_PURPOSE, MAX_PARTIES = 200, 5_000, 50
Also = Callable[[str, str, str], tuple[Insert, ...]]
PARTS = ("maker", "facilitation", "funding")
_STALE = N_("Somebody changed this collaboration since you last saw it. Load the page again.")
_CLOSED = N_("This collaboration is closed. What was agreed stays; nothing can be added.")


@dataclass(frozen=True)
class Begin:
    """What to begin. ``purpose``: what it is for, up to 5,000 characters, or empty."""

    title: str
    purpose: str = ""


def begin(ctx: Context, actor: Actor, order: Begin, also: Also = lambda *_ids: ()) -> str:
    """Begin a collaboration; the organisation acted for is its first party. Returns its id.

    Args:
        also: what else is written in the same transaction, from the ids of collaboration, key and party.

    Raises:
        InputError: names the field, its limit and the remedy.
        UnauthenticatedError, ForbiddenError: see ``access``.
    """
    organisation_id = access.require_creation(actor, "collaboration")
    order = _clean(order)
    collaboration_id, key_id, now = ctx.new_id(), ctx.new_id(), ctx.now()
    with ctx.database.reading() as session:
        person = session.get_one(Person, access.require_person(actor))
        organisation = session.get_one(Organisation, organisation_id)
    ctx.keys.create(key_id)
    row = {
        "id": collaboration_id,
        "organisation_id": organisation_id,
        "person_id": person.id,
        "key_id": key_id,
        **_sealed(ctx, key_id, order),
        "state": "open",
        "revision": 1,
        "created_at": now,
    }
    party = {
        "id": ctx.new_id(),
        "collaboration_id": collaboration_id,
        "name": organisation.name,
        "email": person.email,
        "organisation_id": organisation_id,
        "person_id": person.id,
        "part": "maker",
        "state": "joined",
        "created_at": now,
    }
    owner = _participant(ctx, collaboration_id, organisation_id, "owner")
    more = also(collaboration_id, key_id, str(party["id"]))
    steps = (Insert(Collaboration, (row,)), Insert(CollaborationParty, (party,)), owner, *more)
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, collaboration_id))))
    return collaboration_id


def _participant(ctx: Context, collaboration_id: str, organisation_id: str, role: str) -> Insert:
    """The row by which an organisation gets in, as a step of a plan."""
    row = {
        "id": ctx.new_id(),
        "thing_id": collaboration_id,
        "kind": "collaboration",
        "organisation_id": organisation_id,
        "person_id": None,
        "role": role,
        "created_at": ctx.now(),
    }
    return Insert(Participant, (row,))


def _clean(order: Begin) -> Begin:
    with collecting() as check:
        title = check(clean_line, "/title", order.title, MAX_TITLE)
        purpose = check(clean_text, "/purpose", order.purpose, MAX_PURPOSE, required=False)
    return Begin(title, purpose)


def _sealed(ctx: Context, key_id: str, order: Begin) -> dict[str, bytes]:
    title = ctx.seal(key_id, "collaboration.title", order.title.encode())
    return {"title_sealed": title, "purpose_sealed": ctx.seal(key_id, "collaboration.purpose", order.purpose.encode())}


def edit(ctx: Context, actor: Actor, collaboration_id: str, order: Begin, revision: int) -> int:
    """Give a collaboration another title and purpose. Returns the new revision.

    Args:
        revision: the one that the actor saw.

    Raises:
        StaleError: it has changed since.
        NotFoundError, ForbiddenError, InputError
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
    order = _clean(order)
    ctx.write(WritePlan((changed(row, revision, StaleError(_STALE), **_sealed(ctx, row.key_id, order)),)))
    return revision + 1


def close(ctx: Context, actor: Actor, collaboration_id: str) -> None:
    """Close a collaboration: nothing can be added, everything can be seen.

    Raises:
        NotFoundError, ForbiddenError; RefusedError when it is closed already.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "close", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
    ctx.write(WritePlan((changed(row, row.revision, state="closed"), supersede(ctx, collaboration_id))))


def supersede(ctx: Context, collaboration_id: str) -> Update:
    """The step that ends a proposal which not everybody has accepted yet."""
    undecided = (Split.collaboration_id == collaboration_id, Split.state == "proposed")
    return Update(Split, undecided, {"state": "superseded", "decided_at": ctx.now()}, expect=None)


def changed(row: Collaboration, revision: int, otherwise: ConflictError | StaleError | None = None, **values: object) -> Update:
    """The step that counts a change of a collaboration, and holds when nobody else changed it since ``revision``."""
    where = (Collaboration.id == row.id, Collaboration.revision == revision, Collaboration.state == "open")
    return Update(Collaboration, where, {**values, "revision": revision + 1}, otherwise=otherwise or ConflictError(_STALE))


def open_collaboration(session: Session, collaboration_id: str) -> Collaboration:
    """The row of a collaboration that takes changes. The caller has asked ``access``.

    Raises:
        RefusedError: it is closed.
    """
    row = session.get_one(Collaboration, collaboration_id)
    if row.state != "open":
        raise RefusedError(_CLOSED)
    return row


def acting_party(session: Session, actor: Actor, verb: str, collaboration_id: str) -> CollaborationParty:
    """The party for which the actor does ``verb``: that of the organisation acted for, else the only one that allows it.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        RefusedError: several of the actor's organisations take part, and none of them is the one acted for.
    """
    access.require(session, actor, verb, "collaboration", collaboration_id)
    allowed = access.organisations(session, actor, verb, "collaboration", collaboration_id)
    joined = (CollaborationParty.collaboration_id == collaboration_id, CollaborationParty.state == "joined")
    rows = session.scalars(select(CollaborationParty).where(*joined, CollaborationParty.organisation_id.in_(allowed))).all()
    chosen = [row for row in rows if row.organisation_id == actor.organisation_id] or rows
    if not chosen:
        raise ForbiddenError(N_("Only a party of this collaboration does this."))
    if len(chosen) > 1:
        raise RefusedError(N_("Several of your organisations take part here. Choose first for which one you act."))
    return chosen[0]


@dataclass(frozen=True)
class Invite:
    """Whom to invite.

    Args:
        name: what the others call the party until it has joined, 1 to 200 characters.
        part: ``maker``, or ``facilitation`` or ``funding``: takes part without weighing anything.
        language: of the mail, one that the service offers.
    """

    name: str
    email: str
    part: str = "maker"
    language: str = "en"


def invite(ctx: Context, actor: Actor, collaboration_id: str, order: Invite) -> str:
    """Invite a party by mail. Returns the party's id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused, or the address takes part already.
        RateLimitError: too many invitations in one day.
    """
    with collecting() as check:
        name = check(clean_line, "/name", order.name)
        email = check(clean_email, "/email", order.email)
        part = check(clean_choice, "/part", order.part, PARTS)
        language = check(clean_choice, "/language", order.language, ctx.settings.languages)
    with ctx.database.reading() as session:
        access.require(session, actor, "invite", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        known = session.scalars(select(CollaborationParty).where(CollaborationParty.collaboration_id == collaboration_id)).all()
    before = next((one for one in known if fold_email(one.email) == fold_email(email)), None)
    if before is not None and before.state != "left":
        raise InputError.at("/email", N_("This address takes part already. Invite another one, or send the invitation again."))
    if before is None and len(known) >= MAX_PARTIES:
        raise InputError.at("/email", N_("At most {limit} parties fit in one collaboration."), limit=MAX_PARTIES)
    party = {"name": name, "part": part, "state": "invited", "organisation_id": None, "person_id": None}
    if before is None:
        fixed = {"id": ctx.new_id(), "collaboration_id": collaboration_id, "email": email, "created_at": ctx.now()}
        taken = InputError.at("/email", N_("This address takes part already. Invite another one, or send the invitation again."))
        entry: Insert | Update = Insert(CollaborationParty, (fixed | party,), taken=taken)
        party_id = fixed["id"]
    else:
        left = (CollaborationParty.id == before.id, CollaborationParty.state == "left")
        entry, party_id = Update(CollaborationParty, left, party), before.id
    asked = _ask(ctx, actor, row, str(party_id), email, language)
    ctx.write(WritePlan((changed(row, row.revision), entry, *asked, *idempotency.mark(actor, str(party_id)))))
    return str(party_id)


def _ask(ctx: Context, actor: Actor, row: Collaboration, party_id: str, email: str, language: str) -> tuple[Update, Insert, Insert]:
    """End earlier invitations of this party, and send a new one; the mail does not say what it is about."""
    person_id = access.require_person(actor)
    issued = invitations.issue(ctx, "collaboration", party_id, row.organisation_id, person_id, email, "party", language)
    with ctx.database.reading() as session:
        inviter = session.get_one(Person, person_id).name
        organisation = session.get_one(Organisation, row.organisation_id).name
    mail = letter(
        email,
        language,
        N_("You are invited to work together"),
        N_("{inviter} invites you to work together. Joining binds you to nothing; you see what it is, then decide:"),
        "{link}",
        N_("The link is yours alone, works once, and within {days} days."),
        inviter=acting(language, inviter, organisation),
        days=invitations.DAYS,
        link=invitations.link(ctx, issued.secret),
    )
    return _revoke(ctx, party_id), Insert(Invitation, (issued.row,)), ctx.due("mail", mail, thing_id=row.id)


def _revoke(ctx: Context, party_id: str) -> Update:
    still = (Invitation.purpose == "collaboration", Invitation.thing_id == party_id, Invitation.accepted_at.is_(None))
    return Update(Invitation, (*still, Invitation.revoked_at.is_(None)), {"revoked_at": ctx.now()}, expect=None)


def invite_again(ctx: Context, actor: Actor, collaboration_id: str, party_id: str) -> None:
    """Send a new link to a party that has not joined; the old one ends.

    Raises:
        NotFoundError, ForbiddenError: see ``access``, or no such party.
        RefusedError: it has joined or left.
        RateLimitError: too many invitations in one day.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "invite", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        party = party_of(session, collaboration_id, party_id)
    if party.state != "invited":
        raise RefusedError(N_("This party is not waiting for an invitation."))
    ctx.write(WritePlan(_ask(ctx, actor, row, party.id, party.email, actor.language)))


def party_of(session: Session, collaboration_id: str, party_id: str) -> CollaborationParty:
    """A party of this collaboration.

    Raises:
        NotFoundError: no such party here.
    """
    party = session.get(CollaborationParty, party_id)
    if party is None or party.collaboration_id != collaboration_id:
        raise NotFoundError(N_("There is no such party in this collaboration."))
    return party


def join(ctx: Context, actor: Actor, secret: str, organisation_id: str | None = None) -> str:
    """Join by an invitation, in the name of an organisation. Returns the collaboration's id.

    Args:
        organisation_id: one of the actor's; default the one acted for.

    Raises:
        ExpiredError, NotFoundError: the invitation does not count.
        RefusedError: sent to another address, or the organisation takes part already.
        ForbiddenError: the actor may not commit this organisation to anything.
    """
    acting = replace(actor, organisation_id=organisation_id or actor.organisation_id)
    chosen = access.require_creation(acting, "collaboration")
    invitation = invitations.open(ctx, secret, "collaboration")
    now = ctx.now()
    with ctx.database.reading() as session:
        person = invitations.require_addressee(session, invitation, access.require_person(actor))
        party = session.get_one(CollaborationParty, invitation.thing_id)
        row = open_collaboration(session, party.collaboration_id)
        name = session.get_one(Organisation, chosen).name
    other = aliased(CollaborationParty)
    twice = select(other.id).where(other.collaboration_id == row.id, other.organisation_id == chosen, other.state == "joined")
    waiting = (CollaborationParty.id == party.id, CollaborationParty.state == "invited", ~twice.exists())
    joined = {"state": "joined", "organisation_id": chosen, "person_id": person.id, "name": name}
    already = RefusedError(N_("This organisation takes part already. Join in the name of another one, or act for it."))
    steps = (
        invitations.accept_step(invitation, person.id, now),
        invitations.confirm_step(person.id, now),
        Update(CollaborationParty, waiting, joined, otherwise=already),
        Update(Collaboration, (Collaboration.id == row.id,), {"revision": Collaboration.revision + 1}),
        _participant(ctx, row.id, chosen, "party"),
    )
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, row.id))))
    return row.id


def set_part(ctx: Context, actor: Actor, collaboration_id: str, party_id: str, part: str) -> None:
    """Say that a party makes, organises or funds. Splits proposed before stay as they are.

    Raises:
        NotFoundError, ForbiddenError, RefusedError, InputError
    """
    part = clean_choice("/part", part, PARTS)
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        party = party_of(session, collaboration_id, party_id)
    entry = Update(CollaborationParty, (CollaborationParty.id == party.id, CollaborationParty.state != "left"), {"part": part})
    ctx.write(WritePlan((changed(row, row.revision), entry)))


def leave(ctx: Context, actor: Actor, collaboration_id: str, party_id: str) -> None:
    """Take back the invitation of a party, or leave as a party that has joined. A proposal that waits for it ends.

    Raises:
        NotFoundError, ForbiddenError: see ``access``; a party that has joined leaves by itself only.
        RefusedError: it began the collaboration, has contributions in it, or holds a share of the split that stands.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        party = party_of(session, collaboration_id, party_id)
        if party.state == "invited":
            access.require(session, actor, "invite", "collaboration", collaboration_id)
        elif party.organisation_id not in access.organisations(session, actor, "decide", "collaboration", collaboration_id):
            raise ForbiddenError(N_("A party leaves by itself. Ask it to."))
        number = _require_free(ctx, session, row, party)
    newer = select(Split.id).where(Split.collaboration_id == row.id, Split.state == "accepted", Split.number > number)
    free = (CollaborationParty.id == party.id, CollaborationParty.state == party.state, ~newer.exists())
    entry = (Participant.thing_id == row.id, Participant.organisation_id == party.organisation_id, Participant.role == "party")
    steps = (
        changed(row, row.revision),
        Update(CollaborationParty, free, {"state": "left", "organisation_id": None}),
        Update(Participant, entry, {"role": "former"}, expect=None),
        supersede(ctx, row.id),
        _revoke(ctx, party.id),
    )
    ctx.write(WritePlan(steps))


def _require_free(ctx: Context, session: Session, row: Collaboration, party: CollaborationParty) -> int:
    """Hold when the party leaves nothing behind that others rely on. Gives the number of the split that stands, 0 for none.

    Raises:
        RefusedError: it does; says what to do.
    """
    if party.organisation_id == row.organisation_id:
        raise RefusedError(N_("Who began a collaboration cannot leave it. Close it instead."))
    standing = (Contribution.party_id == party.id, Contribution.withdrawn_at.is_(None))
    if session.scalars(select(Contribution.id).where(*standing).limit(1)).first() is not None:
        raise RefusedError(N_("Withdraw your contributions first, then leave."))
    accepted = (Split.collaboration_id == row.id, Split.state == "accepted")
    split = session.scalars(select(Split).where(*accepted).order_by(Split.number.desc()).limit(1)).one_or_none()
    if split is None:
        return 0
    record = ctx.open(row.key_id, "split.record", split.record_sealed).decode()
    if any(share["party"] == party.id and share["share"] != "0" for share in json.loads(record)["shares"]):
        raise RefusedError(N_("This party holds a share. Agree first on what it keeps when it leaves, or hand the share on."))
    return split.number
