"""Case files: what runs, and that every refusal names line and field."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from ipr_service.errors import FormatError, InputError
from ipr_service.rights import case
from ipr_service.rights.replay import replay

CASES = sorted(path for path in (Path(__file__).parent / "cases").glob("*.yaml") if not path.stem.endswith("-money"))

GOOD = """\
case: chair
policy: points@1
parties:
  - {id: anna, name: Anna}
  - {id: bruno, name: Bruno}
background:
  - {id: joint, party: bruno, title: A joint}
contributions:
  - id: sketch
    party: anna
    role: concept
    points: 3
    registered_at: 2026-03-02T10:00:00Z
  - id: frame
    party: bruno
    role: engineering
    points: "1.0"
    built_on: [joint, sketch]
expect: {anna: 3/4, bruno: 25 %}
"""


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_example_comes_out_as_it_says_and_replays(file: Path) -> None:
    loaded = case.load(file.read_text(encoding="utf-8"))
    allocation = case.run(loaded)
    assert loaded.expect is not None
    assert case.unexpected(loaded, allocation) == ()
    assert replay(case.to_json(loaded, allocation))


def test_an_unexpected_outcome_is_told_with_both_shares() -> None:
    loaded = case.load(GOOD.replace("anna: 3/4, bruno: 25 %", "anna: 1/2, bruno: 1/2"))
    changes = case.unexpected(loaded, case.run(loaded))
    assert [(change.party, change.before, change.after) for change in changes] == [
        ("anna", Fraction(1, 2), Fraction(3, 4)),
        ("bruno", Fraction(1, 2), Fraction(1, 4)),
    ]


def test_the_json_holds_text_and_whole_numbers_only() -> None:
    loaded = case.load(GOOD)
    text = case.to_json(loaded, case.run(loaded))
    data = json.loads(text, parse_float=lambda number: pytest.fail(f"a float: {number}"))
    assert data["case"] == "chair"
    assert [(share["party"], share["share"], share["percent"], share["basis_points"]) for share in data["shares"]] == [
        ("anna", "3/4", "75 %", 7500),
        ("bruno", "1/4", "25 %", 2500),
    ]
    assert data["shares"][0]["why"][0] == "75 % = 3/4: 3 of the 4 points that are proposed (rule points@1)"


def test_the_same_case_as_json_gives_the_same_run() -> None:
    as_json = {
        "case": "chair",
        "policy": "points@1",
        "parties": [{"id": "bruno"}, {"id": "anna"}],
        "contributions": [
            {"id": "frame", "party": "bruno", "role": "engineering", "points": 1, "built_on": ["sketch", "joint"]},
            {"id": "sketch", "party": "anna", "role": "concept", "points": "3.0", "registered_at": "2026-03-02T10:00:00Z"},
        ],
        "background": [{"id": "joint", "party": "bruno", "title": "A joint"}],
    }
    assert case.run(case.load(json.dumps(as_json))).digest == case.run(case.load(GOOD)).digest


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("points: 3\n", "points: -3\n", 12, "contributions 1 points: A negative number"),
        ("points: 3\n", "points: 0.3\n", 12, "contributions 1 points: 0.3 is refused"),
        ("points: 3\n", "points: .nan\n", 12, "contributions 1 points: .nan is refused"),
        ("points: 3\n", "points: NaN\n", 12, "contributions 1 points: This is not a number"),
        ("points: 3\n", "points: .inf\n", 12, "contributions 1 points: .inf is refused"),
        ("points: 3\n", f"points: 1{'0' * 400}\n", 12, "at most 30 digits"),
        ("points: 3\n", f"points: '1{'0' * 400}'\n", 12, "at most 30 digits"),
        ("points: 3\n", "points: true\n", 12, "whole number or text"),
        ("points: 3\n", "points:\n", 12, "Here belongs a number"),
        ("points: 3\n", "points: [3]\n", 12, "Here belongs a number"),
        ("points: 3\n", "point: 3\n", 12, 'did you mean "points"?'),
        ("points: 3\n", "degree: leader\n", 12, '"leader" is not a degree'),
        ("points: 3\n", "severable: yes\n", 12, "true or false"),
        ("points: 3\n", "cost: {amount: -1, currency: EUR}\n", 12, "contributions 1 cost amount: A negative number"),
        ("points: 3\n", "cost: {amount: 1, currency: euro}\n", 12, "ISO 4217"),
        ("id: frame", "id: sketch", 14, 'The id "sketch" stands in line 9 already'),
        ("id: frame", "id: joint", 7, 'The id "joint" stands in line 14 already'),
        ("id: bruno, name", "id: anna, name", 5, 'The id "anna" stands in line 4 already'),
        ("party: anna\n", "party: ana\n", 10, 'no party "ana"; did you mean "anna"?'),
        ("party: bruno, title", "party: brno, title", 7, 'no party "brno"; did you mean "bruno"?'),
        ("[joint, sketch]", "[joint, skech]", 18, '"skech" is neither a contribution nor background here; did you mean "sketch"?'),
        ("[joint, sketch]", "[joint, frame]", 18, "frame cannot be built on itself"),
        ("10:00:00Z", "10:00:00", 13, "A time is written in UTC"),
        ("2026-03-02T", "2026-02-30T", 13, "no such day"),
        ("name: Bruno", f"name: {'x' * 300}", 5, "Between 1 and 200"),
        ("policy: points@1", "policy: points", 2, 'no policy "points"; there are: equal@1, points@1, roles@1'),
        ("bruno: 25 %", "bruno: 20 %", 19, "expect: The shares add up to 95 %, not to 100 % (-5 %)"),
        ("bruno: 25 %", "bruno: -1/4", 19, "expect bruno: The share of bruno is -25 %"),
        ("case: chair", "case: a chair", 1, "An id is 1 to 64"),
        ("expect:", "expects:", 19, 'did you mean "expect"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(FormatError) as refusal:
        case.load(GOOD.replace(old, new))
    assert says in str(refusal.value)
    assert refusal.value.values["line"] == line


def test_an_unknown_role_is_refused_by_the_policy_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match='no role "concpt"; did you mean "concept"'):
        case.run(case.load(GOOD.replace("role: concept", "role: concpt")))
