"""The key store: what it promises about keys, erasures, crashes and several processes."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ipr_service.errors import ConflictError, DamageError, NotFoundError, SettingsError
from ipr_service.gateways.keys import KeyStore, read_key_encryption_key

A = "01JD7Q2M8X4T0V9K3B5N6P7R8S"
B = "01JD7Q2M8X4T0V9K3B5N6P7R8T"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.initialise(tmp_path / "keys", os.urandom)


def file_of(store: KeyStore, key_id: str) -> Path:
    return store.directory / "things" / key_id[-2:] / key_id


def test_a_key_comes_back_from_another_opening_of_the_folder(store: KeyStore) -> None:
    key = store.create(A)
    assert len(key) == 32
    assert KeyStore(store.directory, os.urandom).get(A) == key


def test_two_things_have_two_keys(store: KeyStore) -> None:
    assert store.create(A) != store.create(B)


def test_a_second_key_for_one_thing_is_refused_and_the_first_stays(store: KeyStore) -> None:
    key = store.create(A)
    with pytest.raises(ConflictError):
        store.create(A)
    assert store.get(A) == key


def test_an_unknown_thing_has_no_key(store: KeyStore) -> None:
    with pytest.raises(NotFoundError):
        store.get(A)


@pytest.mark.parametrize("key_id", ["", "a", "../../etc/passwd", "ab/cd", "ab\n", "a" * 65, "ab\0"])
def test_an_id_that_could_leave_the_folder_is_refused(store: KeyStore, key_id: str) -> None:
    for verb in (store.create, store.get, store.destroy):
        with pytest.raises(ValueError, match="key id"):
            verb(key_id)


def test_no_file_in_the_folder_is_open_to_others_or_holds_a_key_in_clear(store: KeyStore) -> None:
    key = store.create(A)
    store.destroy(B)
    for path in store.directory.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
        if path.is_file() and path.name != "kek":
            assert key not in path.read_bytes()


def test_a_wrapped_key_moved_to_another_id_does_not_open(store: KeyStore) -> None:
    store.create(A)
    store.create(B)
    shutil.copy(file_of(store, A), file_of(store, B))
    with pytest.raises(DamageError):
        store.get(B)


def test_a_changed_bit_is_noticed(store: KeyStore) -> None:
    store.create(A)
    wrapped = bytearray(file_of(store, A).read_bytes())
    wrapped[20] ^= 1
    file_of(store, A).write_bytes(wrapped)
    with pytest.raises(DamageError):
        store.get(A)


def test_an_erased_key_is_gone_and_its_bytes_are_overwritten(store: KeyStore, tmp_path: Path) -> None:
    store.create(A)
    os.link(file_of(store, A), tmp_path / "second name of the same bytes")
    store.destroy(A)
    with pytest.raises(NotFoundError):
        store.get(A)
    assert set((tmp_path / "second name of the same bytes").read_bytes()) == {0}
    assert store.erased() == {A}


def test_an_erased_thing_never_gets_another_key(store: KeyStore) -> None:
    store.create(A)
    store.destroy(A)
    store.destroy(A)
    with pytest.raises(ConflictError):
        store.create(A)


def test_a_restored_key_file_is_refused_at_once_and_removed_by_the_replay(store: KeyStore, tmp_path: Path) -> None:
    store.create(A)
    store.create(B)
    shutil.copytree(store.directory / "things", tmp_path / "backup")
    store.destroy(A)
    shutil.copytree(tmp_path / "backup", store.directory / "things", dirs_exist_ok=True)
    restored = KeyStore(store.directory, os.urandom)
    with pytest.raises(NotFoundError):
        restored.get(A)
    assert restored.replay_erasures() == (A,)
    assert not file_of(store, A).exists()
    assert restored.replay_erasures() == ()
    restored.get(B)


def test_a_restore_of_the_whole_folder_replays_the_list_that_was_kept(store: KeyStore, tmp_path: Path) -> None:
    store.create(A)
    shutil.copytree(store.directory, tmp_path / "backup")
    store.destroy(A)
    kept = store.erased()
    restored = KeyStore(tmp_path / "backup", os.urandom)
    restored.get(A)
    assert restored.replay_erasures(kept) == (A,)
    with pytest.raises(NotFoundError):
        restored.get(A)
    assert KeyStore(tmp_path / "backup", os.urandom).erased() == {A}


def test_a_line_that_a_crash_cut_short_swallows_no_other_erasure(store: KeyStore) -> None:
    (store.directory / "erasures").write_bytes(A[:10].encode())
    assert store.erased() == frozenset()
    store.destroy(B)
    assert B in store.erased()
    assert A not in store.erased()


def test_another_process_sees_an_erasure_at_once(store: KeyStore) -> None:
    store.create(A)
    other = KeyStore(store.directory, os.urandom)
    other.get(A)
    store.destroy(A)
    with pytest.raises(NotFoundError):
        other.get(A)


def test_restore_without_the_key_encryption_key_fails_loudly(store: KeyStore) -> None:
    store.create(A)
    (store.directory / "kek").unlink()
    with pytest.raises(DamageError, match="missing"):
        KeyStore.initialise(store.directory, os.urandom)
    (store.directory / "kek.check").unlink()
    with pytest.raises(DamageError, match="whole folder"):
        KeyStore.initialise(store.directory, os.urandom)


def test_another_key_encryption_key_is_refused_before_any_key_is_read(store: KeyStore) -> None:
    with pytest.raises(DamageError, match="not the one"):
        KeyStore(store.directory, os.urandom, bytes(32))


def test_a_key_encryption_key_open_to_others_is_refused(store: KeyStore) -> None:
    (store.directory / "kek").chmod(0o640)
    with pytest.raises(DamageError, match="Others may read"):
        KeyStore(store.directory, os.urandom)


def test_a_key_encryption_key_from_a_setting_is_never_written_down(tmp_path: Path) -> None:
    kek = os.urandom(32)
    store = KeyStore.initialise(tmp_path, os.urandom, kek)
    key = store.create(A)
    assert KeyStore(tmp_path, os.urandom, kek).get(A) == key
    assert not (tmp_path / "kek").exists()
    assert all(kek not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("text", ["", "AAAA", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode(), "é" * 44])
def test_a_key_encryption_key_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_key_encryption_key(text)
    assert not text or text not in str(refused.value)


def test_an_unmade_folder_is_no_key_store(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        KeyStore(tmp_path, os.urandom)


def test_of_many_threads_that_make_one_key_exactly_one_wins(store: KeyStore) -> None:
    won: list[bytes] = []
    lost: list[ConflictError] = []

    def race() -> None:
        try:
            won.append(KeyStore(store.directory, os.urandom).create(A))
        except ConflictError as late:
            lost.append(late)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 7
    assert store.get(A) == won[0]


def test_processes_that_start_together_agree_on_one_key_encryption_key(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib; from ipr_service.gateways.keys import KeyStore;"
        "sys.stdout.write(KeyStore.initialise(pathlib.Path(sys.argv[1]), os.urandom).key_encryption_key.hex())"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(4)]
    answers = {process.communicate(timeout=30)[0] for process in started}
    assert len(answers) == 1
    assert len(answers.pop()) == 64
