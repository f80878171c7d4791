"""Collaborations: the list, one on its desk, who takes part, what each brings. The splits stand in ``splits``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import Blueprint, Response, request, url_for
from flask_babel import format_currency, ngettext
from flask_babel import gettext as _

from ipr_service.errors import N_
from ipr_service.rights.contributions import DEGREES, ROLES, Cost
from ipr_service.rights.notation import number_text
from ipr_service.services import agreements, allocation, collaboration, contributing, joining, limits, organisations
from ipr_service.services import invitations as invited
from ipr_service.services.access import Actor
from ipr_service.services.allocation import SplitDetails
from ipr_service.services.collaboration import Details
from ipr_service.services.context import Context
from ipr_service.services.invitations import Invitation
from ipr_service.web import desk, journey
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.invitations import arriving
from ipr_service.web.journey import At
from ipr_service.web.languages import current, offered
from ipr_service.web.pages import actor, client_address, ctx, done, go, logged_in, mailed, render
from ipr_service.web.pictures import ring

pages = Blueprint("collaborations", __name__, url_prefix="/collaborations")
PARTS = {
    "maker": (N_("Makes"), N_("Contributes to the result, and shares in it.")),
    "facilitation": (N_("Organises"), N_("Brings people together. Holds no share for that; the reason is recorded.")),
    "funding": (N_("Funds"), N_("Pays for the work. Holds no share for that; a return is another agreement.")),
}
DEGREE_WORDS = {
    "lead": N_("Led this"),
    "equal": N_("Did it together with others, as an equal"),
    "supporting": N_("Supported who led"),
}
STATES = {
    "proposed": (N_("Waits for answers"), "now"),
    "accepted": (N_("Accepted by all"), "done"),
    "declined": (N_("Declined"), "care"),
    "superseded": (N_("Replaced by a newer one"), "off"),
}

OVER = frozenset({"superseded", "ended", "withdrawn"})  # states of an agreement that says nothing about the journey


def words() -> dict[str, Any]:
    """What the templates call things."""
    return {
        "parts": [(part, _(name), _(what)) for part, (name, what) in PARTS.items()],
        "part_name": {part: _(name) for part, (name, _what) in PARTS.items()},
        "role_name": {role: _(name) for role, name in ROLES.items()},
        "degree_name": {degree: _(name) for degree, name in DEGREES.items()},
        "split_state": {state: (_(word), kind) for state, (word, kind) in STATES.items()},
        "number": lambda amount: number_text(amount, get_decimal_symbol(current())),
        "money": _money,
    }


def _money(cost: Cost) -> str:
    """An amount in the reader's way; exact also where it is no whole number of cents."""
    if (cost.amount * 100).denominator != 1:
        return f"{number_text(cost.amount, get_decimal_symbol(current()))} {cost.currency}"
    return str(format_currency(Decimal(cost.amount.numerator) / Decimal(cost.amount.denominator), cost.currency))


def steps(found: Details, splits: Sequence[SplitDetails]) -> list[journey.Step]:
    """The journey, as far as this collaboration knows it."""
    made, address = len(found.contributions), f"/collaborations/{found.line.id}"
    accepted = next((one for one in splits if one.state == "accepted"), None)
    open_now = next((one for one in splits if one.state == "proposed"), None)
    said = ngettext("%(num)d contribution", "%(num)d contributions", made)
    together = At("done" if accepted else "now", said if made else _("Nothing recorded yet"), address)
    if open_now:
        agree = At("now", _("%(done)d of %(all)d accepted", **_count(open_now)), f"{address}/splits/{open_now.id}")
    elif accepted:
        agree = At("done", _("Accepted by all"), f"{address}/splits/{accepted.id}")
    else:
        agree = At("waiting", _("No split yet"))
    known = {"together": together, "agree": agree}
    points_at = [line.registration for line in found.contributions] + [line.registration for line in found.background]
    if logged := sum(1 for registration in points_at if registration is not None):
        known["register"] = At("done", ngettext("%(num)d entry in the log", "%(num)d entries in the log", logged))
    drafted = _drafted(found.line.id)
    if not drafted and accepted and not open_now:
        drafted = {"draft": At("now", _("Ready to draft"))}
    return journey.steps(known | drafted)


def _drafted(collaboration_id: str) -> dict[str, At]:
    """Where the newest agreement of the collaboration that still counts stands."""
    lines = agreements.agreements(ctx(), actor(), collaboration_id=collaboration_id)
    line = next((one for one in lines if one.kind == "co-development" and one.state not in OVER), None)
    if line is None:
        return {}
    there = url_for("agreements.show", agreement_id=line.id)
    if line.state == "executed":
        return {"draft": At("done", _("Final text"), there), "sign": At("done", _("Executed"), there)}
    if line.state == "signing":
        signed = _("%(signed)d of %(required)d signed", signed=line.signed, required=line.required)
        return {"draft": At("done", _("Final text"), there), "sign": At("now", signed, there)}
    if line.state == "frozen":
        return {"draft": At("done", _("Final text"), there), "sign": At("now", _("Not sent yet"), there)}
    return {"draft": At("now", _("Begun"), there)}


def _count(split: SplitDetails) -> dict[str, int]:
    return {"done": sum(1 for one in split.answers if one.state == "accepted"), "all": len(split.answers)}


@desk.section(order=30)
def on_the_desk(house: Context, who: Actor) -> desk.Section | None:
    """The newest collaborations; the proposals that wait for an answer."""
    lines = collaboration.collaborations(house, who, count=5)
    waiting = allocation.waiting(house, who)
    titles, asked = {line.id: line.title for line in lines}, _("Accept or decline a split")
    return desk.Section(
        title=_("Collaborations"),
        items=tuple(desk.Item(line.title or _("Erased"), f"/collaborations/{line.id}", detail=_parties(line.parties)) for line in lines),
        waiting=tuple(
            desk.Item(asked, f"/collaborations/{thing}/splits/{split}", _("Waits for you"), "now", titles.get(thing) or "")
            for thing, split in waiting
        ),
        more="/collaborations",
        empty=(_("You work with nobody here yet."), "/collaborations/new", _("Begin a collaboration")),
    )


def _parties(many: int) -> str:
    return str(ngettext("%(num)d party", "%(num)d parties", many))


@pages.get("")
@logged_in
def index() -> Response:
    """All collaborations that one may see."""
    before = request.args.get("before")
    lines = collaboration.collaborations(ctx(), actor(), before=before, count=51)
    return render("collaborations/index.html", lines=lines[:50], more=lines[49].id if len(lines) > 50 else "", parties=_parties)


@pages.route("/new", methods=["GET", "POST"])
@logged_in
@once
def new() -> Response:
    """Begin a collaboration."""
    form = Form.read()
    if form.sent:
        with form.catching():
            made = joining.begin(ctx(), actor(), joining.Begin(form.value("title"), form.value("purpose")))
            return done(_("The collaboration is here. Invite the others next."), "collaborations.show", collaboration_id=made)
    return render("collaborations/edit.html", form.status, form=form, found=None)


@pages.get("/<collaboration_id>")
@logged_in
def show(collaboration_id: str) -> Response:
    """One collaboration on its desk."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    splits = allocation.splits(ctx(), actor(), collaboration_id, current())
    standing = next((one for one in splits if one.state in {"proposed", "accepted"}), None)
    accepted = next((one for one in splits if one.state == "accepted"), None)
    things = {line.id: line.title for line in found.contributions} | {line.id: line.description for line in found.background}
    return render(
        "collaborations/show.html",
        found=found,
        splits=splits,
        split=standing,
        accepted=accepted,
        later=_later(found, standing) if standing else "",
        things=things,
        steps=steps(found, splits),
        count=_count(standing) if standing else {},
        arcs=ring([(one.organisation or one.name, one.fraction) for one in standing.shares]) if standing else [],
        **words(),
    )


def _later(found: Details, split: SplitDetails) -> str:
    """A remark when the split does not know everything that stands here."""
    if not allocation.outdated(ctx(), actor(), found.line.id, split.id):
        return ""
    if split.state == "accepted":
        return _("Something was added or withdrawn after this split was accepted. It stays as it is; propose a new one to count that.")
    return _("Something was added or withdrawn after this was proposed. To count that, propose again.")


@pages.route("/<collaboration_id>/edit", methods=["GET", "POST"])
@logged_in
@once
def edit(collaboration_id: str) -> Response:
    """Another title, another purpose."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    form = Form.read(title=found.line.title, purpose=found.purpose, revision=str(found.revision))
    if form.sent:
        with form.catching():
            seen = int(form.value("revision")) if form.value("revision").isdecimal() else 0
            joining.edit(ctx(), actor(), collaboration_id, joining.Begin(form.value("title"), form.value("purpose")), seen)
            return done(_("Changed."), "collaborations.show", collaboration_id=collaboration_id)
    return render("collaborations/edit.html", form.status, form=form, found=found)


@pages.post("/<collaboration_id>/close")
@logged_in
@once
def close(collaboration_id: str) -> Response:
    """Nothing more is added."""
    joining.close(ctx(), actor(), collaboration_id)
    return done(_("The collaboration is closed. What was agreed stays."), "collaborations.show", collaboration_id=collaboration_id)


@pages.route("/<collaboration_id>/parties/new", methods=["GET", "POST"])
@logged_in
@once
def invite(collaboration_id: str) -> Response:
    """Invite a party by mail."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    form = Form.read(part="maker", language=current())
    if form.sent:
        with form.catching():
            order = joining.Invite(form.value("name"), form.value("email"), form.value("part"), form.value("language"))
            joining.invite(ctx(), actor(), collaboration_id, order)
            return done(mailed(_("The invitation is on its way.")), "collaborations.show", collaboration_id=collaboration_id)
    return render("collaborations/invite.html", form.status, form=form, found=found, offered=offered(ctx().settings), **words())


@pages.post("/<collaboration_id>/parties/<party_id>/again")
@logged_in
@once
def invite_again(collaboration_id: str, party_id: str) -> Response:
    """Send a new link."""
    joining.invite_again(ctx(), actor(), collaboration_id, party_id)
    return done(mailed(_("A new link is on its way; the old one ended.")), "collaborations.show", collaboration_id=collaboration_id)


@pages.post("/<collaboration_id>/parties/<party_id>/part")
@logged_in
@once
def part(collaboration_id: str, party_id: str) -> Response:
    """Say that a party makes, organises or funds."""
    joining.set_part(ctx(), actor(), collaboration_id, party_id, request.form.get("part", ""))
    return done(_("Changed. It counts for the next split."), "collaborations.show", collaboration_id=collaboration_id)


@pages.post("/<collaboration_id>/parties/<party_id>/leave")
@logged_in
@once
def leave(collaboration_id: str, party_id: str) -> Response:
    """Take an invitation back, or leave."""
    joining.leave(ctx(), actor(), collaboration_id, party_id)
    return done(_("Done. The party takes no part any more."), "collaborations.show", collaboration_id=collaboration_id)


@arriving("collaboration")
def _arrive(_invitation: Invitation, secret: str) -> Response:
    return go("collaborations.join", secret=secret)


@pages.route("/join/<secret>", methods=["GET", "POST"])
@logged_in
@once
def join(secret: str) -> Response:
    """Join in the name of one of one's organisations."""
    secret_page()
    limits.count(ctx(), limits.LINK_BY_SOURCE, "invitation", client_address())
    invitation = invited.open(ctx(), secret, "collaboration")
    form = Form.read(organisation_id=actor().organisation_id)
    if form.sent:
        with form.catching():
            joined = joining.join(ctx(), actor(), secret, form.value("organisation_id"))
            return done(_("You take part now. Look at what it is about."), "collaborations.show", collaboration_id=joined)
    able = [(one.id, one.name, "") for one in organisations.mine(ctx(), actor()) if one.role in {"owner", "member"}]
    return render("collaborations/join.html", form.status, form=form, invitation=invitation, secret=secret, organisations=able)


@pages.route("/<collaboration_id>/background/new", methods=["GET", "POST"])
@logged_in
@once
def add_background(collaboration_id: str) -> Response:
    """List what one's party had before."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    own = contributing.own_registrations(ctx(), actor(), collaboration_id)
    form = Form.read()
    if form.sent:
        with form.catching():
            order = contributing.AddBackground(
                form.value("description"), form.value("idea_id") or None, form.value("excluded") == "yes", form.value("result_of") or None
            )
            contributing.add_background(ctx(), actor(), collaboration_id, order)
            return done(_("Listed. It stays yours."), "collaborations.show", collaboration_id=collaboration_id)
    results = contributing.own_results(ctx(), actor(), collaboration_id)
    return render("collaborations/background.html", form.status, form=form, found=found, own=own, results=results)


@pages.post("/<collaboration_id>/background/<background_id>/withdraw")
@logged_in
@once
def withdraw_background(collaboration_id: str, background_id: str) -> Response:
    """Take background back."""
    contributing.withdraw_background(ctx(), actor(), collaboration_id, background_id)
    return done(_("Withdrawn."), "collaborations.show", collaboration_id=collaboration_id)


def _order(form: Form) -> contributing.AddContribution:
    return contributing.AddContribution(
        title=form.value("title"),
        role=form.value("role"),
        degree=form.value("degree") or None,
        points=form.value("points"),
        hours=form.value("hours"),
        cost=form.value("cost"),
        currency=form.value("currency") or "EUR",
        severable=form.value("severable") == "yes",
        built_on=tuple(form.values_of("built_on")),
        idea_id=form.value("idea_id") or None,
        register=form.value("register") == "yes",
        details=form.value("details"),
    )


@pages.route("/<collaboration_id>/contributions/new", methods=["GET", "POST"])
@logged_in
@once
def add_contribution(collaboration_id: str) -> Response:
    """Record what one's party did."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    own = contributing.own_registrations(ctx(), actor(), collaboration_id)
    form = Form.read(currency="EUR")
    if form.sent:
        with form.catching():
            contributing.add_contribution(ctx(), actor(), collaboration_id, _order(form))
            return done(_("Recorded. It counts in the next split."), "collaborations.show", collaboration_id=collaboration_id)
    earlier = [(line.id, f"{line.title} ({line.party})") for line in found.contributions]
    earlier += [(line.id, f"{line.description[:80]} ({line.party})") for line in found.background]
    return render(
        "collaborations/contribution.html",
        form.status,
        form=form,
        found=found,
        own=own,
        earlier=earlier,
        roles=[(role, _(name).capitalize()) for role, name in ROLES.items()],
        degrees=[(degree, _(name)) for degree, name in DEGREE_WORDS.items()],
    )


@pages.post("/<collaboration_id>/contributions/<contribution_id>/withdraw")
@logged_in
@once
def withdraw_contribution(collaboration_id: str, contribution_id: str) -> Response:
    """Take a contribution back."""
    contributing.withdraw_contribution(ctx(), actor(), collaboration_id, contribution_id)
    return done(_("Withdrawn. It stays on record and counts no more."), "collaborations.show", collaboration_id=collaboration_id)
