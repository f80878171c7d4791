"""The site: which page modules there are, joined to one application.

A new subject adds its line to MODULES and, if it has a list of its own, to NAVIGATION.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, g, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_
from ipr_service.services import letters
from ipr_service.services.context import Context
from ipr_service.web import (
    accounts,
    agreements,
    collaborations,
    contributors,
    front,
    grants,
    guard,
    guide,
    hash_only,
    holding,
    ideas,
    invitations,
    languages,
    law,
    licensing,
    money,
    operator,
    organisations,
    payouts,
    prechecks,
    reference,
    session,
    sharing,
    signing,
    splits,
    verify,
)
from ipr_service.web.forms import form_id
from ipr_service.web.pages import visitor

MODULES: tuple[Blueprint, ...] = (
    front.pages,
    accounts.pages,
    organisations.pages,
    invitations.pages,
    ideas.pages,
    hash_only.pages,
    holding.pages,
    contributors.pages,
    sharing.pages,
    verify.pages,
    collaborations.pages,
    splits.pages,
    money.pages,
    payouts.pages,
    guide.pages,
    grants.pages,
    agreements.pages,
    signing.pages,
    operator.pages,
    reference.pages,
    law.pages,
    licensing.pages,
    prechecks.pages,
)
# endpoint, name, whether somebody must be logged in. An entry whose endpoint is not there is left out.
NAVIGATION: tuple[tuple[str, str, bool], ...] = (
    ("front.index", N_("Desk"), True),
    ("ideas.index", N_("Ideas"), True),
    ("collaborations.index", N_("Collaborations"), True),
    ("agreements.index", N_("Agreements"), True),
    ("verify.index", N_("Verify"), False),
    ("law.index", N_("The law"), False),
)
STATIC = Path(__file__).parent / "static"


@cache
def _stamp(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str, stamped: bool = True) -> str:
    """Address of a static file, with a stamp of its content, so that browsers may keep it."""
    return url_for("static", filename=name, v=_stamp(name)) if stamped else url_for("static", filename=name)


def _navigation(app: Flask) -> list[dict[str, Any]]:
    here = (request.endpoint or "").split(".")[0]
    return [
        {"href": url_for(endpoint), "name": _(name), "current": endpoint.split(".")[0] == here and here != ""}
        for endpoint, name, private in NAVIGATION
        if endpoint in app.view_functions and (visitor() is not None or not private)
    ]


def _acting(person: str, organisation: str) -> str:
    return letters.acting(languages.current(), person, organisation)


def register(app: Flask, ctx: Context) -> None:
    """Join the site to an application, whose ``static_folder`` and ``template_folder`` are those of this package.

    Needs ``app.secret_key`` and ``app.extensions["ipr"]``; ``g.request_id`` is shown on refusals when something set it.
    """
    session.configure(app, ctx)
    languages.join(app, ctx.settings)
    for blueprint in (*MODULES, guard.reports):
        app.register_blueprint(blueprint)
    guard.guard(app, ctx, frozenset(blueprint.name for blueprint in MODULES))
    app.jinja_env.globals.update(asset=asset, form_id=form_id, navigation=lambda: _navigation(app), acting=_acting)

    @app.context_processor
    def _frame() -> dict[str, Any]:
        return {
            "me": visitor(),
            "language": languages.current(),
            "languages": languages.offered(ctx.settings),
            "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
            "request_id": g.get("request_id", ""),
            "settings": ctx.settings,
        }
