"""Derivations as trees: every branch a sentence with its exact value, down to what was counted."""

import json
from fractions import Fraction

from hypothesis import given

from ipr_service.rights import case, policies
from ipr_service.rights.allocation import allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.tree import Branch, tree
from tests.rights.given import FEWER, PARTIES, contributions, people, points

PIE = """\
case: pie
policy: costs@1
parties: [{id: a}, {id: b}]
contributions:
  - {id: hours, party: a, role: form, effort: 200, facts: {kind: time, rate: 50 EUR}}
  - {id: saw, party: b, role: form, facts: {kind: thing, worth: 5000 EUR}}
"""


def test_a_share_of_points_is_made_of_its_contributions() -> None:
    made = (*points({"a": 30, "b": 50}), Contribution("lamp", "a", "form", severable=True))
    grown = tree(allocate(policies.shipped("points@1"), people("a", "b"), made), "a")
    assert str(grown.sentence) == "37.5 % = 3/8: 30 of the 80 points that are proposed (rule points@1)"
    assert str(grown.children[0].sentence) == "c-a counts 30"
    assert grown.children[1].source.startswith("FR CPI L113-3")


def test_an_amount_says_how_it_came_about() -> None:
    grown = tree(case.run(case.load(PIE)), "a")
    assert [str(child.sentence) for child in grown.children] == ["hours counts 200 × 50 EUR × 2 = 20000"]
    assert grown.children[0].value == 20000


def test_steps_hang_beside_what_the_pot_gave() -> None:
    run = allocate(policies.shipped("capped@1"), people("a", "b", "c"), points({"a": 70, "b": 20, "c": 10}))
    pot, cap = tree(run, "a").children
    assert (pot.value, cap.value, cap.rule) == (Fraction(7, 10), Fraction(1, 2), "half")
    assert str(pot.children[0].sentence) == "c-a counts 70"


def test_the_tree_is_json_without_a_float() -> None:
    text = json.dumps(tree(case.run(case.load(PIE)), "b").to_data())
    data = json.loads(text, parse_float=lambda number: 1 / 0)
    assert data["value"] == "1/3"
    assert data["because"] == [{"says": "saw counts 5000 EUR × 2 = 10000", "value": "10000"}]


def leaves(branch: Branch) -> list[Branch]:
    return [branch, *(leaf for child in branch.children for leaf in leaves(child))]


@FEWER
@given(contributions())
def test_every_branch_says_something_without_a_placeholder_left(made: tuple[Contribution, ...]) -> None:
    for reference in ("points@1", "roles@1", "equal@1"):
        run = allocate(policies.shipped(reference), PARTIES, made)
        for party in PARTIES:
            assert not any("{" in str(branch.sentence) for branch in leaves(tree(run, party.id)))
