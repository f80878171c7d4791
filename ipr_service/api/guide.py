"""The decision guide of a collaboration: questions, kept answers, decisions."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import request

from ipr_service.api.auth import actor
from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import guide as schemas
from ipr_service.services import guiding
from ipr_service.services.guiding import Guided
from ipr_service.services.languages import say

blueprint = Resource("guide", __name__, url_prefix="/collaborations", description="Questions that lead to a paper and a rule, or to a talk")
_GUIDE = "/<string(length=26):collaboration_id>/guide"


def _told(found: Guided) -> dict[str, Any]:
    """In the caller's language."""
    language = request.accept_languages.best_match(context().settings.languages) or "en"
    _ = partial(say, language)
    questions = [{**vars(one), "label": _(one.label), "why": _(one.why), "values": one.values} for one in found.questions]
    results = [
        {
            **vars(one),
            "outcome": None
            if one.outcome is None
            else {**vars(one.outcome), "title": _(one.outcome.title), "summary": _(one.outcome.summary)},
            "talk": [_(note) for note in one.talk],
        }
        for one in found.results
    ]
    return {
        "guide": found.guide.reference,
        "answers": found.answers,
        "known": sorted(found.known),
        "questions": questions,
        "results": results,
        "party": found.party,
        "person": found.person,
        "at": found.at,
    }


@blueprint.get(_GUIDE)
@blueprint.response(200, schemas.Guide)
def show(collaboration_id: str) -> Any:
    """Ask the guide: what is answered, what is asked now, what follows."""
    return _told(guiding.guided(context(), actor(), collaboration_id))


@blueprint.put(_GUIDE)
@blueprint.arguments(schemas.Answers)
@blueprint.response(200, schemas.Guide)
def keep(order: dict[str, Any], collaboration_id: str) -> Any:
    """Keep answers; they replace those kept before."""
    return _told(guiding.keep(context(), actor(), collaboration_id, order["answers"]))
