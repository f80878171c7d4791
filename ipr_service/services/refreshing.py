"""Bring newer timestamps into a bundle that its holder made: the same openings, a proof under a later checkpoint, and its tokens.

Pure, like ``hash_only``: who asks the log is the command. Nothing is taken from the log on its word: the proof has to hold for the same
entry under the same keys of the same log, and each token over the checkpoint. A bundle that carries renewals stays as it is: they cover
every byte of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from cryptography import x509

from ipr_service.errors import N_, DamageError, InputError
from ipr_service.evidence import tsp
from ipr_service.evidence.bundle import BundleParts, FilePart, OpenedBundle
from ipr_service.evidence.checkpoint import Checkpoint
from ipr_service.evidence.commitment import Manifest, Openings, commit
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.renewal import reader
from ipr_service.evidence.trust import LogPolicy
from ipr_service.services import hash_only
from ipr_service.services.hash_only import Kept, Stamp, Stamps, check_proof


@dataclass(frozen=True)
class Held:
    """What a bundle holds of its holder, verified against itself.

    Args:
        vkeys: the log's keys, as the bundle names them, Ed25519 first.
        proof: as it stands in the bundle.
        independent: how many of its tokens are not the own clock's.
    """

    opened: OpenedBundle
    manifest: Manifest
    openings: Openings
    commitment: bytes
    vkeys: tuple[Vkey, ...]
    proof: TlogProof
    independent: int


def held(opened: OpenedBundle) -> Held:
    """Read a bundle that is intact.

    Raises:
        InputError: it carries renewals.
        FormatError: it is damaged.
    """
    if any(name.startswith("renewals/") for name in opened.names):
        raise InputError(N_("This bundle was renewed; its timestamps stay as they are. Renew it again when it is due."))
    manifest = opened.read("manifest.json")
    commitment = commit(opened.read("salt"), manifest)
    vkeys = LogPolicy.from_bytes(opened.read("policy")).log_vkeys
    proof = TlogProof.from_bytes(opened.read("proof.tlog-proof"))
    check_proof(proof, commitment, vkeys)
    replies = [opened.read(name) for name in opened.names if name.startswith("tsa/") and name.endswith(".tsr")]
    body = opened.read("checkpoint.body")
    independent = sum(not tsp.verify_token(reply, roots=(), message=body).own_clock for reply in replies)
    openings = Openings.from_bytes(opened.read("openings.json"))
    return Held(opened, Manifest.from_bytes(manifest), openings, commitment, vkeys, proof, independent)


def check(mine: Held, proof: TlogProof, stamps: Sequence[Stamp]) -> Checkpoint:
    """Hold when the log's newer proof is of the same entry under the same keys, and every token is over its checkpoint.

    Raises:
        FormatError, DamageError: it is not.
    """
    checkpoint = check_proof(proof, mine.commitment, mine.vkeys)
    if proof.index != mine.proof.index:
        raise DamageError(N_("The log proves this entry at another place than before. Keep this bundle, and tell the log's witnesses."))
    digest = sha256(checkpoint.to_text().encode()).digest()
    for stamp in stamps:
        chain = x509.load_pem_x509_certificates(stamp.chain)
        report = tsp.verify_token(stamp.reply, roots=chain[-1:], intermediates=chain[:-1], message_digest=digest)
        if not report or report.gen_time != stamp.time or report.own_clock == stamp.independent:
            raise DamageError(N_("A token that the log gave is not what it says. Nothing was changed."))
    return checkpoint


def refreshed(mine: Held, proof: TlogProof, found: Stamps, verify_url: str, language: str) -> BundleParts:
    """The parts of the newer bundle, its originals as far as the old one holds them; :func:`check` came before."""
    kept = Kept(
        kind=mine.manifest.kind,
        manifest=mine.opened.read("manifest.json"),
        openings=mine.opened.read("openings.json"),
        salt=mine.opened.read("salt"),
        commitment=mine.commitment,
        paths=(),
        proof=proof,
        vkeys=mine.vkeys,
        stamps=found.stamps,
    )
    parts = hash_only.parts(kept, found.signed_at, verify_url, language)
    return replace(parts, policy=mine.opened.read("policy"), files=_files(mine))


def _files(mine: Held) -> tuple[FilePart, ...]:
    def part(name: str) -> FilePart:
        position = int(name[6:10])
        return FilePart(position, name[10:], mine.openings.files[position - 1].sha256, lambda: reader(mine.opened, name))

    return tuple(part(name) for name in mine.opened.names if name.startswith("files/"))
