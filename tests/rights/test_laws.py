"""Laws of every policy that ships: shares add up to exactly 1, neither order nor the size of a point decides, more is never less."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ipr_service.errors import RefusedError
from ipr_service.rights import policies
from ipr_service.rights.allocation import Allocation, allocate
from ipr_service.rights.contributions import Background, Contribution, Cost
from ipr_service.rights.replay import record, replay
from ipr_service.rights.scopes import Stated
from tests.rights.given import PARTIES, contributions

BY_POINTS = ("points@1", "pools@1", "capped@1", "floor@1", "derivation@1")
HELD = (Background("old", "dora", "An old thing"), Background("older", "clara", "An older thing"))
KEEPS = {"bruno": (("keeps", Fraction(1, 3)),)}


def _held(*parts: int) -> tuple[tuple[str, tuple[tuple[str, Fraction], ...]], ...]:
    """What each party held before."""
    return tuple((party.id, (("held", Fraction(part, sum(parts))),)) for party, part in zip(PARTIES, parts, strict=True))


STATED = {
    "harmonic@1": Stated(parties=tuple((party.id, (("place", Fraction(place)),)) for place, party in enumerate(PARTIES, 1))),
    "lambert-1@1": Stated((("university", "anna"),)),
    "lambert-2@1": Stated((("university", "anna"),)),
    "lambert-3@1": Stated((("university", "anna"),)),
    "lambert-a@1": Stated((("creator", "bruno"),)),
    "lambert-b@1": Stated((("lead", "clara"),)),
    "lambert-c@1": Stated((("core", "dora"),)),
    "joining@1": Stated((("newcomer", "dora"), ("takes", Fraction(1, 7))), _held(1, 2, 3, 0)),
    "leaving@1": Stated((), tuple((party, (*facts, *KEEPS.get(party, ()))) for party, facts in _held(1, 2, 3, 4))),
    "transfer@1": Stated((("giver", "clara"), ("part", Fraction(2, 3)), ("taker", "anna")), _held(1, 2, 3, 4)),
}


def linked(made: tuple[Contribution, ...]) -> tuple[Contribution, ...]:
    """Every second contribution is built on something old."""
    return tuple(replace(one, built_on=("old", "older")[: number % 3]) for number, one in enumerate(made))


def run(reference: str, made: tuple[Contribution, ...]) -> Allocation:
    """The run, or an example that is passed over because the policy rightly refuses it (a cap that cannot be met, no basis)."""
    stated = STATED.get(reference, Stated())
    if reference in policies.EVENTS:  # these start from shares
        made = ()
    if reference == "costs@1":  # every thing at its price
        made = tuple(replace(one, facts=(("kind", "other"), ("worth", Cost(Fraction(int(one.points or 0)), "EUR")))) for one in made)
    if reference == "harmonic@1":  # who only organises has no place
        inside = {one.party for one in made if one.role != "facilitation" and not one.severable}
        assume(inside | {one.party for one in made} == inside)
    try:
        return allocate(policies.shipped(reference), PARTIES, made, background=HELD, stated=stated)
    except RefusedError:
        assume(False)
        raise


# Many policies: a few examples of each, and more with `make fuzz`.
SMALL = settings(max_examples=max(8, settings().max_examples // 12))


@pytest.mark.parametrize("reference", policies.SHIPPED)
@SMALL
@given(made=contributions(), seed=st.integers(0, 99))
def test_shares_add_up_the_order_of_the_input_decides_nothing_and_the_record_replays(
    reference: str, made: tuple[Contribution, ...], seed: int
) -> None:
    made = linked(made)
    first = run(reference, made)
    assert sum(first.computed.fractions.values()) == 1
    shuffled = list(first.contributions)
    random.Random(seed).shuffle(shuffled)
    again = allocate(first.policy, reversed(PARTIES), shuffled, background=reversed(HELD), stated=first.stated)
    assert (again.computed, again.derivation, again.digest) == (first.computed, first.derivation, first.digest)
    assert replay(record(first))


@pytest.mark.parametrize("reference", BY_POINTS)
@SMALL
@given(made=contributions(), by=st.fractions(Fraction(1, 50), 50, max_denominator=50))
def test_only_the_proportion_of_points_matters(reference: str, made: tuple[Contribution, ...], by: Fraction) -> None:
    scaled = tuple(replace(one, points=(one.points or Fraction(0)) * by) for one in linked(made))
    assert run(reference, scaled).computed == run(reference, linked(made)).computed


@pytest.mark.parametrize("reference", ["points@1", "pools@1", "capped@1", "floor@1"])
@SMALL
@given(made=contributions(), more=st.fractions(0, 100, max_denominator=20))
def test_more_points_never_lower_ones_own_share(reference: str, made: tuple[Contribution, ...], more: Fraction) -> None:
    before = run(reference, made)
    raised = tuple(replace(one, points=(one.points or Fraction(0)) + more) if one.id == "sure" else one for one in made)
    assert run(reference, raised).computed.fractions["anna"] >= before.computed.fractions["anna"]
