"""Statements that go straight to the driver. What Core itself writes and reads is the judge: both must mean the same on either engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from ipr_service.store.database import Database
from ipr_service.store.schema import LogTile, Organisation, OutboxRow
from ipr_service.store.statements import WIDEST, Prepared, insert_columns, insert_rows, table_of

NOW = datetime(2026, 3, 2, 9, 30, 0, 250000, tzinfo=UTC)
OUTBOX = table_of(OutboxRow)


def _outbox(number: int, **values: object) -> dict[str, object]:
    return {"id": f"{number:026d}", "kind": "mail", "payload_sealed": bytes([number % 256]), "due_at": NOW, "created_at": NOW, **values}


def test_rows_read_back_as_core_would_have_written_them(database: Database) -> None:
    rome = NOW.astimezone(timezone(timedelta(hours=2)))
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [_outbox(1, thing_id=None, due_at=rome)])
        connection.execute(OUTBOX.insert(), [_outbox(2, thing_id=None)])
        connection.commit()
    with database.reading() as session:
        ours, cores = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    assert (ours.due_at, ours.attempts, ours.kept, ours.thing_id) == (cores.due_at, cores.attempts, cores.kept, cores.thing_id)
    assert (ours.attempts, ours.kept, ours.payload_sealed) == (0, False, b"\x01")


@pytest.mark.parametrize("count", [1, 2, 3, WIDEST - 1, WIDEST, 2 * WIDEST + 7])
def test_any_number_of_rows_is_written_once_each(database: Database, count: int) -> None:
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [_outbox(number) for number in range(count)])
        connection.commit()
    with database.reading() as session:
        assert list(session.scalars(select(OutboxRow.id).order_by(OutboxRow.id))) == [f"{number:026d}" for number in range(count)]


def test_no_row_is_no_statement(database: Database) -> None:
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [])
        connection.commit()


def test_a_key_that_is_taken_is_an_integrity_error_and_with_upsert_is_replaced(database: Database) -> None:
    tiles = table_of(LogTile)
    with database.connection() as connection:
        insert_columns(connection, tiles, {"level": [0, 0], "number": [0, 1], "hashes": [b"a" * 32, b"b" * 32]})
        with pytest.raises(IntegrityError), connection.begin_nested():
            insert_columns(connection, tiles, {"level": [0], "number": [1], "hashes": [b"c" * 32]})
        insert_columns(connection, tiles, {"level": [0, 0], "number": [1, 2], "hashes": [b"d" * 32, b"e" * 32]}, upsert=True)
        connection.commit()
    with database.reading() as session:
        assert [tile.hashes[:1] for tile in session.scalars(select(LogTile).order_by(LogTile.number))] == [b"a", b"d", b"e"]


def test_a_value_is_never_read_as_part_of_the_statement(database: Database) -> None:
    hostile = "'); DROP TABLE outbox; -- %s ? :x"
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [_outbox(1, last_error=hostile)])
        found = Prepared(select(OUTBOX.c.id).where(OUTBOX.c.last_error == bindparam("said"))).run(connection, said=hostile)
    assert found == [(f"{1:026d}",)]


def test_a_prepared_select_gives_what_the_types_say(database: Database) -> None:
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [_outbox(1, kept=True)])
        statement = Prepared(select(OUTBOX.c.due_at, OUTBOX.c.kept, OUTBOX.c.payload_sealed).where(OUTBOX.c.due_at <= bindparam("now")))
        assert statement.run(connection, now=NOW) == [(NOW, True, b"\x01")]
        assert statement.run(connection, now=NOW - timedelta(microseconds=1)) == []


def test_a_prepared_update_changes_what_it_names(database: Database) -> None:
    organisations = table_of(Organisation)
    rename = Prepared(update(organisations).where(organisations.c.id == bindparam("which")).values(name=bindparam("to")))
    with database.connection() as connection:
        rows = [{"id": f"{n:026d}", "name": "Before", "kind": "company", "created_at": NOW} for n in range(2)]
        insert_rows(connection, organisations, rows)
        assert rename.run(connection, which=f"{1:026d}", to="After") == []
        connection.commit()
    with database.reading() as session:
        assert [row.name for row in session.scalars(select(Organisation).order_by(Organisation.id))] == ["Before", "After"]


def test_a_look_up_reads_outside_of_any_transaction_and_sees_each_commit(database: Database) -> None:
    seen = Prepared(select(OUTBOX.c.id).where(OUTBOX.c.kind == bindparam("kind")))
    assert database.look_up(seen, kind="mail") == []
    with database.connection() as connection:
        insert_rows(connection, OUTBOX, [_outbox(1)])
        assert database.look_up(seen, kind="mail") == []
        connection.commit()
    assert database.look_up(seen, kind="mail") == [(f"{1:026d}",)]
