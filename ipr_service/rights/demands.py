"""What the law demands of the paper behind a licence, held against a grant: its form, how far each right is delimited, where it may reach.

A row that may decide ends in *met*, *unmet* (with what becomes of the licence: refused or warned, as the rule has it) or *unsaid* (the
grant does not say how it was concluded). A row that may not decide (unverified, or not checked for the day) is *seen*: shown, and nothing
more. What a law says without asking anything of the grant is *told*: that moral rights stay. Forms of a transfer are not asked of a
licence; that each right is delimited is (RIGHTS 5b), though the French row speaks of transfers: it warns.
Sources: the packs, through :mod:`ipr_service.rights.formalities`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights import formalities
from ipr_service.rights.grants_by_law import cited
from ipr_service.rights.licences import AXES, FORMS, Grant
from ipr_service.rights.outcomes import Citation, Conflict, Undetermined, Value
from ipr_service.rights.sentences import Sentence

MET, UNMET, UNSAID, SEEN, TOLD = "met", "unmet", "unsaid", "seen", "told"
REFUSING: Final = frozenset({"void", "invalid", "refused"})
"""What becomes of a licence that cannot stand; any other effect is a warning."""

NEEDS: Final = MappingProxyType(
    {
        "proof": N_("writing, to be proved"),
        "writing": N_("writing"),
        "signed": N_("writing signed by the parties"),
        "recognised": N_("recognised signatures"),
        "deed": N_("a public deed"),
    }
)
EFFECTS: Final = MappingProxyType(
    {
        "void": N_("without it the licence is void"),
        "invalid": N_("without it the licence does not hold"),
        "refused": N_("it is refused"),
        "unproved": N_("without it the licence counts, but cannot be proved"),
        "defective": N_("the rule does not say what happens without it"),
    }
)
_FORM: Final = {
    MET: N_("{grant} was concluded in the form that the law asks for: {needs} ({source})"),
    UNMET: N_("{grant} was concluded so: {given}. The law asks for {needs}; {effect} ({source})"),
    UNSAID: N_("{grant} does not say in which form it was concluded. The law asks for {needs}; {effect} ({source})"),
}
_OPEN: Final = N_("{grant} leaves this open: {axis}. The law asks that each right is named and delimited; {effect} ({source})")
_DELIMITED: Final = N_("{grant} names acts, purpose, place and duration, as the law asks ({source})")
_PLACE: Final = N_("{grant} is limited to a territory; by law {effect} ({source})")
_MORAL: Final = N_("Moral rights stay with the authors, whatever {grant} says ({source})")
_SEEN: Final = N_("Shown for {grant}, decides nothing: “{rule}” ({source})")
_DIFFER: Final = N_("Rules of one rank differ, none is applied to {grant}: {source}")


@dataclass(frozen=True)
class Demand:
    """One demand, and how a grant stands to it.

    Args:
        about: ``form``, ``delimitation``, ``territory`` or ``moral-rights``.
        outcome: ``met``, ``unmet``, ``unsaid``, ``seen`` or ``told``.
        effect: what becomes of the licence when it is unmet, of :data:`EFFECTS`; empty when nothing does.
        citations: the rows.
    """

    about: str
    outcome: str
    sentence: Sentence
    citations: tuple[Citation, ...]
    effect: str = ""

    @property
    def refuses(self) -> bool:
        """Whether the licence cannot stand as it is, by a row that decides."""
        return self.outcome == UNMET and self.effect in REFUSING


def demands(grant: Grant, country: str, right: str, on: date) -> tuple[Demand, ...]:
    """Everything that the packs demand of this licence on a day.

    Args:
        grant: as the parties said it, nothing filled in.
        country: of the pack. right: as the packs call it. on: the day on which it was concluded.

    Raises:
        InputError: no such country or right.
    """
    found = [one for rule in (_form, _delimitation, _place, _moral) for one in rule(grant, country, right, on)]
    return tuple({(one.about, one.outcome, str(one.sentence)): one for one in found}.values())


def _form(grant: Grant, country: str, right: str, on: date) -> Iterator[Demand]:
    looked = formalities.form(country, right, "license", on)
    if not isinstance(looked, Value):
        yield from _undecided("form", grant, looked)
        return
    rule = looked.value
    outcome = UNSAID if grant.form is None else MET if rule.of(grant.form) == formalities.STANDS else UNMET
    words = {"needs": NEEDS[rule.needs]}
    words |= {} if outcome == MET else {"effect": EFFECTS[rule.otherwise]}
    words |= {"given": FORMS[grant.form]} if outcome == UNMET and grant.form else {}
    yield Demand(
        "form", outcome, _said(_FORM[outcome], grant, looked.because, words), looked.because, "" if outcome == MET else rule.otherwise
    )


def _delimitation(grant: Grant, country: str, right: str, on: date) -> Iterator[Demand]:
    looked = formalities.clause(country, right, "delimitation", on)
    if not isinstance(looked, Value):
        yield from _undecided("delimitation", grant, looked)
        return
    open_ = (*grant.unsaid, *(("to",) if grant.until is None else ()))
    if not open_:
        yield Demand("delimitation", MET, _said(_DELIMITED, grant, looked.because), looked.because)
        return
    for axis in open_:
        words = {"effect": EFFECTS[looked.value], "axis": AXES[axis]}
        yield Demand("delimitation", UNMET, _said(_OPEN, grant, looked.because, words), looked.because, looked.value)


def _place(grant: Grant, country: str, right: str, on: date) -> Iterator[Demand]:
    looked = formalities.clause(country, right, "license-territory", on)
    if not isinstance(looked, Value):
        yield from _undecided("territory", grant, looked)
    elif looked.value != "allowed" and grant.territory is not None:
        sentence = _said(_PLACE, grant, looked.because, {"effect": EFFECTS[looked.value]})
        yield Demand("territory", UNMET, sentence, looked.because, looked.value)


def _moral(grant: Grant, country: str, right: str, on: date) -> Iterator[Demand]:
    looked = formalities.moral_rights(country, right, on)
    if isinstance(looked, Value):
        yield Demand("moral-rights", TOLD, _said(_MORAL, grant, looked.because), looked.because)
    else:
        yield from _undecided("moral-rights", grant, looked)


def _undecided(about: str, grant: Grant, looked: Conflict | Undetermined) -> Iterator[Demand]:
    """Rows that were seen and decide nothing, each with its own words; or a conflict of rows, which decides nothing either."""
    if isinstance(looked, Conflict):
        yield Demand(about, SEEN, _said(_DIFFER, grant, looked.because), looked.because)
        return
    for row in looked.seen:
        sentence = Sentence(_SEEN, {"grant": grant.id, "rule": row.rule, "source": cited((row,))})
        yield Demand(about, SEEN, sentence, (row,))


def _said(msgid: str, grant: Grant, citations: tuple[Citation, ...], words: Mapping[str, str] = MappingProxyType({})) -> Sentence:
    return Sentence(msgid, {"grant": grant.id, "source": cited(citations)}, words)
