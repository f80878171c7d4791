"""Worked cases of the packs: run one, and say it in a sentence.

A row that decides something carries at least one (:class:`ipr_service.rights.jurisdictions.Worked`): what is asked and given, and what
must come out, worked out by hand from the row's prose. :func:`run` asks the engine; the tests compare, and check that the answer stands on
that row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ipr_service.errors import RefusedError
from ipr_service.rights import formalities, governing, ownership, powers, statutes
from ipr_service.rights.governing import Holder
from ipr_service.rights.jurisdictions import Row, Worked
from ipr_service.rights.notation import exact
from ipr_service.rights.outcomes import Citation, Outcome, Undetermined, Value, mapped
from ipr_service.rights.ownership import Agreed
from ipr_service.rights.shares import Split

UNDETERMINED, CONFLICT, REFUSED = "undetermined", "conflict", "refused"


@dataclass(frozen=True)
class Answer:
    """What came out, in the words of the file, and the rows that decided it."""

    answer: Any
    because: tuple[Citation, ...]


def day_of(row: Row, case: Worked) -> date:
    """The day on which a worked case plays: the one it names, else the first on which the row was checked."""
    if "made" in case.given:
        return date.fromisoformat(case.given["made"])
    return row.valid_from or row.read_on or row.review_by


def run(row: Row, right: str, case: Worked) -> Answer:
    """Ask the engine what a worked case asks.

    Args:
        right: one of the row's rights.
    """
    try:
        found = _ASK[case.kind](row.country, right, case, day_of(row, case))
    except RefusedError:
        return Answer(REFUSED, ())
    if isinstance(found, Value):
        return Answer(found.value, found.because)
    return Answer(UNDETERMINED, found.seen) if isinstance(found, Undetermined) else Answer(CONFLICT, found.because)


def _split(held: Mapping[str, str]) -> Split:
    return Split.of({party: exact(text) for party, text in held.items()})


def _power(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    if "held" in case.given:
        counted = powers.vote(country, right, case.about, _split(case.given["held"]), case.given["agree"], on)
        return mapped(counted, lambda tally: tally.result)
    return mapped(powers.power(country, right, case.about, on), lambda rule: rule.code)


def _preempt(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    start = date.fromisoformat(case.given["on"])
    return mapped(powers.preemption(country, right, on, start, case.given.get("end", "before")), date.isoformat)


def _shares(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    given = case.given
    if case.about == "withdrawn":
        return mapped(ownership.withdrawn(country, right, _split(given["held"]), given["leaves"], on), Split.to_data)
    if case.about == "profits":
        return mapped(ownership.profits(country, right, _split(given["held"]), on), Split.to_data)
    form = "oral" if given.get("in") == "oral" else "written"
    agreed = Agreed(_split(given["agreed"]), form) if "agreed" in given else None
    return mapped(ownership.shares(country, right, given["of"], on, agreed), Split.to_data)


def _owner(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    found = ownership.owner(country, right, case.about, on, case.given.get("facts", ()))
    return mapped(found, lambda taking: taking.to)


def _form(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    return mapped(formalities.form(country, right, case.about, on), lambda rule: rule.of(case.given["in"]))


def _period(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    start = date.fromisoformat(case.given["on"])
    return mapped(formalities.deadline(country, right, case.about, on, start), date.isoformat)


def _law(_country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    holders = [Holder(country) for country in case.given["holders"]]
    return governing.law(right, holders, on, registered=case.about == "registered", designated=case.given.get("designated", ""))


def _order(country: str, right: str, case: Worked, on: date) -> Outcome[Any]:
    looked = statutes.search(country, right, "order", "sources", on).found
    return next(Value(word, (one.citation,)) for one in looked if (word := one.provision.word(case.about)))


_ASK: Final[Mapping[str, Callable[[str, str, Worked, date], Outcome[Any]]]] = {
    "power": _power,
    "preempt": _preempt,
    "shares": _shares,
    "owner": _owner,
    "form": _form,
    "filler": lambda country, right, case, on: mapped(formalities.filler(country, right, case.about, on), lambda found: found.holds),
    "clause": lambda country, right, case, on: formalities.clause(country, right, case.about, on),
    "moral": lambda country, right, _case, on: formalities.moral_rights(country, right, on),
    "period": _period,
    "law": _law,
    "order": _order,
    "fact": lambda country, right, case, on: formalities.fact(country, right, case.about, on),
}


def sentence(case: Worked) -> str:
    """The case as a line: ``use, A holds 1/2, B holds 1/2, A agrees: carried``. English, as the rows are."""
    parts = [case.about.replace("-", " ")] if case.kind not in ("owner",) else [f"made as {case.about.replace('-', ' ')}"]
    for name, value in case.given.items():
        parts.append(f"{name} {_said(value)}")
    return f"{case.kind}: {', '.join(parts)} → {_said(case.expect)}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(item)}" for name, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(_said(item) for item in value)
    return str(value).replace("_", " ")
