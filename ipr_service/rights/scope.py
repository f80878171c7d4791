"""What lies within what: a sublicence within its grant, a grant within what there is to grant, a need within what was granted.

Every answer names the axis and exactly what is too much or missing; days are inclusive in what people read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ipr_service.errors import N_
from ipr_service.rights.licences import Grant
from ipr_service.rights.sentences import Sentence
from ipr_service.rights.territories import ALWAYS_FROM, ALWAYS_UNTIL, Days, lacking, named, span_text


@dataclass(frozen=True)
class Excess:
    """What a grant gives that its source does not hold.

    Args:
        grant: its id. source: the grant above it, or the asset.
        axis: ``acts``, ``purpose``, ``field``, ``territory``, ``exclusivity``, ``sublicence``, ``party``, ``holder`` or ``asset``.
        what: exactly what is too much.
    """

    grant: str
    source: str
    axis: str
    what: str

    @property
    def sentence(self) -> Sentence:
        """For a person."""
        return Sentence(_BEYOND[self.axis], {"grant": self.grant, "source": self.source, "what": self.what})


_BEYOND: Mapping[str, str] = {
    "acts": N_("{grant} grants acts that {source} does not hold: {what}"),
    "purpose": N_("{grant} grants purposes that {source} does not hold: {what}"),
    "field": N_("{grant} grants fields that {source} does not hold: {what}"),
    "territory": N_("{grant} reaches where or when {source} does not: {what}"),
    "exclusivity": N_("{grant} promises more than {source} can: {what}"),
    "sublicence": N_("{source} does not allow the sublicence {grant}: {what}"),
    "party": N_("{grant} is granted by {what}, which is not the grantee of {source}"),
    "asset": N_("{grant} is about another asset than {source}: {what}"),
    "holder": N_("{grant} is granted by {what}, which holds nothing of {source}"),
    "unknown": N_("{grant} names {what} as the grant above it, which is not here"),
}


@dataclass(frozen=True)
class Existing:
    """Where and when a right exists: the territories it was registered for, until it ends. None is unlimited or unsaid."""

    territory: tuple[str, ...] | None = None
    begin: date | None = None
    until: date | None = None

    @property
    def days(self) -> Days:
        """Half-open."""
        return self.begin or ALWAYS_FROM, self.until or ALWAYS_UNTIL


def beyond_parent(grant: Grant, parent: Grant) -> tuple[Excess, ...]:
    """Everything by which a sublicence goes beyond the grant that it comes from; empty when it lies within."""
    mine, theirs = grant.box, parent.box
    found: list[tuple[str, str]] = []
    if grant.asset != parent.asset:
        found.append(("asset", grant.asset))
    found += [("party", grantor) for grantor in grant.grantors if grantor != parent.grantee]
    for axis, wanted, held in (("acts", mine.acts, theirs.acts), ("purpose", mine.purposes, theirs.purposes)):
        if extra := [value for value in wanted if value not in held]:
            found.append((axis, ", ".join(extra)))
    if extra_fields := grant.tree.lacking(mine.fields, theirs.fields):
        found.append(("field", ", ".join(extra_fields)))
    if where := lacking(mine.territory, [(theirs.territory, theirs.days)], mine.days):
        found.append(("territory", where_text(where)))
    if promised := _more_exclusive(grant, parent):
        found.append(("exclusivity", promised))
    if parent.sublicence == "no" or (parent.sublicence is None and parent.acts is not None and "sublicense" not in parent.acts):
        found.append(("sublicence", parent.sublicence or "unsaid"))
    return tuple(Excess(grant.id, parent.id, axis, what) for axis, what in found)


def _more_exclusive(grant: Grant, parent: Grant) -> str:
    """An exclusive or sole sublicence needs an exclusive grant above it: under any other, somebody else may come."""
    wanted = grant.exclusivity in {"exclusive", "sole"} and parent.exclusivity != "exclusive"
    return f"{grant.exclusivity} > {parent.exclusivity or 'unsaid'}" if wanted else ""


def beyond_right(grant: Grant, existing: Existing) -> tuple[Excess, ...]:
    """Where or when a grant reaches although the right does not exist there or then.

    A grant that says no territory or no days grants what there is.
    """
    right = existing.territory
    days = grant.days if grant.begin or grant.until else existing.days
    found: list[Excess] = []
    if grant.territory is not None and right is not None:
        where = lacking(grant.territory, [(right, existing.days)], days)
    else:
        span = [(("WORLD",), existing.days)]
        where = lacking(("WORLD",), span, days)
    if where:
        found.append(Excess(grant.id, grant.asset, "territory", where_text(where)))
    return tuple(found)


@dataclass(frozen=True)
class Need:
    """A party needs background to do something with a result.

    Args:
        asset: the background. party: who needs it. result: what for, by its id.
    """

    asset: str
    party: str
    result: str
    acts: tuple[str, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    territory: tuple[str, ...]
    days: Days


@dataclass(frozen=True)
class Gap:
    """A need that no access right covers: for these acts, purposes and fields, exactly here and then."""

    need: Need
    act: str
    purpose: str
    field: str
    where: Mapping[str, tuple[Days, ...]]

    @property
    def sentence(self) -> Sentence:
        """For a person."""
        said = {
            "party": self.need.party,
            "asset": self.need.asset,
            "result": self.need.result,
            "what": f"{self.act} x {self.purpose} x {self.field} x {where_text(self.where)}",
        }
        return Sentence(N_("{party} has no access right to {asset}, which {result} needs, for {what}"), said)


def needs_of(grant: Grant, backgrounds: Iterable[str]) -> tuple[Need, ...]:
    """What the grantee of a result needs of the backgrounds that the result is built on: the same box, without sublicensing."""
    box = grant.box
    acts = tuple(act for act in box.acts if act != "sublicense")
    return tuple(Need(asset, grant.grantee, grant.asset, acts, box.purposes, box.fields, box.territory, box.days) for asset in backgrounds)


def gaps(need: Need, grants: Sequence[Grant], owners: Iterable[str]) -> tuple[Gap, ...]:
    """What of a need no grant covers; empty when the party owns the background or holds access to all of it.

    Args:
        grants: all that there are; those of the asset to the party count, each for what it says (unsaid axes cover nothing).
        owners: of the background.
    """
    if need.party in owners:
        return ()
    held = [grant for grant in grants if grant.asset == need.asset and grant.grantee == need.party and not grant.unsaid]
    found: list[Gap] = []
    for act in need.acts:
        for purpose in need.purposes:
            for field in need.fields:
                fitting = [
                    (grant.box.territory, grant.days)
                    for grant in held
                    if act in grant.box.acts and purpose in grant.box.purposes and not grant.tree.lacking((field,), grant.box.fields)
                ]
                if where := lacking(need.territory, fitting, need.days):
                    found.append(Gap(need, act, purpose, field, where))
    return _together(found)


def _together(found: list[Gap]) -> tuple[Gap, ...]:
    """Gaps that differ in nothing but the act, then those that differ in nothing but the purpose, become one line for a reader."""
    by_rest: dict[tuple[object, ...], list[Gap]] = {}
    for gap in found:
        by_rest.setdefault((gap.purpose, gap.field, tuple(gap.where.items())), []).append(gap)
    joined = [replace(same[0], act="+".join(gap.act for gap in same)) for same in by_rest.values()]
    by_rest = {}
    for gap in joined:
        by_rest.setdefault((gap.act, gap.field, tuple(gap.where.items())), []).append(gap)
    return tuple(replace(same[0], purpose="+".join(gap.purpose for gap in same)) for same in by_rest.values())


def where_text(where: Mapping[str, tuple[Days, ...]]) -> str:
    """``FR 2029-01-01..; IT 2028-06-01..2028-12-31``"""
    by_days: dict[Days, list[str]] = {}
    for code, spans in where.items():
        for days in spans:
            by_days.setdefault(days, []).append(code)
    return "; ".join(f"{'+'.join(named(codes, days))} {span_text(days)}" for days, codes in sorted(by_days.items()))
