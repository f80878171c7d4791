"""Money counts whole minor units of a currency that exists."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from babel import Locale
from babel.numbers import get_territory_currencies

from ipr_service.errors import InputError
from ipr_service.rights.money import MAX_UNITS, Money, decimals, minor, places_of, units_text


@pytest.mark.parametrize(
    ("currency", "places"), [("JPY", 0), ("EUR", 2), ("USD", 2), ("TND", 3), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("IQD", 3)]
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, places: int) -> None:
    assert places_of(currency) == places


def test_every_currency_in_use_somewhere_is_in_the_table() -> None:
    day = date(2025, 12, 1)
    lands = [code for code in Locale("en").territories if len(code) == 2 and code.isalpha()]
    used = {code for land in lands for code in get_territory_currencies(land, start_date=day, end_date=day)}
    assert used - set(decimals()) == {"BGN"}  # withdrawn a month later, when Bulgaria took the euro


@pytest.mark.parametrize(
    ("written", "currency", "units", "text"),
    [
        ("1234.5", "EUR", 123450, "1234.50"),
        ("0.05", "EUR", 5, "0.05"),
        ("100", "JPY", 100, "100"),
        ("1.000", "TND", 1000, "1.000"),
        (7, "EUR", 700, "7.00"),
    ],
)
def test_what_is_written_becomes_minor_units_and_back(written: Any, currency: str, units: int, text: str) -> None:
    money = minor(written, currency)
    assert (money.units, money.text(), str(money)) == (units, text, f"{text} {currency}")
    assert money.exact == Fraction(text)


def test_a_negative_amount_keeps_its_sign_before_the_whole() -> None:
    assert units_text(-5, 2) == "-0.05"
    assert minor("-0.05", "EUR", signed=True).text(",") == "-0,05"


@pytest.mark.parametrize(
    ("written", "currency", "said"),
    [
        ("0.005", "EUR", "EUR has 2 decimals; an amount cannot be finer than 0.01"),
        ("0.5", "JPY", "JPY has 0 decimals"),
        ("1/3", "EUR", "a share or a fraction is none"),
        ("50 %", "EUR", "a share or a fraction is none"),
        ("1/2", "EUR", "a share or a fraction is none"),
        ("-1", "EUR", "What is paid back is a refund"),
        ("10000000000000.01", "EUR", "at most 10000000000000.00 EUR"),
        ("1" + "0" * 400, "EUR", "at most 30 digits"),
        ("nan", "EUR", "not a number"),
        ("1e3", "EUR", "not a number"),
        ("1", "EURO", "not a currency in use"),
        ("1", "XAU", "not a currency in use"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_limit(written: str, currency: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        minor(written, currency)


@pytest.mark.parametrize("units", [1.0, True, "5"])
def test_money_takes_no_float(units: Any) -> None:
    with pytest.raises(InputError, match="whole minor units"):
        Money(units, "EUR")
    with pytest.raises(InputError):
        minor(0.5, "EUR")  # type: ignore[arg-type]  # what a careless caller does


def test_the_largest_amount_is_taken() -> None:
    assert minor("10000000000000.00", "EUR").units == MAX_UNITS
