"""The wordings that a clause may ask for: dates, money, periods, shares, countries, lists.

Each filter is a pure function ``(value, locale, ...) -> str`` in the table ``FILTERS``; ``filters_for`` binds the locale. No float is
met on the way: money is minor units, a share is a ``Fraction``, a percentage is rounded half up to four decimals and says
so by its wording. Names of months, countries and list words come from CLDR through Babel.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, get_currency_precision
from babel.units import format_unit
from jinja2 import Undefined, UndefinedError

from ipr_service.errors import N_, InputError

PERCENT_PLACES = 4
UNITS: Mapping[str, str] = {"D": "day", "W": "week", "M": "month", "Y": "year"}


def _given(value: Any) -> Any:
    if value is None or isinstance(value, Undefined):
        raise UndefinedError("no value")
    return value


def _refused(name: str, value: object) -> InputError:
    return InputError(N_("the filter {name} cannot word a value of type {type}"), name=name, type=type(value).__name__)


def date(value: Any, locale: Locale) -> str:
    """``2027-03-14`` as ``14 March 2027``. Takes ``datetime.date`` or ISO 8601 text."""
    value = _given(value)
    if isinstance(value, str):
        value = dt.date.fromisoformat(value)
    if not isinstance(value, dt.date):
        raise _refused("date", value)
    return str(format_date(value, "d MMMM y", locale=locale))


def money(value: Any, locale: Locale) -> str:
    """``{"minor": 1250000, "currency": "EUR"}`` as ``EUR 12,500.00``: the code, never a sign that two currencies share."""
    value = _given(value)
    if not isinstance(value, Mapping):
        raise _refused("money", value)
    places = get_currency_precision(value["currency"])
    amount = Decimal(value["minor"]).scaleb(-places)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return f"{value['currency']} {format_decimal(amount, format=pattern, locale=locale)}"


def _exact(value: Any, name: str) -> Fraction:
    value = _given(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, Fraction)):
        raise _refused(name, value)
    return Fraction(value)


def fraction(value: Any, locale: Locale) -> str:
    """An exact share as ``3/8``; a whole one as ``1``."""
    return str(_exact(value, "fraction"))


def percent(value: Any, locale: Locale) -> str:
    """A share as ``37.5 %``, exact where four decimals suffice, else rounded half up and marked ``approx.``"""
    share = _exact(value, "percent") * 100
    with localcontext() as context:
        context.prec = 40
        rounded = (Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal(1).scaleb(-PERCENT_PLACES), ROUND_HALF_UP)
    text = format_decimal(rounded, format="#,##0." + "#" * PERCENT_PLACES, locale=locale)
    return f"{text} %" if Fraction(rounded) == share else f"approx. {text} %"


def duration(value: Any, locale: Locale) -> str:
    """An ISO 8601 period of one unit, ``P3Y``, as ``3 years``."""
    value = _given(value)
    if not isinstance(value, str) or len(value) < 3 or value[0] != "P" or value[-1] not in UNITS or not value[1:-1].isdigit():
        raise _refused("duration", value)
    unit = f"duration-{UNITS[value[-1]]}"
    worded = str(format_unit(int(value[1:-1]), unit, "long", locale=locale))
    # Where CLDR's long form is its short form (Italian, Portuguese), Babel has only the short one and prints the unit's own id.
    return worded if unit not in worded else str(format_unit(int(value[1:-1]), unit, "short", locale=locale))


def country(value: Any, locale: Locale) -> str:
    """An ISO 3166-1 alpha-2 code as the country's name."""
    value = _given(value)
    if not isinstance(value, str) or value not in locale.territories:
        raise _refused("country", value)
    return str(locale.territories[value])


def language_name(value: Any, locale: Locale) -> str:
    """An ISO 639-1 code as the language's name, ``it`` as ``Italian``."""
    value = _given(value)
    if not isinstance(value, str) or value not in locale.languages:
        raise _refused("language_name", value)
    return str(locale.languages[value])


def join_and(value: Any, locale: Locale, field: str = "") -> str:
    """A list as ``a, b and c``; of records, by ``field``."""
    value = _given(value)
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise _refused("join_and", value)
    names = [str(item[field]) if field else str(item) for item in value]
    if locale.language == "en":
        return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    return str(format_list(names, locale=locale))


def count(value: Any, locale: Locale) -> int:
    """How many entries a list has."""
    value = _given(value)
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise _refused("count", value)
    return len(value)


def default_text(value: Any, locale: Locale, text: str = "") -> str:
    """The value, or ``text`` where nobody gave one."""
    return text if value is None or value == "" or isinstance(value, Undefined) else str(value)


def default_list(value: Any, locale: Locale) -> Sequence[Any]:
    """The list, or an empty one where nobody gave one."""
    return () if value is None or isinstance(value, Undefined) else value


FILTERS: Mapping[str, Callable[..., Any]] = {
    "count": count,
    "country": country,
    "date": date,
    "default_list": default_list,
    "default_text": default_text,
    "duration": duration,
    "fraction": fraction,
    "join_and": join_and,
    "language_name": language_name,
    "money": money,
    "percent": percent,
}


def filters_for(language: str) -> dict[str, Callable[..., Any]]:
    """The filters with the locale of ``language`` bound, ready for a Jinja environment."""
    locale = Locale.parse("en_GB" if language == "en" else language)

    def bind(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def bound(value: Any, *arguments: Any) -> Any:
            return function(value, locale, *arguments)

        return bound

    return {name: bind(function) for name, function in FILTERS.items()}
