"""The first page, the desk, what is proved and what is not, and the choice of language."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request, session, url_for
from flask_babel import gettext as _

from ipr_service.services import publishing, witnessing
from ipr_service.web import desk
from ipr_service.web.journey import At, steps
from ipr_service.web.pages import actor, ctx, local_address, render, visitor

pages = Blueprint("front", __name__)


@pages.get("/")
def index() -> Response:
    """The desk for whoever is logged in, else what this is."""
    if visitor() is None:
        return render("front/welcome.html")
    sections = desk.sections(ctx(), actor())
    waiting = [item for section in sections for item in section.waiting]
    nothing = not waiting and not any(section.items for section in sections)
    strip = steps({"register": At("now", _("Begin here"), _address("ideas.new"))})
    return render("front/desk.html", sections=sections, waiting=waiting, nothing=nothing, strip=strip, new_idea=_address("ideas.new"))


def _address(endpoint: str) -> str:
    """The address of a page, or nothing while no module has it."""
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


@pages.app_template_global("address_of")
def address_of(endpoint: str, otherwise: str = "front.index") -> str:
    """For templates: a page's address, or another one's where the first does not exist."""
    return _address(endpoint) or url_for(otherwise)


@pages.get("/about")
def about() -> Response:
    """What the service proves, what it does not, and how it is set up."""
    house = ctx()
    return render(
        "front/about.html",
        origin=house.settings.origin,
        fingerprint=house.service_keys.log_keys.fingerprint,
        keys=publishing.vkeys(house).decode().split(),
        independent=bool(house.settings.tsa_urls),
        mail=bool(house.settings.smtp_url),
        witnesses=[(one.name, one.vkey.to_text()) for one in house.network.policy.witnesses],
        watched=house.network.origins,
        witness_vkey=witnessing.vkey(house),
    )


@pages.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for those who ask for it without reading a page."""
    return current_app.send_static_file("icon.svg")


@pages.post("/language")
def choose_language() -> Response:
    """Speak another language in this browser from now on."""
    chosen = request.form.get("language", "")
    if chosen in ctx().settings.languages:
        session["language"] = chosen
    back = local_address(request.form.get("next")) or url_for("front.index")
    return current_app.make_response(current_app.redirect(back, 303))
