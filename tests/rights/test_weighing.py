"""The rules that divide a pot. Expected shares are the source's or worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import policies, weighing
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.evaluation import derive
from ipr_service.rights.facts import Declared
from ipr_service.rights.language import Literal, Name
from ipr_service.rights.precedence import UndeterminedError
from ipr_service.rights.rules import Part, Pools, Weigh
from ipr_service.rights.scopes import Known, Stated
from ipr_service.rights.weighing import Pot

F = Fraction
EVIDENCE = policies.shipped("evidence@1")


def shares(terms: Sequence[weighing.Term]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for term in terms:
        found[term.party] = found.get(term.party, F(0)) + term.value
    return found


def pot(*made: Contribution, parties: str = "ab", known: Known | None = None) -> Pot:
    return Pot(tuple(parties), made, (), known or Known({}))


def pieces(party: str, role: str, count: int, points: int | None = None) -> list[Contribution]:
    worth = None if points is None else F(points)
    return [Contribution(f"{party}-{role}-{number}", party, role, points=worth) for number in range(count)]


def test_three_pieces_of_one_kind_are_worth_seven_quarters() -> None:
    terms = derive(EVIDENCE, "ab", [*pieces("a", "concept", 3), *pieces("b", "form", 1)]).terms
    assert {term.party: term.part for term in terms} == {"a": F(7, 4), "b": F(1)}


def test_of_unequal_pieces_the_greatest_counts_whole_whichever_came_first() -> None:
    rule = Weigh("w", "worth", "s", worth=Name("points", "number"), diminish=F(1, 2), within="role")
    made = [
        Contribution("c1", "a", "form", points=F(2)),
        Contribution("c2", "a", "form", points=F(10)),
        Contribution("c3", "b", "form", points=F(11)),
    ]
    assert shares(weighing.weigh(rule, pot(*made))) == {"a": F(1, 2), "b": F(1, 2)}
    assert weighing.weigh(rule, pot(*made))[0].told == ("2 × 1/2", "10")


@given(st.integers(1, 40), st.integers(1, 40))
def test_another_piece_never_lowers_ones_own_share(own: int, others: int) -> None:
    def share(count: int) -> Fraction:
        return derive(EVIDENCE, "ab", [*pieces("a", "form", count), *pieces("b", "form", others)]).fractions("ab")["a"]

    assert share(own) < share(own + 1) < 1


def test_so_many_pieces_that_no_number_can_be_written_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="binary digits"):
        derive(EVIDENCE, "a", pieces("a", "form", 5000))


def test_measures_may_be_parts_of_a_given_whole_and_never_more() -> None:
    rule = Weigh("w", "points", "s", out_of=F(100))
    assert shares(weighing.weigh(rule, pot(*pieces("a", "form", 1, 30), *pieces("b", "form", 1, 20)))) == {"a": F(3, 10), "b": F(1, 5)}
    with pytest.raises(RefusedError, match="110 of 100"):
        weighing.weigh(rule, pot(*pieces("a", "form", 1, 110)))


def places(**by_party: int) -> Known:
    declared = {"place": Declared("place", "party", "number", "the parties")}
    return Known(declared, Stated(parties=tuple((party, (("place", F(place)),)) for party, place in by_party.items())))


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (places(a=1, b=1), "a and b have the same place, 1"),
        (places(a=1, b=3), "Nobody has place 2"),
        (places(a=1), "nobody stated place"),
    ],
)
def test_places_are_one_two_three_each_taken_once(known: Known, says: str) -> None:
    rule = Weigh("w", "worth", "s", worth=Literal(F(1), "number"), each="party", once="place")
    with pytest.raises((InputError, UndeterminedError), match=says):
        weighing.weigh(rule, pot(known=known))


MUSIC = Pools("p", (Part("lyrics", F(1), ("words",)), Part("music", F(1), ("beat",))), "s")


def test_half_to_the_lyrics_and_half_to_the_music() -> None:
    made = [Contribution("c1", "a", "words"), Contribution("c2", "b", "words"), Contribution("c3", "c", "beat")]
    assert shares(weighing.pools(MUSIC, pot(*made, parties="abc"))) == {"a": F(1, 4), "b": F(1, 4), "c": F(1, 2)}


def test_pools_may_be_cut_again() -> None:
    # Writers hold 3/4, half of it words and half beat; the publisher 1/4.
    inner = Part("writers", F(3), pools=MUSIC.pools)
    rule = Pools("p", (Part("publisher", F(1), ("publishing",)), inner), "s")
    made = [Contribution("c1", "a", "words"), Contribution("c2", "b", "beat"), Contribution("c3", "c", "publishing")]
    terms = weighing.pools(rule, pot(*made, parties="abc"))
    assert shares(terms) == {"a": F(3, 8), "b": F(3, 8), "c": F(1, 4)}
    assert {term.role for term in terms} == {"writers / lyrics", "writers / music", "publisher"}


def test_an_empty_pool_is_spread_or_left_over() -> None:
    made = pot(Contribution("c1", "a", "words"))
    assert shares(weighing.pools(MUSIC, made)) == {"a": F(1)}
    assert shares(weighing.pools(replace(MUSIC, empty="residual"), made)) == {"a": F(1, 2)}


def test_a_role_in_no_pool_is_refused() -> None:
    with pytest.raises(InputError, match='"dance", which the rule p does not weigh'):
        weighing.pools(MUSIC, pot(Contribution("c1", "a", "dance")))


def test_a_fact_that_an_expression_needs_is_asked_for_and_the_whole_list_is_named() -> None:
    rule = Weigh("w", "worth", "s", worth=Name("effort", "number"))
    with pytest.raises(UndeterminedError) as refusal:
        weighing.weigh(rule, pot(*pieces("a", "form", 2)))
    assert [fact.of for fact in refusal.value.outcome.missing] == ["a-form-0", "a-form-1"]
