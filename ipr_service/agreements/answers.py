"""The stored form of one answer, by the type of its question; what a person types, and what the terms keep.

=========  ==================================================================================================
text       NFC, one line, 1 to 300 characters or the question's maximum; no control and no bidi-control character
longtext   the same over several paragraphs' worth, 1 to 5000 characters, line breaks folded into spaces
email      an address, not checked for delivery
choice     the value of an option
date       ISO 8601 ``2027-03-14``, 1900 to 2999
integer    whole number within the question's limits, at most 2^53 - 1
duration   ISO 8601 with one unit, ``P3Y``; ``3 years`` is understood
money      ``{"currency": "EUR", "minor": 1250000}``; ``EUR 12500.00`` is understood; never negative
boolean    true or false, never a word for it
country    ISO 3166-1 alpha-2, as CLDR knows it
language   ISO 639-1
party      the name of one of the parties, as they are listed (``interview`` compares)
fraction   text in lowest terms, ``3/8``; greater than 0, at most 1
=========  ==================================================================================================

Characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069) can make a signed name read as another; they are refused.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from babel import Locale
from babel.numbers import get_currency_precision, list_currencies

from ipr_service.agreements.kinds import Question
from ipr_service.errors import N_

MAX_TEXT, MAX_LONGTEXT, MAX_ENTRIES = 300, 5000, 100
MAX_INTEGER = 2**53 - 1
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_ENGLISH = Locale("en")
_UNITS = {"day": "D", "week": "W", "month": "M", "year": "Y"}
_DURATION = re.compile(r"P[1-9][0-9]{0,3}[DWMY]\Z")
_SPOKEN = re.compile(r"([1-9][0-9]{0,3}) ?(day|week|month|year)s?\Z")
_MONEY = re.compile(r"([A-Z]{3}) ([0-9]{1,13})(?:\.([0-9]{1,3}))?\Z")
_EMAIL = re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@[^@\s<>\"(),:;\[\]\\]{1,255}\Z")
_FRACTION = re.compile(r"[0-9]{1,12}(?:/[1-9][0-9]{0,11})?\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_LANGUAGE = re.compile(r"[a-z]{2}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class AnswerError(Exception):
    """An answer that cannot be taken; ``interview`` turns it into a problem at its field. The label fills ``{label}``."""

    def __init__(self, msgid: str, **values: Any) -> None:
        super().__init__(msgid)
        self.msgid, self.values = msgid, values


def stored(question: Question, value: Any) -> Any:
    """The stored form of ``value``.

    Raises:
        AnswerError: it is not of the question's type or beyond its limits.
    """
    return _READERS[question.type](question, value)


def clean(text: str) -> str:
    """``text`` in NFC, spaces around it gone.

    Raises:
        AnswerError: a control character, a character that turns the direction of text, or half of a surrogate pair.
    """
    for sign in text:
        if sign in BIDI:
            msgid = N_("'{label}' holds the character {sign}, which turns the direction of text; take it out")
            raise AnswerError(msgid, sign=f"U+{ord(sign):04X}")
        if unicodedata.category(sign) in ("Cc", "Cs"):
            raise AnswerError(N_("'{label}' holds the control character {sign}; take it out"), sign=f"U+{ord(sign):04X}")
    return unicodedata.normalize("NFC", text).strip()


def _limited(question: Question, text: str, most: int) -> str:
    most = question.maximum or most
    if not 1 <= len(text) <= most:
        raise AnswerError(N_("'{label}' has between 1 and {most} characters; this has {length}"), most=most, length=len(text))
    return text


def _text(question: Question, value: Any) -> str:
    if not isinstance(value, str):
        raise AnswerError(N_("'{label}' is a text"))
    return _limited(question, clean(value), MAX_TEXT)


def _longtext(question: Question, value: Any) -> str:
    if not isinstance(value, str):
        raise AnswerError(N_("'{label}' is a text"))
    return _limited(question, clean(re.sub(r"[ \t]*\r?\n\s*", " ", value)), MAX_LONGTEXT)


def _email(question: Question, value: Any) -> str:
    text = _text(question, value)
    if not _EMAIL.match(text):
        raise AnswerError(N_("'{label}' is an e-mail address, like name@example.org"))
    return text


def _choice(question: Question, value: Any) -> str:
    options = [option.value for option in question.options]
    if value not in options or not isinstance(value, str):
        raise AnswerError(N_("'{label}' is one of: {options}"), options=", ".join(options))
    return value


def _date(question: Question, value: Any) -> str:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = value.isoformat()
    try:
        if not isinstance(value, str) or not _DATE.match(value) or not 1900 <= dt.date.fromisoformat(value).year <= 2999:
            raise ValueError
    except ValueError:
        raise AnswerError(N_("'{label}' is a day between 1900-01-01 and 2999-12-31, written like 2027-03-14")) from None
    return value


def _integer(question: Question, value: Any) -> int:
    least, most = question.minimum or 0, question.maximum if question.maximum is not None else MAX_INTEGER
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise AnswerError(N_("'{label}' is a whole number between {least} and {most}"), least=least, most=most)
    return value


def _duration(question: Question, value: Any) -> str:
    spoken = _SPOKEN.match(value) if isinstance(value, str) else None
    if spoken:
        value = f"P{spoken[1]}{_UNITS[spoken[2]]}"
    if not isinstance(value, str) or not _DURATION.match(value):
        raise AnswerError(N_("'{label}' is a period of 1 to 9999 days, weeks, months or years, like '3 years'"))
    return value


def _money(question: Question, value: Any) -> dict[str, Any]:
    if isinstance(value, str) and (spoken := _MONEY.match(value)):
        currency, whole, cents = spoken[1], spoken[2], spoken[3] or ""
        places = get_currency_precision(currency)
        if len(cents) > places:
            raise AnswerError(N_("'{label}': {currency} has {places} decimals"), currency=currency, places=places)
        value = {"currency": currency, "minor": int(whole + cents.ljust(places, "0"))}
    known = isinstance(value, Mapping) and set(value) == {"currency", "minor"} and isinstance(value["currency"], str)
    if not known or value["currency"] not in list_currencies():
        raise AnswerError(N_("'{label}' is an amount with its currency, like 'EUR 12500.00'"))
    most = question.maximum if question.maximum is not None else MAX_INTEGER
    if isinstance(value["minor"], bool) or not isinstance(value["minor"], int) or not (question.minimum or 0) <= value["minor"] <= most:
        raise AnswerError(
            N_("'{label}' is an amount between {least} and {most} in the smallest unit"), least=question.minimum or 0, most=most
        )
    return {"currency": value["currency"], "minor": value["minor"]}


def _boolean(question: Question, value: Any) -> bool:
    if not isinstance(value, bool):
        raise AnswerError(N_("'{label}' is answered with true or false"))
    return value


def _country(question: Question, value: Any) -> str:
    if not isinstance(value, str) or not _COUNTRY.match(value) or value not in _ENGLISH.territories or value in ("ZZ", "EU", "UN", "QO"):
        raise AnswerError(N_("'{label}' is a country by its two letters (ISO 3166), like PT"))
    return value


def _language(question: Question, value: Any) -> str:
    if not isinstance(value, str) or not _LANGUAGE.match(value) or value not in _ENGLISH.languages:
        raise AnswerError(N_("'{label}' is a language by its two letters (ISO 639), like it"))
    return value


def _fraction(question: Question, value: Any) -> str:
    if not isinstance(value, str) or not _FRACTION.match(value) or not 0 < Fraction(value) <= 1:
        raise AnswerError(N_("'{label}' is an exact share greater than 0 and at most 1, like 3/8"))
    return str(Fraction(value))


_READERS: Mapping[str, Callable[[Question, Any], Any]] = {
    "boolean": _boolean, "choice": _choice, "country": _country, "date": _date, "duration": _duration, "email": _email,
    "fraction": _fraction, "integer": _integer, "language": _language, "longtext": _longtext, "money": _money, "party": _text,
    "text": _text,
}  # fmt: skip
