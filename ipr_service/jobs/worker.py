"""The worker: what runs in the background, and how often. Each task calls one service; all of them may be repeated safely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from huey import Huey, crontab

from ipr_service.errors import ServiceError
from ipr_service.jobs.queue import Wake
from ipr_service.jobs.table import DAILY, HANDLERS, PERIODIC
from ipr_service.services.context import Context
from ipr_service.services.outbox import drain

log = structlog.get_logger()


@dataclass(frozen=True)
class Worker:
    """A built worker; :meth:`run` blocks until it is told to stop."""

    queue: Huey
    ctx: Context

    def run(self) -> None:
        """Work until SIGINT or SIGTERM. Killed at any moment, nothing is lost: rows say what is still due."""
        self.queue.create_consumer(workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, check_worker_health=True).run()

    def once(self) -> int:
        """One round of everything, in this thread: for tests, the demo and ``ipr worker --once``."""
        done = drain(self.ctx, HANDLERS)
        for task in PERIODIC:
            task(self.ctx)
        return done + drain(self.ctx, HANDLERS)


def announce(queue: Huey, look: Callable[[], None]) -> Wake:
    """Name the task in the queue and give the function that wakes workers.

    Args:
        look: what the worker does when woken; a serving process passes one that is never run there.
    """

    def woken() -> None:  # of this module in every process: the queue finds a task by the module and name of its function
        look()

    task = queue.task(name="look")(woken)

    def schedule(delay: float) -> None:
        try:
            task.schedule(delay=delay)
        except Exception as problem:  # what was written stands, whatever befalls the queue; the worker looks each minute
            log.warning("queue.wake_lost", error=type(problem).__name__)

    return Wake(schedule)


def look_now(ctx: Context) -> None:
    """Everything that is due: outbox rows, then the periodic tasks (tokens for new checkpoints among them)."""
    drain(ctx, HANDLERS)
    for task in PERIODIC:
        try:
            task(ctx)
        except ServiceError as problem:  # one authority that is away must not stop the rest; it is tried again next minute
            log.warning("worker.task_failed", task=task.__name__, code=problem.code)


def every_minute(queue: Huey, look: Callable[[], None]) -> None:
    """Look even if every wake was lost."""
    queue.periodic_task(crontab(minute="*"), name="look-each-minute")(look)


def every_day(queue: Huey, ctx: Context) -> None:
    """Tidy up what killed processes left behind."""

    def tidy() -> None:
        for task in DAILY:
            task(ctx)

    queue.periodic_task(crontab(minute="17", hour="3"), name="tidy-each-day")(tidy)
