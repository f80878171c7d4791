"""The database: what reaches the disk when, who waits for whom, and how its faults are said."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from ipr_service.errors import ConflictError, UnavailableError
from ipr_service.store.database import Database, disk_room, migrate
from ipr_service.store.schema import Organisation
from tests.support.house import START


def organisation(number: int) -> Organisation:
    return Organisation(id=f"{number:026d}", name="Test", kind="company", created_at=START)


def synchronous(database: Database, *, synced: bool) -> int:
    with database.writing(synced=synced) as session:
        level: int = session.execute(text("PRAGMA synchronous")).scalar_one()
    return level


def test_sqlite_syncs_every_commit_but_those_that_say_otherwise(sqlite_url: str) -> None:
    """2 is FULL, 1 is NORMAL (SQLite: PRAGMA synchronous). A connection that was used without sync goes back to FULL."""
    database = Database(sqlite_url)
    assert [synchronous(database, synced=synced) for synced in (True, False, True)] == [2, 1, 2]
    database.close()


def test_postgresql_waits_for_the_disk_but_where_it_is_told_not_to(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    usual = "SHOW synchronous_commit"
    with database.writing() as session:
        before = session.execute(text(usual)).scalar_one()
    with database.writing(synced=False) as session:
        assert session.execute(text(usual)).scalar_one() == "off"
    with database.writing() as session:
        assert session.execute(text(usual)).scalar_one() == before
    database.close()


def test_sqlite_is_opened_with_a_journal_foreign_keys_and_no_trust_in_the_schema(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        found = [session.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "foreign_keys", "trusted_schema")]
    assert found == ["wal", 1, 0]
    database.close()


def test_what_fails_inside_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(organisation(1))
            session.flush()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    with database.reading() as session:
        assert session.get(Organisation, f"{1:026d}") is None


def test_a_taken_key_is_a_conflict_and_its_text_holds_no_value(database: Database) -> None:
    with database.writing() as session:
        session.add(organisation(1))
    with pytest.raises(ConflictError) as caught, database.writing() as session:
        session.add(organisation(1))
    assert f"{1:026d}" not in str(caught.value)
    assert f"{1:026d}" not in str(getattr(caught.value.__cause__, "statement", ""))


def test_a_fault_of_the_driver_repeats_no_parameters(sqlite_url: str) -> None:
    """Titles are sealed, addresses are not: neither may stand in a trace."""
    database = Database(sqlite_url)
    with pytest.raises(UnavailableError) as caught, database.reading() as session:
        session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "sara@example.org"})
    assert "sara@example.org" not in str(caught.value.__cause__)
    database.close()


def test_sixteen_writers_of_two_processes_all_get_their_turn(database_url: str) -> None:
    first, second = Database(database_url), Database(database_url)

    def write(number: int) -> None:
        with (first if number % 2 else second).writing() as session:
            session.add(organisation(number))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with first.reading() as session:
        assert session.query(Organisation).count() == 32
    first.close()
    second.close()


def test_a_reader_does_not_wait_for_a_writer_and_sees_one_moment(database: Database) -> None:
    with database.writing() as session:
        session.add(organisation(1))
        session.flush()
        with database.reading() as other:
            assert other.query(Organisation).count() == 0


def test_a_reader_sees_nothing_of_what_is_committed_between_two_of_its_questions(database: Database) -> None:
    """On PostgreSQL this asks for REPEATABLE READ: its own default shows each statement a newer moment."""
    how_many = text("SELECT count(*) FROM organisation")
    with database.reading() as session:
        assert session.execute(how_many).scalar_one() == 0
        with database.writing() as other:
            other.add(organisation(1))
        assert session.execute(how_many).scalar_one() == 0
    with database.reading() as session:
        assert session.execute(how_many).scalar_one() == 1


def test_three_that_migrate_at_once_take_turns(tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def one() -> None:
        database = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
        try:
            migrate(database)
        except Exception as problem:
            faults.append(problem)
        database.close()

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    database = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    assert database.head()[0] == database.head()[1]
    database.close()


def test_a_database_that_is_away_is_said_and_not_quoted() -> None:
    database = Database("postgresql://nobody:secret@127.0.0.1:1/none")
    begun = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        database.head()
    assert "secret" not in str(caught.value)
    assert time.monotonic() - begun < 30
    database.close()


def test_room_is_measured_where_the_embedded_database_lies(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    assert (disk_room(database) or 0) > 0
    database.close()
