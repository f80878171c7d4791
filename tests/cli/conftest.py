"""``ipr`` as a test calls it: in this process, with an environment of its own, and as a process where that is the point."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from waitress.server import create_server

from ipr_service import app as app_module
from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr as root
from ipr_service.services import tokens
from ipr_service.services.context import Context
from tests.support.house import person

ROOT = Path(__file__).parents[2]
ORIGIN = "test.invalid/cli"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Ipr = Callable[..., Ended]


def _module() -> ModuleType:
    return app_module


@pytest.fixture
def ipr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ipr:
    """Call ``ipr`` with words, in an empty folder that is also its data folder's parent."""
    for name in [name for name in os.environ if name.startswith("IPR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IPR_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("IPR_ORIGIN", ORIGIN)
    monkeypatch.chdir(tmp_path)

    def call(*words: object, **environment: str) -> Ended:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            code = run(root.main, args=[str(word) for word in words], obj=_module)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


@pytest.fixture
def place(ipr: Ipr, sqlite_url: str, tmp_path: Path) -> Path:
    """A prepared installation; gives the folder that the commands run in."""
    (tmp_path / "var").mkdir()
    (tmp_path / "ipr.db").rename(tmp_path / "var" / "ipr.db")
    assert ipr("migrate").code == 0
    return tmp_path


@dataclass(frozen=True)
class Served:
    """A service that answers on this machine, and a token for it."""

    address: str
    token: str
    ctx: Context


@pytest.fixture
def served(sqlite_ctx: Context) -> Iterator[Served]:
    """A whole service on a free port of this machine."""
    actor = person(sqlite_ctx, "Sara", organisation="Officina Conti")
    made = tokens.create(sqlite_ctx, actor, name="cli", scopes=("ideas:write", "ideas:read"))
    server = create_server(app_module.create_app(ctx=sqlite_ctx), listen="127.0.0.1:0", threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.effective_port}", made.token, sqlite_ctx)
    server.close()
    thread.join(timeout=5)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a process of its own. Compiled modules are shared by the tests of one run, wherever the checkout lies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IPR_") and name != "PYTHONDONTWRITEBYTECODE"}
    kept |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder.parent / "pycache")}
    return {**kept, "IPR_DATA_DIR": str(folder / "var"), "IPR_ORIGIN": ORIGIN, **more}


def start(folder: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    """``ipr`` as a process, its output readable line by line."""
    command = [sys.executable, "-m", "ipr_service", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment(folder, **more), text=True, **pipes)  # type: ignore[call-overload]  # two pipes


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    (folder / "drawings").mkdir(parents=True)
    (folder / "drawings" / "chair.svg").write_text("<svg/>")
    (folder / "hours.csv").write_text("sara,8\n")
    return folder


@pytest.fixture
def once(ipr: Ipr, served: Served, studio: Path) -> Callable[..., Ended]:
    """One look at the studio, with nothing to wait for."""

    def look(*words: object) -> Ended:
        fixed = ("watch", studio, "--once", "--settle", "0", "--server", served.address, "--json")
        return ipr(*fixed, *words, IPR_TOKEN=served.token)

    return look
