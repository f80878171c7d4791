"""What lies within what: sublicence, right, need."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given

from ipr_service.rights.licences import Grant
from ipr_service.rights.scope import Existing, beyond_parent, beyond_right, gaps, needs_of
from tests.rights.grants import any_grant, granted

ABOVE = granted("a", territory=("EU",), first="2027-01-01", last="2029-12-31", sublicence="yes")


def below(**changed: Any) -> Grant:
    given_: dict[str, Any] = {
        "grantors": ("to-a",),
        "under": "a",
        "first": "2027-01-01",
        "last": "2028-12-31",
        "exclusivity": "non-exclusive",
    }
    return granted("b", **given_ | changed)


def test_a_sublicence_within_its_grant_is_no_excess() -> None:
    assert beyond_parent(below(), ABOVE) == ()
    assert beyond_parent(below(fields=("chairs",), territory=("IT-25", "HR"), exclusivity="exclusive"), ABOVE) == ()


@pytest.mark.parametrize(
    ("changed", "axis", "what"),
    [
        ({"territory": ("IT", "CH")}, "territory", "CH 2027-01-01..2028-12-31"),
        ({"last": "2030-06-30"}, "territory", "IT 2030-01-01..2030-06-30"),
        ({"fields": ("chairs", "lamps")}, "field", "lamps"),
        ({"fields": None}, "field", "all"),
        ({"asset": "lamp"}, "asset", "lamp"),
        ({"grantors": ("anna",)}, "party", "anna"),
    ],
)
def test_what_goes_beyond_is_named_exactly(changed: dict[str, Any], axis: str, what: str) -> None:
    (found,) = beyond_parent(below(**changed), ABOVE)
    assert (found.axis, found.what) == (axis, what)
    assert "b" in str(found.sentence)


def test_acts_purposes_and_exclusivity_are_bounded_too() -> None:
    narrow = granted("a", acts=("make", "sublicense"), purposes=("project",), exclusivity="non-exclusive")
    found = beyond_parent(granted("b", grantors=("to-a",), under="a", acts=("make", "sell"), purposes=("project", "research")), narrow)
    assert {(one.axis, one.what) for one in found} == {
        ("acts", "sell"),
        ("purpose", "research"),
        ("exclusivity", "exclusive > non-exclusive"),
    }


@pytest.mark.parametrize(
    ("sublicence", "acts", "allowed"),
    [("no", ("use",), False), (None, ("use",), False), (None, ("use", "sublicense"), True), ("consent", ("use",), True)],
)
def test_a_sublicence_needs_leave(sublicence: str | None, acts: tuple[str, ...], allowed: bool) -> None:
    parent = granted("a", acts=acts, sublicence=sublicence)
    found = [one.axis for one in beyond_parent(granted("b", grantors=("to-a",), acts=("use",)), parent)]
    assert found == ([] if allowed else ["sublicence"])


def test_a_grant_reaches_no_further_than_the_right() -> None:
    right = Existing(("EU",), None, date(2040, 6, 1))
    assert beyond_right(granted(first="2027-01-01", last="2040-05-31"), right) == ()
    (found,) = beyond_right(granted(territory=("IT", "CH"), first="2027-01-01", last="2040-12-31"), right)
    assert found.what == "CH 2027-01-01..2040-12-31; IT 2040-06-01..2040-12-31"
    assert beyond_right(granted(territory=None), right) == (), "who names no place grants what there is"
    (endless,) = beyond_right(granted(first="2027-01-01"), right)
    assert endless.what == "IT 2040-06-01.."


def test_a_result_needs_access_to_what_it_is_built_on() -> None:
    result = granted(
        "r", acts=("make", "sell", "sublicense"), purposes=("exploitation",), territory=("IT", "FR"), first="2027-01-01", last="2028-12-31"
    )
    (need,) = needs_of(result, ("joint",))
    assert (need.asset, need.party, need.acts) == ("joint", "to-r", ("make", "sell"))
    (missing,) = gaps(need, (result,), ("anna",))
    assert (
        str(missing.sentence)
        == "to-r has no access right to joint, which chair needs, for make+sell x exploitation x furniture x FR+IT 2027-01-01..2028-12-31"
    )
    access = granted(
        "j",
        asset="joint",
        grantee="to-r",
        territory=("IT",),
        acts=("make", "sell"),
        fields=("all",),
        last="2027-12-31",
        exclusivity="non-exclusive",
    )
    (less,) = gaps(need, (result, access), ("anna",))
    assert "FR 2027-01-01..2028-12-31; IT 2028-01-01..2028-12-31" in str(less.sentence)
    rest = granted(
        "k", asset="joint", grantee="to-r", territory=("EEA",), first="2027-01-01", last="2030-01-01", fields=("furniture",), acts=("make",)
    )
    (sale,) = gaps(need, (access, rest), ("anna",))
    assert sale.act == "sell"
    assert gaps(need, (), ("anna", "to-r")) == (), "the owner needs no leave"


def test_access_for_the_project_is_no_access_for_exploitation() -> None:
    (need,) = needs_of(granted("r", purposes=("exploitation",)), ("joint",))
    project = granted("j", asset="joint", grantee="to-r", purposes=("project",))
    assert len(gaps(need, (project,), ("anna",))) == 1


def test_what_an_access_right_does_not_say_it_does_not_cover() -> None:
    (need,) = needs_of(granted("r"), ("joint",))
    assert len(gaps(need, (granted("j", asset="joint", grantee="to-r", territory=None),), ("anna",))) == 1


@given(any_grant("a"))
def test_a_grant_lies_within_itself(grant: Grant) -> None:
    axes = {one.axis for one in beyond_parent(grant, grant)}
    assert axes.isdisjoint({"acts", "purpose", "field", "asset"})
    assert "territory" not in axes
