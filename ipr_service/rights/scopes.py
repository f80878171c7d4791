"""What is known to a run, and to whom: the facts of the case, of a party, of a contribution, each by its name.

An expression (``language``) is evaluated in one scope. A scope answers with the value, or with what is missing and who can say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from ipr_service.errors import InputError
from ipr_service.rights import facts, language
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.facts import Declared, Facts, Value
from ipr_service.rights.language import Expression, Lacking, Scope
from ipr_service.rights.precedence import Missing

_OWN = frozenset(("points", "effort", "cost", "role", "degree", "severable", "party"))


@dataclass(frozen=True)
class Stated:
    """What the parties stated besides their contributions.

    Args:
        case: facts of the whole case, sorted by name.
        parties: facts by party id, sorted by id.
    """

    case: Facts = ()
    parties: tuple[tuple[str, Facts], ...] = ()

    def to_data(self) -> dict[str, Any]:
        """For the canonical input; empty when nothing was stated."""
        data: dict[str, Any] = {"facts": facts.to_data(self.case)} if self.case else {}
        told = {party: facts.to_data(own) for party, own in self.parties if own}
        return data | ({"party_facts": told} if told else {})


NOTHING_STATED: Final = Stated()


@dataclass(frozen=True)
class Known:
    """All that a run knows: what was stated, and what the policy declares."""

    declared: Mapping[str, Declared]
    stated: Stated = NOTHING_STATED

    @cached_property
    def _case(self) -> Mapping[str, Value]:
        return MappingProxyType(dict(self.stated.case))

    @cached_property
    def _parties(self) -> Mapping[str, Mapping[str, Value]]:
        return MappingProxyType({party: dict(own) for party, own in self.stated.parties})

    def case(self, name: str) -> Value | Missing:
        """A fact of the whole case."""
        return self._case.get(name) or self._else(self._case, name, "")

    def _else(self, found: Mapping[str, Value], name: str, of: str) -> Value | Missing:
        if name in found:  # 0 and false are values
            return found[name]
        one = self.declared.get(name)
        return Missing(name, of, one.settles if one else "")

    def party(self, party: str) -> Scope:
        """What is known about a party."""
        own: Mapping[str, Value] = self._parties.get(party, {})

        def scope(name: str) -> Value | Missing:
            if name == "party":
                return party
            declared = self.declared.get(name)
            return self._else(own, name, party) if declared and declared.of == "party" else self.case(name)

        return scope

    def contribution(self, made: Contribution) -> Scope:
        """What is known about a contribution and the party whose it counts as."""
        own = dict(made.facts)

        def scope(name: str) -> Value | Missing:
            if name in _OWN:
                found = getattr(made, name)
                return Missing(name, made.id) if found is None else found
            if name == "registered":
                return made.registered_at.astimezone(UTC).date() if made.registered_at else Missing(name, made.id)
            if name in own:
                return own[name]
            declared = self.declared.get(name)
            if declared and declared.of == "contribution":
                return Missing(name, made.id, declared.settles)
            return self.party(made.party)(name)

        return scope


def truth(expression: Expression | None, scope: Scope) -> bool | tuple[Missing, ...]:
    """Whether a condition holds; what is missing to say so."""
    if expression is None:
        return True
    found = language.evaluate(expression, scope)
    return found.missing if isinstance(found, Lacking) else bool(found)


def number(expression: Expression, scope: Scope) -> Fraction | Lacking:
    """A number, not negative and not endless; what is missing to say it.

    Raises:
        InputError: below 0, or of more digits than are taken.
    """
    found = language.evaluate(expression, scope)
    if isinstance(found, Lacking):
        return found
    if not isinstance(found, Fraction):
        raise TypeError("the policy was checked to give a number here")
    check_size(found)
    return found


def check_size(amount: Fraction) -> None:
    """Refuse a computed amount that is negative or endless.

    Raises:
        InputError
    """
    if amount < 0:
        raise InputError.at("", facts.NEGATIVE)
    if amount.numerator.bit_length() + amount.denominator.bit_length() > MAX_BITS:
        raise InputError.at("", facts.ENDLESS, limit=MAX_BITS)


MAX_BITS = 4000
"""Most binary digits of an amount that an expression computes, above and below the line together."""
