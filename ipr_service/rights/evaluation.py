"""The interpreter: a policy applied to a pot, stage by stage; shares with their whole derivation out.

The stages, and which rule holds in each, are those of ``rules`` and ``precedence``. What each kind of rule computes stands in
``weighing`` (the pot into shares), ``lineage`` (derivation), ``filling`` (floors and caps) and ``bounding`` (the steps on shares).
Nothing here depends on the order of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TypeVar

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights import bounding, language, weighing
from ipr_service.rights.contributions import Background, Contribution
from ipr_service.rights.derivation import Aside, Attribution, Derivation, Entitlement, Passover, Term
from ipr_service.rights.language import Lacking, Scope
from ipr_service.rights.notation import fraction_text, total
from ipr_service.rights.policies import Policy
from ipr_service.rights.precedence import Candidate, Cited, Undetermined, UndeterminedError, holds
from ipr_service.rights.rules import (
    Attribute,
    Basis,
    Exclude,
    Fixed,
    LeaveOut,
    Pool,
    Pools,
    Rule,
    SetApart,
    Sole,
    Veto,
    Weigh,
)
from ipr_service.rights.scopes import NOTHING_STATED, Known, Stated, number, truth
from ipr_service.rights.vetoes import struck
from ipr_service.rights.weighing import ONE, Pot

R = TypeVar("R", bound=Rule)

_ROLE, _SEVERABLE, _PARTY = attrgetter("role"), attrgetter("severable"), attrgetter("party")


def derive(
    policy: Policy,
    parties: Sequence[str],
    contributions: Sequence[Contribution],
    background: Sequence[Background] = (),
    stated: Stated = NOTHING_STATED,
) -> Derivation:
    """Apply ``policy``.

    Args:
        parties: ids, in canonical order.
        contributions: in canonical order, each of a listed party.
        background: what they were built on; looked at by a rule that derives.
        stated: what the parties stated besides.

    Raises:
        InputError: something the policy needs was not said (points, a degree, one currency); a circle of derivation.
        UndeterminedError: a fact is missing that decides which rule holds.
        RuleConflictError: two rules of equal rank apply.
        RefusedError: nothing is in the pot, or all that is in it adds up to 0; bounds that cannot be met.
    """
    known = Known(policy.declared, stated)
    counted, attributions = _attribute(policy, known, contributions, frozenset(parties))
    pot, asides = _select(policy, known, counted)
    fixed = tuple(_fixed(policy, known, frozenset(parties)))
    rest = ONE - total(term.value for term in fixed)
    if rest < 0:
        raise RefusedError(N_("The fixed parts add up to {sum}; nobody can hold more than there is"), sum=fraction_text(ONE - rest))
    basis, passed_over = _basis(policy, known)
    divided = Pot(parties, pot, asides, known, rest)
    terms, entitlements = _divide(basis, divided) if rest else ((), ())
    derivation = Derivation(
        terms=(*fixed, *terms),
        asides=asides,
        attributions=attributions,
        entitlements=entitlements,
        passed_over=passed_over,
        basis=Cited(basis.id, basis.source),
        makers=tuple(sorted(set(map(_PARTY, pot)))),
    )
    return bounding.settle(policy, known, parties, counted, background, derivation)


def _attribute(
    policy: Policy, known: Known, contributions: Sequence[Contribution], parties: frozenset[str]
) -> tuple[tuple[Contribution, ...], tuple[Attribution, ...]]:
    """Stage 1: whose each contribution counts as."""
    rules = _rules(policy, Attribute)
    if not rules:
        return tuple(contributions), ()
    vetoed = struck(policy, known)
    counted: list[Contribution] = []
    attributions: list[Attribution] = []
    for made in contributions:
        scope = known.contribution(made)
        chosen = holds(f"whose {made.id} is", [_candidate(rule, scope, vetoed) for rule in rules])
        holder = made.party if chosen is None else _party(chosen.rule, chosen.rule.to, scope, parties)
        counted.append(made if holder == made.party else replace(made, party=holder))
        if chosen is not None and holder != made.party:
            rule = chosen.rule
            attributions.append(Attribution(made.id, made.party, holder, rule.id, rule.because, rule.source))
    return tuple(counted), tuple(attributions)


def _select(policy: Policy, known: Known, contributions: Sequence[Contribution]) -> tuple[tuple[Contribution, ...], tuple[Aside, ...]]:
    """Stage 2: what is in the pot, and what is not and why."""
    severable = next(iter(_rules(policy, SetApart)), None)
    excluded = {rule.role: rule for rule in _rules(policy, Exclude)}
    left_out = _rules(policy, LeaveOut)
    plain = not left_out and not any(map(_SEVERABLE, contributions)) and excluded.keys().isdisjoint(map(_ROLE, contributions))
    if plain:
        return tuple(contributions), ()
    pot: list[Contribution] = []
    asides: list[Aside] = []
    for made in contributions:
        rule: SetApart | Exclude | LeaveOut | None = severable if severable and made.severable else excluded.get(made.role)
        if rule is None and left_out:
            rule = _left_out(left_out, made, known)
        if rule is None:
            pot.append(made)
        else:
            kind = "severable" if isinstance(rule, SetApart) else "excluded"
            asides.append(Aside(made.id, made.party, made.role, kind, rule.id, rule.because, rule.source))
    return tuple(pot), tuple(asides)


def _left_out(rules: Sequence[LeaveOut], made: Contribution, known: Known) -> LeaveOut | None:
    """The first rule, by id, that leaves a contribution out: they all do the same, so they cannot conflict."""
    for rule in rules:
        found = truth(rule.when, known.contribution(made))
        if isinstance(found, tuple):
            raise UndeterminedError(Undetermined(f"whether {made.id} counts", found))
        if found:
            return rule
    return None


def _fixed(policy: Policy, known: Known, parties: frozenset[str]) -> Iterable[Term]:
    """Stage 3: agreed parts of the whole. Two for one party are two answers to one question."""
    vetoed = struck(policy, known)
    by_party: dict[str, list[Fixed]] = {}
    for rule in _rules(policy, Fixed):
        if truth(rule.when, known.case) is not False:
            by_party.setdefault(_party(rule, rule.party, known.case, parties), []).append(rule)
    for party in sorted(by_party):
        chosen = holds(f"the fixed part of {party}", [_candidate(rule, known.case, vetoed) for rule in by_party[party]])
        if chosen is not None:
            share = number(chosen.rule.share, known.case)
            if isinstance(share, Lacking):
                raise UndeterminedError(Undetermined(f"the fixed part of {party}", share.missing))
            yield Term(party, chosen.rule.id, "fixed", None, ONE, share, ONE, ())


def _basis(policy: Policy, known: Known) -> tuple[Basis, tuple[Passover, ...]]:
    """Stage 4: the one rule that divides the pot, and why the others do not."""
    if len(policy.bases) == 1 and policy.bases[0].when is None and not _rules(policy, Veto):
        return policy.bases[0], ()
    vetoed = struck(policy, known)
    candidates = [_candidate(rule, known.case, vetoed) for rule in policy.bases]
    chosen = holds("the basis of the split", candidates)
    if chosen is None:
        raise UndeterminedError(Undetermined("the basis of the split"))
    others = [one for one in candidates if one is not chosen]
    return chosen.rule, tuple(_passover(one, chosen) for one in sorted(others, key=lambda one: one.cited.rule))


def _passover(other: Candidate[Basis], chosen: Candidate[Basis]) -> Passover:
    if other.struck_by is not None:
        return Passover(other.cited, "struck", other.struck_by)
    return Passover(other.cited, "condition") if other.applies is False else Passover(other.cited, "rank", chosen.cited)


def _divide(basis: Basis, pot: Pot) -> tuple[tuple[Term, ...], tuple[Entitlement, ...]]:
    match basis:
        case Weigh():
            return weighing.weigh(basis, pot), ()
        case Pool():
            return weighing.pool(basis, pot), ()
        case Pools():
            return weighing.pools(basis, pot), ()
        case Sole():
            return _sole(basis, pot)


def _sole(rule: Sole, pot: Pot) -> tuple[tuple[Term, ...], tuple[Entitlement, ...]]:
    """One holds all; the others get what the rule gives back."""
    holder = _party(rule, rule.holder, pot.known.case, frozenset(pot.parties))
    counted = tuple(made.id for made in pot.contributions)
    others = (party for party in pot.parties if party != holder)
    entitlements = tuple(Entitlement(party, holder, rule.back, rule.id, rule.because, rule.source) for party in others)
    return (Term(holder, rule.id, "sole", None, pot.part, ONE, ONE, counted),), entitlements


def _party(rule: Attribute | Fixed | Sole, expression: language.Expression, scope: Scope, parties: frozenset[str]) -> str:
    """The party that an expression names.

    Raises:
        UndeterminedError: nobody said which. InputError: it takes no part.
    """
    found = language.evaluate(expression, scope)
    if isinstance(found, Lacking):
        raise UndeterminedError(Undetermined(f"the party of the rule {rule.id}", found.missing))
    if found not in parties:
        msgid = N_('The rule {rule} names the party "{party}", which takes no part here')
        raise InputError.at("/parties", msgid, rule=rule.id, party=str(found))
    return str(found)


R_ranked = TypeVar("R_ranked", Attribute, Fixed, Basis)


def _candidate(rule: R_ranked, scope: Scope, struck_by: dict[str, Cited]) -> Candidate[R_ranked]:
    return Candidate(rule, Cited(rule.id, rule.source), rule.rank, truth(rule.when, scope), struck_by.get(rule.id))


def _rules(policy: Policy, kind: type[R]) -> tuple[R, ...]:
    return tuple(rule for rule in policy.rules if isinstance(rule, kind))
