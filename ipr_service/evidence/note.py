"""Signed notes: a text and the signatures over it, readable in an e-mail (C2SP signed-note).

    text, ending in a newline
    (blank line)
    — name base64(key id[4] || signature)

Text and signatures part at the LAST blank line. A note is UTF-8 without control characters other than newline. Keys nobody
here knows are ignored; a known key whose signature fails rejects the whole note.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.body import is_name
from ipr_service.evidence.digest import parse_base64, to_base64
from ipr_service.evidence.keys import CosignatureSigner, Ed25519Signer, MLDSA44Signer, Signer, Vkey, key_id

__all__ = [
    "CosignatureSigner",
    "Ed25519Signer",
    "MLDSA44Signer",
    "NoteSignature",
    "SignatureError",
    "SignedNote",
    "Signer",
    "Verified",
    "VerifiedNote",
    "Vkey",
    "key_id",
    "sign",
    "verify",
]

MAX_SIZE = 1_000_000
MAX_SIGNATURES = 100


class SignatureError(FormatError):
    """A note whose signatures do not hold, or that no known key signed."""


@dataclass(frozen=True)
class NoteSignature:
    """One signature line.

    Args:
        name: the key's name as the line gives it.
        key_id: 4 bytes.
        data: what follows the key id; its form depends on the key's kind. Not empty.
    """

    name: str
    key_id: bytes
    data: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.key_id) != 4 or not self.data:
            raise FormatError(N_("A signature line reads “— name base64”."))

    def to_line(self) -> str:
        return f"— {self.name} {to_base64(self.key_id + self.data)}\n"

    @classmethod
    def from_line(cls, line: str) -> NoteSignature:
        """``line`` with or without its newline. Raises FormatError when malformed."""
        parts = line.removesuffix("\n").split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise FormatError(N_("A signature line reads “— name base64”."))
        data = parse_base64(parts[2])
        return cls(parts[1], data[:4], data[4:])


@dataclass(frozen=True)
class SignedNote:
    """A parsed note; nothing is verified yet.

    Args:
        text: the signed text, ends in a newline.
        signatures: 1 to 100 lines in their order.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise FormatError(N_("A note has 1 to {limit} signatures."), limit=MAX_SIGNATURES)

    def to_bytes(self) -> bytes:
        return (self.text + "\n" + "".join(s.to_line() for s in self.signatures)).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedNote:
        """Raises FormatError when malformed or larger than 1,000,000 bytes."""
        if len(data) > MAX_SIZE:
            raise FormatError(N_("A note has at most {limit} bytes."), limit=MAX_SIZE)
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(N_("This is not UTF-8 text.")) from error
        text, blank, lines = whole.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise FormatError(N_("A note is a text, a blank line and signature lines, each with its newline."))
        rows = lines[:-1].split("\n")
        if len(rows) > MAX_SIGNATURES:
            raise FormatError(N_("A note has 1 to {limit} signatures."), limit=MAX_SIGNATURES)
        return cls(text + "\n", tuple(NoteSignature.from_line(row) for row in rows))

    def with_lines(self, signatures: Iterable[NoteSignature]) -> SignedNote:
        """This note with further signature lines (cosignatures) after its own; lines that it already has are not repeated."""
        return SignedNote(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


@dataclass(frozen=True)
class Verified:
    """A key that signed. ``time``: seconds of the Unix epoch for cosignatures and ML-DSA lines (0 on a log's own), else None."""

    vkey: Vkey
    time: int | None


@dataclass(frozen=True)
class VerifiedNote:
    """A note under which at least one known key's signature holds, and none fails.

    Args:
        note: as parsed.
        verified: one per known key that signed, in the order of the lines.
    """

    note: SignedNote
    verified: tuple[Verified, ...]

    @property
    def text(self) -> str:
        return self.note.text

    def signed_by(self, vkey: Vkey) -> bool:
        return any(v.vkey == vkey for v in self.verified)


def sign(text: str, signers: Sequence[Signer]) -> bytes:
    """A note over ``text`` with one line per signer, in their order.

    Raises:
        FormatError: no newline at the end, control characters, no signers, or a text that a signer does not sign.
    """
    _check_text(text)
    lines = tuple(NoteSignature(s.vkey.name, s.vkey.id, s.signature(text)) for s in signers)
    return SignedNote(text, lines).to_bytes()


def verify(note_bytes: bytes, vkeys: Iterable[Vkey]) -> VerifiedNote:
    """Parse a note and check every line that one of ``vkeys`` claims.

    Raises:
        FormatError: a malformed note, or two known keys with one name and id.
        SignatureError: a known key's signature fails, or no line is by a known key.
    """
    note = SignedNote.from_bytes(note_bytes)
    known: dict[tuple[str, bytes], Vkey] = {}
    for vkey in vkeys:
        if known.setdefault((vkey.name, vkey.id), vkey) != vkey:
            raise FormatError(N_("Two known keys have the same name and key id."))
    found: dict[Vkey, Verified] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            found.setdefault(key, Verified(key, _check(key, note.text, line)))
    if not found:
        raise SignatureError(N_("No key that is known here signed this note."))
    return VerifiedNote(note, tuple(found.values()))


def _check(key: Vkey, text: str, line: NoteSignature) -> int | None:
    try:
        return key.check(text, line.data)
    except FormatError as error:
        raise SignatureError(error.msgid, **error.values) from error


def _check_text(text: str) -> None:
    plain = text.isascii() and text.replace("\n", "").isprintable()
    if not text.endswith("\n") or not (plain or not any(unicodedata.category(c) in ("Cc", "Cs") for c in text if c != "\n")):
        raise FormatError(N_("A note's text ends in a newline and holds no other control character."))
