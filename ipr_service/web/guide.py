"""The decision guide: questions with their reasons; what follows from the answers, and the one thing to do next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.rights.guide import UNKNOWN, Guide, Question, Result
from ipr_service.services import allocation, collaboration, guiding
from ipr_service.services.guiding import Guided
from ipr_service.web.collaborations import steps
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, done, logged_in, render

pages = Blueprint("guide", __name__, url_prefix="/collaborations/<string(length=26):collaboration_id>/guide")


@pages.route("", methods=["GET", "POST"])
@logged_in
@once
def show(collaboration_id: str) -> Response:
    """Ask, keep the answers, say what follows."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    seen = guiding.guided(ctx(), actor(), collaboration_id)
    form = Form.read(**{question.id: seen.answers.get(question.id, UNKNOWN if _kept(seen) else "") for question in seen.questions})
    if form.sent:
        known = {question.id for question in seen.guide.questions}
        with form.catching():
            guiding.keep(ctx(), actor(), collaboration_id, {name: text for name, text in request.form.items() if name in known})
            return done(_("Kept. See what follows, and answer what is asked now."), "guide.show", collaboration_id=collaboration_id)
    return render(
        "guide/show.html",
        form.status,
        form=form,
        found=found,
        seen=seen,
        questions=[(question, _choices(question)) for question in seen.questions],
        results=[_told(seen.guide, result) for result in seen.results if result.state != "not-asked"],
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current())),
    )


def _kept(seen: Guided) -> bool:
    """Whether somebody has answered before: what is empty then was left open on purpose."""
    return seen.at is not None


def _choices(question: Question) -> list[tuple[str, str]]:
    words = question.options or (("yes", _("Yes")), ("no", _("No")))
    return [(value, _(label)) for value, label in words] + [(UNKNOWN, _("We do not know yet"))]


def _told(guide: Guide, result: Result) -> dict[str, Any]:
    """One decision in words."""
    titles = {decision.id: decision.title for decision in guide.decisions}
    return {
        "id": result.decision,
        "title": _(titles[result.decision]),
        "outcome": result.outcome,
        "because": _because(guide, result),
        "balanced": result.reason if result.outcome is None else None,
        "conflicting": [_(guide.outcome(name).title) for name in result.possible] if result.conflicting else [],
        "open": [_(guide.question(name).label) for name in result.open],
        "talk": [_(note) for note in result.talk],
    }


def _because(guide: Guide, result: Result) -> list[tuple[str, str]]:
    """(question, answer) pairs that decided."""
    if result.reason is None:
        return []
    return [(_(guide.question(name).label), dict(_choices(guide.question(name)))[answer]) for name, answer in result.reason.answers]
