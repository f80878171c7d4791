"""Inclusion proofs as a file: ``.tlog-proof`` (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra <base64>                  (optional, unauthenticated)
    index <n>
    <base64 hash>                   (leaf's sibling first, root's child last)
    (blank line)
    <the signed checkpoint, verbatim>

The file carries no size of its own: size and root come from the checkpoint, and only once its signatures hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import Checkpoint, open_checkpoint
from ipr_service.evidence.digest import parse_base64, to_base64
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.note import MAX_SIZE, SignedNote

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class TlogProof:
    """That one entry is in a log.

    Args:
        index: zero-based index of the entry, 0 to 2^63 - 1.
        hashes: audit path of 32-byte hashes, at most 63.
        checkpoint_note: the signed checkpoint, verbatim.
        extra: unauthenticated bytes, or None.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index < 1 << 63:
            raise FormatError(N_("An index lies between 0 and 2^63 - 1."))
        if len(self.hashes) > MAX_HASHES or any(len(h) != merkle.HASH_SIZE for h in self.hashes):
            raise FormatError(N_("A proof has at most {limit} hashes of 32 bytes."), limit=MAX_HASHES)
        SignedNote.from_bytes(self.checkpoint_note)

    def to_bytes(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [to_base64(h) for h in self.hashes]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.checkpoint_note

    @classmethod
    def from_bytes(cls, data: bytes) -> TlogProof:
        """Raises FormatError when malformed; nothing is verified."""
        head, blank, checkpoint_note = data.partition(b"\n\n")  # the head has no blank line of its own
        if not blank or not head.isascii() or len(data) > 2 * MAX_SIZE:
            raise FormatError(N_("A proof is its header, index, hashes, a blank line and a checkpoint."))
        lines = head.decode("ascii").split("\n")
        if lines.pop(0) != HEADER:
            raise FormatError(N_("A proof begins with the line {header}."), header=HEADER)
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = parse_base64(lines.pop(0)[6:])
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise FormatError(N_("A proof names the index of its entry as a decimal number without leading zeros."))
        if len(lines) > MAX_HASHES:
            raise FormatError(N_("A proof has at most {limit} hashes of 32 bytes."), limit=MAX_HASHES)
        return cls(int(index[1]), tuple(parse_base64(line, merkle.HASH_SIZE) for line in lines), checkpoint_note, extra)

    def verify(self, entry: bytes, vkeys: Iterable[Vkey]) -> Checkpoint:
        """The signed checkpoint under which ``entry`` stands at ``index``.

        Raises:
            FormatError: the checkpoint's signatures do not hold (note.SignatureError) or the path does not (merkle.ProofError).
        """
        checkpoint = open_checkpoint(self.checkpoint_note, vkeys)
        self.check(entry, checkpoint)
        return checkpoint

    def check(self, entry: bytes, checkpoint: Checkpoint) -> None:
        """Hold when ``entry`` stands at ``index`` under ``checkpoint``, whose signatures the caller has verified.

        Raises:
            merkle.ProofError: it does not.
        """
        merkle.verify_inclusion(self.index, checkpoint.size, merkle.leaf_hash(entry), self.hashes, checkpoint.root)
