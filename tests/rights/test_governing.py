"""Whose law governs a right of the Union: the first eligible in the register."""

from __future__ import annotations

from datetime import date

import pytest

from ipr_service.errors import InputError
from ipr_service.rights import governing
from ipr_service.rights.governing import Holder
from ipr_service.rights.outcomes import Undetermined, Value

TODAY = date(2026, 11, 22)


def law(right: str, *holders: Holder) -> str:
    found = governing.law(right, holders, TODAY)
    assert isinstance(found, Value)
    return found.value


IT, FR, US, GB = Holder("IT"), Holder("FR"), Holder("US"), Holder("GB")


def test_the_first_name_in_the_register_picks_the_law() -> None:
    assert (law("design", IT, FR), law("design", FR, IT), law("trademark", US, FR)) == ("IT", "FR", "FR")


def test_a_british_holder_picks_no_law_since_the_kingdom_left() -> None:
    assert law("design", GB, IT) == "IT"


def test_an_establishment_counts_for_a_mark_at_once_and_for_a_unitary_patent_after_every_seat() -> None:
    here = Holder("US", ("MT",))
    assert law("trademark", here, IT) == "MT"
    assert law("patent_unitary", here, IT) == "IT"
    assert law("patent_unitary", here, US) == "MT"


def test_without_anybody_in_the_union_the_regulation_names_a_state_or_it_is_open() -> None:
    assert (law("trademark", US), law("patent_unitary", US)) == ("ES", "DE")
    assert isinstance(governing.law("design", [US], TODAY), Undetermined)


def test_greece_is_written_as_the_packs_write_it() -> None:
    assert law("design", Holder("GR"), IT) == law("design", Holder("EL"), IT) == "EL"


def test_an_unregistered_design_follows_the_holder_whom_all_designate() -> None:
    found = governing.law("design", [IT, FR], TODAY, registered=False, designated="FR")
    assert isinstance(found, Value)
    assert found.value == "FR"
    assert isinstance(governing.law("design", [IT, FR], TODAY, registered=False), Undetermined)
    with pytest.raises(InputError, match="no holder"):
        governing.law("design", [IT, FR], TODAY, registered=False, designated="ES")


def test_the_warning_names_each_other_law_that_another_order_would_pick() -> None:
    said = [str(remark) for remark in governing.warnings("trademark", [IT, US, FR, IT], TODAY)]
    assert said == ["The order of the names in the register decides: with FR first, the law of FR would govern"]
    assert governing.warnings("design", [IT, IT], TODAY) == ()


def test_a_country_or_right_that_does_not_exist_and_an_empty_register_are_refused() -> None:
    with pytest.raises(InputError, match="ISO 3166"):
        Holder("ITA")
    with pytest.raises(InputError, match="no right of the Union"):
        governing.law("copyright", [IT], TODAY)
    with pytest.raises(InputError, match="Name the holders"):
        governing.law("design", [], TODAY)
