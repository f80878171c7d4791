"""Classes 16 and 23 in a real process: a sync before each acknowledgement, and a clock that stands behind its log."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from ipr_service.app import utc_now
from ipr_service.evidence.tsp import make_query
from ipr_service.evidence.tsp.messages import Reply
from ipr_service.store.schema import LogHead
from tests.reliability.clients import hash_only, send
from tests.reliability.server import Installation, ask, installed


@pytest.mark.needs("strace")
def test_class_23_each_acknowledged_group_was_synced_before(tmp_path: Path) -> None:
    """Counting syncs stands for pulling the plug: with SQLite's own default for WAL there would be about none."""
    calls = tmp_path / "calls"
    trace = ("strace", "-D", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(calls))

    def synced() -> int:
        return sum("sync(" in line for line in calls.read_text().splitlines())

    with installed(tmp_path / "data") as (house, token):
        server = house.serve(quick=False, before=trace)
        before = synced()
        alone = [send(server.port, token, hash_only(f"alone-{n}")) for n in range(5)]
        assert synced() - before >= len(alone)
        before, together = synced(), []
        threads = [
            threading.Thread(target=lambda n=n: together.append(send(server.port, token, hash_only(f"together-{n}")))) for n in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status for answer in (*alone, *together)} == {201}
        groups = {answer.json["receipt"]["checkpoint_size"] for answer in together}  # type: ignore[index]
        assert synced() - before >= len(groups)


def set_head(house: Installation, ahead: timedelta) -> datetime:
    """Make the log newer than the clock: to the process it is the same as if its clock had fallen back."""
    with house.context() as ctx:
        time = utc_now() + ahead
        with ctx.database.writing() as session:
            session.execute(update(LogHead).values(time=time))
    return time


def test_class_16_a_process_whose_clock_is_a_day_behind_its_log_says_so_and_issues_no_earlier_time(tmp_path: Path) -> None:
    query = make_query(b"\x07" * 32, 5)
    with installed(tmp_path / "data") as (house, token):
        server = house.serve()
        asked = {"Content-Type": "application/timestamp-query"}
        assert ask(server.port, "POST", "/tsa", query, asked).status == 200
        head = set_head(house, timedelta(days=1))
        ready = ask(server.port, "GET", "/readyz")
        assert (ready.status, json.loads(ready.body)["checks"]["clock"]["good"]) == (503, False)
        behind = ask(server.port, "POST", "/tsa", query, asked)
        assert Reply.load(behind.body)["status"]["fail_info"].native == {"time_not_available"}
        receipt = send(server.port, token, hash_only("late")).json["receipt"]
        assert datetime.fromisoformat(str(receipt["time"])) >= head  # type: ignore[index]
