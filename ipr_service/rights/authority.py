"""Authority: may these grantors grant this, who still has to do what, and by when.

Takes the consent rule of :mod:`ipr_service.rights.powers` (a jurisdiction pack's, or what the parties :func:`agreed`) and answers with a
checklist: every step names a party, what it has to do, the last day for it, and whether it is done. The grant may begin when every step is
done. Majorities are counted by interests, not by heads (ES CC 398; FR C. civ. 815-3; PT CC 1407), as ``powers`` counts them.

Three outcomes: *granted* (every step done), *open* (steps are left), *undetermined* (no rule that decides, or one that does not tell
whether these are enough; the parties can settle it in writing). Days are counted backwards from the first day of the grant; a grant
without a first day has no deadlines. What the court route costs or gives is no business of this module: it says that the route exists.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from ipr_service.errors import N_, InputError
from ipr_service.rights.licences import Grant
from ipr_service.rights.notation import percent, total
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.periods import Period
from ipr_service.rights.powers import ConsentRule, carried
from ipr_service.rights.sentences import Sentence

WHO: Final = MappingProxyType(
    {
        "alone": N_("each co-owner alone"),
        "majority": N_("a majority of the interests"),
        "half": N_("those who hold half of the value"),
        "two-thirds": N_("two thirds of the interests"),
        "all": N_("all co-owners"),
        "court": N_("the court"),
    }
)
"""Who must agree. ``majority`` is more than half of the interests; ``half`` and ``two-thirds`` are reached by exactly that much."""

HOLDS_NOTHING: Final = N_("{party} holds nothing of {asset} and cannot grant it; holders are: {known}")
_NEEDED: Final = {"majority": Fraction(1, 2), "half": Fraction(1, 2), "two-thirds": Fraction(2, 3)}


def agreed(
    who: str,
    notice_days: int | None = None,
    notice_months: int | None = None,
    offer_months: int | None = None,
    court: bool = False,
    compensation: bool = False,
    source: str = "",
) -> ConsentRule:
    """The consent rule that the parties agreed on for licences.

    Args:
        who: of :data:`WHO`.
        notice_days: the others are told this many days before the grant begins; 0 means told at any time before; None means not at all.
        notice_months: the same in calendar months; at most one of the two.
        offer_months: the others are offered the grantor's own share so many months before, and may take it; or None.
        court: a court may take the place of a refused consent.
        compensation: the others are owed something fair, which the checklist says and does not compute.
        source: the clause.

    Raises:
        InputError: names the field.
    """
    check_known("/who", who, WHO, N_('"{value}" is no consent rule; rules are: {known}'))
    for name, value in (("notice_days", notice_days), ("notice_months", notice_months), ("offer_months", offer_months)):
        if value is not None and not 0 <= value <= 1200:
            raise InputError.at(f"/{name}", N_("A term lies between 0 and {limit}"), limit=1200)
    if notice_days is not None and notice_months is not None:
        raise InputError.at("/notice_months", N_("Say the notice in days or in months, not in both"))
    before = Period(months=notice_months or 0, days=notice_days or 0)
    return ConsentRule(
        act="license",
        who=who,
        notice=notice_days is not None or notice_months is not None,
        notice_days=before if before != Period() else None,
        offer=offer_months is not None,
        block=Period(months=offer_months) if offer_months else None,
        owes="compensation" if compensation else "",
        court=court,
        source=source,
        agreed=True,
    )


@dataclass(frozen=True)
class Holding:
    """What the co-owners of an asset hold.

    Args:
        interests: party to its exact interest; they add up to 1.
    """

    interests: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        for party, interest in self.interests.items():
            check_id(f"/{party}", party)
            if not 0 < interest <= 1:
                raise InputError.at(f"/{party}", N_("An interest is an exact fraction above 0 and at most 1"))
        if total(self.interests.values()) != 1:
            whole = percent(total(self.interests.values()))
            raise InputError.at("", N_("The interests add up to {whole}, not to 100 %; name every holder with its part"), whole=whole)


@dataclass(frozen=True)
class Acts:
    """What was done so far: party to the day of its signature, of the notice to it, of the offer to it, of its answer to the offer."""

    signed: Mapping[str, date] = field(default_factory=dict)
    notified: Mapping[str, date] = field(default_factory=dict)
    offered: Mapping[str, date] = field(default_factory=dict)
    declined: Mapping[str, date] = field(default_factory=dict)
    court: date | None = None


@dataclass(frozen=True)
class Step:
    """One line of the checklist.

    Args:
        kind: ``sign``, ``notice``, ``offer``, ``wait`` or ``court``.
        party: who signs, or to whom notice or offer goes.
        due: the last day for it, inclusive; None without a deadline.
        done: the day on which it was done, or None.
        late: it was done too late, or the day has passed.
        either: steps of the same number are alternatives, of which enough must be done; 0 when the step itself is needed.
    """

    kind: str
    party: str
    due: date | None
    done: date | None
    late: bool = False
    either: int = 0

    @property
    def sentence(self) -> Sentence:
        """For a person."""
        said = {"party": self.party, "due": self.due.isoformat() if self.due else "", "done": self.done.isoformat() if self.done else ""}
        if self.done is not None:
            return Sentence(_DONE[self.kind], said)
        return Sentence((_DUE if self.due else _OPEN)["either" if self.either else self.kind], said)


_DONE: Final = {
    "sign": N_("{party} signed on {done}"),
    "notice": N_("{party} was told on {done}"),
    "offer": N_("{party} was offered the share on {done}"),
    "wait": N_("{party} declined the offer or let it lapse on {done}"),
    "court": N_("The court allowed it on {done}"),
}
_DUE: Final = {
    "sign": N_("{party} has to sign, by {due}"),
    "either": N_("{party} may make up what is lacking by signing, by {due}"),
    "notice": N_("{party} has to be told, by {due}"),
    "offer": N_("{party} has to be offered the share, by {due}"),
    "wait": N_("{party} may take the offered share until {due}; wait for its answer or for that day"),
    "court": N_("A court may take the place of who refuses, by {due}"),
}
_OPEN: Final = {
    "sign": N_("{party} has to sign"),
    "either": N_("{party} may make up what is lacking by signing"),
    "notice": N_("{party} has to be told before the grant begins"),
    "offer": N_("{party} has to be offered the share before the grant begins"),
    "wait": N_("{party} may take the offered share; wait for its answer"),
    "court": N_("A court may take the place of who refuses"),
}


@dataclass(frozen=True)
class Authority:
    """Whether the grantors may grant it.

    Args:
        outcome: ``granted``, ``open`` or ``undetermined``.
        steps: the checklist, in the order in which it is to be done.
        reason: why, in one sentence.
        remarks: what else is owed or possible.
    """

    outcome: str
    steps: tuple[Step, ...]
    reason: Sentence
    remarks: tuple[Sentence, ...] = ()

    @property
    def awaited(self) -> tuple[str, ...]:
        """Parties whose signature is still missing, sorted."""
        return tuple(sorted({step.party for step in self.steps if step.kind == "sign" and step.done is None}))


def authority(rule: ConsentRule | None, holding: Holding, grant: Grant, acts: Acts | None = None, today: date | None = None) -> Authority:
    """Do the grantors satisfy the consent rule, and what is left to do.

    Args:
        rule: for this asset, kind of licence and law; None when none is known.
        acts: what was done so far; grantors sign like everybody else.
        today: to see what is late.

    Raises:
        InputError: at ``/grantors/<n>``: a grantor that holds nothing of the asset.
    """
    acts = acts or Acts()
    for number, grantor in enumerate(grant.grantors):
        if grantor not in holding.interests:
            known = ", ".join(sorted(holding.interests)[:20])
            raise InputError.at(f"/grantors/{number}", HOLDS_NOTHING, party=grantor, asset=grant.asset, known=known)
    if len(holding.interests) == 1:
        return _settled(
            ConsentRule("license", "alone"),
            holding,
            grant,
            acts,
            today,
            Sentence(N_("{party} is the only holder"), {"party": grant.grantors[0]}),
        )
    if rule is None:
        missing = N_("No verified rule says who must agree when several hold {asset}; the parties can settle it in writing")
        steps = _signatures(sorted(holding.interests), acts, _deadline(grant), today)
        return Authority("undetermined", steps, Sentence(missing, {"asset": grant.asset}))
    if rule.who in _NEEDED:
        return _by_interest(rule, holding, grant, acts, today)
    all_agree = N_("All co-owners must agree")
    msgid = {"alone": N_("Each co-owner may grant this alone"), "court": N_("Only a court can allow this")}.get(rule.who, all_agree)
    return _settled(rule, holding, grant, acts, today, Sentence(msgid))


def _settled(rule: ConsentRule, holding: Holding, grant: Grant, acts: Acts, today: date | None, reason: Sentence) -> Authority:
    """Signatures of a fixed circle, with notices and offers to the others."""
    signing = sorted(grant.grantors) if rule.who in ("alone", "court") else sorted(holding.interests)
    steps = [*_before(rule, holding, grant, acts, today), *_signatures(signing, acts, _deadline(grant), today)]
    if rule.who == "court":
        steps.append(_step("court", "", _deadline(grant), acts.court, today))
    elif rule.court and acts.court is not None:
        steps = [step for step in steps if step.kind != "sign" or step.party in grant.grantors]
        steps.append(_step("court", "", _deadline(grant), acts.court, today))
    return _answer(steps, reason, rule)


def _by_interest(rule: ConsentRule, holding: Holding, grant: Grant, acts: Acts, today: date | None) -> Authority:
    """Enough interests, whoever holds them."""
    needed = _NEEDED[rule.who]
    behind = [party for party in holding.interests if party in acts.signed or party in grant.grantors]
    held = total(holding.interests[party] for party in behind)
    reached = carried(rule, held, len(behind), len(behind) == len(holding.interests))
    by_court = rule.court and acts.court is not None
    said = {"agreed": percent(held), "needed": percent(needed)}
    if rule.who == "majority":
        reason = Sentence(N_("{agreed} of the interests stand behind it; more than {needed} are needed"), said)
    else:
        reason = Sentence(N_("{agreed} of the interests stand behind it; at least {needed} are needed"), said)
    deadline = _deadline(grant)
    steps = [*_before(rule, holding, grant, acts, today), *_signatures(sorted(grant.grantors), acts, deadline, today)]
    others = [party for party in sorted(holding.interests) if party not in grant.grantors]
    if reached:
        steps += [_step("sign", party, deadline, acts.signed[party], today) for party in others if party in acts.signed]
    elif not by_court:
        steps += [_step("sign", party, deadline, acts.signed.get(party), today, either=1) for party in others]
    if by_court:
        steps.append(_step("court", "", deadline, acts.court, today))
    answer = _answer(steps, reason, rule)
    if not (reached or by_court):
        return Authority("open" if reached is False else "undetermined", answer.steps, reason, answer.remarks)
    return answer


def _before(rule: ConsentRule, holding: Holding, grant: Grant, acts: Acts, today: date | None) -> list[Step]:
    """Notices and offers to the co-owners who do not grant."""
    steps: list[Step] = []
    for party in sorted(holding.interests):
        if party in grant.grantors:
            continue
        if rule.offer:
            block, offered = rule.block or Period(), acts.offered.get(party)
            steps.append(_step("offer", party, _earlier(grant.begin, block), offered, today))
            steps.append(_wait(party, block.years * 12 + block.months, offered, acts.declined.get(party), today))
        if rule.notice or rule.notice_days is not None:
            due = _earlier(grant.begin, rule.notice_days or Period())
            steps.append(_step("notice", party, due, acts.notified.get(party), today))
    return steps


def _wait(party: str, months: int, offered: date | None, declined: date | None, today: date | None) -> Step:
    """The answer to an offer, or the day on which it lapses."""
    if offered is None:
        return Step("wait", party, None, declined)
    lapses = months_later(offered, months)
    lapsed = lapses + timedelta(days=1) if today is not None and today > lapses else None
    return Step("wait", party, lapses, declined or lapsed)


def _signatures(parties: list[str], acts: Acts, deadline: date | None, today: date | None) -> tuple[Step, ...]:
    return tuple(_step("sign", party, deadline, acts.signed.get(party), today) for party in parties)


def _step(kind: str, party: str, due: date | None, done: date | None, today: date | None, either: int = 0) -> Step:
    measured = done or today
    return Step(kind, party, due, done, due is not None and measured is not None and measured > due, either)


def _answer(steps: list[Step], reason: Sentence, rule: ConsentRule) -> Authority:
    in_time = all(step.done is not None and (not step.late or step.kind == "sign") for step in steps)
    remarks = [*_source(rule)]
    if rule.owes in ("compensation", "indemnity"):
        remarks.append(Sentence(N_("The other co-owners are owed a fair compensation; agree on it in writing")))
    if rule.court and any(step.done is None for step in steps):
        remarks.append(Sentence(N_("Where a co-owner refuses, a court may decide")))
    return Authority("granted" if in_time else "open", tuple(steps), reason, tuple(remarks))


def _source(rule: ConsentRule) -> tuple[Sentence, ...]:
    return (Sentence(N_("Rule: {source}"), {"source": rule.source}),) if rule.source else ()


def _deadline(grant: Grant) -> date | None:
    """Signatures are due before the grant begins: on its first day at the latest."""
    return grant.begin


def _earlier(begin: date | None, before: Period) -> date | None:
    """The last day that lies so long before the first day of the grant."""
    return None if begin is None else months_later(begin, -(before.years * 12 + before.months)) - timedelta(days=before.days)


def months_later(start: date, months: int) -> date:
    """The same day of another month, or that month's last day (31 January and one month: 28 or 29 February)."""
    count = start.year * 12 + start.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
