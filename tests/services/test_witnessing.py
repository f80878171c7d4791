"""Being a witness: rows of both engines, requests at once, and what is kept of a log that shows two histories.

The statuses are those of C2SP tlog-witness; cosignatures are judged by ``evidence.note`` under the witness's published key.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from ipr_service.errors import UnavailableError
from ipr_service.evidence import merkle, note
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.note import NoteSignature
from ipr_service.evidence.trust import KnownLog, LogPolicy
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways.witness import Network
from ipr_service.services import witnessing
from ipr_service.services.context import Context
from ipr_service.services.witnessing import Reply, add_checkpoint
from ipr_service.store.schema import SplitView, WatchedCheckpoint, WatchedLog
from tests.support.house import MovingClock

ORIGIN = "log.example/other"
KEYS = LogKeys.from_seeds(ORIGIN, b"\1" * 32, b"\2" * 32)


def leaves(count: int, changed: int | None = None) -> list[bytes]:
    return [merkle.leaf_hash(b"%d%s" % (n, b"!" if n == changed else b"")) for n in range(count)]


def signed(tree: Sequence[bytes]) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, len(tree), merkle.root(tree)), KEYS)


def request(old: int, tree: list[bytes]) -> bytes:
    hashes = merkle.consistency_proof(old, len(tree), lambda level, at: merkle.root(tree[at << level : (at + 1) << level]))
    return AddCheckpoint(old, hashes, signed(tree)).to_bytes()


@pytest.fixture
def witness(ctx: Context) -> Context:
    return replace(ctx, network=Network(logs=LogPolicy(logs=tuple(KnownLog(vkey) for vkey in KEYS.vkeys))))


def line_of(reply: Reply) -> NoteSignature:
    assert reply.status == 200, reply
    return NoteSignature.from_line(reply.body.decode())


def when(ctx: Context, reply: Reply, tree: list[bytes]) -> datetime:
    """Time of the cosignature, once it holds under the published key."""
    whole = note.SignedNote.from_bytes(signed(tree)).with_lines([line_of(reply)])
    (found,) = note.verify(whole.to_bytes(), [Vkey.from_text(witnessing.vkey(ctx))]).verified
    assert found.time is not None
    return datetime.fromtimestamp(found.time, tz=ctx.now().tzinfo)


def known(ctx: Context) -> tuple[int, bytes]:
    with ctx.database.reading() as session:
        row = session.get_one(WatchedLog, ORIGIN)
        return row.size, row.root


def splits(ctx: Context) -> list[SplitView]:
    with ctx.database.reading() as session:
        return list(session.scalars(select(SplitView).order_by(SplitView.size.desc())))


def test_a_log_that_grows_is_cosigned_again_and_again_and_the_state_follows(witness: Context, clock: MovingClock) -> None:
    for old, new in ((0, 3), (3, 3), (3, 8), (8, 300)):
        clock.forward(seconds=7)
        assert when(witness, add_checkpoint(witness, request(old, leaves(new))), leaves(new)) == clock.now
        assert known(witness) == (new, merkle.root(leaves(new)))
    assert splits(witness) == []


def test_the_statuses_are_those_of_the_specification(witness: Context) -> None:
    add_checkpoint(witness, request(0, leaves(5)))
    other = LogKeys.from_seeds("log.example/nobody", b"\1" * 32, b"\2" * 32)
    forged = LogKeys.from_seeds(ORIGIN, b"\7" * 32, b"\x08" * 32)
    state = Checkpoint(ORIGIN, 6, merkle.root(leaves(6)))
    asked = {
        400: [b"nonsense", AddCheckpoint(7, (), signed(leaves(5))).to_bytes(), request(5, leaves(6))[:-9]],
        403: [AddCheckpoint(5, (), sign_checkpoint(state, forged)).to_bytes()],
        404: [AddCheckpoint(0, (), sign_checkpoint(replace(state, origin=other.origin), other)).to_bytes()],
        409: [request(0, leaves(6)), request(4, leaves(6)), request(6, leaves(7)), request(0, leaves(2))],
        422: [AddCheckpoint(5, (), signed(leaves(6))).to_bytes(), AddCheckpoint(5, (bytes(32),), signed(leaves(5))).to_bytes()],
    }
    for status, bodies in asked.items():
        for body in bodies:
            reply = add_checkpoint(witness, body)
            assert reply.status == status, (status, body[:20])
            assert (reply.media_type, reply.body) == ("text/x.tlog.size", b"5\n") if status == 409 else reply.body.endswith(b"\n")
    assert known(witness) == (5, merkle.root(leaves(5)))


def test_two_roots_of_one_size_are_refused_and_both_signed_checkpoints_are_kept(witness: Context) -> None:
    add_checkpoint(witness, request(0, leaves(5)))
    forged = AddCheckpoint(5, (), signed(leaves(5, changed=2))).to_bytes()
    for _ in range(2):
        assert add_checkpoint(witness, forged).status == 409
    (split,) = splits(witness)
    assert (split.kind, split.size, split.settled_at) == ("two-roots", 5, None)
    assert KEYS.vkeys[0] in [v.vkey for v in note.verify(split.known, KEYS.vkeys).verified]
    assert split.refused == forged
    assert known(witness) == (5, merkle.root(leaves(5)))


def test_an_old_size_signed_again_is_kept_as_evidence_and_the_true_one_is_not(witness: Context) -> None:
    add_checkpoint(witness, request(0, leaves(3)))
    add_checkpoint(witness, request(3, leaves(9)))
    assert add_checkpoint(witness, request(0, leaves(3))).status == 409
    assert splits(witness) == []
    assert add_checkpoint(witness, AddCheckpoint(0, (), signed(leaves(3, changed=0))).to_bytes()).status == 409
    assert [(split.kind, split.size) for split in splits(witness)] == [("two-roots", 3)]


def test_a_fork_is_never_cosigned_and_stays_red_while_a_true_proof_settles_a_wrong_one(witness: Context) -> None:
    add_checkpoint(witness, request(0, leaves(5)))
    fork = request(5, leaves(9, changed=1))
    garbled = AddCheckpoint(5, (bytes(32),), signed(leaves(7))).to_bytes()
    assert [add_checkpoint(witness, body).status for body in (fork, garbled)] == [422, 422]
    assert [(one.kind, one.size, one.settled_at) for one in splits(witness)] == [("bad-proof", 9, None), ("bad-proof", 7, None)]
    assert add_checkpoint(witness, request(5, leaves(7))).status == 200
    assert [(one.size, one.settled_at is None) for one in splits(witness)] == [(9, True), (7, False)]


def test_evidence_cannot_fill_the_disk(witness: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing, "KEPT_SPLITS", 3)
    add_checkpoint(witness, request(0, leaves(5)))
    for size in range(6, 12):
        add_checkpoint(witness, AddCheckpoint(5, (), signed(leaves(size))).to_bytes())
    assert len(splits(witness)) == 3


def test_only_the_newest_checkpoints_of_a_log_are_kept(witness: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing, "KEPT_CHECKPOINTS", 2)
    for size in range(1, 6):
        assert add_checkpoint(witness, request(size - 1, leaves(size))).status == 200
    with witness.database.reading() as session:
        assert session.scalars(select(WatchedCheckpoint.size).order_by(WatchedCheckpoint.size)).all() == [4, 5]


def test_of_many_requests_at_once_the_state_only_moves_forward(witness: Context) -> None:
    """The race of the specification: A at 4 and B at 8 both from 2; if A is stored after B, four leaves are rolled back."""
    add_checkpoint(witness, request(0, leaves(2)))
    bodies = [request(2, leaves(size)) for size in (4, 8, 16, 3) * 4]
    replies: list[Reply] = []
    gate = threading.Barrier(len(bodies))

    def send(body: bytes) -> None:
        gate.wait()
        replies.append(add_checkpoint(witness, body))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [200] + [409] * 15
    size, root = known(witness)
    assert root == merkle.root(leaves(size))
    assert {reply.body for reply in replies if reply.status == 409} == {f"{size}\n".encode()}
    assert splits(witness) == []


def test_of_many_first_requests_at_once_one_is_cosigned(witness: Context) -> None:
    bodies = [request(0, leaves(size)) for size in range(1, 9)]
    statuses: list[int] = []
    gate = threading.Barrier(len(bodies))

    def send(body: bytes) -> None:
        gate.wait()
        statuses.append(add_checkpoint(witness, body).status)

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7


def test_class_16_a_witness_whose_clock_fell_back_cosigns_nothing(witness: Context, clock: MovingClock) -> None:
    add_checkpoint(witness, request(0, leaves(2)))
    then = clock.now
    clock.forward(days=-1)
    with pytest.raises(UnavailableError):
        add_checkpoint(witness, request(2, leaves(4)))
    assert known(witness)[0] == 2
    clock.now = then
    clock.forward(seconds=-1)
    assert when(witness, add_checkpoint(witness, request(2, leaves(4))), leaves(4)) == then


def test_the_witness_key_is_no_key_of_the_log(witness: Context) -> None:
    key = Vkey.from_text(witnessing.vkey(witness))
    assert (key.kind, key.name) == (4, "test.invalid/log/witness")
    assert key.public not in {vkey.public for vkey in witness.service_keys.log_keys.vkeys}
