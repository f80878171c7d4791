"""The page on which a named contributor looks at what she is named for, and confirms or declines. Its address is a secret."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.services import confirmation
from ipr_service.services.invitations import Invitation
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.invitations import arriving
from ipr_service.web.pages import actor, ctx, done, go, logged_in, render

pages = Blueprint("contributors", __name__, url_prefix="/contributions")


@arriving("contributor")
def arrive(_invitation: Invitation, secret: str) -> Response:
    """From the invitation to the question itself; the link is used up by the answer, not by looking."""
    return go("contributors.answer", secret=secret)


@pages.route("/<secret>", methods=["GET", "POST"])
@logged_in
@once
def answer(secret: str) -> Response:
    """What she is named for, and her answer: logged, once."""
    secret_page()
    asked = confirmation.asked(ctx(), actor(), secret)
    form = Form.read()
    if form.sent:
        confirm = request.form.get("answer") == "confirm"
        with form.catching():
            confirmation.answer(ctx(), actor(), secret, confirm=confirm)
            if confirm:
                return done(_("You confirmed your part. Your answer is in the log."), "ideas.index")
            return done(_("You declined. Your answer is in the log, and the person who named you sees it."), "front.index")
    return render("ideas/contributor.html", form.status, form=form, asked=asked)
