"""The parts of a derivation in sentences."""

from fractions import Fraction

from ipr_service.rights import telling
from ipr_service.rights.derivation import Attribution, Entitlement, Passover, Step, Term
from ipr_service.rights.precedence import Cited
from ipr_service.rights.rules import Back

F = Fraction


def test_a_summand_is_told_with_what_it_is_a_part_of() -> None:
    assert str(telling.summand(Term("a", "r", "points", "lyrics", F(1, 2), F(1), F(4), ()), ",")) == (
        "12,5 % from lyrics: 1 of 4, of the 50 % that lyrics weighs"
    )
    assert str(telling.summand(Term("a", "r", "fixed", None, F(1), F(1, 10), F(1), ()), ".")) == "10 % as a fixed part of the whole"
    assert (
        str(telling.summand(Term("a", "r", "points", None, F(9, 10), F(1), F(2), ()), ".")) == "45 % as 1 of 2, of the 90 % that is divided"
    )


def test_what_everybody_agreed_on_a_day_is_told_with_the_day() -> None:
    terms = (Term("a", "points", "points", None, F(1), F(30), F(80), ("c",)),)
    told = telling.headline(F(3, 8), terms, "points@1", ".", 0, (4, "2 March"))
    assert str(told) == "37.5 % = 3/8: 30 of the 80 points that all 4 of you agreed on 2 March (rule points@1)"


def test_every_kind_of_step_has_its_two_sentences() -> None:
    for kind in ("cap", "floor", "level", "derive", "residual", "vest", "spread"):
        step = Step("a", kind, "r", F(1, 5), F(1, 4), "so agreed", "letter", F(1, 4))
        assert "20 % becomes 25 %" in str(telling.step(step, "."))
        assert str(telling.after(F(1, 4), (step,), "p@1", ".")).startswith("25 % = 1/4: ")


def test_a_contribution_that_counts_as_an_employers_is_told_with_its_maker() -> None:
    said = str(telling.attribution(Attribution("c", "anna", "firm", "r", "made at work", "Reg. 6/2002 art. 14(3)")))
    assert said == "c, made by anna, counts as that of firm: made at work (Reg. 6/2002 art. 14(3))"


def test_a_licence_back_is_told_part_by_part() -> None:
    back = Back("non-exclusive", "the project", "an exclusive licence", "5 %", "after ten years")
    said = [str(one) for one in telling.entitlement(Entitlement("a", "uni", back, "r", "it made it", "model 2"))]
    assert said == [
        "Gets from uni a non-exclusive licence back: it made it (model 2)",
        "Scope of the licence: the project",
        "With an option on an exclusive licence",
        "And in money: 5 %",
        "It ends: after ten years",
    ]


def test_why_not_says_condition_rank_or_law() -> None:
    cited = Cited("deal", "letter")
    assert str(telling.passover(Passover(cited, "condition"))) == "deal (letter) does not hold: its condition is not met"
    assert (
        str(telling.passover(Passover(cited, "rank", Cited("a", "b")))) == "deal (letter) does not hold: a rule of higher rank does, a (b)"
    )
    assert "mandatory law strikes it, form (code)" in str(telling.passover(Passover(cited, "struck", Cited("form", "code"))))
