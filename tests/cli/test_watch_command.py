"""Watching on: lines that break, processes that die at any step and by any signal register nothing twice and lose nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ipr_service.cli import remote_log, watch_command
from ipr_service.cli.parcel import Parcel
from ipr_service.cli.remote_log import RemoteLog
from ipr_service.cli.watch_journal import Journal
from ipr_service.gateways import durable
from tests.cli.conftest import Ipr, Served, start
from tests.cli.studio import Once, bundles, commitment, entries, holds, manifest, versions


def test_a_service_that_does_not_answer_is_asked_again_more_and_more_seldom_and_nothing_is_lost(
    ipr: Ipr, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_log, "_PAUSE", (0.0, 0.0, 0.0))
    real, slept = RemoteLog._once, []

    def cut(log: RemoteLog, *words: Any) -> object:
        if len([pause for pause in slept if pause >= watch_command.FIRST_PAUSE]) < 4:
            raise ConnectionRefusedError("nobody there")
        return real(log, *words)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if seconds == 3.5:  # the look after the one that went well
            raise KeyboardInterrupt

    monkeypatch.setattr(RemoteLog, "_once", cut)
    monkeypatch.setattr(watch_command.time, "sleep", sleep)
    words = ("watch", studio, "--settle", "0", "--every", "3.5", "--server", served.address)
    ended = ipr(*words, IPR_TOKEN=served.token)
    assert ended.code == 0
    assert [pause for pause in slept if pause >= 5] == [5, 10, 20, 40]
    assert f"{served.address} does not answer. Nothing is lost. Next try in 40 s." in ended.err
    assert "Stopped." in ended.err
    assert len(bundles(studio)) == entries(served) == 2


def test_one_look_without_a_service_ends_with_4_and_the_next_finishes(
    once: Once, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_log, "_PAUSE", (0.0, 0.0, 0.0))
    real = RemoteLog._once

    def cut(log: RemoteLog, method: str, path: str, *words: Any) -> object:
        if method == "POST":
            raise TimeoutError("no answer")
        return real(log, method, path, *words)

    with monkeypatch.context() as patched:
        patched.setattr(RemoteLog, "_once", cut)
        assert once().code == 4
    assert (entries(served), len(list((studio / ".ipr" / "pending").iterdir()))) == (0, 2)
    assert once().code == 0
    assert (entries(served), len(bundles(studio)), list((studio / ".ipr" / "pending").iterdir())) == (2, 2, [])


def test_a_token_that_was_revoked_ends_the_watch_with_3(once: Once, served: Served, studio: Path) -> None:
    refused = once("--token", "ipr_live_" + "A" * 40)
    assert refused.code == 3, refused
    assert entries(served) == 0
    assert once().code == 0
    assert entries(served) == 2


class Killed(BaseException):
    """A process that is gone: nothing catches it."""


def _durable_steps(monkeypatch: pytest.MonkeyPatch, die_at: int, after: bool) -> Iterator[int]:
    """Die at the n-th thing that leaves this process for the disk or the line: before it, or after it and before its answer is known."""
    steps = count(1)

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*words: Any, **more: Any) -> Any:
            mine = next(steps) == die_at
            if mine and not after:
                raise Killed
            answer = real(*words, **more)
            if mine:
                raise Killed
            return answer

        return step

    for owner, name in (
        (RemoteLog, "_once"),
        (Parcel, "write"),
        (durable, "append_line"),
        (durable, "publish"),
        (durable, "make_directory"),
        (Journal, "drop"),
    ):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    return steps


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_step_registers_nothing_twice_and_loses_nothing(
    once: Once, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    contents: dict[str, bytes] = {}
    die_at, survived, deaths, round_ = 1, False, 0, 0
    while not survived:
        round_ += 1
        for name in ("a.txt", "b.txt"):  # in the first round new and in one call, then a version each
            contents[f"{name}.v{round_}"] = f"{name} in round {round_}".encode()
            (studio / name).write_bytes(contents[f"{name}.v{round_}"])
        with monkeypatch.context() as patched:
            _durable_steps(patched, die_at, after)
            try:
                once()
                survived = True
            except Killed:
                deaths += 1
        for _ in range(2):
            assert once().code == 0
        die_at += 1
    contents |= {"drawings/chair.svg.v1": b"<svg/>", "hours.csv.v1": b"sara,8\n"}
    assert deaths >= 20
    assert entries(served) == len(contents)
    made = bundles(studio)
    assert sorted(made) == sorted(contents)
    assert versions(served) == [1, 1, round_, round_]
    for number in range(2, round_ + 1):
        assert manifest(made[f"a.txt.v{number}"]).previous == commitment(made[f"a.txt.v{number - 1}"])
    assert all(holds(served, made[name], content) for name, content in list(contents.items())[:: len(contents) // 6])
    assert not list((studio / ".ipr" / "pending").iterdir())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("die_at", [5, 9, 11, 14])
def test_a_death_in_the_first_pass_over_many_files_registers_each_once(
    once: Once, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch, die_at: int, after: bool
) -> None:
    for number in range(4):
        (studio / f"{number}.txt").write_text(str(number))
    with monkeypatch.context() as patched:
        _durable_steps(patched, die_at, after)
        with pytest.raises(Killed):
            once()
    assert once().code == 0
    assert entries(served) == 6
    assert len(bundles(studio)) == 6
    assert versions(served) == [1] * 6


def test_a_watch_that_is_killed_again_and_again_registers_every_version_once(served: Served, studio: Path) -> None:
    words = ("watch", "studio", "--settle", "0", "--every", "0.1", "--server", served.address)
    contents = {f"{name}.v1": (studio / name).read_bytes() for name in ("hours.csv", "drawings/chair.svg")}
    for number in range(12):
        (studio / f"{number:02}.txt").write_text(str(number))
        contents[f"{number:02}.txt.v1"] = str(number).encode()
    for delay in (0.9, 1.3, 1.7, 2.3):
        process = start(studio.parent, *words, IPR_TOKEN=served.token)
        time.sleep(delay)
        process.kill()
        process.communicate()
    process = start(studio.parent, *words, IPR_TOKEN=served.token)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(bundles(studio)) < len(contents):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "Stopped." in err) == (0, True), out + err
    assert entries(served) == len(contents)
    assert all(holds(served, bundles(studio)[name], content) for name, content in contents.items())


def test_sigterm_ends_a_watch_clean(served: Served, studio: Path) -> None:
    process = start(studio.parent, "watch", "studio", "--settle", "0", "--server", served.address, IPR_TOKEN=served.token)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(bundles(studio)) < 2:
        time.sleep(0.2)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "Stopped.\n")


def test_one_look_waits_once_for_what_has_not_settled(ipr: Ipr, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    wait = time.sleep

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        wait(seconds)
        (studio / "growing.mov").write_bytes(b"more" * len(slept))

    monkeypatch.setattr(watch_command.time, "sleep", sleep)
    ended = ipr("watch", studio, "--once", "--settle", "0.5", "--server", served.address, IPR_TOKEN=served.token)
    assert (ended.code, slept) == (0, [0.5])
    assert ended.out.count("registered: ") == 2
    assert "still being written, for the next time: 1" in ended.err
