"""What a watch remembers: whose log it was, what it saw, for its owner alone; and where it forgets nothing by a crash."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from ipr_service.cli.watch_journal import Journal
from ipr_service.evidence.bundle import read
from tests.cli.conftest import Ipr, Served
from tests.cli.studio import Once, bundles, entries, events, holds


def test_two_watches_on_one_folder_are_refused(once: Once, studio: Path) -> None:
    once()
    with (studio / ".ipr" / "lock").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert once().code == 3


def test_a_log_with_another_key_than_before_is_refused_before_anything_is_sent(once: Once, served: Served, studio: Path) -> None:
    once()
    journal = Journal.open(studio / ".ipr")
    journal.belong("0" * 64)
    journal.close()
    (studio / "hours.csv").write_text("sara,9\n")
    assert once().code == 1
    assert entries(served) == 2


def test_a_line_of_the_journal_that_a_crash_cut_is_passed_over(once: Once, studio: Path) -> None:
    once()
    with (studio / ".ipr" / "journal").open("ab") as stream:
        stream.write(b'{"files": {"hours.csv": {"si')
    (studio / "hours.csv").write_text("sara,9\n")
    assert events(once()) == [("registered", "hours.csv")]
    assert events(once()) == []


def test_a_parcel_that_a_kill_cut_is_put_aside_and_its_file_registered(once: Once, served: Served, studio: Path) -> None:
    pending = studio / ".ipr" / "pending"
    pending.mkdir(parents=True)
    (pending / f"{'0' * 64}.part").write_text('{"files": [')
    assert len(events(once())) == 2
    assert [path.suffix for path in pending.iterdir()] == [".torn"]
    assert entries(served) == 2


def test_a_long_journal_is_written_again_in_one_and_says_the_same(once: Once, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once()
    before = Journal.open(studio / ".ipr")
    for _ in range(5):
        before.keep({})
    before.close()
    monkeypatch.setattr("ipr_service.cli.watch_journal.MANY", 4)
    shortened = Journal.open(studio / ".ipr")
    shortened.close()
    again = Journal.open(studio / ".ipr")
    again.close()
    assert (again.files, again.log) == (before.files, before.log)
    assert len((studio / ".ipr" / "journal").read_text().splitlines()) == 2
    assert events(once()) == []


def test_what_is_remembered_is_for_its_owner_alone_and_holds_no_token(once: Once, served: Served, studio: Path) -> None:
    once()
    home = studio / ".ipr"
    assert [oct(path.stat().st_mode & 0o777) for path in (home, home / "pending", home / "proofs")] == ["0o700"] * 3
    assert served.token not in (home / "journal").read_text()


def test_state_and_bundles_may_lie_elsewhere_and_are_never_watched(once: Once, studio: Path, tmp_path: Path) -> None:
    words = ("--state", tmp_path / "state", "--bundles", studio / "proofs")
    assert len(events(once(*words))) == 2
    assert events(once(*words)) == []
    assert not (studio / ".ipr").exists()
    assert len(list((studio / "proofs").rglob("*.asice"))) == 2


def test_without_files_the_digests_stand_for_them(once: Once, served: Served, studio: Path) -> None:
    once("--without-files")
    made = bundles(studio)["hours.csv.v1"]
    with made.open("rb") as stream:
        assert [name for name in read(stream).names if name.startswith("files/")] == []
    assert holds(served, made, b"sara,8\n")


def test_the_own_log_takes_a_watched_folder_too_and_chains_its_versions(ipr: Ipr, place: Path, studio: Path) -> None:
    words = ("watch", studio, "--once", "--settle", "0")
    assert ipr(*words).out.count("registered: ") == 2
    (studio / "hours.csv").write_text("sara,9\n")
    again = ipr(*words)
    assert again.out.startswith("registered: hours.csv, version 2, entry 2; proof ")
    assert ipr("log", "audit").code == 0
    assert "3 entries" in ipr("log", "audit").out
