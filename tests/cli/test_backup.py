"""``ipr backup`` and ``ipr restore``: whole or noticed, and never a second history for one log."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from ipr_service.services.archive import SUMS
from tests.cli.conftest import Ipr


def _register_some(place: Path, ipr: Ipr, count: int = 2) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    for number in range(count):
        bundle = f"c{len(list(place.glob('*.asice')))}-{number}.asice"
        assert ipr("register", "chair.svg", "--title", "T", "--bundle", bundle, "--quiet").code == 0


def test_what_was_backed_up_comes_back_and_audits_clean(ipr: Ipr, place: Path) -> None:
    _register_some(place, ipr)
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    back = ipr("restore", "b.tar", "--keys", "k.tar", "--verify", "--json", IPR_DATA_DIR=str(place / "new"))
    assert back.code == 0, back.err
    said = json.loads(back.out)
    assert (said["origin"], said["entries"], said["findings"]) == ("test.invalid/cli", 2, [])
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "after.asice", IPR_DATA_DIR=str(place / "new")).code == 0
    assert "3 entries" in ipr("log", "audit", IPR_DATA_DIR=str(place / "new")).out


@pytest.mark.parametrize("name", ["b.tar", "k.tar"])
def test_archives_are_for_their_owner_alone(ipr: Ipr, place: Path, name: str) -> None:
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    assert stat.S_IMODE((place / name).stat().st_mode) == 0o600


def test_without_its_keys_a_backup_does_not_come_back_and_says_why(ipr: Ipr, place: Path) -> None:
    _register_some(place, ipr)
    made = ipr("backup", "b.tar")
    assert "keys are NOT in it" in made.out
    refused = ipr("restore", "b.tar", IPR_DATA_DIR=str(place / "new"))
    assert refused.code == 1
    assert "keys of this backup are not here" in refused.err


def test_keys_of_another_log_are_refused(ipr: Ipr, place: Path) -> None:
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    other = {"IPR_DATA_DIR": str(place / "other"), "IPR_ORIGIN": "test.invalid/other"}
    assert ipr("migrate", **other).code == 0
    assert ipr("backup", "other.tar", "--keys", "other-keys.tar", **other).code == 0
    refused = ipr("restore", "b.tar", "--keys", "other-keys.tar", IPR_DATA_DIR=str(place / "new"))
    assert refused.code == 1
    assert "keys of the log test.invalid/other" in refused.err


def test_a_place_that_holds_something_is_left_alone(ipr: Ipr, place: Path) -> None:
    _register_some(place, ipr, 1)
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    before = ipr("log", "audit").out
    refused = ipr("restore", "b.tar", "--keys", "k.tar")
    assert refused.code == 3
    assert "not empty" in refused.err
    assert ipr("log", "audit").out == before


def test_a_backup_that_is_older_than_what_others_saw_is_refused(ipr: Ipr, place: Path) -> None:
    _register_some(place, ipr, 1)
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    assert ipr("log", "export", "old").code == 0
    _register_some(place, ipr, 2)
    assert ipr("log", "export", "new").code == 0
    there = {"IPR_DATA_DIR": str(place / "there")}
    refused = ipr("restore", "b.tar", "--keys", "k.tar", "--against", "new/checkpoint", **there)
    assert refused.code == 1
    assert "ends at entry 1, but the log showed 3" in refused.err
    assert not (place / "there" / "keys").exists()
    assert ipr("restore", "b.tar", "--keys", "k.tar", "--against", "old/checkpoint", **there).code == 0


def test_a_fork_of_the_log_is_refused(ipr: Ipr, place: Path) -> None:
    """Two installations that went on from one backup each signed another second entry."""
    _register_some(place, ipr, 1)
    shutil.copytree(place / "var", place / "twin")
    _register_some(place, ipr, 1)
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    twin = {"IPR_DATA_DIR": str(place / "twin")}
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "twin.asice", **twin).code == 0
    assert ipr("log", "export", "twin-log", **twin).code == 0
    refused = ipr("restore", "b.tar", "--keys", "k.tar", "--against", "twin-log/checkpoint", IPR_DATA_DIR=str(place / "new"))
    assert refused.code == 1
    assert "is a fork" in refused.err


@pytest.mark.parametrize("name", ["b.tar", "k.tar"])
def test_an_archive_that_was_cut_or_changed_anywhere_is_refused(ipr: Ipr, place: Path, name: str) -> None:
    _register_some(place, ipr, 1)
    assert ipr("backup", "b.tar", "--keys", "k.tar").code == 0
    whole = (place / name).read_bytes()
    for spot in range(0, len(whole), max(1, len(whole) // 7)):
        changed = bytearray(whole)
        changed[spot] ^= 0x20
        (place / name).write_bytes(changed)
        ended = ipr("restore", "b.tar", "--keys", "k.tar", IPR_DATA_DIR=str(place / f"new{spot}"))
        survived = ended.code == 0  # padding of a tar block carries nothing
        assert survived or ended.code == 1, (spot, ended)
        if survived:
            assert whole[spot] == 0
    (place / name).write_bytes(whole[: len(whole) // 2])
    assert ipr("restore", "b.tar", "--keys", "k.tar", IPR_DATA_DIR=str(place / "cut")).code == 1


@pytest.mark.parametrize("member", ["../outside", "blobs/../../x", "/etc/passwd", "rows/../x.jsonl"])
def test_a_member_with_a_name_of_its_own_is_refused(ipr: Ipr, place: Path, member: str) -> None:
    with tarfile.open(place / "b.tar", "w") as tar:
        for name in (member, SUMS):
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert ipr("restore", "b.tar", IPR_DATA_DIR=str(place / "new")).code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("backup",), 2),
        (("backup", "chair.svg"), 2),
        (("backup", "nowhere/b.tar"), 2),
        (("backup", "b.tar", "--keys", "b.tar"), 2),
        (("restore",), 2),
        (("restore", "missing.tar"), 2),
        (("restore", "chair.svg"), 1),
        (("restore", "chair.svg", "--keys", "missing"), 2),
        (("restore", "chair.svg", "--against", "missing"), 2),
        (("restore", "chair.svg", "--against", "http://127.0.0.1:9/checkpoint"), 4),
    ],
)
def test_bad_arguments_end_with_the_code_of_the_contract(ipr: Ipr, place: Path, words: tuple[str, ...], code: int) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr(*words, IPR_DATA_DIR=str(place / ("new" if words[0] == "restore" else "var"))).code == code
