"""The proof bundle of any log entry that the service can open: a disclosure, an access, a signature, an executed agreement.

``proving`` does the same for versions of ideas, with their title, contributors and originals.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from sqlalchemy import select

from ipr_service.errors import N_, DamageError
from ipr_service.evidence import certificate
from ipr_service.evidence.bundle import BundleParts, FilePart, TokenPart, asic_manifest, current_tools, write_to
from ipr_service.evidence.certificate import CertificateData, CertifiedFile, CertifiedToken
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line
from ipr_service.services import proving
from ipr_service.services.context import Context
from ipr_service.services.entries import Opened, entry_of, note_body, opened
from ipr_service.services.languages import translations
from ipr_service.store.schema import LogCheckpoint, LogEntry, LogToken


def entry_bundle(
    ctx: Context, commitment: bytes, files: Mapping[int, bytes] = MappingProxyType({}), language: str = "en"
) -> tuple[bytes, bytes]:
    """The proof bundle of one entry, and its inclusion proof by itself. The caller has asked ``access`` before.

    Args:
        files: contents by position, for those that go in.
        language: of the certificate.

    Raises:
        NotFoundError: what opens it was erased.
    """
    proof = proving.proof_of(ctx, commitment)
    size = open_checkpoint(proof.checkpoint_note, ctx.service_keys.log_keys.vkeys).size
    with ctx.database.reading() as session:
        entry = entry_of(session, commitment)
        checkpoint = session.get_one(LogCheckpoint, size)
        tokens = session.scalars(
            select(LogToken).where(LogToken.checkpoint_size == size).order_by(LogToken.independent.desc(), LogToken.id)
        ).all()
    if note_body(checkpoint.note) != note_body(proof.checkpoint_note):  # the lines of witnesses come after the log's own, and later
        raise DamageError(N_("A checkpoint differs from the one that was proved. Run `ipr log audit`."))
    known = opened(ctx, entry)
    parts = BundleParts(
        manifest=known.manifest,
        openings=known.openings_bytes,
        salt=known.salt,
        entry=entry_line(commitment),
        proof=proof.to_bytes(),
        checkpoint_body=note_body(proof.checkpoint_note),
        policy=proving.policy(ctx),
        certificate=_certificate(ctx, entry, checkpoint, tokens, known, len(files), language),
        tools=current_tools(),
        files=tuple(_file(known, position, content) for position, content in files.items()),
        tokens=tuple(TokenPart(token.query, token.reply, token.chain.encode(), token.crls, token.ocsps) for token in tokens),
    )
    out = io.BytesIO()
    write_to(out, parts, proving.container_token(ctx, asic_manifest(parts)))
    return out.getvalue(), proof.to_bytes()


def _file(known: Opened, position: int, content: bytes) -> FilePart:
    said = _file_statements(known)[position]
    return FilePart(position, str(said["name"]), known.openings.files[position - 1].sha256, lambda: cast(BinaryIO, io.BytesIO(content)))


def _file_statements(known: Opened) -> dict[int, dict[str, Any]]:
    found = [dict(one.statement) for one in known.openings.statements if one.statement["type"] == "file"]
    return {cast(int, one["position"]): cast("dict[str, Any]", one) for one in found}


def _certificate(ctx: Context, entry: LogEntry, checkpoint: LogCheckpoint, tokens: Any, known: Opened, files: int, language: str) -> bytes:
    """The one page of a bundle: what stands where in the log. It names no title."""
    log_keys, said = ctx.service_keys.log_keys, _file_statements(known) if files else {}
    data = CertificateData(
        kind=entry.kind,
        title="",
        contributors=(),
        files=tuple(
            CertifiedFile(at, str(one["name"]), int(one["size"]), known.openings.files[at - 1].sha256, known.openings.files[at - 1].sha512)
            for at, one in said.items()
        ),
        commitment=entry.commitment,
        index=entry.index,
        origin=log_keys.origin,
        fingerprint=log_keys.fingerprint,
        log_size=checkpoint.size,
        root=checkpoint.root,
        signed_at=checkpoint.created_at,
        tokens=tuple(CertifiedToken(token.authority, token.obtained_at, token.independent) for token in tokens),
        verify_url=f"{ctx.settings.base_url}/verify",
        language=language,
    )
    return certificate.render(data, certificate.bundled_fonts(), translations(language).gettext)
