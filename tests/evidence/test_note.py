from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import note
from ipr_service.evidence.keys import Ed25519Signer, MLDSA44Signer, Vkey
from tests.support import vectors

SUNLIGHT = "tiles-sunlight/cmd/skylight/testdata/witness/"
LOG = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"
PETER = Vkey.from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
# The signed note in the documentation of golang.org/x/mod/sumdb/note.
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
ALICE = Ed25519Signer("alice.example", bytes(32))
BOB = Ed25519Signer("bob.example", b"\1" * 32)


def test_the_note_of_the_go_documentation_verifies_and_its_unknown_signer_is_ignored() -> None:
    verified = note.verify(GO_NOTE.encode(), [PETER])
    assert [v.vkey for v in verified.verified] == [PETER]
    assert verified.signed_by(PETER)
    assert verified.note.to_bytes() == GO_NOTE.encode()


def test_the_ml_dsa_checkpoint_of_another_implementation_verifies() -> None:
    key = Vkey.from_text(vectors.lines("torchwood/mldsa_log.vkey")[0])
    verified = note.verify(vectors.data("torchwood/mldsa_checkpoint.txt"), [key])
    assert [(v.vkey.name, v.time) for v in verified.verified] == [("example.com/mldsa-log", 0)]


@pytest.mark.parametrize(
    ("keys", "checkpoint"), [("witness.v0.json", f"{LOG}/checkpoint"), ("mirror/mirror.v0.json", f"mirror/{LOG}/checkpoint")]
)
def test_the_cosignatures_of_another_implementation_verify(keys: str, checkpoint: str) -> None:
    key = Vkey.from_text(json.loads(vectors.data(SUNLIGHT + keys))["verifier_keys"][0])
    verified = note.verify(vectors.data(SUNLIGHT + checkpoint), [key])
    assert [v.time for v in verified.verified] == [1767139200]  # 2025-12-31, the fixed clock of that test log


def test_a_known_key_whose_signature_fails_rejects_the_note_even_beside_one_that_holds() -> None:
    signed = note.sign("text\n", [ALICE, BOB]).decode()
    text, alice, bob, _ = signed.split("\n\n")[0] + "\n", *signed.split("\n\n")[1].split("\n")
    swapped = f"{text}\n{alice}\n{bob[:-12]}AAAAAAAAAAA=\n".encode()
    assert note.verify(swapped, [ALICE.vkey])
    with pytest.raises(note.SignatureError, match=r"bob\.example does not hold"):
        note.verify(swapped, [ALICE.vkey, BOB.vkey])


def test_a_second_failing_line_of_the_same_key_rejects_the_note_too() -> None:
    good = note.SignedNote.from_bytes(note.sign("text\n", [ALICE]))
    other = note.SignedNote.from_bytes(note.sign("other\n", [ALICE]))
    with pytest.raises(note.SignatureError):
        note.verify(good.with_lines(other.signatures).to_bytes(), [ALICE.vkey])


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(note.SignatureError, match="No key"):
        note.verify(note.sign("text\n", [ALICE]), [BOB.vkey])


def test_a_line_under_a_known_name_with_a_foreign_key_is_not_that_key() -> None:
    impostor = Ed25519Signer("alice.example", b"\2" * 32)
    with pytest.raises(note.SignatureError, match="No key"):
        note.verify(note.sign("text\n", [impostor]), [ALICE.vkey])


def test_text_and_signatures_part_at_the_last_blank_line() -> None:
    text = "first\n\nsecond\n\n— looks like a signature\n"
    signed = note.sign(text, [ALICE])
    assert note.verify(signed, [ALICE.vkey]).text == text


def test_sixteen_signatures_are_taken_and_101_are_not() -> None:
    signers = [Ed25519Signer(f"key{n}.example", bytes([n]) * 32) for n in range(101)]
    signed = note.sign("text\n", signers[:16])
    assert len(note.verify(signed, [s.vkey for s in signers]).verified) == 16
    with pytest.raises(FormatError, match="1 to 100"):
        note.sign("text\n", signers)
    line = signed.decode().split("\n")[2] + "\n"
    with pytest.raises(FormatError, match="1 to 100"):
        note.SignedNote.from_bytes(("text\n\n" + line * 101).encode())


LINE = note.sign("t\n", [ALICE]).decode().split("\n\n")[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        ("text\n" + LINE).encode(),
        ("text\n\n" + LINE[:-1]).encode(),
        ("te\txt\n\n" + LINE).encode(),
        ("te\rxt\n\n" + LINE).encode(),
        ("te\x00xt\n\n" + LINE).encode(),
        ("te\x7fxt\n\n" + LINE).encode(),
        ("te\u0085xt\n\n" + LINE).encode(),
        b"te\xffxt\n\n" + LINE.encode(),
        ("text\n\n" + LINE.replace("—", "-")).encode(),
        ("text\n\n" + LINE.replace("— ", "—  ")).encode(),
        ("text\n\n" + LINE.replace("— ", "—\u00a0")).encode(),
        ("text\n\n" + LINE + "\n" + LINE).replace("text\n\n", "text\n", 1).encode() + b"x",
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        ("text\n\n" + LINE.replace("=", "")).encode(),
        b"a" * 1_000_001,
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        note.SignedNote.from_bytes(data)


@given(st.binary(max_size=80) | st.text(alphabet="a\n— +=AB", max_size=40).map(lambda t: ("t\n\n— n " + t).encode()))
def test_any_bytes_are_refused_or_survive(data: bytes) -> None:
    try:
        parsed = note.SignedNote.from_bytes(data)
    except FormatError:
        return
    assert parsed.to_bytes() == data


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=50))
def test_any_clean_text_can_be_signed(text: str) -> None:
    assert note.verify(note.sign(text + "\n", [ALICE, BOB]), [BOB.vkey, ALICE.vkey]).text == text + "\n"


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\x1b[31m\n", "\ud800\n"])
def test_other_texts_are_not_signed(text: str) -> None:
    with pytest.raises(FormatError):
        note.sign(text, [ALICE])


def test_a_note_without_signers_is_not_made() -> None:
    with pytest.raises(FormatError):
        note.sign("text\n", [])


def test_cosignatures_are_added_once_and_after_the_others() -> None:
    first = note.SignedNote.from_bytes(note.sign("text\n", [ALICE]))
    second = note.SignedNote.from_bytes(note.sign("text\n", [BOB]))
    both = first.with_lines(second.signatures).with_lines(second.signatures)
    assert [s.name for s in both.signatures] == ["alice.example", "bob.example"]


def test_a_line_is_read_back() -> None:
    line = note.SignedNote.from_bytes(note.sign("t\n", [ALICE])).signatures[0]
    assert note.NoteSignature.from_line(line.to_line()) == line


def test_an_ml_dsa_key_signs_no_ordinary_note() -> None:
    with pytest.raises(FormatError):
        note.sign("text\n", [MLDSA44Signer("alice.example", bytes(32))])
