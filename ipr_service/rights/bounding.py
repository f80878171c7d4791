"""The rules on shares themselves: derivation, residual, floors and caps, vesting, joining, handing on, in this order; each
change one step on record.

Every stage takes shares and gives shares, and leaves a ``Step`` for each party whose share it changed, with the rule, its source
and its bound. A stage whose rule changes nothing leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights import filling, language, lineage
from ipr_service.rights.contributions import Background, Contribution
from ipr_service.rights.derivation import Derivation, Step
from ipr_service.rights.language import Expression, Lacking
from ipr_service.rights.lineage import Lineage, Passed
from ipr_service.rights.notation import fraction_text, total
from ipr_service.rights.policies import Policy
from ipr_service.rights.precedence import Candidate, Cited, Undetermined, UndeterminedError, holds
from ipr_service.rights.rules import Bounded, Derive, HandOn, Join, Residual, Rule, Vest
from ipr_service.rights.scopes import Known, number, truth
from ipr_service.rights.vetoes import struck

R = TypeVar("R", bound=Rule)
Ranked = TypeVar("Ranked", Derive, Residual, Bounded, Vest)
_ZERO, _ONE = Fraction(0), Fraction(1)
Shares = dict[str, Fraction]


@dataclass(frozen=True)
class _Run:
    """What all stages look at."""

    policy: Policy
    known: Known
    parties: Sequence[str]
    vetoed: Mapping[str, Cited]

    def rules(self, kind: type[R]) -> tuple[R, ...]:
        return tuple(rule for rule in self.policy.rules if isinstance(rule, kind))

    def holds(self, question: str, rules: Iterable[Ranked], party: str | None = None) -> Ranked | None:
        """The rule that holds, asked of the case or of one party; None when none applies."""
        scope = self.known.case if party is None else self.known.party(party)
        candidates = [
            Candidate(rule, Cited(rule.id, rule.source), rule.rank, truth(rule.when, scope), self.vetoed.get(rule.id)) for rule in rules
        ]
        chosen = holds(question, candidates)
        return None if chosen is None else chosen.rule


def settle(
    policy: Policy,
    known: Known,
    parties: Sequence[str],
    contributions: Sequence[Contribution],
    background: Sequence[Background],
    derivation: Derivation,
) -> Derivation:
    """The derivation with the steps of every stage that changed something.

    Raises:
        InputError: a circle of derivation. RefusedError: bounds that cannot be met, nobody left to receive.
        UndeterminedError: nobody says who takes what is left. RuleConflictError.
    """
    run = _Run(policy, known, parties, struck(policy, known))
    shares = derivation.fractions(parties)
    steps = _derive(run, contributions, background, derivation, shares)
    _follow(shares, steps)
    for stage in (_residual, _bound, _vest, _join, _hand_on):
        made = stage(run, derivation, shares)
        _follow(shares, made)
        steps += made
    return replace(derivation, steps=tuple(steps)) if steps else derivation


def _follow(shares: Shares, steps: Sequence[Step]) -> None:
    """Bring the shares to where the steps end."""
    shares |= {step.party: step.after for step in steps}


def _derive(
    run: _Run, contributions: Sequence[Contribution], background: Sequence[Background], derivation: Derivation, shares: Shares
) -> list[Step]:
    """What builds on earlier things hands a part of its credit on to them."""
    rules = run.rules(Derive)
    rule = run.holds("what goes on to earlier things", rules) if rules else None
    if rule is None:
        return []
    excluded = {aside.contribution for aside in derivation.asides if aside.kind == "excluded"}
    owners: dict[str, Mapping[str, Fraction]] = {made.id: {made.party: _ONE} for made in contributions}
    owners |= {held.id: held.split.fractions if held.split else {held.party: _ONE} for held in background}
    things: tuple[Contribution | Background, ...] = (*contributions, *background)
    links = {
        thing.id: {earlier: dict(thing.parts).get(earlier, rule.part) for earlier in thing.built_on if earlier not in excluded}
        for thing in things
        if thing.built_on
    }
    unknown = sorted({earlier for parents in links.values() for earlier in parents} - owners.keys())
    if unknown:
        raise RefusedError(N_("{thing} is built on, but nobody says whose it is; add it as background"), thing=unknown[0])
    credit, without = _credit(derivation)
    settled = lineage.settle(credit, links, rule.cap)
    after = dict(without)
    for thing, amount in settled.kept.items():
        for party, part in owners[thing].items():
            after[party] = after.get(party, _ZERO) + amount * part
    passed = _passed_by_party(settled, owners)
    return [
        Step(
            party,
            "derive",
            rule.id,
            shares.get(party, _ZERO),
            after.get(party, _ZERO),
            rule.because,
            rule.source,
            None,
            passed.get(party, ()),
        )
        for party in run.parties
        if after.get(party, _ZERO) != shares.get(party, _ZERO)
    ]


def _credit(derivation: Derivation) -> tuple[dict[str, Fraction], Shares]:
    """What each contribution earns by itself, and what parties hold without one (heads, fixed parts).

    A term that counts its contributions one by one credits each with its amount; else they share the term alike.
    """
    credit: dict[str, Fraction] = {}
    without: Shares = {}
    for term in derivation.terms:
        if not term.contributions:
            without[term.party] = without.get(term.party, _ZERO) + term.value
            continue
        unit = term.factor / term.whole if term.amounts else term.value / len(term.contributions)
        for made, amount in zip(term.contributions, term.amounts or (_ONE,) * len(term.contributions), strict=True):
            credit[made] = credit.get(made, _ZERO) + unit * amount
    return credit, without


def _passed_by_party(settled: Lineage, owners: Mapping[str, Mapping[str, Fraction]]) -> dict[str, tuple[Passed, ...]]:
    found: dict[str, list[Passed]] = {}
    for one in settled.passed:
        for party in sorted({*owners[one.giver], *owners[one.taker]}):
            found.setdefault(party, []).append(one)
    return {party: tuple(passed) for party, passed in found.items()}


def _residual(run: _Run, _derivation: Derivation, shares: Shares) -> list[Step]:
    """Who takes what no rule gave."""
    rest = _ONE - total(shares.values())
    if rest == 0:
        return []
    rule = run.holds("who takes the rest", run.rules(Residual))
    if rule is None:
        raise UndeterminedError(Undetermined(f"who takes the remaining {fraction_text(rest)}"))
    parts = _receivers(rule, run, shares)
    return [
        Step(party, "residual", rule.id, shares[party], shares[party] + rest * part, rule.because, rule.source, rest)
        for party, part in sorted(parts.items())
        if part
    ]


def _receivers(rule: Residual, run: _Run, shares: Shares) -> dict[str, Fraction]:
    if rule.to == "heads":
        return dict.fromkeys(run.parties, Fraction(1, len(run.parties)))
    if rule.to == "pro-rata":
        return _pro_rata({party: share for party, share in shares.items() if share})
    if isinstance(rule.to, str):
        raise TypeError("the policy was checked to name nobody else")
    found = language.evaluate(rule.to, run.known.case)
    if isinstance(found, Lacking):
        raise UndeterminedError(Undetermined("who takes the rest", found.missing))
    if found not in shares:
        raise RefusedError(N_('The rule {rule} names the party "{party}", which takes no part here'), rule=rule.id, party=str(found))
    return {str(found): _ONE}


def _pro_rata(shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The proportions among those who receive.

    Raises:
        RefusedError: there are none.
    """
    whole = total(shares.values())
    if whole == 0:
        raise RefusedError(N_("Nobody is left to receive the share"))
    return {party: share / whole for party, share in shares.items()}


def _bound(run: _Run, derivation: Derivation, shares: Shares) -> list[Step]:
    """Floors and caps, together."""
    rules = run.rules(Bounded)
    if not rules:
        return []
    makers = frozenset(derivation.makers)
    chosen: dict[tuple[str, str], Bounded] = {}
    for party in run.parties:
        for kind in ("floor", "cap"):
            asked = [rule for rule in rules if rule.kind == kind and (rule.who == "everyone" or party in makers)]
            rule = run.holds(f"the {kind} of {party}", asked, party) if asked else None
            if rule is not None:
                chosen[party, kind] = rule
    bounds = {party: filling.Bound(_at(chosen, party, "floor", _ZERO), _at(chosen, party, "cap", _ONE)) for party in run.parties}
    filled = filling.fill(shares, bounds)
    return [
        _bounded(chosen, bounds[party], party, shares[party], filled[party], rules[0])
        for party in run.parties
        if filled[party] != shares[party]
    ]


def _at(chosen: Mapping[tuple[str, str], Bounded], party: str, kind: str, otherwise: Fraction) -> Fraction:
    rule = chosen.get((party, kind))
    return otherwise if rule is None else rule.at


def _bounded(
    chosen: Mapping[tuple[str, str], Bounded], bound: filling.Bound, party: str, before: Fraction, after: Fraction, any_rule: Bounded
) -> Step:
    """One party that was lifted to its floor, held at its cap, or moved because others were."""
    for kind, at in (("floor", bound.floor), ("cap", bound.cap)):
        rule = chosen.get((party, kind))
        if rule is not None and after == at:
            return Step(party, kind, rule.id, before, after, rule.because, rule.source, at)
    return Step(party, "level", any_rule.id, before, after, any_rule.because, any_rule.source)


def _vest(run: _Run, _derivation: Derivation, shares: Shares) -> list[Step]:
    """A leaver keeps a part; the rest goes to those who stay, in proportion."""
    rules = run.rules(Vest)
    leaving: dict[str, tuple[Vest, Fraction]] = {}
    for party in run.parties if rules else ():
        rule = run.holds(f"what {party} keeps", rules, party)
        if rule is not None:
            kept = number(rule.keeps, run.known.party(party))
            if isinstance(kept, Lacking):
                raise UndeterminedError(Undetermined(f"what {party} keeps", kept.missing))
            if kept > 1:
                raise RefusedError(
                    N_("{party} would keep {kept} of its share; a part of the whole lies between 0 and 1"),
                    party=party,
                    kept=fraction_text(kept),
                )
            leaving[party] = (rule, kept)
    freed = total(shares[party] * (1 - kept) for party, (_, kept) in leaving.items())
    if not freed:
        return []
    parts = _pro_rata({party: share for party, share in shares.items() if party not in leaving})
    steps = []
    for party in run.parties:
        if party in leaving:
            rule, kept = leaving[party]
            steps.append(Step(party, "vest", rule.id, shares[party], shares[party] * kept, rule.because, rule.source, kept))
        elif parts[party]:
            rule = next(rule for rule, _ in leaving.values())
            steps.append(
                Step(party, "spread", rule.id, shares[party], shares[party] + freed * parts[party], rule.because, rule.source, freed)
            )
    return [step for step in steps if step.before != step.after]


def _join(run: _Run, _derivation: Derivation, shares: Shares) -> list[Step]:
    """Somebody joins with a part of the whole; all others make room in proportion.

    Raises:
        InputError: the newcomer holds a share already, or takes nothing or all.
    """
    steps: list[Step] = []
    for rule in run.rules(Join):
        newcomer, takes = _stated_party(run, rule.id, rule.party), _stated_part(run, rule.id, rule.share)
        if shares[newcomer]:
            raise InputError.at("/newcomer", N_("{party} holds a share already"), party=newcomer)
        if not 0 < takes < 1:
            raise InputError.at("/share", N_("Who joins holds more than 0 and less than all"))
        for party, share in shares.items():
            kind, after = ("join", takes) if party == newcomer else ("room", share * (1 - takes))
            steps.append(Step(party, kind, rule.id, share, after, rule.because, rule.source, takes))
    return [step for step in steps if step.before != step.after]


def _hand_on(run: _Run, _derivation: Derivation, shares: Shares) -> list[Step]:
    """A holder hands a part of its own share on to another.

    Raises:
        InputError: it holds nothing, hands on nothing or more than all, or to itself.
    """
    steps: list[Step] = []
    for rule in run.rules(HandOn):
        giver, taker = (_stated_party(run, rule.id, one) for one in (rule.giver, rule.taker))
        part = _stated_part(run, rule.id, rule.part)
        if giver == taker or not 0 < part <= 1 or not shares[giver]:
            raise InputError.at("/part", N_("A holder hands on more than 0 and at most all of its share, to somebody else"))
        moved = shares[giver] * part
        passed = (Passed(giver, taker, part, moved),)
        for party, change in ((giver, -moved), (taker, moved)):
            after = shares[party] + change
            steps.append(Step(party, "transfer", rule.id, shares[party], after, rule.because, rule.source, passed=passed))
    return steps


def _stated_party(run: _Run, rule: str, expression: Expression) -> str:
    found = language.evaluate(expression, run.known.case)
    if isinstance(found, Lacking):
        raise UndeterminedError(Undetermined(f"the party of the rule {rule}", found.missing))
    if found not in run.parties:
        msgid = N_('The rule {rule} names the party "{party}", which takes no part here')
        raise InputError.at("/parties", msgid, rule=rule, party=str(found))
    return str(found)


def _stated_part(run: _Run, rule: str, expression: Expression) -> Fraction:
    found = number(expression, run.known.case)
    if isinstance(found, Lacking):
        raise UndeterminedError(Undetermined(f"the part of the rule {rule}", found.missing))
    return found
