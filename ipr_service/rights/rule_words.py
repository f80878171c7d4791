"""Revenue rules in the few words in which handbooks write them, read into a waterfall; anything else is refused, never guessed.

Parts are separated by ``;`` and may be numbered. Understood are::

    1) direct costs                                              costs are repaid first
    2) $10,000 to inventor                                       a fixed sum, once
    15% to agent                                                 a part of what is left
    investor recoups $20,000                                     until a cap; or: recoups $20,000 from 50% of the rest
    3) rest 50% inventor, 25% university, 25% college            everything that is left, by shares
    inventors: 50% of first $100,000 net + 25% of the rest       bands, and who gets them; the others get what is left of each
    equally among inventors (unless all agree in writing)        how a group shares; equal is what is computed

A sum is in the one currency of the case, whatever its sign. The words decide nothing that they do not say: a rule that gives less than
all, or more, is refused with the part that does not add up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.money import minor
from ipr_service.rights.notation import exact
from ipr_service.rights.waterfall import Band, Costs, Cut, Fixed, Parts, Shares, Step, Tiers, Waterfall, parts_of, takes_the_rest

MAX_WORDS: Final = 1_000
OTHERS: Final = "others"
"""Who gets what is left of a band of which the rule gives only a part."""

_SUM = r"[$€£]? ?(?P<sum>[0-9][0-9,]*(?:\.[0-9]+)?)"
_PART = r"(?P<part>[0-9]{1,3}(?:\.[0-9]+)?) ?%"
_WHO = r"(?P<who>[a-z][a-z_-]*)"
_REST = r"(?:the )?(?:rest|remainder|balance|net|what is left)"

_COSTS = re.compile(r"(?:deduct |repay |reimburse )?(?:all |direct |out-of-pocket |patent |legal )*(?:costs|expenses)(?: first)?")
_FIXED = re.compile(rf"(?:first |the first |next |the next )?{_SUM} to (?:the )?{_WHO}")
_CUT = re.compile(rf"{_PART}(?: commission)?(?: of {_REST})? to (?:the )?{_WHO}")
_RECOUP = re.compile(rf"(?:the )?{_WHO} recoups (?:up to )?{_SUM}(?: (?:from|out of) {_PART} of {_REST})?")
_SHARES = re.compile(rf"{_REST}[:,]? (?P<shares>.+)")
_SHARE = re.compile(rf"{_PART} (?:to )?(?:the )?{_WHO}")
_TIERS = re.compile(rf"{_WHO}: (?P<bands>.+)")
_BAND = re.compile(rf"{_PART} of (?:the )?(?:first|next) {_SUM}(?: net)?")
_LAST = re.compile(rf"{_PART} of {_REST}|{_PART.replace('part', 'above')} (?:above that|thereafter)")
_EQUALLY = re.compile(r"(?:shared )?equally among (?:the |all )?[a-z_-]+(?: unless all agree(?: otherwise)?(?: in writing)?)?")
_AND = re.compile(r"\s*\+\s*|,\s+|\s+and\s+")
_NUMBER = re.compile(r"(?:^|(?<=\s))[0-9]+[.)]\s+")


def read_rule(words: str, currency: str) -> Waterfall:
    """The waterfall that the words say.

    Raises:
        InputError: a part that is not understood, or shares that do not make a whole; at ``/rule``.
    """
    if len(words) > MAX_WORDS:
        raise InputError.at("/rule", N_("A rule in words has at most {limit} characters; write the waterfall out"), limit=MAX_WORDS)
    clauses = [" ".join(_NUMBER.sub("", one).lower().split()) for one in words.split(";")]
    steps: list[Step] = []
    for clause in clauses:
        if clause and not _EQUALLY.fullmatch(clause):
            steps.append(_step(clause, len(steps) + 1, currency))
    if steps and not takes_the_rest(steps[-1]):
        raise InputError.at("/rule", N_("This rule does not say who gets the rest"))
    try:
        return Waterfall("words", 1, "A rule in words", words.strip()[:500], currency, "carry", (), tuple(steps))
    except InputError as problem:
        raise InputError.at("/rule", problem.msgid, **problem.values) from problem


def _step(clause: str, number: int, currency: str) -> Step:
    id, source = f"step-{number}", clause
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Step]], ...] = (
        (_COSTS, lambda found: Costs(id, source)),
        (_FIXED, lambda found: Fixed(id, source, ((found["who"], _units(found["sum"], currency)),))),
        (_RECOUP, lambda found: Cut(id, source, _part(found["part"] or "100"), _to(found["who"]), "down", _units(found["sum"], currency))),
        (_CUT, lambda found: Cut(id, source, _part(found["part"]), _to(found["who"]), "down")),
        (_TIERS, lambda found: _tiers(id, source, found, currency)),
        (_SHARES, lambda found: _shares(id, source, found["shares"])),
    )
    for pattern, build in readers:
        found = pattern.fullmatch(clause)
        if found is not None:
            return build(found)
    raise _strange(clause)


def _strange(clause: str) -> InputError:
    msgid = N_("“{clause}” is not a rule that this service reads from words; write the waterfall out")
    return InputError.at("/rule", msgid, clause=clause[:100])


def _shares(id: str, source: str, written: str) -> Step:
    parts = []
    for clause in _AND.split(written):
        found = _SHARE.fullmatch(clause)
        if found is None:
            raise _strange(source)
        parts.append((found["who"], _part(found["part"])))
    return Shares(id, source, _whole(parts))


def _tiers(id: str, source: str, found: re.Match[str], currency: str) -> Step:
    bands: list[Band] = []
    end = 0
    for clause in _AND.split(found["bands"]):
        band, last = _BAND.fullmatch(clause), _LAST.fullmatch(clause)
        if band is not None:
            end += _units(band["sum"], currency)
            bands.append(Band(end, _rest_to_others(found["who"], _part(band["part"]))))
        elif last is not None:
            bands.append(Band(None, _rest_to_others(found["who"], _part(last["part"] or last["above"]))))
        else:
            raise _strange(clause)
    return Tiers(id, source, tuple(bands))


def _rest_to_others(who: str, part: Fraction) -> Parts:
    return _whole([(who, part), (OTHERS, 1 - part)] if part < 1 else [(who, part)])


def _whole(parts: list[tuple[str, Fraction]]) -> Parts:
    try:
        return parts_of(parts)
    except InputError as problem:
        raise InputError.at("/rule", problem.msgid, **problem.values) from problem


def _to(who: str) -> tuple[tuple[str, Fraction], ...]:
    return ((who, Fraction(1)),)


def _part(written: str) -> Fraction:
    part = exact(f"{written}%")
    if not 0 < part <= 1:
        raise InputError.at("/rule", N_("A part is above 0 and at most 1"))
    return part


def _units(written: str, currency: str) -> int:
    return minor(written.replace(",", ""), currency).units
