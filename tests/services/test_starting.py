"""An old database put in the place of the newer one is found at the start, by what stands outside of it, and nothing is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ipr_service.app import create_app, create_worker, own_log
from ipr_service.errors import DamageError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.services import publishing, readiness, registration, starting
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from tests.support.house import person, work
from tests.support.network import copied


@pytest.fixture
def sara(ctx: Context) -> Actor:
    return person(ctx)


def register(ctx: Context, actor: Actor, *numbers: int) -> None:
    for number in numbers:
        registration.register_commitment(ctx, actor, bytes([number]) * 32)


def anchor(ctx: Context) -> Path:
    return ctx.settings.keys_dir / starting.ANCHOR


def test_a_worker_keeps_the_newest_checkpoint_beside_the_keys_and_the_next_start_agrees_with_it(ctx: Context, sara: Actor) -> None:
    starting.refuse_fork(ctx)
    register(ctx, sara, 1, 2)
    work(ctx)
    assert anchor(ctx).read_bytes().split(b"\n")[1] == b"2"
    assert anchor(ctx).stat().st_mode & 0o077 == 0
    register(ctx, sara, 3)
    starting.refuse_fork(ctx)


def test_class_17_a_rolled_back_database_is_refused_at_the_start_and_says_what_to_do(sqlite_ctx: Context, tmp_path: Path) -> None:
    ctx, sara = sqlite_ctx, person(sqlite_ctx)
    register(ctx, sara, 1)
    old = copied(ctx, tmp_path / "old.db")
    register(ctx, sara, 2, 3)
    work(ctx)
    with pytest.raises(
        DamageError, match=r"This database holds 1 entries, but keys/newest-checkpoint shows .* had 3: .* Restore the newest"
    ):
        starting.refuse_fork(old)
    (history,) = [check for check in readiness.look(old) if check.name == "history"]
    assert (history.good, history.stops) == (False, True)
    starting.remember(old)
    assert anchor(ctx).read_bytes().split(b"\n")[1] == b"3"  # never a smaller one in the place of a larger
    starting.refuse_fork(ctx)


def test_class_17_a_second_history_of_the_same_length_or_longer_is_refused(sqlite_ctx: Context, tmp_path: Path) -> None:
    ctx, sara = sqlite_ctx, person(sqlite_ctx)
    register(ctx, sara, 1)
    other = copied(ctx, tmp_path / "other.db")
    register(ctx, sara, 2)
    register(other, sara, 7, 8)
    work(ctx)
    with pytest.raises(DamageError, match=r"The first 2 entries .* two histories"):
        starting.refuse_fork(other)


def test_class_17_the_last_export_tells_when_rows_and_keys_were_rolled_back_together(sqlite_ctx: Context, tmp_path: Path) -> None:
    ctx, sara = sqlite_ctx, person(sqlite_ctx)
    ctx = replace(ctx, settings=replace(ctx.settings, export_dir=str(tmp_path / "export")))
    register(ctx, sara, 1)
    old = copied(ctx, tmp_path / "old.db")
    register(ctx, sara, 2)
    publishing.keep_export(ctx)
    starting.refuse_fork(ctx)
    with pytest.raises(DamageError, match=r"holds 1 entries, but export/checkpoint shows"):
        starting.refuse_fork(old)
    with pytest.raises(DamageError, match="rolled back"):
        publishing.keep_export(old)  # and it is never written over by the shorter history


@pytest.mark.parametrize("door", [create_app, create_worker, own_log])
def test_every_door_that_writes_is_shut(door: Callable[..., object], sqlite_ctx: Context) -> None:
    keys = sqlite_ctx.service_keys.log_keys
    anchor(sqlite_ctx).write_bytes(sign_checkpoint(Checkpoint(keys.origin, 9, bytes(32)), keys))
    with pytest.raises(DamageError, match="was rolled back"):
        door(sqlite_ctx.settings)


@pytest.mark.parametrize("what", ["nonsense", "another log's", "forged"])
def test_a_file_that_is_no_checkpoint_of_this_log_is_named(sqlite_ctx: Context, what: str) -> None:
    origin = sqlite_ctx.settings.origin
    state = Checkpoint(origin, 0, merkle.EMPTY_ROOT)
    other = LogKeys.from_seeds("other.invalid/log", bytes(32), b"\1" * 32)
    forger = LogKeys.from_seeds(origin, bytes(32), b"\1" * 32)
    notes = {
        "nonsense": b"nonsense",
        "another log's": sign_checkpoint(replace(state, origin=other.origin), other),
        "forged": sign_checkpoint(state, forger),
    }
    anchor(sqlite_ctx).write_bytes(notes[what])
    with pytest.raises(DamageError, match="keys/newest-checkpoint holds no checkpoint of this log"):
        starting.refuse_fork(sqlite_ctx)


def test_a_key_folder_that_cannot_be_written_stops_nobody(sqlite_ctx: Context) -> None:
    register(sqlite_ctx, person(sqlite_ctx), 1)
    anchor(sqlite_ctx).mkdir()
    work(sqlite_ctx)
    starting.refuse_fork(sqlite_ctx)
