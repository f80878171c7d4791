"""The forms that values in statements take: times, exact shares, digests, lists; how each is written, and the check of it.

What a statement of a type consists of stands in ``statements``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.canonical import Json
from ipr_service.evidence.digest import parse_base64, parse_hex

Checker = Callable[[Json], None]
"""Returns when the value has the form, else raises FormatError."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_FRACTION = re.compile(r"0|1|[1-9][0-9]{0,30}/[1-9][0-9]{0,30}")
_VERSIONED = re.compile(r"[a-z0-9][a-z0-9._/-]{0,126}@[0-9][0-9A-Za-z.]{0,31}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with Z, cut to whole seconds. ``moment`` must be aware.

    Raises:
        FormatError: a time without zone.
    """
    if moment.tzinfo is None:
        raise FormatError(N_("A time needs its zone."))
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def parse_time(text: object) -> datetime:
    """The aware UTC time of ``2026-03-02T09:30:00Z``; no other spelling, no leap second.

    Raises:
        FormatError: anything else.
    """
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise FormatError(N_("Expected a time like 2026-03-02T09:30:00Z (RFC 3339, UTC, whole seconds)."))


def format_fraction(share: Fraction) -> str:
    """``5/8``, ``1`` or ``0``: lowest terms, between 0 and 1.

    Raises:
        FormatError: below 0 or above 1.
    """
    text = str(share)
    parse_fraction(text)
    return text


def parse_fraction(text: object) -> Fraction:
    """The exact share that ``text`` spells in its one canonical way.

    Raises:
        FormatError: not in lowest terms, not between 0 and 1, a decimal, a percentage, or no text.
    """
    if isinstance(text, str) and _FRACTION.fullmatch(text):
        share = Fraction(text)
        if str(share) == text and 0 <= share <= 1:
            return share
    raise FormatError(N_("Expected an exact share in lowest terms between 0 and 1, like 5/8."))


def any_text(value: Json) -> None:
    """Text, empty or not."""
    if not isinstance(value, str):
        raise FormatError(N_("Expected text."))


def filled(value: Json) -> None:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise FormatError(N_("Expected text that is not empty."))


def pattern(regex: re.Pattern[str], msgid: str) -> Checker:
    """Text that matches throughout; ``msgid`` says what was expected."""

    def check(value: Json) -> None:
        if not isinstance(value, str) or not regex.fullmatch(value):
            raise FormatError(msgid)

    return check


def number(least: int) -> Checker:
    """A whole number of ``least`` or more."""

    def check(value: Json) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise FormatError(N_("Expected a whole number of {least} or more."), least=least)

    return check


def one_of(*choices: str) -> Checker:
    """One of these words."""

    def check(value: Json) -> None:
        if value not in choices:
            raise FormatError(N_("Expected one of: {choices}."), choices=", ".join(choices))

    return check


def or_null(inner: Checker) -> Checker:
    """Null, or what ``inner`` takes."""

    def check(value: Json) -> None:
        if value is not None:
            inner(value)

    return check


def list_of(inner: Checker) -> Checker:
    """A list that is not empty, of what ``inner`` takes."""

    def check(value: Json) -> None:
        if not isinstance(value, list) or not value:
            raise FormatError(N_("Expected a list that is not empty."))
        for member in value:
            inner(member)

    return check


def record(**keys: Checker) -> Checker:
    """An object with exactly these keys."""

    def check(value: Json) -> None:
        if not isinstance(value, dict) or sorted(value) != sorted(keys):
            raise FormatError(N_("Expected an object with exactly the keys {keys}."), keys=", ".join(sorted(keys)))
        for key, checker in keys.items():
            checker(value[key])

    return check


def sha256(value: Json) -> None:
    """64 lower-case hex digits."""
    parse_hex(value, 32)


def sha512(value: Json) -> None:
    """128 lower-case hex digits."""
    parse_hex(value, 64)


def commitment(value: Json) -> None:
    """Base64 of 32 bytes."""
    parse_base64(value, 32)


def moment(value: Json) -> None:
    """As :func:`format_time` writes it."""
    parse_time(value)


def share(value: Json) -> None:
    """As :func:`format_fraction` writes it."""
    parse_fraction(value)


def shares(value: Json) -> None:
    """(identity, share) of a whole split."""
    list_of(record(identity=filled, share=share))(value)
    rows = value if isinstance(value, list) else []
    if sum((parse_fraction(row["share"]) for row in rows if isinstance(row, dict)), Fraction()) != 1:
        raise FormatError(N_("The shares of a split add up to exactly 1."))


day = pattern(_DAY, N_("Expected a day like 2027-03-31."))
language_tag = pattern(_LANGUAGE, N_("Expected a language tag like en or pt-BR (BCP 47)."))
amount = pattern(_AMOUNT, N_("Expected an amount in major units with all decimals of its currency, like 12.50."))
currency = pattern(_CURRENCY, N_("Expected the three letters of a currency, like EUR (ISO 4217)."))
versioned = pattern(_VERSIONED, N_("Expected an id with its version, like equal@1."))
