"""What a backup holds and what it does not; rows of either engine come back into either engine."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

from ipr_service.errors import DamageError
from ipr_service.gateways.blobs import FolderShelf
from ipr_service.services import library, registration
from ipr_service.services.access import Actor
from ipr_service.services.backup import backup, from_json, to_json
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.restoring import Restore, Restored, restore
from ipr_service.settings import Settings
from ipr_service.store.schema import Idea
from tests.support import house, postgres

TITLE, TEXT, NAME, CONTENT = "canary-title-41c", "canary-text-9be", "canary-name-d02.txt", b"canary-content-77a" * 4_000


@pytest.fixture
def archives(tmp_path: Path) -> tuple[Path, Path]:
    """Where a test puts rows and keys."""
    return tmp_path / "b.tar", tmp_path / "k.tar"


def _register(ctx: Context) -> tuple[Actor, str]:
    actor = house.person(ctx)
    intake = open_intake(ctx, actor)
    intake.take(NAME, "text/plain", io.BytesIO(CONTENT))
    made = registration.register_idea(ctx, actor, registration.RegisterIdea(TITLE, TEXT), intake)
    house.work(ctx)
    return actor, made.idea_id


def _elsewhere(tmp_path: Path, **more: str) -> Settings:
    return Settings.from_environ({}, data_dir=tmp_path / "new", origin="test.invalid/log", **more)


def _restore(ctx: Context, settings: Settings, order: Restore) -> Restored:
    return restore(settings, FolderShelf(settings.data_dir / "blobs", ctx.random), order, ctx.random, ctx.clock)


def _look(ctx: Context, settings: Settings, actor: Actor, idea_id: str, clock: house.MovingClock) -> None:
    """The restored house shows what was registered, to the same person."""
    again = house.build(settings.database_url, settings.data_dir, clock)
    found = library.idea(again, actor, idea_id)
    assert (found.line.title, found.history[0].description) == (TITLE, TEXT)
    with library.file_content(again, actor, idea_id, 1, 1).reader as content:
        assert content.read() == CONTENT
    again.database.close()


def test_rows_of_either_engine_come_back_into_sqlite(
    ctx: Context, clock: house.MovingClock, archives: tuple[Path, Path], tmp_path: Path
) -> None:
    actor, idea_id = _register(ctx)
    backup(ctx, *archives)
    settings = _elsewhere(tmp_path)
    assert _restore(ctx, settings, Restore(*archives)).entries == 1
    _look(ctx, settings, actor, idea_id, clock)


@pytest.fixture
def empty_postgresql(postgresql: tuple[URL, str]) -> Iterator[str]:
    """Address of a PostgreSQL database without any table."""
    server, run = postgresql
    name = f"{run}_restored"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    yield server.set(database=name).render_as_string(hide_password=False)
    postgres.drop_database(server, name)


def test_sqlite_comes_back_into_postgresql(
    sqlite_ctx: Context, clock: house.MovingClock, empty_postgresql: str, archives: tuple[Path, Path], tmp_path: Path
) -> None:
    actor, idea_id = _register(sqlite_ctx)
    backup(sqlite_ctx, *archives)
    settings = _elsewhere(tmp_path, database_url=empty_postgresql)
    assert _restore(sqlite_ctx, settings, Restore(*archives)).entries == 1
    _look(sqlite_ctx, settings, actor, idea_id, clock)


def test_neither_titles_nor_names_nor_contents_nor_keys_lie_open_in_the_backup(sqlite_ctx: Context, archives: tuple[Path, Path]) -> None:
    _register(sqlite_ctx)
    backup(sqlite_ctx, *archives)
    rows = archives[0].read_bytes()
    for canary in (TITLE.encode(), TEXT.encode(), NAME.encode(), CONTENT[:18], sqlite_ctx.keys.key_encryption_key):
        assert canary not in rows
    with tarfile.open(archives[0]) as tar:
        assert not [name for name in tar.getnames() if name.startswith("keys/") or "session" in name or "idempotent" in name]


def test_keys_that_are_older_than_the_rows_are_noticed_before_anything_is_written(sqlite_ctx: Context, tmp_path: Path) -> None:
    backup(sqlite_ctx, tmp_path / "b0.tar", tmp_path / "k0.tar")
    _register(sqlite_ctx)
    backup(sqlite_ctx, tmp_path / "b1.tar", tmp_path / "k1.tar")
    settings = _elsewhere(tmp_path)
    with pytest.raises(DamageError, match="1 keys are missing"):
        _restore(sqlite_ctx, settings, Restore(tmp_path / "b1.tar", tmp_path / "k0.tar"))
    assert not settings.keys_dir.exists()


def test_what_was_erased_after_the_backup_is_erased_again(sqlite_ctx: Context, archives: tuple[Path, Path], tmp_path: Path) -> None:
    _, idea_id = _register(sqlite_ctx)
    backup(sqlite_ctx, *archives)
    with sqlite_ctx.database.reading() as session:
        key_id = session.get_one(Idea, idea_id).key_id
    sqlite_ctx.keys.destroy(key_id)
    newest = (sqlite_ctx.keys.directory / "erasures").read_bytes()
    settings = _elsewhere(tmp_path)
    assert _restore(sqlite_ctx, settings, Restore(*archives, erasures=newest)).erased == 1
    assert not list((settings.keys_dir / "things").rglob(key_id))


def test_values_of_every_column_type_survive_the_archive() -> None:
    for value in (None, True, 7, "ä", b"\x00\xff", (b"a", b""), house.START):
        assert from_json(json.loads(json.dumps(to_json(value)))) == value
