"""If you sign nothing: attribution, taking, shares by holder, powers by the law that governs."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights import jurisdictions, unsigned
from ipr_service.rights.outcomes import Undetermined, Value
from ipr_service.rights.unsigned import Maker, Outlook, outlook

TODAY = date(2026, 11, 22)
ANNA, BRUNO = Maker("anna", country="IT"), Maker("bruno", country="FR")


def codes(found: Outlook) -> dict[str, str]:
    return {act: rule.value.code if isinstance(rule, Value) else "undetermined" for act, rule in found.powers}


def test_two_italian_inventors_hold_half_each_and_neither_may_use_it_alone() -> None:
    found = outlook("IT", "patent", [ANNA, BRUNO], TODAY)
    assert isinstance(found.shares, Value)
    assert found.shares.value.fractions == {"anna": Fraction(1, 2), "bruno": Fraction(1, 2)}
    assert codes(found) == {"use": "no", "license": "no", "license-exclusive": "all", "sell-share": "yes", "sue": "undetermined"}


def test_the_share_of_an_employee_goes_to_the_employer_after_attribution() -> None:
    people = [ANNA, Maker("bruno", "employee", "acme"), Maker("clara", "employee", "acme")]
    found = outlook("IT", "patent", people, TODAY)
    assert isinstance(found.shares, Value)
    assert found.shares.value.fractions == {"acme": Fraction(2, 3), "anna": Fraction(1, 3)}
    assert [line.maker for line in found.owners] == ["anna", "bruno", "clara"]


def test_an_employer_that_is_not_here_is_said_to_be_outside() -> None:
    found = outlook("IT", "patent", [ANNA, Maker("bruno", "employee")], TODAY)
    assert [line.holder for line in found.owners] == ["anna", "bruno.outside"]


def test_an_author_who_passes_on_only_what_is_needed_keeps_the_rest() -> None:
    found = outlook("EL", "copyright", [Maker("eleni", "employee", "acme")], TODAY)
    assert (found.owners[0].holder, found.sole) == ("eleni", True)


def test_the_order_of_names_picks_the_law_of_a_union_design() -> None:
    one, other = (outlook("EU", "design", people, TODAY) for people in ([ANNA, BRUNO], [BRUNO, ANNA]))
    assert (one.powers_of, other.powers_of) == ("IT", "FR")
    assert (codes(one)["use"], codes(other)["use"]) == ("undetermined", "yes_compensate")
    assert [str(warning) for warning in one.warnings] == [
        "The order of the names in the register decides: with FR first, the law of FR would govern"
    ]
    assert isinstance(one.shares, Undetermined)


def test_a_law_that_no_pack_holds_leaves_the_powers_undetermined() -> None:
    found = outlook("EU", "trademark", [Maker("dirk", country="DE"), ANNA], TODAY)
    assert isinstance(found.law, Value)
    assert (found.law.value, found.powers_of, set(codes(found).values())) == ("DE", "", {"undetermined"})


def test_a_unitary_patent_follows_the_national_patent_law_of_the_first() -> None:
    assert codes(outlook("EU", "patent_unitary", [BRUNO, ANNA], TODAY))["use"] == "yes_compensate"


def test_without_seats_the_law_of_a_union_right_is_undetermined() -> None:
    assert isinstance(outlook("EU", "design", [Maker("a"), Maker("b")], TODAY).law, Undetermined)


def test_cyprus_stays_undetermined() -> None:
    found = outlook("CY", "patent", [ANNA, BRUNO], TODAY)
    assert set(codes(found).values()) == {"undetermined"}
    assert isinstance(found.shares, Value)


def test_what_a_law_of_2020_made_of_it_is_asked_for_2020() -> None:
    croatian = [Maker("ana", "employee", "acme")]
    assert outlook("HR", "copyright", croatian, date(2020, 6, 1)).owners[0].holder == "ana"
    undetermined = outlook("HR", "copyright", [*croatian, ANNA], date(2021, 6, 1))
    assert isinstance(undetermined.shares, Undetermined)


def test_acts_that_only_copyright_knows_are_shown_where_a_row_is_about_them() -> None:
    assert {"disclose", "alter", "use-own-part"} <= set(codes(outlook("ES", "copyright", [ANNA, BRUNO], TODAY)))
    assert "disclose" not in codes(outlook("ES", "patent", [ANNA, BRUNO], TODAY))


@pytest.mark.parametrize("people", [[], [ANNA, ANNA], [Maker(f"m{n}") for n in range(unsigned.MAX_MAKERS + 1)]])
def test_nobody_somebody_twice_or_too_many_are_refused(people: list[Maker]) -> None:
    with pytest.raises(InputError, match="each once"):
        outlook("IT", "patent", people, TODAY)


PLACES = st.sampled_from([(c, r) for c in jurisdictions.countries() for r in jurisdictions.pack(c).rights])
PEOPLE = st.lists(st.tuples(st.sampled_from(unsigned.WORKING), st.sampled_from(["", "acme", "hub"])), min_size=1, max_size=5)


@given(PLACES, PEOPLE, st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_everywhere_shares_are_whole_or_undetermined_and_unverified_rows_decide_nothing(
    place: tuple[str, str], people: list[tuple[str, str]], on: date
) -> None:
    makers = [Maker(f"m{number}", working, boss, "IT") for number, (working, boss) in enumerate(people)]
    found = outlook(*place, makers, on)
    if isinstance(found.shares, Value):
        assert set(found.shares.value.fractions) == {line.holder for line in found.owners}
    answers = [line.taking for line in found.owners] + [answer for _, answer in (*found.powers, *found.forms, *found.fillers)]
    cited = [citation for answer in answers if isinstance(answer, Value) for citation in answer.because]
    assert all(citation.mark != "unverified" for citation in cited)
    if on < date(2026, 11, 22):
        assert {citation.pack for citation in cited} <= {"HR@1"}
