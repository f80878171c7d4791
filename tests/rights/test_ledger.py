"""Whatever happens to money, the postings balance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights import ledger, waterfall
from ipr_service.rights.ledger import Posting, Step, Transaction, balances, handing_on, transfer
from ipr_service.rights.revenue import Entered, Position, payout
from tests.rights.given import FEWER
from tests.rights.test_revenue import CAMP, SPLIT


def test_a_sale_a_cost_a_payout_and_a_transfer_leave_what_is_still_due() -> None:
    plan = waterfall.load(
        "waterfall: w\nversion: 1\ntitle: t\nsource: s\ncurrency: EUR\nsteps:\n  - {id: a, kind: costs, source: s}\n"
        "  - {id: b, kind: shares, shares: {anna: 1/2, bruno: 1/2}, source: s}\n"
    )
    made = payout(Entered(plan, Position(), 100_00, {"bruno": 20_00}))
    entries = [
        ledger.income(100_00, "anna"),
        ledger.cost(20_00, "bruno"),
        ledger.payout(made.amounts, made.repaid),
        ledger.transfer(60_00, "anna", "bruno"),
    ]
    assert balances(entries[:2]) == {"advanced:bruno": -20_00, "cash:anna": 100_00, "pot": -100_00, "spent": 20_00}
    assert balances(entries[:3]) == {"cash:anna": 100_00, "due:anna": -40_00, "due:bruno": -60_00}
    assert balances(entries) == {"cash:anna": 40_00, "due:anna": -40_00}


def test_disputed_money_goes_from_held_to_parties() -> None:
    assert balances([ledger.release({"anna": 70, "bruno": 30})]) == {"due:anna": -70, "due:bruno": -30, "held": 100}
    assert balances([ledger.payout({"anna": 70, "held": 30}, {})]) == {"due:anna": -70, "held": -30, "pot": 100}


def test_a_refund_and_a_correction_undo_what_they_are_about() -> None:
    assert balances([ledger.income(5, "anna"), ledger.refund(5, "anna")]) == {}
    assert balances([ledger.cost(5, "anna"), ledger.correction(5, "anna")]) == {}
    assert balances([ledger.transfer(5, "bruno", "anna"), ledger.returned(5, "anna", "bruno")]) == {}


units = st.integers(1, 10**12)
parties = st.sampled_from(("anna", "bruno", "clara"))
events = st.one_of(
    st.builds(ledger.income, units, parties),
    st.builds(ledger.refund, units, parties),
    st.builds(ledger.cost, units, parties),
    st.builds(ledger.correction, units, parties),
    st.builds(ledger.transfer, units, parties, parties),
    st.builds(ledger.returned, units, parties, parties),
)


@FEWER
@given(st.lists(events), st.lists(st.integers(1, 50_000), min_size=1, max_size=5), st.integers(0, 9_000))
def test_postings_always_balance(happened: list[Transaction], incomes: list[int], spent: int) -> None:
    position, income = Position(), 0
    for amount in incomes:
        income += amount
        made = payout(Entered(CAMP, position, income, {"anna": spent}, SPLIT))
        position = made.position
        happened = [*happened, ledger.payout(made.amounts, made.repaid)]
        assert balances([happened[-1]])["pot"] == made.units
    for one in happened:
        assert sum(posting.units for posting in one.postings) == 0
    assert sum(balances(happened).values()) == 0


@pytest.mark.parametrize(
    ("postings", "said"),
    [
        ((Posting("pot", 5), Posting("cash:a", -4)), "add up to 0"),
        ((Posting("pot", 0), Posting("cash:a", 0)), "none of them 0"),
        ((), "at least two"),
        ((Posting("pot", 5), Posting("cash:", -5)), "An id is"),
    ],
)
def test_what_does_not_balance_is_no_transaction(postings: tuple[Posting, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Transaction("income", postings)


def test_an_amount_of_nothing_or_less_is_refused() -> None:
    for amount in (0, -5):
        with pytest.raises(InputError, match="above 0"):
            ledger.income(amount, "anna")


def test_money_in_hand_goes_first_to_its_holder_and_then_where_most_is_due() -> None:
    found = handing_on({"cash:anna": 1_000, "due:anna": -300, "due:bruno": -500, "due:clara": -400, "pot": 200, "cash:bruno": 0})
    assert found == (Step("anna", "anna", 300), Step("anna", "bruno", 500), Step("anna", "clara", 200))
    assert handing_on({"due:anna": -5, "held": 5}) == ()


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(-50, 99), st.integers(-50, 99)), max_size=6))
def test_following_the_steps_leaves_either_nothing_due_or_nothing_in_hand(people: dict[str, tuple[int, int]]) -> None:
    before = {f"cash:{name}": cash for name, (cash, _due) in people.items()} | {
        f"due:{name}": -owed for name, (_cash, owed) in people.items()
    }
    after = dict(before)
    for step in handing_on(before):
        assert step.units > 0
        for posting in transfer(step.units, step.giver, step.taker).postings:
            after[posting.account] += posting.units
    owed = [units for account, units in after.items() if account.startswith("due:") and before[account] < 0]
    hands = [units for account, units in after.items() if account.startswith("cash:") and before[account] > 0]
    assert max(owed, default=0) <= 0 <= min(hands, default=0)
    assert not any(owed) or not any(hands)
