"""Whose law governs a right of the Union as an object of property: that of the holder who stands FIRST in the register.

The order of names in an application picks the national law of co-owners, and nobody tells them (Reg. 6/2002 art. 27(3), Reg. 2017/1001
art. 19(3), Reg. 1257/2012 art. 7(2)). Steps: (1) of the holders in register order, the first with a seat (and, for marks, else an
establishment) in the Union; (2) for unitary patents, then the first with a place of business there; (3) else the State that the regulation
names, where the pack has it. An unregistered design follows the holder whom all designate.

Not computed: whether a State takes part in the unitary patent; the packs do not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights import statutes
from ipr_service.rights.jurisdictions import UNION, spelled
from ipr_service.rights.outcomes import PARTIES, Outcome, Remark, Undetermined, Value
from ipr_service.rights.parties import check_known
from ipr_service.rights.provisions import Provision
from ipr_service.rights.territories import countries, places

RIGHTS: Final = ("design", "trademark", "patent_unitary")
"""The rights of the Union that have such a rule."""

NO_LAW_RULE: Final = N_("No verified rule says whose law governs this right")
NOBODY: Final = N_("No holder has a seat in the Union, and no row says which law governs then")
UNDESIGNATED: Final = N_("The holders have not designated one of them; an unregistered design needs that, by common agreement")
ORDER_DECIDES: Final = N_("The order of the names in the register decides: with {other} first, the law of {country} would govern")
PARTICIPATION: Final = N_("Whether {country} takes part in the unitary patent is not in the packs; check it")


@dataclass(frozen=True)
class Holder:
    """A holder as the register shows it: country of its seat, and of further establishments. ISO 3166, or ``EL``."""

    seat: str
    establishments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for country in (self.seat, *self.establishments):
            check_known("/holders", _iso(country), countries(), N_('"{value}" is no country of ISO 3166; did you mean "{near}"?'))


def _iso(country: str) -> str:
    return "GR" if spelled(country) == "EL" else spelled(country)


def _in_union(country: str, on: date) -> bool:
    return any(begin <= on < until for begin, until in places((UNION,)).get(_iso(country), ()))


def law(right: str, holders: Sequence[Holder], on: date, *, registered: bool = True, designated: str = "") -> Outcome[str]:
    """The country (as the packs write it) whose law governs.

    Args:
        right: one of :data:`RIGHTS`.
        holders: in register order.
        designated: for an unregistered design, the country of the holder whom all designated.

    Raises:
        InputError: no such right, no holder, or the one designated is none of them.
    """
    check_known("/right", right, RIGHTS, N_('"{value}" is no right of the Union with such a rule; there are: {known}'))
    if not holders:
        raise InputError.at("/holders", N_("Name the holders in the order of the register"))
    found = statutes.one(UNION, right, "law", "registered" if registered else "unregistered", on, NO_LAW_RULE)
    if not isinstance(found, Value):
        return found
    if found.value.word("first") == "designated":
        country = spelled(designated)
        if not country:
            return Undetermined(Remark(UNDESIGNATED), PARTIES, found.because)
        check_known(
            "/designated", country, tuple(spelled(holder.seat) for holder in holders), N_('"{value}" is no holder; they are: {known}')
        )
        return Value(country, found.because)
    country = _first(found.value, holders, on) or found.value.word("else")
    if not country:
        return Undetermined(Remark(NOBODY), seen=found.because)
    remarks = (Remark(PARTICIPATION, {"country": country}),) if right == "patent_unitary" else ()
    return Value(country, found.because, remarks)


def _first(said: Provision, holders: Sequence[Holder], on: date) -> str:
    place = said.word("place")
    for holder in holders:
        own = (holder.seat, *holder.establishments) if place == "seat-or-establishment" else (holder.seat,)
        for country in own:
            if _in_union(country, on):
                return spelled(country)
    if place == "seat-then-establishment":
        return next((spelled(country) for holder in holders for country in holder.establishments if _in_union(country, on)), "")
    return ""


def warnings(right: str, holders: Sequence[Holder], on: date) -> tuple[Remark, ...]:
    """What another order of the names would change: one remark for every other law that could govern.

    Raises:
        InputError: as :func:`law`.
    """
    now = law(right, holders, on)
    found: dict[str, Remark] = {}
    for at, holder in enumerate(holders):
        other = law(right, (holder, *holders[:at], *holders[at + 1 :]), on)
        if isinstance(now, Value) and isinstance(other, Value) and other.value != now.value:
            found.setdefault(other.value, Remark(ORDER_DECIDES, {"other": spelled(holder.seat), "country": other.value}))
    return tuple(found.values())
