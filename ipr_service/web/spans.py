"""The timeline of licences: one bar for each, and where two shut each other out, cut to the days on which they do.

Numbers for an SVG that works without scripts; everything that it shows stands in words beside it. Open ends run to the edge of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ipr_service.rights.conflicts import Conflict
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL, Days

WIDTH, ROW, TOP = 480, 46, 22
_MARGIN = timedelta(days=366)


@dataclass(frozen=True)
class Bar:
    """A licence: ``x`` and ``width`` in units of the picture, ``y`` of its row; ``kind`` is its exclusivity; open ends have no edge."""

    label: str
    kind: str
    x: int
    y: int
    width: int
    open_begin: bool
    open_end: bool
    cuts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Picture:
    """The whole timeline: bars, the years on the axis, and the height."""

    bars: tuple[Bar, ...]
    years: tuple[tuple[int, str], ...]
    height: int


def picture(grants: Sequence[tuple[str, str, str, Days]], conflicts: Sequence[Conflict], today: date) -> Picture | None:
    """Bars for (id, label, exclusivity, days), with the days of their conflicts; None without any grant."""
    if not grants:
        return None
    first, end = _frame([days for _id, _label, _kind, days in grants], today)
    whole = (end - first).days

    def at(day: date) -> int:
        return round(WIDTH * min(max((day - first).days, 0), whole) / whole)

    bars = []
    for row, (name, label, kind, days) in enumerate(grants):
        cuts = tuple(sorted({(at(span[0]), at(span[1]) - at(span[0])) for span in _cuts(name, conflicts)}))
        x = at(days[0])
        opened = (days[0] == ALWAYS_FROM, days[1] == ALWAYS_UNTIL)
        bars.append(Bar(label, kind, x, TOP + row * ROW, max(at(days[1]) - x, 2), *opened, tuple((x, max(width, 2)) for x, width in cuts)))
    return Picture(tuple(bars), _years(first, end, at), TOP + len(bars) * ROW + 4)


def _frame(spans: Sequence[Days], today: date) -> Days:
    """From the first to the last day that anybody named, with a year of room for open ends."""
    named = [day for span in spans for day in span if day not in (ALWAYS_FROM, ALWAYS_UNTIL)] or [today]
    first = min(named) - (_MARGIN if any(span[0] == ALWAYS_FROM for span in spans) else timedelta())
    end = max(named) + (_MARGIN if any(span[1] == ALWAYS_UNTIL for span in spans) else timedelta())
    return first, max(end, first + timedelta(days=30))


def _cuts(name: str, conflicts: Sequence[Conflict]) -> set[Days]:
    return {days for one in conflicts if name in (one.first, one.second) for days, _codes in one.meet.parts}


def _years(first: date, end: date, at) -> tuple[tuple[int, str], ...]:  # type: ignore[no-untyped-def]  # the scale of one picture
    """At most eight years on the axis, evenly apart."""
    step = max(1, -(-(end.year - first.year + 1) // 8))
    found = [year for year in range(first.year, end.year + 1) if (year - first.year) % step == 0]
    return tuple((at(date(year, 1, 1)), str(year)) for year in found if first <= date(year, 1, 1) < end)
