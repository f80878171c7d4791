"""The interpreter's derivations: which terms a share is made of. Expected terms are worked out by hand."""

from fractions import Fraction

from ipr_service.rights import policies
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.derivation import Term
from ipr_service.rights.evaluation import derive

POINTS, EQUAL, ROLES = map(policies.shipped, ("points@1", "equal@1", "roles@1"))


def test_points_of_one_party_are_one_term() -> None:
    made = [Contribution(f"c{number}", party, "form", points=Fraction(number)) for number, party in enumerate("aab", 1)]
    assert derive(POINTS, "ab", made).terms == (
        Term("a", "points", "points", None, Fraction(1), Fraction(3), Fraction(6), ("c1", "c2"), amounts=(Fraction(1), Fraction(2))),
        Term("b", "points", "points", None, Fraction(1), Fraction(3), Fraction(6), ("c3",), amounts=(Fraction(3),)),
    )


def test_a_role_is_one_term_per_party_and_empty_roles_weigh_nothing() -> None:
    made = [
        Contribution("c1", "a", "concept", degree="supporting"),
        Contribution("c2", "a", "concept", degree="lead"),
        Contribution("c3", "b", "concept", degree="supporting"),
        Contribution("c4", "b", "form", degree="equal"),
    ]
    # Concept 5 and form 3 are the roles in which somebody worked: 5/8 and 3/8 of the pot.
    assert derive(ROLES, "ab", made).terms == (
        Term("a", "roles", "degree", "concept", Fraction(5, 8), Fraction(3), Fraction(4), ("c1", "c2")),
        Term("b", "roles", "degree", "concept", Fraction(5, 8), Fraction(1), Fraction(4), ("c3",)),
        Term("b", "roles", "degree", "form", Fraction(3, 8), Fraction(2), Fraction(2), ("c4",)),
    )


def test_a_party_whose_work_is_all_severable_is_no_head_but_one_without_any_is() -> None:
    made = [Contribution("c1", "a", "form"), Contribution("c2", "b", "form", severable=True)]
    derivation = derive(EQUAL, "abc", made)
    assert derivation.fractions("abc") == {"a": Fraction(1, 2), "b": Fraction(0), "c": Fraction(1, 2)}
    assert derivation.of("b")[0] == ()
    assert [aside.contribution for aside in derivation.of("b")[1]] == ["c2"]


def test_severable_goes_before_excluded_as_the_reason() -> None:
    (aside,) = derive(EQUAL, "ab", [Contribution("c", "a", "funding", severable=True)]).asides
    assert (aside.kind, aside.rule) == ("severable", "severable")
