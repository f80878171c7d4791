"""Contributions and background: who brought what, when, and on what it was built.

A *contribution* is made in the collaboration and is what policies weigh. *Background* is what a party already had and
brings along; it stays its owner's and is never weighed. Derivation (``built_on``) is recorded here and enters every
digest; what flows back along it is for policies with a *derive* rule (``lineage``).

Degrees follow CRediT (ANSI/NISO Z39.104-2022: lead, equal, supporting). CRediT describes and does not weigh, so the
weights stand in the policies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.amounts import Cost as Cost
from ipr_service.rights.amounts import check_amount as check_amount
from ipr_service.rights.facts import Facts
from ipr_service.rights.parties import check_id, check_known, check_label
from ipr_service.rights.shares import Split

MAX_CONTRIBUTIONS = 100_000
MAX_BUILT_ON = 100

DEGREES: Final = MappingProxyType({"lead": N_("lead"), "equal": N_("equal"), "supporting": N_("supporting")})
"""Degree and the word for it."""

ROLES: Final = MappingProxyType(
    {
        "concept": N_("concept"),
        "form": N_("form and look"),
        "engineering": N_("engineering"),
        "prototype": N_("craft and prototype"),
        "brand": N_("name and brand"),
        "facilitation": N_("facilitation"),
        "funding": N_("funding"),
    }
)
"""Roles known everywhere, and the word for each; a policy may name others of its own."""

_COMMITMENT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Contribution:
    """One thing that one party brought into the collaboration.

    Args:
        id: unique within the computation; see :func:`ipr_service.rights.parties.check_id`.
        party: id of the party that made it.
        role: id of a role (:data:`ROLES` or one that the policy names).
        degree: ``lead``, ``equal`` or ``supporting`` within the role; None when nobody said.
        points: points that the parties agreed on, not negative; None when nobody said, which is not 0.
        effort: hours, not negative.
        cost: money spent.
        severable: can be told apart and used alone; then it stays its maker's and outside the pot.
        built_on: ids of the contributions and background that it builds on.
        registered_at: when it was registered, aware.
        commitment: SHA-256 of its entry in the log, 64 lower-case hexadecimal digits.
        parts: by id of a thing built on, the part of the credit that the parties agreed goes on to it; sorted.
        facts: what the policy asks for besides, sorted by name.

    Raises:
        InputError: a field outside these limits.
    """

    id: str
    party: str
    role: str
    degree: str | None = None
    points: Fraction | None = None
    effort: Fraction | None = None
    cost: Cost | None = None
    severable: bool = False
    built_on: tuple[str, ...] = ()
    registered_at: datetime | None = None
    commitment: str | None = None
    parts: tuple[tuple[str, Fraction], ...] = ()
    facts: Facts = ()

    def __post_init__(self) -> None:
        check_id("/id", self.id)
        check_id("/party", self.party)
        check_id("/role", self.role)
        if self.degree is not None:
            check_known("/degree", self.degree, DEGREES, N_('"{value}" is not a degree; degrees are: {known}'))
        check_amount("/points", self.points)
        check_amount("/effort", self.effort)
        _check_provenance(self.registered_at, self.commitment)
        _check_built_on(self.id, self.built_on, self.parts)


@dataclass(frozen=True)
class Background:
    """What a party had before and brings along; it stays that party's.

    Args:
        id: unique among background and contributions.
        party: id of its owner.
        title: what people call it, 1 to 200 characters.
        registered_at: when it was registered, aware.
        commitment: SHA-256 of its entry in the log, 64 lower-case hexadecimal digits.
        built_on: ids of earlier background. parts: as for a contribution.
        split: who holds it, when it is the result of another collaboration; else its owner holds all.
    """

    id: str
    party: str
    title: str
    registered_at: datetime | None = None
    commitment: str | None = None
    built_on: tuple[str, ...] = ()
    parts: tuple[tuple[str, Fraction], ...] = ()
    split: Split | None = None

    def __post_init__(self) -> None:
        check_id("/id", self.id)
        check_id("/party", self.party)
        check_label("/title", self.title)
        _check_provenance(self.registered_at, self.commitment)
        _check_built_on(self.id, self.built_on, self.parts)


def _check_provenance(registered_at: datetime | None, commitment: str | None) -> None:
    if registered_at is not None and registered_at.utcoffset() != timedelta(0):
        raise InputError.at("/registered_at", N_("A time must say its zone, and be in UTC, such as 2026-03-02T10:00:00Z"))
    if commitment is not None and not _COMMITMENT.fullmatch(commitment):
        raise InputError.at("/commitment", N_("A commitment is 64 lower-case hexadecimal digits"))


def _check_built_on(id: str, built_on: tuple[str, ...], parts: tuple[tuple[str, Fraction], ...]) -> None:
    """Refuse links to itself, doubled links, and a part of something that is not named."""
    if len(built_on) > MAX_BUILT_ON:
        raise InputError.at("/built_on", N_("At most {limit} things can be named here"), limit=MAX_BUILT_ON)
    if len(set(built_on)) != len(built_on):
        raise InputError.at("/built_on", N_("The same thing is named twice"))
    for number, earlier in enumerate(built_on):
        check_id(f"/built_on/{number}", earlier)
    if id in built_on:
        raise InputError.at("/built_on", N_("{id} cannot be built on itself"), id=id)
    for earlier, part in parts:
        check_amount(f"/built_on/{earlier}", part)
        if earlier not in built_on or part > 1:
            raise InputError.at(f"/built_on/{earlier}", N_("A part of the whole lies between 0 and 1"))
