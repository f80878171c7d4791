"""What the law demands of the paper behind a licence: form, delimitation, moral rights; by rows that decide, and by none that do not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ipr_service.rights.demands import Demand, demands
from ipr_service.rights.formalities import GIVEN_FORMS
from ipr_service.rights.grant_answer import answer_data
from ipr_service.rights.grant_file import check, load
from ipr_service.rights.licences import FORMS
from tests.rights.grants import granted

ON = date(2027, 1, 4)


def found(country: str, right: str, about: str, on: date = ON, **changed: Any) -> list[Demand]:
    whole = {"first": "2027-01-01", "last": "2028-12-31"} | changed
    return [one for one in demands(granted("g", **whole), country, right, on) if one.about == about]


@pytest.mark.parametrize(
    ("country", "right", "form", "outcome", "effect", "refuses", "article"),
    [
        ("FR", "patent", "oral", "unmet", "void", True, "CPI L613-8"),
        ("FR", "patent", "writing", "met", "", False, "CPI L613-8"),
        ("FR", "patent", None, "unsaid", "void", False, "CPI L613-8"),
        ("ES", "patent", "oral", "unmet", "invalid", True, "LP 82"),
        ("HR", "copyright", "oral", "unmet", "defective", False, "ZAPSP"),
        ("HR", "copyright", "deed", "met", "", False, "ZAPSP"),
        ("PT", "copyright", "oral", "unmet", "defective", False, "CDADC 41"),
    ],
)
def test_a_licence_without_its_form_is_refused_or_warned_as_the_rule_has_it(
    country: str, right: str, form: str | None, outcome: str, effect: str, refuses: bool, article: str
) -> None:
    (one,) = found(country, right, "form", form=form)
    assert (one.outcome, one.effect, one.refuses) == (outcome, effect, refuses)
    assert article in str(one.sentence)


def test_a_french_author_s_licence_delimits_each_right_by_extent_purpose_place_and_duration() -> None:
    (whole,) = found("FR", "copyright", "delimitation")
    assert whole.outcome == "met"
    lacking = found("FR", "copyright", "delimitation", acts=None, purposes=None, territory=None, last=None)
    assert [(one.outcome, one.effect, one.refuses) for one in lacking] == [("unmet", "defective", False)] * 4
    assert [str(one.sentence).split(". ")[0] for one in lacking] == [
        f"g leaves this open: {axis}" for axis in ("acts", "purpose", "territory", "last day")
    ]
    assert "CPI L131-2, L131-3" in str(lacking[0].sentence)
    assert found("IT", "copyright", "delimitation", acts=None) == [], "no row of Italy asks for it"


def test_a_french_mark_licence_may_be_limited_to_a_territory() -> None:
    assert found("FR", "trademark", "territory", territory=("FR-75C",)) == []


@pytest.mark.parametrize(("country", "words"), [("EL", "relatively void"), ("ES", "5 years, country")])
def test_a_row_that_nobody_verified_is_shown_and_decides_nothing(country: str, words: str) -> None:
    (one,) = found(country, "copyright", "form", form="oral")
    assert (one.outcome, one.effect, one.refuses) == ("seen", "", False)
    assert words in str(one.sentence)
    assert "(unverified)" in str(one.sentence)


def test_a_row_is_not_applied_to_a_day_before_it_was_read() -> None:
    (one,) = found("FR", "patent", "form", date(2020, 1, 1), form="oral")
    assert one.outcome == "seen"


def test_moral_rights_stay_whatever_a_licence_says() -> None:
    (one,) = found("FR", "copyright", "moral-rights")
    assert (one.outcome, str(one.sentence).split(" (")[0]) == ("told", "Moral rights stay with the authors, whatever g says")
    (shown,) = found("PT", "copyright", "moral-rights")
    assert shown.outcome == "seen"


def test_the_forms_of_a_grant_are_those_of_the_law() -> None:
    assert tuple(FORMS) == GIVEN_FORMS


FILE = """
check: poster
assets:
  - {id: poster, right: copyright, law: FR, holders: {anna: 1}}
grants:
  - {id: g, asset: poster, grantors: anna, grantee: carla, acts: [publish], purpose: exploitation, field: all,
     from: 2027-01-01, to: 2028-12-31, exclusivity: non-exclusive, agreed: 2026-12-01}
"""


def test_a_check_says_what_a_licence_lacks_and_is_clear_once_it_says_it() -> None:
    described = load(FILE)
    lacking = check(described.grants, described.assets, described.acts, ON)
    assert not lacking.clear
    (told,) = [one for one in answer_data(lacking)["demands"]["g"] if one["outcome"] == "unmet"]
    assert (told["about"], told["refuses"], told["because"][0]["article"]) == ("delimitation", False, "CPI L131-2, L131-3")
    mended = load(FILE.replace("field: all", "field: all, territory: [FR]"))
    assert check(mended.grants, mended.assets, mended.acts, ON).clear


def test_an_asset_that_names_no_law_is_asked_nothing() -> None:
    described = load(FILE.replace("law: FR, ", ""))
    assert check(described.grants, described.assets, described.acts, ON).demands == {}
