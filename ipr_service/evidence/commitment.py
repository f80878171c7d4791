"""From files and statements to the 32 bytes that the log sees.

Two files of JSON: the *manifest* lists salted commitments and nothing readable; the *openings* hold the salts, digests
and statements that open them one by one. The log's entry is a hash over the manifest. Every hash has its own prefix, so
that no input of one kind can be taken for another. What statements may say is in ``statements``; the bytes are final.

    c_i = SHA-256("ipr/file/v1\\n" || salt[32] || sha256[32] || sha512[64])
    s_j = SHA-256("ipr/statement/v1\\n" || salt[32] || JCS(statement))
    C   = SHA-256("ipr/commitment/v1\\n" || salt[32] || manifest.json)
    entry = "ipr/entry/v1 " base64(C) "\\n";   leaf hash = SHA-256(0x00 || entry)        (RFC 6962 section 2.1)
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import merkle
from ipr_service.evidence.canonical import Json, from_jcs, to_jcs
from ipr_service.evidence.digest import Digests, parse_base64, parse_hex, to_base64
from ipr_service.evidence.statements import Statement, check_statement

KINDS = ("idea", "contribution", "disclosure", "split", "agreement", "signature", "transfer", "supersession", "renewal")
VERSION = 1
SALT_SIZE = 32

FILE_PREFIX = b"ipr/file/v1\n"
STATEMENT_PREFIX = b"ipr/statement/v1\n"
COMMITMENT_PREFIX = b"ipr/commitment/v1\n"
ENTRY_PREFIX = b"ipr/entry/v1 "


def file_commitment(salt: bytes, digests: Digests) -> bytes:
    """c_i: 32 bytes that bind a file's content and show nothing of it without the salt."""
    return hashlib.sha256(FILE_PREFIX + _salt(salt) + digests.sha256 + digests.sha512).digest()


def statement_commitment(salt: bytes, statement: Mapping[str, Json]) -> bytes:
    """s_j: 32 bytes that bind one statement and show nothing of it without the salt."""
    return hashlib.sha256(STATEMENT_PREFIX + _salt(salt) + to_jcs(statement)).digest()


def commit(salt: bytes, manifest_bytes: bytes) -> bytes:
    """C: the 32 bytes that go into the log. By hand: ``(printf 'ipr/commitment/v1\\n'; cat salt manifest.json) | sha256sum``."""
    return hashlib.sha256(COMMITMENT_PREFIX + _salt(salt) + manifest_bytes).digest()


def entry_line(commitment: bytes) -> bytes:
    """The log's entry for a commitment: one line of text, the same shape for every kind."""
    if len(commitment) != 32:
        raise FormatError(N_("A commitment has 32 bytes."))
    return ENTRY_PREFIX + b2a_base64(commitment)  # with its newline


def parse_entry(entry: bytes) -> bytes:
    """The commitment inside an entry line.

    Raises:
        FormatError: another prefix or version, no newline at the end, or base64 that is not canonical.
    """
    if not entry.startswith(ENTRY_PREFIX) or not entry.endswith(b"\n") or not entry.isascii():
        raise FormatError(N_("A log entry is the line “ipr/entry/v1 ” followed by the commitment in base64."))
    return parse_base64(entry[len(ENTRY_PREFIX) : -1].decode("ascii"), 32)


def leaf_hash(entry: bytes) -> bytes:
    """The RFC 6962 leaf hash of an entry."""
    return merkle.leaf_hash(entry)


def leaf_hashes(commitments: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of the entries of many commitments, in their order.

    Raises:
        FormatError: one has not 32 bytes.
    """
    held = list(commitments)
    if any(len(one) != 32 for one in held):
        raise FormatError(N_("A commitment has 32 bytes."))
    sha256, base64, begin = hashlib.sha256, b2a_base64, b"\x00" + ENTRY_PREFIX
    return [sha256(begin + base64(one)).digest() for one in held]


@dataclass(frozen=True)
class Manifest:
    """What an entry commits to, readable by nobody without the openings.

    Args:
        kind: one of ``KINDS``.
        checkpoint: SHA-256 of the newest checkpoint's note body known when this was made, or None.
        files: c_i in order of position, 32 bytes each.
        statements: s_j in order, 32 bytes each.
        previous: C of the version before, or None.
    """

    kind: str
    checkpoint: bytes | None
    files: tuple[bytes, ...]
    statements: tuple[bytes, ...]
    previous: bytes | None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FormatError(N_("A manifest's kind is one of: {kinds}."), kinds=", ".join(KINDS))
        hashes = (*self.files, *self.statements, *(h for h in (self.checkpoint, self.previous) if h is not None))
        if any(len(h) != 32 for h in hashes):
            raise FormatError(N_("Every commitment and digest in a manifest has 32 bytes."))

    def to_bytes(self) -> bytes:
        return to_jcs(
            {
                "checkpoint": None if self.checkpoint is None else to_base64(self.checkpoint),
                "files": [to_base64(c) for c in self.files],
                "kind": self.kind,
                "previous": None if self.previous is None else to_base64(self.previous),
                "statements": [to_base64(s) for s in self.statements],
                "version": VERSION,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Raises FormatError unless ``data`` is a canonical manifest with exactly its six keys."""
        fields = _fields(from_jcs(data), "checkpoint", "files", "kind", "previous", "statements", "version")
        _check_version(fields)
        kind = fields["kind"]
        if not isinstance(kind, str):
            raise FormatError(N_("A manifest's kind is one of: {kinds}."), kinds=", ".join(KINDS))
        return cls(
            kind=kind,
            checkpoint=_optional_hash(fields["checkpoint"]),
            files=tuple(parse_base64(c, 32) for c in _list(fields["files"])),
            statements=tuple(parse_base64(s, 32) for s in _list(fields["statements"])),
            previous=_optional_hash(fields["previous"]),
        )


@dataclass(frozen=True)
class FileOpening:
    """Opens one c_i: whoever holds the file recomputes it. ``salt`` 32, ``sha256`` 32, ``sha512`` 64 bytes."""

    salt: bytes
    sha256: bytes
    sha512: bytes

    def commitment(self) -> bytes:
        return file_commitment(self.salt, Digests(self.sha256, self.sha512, 0))


@dataclass(frozen=True)
class StatementOpening:
    """Opens one s_j. ``salt`` has 32 bytes; ``statement`` is treated as frozen."""

    salt: bytes
    statement: Statement

    def commitment(self) -> bytes:
        return statement_commitment(self.salt, self.statement)


@dataclass(frozen=True)
class Openings:
    """The secrets of a manifest: whoever holds them can open it, all of it or one item at a time."""

    files: tuple[FileOpening, ...]
    statements: tuple[StatementOpening, ...]

    def to_bytes(self) -> bytes:
        return to_jcs(
            {
                "files": [{"salt": f.salt.hex(), "sha256": f.sha256.hex(), "sha512": f.sha512.hex()} for f in self.files],
                "statements": [{"salt": s.salt.hex(), "statement": dict(s.statement)} for s in self.statements],
                "version": VERSION,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Openings:
        """Raises FormatError unless ``data`` is a canonical openings file whose known statements hold their exact keys."""
        fields = _fields(from_jcs(data), "files", "statements", "version")
        _check_version(fields)
        return cls(
            files=tuple(_file_opening(member) for member in _list(fields["files"])),
            statements=tuple(_statement_opening(member) for member in _list(fields["statements"])),
        )


@dataclass(frozen=True)
class Committed:
    """Everything that ``build`` made: what is public (commitment, entry) and what is secret (the rest)."""

    salt: bytes
    manifest: Manifest
    manifest_bytes: bytes
    openings: Openings
    commitment: bytes
    entry: bytes


def build(
    kind: str,
    files: Sequence[Digests],
    statements: Sequence[Statement],
    salts: Callable[[], bytes],
    checkpoint: bytes | None = None,
    previous: bytes | None = None,
) -> Committed:
    """Commit to files and statements.

    Args:
        kind: one of ``KINDS``.
        files: digests in order of position.
        statements: in the order in which they will stand; each is checked against ``statements.STATEMENTS``.
        salts: answers 32 fresh random bytes at each call (``iter(...).__next__`` works). Called first for the commitment,
            then once per file in order, then once per statement in order.
        checkpoint: SHA-256 of the newest known checkpoint's note body, or None.
        previous: C of the version before, or None.

    Raises:
        FormatError: an unknown kind, a statement without its exact keys, a salt that is not 32 bytes.
    """
    for statement in statements:
        check_statement(statement)
    salt = _salt(salts())
    file_openings = tuple(FileOpening(_salt(salts()), d.sha256, d.sha512) for d in files)
    statement_openings = tuple(StatementOpening(_salt(salts()), s) for s in statements)
    manifest = Manifest(
        kind=kind,
        checkpoint=checkpoint,
        files=tuple(opening.commitment() for opening in file_openings),
        statements=tuple(opening.commitment() for opening in statement_openings),
        previous=previous,
    )
    manifest_bytes = manifest.to_bytes()
    commitment = commit(salt, manifest_bytes)
    openings = Openings(file_openings, statement_openings)
    return Committed(salt, manifest, manifest_bytes, openings, commitment, entry_line(commitment))


def _salt(salt: bytes) -> bytes:
    if len(salt) != SALT_SIZE:
        raise FormatError(N_("A salt has 32 bytes."))
    return salt


def _fields(value: Json, *keys: str) -> dict[str, Json]:
    if not isinstance(value, dict) or sorted(value) != sorted(keys):
        raise FormatError(N_("Expected an object with exactly the keys {keys}."), keys=", ".join(keys))
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise FormatError(N_("Expected a list."))
    return value


def _check_version(fields: dict[str, Json]) -> None:
    if fields["version"] is True or fields["version"] != VERSION:
        raise FormatError(N_("Only version 1 of this format is known."))


def _optional_hash(value: Json) -> bytes | None:
    return None if value is None else parse_base64(value, 32)


def _file_opening(value: Json) -> FileOpening:
    fields = _fields(value, "salt", "sha256", "sha512")
    return FileOpening(parse_hex(fields["salt"], 32), parse_hex(fields["sha256"], 32), parse_hex(fields["sha512"], 64))


def _statement_opening(value: Json) -> StatementOpening:
    fields = _fields(value, "salt", "statement")
    statement = fields["statement"]
    if not isinstance(statement, dict):
        raise FormatError(N_("A statement is an object with a type."))
    check_statement(statement, known_only=False)
    return StatementOpening(parse_hex(fields["salt"], 32), statement)
