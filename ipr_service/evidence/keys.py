"""Keys that sign notes: verifier keys in their text form, and signers (C2SP signed-note, tlog-cosignature).

Three kinds: Ed25519 over the note's text (0x01), Ed25519 cosignature/v1 with a time (0x04), ML-DSA-44 over the log's state
with a time (0x06, FIPS 204, randomised: signatures are made once and kept). Seeds are given, never made here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.body import Checkpoint, is_name
from ipr_service.evidence.digest import parse_base64, to_base64

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06

PUBLIC_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
SIGNATURE_SIZES = {ED25519: 64, COSIGNATURE: 64, ML_DSA_44: 2420}

_KEY_ID = re.compile(r"[0-9a-f]{8}")
_MAX_TIME = (1 << 63) - 1


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The first 4 bytes of SHA-256(name || 0x0A || kind || public key)."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True)
class Vkey:
    """A public key as C2SP writes it: ``name+hex(key id)+base64(kind || public key)``.

    Args:
        name: of the key; for a log its origin. No white space, no ``+``.
        kind: 0x01, 0x04 or 0x06.
        public: 32 bytes of Ed25519 or 1,312 of ML-DSA-44.
    """

    name: str
    kind: int
    public: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise FormatError(N_("A key's name has no white space, no “+” and is not empty."))
        if PUBLIC_SIZES.get(self.kind) != len(self.public):
            raise FormatError(N_("Known keys are Ed25519 (1), Ed25519 cosignature (4) and ML-DSA-44 (6)."))

    @cached_property
    def id(self) -> bytes:
        """The key id, 4 bytes."""
        return key_id(self.name, self.kind, self.public)

    def to_text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> Vkey:
        """Raises FormatError for a malformed key, an unknown kind, or a key id that is not this key's."""
        parts = text.split("+", 2)  # from the left: base64 may hold a plus sign
        if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
            raise FormatError(N_("A verifier key reads name+key id+base64."))
        data = parse_base64(parts[2])
        if not data:
            raise FormatError(N_("A verifier key reads name+key id+base64."))
        key = cls(parts[0], data[0], data[1:])
        if key.id.hex() != parts[1]:
            raise FormatError(N_("The key id does not belong to this name and key."))
        return key

    def check(self, text: str, signature: bytes) -> int | None:
        """Verify a signature line's bytes (after the key id) over a note's text.

        Returns:
            the signature's time in seconds of the Unix epoch for kinds 4 and 6; None for kind 1.

        Raises:
            FormatError: when it does not verify.
        """
        timed = self.kind != ED25519
        if len(signature) != SIGNATURE_SIZES[self.kind] + 8 * timed:
            raise FormatError(N_("The signature of {name} has the wrong length."), name=self.name)
        time = int.from_bytes(signature[:8], "big") if timed else None
        if time is not None and time > _MAX_TIME:
            raise FormatError(N_("The signature of {name} has an impossible time."), name=self.name)
        message = signed_message(self.kind, self.name, text, time or 0)
        try:
            if self.kind == ML_DSA_44:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature[8:], message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature[8 * timed :], message)
        except (InvalidSignature, ValueError) as error:
            raise FormatError(N_("The signature of {name} does not hold."), name=self.name) from error
        return time


def signed_message(kind: int, name: str, text: str, time: int) -> bytes:
    """The bytes that a key of ``kind`` signs for the note ``text``.

    Raises:
        FormatError: kind 6 signs checkpoints only, and ``text`` is none.
    """
    if kind == ED25519:
        return text.encode("utf-8")
    if kind == COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    state = Checkpoint.from_text(text)
    return b"".join(
        (
            b"subtree/v1\n\0",
            _short(name),
            time.to_bytes(8, "big"),
            _short(state.origin),
            (0).to_bytes(8, "big"),
            state.size.to_bytes(8, "big"),
            state.root,
        )
    )


def _short(text: str) -> bytes:
    data = text.encode("utf-8")
    if len(data) > 255:
        raise FormatError(N_("A name that ML-DSA signs has at most 255 bytes."))
    return bytes([len(data)]) + data


class Signer(Protocol):
    """Signs notes: its public key, and the bytes that follow the key id in its signature line."""

    @property
    def vkey(self) -> Vkey: ...

    def signature(self, text: str) -> bytes: ...


@dataclass(frozen=True)
class Ed25519Signer:
    """Kind 0x01. ``seed``: 32 secret bytes (RFC 8032)."""

    name: str
    seed: bytes = field(repr=False)

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return _ed25519(self.seed)

    @cached_property
    def vkey(self) -> Vkey:
        return Vkey(self.name, ED25519, self._key.public_key().public_bytes_raw())

    def signature(self, text: str) -> bytes:
        return self._key.sign(signed_message(ED25519, self.name, text, 0))


@dataclass(frozen=True)
class CosignatureSigner:
    """Kind 0x04: a witness. ``time``: seconds of the Unix epoch at which it cosigns."""

    name: str
    seed: bytes = field(repr=False)
    time: int

    @property
    def vkey(self) -> Vkey:
        return Vkey(self.name, COSIGNATURE, _ed25519(self.seed).public_key().public_bytes_raw())

    def signature(self, text: str) -> bytes:
        message = signed_message(COSIGNATURE, self.name, text, self.time)
        return self.time.to_bytes(8, "big") + _ed25519(self.seed).sign(message)


@dataclass(frozen=True)
class MLDSA44Signer:
    """Kind 0x06. ``seed``: 32 secret bytes (FIPS 204). ``time`` is 0 on a log's own line, a cosigner's clock otherwise."""

    name: str
    seed: bytes = field(repr=False)
    time: int = 0

    @cached_property
    def _key(self) -> MLDSA44PrivateKey:
        return _mldsa(self.seed)

    @cached_property
    def vkey(self) -> Vkey:
        return Vkey(self.name, ML_DSA_44, self._key.public_key().public_bytes_raw())

    def signature(self, text: str) -> bytes:
        message = signed_message(ML_DSA_44, self.name, text, self.time)
        return self.time.to_bytes(8, "big") + self._key.sign(message)


def _ed25519(seed: bytes) -> Ed25519PrivateKey:
    _check_seed(seed)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _mldsa(seed: bytes) -> MLDSA44PrivateKey:
    _check_seed(seed)
    return MLDSA44PrivateKey.from_seed_bytes(seed)


def _check_seed(seed: bytes) -> None:
    if len(seed) != 32:
        raise FormatError(N_("A key's seed has 32 bytes."))
