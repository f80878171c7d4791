"""Wakes may be lost, what was written may not."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from huey import SqliteHuey

from ipr_service.errors import ConflictError, UnavailableError
from ipr_service.evidence.checkpoint import Checkpoint
from ipr_service.jobs.worker import announce
from ipr_service.services import intake, registration
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.intake import Intake, open_intake
from ipr_service.services.registration import RegisterIdea
from ipr_service.store.sequencer import Sequencer
from tests.support.house import MovingClock, person


def take(ctx: Context, actor: Actor) -> Intake:
    taken = open_intake(ctx, actor)
    taken.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    return taken


def blobs(ctx: Context) -> list[str]:
    return sorted(blob for blob, _, _ in ctx.blobs.shelf.listing())


def test_a_broken_queue_undoes_no_registration(sqlite_ctx: Context, tmp_path: Path) -> None:
    """Nothing can be put into the queue: the receipt is given, content and key stay."""
    queue = SqliteHuey("ipr", filename=str(tmp_path / "queue.db"), results=False)
    with closing(sqlite3.connect(tmp_path / "queue.db")) as raw:
        raw.executescript("DROP TABLE task; DROP TABLE schedule")
    ctx = replace(sqlite_ctx, wake=announce(queue, lambda: None))
    sara = person(ctx)
    made = registration.register_idea(ctx, sara, RegisterIdea("Chair"), take(ctx, sara))
    assert made.receipt.index == 0
    assert audit(ctx).findings == ()
    queue.storage.close()


def test_a_refused_registration_leaves_neither_content_nor_key(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    sara = person(ctx)
    taken = take(ctx, sara)
    registration.register_idea(ctx, sara, RegisterIdea("Chair"), taken)
    before = blobs(ctx), sorted(ctx.settings.keys_dir.rglob("*"))
    again = replace(taken, files=[], _open=[], _stored=[])
    again.version_id = ctx.new_id()
    again.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    again.is_new = False
    with pytest.raises(ConflictError):
        registration.register_idea(ctx, replace(sara, request_key="unknown"), RegisterIdea("Chair"), again)
    assert (blobs(ctx), sorted(ctx.settings.keys_dir.rglob("*"))) == before


def test_content_whose_commit_is_uncertain_stays_until_the_sweep_knows_that_no_row_names_it(
    sqlite_ctx: Context, clock: MovingClock
) -> None:
    sara = person(sqlite_ctx)

    def lost(_checkpoint: Checkpoint) -> bytes:
        raise UnavailableError("the database went away")

    away = Sequencer(sqlite_ctx.database, lost, sqlite_ctx.settings.origin, sqlite_ctx.clock)
    ctx = replace(sqlite_ctx, sequencer=away)
    with pytest.raises(UnavailableError):
        registration.register_idea(ctx, sara, RegisterIdea("Chair"), take(ctx, sara))
    assert len(blobs(ctx)) == 1
    registration.register_idea(sqlite_ctx, sara, RegisterIdea("Chair"), take(sqlite_ctx, sara))
    assert intake.sweep(ctx) == 0, "it is young: its row may be about to be written"
    clock.now = datetime.now(UTC) + intake.ORPHAN_AFTER + timedelta(minutes=1)
    assert intake.sweep(ctx) == 1
    assert audit(sqlite_ctx).findings == ()


def test_a_wake_of_the_server_is_understood_by_the_worker(tmp_path: Path) -> None:
    """Two processes name the task alike, whatever function each of them hands in."""
    looked: list[str] = []
    serving = SqliteHuey("ipr", filename=str(tmp_path / "queue.db"), results=False)
    announce(serving, lambda: None)()
    working = SqliteHuey("ipr", filename=str(tmp_path / "queue.db"), results=False)
    announce(working, partial(looked.append, "now"))
    task = working.dequeue()
    assert task is not None
    working.execute(task, task.eta)
    assert looked == ["now"]
