"""The database: engine, sessions, the write lock, migrations, ids. ``.commit(`` of ordinary writes stands only here.

SQLite runs in WAL with foreign keys and full sync, so that an acknowledged write survives power loss. Writers take one lock in
the process and one file lock between processes before ``BEGIN IMMEDIATE``: SQLite's own back-off alone lets the slowest of
sixteen writers wait up to a second. PostgreSQL (psycopg 3) needs neither.

Not here: what is written. Entries of the log go through ``store/sequencer``.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, StorageFullError, UnavailableError
from ipr_service.settings import resource_directory
from ipr_service.store.statements import Prepared

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this platform; `ipr doctor` warns of the WAL fault in SQLite before 3.51.3
    import sqlite3 as sqlite

SQLITE_VERSION: str = sqlite.sqlite_version
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
ID_CHANCE = 10
"""Random bytes in one id."""
_MIGRATION_LOCK = 0x69707231  # "ipr1", the advisory lock's number on PostgreSQL
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    "trusted_schema=OFF",
    "wal_autocheckpoint=4000",  # pages, 16 MB: the few that every group changes are carried over once in a while, not each second
    "cache_size=-16000",  # KiB, a most: the inner pages of every index, so that a group reads little
)
Clock = Callable[[], datetime]
Random = Callable[[int], bytes]


def new_id(now: datetime, random: Random) -> str:
    """A ULID: 48 bits of milliseconds, 80 random bits, 26 characters of Crockford base32. Not a secret."""
    value = int(now.timestamp() * 1000) << 80 | int.from_bytes(random(ID_CHANCE), "big")
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        there = url.set(drivername="postgresql+psycopg")
        return create_engine(there, pool_size=16, max_overflow=16, pool_pre_ping=True, hide_parameters=True)
    Path(url.database or "").parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    patience = {"timeout": 30, "check_same_thread": False, "cached_statements": 512}
    engine = create_engine(
        url,
        module=sqlite,
        connect_args=patience,
        pool_size=16,
        max_overflow=32,
        pool_use_lifo=True,  # the writer takes the connection that wrote last: its pages are in memory, and still the newest
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves; the driver's own guess begins too late
        cursor = raw.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("ipr_writes", False):
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('ipr_synced', True) else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("ipr_writes", False) else "BEGIN")

    return engine


@contextmanager
def speaking() -> Iterator[None]:
    """Turn what the driver raises into the house's errors; text of the driver never leaves (it may quote values)."""
    try:
        yield
    except IntegrityError as problem:
        raise ConflictError(N_("Somebody else did this at the same moment. Load the page again.")) from problem
    except OperationalError as problem:
        said = str(problem.orig).lower()
        if "full" in said or "no space" in said:
            raise StorageFullError(N_("The disk is full. Nothing was kept; free some space and try again.")) from problem
        raise UnavailableError(N_("The database does not answer right now. Nothing was kept; try again.")) from problem
    except DBAPIError as problem:
        raise UnavailableError(N_("The database refused this. Nothing was kept.")) from problem


class Database:
    """One database, used by every thread of the process.

    Args:
        url: SQLAlchemy address; ``sqlite:///…`` or ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _engine(self.url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self._writer(synced=True)
        snapshot: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._snapshots = self.engine.execution_options(**snapshot)
        self._readers: deque[PoolProxiedConnection] = deque()
        self._driver_error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        self._lock = threading.RLock()
        self._lock_file = f"{self.url.database}.lock" if self.is_sqlite else ""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one snapshot and writes nothing.

        On PostgreSQL each statement would else see a commit more than the one before it (READ COMMITTED), and a rule would judge a
        state that never was.
        """
        with speaking(), Session(self._snapshots, expire_on_commit=False) as session:
            session.info["reading"] = True
            yield session  # closing ends the transaction and lets the loaded rows live on, read only

    def look_up(self, statement: Prepared, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of one prepared SELECT: a snapshot of its own, without session or transaction; for what every request asks.

        Raises:
            UnavailableError: the database does not answer.
        """
        dialect = self.engine.dialect
        for last in (False, True):
            reader = self._reader()
            try:
                rows = statement.rows(reader, dialect, values)
            except self._driver_error as problem:
                reader.close()  # PostgreSQL may have been started again since; to read twice does no harm
                if last:
                    raise UnavailableError(N_("The database does not answer right now. Nothing was kept; try again.")) from problem
                continue
            self._readers.append(reader)
            return rows
        raise AssertionError

    def _reader(self) -> PoolProxiedConnection:
        """A connection of the driver that nobody else holds, outside of the pool and of any transaction."""
        try:
            return self._readers.pop()
        except IndexError:
            with speaking():
                borrowed = self.engine.raw_connection()
            borrowed.detach()
            if not self.is_sqlite:
                borrowed.dbapi_connection.autocommit = True  # type: ignore[union-attr]  # psycopg's; ours to keep from here on
            return borrowed

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back on any error.

        Args:
            synced: False for what nobody relies on after a power cut (an answer kept for a repeated request). It survives a kill of the
                process, and whatever is committed after it with sync takes it to the disk as well, since the journal is one sequence.

        Raises:
            ConflictError: a unique key or a reference is violated.
            StorageFullError, UnavailableError: nothing was kept.
        """
        with speaking(), self.write_lock(), Session(self._writer(synced), expire_on_commit=False) as session:
            if not (synced or self.is_sqlite):
                session.execute(text("SET LOCAL synchronous_commit TO off"))
            yield session
            session.commit()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A Core connection inside one write transaction, for the sequencer; it commits itself.

        After an error the connection is given up: a commit that failed may have left a transaction that nobody believes in any more.
        """
        with self.write_lock(), self._writing.connect() as connection:
            try:
                yield connection
            except DBAPIError as problem:
                if not isinstance(problem, IntegrityError):
                    connection.invalidate()
                raise

    def _writer(self, synced: bool) -> Engine:
        return self.engine.execution_options(ipr_writes=True, ipr_synced=synced)

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """On SQLite, queue up before BEGIN IMMEDIATE; on PostgreSQL nothing."""
        if not self.is_sqlite:
            yield
            return
        with self._lock, open(self._lock_file, "a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)  # released when the descriptor closes, also by a kill
            yield

    def head(self) -> tuple[str | None, str | None]:
        """The migration the database stands at, and the newest this program knows."""
        with speaking(), self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return current, ScriptDirectory.from_config(migration_config(self)).get_current_head()

    def close(self) -> None:
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()


def migration_config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_directory("migrations")))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> None:
    """Bring the database to the newest migration, one process at a time. Runs before workers start, never at import.

    Three Alembic starts at once on SQLite crash two of them, hence the lock.
    """
    with speaking():
        if database.is_sqlite:
            with database.write_lock():
                command.upgrade(migration_config(database), "head")
            return
        with database.engine.connect() as guard:
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            try:
                command.upgrade(migration_config(database), "head")
            finally:
                guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})


def disk_room(database: Database) -> int | None:
    """Free bytes where the embedded database lies; None for PostgreSQL."""
    if not database.is_sqlite:
        return None
    stat = os.statvfs(Path(database.url.database or ".").parent)
    return stat.f_bavail * stat.f_frsize
