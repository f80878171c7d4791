"""Licences in an idea of one's own: without anybody to work with, held by its owner, and by nobody known once others are named."""

from __future__ import annotations

from typing import Any

import pytest

from ipr_service.errors import ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import collaboration, erasing, granting, grants, joining, licensing, registration
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.granting import Record
from ipr_service.services.intake import open_intake
from ipr_service.services.licensing import Licensed
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.services.results import AddResult
from tests.services.workshop import company
from tests.support.house import as_role, person

DESIGN = AddResult("", "design", territory=("EU",), to="2050-12-31")


def idea(ctx: Context, who: Actor, *named: NamedContributor) -> str:
    intake = open_intake(ctx, who)
    return registration.register_idea(ctx, who, RegisterIdea("Stacking chair", "oak", contributors=named), intake).idea_id


def granted(ctx: Context, who: Actor, place: Licensed, grantee: str = "Mobilia", **changed: Any) -> str:
    (party,) = [one.id for one in collaboration.collaboration(ctx, who, place.collaboration_id).parties][:1]
    terms = {"asset": place.result_id, "grantors": [party], "acts": ["make", "sell"], "purpose": ["exploitation"], "field": ["furniture"]}
    terms |= {"territory": ["IT"], "from": "2027-01-01", "to": "2028-12-31", "exclusivity": "exclusive"} | changed
    return granting.record(ctx, who, place.collaboration_id, Record(terms, grantee))


def test_one_holder_gives_licences_in_an_idea_without_a_collaboration(ctx: Context) -> None:
    sara = company(ctx, "Sara", "Sedia s.r.l.")
    chair = idea(ctx, sara)
    assert licensing.licences(ctx, sara, chair) == ()
    place = licensing.open_register(ctx, sara, chair, DESIGN)
    first = granted(ctx, sara, place)
    second = granted(ctx, sara, place, "Arredo", to="2027-06-30")
    found = grants.register(ctx, sara, place.collaboration_id)
    assert (found.title, found.results[0].title, found.results[0].idea_id) == ("Stacking chair", "Stacking chair", chair)
    (conflict,) = found.checked.answer.conflicts
    assert conflict.meet.text == "make+sell x exploitation x furniture x IT x 2027-01-01..2027-06-30"
    authority = found.checked.authority_of(first)
    assert authority is not None
    assert str(authority.reason).endswith("is the only holder")
    assert authority.outcome == "open", "who holds it alone signs alone, and has not signed yet"
    (again,) = licensing.licences(ctx, sara, chair)
    assert [line.id for line in again.standing] == [first, second]
    assert audit(ctx).findings == ()


def test_opening_the_register_again_gives_the_one_that_there_is(sqlite_ctx: Context) -> None:
    sara = company(sqlite_ctx, "Sara", "Sedia s.r.l.")
    chair = idea(sqlite_ctx, sara)
    assert licensing.open_register(sqlite_ctx, sara, chair, DESIGN) == licensing.open_register(sqlite_ctx, sara, chair, AddResult(""))
    assert len(licensing.licences(sqlite_ctx, sara, chair)) == 1


def test_nobody_is_taken_for_the_only_holder_once_others_are_named_or_invited(ctx: Context) -> None:
    sara = company(ctx, "Sara", "Sedia s.r.l.")
    named = licensing.open_register(ctx, sara, idea(ctx, sara, NamedContributor("lea@example.org", "form")), DESIGN)
    assert grants.register(ctx, sara, named.collaboration_id).results[0].asset.holding is None
    alone = licensing.open_register(ctx, sara, idea(ctx, sara), DESIGN)
    assert grants.register(ctx, sara, alone.collaboration_id).results[0].asset.holding is not None
    joining.invite(ctx, sara, alone.collaboration_id, joining.Invite("Marko", "marko@example.org"))
    assert grants.register(ctx, sara, alone.collaboration_id).results[0].asset.holding is None


def test_what_is_refused(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = company(ctx, "Sara", "Sedia s.r.l.")
    chair = idea(ctx, sara)
    for who, error in ((person(ctx, "Eva"), NotFoundError), (as_role(sara, "viewer"), ForbiddenError)):
        with pytest.raises(error):
            licensing.open_register(ctx, who, chair, DESIGN)
    with pytest.raises(InputError) as refused:
        licensing.open_register(ctx, sara, chair, AddResult("", "design", territory=("Narnia",)))
    assert refused.value.problems[0].pointer == "/territory/0"
    assert licensing.licences(ctx, sara, chair) == (), "nothing was begun"
    erasing.erase_idea(ctx, sara, chair)
    with pytest.raises((RefusedError, NotFoundError)):
        licensing.open_register(ctx, sara, chair, DESIGN)
