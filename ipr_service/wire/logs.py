"""Logs: one JSON object a line on standard error, our own events and those of the libraries.

A line holds event, ids, codes, rules and the frames of a fault. It never holds the value of a field, an address, a title, a path or the
text of an exception, because any of them may be a secret or be made to look like another line (ASVS 16.2.5, 16.4.1).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog


def trace_of(problem: BaseException) -> list[str]:
    """Kinds and frames of an exception and of what caused it, outermost last; without what they say."""
    lines: list[str] = []
    seen: BaseException | None = problem
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        lines = [*(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames), type(seen).__name__, *lines]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def _trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = event.pop("exc_info", None)
    problem = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(problem, BaseException):
        event["trace"] = trace_of(problem)
    return event


class LibraryLine(logging.Formatter):
    """What a library logs: who, where, its template; not what filled it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "event": "library",
            "logger": record.name,
            "at": f"{record.module}:{record.lineno}",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.args:
            line["template"] = str(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            line["trace"] = trace_of(record.exc_info[1])
        return json.dumps(line)


class _StandardError:
    """Standard error as it is at the moment of writing: a caller may have put another stream in its place, and closed the old one."""

    def write(self, line: str) -> None:
        sys.stderr.write(line)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str) -> None:
    """Set up our own events.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        # each line in one write: two processes may share the stream
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )


def take_over() -> None:
    """Make libraries, warnings and ended threads of this process speak in the same form, warnings and worse. For processes of our own."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LibraryLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread.ended", exc_info=ended.exc_value)
