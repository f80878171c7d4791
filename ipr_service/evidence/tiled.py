"""A log read from its files, by whoever can fetch them: is what is served the tree that the checkpoint signs, and did it only grow?

The files are those of C2SP tlog-tiles, below one prefix. A :data:`Fetch` gives a file's bytes, or None where there is none; nothing that it
gives is believed before it leads to a signed root. Three depths: the right edge (:func:`check_root`), growth from a checkpoint seen before
(:func:`check_growth`), both of which read as many tiles as the tree has levels; and every entry and every tile (:func:`audit`), in memory
that does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import merkle
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.merkle import HASH_SIZE, Frontier, SubtreeReader, leaf_hash
from ipr_service.evidence.tiles import WIDTH, GrowingTree, TilePath, TileWrite, decode_entries, subtree_reader

Fetch = Callable[[str], bytes | None]


class ServedError(FormatError):
    """Files that are missing, cut, or lead to another root than the checkpoint signs: the log does not serve what it signed."""


class ForkError(FormatError):
    """Two signed checkpoints that no single history has. ``proof``: hashes that show it, under the newer root; empty at one size.

    Whoever holds both checkpoints can show this to anybody: the log's own keys signed both.
    """

    def __init__(self, msgid: str, proof: tuple[bytes, ...] = (), **values: Any) -> None:
        super().__init__(msgid, **values)
        self.proof = proof


@dataclass(frozen=True)
class Served:
    """The files of a log of ``size`` entries. Partial tiles are asked for as they stand at that size; a full one serves as well."""

    fetch: Fetch = field(repr=False)
    size: int

    def hashes(self, level: int, index: int) -> bytes:
        """The hashes of a tile as far as this size goes.

        Raises:
            ServedError: it is not served, or is too short.
        """
        width = self._width(self.size >> (8 * level), index)
        data = self._bytes(level, index, width)
        if len(data) not in (width * HASH_SIZE, WIDTH * HASH_SIZE):
            raise ServedError(N_("{path} has not the length of its hashes."), path=TilePath(level, index, width).to_text())
        return data[: width * HASH_SIZE]

    def entries(self, index: int) -> tuple[bytes, ...]:
        """The entries of a bundle as far as this size goes.

        Raises:
            ServedError: it is not served, or does not hold as many.
        """
        width = self._width(self.size, index)
        path = TilePath(None, index, width).to_text()
        try:
            found = decode_entries(self._bytes(None, index, width))
        except ServedError:
            raise
        except FormatError as problem:
            raise ServedError(N_("{path}: {problem}"), path=path, problem=problem) from problem
        if len(found) not in (width, WIDTH):
            raise ServedError(N_("{path} does not hold the entries of its width."), path=path)
        return found[:width]

    def reader(self) -> SubtreeReader:
        """Subtree hashes, each tile fetched once."""
        return subtree_reader(self.hashes)

    @staticmethod
    def _width(count: int, index: int) -> int:
        width = min(count - index * WIDTH, WIDTH)
        if width < 1:
            raise ServedError(N_("The log has no such tile."))
        return width

    def _bytes(self, level: int | None, index: int, width: int) -> bytes:
        path = TilePath(level, index, width).to_text()
        data = self.fetch(path)
        if data is None and width < WIDTH:  # a log may drop a partial tile once the full one is there
            data = self.fetch(TilePath(level, index).to_text())
        if data is None:
            raise ServedError(N_("{path} is not served."), path=path)
        return data


def check_root(fetch: Fetch, checkpoint: Checkpoint) -> Frontier:
    """Hold when the tiles on the right edge lead to the checkpoint's root; its frontier, which then is true.

    Raises:
        ServedError: they do not.
    """
    frontier = Frontier.read(checkpoint.size, Served(fetch, checkpoint.size).reader())
    if frontier.root() != checkpoint.root:
        raise ServedError(N_("The tiles do not lead to the root of the checkpoint."))
    return frontier


def check_growth(fetch: Fetch, old: Checkpoint, new: Checkpoint) -> None:
    """Hold when the log of ``new`` begins with the one of ``old``; both signed by the log, ``old`` not the larger.

    Raises:
        ForkError: it does not, and the hashes prove it.
        ServedError: the tiles prove nothing: they do not lead to the new root.
    """
    if old.size == new.size:
        if old.root != new.root:
            raise ForkError(N_("The log signed two roots for {size} entries."), size=old.size)
        return
    if old.size == 0:
        return  # every log begins with nothing
    reader = Served(fetch, new.size).reader()
    hashes = merkle.consistency_proof(old.size, new.size, reader)
    then = Frontier.read(old.size, reader).root()
    try:
        merkle.verify_consistency(old.size, new.size, hashes, then, new.root)
    except merkle.ProofError as problem:
        raise ServedError(N_("The tiles do not lead to the root of the checkpoint.")) from problem
    if then != old.root:  # under the new root the first entries have this root, and the log signed another for them
        raise ForkError(N_("The first {size} entries are not those that the log signed before."), hashes, size=old.size)


@dataclass(frozen=True)
class Wrong:
    """A file that is not what it must be, and why."""

    path: str
    what: FormatError


def audit(fetch: Fetch, checkpoint: Checkpoint, took: Callable[[int, bytes], None] | None = None) -> Iterator[Wrong]:
    """Derive every tile from the entries and compare: whatever is wrong in the files of one checkpoint.

    Args:
        took: told of each entry, index and bytes, in order; a caller compares them with what it holds.
    """
    served, tree = Served(fetch, checkpoint.size), GrowingTree()
    for index in range(-(-checkpoint.size // WIDTH)):
        try:
            entries = served.entries(index)
        except ServedError as problem:
            yield Wrong(TilePath(None, index, min(WIDTH, checkpoint.size - index * WIDTH)).to_text(), problem)
            return  # nothing above can be derived
        for place, entry in enumerate(entries, index * WIDTH):
            if took is not None:
                took(place, entry)
        for tile in tree.add([leaf_hash(entry) for entry in entries]):
            yield from _tile(served, tile)
    for tile in tree.unfinished():
        yield from _tile(served, tile)
    if tree.root() != checkpoint.root:
        yield Wrong("checkpoint", ServedError(N_("The entries do not lead to the root of the checkpoint.")))


def _tile(served: Served, tile: TileWrite) -> Iterator[Wrong]:
    path = tile.path()
    try:
        if served.hashes(tile.level, tile.index) != tile.data:
            yield Wrong(path, ServedError(N_("{path} does not hold the hashes of the entries."), path=path))
    except ServedError as problem:
        yield Wrong(path, problem)
