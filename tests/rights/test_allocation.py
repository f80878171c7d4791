"""Allocation: the worked examples, the laws that hold for every input, and the bytes that are hashed."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import policies
from ipr_service.rights.allocation import Allocation, Negotiated, allocate
from ipr_service.rights.contributions import Contribution, Cost
from ipr_service.rights.parties import Party
from ipr_service.rights.shares import Split
from tests.rights.given import FEWER, PARTIES, START, amounts, contributions, people, points

EQUAL, POINTS, ROLES = map(policies.shipped, ("equal@1", "points@1", "roles@1"))
GOLDEN = Path(__file__).parent / "golden" / "input.jcs"


def policy_that_weighs(by: str, on_zero: str = "refuse") -> policies.Policy:
    return policies.Policy("own", 1, "Own", "", "test", (policies.Weigh("w", by, "test", on_zero),))


def test_points_30_20_30_give_three_eighths_a_quarter_and_three_eighths() -> None:
    shares = allocate(POINTS, people("a", "b", "c"), points({"a": 30, "b": 20, "c": 30})).split.fractions
    assert shares == {"a": Fraction(3, 8), "b": Fraction(1, 4), "c": Fraction(3, 8)}


def test_three_equal_parties_hold_a_third_each_whatever_they_recorded() -> None:
    shares = allocate(EQUAL, people("a", "b", "c"), points({"a": 1, "b": 100})).split.fractions
    assert shares == dict.fromkeys("abc", Fraction(1, 3))


def test_roles_5_3_2_give_19_and_21_fortieths() -> None:
    made = (
        Contribution("c1", "a", "concept", degree="lead"),
        Contribution("c2", "b", "concept", degree="supporting"),
        Contribution("c3", "b", "engineering", degree="lead"),
        Contribution("c4", "a", "prototype", degree="equal"),
        Contribution("c5", "b", "prototype", degree="equal"),
    )
    assert allocate(ROLES, people("a", "b"), made).split.fractions == {"a": Fraction(19, 40), "b": Fraction(21, 40)}


def test_recording_the_same_role_in_more_pieces_does_not_raise_a_share() -> None:
    made = [Contribution(f"c{n}", "a", "concept", degree="equal") for n in range(9)] + [Contribution("d", "b", "concept", degree="equal")]
    assert allocate(ROLES, people("a", "b"), made).split.fractions["a"] == Fraction(1, 2)


@pytest.mark.parametrize("policy", [EQUAL, POINTS, ROLES], ids=lambda policy: policy.reference)
@pytest.mark.parametrize("role", ["facilitation", "funding"])
def test_a_facilitator_or_funder_holds_nothing_and_the_reason_is_recorded(policy: policies.Policy, role: str) -> None:
    made = (Contribution("c", "a", "concept", degree="lead", points=Fraction(1)), Contribution("camp", "hub", role, points=Fraction(99)))
    allocation = allocate(policy, people("a", "hub"), made)
    assert allocation.split.fractions == {"a": 1, "hub": 0}
    (aside,) = allocation.derivation.asides
    assert (aside.contribution, aside.kind, aside.source) == ("camp", "excluded", "PT CDADC art. 17(4); CJEU C-32/08 FEIA")


def test_a_severable_part_stays_outside_the_pot() -> None:
    made = (*points({"a": 1, "b": 1}), Contribution("lamp", "a", "form", points=Fraction(8), severable=True))
    allocation = allocate(POINTS, people("a", "b"), made)
    assert allocation.split.fractions == {"a": Fraction(1, 2), "b": Fraction(1, 2)}
    assert [(aside.contribution, aside.kind) for aside in allocation.derivation.asides] == [("lamp", "severable")]


def test_one_contributor_holds_all() -> None:
    assert allocate(POINTS, people("a"), points({"a": 3})).split.fractions == {"a": 1}


def test_costs_in_one_currency_are_weighed_and_in_two_are_refused() -> None:
    made = [Contribution(f"c{n}", n, "concept", cost=Cost(Fraction(amount), "EUR")) for n, amount in {"a": 100, "b": 300}.items()]
    assert allocate(policy_that_weighs("cost"), people("a", "b"), made).split.fractions == {"a": Fraction(1, 4), "b": Fraction(3, 4)}
    with pytest.raises(InputError, match="CHF, EUR"):
        allocate(policy_that_weighs("cost"), people("a", "b"), [made[0], replace(made[1], cost=Cost(Fraction(1), "CHF"))])


def test_all_zero_is_refused_unless_the_policy_names_something_to_fall_back_on() -> None:
    zeros = points({"a": 0, "b": 0})
    with pytest.raises(RefusedError, match="no basis"):
        allocate(POINTS, people("a", "b"), zeros)
    shares = allocate(policy_that_weighs("points", on_zero="heads"), people("a", "b"), zeros).split.fractions
    assert shares == {"a": Fraction(1, 2), "b": Fraction(1, 2)}


@pytest.mark.parametrize("policy", [POINTS, ROLES], ids=lambda policy: policy.reference)
def test_nothing_recorded_is_no_basis(policy: policies.Policy) -> None:
    with pytest.raises(RefusedError, match="no basis"):
        allocate(policy, people("a", "b"), ())


def test_equal_shares_of_facilitators_only_have_no_basis() -> None:
    with pytest.raises(RefusedError, match="no basis"):
        allocate(EQUAL, people("a"), [Contribution("c", "a", "facilitation")])


def test_missing_points_are_asked_for_and_not_taken_for_zero() -> None:
    made = (*points({"a": 1}), Contribution("x", "b", "concept"), Contribution("y", "b", "concept"))
    with pytest.raises(InputError, match="x has no points") as refusal:
        allocate(POINTS, people("a", "b"), made)
    assert [problem.pointer for problem in refusal.value.problems] == ["/contributions/x/points", "/contributions/y/points"]


def test_a_missing_degree_is_asked_for() -> None:
    with pytest.raises(InputError, match="led, worked as an equal or supported"):
        allocate(ROLES, people("a"), [Contribution("x", "a", "concept")])


@pytest.mark.parametrize(
    ("parties", "made", "says"),
    [
        ((), (), "at least one party"),
        (people("a", "a"), (), "id a stands here twice"),
        (people("a"), points({"a": 1}) * 2, "id c-a stands here twice"),
        (people("anna"), points({"ana": 1}), "ana is not a party; did you mean anna"),
        (people("a"), [Contribution("c", "a", "concpt", points=Fraction(1))], 'no role "concpt"; did you mean "concept"'),
    ],
)
def test_inconsistent_input_is_refused(parties: tuple[Party, ...], made: tuple[Contribution, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        allocate(POINTS, parties, made)


def test_ten_thousand_and_one_holders_are_computed_exactly_and_warned_about() -> None:
    names = [f"p{number:05}" for number in range(10_001)]
    allocation = allocate(POINTS, people(*names), points(dict.fromkeys(names, 1)))
    assert set(allocation.split.fractions.values()) == {Fraction(1, 10_001)}
    assert allocation.split.warnings()


HALF = Negotiated(Split.of({"a": Fraction(1, 2), "b": Fraction(1, 2)}), "we are friends")


def test_negotiated_shares_replace_the_result_only_when_every_party_signed() -> None:
    given_points = (people("a", "b"), points({"a": 3, "b": 1}))
    unsigned, half, signed = (allocate(POINTS, *given_points, HALF, by) for by in ((), ("a",), ("b", "a")))
    assert [run.split.fractions["a"] for run in (unsigned, half, signed)] == [Fraction(3, 4), Fraction(3, 4), Fraction(1, 2)]
    assert [run.unsigned for run in (unsigned, half, signed)] == [("a", "b"), ("b",), ()]
    assert signed.computed.fractions["a"] == Fraction(3, 4)
    assert signed.difference == unsigned.difference == {"a": Fraction(-1, 4), "b": Fraction(1, 4)}
    assert unsigned.digest == half.digest == signed.digest != allocate(POINTS, *given_points).digest


def test_negotiated_shares_name_exactly_the_parties() -> None:
    with pytest.raises(InputError, match="every party and nobody else, 0 included; see c"):
        allocate(POINTS, people("a", "b", "c"), points({"a": 1}), HALF)


def test_a_signature_of_a_stranger_is_refused() -> None:
    with pytest.raises(InputError, match="x signed but is not a party"):
        allocate(POINTS, people("a"), points({"a": 1}), signed_by=("x",))


def test_erasing_a_person_changes_neither_share_nor_digest() -> None:
    named = allocate(POINTS, people("a", "b"), points({"a": 1, "b": 2}))
    erased = allocate(POINTS, [party.erased() for party in people("a", "b")], points({"a": 1, "b": 2}))
    assert (erased.split, erased.digest) == (named.split, named.digest)


def test_a_late_contribution_makes_another_run_and_leaves_the_first_untouched() -> None:
    first = allocate(POINTS, people("a", "b"), points({"a": 1, "b": 1}))
    before = first.digest
    late = allocate(POINTS, people("a", "b"), (*first.contributions, Contribution("late", "b", "form", points=Fraction(2))))
    assert late.digest != first.digest == before
    assert first.split.fractions["b"] == Fraction(1, 2)


def a_full_run() -> Allocation:
    made = (
        Contribution("late", "a", "form", degree="equal", points=Fraction(1, 3), severable=True, registered_at=START + timedelta(hours=1)),
        Contribution(
            "first", "b", "concept", "lead", Fraction(75, 2), Fraction(8), Cost(Fraction(2401, 2), "EUR"),
            built_on=("joint", "frame"), registered_at=START, commitment="ab" * 32,
        ),
        Contribution("never", "a", "concept", degree="supporting", points=Fraction(0)),
    )  # fmt: skip
    return allocate(POINTS, people("b", "a"), made, HALF)


def test_the_hashed_input_is_byte_for_byte_the_golden_file() -> None:
    assert rfc8785.dumps(a_full_run().input_data()) == GOLDEN.read_bytes().rstrip(b"\n")


def test_the_digest_is_sha256_of_policy_digest_and_canonical_input() -> None:
    expected = hashlib.sha256(POINTS.digest + GOLDEN.read_bytes().rstrip(b"\n"))
    assert a_full_run().digest == expected.digest()


@FEWER
@given(contributions(), st.sampled_from((EQUAL, POINTS, ROLES)), st.randoms(use_true_random=False))
def test_input_in_any_order_gives_the_same_run(made: tuple[Contribution, ...], policy: policies.Policy, random: object) -> None:
    shuffled, parties = list(made), list(PARTIES)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis calls it a Random only at run time
    random.shuffle(parties)  # type: ignore[attr-defined]
    one, other = allocate(policy, PARTIES, made), allocate(policy, parties, shuffled)
    assert one == other
    assert one.digest == other.digest


@FEWER
@given(contributions(), st.sampled_from((EQUAL, POINTS, ROLES)))
def test_shares_add_up_to_exactly_one_and_each_to_its_terms(made: tuple[Contribution, ...], policy: policies.Policy) -> None:
    allocation = allocate(policy, PARTIES, made)
    assert sum(allocation.split.fractions.values()) == 1
    for party, share in allocation.split.fractions.items():
        assert sum(term.value for term in allocation.derivation.of(party)[0]) == share


@FEWER
@given(contributions(), st.fractions(Fraction(1, 1000), 1000, max_denominator=1000))
def test_multiplying_all_points_changes_no_share(made: tuple[Contribution, ...], factor: Fraction) -> None:
    scaled = [replace(one, points=(one.points or 0) * factor) for one in made]
    assert allocate(POINTS, PARTIES, scaled).split == allocate(POINTS, PARTIES, made).split


@FEWER
@given(contributions(), st.data(), amounts)
def test_more_points_never_lower_ones_own_share_nor_raise_anothers(
    made: tuple[Contribution, ...], data: st.DataObject, more: Fraction
) -> None:
    index = data.draw(st.integers(0, len(made) - 1))
    raised = list(made)
    raised[index] = replace(made[index], points=(made[index].points or 0) + more)
    before, after = (allocate(POINTS, PARTIES, each).split.fractions for each in (made, raised))
    own = made[index].party
    assert after[own] >= before[own]
    assert all(after[party.id] <= before[party.id] for party in PARTIES if party.id != own)
