"""A witness's requests and decisions. The example request is C2SP tlog-witness's own; statuses are the ones that its text demands."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle, note
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import CosignatureSigner, Ed25519Signer
from ipr_service.evidence.note import NoteSignature
from ipr_service.evidence.witness import (
    AddCheckpoint,
    Answer,
    Known,
    Outcome,
    Submitted,
    authentic,
    cosignatures,
    decide,
    state_of,
)

EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()

ORIGIN = "log.example"
KEYS = LogKeys.from_seeds(ORIGIN, bytes(32), b"\1" * 32)
OTHER_KEYS = LogKeys.from_seeds(ORIGIN, b"\2" * 32, b"\3" * 32)
WITNESS = CosignatureSigner("witness.example/w1", b"\4" * 32, 1_700_000_000)
HASH = st.binary(min_size=32, max_size=32)


def leaves(count: int, changed: int | None = None) -> list[bytes]:
    return [merkle.leaf_hash(b"%d%s" % (n, b"!" if n == changed else b"")) for n in range(count)]


def proof(old: int, tree: list[bytes]) -> tuple[bytes, ...]:
    return merkle.consistency_proof(old, len(tree), lambda level, at: merkle.root(tree[at << level : (at + 1) << level]))


def submit(old: int, tree: list[bytes], hashes: tuple[bytes, ...] | None = None, keys: LogKeys = KEYS) -> Submitted:
    signed = sign_checkpoint(Checkpoint(ORIGIN, len(tree), merkle.root(tree)), keys)
    shown = hashes if hashes is not None else proof(old, tree) if old <= len(tree) else ()
    return Submitted.from_bytes(AddCheckpoint(old, shown, signed).to_bytes())


def knows(tree: list[bytes], *earlier: list[bytes]) -> Known:
    return Known(len(tree), merkle.root(tree), {len(one): merkle.root(one) for one in earlier})


def test_the_example_of_the_specification_is_read_and_written_back() -> None:
    submitted = Submitted.from_bytes(EXAMPLE)
    assert (submitted.request.old_size, len(submitted.request.hashes)) == (20852014, 4)
    assert (submitted.state.origin, submitted.state.size, len(submitted.signed.signatures)) == ("example.com/behind-the-sofa", 20852163, 2)
    assert submitted.request.to_bytes() == EXAMPLE


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old",
        "old ",
        "old 01",
        "old -1",
        "old 1 ",
        " old 1",
        "old 99999999999999999999",
        "old 9223372036854775808",
        "old ٣",
        "OLD 1",
        "old 1\nAAAA",
        "old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw",
        "old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkax=",
        "old 1\r\n",
        "old 1\n" + "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 63 + "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=",
    ],
)
def test_a_malformed_head_is_refused(head: str) -> None:
    with pytest.raises(FormatError):
        Submitted.from_bytes(head.encode() + b"\n\n" + sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), KEYS))


def test_sixty_three_proof_lines_are_taken_and_a_request_beyond_its_size_is_not() -> None:
    signed = sign_checkpoint(Checkpoint(ORIGIN, 9, bytes(32)), KEYS)
    assert len(AddCheckpoint.from_bytes(AddCheckpoint(1, (bytes(32),) * 63, signed).to_bytes()).hashes) == 63
    with pytest.raises(FormatError):
        AddCheckpoint.from_bytes(AddCheckpoint(1, (), signed).to_bytes() + b"\n" * 65_536)


@given(st.integers(0, 2**63 - 1), st.lists(HASH, max_size=63))
def test_a_request_survives_its_bytes(old: int, hashes: list[bytes]) -> None:
    request = AddCheckpoint(old, tuple(hashes), b"anything\n")
    assert AddCheckpoint.from_bytes(request.to_bytes()) == request


@given(st.binary(max_size=300) | st.text(alphabet="old 0123456789\n—+/=AaZz.", max_size=300).map(str.encode))
def test_whatever_is_sent_is_read_or_refused_by_name(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        Submitted.from_bytes(data)


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(0, 255))
def test_a_changed_byte_never_makes_the_example_one_that_a_key_signed(at: int, value: int) -> None:
    changed = EXAMPLE[:at] + bytes([value]) + EXAMPLE[at + 1 :]
    try:
        submitted = Submitted.from_bytes(changed)
    except FormatError:
        return
    assert authentic(submitted, KEYS.vkeys) is Outcome.UNTRUSTED


def test_extension_lines_of_another_log_are_read_over_and_empty_ones_are_not() -> None:
    text = Checkpoint(ORIGIN, 1, bytes(32)).to_text()
    assert state_of(text + "extension\n").size == 1
    for wrong in (text + "\n", text + "\nlate\n", text[:-1], "a\n1\n", ""):
        with pytest.raises(FormatError):
            state_of(wrong)


def test_an_unknown_origin_is_404_and_keys_nobody_trusts_are_403() -> None:
    submitted = submit(0, leaves(3))
    assert authentic(submitted, ()) is Outcome.UNKNOWN_LOG
    assert authentic(submitted, OTHER_KEYS.vkeys) is Outcome.UNTRUSTED
    assert authentic(submitted, KEYS.vkeys) is None
    assert authentic(submitted, KEYS.vkeys[:1]) is None


def test_a_trusted_key_with_a_false_line_is_403_even_beside_a_true_one() -> None:
    true, other = submit(0, leaves(3)), submit(0, leaves(4))
    mixed = note.SignedNote(true.signed.text, (true.signed.signatures[0], other.signed.signatures[1]))
    request = AddCheckpoint(0, (), mixed.to_bytes())
    assert authentic(Submitted.from_bytes(request.to_bytes()), KEYS.vkeys) is Outcome.UNTRUSTED


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 7), (1, 2), (3, 7), (4, 7), (6, 8), (7, 7), (5, 300)])
def test_a_log_that_grew_is_cosigned(old: int, new: int) -> None:
    known = Known() if old == 0 else knows(leaves(old))
    assert decide(submit(old, leaves(new)), known) == Answer(Outcome.COSIGN, new)


def test_an_empty_log_is_cosigned_only_with_the_empty_root() -> None:
    assert decide(submit(0, []), Known()) == Answer(Outcome.COSIGN, 0)
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), KEYS)
    assert decide(Submitted.from_bytes(AddCheckpoint(0, (), wrong).to_bytes()), Known()).outcome is Outcome.BAD_PROOF


def test_an_old_size_above_the_checkpoints_own_is_400() -> None:
    assert decide(submit(4, leaves(3)), knows(leaves(4))).outcome is Outcome.BAD_SIZE


@pytest.mark.parametrize("old", [0, 2, 4])
def test_another_old_size_is_409_and_told_the_size_that_is_known(old: int) -> None:
    assert decide(submit(old, leaves(6)), knows(leaves(3))) == Answer(Outcome.CONFLICT, 3)


def test_a_smaller_checkpoint_is_409_and_no_split_while_its_root_is_the_one_of_then() -> None:
    assert decide(submit(2, leaves(2)), knows(leaves(5), leaves(2))) == Answer(Outcome.CONFLICT, 5)


@pytest.mark.parametrize("old", [0, 5])
def test_two_roots_at_the_newest_size_are_a_split_view(old: int) -> None:
    forged = submit(old, leaves(5, changed=2), ())
    assert decide(forged, knows(leaves(5))) == Answer(Outcome.CONFLICT, 5, split=True)


@pytest.mark.parametrize("old", [0, 2, 5, 9])
def test_an_old_size_signed_again_with_another_root_is_a_split_view(old: int) -> None:
    forged = submit(old, leaves(2, changed=1), ())
    assert decide(forged, knows(leaves(5), leaves(2))).split
    assert decide(forged, knows(leaves(5), leaves(2))).outcome in {Outcome.CONFLICT, Outcome.BAD_SIZE}


def test_a_proof_that_does_not_hold_is_422_and_no_split_view_by_itself() -> None:
    forked, honest = leaves(9, changed=1), leaves(9)
    known = knows(leaves(5))
    assert decide(submit(5, forked), known) == Answer(Outcome.BAD_PROOF)
    right = submit(5, honest)
    for wrong in ((), right.request.hashes[:-1], (*right.request.hashes, bytes(32)), tuple(reversed(right.request.hashes))):
        assert decide(replace(right, request=replace(right.request, hashes=wrong)), known) == Answer(Outcome.BAD_PROOF)


def test_a_proof_from_an_empty_tree_must_be_empty() -> None:
    assert decide(submit(0, leaves(4), (bytes(32),)), Known()).outcome is Outcome.BAD_PROOF
    assert decide(submit(4, leaves(4), (bytes(32),)), knows(leaves(4))).outcome is Outcome.BAD_PROOF


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.lists(HASH, max_size=4))
def test_nothing_is_cosigned_but_growth_from_the_known_size_with_its_true_proof(
    known: int, old: int, new: int, hashes: list[bytes]
) -> None:
    state = Known() if known == 0 else knows(leaves(known))
    for shown in (tuple(hashes), proof(old, leaves(new)) if old <= new else ()):
        answer = decide(submit(old, leaves(new), shown), state)
        assert (answer.outcome is Outcome.COSIGN) == (old == known <= new and shown == proof(old, leaves(new)))


def test_an_answers_lines_are_kept_when_the_trusted_key_made_them_and_others_are_passed_over() -> None:
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), KEYS)
    text = note.SignedNote.from_bytes(checkpoint).text
    line = NoteSignature(WITNESS.name, WITNESS.vkey.id, WITNESS.signature(text))
    stranger = Ed25519Signer("stranger.example", b"\5" * 32)
    other = NoteSignature(stranger.name, stranger.vkey.id, stranger.signature(text))
    body = (other.to_line() + line.to_line()).encode()
    assert cosignatures(body, checkpoint, [WITNESS.vkey]) == (line,)
    smaller = sign_checkpoint(Checkpoint(ORIGIN, 4, bytes(32)), KEYS)
    for wrong in ((body, smaller), (other.to_line().encode(), checkpoint), (line.to_line().encode()[:-1], checkpoint), (b"", checkpoint)):
        with pytest.raises(FormatError):
            cosignatures(*wrong, [WITNESS.vkey])


@given(st.binary(max_size=200))
def test_whatever_a_witness_answers_is_read_or_refused_by_name(body: bytes) -> None:
    checkpoint = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), KEYS)
    with pytest.raises(FormatError):
        cosignatures(body, checkpoint, [WITNESS.vkey])
