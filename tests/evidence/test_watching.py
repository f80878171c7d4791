"""What a watcher makes of what a log shows. Files and roots are those of ``test_tiled``; signatures are judged by ``evidence.note``."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.note import NoteSignature, SignedNote, sign
from ipr_service.evidence.trust import KnownLog, KnownWitness, LogPolicy
from ipr_service.evidence.watching import Seen, Sight, look, read_entries, signed_state
from tests.evidence.test_tiled import checkpoint, files

KEYS = LogKeys.from_seeds("log.example", bytes(32), b"\1" * 32)
WITNESS = CosignatureSigner("witness.example", b"\2" * 32, 1_700_000_000)
NOTHING = Seen(KEYS.vkeys, True)


def signed(size: int, changed: int | None = None) -> bytes:
    return sign_checkpoint(checkpoint(size, changed), KEYS)


def after(size: int) -> Seen:
    sight = look(files(size).get, signed(size), NOTHING)
    assert sight.verdict == "first"
    return sight.seen


def test_a_log_that_grows_is_followed_and_its_memory_moves_on() -> None:
    seen = NOTHING
    for size, verdict in ((3, "first"), (3, "same"), (256, "grew"), (300, "grew"), (70_000, "grew")):
        sight = look(files(size).get, signed(size), seen)
        assert (sight.verdict, bool(sight), sight.reason) == (verdict, True, None)
        seen = Seen.from_bytes(sight.seen.to_bytes())
        assert seen.state == checkpoint(size)


@pytest.mark.parametrize(("then", "now", "changed"), [(300, 300, 5), (300, 512, 5), (256, 70_000, 0)])
def test_a_fork_is_found_the_memory_stays_and_the_hashes_are_the_proof(then: int, now: int, changed: int) -> None:
    seen = after(then)
    sight = look(files(now, changed).get, signed(now, changed), seen)
    assert (sight.verdict, bool(sight), sight.seen) == ("forked", False, seen)
    if now > then:
        merkle.verify_consistency(then, now, sight.proof, checkpoint(then, changed).root, checkpoint(now, changed).root)


def test_fewer_entries_are_a_rollback_whether_or_not_the_rest_is_still_served() -> None:
    for served in (files(512), files(300), {}):
        sight = look(served.get, signed(300), after(512))
        assert (sight.verdict, sight.seen.state.size) == ("rolled-back", 512)


def test_fewer_entries_with_another_beginning_are_a_fork() -> None:
    assert look(files(512).get, signed(300, 3), after(512)).verdict == "forked"


def test_tiles_that_do_not_belong_to_the_checkpoint_are_unproved_and_no_fork() -> None:
    assert look({}.get, signed(300), NOTHING).verdict == "unproved"
    assert look(files(300, 299).get, signed(300), after(256)).verdict == "unproved"


def test_every_key_that_is_believed_must_have_signed() -> None:
    other = LogKeys.from_seeds("log.example", b"\7" * 32, b"\x08" * 32)
    half = sign(checkpoint(3).to_text(), [KEYS.ed25519])
    elsewhere = sign_checkpoint(Checkpoint("log.other", 3, bytes(32)), LogKeys.from_seeds("log.other", bytes(32), b"\1" * 32))
    for shown in (half, sign_checkpoint(checkpoint(3), other), elsewhere, b"", b"nonsense", signed(3)[:-1]):
        assert look(files(3).get, shown, NOTHING).verdict == "unsigned"
    assert look(files(3).get, half, replace(NOTHING, vkeys=KEYS.vkeys[:1])).verdict == "first"


def test_the_quorum_of_the_policy_must_have_cosigned() -> None:
    policy = LogPolicy(tuple(KnownLog(vkey) for vkey in KEYS.vkeys), (KnownWitness("w", WITNESS.vkey),), quorum="w")
    bare = SignedNote.from_bytes(signed(3))
    line = NoteSignature(WITNESS.name, WITNESS.vkey.id, WITNESS.signature(bare.text))
    forged = NoteSignature(WITNESS.name, WITNESS.vkey.id, WITNESS.signature(checkpoint(2).to_text()))
    assert look(files(3).get, signed(3), NOTHING, policy).verdict == "unwitnessed"
    assert look(files(3).get, bare.with_lines([forged]).to_bytes(), NOTHING, policy).verdict == "unwitnessed"
    good = look(files(3).get, bare.with_lines([line]).to_bytes(), NOTHING, policy)
    assert (good.verdict, good.cosigned) == ("first", ("w",))


def test_entries_are_read_once_and_only_those_that_are_new() -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes | None:
        asked.append(path)
        return files(512).get(path) or files(300).get(path)

    sight = read_entries(fetch, look(fetch, signed(300), NOTHING))
    assert (sight.verdict, sight.seen.entries) == ("first", 300)
    asked.clear()
    sight = read_entries(fetch, look(fetch, signed(512), sight.seen))
    assert (sight.verdict, sight.seen.entries) == ("grew", 512)
    assert [path for path in asked if "entries" in path] == ["tile/entries/001"]


@pytest.mark.parametrize("harm", [None, b"", b"\0\1x"])
def test_an_entry_that_is_not_served_as_it_was_signed_is_unproved(harm: bytes | None) -> None:
    held = {**files(300), "tile/entries/000": harm}
    sight = read_entries(held.get, look(held.get, signed(300), NOTHING))
    assert (sight.verdict, bool(sight)) == ("unproved", False)


def test_a_memory_survives_its_bytes_and_reads_like_a_letter() -> None:
    seen = replace(after(300), entries=256)
    assert Seen.from_bytes(seen.to_bytes()) == seen
    assert Seen.from_bytes(NOTHING.to_bytes()) == NOTHING
    assert json.loads(seen.to_bytes())["checkpoint"].startswith("log.example\n300\n")


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"vkeys": []},
        {"vkeys": ["x"]},
        {"given": 1},
        {"entries": 301},
        {"entries": -1},
        {"entries": True},
        {"checkpoint": "x"},
        {"checkpoint": signed(300).decode().replace("300", "301")},
        {"more": 1},
    ],
)
def test_a_memory_that_was_changed_is_refused(change: dict[str, object]) -> None:
    kept = json.loads(after(300).to_bytes())
    with pytest.raises(FormatError):
        Seen.from_bytes(json.dumps({**kept, **change}).encode())


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_memory_holds_is_read_or_refused_by_name(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        Seen.from_bytes(data)


@given(st.integers(0, len(signed(3)) - 1), st.integers(0, 255))
def test_a_changed_byte_of_a_checkpoint_never_gives_another_state(at: int, value: int) -> None:
    shown = signed(3)[:at] + bytes([value]) + signed(3)[at + 1 :]
    sight: Sight = look(files(3).get, shown, NOTHING)
    assert sight.verdict == "unsigned" or signed_state(shown, KEYS.vkeys) == checkpoint(3)
