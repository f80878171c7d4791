"""Collaborations: begin, invite, join, record, propose, accept, replay; and what happens to a split afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, request

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.pages import PageQuery, expected_revision, page
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import collaborations as schemas
from ipr_service.api.sending import attachment
from ipr_service.services import allocation, collaboration, contributing, joining, offering, proposing, succeeding, what_if
from ipr_service.services.shares import Propose

blueprint = Resource("collaborations", __name__, url_prefix="/collaborations", description="Collaborations, contributions, splits")
_ID = "/<string(length=26):collaboration_id>"
_SPLIT = f"{_ID}/splits/<string(length=26):split_id>"


def _details(collaboration_id: str) -> Any:
    found = collaboration.collaboration(context(), actor(), collaboration_id)
    body = {**vars(found), **vars(found.line), "purpose": found.purpose, "parties": found.parties}
    return body, 200, {"ETag": f'"{found.revision}"'}


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Collaboration(many=True))
def collaborations(query: dict[str, Any]) -> Any:
    """List the collaborations that you may see, newest first."""
    ctx, who = context(), actor()
    shown, headers = page(
        query, lambda before, count: collaboration.collaborations(ctx, who, before=before, count=count), lambda line: line.id
    )
    return shown, 200, headers


@blueprint.post("")
@once
@blueprint.arguments(schemas.Begin)
@blueprint.response(201, schemas.Made)
def begin(order: dict[str, Any]) -> Any:
    """Begin a collaboration; the token's organisation is its first party."""
    made = joining.begin(context(), actor(), joining.Begin(**order))
    return {"id": made}, 201, {"Location": f"/api/v1/collaborations/{made}"}


@blueprint.post("/join")
@once
@blueprint.arguments(schemas.Join)
@blueprint.response(200, schemas.Made)
def join(order: dict[str, Any]) -> Any:
    """Join by the secret of a mailed link."""
    return {"id": joining.join(context(), actor(), order["secret"], order["organisation_id"])}


@blueprint.get(_ID)
@blueprint.response(200, schemas.Details)
def details(collaboration_id: str) -> Any:
    """Look at a collaboration: parties, background, contributions. The ETag counts its changes."""
    return _details(collaboration_id)


@blueprint.put(_ID)
@blueprint.arguments(schemas.Begin)
@blueprint.response(200, schemas.Details)
def edit(order: dict[str, Any], collaboration_id: str) -> Any:
    """Change title and purpose. Send If-Match with the ETag that you saw."""
    joining.edit(context(), actor(), collaboration_id, joining.Begin(**order), expected_revision())
    return _details(collaboration_id)


@blueprint.post(f"{_ID}/close")
@once
@blueprint.response(204)
def close(collaboration_id: str) -> None:
    """Close it: nothing can be added, everything can be seen."""
    joining.close(context(), actor(), collaboration_id)


@blueprint.post(f"{_ID}/parties")
@once
@blueprint.arguments(schemas.Invite)
@blueprint.response(201, schemas.Made)
def invite(order: dict[str, Any], collaboration_id: str) -> Any:
    """Invite a party by mail; the link works once, within 14 days."""
    return {"id": joining.invite(context(), actor(), collaboration_id, joining.Invite(**order))}


@blueprint.put(f"{_ID}/parties/<string(length=26):party_id>")
@blueprint.arguments(schemas.Part)
@blueprint.response(204)
def set_part(order: dict[str, Any], collaboration_id: str, party_id: str) -> None:
    """Say that a party makes, organises or funds."""
    joining.set_part(context(), actor(), collaboration_id, party_id, order["part"])


@blueprint.delete(f"{_ID}/parties/<string(length=26):party_id>")
@blueprint.response(204)
def leave(collaboration_id: str, party_id: str) -> None:
    """Take an invitation back, or leave."""
    joining.leave(context(), actor(), collaboration_id, party_id)


@blueprint.post(f"{_ID}/background")
@once
@blueprint.arguments(schemas.AddBackground)
@blueprint.response(201, schemas.Made)
def add_background(order: dict[str, Any], collaboration_id: str) -> Any:
    """List what your party had before and keeps."""
    return {"id": contributing.add_background(context(), actor(), collaboration_id, contributing.AddBackground(**order))}


@blueprint.delete(f"{_ID}/background/<string(length=26):background_id>")
@blueprint.response(204)
def withdraw_background(collaboration_id: str, background_id: str) -> None:
    """Take background back; it stays on record as withdrawn."""
    contributing.withdraw_background(context(), actor(), collaboration_id, background_id)


@blueprint.post(f"{_ID}/contributions")
@once
@blueprint.arguments(schemas.AddContribution)
@blueprint.response(201, schemas.Made)
def add_contribution(order: dict[str, Any], collaboration_id: str) -> Any:
    """Record what your party did."""
    order["built_on"] = tuple(order["built_on"])
    return {"id": contributing.add_contribution(context(), actor(), collaboration_id, contributing.AddContribution(**order))}


@blueprint.delete(f"{_ID}/contributions/<string(length=26):contribution_id>")
@blueprint.response(204)
def withdraw_contribution(collaboration_id: str, contribution_id: str) -> None:
    """Take a contribution back; it counts no more in later splits."""
    contributing.withdraw_contribution(context(), actor(), collaboration_id, contribution_id)


def _order(order: dict[str, Any]) -> Propose:
    return Propose(order["policy"], tuple(order["negotiated"].items()), order["reason"], tuple(_facts(order["facts"])))


def _facts(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Facts as (place, text)."""
    yield from ((f"case/{name}", text) for name, text in told["case"].items())
    for of in ("parties", "contributions"):
        yield from ((f"{of}/{about}/{name}", text) for about, own in told[of].items() for name, text in own.items())


def _language() -> str:
    return request.accept_languages.best_match(context().settings.languages) or "en"


@blueprint.post(f"{_ID}/preview")
@once
@blueprint.arguments(schemas.Propose)
@blueprint.response(200, schemas.Preview)
def preview(order: dict[str, Any], collaboration_id: str) -> Any:
    """See what a proposal would give now, and what changes against the last split. Nothing is stored."""
    return allocation.preview(context(), actor(), collaboration_id, _order(order), _language())


@blueprint.post(f"{_ID}/what-if")
@once
@blueprint.arguments(schemas.Imagine)
@blueprint.response(200, schemas.Imagined)
def imagine(order: dict[str, Any], collaboration_id: str) -> Any:
    """See what the shares would be if contributions said something else, and because of what. Nothing is stored."""
    told = {name: tuple(order[name].items()) for name in ("points", "hours", "degrees")}
    return what_if.imagine(context(), actor(), collaboration_id, what_if.Imagine(order["policy"], **told), _language())


@blueprint.get(f"{_ID}/rules")
@blueprint.response(200, schemas.Offer(many=True))
def rules(collaboration_id: str) -> Any:
    """List the rules that can be proposed: what each asks for, and what it gives now."""
    return list(offering.offers(context(), actor(), collaboration_id, language=_language()))


@blueprint.post(f"{_ID}/events/preview")
@once
@blueprint.arguments(schemas.Succeed)
@blueprint.response(200, schemas.Preview)
def preview_event(order: dict[str, Any], collaboration_id: str) -> Any:
    """See what the shares would be after somebody joined, left, or handed a share on. Nothing is stored."""
    return succeeding.preview(context(), actor(), collaboration_id, succeeding.Succeed(**order), _language())


@blueprint.post(f"{_ID}/events")
@once
@blueprint.arguments(schemas.Succeed)
@blueprint.response(201, schemas.Split)
def propose_event(order: dict[str, Any], collaboration_id: str) -> Any:
    """Put what happens to every party whose share it changes. The split that stands stays as it is until all of them have accepted."""
    made = succeeding.propose(context(), actor(), collaboration_id, succeeding.Succeed(**order))
    found = allocation.split(context(), actor(), collaboration_id, made, _language())
    return found, 201, {"Location": f"/api/v1/collaborations/{collaboration_id}/splits/{made}"}


@blueprint.get(f"{_ID}/splits")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Split(many=True))
def splits(query: dict[str, Any], collaboration_id: str) -> Any:
    """List the splits of a collaboration, newest first."""
    ctx, who, language = context(), actor(), _language()
    shown, headers = page(
        query,
        lambda before, count: allocation.splits(ctx, who, collaboration_id, language, before=before, count=count),
        lambda split: split.id,
    )
    return shown, 200, headers


@blueprint.post(f"{_ID}/splits")
@once
@blueprint.arguments(schemas.Propose)
@blueprint.response(201, schemas.Split)
def propose(order: dict[str, Any], collaboration_id: str) -> Any:
    """Put a split to all parties; it is logged at once and replaces one that is undecided."""
    made = proposing.propose(context(), actor(), collaboration_id, _order(order))
    found = allocation.split(context(), actor(), collaboration_id, made, _language())
    return found, 201, {"Location": f"/api/v1/collaborations/{collaboration_id}/splits/{made}"}


@blueprint.get(_SPLIT)
@blueprint.response(200, schemas.Split)
def split(collaboration_id: str, split_id: str) -> Any:
    """Look at a split: shares, reasons, answers."""
    return allocation.split(context(), actor(), collaboration_id, split_id, _language())


@blueprint.post(f"{_SPLIT}/accept")
@once
@blueprint.response(200, schemas.Answered)
def accept(collaboration_id: str, split_id: str) -> Any:
    """Accept for your party; the last acceptance freezes the split."""
    return proposing.accept(context(), actor(), collaboration_id, split_id)


@blueprint.post(f"{_SPLIT}/decline")
@once
@blueprint.arguments(schemas.Decline)
@blueprint.response(200, schemas.Answered)
def decline(order: dict[str, Any], collaboration_id: str, split_id: str) -> Any:
    """Decline for your party, with a reason. The proposal ends."""
    return proposing.decline(context(), actor(), collaboration_id, split_id, order["reason"])


@blueprint.get(f"{_SPLIT}/record")
@blueprint.response(200, content_type="application/json")
def record(collaboration_id: str, split_id: str) -> Response:
    """Download the record (split.json): with it anybody computes the split again, offline."""
    text = allocation.record_of(context(), actor(), collaboration_id, split_id)
    return attachment(text.encode(), "application/json", "split.json")


@blueprint.get(f"{_SPLIT}/replay")
@blueprint.response(200, schemas.Report)
def replay(collaboration_id: str, split_id: str) -> Any:
    """Compute the split again and compare it with what is stored and logged."""
    report = allocation.replay_of(context(), actor(), collaboration_id, split_id)
    checks = [{"name": one.name, "holds": one.holds, "detail": str(one.sentence)} for one in report.checks]
    return {"holds": bool(report), "checks": checks}
