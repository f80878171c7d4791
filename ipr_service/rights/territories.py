"""Territories: ISO 3166 codes as a tree, and names for groups of countries that change over time.

A territory is a set of codes: a country (``IT``), a part of one (``IT-25`` Lombardy, ``IT-MI`` within it), ``WORLD``, or a dated
macro. A macro stands, day by day, for the countries that are in it on that day: a grant for ``EU`` reaches Croatia from
2013-07-01 on and the United Kingdom until 2020-01-31. ``EU@2026-01-01`` stands for the members of that one day, always.

Days are half-open intervals of :class:`datetime.date` inside (``begin`` is in, ``until`` is not), inclusive where people read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.parties import check_known

WORLD: Final = "WORLD"
ALWAYS_FROM, ALWAYS_UNTIL = date(1, 1, 1), date(9999, 12, 31)
"""The open ends of time: no beginning, no end was named."""

EARLIEST, LATEST = date(1850, 1, 1), date(2999, 12, 31)
"""The first and last day that a file may name."""

Days = tuple[date, date]
"""A half-open interval of days."""

EVER: Final[Days] = (ALWAYS_FROM, ALWAYS_UNTIL)

OTHER_SPELLINGS: Final = MappingProxyType({"EL": "GR", "UK": "GB"})
"""What the European Union writes for two countries; ISO 3166 is what is kept."""


@dataclass(frozen=True)
class Membership:
    """Countries that a macro stands for from ``begin`` until ``until`` (exclusive), and where that was read."""

    codes: tuple[str, ...]
    begin: date
    until: date = ALWAYS_UNTIL
    source: str = ""


def _rows(*rows: tuple[str, str, str, str]) -> tuple[Membership, ...]:
    """(first day, last day or empty, codes, source)"""
    made = []
    for begin, last, codes, source in rows:
        until = date.fromisoformat(last) + timedelta(days=1) if last else ALWAYS_UNTIL
        made.append(Membership(tuple(codes.split()), date.fromisoformat(begin), until, source))
    return tuple(made)


_ENLARGEMENT = "Italian Foreign Ministry, The EU enlargement process (esteri.it)"
_TIMELINE = "Timeline of the European Union (observerbd.com, 2020-02-02)"
_EEA = "Wikipedia, European Economic Area (2017-04-03, web archive)"

MACROS: Final[Mapping[str, tuple[Membership, ...]]] = MappingProxyType(
    {
        "EU": _rows(
            ("1958-01-01", "", "BE DE FR IT LU NL", _TIMELINE),
            ("1973-01-01", "", "DK IE", _TIMELINE),
            ("1973-01-01", "2020-01-31", "GB", _TIMELINE),
            ("1981-01-01", "", "GR", _TIMELINE),
            ("1986-01-01", "", "ES PT", _TIMELINE),
            ("1995-01-01", "", "AT FI SE", _TIMELINE),
            ("2004-05-01", "", "CY CZ EE HU LT LV MT PL SI SK", _ENLARGEMENT),
            ("2007-01-01", "", "BG RO", _ENLARGEMENT),
            ("2013-07-01", "", "HR", _ENLARGEMENT),
        ),
        "EEA": _rows(
            ("1994-01-01", "", "AT BE DE DK ES FI FR GR IE IS IT LU NL NO PT SE", _EEA),
            ("1994-01-01", "2020-01-31", "GB", _EEA),
            ("1995-05-01", "", "LI", _EEA),
            ("2004-05-01", "", "CY CZ EE HU LT LV MT PL SI SK", _EEA),
            ("2007-08-01", "", "BG RO", _EEA),
            ("2014-04-12", "", "HR", _EEA),
        ),
        # The countries of the transnational programme Interreg MED, later Euro-MED, taken whole; a definition of this service.
        "MED": _rows(
            ("2014-01-01", "2020-12-31", "GI", "Interreg MED 2014-2020, cooperation area (interreg-med.eu)"),
            ("2014-01-01", "", "AL BA CY ES FR GR HR IT ME MT PT SI", "Interreg MED 2014-2020, cooperation area (interreg-med.eu)"),
            ("2021-01-01", "", "BG MK", "Interreg Euro-MED 2021-2027, fourth call (alda-europe.eu)"),
        ),
    }
)
"""Groups of countries by day. Sources are secondary: who needs a list that cannot change writes ``EU@2026-01-01``."""

_FIXED = re.compile(r"([A-Z]+)@([0-9]{4}-[0-9]{2}-[0-9]{2})")


@cache
def _tree() -> Mapping[str, str]:
    """Parent of every code; countries lie in ``WORLD``."""
    parents: dict[str, str] = {}
    for line in (Path(__file__).parent / "shipped" / "iso3166.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        country, *parts = line.split()
        parents[country] = WORLD
        for part in parts:
            own, _, above = part.partition("<")
            parents[f"{country}-{own}"] = f"{country}-{above}" if above else country
    return MappingProxyType(parents)


def countries() -> tuple[str, ...]:
    """Every country code of ISO 3166-1, sorted."""
    return tuple(sorted(code for code, above in _tree().items() if above == WORLD))


@cache
def lineage(code: str) -> tuple[str, ...]:
    """The code and everything it lies in: ``IT-MI``, ``IT-25``, ``IT``, ``WORLD``."""
    found = [code]
    while (above := _tree().get(found[-1])) is not None:
        found.append(above)
    return tuple(found)


def country_of(code: str) -> str:
    """``IT`` of ``IT-25``; ``WORLD`` of itself."""
    return code.split("-", 1)[0]


def spelled(pointer: str, code: str) -> str:
    """The code as it is kept: upper case, ``GR`` for ``EL``; refuses what is neither a code of ISO 3166 nor a macro.

    Raises:
        InputError: at ``pointer``; names what was perhaps meant.
    """
    written = code.strip().upper()
    country, dash, part = written.partition("-")
    written = OTHER_SPELLINGS.get(country, country) + dash + part
    if written == WORLD or written in MACROS or written in _tree():
        return written
    if fixed := _FIXED.fullmatch(written):
        _members(pointer, fixed[1], fixed[2])
        return written
    if country in _tree():
        inside = [known for known in _tree() if known.startswith(f"{country}-")]
        check_known(pointer, written, inside, N_('"{value}" is no part of a country in ISO 3166-2; did you mean "{near}"?'))
    known = [WORLD, *MACROS, *countries()]
    msgid = N_(
        '"{value}" is no territory; write codes of ISO 3166 such as IT or IT-25, or one of WORLD, EU, EEA, MED; did you mean "{near}"?'
    )
    check_known(pointer, written, known, msgid)
    return written


def _members(pointer: str, macro: str, day: str) -> tuple[str, ...]:
    """The countries of a macro on one day."""
    check_known(pointer, macro, MACROS, N_('"{value}" is no group of countries; groups are: {known}'))
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise InputError.at(pointer, N_("There is no such day. Write year, month and day like 2027-03-31.")) from None
    found = tuple(sorted(code for row in MACROS[macro] if row.begin <= on < row.until for code in row.codes))
    if not found:
        raise InputError.at(pointer, N_("{macro} had no countries on {day}; write the countries out"), macro=macro, day=day)
    return found


@lru_cache(maxsize=4096)
def places(codes: tuple[str, ...]) -> Mapping[str, tuple[Days, ...]]:
    """What a territory reaches: code to the days on which it does, macros opened.

    Args:
        codes: as :func:`spelled` gives them.
    """
    found: dict[str, list[Days]] = {}
    for code in codes:
        if code in MACROS:
            for row in MACROS[code]:
                for member in row.codes:
                    found.setdefault(member, []).append((row.begin, row.until))
        elif fixed := _FIXED.fullmatch(code):
            for member in _members("", fixed[1], fixed[2]):
                found.setdefault(member, []).append(EVER)
        else:
            found.setdefault(code, []).append(EVER)
    return MappingProxyType({code: joined(days) for code, days in sorted(found.items())})


def joined(days: Iterable[Days]) -> tuple[Days, ...]:
    """Intervals in order, those that touch made one."""
    made: list[Days] = []
    for begin, until in sorted(days):
        if made and begin <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], until))
        elif begin < until:
            made.append((begin, until))
    return tuple(made)


def touch(first: tuple[str, ...], second: tuple[str, ...], days: Days) -> bool:
    """Whether two territories meet at all within ``days``; the quick question before :func:`shared`."""
    for mine, theirs in ((_places_above(first), places(second)), (_places_above(second), places(first))):
        for code in mine.keys() & theirs.keys():
            for begin, until in theirs[code]:
                for since, end in mine[code]:
                    if max(begin, since, days[0]) < min(until, end, days[1]):
                        return True
    return False


@lru_cache(maxsize=65_536)
def _places_above(territory: tuple[str, ...]) -> Mapping[str, tuple[Days, ...]]:
    """Every place in which one of the territory lies, itself among them, with the days on which that one is meant."""
    found: dict[str, tuple[Days, ...]] = {}
    for code, spans in places(territory).items():
        for above in lineage(code):
            found[above] = (*found.get(above, ()), *spans)
    return MappingProxyType(found)


def shared(first: tuple[str, ...], second: tuple[str, ...], days: Days) -> Mapping[str, tuple[Days, ...]]:
    """Where and when two territories meet within ``days``: the narrower code of each pair, with its days."""
    found: dict[str, list[Days]] = {}
    first_day, end = days
    for code, begin, until in _meetings(first, second):
        cut = (max(begin, first_day), min(until, end))
        if cut[0] < cut[1]:
            found.setdefault(code, []).append(cut)
    return _narrowed({code: joined(spans) if len(spans) > 1 else (spans[0],) for code, spans in found.items()})


@lru_cache(maxsize=65_536)
def _meetings(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[tuple[str, date, date], ...]:
    """(code, begin, until) for every pair of places of which one lies in the other, whatever the days of a grant."""
    one, other = places(first), places(second)
    met: list[tuple[str, date, date]] = []
    for mine, theirs, skipped in ((one, other, 0), (other, one, 1)):  # the second way round, a place itself was met already
        for code, spans in mine.items():
            for above in lineage(code)[skipped:]:
                for begin, until in theirs.get(above, ()):
                    met.extend((code, max(begin, span[0]), min(until, span[1])) for span in spans)
    return tuple(sorted({meeting for meeting in met if meeting[1] < meeting[2]}))


def _cut(*spans: Days) -> Days | None:
    begin, until = max(span[0] for span in spans), min(span[1] for span in spans)
    return (begin, until) if begin < until else None


def _narrowed(found: Mapping[str, tuple[Days, ...]]) -> Mapping[str, tuple[Days, ...]]:
    """Without codes whose days a wider code in the same answer holds already."""
    kept = {
        code: spans
        for code, spans in found.items()
        if not any(_within(spans, found[above]) for above in lineage(code)[1:] if above in found)
    }
    return MappingProxyType(dict(sorted(kept.items())))


def _within(spans: tuple[Days, ...], wider: tuple[Days, ...]) -> bool:
    return all(any(begin <= span[0] and span[1] <= until for begin, until in wider) for span in spans)


def lacking(needed: tuple[str, ...], given: Iterable[tuple[tuple[str, ...], Days]], days: Days) -> Mapping[str, tuple[Days, ...]]:
    """Where and when ``needed`` is not covered by any of the ``given`` territories with their days."""
    reach: dict[str, list[Days]] = {}
    for codes, span in given:
        for code, when in places(codes).items():
            reach.setdefault(code, []).extend(cut for one in when if (cut := _cut(one, span)) is not None)
    found: dict[str, tuple[Days, ...]] = {}
    for code, spans in places(needed).items():
        covered = joined(span for above in lineage(code) for span in reach.get(above, ()))
        wanted = tuple(cut for span in spans if (cut := _cut(span, days)) is not None)
        if left := _without(wanted, covered):
            found[code] = left
    return MappingProxyType(found)


def _without(spans: tuple[Days, ...], taken: tuple[Days, ...]) -> tuple[Days, ...]:
    """What of ``spans`` lies outside ``taken`` (in order, apart)."""
    left: list[Days] = []
    for begin, until in spans:
        at = begin
        for start, end in taken:
            if start > at and start < until:
                left.append((at, start))
            at = max(at, end) if start < until and end > at else at
        if at < until:
            left.append((at, until))
    return tuple(left)


def named(codes: Iterable[str], days: Days) -> tuple[str, ...]:
    """Codes for a sentence: a macro's name where they hold all its countries and it did not change within ``days``; else sorted codes."""
    listed = frozenset(codes)
    for macro in ("EEA", "EU", "MED"):
        throughout = {code for row in MACROS[macro] if row.begin <= days[0] and days[1] <= row.until for code in row.codes}
        sometimes = {code for row in MACROS[macro] if row.begin < days[1] and days[0] < row.until for code in row.codes}
        if len(throughout) > 1 and throughout == sometimes and throughout <= listed:
            return (macro, *sorted(listed - throughout))
    return tuple(sorted(listed))


def span_text(days: Days) -> str:
    """``2028-06-01..2028-12-31`` as people read it, both days included; an open end is left out."""
    begin = "" if days[0] == ALWAYS_FROM else days[0].isoformat()
    last = "" if days[1] == ALWAYS_UNTIL else (days[1] - timedelta(days=1)).isoformat()
    return f"{begin}..{last}"
