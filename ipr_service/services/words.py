"""What a person may write into a field: lines, texts, addresses, countries, dates. Every refusal names field, limit and remedy.

Text is kept in Unicode NFC. Control characters, line breaks in a line, and invisible or direction-changing characters are refused:
they make one name look like another. Several refusals are collected into one :class:`InputError`::

    with collecting() as check:
        name = check(clean_line, "/name", order.name, 200)
        email = check(clean_email, "/email", order.email)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, cast

from babel import Locale
from babel.core import UnknownLocaleError

from ipr_service.errors import N_, FieldProblem, InputError

T = TypeVar("T")
NAME_LENGTH = 200
EMAIL_LENGTH = 320
# Bidirectional controls (Unicode UAX #9), zero-width and other invisible characters, line and paragraph separators, tags.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f@<>()\[\]\\,;:\"]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# Two-letter codes of CLDR that ISO 3166-1 does not assign to a country.
_NO_COUNTRY = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"])


@dataclass
class Checks:
    """Runs checks and keeps what they refuse. A refused value is never used: leaving the block raises."""

    problems: list[FieldProblem] = field(default_factory=list)

    def __call__(self, check: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return check(*args, **kwargs)
        except InputError as problem:
            self.problems.extend(problem.problems or (FieldProblem("", problem.msgid, problem.values),))
            return cast("T", None)

    def refuse(self, pointer: str, msgid: str, **values: Any) -> None:
        """Add a refusal of one's own."""
        self.problems.append(FieldProblem(pointer, msgid, values))


@contextmanager
def collecting() -> Iterator[Checks]:
    """Collect the refusals of a block into one error.

    Raises:
        InputError: with every problem, if there was one.
    """
    checks = Checks()
    yield checks
    if len(checks.problems) == 1:
        only = checks.problems[0]
        raise InputError.at(only.pointer, only.msgid, **only.values)
    if checks.problems:
        raise InputError(N_("{count} fields need your attention."), problems=checks.problems, count=len(checks.problems))


def _text(pointer: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError.at(pointer, N_("This must be text."))
    text = unicodedata.normalize("NFC", value)
    if _INVISIBLE.search(text) or any(unicodedata.category(c) == "Cs" for c in text):
        raise InputError.at(pointer, N_("This holds an invisible or direction-changing character. Type it again instead of pasting it."))
    return text


def clean_line(pointer: str, value: object, limit: int = NAME_LENGTH, *, required: bool = True) -> str:
    """One line: NFC, without blanks at the ends, without control characters.

    Args:
        pointer: the field, a JSON pointer.
        limit: most characters (code points), at least 1.
        required: whether an empty line is refused.

    Raises:
        InputError: naming the field, the limit and what to do.
    """
    text = _text(pointer, value).strip()
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise InputError.at(pointer, N_("This must be one line without control characters. Remove line breaks and tabs."))
    if required and not text:
        raise InputError.at(pointer, N_("Please fill this in."))
    if len(text) > limit:
        raise InputError.at(pointer, N_("This has {length} characters; {limit} is the most. Shorten it."), length=len(text), limit=limit)
    return text


def clean_text(pointer: str, value: object, limit: int = 20_000, *, required: bool = True) -> str:
    """Text of several lines: NFC, line ends as one LF, tabs allowed, no other control character.

    Raises:
        InputError: as :func:`clean_line`.
    """
    text = _text(pointer, value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value).strip()
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
        raise InputError.at(pointer, N_("This holds a control character. Type it again instead of pasting it."))
    if required and not text:
        raise InputError.at(pointer, N_("Please fill this in."))
    if len(text) > limit:
        raise InputError.at(pointer, N_("This has {length} characters; {limit} is the most. Shorten it."), length=len(text), limit=limit)
    return text


def clean_email(pointer: str, value: object) -> str:
    """A mail address: as typed, NFC, the domain in lower case. International domains are welcome.

    Raises:
        InputError: it is not one address, or longer than 320 characters.
    """
    text = clean_line(pointer, value, EMAIL_LENGTH)
    local, at, domain = text.rpartition("@")
    domain = unicodedata.normalize("NFKC", domain).lower()
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    plain = unicodedata.normalize("NFKC", local) == local  # full-width and other look-alike forms would be a second account
    if not at or not plain or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise InputError.at(pointer, N_("This is not a mail address. Write it like anna@example.org."))
    return f"{local}@{domain}"


def fold_email(email: str) -> str:
    """What two spellings of one address have in common; log-in and invitations compare it."""
    return unicodedata.normalize("NFC", email.strip().casefold())


@cache
def countries(language: str = "en") -> tuple[tuple[str, str], ...]:
    """(ISO 3166-1 alpha-2 code, name in the language), sorted by name."""
    try:
        names = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    known = (str(code) for code in Locale("en").territories)
    codes = (code for code in known if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY)
    return tuple(sorted(((code, names.get(code, code)) for code in codes), key=lambda row: unicodedata.normalize("NFD", row[1]).casefold()))


def clean_country(pointer: str, value: object, *, required: bool = True) -> str:
    """A country's two letters, upper case.

    Raises:
        InputError: ISO 3166-1 knows no such country.
    """
    text = clean_line(pointer, value, 2, required=required).upper()
    if text and text not in dict(countries()):
        raise InputError.at(pointer, N_("There is no country {code}. Choose one from the list (two letters of ISO 3166-1)."), code=text)
    return text


def clean_date(pointer: str, value: object, *, earliest: date | None = None, latest: date | None = None) -> date:
    """A day, written 2027-03-31.

    Raises:
        InputError: no such day, or outside the limits.
    """
    text = clean_line(pointer, value, 10)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date() if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None  # noqa: DTZ007
    except ValueError:
        day = None
    if day is None:
        raise InputError.at(pointer, N_("There is no such day. Write year, month and day like 2027-03-31."))
    if earliest is not None and day < earliest:
        raise InputError.at(pointer, N_("This day is too early; {limit} is the first that can be taken."), limit=earliest.isoformat())
    if latest is not None and day > latest:
        raise InputError.at(pointer, N_("This day is too late; {limit} is the last that can be taken."), limit=latest.isoformat())
    return day


def clean_choice(pointer: str, value: object, choices: tuple[str, ...] | frozenset[str]) -> str:
    """One of a few words.

    Raises:
        InputError: another word.
    """
    text = clean_line(pointer, value, 64)
    if text not in choices:
        raise InputError.at(pointer, N_("Choose one of: {choices}."), choices=", ".join(sorted(choices)))
    return text
