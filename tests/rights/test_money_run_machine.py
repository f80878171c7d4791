"""Whatever happens to money, in whatever order, in three currencies at once: the postings balance and no unit is lost or made."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ipr_service.errors import RefusedError
from ipr_service.rights import ledger, waterfall
from ipr_service.rights.money_case import Event, MoneyCase
from ipr_service.rights.money_run import State, happen
from ipr_service.rights.parties import Party
from ipr_service.rights.statement import Entry, statement
from ipr_service.rights.waterfall import HELD, Waterfall

PEOPLE = ("anna", "bruno", "clara")
CURRENCIES = ("JPY", "EUR", "TND")
PLAN = """{{waterfall: all, version: 1, title: t, source: s, currency: {currency}, steps: [
  {{id: back, kind: costs, source: s}}, {{id: fix, kind: fixed, source: s, to: {{anna: 7}}}},
  {{id: fee, kind: cut, of: 1/7, rounding: half-even, source: s, to: clara}},
  {{id: cap, kind: recoup, of: 1/2, cap: 20, source: s, to: {{anna: 1/3, bruno: 2/3}}}},
  {{id: rest, kind: shares, source: s, shares: split}}]}}"""

splits = (
    st.lists(st.integers(0, 9), min_size=3, max_size=3)
    .filter(any)
    .map(lambda parts: {name: Fraction(part, sum(parts)) for name, part in zip(PEOPLE, parts, strict=True)})
)
books, people, units = st.sampled_from(CURRENCIES), st.sampled_from(PEOPLE), st.integers(1, 9) | st.integers(1, 5_000)


class Books(RuleBasedStateMachine):
    """Three books of one collaboration, each with its own currency and waterfall."""

    def __init__(self) -> None:
        super().__init__()
        self.cases: dict[str, MoneyCase] = {}
        self.states: dict[str, State] = {}
        self.entries: dict[str, list[Entry]] = {currency: [] for currency in CURRENCIES}
        self.raised = 0

    @initialize(split=splits, whole=st.booleans())
    def begin(self, split: Mapping[str, Fraction], whole: bool) -> None:
        for currency in CURRENCIES:
            plan: Waterfall = waterfall.load(PLAN.format(currency=currency)) if whole else waterfall.by_split(currency)
            self.cases[currency] = MoneyCase("m", "m", tuple(Party(name) for name in PEOPLE), split, plan, (), None)
            self.states[currency] = State(split)

    def happen(self, currency: str, kind: str, **fields: Any) -> None:
        case = self.cases[currency]
        self.states[currency], entry, _made = happen(case, self.states[currency], Event(kind, **fields))
        self.entries[currency] += [entry] if entry else []

    def balance(self, currency: str, account: str) -> int:
        return ledger.balances(entry.transaction for entry in self.entries[currency]).get(account, 0)

    @rule(currency=books, party=people, amount=units)
    def income(self, currency: str, party: str, amount: int) -> None:
        self.happen(currency, "income", units=amount, party=party)

    @rule(currency=books, party=people, amount=units)
    def cost(self, currency: str, party: str, amount: int) -> None:
        self.happen(currency, "cost", units=amount, party=party)

    @rule(currency=books, party=people, part=st.integers(1, 4))
    def refund(self, currency: str, party: str, part: int) -> None:
        """A part of what came in, paid out or not."""
        amount = self.states[currency].income // part
        if amount:
            self.happen(currency, "refund", units=amount, party=party)

    @rule(currency=books)
    def payout(self, currency: str) -> None:
        state = self.states[currency]
        if state.income != state.position.income:
            self.happen(currency, "payout")
        else:
            with pytest.raises(RefusedError, match="Nothing came in"):
                self.happen(currency, "payout")

    @rule(currency=books, giver=people, taker=people)
    def hand_on(self, currency: str, giver: str, taker: str) -> None:
        owed = -self.balance(currency, ledger.due(taker))
        if owed > 0:
            self.happen(currency, "transfer", units=owed, party=giver, to=taker)
        elif owed < 0:
            self.happen(currency, "return", units=-owed, party=taker, to=giver)

    @rule(claim=splits)
    def hold(self, claim: Mapping[str, Fraction]) -> None:
        """A dispute is about the split, and so about every book."""
        self.raised += 1
        for currency in CURRENCIES:
            self.happen(currency, "hold", hold=f"d{self.raised}", claims=(claim,))

    @precondition(lambda self: self.states and self.states["EUR"].open)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, _claims in self.states["EUR"].open]))
        for currency in CURRENCIES:
            self.happen(currency, "release", hold=name)

    @precondition(lambda self: self.states and self.states["EUR"].open)
    @rule(split=splits)
    def settle(self, split: Mapping[str, Fraction]) -> None:
        for currency in CURRENCIES:
            self.happen(currency, "release", split=split)
            self.happen(currency, "split", split=split)

    @precondition(lambda self: self.states and not self.states["EUR"].open)
    @rule(split=splits)
    def supersede(self, split: Mapping[str, Fraction]) -> None:
        for currency in CURRENCIES:
            self.happen(currency, "split", split=split)

    @invariant()
    def everything_balances(self) -> None:
        for currency, state in self.states.items():
            found = ledger.balances(entry.transaction for entry in self.entries[currency])
            assert sum(found.values()) == 0
            assert -found.get(ledger.POT, 0) == state.income - state.position.income  # what came in and is not paid out yet
            assert -found.get(HELD, 0) == sum(kept.units for kept in state.kept)
            assert state.open or not state.kept  # with the last dispute nothing is left behind
            assert found.get(ledger.SPENT, 0) == sum(state.costs.values()) - sum(state.position.costs_repaid().values())

    @invariant()
    def what_is_open_adds_up_to_nothing(self) -> None:
        for state in self.states.values():
            for tally in state.position.tallies.values():
                assert sum(tally.carry.values()) == 0
                assert sum(tally.paid.values()) == tally.taken

    @invariant()
    def every_partys_statement_closes(self) -> None:
        for currency, entries in self.entries.items():
            for party in PEOPLE if entries else ():
                found = statement(party, currency, entries, entries[0].on, entries[-1].on)
                assert found.closing[0] == -self.balance(currency, ledger.due(party))


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
