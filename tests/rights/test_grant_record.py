"""The record of a grant: one form, one writer, and nothing else is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from ipr_service.errors import FormatError
from ipr_service.rights.grant_record import GrantRecord
from ipr_service.rights.licences import Grant
from tests.rights.grants import any_grant, granted

GOLDEN = Path(__file__).parent / "golden" / "grant.json"
NAMED = {"chair": "“The chair\u2028”", "anna": "Anna", "to-g": 'Möbel "X"', "nobody": "left out"}


def test_the_bytes_of_a_record_never_change() -> None:
    made = GrantRecord(granted(first="2027-01-01", last="2028-12-31"), NAMED)
    assert made.to_bytes() == GOLDEN.read_bytes()
    again = GrantRecord.from_bytes(GOLDEN.read_bytes())
    assert again.grant == made.grant
    assert again.names == {name: NAMED[name] for name in ("chair", "anna", "to-g")}


@given(any_grant("a"))
def test_every_grant_survives_its_record(made: Grant) -> None:
    assert GrantRecord.from_bytes(GrantRecord(made, NAMED).to_bytes()).grant == made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ipr-grant/1", b"ipr-grant/2"),
        (b'{"format"', b'{ "format"'),
        (b'"names":{', b'"names":{"zoe":"Zoe",'),
        (b'"asset":"chair",', b""),
        (b'"terms":', b'"more":1,"terms":'),
        (b'{"format":"ipr-grant/1",', b"{"),
        (b"{", b"["),
        (b"Anna", b"\xff"),
    ],
)
def test_whatever_is_not_exactly_a_record_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(FormatError):
        GrantRecord.from_bytes(GOLDEN.read_bytes().replace(old, new, 1))
