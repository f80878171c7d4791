"""Fields of use: a tree of what a licence may be limited to. ``chairs`` lies in ``seating``, that in ``furniture``, all in ``all``.

The tree is this service's own vocabulary for design and craft; it claims no classification of an office. Parties who need finer
fields name them below one of these (``fields: {stacking-chairs: chairs}``). The shipped tree never changes under one version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.parties import check_id, check_known

ALL: Final = "all"
MAX_OWN_FIELDS = 500

_NAMES: Final = {
    "all": N_("all fields"),
    "furniture": N_("furniture"),
    "seating": N_("seating"),
    "chairs": N_("chairs"),
    "sofas": N_("sofas"),
    "benches": N_("benches and stools"),
    "tables": N_("tables and desks"),
    "beds": N_("beds"),
    "storage": N_("storage furniture"),
    "outdoor-furniture": N_("outdoor furniture"),
    "office-furniture": N_("office furniture"),
    "contract-furniture": N_("furniture for hotels and public rooms"),
    "lighting": N_("lighting"),
    "lamps": N_("lamps"),
    "lighting-systems": N_("lighting systems"),
    "home": N_("household goods"),
    "kitchenware": N_("kitchenware"),
    "tableware": N_("tableware"),
    "textiles": N_("home textiles"),
    "carpets": N_("carpets"),
    "decoration": N_("decoration"),
    "ceramics": N_("ceramics"),
    "glass": N_("glass"),
    "building": N_("building"),
    "floors": N_("floors"),
    "doors-windows": N_("doors and windows"),
    "sanitary": N_("bathroom fittings"),
    "materials": N_("materials and processes"),
    "wood": N_("wood"),
    "metal": N_("metal"),
    "stone": N_("stone"),
    "plastics": N_("plastics and composites"),
    "joints": N_("joints and fittings"),
    "surfaces": N_("surfaces and finishes"),
    "fashion": N_("fashion"),
    "clothing": N_("clothing"),
    "shoes": N_("shoes"),
    "bags": N_("bags"),
    "jewellery": N_("jewellery"),
    "mobility": N_("vehicles and boats"),
    "boats": N_("boats"),
    "packaging": N_("packaging"),
    "toys": N_("toys and games"),
    "sport": N_("sport and leisure"),
    "health": N_("health and care"),
    "machines": N_("machines and tools"),
    "electronics": N_("electronics"),
    "software": N_("software"),
    "configurators": N_("configurators and apps"),
    "media": N_("pictures, texts and sound"),
    "publishing": N_("publishing"),
    "advertising": N_("advertising"),
    "exhibitions": N_("exhibitions"),
    "education": N_("education"),
    "food": N_("food and drink"),
}
"""Every shipped field and the word for it."""

_BELOW: Final = {
    "all": "furniture lighting home building materials fashion mobility packaging toys sport health machines electronics "
    "software media food",
    "furniture": "seating tables beds storage outdoor-furniture office-furniture contract-furniture",
    "seating": "chairs sofas benches",
    "lighting": "lamps lighting-systems",
    "home": "kitchenware tableware textiles carpets decoration",
    "decoration": "ceramics glass",
    "building": "floors doors-windows sanitary",
    "materials": "wood metal stone plastics joints surfaces",
    "fashion": "clothing shoes bags jewellery",
    "mobility": "boats",
    "software": "configurators",
    "media": "publishing advertising exhibitions education",
}
_UNKNOWN = N_('"{value}" is no field of use here; did you mean "{near}"? Own fields are named under "fields".')


@dataclass(frozen=True)
class FieldTree:
    """The shipped fields and those that the parties added.

    Args:
        own: (field, the one it lies in), in any order.

    Raises:
        InputError: at ``/<field>``: a shipped name again, an unknown parent, a circle (with its path), or more than 500.
    """

    own: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.own) > MAX_OWN_FIELDS:
            raise InputError.at("", N_("{count} items; at most {limit} are taken"), count=len(self.own), limit=MAX_OWN_FIELDS)
        named = dict(self.own)
        for field, above in self.own:
            check_id(f"/{field}", field)
            if field in _NAMES:
                raise InputError.at(f"/{field}", N_('"{field}" is a field of this service already; choose another name'), field=field)
            check_known(f"/{field}", above, (*_NAMES, *named), _UNKNOWN)
        for field, _above in self.own:
            path = [field]
            while (above := named.get(path[-1], "")) and above not in path:
                path.append(above)
            if above:
                circle = " < ".join([*path, above])
                raise InputError.at(f"/{field}", N_("These fields lie in one another: {circle}"), circle=circle)

    @cached_property
    def _parents(self) -> Mapping[str, str]:
        shipped = {field: above for above, fields in _BELOW.items() for field in fields.split()}
        return MappingProxyType(shipped | dict(self.own))

    @cached_property
    def _lineages(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for field in self.known:
            path = [field]
            while (above := self._parents.get(path[-1])) is not None:
                path.append(above)
            found[field] = tuple(path)
        return MappingProxyType(found)

    @cached_property
    def _above(self) -> Mapping[str, frozenset[str]]:
        return MappingProxyType({field: frozenset(path) for field, path in self._lineages.items()})

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Every field, the shipped ones first."""
        return (*_NAMES, *(field for field, _above in self.own))

    def lineage(self, field: str) -> tuple[str, ...]:
        """The field and everything it lies in, up to ``all``."""
        return self._lineages[field]

    def check(self, pointer: str, field: str) -> None:
        """Refuse a field that is not in the tree.

        Raises:
            InputError: at ``pointer``; names the nearest one.
        """
        check_known(pointer, field, self.known, _UNKNOWN)

    def shared(self, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
        """Where two sets of fields meet: the narrower field of each pair, sorted, none twice."""
        met = {field for field in first if self._reaches(second, field)} | {field for field in second if self._reaches(first, field)}
        if len(met) < 2:
            return tuple(met)
        return tuple(sorted(field for field in met if not met.intersection(self.lineage(field)[1:])))

    def lacking(self, needed: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
        """The fields of ``needed`` that ``given`` does not hold. Parts never make up a field: it is more than what is named below."""
        return tuple(sorted(field for field in needed if not self._reaches(given, field)))

    def _reaches(self, fields: tuple[str, ...], field: str) -> bool:
        return not self._above[field].isdisjoint(fields)


SHIPPED: Final = FieldTree()


def field_title(field: str) -> str:
    """The word for a field (a msgid), or the id of one that the parties named."""
    return _NAMES.get(field, field)
