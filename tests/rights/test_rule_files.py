"""Rules in a file: what each kind takes, and the refusals, each at its line."""

from fractions import Fraction

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights import policies
from ipr_service.rights.rules import Attribute, Bounded, Derive, Fixed, LeaveOut, Pools, Residual, Sole, Vest, Veto, Weigh

HEAD = """\
policy: ours
version: 1
title: Ours
source: our letter
facts:
  employer: {of: contribution, type: party, settles: the employer}
  left: {of: party, type: date}
  owner: {of: case, type: party}
  place: {of: party, type: number}
  topic: {of: contribution, type: code}
rules:
"""
WEIGH = "  - {id: w, kind: weigh, by: points, source: s}\n"
TAIL = "because: so, source: s}\n"

EVERY = """\
  - {id: att, kind: attribute, to: employer, when: {known: employer}, rank: statute, because: so, source: s}
  - {id: out, kind: leave-out, when: {in: [topic, [loan]]}, because: so, source: s}
  - {id: fix, kind: fixed, party: {party: hub}, share: 1/10, because: so, source: s}
  - {id: w, kind: weigh, by: {times: [points, 2]}, unit: doubles, diminish: 1/2, within: topic, out-of: 100, source: s}
  - {id: places, kind: weigh, each: party, by: {over: [1, place]}, once: place, rank: statute, source: s}
  - {id: all, kind: sole, holder: owner, back: {licence: sole, scope: here}, rank: fallback, because: so, source: s}
  - {id: some, kind: pools, rank: fallback, when: {known: owner}, empty: residual, source: s,
     pools: {a: {weight: 1, roles: [form], by: heads}, b: {weight: 2, pools: {c: {weight: 1, roles: [x], by: cost}}}}}
  - {id: der, kind: derive, part: 1/5, cap: 1/2, because: so, source: s}
  - {id: res, kind: residual, to: heads, because: so, source: s}
  - {id: low, kind: floor, at: 1/20, who: makers, because: so, source: s}
  - {id: top, kind: cap, at: 1/2, because: so, source: s}
  - {id: vest, kind: vest, when: {known: left}, keeps: 1/4, because: so, source: s}
  - {id: law, kind: veto, of: negotiated, because: so, source: s}
"""


def test_every_kind_of_rule_is_read_and_comes_back_the_same() -> None:
    policy = policies.load(HEAD + EVERY)
    assert {type(rule) for rule in policy.rules} == {Attribute, LeaveOut, Fixed, Weigh, Sole, Pools, Derive, Residual, Bounded, Vest, Veto}
    assert policies.load(policies.dump(policy)) == policy


def test_the_order_of_the_rules_changes_nothing() -> None:
    lines = EVERY.replace("source: s,\n     pools", "source: s, pools").splitlines(keepends=True)
    assert policies.load(HEAD + "".join(reversed(lines))).digest == policies.load(HEAD + EVERY).digest


def test_numbers_may_be_fractions_and_percentages() -> None:
    (rule,) = (rule for rule in policies.load(HEAD + WEIGH + '  - {id: top, kind: cap, at: "37.5 %", ' + TAIL).rules if rule.id == "top")
    assert isinstance(rule, Bounded)
    assert rule.at == Fraction(3, 8)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{id: x, kind: cap, at: 3/2, " + TAIL, "between 0 and 1"),
        ("{id: x, kind: cap, at: 0.5, " + TAIL, "0.5 is refused"),
        ("{id: x, kind: floor, at: 1/2, who: friends, " + TAIL, "known are: everyone, makers"),
        ("{id: x, kind: fixed, party: hub, share: 1/2, " + TAIL, 'did you mean "owner"'),
        ("{id: x, kind: fixed, party: {party: hub}, share: 3/2, " + TAIL, "between 0 and 1"),
        ("{id: x, kind: derive, part: -1/5, " + TAIL, "between 0 and 1"),
        ("{id: x, kind: attribute, to: points, " + TAIL, "of the type party; this is of the type number"),
        ("{id: x, kind: vest, when: left, keeps: 1, " + TAIL, "of the type yes/no; this is of the type date"),
        ("{id: x, kind: leave-out, when: {in: [role, role]}, " + TAIL, "in does not take code, code"),
        ("{id: x, kind: residual, to: friends, " + TAIL, '"friends" is not known here'),
        ("{id: x, kind: veto, of: nobody, " + TAIL, 'there is no rule "nobody"'),
        ("{id: x, kind: sole, holder: owner, back: {licence: free}, " + TAIL, "exclusive, sole, non-exclusive, none"),
        ("{id: x, kind: weigh, by: points, rank: law, source: s}", "contract, statute, fallback"),
        ("{id: x, kind: weigh, rank: statute, by: points, diminish: 1/2, source: s}", 'say the kind with "within"'),
        ("{id: x, kind: weigh, rank: statute, by: points, diminish: 0, within: topic, source: s}", "between 0 and 1"),
        ("{id: x, kind: weigh, rank: statute, by: points, within: points, source: s}", "known are: "),
        ("{id: x, kind: weigh, rank: statute, by: points, out-of: 0, source: s}", "A weight is above 0"),
        ("{id: x, kind: pools, rank: statute, pools: {a: {weight: 1, roles: [form, form], by: heads}}, source: s}", "in a pool already"),
        ("{id: x, kind: pools, rank: statute, pools: {}, source: s}", "Between 1 and 50 pools"),
        ("{id: x, kind: weigh, by: effort, source: s}", "Others need another rank"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_line(rule: str, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        policies.load(HEAD + WEIGH + f"  - {rule}")
    assert says in str(refusal.value)
    assert refusal.value.values["line"] in (11, 12, 13)


def test_pools_are_cut_at_most_four_times() -> None:
    inner = "{weight: 1, roles: [form], by: heads}"
    for _ in range(4):
        inner = f"{{weight: 1, pools: {{p: {inner}}}}}"
    with pytest.raises(FormatError, match="Nested more than 4 deep"):
        policies.load(HEAD + f"  - {{id: x, kind: pools, pools: {{p: {inner}}}, source: s}}")


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        ("points: {of: case, type: number}", "is known everywhere"),
        ("x: {of: world, type: number}", "contribution, party, case"),
        ("x: {of: case, type: float}", "number, money, date"),
        ("x: {of: case}", '"type" is missing'),
    ],
)
def test_a_fact_is_declared_with_whose_it_is_and_its_type(fact: str, says: str) -> None:
    with pytest.raises(FormatError, match="Line 6") as refusal:
        policies.load(HEAD.replace("rules:", f"rules: [{WEIGH.strip()[2:]}]").replace("  employer", f"  {fact}\n  employer"))
    assert says in str(refusal.value)
