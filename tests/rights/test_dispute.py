"""While a split is disputed, what every claim grants is paid and the rest is kept, to the unit."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import RefusedError
from ipr_service.rights.carry import pay
from ipr_service.rights.dispute import Kept, freed, keep, ring_fence, settled, withdrawn

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
SPLIT = {"anna": HALF, "bruno": HALF}
CLAIM = {"anna": THIRD, "bruno": 2 * THIRD}


def test_each_gets_the_least_that_any_claim_gives_it_and_the_rest_is_held() -> None:
    assert ring_fence(SPLIT, (CLAIM,)) == {"anna": THIRD, "bruno": HALF, "held": Fraction(1, 6)}


def test_somebody_whom_one_claim_leaves_out_is_sure_of_nothing() -> None:
    assert ring_fence({"anna": HALF, "bruno": HALF}, ({"anna": Fraction(1)},)) == {"anna": HALF, "bruno": Fraction(0), "held": HALF}


def test_without_a_claim_or_with_the_same_one_nothing_is_held() -> None:
    assert ring_fence(SPLIT) == ring_fence(SPLIT, (SPLIT,)) == SPLIT


@pytest.mark.parametrize(
    ("settled", "amounts"),
    [(SPLIT, {"anna": 100}), (CLAIM, {"bruno": 100}), ({"anna": Fraction(5, 12), "bruno": Fraction(7, 12)}, {"anna": 50, "bruno": 50})],
)
def test_a_settled_split_gives_each_what_it_lacks(settled: dict[str, Fraction], amounts: dict[str, int]) -> None:
    assert freed(100, settled, SPLIT, (CLAIM,)) == amounts


splits = (
    st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any).map(lambda w: {f"p{n}": Fraction(x, sum(w)) for n, x in enumerate(w)})
)


@given(splits, st.lists(splits, min_size=1, max_size=3), st.integers(1, 10**9))
def test_minimum_and_release_make_the_settled_split_within_a_unit(
    split: dict[str, Fraction], claims: list[dict[str, Fraction]], units: int
) -> None:
    paid = pay(units, ring_fence(split, claims)).units
    held = paid.get("held", 0)
    for standing in (split, *claims):
        if not held:
            continue
        after = freed(held, standing, split, claims)
        assert sum(after.values()) == held
        for party, share in standing.items():
            assert abs(paid.get(party, 0) + after.get(party, 0) - share * units) < 3  # two roundings, each below one unit, and that of held


def test_where_the_settled_split_gives_less_than_was_paid_the_others_divide_what_was_kept() -> None:
    assert freed(100, {"anna": Fraction(1, 4), "bruno": Fraction(3, 4)}, SPLIT, (CLAIM,)) == {"bruno": 100}


def test_where_nothing_was_disputed_nothing_is_freed() -> None:
    with pytest.raises(RefusedError, match="nothing is held"):
        freed(100, SPLIT, SPLIT, (SPLIT,))


@given(splits, st.lists(splits, min_size=1, max_size=4), st.integers(1, 10**6), st.randoms())
def test_in_whatever_order_disputes_are_withdrawn_every_unit_comes_out_and_each_is_within_a_unit_for_each_step(
    split: dict[str, Fraction], claims: list[dict[str, Fraction]], units: int, chance: Random
) -> None:
    paid = dict(pay(units, ring_fence(split, claims)).units)
    kept = keep((), split, claims, paid.pop("held", 0))
    for claim in chance.sample(claims, len(claims)):
        freed_now, kept = withdrawn(kept, claim)
        for party, more in freed_now.items():
            assert more > 0
            paid[party] = paid.get(party, 0) + more
        assert sum(paid.values()) + sum(one.units for one in kept) == units
    assert kept == ()
    assert all(abs(paid.get(party, 0) - share * units) < len(claims) + 2 for party, share in split.items())


def test_money_kept_under_different_claims_is_freed_apart() -> None:
    other = {"anna": Fraction(1, 4), "bruno": Fraction(3, 4)}
    kept = keep(keep((), SPLIT, (CLAIM,), 100), SPLIT, (CLAIM, other), 300)
    amounts, still = withdrawn(kept, CLAIM)
    # of the 100 all go to Anna; of the 300, kept for 1/4 of the money, the other claim keeps all
    assert amounts == {"anna": 100}
    assert still == (Kept(SPLIT, (other,), 300),)
    assert settled(kept, CLAIM) == {"anna": 100, "bruno": 300}
    assert keep(kept, SPLIT, (CLAIM,), -100) == (Kept(SPLIT, (CLAIM, other), 300),)
