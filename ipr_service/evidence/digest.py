"""Digests of files, and the strict text forms of bytes (lower-case hex, standard base64).

Streams are read once and in pieces: memory does not grow with the file. The parsers accept exactly one spelling of
every value, because two spellings of one digest would be two statements that look alike (RFC 4648 sections 3.5 and 8).
Nothing here salts or commits: that is ``commitment``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from ipr_service.errors import N_, FormatError

_HEX = re.compile(r"[0-9a-f]*")


class Readable(Protocol):
    """A binary stream: ``read(n)`` answers at most ``n`` bytes, and ``b""`` at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Digests:
    """What is known of a file's content.

    Args:
        sha256: 32 bytes, FIPS 180-4.
        sha512: 64 bytes, FIPS 180-4.
        size: length of the content in bytes, 0 or more.
    """

    sha256: bytes
    sha512: bytes
    size: int

    def __post_init__(self) -> None:
        if len(self.sha256) != 32 or len(self.sha512) != 64 or self.size < 0:
            raise FormatError(N_("A file's digests are 32 bytes of SHA-256, 64 bytes of SHA-512 and a size of 0 or more."))


class DigestSink:
    """Takes a file piece by piece and computes both digests in the same pass."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._size = 0

    def update(self, piece: bytes) -> None:
        self._sha256.update(piece)
        self._sha512.update(piece)
        self._size += len(piece)

    def finish(self) -> Digests:
        """The digests of everything taken so far; the sink may still take more."""
        return Digests(self._sha256.digest(), self._sha512.digest(), self._size)


def digest_stream(readable: Readable, chunk: int = 1 << 20) -> Digests:
    """Digests of everything that ``readable`` still holds, read ``chunk`` bytes at a time."""
    sink = DigestSink()
    while piece := readable.read(chunk):
        sink.update(piece)
    return sink.finish()


def parse_hex(text: object, length: int) -> bytes:
    """``length`` bytes from exactly ``2 * length`` characters of lower-case hex, nothing around them.

    Raises:
        FormatError: anything else, also upper case, white space, a newline, or a value that is no text.
    """
    if not isinstance(text, str) or len(text) != 2 * length or not _HEX.fullmatch(text):
        raise FormatError(N_("Expected {count} characters of lower-case hex and nothing else."), count=2 * length)
    return bytes.fromhex(text)


def parse_base64(text: object, length: int | None = None) -> bytes:
    """Bytes from standard base64 with padding, in its one canonical spelling (RFC 4648 section 4).

    Args:
        text: the characters; unused trailing bits must be zero, so that re-encoding gives the same text.
        length: the number of bytes expected, or None for any.

    Raises:
        FormatError: another alphabet, missing padding, white space, stray trailing bits, or another length.
    """
    data: bytes | None = None
    if isinstance(text, str):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            data = None
    if data is None or base64.b64encode(data).decode("ascii") != text:
        raise FormatError(N_("Expected standard base64 with padding and nothing else."))
    if length is not None and len(data) != length:
        raise FormatError(N_("Expected base64 of {expected} bytes, got {found}."), expected=length, found=len(data))
    return data


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")
