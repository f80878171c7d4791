"""Sentences: every coded answer of every pack can be said."""

from __future__ import annotations

from datetime import date

from ipr_service.rights import formalities, jurisdictions, law_words, ownership, powers, precheck, provisions, unsigned
from ipr_service.rights.outcomes import Value

TODAY = date(2026, 11, 22)
PLACES = [(country, right) for country in jurisdictions.countries() for right in jurisdictions.pack(country).rights]


def test_a_french_licence_is_said_in_five_sentences() -> None:
    found = powers.power("FR", "patent", "license", TODAY)
    assert isinstance(found, Value)
    assert [str(said) for said in law_words.rule(found.value)] == [
        "Each may do it alone",
        "The others must be told first",
        "One must offer them one’s own share at a price",
        "They may stop it by buying that share within 3 months",
        "The others are owed fair compensation",
    ]


def test_every_answer_of_every_pack_has_its_words() -> None:
    for place in PLACES:
        for act in provisions.ACTS:
            if isinstance(rule := powers.power(*place, act, TODAY), Value):
                assert all(str(said) for said in law_words.rule(rule.value))
                assert act in law_words.ACTS
        for maker in unsigned.WORKING:
            if isinstance(taking := ownership.owner(*place, maker, TODAY), Value):
                assert law_words.taking(taking.value)
        for act in ("assign", "license", "assign-partial"):
            if isinstance(form := formalities.form(*place, act, TODAY), Value):
                assert len(law_words.form(form.value)) == 2
        for about in ("exclusivity", "sublicence"):
            if isinstance(filler := formalities.filler(*place, about, TODAY), Value):
                assert filler.value.holds in law_words.HOLDS


def test_every_right_way_of_working_and_mark_has_its_word() -> None:
    assert {right for _, right in PLACES} == set(law_words.RIGHTS)
    assert set(unsigned.WORKING) == set(law_words.WORKING)
    assert set(law_words.MARKS) == {row.mark for country in jurisdictions.countries() for row in jurisdictions.pack(country).rows}
    assert set(precheck.ROLES) >= set(precheck.MAKING)
