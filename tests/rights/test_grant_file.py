"""Grant files: every refusal at its line, and one check over all that a file says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights.grant_file import check, load

ROOT = Path(__file__).parents[2]
CHAIR = """\
check: oak-chair
fields: {stacking-chairs: chairs}
assets:
  - id: joint
    holders: {carla: 1}
  - id: chair
    right: design
    holders: {anna: 1/2, bruno: 1/2}
    consent: {who: all, court: true, source: our agreement of 2 March}
    territory: [EU]
    to: 2040-05-31
    uses: [joint]
    outbound: Apache-2.0
    components: [{name: viewer, expression: GPL-2.0-only}]
grants:
  - id: furniture-eu
    asset: chair
    grantors: [anna, bruno]
    grantee: mobilia
    acts: [make, sell]
    purpose: exploitation
    field: furniture
    territory: [EU]
    from: 2027-01-01
    to: 2028-12-31
    exclusivity: exclusive
    signed: {anna: 2026-11-20}
  - id: chairs-it
    asset: chair
    grantors: [anna, bruno]
    grantee: sedia
    acts: [sell]
    purpose: exploitation
    field: stacking-chairs
    territory: IT
    from: 2028-06-01
    to: 2041-12-31
    exclusivity: non-exclusive
"""


def test_one_check_says_everything_that_stands_in_the_way() -> None:
    described = load(CHAIR)
    answer = check(described.grants, described.assets, described.acts, date(2026, 11, 22))
    assert [one.meet.text for one in answer.conflicts] == ["sell x exploitation x stacking-chairs x IT x 2028-06-01..2028-12-31"]
    assert [(one.grant, one.what) for one in answer.excesses] == [("chairs-it", "IT 2040-06-01..2041-12-31")]
    assert {(one.need.party, one.act) for one in answer.gaps} == {("mobilia", "make+sell"), ("sedia", "sell")}
    assert answer.authorities["furniture-eu"].awaited == ("bruno",)
    assert [one.answer for one in answer.encumbrances["chair"]] == ["NO"]
    assert not answer.clear


def test_a_grantor_that_holds_nothing_is_told_and_stops_nothing_else() -> None:
    described = load(CHAIR)
    strange = tuple(replace(one, grantors=("anna", "dora")) for one in described.grants)
    answer = check(strange, described.assets, described.acts, date(2026, 11, 22))
    assert [(one.axis, one.what) for one in answer.excesses if one.grant == "furniture-eu"] == [("holder", "dora")]
    assert answer.authorities == {}
    assert len(answer.conflicts) == 1


def test_a_file_with_nothing_in_the_way_is_clear() -> None:
    described = load("check: x\ngrants:\n  - {id: a, asset: c, grantors: [p], grantee: q, exclusivity: exclusive}\n")
    assert check(described.grants).clear


def test_json_is_taken_as_well() -> None:
    grant = {"id": "a", "asset": "c", "grantors": ["p"], "grantee": "q", "territory": ["IT"], "from": "2027-01-01"}
    (made,) = load(json.dumps({"check": "x", "grants": [grant]})).grants
    assert (made.territory, made.begin) == (("IT",), date(2027, 1, 1))


LINES = CHAIR.splitlines()


def replaced(before: str, after: str) -> tuple[str, int]:
    """The file with its first such line changed, and the number of that line."""
    at = next(number for number, line in enumerate(LINES) if before in line)
    return "\n".join([*LINES[:at], LINES[at].replace(before, after), *LINES[at + 1 :]]), at + 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("field: furniture", "field: furnitur", 'did you mean "furniture"'),
        ("territory: [EU]", "territory: [EUU]", "is no territory"),
        ("territory: [EU]", "territory: []", "a grant for nowhere"),
        ("territory: IT", "territory: IT-99", "no part of a country"),
        ("acts: [make, sell]", "acts: [make, sel]", "known are: use, make, sell"),
        ("acts: [make, sell]", "acts: []", "at least one of"),
        ("to: 2028-12-31", "to: 2026-12-31", "swap them"),
        ("to: 2028-12-31", "to: 2028-02-30", "no such day"),
        ("id: chairs-it", "id: furniture-eu", "stands in line 16 already"),
        ("id: chair", "id: joint", "stands in line 4 already"),
        ("    grantee: sedia", "    grantee: sedia\n    under: nothing", 'no grant "nothing"'),
        ("exclusivity: exclusive", "exclusivity: very", "known are: exclusive"),
        ("{anna: 1/2, bruno: 1/2}", "{anna: 1/2, bruno: 1/3}", "add up to 83 1/3 %"),
        ("{anna: 1/2, bruno: 1/2}", "{anna: 0.5, bruno: 1/2}", "write decimals in quotes"),
        ("{who: all,", "{who: some,", "rules are: alone"),
        ("uses: [joint]", "uses: [joynt]", 'no asset "joynt"'),
        ("expression: GPL-2.0-only", "expression: GPL-2", "no licence that SPDX lists"),
        ("    outbound: Apache-2.0", "    # nothing", "outbound"),
        ("{stacking-chairs: chairs}", "{chairs: all}", "field of this service already"),
        ("asset: chair", "asset: chiar", 'no asset "chiar"'),
        ("purpose: exploitation", "porpose: exploitation", 'did you mean "purpose"'),
        ("purpose: exploitation", "purpose: &p exploitation", "Anchors"),
        ("signed: {anna: 2026-11-20}", "signed: {anna: yesterday}", "no such day"),
        ("check: oak-chair", "check: oak chair", "An id is"),
        ("grantors: [anna, bruno]", "grantors: [anna, dora]", "dora holds nothing of chair"),
        ("territory: IT", "territory: []", "a grant for nowhere"),
    ],
)
def test_every_refusal_names_line_field_and_remedy(before: str, after: str, said: str) -> None:
    text, line = replaced(before, after)
    if before == "    outbound: Apache-2.0":
        line += 1
    with pytest.raises(FormatError, match=said) as refused:
        load(text)
    expected = {line, line + 1} if "\n" in after else {line}
    assert refused.value.values["line"] in expected, str(refused.value)


def test_a_circle_of_sublicences_is_refused_with_its_path() -> None:
    a = "  - {id: a, asset: c, grantors: [p], grantee: q, under: b}\n"
    b = "  - {id: b, asset: c, grantors: [q], grantee: p, under: a}\n"
    with pytest.raises(FormatError, match="a < b < a"):
        load("check: x\ngrants:\n" + a + b)


def test_the_example_of_the_documentation_is_answered_as_it_says() -> None:
    text = (ROOT / "docs/grants.md").read_text()
    example = text.split("```yaml\n")[1].split("```")[0]
    described = load(example)
    answer = check(described.grants, described.assets, described.acts, date(2026, 11, 22))
    said = [str(one.sentence) for one in answer.conflicts] + [str(one.sentence) for one in answer.gaps]
    assert all(sentence in text for sentence in said)
    assert said
