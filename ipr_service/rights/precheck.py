"""Pre-check of an initiative: who will own what if it started today, and which paper is missing.

The decided case is CJEU C-32/08 *FEIA v Cul de Sac*: a publicly backed programme paired designers with workshops; nothing was signed;
whoever organised and paid ended with nothing, because a commission alone gives no right to an EU design. So an organiser, a funder and a
company make nothing and get nothing here unless a row says so; employees, freelancers and students are makers, and rows may move what
they make. Steps: (1) participants become makers; (2) :func:`ipr_service.rights.unsigned.outlook` for every right; (3) who wants to use what
she does not hold, or holds it together with others, misses a paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights import ownership, statutes, unsigned
from ipr_service.rights.outcomes import Citation, Outcome, Remark, Undetermined, Value
from ipr_service.rights.ownership import Taking
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.unsigned import OUTSIDE, Maker, Outlook, OwnerLine

ROLES: Final = MappingProxyType(
    {
        "organiser": N_("Organiser"),
        "funder": N_("Funder"),
        "company": N_("Company"),
        "employee": N_("Employee"),
        "freelancer": N_("Freelancer"),
        "student": N_("Student"),
    }
)
"""What somebody is in an initiative, and the word for it."""

MAKING: Final = ("employee", "freelancer", "student")
MAX_PARTICIPANTS = 30

PAPERS: Final = MappingProxyType(
    {
        "terms": (
            N_("Contribution terms"),
            N_("{organiser} holds nothing of what {maker} makes. To look at it, show it and keep it, it needs terms before the start."),
        ),
        "transfer": (
            N_("Assignment or licence"),
            N_("{taker} pays for or asks for the work of {maker} and gets no right by that. If it is to use it, that must be written."),
        ),
        "employer": (
            N_("The employer takes part"),
            N_("What {maker} makes belongs to {taker}, or may be claimed by it. {taker} has to sign, not only {maker}."),
        ),
        "school": (
            N_("What the school says"),
            N_("No verified row speaks of students: {maker} keeps it, unless the rules of the school say otherwise. Ask first."),
        ),
        "absent": (
            N_("Who is behind the maker takes part"),
            N_("What {maker} makes goes to an employer or a body that is not here. Find out which, and let it sign."),
        ),
        "together": (
            N_("Agreement between the owners"),
            N_("{owners} would hold it together, by rules that nobody chose. Agree on shares, use and money."),
        ),
        "open": (
            N_("Agreement on who owns it"),
            N_("The law leaves open who owns what {maker} makes ({right}). Only a paper can settle it."),
        ),
    }
)
"""Papers by id: title, and why it is missing."""


@dataclass(frozen=True)
class Participant:
    """Somebody who takes part.

    Args:
        id: unique in the initiative.
        name: what people call her.
        role: one of :data:`ROLES`.
        works_for: of an employee, her employer; of a freelancer, who commissions; of a student, the body that hosts: an id, or empty.
        country: of the seat, ISO 3166.
    """

    id: str
    name: str
    role: str
    works_for: str = ""
    country: str = ""

    def __post_init__(self) -> None:
        check_id("/id", self.id)
        check_known("/role", self.role, ROLES, N_('"{value}" is not a role here; roles are: {known}'))


@dataclass(frozen=True)
class Missing:
    """A paper that is missing: which (a key of :data:`PAPERS`), between whom, and why."""

    paper: str
    between: tuple[str, ...]
    why: Remark
    because: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Gets:
    """What one participant gets of one right. ``result``: ``owns``, ``shares``, ``nothing``, ``claims`` or ``undetermined``."""

    party: str
    right: str
    result: str
    because: tuple[Citation, ...]


@dataclass(frozen=True)
class Precheck:
    """The answer: an outlook per right, what each gets, and the papers, each once."""

    outlooks: tuple[Outlook, ...]
    gets: tuple[Gets, ...]
    missing: tuple[Missing, ...]


def check(country: str, rights: Sequence[str], people: Sequence[Participant], on: date) -> Precheck:
    """Who will own what if it started on a day.

    Raises:
        InputError: nobody makes anything, somebody twice, an employer that is not here, or no such country or right.
    """
    ids = {one.id for one in people}
    if len(ids) != len(people) or not 1 <= len(people) <= MAX_PARTICIPANTS:
        raise InputError.at("/people", N_("Name between 1 and {limit} participants, each once"), limit=MAX_PARTICIPANTS)
    for one in people:
        if one.works_for and (one.works_for not in ids or one.works_for == one.id):
            raise InputError.at("/people", N_("{name} works for somebody who does not take part; add them first"), name=one.name)
    makers = [one for one in people if one.role in MAKING]
    if not makers:
        raise InputError.at("/people", N_("Nobody here makes anything: add an employee, a freelancer or a student"))
    seats = {one.id: one.country for one in people}
    outlooks = tuple(unsigned.outlook(country, right, [_maker(one, seats) for one in makers], on) for right in dict.fromkeys(rights))
    if not outlooks:
        raise InputError.at("/rights", N_("Choose at least one right"))
    gets = tuple(_gets(one, outlook) for outlook in outlooks for one in people)
    papers = [paper for outlook in outlooks for paper in _papers(people, outlook)]
    once = {(paper.paper, paper.between, str(paper.why)): paper for paper in papers}
    return Precheck(outlooks, gets, tuple(sorted(once.values(), key=lambda paper: tuple(PAPERS).index(paper.paper))))


def _maker(one: Participant, seats: Mapping[str, str]) -> Maker:
    """How a participant makes: a freelancer whom somebody here commissions, a student whom somebody here hosts."""
    working = {"employee": "employee", "freelancer": "commissioned" if one.works_for else "independent"}.get(one.role)
    seat = seats.get(one.works_for, "") if one.role == "employee" else ""
    return Maker(one.id, working or ("hosted" if one.works_for else "student"), one.works_for, seat or one.country)


def _gets(one: Participant, outlook: Outlook) -> Gets:
    held = [line for line in outlook.owners if line.holder == one.id]
    made = [line for line in outlook.owners if line.maker == one.id]
    if held:
        alone = len(held) == len(outlook.owners)
        return Gets(one.id, outlook.right, "owns" if alone else "shares", _because(held[0].taking))
    claimed = [line for line in outlook.owners if _option(line.taking) and line.holder != one.id and line.maker != one.id]
    if one.role == "company" and claimed:
        return Gets(one.id, outlook.right, "claims", _because(claimed[0].taking))
    if made and not made[0].holder:
        return Gets(one.id, outlook.right, "undetermined", _because(made[0].taking))
    if made:
        return Gets(one.id, outlook.right, "nothing", _because(made[0].taking))
    return Gets(one.id, outlook.right, "nothing", _commission(outlook))


def _because(taking: Outcome[Taking]) -> tuple[Citation, ...]:
    return taking.seen if isinstance(taking, Undetermined) else taking.because


def _option(taking: Outcome[Taking]) -> bool:
    return isinstance(taking, Value) and bool(taking.value.option)


def _commission(outlook: Outlook) -> tuple[Citation, ...]:
    """The rows that say that paying or asking gives nothing, where there are any."""
    found = ownership.owner(outlook.country, outlook.right, "commissioned", outlook.on)
    keeps = isinstance(found, Value) and found.value.to == "maker"
    return statutes.search(outlook.country, outlook.right, "owner", "commissioned", outlook.on).because if keeps else ()


def _papers(people: Sequence[Participant], outlook: Outlook) -> list[Missing]:
    names = {one.id: one.name for one in people}
    found: list[Missing] = []
    for line in outlook.owners:
        maker = next(one for one in people if one.id == line.maker)
        because = _because(line.taking)
        found += _of_maker(maker, line, names, outlook.right)
        for other in people:
            if other.role == "organiser" and other.id != line.holder:
                why = Remark(PAPERS["terms"][1], {"organiser": other.name, "maker": maker.name})
                found.append(Missing("terms", (other.id, maker.id), why, because))
    holders = sorted({line.holder for line in outlook.owners if line.holder})
    if len(holders) > 1:
        said = ", ".join(names.get(holder, names[holder.split(".")[0]] + " …") for holder in holders)
        found.append(Missing("together", tuple(holders), Remark(PAPERS["together"][1], {"owners": said})))
    return found


def _of_maker(maker: Participant, line: OwnerLine, names: Mapping[str, str], right: str) -> list[Missing]:
    holder, because = line.holder, _because(line.taking)
    if not holder:
        why = Remark(PAPERS["open"][1], {"maker": maker.name, "right": right.replace("_", " ")})
        between = (maker.id, maker.works_for) if maker.works_for else (maker.id,)
        return [Missing("open", between, why, because)]
    taker = maker.works_for
    if maker.role == "student" and holder == maker.id:
        return [Missing("school", (maker.id,), Remark(PAPERS["school"][1], {"maker": maker.name}), because)]
    if holder.endswith(f".{OUTSIDE}"):
        return [Missing("absent", (maker.id,), Remark(PAPERS["absent"][1], {"maker": maker.name}), because)]
    values = {"maker": maker.name, "taker": names.get(taker, "")}
    if maker.role == "employee" and taker and (holder != maker.id or _option(line.taking)):
        return [Missing("employer", (maker.id, taker), Remark(PAPERS["employer"][1], values), because)]
    if taker and holder == maker.id:
        return [Missing("transfer", (maker.id, taker), Remark(PAPERS["transfer"][1], values), because)]
    return []
