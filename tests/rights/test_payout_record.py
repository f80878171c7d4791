"""A payout's record is computed again from nothing but itself; a changed number is found."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.rights import payout_record, waterfall
from ipr_service.rights.payout_record import digest, position_after, read, record, replay
from ipr_service.rights.revenue import Entered, Position, payout
from tests.rights.given import FEWER
from tests.rights.test_revenue import CAMP, SPLIT

GOLDEN = Path(__file__).parent / "golden"
FIRST = payout(Entered(CAMP, Position(), 30_001, {"bruno": 4_000}, SPLIT, ({"anna": Fraction(1)},)))
SECOND = payout(Entered(CAMP, FIRST.position, 47_000, {"bruno": 4_000, "anna": 1}, SPLIT))


@pytest.mark.parametrize("made", [FIRST, SECOND])
def test_a_record_replays_and_reads_back(made: payout_record.Payout) -> None:
    text = record(made)
    assert all(check.holds for check in replay(text))
    assert read(text) == made.entered
    assert position_after(text) == made.position


@FEWER
@given(st.lists(st.integers(-500, 40_000).filter(bool), min_size=1, max_size=4))
def test_every_payout_there_is_reads_back(pieces: list[int]) -> None:
    plan, position, income = waterfall.by_split("EUR"), Position(), 0
    for amount in pieces:
        income += amount
        if income < 0 or income == position.income:
            return
        made = payout(Entered(plan, position, income, {}, SPLIT))
        assert read(record(made)) == made.entered
        assert position_after(record(made)) == made.position
        position = made.position


@pytest.mark.parametrize(
    ("old", "new", "broken"),
    [
        ('"cap": "20.00"', '"cap": "21.00"', {"waterfall", "digest", "amounts", "position"}),
        ('"income": "30001"', '"income": "30002"', {"digest", "amounts", "position"}),
        ('"agent": "3', '"agent": "4', {"amounts"}),
        ('"reached": "30001"', '"reached": "30002"', {"amounts"}),
        ('"why": {', '"why": {"nobody": [],', set()),
    ],
)
def test_a_changed_number_is_found(old: str, new: str, broken: set[str]) -> None:
    text = record(FIRST)
    assert old in text
    assert {check.name for check in replay(text.replace(old, new, 1)) if not check.holds} == broken


def test_what_is_no_record_is_a_check_that_does_not_hold() -> None:
    for text in ("", "{}", "[" * 10_000, record(FIRST).replace("ipr-payout/1", "ipr-payout/9")):
        (only,) = replay(text)
        assert (only.name, only.holds) == ("readable", False)
    with pytest.raises(FormatError):
        read("{}")


def test_the_digest_is_sha256_over_the_waterfalls_and_the_jcs_form_of_the_input() -> None:
    canonical = json.dumps(payout_record.input_data(FIRST.entered), sort_keys=True, separators=(",", ":")).encode()  # ASCII text: JCS
    assert (GOLDEN / "payout-input.jcs").read_bytes() == canonical
    assert digest(FIRST.entered) == hashlib.sha256(CAMP.digest + canonical).digest()
    assert digest(FIRST.entered).hex() == (GOLDEN / "payout-digest.txt").read_text().strip()


def test_a_record_names_nobody() -> None:
    assert "why" in json.loads(record(FIRST))
    assert not any(word in record(FIRST) for word in ("name", "mail"))
