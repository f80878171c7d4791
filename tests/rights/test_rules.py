"""Kinds of rule: the order in which they are written down, and that what is as usual is left out of the bytes."""

from fractions import Fraction

from ipr_service.rights import rules
from ipr_service.rights.rules import Exclude, Pool, SetApart, Veto, Weigh


def test_the_kinds_of_the_first_policies_keep_their_order() -> None:
    made = [
        Pool("p", (), (), "s"),
        Weigh("w", "points", "s"),
        Exclude("e", "x", "b", "s"),
        SetApart("s", "b", "s"),
        Veto("v", "w", "b", "s"),
    ]
    assert [rule.id for rule in sorted(made, key=rules.canonical)] == ["s", "e", "w", "p", "v"]


def test_a_rule_as_it_was_before_ranks_has_the_bytes_it_had() -> None:
    assert rules.to_data(Weigh("w", "points", "s")) == {"id": "w", "kind": "weigh", "source": "s", "by": "points", "on-zero": "refuse"}
    assert rules.to_data(Exclude("e", "x", "b", "s")) == {"id": "e", "kind": "exclude", "source": "s", "role": "x", "because": "b"}


def test_what_differs_from_the_usual_is_written() -> None:
    rule = Weigh("w", "points", "s", diminish=Fraction(1, 2), within="role", rank="statute", each="party")
    assert rules.to_data(rule) | {"by": 0} == {
        "id": "w",
        "kind": "weigh",
        "source": "s",
        "rank": "statute",
        "by": 0,
        "on-zero": "refuse",
        "within": "role",
        "each": "party",
        "diminish": "1/2",
    }
