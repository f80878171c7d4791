"""What the packs add to a grant: consent, fillers, priority; case 43 applied to grants."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights.conflicts import conflicts
from ipr_service.rights.grant_file import check, load
from ipr_service.rights.grants_by_law import consent_rule, filled, priority
from ipr_service.rights.licences import Grant
from ipr_service.rights.periods import Period
from tests.rights.grants import granted
from tests.rights.known import of_kind

ON = date(2027, 1, 4)
CASES = of_kind("licensing.defaults")
SILENT = [case for case in CASES if "silent_on" in case]
SAID = {"not allowed": "no", "all applications, whole Spain, full term": None}


@pytest.mark.parametrize("known", SILENT, ids=lambda known: f"{known['country']} {known['right']} {known['silent_on']}")
def test_a_silent_grant_is_filled_as_the_case_says(known: dict[str, Any]) -> None:
    bare = Grant("g", "thing", ("anna",), "carla", exclusivity="exclusive" if known.get("exclusive") else None)
    made = filled(bare, known["country"], known["right"], ON)
    match known["silent_on"]:
        case "exclusivity":
            assert made.grant.exclusivity == known["expect"]
        case "sublicence":
            assert made.grant.sublicence == SAID[known["expect"]]
        case "field/territory/term":
            assert (made.grant.fields, made.grant.territory, made.grant.until) == (("all",), ("ES",), None)
        case "licensor may work":
            assert any(f"licensor-may-work: {known['expect']}" in str(remark) for remark in made.remarks)
        case other:
            pytest.fail(f"nothing reads {other}")


@pytest.mark.parametrize("known", [case for case in CASES if "earlier" in case], ids=lambda known: str(known["country"]))
def test_the_earlier_licence_survives_where_the_case_says_so(known: dict[str, Any]) -> None:
    rule = priority(known["country"], known["right"], ON)
    assert rule is not None
    early = granted("a", exclusivity=known["earlier"], agreed=date(2026, 1, 1))
    late = granted("b", exclusivity=known["later"], agreed=date(2026, 6, 1))
    (found,) = conflicts((early, late), {"chair": rule})
    assert found.survivor == "a"
    assert known["expect"].startswith("earlier survives")


def test_what_was_said_is_never_filled() -> None:
    said = granted("g", fields=("chairs",), territory=("IT",), acts=None, sublicence="yes")
    made = filled(said, "ES", "patent", ON)
    assert (made.grant.fields, made.grant.territory, made.grant.sublicence, made.grant.exclusivity) == (
        ("chairs",),
        ("IT",),
        "yes",
        "exclusive",
    )
    assert made.grant.acts == ("use", "make", "sell", "adapt", "publish")


def test_a_day_before_the_row_was_read_fills_nothing() -> None:
    assert filled(Grant("g", "t", ("a",), "b"), "ES", "patent", date(1990, 1, 1)).lines == ()


@pytest.mark.parametrize(
    ("country", "right", "exclusive", "who"),
    [
        ("FR", "patent", False, "alone"),
        ("FR", "patent", True, "all"),
        ("ES", "patent", False, "all"),
        ("ES", "design", True, "majority"),
        ("FR", "design", False, "two-thirds"),
    ],
)
def test_consent_is_what_the_matrix_of_co_owners_says(country: str, right: str, exclusive: bool, who: str) -> None:
    """RIGHTS 3a; the French patent licence also asks for the offer of one's own share, three months."""
    rule, why = consent_rule(country, right, exclusive, ON)
    assert rule is not None
    assert (rule.who, why) == (who, "")
    assert (rule.offer and rule.block == Period(months=3)) is (country == "FR" and right == "patent" and not exclusive)


def test_cyprus_and_a_rule_that_names_nobody_stay_undetermined() -> None:
    for country in ("CY", "IT"):
        rule, why = consent_rule(country, "patent", False, ON)
        assert rule is None
        assert why


def test_a_file_that_names_a_law_is_answered_by_it() -> None:
    text = """
check: x
assets:
  - {id: chair, right: patent, law: ES, holders: {anna: 1/2, bruno: 1/2}}
grants:
  - {id: a, asset: chair, grantors: [anna], grantee: q}
  - {id: b, asset: chair, grantors: [anna], grantee: r, exclusivity: exclusive, territory: ES}
"""
    described = load(text)
    answer = check(described.grants, described.assets, described.acts, ON)
    (found,) = answer.conflicts
    assert found.certain
    assert "by law: non-exclusive (ES LP 83" in str(answer.filled["a"].lines[0])
    assert answer.authorities["a"].awaited == ("anna", "bruno")
    for wrong, said in (("law: XX", "Line 4"), ("law: ES, right: shoe", "Line 4")):
        with pytest.raises(FormatError, match=said):
            load(text.replace("law: ES", wrong).replace("right: patent, law: ES, right: shoe", "right: shoe, law: ES"))
    with pytest.raises(FormatError, match='Name the "right"'):
        load(text.replace("right: patent, ", ""))
