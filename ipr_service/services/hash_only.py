"""What the holder of a hash-only registration makes on their own machine: the commitment before, the proof bundle after.

Pure but for the bundle's fonts and programs: no Context, no rows, no network. The log sees the 32 bytes of the commitment and nothing
else; whoever runs this holds the openings, and is the only one who can ever open the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ipr_service.errors import N_, InputError, OutsideError
from ipr_service.evidence import certificate, statements, tsp
from ipr_service.evidence.bundle import BundleParts, FilePart, TokenPart, current_tools
from ipr_service.evidence.certificate import CertificateData, CertifiedContributor, CertifiedFile, CertifiedToken
from ipr_service.evidence.checkpoint import Checkpoint, fingerprint
from ipr_service.evidence.commitment import Committed, Openings, build, entry_line
from ipr_service.evidence.digest import Digests
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.trust import KnownLog, LogPolicy
from ipr_service.services.entries import note_body
from ipr_service.services.intake import clean_file_path, clean_media_type
from ipr_service.services.languages import translations
from ipr_service.services.registration import RegisterIdea, clean_contributors, clean_order


@dataclass(frozen=True)
class HashedFile:
    """A file that stays where it is: its name, perhaps with the folders it lies in (``/`` between), and what was computed of it."""

    name: str
    digests: Digests


@dataclass(frozen=True)
class Promise:
    """What a receipt says: the size of the checkpoint that covers the entry, when the service signed it, and the idea that it is of."""

    size: int
    time: datetime
    idea_id: str


@dataclass(frozen=True)
class Stamp:
    """A token over the checkpoint, with the query that it answers and its certificates. The service's own clock is never independent."""

    query: bytes
    reply: bytes
    chain: bytes
    time: datetime
    authority: str
    independent: bool = False
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Stamps:
    """The tokens over one checkpoint, independent ones first, and when the service signed it (by its own clock, aware UTC)."""

    signed_at: datetime
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True)
class Kept:
    """What the holder kept, and what the log answered.

    Args:
        manifest, openings, salt: verbatim, as committed to.
        paths: of the originals, in the order of their positions; empty leaves them out of the bundle.
        vkeys: the log's keys, Ed25519 first.
        stamps: over the checkpoint of ``proof``, independent ones first.
    """

    kind: str
    manifest: bytes
    openings: bytes
    salt: bytes
    commitment: bytes
    paths: tuple[Path, ...]
    proof: TlogProof
    vkeys: tuple[Vkey, ...]
    stamps: tuple[Stamp, ...]


def prepare(
    order: RegisterIdea,
    files: Sequence[HashedFile],
    random: Callable[[int], bytes],
    checkpoint: bytes | None,
    previous: bytes | None = None,
) -> Committed:
    """Commit to an idea whose files stay where they are.

    Args:
        order: title, description and contributors; nobody is named when it names nobody.
        checkpoint: the newest signed checkpoint of the log, verbatim, or None while it is empty.
        previous: the commitment of the version before, 32 bytes, or None for a first one.

    Raises:
        InputError: names each field, its limit and the remedy.
    """
    order = clean_order(order)
    if not order.description.strip() and not files:
        raise InputError.at("/files", N_("There is nothing to register yet. Add a file or describe the idea."))
    said: list[dict[str, Any]] = [statements.subject(order.title, order.description, order.language)]
    for position, file in enumerate(files, 1):
        pointer = f"/files/{position - 1}/name"
        if file.digests.size == 0:
            raise InputError.at("/files", N_("The file “{name}” is empty. Leave it out or choose the right one."), name=file.name)
        name = clean_file_path(pointer, file.name)
        said.append(statements.file(position, name, file.digests.size, clean_media_type(name, None)))
    said += [statements.contributor(f"mailto:{email}", role, share) for email, role, share in clean_contributors(order.contributors)]
    known = None if checkpoint is None else sha256(note_body(checkpoint)).digest()
    return build(order.kind, [file.digests for file in files], said, lambda: random(32), known, previous)


def stamp(message: bytes, ask: Callable[[bytes], bytes], nonce: int | None) -> Stamp:
    """Ask the service's own clock for a token over ``message``, and check the answer.

    Args:
        ask: sends a TimeStampReq and gives the TimeStampResp.
        nonce: 64 or more random bits; None for a token that is the same whoever asks.

    Raises:
        OutsideError: the answer is no token over these bytes.
    """
    digest = sha256(message).digest()
    query = tsp.make_query(digest, nonce)
    reply = ask(query)
    try:
        held = pkcs7.load_der_pkcs7_certificates(tsp.token_of(reply))
    except (ValueError, InputError) as problem:
        raise OutsideError(N_("The service's clock did not answer with a token.")) from problem
    roots = [one for one in held if one.subject == one.issuer]  # believed for the form only: the own clock adds no trust
    report = tsp.verify_token(reply, roots=roots, message_digest=digest, nonce=nonce)
    if not report or report.gen_time is None:
        raise OutsideError(N_("The token of the service's clock does not hold."))
    chain = b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in report.chain)
    return Stamp(query, reply, chain, report.gen_time, "own clock, not independent")


def check_proof(proof: TlogProof, commitment: bytes, vkeys: Sequence[Vkey]) -> Checkpoint:
    """The checkpoint under which the log proved the entry, its signatures and path verified.

    Raises:
        FormatError: it does not hold.
    """
    return proof.verify(entry_line(commitment), vkeys)


def parts(kept: Kept, signed_at: datetime, verify_url: str, language: str = "en") -> BundleParts:
    """Everything the bundle is made of, but the container token.

    Args:
        signed_at: when the service signed the checkpoint, by its own clock.
        verify_url: address of the service's verification page, for the certificate.
    """
    openings = Openings.from_bytes(kept.openings)
    names = [str(one.statement["name"]) for one in openings.statements if one.statement["type"] == "file"]
    files = tuple(
        FilePart(at, names[at - 1], openings.files[at - 1].sha256, lambda path=path: path.open("rb"))  # type: ignore[misc]  # a default
        for at, path in enumerate(kept.paths, 1)
    )
    return BundleParts(
        manifest=kept.manifest,
        openings=kept.openings,
        salt=kept.salt,
        entry=entry_line(kept.commitment),
        proof=kept.proof.to_bytes(),
        checkpoint_body=note_body(kept.proof.checkpoint_note),
        policy=LogPolicy(tuple(KnownLog(key) for key in kept.vkeys)).to_bytes(),
        certificate=_certificate(kept, openings, signed_at, verify_url, language),
        tools=current_tools(),
        files=files,
        tokens=tuple(TokenPart(one.query, one.reply, one.chain, one.crls, one.ocsps) for one in kept.stamps),
    )


def _certificate(kept: Kept, openings: Openings, signed_at: datetime, verify_url: str, language: str) -> bytes:
    said = [one.statement for one in openings.statements]
    checkpoint = check_proof(kept.proof, kept.commitment, kept.vkeys)
    (subject,) = (one for one in said if one["type"] == "subject")
    files = {cast(int, one["position"]): one for one in said if one["type"] == "file"}
    data = CertificateData(
        kind=kept.kind,
        title=str(subject["title"]),
        contributors=tuple(
            CertifiedContributor(str(one["identity"]), str(one["role"]), str(one["share"])) for one in said if one["type"] == "contributor"
        ),
        files=tuple(
            CertifiedFile(at, str(files[at]["name"]), cast(int, files[at]["size"]), file.sha256, file.sha512)
            for at, file in enumerate(openings.files, 1)
        ),
        commitment=kept.commitment,
        index=kept.proof.index,
        origin=checkpoint.origin,
        fingerprint=fingerprint(kept.vkeys[0].to_text()),
        log_size=checkpoint.size,
        root=checkpoint.root,
        signed_at=signed_at,
        tokens=tuple(CertifiedToken(one.authority, one.time, one.independent) for one in kept.stamps),
        verify_url=verify_url,
        language=language,
    )
    return certificate.render(data, certificate.bundled_fonts(), translations(language).gettext)
