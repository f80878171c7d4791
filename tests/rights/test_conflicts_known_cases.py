"""The edges that are about licence grants (tests/cases/rights/90 and further cases of that shape), read as they are.

A case with two boxes ``a`` and ``b`` says which fields, territory and days they have; that both are exclusive stands in its name. What a
case leaves out (acts, purposes, asset, parties) is the same for both.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ipr_service.rights.conflicts import conflicts
from ipr_service.rights.licences import Grant
from tests.rights.grants import granted
from tests.rights.known import of_kind

CASES = [case for case in of_kind("engine.edge") if {"a", "b"} <= set(case.get("input") or {}) and "territory" in case["input"]["a"]]


def boxed(name: str, box: dict[str, Any]) -> Grant:
    listed = {key: tuple([value] if isinstance(value, str) else value) for key, value in box.items() if key in {"territory", "acts"}}
    for key, ours in (("field", "fields"), ("purpose", "purposes")):
        if key in box:
            listed[ours] = tuple([box[key]] if isinstance(box[key], str) else box[key])
    given = {key: box[key] for key in ("exclusivity", "grantee") if key in box}
    return granted(name, first=box.get("from"), last=box.get("to"), **listed, **given)


def test_there_are_such_cases() -> None:
    assert len(CASES) >= 2


@pytest.mark.parametrize("known", CASES, ids=lambda known: str(known["name"]))
def test_overlaps_are_found_exactly(known: dict[str, Any]) -> None:
    found = conflicts([boxed(name, known["input"][name]) for name in ("a", "b")])
    expected = re.fullmatch(r"Conflict on (.*)", known["expect"])
    assert [one.meet.text for one in found] == ([expected[1]] if expected else [])
    if expected is None:
        assert known["expect"] == "no conflict"
