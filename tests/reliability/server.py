"""The shipped server as a user starts it: ``python -m ipr_service serve``, settings in the environment, the worker beside.

Starting Python and importing the house takes longer than most tests. Where a test starts many processes it takes the quick way: the
same door (``ipr_service.__main__.main``) in a process forked from one that has imported everything before.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from ipr_service.__main__ import main
from ipr_service.app import build_context, prepare
from ipr_service.services import tokens
from ipr_service.services.context import Context
from ipr_service.settings import Settings
from tests.support.house import person

ORIGIN = "test.invalid/reliability"
SCOPES = ("ideas:read", "ideas:write")
ROOT = Path(__file__).parents[2]
_PR_SET_PDEATHSIG = 1
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["ipr_service.app", "ipr_service.cli.serve", "ipr_service.cli.worker", "tests.reliability.server"])


def free_port() -> int:
    """A port on the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _enter(words: Sequence[str], environ: Mapping[str, str], log: str) -> None:
    """Go through the command line's door, in a forked process."""
    _die_with_parent()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.environ.update(environ)
    sys.argv = ["ipr", *words]
    main()


@dataclass
class Running:
    """One process of the installation: a server, or a worker alone."""

    process: BaseProcess | subprocess.Popen[bytes]
    port: int

    def kill(self) -> None:
        """SIGKILL: what a crash, the OOM killer or a power cut does to a process."""
        self.process.kill()
        self._wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        self.process.terminate()
        try:
            self._wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def _wait(self, timeout: float | None = None) -> None:
        if isinstance(self.process, subprocess.Popen):
            self.process.wait(timeout)
        else:
            self.process.join(timeout)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None if isinstance(self.process, subprocess.Popen) else self.process.is_alive()

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    def resident(self) -> int:
        """Bytes of memory in use by the server process, workers apart."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Installation:
    """One installation: its folder, its database, and whoever runs on it."""

    folder: Path
    database_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What all its processes say, on both outputs."""
        return self.folder.parent / f"{self.folder.name}.log"

    def environ(self, port: int = 0) -> dict[str, str]:
        here = {"IPR_DATA_DIR": str(self.folder), "IPR_DATABASE_URL": self.database_url, "IPR_ORIGIN": ORIGIN}
        address = {"IPR_LISTEN": f"127.0.0.1:{port}", "IPR_BASE_URL": f"http://127.0.0.1:{port}"} if port else {}
        return {**{name: value for name, value in here.items() if value}, **address, **self.settings}

    @contextlib.contextmanager
    def context(self) -> Iterator[Context]:
        """The rooms over the same rows and files, in this process; prepared if need be."""
        ctx = build_context(prepare(Settings.from_environ(self.environ())))
        try:
            yield ctx
        finally:
            ctx.database.close()

    def serve(self, *, quick: bool = True, worker: bool = False, before: Sequence[str] = (), port: int = 0) -> Running:
        """Start a server and wait until it is ready.

        Args:
            quick: forked; else ``python -m ipr_service serve``.
            worker: let it start its worker beside.
            before: words before the command, for example ``strace``; not with ``quick``.
        """
        port = port or free_port()
        words = ["serve"] if worker else ["serve", "--no-worker"]
        started = self._start(words, port, quick=quick, before=before)
        wait_until_ready(started, self.log)
        return started

    def work(self) -> Running:
        """Start a worker alone."""
        return self._start(["worker"], 0, quick=True, before=())

    def _start(self, words: Sequence[str], port: int, *, quick: bool, before: Sequence[str]) -> Running:
        process: BaseProcess | subprocess.Popen[bytes]
        if quick:
            process = _FORKS.Process(target=_enter, args=(words, self.environ(port), str(self.log)), daemon=True)
            process.start()
        else:
            with self.log.open("ab") as said:
                process = subprocess.Popen(
                    [*before, sys.executable, "-m", "ipr_service", *words],
                    cwd=ROOT, env={**os.environ, **self.environ(port)}, stdout=said, stderr=said, preexec_fn=_die_with_parent,
                )  # fmt: skip
        self.running.append(Running(process, port))
        return self.running[-1]

    def close(self) -> None:
        """Stop whatever runs."""
        for one in self.running:
            if one.alive:
                one.stop()


def wait_until_ready(server: Running, log: Path, seconds: float = 90) -> None:
    """Return when ``/readyz`` says 200.

    Raises:
        AssertionError: it ended or never became ready; carries what it said.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.alive:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ask(server.port, "GET", "/readyz").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"the server did not become ready: {log.read_text()[-3000:]}")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = 60
) -> Answer:
    """One request over a connection of its own.

    Raises:
        OSError, http.client.HTTPException: nobody answered, or died while answering.
    """
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        line.request(method, path, body, dict(headers or {}))
        answer = line.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        line.close()


def token_for(ctx: Context, name: str = "Sara") -> str:
    """Sign somebody up and make an API token for her."""
    return tokens.create(ctx, person(ctx, name), name="reliability", scopes=SCOPES).token


@contextlib.contextmanager
def installed(folder: Path, database_url: str = "", **settings: str) -> Iterator[tuple[Installation, str]]:
    """A prepared installation and a token for it; stopped at the end."""
    house = Installation(folder, database_url, {f"IPR_{name.upper()}": value for name, value in settings.items()})
    with house.context() as ctx:
        token = token_for(ctx)
    try:
        yield house, token
    finally:
        house.close()
