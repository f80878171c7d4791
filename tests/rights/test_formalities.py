"""Form, silence and forbidden clauses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import formalities
from ipr_service.rights.outcomes import Outcome, Undetermined, Value

TODAY = date(2026, 11, 22)


def value(outcome: Outcome[Any]) -> Any:
    assert isinstance(outcome, Value)
    return outcome.value


def test_an_oral_assignment_of_a_union_mark_is_void_and_a_signed_one_stands() -> None:
    rule = value(formalities.form("EU", "trademark", "assign", TODAY))
    assert [rule.of(given) for given in formalities.GIVEN_FORMS] == ["void", "void", "stands", "stands", "stands"]


def test_an_italian_transfer_counts_but_is_proved_only_in_writing() -> None:
    rule = value(formalities.form("IT", "copyright", "assign", TODAY))
    assert (rule.of("oral"), rule.of("writing")) == ("unproved", "stands")


def test_a_form_that_nobody_verified_is_undetermined_and_names_the_row_that_was_seen() -> None:
    found = formalities.form("EL", "copyright", "assign", TODAY)
    assert isinstance(found, Undetermined)
    assert [cited.article for cited in found.seen] == ["Law 2121/1993 art. 14"]


def test_a_silent_spanish_patent_licence_is_not_exclusive_and_a_portuguese_one_ends() -> None:
    assert value(formalities.filler("ES", "patent", "exclusivity", TODAY)).holds == "non-exclusive"
    term = value(formalities.filler("PT", "copyright", "term", TODAY))
    assert str(term.length) == "P25Y"


def test_moral_rights_cannot_be_given_away_where_a_row_says_so_and_else_it_is_open() -> None:
    assert value(formalities.moral_rights("FR", "copyright", TODAY)) == "kept"
    for country in ("PT", "MT"):
        assert isinstance(formalities.moral_rights(country, "copyright", TODAY), Undetermined)


def test_the_grace_period_of_a_design_is_twelve_months() -> None:
    assert value(formalities.deadline("EU", "design", "grace", TODAY, date(2027, 2, 28))) == date(2028, 2, 28)


def test_clauses_that_the_law_does_not_let_stand() -> None:
    assert value(formalities.clause("FR", "copyright", "future-works-global", TODAY)) == "void"
    assert value(formalities.clause("FR", "trademark", "assign-territory", TODAY)) == "refused"
    assert value(formalities.clause("FR", "trademark", "license-territory", TODAY)) == "allowed"
    assert isinstance(formalities.clause("IT", "copyright", "future-works-global", TODAY), Undetermined)


def test_a_word_of_a_pack_is_found() -> None:
    assert value(formalities.fact("FR", "copyright", "remuneration", TODAY)) == "proportional-to-receipts"


@pytest.mark.parametrize("ask", [formalities.form, formalities.filler, formalities.clause, formalities.fact])
def test_a_subject_that_does_not_exist_is_refused(ask: Any) -> None:
    with pytest.raises(InputError, match="known are"):
        ask("FR", "patent", "perfume", TODAY)
