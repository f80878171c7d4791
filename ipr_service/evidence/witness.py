"""What a witness is asked and what it decides (C2SP tlog-witness, ``add-checkpoint``).

    old <size>
    <base64 hash>            (0 to 63 lines: the consistency proof from the old size)
    (blank line)
    <signed checkpoint>

A pure state machine: the request, what the witness knows of that log, and the keys that it trusts give an :class:`Answer`. Who stores
the state, and the cosignature itself, are elsewhere. Steps, in the order of the specification:

1. the origin is known                                    else 404
2. a trusted key signed, and no trusted key's line fails  else 403
3. old size <= checkpoint's size                          else 400
4. old size is the size that the witness knows            else 409 with that size
5. same size: the very same root                          else 409 with that size; two roots at one size are a split view
6. the consistency proof holds                            else 422

A checkpoint at a size that the witness has cosigned before, with another root, is a split view wherever the steps end: two signed
statements that cannot both be true. A proof that does not hold is weaker: anybody can send a wrong proof with a true checkpoint.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import merkle, note
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.digest import parse_base64, to_base64
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.note import NoteSignature, SignedNote

MAX_HASHES = 63
MAX_REQUEST = 64 * 1024  # bytes; a checkpoint with sixteen ML-DSA-44 lines has 54,000

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class AddCheckpoint:
    """The body of an ``add-checkpoint`` request.

    Args:
        old_size: size from which ``hashes`` prove consistency, 0 to 2^63 - 1.
        hashes: at most 63, of 32 bytes each; empty when the old size is 0.
        checkpoint: the signed checkpoint, verbatim.
    """

    old_size: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.old_size < 1 << 63:
            raise FormatError(N_("A log's size lies between 0 and 2^63 - 1."))
        if len(self.hashes) > MAX_HASHES or any(len(h) != merkle.HASH_SIZE for h in self.hashes):
            raise FormatError(N_("A proof has at most {limit} hashes of 32 bytes."), limit=MAX_HASHES)

    def to_bytes(self) -> bytes:
        lines = "".join(f"{to_base64(h)}\n" for h in self.hashes)
        return f"old {self.old_size}\n{lines}\n".encode() + self.checkpoint

    @classmethod
    def from_bytes(cls, data: bytes) -> AddCheckpoint:
        """Raises FormatError when malformed or larger than 65,536 bytes; nothing is verified, the checkpoint is not parsed."""
        if len(data) > MAX_REQUEST:
            raise FormatError(N_("A request to a witness has at most {limit} bytes."), limit=MAX_REQUEST)
        head, blank, checkpoint = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        old = _OLD.fullmatch(first)
        if not blank or old is None or not head.isascii():
            raise FormatError(N_("A request to a witness is “old” and a size, proof lines, a blank line and a checkpoint."))
        if len(lines) > MAX_HASHES:
            raise FormatError(N_("A proof has at most {limit} hashes of 32 bytes."), limit=MAX_HASHES)
        return cls(int(old[1]), tuple(parse_base64(line.decode("ascii"), merkle.HASH_SIZE) for line in lines), checkpoint)


@dataclass(frozen=True)
class Submitted:
    """A request whose checkpoint was read: ``state`` its first three lines, ``signed`` the note."""

    request: AddCheckpoint
    signed: SignedNote
    state: Checkpoint

    @classmethod
    def from_bytes(cls, data: bytes) -> Submitted:
        """Raises FormatError when the request or its checkpoint is malformed."""
        request = AddCheckpoint.from_bytes(data)
        signed = SignedNote.from_bytes(request.checkpoint)
        return cls(request, signed, state_of(signed.text))


def state_of(text: str) -> Checkpoint:
    """The state in the body of any log's checkpoint. Extension lines are allowed to other logs, and say nothing to a witness.

    Raises:
        FormatError: when malformed.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise FormatError(N_("A checkpoint begins with three lines: origin, size and root."))
    return Checkpoint.from_text("\n".join((*lines[:3], "")))


class Outcome(enum.Enum):
    """What a witness decides; the value is the HTTP status."""

    COSIGN = 200
    BAD_SIZE = 400
    UNTRUSTED = 403
    UNKNOWN_LOG = 404
    CONFLICT = 409
    BAD_PROOF = 422


@dataclass(frozen=True)
class Answer:
    """A decision.

    Args:
        outcome: what to answer.
        size: of the newest checkpoint that the witness cosigned, for a conflict.
        split: whether the submitted checkpoint and one that the witness knows cannot both be of one honest log.
    """

    outcome: Outcome
    size: int = 0
    split: bool = False


@dataclass(frozen=True)
class Known:
    """What a witness knows of one log.

    Args:
        size, root: the newest checkpoint that it cosigned; size 0 when there is none.
        roots: size to root of earlier ones, as far as they are kept.
    """

    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    roots: Mapping[int, bytes] | None = None

    def contradicts(self, state: Checkpoint) -> bool:
        """Whether a checkpoint of the same size with another root was cosigned before."""
        known = self.root if self.size and state.size == self.size else (self.roots or {}).get(state.size)
        return known is not None and known != state.root


def authentic(submitted: Submitted, trusted: Sequence[Vkey]) -> Outcome | None:
    """Steps 1 and 2, which need no state. None: go on with :func:`decide`.

    Args:
        trusted: the keys of the log that the checkpoint names; empty when the witness does not know it.
    """
    if not trusted:
        return Outcome.UNKNOWN_LOG
    try:
        note.verify(submitted.request.checkpoint, trusted)
    except FormatError:
        return Outcome.UNTRUSTED
    return None


def decide(submitted: Submitted, known: Known) -> Answer:
    """Steps 3 to 6, for a checkpoint that a trusted key signed."""
    request, state = submitted.request, submitted.state
    split = known.contradicts(state)
    if request.old_size > state.size:
        return Answer(Outcome.BAD_SIZE, split=split)
    if request.old_size != known.size or split:
        return Answer(Outcome.CONFLICT, known.size, split)
    try:
        _grows(known, state, request.hashes)
    except merkle.ProofError:
        return Answer(Outcome.BAD_PROOF)
    return Answer(Outcome.COSIGN, state.size)


def _grows(known: Known, state: Checkpoint, hashes: Sequence[bytes]) -> None:
    if known.size or not state.size:
        merkle.verify_consistency(known.size, state.size, hashes, known.root, state.root)
    elif hashes:
        raise merkle.ProofError(N_("The proof has too many hashes."))


def cosignatures(body: bytes, checkpoint: bytes, trusted: Sequence[Vkey]) -> tuple[NoteSignature, ...]:
    """The lines of a witness's answer that keys trusted for it made over ``checkpoint``; lines of unknown keys are passed over.

    Args:
        body: what the witness answered with status 200.
        checkpoint: the signed checkpoint that was sent to it.
        trusted: the witness's keys.

    Raises:
        FormatError: malformed, or a line of a trusted key does not hold.
        note.SignatureError: none of its keys signed.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(N_("This is not UTF-8 text.")) from error
    if not text.endswith("\n") or len(body) > MAX_REQUEST:
        raise FormatError(N_("A witness answers with signature lines, each with its newline."))
    lines = [NoteSignature.from_line(line) for line in text[:-1].split("\n")]
    signed = SignedNote(SignedNote.from_bytes(checkpoint).text, tuple(lines))
    note.verify(signed.to_bytes(), trusted)
    keys = {(key.name, key.id) for key in trusted}
    return tuple(line for line in lines if (line.name, line.key_id) in keys)
