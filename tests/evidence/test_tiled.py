"""A log read from its files. Roots come from ``evidence.merkle``, which public vectors judge; tiles from ``evidence.tiles``, likewise."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.evidence import merkle
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.tiled import ForkError, Served, ServedError, audit, check_growth, check_root
from ipr_service.evidence.tiles import TilePath, encode_entries, tile_writes, tiles_of

SIZES = (1, 2, 255, 256, 257, 300, 512, 70_000)


def entry(index: int, other: bool = False) -> bytes:
    return b"entry %d%s\n" % (index, b"!" if other else b"")


@cache
def files(size: int, changed: int | None = None) -> dict[str, bytes]:
    """Everything that a log of ``size`` entries serves; ``changed``: the index of an entry that is another one."""
    entries = [entry(n, n == changed) for n in range(size)]
    made = {}
    for tile in tile_writes(0, [merkle.leaf_hash(one) for one in entries], lambda _level, _index: b""):
        made[tile.path()] = tile.data
    for at in range(0, size, 256):
        made[TilePath(None, at // 256, min(256, size - at)).to_text()] = encode_entries(entries[at : at + 256])
    return made


@cache
def checkpoint(size: int, changed: int | None = None) -> Checkpoint:
    return Checkpoint("log.example", size, merkle.root([merkle.leaf_hash(entry(n, n == changed)) for n in range(size)]))


@pytest.mark.parametrize("size", SIZES)
def test_files_of_an_honest_log_lead_to_its_root(size: int) -> None:
    assert check_root(files(size).get, checkpoint(size)).size == size
    assert {path.to_text() for path in tiles_of(size)} <= set(files(size))


def test_the_right_edge_of_a_large_log_is_a_few_tiles() -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes | None:
        asked.append(path)
        return files(70_000).get(path)

    check_root(fetch, checkpoint(70_000))
    check_growth(fetch, checkpoint(300), checkpoint(70_000))
    assert len(set(asked)) <= 6


@pytest.mark.parametrize(("old", "new"), [(1, 2), (255, 256), (256, 257), (3, 300), (300, 512), (257, 70_000), (0, 300)])
def test_a_log_that_only_grew_is_consistent(old: int, new: int) -> None:
    check_growth(files(new).get, checkpoint(old), checkpoint(new))


@pytest.mark.parametrize(("old", "new", "changed"), [(2, 300, 1), (256, 512, 255), (300, 512, 0), (300, 70_000, 299)])
def test_a_log_with_another_beginning_is_a_fork_and_the_hashes_prove_it(old: int, new: int, changed: int) -> None:
    forked = checkpoint(new, changed)
    with pytest.raises(ForkError) as found:
        check_growth(files(new, changed).get, checkpoint(old), forked)
    merkle.verify_consistency(old, new, found.value.proof, checkpoint(old, changed).root, forked.root)
    with pytest.raises(merkle.ProofError):
        merkle.verify_consistency(old, new, found.value.proof, checkpoint(old).root, forked.root)


def test_two_roots_at_one_size_are_a_fork() -> None:
    with pytest.raises(ForkError):
        check_growth(files(300).get, checkpoint(300), checkpoint(300, 7))


def test_tiles_that_are_not_those_of_the_checkpoint_prove_no_fork() -> None:
    """A cache that mixes two states must not be taken for a log that lies."""
    with pytest.raises(ServedError):
        check_growth(files(300, 1).get, checkpoint(256), checkpoint(300))
    with pytest.raises(ServedError):
        check_root(files(300, 299).get, checkpoint(300))


def test_a_missing_partial_tile_is_made_good_by_the_full_one_and_nothing_else() -> None:
    held = dict(files(256))
    assert "tile/0/000.p/200" not in held
    assert check_root(held.get, checkpoint(200)).size == 200
    held["tile/0/000.p/200"] = held.pop("tile/0/000")[: 199 * 32]
    with pytest.raises(ServedError):
        check_root(held.get, checkpoint(200))


@pytest.mark.parametrize("size", [1, 256, 300, 512])
def test_an_audit_of_honest_files_finds_nothing_and_is_told_of_every_entry(size: int) -> None:
    seen: list[tuple[int, bytes]] = []
    assert list(audit(files(size).get, checkpoint(size), lambda index, data: seen.append((index, data)))) == []
    assert seen == [(n, entry(n)) for n in range(size)]


def test_an_audit_of_a_log_with_three_levels_of_tiles_finds_nothing() -> None:
    assert list(audit(files(70_000).get, checkpoint(70_000))) == []


@pytest.mark.parametrize("path", sorted(files(300)))
@pytest.mark.parametrize("harm", ["gone", "cut", "longer", "a bit", "swapped"])
def test_an_audit_names_the_file_that_was_harmed(path: str, harm: str) -> None:
    held, data = dict(files(300)), files(300)[path]
    changed = {
        "cut": data[:-1],
        "longer": data + b"\0",
        "a bit": data[:20] + bytes([data[20] ^ 1]) + data[21:],
        "swapped": data[32:64] + data[:32] + data[64:] if len(data) > 64 else data[::-1],
    }
    held.pop(path) if harm == "gone" else held.update({path: changed[harm]})
    named = {wrong.path for wrong in audit(held.get, checkpoint(300))}
    hurt = {path, path.replace("entries", "0"), "checkpoint"} if "entries" in path else {path}
    assert named & hurt, named


def test_an_audit_compares_with_the_root_that_was_signed() -> None:
    assert [wrong.path for wrong in audit(files(300, 5).get, checkpoint(300))] == ["checkpoint"]


@given(st.integers(1, 600), st.data())
def test_whatever_is_served_is_a_named_failure_or_the_truth(size: int, data: st.DataObject) -> None:
    def fetch(path: str) -> bytes | None:
        true = files(600).get(path)
        return data.draw(st.sampled_from([true, None, b"", b"\0" * 32, true and true[:32], true and true + true]))

    served = Served(fetch, size)
    for ask in (lambda: served.hashes(0, 0), lambda: served.entries(0), lambda: check_growth(fetch, checkpoint(1), checkpoint(600))):
        try:
            ask()
        except ServedError as problem:
            assert str(problem)  # noqa: PT017 - the sentence is what a person reads
