"""``ipr serve`` and ``ipr worker`` as processes: they come up, take a registration, stop when told, and lose nothing when killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipr_service import app as app_module
from ipr_service.services import tokens
from ipr_service.settings import Settings
from tests.cli.conftest import ORIGIN, Ipr, environment, free_port, start
from tests.support.house import person

PATIENCE = 60  # seconds; a busy machine starts slowly


@dataclass
class Process:
    """A serving process on a port of its own."""

    folder: Path
    port: int
    running: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Until it says that it may serve."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.running.poll() is None, self.running.communicate()
            try:
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                    assert json.load(answer)["status"] == "ready"
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError("the server never became ready")

    def again(self, *words: str) -> None:
        """Start anew on the same data and port."""
        self.running = _serve(self.folder, self.port, *words)
        self.wait()


def _serve(folder: Path, port: int, *words: str) -> subprocess.Popen[str]:
    more = {"IPR_LISTEN": f"127.0.0.1:{port}", "IPR_BASE_URL": f"http://127.0.0.1:{port}"}
    return start(folder, "serve", *words, **more)


@pytest.fixture
def serving(place: Path) -> Iterator[Process]:
    """A serving process with its worker; ended after the test."""
    port = free_port()
    process = Process(place, port, _serve(place, port))
    process.wait()
    yield process
    process.running.kill()
    process.running.communicate()


def _token(place: Path) -> str:
    settings = Settings.from_environ({}, data_dir=place / "var", origin=ORIGIN)
    ctx = app_module.build_context(settings)
    made = tokens.create(ctx, person(ctx, "Sara"), name="cli", scopes=("ideas:write", "ideas:read"))
    ctx.database.close()
    return made.token


def _children(pid: int) -> list[int]:
    """Processes whose parent is ``pid`` (proc(5), field 4 of stat)."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def _gone(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _until_gone(pids: list[int]) -> None:
    until = time.monotonic() + PATIENCE
    while not all(_gone(pid) for pid in pids):
        assert time.monotonic() < until, "a worker outlived its server"
        time.sleep(0.1)


def test_a_term_signal_ends_server_and_worker_cleanly(serving: Process) -> None:
    workers = _children(serving.running.pid)
    assert workers
    serving.running.send_signal(signal.SIGTERM)
    out, err = serving.running.communicate(timeout=PATIENCE)
    assert serving.running.returncode == 0
    assert f"IPR Service at {serving.address}" in out
    assert "Mail is off" in out
    assert "No independent timestamp authority" in out
    assert "Traceback" not in err
    _until_gone(workers)


def test_a_registration_over_http_survives_a_kill_and_no_worker_is_left_behind(serving: Process, ipr: Ipr, place: Path) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    token = _token(place)
    words = ("register", "chair.svg", "--title", "T", "--server", serving.address, "--vkeys", "log.vkeys")
    assert ipr(*words, "--bundle", "c.asice", IPR_TOKEN=token).code == 0
    workers = _children(serving.running.pid)
    os.kill(serving.running.pid, signal.SIGKILL)
    serving.running.communicate()
    _until_gone(workers)
    assert ipr("verify", "c.asice", "chair.svg", "--trust", "log.vkeys").code == 0
    assert ipr("log", "audit").code == 0
    serving.again()
    assert ipr(*words, "--bundle", "d.asice", IPR_TOKEN=token).code == 0
    assert "2 entries" in ipr("log", "audit").out


def test_a_worker_that_is_killed_is_started_again(serving: Process) -> None:
    (worker,) = _children(serving.running.pid)
    os.kill(worker, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while not (fresh := [pid for pid in _children(serving.running.pid) if pid != worker]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert fresh


def test_a_taken_port_is_said_in_one_line(serving: Process) -> None:
    second = _serve(serving.folder, serving.port, "--no-worker")
    _, err = second.communicate(timeout=PATIENCE)
    assert second.returncode in {2, 4}
    assert "Traceback" not in err
    assert "in use" in err


def test_one_round_of_work_stamps_the_newest_checkpoint(ipr: Ipr, place: Path) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "c.asice").code == 0
    assert ipr("worker", "--once").code == 0


def test_migrate_may_be_repeated_and_refuses_a_log_whose_keys_are_gone(ipr: Ipr, place: Path) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "c.asice").code == 0
    assert ipr("migrate").out.startswith("Ready: log test.invalid/cli")
    (place / "var" / "keys").rename(place / "elsewhere")
    lost = ipr("migrate")
    assert lost.code == 1
    assert "keys are not in the key folder" in lost.err


def test_the_demo_is_loaded_once_and_its_log_ins_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    port, outs = free_port(), []
    for _ in range(2):
        process = Process(tmp_path, port, _serve(tmp_path, port, "--demo", "--no-worker"))
        process.wait()
        process.running.send_signal(signal.SIGTERM)
        outs.append(process.running.communicate(timeout=PATIENCE)[0])
    log_ins = [[line for line in out.splitlines() if "log in as" in line] for out in outs]
    assert len(log_ins[0]) == 3
    assert log_ins[0] == log_ins[1]
    assert stat.S_IMODE((tmp_path / "var" / "demo-logins.txt").stat().st_mode) == 0o600
    listed = subprocess.run(
        [sys.executable, "-m", "ipr_service", "log", "audit"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stdout
    assert "all agrees" in listed.stdout
