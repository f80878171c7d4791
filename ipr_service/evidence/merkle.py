"""The Merkle tree of RFC 6962 section 2.1: hashes, roots, inclusion and consistency proofs.

Pure functions over hashes; who stores nodes, and how, is ``tiles`` and above. A *reader* answers the hash of a perfect
subtree: ``reader(level, index)`` covers leaves ``index * 2**level`` up to ``(index + 1) * 2**level``, level 0 being leaves.
Verifiers follow RFC 9162 sections 2.1.3.2 and 2.1.4.2 and refuse hashes that are not 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

SubtreeReader = Callable[[int, int], bytes]


class ProofError(FormatError):
    """An inclusion or consistency proof that does not hold; the message names the reason."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over ``leaf_hashes``; the empty tree's is SHA-256 of nothing."""
    return Frontier().extend(tuple(leaf_hashes)).root()


@dataclass(frozen=True)
class Frontier:
    """The right edge of a tree: the roots of its maximal perfect subtrees. All that appending needs, O(log size) hashes.

    Args:
        size: number of leaves, 0 or more.
        hashes: one per set bit of ``size``, the largest subtree first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count() or any(len(h) != HASH_SIZE for h in self.hashes):
            raise FormatError(N_("A tree's frontier has one 32-byte hash for each perfect subtree."))

    @classmethod
    def read(cls, size: int, reader: SubtreeReader) -> Frontier:
        """The frontier of a stored tree of ``size`` leaves."""
        return cls(size, tuple(reader(level, index) for level, index in _perfect(0, size)))

    def extend(self, leaf_hashes: Sequence[bytes]) -> Frontier:
        """The frontier after appending ``leaf_hashes``; about one hash per leaf, whole rows at a time."""
        if any(len(h) != HASH_SIZE for h in leaf_hashes):
            raise FormatError(N_("A leaf hash has 32 bytes."))
        held = iter(reversed(self.hashes))
        kept: list[bytes] = []
        row = list(leaf_hashes)
        size = self.size
        while row or size:
            if size & 1:
                row.insert(0, next(held))
            if len(row) & 1:
                kept.append(row.pop())
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
            size >>= 1
        return Frontier(self.size + len(leaf_hashes), tuple(reversed(kept)))

    def root(self) -> bytes:
        """The root hash of the whole tree."""
        return _fold(self.hashes) if self.hashes else EMPTY_ROOT


def inclusion_proof(index: int, size: int, reader: SubtreeReader) -> tuple[bytes, ...]:
    """Audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf's sibling to the root's child.

    Raises:
        ProofError: unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ProofError(N_("The index lies outside of the tree."))
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(range_hash(middle, high, reader))
            high = middle
        else:
            path.append(range_hash(low, middle, reader))
            low = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, reader: SubtreeReader) -> tuple[bytes, ...]:
    """Proof that the tree of ``old_size`` leaves is the beginning of the one of ``new_size`` (RFC 6962 section 2.1.2).

    Empty when the sizes are equal or the old tree is empty.

    Raises:
        ProofError: unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(N_("The old tree cannot be larger than the new one."))
    if old_size in (0, new_size):
        return ()
    path: list[bytes] = []
    low, high = 0, new_size
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(range_hash(middle, high, reader))
            high = middle
        else:
            path.append(range_hash(low, middle, reader))
            low = middle
    if low:  # the old tree is not itself the perfect left subtree: its right edge has to be shown
        path.append(range_hash(low, high, reader))
    return tuple(reversed(path))


def range_hash(low: int, high: int, reader: SubtreeReader) -> bytes:
    """Root over leaves ``low`` to ``high`` (not included), ``low`` being a multiple of a power of two >= high - low."""
    return _fold([reader(level, index) for level, index in _perfect(low, high)])


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Hold when ``leaf`` is the hash of leaf ``index`` in the tree of ``size`` leaves with ``root``.

    Raises:
        ProofError: otherwise, with the reason.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError(N_("The index lies outside of the tree."))
    node, last, here = leaf, size - 1, index
    for sibling in proof:
        if last == 0:
            raise ProofError(N_("The proof has too many hashes."))
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    if last:
        raise ProofError(N_("The proof has too few hashes."))
    if node != root:
        raise ProofError(N_("The proof leads to another root."))


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Hold when the tree ``old_size``/``old_root`` is the beginning of ``new_size``/``new_root``.

    Raises:
        ProofError: otherwise, with the reason. From an empty old tree nothing can be proved: it is refused unless both are empty.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(N_("The old tree cannot be larger than the new one."))
    if old_size == new_size:  # nothing is hashed: the two roots are the same bytes or they are not
        _verify_same(old_size, proof, old_root, new_root)
        return
    if old_size == 0:
        raise ProofError(N_("Nothing can be proved from an empty tree."))
    _check_hashes(old_root, new_root, *proof)
    _verify_growth(old_size, new_size, proof, old_root, new_root)


def _verify_same(size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    if proof:
        raise ProofError(N_("The proof has too many hashes."))
    if old_root != new_root or (size == 0 and old_root != EMPTY_ROOT):
        raise ProofError(N_("Two trees of one size have different roots."))


def _verify_growth(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2, for 0 < old_size < new_size."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(N_("The proof has too few hashes."))
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError(N_("The proof has too many hashes."))
        if here & 1 or here == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        here, last = here >> 1, last >> 1
    if last:
        raise ProofError(N_("The proof has too few hashes."))
    if old != old_root:
        raise ProofError(N_("The proof does not lead to the old root."))
    if new != new_root:
        raise ProofError(N_("The proof does not lead to the new root."))


def _check_hashes(*hashes: bytes) -> None:
    if any(len(h) != HASH_SIZE for h in hashes):
        raise ProofError(N_("Every hash of a proof has 32 bytes."))


def _split(count: int) -> int:
    """The largest power of two smaller than ``count`` (>= 2)."""
    return 1 << (count - 1).bit_length() - 1


def _perfect(low: int, high: int) -> list[tuple[int, int]]:
    """The perfect subtrees that cover leaves low..high, largest first, as (level, index)."""
    covers = []
    while low < high:
        level = (high - low).bit_length() - 1
        covers.append((level, low >> level))
        low += 1 << level
    return covers


def _fold(hashes: Sequence[bytes]) -> bytes:
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node
