"""The ledger of a collaboration: double entry, one currency at a time, whole minor units, nothing is ever changed.

A transaction is a few postings that add up to 0; what was wrong is undone by another transaction. Accounts, with a debit counted above 0
and a credit below:

=====================  =============================================================================
account                its balance
=====================  =============================================================================
``cash:<party>``       above 0: money of the collaboration that this party has in hand
``pot``                below 0: what came in and is not paid out yet
``spent``              above 0: costs that were not repaid yet
``advanced:<party>``   below 0: of them, what this party spent
``due:<party>``        below 0: what was paid out to this party and has not reached it yet
``held``               below 0: disputed money, kept aside
=====================  =============================================================================

The ledger says what parties recorded and agreed. It moves no money and knows of no bank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.parties import check_id
from ipr_service.rights.waterfall import HELD

POT: Final = "pot"
SPENT: Final = "spent"
KINDS: Final = ("income", "refund", "cost", "correction", "transfer", "return", "payout", "release")


@dataclass(frozen=True)
class Posting:
    """One side of a transaction. ``units``: whole minor units, above 0 a debit, below 0 a credit, never 0."""

    account: str
    units: int


@dataclass(frozen=True)
class Transaction:
    """Postings that add up to 0.

    Raises:
        InputError: they do not, or there are fewer than two, or one of 0.
    """

    kind: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if len(self.postings) < 2 or any(not posting.units for posting in self.postings):
            raise InputError.at("/postings", N_("A transaction has at least two postings, none of them 0"))
        if sum(posting.units for posting in self.postings):
            raise InputError.at("/postings", N_("The postings of a transaction add up to 0"))
        for posting in self.postings:
            party = party_of(posting.account)
            if party is not None:
                check_id("/party", party)


def cash(party: str) -> str:
    """The account of money in hand."""
    return f"cash:{party}"


def due(party: str) -> str:
    """The account of what is owed to a party."""
    return f"due:{party}"


def advanced(party: str) -> str:
    """The account of what a party spent for all."""
    return f"advanced:{party}"


def party_of(account: str) -> str | None:
    """The party an account is of; None for an account of all."""
    _kind, colon, party = account.partition(":")
    return party if colon else None


def income(units: int, received_by: str) -> Transaction:
    """Money came in to a party's hands. ``units`` above 0."""
    return _two("income", cash(received_by), POT, _above_0(units))


def refund(units: int, paid_by: str) -> Transaction:
    """Money that had come in was given back, out of a party's hands. ``units`` above 0."""
    return _two("refund", POT, cash(paid_by), _above_0(units))


def cost(units: int, spent_by: str) -> Transaction:
    """A party spent money of its own for all. ``units`` above 0."""
    return _two("cost", SPENT, advanced(spent_by), _above_0(units))


def correction(units: int, spent_by: str) -> Transaction:
    """So much of a cost was recorded too much. ``units`` above 0."""
    return _two("correction", advanced(spent_by), SPENT, _above_0(units))


def transfer(units: int, paid_by: str, to: str) -> Transaction:
    """A party handed on money that it had in hand to one to whom it is due, which may be itself. ``units`` above 0."""
    return _two("transfer", due(to), cash(paid_by), _above_0(units))


def returned(units: int, paid_by: str, to: str) -> Transaction:
    """A party that was paid too much gave money back into another's hands. ``units`` above 0."""
    return _two("return", cash(to), due(paid_by), _above_0(units))


def payout(amounts: Mapping[str, int], repaid: Mapping[str, int]) -> Transaction:
    """What a payout decided.

    Args:
        amounts: units by party, ``held`` among them; repaid costs included; below 0 what is taken back.
        repaid: of them, costs.
    """
    found: dict[str, int] = {POT: sum(amounts.values())}
    for party, units in amounts.items():
        _add(found, HELD if party == HELD else due(party), -units)
    for party, units in repaid.items():
        _add(found, advanced(party), units)
        _add(found, SPENT, -units)
    return Transaction("payout", tuple(Posting(account, found[account]) for account in sorted(found) if found[account]))


def release(amounts: Mapping[str, int]) -> Transaction:
    """Disputed money goes to parties. ``amounts``: units by party."""
    found: dict[str, int] = {HELD: sum(amounts.values())}
    for party, units in amounts.items():
        _add(found, due(party), -units)
    return Transaction("release", tuple(Posting(account, found[account]) for account in sorted(found) if found[account]))


def balances(transactions: Iterable[Transaction]) -> dict[str, int]:
    """Units by account, in the order of accounts; they add up to 0. Accounts at 0 are left out."""
    found: dict[str, int] = {}
    for transaction in transactions:
        for posting in transaction.postings:
            _add(found, posting.account, posting.units)
    return {account: found[account] for account in sorted(found) if found[account]}


@dataclass(frozen=True)
class Step:
    """What would bring money to whom it is due: ``giver`` hands it on, or keeps it (``taker`` is the same party)."""

    giver: str
    taker: str
    units: int


def handing_on(balances: Mapping[str, int]) -> tuple[Step, ...]:
    """The fewest plain steps that bring money in hand to whom it is due: each keeps its own first, then most goes to most.

    Args:
        balances: units by account, as :func:`balances` gives them. What is due and in nobody's hands has no step.
    """
    owed = {party: -units for account, units in balances.items() if (party := party_of(account)) and account == due(party) and units < 0}
    hands = {party: units for account, units in balances.items() if (party := party_of(account)) and account == cash(party) and units > 0}
    found = []
    for party in sorted(owed.keys() & hands.keys()):
        units = min(owed[party], hands[party])
        found.append(Step(party, party, units))
        owed[party], hands[party] = owed[party] - units, hands[party] - units
    while any(owed.values()) and any(hands.values()):
        giver, taker = (min(some, key=lambda party: (-some[party], party)) for some in (hands, owed))
        units = min(owed[taker], hands[giver])
        found.append(Step(giver, taker, units))
        owed[taker], hands[giver] = owed[taker] - units, hands[giver] - units
    return tuple(found)


def _add(found: dict[str, int], account: str, units: int) -> None:
    found[account] = found.get(account, 0) + units


def _above_0(units: int) -> int:
    if units <= 0:
        raise InputError.at("/amount", N_("An amount here is above 0"))
    return units


def _two(kind: str, debit: str, credit: str, units: int) -> Transaction:
    return Transaction(kind, (Posting(debit, units), Posting(credit, -units)))
