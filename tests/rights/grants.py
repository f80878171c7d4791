"""Grants for tests: boxes with every axis named, unless a test leaves one out."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from ipr_service.rights.licences import ACTS, EXCLUSIVITIES, PURPOSES, Grant, day_after


def granted(name: str = "g", **changed: Any) -> Grant:
    """Exclusive furniture in Italy, for ever; ``first`` and ``last`` are days as people write them."""
    first, last = changed.pop("first", None), changed.pop("last", None)
    given: dict[str, Any] = {
        "asset": "chair",
        "grantors": ("anna",),
        "grantee": f"to-{name}",
        "acts": tuple(ACTS),
        "purposes": tuple(PURPOSES),
        "fields": ("furniture",),
        "territory": ("IT",),
        "exclusivity": "exclusive",
        "begin": date.fromisoformat(first) if first else None,
        "until": day_after(date.fromisoformat(last)) if last else None,
    }
    return Grant(name, **given | changed)


PLACES = ("IT", "IT-25", "IT-MI", "FR", "GB", "HR", "SI", "EU", "EEA", "MED", "WORLD", "EU@2015-01-01")
FIELDS = ("all", "furniture", "seating", "chairs", "tables", "lighting", "lamps", "food")


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def any_grant(draw: st.DrawFn, name: str = "g") -> Grant:
    begin = draw(st.none() | st.dates(date(2012, 1, 1), date(2022, 12, 31)))
    until = draw(st.none() | st.dates(date(2023, 1, 1), date(2031, 12, 31)))
    return granted(
        name,
        asset=draw(st.sampled_from(("chair", "lamp"))),
        grantors=draw(st.sampled_from((("anna",), ("anna", "bruno")))),
        grantee=draw(st.sampled_from(("bruno", "carla", "dora"))),
        acts=draw(st.none() | some(tuple(ACTS))),
        purposes=draw(st.none() | some(tuple(PURPOSES))),
        fields=draw(st.none() | some(FIELDS)),
        territory=draw(st.none() | some(PLACES)),
        exclusivity=draw(st.none() | st.sampled_from(tuple(EXCLUSIVITIES))),
        begin=begin,
        until=until,
    )
