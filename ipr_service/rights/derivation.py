"""How a policy got from contributions to shares: every step as data, with the rule, the source, the inputs and the exact result.

A share begins as the sum of its :class:`Term` s, each ``factor x part / whole``. What stays out of the pot is an :class:`Aside`
with its reason, what counts as somebody else's an :class:`Attribution`. Rules on the shares themselves (derivation, residual, floors
and caps, vesting) are :class:`Step` s, one for each party whose share they change. ``evaluation`` makes these, ``explanation`` and
``tree`` tell them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeVar

from ipr_service.rights.lineage import Passed
from ipr_service.rights.notation import total
from ipr_service.rights.precedence import Cited
from ipr_service.rights.rules import Back

_NOTHING: Final = Fraction(0)


@dataclass(frozen=True)
class Term:
    """One summand of a share.

    Args:
        party: whose share.
        rule: id of the rule within the policy.
        measure: what was counted: ``heads``, ``points``, ``effort``, ``cost``, ``degree`` (in ``role``), ``worth``,
            ``held`` (a share of the split before); or ``fixed``, ``sole``.
        role: the role or pool whose part of the pot this is; None when the whole pot is meant.
        factor: the part of the whole that is being divided (1, or the role's weight over all weights).
        part: the party's own measure.
        whole: everybody's measure.
        contributions: ids of the contributions counted, in canonical order.
        unit: what is counted: a currency when ``measure`` is ``cost``, the policy's own word when it is ``worth``.
        fallback: the rule's own measure added up to 0 and its ``on_zero`` was used.
        amounts: what each of ``contributions`` counts, where they are counted one by one; else empty.
        told: how each amount came about (``200 × 50 EUR × 2``), where an expression gave it; else empty.
    """

    party: str
    rule: str
    measure: str
    role: str | None
    factor: Fraction
    part: Fraction
    whole: Fraction
    contributions: tuple[str, ...]
    unit: str | None = None
    fallback: bool = False
    amounts: tuple[Fraction, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def value(self) -> Fraction:
        """What this term adds to the share."""
        return self.factor * self.part / self.whole


@dataclass(frozen=True)
class Aside:
    """A contribution that is not in the pot, and why.

    Args:
        kind: ``severable`` (its maker's own thing) or ``excluded`` (weighs nothing).
    """

    contribution: str
    party: str
    role: str
    kind: str
    rule: str
    because: str
    source: str


@dataclass(frozen=True)
class Attribution:
    """A contribution that counts as somebody else's than its maker's; who made it is unchanged."""

    contribution: str
    maker: str
    party: str
    rule: str
    because: str
    source: str


@dataclass(frozen=True)
class Step:
    """What one rule made of one party's share after the pot was divided.

    Args:
        kind: ``derive``, ``residual``, ``floor``, ``cap``, ``level`` (moved because others stand on a bound), ``vest`` or
            ``spread``, ``join`` or ``room``, ``transfer``.
        at: the bound, or the part that was kept; None where there is none.
        passed: with ``derive``, what was handed on from or to things of this party.
    """

    party: str
    kind: str
    rule: str
    before: Fraction
    after: Fraction
    because: str
    source: str
    at: Fraction | None = None
    passed: tuple[Passed, ...] = ()

    @property
    def difference(self) -> Fraction:
        """What the step adds to the share, or takes from it."""
        return self.after - self.before


@dataclass(frozen=True)
class Entitlement:
    """What a party gets beside shares, because another holds all: a licence back and money, in words."""

    party: str
    holder: str
    back: Back
    rule: str
    because: str
    source: str


@dataclass(frozen=True)
class Passover:
    """A rule of a lower rank that did not decide, because one of a higher rank did or mandatory law struck it: why not."""

    cited: Cited
    why: str
    by: Cited | None = None


_Owned = TypeVar("_Owned", Term, Aside, Step, Entitlement)


@dataclass(frozen=True)
class Derivation:
    """How a policy got from contributions to shares.

    Args:
        basis: the rule that divided the pot.
        makers: parties with something in the pot, sorted.
    """

    terms: tuple[Term, ...]
    asides: tuple[Aside, ...]
    attributions: tuple[Attribution, ...] = ()
    steps: tuple[Step, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    passed_over: tuple[Passover, ...] = ()
    basis: Cited | None = None
    makers: tuple[str, ...] = ()

    def of(self, party: str) -> tuple[tuple[Term, ...], tuple[Aside, ...]]:
        """What concerns one party: the summands of its share, and what it has outside the pot."""
        terms, asides = self._by_party
        return terms.get(party, ()), asides.get(party, ())

    def steps_of(self, party: str) -> tuple[Step, ...]:
        """What was done to one party's share afterwards, in the order of the stages."""
        return self._steps.get(party, ())

    def before(self, party: str) -> Fraction:
        """What the pot alone gives to a party, before any step."""
        return self._before.get(party, _NOTHING)

    @cached_property
    def _before(self) -> dict[str, Fraction]:
        own = self._by_party[0]
        return {party: terms[0].value if len(terms) == 1 else total(term.value for term in terms) for party, terms in own.items()}

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles or pools that anybody is in."""
        return frozenset(term.role for term in self.terms if term.role is not None)

    @cached_property
    def _by_party(self) -> tuple[dict[str, tuple[Term, ...]], dict[str, tuple[Aside, ...]]]:
        return _grouped(self.terms), _grouped(self.asides)

    @cached_property
    def _steps(self) -> dict[str, tuple[Step, ...]]:
        return _grouped(self.steps)

    def fractions(self, parties: Sequence[str]) -> dict[str, Fraction]:
        """The shares: what the terms add up to, after the steps; 0 for a party without either."""
        steps = self._steps
        return {party: steps[party][-1].after if party in steps else self.before(party) for party in parties}


def _grouped(items: Sequence[_Owned]) -> dict[str, tuple[_Owned, ...]]:
    groups: dict[str, list[_Owned]] = {}
    for item in items:
        groups.setdefault(item.party, []).append(item)
    return {party: tuple(group) for party, group in groups.items()}
