"""Money: whole minor units of one currency, never a fraction of a cent and never a float.

How many decimals a currency has comes from ``currencies.csv`` in this room: the codes of ISO 4217 (list one) with their minor units, as
of the month that the file names. Codes without a minor unit (gold, the test code) and withdrawn currencies are not in it. Other tables
(CLDR) hold how prices are usually *shown*, for some currencies with fewer decimals; accounts need the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import exact
from ipr_service.rights.parties import check_known

MAX_UNITS = 10**15
"""Most minor units of one amount that somebody writes: ten trillion euros. Sums stay far below what a database column of 64 bits holds."""


@cache
def decimals() -> Mapping[str, int]:
    """Decimals by currency code: 0 (JPY), 2 (EUR), 3 (TND) or 4 (CLF)."""
    text = resources.files("ipr_service.rights").joinpath("currencies.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return {code: int(places) for places, codes in rows for code in codes.split(" ")}


@dataclass(frozen=True, order=True)
class Money:
    """An amount of one currency.

    Args:
        units: whole minor units (cents), negative for what is taken back.
        currency: ISO 4217 code, such as EUR.

    Raises:
        InputError: not an integer, or no such currency.
    """

    units: int
    currency: str

    def __post_init__(self) -> None:
        places_of(self.currency)
        if isinstance(self.units, bool) or not isinstance(self.units, int):
            raise InputError.at("/amount", N_("Money is counted in whole minor units; floating-point numbers are not exact"))

    @property
    def exact(self) -> Fraction:
        """The amount in major units (euros)."""
        return Fraction(self.units, 10 ** places_of(self.currency))

    def text(self, point: str = ".") -> str:
        """``1234.50``, ``-0.05``, ``100`` (yen): all decimals of the currency, without its code."""
        return units_text(self.units, places_of(self.currency), point)

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"


def places_of(currency: str) -> int:
    """How many decimals a currency has.

    Raises:
        InputError: no such currency.
    """
    known = decimals()
    if currency not in known:
        msgid = N_('"{value}" is not a currency in use; write its three letters after ISO 4217, such as EUR')
        check_known("/currency", currency, sorted(known), msgid)
    return known[currency]


def units_text(units: int, places: int, point: str = ".") -> str:
    """Minor units as a decimal with exactly ``places`` places."""
    whole, rest = divmod(abs(units), 10**places)
    return ("-" if units < 0 else "") + str(whole) + (f"{point}{rest:0{places}d}" if places else "")


def minor(amount: str | int, currency: str, *, signed: bool = False) -> Money:
    """The amount that somebody wrote, in major units: ``"1234.50"``, ``"100"``, 7.

    Args:
        signed: whether an amount below 0 is taken.

    Raises:
        InputError: not an exact number, finer than the currency's minor unit, negative, or more than :data:`MAX_UNITS`; at ``/amount``.
    """
    places = places_of(currency)
    if isinstance(amount, str) and not set(amount).isdisjoint("/%"):
        raise InputError.at("/amount", N_("An amount is a decimal such as 12.50; a share or a fraction is none"))
    try:
        units = exact(amount) * 10**places
    except InputError as problem:
        raise InputError.at("/amount", problem.msgid, **problem.values) from problem
    if units.denominator != 1:
        msgid = N_("{currency} has {places} decimals; an amount cannot be finer than {least}. Round it, and say where the rest goes")
        raise InputError.at("/amount", msgid, currency=currency, places=places, least=units_text(1, places))
    if units < 0 and not signed:
        raise InputError.at("/amount", N_("A negative amount is not taken here; the least is 0. What is paid back is a refund"))
    if abs(units) > MAX_UNITS:
        limit = units_text(MAX_UNITS, places)
        raise InputError.at("/amount", N_("An amount may be at most {limit} {currency}"), limit=limit, currency=currency)
    return Money(units.numerator, currency)
