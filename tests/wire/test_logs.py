"""Our own events reach whatever standard error is when they happen."""

import io
import json
from contextlib import redirect_stderr

import structlog

from ipr_service.wire.logs import configure


def test_an_event_after_the_stream_of_before_was_closed_is_written_to_the_stream_of_now() -> None:
    with io.StringIO() as of_before, redirect_stderr(of_before):
        configure("error")
        structlog.get_logger().error("first")
    with io.StringIO() as of_now, redirect_stderr(of_now):
        structlog.get_logger().error("second", seconds=3)
        line = json.loads(of_now.getvalue())
    assert (line["event"], line["seconds"]) == ("second", 3)
