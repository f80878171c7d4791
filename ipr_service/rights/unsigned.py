"""If you sign nothing: what the law of one jurisdiction makes of the work of given people, on a given day.

Four computations that are never collapsed into one number: who owns it and in which shares, who must agree to what, which form a paper
needs, and what nobody can give away. Steps: (1) each maker's part is attributed to her; (2) a row may move it to whoever she works for;
(3) shares as the law presumes them, summed by holder; (4) powers of the holders, for rights of the Union by the law of the holder who
stands first in the register; (5) form, silence of a licence, moral rights. Every answer is a value, a conflict or undetermined, with its
rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, TypeVar

from ipr_service.errors import N_, InputError
from ipr_service.rights import formalities, governing, jurisdictions, ownership, powers, statutes
from ipr_service.rights.formalities import Filler, FormRule
from ipr_service.rights.governing import Holder
from ipr_service.rights.outcomes import PARTIES, Outcome, Remark, Undetermined, Value, mapped
from ipr_service.rights.ownership import Taking
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.powers import ConsentRule
from ipr_service.rights.shares import Split

T = TypeVar("T")

MAX_MAKERS = 50
WORKING: Final = ("independent", "employee", "employee-company", "employee-mixed", "employee-other", "commissioned", "hosted", "student")
"""Ways of working that a person can choose; the packs know more (:data:`ipr_service.rights.provisions.MAKERS`)."""

ACTS: Final = ("use", "license", "license-exclusive", "sell-share", "sue")
ALSO: Final = ("disclose", "alter", "use-as-disclosed", "use-own-part", "administer")
"""Acts that are shown where a row is about them."""

OUTSIDE: Final = "outside"
NOT_A_UNION_RIGHT: Final = N_("The law of the first-named holder governs, and there is no pack for {country}")
OWNERS_OPEN: Final = N_("Who owns a part is undetermined, so the shares are too")
SOLE: Final = N_("One holder holds all: nobody else has to agree")
CLAIM: Final = N_("The employer may claim it")
CLAIM_WITHIN: Final = N_("The employer may claim it within {period} of notice")
PAY: Final = N_("Extra pay or a fair price is owed for it")
FOR: Final = N_("It lasts {period}")


@dataclass(frozen=True)
class Maker:
    """Somebody who makes a part of the thing.

    Args:
        id: of the party.
        working: one of :data:`WORKING`.
        works_for: id of the party she works for; empty when that is nobody here.
        country: of her seat, ISO 3166; the order of makers with one is the order of the register.
    """

    id: str
    working: str = "independent"
    works_for: str = ""
    country: str = ""

    def __post_init__(self) -> None:
        check_id("/id", self.id)
        check_known("/working", self.working, WORKING, N_('"{value}" is not a way of working; known are: {known}'))
        if self.works_for:
            check_id("/works_for", self.works_for)


@dataclass(frozen=True)
class OwnerLine:
    """What becomes of one maker's part. ``holder``: the party that holds it; ``anna.outside`` for whoever she works for and is not here."""

    maker: str
    working: str
    taking: Outcome[Taking]
    holder: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """What the law makes of it; see the head of this module.

    Args:
        law: for rights of the Union, whose national law governs powers; None for national rights.
        powers_of: the country whose pack the powers come from; empty when it is undetermined.
    """

    country: str
    right: str
    on: date
    owners: tuple[OwnerLine, ...]
    shares: Outcome[Split]
    powers: tuple[tuple[str, Outcome[ConsentRule]], ...]
    forms: tuple[tuple[str, Outcome[FormRule]], ...]
    fillers: tuple[tuple[str, Outcome[Filler]], ...]
    moral: Outcome[str] | None
    law: Outcome[str] | None = None
    powers_of: str = ""
    sole: bool = False
    warnings: tuple[Remark, ...] = ()


def outlook(country: str, right: str, makers: Sequence[Maker], on: date, facts: Sequence[str] = ()) -> Outlook:
    """What holds when these people sign nothing.

    Args:
        country: of the law that is asked; ``EU`` for the Union's design, mark and unitary patent.
        right: a right that the country's pack knows.
        makers: at least one; in the order in which they would stand in the register.
        facts: facts that are known to hold, for rules that hang on one.

    Raises:
        InputError: nobody, somebody twice, too many, or no such country or right.
    """
    ids = [maker.id for maker in makers]
    if not ids or len(set(ids)) != len(ids) or len(ids) > MAX_MAKERS:
        raise InputError.at("/makers", N_("Name between 1 and {limit} makers, each once"), limit=MAX_MAKERS)
    code = jurisdictions.spelled(country)
    lines = tuple(_line(code, right, maker, on, facts) for maker in makers)
    shares = _shares(code, right, lines, on)
    law, warned = _law(code, right, makers, on)
    source = _source(code, right, law)
    ask = source or (code, right)
    holders = {line.holder for line in lines}
    return Outlook(
        country=code,
        right=right,
        on=on,
        owners=lines,
        shares=shares,
        powers=tuple((act, _power(ask, source, law, act, on)) for act in _acts(ask, on)),
        forms=tuple((act, formalities.form(code, right, act, on)) for act in ("assign", "license")),
        fillers=tuple((about, formalities.filler(*ask, about, on)) for about in ("exclusivity", "sublicence")) if source else (),
        moral=formalities.moral_rights(code, right, on) if right in ("copyright", "software") else None,
        law=law,
        powers_of=source[0] if source else "",
        sole=len(holders) == 1 and "" not in holders,
        warnings=warned,
    )


def _line(country: str, right: str, maker: Maker, on: date, facts: Sequence[str]) -> OwnerLine:
    found = ownership.owner(country, right, maker.working, on, facts)
    if not isinstance(found, Value):
        return OwnerLine(maker.id, maker.working, found, "")
    taking = found.value
    stays = taking.to == "maker" or taking.what == "needed"
    holder = maker.id if stays else maker.works_for or f"{maker.id}.{OUTSIDE}"
    remarks = list(found.remarks)
    if taking.option:
        period = taking.within
        remarks.append(Remark(CLAIM_WITHIN, {"period": period}) if period else Remark(CLAIM))
    if taking.pay:
        remarks.append(Remark(PAY))
    if taking.term:
        remarks.append(Remark(FOR, {"period": taking.term}))
    return OwnerLine(maker.id, maker.working, found, holder, tuple(remarks))


def _shares(country: str, right: str, lines: Sequence[OwnerLine], on: date) -> Outcome[Split]:
    """The shares of the makers, summed by who holds them."""
    if any(not line.holder for line in lines):
        return Undetermined(Remark(OWNERS_OPEN), PARTIES)
    holders = {line.holder for line in lines}
    if len(holders) == 1:
        return Value(Split.of({next(iter(holders)): Fraction(1)}))
    of_makers = ownership.shares(country, right, [line.maker for line in lines], on)
    return mapped(of_makers, lambda split: _by_holder(split, lines))


def _by_holder(split: Split, lines: Sequence[OwnerLine]) -> Split:
    held: dict[str, Fraction] = {}
    for line in lines:
        held[line.holder] = held.get(line.holder, Fraction(0)) + split.fractions[line.maker]
    return Split.of(held)


def _law(country: str, right: str, makers: Sequence[Maker], on: date) -> tuple[Outcome[str] | None, tuple[Remark, ...]]:
    if country != jurisdictions.UNION or right not in governing.RIGHTS:
        return None, ()
    holders = [Holder(maker.country) for maker in makers if maker.country]
    if not holders:
        return Undetermined(Remark(N_("Say where the holders have their seat, in the order of the register"))), ()
    return governing.law(right, holders, on), governing.warnings(right, holders, on)


def _source(country: str, right: str, law: Outcome[str] | None) -> tuple[str, str] | None:
    """Country and right whose rows tell the powers; None when no pack does."""
    if law is None:
        return country, right
    if not isinstance(law, Value) or law.value not in jurisdictions.countries():
        return None
    national = "patent" if right == "patent_unitary" else right
    return (law.value, national) if national in jurisdictions.pack(law.value).rights else None


def _acts(ask: tuple[str, str], on: date) -> tuple[str, ...]:
    return ACTS + tuple(act for act in ALSO if statutes.search(*ask, "power", act, on).found)


def _power(ask: tuple[str, str], source: tuple[str, str] | None, law: Outcome[str] | None, act: str, on: date) -> Outcome[ConsentRule]:
    if source is not None:
        return powers.power(*ask, act, on)
    if isinstance(law, Value):
        return Undetermined(Remark(NOT_A_UNION_RIGHT, {"country": law.value}), seen=law.because)
    return Undetermined(Remark(governing.NO_LAW_RULE))
