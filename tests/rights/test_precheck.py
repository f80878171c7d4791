"""The pre-check: who will own what, who gets nothing, which paper is missing. The worked case is CJEU C-32/08 FEIA."""

from __future__ import annotations

from datetime import date

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import precheck
from ipr_service.rights.precheck import Participant, Precheck

TODAY = date(2026, 11, 22)
# C-32/08: FEIA organised a publicly backed programme and commissioned the designs; the studio made them; nothing was signed.
FEIA = Participant("feia", "FEIA", "organiser", country="ES")
STUDIO = Participant("studio", "Cul de Sac", "freelancer", "feia", "ES")
FUNDER = Participant("fund", "The ministry", "funder", country="ES")


def results(found: Precheck) -> dict[str, str]:
    return {one.party: one.result for one in found.gets}


def papers(found: Precheck) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.paper, one.between) for one in found.missing]


def test_feia_ends_with_nothing_for_the_union_design_and_the_designer_keeps_it() -> None:
    found = precheck.check("EU", ["design"], [FEIA, STUDIO, FUNDER], TODAY)
    assert results(found) == {"feia": "nothing", "studio": "owns", "fund": "nothing"}
    assert any("C-32/08" in cited.article for one in found.gets if one.party == "feia" for cited in one.because)
    assert papers(found) == [("terms", ("feia", "studio")), ("transfer", ("studio", "feia"))]
    assert str(found.missing[1].why).startswith("FEIA pays for or asks for the work of Cul de Sac and gets no right by that.")


def test_the_national_spanish_design_of_the_same_facts_goes_the_opposite_way() -> None:
    assert results(precheck.check("ES", ["design"], [FEIA, STUDIO, FUNDER], TODAY)) == {
        "feia": "owns",
        "studio": "nothing",
        "fund": "nothing",
    }


def test_a_freelancer_whom_nobody_commissions_works_for_herself() -> None:
    alone = Participant("lea", "Lea", "freelancer", country="IT")
    found = precheck.check("IT", ["patent"], [alone], TODAY)
    assert (results(found), papers(found)) == ({"lea": "owns"}, [])


def test_the_employer_of_an_employee_owns_and_has_to_sign() -> None:
    people = [Participant("acme", "Acme", "company", country="IT"), Participant("bruno", "Bruno", "employee", "acme")]
    found = precheck.check("IT", ["patent"], people, TODAY)
    assert (results(found), papers(found)) == ({"acme": "owns", "bruno": "nothing"}, [("employer", ("bruno", "acme"))])


def test_an_employer_that_is_not_here_is_missed() -> None:
    found = precheck.check("IT", ["patent"], [Participant("bruno", "Bruno", "employee")], TODAY)
    assert papers(found) == [("absent", ("bruno",))]


def test_a_student_keeps_it_until_the_school_says_otherwise_and_a_host_takes_it_in_france() -> None:
    school = Participant("school", "The school", "company", country="FR")
    free, hosted = Participant("sam", "Sam", "student"), Participant("sam", "Sam", "student", "school")
    assert papers(precheck.check("FR", ["patent"], [free], TODAY)) == [("school", ("sam",))]
    assert results(precheck.check("FR", ["patent"], [hosted, school], TODAY)) == {"sam": "nothing", "school": "owns"}


def test_two_owners_need_an_agreement_and_an_open_question_needs_one_too() -> None:
    people = [Participant("a", "Anna", "freelancer"), Participant("b", "Bruno", "freelancer")]
    assert papers(precheck.check("IT", ["patent"], people, TODAY)) == [("together", ("a", "b"))]
    acme = Participant("acme", "Acme", "company")
    employed = [Participant("eva", "Eva", "employee", "acme"), acme]
    found = precheck.check("ES", ["design"], employed, TODAY)
    assert (results(found)["eva"], papers(found)) == ("undetermined", [("open", ("eva", "acme"))])


def test_the_same_paper_is_named_once_for_all_rights() -> None:
    found = precheck.check("EU", ["design", "software"], [FEIA, Participant("lea", "Lea", "freelancer", country="IT")], TODAY)
    assert papers(found) == [("terms", ("feia", "lea"))]
    assert len(found.outlooks) == 2


@pytest.mark.parametrize(
    ("people", "rights", "why"),
    [
        ([], ["design"], "each once"),
        ([STUDIO, STUDIO], ["design"], "each once"),
        ([FEIA], ["design"], "Nobody here makes"),
        ([STUDIO], ["design"], "does not take part"),
        ([FEIA, STUDIO], [], "at least one right"),
        ([FEIA, STUDIO], ["plant"], "no row about"),
    ],
)
def test_what_cannot_be_checked_is_refused(people: list[Participant], rights: list[str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        precheck.check("EU", rights, people, TODAY)


def test_a_role_that_is_not_known_is_refused() -> None:
    with pytest.raises(InputError, match="not a role"):
        Participant("x", "X", "robot")
