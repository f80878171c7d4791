"""Water-filling: floors and caps. Known answers from RIGHTS.md 5a and the cases; the laws for every input."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ipr_service.errors import RefusedError
from ipr_service.rights.filling import Bound, fill

F = Fraction
SEVEN = {"A": F(7, 10), "B": F(1, 5), "C": F(1, 10)}


def everyone(shares: dict[str, Fraction], floor: Fraction = F(0), cap: Fraction = F(1)) -> dict[str, Fraction]:
    return fill(shares, dict.fromkeys(shares, Bound(floor, cap)))


def test_a_cap_of_a_half_leaves_the_others_their_proportion() -> None:
    assert everyone(SEVEN, cap=F(1, 2)) == {"A": F(1, 2), "B": F(1, 3), "C": F(1, 6)}


def test_a_cap_may_push_the_next_one_onto_it_too() -> None:
    # At 2/5 A is capped; B and C share 3/5 as 2:1, so B reaches exactly its cap.
    assert everyone(SEVEN, cap=F(2, 5)) == {"A": F(2, 5), "B": F(2, 5), "C": F(1, 5)}


def test_a_floor_is_taken_from_those_above_in_proportion() -> None:
    # C is lifted by 1/10; A and B share the remaining 4/5 as 7:2.
    assert everyone(SEVEN, floor=F(1, 5)) == {"A": F(3, 5), "B": F(1, 5), "C": F(1, 5)}
    assert everyone({"A": F(4, 5), "B": F(1, 5), "C": F(0)}, floor=F(1, 10)) == {"A": F(18, 25), "B": F(9, 50), "C": F(1, 10)}


def test_bounds_that_are_kept_already_change_nothing() -> None:
    assert everyone(SEVEN, F(1, 10), F(7, 10)) == SEVEN


def test_caps_that_add_up_to_exactly_one_are_all_reached() -> None:
    assert everyone(SEVEN, cap=F(1, 3)) == dict.fromkeys(SEVEN, F(1, 3))


def test_floors_that_add_up_to_exactly_one_are_all_kept() -> None:
    assert everyone(SEVEN, floor=F(1, 3)) == dict.fromkeys(SEVEN, F(1, 3))


@pytest.mark.parametrize(
    ("shares", "bound", "says"),
    [
        (dict.fromkeys("ABC", F(1, 3)), Bound(cap=F(3, 10)), "3 x 3/10 = 9/10 < 1"),
        ({f"p{n:02d}": F(1, 30) for n in range(30)}, Bound(floor=F(1, 20)), "30 x 1/20 = 3/2 > 1"),
        ({"A": F(1), "B": F(0)}, Bound(cap=F(1, 2)), "1/2 = 1/2 < 1"),
        ({"A": F(1)}, Bound(F(1, 2), F(1, 3)), "floor 1/2 of A is above its cap 1/3"),
    ],
)
def test_bounds_that_cannot_be_met_are_refused_with_the_sum(shares: dict[str, Fraction], bound: Bound, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        fill(shares, dict.fromkeys(shares, bound))


@st.composite
def filled(draw: st.DrawFn) -> tuple[dict[str, Fraction], dict[str, Bound], dict[str, Fraction]]:
    weights = draw(st.lists(st.integers(0, 20), min_size=1, max_size=6))
    assume(sum(weights))
    shares = {f"p{number}": F(weight, sum(weights)) for number, weight in enumerate(weights)}
    bounds = {
        party: Bound(
            draw(st.fractions(0, F(1, len(shares)), max_denominator=12)), draw(st.fractions(F(1, len(shares)), 1, max_denominator=12))
        )
        for party in shares
    }
    try:
        return shares, bounds, fill(shares, bounds)
    except RefusedError:
        assume(False)
        raise


@given(filled())
def test_every_filling_is_whole_within_its_bounds_and_keeps_the_proportions_of_the_free(
    found: tuple[dict[str, Fraction], dict[str, Bound], dict[str, Fraction]],
) -> None:
    shares, bounds, after = found
    assert sum(after.values()) == 1
    assert all(bounds[party].floor <= share <= bounds[party].cap for party, share in after.items())
    free = [party for party in shares if bounds[party].floor < after[party] < bounds[party].cap]
    assert len({after[party] / shares[party] for party in free}) <= 1
    assert fill(dict(reversed(shares.items())), bounds) == after
