"""The queue that wakes workers: huey over SQLite (embedded), PostgreSQL or Redis.

It carries no data: each task says "look at the rows". Messages are signed, so that whoever can write to the queue's file cannot make a
worker unpickle what it likes. Losing the queue loses nothing; a periodic look finds every row that is due.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from sqlalchemy import make_url

from ipr_service.settings import Settings

PAUSE = 0.3  # seconds; wakes that come closer together are one


def make_queue(settings: Settings, secret: bytes) -> Huey:
    """The queue of this installation.

    Args:
        secret: at least 32 bytes, the same in every process.
    """
    serializer = SignedSerializer(secret=secret.hex(), salt="ipr/queue/v1")
    if settings.queue_url.startswith("redis"):
        return RedisHuey("ipr", url=settings.queue_url, serializer=serializer, results=False)
    url = make_url(settings.database_url)
    if url.get_backend_name() == "postgresql":
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresHuey("ipr", dsn=dsn, serializer=serializer, results=False)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("ipr", filename=str(settings.data_dir / "queue.db"), serializer=serializer, results=False)


class Wake:
    """Tells a worker to look, at most about three times a second, however many commits there were.

    The look is scheduled a little later than the pause, so that every commit within the pause is seen by it.
    """

    def __init__(self, schedule: Callable[[float], object]) -> None:
        self._schedule = schedule
        self._lock = threading.Lock()
        self._next = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return
            self._next = now + PAUSE
        self._schedule(PAUSE)
