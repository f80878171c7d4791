"""Form, silence and forbidden clauses: what a paper must be, what holds where it says nothing, and what it may not say.

Each function answers one question with the row that decides it. Sources: the packs, topics ``written_form``, ``licence_defaults``,
``moral_rights``, ``future_works`` and their like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights import statutes
from ipr_service.rights.outcomes import PARTIES, Outcome, Remark, Undetermined, Value, mapped
from ipr_service.rights.parties import check_known
from ipr_service.rights.periods import Period
from ipr_service.rights.provisions import KINDS

NO_FORM: Final = N_("No verified rule asks for a form here, and none says that there is none")
NO_FILLER: Final = N_("No verified rule says what holds when the licence is silent on this")
NO_CLAUSE: Final = N_("No verified rule says what becomes of such a clause")
NO_MORAL: Final = N_("No verified rule says whether moral rights can be given up")
NO_PERIOD: Final = N_("No verified rule gives a period here")
NO_FACT: Final = N_("No verified row says anything on this")
STANDS: Final = "stands"

# A form that is asked for is met by itself and by every stricter one.
_STRICTER: Final = {
    "proof": ("proof", "writing", "signed", "recognised", "deed"),
    "writing": ("writing", "signed", "recognised", "deed"),
    "signed": ("signed", "recognised", "deed"),
    "recognised": ("recognised", "deed"),
    "deed": ("deed",),
}
GIVEN_FORMS: Final = ("oral", "writing", "signed", "recognised", "deed")
"""How an act was done: by word of mouth, in writing, in writing and signed by the parties, with recognised signatures, by public deed."""


@dataclass(frozen=True)
class FormRule:
    """The form of an act.

    Args:
        needs: ``writing``, ``signed`` (by the parties), ``proof`` (counts without it, but is proved only in writing), ``recognised``
            signatures, ``deed``.
        otherwise: what becomes of it without: ``void``, ``invalid``, ``unproved``, ``defective`` (the rule does not say).
    """

    act: str
    needs: str
    otherwise: str

    def of(self, given: str) -> str:
        """``stands``, or what becomes of an act done in ``given`` form."""
        return STANDS if given in _STRICTER[self.needs] else self.otherwise


def form(country: str, right: str, act: str, on: date) -> Outcome[FormRule]:
    """The form that an act needs: ``assign``, ``license``, ``assign-partial``.

    Raises:
        InputError: no such country, right or act.
    """
    check_known("/act", act, KINDS["form"][0], N_('"{value}" is not known here; known are: {known}'))
    found = statutes.one(country, right, "form", act, on, NO_FORM)
    return mapped(found, lambda said: FormRule(said.about, said.word("needs"), said.word("otherwise") or "defective"))


@dataclass(frozen=True)
class Filler:
    """What holds where a licence is silent: a word, and a period where the rule gives one."""

    about: str
    holds: str
    length: Period | None = None


def filler(country: str, right: str, about: str, on: date) -> Outcome[Filler]:
    """What holds when a licence is silent on ``exclusivity``, ``sublicence``, ``field``, ``territory``, ``term``, …

    Raises:
        InputError: no such country, right or subject.
    """
    check_known("/about", about, KINDS["filler"][0], N_('"{value}" is not known here; known are: {known}'))
    found = statutes.one(country, right, "filler", about, on, NO_FILLER)
    return mapped(found, lambda said: Filler(said.about, said.word("holds"), said.period("length")))


def clause(country: str, right: str, about: str, on: date) -> Outcome[str]:
    """What becomes of a clause that people write: ``void``, ``refused``, ``defective`` or ``allowed``.

    Args:
        about: ``future-works-global``, ``assign-territory``, ``delimitation`` (a right without extent, purpose, place, duration), …

    Raises:
        InputError: no such country, right or clause.
    """
    check_known("/clause", about, KINDS["clause"][0], N_('"{value}" is not known here; known are: {known}'))
    return mapped(statutes.one(country, right, "clause", about, on, NO_CLAUSE), lambda said: said.word("effect"))


def moral_rights(country: str, right: str, on: date) -> Outcome[str]:
    """``kept`` where nobody can give moral rights away.

    Raises:
        InputError: no such country or right.
    """
    found = statutes.one(country, right, "moral", "moral-rights", on, NO_MORAL)
    if isinstance(found, Value) and found.value.flag("alienable"):
        return Undetermined(Remark(NO_MORAL), PARTIES, found.because)
    return mapped(found, lambda _said: "kept")


def deadline(country: str, right: str, about: str, on: date, start: date) -> Outcome[date]:
    """The last day of a period that runs from ``start``: ``grace``, ``entitlement-claim``, ``indivision``, …

    Raises:
        InputError: no such country, right or period; or it ends after the year 9999.
    """
    check_known("/period", about, KINDS["period"][0], N_('"{value}" is not known here; known are: {known}'))
    found = statutes.one(country, right, "period", about, on, NO_PERIOD)
    return mapped(found, lambda said: (said.period("length") or Period()).after(start))


def fact(country: str, right: str, about: str, on: date) -> Outcome[str]:
    """A word of the pack that is shown and compared, never computed.

    Raises:
        InputError: no such country, right or subject.
    """
    check_known("/fact", about, KINDS["fact"][0], N_('"{value}" is not known here; known are: {known}'))
    return mapped(statutes.one(country, right, "fact", about, on, NO_FACT), lambda said: said.word("is"))
