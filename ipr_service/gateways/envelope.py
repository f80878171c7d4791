"""AES-256-GCM around bytes that rest: small fields whole, large contents in chunks that can be read from the middle.

Small fields (titles, openings, wrapped keys): ``nonce[12] || ciphertext || tag[16]``, one random nonce each.

Large contents follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015), as age and Tink do::

    blob    = "ipr/blob/v1\\n" || salt[32] || chunk_0 || … || chunk_n
    key     = HKDF-SHA256(key of the thing, salt, info = "ipr/blob/v1\\n" || context)        RFC 5869
    chunk_i = AES-256-GCM(key, nonce = i as 11 bytes big-endian || last, plain, aad = context || i as 8 bytes || last)

``last`` is 1 for the final chunk and 0 before it: a cut, swapped, doubled or foreign chunk does not open. Every chunk but
the last holds 1 MiB of plain bytes; only an empty content has an empty chunk. The salt is random for every blob, so no
(key, nonce) pair occurs twice although one thing has one key. The size of a content is not hidden.

Source: NIST SP 800-38D (GCM; at most 2^32 random nonces under one key).
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ipr_service.errors import N_, DamageError

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
SALT_SIZE = 32
CHUNK_SIZE = 1024 * 1024
MAGIC = b"ipr/blob/v1\n"
HEADER_SIZE = len(MAGIC) + SALT_SIZE
SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE


def context_of(*parts: str) -> bytes:
    """Join names into associated data, each with its length before it: no two different lists give the same bytes."""
    encoded = [part.encode("utf-8") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal_bytes(key: bytes, aad: bytes, plain: bytes, nonce: bytes) -> bytes:
    """Encrypt a small field.

    Args:
        key: 32 bytes.
        aad: what the field belongs to, see :func:`context_of`; the same bytes are needed to open it.
        plain: the content.
        nonce: 12 random bytes, never used twice with this key.

    Returns:
        nonce, ciphertext and tag: ``len(plain) + 28`` bytes.
    """
    if len(key) != KEY_SIZE or len(nonce) != NONCE_SIZE:
        raise ValueError("a key has 32 bytes and a nonce 12")
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def open_bytes(key: bytes, aad: bytes, sealed: bytes) -> bytes:
    """Decrypt what :func:`seal_bytes` made.

    Raises:
        DamageError: wrong key, wrong ``aad``, or changed bytes; which of them cannot be told apart.
    """
    if len(sealed) < NONCE_SIZE + TAG_SIZE:
        raise DamageError(N_("A stored field is cut short."))
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], aad)
    except InvalidTag as problem:
        raise DamageError(N_("A stored field does not open: its key is another one or it was changed.")) from problem


@dataclass(frozen=True)
class ChunkCipher:
    """Encrypts and decrypts the chunks of one blob. Build with :meth:`for_blob`."""

    cipher: AESGCM
    context: bytes

    @classmethod
    def for_blob(cls, key: bytes, salt: bytes, context: bytes) -> ChunkCipher:
        """Derive the key of one blob from the key of its thing (32 bytes), its salt (32 bytes) and its context."""
        if len(key) != KEY_SIZE or len(salt) != SALT_SIZE:
            raise ValueError("key and salt have 32 bytes")
        derived = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=salt, info=MAGIC + context).derive(key)
        return cls(AESGCM(derived), context)

    def _bind(self, index: int, last: bool) -> tuple[bytes, bytes]:
        flag = bytes([last])
        return index.to_bytes(11, "big") + flag, self.context + index.to_bytes(8, "big") + flag

    def seal(self, index: int, last: bool, plain: bytes) -> bytes:
        """Encrypt chunk ``index`` (zero-based, below 2^64)."""
        nonce, aad = self._bind(index, last)
        return self.cipher.encrypt(nonce, plain, aad)

    def open(self, index: int, last: bool, sealed: bytes) -> bytes:
        """Decrypt chunk ``index``.

        Raises:
            DamageError: another key, place, owner or content than it was sealed with.
        """
        nonce, aad = self._bind(index, last)
        try:
            return self.cipher.decrypt(nonce, sealed, aad)
        except InvalidTag as problem:
            raise DamageError(N_("A stored file does not open: it was cut, changed or exchanged, or its key is another one.")) from problem


def plain_size(stored_size: int) -> int:
    """How many plain bytes a blob of ``stored_size`` bytes holds.

    Raises:
        DamageError: no blob has this size.
    """
    body = stored_size - HEADER_SIZE
    whole, rest = divmod(body, SEALED_CHUNK_SIZE) if body >= TAG_SIZE else (-1, 0)
    if whole < 0 or 0 < rest < TAG_SIZE or (rest == TAG_SIZE and whole):
        raise DamageError(N_("A stored file is cut short."))
    return whole * CHUNK_SIZE + (rest - TAG_SIZE if rest else 0)
