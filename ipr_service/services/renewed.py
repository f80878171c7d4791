"""Bundles as they stand after a renewal: kept whole but for the originals, encrypted under their idea's key, and given out from then on.

A renewal covers every member of one bundle, the certificate in its language included. So from its first renewal on a bundle is kept and
not made anew; only the originals stay where they are, and go in when it is given out. Two stand for each version that keeps originals:
one whose container lists them, one without.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.evidence import bundle, renewal
from ipr_service.evidence.bundle import FilePart, OpenedBundle
from ipr_service.gateways.blobs import BlobRef
from ipr_service.services.context import Context
from ipr_service.store.schema import Idea, IdeaVersion, RenewedBundle


def newest(session: Session, version_id: str, whole: bool) -> RenewedBundle | None:
    """The bundle of a version with the most renewals, or None when it was never renewed."""
    rows = select(RenewedBundle).where(RenewedBundle.version_id == version_id, RenewedBundle.whole.is_(whole))
    return session.scalars(rows.order_by(RenewedBundle.number.desc()).limit(1)).one_or_none()


def ref(version: IdeaVersion, whole: bool, number: int, blob: str) -> BlobRef:
    """Where a renewed bundle rests."""
    return BlobRef(blob, version.organisation_id, version.idea_id, f"{version.id}/renewed/{'whole' if whole else 'bare'}/{number}")


def open_kept(ctx: Context, idea: Idea, version: IdeaVersion, row: RenewedBundle) -> OpenedBundle:
    """A renewed bundle without its originals.

    Raises:
        NotFoundError: the idea was erased.
        DamageError, FormatError: it was changed.
    """
    kept = ref(version, row.whole, row.number, row.blob)
    with ctx.blobs.open(kept, ctx.keys.get(idea.key_id)) as stream:
        return bundle.read(io.BytesIO(stream.read()))


def write_to(out: BinaryIO, opened: OpenedBundle, files: Sequence[FilePart]) -> None:
    """Give a renewed bundle out, with its originals when its container lists them."""
    renewal.write_with_files(out, opened, files)
