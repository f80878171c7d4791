from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle, note
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys, sign_checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.proof import TlogProof
from tests.support import vectors

KEYS = LogKeys.from_seeds("log.example", bytes(32), b"\1" * 32)
SIGNED = sign_checkpoint(Checkpoint("log.example", 1, merkle.leaf_hash(b"entry")), KEYS)
HASH = st.binary(min_size=32, max_size=32)


def golden_keys() -> list[Vkey]:
    return [Vkey.from_text(line) for line in vectors.lines("bundle/log.vkeys")]


def test_the_golden_proof_holds_for_its_entry_at_its_index_alone() -> None:
    data, entry = vectors.data("bundle/proof.tlog-proof"), vectors.data("bundle/entry")
    proof = TlogProof.from_bytes(data)
    assert proof.to_bytes() == data
    checkpoint = proof.verify(entry, golden_keys())
    assert (proof.index, checkpoint.size) == (7, 13)
    for wrong, content in ((proof, entry.replace(b"v1", b"v2")), (replace(proof, index=6), entry), (replace(proof, index=13), entry)):
        with pytest.raises(merkle.ProofError):
            wrong.verify(content, golden_keys())


def test_the_golden_proof_is_refused_after_any_byte_of_it_changed() -> None:
    data, entry, keys = vectors.data("bundle/proof.tlog-proof"), vectors.data("bundle/entry"), golden_keys()
    survived = []
    for at in range(0, len(data), 31):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            TlogProof.from_bytes(changed).verify(entry, keys)
        except FormatError:
            continue
        survived.append(at)
    assert survived == []


def test_a_proof_under_a_key_that_is_not_known_is_refused() -> None:
    with pytest.raises(note.SignatureError):
        TlogProof.from_bytes(vectors.data("bundle/proof.tlog-proof")).verify(vectors.data("bundle/entry"), KEYS.vkeys)


@given(st.integers(0, 2**63 - 1), st.lists(HASH, max_size=63), st.none() | st.binary(max_size=20))
def test_a_proof_survives_its_bytes(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(hashes), SIGNED, extra)
    assert TlogProof.from_bytes(proof.to_bytes()) == proof


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    assert TlogProof(0, (), SIGNED).verify(b"entry", KEYS.vkeys).size == 1


HEAD = b"c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + b"index 0\n",
        HEAD + b"\n" + SIGNED,
        HEAD.replace(b"v1", b"v2") + b"index 0\n\n" + SIGNED,
        HEAD + b"index 00\n\n" + SIGNED,
        HEAD + b"index -1\n\n" + SIGNED,
        HEAD + b"index 9223372036854775808\n\n" + SIGNED,
        HEAD + b"index 0\n" + SIGNED,
        HEAD + b"index 0\nAAAA\n\n" + SIGNED,
        HEAD + b"index 0\nextra AAAA\n\n" + SIGNED,
        HEAD + b"extra AAAA\nextra AAAA\nindex 0\n\n" + SIGNED,
        HEAD + b"extra AAA\nindex 0\n\n" + SIGNED,
        HEAD + b"index 0\r\n\n" + SIGNED,
        HEAD + b"index 0\n\n" + SIGNED[:40],
        HEAD + b"index 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + SIGNED,
        HEAD + "index ٠\n\n".encode() + SIGNED,
    ],
)
def test_a_malformed_proof_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        TlogProof.from_bytes(data)


@given(st.binary(max_size=80) | st.text(alphabet="index 01extra A=\n", max_size=30).map(lambda t: HEAD + t.encode() + b"\n\n" + SIGNED))
def test_any_bytes_are_refused_or_survive(data: bytes) -> None:
    try:
        proof = TlogProof.from_bytes(data)
    except FormatError:
        return
    assert proof.to_bytes() == data
