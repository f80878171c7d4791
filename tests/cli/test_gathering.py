"""Folders on the command line: every file below them in one order, nothing left out in silence, hashed as hashlib does."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ipr_service.cli import gathering, hashing
from ipr_service.cli.gathering import gather
from ipr_service.cli.hashing import CHUNK, digest_file, digest_files
from ipr_service.errors import DamageError, InputError
from ipr_service.evidence.bundle import read
from ipr_service.evidence.commitment import Openings
from ipr_service.services.intake import clean_file_path
from tests.cli.conftest import Ipr


def _studio(folder: Path) -> Path:
    """A folder as people leave it: files in folders, and what programs put beside them."""
    studio = folder / "studio"
    for name in ("b.txt", "a/z.svg", "a/deep/er/1.step", "A.txt", ".git/config", "a/.DS_Store", "a/~$plan.docx", "b.txt~", "film.mov.part"):
        path = studio / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (studio / "nothing.txt").touch()
    (studio / "link.txt").symlink_to(studio / "b.txt")
    (studio / "circle").symlink_to(studio)
    os.mkfifo(studio / "pipe")
    return studio


def test_a_folder_gives_its_files_in_the_order_of_their_names_with_their_folders(tmp_path: Path) -> None:
    found = gather([_studio(tmp_path)])
    assert [name for _, name in found.files] == ["studio/A.txt", "studio/a/deep/er/1.step", "studio/a/z.svg", "studio/b.txt"]


def test_what_is_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    studio = _studio(tmp_path)
    assert {str(one.path.relative_to(studio)): one.why for one in gather([studio]).left_out} == {
        ".git": "hidden",
        "a/.DS_Store": "hidden",
        "a/~$plan.docx": "temporary",
        "b.txt~": "temporary",
        "film.mov.part": "temporary",
        "nothing.txt": "empty",
        "link.txt": "link",
        "circle": "link",
        "pipe": "not a file",
    }


def test_a_file_that_is_named_itself_is_taken_whatever_it_is_called_and_once(tmp_path: Path) -> None:
    studio = _studio(tmp_path)
    found = gather([studio / ".git/config", studio / "link.txt", studio / "b.txt", studio])
    assert [name for _, name in found.files][:3] == ["config", "link.txt", "b.txt"]
    assert "studio/b.txt" not in [name for _, name in found.files]


def test_a_folder_that_cannot_be_read_is_an_error_and_not_half_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = _studio(tmp_path)
    scan = os.scandir

    def locked(folder: Path) -> object:
        if Path(folder).name == "deep":
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(gathering.os, "scandir", locked)
    with pytest.raises(PermissionError):
        gather([studio])


def test_more_files_than_a_bundle_holds_are_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MAX_FILES", 3)
    with pytest.raises(InputError, match=r"more than 3 files.*Register its folders one by one"):
        gather([_studio(tmp_path)])


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../x", "a//x", "a/./x", "a\\x", "a/b\u202ec", "", "a/\x07", "a/" + "x" * 256])
def test_a_name_that_leads_elsewhere_or_deceives_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        clean_file_path("/files/0/name", name)


def test_a_name_that_no_statement_may_hold_is_shown_with_its_path(ipr: Ipr, place: Path) -> None:
    (place / "studio").mkdir()
    (place / "studio" / "back\\slash.txt").write_text("x")
    refused = ipr("register", "studio", "--title", "T", "--bundle", "c.asice")
    assert refused.code == 2
    assert "studio/back\\slash.txt" in refused.err
    assert not list(place.glob("c.asice*"))


def test_a_registered_folder_verifies_with_any_of_its_files_and_says_what_it_left_out(ipr: Ipr, place: Path) -> None:
    studio = _studio(place)
    made = ipr("register", "studio", "--title", "Studio", "--bundle", "s.asice", "--vkeys", "log.vkeys")
    assert made.code == 0, made.err
    assert "left out (hidden): studio/.git" in made.err
    with (place / "s.asice").open("rb") as stream:
        bundle = read(stream)
        openings = Openings.from_bytes(bundle.read("openings.json"))
        members = [name for name in bundle.names if name.startswith("files/")]
    names = [one.statement["name"] for one in openings.statements if one.statement["type"] == "file"]
    assert names == ["studio/A.txt", "studio/a/deep/er/1.step", "studio/a/z.svg", "studio/b.txt"]
    assert members == ["files/0001.txt", "files/0002.step", "files/0003.svg", "files/0004.txt"]
    checked = ipr("verify", "s.asice", studio / "a/deep/er/1.step", studio / "b.txt", "--trust", "log.vkeys")
    assert checked.code == 0, checked.out
    assert ipr("verify", "s.asice", studio / "b.txt~", "--trust", "log.vkeys").code == 1


def test_as_json_the_receipt_counts_the_files_and_lists_what_was_left_out(ipr: Ipr, place: Path) -> None:
    _studio(place)
    made = ipr("register", "studio", "--title", "Studio", "--bundle", "s.asice", "--json")
    receipt = json.loads(made.out)
    assert (receipt["files"], made.err) == (4, "")
    assert {"path": "studio/b.txt~", "why": "temporary"} in receipt["left_out"]


def test_many_paths_left_out_are_counted_after_the_first_twenty(ipr: Ipr, place: Path) -> None:
    studio = place / "studio"
    studio.mkdir()
    (studio / "a.txt").write_text("a")
    for number in range(25):
        (studio / f"{number:02}.tmp").write_text("x")
    said = ipr("register", "studio", "--title", "T", "--bundle", "s.asice").err
    assert said.count("left out (temporary)") == 20
    assert "and 5 more: 5 temporary" in said


def test_both_digests_of_many_files_at_once_are_those_of_hashlib(tmp_path: Path) -> None:
    source = random.Random(7)
    paths = []
    for number, size in enumerate((0, 1, 63, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5, 1000, 2 * CHUNK)):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(source.randbytes(size))
    for path, digests in zip(paths, digest_files(paths, quiet=True), strict=True):
        content = path.read_bytes()
        assert not isinstance(digests, Exception)
        assert (digests.sha256, digests.sha512, digests.size) == (
            hashlib.sha256(content).digest(),
            hashlib.sha512(content).digest(),
            len(content),
        )


def test_a_file_that_is_written_to_while_it_is_read_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(bytes(2 * CHUNK))

    def grow(_: int) -> None:
        with path.open("ab") as stream:
            stream.write(b"more")

    with ThreadPoolExecutor(2) as pool, pytest.raises(DamageError, match="changed while it was read"):
        digest_file(path, pool, grow)


def test_one_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    missing, found = digest_files([tmp_path / "gone", tmp_path / "a"], quiet=True)
    assert isinstance(missing, FileNotFoundError)
    assert not isinstance(found, Exception)


def test_ctrl_c_stops_whoever_reads_a_large_file_at_the_next_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "film"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # a terabyte of holes: reading it to the end would take half an hour
    reading = threading.Event()

    def interrupted(_work: object) -> None:
        reading.wait(10)
        raise KeyboardInterrupt

    advance = hashing._Bar.advance
    monkeypatch.setattr(hashing._Bar, "advance", lambda bar, count: (reading.set(), advance(bar, count))[1])
    monkeypatch.setattr(hashing, "_outcome", interrupted)
    with pytest.raises(KeyboardInterrupt):
        digest_files([path], quiet=True)
