"""Owners by law: to whom a right goes when nothing was signed, and in which shares.

The premise is attribution: a right begins with whoever made the thing. Only a row may move it, to an employer, a commissioner or a host,
and does so after attribution: the record of who made it stays as it was. An organiser or a funder makes nothing and gets nothing by that
alone (CJEU C-32/08 *FEIA*). Where no verified row says what becomes of a maker who works for somebody, the answer is undetermined.

Sources: the packs, topics ``default_owner``, ``default_shares``, ``employee_work``, ``commissioned_work`` and their like.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights import statutes
from ipr_service.rights.outcomes import PARTIES, Outcome, Remark, Undetermined, Value, mapped
from ipr_service.rights.parties import check_known
from ipr_service.rights.periods import Period
from ipr_service.rights.provisions import CONDITIONS, MAKERS, Provision
from ipr_service.rights.shares import Split

NO_OWNER_RULE: Final = N_("No verified rule says who owns what is made in this way")
NO_SHARES_RULE: Final = N_("No verified rule fixes the shares")
NOT_FIXED: Final = N_("The law makes them owners together and fixes no shares")
NEEDS_FACT: Final = N_("It depends on a fact that nobody has stated: {fact}")
UNPROVED: Final = N_("An unequal split needs proof in writing; an oral one counts for nothing here")
UNWRITTEN: Final = N_("Other shares need an agreement in writing; an oral one counts for nothing here")

FORMS_OF_AGREEMENT: Final = ("oral", "written")
_COUNTS: Final = {
    "agreed": ("oral", "written"),
    "agreed-writing": ("written",),
    "proved-writing": ("written",),
    "proved": ("oral", "written"),
}
_WARNINGS: Final = {"proved-writing": UNPROVED, "agreed-writing": UNWRITTEN}


@dataclass(frozen=True)
class Taking:
    """To whom a right goes.

    Args:
        maker: how the maker worked (:data:`ipr_service.rights.provisions.MAKERS`).
        to: ``maker``, ``employer``, ``commissioner``, ``host``, … (:data:`ipr_service.rights.provisions.TAKERS`).
        what: ``right``, ``economic`` (all economic rights), ``exclusive-use``, ``needed`` (what the purpose needs).
        unless: what an agreement must be to say otherwise: ``agreed``, ``agreed-writing``, or empty when the rule does not say.
        pay: the maker is owed extra pay or a fair price.
        term: how long it lasts; None for always.
        option: ``employer`` when the employer may claim it, ``within`` so long after notice.
        named: the maker is named as author.
    """

    maker: str
    to: str
    what: str = "right"
    unless: str = ""
    pay: bool = False
    term: Period | None = None
    option: str = ""
    within: Period | None = None
    named: bool = False


def owner(country: str, right: str, maker: str, on: date, facts: Collection[str] = ()) -> Outcome[Taking]:
    """To whom a right goes by law.

    Args:
        maker: how somebody worked, one of :data:`ipr_service.rights.provisions.MAKERS`.
        facts: facts that are known to hold, such as ``research-is-object-of-contract``.

    Raises:
        InputError: no such country, right, or way of working.
    """
    check_known("/maker", maker, MAKERS, N_('"{value}" is not a way of working; known are: {known}'))
    found = statutes.one(country, right, "owner", maker, on, NO_OWNER_RULE)
    if isinstance(found, Value):
        fact = found.value.word("if")
        if fact and fact not in facts:
            return Undetermined(Remark(NEEDS_FACT, {"fact": Remark(CONDITIONS[fact])}), PARTIES, found.because)
        return mapped(found, _taking)
    if maker in ("independent", "student") and isinstance(found, Undetermined):
        return _attributed(country, right, maker, on, found)
    return found


def _taking(said: Provision) -> Taking:
    return Taking(
        maker=said.about,
        to=said.word("to"),
        what=said.word("what") or "right",
        unless=said.word("unless"),
        pay=said.flag("pay"),
        term=said.period("term"),
        option=said.word("option"),
        within=said.period("within"),
        named=said.flag("named"),
    )


def _attributed(country: str, right: str, maker: str, on: date, found: Undetermined) -> Outcome[Taking]:
    """Who works for nobody keeps what she makes: no row moves it. A student is such a maker unless a row about students says otherwise."""
    if maker == "student":
        return mapped(owner(country, right, "independent", on), lambda taking: replace(taking, maker="student"))
    shared = statutes.search(country, right, "shares", "co-owners", on)
    return Value(Taking(maker, "maker"), shared.because, (Remark(ATTRIBUTED),) if not shared.found else ())


ATTRIBUTED: Final = N_("By attribution: it begins with who made it, and no row of this pack moves it")


@dataclass(frozen=True)
class Agreed:
    """What the parties agreed about their shares, and how: ``oral`` or ``written``."""

    split: Split
    form: str = "written"

    def __post_init__(self) -> None:
        check_known("/agreement/form", self.form, FORMS_OF_AGREEMENT, N_('"{value}" is not known here; known are: {known}'))


def shares(country: str, right: str, owners: Sequence[str], on: date, agreed: Agreed | None = None) -> Outcome[Split]:
    """Which part each owner holds: as agreed where the law lets that count, else as it presumes.

    Args:
        owners: ids of the makers, at least one.
        agreed: what they agreed, if anything.

    Raises:
        InputError: nobody, somebody twice, or no such country or right.
    """
    if not owners or len(set(owners)) != len(owners):
        raise InputError.at("/owners", N_("Name at least one owner, each once"))
    found = statutes.one(country, right, "shares", "co-owners", on, NO_SHARES_RULE)
    unless = found.value.word("unless") if isinstance(found, Value) else ""
    warnings: tuple[Remark, ...] = ()
    because = found.because if isinstance(found, Value) else ()
    if agreed is not None:
        if agreed.form in _COUNTS.get(unless, FORMS_OF_AGREEMENT):
            return Value(agreed.split, because)
        warnings = (Remark(_WARNINGS[unless]),)
    if len(owners) == 1:
        return Value(Split.of({owners[0]: Fraction(1)}))
    if not isinstance(found, Value):
        return found
    if found.value.word("rule") != "equal":
        return Undetermined(Remark(NOT_FIXED), PARTIES, found.because)
    return Value(Split.of(dict.fromkeys(owners, Fraction(1, len(owners)))), because, warnings)


def withdrawn(country: str, right: str, held: Split, leaves: str, on: date) -> Outcome[Split]:
    """The shares after one abandoned hers to the others.

    Raises:
        InputError: who leaves holds nothing, or nobody is left; or no such country or right.
    """
    left = {share.party: share.fraction for share in held.shares if share.fraction and share.party != leaves}
    check_known("/abandons", leaves, held.fractions, N_('"{value}" holds no share; holders are: {known}'))
    if not left:
        raise InputError.at("/abandons", N_("There is nobody left to receive the share"))
    found = statutes.one(country, right, "shares", "withdrawn", on, N_("No verified rule says what becomes of an abandoned share"))
    kept = sum(left.values(), Fraction(0))
    return mapped(found, lambda _rule: Split.of({party: fraction / kept for party, fraction in left.items()}))


def profits(country: str, right: str, held: Split, on: date) -> Outcome[Split]:
    """How benefits and burdens are divided when nothing was agreed.

    Raises:
        InputError: no such country or right.
    """
    found = statutes.one(country, right, "shares", "profits", on, N_("No verified rule divides benefits and burdens"))
    return mapped(found, lambda _rule: held)
