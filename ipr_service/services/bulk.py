"""Register thousands of commitments in one call: each becomes a hash-only idea of its own with a receipt of its own, or none does.

One write plan, one checkpoint over all of them. What is wrong is said for each commitment by its place in the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ipr_service.errors import N_, ConflictError, FieldProblem, InputError, NotFoundError
from ipr_service.services import access, idempotency
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.registration import KINDS, hash_only_version, new_idea
from ipr_service.store.schema import Idea, IdeaVersion, LogCheckpoint, LogEntry, Participant
from ipr_service.store.sequencer import Insert, Logged, WritePlan

MOST = 10_000
SHOWN = 100
"""Problems named in one refusal; more of them are counted."""
_ASKED = 5_000
_TWICE = N_("This commitment stands twice in the call. Each registration has salts of its own: make a new one.")
_TAKEN = N_("This commitment is registered already. Each registration has salts of its own: make a new one.")


@dataclass(frozen=True)
class Line:
    """The receipt of one commitment; checkpoint and time are those of the whole call."""

    idea_id: str
    index: int
    commitment: bytes


@dataclass(frozen=True)
class Receipts:
    """One line for each commitment, in their order, under one signed checkpoint."""

    checkpoint_size: int
    checkpoint_note: bytes
    time: datetime
    lines: tuple[Line, ...]


def register_commitments(ctx: Context, actor: Actor, commitments: Sequence[bytes], *, kind: str = "idea") -> Receipts:
    """Register all of them, each as an idea of its own.

    Args:
        commitments: 1 to :data:`MOST`, each 32 bytes and different from the others.

    Raises:
        InputError: too many or none, another length, one that stands twice; names each by its place.
        ConflictError: some are in the log already; names each by its place. Nothing was written.
    """
    organisation_id = access.require_creation(actor, "idea")
    _check(commitments, kind)
    _refuse_registered(ctx, commitments)
    ids = iter(ctx.new_ids(4 * len(commitments)))
    made = [(next(ids), new_idea(ctx, actor, organisation_id, (next(ids), next(ids), next(ids)), kind)) for _ in commitments]
    versions = tuple(
        hash_only_version(ctx, actor, organisation_id, version_id, idea["id"], 1, commitment)
        for commitment, (version_id, (idea, _)) in zip(commitments, made, strict=True)
    )
    steps = (
        Insert(Idea, tuple(idea for _, (idea, _) in made)),
        Insert(Participant, tuple(owner for _, (_, owner) in made)),
        Insert(IdeaVersion, versions, taken=ConflictError(_TAKEN)),
    )
    entries = tuple(Logged(version["commitment"], kind, version["idea_id"], None, None, None) for version in versions)
    try:
        receipts = ctx.write(WritePlan((*steps, *idempotency.claim(ctx, actor, versions[0]["idea_id"])), entries))
    except ConflictError:
        _refuse_registered(ctx, commitments)  # somebody was faster with one of them: say which
        raise
    lines = (Line(entry.thing_id, receipt.index, receipt.commitment) for entry, receipt in zip(entries, receipts, strict=True))
    return Receipts(receipts[0].checkpoint_size, receipts[0].checkpoint_note, receipts[0].time, tuple(lines))


def receipts_again(ctx: Context, actor: Actor, commitments: Sequence[bytes]) -> Receipts:
    """The receipts of a call that was carried out, as they were first given.

    Raises:
        NotFoundError: not every one is a registration that the actor may prove.
    """
    with ctx.database.reading() as session:
        mine = access.visible(actor, "idea", "prove")
        rows: dict[bytes, LogEntry] = {}
        for at in range(0, len(commitments), _ASKED):
            some = select(LogEntry).where(LogEntry.commitment.in_(commitments[at : at + _ASKED]), LogEntry.thing_id.in_(mine))
            rows |= {row.commitment: row for row in session.scalars(some)}
        if not commitments or len(rows) < len(commitments):
            raise NotFoundError(N_("There is nothing here that you may see."))
        entries = [rows[commitment] for commitment in commitments]
        note = session.get_one(LogCheckpoint, entries[0].checkpoint_size).note
    lines = tuple(Line(row.thing_id, row.index, row.commitment) for row in entries)
    return Receipts(entries[0].checkpoint_size, note, entries[0].created_at, lines)


def _check(commitments: Sequence[bytes], kind: str) -> None:
    if kind not in KINDS:
        raise InputError.at("/kind", N_("Choose idea or contribution."))
    if not 1 <= len(commitments) <= MOST:
        raise InputError.at("/commitments", N_("Send 1 to {limit} commitments in one call."), limit=MOST)
    problems = list(_odd(commitments))
    if problems:
        raise InputError(
            N_("{count} of the commitments cannot be taken. Nothing was registered."), problems=problems[:SHOWN], count=len(problems)
        )


def _odd(commitments: Sequence[bytes]) -> Iterator[FieldProblem]:
    seen: set[bytes] = set()
    for place, commitment in enumerate(commitments):
        if len(commitment) != 32:
            yield FieldProblem(f"/commitments/{place}", N_("A commitment has 32 bytes, written as 44 characters of base64."))
        elif commitment in seen:
            yield FieldProblem(f"/commitments/{place}", _TWICE)
        seen.add(commitment)


def _refuse_registered(ctx: Context, commitments: Sequence[bytes]) -> None:
    taken: set[bytes] = set()
    with ctx.database.reading() as session:
        for at in range(0, len(commitments), _ASKED):
            taken |= set(session.scalars(select(LogEntry.commitment).where(LogEntry.commitment.in_(commitments[at : at + _ASKED]))))
    if not taken:
        return
    problems = [FieldProblem(f"/commitments/{place}", _TAKEN) for place, commitment in enumerate(commitments) if commitment in taken]
    said = N_("{count} of the commitments are registered already. Nothing was registered.")
    raise ConflictError(said, problems=problems[:SHOWN], count=len(problems))
