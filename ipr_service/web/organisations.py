"""Organisations: those one belongs to, making one, its members and their roles, inviting, leaving."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.errors import N_
from ipr_service.services import organisations, sessions
from ipr_service.services.access import Actor
from ipr_service.services.words import countries
from ipr_service.web import session as browser
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current, offered
from ipr_service.web.pages import actor, ctx, done, logged_in, mailed, render

pages = Blueprint("organisations", __name__, url_prefix="/organisations")
ROLES = {
    "owner": (N_("Owner"), N_("Everything, members and erasing included.")),
    "member": (N_("Member"), N_("Registers, shares, works together, agrees and signs.")),
    "advisor": (N_("Legal advisor"), N_("Reads and edits drafts; decides and signs nothing.")),
    "viewer": (N_("Viewer"), N_("Looks, and downloads proofs.")),
}
KINDS = {
    "personal": N_("One person"),
    "company": N_("Company"),
    "cluster": N_("Cluster"),
    "public": N_("Public body"),
}


def role_choices() -> list[tuple[str, str, str]]:
    """Every role with its name and what it may do."""
    return [(role, _(name), _(may)) for role, (name, may) in ROLES.items()]


def _words() -> dict[str, Any]:
    return {
        "roles": role_choices(),
        "role_name": {role: _(name) for role, (name, _may) in ROLES.items()},
        "kind_name": {kind: _(name) for kind, name in KINDS.items()},
        "kinds": [(kind, _(name)) for kind, name in KINDS.items() if kind != "personal"],
        "countries": countries(current()),
        "offered": offered(ctx().settings),
    }


@pages.get("")
@logged_in
def index() -> Response:
    """The organisations one belongs to, and for which one is acting."""
    found = organisations.mine(ctx(), actor())
    return render("organisations/index.html", organisations=found, acting=actor().organisation_id, **_words())


def _facts(form: Form) -> organisations.Facts:
    return organisations.Facts(
        form.value("name"),
        form.value("kind") or "company",
        form.value("country"),
        form.value("registration_number"),
        form.value("address"),
    )


@pages.route("/new", methods=["GET", "POST"])
@logged_in
@once
def new() -> Response:
    """Make an organisation."""
    form = Form.read(kind="company")
    if form.sent:
        with form.catching():
            made = organisations.create(ctx(), actor(), _facts(form))
            sessions.choose_organisation(ctx(), _as_member(made), browser.token() or "", made)
            return done(_("The organisation is here, and you act for it from now on."), "organisations.show", organisation_id=made)
    return render("organisations/edit.html", form.status, form=form, organisation=None, **_words())


def _as_member(organisation_id: str) -> Actor:
    """The actor of this request, who has just become the owner of one more organisation."""
    seen = sessions.visitor(ctx(), browser.token() or "", actor().request_id)
    return seen.actor if seen is not None and organisation_id in seen.actor.roles else actor()


def _show(organisation_id: str, form: Form | None = None) -> Response:
    found = organisations.details(ctx(), actor(), organisation_id)
    form = form or Form(start={"role": "member", "language": current()})
    return render("organisations/show.html", form.status, form=form, found=found, my_id=actor().person_id, **_words())


@pages.get("/<organisation_id>")
@logged_in
def show(organisation_id: str) -> Response:
    """One organisation, its members, its open invitations."""
    return _show(organisation_id)


@pages.route("/<organisation_id>/edit", methods=["GET", "POST"])
@logged_in
@once
def edit(organisation_id: str) -> Response:
    """Change what it says of itself."""
    before = organisations.for_editing(ctx(), actor(), organisation_id)
    form = Form.read(
        name=before.name,
        kind=before.kind,
        country=before.country,
        registration_number=before.registration_number,
        address=before.address,
    )
    if form.sent:
        with form.catching():
            organisations.edit(ctx(), actor(), organisation_id, _facts(form))
            return done(_("The organisation was changed."), "organisations.show", organisation_id=organisation_id)
    return render("organisations/edit.html", form.status, form=form, organisation=before, **_words())


@pages.post("/<organisation_id>/choose")
@logged_in
@once
def choose(organisation_id: str) -> Response:
    """Act for this organisation from now on."""
    sessions.choose_organisation(ctx(), actor(), browser.token() or "", organisation_id)
    return done(_("You act for this organisation from now on."), "organisations.index")


@pages.post("/<organisation_id>/invitations")
@logged_in
@once
def invite(organisation_id: str) -> Response:
    """Invite a member by mail."""
    form = Form.read()
    with form.catching():
        organisations.invite(ctx(), actor(), organisation_id, form.value("email"), form.value("role"), form.value("language"))
        return done(mailed(_("The invitation is on its way.")), "organisations.show", organisation_id=organisation_id)
    return _show(organisation_id, form)


@pages.post("/<organisation_id>/invitations/<invitation_id>/withdraw")
@logged_in
@once
def withdraw(organisation_id: str, invitation_id: str) -> Response:
    """Take an invitation back."""
    organisations.withdraw_invitation(ctx(), actor(), organisation_id, invitation_id)
    return done(_("The invitation was taken back."), "organisations.show", organisation_id=organisation_id)


@pages.post("/<organisation_id>/members/<person_id>/role")
@logged_in
@once
def change_role(organisation_id: str, person_id: str) -> Response:
    """Give a member another role."""
    organisations.change_role(ctx(), actor(), organisation_id, person_id, request.form.get("role", ""))
    return done(_("The role was changed."), "organisations.show", organisation_id=organisation_id)


@pages.post("/<organisation_id>/members/<person_id>/remove")
@logged_in
@once
def remove(organisation_id: str, person_id: str) -> Response:
    """Remove a member, or leave."""
    organisations.remove(ctx(), actor(), organisation_id, person_id)
    if person_id == actor().person_id:
        return done(_("You have left the organisation."), "organisations.index")
    return done(_("The member was removed."), "organisations.show", organisation_id=organisation_id)
