"""Splitting 10,000 contributions of 200 parties with their full derivation, beside plain fractions and beside three rule engines.

The rule is the same for all: a share is one's own points over all points. *Plain* is ``Fraction`` arithmetic of the same sums with no
derivation, no check and no order. The engines get the whole sum for nothing and compute each contribution's part, which is then added up by
party; they reckon in floating point, and none says why. Ours checks, sorts, and keeps for every share its rule, source, inputs and exact
result.
"""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import rule_engine
import zen
from json_logic import jsonLogic

from benchmarks.measurement import Measurement, median_ms
from ipr_service.rights import policies
from ipr_service.rights.allocation import Allocation, allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.explanation import account, compare
from ipr_service.rights.parties import Party
from ipr_service.rights.shares import Split

COUNT, PARTIES = 10_000, 200
SHARE = {"/": [{"var": "points"}, {"var": "whole"}]}


def made(count: int, parties: int) -> tuple[list[Party], list[Contribution]]:
    """Parties, and contributions with points of up to two decimals."""
    chance = random.Random(5)  # noqa: S311  # numbers to add up, not secrets
    people = [Party(f"p{number:05d}") for number in range(parties)]
    return people, [
        Contribution(
            f"c{number:05d}",
            people[number % parties].id,
            "concept",
            points=Fraction(chance.randint(1, 10_000), chance.choice((1, 10, 100))),
        )
        for number in range(count)
    ]


def plain(contributions: list[Contribution]) -> dict[str, Fraction]:
    """The same sums, and nothing else."""
    own: dict[str, Fraction] = {}
    whole = Fraction(0)
    for one in contributions:
        points = one.points or Fraction(0)
        own[one.party] = own.get(one.party, Fraction(0)) + points
        whole += points
    return {party: points / whole for party, points in own.items()}


def by_party(rows: list[dict[str, Any]], parts: list[Any]) -> dict[str, Any]:
    """Parts of contributions, added up."""
    own: dict[str, Any] = {}
    for row, part in zip(rows, parts, strict=True):
        own[row["party"]] = own.get(row["party"], 0) + part
    return own


def peers(rows: list[dict[str, Any]], whole: float) -> dict[str, Callable[[], dict[str, Any]]]:
    """The same rule in each engine, compiled beforehand."""
    rule = rule_engine.Rule("points / whole")
    each = [row | {"whole": whole} for row in rows]
    expressions = [
        {"id": "1", "key": "whole", "value": "sum(map(made, #.points))"},
        {"id": "2", "key": "parts", "value": "map(made, #.points / $.whole)"},
    ]
    place = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", **place},
        {"id": "share", "type": "expressionNode", "name": "share", "content": {"expressions": expressions}, **place},
        {"id": "out", "type": "outputNode", "name": "out", **place},
    ]
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"} for a, b in (("in", "share"), ("share", "out"))]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return {
        "rule-engine 5.1.0": lambda: by_party(rows, [float(rule.evaluate(row)) for row in each]),
        "json-logic-qubit 0.9.1": lambda: by_party(rows, [jsonLogic(SHARE, row) for row in each]),
        "zen-engine 2.1.3": lambda: by_party(rows, decision.evaluate({"made": rows})["result"]["parts"]),
        "zen-engine 2.1.3, traced": lambda: by_party(rows, decision.evaluate({"made": rows}, {"trace": True})["result"]["parts"]),
    }


def measure() -> Iterator[Measurement]:
    points = policies.shipped("points@1")
    people, contributions = made(COUNT, PARTIES)
    ours = allocate(points, people, contributions)
    if ours.computed.fractions != plain(contributions):
        raise AssertionError("the two ways of adding up differ")
    rows: list[dict[str, Any]] = [{"party": one.party, "points": float(one.points or 0)} for one in contributions]
    others = peers(rows, sum(row["points"] for row in rows))
    for run in others.values():
        _agree(ours.computed, run())
    taken = side_by_side(
        {
            "plain fractions, no derivation": lambda: plain(contributions),
            "ours, with full derivation": lambda: allocate(points, people, contributions),
            "ours, and every share told in sentences": lambda: account(allocate(points, people, contributions)),
            **others,
        }
    )
    bare, full, told = list(taken.values())[:3]
    beside = {
        "ours, with full derivation": f"{full / bare:.2f} × plain; the limit is 3 ×",
        "ours, and every share told in sentences": f"{told / bare:.2f} × plain",
    }
    for name, milliseconds in taken.items():
        ratio = f"{milliseconds / full:.2f} × the time of ours" if name in others else ""
        yield Measurement(name, milliseconds, "ms", beside.get(name, ratio))
    yield what_if(points)


def side_by_side(works: Mapping[str, Callable[[], object]], rounds: int = 15) -> dict[str, float]:
    """Median milliseconds of each work, taken in turns: what else the machine does meets all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(median_ms(work, 1))
    return {name: statistics.median(times) for name, times in taken.items()}


def _agree(exact: Split, rounded: dict[str, Any]) -> None:
    apart = max(abs(float(share) - float(rounded[party])) for party, share in exact.fractions.items())
    if apart > 1e-9:
        raise AssertionError("a peer computed another rule")


def what_if(policy: policies.Policy) -> Measurement:
    """One drag of a slider: a run with one number changed, told and compared with the run before."""
    people, contributions = made(200, 20)
    before = allocate(policy, people, contributions)

    def drag() -> Allocation:
        first = contributions[0]
        moved = Contribution(first.id, first.party, first.role, points=Fraction(77))
        after = allocate(policy, people, [moved, *contributions[1:]])
        account(after)
        compare(before, after)
        return after

    return Measurement("what if: one number of 200 moved, told and compared", median_ms(drag), "ms", "the limit is 100 ms, page included")
