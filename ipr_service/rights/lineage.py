"""Derivation: what builds on an earlier thing passes a part of what it earns on to it, and that to its own sources.

``Share(v) = (1 - sum of parts) x own + sum of part x Share(parent)``. The parts of one thing may be capped together; above
the cap they are scaled in proportion. The things and what they are built on must form no circle; a circle is refused
with its path, across collaborations too.

Credit is passed down once, from what builds to what was built on, so a diamond is counted along both of its arms and the
work is linear in the number of links.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import fraction_text, total

MAX_LINKS = 200_000
_ZERO, _ONE = Fraction(0), Fraction(1)

Links = Mapping[str, Mapping[str, Fraction]]
"""By thing: by the earlier thing it is built on, the part of its credit that goes there."""


@dataclass(frozen=True)
class Passed:
    """Credit that one thing hands on to another.

    Args:
        giver: what builds.
        taker: what was built on.
        part: of the giver's credit, after the cap.
        amount: of the whole.
    """

    giver: str
    taker: str
    part: Fraction
    amount: Fraction


@dataclass(frozen=True)
class Lineage:
    """What each thing keeps, and everything that was handed on, in the order of the ids."""

    kept: Mapping[str, Fraction]
    passed: tuple[Passed, ...]


def capped(links: Links, cap: Fraction = _ONE) -> dict[str, dict[str, Fraction]]:
    """The links with the parts of each thing scaled down to ``cap`` together where they add up to more.

    Raises:
        InputError: a part below 0, or above 1 in sum without a cap that scales it.
    """
    scaled: dict[str, dict[str, Fraction]] = {}
    for thing, parents in links.items():
        for parent, part in parents.items():
            if not 0 <= part <= 1:
                msgid = N_("{thing} passes {part} on to {parent}; a part lies between 0 and 1")
                raise InputError.at(f"/built_on/{thing}", msgid, thing=thing, part=fraction_text(part), parent=parent)
        whole = total(parents.values())
        ratio = cap / whole if whole > cap else _ONE
        scaled[thing] = {parent: part * ratio for parent, part in parents.items()}
    return scaled


def settle(credit: Mapping[str, Fraction], links: Links, cap: Fraction = _ONE) -> Lineage:
    """Hand credit down along the links.

    Args:
        credit: by thing, what it earns by itself.
        links: what each thing is built on; things not named keep all they have.
        cap: most that one thing hands on, between 0 and 1.

    Returns:
        What each thing keeps; it adds up to what ``credit`` adds up to.

    Raises:
        InputError: a circle (the path is named), a part outside 0 to 1, too many links.
    """
    if sum(len(parents) for parents in links.values()) > MAX_LINKS:
        raise InputError.at("/built_on", N_("More than {limit} links from a thing to an earlier one"), limit=MAX_LINKS)
    scaled = capped(links, cap)
    order = _from_latest(scaled)
    has = dict.fromkeys(order, _ZERO) | dict(credit)
    passed: list[Passed] = []
    for thing in order:
        own = has[thing]
        for parent in sorted(scaled.get(thing, ())):
            part = scaled[thing][parent]
            amount = own * part
            has[parent] += amount
            has[thing] -= amount
            if amount:
                passed.append(Passed(thing, parent, part, amount))
    return Lineage(MappingProxyType(has), tuple(sorted(passed, key=lambda one: (one.giver, one.taker))))


def _from_latest(links: Links) -> list[str]:
    """Every thing before what it is built on; among equals, by id.

    Raises:
        InputError: a circle.
    """
    done: dict[str, bool] = {}  # False while its sources are being looked at
    order: list[str] = []
    for start in sorted(links):
        stack = [(start, iter(sorted(links.get(start, ()))))] if start not in done else []
        done.setdefault(start, False)
        while stack:
            thing, parents = stack[-1]
            parent = next(parents, None)
            if parent is None:
                done[thing] = True
                order.append(thing)
                stack.pop()
            elif parent not in done:
                done[parent] = False
                stack.append((parent, iter(sorted(links.get(parent, ())))))
            elif not done[parent]:
                path = [one for one, _ in stack]
                raise _circle([*path[path.index(parent) :], parent])
    return order[::-1]


def _circle(path: list[str]) -> InputError:
    """The refusal of a circle, told from its lowest id so that it is the same wherever the search began."""
    ring = path[:-1]
    first = ring.index(min(ring))
    shown = " → ".join([*ring[first:], *ring[:first], ring[first]])
    return InputError.at("/built_on", N_("Nothing can be built on itself; the circle is {path}"), path=shown)
