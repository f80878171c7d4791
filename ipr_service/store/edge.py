"""The right edge of the log's tree, as its tiles hold it: all that appending needs.

An edge is true of exactly one size and root, and the root binds every tile below it. So a process may keep the edge it left behind and
use it again if, and only if, the locked head still shows that size and root; otherwise the edge is read from the tiles.
Source: C2SP tlog-tiles; RFC 6962 section 2.1. Not here: entries, checkpoints, the head (``sequencer``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from ipr_service.errors import N_, DamageError
from ipr_service.evidence.merkle import Frontier
from ipr_service.evidence.tiles import WIDTH, TileWrite, subtree_reader, tile_writes
from ipr_service.store.schema import LogTile
from ipr_service.store.statements import Prepared, insert_columns, table_of

_TILES = table_of(LogTile)
_READ = Prepared(select(_TILES.c.hashes).where(_TILES.c.level == bindparam("level"), _TILES.c.number == bindparam("number")))


@dataclass(frozen=True)
class Edge:
    """Where a log ends.

    Args:
        frontier: of the whole tree.
        tiles: the unfinished tile of each level that has one, by level and number.
    """

    frontier: Frontier
    tiles: Mapping[tuple[int, int], bytes]

    @property
    def size(self) -> int:
        return self.frontier.size


def read_edge(connection: Connection, size: int) -> Edge:
    """The edge of the stored log of ``size`` entries; each tile of it is read once.

    Raises:
        DamageError: a tile is missing.
    """
    tiles: dict[tuple[int, int], bytes] = {}

    def read(level: int, number: int) -> bytes:
        if (level, number) not in tiles:
            tiles[level, number] = _read_tile(connection, level, number)
        return tiles[level, number]

    frontier = Frontier.read(size, subtree_reader(read))
    level, count = 0, size
    while count:
        if count % WIDTH:
            read(level, count // WIDTH)
        level, count = level + 1, count // WIDTH
    return Edge(frontier, tiles)


def grow(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[TileWrite]]:
    """The edge after these leaf hashes were appended, and the tiles that change."""
    writes = tile_writes(edge.size, leaves, lambda level, number: edge.tiles[level, number])
    newest = {write.level: write for write in writes}
    kept = {where: data for where, data in edge.tiles.items() if where[0] not in newest}
    kept |= {(write.level, write.index): write.data for write in newest.values() if write.width < WIDTH}
    if len(leaves) <= WIDTH:
        return Edge(edge.frontier.extend(leaves), kept), writes
    reader = subtree_reader(lambda level, number: kept[level, number])  # the tiles hold the roots of all that is full below them
    return Edge(Frontier.read(edge.size + len(leaves), reader), kept), writes


def write_tiles(connection: Connection, writes: Sequence[TileWrite]) -> None:
    """Store tiles; a wider one replaces the unfinished one before it."""
    insert_columns(
        connection,
        _TILES,
        {"level": [one.level for one in writes], "number": [one.index for one in writes], "hashes": [one.data for one in writes]},
        upsert=True,
    )


def _read_tile(connection: Connection, level: int, number: int) -> bytes:
    found = _READ.run(connection, level=level, number=number)
    if not found:
        raise DamageError(N_("Tile {level}/{number} of the log is missing. Run `ipr log audit`."), level=level, number=number)
    return bytes(found[0][0])
