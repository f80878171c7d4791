from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle, tiles
from ipr_service.evidence.tiles import TilePath
from tests.support import vectors

MIRROR = "tiles-sunlight/cmd/skylight/testdata/witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/"
LEAVES = [hashlib.sha256(b"leaf %d" % i).digest() for i in range(70_000)]


class Shelf:
    """The tiles of a log in memory: the widest of each, as a store keeps them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0
        self.reads: list[tuple[int, int]] = []

    def read(self, level: int, index: int) -> bytes:
        self.reads.append((level, index))
        return self.tiles[level, index]

    def append(self, leaf_hashes: list[bytes]) -> list[tiles.TileWrite]:
        writes = tiles.tile_writes(self.size, leaf_hashes, self.read)
        self.tiles.update({(write.level, write.index): write.data for write in writes})
        self.size += len(leaf_hashes)
        return writes


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (TilePath(0, 1234067), "tile/0/x001/x234/067"),  # the example of C2SP tlog-tiles
        (TilePath(0, 273, 112), "tile/0/273.p/112"),
        (TilePath(63, 0), "tile/63/000"),
        (TilePath(None, 1000, 1), "tile/entries/x001/000.p/1"),
        (TilePath(1, 999999, 255), "tile/1/x999/999.p/255"),
    ],
)
def test_a_tile_has_one_path(path: TilePath, text: str) -> None:
    assert path.to_text() == text
    assert TilePath.from_text(text) == path


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_every_path_is_read_back(level: int | None, index: int, width: int) -> None:
    path = TilePath(level, index, width)
    assert TilePath.from_text(path.to_text()) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x01/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/data/000",
    ],
)
def test_every_other_path_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        TilePath.from_text(text)


def test_a_log_of_70000_leaves_has_the_tiles_that_the_specification_lists() -> None:
    shelf = Shelf()
    for start in range(0, 70_000, 9_999):
        shelf.append(LEAVES[start : start + 9_999])
    paths = [path.to_text() for path in tiles.tiles_of(70_000)]
    assert sum(path.startswith("tile/0/") and ".p/" not in path for path in paths) == 273
    assert [path for path in paths if ".p/" in path] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert len(paths) == 273 + 1 + 1 + 3 - 1
    assert {(p.level, p.index): 32 * p.width for p in tiles.tiles_of(70_000)} == {key: len(data) for key, data in shelf.tiles.items()}
    assert merkle.Frontier.read(70_000, tiles.subtree_reader(shelf.read)) == merkle.Frontier().extend(LEAVES)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=4), st.data())
def test_proofs_from_tiles_hold_however_the_log_grew(batches: list[int], data: st.DataObject) -> None:
    shelf, frontier = Shelf(), merkle.Frontier()
    old = frontier
    for batch in batches:
        old, added = frontier, LEAVES[shelf.size : shelf.size + batch]
        shelf.append(added)
        frontier = frontier.extend(added)
    reader = tiles.subtree_reader(shelf.read)
    if shelf.size:
        index = data.draw(st.integers(0, shelf.size - 1))
        proof = merkle.inclusion_proof(index, shelf.size, reader)
        merkle.verify_inclusion(index, shelf.size, LEAVES[index], proof, frontier.root())
    if old.size:
        path = merkle.consistency_proof(old.size, shelf.size, reader)
        merkle.verify_consistency(old.size, shelf.size, path, old.root(), frontier.root())


def test_appending_reads_only_the_right_edge() -> None:
    shelf = Shelf()
    shelf.append(LEAVES[:66_000])
    shelf.reads.clear()
    shelf.append(LEAVES[66_000:66_300])
    assert shelf.reads == [(0, 257), (1, 1)]


def test_a_full_tile_is_written_once_and_no_tile_is_empty() -> None:
    shelf = Shelf()
    first = shelf.append(LEAVES[:256])
    assert [(w.path(), w.width) for w in first] == [("tile/0/000", 256), ("tile/1/000.p/1", 1)]
    assert [w.path() for w in shelf.append(LEAVES[256:257])] == ["tile/0/001.p/1"]
    assert tiles.tile_writes(257, [], shelf.read) == []


def test_a_wider_tile_left_by_a_lost_write_does_no_harm() -> None:
    shelf = Shelf()
    shelf.append(LEAVES[:10])
    shelf.tiles[0, 0] += LEAVES[99]  # a tile reached the disk, its checkpoint did not
    shelf.append(LEAVES[10:12])
    assert shelf.tiles[0, 0] == b"".join(LEAVES[:12])


def test_a_missing_or_cut_tile_is_named() -> None:
    for cut in (b"", LEAVES[0][:31]):
        with pytest.raises(FormatError, match="missing or too short"):
            tiles.tile_writes(1, LEAVES[1:2], lambda level, index, cut=cut: cut)  # type: ignore[misc]
        with pytest.raises(FormatError, match="missing or too short"):
            tiles.subtree_reader(lambda level, index, cut=cut: cut)(0, 0)  # type: ignore[misc]


def test_the_root_of_the_300_leaf_log_follows_from_its_tiles() -> None:
    files = {(0, 0): "tile/0/000", (0, 1): "tile/0/001.p/44", (1, 0): "tile/1/000.p/1"}
    reader = tiles.subtree_reader(lambda level, index: vectors.data(MIRROR + files[level, index]))
    frontier = merkle.Frontier.read(300, reader)
    assert vectors.lines(MIRROR + "checkpoint")[1:3] == ["300", "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU="]
    assert frontier.root().hex() == "830df5c90aea65909c10e3ebcd7f9ba72de727a4209e04ca9fc1b59b48badae5"
    leaves = [reader(0, index) for index in range(300)]
    assert merkle.root(leaves) == frontier.root()
    assert {p.to_text() for p in tiles.tiles_of(300)} == set(files.values())
    assert all(Path(name).parts[0] == "tile" for name in files.values())


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_entries_survive_their_bundle(entries: list[bytes]) -> None:
    assert list(tiles.decode_entries(tiles.encode_entries(entries))) == entries


def test_an_entry_bundle_has_big_endian_lengths() -> None:
    assert tiles.encode_entries([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x00" * 257])
def test_a_cut_or_overfull_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        tiles.decode_entries(data)


def test_an_entry_above_65535_bytes_is_refused() -> None:
    with pytest.raises(FormatError):
        tiles.encode_entries([bytes(65_536)])
    with pytest.raises(FormatError):
        tiles.tile_writes(0, [b"short"], lambda level, index: b"")
    with pytest.raises(FormatError):
        TilePath(64, 0)
