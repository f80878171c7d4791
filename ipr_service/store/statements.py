"""Statements that are built once and run often: what every request reads, and the rows that a group writes.

SQLAlchemy Core builds and checks each statement anew, which takes longer than SQLite takes to run it. Here a statement is compiled once
for each dialect, with the same column types, and then handed to the driver. Values never stand in the text of a statement.
Not here: transactions and who may read (``database``, ``services/access``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, PoolProxiedConnection, Select, Table, Update
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

from ipr_service.store.schema.base import Base

WIDEST = 512
"""Rows in one INSERT: 512 rows of 12 columns stay far below the 32,766 values that SQLite takes."""
GROUP = 64
"""Rows of one table that a group usually has, at most."""
Process = Callable[[Any], Any] | None


def table_of(model: type[Base]) -> Table:
    """The one table of a model."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every model here is one table
    return table


class Prepared:
    """A SELECT or UPDATE with named ``bindparam`` values, compiled once for each dialect.

    Args:
        statement: of Core; only columns are selected, never whole models.
    """

    def __init__(self, statement: Select[Any] | Update) -> None:
        self._statement = statement
        self._made: dict[str, _Compiled] = {}

    def _for(self, dialect: Dialect) -> _Compiled:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _Compiled(self._statement, dialect)
        return made

    def rows(self, raw: PoolProxiedConnection, dialect: Dialect, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, straight from a connection of the driver."""
        made = self._for(dialect)
        cursor = raw.cursor()
        try:
            cursor.execute(made.text, made.parameters(values))
            return made.read(cursor.fetchall())
        finally:
            cursor.close()

    def run(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run inside a transaction; the rows of a SELECT, nothing of an UPDATE."""
        made = self._for(connection.dialect)
        cursor = _execute(connection, made.text, made.parameters(values))
        return made.read(cursor.fetchall()) if cursor.description else []


def _execute(connection: Connection, text: str, values: Any, *, many: bool = False) -> DBAPICursor:
    """One statement inside the transaction of a connection, handed to the driver.

    Args:
        many: ``values`` are rows, and the statement runs for each.

    Raises:
        sqlalchemy.exc.DBAPIError: what the driver raised, by the name that SQLAlchemy gives it.
    """
    if not connection.in_transaction():
        connection.begin()
    cursor = connection.connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except connection.dialect.loaded_dbapi.Error as problem:
        raise DBAPIError.instance(text, None, problem, Exception, hide_parameters=True, dialect=connection.dialect) from problem
    return cursor


class _Compiled:
    """Text and value conversions of one statement in one dialect."""

    def __init__(self, statement: Select[Any] | Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self._fixed = dict(compiled.params)
        self._binds = {name: process for bind, name in compiled.bind_names.items() if (process := _into(bind.type, dialect)) is not None}
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self._reads = [_out_of(column.type, dialect) for column in columns]
        self._reads_any = any(self._reads)

    def parameters(self, values: Mapping[str, Any]) -> Any:
        given = {**self._fixed, **values}
        for name, process in self._binds.items():
            given[name] = process(given[name])
        return given if self._order is None else tuple(given[name] for name in self._order)

    def read(self, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not self._reads_any:
            return [tuple(row) for row in rows]
        return [
            tuple(value if process is None else process(value) for process, value in zip(self._reads, row, strict=True)) for row in rows
        ]


def _into(kind: Any, dialect: Dialect) -> Process:
    if isinstance(kind, LargeBinary):
        return None  # both drivers take bytes as they are
    process: Process = kind.dialect_impl(dialect).bind_processor(dialect)
    return process


def _out_of(kind: Any, dialect: Dialect) -> Process:
    process: Process = kind.dialect_impl(dialect).result_processor(dialect, None)
    return process


class _Into:
    """INSERT into some columns of one table in one dialect: how the values are turned, and the text for each number of rows."""

    def __init__(self, table: Table, names: tuple[str, ...], dialect: Dialect, upsert: bool) -> None:
        quote = dialect.identifier_preparer
        self.processes = tuple(_into(table.c[name].type, dialect) for name in names)
        self._head = f"INSERT INTO {quote.format_table(table)} ({', '.join(quote.quote(name) for name in names)}) VALUES "  # noqa: S608 - names of our own schema
        self._row = f"({', '.join(['?' if dialect.paramstyle == 'qmark' else '%s'] * len(names))})"
        self._tail = ""
        if upsert:
            keys = [column.name for column in table.primary_key]
            changed = ", ".join(f"{quote.quote(name)} = excluded.{quote.quote(name)}" for name in names if name not in keys)
            self._tail = f" ON CONFLICT ({', '.join(quote.quote(key) for key in keys)}) DO UPDATE SET {changed}"
        self._texts: dict[int, str] = {}

    def text(self, width: int) -> str:
        if width not in self._texts:
            self._texts[width] = self._head + ", ".join([self._row] * width) + self._tail
        return self._texts[width]


_inserts: dict[tuple[str, tuple[str, ...], str, bool], _Into] = {}


def _insert_into(table: Table, names: tuple[str, ...], dialect: Dialect, upsert: bool) -> _Into:
    which = (table.name, names, dialect.name, upsert)
    made = _inserts.get(which)
    if made is None:
        made = _inserts[which] = _Into(table, names, dialect, upsert)
    return made


@cache
def _defaults(table: Table) -> tuple[tuple[str, Any], ...]:
    """What Python gives a column that a row leaves out; a constant in every table of ours."""
    given = [(column.name, column.default) for column in table.columns if column.default is not None]
    assert all(default.is_scalar for _, default in given), f"{table.name} has a default that must be called"  # noqa: S101
    return tuple((name, default.arg) for name, default in given)  # type: ignore[attr-defined]  # a scalar default has its value in arg


def _widths(count: int) -> Iterator[int]:
    """Rows of each statement: as many as there are up to a group's size, else by the largest steps, so that few texts are kept prepared."""
    for step in (WIDEST, GROUP):
        yield from [step] * (count // step)
        count %= step
    if count:
        yield count


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], *, upsert: bool = False) -> None:
    """Insert rows given column by column.

    Args:
        columns: for each column of the rows, its values from the first row to the last; at least one column, all equally long.
        upsert: a row whose primary key stands already is replaced.

    Raises:
        sqlalchemy.exc.IntegrityError: a unique key or a reference is violated.
    """
    said = columns if upsert else {name: values for name, values in columns.items() if not _is_null(table, name, values)}
    into = _insert_into(table, tuple(said), connection.dialect, upsert)
    ready = [
        values if process is None else _processed(process, values) for process, values in zip(into.processes, said.values(), strict=True)
    ]
    count = len(ready[0])
    if count > WIDEST and connection.dialect.name == "sqlite":  # many rows, one by one, cost it less than many values in one statement
        _execute(connection, into.text(1), zip(*ready, strict=True), many=True)
        return
    at = 0
    for width in _widths(count):
        values = tuple(chain.from_iterable(zip(*(column[at : at + width] for column in ready), strict=True)))
        _execute(connection, into.text(width), values)
        at += width


def _is_null(table: Table, name: str, values: Sequence[Any]) -> bool:
    """Whether the column may as well be left out: nothing stands in it, and nothing else would be put there. Saying NULL takes time."""
    column = table.c[name]
    return values[0] is None and column.nullable is True and column.server_default is None and not any(v is not None for v in values)


def _processed(process: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Each value as the driver wants it; neighbours are often the same object, for example the time of a group."""
    made: list[Any] = []
    last, ready = object(), None
    for value in values:
        if value is not last:
            last, ready = value, process(value)
        made.append(ready)
    return made


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns; columns left out get their default.

    Raises:
        sqlalchemy.exc.IntegrityError: a unique key or a reference is violated.
    """
    if not rows:
        return
    columns: dict[str, Sequence[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name, value in _defaults(table):
        columns.setdefault(name, [value] * len(rows))
    insert_columns(connection, table, columns)
