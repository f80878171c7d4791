"""Reasons in sentences: why, why not, and what if."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given

from ipr_service.rights import policies
from ipr_service.rights.allocation import Negotiated, allocate
from ipr_service.rights.contributions import Contribution, Cost
from ipr_service.rights.explanation import Sentence, account, compare, why
from ipr_service.rights.shares import Split
from tests.rights.given import FEWER, PARTIES, contributions, people, points

POINTS, ROLES = map(policies.shipped, ("points@1", "roles@1"))
THREE = (people("a", "b", "c"), points({"a": 30, "b": 20, "c": 30}))


def test_points_are_explained_with_the_numbers_that_were_agreed() -> None:
    told = why(allocate(POINTS, *THREE), "a")
    assert str(told.headline) == "37.5 % = 3/8: 30 of the 80 points that are proposed (rule points@1)"
    assert list(map(str, told.details)) == ["Counted: c-a"]


def test_a_sentence_takes_the_readers_decimal_mark_and_language() -> None:
    told = why(allocate(POINTS, *THREE), "a", point=",")
    assert str(told.headline).startswith("37,5 % = 3/8")
    italian = {"Hello {role} {n}": "Ciao {role} {n}", "concept": "idea"}
    assert Sentence("Hello {role} {n}", {"n": 1}, {"role": "concept"}).text(italian.__getitem__) == "Ciao idea 1"


def test_why_not_says_that_nothing_was_recorded() -> None:
    told = why(allocate(POINTS, people("a", "b"), points({"a": 1})), "b")
    assert str(told.headline) == "0 %: no contribution is recorded (rule points@1)"


def test_why_not_says_that_the_points_are_zero() -> None:
    told = why(allocate(POINTS, people("a", "b"), points({"a": 8, "b": 0})), "b")
    assert str(told.headline) == "0 % = 0: 0 of the 8 points that are proposed (rule points@1)"


def test_why_not_gives_the_reason_and_source_of_an_exclusion() -> None:
    made = (*points({"a": 1}), Contribution("camp", "hub", "funding"))
    told = why(allocate(POINTS, people("a", "hub"), made), "hub")
    assert "for the reasons below" in str(told.headline)
    assert "camp (funding) weighs nothing: paying for the work is not making it" in str(told.details[0])
    assert str(told.details[0]).endswith("(PT CDADC art. 17(4); CJEU C-32/08 FEIA)")


def test_the_only_role_is_said_to_be_the_only_one() -> None:
    made = [Contribution("x", "a", "form", degree="lead"), Contribution("y", "b", "form", degree="supporting")]
    told = why(allocate(ROLES, people("a", "b"), made), "a")
    assert str(told.headline) == "75 % = 3/4: 3 of 4 in form and look, the only role that anybody worked in (rule roles@1)"


def test_cost_effort_and_fallback_are_explained_in_their_own_words() -> None:
    made = [Contribution("x", "a", "form", effort=Fraction(0), cost=Cost(Fraction(25, 2), "EUR"))]

    def headline(by: str) -> str:
        policy = policies.Policy("own", 1, "Own", "", "test", (policies.Weigh("w", by, "test", "heads"),))
        return str(why(allocate(policy, people("a"), made), "a").headline)

    assert headline("cost") == "100 % = 1: 12.5 of the 12.5 EUR spent (rule own@1)"
    assert headline("effort") == "100 % = 1: one of 1 equal parts, because what the rule weighs adds up to 0 (rule own@1)"


def test_negotiated_shares_are_told_with_the_difference_before_and_after_signing() -> None:
    half = Negotiated(Split.of({"a": Fraction(1, 2), "b": Fraction(1, 2)}), "we are friends")
    before = why(allocate(POINTS, people("a", "b"), points({"a": 3, "b": 1}), half), "a").details[-1]
    after = why(allocate(POINTS, people("a", "b"), points({"a": 3, "b": 1}), half, ("a", "b")), "a").details[-1]
    assert str(before) == "Negotiated instead: 50 % = 1/2 (-25 %), once every party has signed; their reason: we are friends"
    assert str(after) == "Negotiated and signed by every party: 50 % = 1/2, not 75 % (-25 %); their reason: we are friends"


@FEWER
@given(contributions())
def test_every_party_is_told_something_without_a_placeholder_left(made: tuple[Contribution, ...]) -> None:
    for policy in (POINTS, ROLES):
        for told in account(allocate(policy, PARTIES, made)):
            assert "{" not in "".join(map(str, (told.headline, *told.details)))


def test_what_if_says_what_changes_and_because_of_what() -> None:
    before = allocate(POINTS, *THREE)
    parties, (first, second, third) = THREE
    new = Contribution("new", "d", "form", points=Fraction(20))
    after = allocate(POINTS, (*parties, *people("d")), (replace(first, points=Fraction(10)), second, new))
    compared = compare(before, after)
    assert {change.party: change.difference for change in compared.changes} == {
        "a": Fraction(1, 5) - Fraction(3, 8),
        "b": Fraction(2, 5) - Fraction(1, 4),
        "c": Fraction(-3, 8),
        "d": Fraction(2, 5),
    }
    assert [str(cause) for cause in compared.causes] == [
        "d joined",
        "new was added, by d",
        "c-c was taken out, by c",
        "c-a: points changed from 30 to 10",
    ]
    assert third.id == "c-c"


def test_what_if_names_a_change_of_rule_and_of_negotiated_shares() -> None:
    half = Negotiated(Split.of({"a": Fraction(1, 2), "b": Fraction(1, 2)}), "we are friends")
    given_points = (people("a", "b"), points({"a": 3, "b": 1}))
    compared = compare(allocate(POINTS, *given_points), allocate(policies.shipped("equal@1"), *given_points, half))
    assert [str(cause) for cause in compared.causes] == ["The rule changed from points@1 to equal@1", "The negotiated shares changed"]


def test_nothing_changed_has_no_cause() -> None:
    compared = compare(allocate(POINTS, *THREE), allocate(POINTS, *THREE))
    assert compared.causes == ()
    assert all(change.difference == 0 for change in compared.changes)
