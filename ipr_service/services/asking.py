"""What a policy asks for besides contributions: as a list of questions for a form, and its answers read back, each refused at its place.

Nothing here knows a policy by its name: what is asked is what the policy declares (``rights.facts``), of the whole case, of each party, or
of each contribution. A place is ``case/<fact>``, ``parties/<id>/<fact>`` or ``contributions/<id>/<fact>``; a problem stands at
``/facts/<place>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, FieldProblem, InputError
from ipr_service.rights import facts
from ipr_service.rights.facts import CASE, CODES, DATE, FLAG, MONEY, NUMBER, PARTY, Declared, Facts, Value
from ipr_service.rights.policies import Policy
from ipr_service.rights.policy_words import FACTS
from ipr_service.rights.precedence import Missing, UndeterminedError
from ipr_service.rights.scopes import Stated
from ipr_service.services.words import clean_line, collecting

_PLACES: Final = MappingProxyType({CASE: "case", "party": "parties", "contribution": "contributions"})
_FLAGS: Final = MappingProxyType({"true": True, "yes": True, "false": False, "no": False})


@dataclass(frozen=True)
class Question:
    """One thing that a policy asks for.

    Args:
        place: where the answer stands; see the module's docstring.
        of: ``case``, ``party`` or ``contribution``. about: the id of that party or contribution, or empty.
        fact: its name. words: what people call it, a msgid. settles: who can say it, a msgid, or empty.
        type: of ``rights.facts.TYPES``. codes: the words that make a difference here, sorted; another word is taken too.
    """

    place: str
    of: str
    about: str
    fact: str
    words: str
    settles: str
    type: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """What was said: of the case and the parties, and by contribution id."""

    stated: Stated
    contributions: Mapping[str, Facts]


def questions(policy: Policy, parties: Sequence[str], contributions: Sequence[str]) -> tuple[Question, ...]:
    """Everything that a policy asks for, in the order of the facts: of the case, then of each party, then of each contribution."""
    things = {CASE: ("",), "party": tuple(parties), "contribution": tuple(contributions)}
    return tuple(
        Question(_place(one, about), of, about, one.name, FACTS.get(one.name, one.name), one.settles, one.type, policy.codes_of(one.name))
        for of, ids in things.items()
        for about in ids
        for one in policy.facts
        if one.of == of
    )


def _place(one: Declared, about: str) -> str:
    return "/".join(filter(None, (_PLACES[one.of], about, one.name)))


def read(policy: Policy, parties: Sequence[str], contributions: Sequence[str], answers: Sequence[tuple[str, str]]) -> Answers:
    """The answers in their types.

    Raises:
        InputError: a place that the policy does not ask about, or something that is not of the type asked for; each at its place.
    """
    asked = {one.place: one for one in questions(policy, parties, contributions)}
    said: dict[tuple[str, str], dict[str, Value]] = {}
    with collecting() as check:
        for place, text in answers:
            if not text.strip():
                continue
            if place not in asked:
                check.refuse(f"/facts/{place}", N_("This rule does not ask for that."))
                continue
            one = asked[place]
            value = check(_value, f"/facts/{place}", text, one, parties)
            if value is not None:
                said.setdefault((one.of, one.about), {})[one.fact] = value
    told = {key: tuple(sorted(own.items())) for key, own in said.items()}
    by_party = tuple(sorted((about, own) for (of, about), own in told.items() if of == "party"))
    by_contribution = {about: own for (of, about), own in told.items() if of == "contribution"}
    return Answers(Stated(told.get((CASE, ""), ()), by_party), by_contribution)


def _value(pointer: str, text: str, asked: Question, parties: Sequence[str]) -> Value:
    written = clean_line(pointer, text, 200)
    try:
        return _READ[asked.type](written, asked, parties)
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def _number(text: str, asked: Question, _parties: Sequence[str]) -> Value:
    return _of_type(text.replace(",", "."), asked)


def _money(text: str, asked: Question, _parties: Sequence[str]) -> Value:
    """``1200,50 eur``; no currency is the euro, as with costs."""
    amount, _, currency = text.replace(",", ".").partition(" ")
    return _of_type(f"{amount} {currency.strip().upper() or 'EUR'}", asked)


def _date(text: str, asked: Question, _parties: Sequence[str]) -> Value:
    return _of_type(text, asked)


def _party(text: str, _asked: Question, parties: Sequence[str]) -> Value:
    if text not in parties:
        raise InputError.at("", N_("Choose a party of this collaboration. Invite it first if it is not listed."))
    return text


def _flag(text: str, _asked: Question, _parties: Sequence[str]) -> Value:
    if text.lower() not in _FLAGS:
        raise InputError.at("", N_("Answer yes or no."))
    return _FLAGS[text.lower()]


def _code(text: str, asked: Question, _parties: Sequence[str]) -> Value:
    return _of_type(text, asked)


def _codes(text: str, asked: Question, parties: Sequence[str]) -> Value:
    return tuple(sorted({str(_code(one.strip(), asked, parties)) for one in text.split(",")}))


def _of_type(text: str, asked: Question) -> Value:
    value = facts.parse(text)
    if facts.type_of(value) != asked.type:
        raise InputError.at("", WANTED[asked.type])
    return value


_READ: Final = MappingProxyType({NUMBER: _number, MONEY: _money, DATE: _date, PARTY: _party, FLAG: _flag, facts.CODE: _code, CODES: _codes})
WANTED: Final = MappingProxyType(
    {
        NUMBER: N_("Write a number: 30, 37.5 or 3/8."),
        MONEY: N_("Write an amount with its currency: 120.50 EUR."),
        DATE: N_("Write a day as year, month and day: 2026-11-22."),
        facts.CODE: N_("Write one word."),
        CODES: N_("Write words with commas between them."),
    }
)
"""What belongs into an answer, by type."""


@contextmanager
def placed(policy: Policy) -> Iterator[None]:
    """Turn \"nobody stated that\" into a problem at each place that has to be filled."""
    try:
        yield
    except UndeterminedError as unsaid:
        problems = [_unstated(policy, one) for one in unsaid.outcome.missing]
        if not problems:
            raise
        raise InputError(problems[0].msgid, problems=problems, **problems[0].values) from unsaid


_LACKS: Final = N_("This rule needs to know this, and nobody has said it yet.")
_SAYS_NOT: Final = N_("{contribution} has no {measure}; write a number, 0 included")


def _unstated(policy: Policy, one: Missing) -> FieldProblem:
    """The problem of one fact that nobody stated: a declared one, or what the contribution itself says (hours, cost)."""
    declared = policy.declared.get(one.fact)
    if declared is not None:
        return FieldProblem(f"/facts/{_place(declared, one.of)}", _LACKS)
    return FieldProblem(f"/contributions/{one.of}/{one.fact}", _SAYS_NOT, {"contribution": one.of, "measure": one.fact})
