"""Derivation chains: known answers from the cases (chain, diamond, cap, circle), and that nothing is lost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights import lineage
from ipr_service.rights.lineage import Passed, settle

F = Fraction


def test_a_chain_of_three_at_a_fifth() -> None:
    settled = settle({"C": F(1)}, {"C": {"B": F(1, 5)}, "B": {"A": F(1, 5)}})
    assert settled.kept == {"C": F(4, 5), "B": F(4, 25), "A": F(1, 25)}
    assert settled.passed == (Passed("B", "A", F(1, 5), F(1, 25)), Passed("C", "B", F(1, 5), F(1, 5)))


def test_a_diamond_pays_its_common_source_along_both_arms() -> None:
    links = {"D": {"B": F(1, 10), "C": F(1, 10)}, "B": {"A": F(1, 5)}, "C": {"A": F(1, 5)}}
    assert settle({"D": F(1)}, links).kept == {"D": F(4, 5), "B": F(2, 25), "C": F(2, 25), "A": F(1, 25)}


def test_parts_above_the_cap_are_scaled_together() -> None:
    links = {"own": dict.fromkeys("PQR", F(1, 2))}
    assert settle({"own": F(1)}, links, cap=F(1, 2)).kept == {"own": F(1, 2), "P": F(1, 6), "Q": F(1, 6), "R": F(1, 6)}


@pytest.mark.parametrize(
    ("links", "path"),
    [
        ({"A": {"B": F(1, 5)}, "B": {"A": F(1, 5)}}, "A → B → A"),
        ({"z": {"x": F(0)}, "y": {"z": F(0)}, "x": {"y": F(0)}, "w": {"y": F(0)}}, "x → y → z → x"),
        ({"A": {"A": F(1, 2)}}, "A → A"),
    ],
)
def test_a_circle_is_refused_with_its_path_told_from_its_lowest_id(links: lineage.Links, path: str) -> None:
    with pytest.raises(InputError, match=path):
        settle({}, links)
    with pytest.raises(InputError, match=path):
        settle({}, dict(reversed(links.items())))


@pytest.mark.parametrize("part", [F(-1, 5), F(6, 5)])
def test_a_part_outside_the_whole_is_refused(part: Fraction) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        settle({}, {"B": {"A": part}})


def test_a_chain_of_ten_thousand_is_no_matter() -> None:
    links = {f"t{number}": {f"t{number - 1}": F(0)} for number in range(1, 10_000)}
    assert settle({"t9999": F(1)}, links).kept["t9999"] == 1


def test_too_many_links_are_refused_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "MAX_LINKS", 1)
    with pytest.raises(InputError, match="More than 1 links"):
        settle({}, {"C": {"A": F(0), "B": F(0)}})


parts = st.fractions(0, F(1, 2), max_denominator=10)


@given(
    st.dictionaries(st.integers(0, 6), st.dictionaries(st.integers(0, 6), parts, max_size=4), max_size=7),
    st.fractions(0, 1, max_denominator=8),
)
def test_whatever_is_handed_on_adds_up_to_what_came_in(drawn: dict[int, dict[int, Fraction]], cap: Fraction) -> None:
    links = {f"t{late}": {f"t{early}": part for early, part in parents.items() if early < late} for late, parents in drawn.items()}
    settled = settle({f"t{number}": F(1, 7) for number in range(7)}, links, cap)
    assert sum(settled.kept.values()) == 1
    assert min(settled.kept.values()) >= 0
