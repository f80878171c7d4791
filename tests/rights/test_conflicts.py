"""Conflicts: exact, symmetric, by an index that finds what all pairs find."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.conflicts import Priority, chains, conflict, conflicts, meeting
from ipr_service.rights.licences import Grant
from tests.rights.grants import any_grant, granted


def test_the_union_and_italy_meet_in_italy_on_the_days_of_both() -> None:
    union = granted("a", territory=("EU",), last="2028-12-31")
    italy = granted("b", territory=("IT",), first="2028-06-01")
    (found,) = conflicts((union, italy))
    assert found.meet.text == "furniture x IT x 2028-06-01..2028-12-31"
    assert str(found.sentence) == "a and b conflict on furniture x IT x 2028-06-01..2028-12-31"
    assert found.certain


def test_acts_and_purposes_stand_in_front_where_they_are_not_all() -> None:
    first = granted("a", acts=("make", "sell"), purposes=("exploitation", "project"))
    second = granted("b", acts=("sell",), territory=("IT-25", "FR"))
    (found,) = conflicts((first, second))
    assert found.meet.text == "sell x exploitation+project x furniture x IT-25 x .."


def test_days_of_a_macro_that_differ_by_country_are_told_apart() -> None:
    (found,) = conflicts((granted("a", territory=("EU",)), granted("b", territory=("HR", "IT"), first="2010-01-01")))
    assert found.meet.text == "furniture x IT x 2010-01-01..; furniture x HR x 2013-07-01.."


@pytest.mark.parametrize(
    "apart",
    [
        {"asset": "lamp"},
        {"fields": ("lighting",)},
        {"territory": ("FR", "SI")},
        {"acts": ("adapt",)},
        {"purposes": ("research",)},
        {"first": "2029-01-01"},
        {"grantee": "to-a"},
    ],
)
def test_one_axis_apart_is_no_conflict(apart: dict[str, object]) -> None:
    first = granted("a", acts=("make",), purposes=("project",), last="2028-12-31")
    assert conflicts((first, granted("b", **apart))) == ()


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("exclusive", "exclusive", True),
        ("exclusive", "non-exclusive", True),
        ("exclusive", "sole", True),
        ("sole", "non-exclusive", True),
        ("non-exclusive", "non-exclusive", False),
    ],
)
def test_one_that_shuts_others_out_is_enough(first: str, second: str, clash: bool) -> None:
    assert bool(conflicts((granted("a", exclusivity=first), granted("b", exclusivity=second)))) is clash


def test_a_sole_grant_leaves_room_for_its_grantor_and_an_exclusive_one_does_not() -> None:
    back = granted("b", grantors=("bruno",), grantee="anna", exclusivity="non-exclusive")
    assert conflicts((granted("a", exclusivity="sole"), back)) == ()
    assert len(conflicts((granted("a", exclusivity="exclusive"), back))) == 1


def test_unsaid_exclusivity_may_conflict_and_says_so() -> None:
    (found,) = conflicts((granted("a", exclusivity=None), granted("b", exclusivity="non-exclusive")))
    assert not found.certain
    assert "may conflict" in str(found.sentence)
    (sure,) = conflicts((granted("a", exclusivity=None), granted("b")))
    assert sure.certain, "the other one is exclusive, whatever this one is"


def test_an_axis_that_nobody_named_is_taken_as_everything_and_told() -> None:
    (found,) = conflicts((granted("a", fields=None, territory=None), granted("b")))
    assert found.unsaid == (("a", "field"), ("a", "territory"))
    assert [str(remark) for remark in found.remarks] == [
        "a does not say its field of use: it is taken as everything",
        "a does not say its territory: it is taken as everything",
    ]


def test_a_sublicence_does_not_conflict_with_what_it_draws_on_but_with_its_sisters() -> None:
    above = granted("a")
    below = granted("b", grantors=("to-a",), under="a")
    below_that = granted("c", grantors=("to-b",), under="b")
    assert conflicts((above, below, below_that)) == ()
    sister = granted("d", grantors=("to-a",), under="a")
    assert [(one.first, one.second) for one in conflicts((above, below, below_that, sister))] == [("b", "d"), ("c", "d")]


SI = Priority("earlier-non-exclusive-survives", "SI ZASP 74(3)")


def test_the_earlier_non_exclusive_one_survives_where_the_law_says_so() -> None:
    early = granted("z", exclusivity="non-exclusive", agreed=date(2026, 1, 1))
    late = granted("a", agreed=date(2027, 1, 1))
    (found,) = conflicts((early, late), {"chair": SI})
    assert (found.survivor, found.source) == ("z", "SI ZASP 74(3)")
    assert "survives unless agreed otherwise" in str(found.remarks[-1])
    (silent,) = conflicts((early, late))
    assert silent.survivor is None
    (other_way,) = conflicts((replace(early, agreed=date(2028, 1, 1)), late), {"chair": SI})
    assert other_way.survivor is None, "a later non-exclusive grant is not saved"


def test_circles_of_sublicences_and_double_ids_are_refused() -> None:
    with pytest.raises(InputError, match="a < b < a"):
        chains((granted("a", under="b"), granted("b", under="a")))
    with pytest.raises(InputError, match='"a" stands here twice'):
        conflicts((granted("a"), granted("a")))


@given(any_grant("a"), any_grant("b"))
def test_a_conflict_is_symmetric(first: Grant, second: Grant) -> None:
    assert conflict(first, second) == conflict(second, first)


@settings(max_examples=60)
@given(st.lists(any_grant(), min_size=2, max_size=9), st.randoms())
def test_the_index_finds_what_all_pairs_find_in_any_order(made: list[Grant], chance: object) -> None:
    named = [replace(grant, id=f"g{number}") for number, grant in enumerate(made)]
    naive = [found for pair in combinations(named, 2) if (found := conflict(*pair)) is not None]
    shuffled = list(named)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert conflicts(shuffled) == conflicts(named) == tuple(naive)


@given(any_grant("a"))
def test_a_grant_meets_itself_where_it_meets_the_world(grant: Grant) -> None:
    met, world = meeting(grant, grant), meeting(grant, replace(grant, territory=("WORLD",)))
    assert (met and dict(met.where)) == (world and dict(world.where))
