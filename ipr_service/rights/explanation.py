"""Why a share is what it is, why it is nothing, and what would change it: in sentences that a designer understands.

Sentences are msgids with values, so that a face says them in the reader's language; ``str()`` is the English one. The
numbers in them are exact: this module never rounds and never computes a share, it only tells a derivation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from ipr_service.errors import N_
from ipr_service.rights import telling
from ipr_service.rights.allocation import Allocation
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.derivation import Aside, Step, Term
from ipr_service.rights.facts import shown
from ipr_service.rights.notation import fraction_text, number_text, percent, signed_percent
from ipr_service.rights.sentences import Sentence as Sentence

MAX_SHOWN: Final = 20
"""Most contributions that one sentence lists; the terms of an explanation hold them all."""


@dataclass(frozen=True)
class Explanation:
    """Why one party holds what it holds.

    Args:
        party: its id.
        share: what the policy computes for it; see ``Allocation.proposed`` for negotiated shares.
        headline: the share and its reason in one sentence.
        details: one sentence per summand, per thing kept outside the pot, and on negotiated shares.
        terms: the summands themselves, for a tree on a page.
        asides: what stays outside the pot.
        steps: what was done to the share after the pot was divided.
    """

    party: str
    share: Fraction
    headline: Sentence
    details: tuple[Sentence, ...]
    terms: tuple[Term, ...]
    asides: tuple[Aside, ...]
    steps: tuple[Step, ...] = ()


def why(allocation: Allocation, party: str, point: str = ".", agreed_on: str | None = None) -> Explanation:
    """Why (or why not) ``party`` holds its share.

    Args:
        point: the reader's decimal mark.
        agreed_on: the day on which all parties accepted, as the reader writes it; None before that.

    Raises:
        KeyError: no such party (a mistake of the caller).
    """
    share = allocation.computed.fractions[party]
    terms, asides = allocation.derivation.of(party)
    steps = allocation.derivation.steps_of(party)
    head = _headline(allocation, allocation.derivation.before(party) if steps else share, terms, asides, point, agreed_on)
    details = [] if not steps else [head, *(telling.step(one, point) for one in steps)]
    details += [telling.passed(one, point) for step in steps for one in step.passed[:MAX_SHOWN]]
    details += [telling.summand(term, point) for term in terms] if len(terms) > 1 or _pooled(terms) else []
    details += _counted(terms)
    told = [one for one in allocation.derivation.attributions if party in (one.maker, one.party)]
    details += [telling.attribution(one) for one in told]
    details += [telling.aside(aside) for aside in asides]
    details += [said for one in allocation.derivation.entitlements if one.party == party for said in telling.entitlement(one)]
    details += _negotiated(allocation, party, point)
    if steps:
        head = telling.after(share, steps, allocation.policy.reference, point)
    return Explanation(party, share, head, tuple(details), terms, asides, steps)


def account(allocation: Allocation, point: str = ".", agreed_on: str | None = None) -> tuple[Explanation, ...]:
    """:func:`why` for every party, in the order of their ids."""
    return tuple(why(allocation, party.id, point, agreed_on) for party in allocation.parties)


def why_not(allocation: Allocation) -> tuple[Sentence, ...]:
    """Rules that did not decide, each with the reason: the condition, the rank, or the law that strikes it."""
    told = [telling.passover(one) for one in allocation.derivation.passed_over]
    if allocation.veto is not None and allocation.negotiated is not None:
        values = {"rule": allocation.veto.id, "source": allocation.veto.source}
        msgid = N_("The negotiated shares do not stand: {because} (rule {rule}, {source})")
        told.append(Sentence(msgid, values, {"because": allocation.veto.because}))
    return tuple(told)


def _pooled(terms: tuple[Term, ...]) -> bool:
    """Whether a single summand is a part of one pool among others."""
    return any(term.role is not None and term.measure != "degree" for term in terms)


def _headline(
    allocation: Allocation, share: Fraction, terms: tuple[Term, ...], asides: tuple[Aside, ...], point: str, agreed_on: str | None
) -> Sentence:
    rule = allocation.policy.reference
    if not terms:
        if asides:
            return Sentence(N_("0 %: nothing that it recorded counts, for the reasons below (rule {rule})"), {"rule": rule})
        if any(term.measure == "sole" for term in allocation.derivation.terms):
            return Sentence(N_("0 %: another party holds the whole (rule {rule})"), {"rule": rule})
        return Sentence(N_("0 %: no contribution is recorded (rule {rule})"), {"rule": rule})
    agreed = None if allocation.unsigned else (len(allocation.parties), agreed_on)
    return telling.headline(share, terms, rule, point, len(allocation.derivation.roles), agreed)


def _counted(terms: tuple[Term, ...]) -> list[Sentence]:
    """What was counted, with how much and how it came about where an expression says it."""
    counted = [made for term in terms for made in _worked(term)]
    shown = ", ".join(counted[:MAX_SHOWN]) + (" …" if len(counted) > MAX_SHOWN else "")
    return [Sentence(N_("Counted: {contributions}"), {"contributions": shown})] if counted else []


def _worked(term: Term) -> list[str]:
    if not term.told or len(term.told) != len(term.contributions):
        return list(term.contributions)
    listed = zip(term.contributions, term.told, term.amounts, strict=True)
    return [
        f"{made} ({told})" if told == number_text(amount) else f"{made} ({told} = {number_text(amount)})" for made, told, amount in listed
    ]


def _negotiated(allocation: Allocation, party: str, point: str) -> list[Sentence]:
    if allocation.negotiated is None:
        return []
    wanted = allocation.negotiated.split.fractions[party]
    values = {
        "share": percent(wanted, point),
        "fraction": fraction_text(wanted),
        "computed": percent(allocation.computed.fractions[party], point),
        "difference": signed_percent(wanted - allocation.computed.fractions[party], point),
        "reason": allocation.negotiated.reason,
    }
    if allocation.veto is not None:
        msgid = N_("Negotiated: {share} = {fraction} ({difference}), but it does not stand: {because} ({source})")
        values["source"] = allocation.veto.source
        return [Sentence(msgid, values, {"because": allocation.veto.because})]
    if allocation.unsigned:
        msgid = N_("Negotiated instead: {share} = {fraction} ({difference}), once every party has signed; their reason: {reason}")
    else:
        msgid = N_("Negotiated and signed by every party: {share} = {fraction}, not {computed} ({difference}); their reason: {reason}")
    return [Sentence(msgid, values)]


@dataclass(frozen=True)
class Change:
    """One party in two runs; None where it takes no part."""

    party: str
    before: Fraction | None
    after: Fraction | None

    @property
    def difference(self) -> Fraction:
        """After less before; a party that takes no part counts as 0."""
        return (self.after or Fraction(0)) - (self.before or Fraction(0))


@dataclass(frozen=True)
class Comparison:
    """What two runs differ in.

    Args:
        changes: every party of either run, by id; the shares as proposed.
        causes: what differs in the input, one sentence each; empty when the runs are the same.
    """

    changes: tuple[Change, ...]
    causes: tuple[Sentence, ...]


def compare(before: Allocation, after: Allocation) -> Comparison:
    """What changes from one run to the other, and because of what (the what-if before signing)."""
    old, new = before.proposed.fractions, after.proposed.fractions
    changes = tuple(Change(party, old.get(party), new.get(party)) for party in sorted(old.keys() | new.keys()))
    return Comparison(changes, tuple(_causes(before, after)))


def _causes(before: Allocation, after: Allocation) -> list[Sentence]:
    causes: list[Sentence] = []
    if before.policy.digest != after.policy.digest:
        values = {"before": before.policy.reference, "after": after.policy.reference}
        causes.append(Sentence(N_("The rule changed from {before} to {after}"), values))
    old_parties, new_parties = {p.id for p in before.parties}, {p.id for p in after.parties}
    causes += [Sentence(N_("{party} joined"), {"party": party}) for party in sorted(new_parties - old_parties)]
    causes += [Sentence(N_("{party} left"), {"party": party}) for party in sorted(old_parties - new_parties)]
    old, new = {c.id: c for c in before.contributions}, {c.id: c for c in after.contributions}
    causes += [_moved(N_("{id} was added, by {party}"), new[name]) for name in sorted(new.keys() - old.keys())]
    causes += [_moved(N_("{id} was taken out, by {party}"), old[name]) for name in sorted(old.keys() - new.keys())]
    for name in sorted(old.keys() & new.keys()):
        causes += _edits(old[name], new[name])
    causes += _stated("", dict(before.stated.case), dict(after.stated.case))
    old_facts, new_facts = dict(before.stated.parties), dict(after.stated.parties)
    for party in sorted(old_facts.keys() | new_facts.keys()):
        causes += _stated(party, dict(old_facts.get(party, ())), dict(new_facts.get(party, ())))
    if before.background != after.background:
        causes.append(Sentence(N_("The background changed")))
    if before.negotiated != after.negotiated:
        causes.append(Sentence(N_("The negotiated shares changed")))
    return causes


def _moved(msgid: str, made: Contribution) -> Sentence:
    return Sentence(msgid, {"id": made.id, "party": made.party})


_WEIGHED_FIELDS: Final = MappingProxyType(
    {
        "party": N_("party"),
        "role": N_("role"),
        "degree": N_("degree"),
        "points": N_("points"),
        "effort": N_("hours"),
        "cost": N_("cost"),
        "severable": N_("severable"),
        "built_on": N_("built on"),
    }
)


def _edits(old: Contribution, new: Contribution) -> list[Sentence]:
    msgid = N_("{id}: {field} changed from {before} to {after}")
    edits = []
    for name, word in _WEIGHED_FIELDS.items():
        before, after = _shown(getattr(old, name)), _shown(getattr(new, name))
        if before != after:
            edits.append(Sentence(msgid, {"id": new.id, "before": before, "after": after}, {"field": word}))
    return edits + _stated(new.id, dict(old.facts), dict(new.facts))


def _stated(of: str, old: dict[str, Any], new: dict[str, Any]) -> list[Sentence]:
    """Facts that were stated otherwise."""
    edits = []
    for name in sorted(old.keys() | new.keys()):
        before, after = (shown(one[name]) if name in one else "–" for one in (old, new))
        if before != after:
            values = {"id": of, "field": name, "before": before, "after": after}
            msgid = N_("{id}: {field} changed from {before} to {after}") if of else N_("{field} changed from {before} to {after}")
            edits.append(Sentence(msgid, values))
    return edits


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Fraction):
        return number_text(value)
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return ", ".join(sorted(value))
    return f"{number_text(value.amount)} {value.currency}" if hasattr(value, "currency") else str(value)
