"""What parties bring into a collaboration: background that they keep, and contributions that policies weigh.

Each party says these things of itself; nobody says them for another. A thing may point at a registration of the party's own (an idea, a
contribution): the others then see its neutral label, its commitment and its time, never its title or files. A contribution can also be
registered on the spot. What is withdrawn stays on record and counts no more; a split that was accepted is not touched by either.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ipr_service.errors import N_, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights.contributions import DEGREES, MAX_BUILT_ON, ROLES, check_amount
from ipr_service.rights.notation import exact, fraction_text
from ipr_service.services import access, chains, idempotency, registration
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.joining import acting_party, changed, open_collaboration
from ipr_service.services.words import clean_choice, clean_line, clean_text, collecting
from ipr_service.store.schema import Background, Collaboration, CollaborationParty, Contribution, Idea, IdeaVersion, Split
from ipr_service.store.sequencer import Insert, Update, WritePlan

MAX_TITLE, MAX_DESCRIPTION, MAX_DETAILS, MAX_THINGS = 200, 2_000, 20_000, 2_000
_NOT_YOURS = N_("Each party says what it brings. Ask the party whose this is.")


@dataclass(frozen=True)
class AddBackground:
    """What a party had before.

    Args:
        description: up to 2,000 characters; may be empty when an idea is named: its neutral label then stands for it.
        idea_id: an idea of the party's own, by its newest version; or None.
        excluded: listed in order to be kept out of the project.
        result_of: another collaboration of the party's own, whose result this is; or None. Its holders then hold it here too.
    """

    description: str = ""
    idea_id: str | None = None
    excluded: bool = False
    result_of: str | None = None


@dataclass(frozen=True)
class AddContribution:
    """What a party did. Numbers are exact text (``37.5``, ``3/8``); None or empty when nobody says.

    Args:
        title: what the others call it, 1 to 200 characters.
        role: of ``rights.contributions.ROLES``. degree: ``lead``, ``equal`` or ``supporting``, or None.
        hours: hours of work. cost: money spent, in major units of ``currency`` (ISO 4217).
        severable: can be told apart and used alone.
        built_on: ids of background and contributions of this collaboration.
        idea_id: a registration of the party's own, by its newest version; or None.
        register: register title and ``details`` as a contribution now; not together with ``idea_id``.
    """

    title: str
    role: str
    degree: str | None = None
    points: str | None = None
    hours: str | None = None
    cost: str | None = None
    currency: str = "EUR"
    severable: bool = False
    built_on: tuple[str, ...] = ()
    idea_id: str | None = None
    register: bool = False
    details: str = ""


def add_background(ctx: Context, actor: Actor, collaboration_id: str, order: AddBackground) -> str:
    """List something that the actor's party brings along and keeps. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused, or the idea is not the party's own.
        RefusedError: the collaboration is closed.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        _require_room(session, Background, row)
        with collecting() as check:
            linked = check(own_version, session, actor, party, order.idea_id)
            text = check(clean_text, "/description", order.description, MAX_DESCRIPTION, required=not order.idea_id)
            if order.result_of:
                check(_require_result, ctx, session, actor, party, order.result_of)
    description = text or (linked[0].label if linked else "")
    thing = {
        "id": ctx.new_id(),
        "collaboration_id": row.id,
        "party_id": party.id,
        "version_id": linked[1].id if linked else None,
        "description_sealed": ctx.seal(row.key_id, "background.description", description.encode()),
        "result_of": order.result_of or None,
        "excluded": order.excluded,
        "created_at": ctx.now(),
    }
    ctx.write(WritePlan((changed(row, row.revision), Insert(Background, (thing,)), *idempotency.mark(actor, str(thing["id"])))))
    return str(thing["id"])


def _require_result(ctx: Context, session: Session, actor: Actor, party: CollaborationParty, source_id: str) -> None:
    """Hold when the result of another collaboration can be background here.

    Raises:
        InputError: at ``/result_of``: none of the party's own, no split stands there, a holder is missing here, or a circle.
    """
    if source_id not in {one for one, _title in _own_results(ctx, session, actor, party)}:
        msgid = N_("This is no other collaboration of your party with an accepted split. Choose one from the list.")
        raise InputError.at("/result_of", msgid)
    chains.require_no_circle(ctx, session, actor, party.collaboration_id, source_id)
    chains.holders_here(ctx, session, party.collaboration_id, source_id, "/result_of")


def own_results(ctx: Context, actor: Actor, collaboration_id: str) -> list[tuple[str, str]]:
    """(id, title) of the other collaborations of the actor's party in which a split stands, newest first.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        return _own_results(ctx, session, actor, acting_party(session, actor, "contribute", collaboration_id))


def _own_results(ctx: Context, session: Session, actor: Actor, party: CollaborationParty) -> list[tuple[str, str]]:
    own = aliased(CollaborationParty)
    mine = select(own.collaboration_id).where(own.organisation_id == party.organisation_id, own.state == "joined")
    agreed = select(Split.collaboration_id).where(Split.state == "accepted")
    rows = session.scalars(
        select(Collaboration)
        .where(Collaboration.id.in_(access.visible(actor, "collaboration", "contribute")))
        .where(Collaboration.id.in_(mine), Collaboration.id.in_(agreed), Collaboration.id != party.collaboration_id)
        .order_by(Collaboration.id.desc())
        .limit(200)
    )
    return [(row.id, ctx.open_text(row.key_id, "collaboration.title", row.title_sealed) or row.id) for row in rows]


def own_version(session: Session, actor: Actor, party: CollaborationParty, idea_id: str | None) -> tuple[Idea, IdeaVersion] | None:
    """The newest version of a registration that belongs to the party's organisation.

    Raises:
        InputError: none such that the actor may see.
    """
    if not idea_id:
        return None
    idea = session.get(Idea, idea_id) if access.may(session, actor, "prove", "idea", idea_id) else None
    if idea is None or idea.organisation_id != party.organisation_id or idea.state == "erased":
        raise InputError.at("/idea_id", N_("This is no registration of your party. Choose one from the list, or register it first."))
    version = session.scalars(select(IdeaVersion).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number == idea.versions)).one()
    return idea, version


def _require_room(session: Session, model: type[Background] | type[Contribution], row: Collaboration) -> None:
    many = len(session.scalars(select(model.id).where(model.collaboration_id == row.id).limit(MAX_THINGS)).all())
    if many >= MAX_THINGS:
        raise RefusedError(N_("At most {limit} entries fit here."), limit=MAX_THINGS)


def withdraw_background(ctx: Context, actor: Actor, collaboration_id: str, background_id: str) -> None:
    """Take back what the actor's party listed; it stays on record as withdrawn.

    Raises:
        NotFoundError: no such thing here. ForbiddenError: another party's. RefusedError: withdrawn already, or closed.
    """
    _withdraw(ctx, actor, collaboration_id, background_id, Background)


def withdraw_contribution(ctx: Context, actor: Actor, collaboration_id: str, contribution_id: str) -> None:
    """Take back a contribution of the actor's party; it stays on record and counts no more in later splits.

    Raises:
        NotFoundError: no such thing here. ForbiddenError: another party's. RefusedError: withdrawn already, or closed.
    """
    _withdraw(ctx, actor, collaboration_id, contribution_id, Contribution)


def _withdraw(ctx: Context, actor: Actor, collaboration_id: str, thing_id: str, model: type[Background] | type[Contribution]) -> None:
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        whose = session.scalar(select(model.party_id).where(model.id == thing_id, model.collaboration_id == collaboration_id))
        if whose is None:
            raise NotFoundError(N_("There is no such entry in this collaboration."))
        if whose != party.id:
            raise ForbiddenError(_NOT_YOURS)
    gone = RefusedError(N_("This was withdrawn already."))
    step = Update(model, (model.id == thing_id, model.withdrawn_at.is_(None)), {"withdrawn_at": ctx.now()}, otherwise=gone)
    ctx.write(WritePlan((step, changed(row, row.revision))))


def add_contribution(ctx: Context, actor: Actor, collaboration_id: str, order: AddContribution) -> str:
    """Record what the actor's party did. Returns the contribution's id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: fields that were refused, each with its limit and the remedy.
        RefusedError: the collaboration is closed.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        _require_room(session, Contribution, row)
        said, linked = _checked(session, actor, party, order)
    version_id = linked[1].id if linked else None
    if order.register:
        version_id = _register(ctx, actor, party, said["title"], order.details)
    thing = {
        "id": ctx.new_id(),
        "collaboration_id": row.id,
        "party_id": party.id,
        "person_id": access.require_person(actor),
        "role": order.role,
        "degree": order.degree or None,
        "said_sealed": ctx.seal(row.key_id, "contribution.said", json.dumps(said, ensure_ascii=False, sort_keys=True).encode()),
        "severable": order.severable,
        "built_on": " ".join(order.built_on),
        "version_id": version_id,
        "created_at": ctx.now(),
    }
    ctx.write(WritePlan((changed(row, row.revision), Insert(Contribution, (thing,)), *idempotency.mark(actor, str(thing["id"])))))
    return str(thing["id"])


def _checked(
    session: Session, actor: Actor, party: CollaborationParty, order: AddContribution
) -> tuple[dict[str, str], tuple[Idea, IdeaVersion] | None]:
    """What rests sealed of a contribution, and the registration it names."""
    said: dict[str, str] = {}
    with collecting() as check:
        said["title"] = check(clean_line, "/title", order.title, MAX_TITLE)
        check(clean_choice, "/role", order.role, tuple(ROLES))
        if order.degree:
            check(clean_choice, "/degree", order.degree, tuple(DEGREES))
        amounts = {name: check(_amount, f"/{name}", getattr(order, name)) for name in ("points", "hours", "cost")}
        said |= {name: fraction_text(amount) for name, amount in amounts.items() if amount is not None}
        if amounts["cost"] is not None:
            said["currency"] = check(_currency, "/currency", order.currency)
        check(_require_here, session, party.collaboration_id, order.built_on)
        linked = check(own_version, session, actor, party, order.idea_id)
        if order.register and order.idea_id:
            check.refuse("/register", N_("Name a registration, or register now; not both."))
        check(clean_text, "/details", order.details, MAX_DETAILS, required=order.register)
    return said, linked


def _amount(pointer: str, text: str | None) -> Fraction | None:
    """An exact number, not negative; a comma is taken for the decimal mark. None when nothing was said."""
    written = clean_line(pointer, text or "", 64, required=False)
    return None if not written else _placed(pointer, lambda: _not_negative(pointer, exact(written.replace(",", "."))))


def _not_negative(pointer: str, number: Fraction) -> Fraction:
    check_amount(pointer, number)
    return number


def _placed(pointer: str, read: Callable[[], Fraction]) -> Fraction:
    try:
        return read()
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def _currency(pointer: str, text: str) -> str:
    code = clean_line(pointer, text, 3).upper()
    if code not in currencies():
        raise InputError.at(pointer, N_("There is no currency {code}. Write its three letters after ISO 4217, such as EUR."), code=code)
    return code


def currencies() -> frozenset[str]:
    """Codes of the currencies known to CLDR."""
    return frozenset(str(code) for code in Locale("en").currencies)


def _require_here(session: Session, collaboration_id: str, ids: tuple[str, ...]) -> None:
    """Hold when every id is background or a contribution of this collaboration, each once.

    Raises:
        InputError: at ``/built_on``.
    """
    if len(ids) > MAX_BUILT_ON:
        raise InputError.at("/built_on", N_("At most {limit} things can be named here"), limit=MAX_BUILT_ON)
    known: set[Any] = set()
    for model in (Background, Contribution):
        standing = (model.collaboration_id == collaboration_id, model.withdrawn_at.is_(None), model.id.in_(ids))
        known |= set(session.scalars(select(model.id).where(*standing)))
    if len(set(ids)) != len(ids) or set(ids) - known:
        raise InputError.at("/built_on", N_("Name background and contributions of this collaboration, each once."))


def _register(ctx: Context, actor: Actor, party: CollaborationParty, title: str, details: str) -> str:
    """Register a contribution in the party's name; a crash after this leaves a registration that can still be named."""
    registering = replace(actor, organisation_id=party.organisation_id, request_key=None)  # the key belongs to the contribution
    order = registration.RegisterIdea(title, details, _language(actor), "contribution")
    made = registration.register_idea(ctx, registering, order, open_intake(ctx, registering))
    return made.version_id


def _language(actor: Actor) -> str:
    return actor.language if actor.language in registration.LANGUAGES else "en"


def own_registrations(ctx: Context, actor: Actor, collaboration_id: str) -> list[tuple[str, str]]:
    """(id, title or neutral label) of what the actor's party may point at, newest first, at most 200.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        rows = session.execute(
            select(Idea, IdeaVersion)
            .join(IdeaVersion, (IdeaVersion.idea_id == Idea.id) & (IdeaVersion.number == Idea.versions))
            .where(Idea.id.in_(access.visible(actor, "idea", "prove")))
            .where(Idea.organisation_id == party.organisation_id, Idea.state != "erased")
            .order_by(Idea.id.desc())
            .limit(200)
        ).all()
    return [(idea.id, ctx.open_text(idea.key_id, "idea.title", version.title_sealed) or idea.label) for idea, version in rows]
