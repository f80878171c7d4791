"""Initiatives that were pre-checked, kept for an organisation, so that one can come back, change who takes part and check again.

Kept is what was typed, encrypted under a key of its own; what the law makes of it is computed anew each time one looks. Nothing is
evidence here: a kept initiative is changed and taken away at will.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from ipr_service.errors import N_, NotFoundError, RefusedError
from ipr_service.rights.precheck import Participant, Precheck
from ipr_service.services import access, idempotency, law
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.words import clean_email, clean_line
from ipr_service.store.schema import Initiative
from ipr_service.store.schema import Participant as Holds
from ipr_service.store.sequencer import Delete, Insert, Update, WritePlan

MAX_TITLE, MAX_KEPT = 200, 500


@dataclass(frozen=True)
class Keep:
    """What to keep.

    Args:
        country: of a pack. rights: at least one. date: ISO 8601, or empty for the present. people: as in a pre-check.
        mails: participant id to mail address, for the draft; who has none is left out.
    """

    title: str
    country: str
    rights: tuple[str, ...]
    people: tuple[Participant, ...]
    date: str = ""
    mails: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """An initiative as it was kept."""

    id: str
    said: Keep
    changed_at: datetime


def keep(ctx: Context, actor: Actor, order: Keep, initiative_id: str | None = None) -> str:
    """Keep an initiative for the organisation acted for, or change one that is kept. Returns its id.

    Raises:
        UnauthenticatedError, NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused, those of the pre-check among them. RefusedError: too many are kept.
    """
    said = _checked(ctx, order)
    if initiative_id is None:
        return _new(ctx, actor, said)
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "initiative", initiative_id)
        key_id = session.get_one(Initiative, initiative_id).key_id
    gone = NotFoundError(N_("There is no such initiative."))
    values = {"said_sealed": ctx.seal(key_id, "initiative.said", said), "changed_at": ctx.now()}
    ctx.write(
        WritePlan((Update(Initiative, (Initiative.id == initiative_id,), values, otherwise=gone), *idempotency.mark(actor, initiative_id)))
    )
    return initiative_id


def _new(ctx: Context, actor: Actor, said: bytes) -> str:
    organisation_id, person_id = access.require_creation(actor, "initiative"), access.require_person(actor)
    with ctx.database.reading() as session:
        many = session.scalar(select(func.count()).select_from(Initiative).where(Initiative.organisation_id == organisation_id)) or 0
    if many >= MAX_KEPT:
        raise RefusedError(N_("At most {limit} entries fit here."), limit=MAX_KEPT)
    initiative_id, key_id, now = ctx.new_id(), ctx.new_id(), ctx.now()
    ctx.keys.create(key_id)
    row = {
        "id": initiative_id,
        "organisation_id": organisation_id,
        "person_id": person_id,
        "key_id": key_id,
        "said_sealed": ctx.seal(key_id, "initiative.said", said),
        "created_at": now,
        "changed_at": now,
    }
    owner = {"id": ctx.new_id(), "thing_id": initiative_id, "kind": "initiative", "organisation_id": organisation_id, "person_id": None}
    steps = (Insert(Initiative, (row,)), Insert(Holds, (owner | {"role": "owner", "created_at": now},)))
    ctx.write(WritePlan((*steps, *idempotency.mark(actor, initiative_id))))
    return initiative_id


def _checked(ctx: Context, order: Keep) -> bytes:
    """What rests sealed, after the pre-check took it."""
    title = clean_line("/title", order.title, MAX_TITLE)
    law.check(order.country, order.rights, order.people, law.day(ctx, order.date))
    mails = {one: clean_email("/email", mail) for one, mail in order.mails.items() if mail.strip()}
    people = [vars(one) | ({"email": mails[one.id]} if one.id in mails else {}) for one in order.people]
    data = {"title": title, "country": order.country, "rights": list(order.rights), "date": order.date, "people": people}
    return json.dumps(data, ensure_ascii=False, sort_keys=True).encode()


def _read(row: Initiative, text: str) -> Kept:
    data = json.loads(text)
    mails = {one["id"]: one.pop("email") for one in data["people"] if "email" in one}
    people = tuple(Participant(**one) for one in data["people"])
    return Kept(row.id, Keep(data["title"], data["country"], tuple(data["rights"]), people, data["date"], mails), row.changed_at)


def kept(ctx: Context, actor: Actor) -> tuple[Kept, ...]:
    """The initiatives that the actor may see, the one that was changed last first."""
    with ctx.database.reading() as session:
        query = select(Initiative).where(Initiative.id.in_(access.visible(actor, "initiative")))
        rows = session.scalars(query.order_by(Initiative.changed_at.desc(), Initiative.id.desc())).all()
        read = [(row, ctx.open_text(row.key_id, "initiative.said", row.said_sealed)) for row in rows]
    return tuple(_read(row, text) for row, text in read if text is not None)


def one(ctx: Context, actor: Actor, initiative_id: str) -> Kept:
    """One of them.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "initiative", initiative_id)
        row = session.get_one(Initiative, initiative_id)
        return _read(row, ctx.open(row.key_id, "initiative.said", row.said_sealed).decode())


def check(ctx: Context, actor: Actor, initiative_id: str) -> tuple[Kept, Precheck]:
    """One of them, and what the law makes of it now.

    Raises:
        NotFoundError: none that the actor may see.
    """
    found = one(ctx, actor, initiative_id)
    return found, law.check(found.said.country, found.said.rights, found.said.people, law.day(ctx, found.said.date))


def forget(ctx: Context, actor: Actor, initiative_id: str) -> None:
    """Take one away for good.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "edit", "initiative", initiative_id)
    ctx.write(WritePlan((Delete(Initiative, (Initiative.id == initiative_id,)), Delete(Holds, (Holds.thing_id == initiative_id,)))))
