"""The guide of a collaboration: prefilled, answered, kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from ipr_service.errors import ForbiddenError, InputError, NotFoundError
from ipr_service.services import contributing, guiding, joining
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddContribution
from ipr_service.store.schema import GuideAnswers
from tests.services.workshop import Chair, chair, company, record
from tests.support.house import as_role

PEERS = {"stage": "together", "payer": "no", "lead": "no", "fields": "no", "apart": "no", "alike": "no"}


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    return chair(sqlite_ctx)


def outcomes(found: guiding.Guided) -> dict[str, str | None]:
    return {result.decision: result.outcome.id if result.outcome else None for result in found.results}


def test_what_the_collaboration_tells_by_itself_is_answered_already(sqlite_ctx: Context, the: Chair) -> None:
    assert guiding.guided(sqlite_ctx, the.anna, the.id).answers == {"stage": "together"}
    record(sqlite_ctx, the)
    found = guiding.keep(sqlite_ctx, the.anna, the.id, {"stage": "together", "payer": "no", "alike": "no"})
    assert found.answers == {"stage": "together", "payer": "no", "apart": "no", "alike": "no", "points": "yes"}
    assert found.known == {"apart", "points"}
    assert outcomes(found)["policy"] == "points"
    contributing.add_contribution(sqlite_ctx, the.marco, the.id, AddContribution("Logo", "brand", "lead"))
    assert "points" not in guiding.guided(sqlite_ctx, the.anna, the.id).answers


def test_a_party_that_funds_answers_who_pays(sqlite_ctx: Context, the: Chair) -> None:
    joining.set_part(sqlite_ctx, the.marco, the.id, the.rovere, "funding")
    found = guiding.guided(sqlite_ctx, the.anna, the.id)
    assert found.answers["payer"] == "yes"
    assert [question.id for question in found.questions] == ["stage", "payer", "critical"]


def test_answers_are_kept_encrypted_and_the_newest_count_with_who_gave_them(ctx: Context) -> None:
    the = chair(ctx)
    guiding.keep(ctx, the.anna, the.id, PEERS | {"points": "no", "roles": "unknown"})
    found = guiding.keep(ctx, the.marco, the.id, PEERS | {"points": "no", "roles": "yes"})
    assert outcomes(found) == {"agreement": "co-development", "licence": "joint", "policy": "roles"}
    assert (found.party, found.person) == ("Rovere s.r.l.", "Marco")
    with ctx.database.reading() as session:
        rows = session.scalars(select(GuideAnswers)).all()
    assert len(rows) == 2
    assert all(b"together" not in row.answers_sealed for row in rows)


def test_what_the_guide_does_not_know_is_refused_by_name(sqlite_ctx: Context, the: Chair) -> None:
    with pytest.raises(InputError) as refused:
        guiding.keep(sqlite_ctx, the.anna, the.id, {"stage": "nowhere"})
    assert refused.value.problems[0].pointer == "/stage"
    with pytest.raises(InputError):
        guiding.keep(sqlite_ctx, the.anna, the.id, {str(number): "yes" for number in range(500)})


def test_strangers_see_no_answers_and_viewers_give_none(sqlite_ctx: Context, the: Chair) -> None:
    eve = company(sqlite_ctx, "Eve", "Copy")
    for act in (lambda: guiding.guided(sqlite_ctx, eve, the.id), lambda: guiding.keep(sqlite_ctx, eve, the.id, PEERS)):
        with pytest.raises(NotFoundError):
            act()
    viewer = replace(as_role(the.anna, "viewer"))
    assert guiding.guided(sqlite_ctx, viewer, the.id).questions
    with pytest.raises(ForbiddenError):
        guiding.keep(sqlite_ctx, viewer, the.id, PEERS)
