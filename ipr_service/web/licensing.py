"""Licences in an idea of one's own: begin its register, or go there."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_babel import gettext as _

from ipr_service.rights.jurisdictions import countries
from ipr_service.services import library, licensing
from ipr_service.services.results import AddResult
from ipr_service.web.forms import Form, once
from ipr_service.web.grants import RIGHTS
from ipr_service.web.ideas import name_of
from ipr_service.web.pages import actor, ctx, done, go, logged_in, render

pages = Blueprint("licensing", __name__, url_prefix="/ideas/<idea_id>/licences")


@pages.route("", methods=["GET", "POST"])
@logged_in
@once
def index(idea_id: str) -> Response:
    """The register of an idea; where there is none yet, what kind of right it is."""
    found = library.idea(ctx(), actor(), idea_id)
    standing = licensing.licences(ctx(), actor(), idea_id)
    if standing:
        return go("grants.index", collaboration_id=standing[0].collaboration_id)
    form = Form.read(right="design")
    if form.sent:
        with form.catching():
            territory = tuple(form.value("territory").replace(",", " ").split())
            order = AddResult("", form.value("right"), form.value("law"), territory, form.value("to"))
            made = licensing.open_register(ctx(), actor(), idea_id, order)
            return done(_("The register is here. Record the first licence."), "grants.index", collaboration_id=made.collaboration_id)
    return render(
        "grants/idea.html",
        form.status,
        form=form,
        found=found,
        name=name_of(found.line),
        rights=[(right, _(title)) for right, title in RIGHTS.items()],
        laws=[(country, country) for country in countries() if country != "EU"],
    )
