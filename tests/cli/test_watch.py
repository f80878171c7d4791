"""A stranger watches a log over HTTP and from a folder: nothing of the installation is needed but its address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipr_service.cli.exits import FALSE, OUTSIDE, USAGE
from ipr_service.services import publishing
from ipr_service.services.context import Context
from ipr_service.services.registration import register_commitment
from tests.cli.conftest import Ipr
from tests.support.network import House, copied


@pytest.fixture
def house(sqlite_ctx: Context) -> Iterator[House]:
    made = House("anna", sqlite_ctx)
    made.register(b"\x01" * 32)
    made.serve()
    yield made
    made.stop()


def more(house: House, *numbers: int) -> None:
    for number in numbers:
        register_commitment(house.ctx, house.people[0], bytes([number]) * 32)


def test_a_log_that_grows_is_followed_and_the_first_use_of_its_keys_is_said(ipr: Ipr, house: House, tmp_path: Path) -> None:
    first = ipr("log", "watch", f"{house.url}/log")
    assert first.code == 0, first.err
    assert "test.invalid/log: 1 entries, seen for the first time" in first.out
    assert "nobody else vouches" in first.out
    assert house.ctx.service_keys.log_keys.fingerprint in first.out
    assert (tmp_path / "ipr-watch-test.invalid-log.json").is_file()
    more(house, 2, 3)
    again = json.loads(ipr("log", "watch", f"{house.url}/log", "--entries", "--json").out)
    assert (again["verdict"], again["size"], again["seen_before"], again["entries_read"]) == ("grew", 3, 1, 3)
    assert (again["keys"], again["good"], again["evidence"]) == ("first use", True, [])


def test_keys_that_are_given_are_believed_and_others_are_not(ipr: Ipr, house: House, tmp_path: Path) -> None:
    (tmp_path / "log.vkeys").write_bytes(publishing.vkeys(house.ctx))
    given = ipr("log", "watch", f"{house.url}/log", "--trust", "log.vkeys", "--json")
    assert json.loads(given.out)["keys"] == "given"
    key = "test.invalid/log+" + publishing.vkeys(house.ctx).decode().split("+", 1)[1].split("\n")[0]
    assert ipr("log", "watch", f"{house.url}/log", "--vkey", key, "--state", "other.json").code == 0
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"  # a key of the documentation of x/mod/sumdb/note
    refused = ipr("log", "watch", f"{house.url}/log", "--vkey", stranger, "--state", "third.json")
    assert (refused.code, "another log" in refused.err) == (FALSE, True)
    assert not (tmp_path / "third.json").exists()


def test_a_fork_ends_with_one_the_memory_stays_and_both_checkpoints_are_kept(ipr: Ipr, house: House, tmp_path: Path) -> None:
    other = copied(house.ctx, tmp_path / "fork.db")
    more(house, 2)
    assert ipr("log", "watch", f"{house.url}/log", "--state", "s.json").code == 0
    before = (tmp_path / "s.json").read_bytes()
    honest, house.ctx = house.ctx, other
    more(house, 7, 8, 9)
    house.serve()
    for _ in range(2):
        ended = ipr("log", "watch", f"{house.url}/log", "--state", "s.json", "--json")
        assert ended.code == FALSE
    found = json.loads(ended.out)
    assert (found["verdict"], found["size"], found["seen_before"]) == ("forked", 4, 2)
    kept = {Path(path).name.rsplit("-", 1)[1]: (tmp_path / path).read_bytes() for path in found["evidence"]}
    assert kept["seen"] == publishing.newest_checkpoint(honest)
    assert kept["shown"] == publishing.newest_checkpoint(other)
    assert len(kept["proof"].split()) >= 1
    assert (tmp_path / "s.json").read_bytes() == before
    assert "FORK: test.invalid/log shows two histories" in ipr("log", "watch", f"{house.url}/log", "--state", "s.json").out
    other.database.close()


def test_a_rollback_ends_with_one(ipr: Ipr, house: House, tmp_path: Path) -> None:
    old = copied(house.ctx, tmp_path / "old.db")
    more(house, 2, 3)
    assert ipr("log", "watch", f"{house.url}/log", "--state", "s.json").code == 0
    house.ctx = old
    house.serve()
    ended = ipr("log", "watch", f"{house.url}/log", "--state", "s.json")
    assert (ended.code, "ROLLED BACK: test.invalid/log. The log shows 1 entries and has signed 3 before" in ended.out) == (FALSE, True)
    old.database.close()


def test_an_export_in_a_folder_is_watched_like_a_log_and_a_harmed_one_is_not_proved(ipr: Ipr, house: House, tmp_path: Path) -> None:
    publishing.export(house.ctx, tmp_path / "export")
    assert ipr("log", "watch", tmp_path / "export", "--entries", "--state", "s.json").code == 0
    (tmp_path / "export/tile/entries/000.p/1").unlink()
    more(house, 2)
    publishing.export(house.ctx, tmp_path / "export")
    (tmp_path / "export/tile/0/000.p/2").write_bytes(bytes(64))
    ended = ipr("log", "watch", tmp_path / "export", "--state", "s.json")
    assert (ended.code, "NOT PROVED" in ended.out) == (FALSE, True)


def test_a_quorum_that_is_asked_for_and_missing_ends_with_one(ipr: Ipr, house: House, tmp_path: Path) -> None:
    policy = "".join(f"log {line}\n" for line in publishing.vkeys(house.ctx).decode().split())
    (tmp_path / "policy").write_text(f"{policy}witness w {house.vkey.to_text()}\nquorum w\n")
    ended = ipr("log", "watch", f"{house.url}/log", "--trust", "policy", "--state", "s.json")
    assert (ended.code, "NOT WITNESSED" in ended.out) == (FALSE, True)
    assert not (tmp_path / "s.json").exists()


def test_what_is_no_log_is_said_with_what_to_write(ipr: Ipr, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipr_service.cli.remote_log._PAUSE", (0.0, 0.0, 0.0))
    for words, code, said in (
        ((house.url,), OUTSIDE, "ends in /log"),
        (("nowhere",), USAGE, "https://log.example.org/log"),
        (("http://192.0.2.1/log",), USAGE, "over plain http are anybody"),
        (("http://127.0.0.1:1/log",), OUTSIDE, "does not answer. Look again later"),
    ):
        ended = ipr("log", "watch", *words, "--state", "s.json")
        assert (ended.code, said in ended.err) == (code, True), ended
    (tmp_path / "s.json").write_text("{}")
    damaged = ipr("log", "watch", f"{house.url}/log", "--state", "s.json")
    assert (damaged.code, "does not hold what was seen" in damaged.err) == (FALSE, True)
