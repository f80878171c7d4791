"""The sentence a signatory agrees to, and the one-time code that shows the sentence reached her mailbox.

A consent text is data with an id, a version and a digest, so that years later the signature record can still say
which words were on the screen. A changed word is a new version; published versions never change.

A code is never stored: only an HMAC over code, ceremony, signatory and document digest is, so that a code that was
asked for one document or person is worth nothing for another (AGREEMENTS.md 7, "bound to that exact document").
Six digits are guessable; what makes them enough are the limits: ATTEMPTS per code, CODES per signatory and MINUTES
of life leave at most ATTEMPTS * CODES / 10**6 = 1 chance in 40,000.

What this does not do: it draws no random bytes, reads no clock and sends no mail. It shows control of a mailbox, not
the identity of a person.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ipr_service.errors import N_, ExpiredError, InputError, RateLimitError, RefusedError

ATTEMPTS = 5
"""Wrong tries that one code survives."""

CODES = 5
"""Codes one signatory may ask for in one ceremony."""

MINUTES = 15
"""Life of a code."""

DIGITS = 6


@dataclass(frozen=True)
class ConsentText:
    """What is shown beside the sign button.

    Args:
        id: stable name, e.g. ``"simple"``.
        version: 1 or more; grows with every changed character.
        language: ISO 639-1, lower case.
        text: the sentence itself, hashed in NFC.
    """

    id: str
    version: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """``id/language@version``, as written into signature records."""
        return f"{self.id}/{self.language}@{self.version}"

    @property
    def sha256(self) -> str:
        """Lower-case hex SHA-256 over ``ipr/consent/v1``, the name and the NFC text, each ended by a newline."""
        text = unicodedata.normalize("NFC", self.text)
        return hashlib.sha256(f"ipr/consent/v1\n{self.name}\n{text}\n".encode()).hexdigest()


CONSENTS: tuple[ConsentText, ...] = (
    ConsentText(
        id="simple",
        version=1,
        language="en",
        text=(
            "I have read the whole document. I intend to be bound by it, and I sign it electronically, confirmed with the "
            "one-time code sent to my e-mail address. I understand that this is a simple electronic "
            "signature, that my name, the time, the digest of the document and the way I confirmed it are recorded, and "
            "that every party receives this record."
        ),
    ),
)
"""Every consent text ever published, oldest first."""


def consent(id: str = "simple", language: str = "en") -> ConsentText:
    """The newest published consent text, in English where ``language`` has none yet.

    Raises:
        InputError: no consent text has this id.
    """
    known = [text for text in CONSENTS if text.id == id]
    if not known:
        raise InputError.at("/consent", N_("There is no consent text called {id}."), id=id)
    spoken = [text for text in known if text.language == language] or [text for text in known if text.language == "en"]
    return max(spoken, key=lambda text: text.version)


class CodeOutcome(StrEnum):
    """What became of one try."""

    CONFIRMED = "confirmed"
    WRONG = "wrong"
    SPENT = "spent"
    """Too many wrong tries: the code is dead, whatever is typed now."""
    LATE = "late"


@dataclass(frozen=True)
class CodeChallenge:
    """One code that was sent, without the code.

    Args:
        digest: what `code_digest` gave for it, 32 bytes.
        expires_at: aware UTC; at this moment it is already too late.
        attempts: wrong tries so far, 0 to ATTEMPTS.
        confirmed_at: aware UTC, when the right code came.
    """

    digest: bytes
    expires_at: datetime
    attempts: int = 0
    confirmed_at: datetime | None = None


def new_code(random: bytes) -> str:
    """Six digits from 16 random bytes; 2**128 modulo 10**6 leaves no bias worth naming.

    Raises:
        ValueError: fewer than 16 bytes.
    """
    if len(random) < 16:
        raise ValueError("a code needs 16 random bytes")
    return f"{int.from_bytes(random, 'big') % 10**DIGITS:0{DIGITS}d}"


def code_digest(secret: bytes, ceremony: str, signatory: str, document_sha256: str, code: str) -> bytes:
    """HMAC-SHA256 that binds a code to one ceremony, one signatory and one document.

    Args:
        secret: the service's key for codes, at least 32 bytes.
        ceremony, signatory: ids.
        document_sha256: lower-case hex of the exact PDF.
        code: as typed; spaces and hyphens are dropped.

    Raises:
        ValueError: the secret is shorter than 32 bytes.
    """
    if len(secret) < 32:
        raise ValueError("the secret for codes needs 32 bytes")
    typed = code.replace(" ", "").replace("-", "").strip()
    fields = (b"ipr/code/v1", ceremony.encode(), signatory.encode(), document_sha256.encode(), typed.encode())
    return hmac.digest(secret, _framed(fields), "sha256")


def typed_code(code: str) -> str:
    """The digits of what was typed.

    Raises:
        InputError: it cannot be a code.
    """
    typed = "".join(code.split()).replace("-", "")
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        raise InputError.at("/code", N_("A code is {digits} digits, as in the mail. This did not count as a try."), digits=DIGITS)
    return typed


def passkey_challenge(ceremony: str, signatory: str, document_sha256: str, consent_sha256: str, nonce: bytes) -> bytes:
    """The 32 bytes a passkey signs: SHA-256 over ceremony, signatory, document, consent and a fresh nonce, length-prefixed."""
    fields = (b"ipr/passkey/v1", ceremony.encode(), signatory.encode(), document_sha256.encode(), consent_sha256.encode(), nonce)
    return hashlib.sha256(_framed(fields)).digest()


def _framed(fields: tuple[bytes, ...]) -> bytes:
    """Lengths first: no two different lists of fields may give the same bytes."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def challenge(digest: bytes, at: datetime) -> CodeChallenge:
    """A fresh challenge that lives MINUTES from ``at``."""
    return CodeChallenge(digest=digest, expires_at=at + timedelta(minutes=MINUTES))


def answer(asked: CodeChallenge, digest: bytes, at: datetime) -> tuple[CodeChallenge, CodeOutcome]:
    """Compare, in constant time, what was typed with what was sent.

    The new challenge must be stored whatever the outcome: the count of wrong tries is the only brake. A crash before
    that store costs one uncounted try.
    """
    if asked.attempts >= ATTEMPTS:
        return asked, CodeOutcome.SPENT
    if at >= asked.expires_at:
        return asked, CodeOutcome.LATE
    if not hmac.compare_digest(asked.digest, digest):
        return replace(asked, attempts=asked.attempts + 1), CodeOutcome.WRONG
    return replace(asked, confirmed_at=at), CodeOutcome.CONFIRMED


def refuse(outcome: CodeOutcome, asked: CodeChallenge) -> None:
    """Say to a person why a code was not taken; silent when it was.

    Raises:
        RefusedError: wrong, with the number of tries left.
        RateLimitError: spent.
        ExpiredError: late.
    """
    if outcome is CodeOutcome.WRONG:
        raise RefusedError(N_("This is not the code we sent. Tries left: {left}."), left=ATTEMPTS - asked.attempts)
    if outcome is CodeOutcome.SPENT:
        raise RateLimitError(N_("This code was tried too often. Ask for a new one."), retry_after=0)
    if outcome is CodeOutcome.LATE:
        raise ExpiredError(N_("This code was good for {minutes} minutes. Ask for a new one."), minutes=MINUTES)
