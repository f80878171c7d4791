"""Owners by law: attribution first, then what a row moves; shares as agreed where the law lets that count."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import ownership
from ipr_service.rights.outcomes import Undetermined, Value
from ipr_service.rights.ownership import Agreed, Taking
from ipr_service.rights.periods import Period
from ipr_service.rights.shares import Split

TODAY = date(2026, 11, 22)


def taking(country: str, right: str, maker: str, on: date = TODAY, *facts: str) -> Taking:
    found = ownership.owner(country, right, maker, on, facts)
    assert isinstance(found, Value)
    return found.value


def test_a_commission_gives_nothing_for_the_eu_design_and_all_for_the_spanish_one() -> None:
    assert (taking("EU", "design", "commissioned").to, taking("ES", "design", "commissioned").to) == ("maker", "commissioner")


def test_the_croatian_law_of_the_day_of_creation_decides_and_the_year_of_the_change_is_open() -> None:
    assert taking("HR", "copyright", "employee", date(2020, 6, 1)).to == "maker"
    assert taking("HR", "copyright", "employee", date(2022, 6, 1)).to == "employer"
    assert isinstance(ownership.owner("HR", "copyright", "employee", date(2021, 6, 1)), Undetermined)


def test_a_slovenian_employer_uses_exclusively_for_ten_years() -> None:
    found = taking("SI", "copyright", "employee")
    assert (found.to, found.what, found.term) == ("employer", "exclusive-use", Period(years=10))


def test_an_invention_with_mixed_means_may_be_claimed_within_three_months() -> None:
    found = taking("ES", "patent", "employee-mixed")
    assert (found.to, found.option, found.within, found.pay) == ("maker", "employer", Period(months=3), True)


def test_a_rule_that_hangs_on_a_fact_waits_for_the_fact() -> None:
    waiting = ownership.owner("ES", "patent", "commissioned", TODAY)
    assert isinstance(waiting, Undetermined)
    assert "research is what the contract is about" in str(waiting.missing)
    assert taking("ES", "patent", "commissioned", TODAY, "research-is-object-of-contract").to == "commissioner"


def test_who_works_for_nobody_keeps_what_she_makes_and_a_student_likewise() -> None:
    for maker in ("independent", "student"):
        assert taking("FR", "design", maker) == Taking(maker, "maker")
    found = ownership.owner("IT", "design", "independent", TODAY)
    assert isinstance(found, Value)
    assert (found.value.to, [cited.article for cited in found.because]) == ("maker", ["c.c. 1101"])


def test_an_employee_of_whom_no_verified_row_speaks_is_undetermined() -> None:
    for country, right in (("FR", "trademark"), ("ES", "design"), ("EL", "patent"), ("SI", "patent")):
        assert isinstance(ownership.owner(country, right, "employee", TODAY), Undetermined)


def test_a_way_of_working_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="not a way of working"):
        ownership.owner("FR", "patent", "slave", TODAY)


def agreed(form: str) -> Agreed:
    return Agreed(Split.of({"A": Fraction(3, 4), "B": Fraction(1, 4)}), form)


def test_an_oral_split_of_italian_co_authors_counts_for_nothing_and_says_so() -> None:
    found = ownership.shares("IT", "copyright", ["A", "B"], TODAY, agreed("oral"))
    assert isinstance(found, Value)
    assert found.value.fractions == {"A": Fraction(1, 2), "B": Fraction(1, 2)}
    assert [str(remark) for remark in found.remarks] == [ownership.UNPROVED]
    written = ownership.shares("IT", "copyright", ["A", "B"], TODAY, agreed("written"))
    assert isinstance(written, Value)
    assert (written.value, written.remarks) == (agreed("written").split, ())


def test_an_oral_split_counts_where_the_law_asks_for_no_form() -> None:
    found = ownership.shares("ES", "copyright", ["A", "B"], TODAY, agreed("oral"))
    assert isinstance(found, Value)
    assert found.value == agreed("oral").split


def test_french_co_authors_have_no_shares_by_law_until_they_agree() -> None:
    assert isinstance(ownership.shares("FR", "copyright", ["A", "B"], TODAY), Undetermined)
    assert isinstance(ownership.shares("FR", "patent", ["A", "B"], TODAY), Undetermined)
    found = ownership.shares("FR", "patent", ["A", "B"], TODAY, agreed("written"))
    assert isinstance(found, Value)
    assert found.value == agreed("written").split


def test_one_owner_holds_all() -> None:
    found = ownership.shares("FR", "copyright", ["A"], TODAY)
    assert isinstance(found, Value)
    assert found.value.fractions == {"A": 1}


@pytest.mark.parametrize("owners", [[], ["A", "A"]])
def test_nobody_or_somebody_twice_is_refused(owners: list[str]) -> None:
    with pytest.raises(InputError, match="each once"):
        ownership.shares("IT", "patent", owners, TODAY)


def test_a_french_abandoned_share_goes_to_the_others_in_proportion() -> None:
    held = Split.of({"A": Fraction(1, 2), "B": Fraction(3, 10), "C": Fraction(1, 5)})
    found = ownership.withdrawn("FR", "patent", held, "C", TODAY)
    assert isinstance(found, Value)
    assert found.value.fractions == {"A": Fraction(5, 8), "B": Fraction(3, 8)}
    with pytest.raises(InputError, match="nobody left"):
        ownership.withdrawn("FR", "patent", Split.of({"A": Fraction(1)}), "A", TODAY)
    assert isinstance(ownership.withdrawn("IT", "patent", held, "C", TODAY), Undetermined)


def test_benefits_follow_the_shares_where_a_row_says_so() -> None:
    held = Split.of({"A": Fraction(2, 3), "B": Fraction(1, 3)})
    found = ownership.profits("IT", "patent", held, TODAY)
    assert isinstance(found, Value)
    assert found.value == held
    assert isinstance(ownership.profits("CY", "patent", held, TODAY), Undetermined)
