"""The next split out of an accepted one: somebody joins, leaves, or hands a share on. The accepted one is never changed.

An event is computed like any other split, by a policy that ships (``policies.EVENTS``), so that its record replays offline and every share
has its reasons. It starts from what each party held (the fact ``held``) and says which split it takes the place of (``follows``). Where
the split before was made by a policy that vests by itself, that policy is asked what the leaver keeps, and everything else of that run
stays as it was.

Who must agree: every party whose share the event changes (:func:`affected`), and nobody else. Whether a law gives others a right to buy
first or asks for a form is for the law packs, not for this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights import life, policies
from ipr_service.rights.allocation import Allocation, allocate
from ipr_service.rights.facts import DATE, Facts, Value
from ipr_service.rights.notation import MAX_DIGITS
from ipr_service.rights.parties import Party
from ipr_service.rights.policies import Policy
from ipr_service.rights.rules import Vest
from ipr_service.rights.scopes import Stated
from ipr_service.rights.shares import Split

JOINING: Final = "joining"
LEAVING: Final = "leaving"
TRANSFER: Final = "transfer"
KINDS: Final = (JOINING, LEAVING, TRANSFER)
AGREED: Final = "agreement of the parties"
_ONE = Fraction(1)


@dataclass(frozen=True)
class Event:
    """What happens.

    Args:
        kind: one of :data:`KINDS`.
        party: who joins, leaves, or hands on.
        part: joining: of the whole, above 0 and below 1. leaving: of its share, what it keeps, from 0 up to but not 1; None where the
            policy of the split says it. transfer: of its share, what it hands on, above 0 and up to 1.
        to: transfer: who receives.
        joined, left: leaving, where the policy counts the time: the first and the last day.
    """

    kind: str
    party: str
    part: Fraction | None = None
    to: str | None = None
    joined: date | None = None
    left: date | None = None


def vests(run: Allocation) -> bool:
    """Whether the policy of a split says itself, by dates, what a leaver keeps. Shares that were negotiated come from no policy."""
    return run.negotiated is None and _counts_time(run.policy)


def _counts_time(policy: Policy) -> bool:
    days = {name for name, one in policy.declared.items() if (one.of, one.type) == ("party", DATE)}
    return days >= {"joined", "left"} and any(isinstance(rule, Vest) for rule in policy.rules)


def follow(before: Allocation, number: int, event: Event, present: Iterable[str]) -> Allocation:
    """The split after an event; ``signed_by`` names the parties that have to accept it.

    Args:
        before: the accepted split, as it stands.
        number: its number.
        present: ids of everybody who takes part now; who holds nothing and is gone is left out.

    Raises:
        InputError: at ``/part``, ``/party``, ``/to``, ``/left``: what the event lacks, or what cannot be.
        RefusedError: nobody is left, or nothing would change.
    """
    run = _leaving_by_policy(before, event) if event.kind == LEAVING and vests(before) and event.part is None else None
    run = run or _agreed(before, number, event, present)
    changed = affected(before.proposed, run.proposed)
    if not changed:
        raise RefusedError(N_("This would change nobody's share"))
    return replace(run, signed_by=changed)


def affected(before: Split, after: Split) -> tuple[str, ...]:
    """Ids of the parties whose share differs, sorted."""
    old, new = before.fractions, after.fractions
    return tuple(party for party in sorted(old.keys() | new.keys()) if old.get(party, 0) != new.get(party, 0))


def _leaving_by_policy(before: Allocation, event: Event) -> Allocation:
    """The run before, with the day on which the party left."""
    if event.left is None:
        raise InputError.at("/left", N_("The rule of this split counts the time until somebody leaves: say the last day"))
    own = {party: dict(told) for party, told in before.stated.parties}
    told: dict[str, Value] = own.setdefault(_holder(before, event.party), {})
    told["left"] = event.left
    if event.joined is not None:
        told["joined"] = event.joined
    joined = told.get("joined")
    if not isinstance(joined, date):
        raise InputError.at("/joined", N_("The rule of this split counts the time from when somebody joined: say the first day"))
    if joined > event.left:
        raise InputError.at(
            "/left", N_("It ends on {end}, before it begins on {start}"), end=event.left.isoformat(), start=joined.isoformat()
        )
    stated = Stated(before.stated.case, tuple((party, _sorted(facts)) for party, facts in sorted(own.items())))
    return allocate(before.policy, before.parties, before.contributions, background=before.background, stated=stated)


def _agreed(before: Allocation, number: int, event: Event, present: Iterable[str]) -> Allocation:
    """The shares of before, changed as the parties say."""
    held = before.proposed.fractions
    everybody = sorted({party for party, share in held.items() if share} | set(present))
    case, own = _told(before.proposed, event)
    facts = tuple((party, _sorted({"held": held.get(party, Fraction(0))} | own.get(party, {}))) for party in everybody)
    _check_digits(held)
    policy = policies.shipped(f"{event.kind}@1")
    return allocate(policy, map(Party, everybody), (), stated=Stated(_sorted({"follows": Fraction(number)} | case), facts))


def _told(split: Split, event: Event) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """The facts of the case and of the parties. ``life`` refuses what cannot be."""
    if event.kind == TRANSFER:
        to = event.to or ""
        life.transfer(split, event.party, to, event.part or Fraction(0), AGREED)
        return {"giver": event.party, "taker": to, "part": event.part or _ONE}, {}
    if event.kind == JOINING:
        holders = Split.of({party: share for party, share in split.fractions.items() if share})
        life.join(holders, event.party, event.part or Fraction(0), AGREED)
        return {"newcomer": event.party, "takes": event.part or _ONE}, {}
    if event.part is None:
        raise InputError.at("/part", N_("Say which part of its share the leaver keeps; 0 when it keeps nothing"))
    if event.part == 1:
        raise InputError.at("/part", N_("Who keeps all of its share stays a holder; there is nothing to agree on"))
    life.leave(split, {event.party: event.part}, AGREED)
    return {}, {event.party: {"keeps": event.part}}


def _holder(before: Allocation, party: str) -> str:
    life.leave(before.proposed, {party: _ONE}, AGREED)  # refuses whoever holds nothing, by the nearest name
    return party


def _sorted(facts: Mapping[str, Any]) -> Facts:
    return tuple(sorted(facts.items()))


def _check_digits(held: Mapping[str, Fraction]) -> None:
    """Refuse shares that no record could state: a number that is written has at most so many digits."""
    if any(len(str(number)) > MAX_DIGITS for share in held.values() for number in share.as_integer_ratio()):
        msgid = N_("The shares of this split have more than {limit} digits. Agree on shares that people can write, then come back.")
        raise RefusedError(msgid, limit=MAX_DIGITS)
