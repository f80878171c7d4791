"""Many commitments in one call: one receipt each, all or none, and the whole under one checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.services import bulk, library, registration
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.proving import proof_of, receipt_of
from ipr_service.store.schema import Idea, LogCheckpoint, LogEntry
from tests.support.house import as_role, person


def fresh(count: int) -> list[bytes]:
    return [os.urandom(32) for _ in range(count)]


def entries(ctx: Context) -> int:
    with ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idea)) == session.scalar(select(func.count()).select_from(LogEntry))
        return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_each_commitment_gets_a_receipt_under_one_checkpoint_and_an_idea_of_its_own(ctx: Context) -> None:
    sara, sent = person(ctx), fresh(1_300)
    registration.register_commitment(ctx, sara, os.urandom(32))
    made = bulk.register_commitments(ctx, sara, sent)
    assert [line.commitment for line in made.lines] == sent
    assert [line.index for line in made.lines] == list(range(1, 1_301))
    assert len({line.idea_id for line in made.lines}) == 1_300
    checkpoint = open_checkpoint(made.checkpoint_note, ctx.service_keys.log_keys.vkeys)
    assert checkpoint.size == made.checkpoint_size == 1_301
    for line in made.lines[::431]:
        proof = proof_of(ctx, line.commitment)
        merkle.verify_inclusion(line.index, 1_301, leaf_hash(entry_line(line.commitment)), proof.hashes, checkpoint.root)
        assert receipt_of(ctx, sara, line.idea_id).checkpoint_note == made.checkpoint_note
    with ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LogCheckpoint)) == 2
    assert audit(ctx).findings == ()
    assert library.idea(ctx, sara, made.lines[7].idea_id).history[0].hash_only


def test_ten_thousand_fit_in_one_call_and_one_more_does_not(sqlite_ctx: Context) -> None:
    sara, sent = person(sqlite_ctx), fresh(bulk.MOST + 1)
    with pytest.raises(InputError) as caught:
        bulk.register_commitments(sqlite_ctx, sara, sent)
    assert [(problem.pointer, problem.values) for problem in caught.value.problems] == [("/commitments", {"limit": 10_000})]
    assert len(bulk.register_commitments(sqlite_ctx, sara, sent[:-1]).lines) == 10_000


@pytest.mark.parametrize(
    ("spoil", "places"),
    [
        (lambda sent: sent.__setitem__(3, sent[1]), [3]),
        (lambda sent: sent.__setitem__(0, b"short"), [0]),
        (lambda sent: sent.__setitem__(slice(5, 9), [sent[4]] * 4), [5, 6, 7, 8]),
    ],
)
def test_what_cannot_be_taken_is_named_by_its_place_and_nothing_is_registered(
    sqlite_ctx: Context, spoil: Callable[[list[bytes]], None], places: list[int]
) -> None:
    sara, sent = person(sqlite_ctx), fresh(10)
    spoil(sent)
    with pytest.raises(InputError) as caught:
        bulk.register_commitments(sqlite_ctx, sara, sent)
    assert [problem.pointer for problem in caught.value.problems] == [f"/commitments/{place}" for place in places]
    assert entries(sqlite_ctx) == 0


def test_a_commitment_that_is_in_the_log_already_is_named_and_none_of_the_call_is_registered(ctx: Context) -> None:
    sara, sent = person(ctx), fresh(20)
    registration.register_commitment(ctx, sara, sent[13])
    with pytest.raises(ConflictError) as caught:
        bulk.register_commitments(ctx, sara, sent)
    assert [problem.pointer for problem in caught.value.problems] == ["/commitments/13"]
    assert entries(ctx) == 1


def test_somebody_faster_with_one_of_them_is_named_too(sqlite_ctx: Context) -> None:
    """She looks, finds nothing; before she writes, another registers one of hers."""
    sara, sent = person(sqlite_ctx), fresh(20)
    eva = person(sqlite_ctx, "Eva")
    write = sqlite_ctx.sequencer.write

    class Slow:
        def write(self, plan: object) -> object:
            registration.register_commitment(sqlite_ctx, eva, sent[4])
            return write(plan)  # type: ignore[arg-type]

    with pytest.raises(ConflictError) as caught:
        bulk.register_commitments(replace(sqlite_ctx, sequencer=Slow()), sara, sent)  # type: ignore[arg-type]
    assert [problem.pointer for problem in caught.value.problems] == ["/commitments/4"]
    assert entries(sqlite_ctx) == 1


def test_an_empty_call_is_refused(sqlite_ctx: Context) -> None:
    with pytest.raises(InputError):
        bulk.register_commitments(sqlite_ctx, person(sqlite_ctx), [])


def test_whoever_may_not_register_one_may_not_register_many(sqlite_ctx: Context) -> None:
    for role in ("viewer", "advisor"):
        with pytest.raises(ForbiddenError):
            bulk.register_commitments(sqlite_ctx, as_role(person(sqlite_ctx, role.title()), role), fresh(2))
    assert entries(sqlite_ctx) == 0


def test_the_receipts_are_given_again_to_their_owner_alone(ctx: Context) -> None:
    sara, sent = person(ctx), fresh(30)
    made = bulk.register_commitments(ctx, sara, sent)
    bulk.register_commitments(ctx, sara, fresh(5))
    assert bulk.receipts_again(ctx, sara, sent) == made
    for who, asked in ((person(ctx, "Eva"), sent), (sara, [*sent, os.urandom(32)]), (sara, [])):
        with pytest.raises(NotFoundError):
            bulk.receipts_again(ctx, who, asked)
