"""Payouts: see what one would give and why, propose it, accept or decline, download the record."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.evidence.digest import to_base64
from ipr_service.services import collaboration, money, paying, payouts
from ipr_service.services.collaboration import Details
from ipr_service.services.money import Money
from ipr_service.services.payouts import OwnRule, ProposePayout, Told
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current
from ipr_service.web.money import everybody, frame
from ipr_service.web.pages import actor, ctx, done, logged_in, render
from ipr_service.web.sending import attachment

pages = Blueprint("payouts", __name__, url_prefix="/collaborations/<string(length=26):collaboration_id>/money/payouts")
OWN = ("fixed_party_id", "fixed_amount", "recoup_party_id", "recoup_cap", "recoup_of", "text")


def _order(form: Form) -> ProposePayout:
    own = OwnRule(form.value("costs") == "yes", *(form.value(name) for name in OWN))
    return ProposePayout(form.value("currency"), form.value("rule"), own)


@pages.route("/new", methods=["GET", "POST"])
@logged_in
@once
def new(collaboration_id: str) -> Response:
    """Choose what comes before the split, see every amount with its reason, then put it to everybody."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    seen = money.money(ctx(), actor(), collaboration_id)
    open_now = [book.currency for book in seen.books if book.unpaid]
    form = Form.read(currency=request.args.get("currency") or (open_now[0] if open_now else "EUR"), rule=_start(found))
    told: Told | None = None
    with form.catching():
        if form.sent and form.value("do") == "propose":
            made = paying.propose(ctx(), actor(), collaboration_id, _order(form))
            said = _("Proposed. Your party has accepted; the others answer now.")
            return done(said, "payouts.show", collaboration_id=collaboration_id, payout_id=made)
        if form.sent or open_now:
            told = payouts.preview(ctx(), actor(), collaboration_id, _order(form), current())
    if not form.sent:  # what a look at the page alone runs into is told on the page, but is no refusal
        form.status = 200
    books = [book.currency for book in seen.books]
    spent = [] if told is None or told.repays_costs else _spent(seen, told.currency)
    shown = {"told": told, "books": books, "spent": spent, "parties": everybody(found)}
    return render("money/payout_new.html", form.status, form=form, **shown, **frame(found))


def _spent(seen: Money, currency: str) -> list[tuple[str, int]]:
    """(party, units) of costs that are open: a payout that passes them over should not surprise anybody."""
    return [(one.name, one.advanced) for book in seen.books if book.currency == currency for one in book.holders if one.advanced > 0]


def _start(found: Details) -> str:
    """As the last time, once there was one."""
    paid = payouts.payouts(ctx(), actor(), found.line.id, current())
    return "last" if any(one.state == "paid" for one in paid) else "split"


def _show(collaboration_id: str, payout_id: str, form: Form) -> Response:
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    payout = payouts.details(ctx(), actor(), collaboration_id, payout_id, current())
    checks = [(one.holds, one.sentence.text(_)) for one in payouts.replay_of(ctx(), actor(), collaboration_id, payout_id)]
    asked = payouts.awaited(ctx(), actor(), collaboration_id, payout_id)
    seen = {"payout": payout, "told": payout.told, "asked": asked, "checks": checks, "b64": to_base64}
    return render("money/payout.html", form.status, form=form, **seen, **frame(found))


@pages.get("/<string(length=26):payout_id>")
@logged_in
def show(collaboration_id: str, payout_id: str) -> Response:
    """One payout: every amount, why, who has answered, and one's own answer."""
    return _show(collaboration_id, payout_id, Form())


@pages.post("/<string(length=26):payout_id>/accept")
@logged_in
@once
def accept(collaboration_id: str, payout_id: str) -> Response:
    """Accept for one's party."""
    state = paying.accept(ctx(), actor(), collaboration_id, payout_id)
    said = _("Accepted by all. It is credited in the ledger.") if state == "paid" else _("Accepted.")
    return done(said, "payouts.show", collaboration_id=collaboration_id, payout_id=payout_id)


@pages.post("/<string(length=26):payout_id>/decline")
@logged_in
@once
def decline(collaboration_id: str, payout_id: str) -> Response:
    """Decline for one's party, and say why."""
    form = Form.read()
    with form.catching():
        paying.decline(ctx(), actor(), collaboration_id, payout_id, form.value("reason"))
        return done(_("Declined. Everybody sees why."), "payouts.show", collaboration_id=collaboration_id, payout_id=payout_id)
    return _show(collaboration_id, payout_id, form)


@pages.get("/<string(length=26):payout_id>/payout.json")
@logged_in
def record(collaboration_id: str, payout_id: str) -> Response:
    """The record: whoever has it can compute the payout again."""
    text = payouts.record_of(ctx(), actor(), collaboration_id, payout_id)
    return attachment(text.encode(), "application/json", "payout.json")
