"""Whose an idea is and who may see it: pass it on, open it to everybody, erase it; and the public page of what was opened."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.services import erasing, library, publication, transferring
from ipr_service.services.invitations import Invitation
from ipr_service.services.library import IdeaDetails
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.ideas import name_of
from ipr_service.web.invitations import arriving
from ipr_service.web.pages import actor, ctx, done, go, logged_in, render
from ipr_service.web.sending import stored

pages = Blueprint("holding", __name__)
OFFER_WORDS = {
    "offered": (lambda: _("Waits for an answer"), "waiting"),
    "accepted": (lambda: _("Accepted"), "done"),
    "declined": (lambda: _("Declined"), "care"),
    "withdrawn": (lambda: _("Taken back"), "off"),
    "ended": (lambda: _("Not answered in time"), "off"),
}


def _about(found: IdeaDetails) -> dict[str, Any]:
    return {"found": found, "name": name_of(found.line), "newest": found.history[0]}


# ---- pass on ---------------------------------------------------------------------------------------------------------


@pages.route("/ideas/<idea_id>/transfer", methods=["GET", "POST"])
@logged_in
@once
def transfer(idea_id: str) -> Response:
    """Offer the idea to another organisation, and see the offers made."""
    found = library.idea(ctx(), actor(), idea_id, "transfer")
    form = Form.read()
    if form.sent:
        with form.catching():
            transferring.offer(ctx(), actor(), idea_id, form.value("email"))
            return done(_("The offer was sent. Nothing changes before it is accepted."), "holding.transfer", idea_id=idea_id)
    words = {state: (word(), kind) for state, (word, kind) in OFFER_WORDS.items()}
    offers = transferring.offers(ctx(), actor(), idea_id)
    return render("holding/transfer.html", form.status, form=form, offers=offers, words=words, **_about(found))


@pages.post("/ideas/<idea_id>/transfers/<transfer_id>/withdraw")
@logged_in
@once
def withdraw(idea_id: str, transfer_id: str) -> Response:
    """Take an offer back."""
    transferring.withdraw(ctx(), actor(), idea_id, transfer_id)
    return done(_("The offer was taken back."), "holding.transfer", idea_id=idea_id)


@arriving("transfer")
def arrive(_invitation: Invitation, secret: str) -> Response:
    """From the invitation to the question itself; the link is used up by the answer, not by looking."""
    return go("holding.answer", secret=secret)


@pages.route("/transfers/<secret>", methods=["GET", "POST"])
@logged_in
@once
def answer(secret: str) -> Response:
    """What is offered, and the receiver's answer."""
    secret_page()
    offered = transferring.offered(ctx(), actor(), secret)
    form = Form.read()
    if form.sent:
        with form.catching():
            if request.form.get("answer") != "accept":
                transferring.decline(ctx(), actor(), secret)
                return done(_("You declined. The other side sees it."), "front.index")
            transferring.accept(ctx(), actor(), secret)
            return done(_("You hold it now. The log has an entry of it."), "ideas.index")
    return render("holding/receive.html", form.status, form=form, offered=offered)


# ---- open to everybody -----------------------------------------------------------------------------------------------


@pages.route("/ideas/<idea_id>/publish", methods=["GET", "POST"])
@logged_in
@once
def publish(idea_id: str) -> Response:
    """Choose parts of the newest version for everybody, after saying what that means."""
    found = library.idea(ctx(), actor(), idea_id, "publish")
    newest, form = found.history[0], Form.read()
    if form.sent:
        with form.catching():
            chosen = [int(one) for one in form.values_of("positions") if one.isascii() and one.isdigit() and len(one) < 6]
            publication.publish(ctx(), actor(), idea_id, newest.number, chosen)
            return done(_("It is public now. The log has an entry of it."), "holding.publish", idea_id=idea_id)
    names = {0: _("Title and description"), **{file.position: file.name for file in newest.files if file.kept}}
    choices = [(str(position), name) for position, name in names.items()]
    return render(
        "holding/publish.html", form.status, form=form, choices=choices, acts=publication.acts(ctx(), actor(), idea_id), **_about(found)
    )


@pages.post("/ideas/<idea_id>/publications/<publication_id>/close")
@logged_in
@once
def close(idea_id: str, publication_id: str) -> Response:
    """Take an opened part off the public page."""
    publication.close(ctx(), actor(), idea_id, publication_id)
    return done(_("It was taken off the public page."), "holding.publish", idea_id=idea_id)


@pages.get("/public/<idea_id>/<int:number>")
def public(idea_id: str, number: int) -> Response:
    """What anybody may see of a version."""
    seen = publication.look(ctx(), idea_id, number)
    keys = ctx().service_keys.log_keys
    return render("holding/public.html", seen=seen, idea_id=idea_id, fingerprint=keys.fingerprint, origin=keys.origin)


@pages.get("/public/<idea_id>/<int:number>/files/<int:position>")
def public_file(idea_id: str, number: int, position: int) -> Response:
    """An opened file."""
    return stored(publication.file(ctx(), idea_id, number, position))


# ---- erase -----------------------------------------------------------------------------------------------------------


@pages.route("/ideas/<idea_id>/erase", methods=["GET", "POST"])
@logged_in
@once
def erase(idea_id: str) -> Response:
    """Erase what the service keeps of an idea, after its name was typed."""
    found = library.idea(ctx(), actor(), idea_id, "erase")
    form = Form.read()
    if form.sent:
        with form.catching():
            erasing.confirm(found.line.label, form.value("label"))
            erasing.erase_idea(ctx(), actor(), idea_id)
            return done(_("It was erased. The log still holds its commitments, which open to nothing here."), "ideas.show", idea_id=idea_id)
    return render("holding/erase.html", form.status, form=form, stands=erasing.before(ctx(), actor(), idea_id), **_about(found))


@pages.route("/account/erase", methods=["GET", "POST"])
@logged_in
@once
def erase_account() -> Response:
    """Erase one's account, after the password was typed."""
    form = Form.read()
    if form.sent:
        with form.catching():
            erasing.erase_person(ctx(), actor(), form.value("password"))
            return done(_("Your account was erased."), "front.index")
    return render("holding/erase_account.html", form.status, form=form)
