"""Run a money case from its first event to its last: entries of the ledger, payouts with their reasons, balances.

Pure: the same case gives the same run. The service does the same with what stands in its tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, RefusedError
from ipr_service.rights import ledger
from ipr_service.rights.dispute import Kept, keep, settled, withdrawn
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
    """Disputed money that was given to parties; units by party. ``withdrawn``: as a claim was withdrawn, not by a settled split."""

    amounts: Mapping[str, int]
    withdrawn: bool = False


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
class State:
    """Where a case stands between two events.

    Args:
        split: the shares that are accepted now. open: claims of each dispute that is open, by what it is called.
        kept: disputed money, and under which claims it is kept aside.
    """

    split: Mapping[str, Fraction]
    position: Position = field(default_factory=Position)
    income: int = 0
    costs: Mapping[str, int] = field(default_factory=dict)
    open: tuple[tuple[str, tuple[Mapping[str, Fraction], ...]], ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def claims(self) -> tuple[Mapping[str, Fraction], ...]:
        """Every claim that is open."""
        return tuple(claim for _name, claims in self.open for claim in claims)


def run(case: MoneyCase) -> Run:
    """Run a case.

    Raises:
        InputError, RefusedError: an event that cannot happen; as ``revenue.payout``.
    """
    checked(case)
    state, entries, done = State(case.split), [], []
    for event in case.events:
        state, entry, made = happen(case, state, event)
        done += [made] if made is not None else []
        entries += [entry] if entry is not None else []
    return Run(case, tuple(entries), tuple(done))


def happen(case: MoneyCase, state: State, event: Event) -> tuple[State, Entry | None, Payout | Released | None]:
    """One event: where the case stands after it, its entry in the ledger, and what was given out.

    Raises:
        InputError, RefusedError: it cannot happen.
    """
    made: Payout | Released | None = None
    match event.kind:
        case "hold":
            _check_hold(case, state, event)
            state = replace(state, open=(*state.open, (event.hold, event.claims)))
        case "split":
            if state.open:
                raise RefusedError(N_("Money is held for a dispute; release it before a newer split counts."))
            state = replace(state, split=event.split or {})
        case "payout":
            made = payout(Entered(case.waterfall, state.position, state.income, state.costs, state.split, state.claims))
            kept = keep(state.kept, state.split, state.claims, made.amounts.get(HELD, 0))
            state = replace(state, position=made.position, kept=kept)
        case "release":
            made, state = _release(state, event)
        case _:
            state = _counted(state, event)
    transaction = _transaction(event, made)
    return state, None if transaction is None else Entry(transaction, event.on or NO_DAY, event.text, _why(case, made)), made


def _check_hold(case: MoneyCase, state: State, event: Event) -> None:
    if not case.waterfall.by_split:
        raise RefusedError(N_("This waterfall does not follow the split, so no dispute about the split holds any money."))
    if event.hold in {name for name, _claims in state.open}:
        raise RefusedError(N_("A dispute of this name is open already; give each its own id."))


def _release(state: State, event: Event) -> tuple[Released, State]:
    if not state.open:
        raise RefusedError(N_("Nothing is held, so there is nothing to release."))
    if event.split is not None:
        return Released(settled(state.kept, event.split)), replace(state, open=(), kept=())
    claims = dict(state.open).get(event.hold)
    if claims is None:
        raise RefusedError(N_("No dispute of this name is open."))
    amounts, kept = dict[str, int](), state.kept
    for claim in claims:
        freed, kept = withdrawn(kept, claim)
        amounts = {party: amounts.get(party, 0) + freed.get(party, 0) for party in sorted(amounts.keys() | freed.keys())}
    still_open = tuple((name, claims) for name, claims in state.open if name != event.hold)
    return Released({party: units for party, units in amounts.items() if units}, withdrawn=True), replace(state, open=still_open, kept=kept)


def _counted(state: State, event: Event) -> State:
    """Income and costs, as a payout will count them."""
    income = state.income + {"income": event.units, "refund": -event.units}.get(event.kind, 0)
    costs = dict(state.costs)
    if event.kind in ("cost", "correction"):
        costs[event.party] = costs.get(event.party, 0) + (event.units if event.kind == "cost" else -event.units)
    return replace(state, income=income, costs=costs)


def _transaction(event: Event, made: Payout | Released | None) -> Transaction | None:
    match made:
        case Payout():
            return ledger.payout(made.amounts, made.repaid) if any(made.amounts.values()) else None
        case Released():
            return ledger.release(made.amounts) if any(made.amounts.values()) else None
    if event.kind in ("hold", "split"):
        return None
    if event.kind in ("transfer", "return"):
        return (ledger.transfer if event.kind == "transfer" else ledger.returned)(event.units, event.party, event.to)
    make = {"income": ledger.income, "refund": ledger.refund, "cost": ledger.cost, "correction": ledger.correction}[event.kind]
    return make(event.units, event.party)


def _why(case: MoneyCase, made: Payout | Released | None) -> tuple[tuple[str, str], ...]:
    match made:
        case Payout():
            return tuple((told.holder, "; ".join(map(str, told.amounts))) for told in account(made))
        case Released():
            return tuple(zip(made.amounts, map(str, sentences(case, made)), strict=True))
    return ()


RELEASED: Final = {
    False: N_("{amount}: what it lacked to its settled share of the money in dispute"),
    True: N_("{amount}: freed, as a claim was withdrawn"),
}


def sentences(case: MoneyCase, made: Released) -> Sequence[Sentence]:
    """Why each amount that a dispute had kept aside went where it went, in the order of the amounts."""
    currency = case.waterfall.currency
    said = (f"{units_text(units, places_of(currency))} {currency}" for units in made.amounts.values())
    return [Sentence(RELEASED[made.withdrawn], {"amount": amount}) for amount in said]
