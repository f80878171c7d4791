"""The register of results: what came out of a collaboration, as a right that licences can be about. Background stands in ``contributing``.

A result names its kind of right, where and until when it exists, the background it is built on, whose law fills what nobody says, whose
consent a licence needs if the parties agreed on that, and which third-party licences are in it. Who holds it is not typed here: it is the
accepted split. What is said rests encrypted under the collaboration's key, as the asset of a grant file (``rights.grant_terms``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, FieldProblem, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights.grant_terms import Asset
from ipr_service.rights.grant_terms import asset as read_asset
from ipr_service.rights.licences import Grant
from ipr_service.rights.strict_yaml import read
from ipr_service.services import access, allocation, collaboration, grant_entries, idempotency
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.joining import acting_party, changed, open_collaboration
from ipr_service.services.words import clean_line, collecting
from ipr_service.store.schema import (
    Background,
    Collaboration,
    CollaborationParty,
    Contributor,
    Idea,
    IdeaVersion,
    LicenceGrant,
    Result,
)
from ipr_service.store.sequencer import Insert, Update, WritePlan

MAX_TITLE, MAX_RESULTS = 200, 500


@dataclass(frozen=True)
class AddResult:
    """A result to list. Everything but the title may be empty.

    Args:
        right: patent, design, copyright, software, trademark, trade_secret …; as the packs call it when ``law`` is named.
        law: country whose pack fills what nobody says.
        territory: codes of ISO 3166 or macros, where the right exists.
        to: last day of the right, ``2050-05-31``.
        uses: ids of background of the collaboration.
        consent: as in a grant file, or None; ``{"who": "all"}``.
        outbound: SPDX expression; ``components``: (name, SPDX expression).
    """

    title: str
    right: str = ""
    law: str = ""
    territory: tuple[str, ...] = ()
    to: str = ""
    uses: tuple[str, ...] = ()
    consent: Mapping[str, Any] | None = None
    outbound: str = ""
    components: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ResultLine:
    """A result as the parties see it."""

    id: str
    party_id: str
    party: str
    title: str
    asset: Asset
    withdrawn_at: datetime | None
    created_at: datetime
    said: Mapping[str, Any] = field(default_factory=dict)
    idea_id: str | None = None


def add_result(ctx: Context, actor: Actor, collaboration_id: str, order: AddResult) -> str:
    """List a result. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: a field was refused.
        RefusedError: the collaboration is closed, or full.
    """
    result_id = ctx.new_id()
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        many = session.scalar(select(func.count()).select_from(Result).where(Result.collaboration_id == row.id)) or 0
        if many >= MAX_RESULTS:
            raise RefusedError(N_("At most {limit} entries fit here."), limit=MAX_RESULTS)
        said = checked(session, row.id, result_id, order)
    step = listed(ctx, actor, result_id, (row.id, row.key_id, party.id), said)
    ctx.write(WritePlan((changed(row, row.revision), step, *idempotency.mark(actor, result_id))))
    return result_id


def listed(
    ctx: Context, actor: Actor, result_id: str, place: tuple[str, str, str], said: Mapping[str, Any], idea_id: str | None = None
) -> Insert:
    """The row of a result.

    Args:
        place: ids of the collaboration, of its key, of the party that lists it. said: see :func:`checked`.
        idea_id: the registered idea that it is, if it is one.
    """
    collaboration_id, key_id, party_id = place
    values = {
        "id": result_id,
        "collaboration_id": collaboration_id,
        "party_id": party_id,
        "person_id": access.require_person(actor),
        "idea_id": idea_id,
        "said_sealed": ctx.seal(key_id, "result.said", json.dumps(said, ensure_ascii=False, sort_keys=True).encode()),
        "created_at": ctx.now(),
    }
    return Insert(Result, (values,))


def checked(session: Session, collaboration_id: str, result_id: str, order: AddResult) -> dict[str, Any]:
    """What rests sealed: title and asset, after the asset was read back as a file would be.

    Raises:
        InputError: a field was refused.
    """
    given: dict[str, Any] = {
        "right": order.right,
        "law": order.law,
        "territory": list(order.territory),
        "to": order.to,
        "uses": list(order.uses),
        "consent": order.consent,
        "outbound": order.outbound,
        "components": [{"name": name, "expression": expression} for name, expression in order.components],
    }
    asset = {"id": result_id} | {name: value for name, value in given.items() if value}
    with collecting() as check:
        title = check(clean_line, "/title", order.title, MAX_TITLE)
        check(as_typed, read_asset, asset)
        standing = (Background.collaboration_id == collaboration_id, Background.withdrawn_at.is_(None))
        known = set(session.scalars(select(Background.id).where(*standing)))
        if set(order.uses) - known:
            check.refuse("/uses", N_("Name background of this collaboration."))
        if order.components and not order.outbound:
            check.refuse(
                "/outbound", N_("Say which licence is meant to go out, so that the licences that come in can be compared with it.")
            )
    return {"title": title, "asset": asset}


def as_typed(reader: Any, data: Mapping[str, Any]) -> Any:
    """What ``reader`` makes of typed data, through the same strict reader as a file; lines mean nothing here and are left out.

    Raises:
        InputError: at the field.
    """
    try:
        return reader(read(json.dumps(data, ensure_ascii=False)))
    except InputError as problem:
        found = problem.problems[0] if problem.problems else FieldProblem("", problem.msgid, problem.values)
        raise InputError.at(found.pointer, found.msgid, **found.values) from problem


def withdraw_result(ctx: Context, actor: Actor, collaboration_id: str, result_id: str) -> None:
    """Take a result off the register; it stays on record. Only by the party that listed it, while no grant about it stands.

    Raises:
        NotFoundError, ForbiddenError, RefusedError
    """
    with ctx.database.reading() as session:
        party = acting_party(session, actor, "contribute", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        found = session.scalar(select(Result).where(Result.id == result_id, Result.collaboration_id == collaboration_id))
        if found is None:
            raise NotFoundError(N_("There is no such entry in this collaboration."))
        if found.party_id != party.id:
            raise ForbiddenError(N_("Each party says what it brings. Ask the party whose this is."))
        for grant in standing_grants(ctx, session, row):
            if grant.asset == result_id:
                raise RefusedError(N_("A licence in this result stands. Withdraw the licence first."))
    gone = RefusedError(N_("This was withdrawn already."))
    step = Update(Result, (Result.id == result_id, Result.withdrawn_at.is_(None)), {"withdrawn_at": ctx.now()}, otherwise=gone)
    ctx.write(WritePlan((step, changed(row, row.revision))))


def standing_grants(ctx: Context, session: Session, row: Collaboration) -> list[Grant]:
    """Every grant of the collaboration that stands; none after its key was erased."""
    query = select(LicenceGrant).where(LicenceGrant.collaboration_id == row.id, LicenceGrant.state == "standing")
    records = (grant_entries.record_of(ctx, row.key_id, grant) for grant in session.scalars(query.order_by(LicenceGrant.id)))
    return [record.grant for record in records if record is not None]


def result_lines(ctx: Context, session: Session, collaboration_id: str, *, with_withdrawn: bool = False) -> tuple[ResultLine, ...]:
    """The results in the order in which they were listed, each held as the accepted split says; without one, a registered idea that one
    party holds by itself is its own (:func:`held_alone`). The caller has asked ``access``."""
    key_id = session.get_one(Collaboration, collaboration_id).key_id
    names = {party.id: party.label for party in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
    held = split_holding(ctx, session, collaboration_id)
    query = select(Result).where(Result.collaboration_id == collaboration_id).order_by(Result.id)
    lines = []
    for row in session.scalars(query):
        text = ctx.open_text(key_id, "result.said", row.said_sealed)
        if text is None or (row.withdrawn_at is not None and not with_withdrawn):
            continue
        said = json.loads(text)
        holders = held or held_alone(session, row)
        asset = as_typed(read_asset, said["asset"] | ({"holders": holders} if holders else {}))
        at = row.withdrawn_at, row.created_at
        lines.append(ResultLine(row.id, row.party_id, names[row.party_id], said["title"], asset, *at, said["asset"], row.idea_id))
    return tuple(lines)


def held_alone(session: Session, row: Result) -> dict[str, int | str]:
    """Who holds a registered idea while nothing was agreed: its owner, if nobody else was ever asked into the collaboration and the newest
    version names nobody else. Else nobody knows, and nothing is assumed."""
    idea = None if row.idea_id is None else session.get(Idea, row.idea_id)
    if idea is None:
        return {}
    parties = session.scalars(select(CollaborationParty).where(CollaborationParty.collaboration_id == row.collaboration_id)).all()
    newest = select(IdeaVersion.id).where(IdeaVersion.idea_id == idea.id, IdeaVersion.number == idea.versions)
    others = select(Contributor.id).where(Contributor.version_id.in_(newest), Contributor.state.not_in(("self", "declined")))
    alone = len(parties) == 1 and parties[0].organisation_id == idea.organisation_id and session.scalar(others.limit(1)) is None
    return {row.party_id: 1} if alone else {}


def split_holding(ctx: Context, session: Session, collaboration_id: str) -> dict[str, str]:
    """Who holds the results: party to exact interest, by the accepted split; empty while none is accepted."""
    split = allocation.accepted_split(ctx, session, collaboration_id)
    return {} if split is None else {one.party_id: one.fraction_text for one in split.shares if one.fraction}


def background_assets(ctx: Context, session: Session, collaboration_id: str) -> dict[str, Asset]:
    """Background as assets: each held by its party alone."""
    lines = collaboration.background_lines(ctx, session, collaboration_id)
    return {line.id: as_typed(read_asset, {"id": line.id, "holders": {line.party_id: 1}}) for line in lines if not line.excluded}


def results(ctx: Context, actor: Actor, collaboration_id: str) -> tuple[ResultLine, ...]:
    """The results of a collaboration.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return result_lines(ctx, session, collaboration_id)
