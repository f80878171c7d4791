"""Waterfall files: what is taken, and every refusal at its line."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights.waterfall import Band, Costs, Cut, Fixed, Shares, Tiers, by_split, load

WHOLE = """
waterfall: camp
version: 2
title: The camp's rule
source: agreement of 2 March 2026
currency: EUR
groups:
  makers: split
steps:
  - {id: back, kind: costs, source: clause 7.1}
  - {id: first, kind: fixed, to: {anna: "1000"}, source: clause 7.2}
  - {id: agent, kind: cut, of: 15 %, to: agent, source: clause 7.3}
  - {id: moulds, kind: recoup, of: 1/2, cap: "20000", to: {hub: 1/2, fund: 1/2}, rounding: half-even, source: clause 7.4}
  - id: tiers
    kind: tiers
    source: clause 7.5
    bands:
      - {up_to: "100000", shares: {makers: 1/2, hub: 1/2}}
      - {shares: {makers: 1/4, hub: 3/4}}
"""
HALF = Fraction(1, 2)


def test_a_file_with_every_kind_of_step_is_read_as_written() -> None:
    found = load(WHOLE)
    assert found.steps == (
        Costs("back", "clause 7.1"),
        Fixed("first", "clause 7.2", (("anna", 100_000),)),
        Cut("agent", "clause 7.3", Fraction(3, 20), (("agent", Fraction(1)),), "down"),
        Cut("moulds", "clause 7.4", HALF, (("fund", HALF), ("hub", HALF)), "half-even", 2_000_000),
        Tiers(
            "tiers",
            "clause 7.5",
            (Band(10_000_000, (("hub", HALF), ("makers", HALF))), Band(None, (("hub", Fraction(3, 4)), ("makers", Fraction(1, 4))))),
        ),
    )
    assert found.members() == {"anna", "agent", "fund", "hub"}
    assert found.by_split
    assert found.reference == "camp@2"


def test_written_out_and_read_again_it_is_the_same() -> None:
    found = load(WHOLE)
    again = load(json.dumps(found.to_data()))
    assert again == found
    assert again.digest == found.digest
    assert load(WHOLE.replace("15 %", "14 %")).digest != found.digest


def test_without_any_rule_everything_goes_by_the_split() -> None:
    assert by_split("JPY").steps == (Shares("rest", "the accepted split", None),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: costs", "kind: cost", 'Line 10.*"cost" is not a kind of step'),
        ("of: 15 %", "of: 0.15", "Line 12.*write decimals in quotes"),
        ("of: 15 %", "of: 0", "Line 12.*above 0 and at most 1"),
        ("of: 15 %", "of: 115 %", "Line 12.*above 0 and at most 1"),
        ('"20000"', '"20000.005"', "Line 13.*cannot be finer than 0.01"),
        ('"20000"', "-1", "Line 13.*negative"),
        ('"20000"', "0", "Line 13.*above 0"),
        ("rounding: half-even", "rounding: up", 'Line 13.*"up" is not taken'),
        ("{hub: 1/2, fund: 1/2}", "{hub: 1/2, fund: 1/3}", "Line 13.*add up to 5/6, not to 1"),
        ("{hub: 1/2, fund: 1/2}", "{hub: 3/2, fund: -1/2}", "Line 13.*negative"),
        ("{hub: 1/2, fund: 1/2}", "{held: 1}", "Line 13.*disputed money"),
        ('up_to: "100000", ', "", "Line 18.*Only the last band has no end"),
        ("shares: {makers: 1/4", 'up_to: "50000", shares: {makers: 1/4', "Line 19.*each ends above"),
        ("id: first", "id: back", "stands here twice"),
        ("currency: EUR", "currency: EURO", "Line 6.*not a currency"),
        ("makers: split", "makers: {makers: 1}", "Line 8.*a group itself"),
        ("version: 2", "version: 0", "Line 3.*from 1 to"),
        ("source: clause 7.1", "sauce: clause 7.1", 'Line 10.*did you mean "source"'),
        ("{id: back, kind: costs,", "{id: back, kind: shares, shares: split,", 'Nothing ever reaches the steps behind "back"'),
        ("      - {shares: {makers: 1/4, hub: 3/4}}\n", "", "Nothing takes what is left"),
    ],
)
def test_what_is_no_waterfall_is_refused_at_its_line(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(FormatError, match=said):
        load(WHOLE.replace(old, new, 1))
