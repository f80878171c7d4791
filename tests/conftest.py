"""What every test may ask for: a fresh database on either engine, and parts of the machine it can name.

Nothing is skipped silently: a skip must come from ``@pytest.mark.needs(…)``; the parts a machine lacks stand in one line before
pytest's own last line, and any other skip fails the run. With ``IPR_TEST_COMPLETE=1`` (continuous integration) a lacking part fails too.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL

from ipr_service.app import configure_logs
from ipr_service.services.context import Context
from ipr_service.store.database import Database, migrate
from tests.support import machine, postgres
from tests.support.house import MovingClock
from tests.support.house import build as build_house

_NEEDS = "needs "
_ABSENT = pytest.StashKey[dict[str, machine.Part]]()
_SERVER = pytest.StashKey[postgres.Server]()

# One example may be slow on a busy machine; that is no finding. The fuzz profile is `make fuzz`.
# The suite draws the same examples each time, so that a red run is the fault of a change; `make fuzz` looks elsewhere each time.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, derandomize=True)
settings.register_profile("fuzz", settings.get_profile("house"), max_examples=2000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_configure(config: pytest.Config) -> None:
    """Leave the long runs to `make soak`, unless the command line says which marks it wants."""
    config.option.markexpr = config.option.markexpr or "not soak"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say why."""
    for item in items:
        names = [name for mark in item.iter_markers("needs") for name in mark.args]
        if missing := machine.absent(names):
            item.add_marker(pytest.mark.skip(reason=_NEEDS + ", ".join(part.name for part in missing)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    """The closing line, after everybody else's: what the machine lacks, and the command that installs it."""
    yield
    named, unnamed = _skips(terminalreporter)
    if line := machine.closing_line(machine.absent(sorted(named))):
        terminalreporter.write_line(line, yellow=True)
    for reason in unnamed:
        terminalreporter.write_line(f"Skipped without a named need: {reason}", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A silent skip is a failure; where the machine is said to be complete, every skip is."""
    if not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK:
        named, unnamed = _skips(session.config.pluginmanager.get_plugin("terminalreporter"))
        if unnamed or (named and os.environ.get("IPR_TEST_COMPLETE")):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skips(reporter: Any) -> tuple[set[str], list[str]]:
    """The parts that skipped tests named, and the reasons of skips that named none."""
    named: set[str] = set()
    unnamed: list[str] = []
    for report in reporter.stats.get("skipped", []):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")
        if reason.startswith(_NEEDS):
            named.update(reason.removeprefix(_NEEDS).split(", "))
        else:
            unnamed.append(f"{report.nodeid}: {reason}")
    return named, unnamed


def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts one server for all its workers, because it outlives every one of them."""
    node.workerinput["postgres"] = (_server(node.config).address, _server(node.config).run)


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := config.stash.get(_SERVER, None):
        server.stop()


def _server(config: pytest.Config) -> postgres.Server:
    """The server of this run, started when first asked for."""
    if _SERVER not in config.stash:
        config.stash[_SERVER] = postgres.start()
    return config.stash[_SERVER]


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> tuple[URL, str]:
    """Address of the run's PostgreSQL server, and the name that begins every database of this run."""
    if given := getattr(pytestconfig, "workerinput", {}).get("postgres"):
        return postgres.make_url(given[0]), given[1]
    server = _server(pytestconfig)
    return server.url, server.run


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ipr.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


_numbers = itertools.count(1)


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """Address of a fresh, migrated SQLite database."""
    return f"sqlite:///{shutil.copy(_sqlite_template, tmp_path / 'ipr.db')}"


@pytest.fixture
def postgresql_url(postgresql: tuple[URL, str]) -> Iterator[str]:
    """Address of a fresh, migrated PostgreSQL database; dropped after the test."""
    server, run = postgresql
    name = f"{run}_{os.getpid()}_{next(_numbers)}"
    yield postgres.create_database(server, run, name).render_as_string(hide_password=False)
    postgres.drop_database(server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, migrated database: the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """That database, opened; closed after the test."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive Debian's Chromium; without its own sandbox, which root in a container cannot have."""
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}


@pytest.fixture
def clock() -> MovingClock:
    """The clock of the test's house."""
    return MovingClock()


@pytest.fixture
def ctx(database_url: str, tmp_path: Path, clock: MovingClock) -> Iterator[Context]:
    """A whole house on a fresh database; the test runs once on each engine."""
    built = build_house(database_url, tmp_path / "data", clock)
    yield built
    built.database.close()


@pytest.fixture
def sqlite_ctx(sqlite_url: str, tmp_path: Path, clock: MovingClock) -> Iterator[Context]:
    """The same on SQLite alone, for tests that are about something else than the database."""
    built = build_house(sqlite_url, tmp_path / "data", clock)
    yield built
    built.database.close()


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """Only what goes wrong is logged, to standard error, as the shipped program does."""
    configure_logs("error")
