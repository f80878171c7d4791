"""The stages after the pot: derivation, residual, floors and caps, leaving; each change on record with rule and source."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import policies
from ipr_service.rights.contributions import Background, Contribution
from ipr_service.rights.derivation import Derivation
from ipr_service.rights.evaluation import derive
from ipr_service.rights.precedence import RuleConflictError, UndeterminedError
from ipr_service.rights.scopes import Stated
from ipr_service.rights.shares import Split
from tests.rights.given import points

F = Fraction
TEN = {"a": 7, "b": 2, "c": 1}
HEAD = "policy: ours\nversion: 1\ntitle: Ours\nsource: s\nfacts: {gone: {of: party, type: yes/no}, main: {of: case, type: party}}\nrules:\n"
POINTS = "  - {id: w, kind: weigh, by: points, source: s}\n"
HUNDRED = "  - {id: w, kind: weigh, by: points, out-of: 100, source: s}\n"


def run(rules: str, weights: dict[str, int] | None = None, stated: Stated = Stated(), weigh: str = POINTS) -> Derivation:  # noqa: B008
    weights = weights or TEN
    policy = policies.load(HEAD + weigh + "".join(f"  - {{{rule}, because: so, source: s}}\n" for rule in rules.split(";") if rule))
    return derive(policy, tuple(weights), points(weights), stated=stated)


def after(derivation: Derivation, parties: str = "abc") -> list[Fraction]:
    return list(derivation.fractions(parties).values())


def test_caps_and_floors_work_together_and_are_each_recorded() -> None:
    derivation = run("id: top, kind: cap, at: 1/2;id: low, kind: floor, at: 1/5")
    assert after(derivation) == [F(1, 2), F(3, 10), F(1, 5)]
    assert [(step.party, step.kind, step.rule) for step in derivation.steps] == [
        ("a", "cap", "top"),
        ("b", "level", "low"),
        ("c", "floor", "low"),
    ]


def test_two_caps_of_one_rank_are_a_conflict_and_the_contract_goes_before_the_statute() -> None:
    with pytest.raises(RuleConflictError, match=r"one \(s\) / two \(s\)"):
        run("id: one, kind: cap, at: 1/2;id: two, kind: cap, at: 3/5")
    assert after(run("id: one, kind: cap, at: 1/2;id: two, kind: cap, at: 3/5, rank: statute"))[0] == F(1, 2)


def test_a_floor_for_makers_leaves_out_who_made_nothing() -> None:
    policy = policies.load(HEAD + POINTS + "  - {id: low, kind: floor, at: 1/4, who: makers, because: so, source: s}\n")
    derivation = derive(policy, "abz", points({"a": 9, "b": 1}))
    assert derivation.fractions("abz") == {"a": F(3, 4), "b": F(1, 4), "z": F(0)}


@pytest.mark.parametrize(
    ("to", "expected"),
    [("pro-rata", [F(3, 5), F(2, 5), F(0)]), ("heads", [F(7, 15), F(11, 30), F(1, 6)]), ("{party: c}", [F(3, 10), F(1, 5), F(1, 2)])],
)
def test_what_no_rule_gave_goes_where_the_residual_says(to: str, expected: list[Fraction]) -> None:
    assert after(run(f"id: rest, kind: residual, to: {to}", {"a": 30, "b": 20, "c": 0}, weigh=HUNDRED)) == expected


def test_what_no_rule_gave_and_no_residual_takes_is_undetermined() -> None:
    with pytest.raises(UndeterminedError) as refusal:
        run("", {"a": 30, "b": 20}, weigh=HUNDRED)
    assert refusal.value.outcome.question == "who takes the remaining 1/2"


def test_a_fixed_part_comes_off_before_the_rest_is_divided() -> None:
    derivation = run("id: host, kind: fixed, party: {party: c}, share: 1/10", {"a": 3, "b": 1, "c": 0})
    assert after(derivation) == [F(27, 40), F(9, 40), F(1, 10)]


def test_fixed_parts_above_the_whole_and_of_strangers_are_refused() -> None:
    with pytest.raises(RefusedError, match="fixed parts add up to 6/5"):
        run("id: x, kind: fixed, party: {party: a}, share: 3/5;id: y, kind: fixed, party: {party: b}, share: 3/5")
    with pytest.raises(InputError, match='"hub", which takes no part'):
        run("id: x, kind: fixed, party: {party: hub}, share: 3/5")


def gone(*parties: str) -> Stated:
    return Stated(parties=tuple((party, (("gone", True),)) for party in parties))


LEAVES = "id: out, kind: vest, when: {{all: [{{known: gone}}, gone]}}, keeps: {}"


def test_a_leaver_keeps_a_part_and_the_others_take_the_rest_in_proportion() -> None:
    # RIGHTS.md 5a: 1/2, 3/10, 1/5, and C has earned a quarter.
    derivation = run(LEAVES.format("1/4"), {"a": 5, "b": 3, "c": 2}, gone("c"))
    assert after(derivation) == [F(19, 32), F(57, 160), F(1, 20)]
    assert [step.kind for step in derivation.steps] == ["spread", "spread", "vest"]


def test_a_withdrawal_keeps_nothing() -> None:
    assert after(run(LEAVES.format("0"), {"a": 5, "b": 3, "c": 2}, gone("c"))) == [F(5, 8), F(3, 8), F(0)]


def test_when_all_leave_nobody_receives() -> None:
    with pytest.raises(RefusedError, match="Nobody is left to receive"):
        run(LEAVES.format("0"), stated=gone("a", "b", "c"))


def test_nobody_keeps_more_than_all() -> None:
    with pytest.raises(RefusedError, match="would keep 2"):
        run(LEAVES.format("2"), stated=gone("c"))


DERIVES = policies.load(HEAD + POINTS + "  - {id: d, kind: derive, part: 1/5, cap: 1/2, because: so, source: s}\n")


def test_a_contribution_hands_on_to_background_of_another_collaboration_by_its_own_split() -> None:
    made = [Contribution("chair", "a", "form", points=F(1), built_on=("joint",))]
    held = [Background("joint", "b", "A joint", split=Split.of({"b": F(3, 4), "c": F(1, 4)}))]
    derivation = derive(DERIVES, "abc", made, held)
    assert after(derivation) == [F(4, 5), F(3, 20), F(1, 20)]
    assert [one.taker for one in derivation.steps_of("b")[0].passed] == ["joint"]


def test_a_circle_across_collaborations_is_refused_with_its_path() -> None:
    made = [Contribution("chair", "a", "form", points=F(1), built_on=("joint",))]
    held = [Background("joint", "b", "A joint", built_on=("hinge",)), Background("hinge", "c", "A hinge", built_on=("joint",))]
    with pytest.raises(InputError, match="hinge → joint → hinge"):
        derive(DERIVES, "abc", made, held)


def test_what_is_built_on_a_stranger_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="joint is built on"):
        derive(DERIVES, "a", [Contribution("chair", "a", "form", points=F(1), built_on=("joint",))])


def test_severable_work_that_others_build_on_earns_its_maker_a_part() -> None:
    policy = policies.shipped("derivation@1")
    made = [Contribution("lamp", "b", "form", severable=True), Contribution("chair", "a", "form", points=F(1), built_on=("lamp",))]
    assert after(derive(policy, "ab", made), "ab") == [F(4, 5), F(1, 5)]


@given(st.lists(st.integers(1, 50), min_size=3, max_size=3), st.permutations("abc"))
def test_every_stage_leaves_a_whole_in_any_order_of_the_parties(weights: list[int], order: list[str]) -> None:
    rules = "id: low, kind: floor, at: 1/10;id: top, kind: cap, at: 7/10;" + LEAVES.format("1/2")
    by_party = dict(zip("abc", weights, strict=True))
    derivation = run(rules, by_party, gone("c"))
    assert sum(after(derivation)) == 1
    again = run(rules, {party: by_party[party] for party in sorted(order)}, gone("c"))
    assert again.fractions("abc") == derivation.fractions("abc")
