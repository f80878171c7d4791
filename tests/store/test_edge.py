"""The tree's right edge. ``evidence.merkle.root`` over all leaves is the judge, which the public RFC 6962 vectors judge."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from ipr_service.errors import DamageError
from ipr_service.evidence import merkle
from ipr_service.evidence.tiles import WIDTH
from ipr_service.store.database import Database
from ipr_service.store.edge import Edge, grow, read_edge, write_tiles
from ipr_service.store.schema import LogTile

EMPTY = Edge(merkle.Frontier(), {})


def _leaves(count: int, start: int = 0) -> list[bytes]:
    return [sha256(number.to_bytes(4, "big")).digest() for number in range(start, start + count)]


@given(st.lists(st.integers(0, 700), max_size=6))
def test_however_a_log_grew_its_edge_gives_the_root_of_all_leaves(counts: list[int]) -> None:
    edge, total = EMPTY, 0
    for count in counts:
        edge, _ = grow(edge, _leaves(count, total))
        total += count
    assert (edge.size, edge.frontier.root()) == (total, merkle.root(_leaves(total)))


@given(st.integers(0, 2000), st.integers(1, 600))
def test_an_edge_holds_the_unfinished_tile_of_each_level_and_nothing_else(before: int, more: int) -> None:
    edge, _ = grow(grow(EMPTY, _leaves(before))[0], _leaves(more, before))
    total, level, expected = before + more, 0, {}
    while total:
        if total % WIDTH:
            expected[level, total // WIDTH] = total % WIDTH
        level, total = level + 1, total // WIDTH
    assert {where: len(data) // 32 for where, data in edge.tiles.items()} == expected


@pytest.mark.parametrize("counts", [(1,), (255, 1, 1), (256,), (300, 300), (65_536, 1)])
def test_what_is_read_from_the_tiles_is_what_growing_left(database: Database, counts: tuple[int, ...]) -> None:
    edge, total = EMPTY, 0
    with database.connection() as connection:
        for count in counts:
            edge, writes = grow(edge, _leaves(count, total))
            write_tiles(connection, writes)
            total += count
            assert read_edge(connection, total) == edge
        assert read_edge(connection, 0) == EMPTY


def test_a_tile_that_is_missing_is_named(database: Database) -> None:
    with database.connection() as connection:
        write_tiles(connection, grow(EMPTY, _leaves(300))[1])
        connection.execute(delete(LogTile).where(LogTile.level == 0, LogTile.number == 1))
        with pytest.raises(DamageError) as caught:
            read_edge(connection, 300)
    assert caught.value.values == {"level": 0, "number": 1}
