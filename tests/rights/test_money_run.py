"""A case from its first event to its last."""

from __future__ import annotations

import pytest

from ipr_service.errors import RefusedError
from ipr_service.rights.money_case import load
from ipr_service.rights.money_run import Released, run
from tests.rights.test_money_case import CHAIR

DISPUTE = """
case: dispute
currency: EUR
parties: [{id: anna}, {id: bruno}]
split: {anna: 1/2, bruno: 1/2}
events:
  - {kind: income, amount: "600.00", party: anna}
  - {kind: hold, claims: [{anna: 1/3, bruno: 2/3}]}
  - {kind: payout}
  - {kind: release, split: {anna: 1/3, bruno: 2/3}}
  - {kind: income, amount: "10.00", party: anna}
  - {kind: payout}
expect: {anna: 205, bruno: 405}
"""


def test_the_chair_pays_out_and_takes_back_what_the_split_says() -> None:
    done = run(load(CHAIR.replace("  - {kind: transfer", "  - {kind: payout, on: 2026-04-02}\n  - {kind: transfer")))
    # 1200.00 by 3/5 and 2/5; then 100.00 back while 1/10 is disputed: 50.00 and 40.00 are sure, 10.00 is held back
    assert done.paid == {"anna": 67_000, "bruno": 44_000, "held": -1_000}
    assert done.balances == {
        "advanced:bruno": -20_000, "cash:anna": 80_000, "due:anna": -67_000, "due:bruno": -14_000, "held": 1_000, "spent": 20_000,
    }  # fmt: skip


def test_a_dispute_holds_what_depends_on_it_until_it_is_settled() -> None:
    done = run(load(DISPUTE))
    assert done.done[0].amounts == {"anna": 20_000, "bruno": 30_000, "held": 10_000}
    assert done.done[1] == Released({"bruno": 10_000})
    assert done.unexpected() == ()
    assert "held" not in done.paid
    assert sum(done.balances.values()) == 0


TWO = """
case: two-disputes
currency: EUR
parties: [{id: anna}, {id: bruno}, {id: clara}]
split: {anna: 1/2, bruno: 1/4, clara: 1/4}
events:
  - {kind: income, amount: "600.00", party: anna}
  - {kind: hold, id: one, claims: [{anna: 1/3, bruno: 5/12, clara: 1/4}]}
  - {kind: hold, id: two, claims: [{anna: 5/12, bruno: 1/4, clara: 1/3}]}
  - {kind: payout}
  - {kind: release, hold: one}
  - {kind: release, hold: two}
"""


def test_of_two_disputes_each_frees_what_it_alone_kept() -> None:
    # By hand: sure are 1/3, 1/4, 1/4 of 600.00; 100.00 are kept. Without claim one Anna is sure of 5/12: 50.00 more; the other 50.00 stay.
    done = run(load(TWO)).done
    assert done[0].amounts == {"anna": 20_000, "bruno": 15_000, "clara": 15_000, "held": 10_000}
    assert done[1:] == (Released({"anna": 5_000}, withdrawn=True), Released({"anna": 5_000}, withdrawn=True))


def test_in_the_other_order_the_wider_claim_still_keeps_everything() -> None:
    done = run(load(TWO.replace("hold: one}\n  - {kind: release, hold: two}", "hold: two}\n  - {kind: release, hold: one}"))).done
    assert done[1:] == (Released({}, withdrawn=True), Released({"anna": 10_000}, withdrawn=True))


def test_one_claim_is_settled_against_the_other_by_a_split_that_all_accept() -> None:
    settled = TWO.replace("{kind: release, hold: one}", "{kind: release, split: {anna: 1/3, bruno: 5/12, clara: 1/4}}")
    done = run(load(settled.replace("  - {kind: release, hold: two}\n", "")))
    assert done.done[1] == Released({"bruno": 10_000})
    assert done.balances == {"cash:anna": 60_000, "due:anna": -20_000, "due:bruno": -25_000, "due:clara": -15_000}


def test_nobody_pays_back_what_was_undisputed_when_it_was_paid() -> None:
    # Anna was paid 1/3 as undisputed; the split that is settled gives her 1/4. She keeps it, and Bruno gets what was kept.
    done = run(load(DISPUTE.replace("release, split: {anna: 1/3, bruno: 2/3}", "release, split: {anna: 1/4, bruno: 3/4}")))
    assert done.done[1] == Released({"bruno": 10_000})


@pytest.mark.parametrize("before", range(1, 13))
def test_the_part_of_a_unit_that_was_open_for_held_money_is_not_left_behind(before: int) -> None:
    # A sixth of each cent is kept. Whatever was open of a unit when the disputes ended, later cents go to the three parties alone.
    cents = "  - {kind: income, amount: '0.01', party: anna}\n  - {kind: payout}\n"
    head, _, rest = TWO.partition("  - {kind: income")
    claims = "".join(line + "\n" for line in rest.split("\n") if "{kind: hold" in line)
    freed = "  - {kind: release, hold: one}\n  - {kind: release, hold: two}\n"
    done = run(load(f"{head}{claims}{cents * before}{freed}{cents * (24 - before)}"))
    assert "held" not in done.paid
    assert done.paid == {"anna": 12, "bruno": 6, "clara": 6}


def test_who_was_paid_too_much_gives_it_back() -> None:
    events = (
        "  - {kind: income, amount: 10, party: anna}\n  - {kind: payout}\n  - {kind: transfer, amount: 5, party: anna, to: bruno}\n"
        "  - {kind: refund, amount: 10, party: anna}\n  - {kind: payout}\n  - {kind: return, amount: 5, party: bruno, to: anna}\n"
    )
    head, _, _ = DISPUTE.partition("events:")
    assert run(load(f"{head}events:\n{events}")).balances == {}


def test_what_the_case_does_not_expect_is_told_with_both_amounts() -> None:
    assert run(load(DISPUTE.replace("anna: 205", "anna: 206"))).unexpected() == (("anna", 20_600, 20_500),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  - {kind: hold, claims: [{anna: 1/3, bruno: 2/3}]}\n", "", "Nothing is held"),
        ("  - {kind: release, split: {anna: 1/3, bruno: 2/3}}", "  - {kind: hold, claims: [{bruno: 1}]}", "name is open already"),
        ("  - {kind: release, split: {anna: 1/3, bruno: 2/3}}", "  - {kind: release, hold: joint}", "No dispute of this name"),
        ("  - {kind: release, split: {anna: 1/3, bruno: 2/3}}", "  - {kind: split, shares: {bruno: 1}}", "release it before a newer split"),
        ("  - {kind: release, split: {anna: 1/3, bruno: 2/3}}", "  - {kind: payout}", "Nothing came in"),
    ],
)
def test_what_cannot_happen_is_refused(old: str, new: str, said: str) -> None:
    assert old in DISPUTE
    with pytest.raises(RefusedError, match=said):
        run(load(DISPUTE.replace(old, new)))


def test_a_dispute_about_a_split_that_pays_nobody_is_refused() -> None:
    rule = "{waterfall: w, version: 1, title: t, source: s, currency: EUR, steps: [{id: a, kind: shares, source: s, shares: {anna: 1}}]}"
    with pytest.raises(RefusedError, match="does not follow the split"):
        run(load(DISPUTE.replace("events:", f"waterfall: {rule}\nevents:")))
