"""Look a provision up: which typed rows answer a question for a country, a right and a day, and which were seen and decide nothing.

Rows of the right itself come first. Only where none of them decides, general co-ownership law of the country that the pack names
(:class:`ipr_service.rights.jurisdictions.General`), then the Union's directive. Within one rank, rows that say the same are cited
together and rows that differ are a conflict: their place in the file decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights import jurisdictions
from ipr_service.rights.jurisdictions import DECIDES, NOT_IN_FORCE, General, Row
from ipr_service.rights.outcomes import Citation, Conflict, Outcome, Remark, Undetermined, Value
from ipr_service.rights.provisions import Provision

# Which question a topic of the source table belongs to; for rows that decide nothing and for the report on gaps.
TOPICS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "exploit_alone": (("power", "use"),),
    "use_alone": (("power", "use"),),
    "licence_nonexclusive_alone": (("power", "license"),),
    "licence_nonexclusive": (("power", "license"),),
    "licence": (("power", "license"), ("power", "license-exclusive")),
    "licence_exclusive": (("power", "license-exclusive"),),
    "assign_share": (("power", "sell-share"),),
    "preemption": (("power", "sell-share"), ("preempt", "sell-share")),
    "assign_whole": (("power", "sell-whole"),),
    "sue_alone": (("power", "sue"),),
    "majority": (("power", "administer"),),
    "coownership": (("power", "use"), ("power", "license"), ("power", "sell-share"), ("power", "sue"), ("shares", "co-owners")),
    "default_shares": (("shares", "co-owners"),),
    "default_owner": (("owner", "independent"), ("owner", "controller")),
    "employee_work": (("owner", "employee"),),
    "employee_work_before_2021": (("owner", "employee"),),
    "commissioned_work": (("owner", "commissioned"),),
    "hosted_person": (("owner", "hosted"),),
    "written_form": (("form", "assign"), ("form", "license")),
    "moral_rights": (("moral", "moral-rights"),),
    "licence_defaults": (("filler", "exclusivity"), ("filler", "sublicence")),
}


@dataclass(frozen=True)
class Found:
    """A provision and the row it stands in."""

    provision: Provision
    citation: Citation


@dataclass(frozen=True)
class Search:
    """What was found: the provisions that answer, all of one rank, and the rows that were seen and decide nothing."""

    found: tuple[Found, ...]
    seen: tuple[Citation, ...]

    @property
    def because(self) -> tuple[Citation, ...]:
        """The rows of the answer."""
        return tuple(dict.fromkeys(one.citation for one in self.found))


def ranks(country: str, right: str) -> Iterator[tuple[tuple[Row, ...], General | None]]:
    """Rows by rank, highest first; general law comes with the reason why it fills this right.

    Raises:
        InputError: no such country, or it has neither rows about the right nor rows that fill it.
    """
    own = jurisdictions.pack(country)
    filling = [one for one in own.general if right in one.fills]
    if not filling:
        jurisdictions.rows(country, right)
    yield own.of(right), None
    for one in filling:
        yield jurisdictions.pack(one.pack).of(one.right), one


def search(country: str, right: str, kind: str, about: str, on: date) -> Search:
    """The provisions of ``kind`` about ``about`` that decide on a day.

    Raises:
        InputError: as :func:`ranks`.
    """
    seen: list[Citation] = []
    for rows, general in ranks(country, right):
        found = []
        for row in rows:
            matching = [one for one in row.says if (one.kind, one.about) == (kind, about)]
            standing = row.standing(on)
            if standing == DECIDES:
                found += [Found(one, row.citation(on, general)) for one in matching]
            elif standing != NOT_IN_FORCE and (matching or (not row.says and (kind, about) in TOPICS.get(row.topic, ()))):
                seen.append(row.citation(on, general))
        if found:
            return Search(tuple(found), tuple(seen))
    return Search((), tuple(seen))


def one(country: str, right: str, kind: str, about: str, on: date, what: str) -> Outcome[Provision]:
    """The one provision that answers, a conflict when rows of one rank differ, or undetermined.

    Args:
        what: a msgid for what would be missing: ``a rule on …``.

    Raises:
        InputError: as :func:`ranks`.
    """
    looked = search(country, right, kind, about, on)
    kinds = tuple(dict.fromkeys(found.provision for found in looked.found))
    if len(kinds) > 1:
        return Conflict(looked.because, Remark(N_("Two rules of one rank say different things; neither may win by its place")))
    if not kinds:
        return Undetermined(Remark(what), seen=looked.seen)
    return Value(kinds[0], looked.because)
