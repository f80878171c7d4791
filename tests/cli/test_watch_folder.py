"""A watched folder: every version registered once, whatever programs do to their files. The service is a real one on this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ipr_service.cli import watch_folder
from ipr_service.cli.remote_log import RemoteLog
from ipr_service.cli.watch_journal import Journal
from tests.cli.conftest import Served
from tests.cli.studio import Hand, Once, bundles, commitment, entries, events, holds, manifest, versions


def test_every_file_becomes_an_idea_and_a_changed_one_its_next_version_chained_to_the_former(
    once: Once, served: Served, studio: Path
) -> None:
    first = once()
    assert first.code == 0, first.err
    assert sorted(events(first)) == [("registered", "drawings/chair.svg"), ("registered", "hours.csv")]
    (studio / "hours.csv").write_text("sara,8\nluca,3\n")
    assert events(once()) == [("registered", "hours.csv")]
    made = bundles(studio)
    assert sorted(made) == ["drawings/chair.svg.v1", "hours.csv.v1", "hours.csv.v2"]
    assert manifest(made["hours.csv.v2"]).previous == commitment(made["hours.csv.v1"])
    assert versions(served) == [1, 2]
    assert holds(served, made["hours.csv.v1"], b"sara,8\n")
    assert holds(served, made["hours.csv.v2"], b"sara,8\nluca,3\n")
    assert not holds(served, made["hours.csv.v2"], b"sara,8\n")


def test_what_did_not_change_and_what_was_only_touched_is_not_registered_again(once: Once, served: Served, studio: Path) -> None:
    once()
    os.utime(studio / "hours.csv", (1, 1))
    assert events(once()) == []
    assert events(once()) == []
    assert entries(served) == 2


def test_many_new_files_go_in_one_call_with_a_receipt_each(
    once: Once, served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    ask = RemoteLog._ask
    monkeypatch.setattr(RemoteLog, "_ask", lambda log, method, path, *more: (sent.append(path), ask(log, method, path, *more))[1])
    for number in range(30):
        (studio / f"{number:02}.txt").write_text(str(number))
    assert len(events(once())) == 32
    assert [path for path in sent if "commitments" in path] == ["/api/v1/ideas/commitments/bulk"]
    assert versions(served) == [1] * 32
    assert all(holds(served, bundles(studio)[f"{number:02}.txt.v1"], str(number).encode()) for number in range(30))


def test_a_renamed_file_and_a_renamed_folder_are_no_new_versions_and_keep_their_chain(once: Once, served: Served, studio: Path) -> None:
    once()
    (studio / "hours.csv").rename(studio / "hours-2026.csv")
    (studio / "drawings").rename(studio / "sketches")
    assert set(events(once())) == {("renamed", "hours-2026.csv"), ("renamed", "sketches/chair.svg")}
    assert entries(served) == 2
    (studio / "hours-2026.csv").write_text("sara,9\n")
    assert events(once()) == [("registered", "hours-2026.csv")]
    assert versions(served) == [1, 2]


def test_a_copy_is_registered_when_it_differs_as_an_idea_of_its_own(once: Once, served: Served, studio: Path) -> None:
    once()
    (studio / "copy.csv").write_text("sara,8\n")
    assert events(once()) == [("copy", "copy.csv")]
    (studio / "copy.csv").write_text("eva,1\n")
    assert events(once()) == [("registered", "copy.csv")]
    assert versions(served) == [1, 1, 1]


def test_a_deleted_file_stays_registered_and_goes_on_when_it_comes_back(once: Once, served: Served, studio: Path) -> None:
    once()
    (studio / "hours.csv").unlink()
    assert events(once()) == []
    (studio / "hours.csv").write_text("sara,8\n")
    assert events(once()) == []
    (studio / "hours.csv").write_text("new\n")
    assert events(once()) == [("registered", "hours.csv")]
    assert versions(served) == [1, 2]


def test_an_editor_that_writes_beside_and_renames_makes_a_version_and_its_spare_copy_makes_none(
    once: Once, served: Served, studio: Path
) -> None:
    once()
    (studio / ".hours.csv.swp").write_text("swap")
    (studio / "hours.csv").rename(studio / "hours.csv.bak")
    (studio / "hours.csv.tmp").write_text("sara,9\n")
    (studio / "hours.csv.tmp").rename(studio / "hours.csv")
    assert set(events(once())) == {("registered", "hours.csv"), ("copy", "hours.csv.bak")}
    assert versions(served) == [1, 2]


def test_a_file_is_taken_when_size_and_time_stood_still_for_so_long(served: Served, studio: Path) -> None:
    hand = Hand(served, studio)
    (studio / "drawings" / "chair.svg").unlink()
    assert hand.look(0) == []
    (studio / "hours.csv").write_text("sara,8\nand more")
    assert hand.look(6) == []
    assert hand.look(12) == []  # changed six seconds ago
    assert hand.look(16) == [("registered", "hours.csv")]
    assert holds(served, bundles(studio)["hours.csv.v1"], b"sara,8\nand more")
    hand.journal.close()


def test_a_file_that_changes_while_it_is_hashed_settles_again(served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand = Hand(served, studio, settle=0)
    (studio / "drawings" / "chair.svg").unlink()
    hash_them = watch_folder.digest_files

    def meanwhile(paths: list[Path], *, quiet: bool) -> object:
        found = hash_them(paths, quiet=quiet)
        paths[0].write_text("a second later")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(watch_folder, "digest_files", meanwhile)
        assert hand.look(0) == []
    assert hand.look(1) == [("registered", "hours.csv")]
    assert holds(served, bundles(studio)["hours.csv.v1"], b"a second later")
    hand.journal.close()


def test_a_file_that_changes_before_its_bundle_is_written_is_proved_without_its_bytes_and_then_registered_anew(
    served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = Hand(served, studio, settle=0)
    (studio / "drawings" / "chair.svg").unlink()
    send = RemoteLog.register

    def meanwhile(log: RemoteLog, *words: Any) -> object:
        (studio / "hours.csv").write_text("changed")
        return send(log, *words)

    with monkeypatch.context() as patched:
        patched.setattr(RemoteLog, "register", meanwhile)
        assert [event for event, _ in hand.look(0)] == ["changed", "registered"]
    assert hand.look(1) == [("registered", "hours.csv")]
    assert holds(served, bundles(studio)["hours.csv.v1"], b"sara,8\n")
    assert holds(served, bundles(studio)["hours.csv.v2"], b"changed")
    hand.journal.close()


def test_a_file_that_cannot_be_read_is_said_once_and_taken_when_it_can(
    served: Served, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = Hand(served, studio, settle=0)
    opened = Path.open

    def denied(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "hours.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *words, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", denied)
        assert hand.look(0) == [("registered", "drawings/chair.svg"), ("unreadable", "hours.csv")]
        assert hand.look(1) == []
    assert hand.look(2) == [("registered", "hours.csv")]
    hand.journal.close()


def test_one_look_at_a_file_that_cannot_be_read_ends_with_2_after_all_others(
    once: Once, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def denied(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "hours.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *words, **more)

    monkeypatch.setattr(Path, "open", denied)
    ended = once()
    assert (ended.code, sorted(events(ended))) == (2, [("registered", "drawings/chair.svg"), ("unreadable", "hours.csv")])


def test_a_name_that_no_statement_may_hold_is_said_and_the_others_are_registered(once: Once, studio: Path) -> None:
    (studio / "a\u202eb.svg").write_text("x")
    ended = once()
    assert ended.code == 0
    assert ("refused", "a\u202eb.svg") in events(ended)
    assert len(bundles(studio)) == 2


def test_an_idea_that_the_service_knows_no_more_goes_on_as_another_that_names_the_version_before(
    once: Once, served: Served, studio: Path
) -> None:
    once()
    known = json.loads((studio / ".ipr" / "journal").read_text().splitlines()[-1])["files"]["hours.csv"]
    journal = Journal.open(studio / ".ipr")
    journal.keep({"hours.csv": watch_folder.Known(**{**known, "idea": "0" * 26})})
    journal.close()
    (studio / "hours.csv").write_text("sara,9\n")
    assert events(once()) == [("registered", "hours.csv")]
    assert versions(served) == [1, 1, 1]
    assert manifest(bundles(studio)["hours.csv.v2"]).previous == commitment(bundles(studio)["hours.csv.v1"])
