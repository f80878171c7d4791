"""Give out what proves a registration: receipt, inclusion proof, proof bundle, certificate.

Everything is read from the log's rows and, for the holder, from the openings that rest encrypted. The checkpoint of a bundle is the
oldest one that covers the entry and carries a token, an independent one if there is any; so the same stored inputs give the same bytes.
The container token is made once by the service's own clock for one exact ASiCManifest and kept: a formality that adds no trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import BinaryIO, cast

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, NotFoundError
from ipr_service.evidence import certificate, merkle
from ipr_service.evidence.bundle import BundleParts, FilePart, TokenPart, Tools, asic_manifest, current_tools, write_to
from ipr_service.evidence.certificate import CertificateData, CertifiedContributor, CertifiedFile, CertifiedToken
from ipr_service.evidence.commitment import Openings, entry_line
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.tiles import subtree_reader
from ipr_service.evidence.trust import KnownLog
from ipr_service.evidence.tsp import make_query, respond, token_of
from ipr_service.services import access, renewed
from ipr_service.services.access import Actor
from ipr_service.services.checkpoints import cosigned, read_tile
from ipr_service.services.context import Context
from ipr_service.services.entries import Opened, entry_of, note_body, opened
from ipr_service.services.intake import file_ref
from ipr_service.services.languages import translations
from ipr_service.store.schema import ContainerToken, Idea, IdeaFile, IdeaVersion, LogCheckpoint, LogEntry, LogToken, WitnessedCheckpoint
from ipr_service.store.sequencer import Receipt, log_time


@dataclass(frozen=True)
class Proven:
    """All that proves one version, loaded once: rows, openings, checkpoint, tokens. ``note`` is the checkpoint with its cosignatures."""

    idea: Idea
    version: IdeaVersion
    entry: LogEntry
    opened: Opened | None
    checkpoint: LogCheckpoint
    note: bytes
    hashes: tuple[bytes, ...]
    tokens: tuple[LogToken, ...]
    files: tuple[IdeaFile, ...]


def version_of(session: Session, idea_id: str, number: int | None) -> tuple[Idea, IdeaVersion]:
    """An idea and one of its versions, the newest for None.

    Raises:
        NotFoundError: no such version.
    """
    idea = session.get(Idea, idea_id)
    wanted = idea.versions if idea is not None and number is None else number
    version = session.scalar(select(IdeaVersion).where(IdeaVersion.idea_id == idea_id, IdeaVersion.number == wanted))
    if idea is None or version is None:
        raise NotFoundError(N_("There is no such version."))
    return idea, version


def receipt_of(ctx: Context, actor: Actor, idea_id: str, number: int | None = None) -> Receipt:
    """The receipt again, as it was first given.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        _, version = version_of(session, idea_id, number)
        entry = entry_of(session, version.commitment)
        note = session.get_one(LogCheckpoint, entry.checkpoint_size).note
    return Receipt(entry.index, entry.commitment, entry.checkpoint_size, note, entry.created_at)


def inclusion(session: Session, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of entry ``index`` in the log of ``size`` entries, from stored tiles: each is read once."""
    return merkle.inclusion_proof(index, size, subtree_reader(lambda level, number: read_tile(session, level, number)))


def proof_of(ctx: Context, commitment: bytes) -> TlogProof:
    """The inclusion proof of a commitment under the checkpoint that a bundle would use. Public: it tells nothing but its place.

    Raises:
        NotFoundError: this commitment is not in the log.
    """
    with ctx.database.reading() as session:
        entry = entry_of(session, commitment)
        checkpoint, _ = _checkpoint(session, entry)
        return TlogProof(entry.index, inclusion(session, entry.index, checkpoint.size), cosigned(session, checkpoint))


def _checkpoint(session: Session, entry: LogEntry) -> tuple[LogCheckpoint, tuple[LogToken, ...]]:
    """The checkpoint to prove by, and its tokens: the oldest that carries most of what a reader may ask for.

    In this order: an independent token and the witnesses' quorum; an independent token; the quorum; any token; the first that covers.
    """
    quorum = exists().where(WitnessedCheckpoint.checkpoint_size == LogToken.checkpoint_size)
    covering = select(LogToken.checkpoint_size, LogToken.independent, quorum).where(LogToken.checkpoint_size > entry.index)
    best = session.execute(
        covering.order_by(LogToken.independent.desc(), quorum.desc(), LogToken.checkpoint_size, LogToken.id).limit(1)
    ).one_or_none()
    size = entry.checkpoint_size if best is None else best[0]
    if best is None or not (best[1] or best[2]):
        reached = select(func.min(WitnessedCheckpoint.checkpoint_size)).where(WitnessedCheckpoint.checkpoint_size > entry.index)
        size = session.scalar(reached) or size
    tokens = session.scalars(select(LogToken).where(LogToken.checkpoint_size == size).order_by(LogToken.independent.desc(), LogToken.id))
    return session.get_one(LogCheckpoint, size), tuple(tokens)


def load(ctx: Context, session: Session, idea_id: str, number: int | None) -> Proven:
    """Load what proves a version. The caller has asked ``access`` before."""
    idea, version = version_of(session, idea_id, number)
    entry = entry_of(session, version.commitment)
    checkpoint, tokens = _checkpoint(session, entry)
    files = tuple(session.scalars(select(IdeaFile).where(IdeaFile.version_id == version.id).order_by(IdeaFile.position)))
    known = None if version.hash_only else opened(ctx, entry)
    hashes = inclusion(session, entry.index, checkpoint.size)
    return Proven(idea, version, entry, known, checkpoint, cosigned(session, checkpoint), hashes, tokens, files)


def write_bundle(
    ctx: Context,
    actor: Actor,
    idea_id: str,
    number: int | None,
    out: BinaryIO,
    *,
    language: str = "en",
    with_files: bool = True,
    position: int | None = None,
) -> None:
    """Write the proof bundle of a version, in constant memory.

    Args:
        out: binary, need not be seekable.
        language: of the certificate; a renewed bundle stays in the language in which it was renewed.
        with_files: False leaves the originals out; their openings stand for them.
        position: only this one of the originals goes in. Such a bundle is made anew and carries no renewals.

    Raises:
        NotFoundError: no such version, or hash-only: then only the holder can make the bundle; or the service keeps no such file.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        if position is not None:
            access.require(session, actor, "read", "idea", idea_id)
        if with_files:
            with_files = access.may(session, actor, "read", "idea", idea_id)
        proven = load(ctx, session, idea_id, number)
        kept = renewed.newest(session, proven.version.id, with_files and any(file.blob is not None for file in proven.files))
    known = proven.opened
    if known is None:
        raise NotFoundError(N_("This was registered by its commitment alone: only the holder can make the bundle."))
    if position is not None:
        proven = replace(proven, files=tuple(file for file in proven.files if file.position == position and file.blob is not None))
        if not proven.files:
            raise NotFoundError(N_("There is no such file."))
    elif kept is not None:
        files = original_files(ctx, proven, known.openings) if kept.whole else ()
        renewed.write_to(out, renewed.open_kept(ctx, proven.idea, proven.version, kept), files)
        return
    parts = bundle_parts(ctx, proven, known, language, with_files)
    write_to(out, parts, container_token(ctx, asic_manifest(parts)))


def bundle_parts(ctx: Context, proven: Proven, known: Opened, language: str, with_files: bool) -> BundleParts:
    """Everything a bundle is made of, but the container token."""
    proof = TlogProof(proven.entry.index, proven.hashes, proven.note)
    return BundleParts(
        manifest=known.manifest,
        openings=known.openings_bytes,
        salt=known.salt,
        entry=entry_line(proven.entry.commitment),
        proof=proof.to_bytes(),
        checkpoint_body=note_body(proven.checkpoint.note),
        policy=policy(ctx),
        certificate=certificate_pdf(ctx, proven, known, language),
        tools=current_tools(),
        files=original_files(ctx, proven, known.openings) if with_files else (),
        tokens=_token_parts(proven.tokens),
    )


def _token_parts(tokens: Sequence[LogToken]) -> tuple[TokenPart, ...]:
    return tuple(TokenPart(token.query, token.reply, token.chain.encode(), token.crls, token.ocsps) for token in tokens)


def policy(ctx: Context) -> bytes:
    """The tlog-policy in a bundle: this log's keys and the witnesses it asks; what a reader should trust comes from elsewhere."""
    witnesses = ctx.network.policy
    return replace(witnesses, logs=tuple(KnownLog(key) for key in ctx.service_keys.log_keys.vkeys)).to_bytes()


def original_files(ctx: Context, proven: Proven, openings: Openings) -> tuple[FilePart, ...]:
    """The originals of a version that the service keeps, as parts of a bundle."""
    names = {said["position"]: said["name"] for said in _said(openings, "file")}
    key = ctx.keys.get(proven.idea.key_id)

    def part(file: IdeaFile, blob: str) -> FilePart:
        ref = file_ref(proven.version.organisation_id, proven.idea.id, proven.version.id, file.position, blob)
        return FilePart(
            file.position,
            str(names[file.position]),
            openings.files[file.position - 1].sha256,
            lambda: cast(BinaryIO, ctx.blobs.open(ref, key)),
        )

    return tuple(part(file, file.blob) for file in proven.files if file.blob is not None)


def _said(openings: Openings, kind: str) -> list[dict[str, object]]:
    return [dict(opening.statement) for opening in openings.statements if opening.statement.get("type") == kind]


def certificate_pdf(ctx: Context, proven: Proven, known: Opened, language: str) -> bytes:
    """The one-page certificate: made for the holder, because it shows the title."""
    data = replace(_certificate_data(ctx, proven, known.openings), language=language)
    return certificate.render(data, certificate.bundled_fonts(), translations(language).gettext)


def _certificate_data(ctx: Context, proven: Proven, openings: Openings) -> CertificateData:
    log_keys = ctx.service_keys.log_keys
    subject = _said(openings, "subject")
    return CertificateData(
        kind=proven.entry.kind,
        title=str(subject[0]["title"]) if subject else "",
        contributors=tuple(
            CertifiedContributor(str(one["identity"]), str(one["role"]), str(one["share"])) for one in _said(openings, "contributor")
        ),
        files=_certified_files(openings),
        commitment=proven.entry.commitment,
        index=proven.entry.index,
        origin=log_keys.origin,
        fingerprint=log_keys.fingerprint,
        log_size=proven.checkpoint.size,
        root=proven.checkpoint.root,
        signed_at=proven.checkpoint.created_at,
        tokens=_certified_tokens(proven.tokens),
        verify_url=f"{ctx.settings.base_url}/verify",
    )


def _certified_files(openings: Openings) -> tuple[CertifiedFile, ...]:
    said = {one["position"]: one for one in _said(openings, "file")}
    return tuple(
        CertifiedFile(at, str(said[at]["name"]), cast(int, said[at]["size"]), file.sha256, file.sha512)
        for at, file in enumerate(openings.files, 1)
    )


def _certified_tokens(tokens: Sequence[LogToken]) -> tuple[CertifiedToken, ...]:
    return tuple(CertifiedToken(token.authority, token.obtained_at, token.independent) for token in tokens)


def certificate_of(ctx: Context, actor: Actor, idea_id: str, number: int | None, language: str) -> bytes:
    """The certificate alone, as PDF.

    Raises:
        NotFoundError: no such version, or hash-only.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        proven = load(ctx, session, idea_id, number)
    if proven.opened is None:
        raise NotFoundError(N_("This was registered by its commitment alone: only the holder can make the certificate."))
    return certificate_pdf(ctx, proven, proven.opened, language)


def stamps_of(ctx: Context, actor: Actor, idea_id: str, number: int | None = None) -> tuple[CertifiedToken, ...]:
    """The tokens that cover a version now: the first of each authority, independent ones first.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        _, version = version_of(session, idea_id, number)
        index = entry_of(session, version.commitment).index
        covering = select(LogToken).where(LogToken.checkpoint_size > index).order_by(LogToken.checkpoint_size, LogToken.id)
        first: dict[str, LogToken] = {}
        for token in session.scalars(covering):
            first.setdefault(token.authority, token)
    return _certified_tokens(sorted(first.values(), key=lambda token: not token.independent))


@dataclass(frozen=True)
class PublicParts:
    """What the service adds to a bundle that only its holder can make: nothing here is a secret of the holder.

    Args:
        certificate: the one page that knows commitment, index and log, and neither title nor file.
    """

    proof: bytes
    checkpoint_body: bytes
    policy: bytes
    certificate: bytes
    tools: Tools
    tokens: tuple[TokenPart, ...]


def public_parts(ctx: Context, actor: Actor, idea_id: str, number: int | None, language: str) -> PublicParts:
    """The parts of a bundle that are not the holder's: for hash-only registrations, whose bundle the holder makes.

    Raises:
        NotFoundError: no such version.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        proven = load(ctx, session, idea_id, number)
    return PublicParts(
        proof=TlogProof(proven.entry.index, proven.hashes, proven.note).to_bytes(),
        checkpoint_body=note_body(proven.checkpoint.note),
        policy=policy(ctx),
        certificate=blank_certificate(ctx, proven, language),
        tools=current_tools(),
        tokens=_token_parts(proven.tokens),
    )


def blank_certificate(ctx: Context, proven: Proven, language: str) -> bytes:
    """The certificate of a registration of which the service knows the commitment alone."""
    data = replace(_certificate_data(ctx, proven, Openings((), ())), language=language)
    return certificate.render(data, certificate.bundled_fonts(), translations(language).gettext)


def container_token(ctx: Context, manifest: bytes) -> bytes:
    """The own clock's token over one ASiCManifest: made at the first asking, kept, and the same ever after."""
    digest = sha256(manifest).digest()
    with ctx.database.reading() as session:
        kept = session.get(ContainerToken, digest)
    if kept is not None:
        return kept.token
    now = log_time(ctx.database, ctx.clock)
    token = token_of(respond(make_query(digest, None), ctx.service_keys.clock, now, new_serial(ctx)))
    with ctx.database.writing() as session:
        kept = session.get(ContainerToken, digest)  # somebody else may have asked at the same moment
        if kept is None:
            session.add(ContainerToken(manifest_digest=digest, token=token, created_at=now))
            return token
        return kept.token


def new_serial(ctx: Context) -> int:
    """A serial number of the own clock: 159 random bits, positive, never used twice (RFC 3161 section 2.4.2)."""
    return int.from_bytes(ctx.random(20), "big") >> 1 | 1
