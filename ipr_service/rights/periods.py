"""Periods of the law ("3 months from notice") as exact calendar arithmetic: ISO 8601 durations of years, months and days.

A month later is the same day of the next month, or its last day where there is none (31 January + 1 month = 28 February): the reading that
gives the least time. How a court counts the first day, and what it does with holidays, is not in the sources and not computed.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from ipr_service.errors import N_, InputError

_ISO = re.compile(r"P(?:(?P<years>[1-9][0-9]{0,2})Y)?(?:(?P<months>[1-9][0-9]{0,2})M)?(?:(?P<days>[1-9][0-9]{0,3})D)?")


@dataclass(frozen=True)
class Period:
    """So many years, months and days; at least one of them is above 0."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period of ``P3M``, ``P10Y``, ``P45D``, ``P1Y6M``.

        Raises:
            InputError: anything else.
        """
        found = _ISO.fullmatch(text)
        parts = {name: int(number) for name, number in found.groupdict().items() if number} if found else {}
        if not parts:
            raise InputError.at("", N_("A period is written like P3M (months), P10Y (years) or P45D (days)"))
        return cls(**parts)

    def __str__(self) -> str:
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + "".join(f"{number}{unit}" for number, unit in parts if number)

    def __format__(self, spec: str) -> str:
        """In a sentence: its English words. A page that speaks another language puts its own in place."""
        return format(self.words, spec)

    @property
    def words(self) -> str:
        """English, for the command line and for data: ``3 months``."""
        parts = ((self.years, "year"), (self.months, "month"), (self.days, "day"))
        return " ".join(f"{number} {unit}{'s' if number > 1 else ''}" for number, unit in parts if number)

    def after(self, start: date) -> date:
        """The day on which a period that begins on ``start`` ends.

        Raises:
            InputError: after the year 9999.
        """
        months = start.month - 1 + self.months
        year = start.year + self.years + months // 12
        if year > MAXYEAR:
            raise InputError.at("", N_("The period ends after the year {limit}"), limit=MAXYEAR)
        month = months % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        try:
            return date(year, month, day) + timedelta(days=self.days)
        except OverflowError:
            raise InputError.at("", N_("The period ends after the year {limit}"), limit=MAXYEAR) from None
