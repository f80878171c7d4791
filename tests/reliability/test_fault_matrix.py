"""Each write of the sequencer fails, lost and done, by an error and by a kill; then the oracle derives everything anew.

``store/sequencer`` states what a crash at each of its writes means: before the commit nothing happened, after it all of it did. Here one
group of four plans (a key that is claimed, a guarded new version, sixty at once across the end of a tile, an idea with openings and a mail)
meets a fault at every statement it sends.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from ipr_service.errors import UnavailableError
from ipr_service.evidence.checkpoint import sign_checkpoint
from ipr_service.services import bulk, registration
from ipr_service.services.access import Actor
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.store import statements
from ipr_service.store.database import Database
from ipr_service.store.schema import Idea, IdeaVersion, IdempotentRequest, LogCheckpoint, LogEntry, LogHead, LogTile, OutboxRow
from ipr_service.store.sequencer import Sequencer, WritePlan, _Job
from tests.support.house import person

COUNTED = (Idea, IdeaVersion, IdempotentRequest, LogCheckpoint, LogEntry, LogHead, LogTile, OutboxRow)
BEFORE = 230  # entries; the group's sixty-three go past the end of the first tile, 256


class Grabbed(Exception):
    """A plan was decided; it is written later."""


@dataclass
class Plans:
    """Stands in for the sequencer and keeps what would be written."""

    plans: list[WritePlan]

    def write(self, plan: WritePlan) -> None:
        self.plans.append(plan)
        raise Grabbed


def grabbed(ctx: Context, sara: Actor, idea_id: str) -> list[WritePlan]:
    """The four plans of a group, decided by their services and not yet written."""
    held = Plans([])
    aside = replace(ctx, sequencer=held)  # type: ignore[arg-type]  # only write is asked
    contributors = (NamedContributor("sara@example.org", "author"), NamedContributor("marco@example.org", "maker"))
    key = replace(sara, request_key=os.urandom(4).hex(), request_body=b"\x01" * 32)
    verbs: tuple[Callable[[], object], ...] = (
        lambda: registration.register_commitment(aside, key, os.urandom(32)),
        lambda: registration.register_commitment(aside, sara, os.urandom(32), idea_id=idea_id),
        lambda: bulk.register_commitments(aside, sara, [os.urandom(32) for _ in range(60)]),
        lambda: registration.register_idea(
            aside, sara, RegisterIdea("Chair", "It folds.", contributors=contributors), open_intake(aside, sara)
        ),
    )
    for verb in verbs:
        with pytest.raises(Grabbed):
            verb()
    return held.plans


def write_group(sequencer: Sequencer, plans: list[WritePlan]) -> list[_Job]:
    """One group of exactly these plans, the last of them leading."""
    jobs = [_Job(plan) for plan in plans[:-1]]
    sequencer._waiting.extend(jobs)
    sequencer.write(plans[-1])
    return jobs


class Faults:
    """Counts the statements of a group and strikes at one of them: just before it, or just after.

    Args:
        strike: raises, or ends the process.
    """

    def __init__(self, strike: Callable[[], None]) -> None:
        self.strike = strike
        self.arm(None, after=False)

    def arm(self, at: int | str | None, *, after: bool) -> None:
        """Strike at the statement of this number, or of this text; None never strikes."""
        self.at, self.after = at, after
        self.seen: list[str] = []

    def begins(self, text: str) -> int:
        """A statement is about to be sent; gives its number."""
        self.seen.append(text)
        if not self.after and self.at in {len(self.seen) - 1, text}:
            self.strike()
        return len(self.seen) - 1

    def ends(self, number: int) -> None:
        """It was carried out."""
        if self.after and self.at in {number, self.seen[number]}:
            self.strike()

    def around(self, text: str, work: Callable[[], object]) -> object:
        number = self.begins(text)
        done = work()
        self.ends(number)
        return done

    @contextmanager
    def watching(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Every statement that the database is sent, whichever way, and the commit."""
        execute, engine = statements._execute, database.engine
        commit = engine.dialect.do_commit

        def handed(connection: object, text: str, values: object) -> object:
            return self.around(text, lambda: execute(connection, text, values))  # type: ignore[arg-type]

        def before(_connection: object, _cursor: object, text: str, *_more: object) -> None:
            self.begins(text)

        def after(*_all: object) -> None:
            self.ends(len(self.seen) - 1)

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
        with monkeypatch.context() as patch:
            patch.setattr(statements, "_execute", handed)
            patch.setattr(engine.dialect, "do_commit", lambda raw: self.around("COMMIT", lambda: commit(raw)))
            yield
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def counts(ctx: Context) -> list[int | None]:
    with ctx.database.reading() as session:
        rows = [session.scalar(select(func.count()).select_from(model)) for model in COUNTED]
        return [*rows, session.scalar(select(LogHead.size))]


def fall() -> None:
    """What a driver says when the line or the disk went away."""
    raise OperationalError("", {}, Exception("the line went away"))


@pytest.fixture
def begun(ctx: Context) -> tuple[Actor, str]:
    """A log that has entries, and an idea of Sara's to revise."""
    sara = person(ctx)
    made = bulk.register_commitments(ctx, sara, [os.urandom(32) for _ in range(BEFORE)])
    return sara, made.lines[0].idea_id


def test_an_error_at_any_write_leaves_everything_as_it_was_and_the_next_group_goes_on(
    ctx: Context, begun: tuple[Actor, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, before, faults = grabbed(ctx, *begun), counts(ctx), Faults(fall)
    with faults.watching(ctx.database, monkeypatch):
        for statement, after in ((at, after) for at in itertools.count() for after in (False, True)):
            faults.arm(statement, after=after)
            with pytest.raises(UnavailableError):
                write_group(ctx.sequencer, plans)
            struck = faults.seen[-1]
            faults.arm(None, after=False)
            assert counts(ctx) == before, (statement, after, struck)
            if struck == "COMMIT":
                break  # a commit that was done is the business of the next test
        faults.arm(None, after=False)
        jobs = write_group(ctx.sequencer, plans)
    assert [job.error for job in jobs] == [None, None, None]
    tables = " ".join(faults.seen)
    assert all(f"INSERT INTO {name} " in tables for name in ("log_entry", "log_tile", "log_checkpoint", "idempotent_request", "outbox"))
    assert statement >= 12
    report = audit(ctx)
    assert (report.findings, report.entries) == ((), BEFORE + 63)


def test_a_commit_that_was_done_but_not_answered_stands_and_the_next_group_goes_on_from_it(
    ctx: Context, begun: tuple[Actor, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clients hold no receipt; what this process remembers of the tree's edge is older than the head, and must not be used."""
    plans, faults = grabbed(ctx, *begun), Faults(fall)
    with faults.watching(ctx.database, monkeypatch):
        faults.arm(None, after=False)
        write_group(ctx.sequencer, grabbed(ctx, *begun))  # so that an edge is remembered
        plans = grabbed(ctx, *begun)
        faults.arm("COMMIT", after=True)
        with pytest.raises(UnavailableError):
            write_group(ctx.sequencer, plans)
        assert faults.seen[-1] == "COMMIT"
        faults.arm(None, after=False)
        write_group(ctx.sequencer, grabbed(ctx, *begun))
    report = audit(ctx)
    assert (report.findings, report.entries) == ((), BEFORE + 3 * 63)


def another_process(ctx: Context, work: Callable[[Context], None]) -> int:
    """Fork, let the child do it with a database and a sequencer of its own, and give its exit status."""
    ctx.database.close()  # no connection may be carried across
    child = os.fork()
    if child == 0:
        try:
            database = Database(ctx.database.url.render_as_string(hide_password=False))
            keys = ctx.service_keys.log_keys
            sequencer = Sequencer(database, lambda checkpoint: sign_checkpoint(checkpoint, keys), ctx.settings.origin, ctx.clock)
            work(replace(ctx, database=database, sequencer=sequencer))
            os._exit(0)
        except BaseException:  # the child must never go on as a test
            os._exit(1)
    return child


def test_a_kill_at_any_write_leaves_nothing_before_the_commit_and_everything_after(
    ctx: Context, begun: tuple[Actor, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, before = grabbed(ctx, *begun), counts(ctx)

    def killed(at: int | str, *, after: bool) -> int:
        def work(own: Context) -> None:
            faults = Faults(lambda: os._exit(9))
            with faults.watching(own.database, monkeypatch):
                faults.arm(at, after=after)
                write_group(own.sequencer, plans)

        return os.waitstatus_to_exitcode(os.waitpid(another_process(ctx, work), 0)[1])

    statement = 0
    while killed(statement, after=False) == 9:
        assert counts(ctx) == before, statement
        statement += 1
    # the one that struck nothing wrote the group: every statement was met, and the last one before it was the commit
    assert statement >= 12
    assert counts(ctx)[-1] == BEFORE + 63
    plans = grabbed(ctx, *begun)
    assert killed("COMMIT", after=True) == 9
    report = audit(ctx)
    assert (report.findings, report.entries) == ((), BEFORE + 2 * 63)


def test_several_processes_append_to_one_log_and_no_index_is_given_twice(ctx: Context, begun: tuple[Actor, str]) -> None:
    """SQLite: they take the lock in turn. PostgreSQL: they lock the head. Each with threads of its own."""
    sara, _ = begun

    def work(own: Context) -> None:
        threads = [
            threading.Thread(target=lambda: [registration.register_commitment(own, sara, os.urandom(32)) for _ in range(5)])
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    children = [another_process(ctx, work) for _ in range(4)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    report = audit(ctx)
    assert (report.findings, report.entries) == ((), BEFORE + 4 * 3 * 5)
