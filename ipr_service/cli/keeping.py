"""From a parcel to its proof bundle: ask a log what it promised, verify it, and write the bundle once, whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ipr_service.cli.parcel import Parcel
from ipr_service.errors import N_, InputError, OutsideError
from ipr_service.evidence.bundle import asic_manifest, write_to
from ipr_service.evidence.checkpoint import Checkpoint, fingerprint
from ipr_service.evidence.keys import ED25519, Vkey
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.tsp import token_of
from ipr_service.gateways import durable
from ipr_service.services import hash_only
from ipr_service.services.hash_only import Promise, Stamp


class Log(Protocol):
    """A log that registers: one elsewhere (``remote_log``) or this installation's (``services.terminal``)."""

    @property
    def verify_url(self) -> str: ...

    def vkeys(self) -> bytes: ...

    def newest_checkpoint(self) -> bytes | None: ...

    def register(self, commitment: bytes, key: str, idea_id: str | None = None) -> Promise | None: ...

    def register_all(self, commitments: Sequence[bytes], key: str) -> tuple[Promise, ...] | None: ...

    def proof(self, commitment: bytes) -> bytes | None: ...

    def stamp(self, query: bytes) -> bytes: ...


@dataclass(frozen=True)
class Proved:
    """What the log answered, verified."""

    checkpoint: Checkpoint
    proof: TlogProof
    vkeys: tuple[Vkey, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.vkeys[0].to_text())


def known_keys(text: bytes) -> tuple[Vkey, ...]:
    """The keys that a log publishes (``log.vkeys``), Ed25519 first.

    Raises:
        InputError: they are not published as they should be.
    """
    vkeys = tuple(Vkey.from_text(line) for line in text.decode("utf-8", "replace").splitlines() if line)
    if not vkeys or vkeys[0].kind != ED25519:
        raise InputError(N_("The log does not publish its keys as it should: the first is Ed25519."))
    return vkeys


def prove(log: Log, commitment: bytes, vkeys: tuple[Vkey, ...]) -> Proved:
    """The log's proof that the commitment is in it, verified.

    Raises:
        FormatError: it does not hold.
        OutsideError: there is none yet.
    """
    answer = log.proof(commitment)
    if answer is None:
        raise OutsideError(N_("The service took the commitment but does not prove it yet. Try again with --resume."))
    proof = TlogProof.from_bytes(answer)
    return Proved(hash_only.check_proof(proof, commitment, vkeys), proof, vkeys)


def stamp_over(log: Log, proved: Proved) -> Stamp:
    """The own clock's token over the checkpoint; it serves every entry under it."""
    return hash_only.stamp(proved.checkpoint.to_text().encode(), log.stamp, secrets.randbits(64))


def write_bundle(log: Log, parcel: Parcel, proved: Proved, promise: Promise | None, stamp: Stamp, out: Path) -> None:
    """The bundle, complete or not there at all, and never over another file.

    Raises:
        DamageError: an original is not the file that was registered.
        ConflictError: ``out`` exists.
    """
    kept = hash_only.Kept(
        parcel.kind, parcel.manifest, parcel.openings, parcel.salt, parcel.commitment, parcel.files, proved.proof, proved.vkeys, (stamp,)
    )
    same = promise is not None and promise.size == proved.checkpoint.size
    signed_at = promise.time if promise is not None and same else stamp.time
    parts = hash_only.parts(kept, signed_at, log.verify_url, parcel.language)
    container = token_of(hash_only.stamp(asic_manifest(parts), log.stamp, None).reply)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        with temporary.open("xb") as stream:
            write_to(stream, parts, container)
            stream.flush()
            os.fsync(stream.fileno())
        durable.publish(temporary, out.absolute())
    finally:
        temporary.unlink(missing_ok=True)


def without_files(parcel: Parcel) -> Parcel:
    """The same registration, its originals left out of the bundle; the digests in the openings stand for them."""
    return replace(parcel, files=())
