from __future__ import annotations

import hashlib

import pytest

from ipr_service.errors import FormatError
from ipr_service.evidence import note
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, fingerprint, open_checkpoint, sign_checkpoint
from ipr_service.evidence.keys import CosignatureSigner, Ed25519Signer, MLDSA44Signer, Vkey
from tests.support import vectors

KEYS = LogKeys.from_seeds("log.example", bytes(32), b"\1" * 32)
CHECKPOINT = Checkpoint("log.example", 5, bytes(32))


def test_the_golden_checkpoint_holds_under_both_of_its_keys() -> None:
    proof = vectors.data("bundle/proof.tlog-proof")
    signed = proof.split(b"\n\n", 1)[1]
    keys = [Vkey.from_text(line) for line in vectors.lines("bundle/log.vkeys")]
    checkpoint = open_checkpoint(signed, keys)
    assert checkpoint.to_text().encode() == vectors.data("bundle/checkpoint.body")


def test_a_signed_checkpoint_is_opened_again_and_its_ed25519_line_comes_first() -> None:
    signed = sign_checkpoint(CHECKPOINT, KEYS)
    assert open_checkpoint(signed, KEYS.vkeys) == CHECKPOINT
    assert [s.key_id for s in note.SignedNote.from_bytes(signed).signatures] == [key.id for key in KEYS.vkeys]


def test_one_signature_alone_is_not_enough_whichever_it_is() -> None:
    text = CHECKPOINT.to_text()
    for signer in (KEYS.ed25519, KEYS.mldsa):
        with pytest.raises(note.SignatureError, match="both signatures"):
            open_checkpoint(note.sign(text, [signer]), KEYS.vkeys)
    with pytest.raises(note.SignatureError, match="both signatures"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, KEYS), KEYS.vkeys[:1])


def test_the_keys_of_another_log_do_not_count() -> None:
    other = LogKeys.from_seeds("other.example", b"\2" * 32, b"\3" * 32)
    signed = note.sign(CHECKPOINT.to_text(), [other.ed25519, other.mldsa])
    with pytest.raises(note.SignatureError, match="both signatures"):
        open_checkpoint(signed, other.vkeys)
    with pytest.raises(FormatError, match="another log"):
        sign_checkpoint(CHECKPOINT, other)


def test_a_cosignature_beside_the_log_is_checked_and_not_required() -> None:
    witness = CosignatureSigner("witness.example", b"\4" * 32, 1_700_000_000)
    cosigned = note.sign(CHECKPOINT.to_text(), [KEYS.ed25519, KEYS.mldsa, witness])
    assert open_checkpoint(cosigned, [*KEYS.vkeys, witness.vkey]) == CHECKPOINT
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, KEYS), [*KEYS.vkeys, witness.vkey]) == CHECKPOINT
    forged = note.SignedNote.from_bytes(note.sign(CHECKPOINT.to_text().replace("5", "6"), [witness])).signatures
    with pytest.raises(note.SignatureError):
        open_checkpoint(
            note.SignedNote.from_bytes(sign_checkpoint(CHECKPOINT, KEYS)).with_lines(forged).to_bytes(), [*KEYS.vkeys, witness.vkey]
        )


def test_keys_that_are_not_named_like_the_origin_make_no_log() -> None:
    with pytest.raises(FormatError):
        LogKeys("log.example", Ed25519Signer("other.example", bytes(32)), MLDSA44Signer("log.example", bytes(32)))
    with pytest.raises(FormatError):
        LogKeys("log.example", Ed25519Signer("log.example", bytes(32)), MLDSA44Signer("log.example", bytes(32), time=5))


def test_a_fingerprint_is_the_sha256_of_the_vkey_line_without_its_newline() -> None:
    line = vectors.lines("bundle/log.vkeys")[0]
    assert fingerprint(line) == fingerprint(line + "\n") == hashlib.sha256(line.encode()).hexdigest()
    assert KEYS.fingerprint == fingerprint(KEYS.vkeys[0].to_text())
