"""One conformance vector, and what many of them share."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta

from tests.conformance.material import (
    FIRST,
    SECOND,
    SIGNED_AT,
    VKEYS,
    contents,
    logged,
    packed,
    sealed,
)  # fmt: skip

YES, LOST, UNKNOWN, BROKEN = "intact trusted", "", "intact", "trusted"  # BROKEN: signed by a known key, and not intact


@dataclass(frozen=True)
class Vector:
    """One bundle and what has to be found.

    Args:
        name: of its file.
        requirement: of docs/standard, which decides it.
        verdicts: those that hold, of ``intact``, ``trusted`` and ``timed``.
        blamed: a check that has to fail, by name; empty when none does.
        needs: what a verifier may lack and say so: ``ml-dsa`` or ``nfc``.
    """

    name: str
    requirement: str
    verdicts: str
    blamed: str
    why: str
    data: bytes
    trust: bytes = VKEYS
    needs: str = ""


BODY = contents()["checkpoint.body"]
DIGEST = hashlib.sha256(BODY).digest()
ROOTS = VKEYS + FIRST.pem + SECOND.pem
ONE, TWO = FIRST.stamp("tsa/1", DIGEST), SECOND.stamp("tsa/2", DIGEST, SIGNED_AT + timedelta(minutes=3))


def registered(manifest: bytes, openings: bytes, salt: bytes = bytes(32), entry: bytes | None = None) -> bytes:
    """A bundle without files whose log entry is honest about these bytes."""
    commitment = hashlib.sha256(b"ipr/commitment/v1\n" + salt + manifest).digest()
    own = b"ipr/entry/v1 " + base64.b64encode(commitment) + b"\n"
    proof, body = logged(entry or own, 2, 5)
    members = contents(manifest=manifest, openings=openings, salt=salt, entry=entry or own, proof=proof, body=body)
    return packed(sealed({name: data for name, data in members.items() if not name.startswith("files/")}))


def flip(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
