"""The parts of a derivation in sentences: a summand, a step on a share, a thing outside the pot, a licence back, a rule passed over.

``explanation`` puts them together for a party, ``tree`` hangs them where they belong. The numbers are exact; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from ipr_service.errors import N_
from ipr_service.rights.derivation import Aside, Attribution, Entitlement, Passover, Step, Term
from ipr_service.rights.lineage import Passed
from ipr_service.rights.notation import fraction_text, number_text, percent, signed_percent
from ipr_service.rights.policies import role_title
from ipr_service.rights.sentences import Sentence

_HEADLINES: Final = MappingProxyType(
    {
        "heads": N_("{percent} = {share}: one of {whole} parties that share equally (rule {rule})"),
        "points": N_("{percent} = {share}: {part} of the {whole} points that are proposed (rule {rule})"),
        "points-signed": N_("{percent} = {share}: {part} of the {whole} points that the parties agreed on (rule {rule})"),
        "effort": N_("{percent} = {share}: {part} of the {whole} hours recorded (rule {rule})"),
        "cost": N_("{percent} = {share}: {part} of the {whole} {unit} spent (rule {rule})"),
        "worth": N_("{percent} = {share}: {part} of the {whole} {unit} that count (rule {rule})"),
        "held": N_("{percent} = {share}: as it held before (rule {rule})"),
        "fixed": N_("{percent} = {share}: a fixed part of the whole (rule {rule})"),
        "sole": N_("{percent} = {share}: it alone holds the whole (rule {rule})"),
        "fallback": N_("{percent} = {share}: one of {whole} equal parts, because what the rule weighs adds up to 0 (rule {rule})"),
        "role": N_("{percent} = {share}: {part} of {whole} in {role}, the only role that anybody worked in (rule {rule})"),
        "roles": N_("{percent} = {share}: what its work in {count} of {all} roles adds up to (rule {rule})"),
        "pools": N_("{percent} = {share}: what {count} parts of the whole add up to (rule {rule})"),
        "pool": N_("{percent} = {share}: {part} of {whole} in {role}, the only pool that anybody is in (rule {rule})"),
    }
)

AGREED: Final = N_("{percent} = {share}: {part} of the {whole} points that all {count} of you agreed on {date} (rule {rule})")

_AFTER: Final = MappingProxyType(
    {
        "cap": N_("{percent} = {share}: {before} as weighed, held at the cap of {at} (rule {rule})"),
        "floor": N_("{percent} = {share}: {before} as weighed, lifted to the floor of {at} (rule {rule})"),
        "level": N_("{percent} = {share}: {before} as weighed, moved in proportion because others stand on a floor or cap (rule {rule})"),
        "derive": N_("{percent} = {share}: {before} as weighed, and {difference} by what builds on what (rule {rule})"),
        "residual": N_("{percent} = {share}: {before} as weighed, and {difference} of what no rule gave (rule {rule})"),
        "vest": N_("{percent} = {share}: it leaves, and keeps {at} of the {before} that it had (rule {rule})"),
        "spread": N_("{percent} = {share}: {before} as weighed, and {difference} of what a leaver does not keep (rule {rule})"),
        "join": N_("{percent} = {share}: it joins with this part of the whole (rule {rule})"),
        "room": N_("{percent} = {share}: {before} before, less what it makes room for (rule {rule})"),
        "transfer": N_("{percent} = {share}: {before} before, and {difference} handed on (rule {rule})"),
    }
)

_STEPS: Final = MappingProxyType(
    {
        "cap": N_("{before} becomes {after}, the cap: {because} ({source})"),
        "floor": N_("{before} becomes {after}, the floor: {because} ({source})"),
        "level": N_("{before} becomes {after}, in the same proportion as the others that are free: {because} ({source})"),
        "derive": N_("{before} becomes {after} along what builds on what: {because} ({source})"),
        "residual": N_("{before} becomes {after}, with a part of the {at} that no rule gave: {because} ({source})"),
        "vest": N_("{before} becomes {after}, the {at} that is kept: {because} ({source})"),
        "spread": N_("{before} becomes {after}, with a part of the {at} that a leaver does not keep: {because} ({source})"),
        "transfer": N_("{before} becomes {after}: {because} ({source})"),
        "join": N_("{before} becomes {after}, because it joins: {because} ({source})"),
        "room": N_("{before} becomes {after}, because somebody joins with {at}: {because} ({source})"),
    }
)


def headline(
    share: Fraction, terms: tuple[Term, ...], rule: str, point: str, roles: int, agreed: tuple[int, str | None] | None = None
) -> Sentence:
    """What the pot gives to a party, in one sentence.

    Args:
        share: what the terms add up to. roles: in how many roles or pools anybody is.
        agreed: number of the parties, and the date on which they all agreed, in the reader's language, if it is known; None before that.
    """
    term = terms[0]
    values: dict[str, Any] = {"percent": percent(share, point), "share": fraction_text(share), "rule": rule}
    values |= {"part": number_text(term.part, point), "whole": number_text(term.whole, point)}
    if len(terms) > 1 and any(one.measure != "degree" for one in terms):
        return Sentence(_HEADLINES["pools"], values | {"count": len(terms)})
    if term.fallback:
        return Sentence(_HEADLINES["fallback"], values)
    if term.measure == "points" and term.role is None and agreed is not None:
        if agreed[1] is None:
            return Sentence(_HEADLINES["points-signed"], values)
        return Sentence(AGREED, values | {"count": agreed[0], "date": agreed[1]})
    if term.role is not None and term.measure != "degree":
        return Sentence(_HEADLINES["pool" if roles == 1 else "pools"], values | {"count": 1}, {"role": role_title(term.role)})
    if term.measure != "degree":
        return Sentence(_HEADLINES[term.measure], values, {"unit": term.unit or N_("units")})
    if term.factor == 1:
        return Sentence(_HEADLINES["role"], values, {"role": role_title(term.role or "")})
    return Sentence(_HEADLINES["roles"], values | {"count": len(terms), "all": roles})


def after(share: Fraction, steps: tuple[Step, ...], rule: str, point: str) -> Sentence:
    """A share that was changed after the pot was divided, in one sentence: by the last step."""
    step = steps[-1]
    values = {
        "percent": percent(share, point),
        "share": fraction_text(share),
        "before": percent(steps[0].before, point),
        "difference": signed_percent(share - steps[0].before, point),
        "at": percent(step.at, point) if step.at is not None else "",
        "rule": rule,
    }
    return Sentence(_AFTER[step.kind], values)


def summand(term: Term, point: str) -> Sentence:
    """One summand: ``37.5 % from concept: 3 of 4 by degree, of the 50 % that concept weighs``."""
    values = {
        "value": percent(term.value, point),
        "part": number_text(term.part, point),
        "whole": number_text(term.whole, point),
        "factor": percent(term.factor, point),
    }
    if term.role is None:
        if term.measure == "fixed":
            return Sentence(N_("{value} as a fixed part of the whole"), values)
        return Sentence(N_("{value} as {part} of {whole}, of the {factor} that is divided"), values)
    if term.measure == "degree":
        msgid = N_("{value} from {role}: {part} of {whole} by degree, of the {factor} that {role} weighs")
    else:
        msgid = N_("{value} from {role}: {part} of {whole}, of the {factor} that {role} weighs")
    return Sentence(msgid, values, {"role": role_title(term.role)})


def step(one: Step, point: str) -> Sentence:
    """What one rule made of a share."""
    values = {"before": percent(one.before, point), "after": percent(one.after, point), "source": one.source}
    values |= {"at": percent(one.at, point) if one.at is not None else ""}
    return Sentence(_STEPS[one.kind], values, {"because": one.because})


def passed(one: Passed, point: str) -> Sentence:
    """Credit that was handed on."""
    values = {"giver": one.giver, "taker": one.taker, "amount": percent(one.amount, point), "part": percent(one.part, point)}
    return Sentence(N_("{giver} hands {amount} on to {taker}, {part} of what it has"), values)


def aside(one: Aside) -> Sentence:
    """A contribution that is not in the pot, and why."""
    values = {"contribution": one.contribution, "source": one.source}
    if one.kind == "severable":
        return Sentence(N_("{contribution} stays outside the pot: {because} ({source})"), values, {"because": one.because})
    msgid = N_("{contribution} ({role}) weighs nothing: {because} ({source})")
    return Sentence(msgid, values, {"role": role_title(one.role), "because": one.because})


def attribution(one: Attribution) -> Sentence:
    """A contribution that counts as somebody else's."""
    values = {"contribution": one.contribution, "maker": one.maker, "party": one.party, "source": one.source}
    msgid = N_("{contribution}, made by {maker}, counts as that of {party}: {because} ({source})")
    return Sentence(msgid, values, {"because": one.because})


_LICENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exclusive": N_("Gets from {holder} an exclusive licence back: {because} ({source})"),
        "sole": N_("Gets from {holder} a sole licence back: {because} ({source})"),
        "non-exclusive": N_("Gets from {holder} a non-exclusive licence back: {because} ({source})"),
        "none": N_("Gets from {holder} no licence back: {because} ({source})"),
    }
)


def entitlement(one: Entitlement) -> list[Sentence]:
    """What a party gets beside shares, sentence by sentence."""
    values = {"holder": one.holder, "source": one.source}
    told = [Sentence(_LICENCES[one.back.licence], values, {"because": one.because})]
    for msgid, text in (
        (N_("Scope of the licence: {text}"), one.back.scope),
        (N_("With an option on {text}"), one.back.option),
        (N_("And in money: {text}"), one.back.money),
        (N_("It ends: {text}"), one.back.ends),
    ):
        if text:
            told.append(Sentence(msgid, {}, {"text": text}))
    return told


def passover(one: Passover) -> Sentence:
    """Why a rule did not decide."""
    values = {"rule": one.cited.rule, "source": one.cited.source, "by": str(one.by or "")}
    msgids = {
        "condition": N_("{rule} ({source}) does not hold: its condition is not met"),
        "rank": N_("{rule} ({source}) does not hold: a rule of higher rank does, {by}"),
        "struck": N_("{rule} ({source}) does not hold: mandatory law strikes it, {by}"),
    }
    return Sentence(msgids[one.why], values)
