"""Registering from the command line: 32 bytes leave, the bundle verifies, a lost line or a crash costs nothing."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ipr_service.cli import remote_log
from ipr_service.cli.parcel import Parcel
from ipr_service.cli.remote_log import RemoteLog, checked_address
from ipr_service.errors import InputError, OutsideError
from ipr_service.evidence.bundle import read
from ipr_service.evidence.commitment import Openings
from ipr_service.store.schema import Idea, LogEntry
from tests.cli.conftest import Ipr, Served

CANARY = "canary-7f3a-title"


def _originals(folder: Path) -> tuple[Path, Path]:
    chair, hours = folder / "chair.svg", folder / "hours.xlsx"
    chair.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    hours.write_bytes(b"PK" + bytes(range(256)) * 20_000)
    return chair, hours


def test_a_registration_in_the_own_log_verifies_under_the_keys_it_wrote(ipr: Ipr, place: Path) -> None:
    chair, hours = _originals(place)
    made = ipr("register", chair, hours, "--title", "Chair", "--bundle", "chair.asice", "--vkeys", "log.vkeys")
    assert (made.code, made.err) == (0, "")
    assert "entry 0 of the log test.invalid/cli" in made.out
    assert ipr("verify", "chair.asice", chair, hours, "--trust", "log.vkeys").code == 0
    assert ipr("verify", "chair.asice").code == 1  # nobody vouches for the key but the bundle
    assert ipr("log", "audit").code == 0
    assert not (place / "chair.asice.part").exists()


def test_the_openings_hold_the_digests_that_sha256sum_and_sha512sum_give(ipr: Ipr, place: Path) -> None:
    chair, hours = _originals(place)
    assert ipr("register", chair, hours, "--title", "Chair", "--bundle", "c.asice").code == 0
    with (place / "c.asice").open("rb") as stream:
        openings = Openings.from_bytes(read(stream).read("openings.json"))
    for opening, path in zip(openings.files, (chair, hours), strict=True):
        assert opening.sha256 == hashlib.sha256(path.read_bytes()).digest()
        assert opening.sha512 == hashlib.sha512(path.read_bytes()).digest()
    names = [one.statement["name"] for one in openings.statements if one.statement["type"] == "file"]
    assert names == ["chair.svg", "hours.xlsx"]


def test_the_service_receives_the_commitment_and_nothing_that_can_be_read(ipr: Ipr, served: Served, tmp_path: Path) -> None:
    chair, _ = _originals(tmp_path)
    words = ("register", chair, "--title", CANARY, "--bundle", "c.asice", "--server", served.address, "--description", CANARY)
    made = ipr(*words, "--contributor", "luca@example.org:maker:1", IPR_TOKEN=served.token)
    assert made.code == 0, made.err
    with served.ctx.database.reading() as session:
        (entry,) = session.scalars(select(LogEntry)).all()
    assert (entry.manifest, entry.opening_sealed) == (None, None)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.suffix in {".db", ".db-wal"})
    assert stored
    assert CANARY.encode() not in stored
    assert hashlib.sha256(chair.read_bytes()).digest() not in stored


def test_the_receipt_as_json_names_entry_log_and_fingerprint(ipr: Ipr, served: Served, tmp_path: Path) -> None:
    chair, _ = _originals(tmp_path)
    made = ipr("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, "--json", IPR_TOKEN=served.token)
    receipt = json.loads(made.out)
    assert (receipt["index"], receipt["log"], receipt["log_size"]) == (0, "test.invalid/log", 1)
    assert receipt["fingerprint"] == served.ctx.service_keys.log_keys.fingerprint


def test_the_token_is_never_shown_nor_kept(ipr: Ipr, served: Served, tmp_path: Path) -> None:
    chair, _ = _originals(tmp_path)
    wrong = served.token[:-1] + ("A" if served.token[-1] != "A" else "B")
    refused = ipr("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, "--token", wrong)
    assert refused.code == 3
    assert wrong not in refused.out + refused.err
    part = tmp_path / "c.asice.part"
    assert wrong not in part.read_text()
    resumed = ipr("register", "--resume", part, IPR_TOKEN=served.token)
    assert resumed.code == 0, resumed.err
    assert (tmp_path / "c.asice").exists()


def test_what_opens_the_entry_is_on_the_disk_for_its_owner_alone_before_the_commitment_leaves(
    ipr: Ipr, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chair, _ = _originals(tmp_path)
    part = tmp_path / "c.asice.part"
    seen: list[tuple[int, bytes]] = []
    send = RemoteLog.register

    def watched(log: RemoteLog, commitment: bytes, key: str) -> object:
        seen.append((stat.S_IMODE(part.stat().st_mode), Parcel.from_bytes(part.read_bytes()).commitment))
        assert seen[-1][1] == commitment
        return send(log, commitment, key)

    monkeypatch.setattr(RemoteLog, "register", watched)
    assert ipr("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, IPR_TOKEN=served.token).code == 0
    assert [mode for mode, _ in seen] == [0o600]


def test_a_lost_answer_is_asked_for_again_and_registers_once(
    ipr: Ipr, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chair, _ = _originals(tmp_path)
    once, lost = RemoteLog._once, []

    def losing(log: RemoteLog, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> object:
        answer = once(log, method, path, body, headers)
        if path.endswith("/commitments") and not lost:
            lost.append(path)
            raise ConnectionResetError("the line was cut")
        return answer

    monkeypatch.setattr(RemoteLog, "_once", losing)
    monkeypatch.setattr(remote_log, "_PAUSE", (0.0, 0.0, 0.0))
    made = ipr("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, IPR_TOKEN=served.token)
    assert (made.code, len(lost)) == (0, 1)
    with served.ctx.database.reading() as session:
        assert len(session.scalars(select(Idea)).all()) == 1
        assert len(session.scalars(select(LogEntry)).all()) == 1


def test_a_service_that_does_not_answer_leaves_everything_to_be_resumed(
    ipr: Ipr, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chair, _ = _originals(tmp_path)
    monkeypatch.setattr(remote_log, "_PAUSE", (0.0, 0.0, 0.0))
    once = RemoteLog._once

    def cut(log: RemoteLog, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> object:
        if method == "POST":
            raise TimeoutError("no answer")
        return once(log, method, path, body, headers)

    with monkeypatch.context() as patched:
        patched.setattr(RemoteLog, "_once", cut)
        failed = ipr("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, IPR_TOKEN=served.token)
    assert failed.code == 4
    assert "--resume" in failed.err
    assert not (tmp_path / "c.asice").exists()
    assert ipr("register", "--resume", "c.asice.part", IPR_TOKEN=served.token).code == 0


def test_resuming_after_the_answer_was_written_down_nowhere_finds_the_entry_again(ipr: Ipr, place: Path) -> None:
    chair, _ = _originals(place)
    assert ipr("register", chair, "--title", "T", "--bundle", "c.asice").code == 0
    kept = {path.name: path.read_bytes() for path in place.glob("c.asice")}
    assert kept
    with (place / "c.asice").open("rb") as stream:
        bundle = read(stream)
        manifest, openings, salt = (bundle.read(name) for name in ("manifest.json", "openings.json", "salt"))
    Parcel(None, "k", "idea", "en", (chair,), manifest, openings, salt).write(place / "d.asice.part")
    assert ipr("register", "--resume", "d.asice.part", "--vkeys", "log.vkeys").code == 0
    assert ipr("verify", "d.asice", chair, "--trust", "log.vkeys").code == 0
    assert "1 entries" in ipr("log", "audit").out


def test_an_original_that_changed_meanwhile_may_be_left_out_of_the_bundle_of_what_stands_in_the_log(ipr: Ipr, place: Path) -> None:
    chair, _ = _originals(place)
    assert ipr("register", chair, "--title", "T", "--bundle", "c.asice").code == 0
    with (place / "c.asice").open("rb") as stream:
        bundle = read(stream)
        manifest, openings, salt = (bundle.read(name) for name in ("manifest.json", "openings.json", "salt"))
    Parcel(None, "k", "idea", "en", (chair,), manifest, openings, salt).write(place / "d.asice.part")
    before = chair.read_bytes()
    chair.write_bytes(b"<svg/>")
    assert ipr("register", "--resume", "d.asice.part", "--without-files", "--vkeys", "log.vkeys").code == 0
    (place / "before.svg").write_bytes(before)
    assert ipr("verify", "d.asice", "before.svg", "--trust", "log.vkeys").code == 0
    assert ipr("verify", "d.asice", chair, "--trust", "log.vkeys").code == 1


def test_a_file_that_changed_meanwhile_is_named_and_no_bundle_is_left(ipr: Ipr, place: Path) -> None:
    chair, _ = _originals(place)
    assert ipr("register", chair, "--title", "T", "--bundle", "c.asice").code == 0
    with (place / "c.asice").open("rb") as stream:
        bundle = read(stream)
        manifest, openings, salt = (bundle.read(name) for name in ("manifest.json", "openings.json", "salt"))
    Parcel(None, "k", "idea", "en", (chair,), manifest, openings, salt).write(place / "d.asice.part")
    chair.write_bytes(b"<svg/>")
    changed = ipr("register", "--resume", "d.asice.part")
    assert changed.code == 1
    assert "files/0001.svg is not the file that was registered" in changed.err
    assert not (place / "d.asice").exists()
    assert (place / "d.asice.part").exists()


def test_a_log_with_another_key_than_expected_is_refused_before_anything_is_sent(ipr: Ipr, served: Served, tmp_path: Path) -> None:
    chair, _ = _originals(tmp_path)
    words = ("register", chair, "--title", "T", "--bundle", "c.asice", "--server", served.address, "--fingerprint", "0" * 64)
    refused = ipr(*words, IPR_TOKEN=served.token)
    assert refused.code == 1
    assert "Nothing was sent" in refused.err
    with served.ctx.database.reading() as session:
        assert session.scalars(select(LogEntry)).all() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--title", "T", "--bundle", "c.asice"), "at least one file"),
        (("chair.svg", "--bundle", "c.asice"), "--title"),
        (("chair.svg", "--title", "T"), "--bundle"),
        (("nothing", "--title", "T", "--bundle", "c.asice"), "no file to register in nothing"),
        (("pipe", "--title", "T", "--bundle", "c.asice"), "pipe is neither a file nor a folder"),
        (("missing.svg", "--title", "T", "--bundle", "c.asice"), "does not exist"),
        (("chair.svg", "--title", "T", "--bundle", "chair.svg"), "exists already"),
        (("chair.svg", "--title", "T", "--bundle", "nowhere/c.asice"), "is no folder"),
        (("empty.txt", "--title", "T", "--bundle", "c.asice"), "is empty"),
        (("chair.svg", "--title", "x" * 201, "--bundle", "c.asice"), "200 is the most"),
        (("chair.svg", "--title", "a\u202eb", "--bundle", "c.asice"), "direction-changing"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--language", "xx"), "Choose one of"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--contributor", "luca"), "MAIL:ROLE"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--contributor", "luca:maker"), "not a mail address"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--contributor", "l@e.org:maker:1/2"), "add up to"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--contributor", "l@e.org:maker:0.5"), "lowest terms"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--server", "http://example.org"), "https://"),
        (("chair.svg", "--title", "T", "--bundle", "c.asice", "--server", "https://example.org"), "IPR_TOKEN"),
        (("--resume", "chair.svg"), "not the .part file"),
        (("chair.svg", "--resume", "chair.svg"), "goes alone"),
    ],
)
def test_bad_arguments_end_with_2_or_1_and_say_what_to_do(ipr: Ipr, place: Path, words: tuple[str, ...], said: str) -> None:
    _originals(place)
    (place / "empty.txt").touch()
    (place / "nothing").mkdir()
    os.mkfifo(place / "pipe")
    ended = ipr("register", *words)
    assert ended.code == (1 if words[0] == "--resume" else 2), ended
    assert said in ended.err.replace("\n", " ")
    assert not list(place.glob("*.part"))


def test_an_installation_that_was_never_prepared_says_so(ipr: Ipr, tmp_path: Path) -> None:
    chair, _ = _originals(tmp_path)
    ended = ipr("register", chair, "--title", "T", "--bundle", "c.asice")
    assert ended.code == 2
    assert "ipr migrate" in ended.err
    assert not (tmp_path / "c.asice").exists()


@pytest.mark.parametrize(
    "address", ["ftp://x", "https://", "https://user:pw@example.org", "https://example.org?a=1", "http://192.0.2.1", ":"]
)
def test_an_address_that_would_leak_the_token_or_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        checked_address(address)


@pytest.mark.parametrize("address", ["https://example.org/", "http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:2"])
def test_an_address_is_taken_without_its_last_slash(address: str) -> None:
    assert checked_address(address) == address.rstrip("/")


def test_a_closed_port_is_an_outside_failure_after_a_few_tries() -> None:
    waits: list[float] = []
    log = RemoteLog("http://127.0.0.1:9", "t", sleep=waits.append)
    with pytest.raises(OutsideError):
        log.vkeys()
    assert len(waits) == remote_log.TRIES - 1


def test_a_token_does_not_show_in_what_python_prints() -> None:
    assert "secret" not in repr(RemoteLog("https://example.org", "secret"))


def test_a_parcel_reads_what_it_wrote(tmp_path: Path) -> None:
    openings = Openings((), ()).to_bytes()
    parcel = Parcel("https://example.org", "k", "idea", "it", (tmp_path / "ä.txt",), b"m", openings, b"\x01" * 32)
    assert Parcel.from_bytes(parcel.to_bytes()) == parcel
    assert Parcel.from_bytes(replace(parcel, server=None).to_bytes()).server is None
