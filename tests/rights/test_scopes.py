"""What is known to a run: values by name, what is missing by name, and that 0 and no are values."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.facts import Declared
from ipr_service.rights.language import Apply, Lacking, Literal, Name
from ipr_service.rights.precedence import Missing
from ipr_service.rights.scopes import Known, Stated, check_size, number, truth

DECLARED = {
    "written": Declared("written", "case", "yes/no", "the notary"),
    "left": Declared("left", "party", "date", "the leaver"),
    "rate": Declared("rate", "contribution", "money", "both"),
}
STATED = Stated((("written", False),), (("a", (("left", date(2026, 1, 1)),)),))
KNOWN = Known(DECLARED, STATED)
MADE = Contribution("c", "a", "form", points=Fraction(0), registered_at=datetime(2026, 3, 2, 23, tzinfo=UTC))


def test_no_and_zero_are_values_and_not_missing() -> None:
    assert KNOWN.case("written") is False
    assert KNOWN.contribution(MADE)("points") == 0


def test_a_contribution_knows_itself_its_party_and_the_case() -> None:
    scope = KNOWN.contribution(MADE)
    assert (scope("role"), scope("party"), scope("left"), scope("written")) == ("form", "a", date(2026, 1, 1), False)
    assert scope("registered") == date(2026, 3, 2)


def test_what_is_missing_says_of_whom_and_who_can_settle_it() -> None:
    assert KNOWN.party("b")("left") == Missing("left", "b", "the leaver")
    assert KNOWN.contribution(MADE)("rate") == Missing("rate", "c", "both")
    assert KNOWN.contribution(MADE)("effort") == Missing("effort", "c")
    assert Known(DECLARED).case("written") == Missing("written", "", "the notary")


def test_a_condition_holds_or_not_or_lacks_something() -> None:
    assert truth(None, KNOWN.case) is True
    assert truth(Name("written", "yes/no"), KNOWN.case) is False
    assert truth(Name("written", "yes/no"), Known(DECLARED).case) == (Missing("written", "", "the notary"),)


def test_a_number_is_never_negative_or_endless() -> None:
    assert number(Literal(Fraction(1, 2), "number"), KNOWN.case) == Fraction(1, 2)
    assert isinstance(number(Name("effort", "number"), KNOWN.contribution(MADE)), Lacking)
    less = Apply("minus", (Literal(Fraction(1), "number"), Literal(Fraction(2), "number")), "number")
    with pytest.raises(InputError, match="negative"):
        number(less, KNOWN.case)
    with pytest.raises(InputError, match="4000 binary digits"):
        check_size(Fraction(10**1300))


def test_what_was_stated_is_written_only_where_there_is_some() -> None:
    assert Stated().to_data() == {}
    assert STATED.to_data() == {"facts": {"written": False}, "party_facts": {"a": {"left": "2026-01-01"}}}
