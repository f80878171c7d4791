"""The tests' own PostgreSQL: fresh every time, migrated, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import URL, inspect, text

from ipr_service.store.database import Database
from tests.support import postgres


def test_each_test_gets_a_migrated_database_on_each_engine(database: Database) -> None:
    current, newest = database.head()
    assert current == newest
    assert newest is not None
    assert "idea" in inspect(database.engine).get_table_names()


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_the_next_does_not_see(database: Database, turn: int) -> None:
    assert "left_behind" not in inspect(database.engine).get_table_names()
    with database.writing() as session:
        session.execute(text(f"CREATE TABLE left_behind (turn integer DEFAULT {turn})"))
    assert "left_behind" in inspect(database.engine).get_table_names()


def test_postgresql_is_a_version_that_the_service_supports(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.reading() as session:
        version = int(session.execute(text("SHOW server_version_num")).scalar_one())
    database.close()
    assert version >= postgres.OLDEST * 10_000


def _parent(body: str) -> subprocess.Popen[str]:
    script = f"from tests.support import postgres\nserver = postgres.start({{}})\nprint(server.url.query['host'], flush=True)\n{body}"
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True  # ended; its new parent has not collected it yet
        time.sleep(0.05)
    return False


if sys.platform == "linux":  # elsewhere no kernel promise exists that could be tested

    def test_a_killed_test_run_leaves_no_server_behind() -> None:
        with _parent("input()") as parent:
            assert parent.stdout is not None
            data = Path(parent.stdout.readline().strip())
            server = int((data / "postmaster.pid").read_text().split()[0])
            os.kill(server, 0)  # it lives
            parent.send_signal(signal.SIGKILL)
            parent.wait(10)
        try:
            assert _gone(server)
        finally:
            subprocess.run(["rm", "-rf", str(data.parent)], check=True)


def test_a_stopped_server_leaves_no_file_behind() -> None:
    with _parent("server.stop()") as parent:
        assert parent.stdout is not None
        data = Path(parent.stdout.readline().strip())
        assert parent.wait(30) == 0
    assert not data.parent.exists()


def test_the_newest_server_of_the_system_is_preferred_and_a_client_alone_is_passed_over(tmp_path: Path) -> None:
    for version, programs in {"14": ("initdb", "postgres"), "15": ("initdb", "postgres"), "16": ("psql",), "9.6": ("initdb",)}.items():
        (tmp_path / version / "bin").mkdir(parents=True)
        for program in programs:
            (tmp_path / version / "bin" / program).touch()
    assert postgres.binaries(tmp_path) == tmp_path / "15" / "bin"


def test_without_a_server_of_the_system_the_wheel_brings_one(tmp_path: Path) -> None:
    assert (postgres.binaries(tmp_path) / "postgres").exists()


def test_a_folder_inside_a_closed_home_is_not_open_to_others(tmp_path: Path) -> None:
    inner = tmp_path / "home" / "checkout"
    inner.mkdir(parents=True)
    (tmp_path / "home").chmod(0o700)
    assert not postgres.open_to_others(inner)


@pytest.mark.parametrize("name", ['x"; DROP DATABASE y; --', "", "Ä", "a" * 64])
def test_only_plain_names_reach_the_server(name: str, postgresql: tuple[URL, str]) -> None:
    with pytest.raises(ValueError, match="not a database name"):
        postgres.drop_database(postgresql[0], name)


def test_a_server_that_was_there_before_keeps_running_without_our_databases(postgresql: tuple[URL, str]) -> None:
    server, _run = postgresql
    joined = postgres.start({"IPR_TEST_PG_URL": server.set(drivername="postgresql").render_as_string(hide_password=False)})
    made = postgres.create_database(joined.url, joined.run, f"{joined.run}_1")
    joined.stop()
    database = Database(server.render_as_string(hide_password=False))
    with database.reading() as session:
        left = session.execute(text("SELECT datname FROM pg_database")).scalars().all()
    database.close()
    assert made.database not in left
    assert [name for name in left if name.startswith(joined.run)] == []
