"""Money of a collaboration: the ledger, recording, statements, disputes. Payouts stand in ``payouts``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from ipr_service.errors import N_
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import fraction_text, percent
from ipr_service.rights.statement import KIND_WORDS
from ipr_service.services import account_statements, allocation, collaboration, crediting, disputing, money, payouts, recording
from ipr_service.services.access import Actor
from ipr_service.services.account_statements import AskStatement
from ipr_service.services.collaboration import Details
from ipr_service.services.context import Context
from ipr_service.services.disputing import RaiseHold
from ipr_service.services.money import HoldLine
from ipr_service.services.recording import RecordMoney
from ipr_service.web import desk
from ipr_service.web.collaborations import steps
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, done, logged_in, render
from ipr_service.web.sending import attachment

pages = Blueprint("money", __name__, url_prefix="/collaborations/<string(length=26):collaboration_id>/money")
KINDS = {
    "income": (N_("Income"), N_("Money came in to a party’s hands.")),
    "cost": (N_("Cost"), N_("A party spent money of its own for all.")),
    "transfer": (N_("Transfer"), N_("A party handed on what was due to another, or kept what was due to itself.")),
    "refund": (N_("Refund"), N_("Money that came in was given back.")),
    "correction": (N_("Correction of a cost"), N_("So much of a cost was recorded too much.")),
    "return": (N_("Paid back"), N_("A party that was paid too much gave money back.")),
}

PAYOUT_STATES = {
    "proposed": (N_("Waits for answers"), "now"),
    "paid": (N_("Paid out"), "done"),
    "declined": (N_("Declined"), "care"),
    "superseded": (N_("The books have changed since"), "off"),
}


def amount(units: int, currency: str) -> str:
    """An amount in the reader's numbers, with every decimal of its currency: some are usually shown with fewer, accounts are not."""
    return f"{number(units, currency)}\u00a0{currency}"


def number(units: int, currency: str) -> str:
    """The same without the currency's code."""
    places = places_of(currency)
    return str(format_decimal(Decimal(units).scaleb(-places), "#,##0" + (f".{'0' * places}" if places else "")))


def frame(found: Details) -> dict[str, Any]:
    """What every page about money needs: the collaboration, the journey, words."""
    return {
        "found": found,
        "steps": steps(found, allocation.splits(ctx(), actor(), found.line.id, current())),
        "amount": amount,
        "number": number,
        "day": format_date,
        "called": {party.id: party.label for party in found.parties},
        "units_text": lambda units, currency: units_text(units, places_of(currency)),
        "payout_state": {state: (_(word), kind) for state, (word, kind) in PAYOUT_STATES.items()},
        "kind_word": {kind: _(word) for kind, word in KIND_WORDS.items()},
    }


def everybody(found: Details) -> list[tuple[str, str]]:
    """(id, name) of the parties, for a list to choose from."""
    return [(party.id, party.label) for party in found.parties]


@desk.section(order=35)
def waiting_payouts(house: Context, who: Actor) -> desk.Section | None:
    """Payouts that wait for this person's answer; nothing of their own on the desk."""
    waiting = payouts.waiting(house, who)
    if not waiting:
        return None
    titles = {line.id: line.title for line in collaboration.collaborations(house, who)}
    asked = _("Accept or decline a payout")
    items = tuple(
        desk.Item(asked, f"/collaborations/{thing}/money/payouts/{payout}", _("Waits for you"), "now", titles.get(thing) or "")
        for thing, payout in waiting
    )
    return desk.Section(title=_("Money"), items=items, waiting=items)


@pages.get("")
@logged_in
def show(collaboration_id: str) -> Response:
    """The ledger: what came in, what is due to whom, every entry."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    seen = money.money(ctx(), actor(), collaboration_id)
    paid = payouts.payouts(ctx(), actor(), collaboration_id, current())
    accepted = next((one for one in allocation.splits(ctx(), actor(), collaboration_id, current()) if one.state == "accepted"), None)
    shares = {one.party_id: one.percent_text for one in accepted.shares} if accepted else {}
    claims = {
        one.id: [(_name(found, party), shares.get(party, ""), percent(share)) for party, share in one.claim.items()] for one in seen.holds
    }
    return render("money/show.html", money=seen, paid=paid, claims=claims, mine=found.mine, claimed_shares=_as_proposal, **frame(found))


def _as_proposal(hold: HoldLine) -> dict[str, str]:
    """The claim as the fields of a proposal, so that giving in to it is one click more."""
    return {f"share-{party}": fraction_text(part) for party, part in hold.claim.items()} | {"reason": hold.reason}


def _name(found: Details, party_id: str) -> str:
    return {party.id: party.label for party in found.parties}.get(party_id, party_id)


@pages.route("/record", methods=["GET", "POST"])
@logged_in
@once
def record(collaboration_id: str) -> Response:
    """Record what happened."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    mine = found.mine[0] if found.mine else None
    given = {name: request.args[name] for name in ("kind", "currency", "party_id", "to_party_id", "amount") if name in request.args}
    form = Form.read(**{"kind": "income", "currency": "EUR", "party_id": mine or ""} | given)
    if form.sent:
        names = ("kind", "amount", "currency", "party_id", "text", "to_party_id", "day")
        with form.catching():
            recording.record(ctx(), actor(), collaboration_id, RecordMoney(*(form.value(name) for name in names)))
            return done(_("Recorded. Everybody sees it."), "money.show", collaboration_id=collaboration_id)
    kinds = [(kind, _(name), _(what)) for kind, (name, what) in KINDS.items()]
    return render("money/record.html", form.status, form=form, kinds=kinds, parties=everybody(found), today=_today(), **frame(found))


def _today() -> str:
    return ctx().now().date().isoformat()


@pages.get("/statement")
@logged_in
def statement(collaboration_id: str) -> Response:
    """One party's account: on the page, as a table or on paper."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    asked = AskStatement(*(request.args.get(name, "") for name in ("party_id", "currency", "first", "last")))
    stated = account_statements.stated(ctx(), actor(), collaboration_id, asked, current())
    form = request.args.get("form", "")
    if form == "csv":
        return attachment(account_statements.as_csv(stated, current()).encode(), "text/csv", account_statements.file_name(stated, "csv"))
    if form == "pdf":
        paper = account_statements.as_pdf(ctx(), stated, collaboration_id, current())
        return attachment(paper, "application/pdf", account_statements.file_name(stated, "pdf"))
    return render("money/statement.html", asked=asked, stated=stated, form=Form(start=_dates(stated)), **frame(found))


@pages.get("/entries/<string(length=26):entry_id>/proof")
@logged_in
def proof(collaboration_id: str, entry_id: str) -> Response:
    """The proof bundle of a payout, or of money that a dispute had kept aside."""
    bundle = crediting.proof_of(ctx(), actor(), collaboration_id, entry_id, current())
    return attachment(bundle, "application/vnd.etsi.asic-e+zip", "payout.asice")


def _dates(stated: account_statements.Stated) -> dict[str, str]:
    return {"first": stated.statement.first.isoformat(), "last": stated.statement.last.isoformat()}


@pages.route("/dispute", methods=["GET", "POST"])
@logged_in
@once
def dispute(collaboration_id: str) -> Response:
    """Claim other shares; what depends on it is kept aside."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    accepted = next((one for one in allocation.splits(ctx(), actor(), collaboration_id, current()) if one.state == "accepted"), None)
    shares = accepted.shares if accepted else ()
    form = Form.read(**{f"share-{one.party_id}": one.fraction_text for one in shares})
    if form.sent:
        with form.catching():
            claim = tuple((one.party_id, form.value(f"share-{one.party_id}")) for one in shares)
            disputing.hold(ctx(), actor(), collaboration_id, RaiseHold(claim, form.value("reason")))
            return done(_("Raised. What depends on it is kept aside from now on."), "money.show", collaboration_id=collaboration_id)
    return render("money/dispute.html", form.status, form=form, shares=shares, **frame(found))


@pages.post("/holds/<string(length=26):hold_id>/release")
@logged_in
@once
def release(collaboration_id: str, hold_id: str) -> Response:
    """End a dispute."""
    disputing.release(ctx(), actor(), collaboration_id, hold_id)
    said = _("Ended. What it alone kept aside went to the parties, and stands in the log.")
    return done(said, "money.show", collaboration_id=collaboration_id)
