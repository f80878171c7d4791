"""Run a money case from its first event to its last: entries of the ledger, payouts with their reasons, balances.

Pure: the same case gives the same run. The service does the same with what stands in its tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, RefusedError
from ipr_service.rights import ledger
from ipr_service.rights.dispute import freed
from ipr_service.rights.explanation import Sentence
from ipr_service.rights.ledger import Transaction
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.money_case import Event, MoneyCase, checked
from ipr_service.rights.payout_reasons import account
from ipr_service.rights.revenue import Entered, Payout, Position, payout
from ipr_service.rights.statement import Entry
from ipr_service.rights.waterfall import HELD

NO_DAY: Final = date(1970, 1, 1)
"""The day of every event of a case that names none."""


@dataclass(frozen=True)
class Released:
    """Disputed money that was given to parties; units by party."""

    amounts: Mapping[str, int]


@dataclass(frozen=True)
class Run:
    """A case, run. ``done``: every payout and release, in their order."""

    case: MoneyCase
    entries: tuple[Entry, ...]
    done: tuple[Payout | Released, ...]

    @property
    def paid(self) -> dict[str, int]:
        """Units paid out in all by holder, what is held among them."""
        found = {party.id: 0 for party in self.case.parties}
        for one in self.done:
            for holder, units in one.amounts.items():
                found[holder] = found.get(holder, 0) + units
            if isinstance(one, Released):
                found[HELD] = found.get(HELD, 0) - sum(one.amounts.values())
        return {holder: units for holder, units in sorted(found.items()) if units or holder != HELD}

    @property
    def balances(self) -> dict[str, int]:
        """Units by account (see ``ledger``)."""
        return ledger.balances(entry.transaction for entry in self.entries)

    def unexpected(self) -> tuple[tuple[str, int, int], ...]:
        """(party, expected, found) where the case expects another amount."""
        paid = self.paid
        wanted = (self.case.expect or {}).items()
        return tuple((party, units, paid.get(party, 0)) for party, units in sorted(wanted) if paid.get(party, 0) != units)


@dataclass(frozen=True)
class _State:
    """Where a run stands between two events."""

    position: Position = field(default_factory=Position)
    income: int = 0
    costs: Mapping[str, int] = field(default_factory=dict)
    claims: tuple[Mapping[str, Fraction], ...] = ()
    held: int = 0


def run(case: MoneyCase) -> Run:
    """Run a case.

    Raises:
        InputError, RefusedError: an event that cannot happen; as ``revenue.payout`` and ``dispute.freed``.
    """
    checked(case)
    state, entries, done = _State(), [], []
    for event in case.events:
        made: Payout | Released | None = None
        if event.kind == "hold":
            _check_hold(case, state)
        elif event.kind == "payout":
            made = payout(Entered(case.waterfall, state.position, state.income, state.costs, case.split, state.claims))
        elif event.kind == "release":
            made = _release(case, state, event)
        done += [made] if made is not None else []
        transaction = _transaction(event, made)
        if transaction is not None:
            entries.append(Entry(transaction, event.on or NO_DAY, event.text, _why(made)))
        state = _after(state, event, made)
    return Run(case, tuple(entries), tuple(done))


def _check_hold(case: MoneyCase, state: _State) -> None:
    if not case.waterfall.by_split:
        raise RefusedError(N_("This waterfall does not follow the split, so no dispute about the split holds any money."))
    if state.held:
        raise RefusedError(N_("Money is held for another dispute; release it first."))


def _release(case: MoneyCase, state: _State, event: Event) -> Released:
    if not state.held:
        raise RefusedError(N_("Nothing is held, so there is nothing to release."))
    return Released(freed(state.held, event.split or case.split, case.split, state.claims))


def _transaction(event: Event, made: Payout | Released | None) -> Transaction | None:
    match made:
        case Payout():
            return ledger.payout(made.amounts, made.repaid) if any(made.amounts.values()) else None
        case Released():
            return ledger.release(made.amounts)
    if event.kind == "hold":
        return None
    if event.kind in ("transfer", "return"):
        return (ledger.transfer if event.kind == "transfer" else ledger.returned)(event.units, event.party, event.to)
    make = {"income": ledger.income, "refund": ledger.refund, "cost": ledger.cost, "correction": ledger.correction}[event.kind]
    return make(event.units, event.party)


def _why(made: Payout | Released | None) -> tuple[tuple[str, str], ...]:
    return tuple((told.holder, "; ".join(map(str, told.amounts))) for told in account(made)) if isinstance(made, Payout) else ()


def _after(state: _State, event: Event, made: Payout | Released | None) -> _State:
    income, costs = state.income, dict(state.costs)
    income += {"income": event.units, "refund": -event.units}.get(event.kind, 0)
    if event.kind in ("cost", "correction"):
        costs[event.party] = costs.get(event.party, 0) + (event.units if event.kind == "cost" else -event.units)
    claims = event.claims if event.kind == "hold" else () if event.kind == "release" else state.claims
    held = 0 if event.kind == "release" else state.held + (made.amounts.get(HELD, 0) if isinstance(made, Payout) else 0)
    return _State(made.position if isinstance(made, Payout) else state.position, income, costs, claims, held)


def sentences(case: MoneyCase, amounts: Mapping[str, int]) -> Sequence[Sentence]:
    """Amounts that need no other reason than a settled dispute."""
    places = places_of(case.waterfall.currency)
    msgid = N_("{amount}: what it lacked to its settled share of the money in dispute")
    return [Sentence(msgid, {"amount": f"{units_text(units, places)} {case.waterfall.currency}"}) for units in amounts.values()]
