"""Conflicts between licence grants: two that meet on every axis although one of them shuts others out.

Two grants of one asset conflict when their acts, purposes, fields, places and days all meet, their grantees differ, and one is exclusive,
or is sole while the other's grantee is no grantor of it. The answer is symmetric and prints the exact intersection. A grant and the
sublicences under it do not conflict: the sublicence draws on the grant. A grant whose exclusivity nobody said *may* conflict: the answer
says so instead of guessing.

Which of two prevails is a question of law: a :class:`Priority` is data of a jurisdiction pack (SI ZASP 74(3): the earlier non-exclusive
licence survives a later exclusive one); without one the answer stays open.

Not all pairs are compared: for every value on every axis, a bitmap holds which grants have it (a bitmap index, as in databases), so
that the candidates of one grant are a few bitwise operations; only those are compared exactly.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import TypeVar

from ipr_service.errors import N_, InputError
from ipr_service.rights.fields import FieldTree
from ipr_service.rights.licences import AXES, Grant, Reach
from ipr_service.rights.sentences import Sentence
from ipr_service.rights.territories import WORLD, country_of, places, touch

MAX_GRANTS = 10_000

T = TypeVar("T")


@dataclass(frozen=True)
class Priority:
    """A pack's rule for two grants that conflict.

    Args:
        kind: ``earlier-non-exclusive-survives``, the one kind that a pack holds today.
        source: the article, with the law it stands in.
    """

    kind: str
    source: str


@dataclass(frozen=True)
class Conflict:
    """Two grants that shut each other out, in the order of their ids.

    Args:
        meet: exactly where.
        certain: false when it depends on an exclusivity that nobody said.
        unsaid: (grant, axis) taken as everything because nobody named it.
        survivor: the grant that a pack's priority lets live on, with the pack's source; None when no rule says.
    """

    first: str
    second: str
    meet: Reach
    certain: bool
    unsaid: tuple[tuple[str, str], ...] = ()
    survivor: str | None = None
    source: str | None = None

    @property
    def sentence(self) -> Sentence:
        """For a person: the two grants and where they meet."""
        said = {"first": self.first, "second": self.second, "meet": self.meet.text}
        if self.certain:
            return Sentence(N_("{first} and {second} conflict on {meet}"), said)
        return Sentence(N_("{first} and {second} may conflict on {meet}: nobody said whether they are exclusive"), said)

    @property
    def remarks(self) -> tuple[Sentence, ...]:
        """What else is to be known: what was taken as everything, and which of the two survives."""
        taken = N_("{grant} does not say its {axis}: it is taken as everything")
        lines = [Sentence(taken, {"grant": grant}, {"axis": AXES[axis]}) for grant, axis in self.unsaid]
        if self.survivor is not None:
            lines.append(
                Sentence(
                    N_("{grant}, the earlier and non-exclusive one, survives unless agreed otherwise ({source})"),
                    {"grant": self.survivor, "source": self.source or ""},
                )
            )
        return tuple(lines)


def meeting(first: Grant, second: Grant) -> Reach | None:
    """Exactly where two grants meet, or None when some axis keeps them apart. The asset is an axis."""
    if first.asset != second.asset:
        return None
    one, other = first.box, second.box
    acts = tuple(act for act in one.acts if act in other.acts)
    purposes = tuple(purpose for purpose in one.purposes if purpose in other.purposes)
    days = (max(one.days[0], other.days[0]), min(one.days[1], other.days[1]))
    if not acts or not purposes or days[0] >= days[1]:
        return None
    fields = _shared_fields(first.tree, one.fields, other.fields)
    if not fields or not touch(one.territory, other.territory, days):
        return None
    return Reach(tuple(sorted(acts)), tuple(sorted(purposes)), fields, (one.territory, other.territory), days)


@lru_cache(maxsize=65_536)
def _shared_fields(tree: FieldTree, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tree.shared(first, second)


def _shuts_out(grant: Grant, other: Grant) -> bool | None:
    """Whether ``grant`` leaves no room for ``other``'s grantee; None when nobody said how exclusive it is."""
    if grant.exclusivity is None:
        return None
    return grant.exclusivity == "exclusive" or (grant.exclusivity == "sole" and other.grantee not in grant.grantors)


def conflict(
    first: Grant, second: Grant, priority: Priority | None = None, above: Mapping[str, frozenset[str]] | None = None
) -> Conflict | None:
    """The conflict of two grants, or None.

    Args:
        priority: of the pack that governs the asset.
        above: for each grant, the ids of those it is a sublicence under, all the way up (:func:`chains`).
    """
    if first.grantee == second.grantee:
        return None
    if above is not None and (first.id in above.get(second.id, ()) or second.id in above.get(first.id, ())):
        return None
    out = (_shuts_out(first, second), _shuts_out(second, first))
    if out == (False, False):
        return None
    if first.id > second.id:
        first, second = second, first
    meet = meeting(first, second)
    if meet is None:
        return None
    unsaid = tuple((grant.id, axis) for grant in (first, second) for axis in grant.unsaid)
    survivor = _survivor(first, second, priority) if True in out else None
    return Conflict(first.id, second.id, meet, True in out, unsaid, survivor, priority.source if priority and survivor else None)


def _survivor(first: Grant, second: Grant, priority: Priority | None) -> str | None:
    if priority is None or priority.kind != "earlier-non-exclusive-survives" or first.since == second.since:
        return None
    earlier, later = sorted((first, second), key=lambda grant: grant.since)
    return earlier.id if earlier.exclusivity == "non-exclusive" and later.exclusivity == "exclusive" else None


def chains(grants: Iterable[Grant]) -> dict[str, frozenset[str]]:
    """For each grant the ids of the grants above it.

    Raises:
        InputError: at ``/under``: a sublicence of itself, through others; names the path.
    """
    under = {grant.id: grant.under for grant in grants}
    found: dict[str, frozenset[str]] = {}
    for grant in under:
        path = [grant]
        while (above := under.get(path[-1])) is not None:
            if above in path:
                circle = " < ".join([*path, above])
                raise InputError.at("/under", N_("These grants are sublicences of one another: {circle}"), circle=circle)
            path.append(above)
        found[grant] = frozenset(path[1:])
    return found


def conflicts(grants: Sequence[Grant], priorities: Mapping[str, Priority] | None = None) -> tuple[Conflict, ...]:
    """Every conflict among the grants, in the order of their ids; the order in which they are given changes nothing.

    Args:
        grants: of one tree of fields, ids unique, at most :data:`MAX_GRANTS`.
        priorities: the pack's rule for an asset, by its id.

    Raises:
        InputError: an id twice, too many, or a circle of sublicences.
    """
    if len(grants) > MAX_GRANTS:
        raise InputError.at("", N_("{count} items; at most {limit} are taken"), count=len(grants), limit=MAX_GRANTS)
    ordered = sorted(grants, key=lambda grant: grant.id)
    for before, after in pairwise(ordered):
        if before.id == after.id:
            raise InputError.at("/id", N_('The id "{id}" stands here twice; ids are unique'), id=after.id)
    above, index = chains(ordered), _Index(ordered)
    found = []
    for number, grant in enumerate(ordered):
        for other in index.candidates(number):
            met = conflict(grant, ordered[other], (priorities or {}).get(grant.asset), above)
            if met is not None:
                found.append(met)
    return tuple(found)


class _Index:
    """For every value on every axis, the grants that have it: bit ``n`` of an integer stands for grant ``n``."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self._grants = grants
        self._assets = _bits(grants, lambda grant: (grant.asset,))
        self._acts = _bits(grants, lambda grant: grant.box.acts)
        self._purposes = _bits(grants, lambda grant: grant.box.purposes)
        self._fields = _bits(grants, lambda grant: grant.box.fields)
        self._below = _bits(grants, lambda grant: _everything_above(grant.tree, grant.box.fields))
        self._countries = _bits(grants, lambda grant: _countries(grant.box.territory))
        self._closed = _bits(grants, lambda grant: (grant.exclusivity == "non-exclusive",)).get(False, 0)
        by_begin = sorted(range(len(grants)), key=lambda number: grants[number].days[0])
        by_until = sorted(range(len(grants)), key=lambda number: grants[number].days[1])
        self._begins = [grants[number].days[0] for number in by_begin]
        self._untils = [grants[number].days[1] for number in by_until]
        self._begun = [0, *accumulate((1 << number for number in by_begin), int.__or__)]
        self._ended = [0, *accumulate((1 << number for number in by_until), int.__or__)]
        self._union = cache(self._or)

    def _or(self, axis: str, values: tuple[str, ...]) -> int:
        table: Mapping[str, int] = getattr(self, axis)
        found = 0
        for value in values:
            found |= table.get(value, 0)
        return found

    def candidates(self, number: int) -> Iterable[int]:
        """Later grants that may meet this one while one of the two shuts others out."""
        grant, box = self._grants[number], self._grants[number].box
        found = self._assets[grant.asset] >> (number + 1) << (number + 1)
        if grant.exclusivity == "non-exclusive":
            found &= self._closed
        found &= self._union("_acts", box.acts) & self._union("_purposes", box.purposes)
        found &= self._union("_fields", _everything_above(grant.tree, box.fields)) | self._union("_below", box.fields)
        countries = _countries(box.territory)
        if WORLD not in countries:
            found &= self._union("_countries", (*countries, WORLD))
        found &= self._begun[bisect_left(self._begins, box.days[1])]
        found &= ~self._ended[bisect_right(self._untils, box.days[0])]
        while found:
            lowest = found & -found
            yield lowest.bit_length() - 1
            found ^= lowest


@lru_cache(maxsize=65_536)
def _countries(territory: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({country_of(code) for code in places(territory)}))


@lru_cache(maxsize=65_536)
def _everything_above(tree: FieldTree, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({above for field in fields for above in tree.lineage(field)}))


def _bits(grants: Sequence[Grant], values: Callable[[Grant], Iterable[T]]) -> dict[T, int]:
    """Value to the grants that have it."""
    members: dict[T, list[int]] = {}
    for number, grant in enumerate(grants):
        for value in values(grant):
            members.setdefault(value, []).append(number)
    return {value: _mask(numbers) for value, numbers in members.items()}


def _mask(numbers: Sequence[int]) -> int:
    raised = bytearray(numbers[-1] // 8 + 1)
    for number in numbers:
        raised[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(raised, "little")
