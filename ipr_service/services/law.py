"""Ask the law: rows of a pack, what holds if nobody signs, what an initiative lacks; and the same beside what a collaboration agreed.

Nothing is written here, and only :func:`beside` and :func:`people_of` look at somebody's things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ipr_service.errors import N_, InputError
from ipr_service.rights import jurisdictions, precheck, unsigned
from ipr_service.rights.jurisdictions import Row
from ipr_service.rights.precheck import Participant, Precheck
from ipr_service.rights.unsigned import Maker, Outlook
from ipr_service.services import access, allocation, collaboration
from ipr_service.services.access import Actor
from ipr_service.services.collaboration import PartyLine
from ipr_service.services.context import Context
from ipr_service.services.shares import ShareLine
from ipr_service.services.words import clean_country, clean_date, clean_line

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
ROLE_OF_PART = {"facilitation": "organiser", "funding": "funder"}


def day(ctx: Context, text: str) -> date:
    """The day that is asked about; without one the law as it stands in the packs, today.

    Raises:
        InputError: no such day.
    """
    return clean_date("/date", text, earliest=EARLIEST, latest=LATEST) if text.strip() else jurisdictions.present(ctx.now().date())


def rows(country: str, right: str) -> tuple[Row, ...]:
    """The rows of a country about a right; all of the country's without one.

    Raises:
        InputError: no such country or right.
    """
    return jurisdictions.rows(country, right) if right else jurisdictions.pack(country).rows


def maker(position: int, said: Mapping[str, str]) -> Maker:
    """A maker as a face sends it: id, working, works_for, country.

    Raises:
        InputError: names the field.
    """
    here = f"/makers/{position}"
    country = clean_country(f"{here}/country", _iso(said.get("country", "")), required=False)
    try:
        return Maker(said["id"], said.get("working") or "independent", said.get("works_for", ""), country)
    except InputError as problem:
        raise InputError.at(here + problem.problems[0].pointer, problem.msgid, **problem.values) from problem


def _iso(country: str) -> str:
    return "GR" if country.strip().upper() == "EL" else country


def participant(position: int, said: Mapping[str, str]) -> Participant:
    """A participant as a face sends it: id, name, role, works_for, country.

    Raises:
        InputError: names the field.
    """
    here = f"/people/{position}"
    name = clean_line(f"{here}/name", said.get("name", ""))
    country = clean_country(f"{here}/country", _iso(said.get("country", "")), required=False)
    try:
        return Participant(said["id"], name, said.get("role", ""), said.get("works_for", ""), country)
    except InputError as problem:
        raise InputError.at(here + problem.problems[0].pointer, problem.msgid, **problem.values) from problem


@dataclass(frozen=True)
class Beside:
    """A collaboration as its parties agreed, and as the law would have it.

    Args:
        agreed: the shares of the accepted split; empty while there is none.
        policy: title of the rule they agreed on.
        names: what people call each holder, by id.
    """

    outlook: Outlook
    agreed: tuple[ShareLine, ...]
    policy: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class Working:
    """How one party works, as chosen on the page: one of :data:`ipr_service.rights.unsigned.WORKING`, and for which party."""

    working: str = "independent"
    works_for: str = ""


def beside(
    ctx: Context, actor: Actor, collaboration_id: str, country: str, right: str, how: Mapping[str, Working], on: date, language: str
) -> Beside:
    """What the law makes of a collaboration if nobody signs, beside its accepted split.

    Args:
        how: by party id; a party that makes and is not named works for itself.

    Raises:
        NotFoundError: no collaboration that the actor may see.
        InputError: no such country or right, or a way of working that is not known.
        RefusedError: nobody in it makes anything.
    """
    found = collaboration.collaboration(ctx, actor, collaboration_id)
    makers = [_maker_of(party, how.get(party.id, Working())) for party in makers_of(found.parties)]
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        split = allocation.accepted_split(ctx, session, collaboration_id, language)
    outlook = unsigned.outlook(country, right, makers, on)
    shares = tuple(one for one in split.shares if one.fraction) if split else ()
    return Beside(outlook, shares, split.policy_title if split else "", {party.id: party.label for party in found.parties})


def makers_of(parties: Sequence[PartyLine]) -> list[PartyLine]:
    """The parties that make something; whoever organises or funds does not."""
    return [party for party in parties if party.part == "maker"]


def _maker_of(party: PartyLine, how: Working) -> Maker:
    return Maker(party.id, how.working, how.works_for, party.country or "")


def people_of(ctx: Context, actor: Actor, collaboration_id: str) -> tuple[Participant, ...]:
    """The parties of a collaboration as participants of a pre-check; who makes is taken for a freelancer until somebody says more.

    Raises:
        NotFoundError: no collaboration that the actor may see.
    """
    found = collaboration.collaboration(ctx, actor, collaboration_id)
    return tuple(Participant(one.id, one.label, ROLE_OF_PART.get(one.part, "freelancer"), "", one.country or "") for one in found.parties)


def check(country: str, rights: Sequence[str], people: Sequence[Participant], on: date) -> Precheck:
    """The pre-check of an initiative; see :func:`ipr_service.rights.precheck.check`."""
    if not country:
        raise InputError.at("/country", N_("Choose whose law is asked"))
    return precheck.check(country, rights, people, on)
