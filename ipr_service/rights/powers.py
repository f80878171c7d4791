"""Powers of co-owners: who must agree when one of them wants to use, license, sell or sue; and whether a vote carries.

Ownership says who holds which part; powers say who may do what with the thing, and the two are not the same: an Italian co-owner of
half a patent may not use it alone, a French one may, and owes compensation. Majorities are counted by interests, never by heads.

:func:`power` reads the rule, :func:`vote` counts one, :func:`preemption` computes the day until which the others may step into a sale.
Sources: the packs. Not computed: what a notice or an offer must contain, and what compensation is fair.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, RefusedError
from ipr_service.rights import statutes
from ipr_service.rights.notation import total
from ipr_service.rights.outcomes import PARTIES, Citation, Conflict, Outcome, Remark, Undetermined, Value
from ipr_service.rights.parties import check_known
from ipr_service.rights.periods import Period
from ipr_service.rights.provisions import ACTS, Provision
from ipr_service.rights.shares import Split

MISSING: Final = N_("No verified rule says who must agree to this")
CARRIED, NOT_CARRIED = "carried", "not_carried"

_ALONE: Final = "yes"
_OTHERS: Final = {
    "majority": "majority_interest",
    "half": "half_value",
    "two-thirds": "two_thirds",
    "all": "all",
    "all-unless-unjustified": "no_unjustified_refusal",
    "not-alone": "no",
}


@dataclass(frozen=True)
class Preemption:
    """The others may step into a sale: ``before`` from notice of it, ``after`` once it is done."""

    before: Period | None
    before_from: str
    after: Period | None
    after_from: str


@dataclass(frozen=True)
class ConsentRule:
    """Who must agree to an act, and what one owes for it.

    Args:
        act: one of :data:`ipr_service.rights.provisions.ACTS`.
        who: one of :data:`ipr_service.rights.provisions.WHO`; or ``court``, where the parties agreed so.
        notice: the others must be told first; ``notice_days`` how long before, where the rule says.
        offer: one must offer one's own share with the notice; ``block``: how long the others may then stop it by buying.
        owes: ``compensation`` or ``indemnity`` to the others, ``nothing``, or empty when the rule does not say.
        court: a court may decide when they do not agree.
        condition: a word for what must hold besides; empty when nothing.
        preemption: on the sale of a share, the right of the others.
        source: clause or article, for whoever shows the rule without the citations of its outcome.
        agreed: the parties said it, no law: where half must agree, exactly half is then enough.
    """

    act: str
    who: str
    notice: bool = False
    notice_days: Period | None = None
    offer: bool = False
    block: Period | None = None
    owes: str = ""
    court: bool = False
    condition: str = ""
    preemption: Preemption | None = None
    source: str = ""
    agreed: bool = False

    @property
    def code(self) -> str:
        """A word for programs: ``yes``, ``yes_notice``, ``yes_compensate``, ``yes_notice_offer_share``, ``majority_interest``,
        ``two_thirds``, ``half_value``, ``all``, ``no``; ``_or_court`` behind those that a court may replace."""
        if self.who == "alone":
            parts = [_ALONE, *(["notice"] if self.notice or self.offer else []), *(["offer_share"] if self.offer else [])]
            return "_".join([*parts, *(["compensate"] if self.owes in ("compensation", "indemnity") and not self.offer else [])])
        return _OTHERS[self.who] + ("_or_court" if self.court and self.who in ("all", "majority", "half") else "")

    @property
    def alone(self) -> bool:
        """Whether one co-owner may do it without the consent of another; notice, offer and compensation apart."""
        return self.who == "alone"


def power(country: str, right: str, act: str, on: date) -> Outcome[ConsentRule]:
    """Who must agree to an act when nothing was agreed.

    Args:
        country: of the pack; ``EU`` only for what the Union's own text regulates.
        right: ``patent``, ``design``, ``trademark``, ``copyright``, ``trade_secret``, …
        act: one of :data:`ipr_service.rights.provisions.ACTS`.

    Raises:
        InputError: no such country, right or act.
    """
    check_known("/act", act, ACTS, N_('"{value}" is not an act of co-owners; acts are: {known}'))
    found = statutes.one(country, right, "power", act, on, MISSING)
    if not isinstance(found, Value):
        return found
    if found.value.word("who") == "open":
        return Undetermined(Remark(N_("The law has no rule and no court has decided")), PARTIES, found.because)
    duty = statutes.one(country, right, "duty", act, on, MISSING)
    preempt = statutes.one(country, right, "preempt", act, on, MISSING)
    for other in (duty, preempt):
        if isinstance(other, Conflict):
            return other
    also = tuple(dict.fromkeys(found.because + _rows(duty) + _rows(preempt)))
    return Value(_rule(found.value, _provision(duty), _provision(preempt)), also)


def _rows(found: Outcome[Provision]) -> tuple[Citation, ...]:
    return found.because if isinstance(found, Value) else ()


def _provision(found: Outcome[Provision]) -> Provision | None:
    return found.value if isinstance(found, Value) else None


def _rule(said: Provision, duty: Provision | None, preempt: Provision | None) -> ConsentRule:
    owes = "compensation" if said.flag("compensate") else (duty.word("owes") if duty else "")
    return ConsentRule(
        act=said.about,
        who=said.word("who"),
        notice=said.flag("notice"),
        notice_days=said.period("notice-days"),
        offer=said.flag("offer"),
        block=said.period("block"),
        owes=owes,
        court=said.flag("court"),
        condition=said.word("if"),
        preemption=_preemption(preempt) if preempt else None,
    )


def _preemption(said: Provision) -> Preemption:
    return Preemption(said.period("before"), said.word("from"), said.period("after"), said.word("after-from"))


@dataclass(frozen=True)
class Tally:
    """A counted vote.

    Args:
        result: ``carried`` or ``not_carried``.
        held: the part that those who agreed hold together.
        needed: what the rule asks for, in exact words for a person: a msgid.
        lacking: holders who have not agreed, in canonical order.
    """

    result: str
    rule: ConsentRule
    held: Fraction
    needed: str
    lacking: tuple[str, ...]


NEEDED: Final = {
    "alone": N_("one holder"),
    "majority": N_("more than half of the interests"),
    "half": N_("a majority that holds at least half of the value"),
    "two-thirds": N_("at least two thirds of the rights"),
    "all": N_("every holder"),
    "all-unless-unjustified": N_("every holder, and nobody may refuse without a reason"),
    "not-alone": N_("more than one holder; the rule does not say whom"),
}


def vote(country: str, right: str, act: str, split: Split, agree: Collection[str], on: date) -> Outcome[Tally]:
    """Whether those who agree are enough for an act.

    Args:
        split: who holds what; holders of 0 have no voice.
        agree: party ids.

    Raises:
        InputError: somebody who agrees holds nothing; or as :func:`power`.
        RefusedError: the rules that one would look for are shut out for this right (FR patents and C. civ. 815 ff.).
    """
    holders = {share.party: share.fraction for share in split.shares if share.fraction}
    for party in sorted(agree):
        check_known("/agree", party, holders, N_('"{value}" holds no share; holders are: {known}'))
    rule = power(country, right, act, on)
    if isinstance(rule, Undetermined) and act in ("administer", "dispose"):
        _shut_out(country, right, on)
    if not isinstance(rule, Value):
        return rule
    held = total(holders[party] for party in set(agree))
    lacking = tuple(party for party in holders if party not in agree)
    decided = carried(rule.value, held, len(set(agree)), not lacking)
    if decided is None:
        return Undetermined(Remark(N_("The rule does not say whether these are enough")), PARTIES, rule.because)
    tally = Tally(CARRIED if decided else NOT_CARRIED, rule.value, held, NEEDED[rule.value.who], lacking)
    return Value(tally, rule.because)


def carried(rule: ConsentRule, held: Fraction, heads: int, everybody: bool) -> bool | None:
    """Whether those who agree are enough; None when the rule does not tell.

    Args:
        held: the part that they hold together. heads: how many they are. everybody: all holders agree.
    """
    if everybody or not heads:
        return everybody
    match rule.who:
        case "alone":
            return True
        case "majority":
            return held > Fraction(1, 2)
        case "two-thirds":
            return held >= Fraction(2, 3)
        case "half":
            return held > Fraction(1, 2) or (None if held == Fraction(1, 2) and not rule.agreed else held == Fraction(1, 2))
        case "not-alone":
            return False if heads == 1 else None
        case _:
            return False


def _shut_out(country: str, right: str, on: date) -> None:
    for found in statutes.search(country, right, "order", "sources", on).found:
        if excluded := found.provision.word("excludes"):
            msgid = N_("{excluded} does not apply to this right ({article}); {instead} does")
            article, instead = found.citation.article, found.provision.word("instead")
            raise RefusedError(msgid, excluded=excluded, article=article, instead=instead)


def preemption(country: str, right: str, on: date, start: date, end: str = "before") -> Outcome[date]:
    """The last day on which the others may step into the sale of a share.

    Args:
        start: the day from which the period runs: notice (``before``), or registration, publication or knowledge (``after``).
        end: ``before`` the sale, or ``after`` it.

    Raises:
        InputError: as :func:`power`.
    """
    found = power(country, right, "sell-share", on)
    if not isinstance(found, Value):
        return found
    rule = found.value.preemption
    period = None if rule is None else rule.before if end == "before" else rule.after
    if period is None:
        return Undetermined(Remark(N_("No verified rule gives the others a right to step into the sale")), PARTIES, found.because)
    return Value(period.after(start), found.because)
