"""What is due after a commit is done, once or again, never lost: real SMTP on the loopback, workers that are killed half-way."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy import select

from ipr_service.errors import NotFoundError
from ipr_service.gateways.mail import SmtpMailer
from ipr_service.jobs.table import HANDLERS
from ipr_service.services import outbox
from ipr_service.services.context import Context
from ipr_service.services.outbox import ATTEMPTS, CLAIM, drain
from ipr_service.store.schema import OutboxRow
from tests.support.house import MovingClock, person


class Sink:
    """A mail server that keeps what it takes, and answers with ``answer`` if that is set."""

    def __init__(self, port: int) -> None:
        self.taken: list[Envelope] = []
        self.answer = ""
        self.port = port
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        if self.answer:
            return self.answer
        self.taken.append(envelope)
        return "250 taken"

    def ids(self) -> list[str]:
        lines = (line for mail in self.taken for line in bytes(mail.content or b"").decode().splitlines())
        return [line for line in lines if line.startswith("Message-ID:")]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Sink(port)
    yield server
    server.stop()


def by_mail(ctx: Context, sink: Sink) -> Context:
    return replace(ctx, mailer=SmtpMailer("127.0.0.1", sink.port, "ipr@example.org", ctx.clock, tls="none", timeout=5))


def due(ctx: Context, to: str = "mara@example.org", kind: str = "mail") -> str:
    """One mail, due now."""
    row = ctx.outbox_row(kind, {"to": to, "subject": "Please confirm", "body": "https://ipr.example/i/secret\n"})
    with ctx.database.writing() as session:
        session.add(OutboxRow(**row))
    return str(row["id"])


def row_of(ctx: Context, row_id: str) -> OutboxRow:
    with ctx.database.reading() as session:
        return session.get_one(OutboxRow, row_id)


def test_a_lost_mail_server_loses_no_mail_and_each_try_waits_longer(ctx: Context, sink: Sink, clock: MovingClock) -> None:
    ctx = by_mail(ctx, sink)
    row_id = due(ctx)
    waits = []
    for _ in range(4):
        assert drain(ctx, HANDLERS) == 0
        row = row_of(ctx, row_id)
        waits.append((row.due_at - clock.now).total_seconds())
        assert drain(ctx, HANDLERS) == 0, "nothing is tried again before its time"
        assert row_of(ctx, row_id).attempts == row.attempts
        clock.now = row.due_at
    assert waits == [20, 40, 80, 160]
    sink.start()
    assert drain(ctx, HANDLERS) == 1
    assert len(sink.taken) == 1
    row = row_of(ctx, row_id)
    assert (row.done_at, row.kept, row.last_error) == (clock.now, False, None)


def test_a_refused_mail_is_given_up_at_once_and_shown_to_the_operator(ctx: Context, sink: Sink, clock: MovingClock) -> None:
    ctx = by_mail(ctx, sink)
    operator = replace(person(ctx), is_operator=True)
    sink.start()
    sink.answer = "550 no such person"
    drain(ctx, HANDLERS)  # the mail of signing up
    row_id = due(ctx, "nobody@example.org")
    drain(ctx, HANDLERS)
    assert row_id in {row.id for row in outbox.failed_rows(ctx, operator)}
    with pytest.raises(NotFoundError):
        outbox.failed_rows(ctx, person(ctx, "Marco"))
    sink.answer = ""
    outbox.retry(ctx, operator, row_id)
    drain(ctx, HANDLERS)
    assert row_id not in {row.id for row in outbox.failed_rows(ctx, operator)}
    assert any(row_id in line for line in sink.ids())


def test_a_mail_that_never_goes_out_is_given_up_after_the_last_try_and_not_dropped(ctx: Context, sink: Sink, clock: MovingClock) -> None:
    ctx = by_mail(ctx, sink)
    row_id = due(ctx)
    for _ in range(ATTEMPTS):
        drain(ctx, HANDLERS)
        clock.now = max(clock.now, row_of(ctx, row_id).due_at)
    row = row_of(ctx, row_id)
    assert (row.attempts, row.failed_at is not None, row.done_at) == (ATTEMPTS, True, None)


class KilledError(BaseException):
    """Stands for a process that ends here: nothing that catches errors sees it."""


def killed_after(work: Callable[[Context, Mapping[str, Any]], bool]) -> Mapping[str, outbox.Handler]:
    """A worker that does its work and is killed before it can say so."""

    def handler(ctx: Context, payload: Mapping[str, Any]) -> bool:
        work(ctx, payload)
        raise KilledError

    return {"mail": handler}


def test_the_claim_of_a_killed_worker_runs_out_and_another_finishes_with_the_same_message_id(
    ctx: Context, sink: Sink, clock: MovingClock
) -> None:
    ctx = by_mail(ctx, sink)
    sink.start()
    row_id = due(ctx)
    with pytest.raises(KilledError):
        drain(ctx, killed_after(outbox.deliver))
    assert drain(ctx, HANDLERS) == 0, "the row is still claimed"
    clock.now += CLAIM + timedelta(seconds=1)
    assert drain(ctx, HANDLERS) == 1
    assert len(sink.ids()) == 2
    assert set(sink.ids()) == {f"Message-ID: <{row_id}@example.org>"}


def test_a_row_that_kills_every_worker_is_given_up_and_holds_nobody_else_up(ctx: Context, clock: MovingClock) -> None:
    poison = due(ctx)
    for _ in range(ATTEMPTS):
        with pytest.raises(KilledError):
            drain(ctx, killed_after(lambda _ctx, _payload: True))
        clock.now += CLAIM + timedelta(seconds=1)
    behind = due(ctx, "marco@example.org")
    assert drain(ctx, HANDLERS) == 1
    row = row_of(ctx, poison)
    assert (row.failed_at is not None, row.last_error) == (True, "killed")
    assert row_of(ctx, behind).done_at is not None


def test_a_worker_that_was_too_slow_changes_nothing_that_another_has_done(ctx: Context, clock: MovingClock) -> None:
    row_id = due(ctx)

    def slow(ctx: Context, _payload: Mapping[str, Any]) -> bool:
        clock.now += CLAIM + timedelta(seconds=1)
        assert drain(ctx, HANDLERS) == 1
        raise NotFoundError("too late")

    drain(ctx, {"mail": slow})
    row = row_of(ctx, row_id)
    assert (row.done_at is not None, row.failed_at, row.last_error) == (True, None, None)


def test_two_workers_never_do_one_row_at_the_same_time(ctx: Context) -> None:
    ids, done = {due(ctx) for _ in range(6)}, []

    def handler(ctx: Context, payload: Mapping[str, Any]) -> bool:
        done.append(payload["id"])
        if len(done) == 1:
            assert drain(ctx, {"mail": handler}) == 5  # another worker, while the first is at work
        return True

    assert drain(ctx, {"mail": handler}) == 1
    assert sorted(done) == sorted(ids)


def test_what_this_version_cannot_do_is_shown_and_the_rest_goes_on(sqlite_ctx: Context) -> None:
    unknown, mail = due(sqlite_ctx, kind="carrier-pigeon"), due(sqlite_ctx)
    assert drain(sqlite_ctx, HANDLERS) == 1
    assert row_of(sqlite_ctx, unknown).failed_at is not None
    assert row_of(sqlite_ctx, mail).done_at is not None


def test_a_payload_that_was_edited_in_the_database_is_not_sent(sqlite_ctx: Context) -> None:
    first, second = due(sqlite_ctx, "a@example.org"), due(sqlite_ctx, "b@example.org")
    with sqlite_ctx.database.writing() as session:
        rows = {row.id: row for row in session.scalars(select(OutboxRow))}
        rows[first].payload_sealed = rows[second].payload_sealed
    assert drain(sqlite_ctx, HANDLERS) == 1
    assert row_of(sqlite_ctx, first).last_error == "damage"
