"""Signed checkpoints: what a log says about itself, under both of its keys (C2SP tlog-checkpoint).

The policy of this service: an Ed25519 line and an ML-DSA-44 line, both by keys named like the log's origin, and both must
hold. Signing happens once; the bytes are stored verbatim, because ML-DSA lines are randomised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import note
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.keys import ED25519, ML_DSA_44, Ed25519Signer, MLDSA44Signer, Vkey

__all__ = ["Checkpoint", "LogKeys", "fingerprint", "open_checkpoint", "require_log_signatures", "sign_checkpoint"]


@dataclass(frozen=True)
class LogKeys:
    """The two signing keys of one log; both are named like its origin."""

    origin: str
    ed25519: Ed25519Signer
    mldsa: MLDSA44Signer

    def __post_init__(self) -> None:
        if not self.origin == self.ed25519.name == self.mldsa.name or self.mldsa.time != 0:
            raise FormatError(N_("A log's keys are named like its origin."))

    @classmethod
    def from_seeds(cls, origin: str, ed25519_seed: bytes, mldsa_seed: bytes) -> LogKeys:
        """From two independent seeds of 32 random bytes."""
        return cls(origin, Ed25519Signer(origin, ed25519_seed), MLDSA44Signer(origin, mldsa_seed))

    @property
    def vkeys(self) -> tuple[Vkey, Vkey]:
        """Ed25519 first: the order of ``log.vkeys``."""
        return (self.ed25519.vkey, self.mldsa.vkey)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.ed25519.vkey.to_text())


def fingerprint(vkey_line: str) -> str:
    """SHA-256 in lower-case hex of a vkey line without its newline; a log is known by that of its Ed25519 key."""
    return hashlib.sha256(vkey_line.removesuffix("\n").encode("utf-8")).hexdigest()


def sign_checkpoint(checkpoint: Checkpoint, keys: LogKeys) -> bytes:
    """The signed note: body, blank line, Ed25519 line, ML-DSA-44 line.

    Raises:
        FormatError: the checkpoint is of another log.
    """
    if checkpoint.origin != keys.origin:
        raise FormatError(N_("This checkpoint is of another log."))
    return note.sign(checkpoint.to_text(), (keys.ed25519, keys.mldsa))


def open_checkpoint(note_bytes: bytes, vkeys: Iterable[Vkey]) -> Checkpoint:
    """The checkpoint inside a signed note, once both lines of its log hold.

    Args:
        note_bytes: the note verbatim.
        vkeys: keys that may sign; witness keys among them are checked when they signed, and are not required.

    Raises:
        FormatError: malformed.
        note.SignatureError: a known signature fails, or one of the log's two lines is missing.
    """
    verified = note.verify(note_bytes, vkeys)
    return require_log_signatures(verified)


def require_log_signatures(verified: note.VerifiedNote) -> Checkpoint:
    """The checkpoint of a verified note, if an Ed25519 and an ML-DSA-44 key named like its origin signed it.

    Raises:
        FormatError: the text is no checkpoint.
        note.SignatureError: one of the two lines is missing.
    """
    checkpoint = Checkpoint.from_text(verified.text)
    kinds = {v.vkey.kind for v in verified.verified if v.vkey.name == checkpoint.origin}
    if not {ED25519, ML_DSA_44} <= kinds:
        raise note.SignatureError(N_("A checkpoint needs both signatures of its log: Ed25519 and ML-DSA-44."))
    return checkpoint
