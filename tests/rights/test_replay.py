"""Frozen records: computed again from nothing but themselves, and every change of a checked value is noticed."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ipr_service.rights import case, policies
from ipr_service.rights.allocation import allocate
from ipr_service.rights.replay import record, replay
from tests.rights.given import FEWER, PARTIES, contributions, people, points
from tests.rights.test_allocation import a_full_run

POINTS = policies.shipped("points@1")
LAMPS = (Path(__file__).parent / "cases" / "two-lamps.yaml").read_text(encoding="utf-8")


def failed(text: str) -> list[str]:
    return [check.name for check in replay(text).checks if not check.holds]


def test_a_record_replays_to_the_same_run() -> None:
    run = a_full_run()
    report = replay(record(run))
    assert report
    assert [check.name for check in report.checks] == ["readable", "policy", "input", "digest", "computed", "split"]
    assert report.allocation is not None
    assert report.allocation.digest == run.digest


def test_a_record_names_nobody() -> None:
    assert "The one called" not in record(allocate(POINTS, people("a", "b"), points({"a": 1, "b": 2})))


@FEWER
@given(contributions())
def test_every_record_replays(made: tuple[Any, ...]) -> None:
    assert replay(record(allocate(POINTS, PARTIES, made)))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every text, number and Boolean in the record."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def changed(value: Any) -> Any:
    if isinstance(value, str):
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    return not value if isinstance(value, bool) else value + 1


def test_every_single_value_but_the_sentences_is_checked() -> None:
    loaded = case.load(LAMPS)
    text = case.to_json(loaded, case.run(loaded))
    for path in leaves(json.loads(text)):
        if path[0] in ("case", "title", "warnings") or "why" in path:
            continue
        data = json.loads(text)
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = changed(old)
        assert failed(json.dumps(data)), path


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("digest", "0" * 64, "digest"),
        ("policy_digest", "0" * 64, "policy"),
        ("computed", {"a": "1/2", "b": "1/2"}, "computed"),
        ("split", {"a": "1/2", "b": "1/2"}, "split"),
        ("shares", [], "split"),
        ("shares", "none", "split"),
        ("unsigned", [], "split"),
        ("format", "ipr-split/9", "readable"),
        ("signed_by", ["x"], "readable"),
    ],
)
def test_the_check_that_fails_is_named(name: str, value: object, check: str) -> None:
    data = json.loads(record(allocate(POINTS, people("a", "b"), points({"a": 1, "b": 2}))))
    assert check in failed(json.dumps(data | {name: value}))


def test_input_in_another_order_is_the_same_run_but_not_the_canonical_record() -> None:
    data = json.loads(record(allocate(POINTS, people("a", "b"), points({"a": 1, "b": 2}))))
    data["input"]["contributions"].reverse()
    assert failed(json.dumps(data)) == ["input"]


@pytest.mark.parametrize("text", ["", "[", "{}", "null", "\x00", "{" * 50, '{"format": 1}', "a: &a [*a]", "\ud800"])
def test_what_is_no_record_is_reported_and_not_raised(text: str) -> None:
    report = replay(text)
    assert not report
    assert report.allocation is None
    assert str(report.checks[0].sentence).startswith("The record cannot be computed again: ")


def test_a_record_without_a_basis_is_reported_and_not_raised() -> None:
    data = json.loads(record(allocate(POINTS, people("a"), points({"a": Fraction(1)}))))
    data["input"]["contributions"][0]["points"] = "0"
    assert failed(json.dumps(data)) == ["readable"]
