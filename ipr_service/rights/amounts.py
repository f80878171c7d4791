"""Amounts that somebody wrote: exact, not negative, of a bounded number of digits; and money with its currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import MAX_DIGITS

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Cost:
    """Money spent: an exact amount in major units (``1200.50``) and its ISO 4217 code."""

    amount: Fraction
    currency: str

    def __post_init__(self) -> None:
        check_amount("/cost/amount", self.amount)
        if not _CURRENCY.fullmatch(self.currency):
            raise InputError.at("/cost/currency", N_("A currency is three capital letters after ISO 4217, such as EUR"))


def check_amount(pointer: str, amount: Fraction | None) -> None:
    """Refuse what is not an exact number, is negative or is endless.

    Raises:
        InputError: at ``pointer``.
    """
    if amount is None:
        return
    if not isinstance(amount, Fraction):
        raise InputError.at(pointer, N_('Write a whole number or text such as "37.5"; floating-point numbers are not exact'))
    if amount < 0:
        raise InputError.at(pointer, N_("A negative number is not taken here; the least is 0"))
    if max(amount.numerator, amount.denominator) >= 10 ** (MAX_DIGITS + 1):
        raise InputError.at(pointer, N_("A number may have at most {limit} digits"), limit=MAX_DIGITS)
