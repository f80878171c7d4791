"""Grants there and back: what is written is read as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from ipr_service.errors import FormatError
from ipr_service.rights.fields import SHIPPED
from ipr_service.rights.grant_terms import grant, grant_data
from ipr_service.rights.licences import Grant
from ipr_service.rights.strict_yaml import read
from tests.rights.grants import any_grant

FULL = """{id: a, asset: c, grantors: [p, q], grantee: r, acts: [use, sell], purpose: [project], field: [chairs], territory: [IT, EU],
 from: 2027-01-01, to: 2027-12-31, exclusivity: sole, sublicence: consent, fee: {kind: lump, amount: "1200.50", currency: EUR},
 reversion: {when: unexploited, months: 24}, under: b, agreed: 2026-11-20}"""


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        FULL.replace('kind: lump, amount: "1200.50", currency: EUR', "kind: net, part: 5 %"),
        "{id: a, asset: c, grantors: p, grantee: r, fee: free, reversion: {when: insolvent}}",
    ],
)
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    made, _acts = grant(read(text), SHIPPED)
    again, _acts = grant(read(json.dumps(grant_data(made))), SHIPPED)
    assert again == made


@given(any_grant("a"))
def test_every_grant_survives_the_way_there_and_back(made: Grant) -> None:
    again, _acts = grant(read(json.dumps(grant_data(made))), SHIPPED)
    assert again == made


def test_what_was_done_is_read_beside_the_grant() -> None:
    text = "{id: a, asset: c, grantors: [p], grantee: r, signed: {p: 2026-11-20}, notified: {q: 2026-11-21}, court: 2026-12-01}"
    _made, acts = grant(read(text), SHIPPED)
    assert (acts.signed["p"].isoformat(), acts.notified["q"].isoformat(), str(acts.court)) == ("2026-11-20", "2026-11-21", "2026-12-01")


@pytest.mark.parametrize(
    ("fee", "said"),
    [
        ("gift", "kinds are: free"),
        ("{kind: lump}", "names its amount"),
        ('{kind: net, part: "0"}', "above 0 %"),
        ('{kind: lump, amount: "-1", currency: EUR}', "least is 0"),
    ],
)
def test_fees_that_cannot_be_are_refused(fee: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        grant(read(f"{{id: a, asset: c, grantors: [p], grantee: r, fee: {fee}}}"), SHIPPED)
