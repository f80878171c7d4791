"""What a stranger remembers of a log, and how it compares with what the log shows now.

A watcher keeps the newest checkpoint that it saw, verbatim, and the keys that it believes. Each time it sees a checkpoint it asks: did
those keys sign it, did as many witnesses as I ask for, and is the log that I saw the beginning of this one? Pure: fetching and the file of
the memory are elsewhere. What is found is data (:class:`Sight`), never an exception: a log that lies is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import note
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.merkle import EMPTY_ROOT, Frontier, leaf_hash
from ipr_service.evidence.tiled import Fetch, ForkError, Served, ServedError, check_growth, check_root
from ipr_service.evidence.tiles import WIDTH
from ipr_service.evidence.trust import NO_QUORUM, LogPolicy

Verdict = Literal["first", "same", "grew", "forked", "rolled-back", "unsigned", "unwitnessed", "unproved"]
GOOD: frozenset[Verdict] = frozenset({"first", "same", "grew"})
MAX_SIZE = 2_000_000
VERSION = 1


@dataclass(frozen=True)
class Seen:
    """A watcher's memory of one log.

    Args:
        vkeys: the log's keys, as they are believed.
        given: whether somebody gave the keys; False: they are those that the log itself showed first.
        checkpoint: the newest signed checkpoint seen, verbatim; None before the first.
        entries: how many entries were read and led to a signed root.
    """

    vkeys: tuple[Vkey, ...]
    given: bool
    checkpoint: bytes | None = None
    entries: int = 0

    @property
    def state(self) -> Checkpoint:
        """The remembered state; an empty log before the first."""
        if self.checkpoint is None:
            return Checkpoint(self.vkeys[0].name, 0, EMPTY_ROOT)
        return signed_state(self.checkpoint, self.vkeys)

    def to_bytes(self) -> bytes:
        """JSON that a person can read and keep."""
        kept = {
            "version": VERSION,
            "vkeys": [vkey.to_text() for vkey in self.vkeys],
            "given": self.given,
            "checkpoint": None if self.checkpoint is None else self.checkpoint.decode("utf-8"),
            "entries": self.entries,
        }
        return json.dumps(kept, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Seen:
        """Raises FormatError unless these are bytes of :meth:`to_bytes`, its checkpoint signed by its keys."""
        try:
            kept: Any = json.loads(data.decode("utf-8")) if len(data) <= MAX_SIZE else None
            if not isinstance(kept, dict) or set(kept) != {"version", "vkeys", "given", "checkpoint", "entries"}:
                raise FormatError(N_("This file does not hold what was seen of a log."))
            vkeys = tuple(Vkey.from_text(line) for line in kept["vkeys"])
            checkpoint = None if kept["checkpoint"] is None else kept["checkpoint"].encode("utf-8")
        except (ValueError, RecursionError, TypeError, AttributeError) as error:
            raise FormatError(N_("This file does not hold what was seen of a log.")) from error
        sound = kept["version"] == VERSION and type(kept["given"]) is bool and type(kept["entries"]) is int and vkeys
        if not sound or len({vkey.name for vkey in vkeys}) != 1:
            raise FormatError(N_("This file does not hold what was seen of a log."))
        seen = cls(vkeys, kept["given"], checkpoint, kept["entries"])
        if not 0 <= seen.entries <= seen.state.size:
            raise FormatError(N_("This file does not hold what was seen of a log."))
        return seen


@dataclass(frozen=True)
class Sight:
    """What one look gave.

    Args:
        verdict: ``first``, ``same`` and ``grew`` are good; everything else is a finding.
        shown: the checkpoint that the log showed, verbatim.
        state: its three lines, once the log's keys signed them; else None.
        seen: the memory to keep: moved forward when the verdict is good, untouched when not.
        cosigned: names of the witnesses of the policy that cosigned it.
        reason: why, when it is a finding.
        proof: hashes that show a fork under the newer root.
    """

    verdict: Verdict
    shown: bytes
    state: Checkpoint | None
    seen: Seen
    cosigned: tuple[str, ...] = ()
    reason: FormatError | None = None
    proof: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict in GOOD


def signed_state(checkpoint: bytes, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The state in a checkpoint that EVERY one of ``vkeys`` signed.

    Raises:
        FormatError: malformed, of another log, or a signature is missing or fails.
    """
    verified = note.verify(checkpoint, vkeys)
    state = Checkpoint.from_text(verified.text)
    if any(vkey.name != state.origin for vkey in vkeys):
        raise FormatError(N_("This checkpoint is of another log."))
    if not all(verified.signed_by(vkey) for vkey in vkeys):
        raise note.SignatureError(N_("The checkpoint is not signed by every key of the log."))
    return state


def look(fetch: Fetch, shown: bytes, seen: Seen, policy: LogPolicy | None = None) -> Sight:
    """Compare the checkpoint that a log shows with what was seen of it.

    Args:
        fetch: the log's files.
        policy: witnesses and the quorum to insist on, or None.
    """
    try:
        state = signed_state(shown, seen.vkeys)
    except FormatError as problem:
        return Sight("unsigned", shown, None, seen, reason=problem)
    cosigned: tuple[str, ...] = ()
    if policy is not None and policy.quorum != NO_QUORUM:
        try:
            keys = [one.vkey for one in note.verify(shown, dict.fromkeys((*seen.vkeys, *policy.vkeys))).verified]
        except FormatError as problem:
            return Sight("unwitnessed", shown, state, seen, reason=problem)
        cosigned = policy.cosigners(keys)
        if not policy.quorum_met(keys):
            missing = FormatError(N_("The witnesses that you ask for have not cosigned it."))
            return Sight("unwitnessed", shown, state, seen, cosigned, missing)
    return replace(_grown(fetch, shown, state, seen), cosigned=cosigned)


def _grown(fetch: Fetch, shown: bytes, state: Checkpoint, seen: Seen) -> Sight:
    before = seen.state
    try:
        if state.size < before.size:
            check_growth(fetch, state, before)
            return Sight("rolled-back", shown, state, seen, reason=_shorter(before, state))
        check_root(fetch, state)
        check_growth(fetch, before, state)
    except ForkError as fork:
        return Sight("forked", shown, state, seen, reason=fork, proof=fork.proof)
    except FormatError as problem:
        if state.size < before.size:  # what was signed before is not even served any more
            return Sight("rolled-back", shown, state, seen, reason=_shorter(before, state))
        return Sight("unproved", shown, state, seen, reason=problem)
    verdict: Verdict = "first" if seen.checkpoint is None else "same" if state.size == before.size else "grew"
    return Sight(verdict, shown, state, replace(seen, checkpoint=shown))


def _shorter(before: Checkpoint, state: Checkpoint) -> FormatError:
    message = N_("The log shows {now} entries and has signed {then} before: it was rolled back, or a stale copy stands between you and it.")
    return FormatError(message, now=state.size, then=before.size)


def read_entries(fetch: Fetch, sight: Sight) -> Sight:
    """Read every entry that was not read before, and see that they lead to the root that was just seen. For good sights only."""
    state = sight.state
    if state is None or not sight:
        return sight
    try:
        served = Served(fetch, state.size)
        start = sight.seen.entries // WIDTH * WIDTH
        frontier = Frontier.read(start, served.reader())
        for index in range(start // WIDTH, -(-state.size // WIDTH)):
            frontier = frontier.extend([leaf_hash(entry) for entry in served.entries(index)])
        if frontier.root() != state.root:
            raise ServedError(N_("The entries do not lead to the root of the checkpoint."))
    except FormatError as problem:
        return replace(sight, verdict="unproved", reason=problem)
    return replace(sight, seen=replace(sight.seen, entries=state.size))
