"""The one door into the log: plans wait, whoever holds the head writes all that wait, in ONE transaction.

A :class:`WritePlan` is frozen data: rows to insert, guarded updates, entries to log, outbox rows. A group of plans becomes one
transaction with its entries, tiles and one signed checkpoint (group commit). Whoever leads waits a moment for those who wrote with
the group before, because a signature and a sync cost the same for one plan as for all; a writer alone waits for nobody. On SQLite one
serving process groups and other processes take the write lock in turn; on PostgreSQL any number of processes do, the head row is
locked.

What a crash means: before the commit returns nothing happened and nobody holds a receipt; after it everything is on the disk
and the outbox says what is still due. There is no state in between. A plan that fails (unique key, guard) fails alone.

The writes of a group, in this order, all in one transaction (tests/reliability/test_fault_matrix.py fails each of them, lost and done):

1. guarded steps, plan by plan: a crash rolls them back with the rest;
2. inserted rows, all plans together, one statement for each table: the same;
3. entries: the indexes they took are given again to whoever comes next, nobody was told of them;
4. tiles: an unfinished tile is as before, so the tree that the head names still stands;
5. checkpoint: a note was signed and is lost; nobody ever saw it, and the next one of that size may have another root;
6. head: size, root and time are as before, and whoever locks it next goes on from there;
7. commit: a crash inside it is the database's to decide, whole or not at all. The clients hold no receipt; with an Idempotency-Key they
   learn by asking again, and what this process remembers of the tree's edge is used only if the head agrees.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from ipr_service.errors import N_, ConflictError, ServiceError, SettingsError, UnavailableError
from ipr_service.evidence.checkpoint import Checkpoint
from ipr_service.evidence.commitment import leaf_hashes
from ipr_service.store.database import Clock, Database, speaking
from ipr_service.store.edge import Edge, grow, read_edge, write_tiles
from ipr_service.store.plans import Delete, Insert, Logged, Receipt, Update, WritePlan
from ipr_service.store.schema import LogCheckpoint, LogEntry, LogHead
from ipr_service.store.schema.base import Base
from ipr_service.store.statements import Prepared, insert_columns, insert_rows, table_of

__all__ = ["Delete", "Insert", "Logged", "Receipt", "Sequencer", "Update", "WritePlan", "log_time", "open_log"]

log = structlog.get_logger()
MAX_GROUP = 256
GATHERING = 0.01
"""Seconds that a leader waits at most for as many plans as there were writers a moment ago."""
CLOCK_TOLERANCE = timedelta(seconds=2)
HEAD_STEP = timedelta(seconds=1)


class _Head(NamedTuple):
    """The locked head of the log."""

    origin: str
    size: int
    root: bytes
    time: datetime


class _Job:
    """One plan on its way. ``woken`` is held until it was written, or until this thread is to lead."""

    def __init__(self, plan: WritePlan) -> None:
        self.plan = plan
        self.done = False
        self.error: Exception | None = None
        self.first = 0
        self.receipts: tuple[Receipt, ...] = ()
        self.woken = threading.Lock()
        self.woken.acquire()


_HEADS, _ENTRIES, _CHECKPOINTS = table_of(LogHead), table_of(LogEntry), table_of(LogCheckpoint)
_LOCK_HEAD = Prepared(select(_HEADS.c.origin, _HEADS.c.size, _HEADS.c.root, _HEADS.c.time).where(_HEADS.c.id == 1).with_for_update())
_MOVE_HEAD = Prepared(
    update(_HEADS).where(_HEADS.c.id == 1).values(size=bindparam("to_size"), root=bindparam("to_root"), time=bindparam("to_time"))
)
_TOGETHER = N_("Somebody else did this at the same moment. Load the page again.")
_LOGGED = N_("This commitment is in the log already. Each registration has salts of its own: make a new one.")
_STOPPED = N_("The database does not answer right now. Nothing was kept; try again.")
_MOST_ASKED = 8192
"""Commitments in one question; SQLite takes 32,766 values."""


def _apply(connection: Connection, step: Insert | Update | Delete) -> None:
    table = table_of(step.model)
    if isinstance(step, Insert):
        try:
            insert_rows(connection, table, step.rows)
        except IntegrityError as problem:
            raise (step.taken or ConflictError(_TOGETHER)) from problem
    elif isinstance(step, Update):
        changed = connection.execute(table.update().where(*step.where).values(**step.values)).rowcount
        if step.expect is not None and changed != step.expect:
            raise step.otherwise or ConflictError(N_("This changed while you were at it. Load the page again."))
    else:
        connection.execute(table.delete().where(*step.where))


def _refuse_taken(connection: Connection, logged: tuple[Logged, ...], taken: set[bytes]) -> None:
    """A commitment is logged once. Commitments are public, so anybody may send one that stands already: her plan fails, no other."""
    ours = [entry.commitment for entry in logged]
    column = _ENTRIES.c.commitment
    found = len(set(ours)) < len(ours) or not taken.isdisjoint(ours)
    for at in range(0, len(ours), _MOST_ASKED):
        found = found or connection.execute(select(column).where(column.in_(ours[at : at + _MOST_ASKED])).limit(1)).first() is not None
    if found:
        raise ConflictError(_LOGGED)


def _only_adds(plan: WritePlan) -> bool:
    """Whether nothing in the plan looks at rows that another plan of the group may change."""
    return all(isinstance(step, Insert) for step in plan.steps)


def _add_together(connection: Connection, plans: Sequence[WritePlan]) -> None:
    """The rows of plans that only add: first step of each, second step of each, and so on, one statement for each table.

    A plan's later rows may refer to its earlier ones; those of two plans know nothing of each other but for unique keys, which fail here
    as they would one by one.

    Raises:
        IntegrityError: one of them fails; nobody can say which.
    """
    for layer in zip_longest(*(plan.steps for plan in plans)):
        rows: dict[tuple[type[Base], tuple[str, ...]], list[Mapping[str, Any]]] = {}
        for step in layer:
            for row in step.rows if isinstance(step, Insert) else ():
                rows.setdefault((step.model, tuple(row)), []).append(row)
        for (model, _), those in rows.items():
            insert_rows(connection, table_of(model), those)


class Sequencer:
    """Appends to one log.

    Args:
        database: where the rows are.
        sign: makes the signed note of a checkpoint (Ed25519 and ML-DSA-44 lines); called once for each checkpoint.
        origin: the log's name; the database must hold the same or none.
        clock: aware UTC.
        gathering: seconds that a group may wait for its writers.
    """

    def __init__(
        self, database: Database, sign: Callable[[Checkpoint], bytes], origin: str, clock: Clock, gathering: float = GATHERING
    ) -> None:
        self._database = database
        self._sign = sign
        self._origin = origin
        self._clock = clock
        self._gathering = gathering
        self._turn = threading.Lock()
        self._all_here = threading.Condition(self._turn)
        self._led = False
        self._waiting: list[_Job] = []
        self._writers = 1  # how many wrote, or waited to, when the last group was done
        self._edge: tuple[bytes, Edge] | None = None  # the root it belongs to; only the leader looks at it

    def write(self, plan: WritePlan) -> tuple[Receipt, ...]:
        """Write one plan, together with all that wait, and return when it is on the disk.

        Returns:
            one receipt for each of ``plan.logged``, in order.

        Raises:
            ConflictError: a unique key or guard of this plan (or the error that its step names).
            StorageFullError, UnavailableError: nothing was kept.
        """
        job = _Job(plan)
        with self._turn:
            self._waiting.append(job)
            leads, self._led = not self._led, True
            if len(self._waiting) == self._writers:
                self._all_here.notify()
        if not leads:
            job.woken.acquire()  # by whoever wrote it, or by the last leader, who hands over
        if not job.done:
            self._lead()
        if job.error is not None:
            raise job.error
        return job.receipts

    def _lead(self) -> None:
        """Write the group that waits, hand over to the first who came meanwhile, and let those go on whose plans were written."""
        with self._turn:
            self._all_here.wait_for(lambda: len(self._waiting) >= self._writers, self._gathering)
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
        try:
            self._write_group(group)
        finally:
            with self._turn:
                self._led = bool(self._waiting)
                self._writers = min(MAX_GROUP, len(group) + len(self._waiting))
                following = self._waiting[0] if self._waiting else None
            if following is not None:
                following.woken.release()
            for job in group:
                job.done = True
                job.woken.release()

    def _write_group(self, group: list[_Job]) -> None:
        """One transaction. Whatever fails outside a single plan fails the whole group: none of it is kept."""
        try:
            with speaking():
                try:
                    self._transaction(group, together=True)
                except IntegrityError:  # somebody's key is taken: one by one, so that only hers fails, with the words that her step names
                    self._transaction(group, together=False)
        except BaseException as problem:  # every waiting thread must hear of it, whatever it was
            failure = problem if isinstance(problem, Exception) else UnavailableError(_STOPPED)
            for job in group:
                job.error = job.error or failure
            if not isinstance(problem, ServiceError):
                log.error("sequencer.group_failed", error=type(problem).__name__)
            if failure is not problem:
                raise

    def _transaction(self, group: list[_Job], *, together: bool) -> None:
        """Write a group; on any error nothing of it.

        Args:
            together: rows of all plans that only add in one statement for each table; else each plan on its own.

        Raises:
            IntegrityError: written together, one of them fails; nobody can say which.
        """
        for job in group:
            job.error = None
        with self._database.connection() as connection:
            head = self._head(connection)
            now = self._now(head.time)
            leaves = self._rows(connection, group, head.size, now, together)
            size, note, edge = self._checkpoint(connection, head, leaves, now)
            connection.commit()  # a crash before this line: nothing happened; after it: all of it did
        self._edge = edge
        for job in group:
            if job.error is None:
                entries = enumerate(job.plan.logged, job.first)
                job.receipts = tuple(Receipt(index, entry.commitment, size, note, now) for index, entry in entries)

    def _rows(self, connection: Connection, group: list[_Job], size: int, now: datetime, together: bool) -> list[bytes]:
        """Writes 1 to 3: the steps of every plan, and the entries of those that hold.

        Returns:
            the leaf hashes of the entries, in order.
        """
        taken: set[bytes] = set()
        adding = [job for job in group if together and _only_adds(job.plan)]
        for job in group:
            if job not in adding:
                self._alone(connection, job, taken)
        _add_together(connection, [job.plan for job in adding])
        return _add_entries(connection, group, size, now)

    def _alone(self, connection: Connection, job: _Job, taken: set[bytes]) -> None:
        """The steps of one plan. ``taken`` are the commitments that earlier plans of the group log."""
        try:
            with connection.begin_nested():  # so that its failure leaves the others of the group untouched
                for step in job.plan.steps:
                    _apply(connection, step)
                _refuse_taken(connection, job.plan.logged, taken)
            taken.update(entry.commitment for entry in job.plan.logged)
        except ServiceError as problem:
            job.error = problem

    def _head(self, connection: Connection) -> _Head:
        rows = _LOCK_HEAD.run(connection)
        if not rows:
            raise SettingsError(N_("The log has not been opened yet. Run `ipr migrate`."))
        head = _Head(*rows[0])
        if head.origin != self._origin:
            raise SettingsError(N_("This database holds the log {found}, not {expected}."), found=head.origin, expected=self._origin)
        return head

    def _now(self, newest: datetime) -> datetime:
        """Time for this group. A clock that fell back never gives an earlier time than the log already shows."""
        now = self._clock()
        if now < newest - CLOCK_TOLERANCE:
            log.error("clock.behind_log", seconds=int((newest - now).total_seconds()))
        return max(now, newest)

    def _checkpoint(
        self, connection: Connection, head: _Head, leaves: list[bytes], now: datetime
    ) -> tuple[int, bytes, tuple[bytes, Edge] | None]:
        """Writes 4 to 6: tiles, one signed checkpoint, the head.

        Returns:
            size and signed note of the checkpoint (an empty note without entries), and the edge to remember once it is committed.
        """
        if not leaves:
            return head.size, b"", self._edge
        known = self._edge
        edge = known[1] if known is not None and (known[0], known[1].size) == (head.root, head.size) else read_edge(connection, head.size)
        grown, writes = grow(edge, leaves)
        root = grown.frontier.root()
        write_tiles(connection, writes)
        note = self._sign(Checkpoint(self._origin, grown.size, root))
        insert_rows(connection, _CHECKPOINTS, [{"size": grown.size, "root": root, "note": note, "created_at": now}])
        _MOVE_HEAD.run(connection, to_size=grown.size, to_root=root, to_time=now)
        return grown.size, note, (root, grown)


def _add_entries(connection: Connection, group: Sequence[_Job], size: int, now: datetime) -> list[bytes]:
    """Give out indexes from ``size`` on and write the entries of every plan that holds; gives their leaf hashes."""
    entries: list[Logged] = []
    for job in group:
        if job.error is None:
            job.first = size + len(entries)
            entries += job.plan.logged
    if not entries:
        return []
    count = len(entries)
    commitments = [entry.commitment for entry in entries]
    columns: dict[str, Sequence[Any]] = {
        "index": range(size, size + count),
        "commitment": commitments,
        "kind": [entry.kind for entry in entries],
        "thing_id": [entry.thing_id for entry in entries],
        "manifest": [entry.manifest for entry in entries],
        "opening_sealed": [entry.opening_sealed for entry in entries],
        "key_id": [entry.key_id for entry in entries],
        "checkpoint_size": [size + count] * count,
        "created_at": [now] * count,
    }
    insert_columns(connection, _ENTRIES, columns)
    return leaf_hashes(commitments)


def log_time(database: Database, clock: Clock) -> datetime:
    """Time for a token of the own clock: never earlier than any entry or token before it, in whatever process.

    The head's time follows to the second, so that no restart forgets what was issued.

    Raises:
        UnavailableError: the clock fell behind the log by more than :data:`CLOCK_TOLERANCE`.
    """
    now = clock()
    with database.reading() as session:
        newest: datetime | None = session.scalar(select(LogHead.time))
    if newest is None:
        return now
    if now < newest - CLOCK_TOLERANCE:
        raise UnavailableError(N_("The clock of this service is behind its log. No token is issued until that is mended."))
    if now >= newest + HEAD_STEP:
        with database.writing() as session:
            session.execute(update(LogHead).where(LogHead.time < now).values(time=now))
    return max(now, newest)


def open_log(database: Database, origin: str, now: datetime, empty_root: bytes) -> None:
    """Make the head of an empty log, once; refuses a database that holds the log of another origin.

    Raises:
        SettingsError: the origin differs from the one in the database.
    """
    with database.writing() as session:
        head = session.get(LogHead, 1)
        if head is None:
            session.add(LogHead(id=1, origin=origin, size=0, root=empty_root, time=now))
        elif head.origin != origin:
            raise SettingsError(N_("This database holds the log {found}, not {expected}."), found=head.origin, expected=origin)
