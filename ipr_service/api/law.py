"""The law through the API, for everyone: packs, rows, what holds if nobody signs, what an initiative lacks. An initiative may be kept."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import request

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import law as schemas
from ipr_service.rights import jurisdictions, law_record, unsigned
from ipr_service.services import initiatives, law
from ipr_service.services.initiatives import Keep, Kept
from ipr_service.services.languages import say

blueprint = Resource("law", __name__, url_prefix="/law", description="What the law says, with sources, for everyone. Not legal advice")


def _say() -> law_record.Say:
    """The catalogue of the caller's language; rows stay in the words of their source."""
    return partial(say, request.accept_languages.best_match(context().settings.languages) or "en")


@blueprint.get("/countries")
@blueprint.response(200, schemas.Pack(many=True))
@blueprint.for_everyone
def countries() -> Any:
    """The jurisdictions there are packs for, and the rights that each has rows about."""
    packs = [jurisdictions.pack(country) for country in jurisdictions.countries()]
    return [
        {
            "country": one.country,
            "title": one.title,
            "pack": one.reference,
            "digest": one.digest.hex(),
            "rights": list(one.rights),
            "rows": len(one.rows),
        }
        for one in packs
    ]


@blueprint.get("/rows")
@blueprint.arguments(schemas.RowQuery, location="query")
@blueprint.response(200, schemas.Row(many=True))
@blueprint.for_everyone
def rows(query: dict[str, Any]) -> Any:
    """The rows of a country, in the order of the source table, with what each is worth on the day. Unverified rows are shown."""
    house = context()
    on = law.day(house, query["date"])
    return [law_record.row(row, on, house.now().date()) for row in law.rows(query["country"], query["right"])]


@blueprint.post("/preview")
@blueprint.arguments(schemas.PreviewQuery)
@blueprint.response(200, schemas.Outlook)
@blueprint.for_everyone
def preview(query: dict[str, Any]) -> Any:
    """If these people sign nothing: owners, shares, powers, form and moral rights by law. Nothing is stored, no key is needed."""
    makers = [law.maker(at, one) for at, one in enumerate(query["makers"])]
    on = law.day(context(), query["date"])
    return law_record.outlook(unsigned.outlook(query["country"], query["right"], makers, on, query["facts"]), _say())


@blueprint.post("/check")
@blueprint.arguments(schemas.CheckQuery)
@blueprint.response(200, schemas.Check)
@blueprint.for_everyone
def check(query: dict[str, Any]) -> Any:
    """Pre-check of an initiative: who will own what if it started today, and which paper is missing. Nothing is stored."""
    people = [law.participant(at, one) for at, one in enumerate(query["people"])]
    return law_record.precheck(law.check(query["country"], query["rights"], people, law.day(context(), query["date"])), _say())


_KEPT = "/initiatives/<string(length=26):initiative_id>"


@blueprint.get("/initiatives")
@blueprint.response(200, schemas.Kept(many=True))
def list_initiatives() -> Any:
    """List the initiatives that were checked and kept, the one changed last first."""
    return [_kept(one) for one in initiatives.kept(context(), actor())]


@blueprint.post("/initiatives")
@once
@blueprint.arguments(schemas.Keep)
@blueprint.response(201, schemas.Kept)
def keep_initiative(order: dict[str, Any]) -> Any:
    """Keep an initiative for the organisation of the key, so that one can come back and check again."""
    made = initiatives.keep(context(), actor(), _order(order))
    return _kept(initiatives.one(context(), actor(), made)), 201, {"Location": f"/api/v1/law/initiatives/{made}"}


@blueprint.get(_KEPT)
@blueprint.response(200, schemas.Kept)
def show_initiative(initiative_id: str) -> Any:
    """Look at a kept initiative, with what the law makes of it now."""
    found, checked = initiatives.check(context(), actor(), initiative_id)
    return _kept(found) | {"check": law_record.precheck(checked, _say())}


@blueprint.put(_KEPT)
@once
@blueprint.arguments(schemas.Keep)
@blueprint.response(200, schemas.Kept)
def change_initiative(order: dict[str, Any], initiative_id: str) -> Any:
    """Change a kept initiative."""
    initiatives.keep(context(), actor(), _order(order), initiative_id)
    return _kept(initiatives.one(context(), actor(), initiative_id))


@blueprint.delete(_KEPT)
@blueprint.response(204)
def forget_initiative(initiative_id: str) -> None:
    """Take a kept initiative away."""
    initiatives.forget(context(), actor(), initiative_id)


def _order(order: dict[str, Any]) -> Keep:
    mails = {one["id"]: mail for one in order["people"] if (mail := one.pop("email"))}
    people = tuple(law.participant(at, one) for at, one in enumerate(order["people"]))
    return Keep(order["title"], order["country"], tuple(order["rights"]), people, order["date"], mails)


def _kept(one: Kept) -> dict[str, Any]:
    people = [vars(each) | {"email": one.said.mails.get(each.id, "")} for each in one.said.people]
    return {"id": one.id, "changed_at": one.changed_at, **vars(one.said), "people": people}
