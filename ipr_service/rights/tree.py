"""The derivation of a share as a tree: the share, the steps that made it, what the pot gave, what was counted; each a sentence.

Read from the top it answers *why*; each branch answers *and why that*. The same data is a nested list on a page and JSON for a program.
Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ipr_service.errors import N_
from ipr_service.rights import telling
from ipr_service.rights.allocation import Allocation
from ipr_service.rights.derivation import Term
from ipr_service.rights.explanation import why
from ipr_service.rights.notation import fraction_text, number_text
from ipr_service.rights.sentences import Sentence


@dataclass(frozen=True)
class Branch:
    """One node.

    Args:
        sentence: what it says.
        value: the exact number that it stands for; None where it is no number.
        rule, source: the rule that made it and what that rests on; empty for what was stated.
        children: why that, in the order in which it happened.
    """

    sentence: Sentence
    value: Fraction | None = None
    rule: str = ""
    source: str = ""
    children: tuple[Branch, ...] = ()

    def to_data(self, translate: Callable[[str], str] = str) -> dict[str, Any]:
        """For JSON: exact numbers as text."""
        data: dict[str, Any] = {"says": self.sentence.text(translate)}
        data |= {"value": fraction_text(self.value)} if self.value is not None else {}
        data |= {"rule": self.rule} if self.rule else {}
        data |= {"source": self.source} if self.source else {}
        return data | ({"because": [child.to_data(translate) for child in self.children]} if self.children else {})


def tree(allocation: Allocation, party: str, point: str = ".", agreed_on: str | None = None) -> Branch:
    """The derivation of one party's computed share.

    Args:
        point, agreed_on: as for :func:`~ipr_service.rights.explanation.why`.

    Raises:
        KeyError: no such party (a mistake of the caller).
    """
    told = why(allocation, party, point, agreed_on)
    sources = {rule.id: rule.source for rule in allocation.policy.rules}
    grown: list[Branch] = []
    if told.steps:
        before = told.details[0]
        grown.append(Branch(before, allocation.derivation.before(party), children=_terms(told.terms, point, sources)))
        grown += [
            Branch(
                telling.step(step, point),
                step.after,
                step.rule,
                step.source,
                tuple(Branch(telling.passed(one, point), one.amount) for one in step.passed),
            )
            for step in told.steps
        ]
    else:
        grown += _terms(told.terms, point, sources)
    grown += [Branch(telling.aside(aside), None, aside.rule, aside.source) for aside in told.asides]
    moved = [one for one in allocation.derivation.attributions if party in (one.maker, one.party)]
    grown += [Branch(telling.attribution(one), None, one.rule, one.source) for one in moved]
    return Branch(told.headline, told.share, allocation.policy.reference, allocation.policy.source, tuple(grown))


def _terms(terms: tuple[Term, ...], point: str, sources: dict[str, str]) -> tuple[Branch, ...]:
    """The summands; a single one that is the whole pot goes without saying, and its contributions stand in its place."""
    if len(terms) == 1 and terms[0].role is None and terms[0].factor == 1:
        return _counted(terms[0], point)
    return tuple(
        Branch(telling.summand(term, point), term.value, term.rule, sources.get(term.rule, ""), _counted(term, point)) for term in terms
    )


def _counted(term: Term, point: str) -> tuple[Branch, ...]:
    """What each contribution counts, and how that came about."""
    if not term.amounts:
        return tuple(Branch(Sentence(N_("{contribution} is counted"), {"contribution": made})) for made in term.contributions)
    ways = term.told or ("",) * len(term.amounts)
    return tuple(
        Branch(_amount(made, number_text(amount, point), way), amount)
        for made, amount, way in zip(term.contributions, term.amounts, ways, strict=True)
    )


def _amount(made: str, amount: str, way: str) -> Sentence:
    if way in ("", amount):
        return Sentence(N_("{contribution} counts {amount}"), {"contribution": made, "amount": amount})
    return Sentence(N_("{contribution} counts {way} = {amount}"), {"contribution": made, "amount": amount, "way": way})
