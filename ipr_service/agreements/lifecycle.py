"""The life of an agreement: which state follows which act, and which days follow from its terms.

::

    drafting --share--> negotiating --freeze--> frozen --invite--> signing --execute--> executed
       ^                     |   ^                 |                  |                     |
       |                     |   +-----reopen------+                  |                 supersede, end
       +-------redraft-------+                                        +-- decline, expire --> negotiating

    withdraw ends everything that is not executed; what was executed is only superseded or ended, never changed.

A frozen agreement has one document digest that nobody changes; a new text is a new freeze. The ceremony of signatures within
``signing`` is a machine of its own, in ``signing``. Nothing is stored here and no clock is read.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ipr_service.agreements.expressions import holds
from ipr_service.agreements.kinds import Deadline, Kind
from ipr_service.agreements.terms import Terms
from ipr_service.errors import N_, RefusedError


class State(StrEnum):
    DRAFTING = "drafting"
    NEGOTIATING = "negotiating"
    FROZEN = "frozen"
    SIGNING = "signing"
    EXECUTED = "executed"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    SHARE = "share"
    REDRAFT = "redraft"
    FREEZE = "freeze"
    REOPEN = "reopen"
    INVITE = "invite"
    DECLINE = "decline"
    EXPIRE = "expire"
    EXECUTE = "execute"
    SUPERSEDE = "supersede"
    END = "end"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[State, Act], State] = {
    (State.DRAFTING, Act.SHARE): State.NEGOTIATING,
    (State.DRAFTING, Act.FREEZE): State.FROZEN,
    (State.DRAFTING, Act.WITHDRAW): State.WITHDRAWN,
    (State.NEGOTIATING, Act.REDRAFT): State.DRAFTING,
    (State.NEGOTIATING, Act.FREEZE): State.FROZEN,
    (State.NEGOTIATING, Act.WITHDRAW): State.WITHDRAWN,
    (State.FROZEN, Act.REOPEN): State.NEGOTIATING,
    (State.FROZEN, Act.INVITE): State.SIGNING,
    (State.FROZEN, Act.WITHDRAW): State.WITHDRAWN,
    (State.SIGNING, Act.DECLINE): State.NEGOTIATING,
    (State.SIGNING, Act.EXPIRE): State.NEGOTIATING,
    (State.SIGNING, Act.EXECUTE): State.EXECUTED,
    (State.SIGNING, Act.WITHDRAW): State.WITHDRAWN,
    (State.EXECUTED, Act.SUPERSEDE): State.SUPERSEDED,
    (State.EXECUTED, Act.END): State.ENDED,
}
FINAL = frozenset({State.SUPERSEDED, State.ENDED, State.WITHDRAWN})


def acts(state: State) -> tuple[Act, ...]:
    """What may be done in ``state``, in the order of the table."""
    return tuple(act for at, act in TRANSITIONS if at is state)


def advance(state: State, act: Act) -> State:
    """The state after ``act``.

    Raises:
        RefusedError: ``act`` is not possible in ``state``.
    """
    try:
        return TRANSITIONS[(state, act)]
    except KeyError:
        possible = ", ".join(acts(state)) or "-"
        msgid = N_("An agreement that is {state} cannot take the act '{act}'; possible are: {possible}")
        raise RefusedError(msgid, state=state.value, act=act.value, possible=possible) from None


@dataclass(frozen=True, order=True)
class Obligation:
    """One day of an agreement's calendar."""

    day: dt.date
    id: str
    label: str


def obligations(kind: Kind, terms: Terms, executed_on: dt.date) -> tuple[Obligation, ...]:
    """The days that follow from ``terms``, sorted.

    Args:
        kind: the kind of ``terms``.
        terms: checked answers.
        executed_on: the day of the last signature; counts when the terms name no day of effect.
    """
    effective = terms.answers.get("effective")
    start = dt.date.fromisoformat(effective) if effective else executed_on
    context = terms.context(kind)
    found = [
        obligation
        for deadline in kind.deadlines
        if deadline.condition is None or holds(deadline.condition, context)
        for obligation in _days(deadline, terms, start)
    ]
    return tuple(sorted(found))


def _days(deadline: Deadline, terms: Terms, start: dt.date) -> list[Obligation]:
    if deadline.each and deadline.day:
        entries = terms.answers.get(deadline.each) or ()
        return [Obligation(dt.date.fromisoformat(entry[deadline.day]), deadline.id, deadline.label.format_map(entry)) for entry in entries]
    day = start
    for name in deadline.after:
        period = terms.answers.get(name)
        if period is None:
            return []
        day = after(day, period)
    return [Obligation(day, deadline.id, deadline.label)]


def after(day: dt.date, period: str) -> dt.date:
    """``day`` plus an ISO 8601 period of one unit (``P30D``, ``P2W``, ``P6M``, ``P3Y``).

    Months and years keep the day of the month; where the month has no such day, its last day counts (31 January plus one month is
    28 or 29 February), as Regulation (EEC, Euratom) No 1182/71, art. 3(2)(c), reckons.
    """
    count, unit = int(period[1:-1]), period[-1]
    if unit in "DW":
        return day + dt.timedelta(days=count * (7 if unit == "W" else 1))
    months = day.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
