"""Exact numbers as people write and read them: text to ``Fraction`` and back, without a float in between.

Reads whole numbers, decimals as text (``"37.5"``), fractions (``"3/8"``) and percentages (``"37.5 %"``). Writes a
share as a fraction and as an exact percentage: ``37.5 %``, or ``33 1/3 %`` where no short decimal is exact. Never
rounds: rounding happens only on paper, in :func:`ipr_service.rights.shares.apportion`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from ipr_service.errors import N_, InputError

MAX_DIGITS = 30
"""Most digits of a number that somebody writes (of a numerator and of a denominator each)."""

MAX_DENOMINATOR_DIGITS = 4000
"""Most digits of a common denominator. Python refuses to print integers above 4300 digits; many strange
denominators could otherwise make a short input grow without end."""

MAX_PLACES = 6
"""Most decimal places of an exact percentage; beyond, it is written with a fraction."""

_NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]+)(?:\.(?P<places>[0-9]+)|/(?P<under>[0-9]+))?(?P<percent> ?%)?")
_TOO_GREAT = 10**MAX_DENOMINATOR_DIGITS


def exact(value: str | int) -> Fraction:
    """The number that was written.

    Args:
        value: an integer, or text: ``"30"``, ``"37.5"``, ``"3/8"``, ``"37.5 %"``. At most :data:`MAX_DIGITS` digits.

    Raises:
        InputError: a float, NaN, infinity, an exponent, too many digits, a denominator of 0, or not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise InputError.at("", N_('Write a whole number or text such as "37.5" or "3/8"; floating-point numbers are not exact'))
    if isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:
            raise _too_long()
        return Fraction(value)
    found = _NUMBER.fullmatch(value)
    if found is None:
        raise InputError.at("", N_('This is not a number; write a whole number, a decimal such as "37.5" or a fraction such as "3/8"'))
    whole, places, under = found["whole"], found["places"] or "", found["under"] or "1"
    if len(whole + places) > MAX_DIGITS or len(under) > MAX_DIGITS:
        raise _too_long()
    if int(under) == 0:
        raise InputError.at("", N_("A fraction cannot have 0 below the line"))
    number = Fraction(int(whole + places), 10 ** len(places) * int(under) * (100 if found["percent"] else 1))
    return -number if found["sign"] else number


def _too_long() -> InputError:
    return InputError.at("", N_("A number may have at most {limit} digits"), limit=MAX_DIGITS)


def total(numbers: Iterable[Fraction]) -> Fraction:
    """The exact sum; one pass over a common denominator, which is also the guard against endless growth.

    Raises:
        InputError: the common denominator has more than :data:`MAX_DENOMINATOR_DIGITS` digits.
    """
    listed = tuple(numbers)
    common = common_denominator(listed)
    if common == 1:
        return Fraction(sum(number.numerator for number in listed))
    return Fraction(sum(number.numerator * (common // number.denominator) for number in listed), common)


def common_denominator(numbers: Iterable[Fraction]) -> int:
    """The least common denominator.

    Raises:
        InputError: it has more than :data:`MAX_DENOMINATOR_DIGITS` digits.
    """
    return common_multiple({number.as_integer_ratio()[1] for number in numbers})


def common_multiple(denominators: Iterable[int]) -> int:
    """The least number that all of these divide.

    Raises:
        InputError: it has more than :data:`MAX_DENOMINATOR_DIGITS` digits.
    """
    common = 1
    for denominator in sorted(denominators):
        common = lcm(common, denominator)
        if common >= _TOO_GREAT:
            msgid = N_("These fractions have no common denominator of at most {limit} digits; write simpler ones")
            raise InputError.at("", msgid, limit=MAX_DENOMINATOR_DIGITS)
    return common


def fraction_text(number: Fraction) -> str:
    """``3/8``, ``1``, ``0``: the canonical text, in lowest terms; what is hashed, stored and shown."""
    return str(number)


def number_text(number: Fraction, point: str = ".") -> str:
    """A plain number for a sentence: ``30``, ``12.5``, and ``1/3`` where no short decimal is exact."""
    return _decimal(number, point) or str(number)


def percent(share: Fraction, point: str = ".") -> str:
    """The share as an exact percentage: ``37.5 %``, ``33 1/3 %``; never rounded.

    Args:
        share: any fraction of the whole.
        point: the reader's decimal mark.
    """
    hundredths = share * 100
    decimal = _decimal(hundredths, point)
    if decimal is not None:
        return f"{decimal} %"
    sign, (whole, rest) = "-" if hundredths < 0 else "", divmod(abs(hundredths), 1)
    return f"{sign}{whole} {rest} %" if whole else f"{sign}{rest} %"


def signed_percent(difference: Fraction, point: str = ".") -> str:
    """A difference of shares with its sign: ``+12.5 %``, ``-12.5 %``, ``0 %``."""
    return ("+" if difference > 0 else "") + percent(difference, point)


def _decimal(number: Fraction, point: str) -> str | None:
    """``number`` as a decimal of at most :data:`MAX_PLACES` places, or None when that would not be exact."""
    scaled = number * 10**MAX_PLACES
    if scaled.denominator != 1:
        return None
    whole, places = divmod(abs(scaled.numerator), 10**MAX_PLACES)
    tail = f"{places:0{MAX_PLACES}d}".rstrip("0")
    return ("-" if number < 0 else "") + str(whole) + (point + tail if tail else "")
