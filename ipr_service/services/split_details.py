"""What a face is told about a split: its shares with their reasons, who answered what, its place in the chain, what stays outside.

Plain values; ``allocation`` fills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ipr_service.rights import explanation
from ipr_service.rights.allocation import Allocation
from ipr_service.services.shares import ShareLine


@dataclass(frozen=True)
class Answer:
    """What a party answered: ``accepted``, ``declined`` (with a reason) or ``awaited``."""

    party_id: str
    party: str
    state: str
    person: str | None = None
    at: datetime | None = None
    reason: str | None = None
    commitment: bytes | None = None


@dataclass(frozen=True)
class Neighbour:
    """Another split of the same collaboration, in the chain of those that were accepted."""

    id: str
    number: int


@dataclass(frozen=True)
class Kept:
    """A contribution that stays outside the pot because it can be told apart: a thing of its own, all of it its maker's."""

    contribution_id: str
    title: str
    party_id: str
    party: str
    reason: str
    source: str


@dataclass(frozen=True)
class SplitDetails:
    """A split with all that its parties may see.

    Args:
        state: ``proposed``, ``accepted``, ``declined`` or ``superseded``.
        shares: in the order of the parties. answers: of those who are asked.
        event: ``joining``, ``leaving`` or ``transfer`` when it was computed from the split before by what happened; else None.
        follows: the accepted split that stood when this one was proposed. followed_by: the accepted one that took its place.
        kept: what stays its maker's own.
        reason: the parties' own, with negotiated shares; else None.
        commitment: of its entry in the log, 32 bytes. run_digest: what the parties accept, 32 bytes.
    """

    id: str
    collaboration_id: str
    number: int
    policy: str
    policy_title: str
    policy_about: str
    state: str
    shares: tuple[ShareLine, ...]
    answers: tuple[Answer, ...]
    reason: str | None
    commitment: bytes
    run_digest: bytes
    proposed_by: str
    created_at: datetime
    decided_at: datetime | None
    event: str | None = None
    follows: Neighbour | None = None
    followed_by: Neighbour | None = None
    kept: tuple[Kept, ...] = ()

    @property
    def awaited(self) -> tuple[str, ...]:
        """Names of the parties that have not answered yet."""
        return tuple(one.party for one in self.answers if one.state == "awaited")


@dataclass(frozen=True)
class Preview:
    """A run that nobody has stored. ``changes``: against the last split, if there is one; ``causes``: because of what."""

    shares: tuple[ShareLine, ...]
    allocation: Allocation
    changes: tuple[explanation.Change, ...] = ()
    causes: tuple[str, ...] = ()
