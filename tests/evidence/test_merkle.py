from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle
from tests.support import vectors

LEAVES = [hashlib.sha256(b"leaf %d" % i).digest() for i in range(140)]


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def reader(leaves: list[bytes]) -> merkle.SubtreeReader:
    return lambda level, index: plain_root(leaves[index << level : (index + 1) << level])


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize(("path", "case"), vectors.cases("merkle/testdata"), ids=lambda value: value if isinstance(value, str) else "")
def test_every_public_proof_is_taken_or_refused_as_its_case_says(path: str, case: dict[str, Any]) -> None:
    proof = [decoded(h) for h in case["proof"] or []]
    try:
        if "leafIdx" in case:
            merkle.verify_inclusion(case["leafIdx"], case["treeSize"], decoded(case["leafHash"]), proof, decoded(case["root"]))
        else:
            merkle.verify_consistency(case["size1"], case["size2"], proof, decoded(case["root1"]), decoded(case["root2"]))
        refused = False
    except merkle.ProofError:
        refused = True
    assert refused == case["wantErr"], case["desc"]


def test_all_196_public_proofs_are_here() -> None:
    assert len(vectors.cases("merkle/testdata")) == 196


def test_the_classic_leaves_have_their_published_hashes_and_roots() -> None:
    reference = dict(vectors.cases("rfc6962"))["rfc6962/reference.json"]
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in reference["leaves_hex"]]
    assert [h.hex() for h in hashes] == reference["leaf_hashes_hex"]
    assert [merkle.root(hashes[:n]).hex() for n in range(1, 9)] == reference["roots_hex_by_size_1_to_8"]
    assert merkle.root([]).hex() == reference["empty_root"]


@given(st.integers(0, 140))
def test_the_root_is_the_one_that_rfc_6962_defines(size: int) -> None:
    assert merkle.root(LEAVES[:size]) == plain_root(LEAVES[:size])


@given(st.lists(st.integers(0, 40), max_size=4))
def test_appending_in_batches_gives_the_tree_of_all_leaves_at_once(batches: list[int]) -> None:
    frontier, size = merkle.Frontier(), 0
    for batch in batches:
        frontier = frontier.extend(LEAVES[size : size + batch] if size + batch <= 140 else [])
        size = frontier.size
    assert frontier.root() == plain_root(LEAVES[:size])
    assert frontier == merkle.Frontier.read(size, reader(LEAVES))


@given(st.data())
def test_every_leaf_is_proved_and_nothing_else_is(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 140))
    index = data.draw(st.integers(0, size - 1))
    root = plain_root(LEAVES[:size])
    proof = merkle.inclusion_proof(index, size, reader(LEAVES))
    merkle.verify_inclusion(index, size, LEAVES[index], proof, root)
    assert len(proof) <= (size - 1).bit_length()
    with pytest.raises(merkle.ProofError):
        merkle.verify_inclusion(index, size, merkle.leaf_hash(b"another"), proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else size
    with pytest.raises(merkle.ProofError):
        merkle.verify_inclusion(other, size, LEAVES[index], proof, root)
    with pytest.raises(merkle.ProofError):
        merkle.verify_inclusion(index, size, LEAVES[index], (*proof, LEAVES[0]), root)


@given(st.data())
def test_every_earlier_tree_is_proved_to_be_a_beginning_and_no_other_is(data: st.DataObject) -> None:
    new_size = data.draw(st.integers(1, 140))
    old_size = data.draw(st.integers(1, new_size))
    old_root, new_root = plain_root(LEAVES[:old_size]), plain_root(LEAVES[:new_size])
    proof = merkle.consistency_proof(old_size, new_size, reader(LEAVES))
    merkle.verify_consistency(old_size, new_size, proof, old_root, new_root)
    with pytest.raises(merkle.ProofError):
        merkle.verify_consistency(old_size, new_size, proof, merkle.leaf_hash(b"x"), new_root)
    if old_size < new_size:
        with pytest.raises(merkle.ProofError):
            merkle.verify_consistency(old_size, new_size, proof[:-1], old_root, new_root)


def test_a_forged_proof_is_refused_with_its_reason() -> None:
    proof = merkle.inclusion_proof(3, 7, reader(LEAVES))
    root = plain_root(LEAVES[:7])
    for index, size, path, reason in [
        (7, 7, proof, "outside of the tree"),
        (-1, 7, proof, "outside of the tree"),
        (3, 7, proof[:-1], "too few"),
        (3, 7, (*proof, root), "too many"),
        (3, 7, (proof[0][:31], *proof[1:]), "32 bytes"),
        (2, 7, proof, "another root"),
    ]:
        with pytest.raises(merkle.ProofError, match=reason):
            merkle.verify_inclusion(index, size, LEAVES[3], path, root)


def test_proofs_outside_of_the_tree_are_not_made() -> None:
    with pytest.raises(merkle.ProofError):
        merkle.inclusion_proof(5, 5, reader(LEAVES))
    with pytest.raises(merkle.ProofError):
        merkle.consistency_proof(6, 5, reader(LEAVES))
    assert merkle.consistency_proof(0, 5, reader(LEAVES)) == ()


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    for size, hashes in [(1, ()), (3, (LEAVES[0],)), (1, (b"short",)), (-1, ())]:
        with pytest.raises(FormatError):
            merkle.Frontier(size, hashes)
    with pytest.raises(FormatError):
        merkle.Frontier().extend([b"short"])
