"""Every decided row of every pack runs the worked cases beside it, for each of its rights."""

from __future__ import annotations

import pytest

from ipr_service.rights import jurisdictions, worked
from ipr_service.rights.jurisdictions import Row, Worked

CASES = [
    pytest.param(row, right, case, id=f"{row.pack} {right} {row.topic} {number}")
    for reference in jurisdictions.SHIPPED
    for row in jurisdictions.shipped(reference).rows
    for right in row.rights.split("|")
    for number, case in enumerate(row.worked, 1)
]
# Answers in which another row decides, or none does: what the case shows is the limit of its row.
BESIDE = (worked.REFUSED, worked.UNDETERMINED)


@pytest.mark.parametrize(("row", "right", "case"), CASES)
def test_a_worked_case_comes_out_as_worked_by_hand_and_stands_on_its_row(row: Row, right: str, case: Worked) -> None:
    found = worked.run(row, right, case)
    assert found.answer == case.expect
    if case.expect not in BESIDE:
        assert (row.pack, row.id) in {(cited.pack, cited.row) for cited in found.because}


def test_every_row_that_decides_has_a_worked_case_for_each_thing_it_says() -> None:
    lacking = []
    for reference in jurisdictions.SHIPPED:
        for row in jurisdictions.shipped(reference).rows:
            shown = {(case.kind, case.about) for case in row.worked}
            for said in row.says:
                beside = {"duty": ("power", said.about), "order": ("order", "first")}
                also = ("power", "administer") if said.word("excludes") else beside.get(said.kind, (said.kind, said.about))
                if also not in shown:
                    lacking.append(f"{row.pack} {row.id}: {said.to_data()}")
    assert lacking == []


def test_a_worked_case_can_be_said_in_a_line() -> None:
    row = next(row for row in jurisdictions.pack("FR").of("patent") if row.topic == "preemption")
    assert worked.sentence(row.worked[0]) == "preempt: sell share, on 2027-01-31 → 2027-04-30"
