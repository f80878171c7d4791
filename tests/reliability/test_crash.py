"""Class 23: kill -9 of servers and workers at random moments under load. No acknowledged registration is lost, the audit is clean."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.reliability.clients import Load
from tests.reliability.oracle import judge
from tests.reliability.server import Installation, installed

CLIENTS = 4


def kill_under_load(house: Installation, token: str, rounds: int, servers: int, dice: random.Random, *, quick: bool = True) -> Load:
    """Kill one of the servers, or the worker, ``rounds`` times; each is started again at once."""
    up = [house.serve(quick=quick) for _ in range(servers)]
    worker = house.work()
    load = Load(lambda: [server.port for server in up], token)
    load.start(CLIENTS)
    for turn in range(rounds):
        time.sleep(dice.uniform(0.02, 0.4))
        victim = dice.randrange(servers)
        up[victim].kill()
        if turn % 3 == 0:
            worker.kill()
            worker = house.work()
        up[victim] = house.serve(quick=quick, port=up[victim].port)
    deadline = time.monotonic() + 60  # on a busy machine most orders fell between two kills: let some more through
    while len(load.promises) <= 2 * rounds and time.monotonic() < deadline:
        time.sleep(0.05)
    load.finish()
    return load


def crash(folder: Path, database_url: str, rounds: int, servers: int, *, quick: bool = True) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    with installed(folder, database_url) as (house, token):
        load = kill_under_load(house, token, rounds, servers, random.Random(seed), quick=quick)
        house.close()
        assert load.faults == []
        assert len(load.promises) > rounds
        with house.context() as ctx:
            judge(ctx, load.promises)


def test_class_23_no_acknowledged_registration_is_lost_when_server_and_worker_are_killed(tmp_path: Path) -> None:
    crash(tmp_path / "data", "", rounds=8, servers=1)


def test_class_23_the_same_with_two_servers_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    crash(tmp_path / "data", postgresql_url, rounds=4, servers=2)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_class_23_two_hundred_kills(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgresql_url") if engine == "postgresql" else ""
    crash(tmp_path / "data", url, rounds=100, servers=1 if engine == "sqlite" else 2)
