"""Money of a collaboration: record, pay out, dispute, state accounts."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from ipr_service.api.auth import actor
from ipr_service.api.idempotency import once
from ipr_service.api.pages import PageQuery, page
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import money as schemas
from ipr_service.api.sending import attachment
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import fraction_text
from ipr_service.services import account_statements, crediting, disputing, money, paying, payouts, recording
from ipr_service.services.account_statements import AskStatement
from ipr_service.services.disputing import RaiseHold
from ipr_service.services.money import Book, LedgerLine
from ipr_service.services.payouts import OwnRule, ProposePayout
from ipr_service.services.recording import RecordMoney

blueprint = Resource("money", __name__, url_prefix="/collaborations", description="Ledger, payouts, disputes, statements")
_MONEY = "/<string(length=26):collaboration_id>/money"
_PAYOUT = f"{_MONEY}/payouts/<string(length=26):payout_id>"


def _language() -> str:
    return request.accept_languages.best_match(context().settings.languages) or "en"


def _book(book: Book) -> dict[str, Any]:
    places = places_of(book.currency)
    holders = [
        {"party_id": one.party_id, "name": one.name}
        | {name: units_text(getattr(one, name), places) for name in ("due", "cash", "advanced")}
        for one in book.holders
    ]
    counts = {name: units_text(getattr(book, name), places) for name in ("income", "unpaid", "held")}
    return {"currency": book.currency, **counts, "holders": holders, "open_payout": book.open_payout}


def _entry(line: LedgerLine) -> dict[str, Any]:
    places = places_of(line.currency)
    postings = [{"account": one.account, "amount": units_text(one.units, places)} for one in line.transaction.postings]
    return {**vars(line), "amount": line.amount_text, "day": line.day.isoformat(), "postings": postings}


@blueprint.get(_MONEY)
@blueprint.response(200, schemas.Money)
def show(collaboration_id: str) -> Any:
    """Look at the money of a collaboration: what came in, what is due to whom, every entry."""
    found = money.money(context(), actor(), collaboration_id)
    return {
        "books": [_book(book) for book in found.books],
        "entries": [_entry(line) for line in found.lines],
        "holds": [{**vars(one), "claim": {party: fraction_text(share) for party, share in one.claim.items()}} for one in found.holds],
    }


@blueprint.post(f"{_MONEY}/entries")
@once
@blueprint.arguments(schemas.RecordMoney)
@blueprint.response(201, schemas.Made)
def record(order: dict[str, Any], collaboration_id: str) -> Any:
    """Record what happened. It ends a proposed payout of the same currency, which was computed without it."""
    return {"id": recording.record(context(), actor(), collaboration_id, RecordMoney(**order))}


def _order(order: dict[str, Any]) -> ProposePayout:
    return ProposePayout(order["currency"], order["rule"], OwnRule(**order["own"]))


@blueprint.post(f"{_MONEY}/preview")
@once
@blueprint.arguments(schemas.ProposePayout)
@blueprint.response(200, schemas.Told)
def preview(order: dict[str, Any], collaboration_id: str) -> Any:
    """See what a payout would give now, and why. Nothing is stored."""
    return payouts.preview(context(), actor(), collaboration_id, _order(order), _language())


@blueprint.get(f"{_MONEY}/payouts")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.Payout(many=True))
def listed(query: dict[str, Any], collaboration_id: str) -> Any:
    """List the payouts of a collaboration, newest first."""
    ctx, who, language = context(), actor(), _language()
    shown, headers = page(
        query,
        lambda before, count: payouts.payouts(ctx, who, collaboration_id, language, before=before, count=count),
        lambda one: one.id,
    )
    return shown, 200, headers


@blueprint.post(f"{_MONEY}/payouts")
@once
@blueprint.arguments(schemas.ProposePayout)
@blueprint.response(201, schemas.Payout)
def propose(order: dict[str, Any], collaboration_id: str) -> Any:
    """Propose a payout; your party accepts it by that. When all others have accepted, it is credited in the ledger."""
    made = paying.propose(context(), actor(), collaboration_id, _order(order))
    found = payouts.details(context(), actor(), collaboration_id, made, _language())
    return found, 201, {"Location": f"/api/v1/collaborations/{collaboration_id}/money/payouts/{made}"}


@blueprint.get(_PAYOUT)
@blueprint.response(200, schemas.Payout)
def details(collaboration_id: str, payout_id: str) -> Any:
    """Look at a payout: amounts, reasons, answers."""
    return payouts.details(context(), actor(), collaboration_id, payout_id, _language())


@blueprint.post(f"{_PAYOUT}/accept")
@once
@blueprint.response(200, schemas.Answered)
def accept(collaboration_id: str, payout_id: str) -> Any:
    """Accept for your party; the last acceptance pays out."""
    return {"state": paying.accept(context(), actor(), collaboration_id, payout_id)}


@blueprint.post(f"{_PAYOUT}/decline")
@once
@blueprint.arguments(schemas.Decline)
@blueprint.response(200, schemas.Answered)
def decline(order: dict[str, Any], collaboration_id: str, payout_id: str) -> Any:
    """Decline for your party, with a reason. The proposal ends."""
    paying.decline(context(), actor(), collaboration_id, payout_id, order["reason"])
    return {"state": "declined"}


@blueprint.get(f"{_PAYOUT}/record")
@blueprint.response(200, content_type="application/json")
def payout_record(collaboration_id: str, payout_id: str) -> Response:
    """Download the record (payout.json): with it anybody computes the payout again, offline."""
    text = payouts.record_of(context(), actor(), collaboration_id, payout_id)
    return attachment(text.encode(), "application/json", "payout.json")


@blueprint.get(f"{_PAYOUT}/replay")
@blueprint.response(200, schemas.Report)
def replay(collaboration_id: str, payout_id: str) -> Any:
    """Compute the payout again and compare it with its record."""
    checks = payouts.replay_of(context(), actor(), collaboration_id, payout_id)
    told = [{"name": one.name, "holds": one.holds, "detail": str(one.sentence)} for one in checks]
    return {"holds": all(one.holds for one in checks), "checks": told}


@blueprint.post(f"{_MONEY}/holds")
@once
@blueprint.arguments(schemas.RaiseHold)
@blueprint.response(201, schemas.Made)
def hold(order: dict[str, Any], collaboration_id: str) -> Any:
    """Dispute the accepted split: what depends on it is kept aside in every payout from now on."""
    claim = tuple(order["claim"].items())
    return {"id": disputing.hold(context(), actor(), collaboration_id, RaiseHold(claim, order["reason"]))}


@blueprint.post(f"{_MONEY}/holds/<string(length=26):hold_id>/release")
@once
@blueprint.response(204)
def release(collaboration_id: str, hold_id: str) -> None:
    """Withdraw your party's dispute; or end all of them, when a newer split was accepted. What they kept aside goes to the parties."""
    disputing.release(context(), actor(), collaboration_id, hold_id)


@blueprint.get(f"{_MONEY}/entries/<string(length=26):entry_id>/proof")
@blueprint.response(200, content_type="application/vnd.etsi.asic-e+zip")
def proof(collaboration_id: str, entry_id: str) -> Response:
    """Download the proof bundle of a payout or of released money: what was credited to whom, accepted by whom, by which split."""
    bundle = crediting.proof_of(context(), actor(), collaboration_id, entry_id, _language())
    return attachment(bundle, "application/vnd.etsi.asic-e+zip", "payout.asice")


@blueprint.get(f"{_MONEY}/statement")
@blueprint.arguments(schemas.StatementQuery, location="query")
@blueprint.response(200, content_type="text/csv")
def statement(query: dict[str, Any], collaboration_id: str) -> Response:
    """Download a party's statement of account, as CSV or PDF."""
    form = query.pop("form")
    found = account_statements.stated(context(), actor(), collaboration_id, AskStatement(**query), _language())
    name = account_statements.file_name(found, form)
    if form == "csv":
        return attachment(account_statements.as_csv(found, _language()).encode(), "text/csv", name)
    return attachment(account_statements.as_pdf(context(), found, collaboration_id, _language()), "application/pdf", name)
