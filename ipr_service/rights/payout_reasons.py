"""Why an amount is what it is, in sentences. Tells what ``revenue`` derived and computes no amount itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from ipr_service.errors import N_
from ipr_service.rights.explanation import Sentence
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.notation import percent
from ipr_service.rights.revenue import Line, Payout, Taken
from ipr_service.rights.waterfall import ACCEPTED_SPLIT, HELD, WITH_PAYOUT, Cut

_LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "costs": N_("{amount}: what it spent for all, repaid before anybody shares (step {step}; {source})"),
        "fixed": N_("{amount}: of the fixed sums that are paid once, before the rest (step {step}; {source})"),
        "cut": N_("{amount}: {percent} of the {whole} that this step takes off the top (step {step}; {source})"),
        "recoup": N_("{amount}: {percent} of the {whole} that is recouped first (step {step}; {source})"),
        "tiers": N_("{amount}: {percent} of the {whole} in band {band} (step {step}; {source})"),
        "shares": N_("{amount}: {percent} of the {whole} that is left for shares (step {step}; {source})"),
    }
)
_IN_GROUP: Final = N_("{amount}: {percent} of the {whole} for {group} (step {step}; {source})")
_HELD: Final = N_("{amount} kept aside: {percent} of the {whole} depends on a dispute (step {step}; {source})")

_STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "costs": N_("Repays costs: {taken} of {reached} that reached it"),
        "fixed": N_("Pays fixed sums once: {taken} of {reached} that reached it"),
        "cut": N_("Takes {of} of what reaches it ({rounding}): {taken} of {reached}"),
        "recoup": N_("Takes {of} of what reaches it until {cap} is recouped ({rounding}): {taken} of {reached}"),
        "tiers": N_("Band {band}: {taken} of {reached} that reached it"),
        "shares": N_("Shares what is left: {taken}"),
    }
)
ROUNDING_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"down": N_("rounded down"), "half-even": N_("rounded to the nearest, halves to the even unit"), "half-up": N_("rounded, halves up")}
)


@dataclass(frozen=True)
class Told:
    """One holder's amount with its reasons.

    Args:
        holder: id of a party, or ``held``.
        headline: the amount and its reason in one sentence. details: sentence by sentence, exact remainders among them.
        amounts: one sentence for each amount that adds up to it; for a line of a statement.
    """

    holder: str
    units: int
    headline: Sentence
    details: tuple[Sentence, ...]
    amounts: tuple[Sentence, ...]


def account(payout: Payout, point: str = ".") -> tuple[Told, ...]:
    """Every holder's amount, in the order of ids. ``point``: the reader's decimal mark."""
    return tuple(_told(payout, holder, units, point) for holder, units in payout.amounts.items())


def steps(payout: Payout, point: str = ".") -> tuple[tuple[str, Sentence], ...]:
    """(step id, what it has taken of all income so far), in the order of the waterfall."""
    return tuple((taken.step.id, _step(payout, taken, point)) for taken in payout.steps)


def _told(payout: Payout, holder: str, units: int, point: str) -> Told:
    lines = [line for line in payout.lines if line.holder == holder and (line.units or line.part)]
    if not lines:
        nothing = Sentence(N_("Nothing in this payout; what was open before stays open"))
        return Told(holder, units, nothing, (), (nothing,))
    each = [_line(payout, line, point) for line in lines]
    said, amounts = [sentence for one in each for sentence in one], tuple(one[0] for one in each)
    if len(lines) == 1:
        return Told(holder, units, said[0], tuple(said[1:]), amounts)
    headline = Sentence(N_("{amount}: {count} amounts, told below"), {"amount": _money(payout, units, point), "count": len(lines)})
    return Told(holder, units, headline, tuple(said), amounts)


def _line(payout: Payout, line: Line, point: str) -> list[Sentence]:
    values: dict[str, Any] = {"amount": _money(payout, line.units, point), "whole": _money(payout, line.whole, point)}
    values |= {"percent": percent(line.part, point), "step": line.step, "band": line.band, "group": line.group}
    ours = line.source in (ACCEPTED_SPLIT, WITH_PAYOUT)
    values |= {} if ours else {"source": line.source}
    msgid = _HELD if line.holder == HELD else _IN_GROUP if line.group else _LINES[line.kind]
    told = [Sentence(msgid, values, {"source": line.source} if ours else {})]
    if line.before or line.after:
        exact = {"exact": mixed(line.exact), "least": _money(payout, 1, point), "before": mixed(line.before), "after": mixed(line.after)}
        told.append(Sentence(N_("Exactly {exact} times {least}. {before} of that unit was open before, {after} stays open"), exact))
    elif line.exact.denominator != 1:
        exact = {"exact": mixed(line.exact), "least": _money(payout, 1, point)}
        told.append(Sentence(N_("Exactly {exact} times {least}, settled in this payout by largest remainder"), exact))
    return told


def _step(payout: Payout, taken: Taken, point: str) -> Sentence:
    step = taken.step
    values: dict[str, Any] = {"taken": _money(payout, taken.after, point), "reached": _money(payout, taken.reached, point)}
    values["band"] = taken.band
    if isinstance(step, Cut):
        values |= {"of": percent(step.of, point), "cap": _money(payout, step.cap or 0, point)}
        return Sentence(_STEPS["cut" if step.cap is None else "recoup"], values, {"rounding": ROUNDING_WORDS[step.rounding]})
    return Sentence(_STEPS[taken.kind], values)


def _money(payout: Payout, units: int, point: str) -> str:
    currency = payout.entered.waterfall.currency
    return f"{units_text(units, places_of(currency), point)} {currency}"


def mixed(number: Fraction) -> str:
    """``1 2/3``, ``-2/3``, ``5``: a fraction as people write it."""
    whole, rest = divmod(abs(number), 1)
    text = f"{whole} {rest}" if whole and rest else str(rest or whole)
    return f"-{text}" if number < 0 else text
