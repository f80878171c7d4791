"""The one door into the log. Roots are judged by ``evidence.merkle.root`` over all leaves, which the public RFC 6962 vectors judge."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest
from sqlalchemy import select

from ipr_service.errors import ConflictError, SettingsError, UnavailableError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, open_checkpoint, sign_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.store.database import Database
from ipr_service.store.schema import LogCheckpoint, LogEntry, LogHead, LogTile, Organisation
from ipr_service.store.sequencer import Insert, Logged, Sequencer, Update, WritePlan, log_time, open_log

ORIGIN = "test.invalid/sequencer"
KEYS = LogKeys.from_seeds(ORIGIN, b"\x01" * 32, b"\x02" * 32)
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _sequencer(database: Database, clock: object = lambda: START) -> Sequencer:
    open_log(database, ORIGIN, START, merkle.EMPTY_ROOT)
    return Sequencer(database, partial(sign_checkpoint, keys=KEYS), ORIGIN, clock)  # type: ignore[arg-type]  # a plain function is a clock


def _entry(number: int) -> Logged:
    return Logged(sha256(number.to_bytes(4, "big")).digest(), "idea", f"{number:026d}", None, None, None)


def _organisation(number: int) -> Insert:
    return Insert(Organisation, ({"id": f"{number:026d}", "name": "Test", "kind": "company", "created_at": START},))


def _root_of_rows(database: Database) -> tuple[int, bytes]:
    with database.reading() as session:
        rows = session.scalars(select(LogEntry).order_by(LogEntry.index)).all()
    assert [row.index for row in rows] == list(range(len(rows)))
    return len(rows), merkle.root([leaf_hash(entry_line(row.commitment)) for row in rows])


def test_each_receipt_names_index_and_a_checkpoint_that_both_keys_signed(database: Database) -> None:
    sequencer = _sequencer(database)
    receipts = [sequencer.write(WritePlan(logged=(_entry(n),)))[0] for n in range(3)]
    assert [receipt.index for receipt in receipts] == [0, 1, 2]
    last = open_checkpoint(receipts[-1].checkpoint_note, KEYS.vkeys)
    assert (last.size, last.root) == _root_of_rows(database)


def test_rows_and_entries_of_a_plan_stand_together(database: Database) -> None:
    _sequencer(database).write(WritePlan((_organisation(1),), (_entry(1), _entry(2))))
    with database.reading() as session:
        assert session.get(Organisation, f"{1:026d}") is not None
        assert session.get_one(LogHead, 1).size == 2
        assert [c.size for c in session.scalars(select(LogCheckpoint))] == [2]


def test_a_plan_whose_guard_fails_leaves_no_row_and_no_entry(database: Database) -> None:
    sequencer = _sequencer(database)
    never = Update(Organisation, (Organisation.id == "nobody",), {"name": "x"}, otherwise=ConflictError("not this one"))
    with pytest.raises(ConflictError, match="not this one"):
        sequencer.write(WritePlan((_organisation(1), never), (_entry(1),)))
    with database.reading() as session:
        assert session.get(Organisation, f"{1:026d}") is None
        assert session.get_one(LogHead, 1).size == 0


def test_the_same_commitment_is_logged_once(database: Database) -> None:
    sequencer = _sequencer(database)
    sequencer.write(WritePlan(logged=(_entry(7),)))
    with pytest.raises(ConflictError):
        sequencer.write(WritePlan(logged=(_entry(7),)))
    assert _root_of_rows(database)[0] == 1


def test_of_many_at_once_each_gets_its_own_index_and_failures_stay_alone(database: Database) -> None:
    """Thirty threads, ten of them wanting an id that is taken: twenty receipts with twenty indexes, ten conflicts, one sound tree."""
    sequencer = _sequencer(database)
    sequencer.write(WritePlan((_organisation(99),)))
    receipts: list[int] = []
    conflicts: list[Exception] = []
    lock = threading.Lock()

    def one(number: int) -> None:
        plan = WritePlan((_organisation(99 if number % 3 == 0 else number),), (_entry(number),))
        try:
            receipt = sequencer.write(plan)[0]
            with lock:
                receipts.append(receipt.index)
        except ConflictError as problem:
            with lock:
                conflicts.append(problem)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(1000, 1030)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipts) == list(range(20))
    assert len(conflicts) == 10
    with database.reading() as session:
        newest = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc())).first()
    assert newest is not None
    assert (newest.size, newest.root) == _root_of_rows(database)


def test_writers_who_came_together_are_waited_for_and_share_one_checkpoint(database: Database) -> None:
    """Three writers, each thirty times. Without waiting, one would write while the others come back, and groups would be of one and two."""
    open_log(database, ORIGIN, START, merkle.EMPTY_ROOT)
    sequencer = Sequencer(database, partial(sign_checkpoint, keys=KEYS), ORIGIN, lambda: START, gathering=0.5)
    sizes = []

    def writer(number: int) -> None:
        for place in range(30):
            (receipt,) = sequencer.write(WritePlan(logged=(_entry(100 * number + place),)))
            sizes.append(receipt.checkpoint_size)

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 90
    assert len(set(sizes)) <= 40  # thirty, and a few at the beginning and the end, where not all three are there


def test_a_writer_who_is_alone_waits_for_nobody(database: Database) -> None:
    open_log(database, ORIGIN, START, merkle.EMPTY_ROOT)
    sequencer = Sequencer(database, partial(sign_checkpoint, keys=KEYS), ORIGIN, lambda: START, gathering=3600)
    assert [sequencer.write(WritePlan(logged=(_entry(number),)))[0].index for number in range(3)] == [0, 1, 2]


def test_those_who_stay_away_are_waited_for_no_longer_than_was_said(database: Database) -> None:
    open_log(database, ORIGIN, START, merkle.EMPTY_ROOT)
    signing, go_on = threading.Event(), threading.Event()

    def sign(checkpoint: Checkpoint) -> bytes:
        signing.set()
        go_on.wait()
        return sign_checkpoint(checkpoint, KEYS)

    sequencer = Sequencer(database, sign, ORIGIN, lambda: START, gathering=0.05)
    threads = [threading.Thread(target=sequencer.write, args=(WritePlan(logged=(_entry(number),)),)) for number in range(4)]
    threads[0].start()
    signing.wait()
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert [sequencer.write(WritePlan(logged=(_entry(number),)))[0].index for number in (7, 8)] == [4, 5]


def test_two_sequencers_on_one_database_take_turns(database_url: str) -> None:
    """As two processes do: each has its own engine and its own locks."""
    first, second = Database(database_url), Database(database_url)
    sequencers = [_sequencer(first), _sequencer(second)]
    threads = [threading.Thread(target=lambda s=s, n=n: s.write(WritePlan(logged=(_entry(n),)))) for n, s in enumerate(sequencers * 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    size, root = _root_of_rows(first)
    with first.reading() as session:
        head = session.get_one(LogHead, 1)
    assert (size, root) == (20, head.root)
    first.close()
    second.close()


def test_a_clock_that_falls_back_never_gives_an_earlier_time(database: Database) -> None:
    times = iter([START, START - timedelta(days=1), START + timedelta(seconds=1)])
    sequencer = _sequencer(database, lambda: next(times))
    given = [sequencer.write(WritePlan(logged=(_entry(n),)))[0].time for n in range(3)]
    assert given == [START, START, START + timedelta(seconds=1)]


def test_a_database_of_another_log_is_refused(database: Database) -> None:
    _sequencer(database)
    with pytest.raises(SettingsError, match=r"test\.invalid/sequencer"):
        open_log(database, "other.invalid/log", START, merkle.EMPTY_ROOT)
    other = Sequencer(database, partial(sign_checkpoint, keys=KEYS), "other.invalid/log", lambda: START)
    with pytest.raises(SettingsError):
        other.write(WritePlan(logged=(_entry(1),)))


@pytest.mark.parametrize("counts", [(255, 1, 1), (300,), (1,) * 5])
def test_tiles_hold_the_hashes_of_the_tree(database: Database, counts: tuple[int, ...]) -> None:
    """Level 0 tile by tile from the leaves; a full tile's root stands in level 1 (C2SP tlog-tiles)."""
    sequencer, number = _sequencer(database), 0
    for count in counts:
        sequencer.write(WritePlan(logged=tuple(_entry(number + n) for n in range(count))))
        number += count
    leaves = [leaf_hash(entry_line(_entry(n).commitment)) for n in range(number)]
    with database.reading() as session:
        tiles = {(tile.level, tile.number): tile.hashes for tile in session.scalars(select(LogTile))}
    for at in range(0, number, 256):
        assert tiles[0, at // 256] == b"".join(leaves[at : at + 256])
    if number >= 256:
        assert tiles[1, 0] == merkle.root(leaves[:256])


def test_a_copied_commitment_fails_alone_and_takes_nobody_of_its_group_with_it(database: Database) -> None:
    """Commitments stand in the public log; whoever sends one again must not make the plans beside it fail."""
    sequencer = _sequencer(database)
    sequencer.write(WritePlan(logged=(_entry(7),)))
    outcomes: list[str] = []
    gate = threading.Barrier(24)

    def one(number: int) -> None:
        gate.wait()
        try:
            sequencer.write(WritePlan(logged=(_entry(7 if number % 2 else 100 + number),)))
            outcomes.append("logged")
        except ConflictError:
            outcomes.append("taken")

    threads = [threading.Thread(target=one, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("logged"), outcomes.count("taken")) == (12, 12)
    assert _root_of_rows(database)[0] == 13


def test_time_for_a_token_follows_the_clock_and_never_runs_back(database: Database) -> None:
    sequencer = _sequencer(database)
    sequencer.write(WritePlan(logged=(_entry(1),)))
    later = START + timedelta(hours=1)
    assert log_time(database, lambda: later) == later
    assert log_time(database, lambda: later - timedelta(seconds=1)) == later
    with pytest.raises(UnavailableError):
        log_time(database, lambda: later - timedelta(seconds=3))
    assert sequencer.write(WritePlan(logged=(_entry(2),)))[0].time == later
