"""Splits and how they are put on paper. Expected values: RIGHTS 5a and the cited cases, or by hand."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.shares import Segment, Share, Split, apportion, ring


def split(**weights: int) -> Split:
    whole = sum(weights.values())
    return Split.of({party: Fraction(weight, whole) for party, weight in weights.items()})


weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)
splits = weights.map(lambda drawn: split(**{f"p{number}": weight for number, weight in enumerate(drawn)}))


def test_shares_that_do_not_add_up_to_one_are_refused_with_the_difference() -> None:
    with pytest.raises(InputError, match=r"add up to 90 %, not to 100 % \(-10 %\)"):
        Split.of({"a": Fraction(1, 2), "b": Fraction(2, 5)})
    with pytest.raises(InputError, match=r"\(\+33 1/3 %\)"):
        Split.of({"a": Fraction(1), "b": Fraction(1, 3)})


@pytest.mark.parametrize("fraction", [Fraction(-1, 10), Fraction(11, 10)])
def test_a_share_outside_0_to_100_percent_is_refused(fraction: Fraction) -> None:
    with pytest.raises(InputError, match="between 0 % and 100 %"):
        Share("a", fraction)


def test_a_floating_point_share_is_refused() -> None:
    with pytest.raises(InputError, match="floating-point"):
        Share("a", 0.5)  # type: ignore[arg-type]  # what a caller without types could send


def test_nobody_and_twice_the_same_party_are_refused() -> None:
    with pytest.raises(InputError, match="at least one party"):
        Split(())
    with pytest.raises(InputError, match="each party once"):
        Split((Share("a", Fraction(1, 2)), Share("a", Fraction(1, 2))))


@pytest.mark.parametrize(
    ("of", "paper"),
    [
        ({"a": 1, "b": 1, "c": 1}, {"a": 3334, "b": 3333, "c": 3333}),
        ({"a": 20000, "b": 14400, "c": 10000}, {"a": 4505, "b": 3243, "c": 2252}),
        ({"a": 30, "b": 20, "c": 30}, {"a": 3750, "b": 2500, "c": 3750}),
        ({"a": 1, "b": 0}, {"a": 10000, "b": 0}),
    ],
)
def test_basis_points_are_those_of_the_largest_remainder(of: dict[str, int], paper: dict[str, int]) -> None:
    assert split(**of).basis_points() == paper


def test_ties_go_to_the_lower_id_whatever_the_order_of_entry() -> None:
    assert split(c=1, b=1, a=1).basis_points() == {"a": 3334, "b": 3333, "c": 3333}


def test_a_refund_mirrors_the_payment() -> None:
    thirds = split(a=1, b=1, c=1)
    assert apportion(thirds, -5) == {party: -units for party, units in apportion(thirds, 5).items()} == {"a": -2, "b": -2, "c": -1}


@given(splits, st.integers(-(10**9), 10**9))
def test_units_add_up_and_nobody_is_off_by_a_whole_unit(shares: Split, units: int) -> None:
    paper = apportion(shares, units)
    assert sum(paper.values()) == units
    assert all(abs(paper[party] - fraction * units) < 1 for party, fraction in shares.fractions.items())


def test_ten_thousand_holders_get_one_basis_point_each_without_a_warning() -> None:
    shares = split(**{f"p{n}": 1 for n in range(10_000)})
    assert set(shares.basis_points().values()) == {1}
    assert shares.warnings() == ()


def test_ten_thousand_and_one_holders_are_warned_that_one_shows_nothing() -> None:
    shares = split(**{f"p{n}": 1 for n in range(10_001)})
    assert sorted(shares.basis_points().values())[:2] == [0, 1]
    assert "10001 holders are more than 10000 basis points" in str(shares.warnings()[0])


def test_the_ring_begins_at_the_top_and_leaves_out_who_holds_nothing() -> None:
    assert ring(split(a=3, b=0, c=5)) == (Segment("a", Fraction(0), Fraction(3, 8)), Segment("c", Fraction(3, 8), Fraction(1)))


@given(splits)
def test_the_ring_closes_exactly(shares: Split) -> None:
    arcs = ring(shares)
    assert arcs[0].start == 0
    assert arcs[-1].end == 1
    assert all(before.end == after.start for before, after in pairwise(arcs))


@given(splits)
def test_a_split_survives_being_stored(shares: Split) -> None:
    assert Split.from_data(shares.to_data()) == shares


@pytest.mark.parametrize("data", [{"a": "x"}, {"a": "1/0"}, {"a": "1/2"}, {}])
def test_a_stored_split_that_is_not_whole_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Split.from_data(data)
