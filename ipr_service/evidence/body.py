"""The note body of a checkpoint: three lines that name a log, its size and its root (C2SP tlog-checkpoint).

This is what timestamp authorities stamp and witnesses cosign. Signatures are in ``note`` and ``checkpoint``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.digest import parse_base64, to_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


def is_name(text: str) -> bool:
    """Whether ``text`` may name a key or a log: no white space, no ``+``, no control character, not empty."""
    return bool(text) and text.isprintable() and "+" not in text and not any(c.isspace() for c in text)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log.

    Args:
        origin: the log's unique name, also the name of its keys.
        size: number of entries, 0 to 2^63 - 1.
        root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_name(self.origin):
            raise FormatError(N_("A log's origin has no white space, no “+” and is not empty."))
        if not 0 <= self.size < 1 << 63:
            raise FormatError(N_("A log's size lies between 0 and 2^63 - 1."))
        if len(self.root) != 32:
            raise FormatError(N_("A log's root has 32 bytes."))

    def to_text(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Raises FormatError unless ``text`` is exactly three lines, each with its newline; extension lines are refused."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise FormatError(N_("A checkpoint has exactly three lines: origin, size and root."))
        if not _SIZE.fullmatch(lines[1]):
            raise FormatError(N_("A log's size is a decimal number without leading zeros."))
        return cls(lines[0], int(lines[1]), parse_base64(lines[2], 32))

    def body_digest(self) -> bytes:
        """SHA-256 of the note body: what a timestamp token covers and a manifest points to. 32 bytes."""
        return hashlib.sha256(self.to_text().encode("utf-8")).digest()
