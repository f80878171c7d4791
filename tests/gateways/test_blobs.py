"""Stored contents: secret, whole, readable from the middle, and gone when they were not finished."""

from __future__ import annotations

import errno
import io
import os
import resource
import subprocess
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import ConflictError, DamageError, NotFoundError, StorageFullError
from ipr_service.gateways import envelope
from ipr_service.gateways.blobs import BlobRef, BlobStore, FolderShelf

MIB = 1024 * 1024
KEY = bytes(range(32))
REF = BlobRef("01JD7Q2M8X4T0V9K3B5N6P7R8S", "org1", "idea1", "1/files/0001")
PAST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(FolderShelf(tmp_path / "blobs", os.urandom), os.urandom)


def file_of(store: BlobStore, ref: BlobRef = REF) -> Path:
    assert isinstance(store.shelf, FolderShelf)
    return store.shelf.folder / "blobs" / ref.blob_id[-2:] / ref.blob_id


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 5])
def test_a_content_of_any_size_comes_back(store: BlobStore, size: int) -> None:
    content = os.urandom(size)
    store.put(REF, KEY, content)
    with store.open(REF, KEY) as reader:
        assert reader.size == size
        assert reader.read() == content
        assert reader.read() == b""
    chunks = max(1, -(-size // MIB))
    assert file_of(store).stat().st_size == 12 + 32 + size + 16 * chunks


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_range_of_a_stored_content_is_that_range(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    store, content = range_fixture(tmp_path_factory)
    start = data.draw(st.integers(0, len(content) + 3))
    size = data.draw(st.integers(0, MIB + 10) | st.integers(0, 20))
    with store.open(REF, KEY) as reader:
        reader.seek(start)
        assert reader.read(size) == content[start : start + size]
        assert reader.tell() == start + len(content[start : start + size])


_RANGES: list[tuple[BlobStore, bytes]] = []


def range_fixture(factory: pytest.TempPathFactory) -> tuple[BlobStore, bytes]:
    if not _RANGES:
        store = BlobStore(FolderShelf(factory.mktemp("range"), os.urandom), os.urandom)
        content = os.urandom(2 * MIB + 100)
        store.put(REF, KEY, content)
        _RANGES.append((store, content))
    return _RANGES[0]


@pytest.mark.parametrize("pieces", [[1] * 40, [MIB, 1], [MIB - 1, 2, MIB], [0, 3 * MIB, 0]])
def test_it_does_not_matter_in_which_pieces_a_content_arrives(store: BlobStore, pieces: list[int]) -> None:
    content = os.urandom(sum(pieces))
    source = io.BytesIO(content)
    with store.sink(REF, KEY) as sink:
        for piece in pieces:
            sink.write(source.read(piece))
        sink.finish()
        assert sink.size == len(content)
    assert store.open(REF, KEY).read() == content


def test_the_stored_bytes_say_nothing_of_the_content_or_its_owner(store: BlobStore) -> None:
    content = b"A battery made of hemp fibres. " * 1000
    store.put(REF, KEY, content)
    stored = file_of(store).read_bytes()
    assert b"hemp" not in stored
    assert b"org1" not in stored
    assert b"idea1" not in stored


def test_the_same_content_stored_twice_under_one_key_gives_unlike_bytes(store: BlobStore) -> None:
    other = BlobRef(REF.blob_id[:-1] + "T", REF.organisation, REF.object, REF.version)
    store.put(REF, KEY, bytes(100))
    store.put(other, KEY, bytes(100))
    assert file_of(store).read_bytes()[44:] != file_of(store, other).read_bytes()[44:]


@pytest.mark.parametrize("field", ["organisation", "object", "version"])
def test_a_content_opens_for_nobody_else(store: BlobStore, field: str) -> None:
    store.put(REF, KEY, b"secret")
    changed = {"organisation": REF.organisation, "object": REF.object, "version": REF.version, field: "another"}
    with pytest.raises(DamageError):
        store.open(BlobRef(REF.blob_id, **changed), KEY)


def test_names_that_join_to_the_same_text_are_still_other_owners(store: BlobStore) -> None:
    store.put(BlobRef("AAAA", "ab", "c", "1"), KEY, b"secret")
    with pytest.raises(DamageError):
        store.open(BlobRef("AAAA", "a", "bc", "1"), KEY)


def test_another_key_opens_nothing(store: BlobStore) -> None:
    store.put(REF, KEY, b"secret")
    with pytest.raises(DamageError):
        store.open(REF, bytes(32))


SEALED = MIB + 16
BODY = 44


def cut_at_chunk(stored: bytes) -> bytes:
    return stored[: BODY + 2 * SEALED]


def swap_chunks(stored: bytes) -> bytes:
    return stored[:BODY] + stored[BODY + SEALED : BODY + 2 * SEALED] + stored[BODY : BODY + SEALED] + stored[BODY + 2 * SEALED :]


def drop_first_chunk(stored: bytes) -> bytes:
    return stored[:BODY] + stored[BODY + SEALED :]


def double_last_chunk(stored: bytes) -> bytes:
    return stored + stored[BODY + 2 * SEALED :]


def flip(place: int) -> object:
    return lambda stored: stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        cut_at_chunk,
        swap_chunks,
        drop_first_chunk,
        double_last_chunk,
        lambda stored: stored[:-1],
        lambda stored: stored[:BODY],
        lambda stored: stored[:20],
        lambda stored: b"",
        lambda stored: stored + b"\0",
        flip(0),
        flip(20),
        flip(BODY),
        flip(BODY + SEALED + 7),
        flip(-2),
    ],
)
def test_a_cut_swapped_doubled_or_changed_file_is_refused(store: BlobStore, damage: object) -> None:
    store.put(REF, KEY, os.urandom(2 * MIB + 500))
    path = file_of(store)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]  # a table of plain functions
    with pytest.raises(DamageError):
        store.open(REF, KEY).read()


def test_a_file_cut_at_a_chunk_is_refused_before_a_byte_was_given(store: BlobStore) -> None:
    store.put(REF, KEY, os.urandom(2 * MIB + 500))
    path = file_of(store)
    path.write_bytes(cut_at_chunk(path.read_bytes()))
    with pytest.raises(DamageError):
        store.open(REF, KEY)


def test_a_stored_content_is_never_replaced(store: BlobStore) -> None:
    store.put(REF, KEY, b"first")
    with pytest.raises(ConflictError):
        store.put(REF, KEY, b"second")
    assert store.open(REF, KEY).read() == b"first"
    assert len(files(file_of(store).parents[2])) == 1


def test_nothing_is_visible_before_the_end_and_nothing_is_left_after_an_abort(store: BlobStore) -> None:
    with store.sink(REF, KEY) as sink:
        sink.write(b"half")
        assert not store.exists(REF.blob_id)
        with pytest.raises(NotFoundError):
            store.open(REF, KEY)
    assert files(file_of(store).parents[2]) == []


def test_an_error_of_the_sender_leaves_nothing(store: BlobStore) -> None:
    def upload() -> None:
        with store.sink(REF, KEY) as sink:
            sink.write(bytes(2 * MIB))
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        upload()
    assert files(file_of(store).parents[2]) == []


def test_a_deleted_content_is_gone_and_deleting_again_is_no_error(store: BlobStore) -> None:
    store.put(REF, KEY, b"x")
    store.delete(REF.blob_id)
    store.delete(REF.blob_id)
    assert not store.exists(REF.blob_id)


@pytest.mark.parametrize("blob_id", ["", "../x", "a/bc", "....", "abc\n", "A" * 65, ".abc.partial"])
def test_an_id_that_could_leave_the_folder_is_refused(store: BlobStore, blob_id: str) -> None:
    with pytest.raises(ValueError, match="blob id"):
        store.sink(BlobRef(blob_id, "o", "t", "1"), KEY)
    with pytest.raises(ValueError, match="blob id"):
        store.delete(blob_id)


def test_the_sweep_takes_orphans_and_unfinished_uploads_but_nothing_young_or_known(store: BlobStore) -> None:
    store.put(BlobRef("KNOWN", "o", "t", "1"), KEY, b"x")
    store.put(BlobRef("ORPHAN", "o", "t", "1"), KEY, b"x")
    unfinished = store.sink(BlobRef("HALF", "o", "t", "1"), KEY)
    assert store.sweep({"KNOWN"}, datetime.now(UTC) - timedelta(hours=1)) == ()
    removed = store.sweep({"KNOWN"}, FUTURE)
    assert len(removed) == 2
    assert removed[0].startswith(".HALF.")
    assert removed[1] == "ORPHAN"
    assert store.exists("KNOWN")
    assert not store.exists("ORPHAN")
    unfinished.abort()
    assert len(files(file_of(store).parents[2])) == 1


@pytest.fixture
def file_size_limit() -> Iterator[int]:
    """A real limit of the kernel: a write past it fails with EFBIG, as one on a full disk does with ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MIB, before[1]))
    yield 3 * MIB
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("file_size_limit")
def test_a_content_past_the_limit_of_the_system_is_said_and_leaves_nothing(store: BlobStore) -> None:
    with pytest.raises(StorageFullError):
        store.put(REF, KEY, bytes(5 * MIB))
    assert files(file_of(store).parents[2]) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    if not mounted:  # without the right to mount, the kernel's limit on files takes the disk's place
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limit[1]))
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_a_full_disk_is_said_leaves_nothing_and_the_next_small_content_fits(small_disk: Path) -> None:
    store = BlobStore(FolderShelf(small_disk / "blobs", os.urandom), os.urandom)
    with pytest.raises(StorageFullError) as full:
        store.put(REF, KEY, bytes(4 * MIB))
    assert isinstance(full.value.__cause__, OSError)
    assert full.value.__cause__.errno in {errno.ENOSPC, errno.EFBIG}
    assert files(small_disk) == []
    store.put(REF, KEY, b"small")
    assert store.open(REF, KEY).read() == b"small"


def test_memory_stays_at_a_few_chunks_however_long_the_content(store: BlobStore) -> None:
    piece = os.urandom(64 * 1024)
    tracemalloc.start()
    with store.sink(REF, KEY) as sink:
        for _ in range(24 * 16):
            sink.write(piece)
        sink.finish()
    with store.open(REF, KEY) as reader:
        while reader.read(64 * 1024):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * MIB


def test_a_small_field_opens_only_with_its_key_and_its_place() -> None:
    aad = envelope.context_of("org1", "idea1", "title")
    sealed = envelope.seal_bytes(KEY, aad, "Naslov č".encode(), bytes(12))
    assert len(sealed) == len("Naslov č".encode()) + 28
    assert envelope.open_bytes(KEY, aad, sealed).decode() == "Naslov č"
    for key, place, field in [
        (bytes(32), aad, sealed),
        (KEY, envelope.context_of("org1", "idea1", "text"), sealed),
        (KEY, aad, sealed[:-1]),
        (KEY, aad, sealed[:20]),
        (KEY, aad, sealed[:13] + b"\xff" + sealed[14:]),
    ]:
        with pytest.raises(DamageError):
            envelope.open_bytes(key, place, field)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_no_two_lists_of_names_give_the_same_associated_data(first: list[str], second: list[str]) -> None:
    assert (envelope.context_of(*first) == envelope.context_of(*second)) == (first == second)


def test_the_first_gcm_vector_of_nist_holds() -> None:
    # NIST CAVP gcmEncryptExtIV256: Keylen 256, IVlen 96, PTlen 128, AADlen 0, Taglen 128, Count 0.
    key = bytes.fromhex("31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22")
    nonce = bytes.fromhex("0d18e06c7c725ac9e362e1ce")
    plain = bytes.fromhex("2db5168e932556f8089a0622981d017d")
    expected = bytes.fromhex("fa4362189661d163fcd6a56d8bf0405ad636ac1bbedd5cc3ee727dc2ab4a9489")
    assert envelope.seal_bytes(key, b"", plain, nonce) == nonce + expected
