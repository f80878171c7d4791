"""The tiles in which a log is kept and served (C2SP tlog-tiles).

A tile of level l holds up to 256 hashes, each the root of 256^l leaves; only full tiles feed the level above. Entry bundles
hold the entries themselves. Pure: tiles come from a reader and go back as values; files, rows and HTTP are elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.merkle import HASH_SIZE, Frontier, SubtreeReader

WIDTH = 256
MAX_LEVEL = 63
ENTRIES = "entries"

TileReader = Callable[[int, int], bytes]

_PATH = re.compile(r"tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class TilePath:
    """Which tile.

    Args:
        level: 0 to 63, or None for a bundle of entries.
        index: zero-based number of the tile in its level, below 2^63.
        width: number of hashes or entries, 1 to 256; 256 is a full tile.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (self.level is None or 0 <= self.level <= MAX_LEVEL) or not 0 <= self.index < 1 << 63 or not 1 <= self.width <= WIDTH:
            raise FormatError(N_("A tile has level 0 to 63, an index of 0 or more and 1 to 256 hashes."))

    def to_text(self) -> str:
        """``tile/0/x001/x234/067`` or ``tile/0/273.p/112``, below the log's prefix."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-len(digits) // 3 * -3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{ENTRIES if self.level is None else self.level}/{number}{partial}"

    @classmethod
    def from_text(cls, text: str) -> TilePath:
        """Raises FormatError for anything but the one spelling that ``to_text`` gives."""
        match = _PATH.fullmatch(text) if text.isascii() and len(text) < 100 else None
        if match is None:
            raise FormatError(N_("This is not the path of a tile."))
        index = int(match[2].replace("x", "").replace("/", ""))
        path = cls(None if match[1] == ENTRIES else int(match[1]), index, int(match[3] or WIDTH))
        if path.to_text() != text:
            raise FormatError(N_("This is not the path of a tile."))
        return path


@dataclass(frozen=True)
class TileWrite:
    """One tile to be stored: ``data`` holds ``width`` hashes of 32 bytes. A wider tile replaces the partial before it."""

    level: int
    index: int
    width: int
    data: bytes

    def path(self) -> str:
        return TilePath(self.level, self.index, self.width).to_text()


def tile_writes(old_size: int, leaf_hashes: Sequence[bytes], read: TileReader) -> list[TileWrite]:
    """The tiles that change when ``leaf_hashes`` are appended to a log of ``old_size`` leaves, lower levels first.

    Args:
        old_size: number of leaves before, 0 or more.
        leaf_hashes: 32 bytes each, in order.
        read: answers the stored tile ``(level, index)``; asked at most once per level, for the partial tile on the right edge.
    """
    if any(len(h) != HASH_SIZE for h in leaf_hashes):
        raise FormatError(N_("A leaf hash has 32 bytes."))
    writes: list[TileWrite] = []
    row, level, start = b"".join(leaf_hashes), 0, old_size
    while row:
        held = start % WIDTH
        index = start // WIDTH
        if held:
            row = _stored(read(level, index), held) + row
        above: list[bytes] = []
        for at in range(0, len(row), WIDTH * HASH_SIZE):
            data = row[at : at + WIDTH * HASH_SIZE]
            width = len(data) // HASH_SIZE
            writes.append(TileWrite(level, index, width, data))
            if width == WIDTH:
                above.append(_tile_root(data))
            index += 1
        row, level, start = b"".join(above), level + 1, start // WIDTH
    return writes


class GrowingTree:
    """A log derived anew from its leaves: its tiles as they fill, and its root after any number of leaves. Memory does not grow with it."""

    def __init__(self) -> None:
        self.size = 0
        self._full = Frontier()  # over the roots of the full tiles of level 0
        self._open: list[list[bytes]] = [[]]  # of each level, the hashes of its unfinished tile

    def add(self, leaf_hashes: Sequence[bytes]) -> list[TileWrite]:
        """Append leaves. Returns the tiles that they fill, lower levels first where one fills another."""
        filled: list[TileWrite] = []
        at = 0
        while at < len(leaf_hashes):
            some = leaf_hashes[at : at + WIDTH - len(self._open[0])]
            self._open[0] += some
            at, self.size = at + len(some), self.size + len(some)
            if len(self._open[0]) == WIDTH:
                self._fill(filled)
        return filled

    def _fill(self, filled: list[TileWrite]) -> None:
        for level, hashes in enumerate(self._open):
            if len(hashes) < WIDTH:
                return
            data = b"".join(hashes)
            filled.append(TileWrite(level, (self.size >> 8 * (level + 1)) - 1, WIDTH, data))
            above = _tile_root(data)
            if level == 0:
                self._full = self._full.extend((above,))
            if level + 1 == len(self._open):
                self._open.append([])
            self._open[level] = []
            self._open[level + 1].append(above)

    def unfinished(self) -> list[TileWrite]:
        """The tiles on the right edge, lower levels first."""
        return [TileWrite(level, self.size >> 8 * (level + 1), len(held), b"".join(held)) for level, held in enumerate(self._open) if held]

    def root(self) -> bytes:
        """The root hash over all leaves so far."""
        edge = Frontier().extend(self._open[0])
        return Frontier(self.size, self._full.hashes + edge.hashes).root()


def tiles_of(size: int) -> list[TilePath]:
    """Every tile that a log of ``size`` leaves serves, full and partial, lower levels first; without entry bundles."""
    paths: list[TilePath] = []
    level, count = 0, size
    while count:
        paths += [TilePath(level, index) for index in range(count // WIDTH)]
        if count % WIDTH:
            paths.append(TilePath(level, count // WIDTH, count % WIDTH))
        level, count = level + 1, count // WIDTH
    return paths


def subtree_reader(read: TileReader) -> SubtreeReader:
    """A reader of subtree hashes (see ``merkle``) over stored tiles; each tile is read once and kept for its lifetime."""
    kept: dict[tuple[int, int], bytes] = {}

    def subtree(level: int, index: int) -> bytes:
        tile_level, rise = divmod(level, 8)
        first = index << rise
        where = (tile_level, first // WIDTH)
        if where not in kept:
            kept[where] = read(*where)
        low = first % WIDTH * HASH_SIZE
        data = kept[where][low : low + (HASH_SIZE << rise)]
        if len(data) != HASH_SIZE << rise:
            raise FormatError(N_("A tile of the log is missing or too short."))
        return _tile_root(data)

    return subtree


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: per entry its length as a big-endian uint16, then its bytes."""
    if any(len(entry) > 0xFFFF for entry in entries):
        raise FormatError(N_("An entry has at most 65,535 bytes."))
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_entries(data: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle. Raises FormatError when it is cut or holds more than 256."""
    entries = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise FormatError(N_("The entry bundle is cut."))
        end = at + 2 + struct.unpack_from(">H", data, at)[0]
        if end > len(data):
            raise FormatError(N_("The entry bundle is cut."))
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) > WIDTH:
        raise FormatError(N_("An entry bundle holds at most 256 entries."))
    return tuple(entries)


def _stored(data: bytes, width: int) -> bytes:
    """The first ``width`` hashes of a stored tile: a wider one may have been left by a write that was not completed."""
    if len(data) < width * HASH_SIZE:
        raise FormatError(N_("A tile of the log is missing or too short."))
    return data[: width * HASH_SIZE]


def _tile_root(data: bytes) -> bytes:
    """Root of the perfect subtree over the hashes in ``data`` (their number is a power of two)."""
    sha256, pair = hashlib.sha256, 2 * HASH_SIZE
    while len(data) > HASH_SIZE:  # node_hash of each pair, without a call for each: whole tiles are hashed here
        data = b"".join([sha256(b"\x01" + data[i : i + pair]).digest() for i in range(0, len(data), pair)])
    return data
