"""Arriving by a mailed invitation: who invites, to what kind of thing; log in or sign up here; then on to the purpose's own page.

A page module whose invitations arrive here says what happens then::

    @arriving("collaboration")
    def join(invitation: Invitation, secret: str) -> Response:
        collaboration.accept(ctx(), actor(), secret)
        return done(_("You are in."), "collaborations.show", id=invitation.thing_id)

It is called for the POST of somebody who is logged in with the invited address. The address of these pages is a secret.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.errors import N_, RefusedError, UnauthenticatedError
from ipr_service.services import accounts, invitations, limits, organisations, sessions
from ipr_service.services.invitations import Invitation
from ipr_service.services.letters import acting
from ipr_service.services.words import countries, fold_email
from ipr_service.web import session as browser
from ipr_service.web.accounts import read_sign_up
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.languages import current, say
from ipr_service.web.pages import actor, client_address, ctx, done, go, render, visitor

pages = Blueprint("invitations", __name__, url_prefix="/invitations")
Arrival = Callable[[Invitation, str], Response]
_ARRIVALS: dict[str, Arrival] = {}
WORDS = {
    "organisation": N_("{inviter} invites you to join: {organisation}"),
    "disclosure": N_("{inviter} wants to show you something in confidence."),
    "contributor": N_("{inviter} names you as a contributor and asks you to confirm."),
    "collaboration": N_("{inviter} invites you to work together."),
    "signature": N_("{inviter} asks you to sign an agreement."),
    "transfer": N_("{inviter} wants to pass a registration to you."),
}


def arriving(purpose: str) -> Callable[[Arrival], Arrival]:
    """Register what happens when an invitation of this purpose is accepted."""

    def register(view: Arrival) -> Arrival:
        _ARRIVALS[purpose] = view
        return view

    return register


@arriving("organisation")
def _join(invitation: Invitation, secret: str) -> Response:
    joined = organisations.accept(ctx(), actor(), secret)
    seen = sessions.visitor(ctx(), browser.token() or "")
    if seen is not None:
        sessions.choose_organisation(ctx(), seen.actor, browser.token() or "", joined)
    return done(
        _("You belong to %(name)s now, and act for it.", name=invitation.organisation_name), "organisations.show", organisation_id=joined
    )


def _looked_up(secret: str) -> Invitation:
    secret_page()
    limits.count(ctx(), limits.LINK_BY_SOURCE, "invitation", client_address())
    return invitations.open(ctx(), secret)


def _inviter(invitation: Invitation) -> str:
    """Who invites, and for whom: a person who acts for herself is named once."""
    if invitation.purpose == "organisation":
        return invitation.inviter
    return acting(current(), invitation.inviter, invitation.organisation_name)


def _page(invitation: Invitation, secret: str, form: Form, way: str) -> Response:
    me = visitor()
    mine = me is not None and fold_email(me.email) == fold_email(invitation.email)
    said = _(WORDS[invitation.purpose]).format(inviter=_inviter(invitation), organisation=invitation.organisation_name)
    return render(
        "invitations/show.html",
        form.status,
        invitation=invitation,
        secret=secret,
        said=said,
        form=form,
        way=way,
        mine=mine,
        countries=countries(current()),
    )


@pages.get("/<secret>")
def show(secret: str) -> Response:
    """What it is, and the ways in."""
    invitation = _looked_up(secret)
    way = request.args.get("way", "")
    return _page(invitation, secret, Form.read(email=invitation.email), way if way in {"login", "signup"} else "signup")


@pages.post("/<secret>/signup")
@once
def sign_up(secret: str) -> Response:
    """Make an account with the invited address; the link proves it."""
    invitation = _looked_up(secret)
    form = Form.read()
    with form.catching():
        order = read_sign_up(form)
        if fold_email(order.email) != fold_email(invitation.email):
            raise RefusedError(N_("This invitation was sent to {email}; sign up with that address."), email=invitation.email)
        entered = accounts.sign_up(ctx(), order, source=client_address(), proved_email=invitation.email)
        browser.begin(entered.token)
        return go("invitations.show", secret=secret)
    return _page(invitation, secret, form, "signup")


@pages.post("/<secret>/login")
def log_in(secret: str) -> Response:
    """Log in without leaving the invitation."""
    invitation = _looked_up(secret)
    form = Form.read()
    try:
        with form.catching():
            entered = accounts.log_in(ctx(), form.value("email"), form.value("password"), source=client_address())
            browser.begin(entered.token)
            return go("invitations.show", secret=secret)
    except UnauthenticatedError as problem:
        form.status, form.title, form.sentence = 401, _("You are not logged in"), say(problem)
    return _page(invitation, secret, form, "login")


@pages.post("/<secret>/accept")
@once
def accept(secret: str) -> Response:
    """Accept, as whoever is logged in."""
    invitation = _looked_up(secret)
    if visitor() is None:
        return go("invitations.show", secret=secret)
    if invitation.purpose not in _ARRIVALS:
        raise RefusedError(N_("Invitations of this kind are opened from their own link. Use the link in the mail."))
    return _ARRIVALS[invitation.purpose](invitation, secret)
