"""Amounts: exact, not negative, bounded."""

from fractions import Fraction
from typing import Any

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.amounts import Cost, check_amount


@pytest.mark.parametrize("amount", [1, 0.5, float("nan"), float("inf"), Fraction(-1), Fraction(10**400), Fraction(1, 10**400)])
def test_what_is_not_exact_is_negative_or_endless_is_refused(amount: Any) -> None:
    with pytest.raises(InputError):
        check_amount("/x", amount)


def test_missing_and_zero_are_both_taken() -> None:
    check_amount("/x", None)
    check_amount("/x", Fraction(0))


@pytest.mark.parametrize("currency", ["eur", "EURO", "€", ""])
def test_money_names_its_currency(currency: str) -> None:
    with pytest.raises(InputError, match="ISO 4217"):
        Cost(Fraction(1), currency)
