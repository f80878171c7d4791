"""Compute who would hold what from what stands in a collaboration, and tell a run to a reader.

``rights.allocation`` computes and ``rights.explanation`` gives the reasons, both by id; here ids become names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from babel.dates import format_date
from babel.numbers import get_decimal_symbol
from sqlalchemy.orm import Session

from ipr_service.errors import N_, FieldProblem, InputError, ServiceError
from ipr_service.rights import explanation, policies
from ipr_service.rights import tree as derivations
from ipr_service.rights.allocation import Allocation, Negotiated, allocate, derives
from ipr_service.rights.contributions import Background as Held
from ipr_service.rights.contributions import Contribution as Made
from ipr_service.rights.explanation import Sentence
from ipr_service.rights.notation import exact, fraction_text, percent, signed_percent
from ipr_service.rights.parties import Party
from ipr_service.rights.policies import Policy
from ipr_service.rights.shares import Split as Shares
from ipr_service.services import asking, chains, collaboration
from ipr_service.services.collaboration import BackgroundLine, ContributionLine, PartyLine
from ipr_service.services.context import Context
from ipr_service.services.languages import locale_of, say
from ipr_service.services.words import clean_line, collecting

MAX_REASON = 500
MAX_CALLED = 80
"""Most characters of a description that stand for the thing in a sentence."""
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass(frozen=True)
class Propose:
    """What to propose.

    Args:
        policy: reference of a shipped policy, ``equal@1``.
        negotiated: exact shares (``1/2``, ``37.5 %``) by party id that shall replace the computed ones, for every party; or none.
        reason: why, in the parties' words, 1 to 500 characters; with negotiated shares only. No personal data: it is frozen.
        facts: what the policy asks for besides (``asking``), as text by place: ``case/lead``, ``parties/<id>/place``,
            ``contributions/<id>/kind``. What is left empty is not stated, which is not 0.
    """

    policy: str
    negotiated: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Branch:
    """One node of a derivation for a reader. ``value``: exact, as text, or empty; ``source``: what the rule rests on, or empty."""

    text: str
    value: str = ""
    source: str = ""
    children: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class ShareLine:
    """One party's share for a reader.

    Args:
        fraction: what holds once everybody has accepted; ``fraction_text`` is ``3/8``, ``percent_text`` exact: ``37.5 %``, ``33 1/3 %``.
        basis_points: on paper, by largest remainder; all add up to 10,000.
        reason: why, in one sentence. details: sentence by sentence.
        computed: what the policy alone gives; differs with negotiated shares only.
        tree: how the computed share came about.
    """

    party_id: str
    name: str
    organisation: str | None
    fraction: Fraction
    fraction_text: str
    percent_text: str
    basis_points: int
    reason: str
    details: tuple[str, ...]
    computed: Fraction
    difference_text: str
    tree: Branch


def _policy(reference: str) -> Policy:
    if reference not in policies.OFFERED:
        raise InputError.at("/policy", N_("Choose one of: {choices}."), choices=", ".join(policies.OFFERED))
    return policies.shipped(reference)


def made_of(parties: Sequence[PartyLine], lines: Sequence[ContributionLine]) -> tuple[Made, ...]:
    """The contributions as the rights room takes them. An organiser or funder who recorded nothing as such stands here with the
    part itself, under the party's id: so it weighs nothing by the policy's own rule, and the reason is on record."""
    made = [
        Made(
            id=line.id,
            party=line.party_id,
            role=line.role,
            degree=line.degree,
            points=line.points,
            effort=line.hours,
            cost=line.cost,
            severable=line.severable,
            built_on=line.built_on,
            registered_at=line.registration.at if line.registration else None,
            commitment=line.registration.commitment.hex() if line.registration else None,
        )
        for line in lines
    ]
    said = {(one.party, one.role) for one in made}
    parts = [Made(id=one.id, party=one.id, role=one.part) for one in parties if one.part != "maker" and (one.id, one.part) not in said]
    return (*made, *parts)


def background_of(lines: Sequence[BackgroundLine], people: Sequence[Party]) -> tuple[Held, ...]:
    """The background of those who take part, as the rights room takes it; it is looked at by policies that derive."""
    known = {one.id for one in people}
    return tuple(Held(id=line.id, party=line.party_id, title=line.id) for line in lines if line.party_id in known)


def _negotiated(order: Propose) -> Negotiated | None:
    if not order.negotiated:
        return None
    with collecting() as check:
        fractions = {party: check(_share, f"/negotiated/{party}", text) for party, text in order.negotiated}
        reason = check(clean_line, "/reason", order.reason, MAX_REASON)
    try:
        return Negotiated(Shares.of(fractions), reason)
    except InputError as problem:
        raise InputError.at("/negotiated", problem.msgid, **problem.values) from problem


def _share(pointer: str, text: str) -> Fraction:
    try:
        return exact(clean_line(pointer, text, 64).replace(",", "."))
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


@dataclass(frozen=True)
class Gathered:
    """What a run starts from, as the collaboration stands now.

    Args:
        who: the parties that have not left. lines: the contributions that stand.
        held: background. unheld: why nobody can say whose some of it is, or None.
        named: what people call parties and things, by id; those that left or were withdrawn too.
    """

    who: tuple[PartyLine, ...]
    lines: tuple[ContributionLine, ...]
    held: tuple[Held, ...]
    named: Mapping[str, str]
    unheld: InputError | None = None


def gather(ctx: Context, session: Session, collaboration_id: str) -> Gathered:
    """Read what a run starts from. The caller has asked ``access``."""
    everybody = collaboration.parties(ctx, session, collaboration_id, with_left=True)
    who = tuple(one for one in everybody if one.state != "left")
    every_line = collaboration.contribution_lines(ctx, session, collaboration_id, with_withdrawn=True)
    background = collaboration.background_lines(ctx, session, collaboration_id, with_withdrawn=True)
    standing = [line for line in background if line.withdrawn_at is None]
    held, unheld = background_of(standing, [Party(one.id) for one in who]), None
    try:
        held = chains.with_holders(ctx, session, collaboration_id, held, standing)
    except InputError as problem:  # a rule that does not look at background works all the same
        unheld = problem
    lines = tuple(line for line in every_line if line.withdrawn_at is None)
    return Gathered(who, lines, held, _named(everybody, every_line, background), unheld)


def _named(parties: Sequence[PartyLine], lines: Sequence[ContributionLine], background: Sequence[BackgroundLine]) -> dict[str, str]:
    named = {line.id: f"“{line.title}”" for line in lines} | {line.id: f"“{line.description[:MAX_CALLED]}”" for line in background}
    return named | {one.id: one.label for one in parties}


def compute(ctx: Context, session: Session, collaboration_id: str, order: Propose) -> Allocation:
    """The run as the collaboration stands now, over all parties that have not left. The caller has asked ``access``.

    Raises:
        InputError, RefusedError: what the policy lacks; pointers name contributions by id (``/contributions/<id>/points``), sentences by
            their titles.
    """
    return computed(gather(ctx, session, collaboration_id), order)


def computed(found: Gathered, order: Propose) -> Allocation:
    """:func:`compute`, from what was gathered.

    Raises:
        InputError, RefusedError: as :func:`compute`.
    """
    people = [Party(one.id, country=one.country) for one in found.who]
    policy = _policy(order.policy)
    if found.unheld is not None and derives(policy):
        raise found.unheld
    made = made_of(found.who, found.lines)
    asked = asking.read(policy, [one.id for one in people], [one.id for one in made], order.facts)
    made = tuple(replace(one, facts=asked.contributions.get(one.id, ())) for one in made)
    try:
        with asking.placed(policy):
            return allocate(policy, people, made, _negotiated(order), background=found.held, stated=asked.stated)
    except ServiceError as problem:
        problem.values = {key: named_text(str(value), found.named) for key, value in problem.values.items()}
        problem.problems = tuple(
            FieldProblem(one.pointer, one.msgid, {key: named_text(str(value), found.named) for key, value in one.values.items()})
            for one in problem.problems
        )
        raise


def names(ctx: Context, session: Session, collaboration_id: str) -> dict[str, str]:
    """What people call each party and each thing, by id; those that left or were withdrawn too."""
    return _named(
        collaboration.parties(ctx, session, collaboration_id, with_left=True),
        collaboration.contribution_lines(ctx, session, collaboration_id, with_withdrawn=True),
        collaboration.background_lines(ctx, session, collaboration_id, with_withdrawn=True),
    )


def named_text(text: str, named: Mapping[str, str]) -> str:
    return _ULID.sub(lambda found: named.get(found[0], found[0]), text)


def said(sentence: Sentence, named: Mapping[str, str], language: str) -> str:
    return named_text(sentence.text(lambda msgid: say(language, msgid)), named)


def share_lines(
    run: Allocation, who: Sequence[PartyLine], named: Mapping[str, str], language: str = "en", agreed_on: date | None = None
) -> tuple[ShareLine, ...]:
    """The shares of a run with their reasons, for a reader of ``language``, in the order of the parties.

    Args:
        agreed_on: the day on which the last party accepted.
    """
    point, paper = get_decimal_symbol(language), run.proposed.basis_points()
    day = None if agreed_on is None else format_date(agreed_on, "medium", locale_of(language))
    people = {one.id: one for one in who}
    lines = []
    for told in explanation.account(run, point, day):
        share, party = run.proposed.fractions[told.party], people.get(told.party)
        lines.append(
            ShareLine(
                party_id=told.party,
                name=party.name if party else named.get(told.party, told.party),
                organisation=party.organisation if party else None,
                fraction=share,
                fraction_text=fraction_text(share),
                percent_text=percent(share, point),
                basis_points=paper[told.party],
                reason=said(told.headline, named, language),
                details=tuple(said(sentence, named, language) for sentence in told.details),
                computed=told.share,
                difference_text=signed_percent(run.difference[told.party], point),
                tree=_branch(derivations.tree(run, told.party, point, day), named, language),
            )
        )
    return tuple(lines)


def _branch(grown: derivations.Branch, named: Mapping[str, str], language: str) -> Branch:
    value = "" if grown.value is None else fraction_text(grown.value)
    return Branch(
        said(grown.sentence, named, language), value, grown.source, tuple(_branch(one, named, language) for one in grown.children)
    )
