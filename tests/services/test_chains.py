"""Chains of results: what came out of one collaboration is background in another, and keeps its holders there."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import replay
from ipr_service.services import allocation, collaboration, contributing, joining, proposing
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddBackground, AddContribution
from ipr_service.services.shares import Propose
from tests.services.till import agree, agreed
from tests.services.workshop import Chair, company, invite

F = Fraction


def stool(ctx: Context, chair: Chair) -> Chair:
    """A second collaboration of the same two, begun by Anna."""
    begun = joining.begin(ctx, chair.anna, joining.Begin("The stool"))
    rovere, secret = invite(ctx, chair.anna, begun, "Rovere", "marco@example.org")
    joining.join(ctx, chair.marco, secret)
    studio = next(one.id for one in collaboration.collaboration(ctx, chair.anna, begun).parties if one.id != rovere)
    return Chair(begun, chair.marco, chair.anna, rovere, studio)


def test_what_builds_on_the_result_of_another_collaboration_hands_on_to_its_holders(ctx: Context) -> None:
    chair = agreed(ctx)  # 2/3 the studio, 1/3 Rovere
    the = stool(ctx, chair)
    joint = contributing.add_background(ctx, the.anna, the.id, AddBackground("The joint of the chair", result_of=chair.id))
    seat = AddContribution("The seat", "form", "lead", "10", built_on=(joint,))
    contributing.add_contribution(ctx, the.marco, the.id, seat)
    split = proposing.propose(ctx, the.anna, the.id, Propose("derivation@1"))
    found = allocation.split(ctx, the.anna, the.id, split)
    # By hand: Rovere made all; a fifth goes on to the joint: 2/15 to the studio, 1/15 back to Rovere.
    assert {one.party_id: one.fraction for one in found.shares} == {the.studio: F(2, 15), the.rovere: F(13, 15)}
    assert replay.replay(allocation.record_of(ctx, the.anna, the.id, split))
    assert not allocation.outdated(ctx, the.anna, the.id, split)
    agree(ctx, chair, Propose("equal@1"))  # there it changes: here a proposal stands as it was, and says that it is out of date
    assert allocation.outdated(ctx, the.anna, the.id, split)


def test_a_circle_of_results_is_refused_with_its_path(ctx: Context) -> None:
    chair = agreed(ctx)
    the = stool(ctx, chair)
    contributing.add_background(ctx, the.anna, the.id, AddBackground("The joint of the chair", result_of=chair.id))
    contributing.add_contribution(ctx, the.anna, the.id, AddContribution("The seat", "form", "lead", "10"))
    agree(ctx, the, Propose("equal@1"))
    with pytest.raises(InputError) as refused:
        contributing.add_background(ctx, chair.anna, chair.id, AddBackground("The seat of the stool", result_of=the.id))
    assert refused.value.problems[0].pointer == "/result_of"
    assert "the circle is The oak chair → The stool → The oak chair" in str(refused.value)


def test_a_holder_who_takes_no_part_here_is_named_and_other_peoples_collaborations_are_not(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    chair = agreed(ctx)
    alone = joining.begin(ctx, chair.anna, joining.Begin("The lamp"))
    with pytest.raises(InputError, match=r"Rovere s.r.l. holds a part of that result and takes no part here"):
        contributing.add_background(ctx, chair.anna, alone, AddBackground("The joint", result_of=chair.id))
    eve = company(ctx, "Eve", "Elsewhere Ltd")
    hers = joining.begin(ctx, eve, joining.Begin("A copy"))
    said = set()
    for source in (chair.id, hers, "0" * 26):
        with pytest.raises(InputError) as refused:
            contributing.add_background(ctx, eve, hers, AddBackground("The joint", result_of=source))
        said.add(str(refused.value))
    assert said == {"This is no other collaboration of your party with an accepted split. Choose one from the list."}
