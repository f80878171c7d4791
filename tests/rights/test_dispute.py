"""While a split is disputed, what every claim grants is paid and the rest is kept, to the unit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import RefusedError
from ipr_service.rights.carry import pay
from ipr_service.rights.dispute import freed, ring_fence

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
    for settled in (split, *claims):
        if not held:
            continue
        after = freed(held, settled, split, claims)
        assert sum(after.values()) == held
        for party, share in settled.items():
            assert abs(paid.get(party, 0) + after.get(party, 0) - share * units) < 3  # two roundings, each below one unit, and that of held


def test_a_settled_split_below_what_was_paid_is_refused() -> None:
    with pytest.raises(RefusedError, match="anna was paid more"):
        freed(100, {"anna": Fraction(1, 4), "bruno": Fraction(3, 4)}, SPLIT, (CLAIM,))
    with pytest.raises(RefusedError, match="nothing is held"):
        freed(100, SPLIT, SPLIT, (SPLIT,))
