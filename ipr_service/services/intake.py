"""Taking files in: hashed with both digests and encrypted in one pass, in constant memory, before any row exists.

An :class:`Intake` is opened before the first byte arrives (it fixes the ids and the key under which the bytes rest) and is either used
up by ``registration`` or aborted. A crash in between leaves blobs that no row names; ``sweep`` removes them.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

from sqlalchemy import select

from ipr_service.errors import N_, InputError, TooLargeError
from ipr_service.evidence.digest import Digests, DigestSink
from ipr_service.gateways.blobs import BlobRef, BlobSink
from ipr_service.services import access
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.words import clean_line
from ipr_service.store.schema import AgreementDocument, Idea, IdeaFile, RenewedBundle

MAX_NAME = 255
MAX_PATH = 1_000
ORPHAN_AFTER = timedelta(days=2)  # longer than any upload takes
# Every column that names a blob; what none of them names was left by a killed process.
BLOB_COLUMNS = (
    IdeaFile.blob,
    AgreementDocument.docx_blob,
    AgreementDocument.pdf_blob,
    AgreementDocument.sealed_blob,
    AgreementDocument.evidence_blob,
    RenewedBundle.blob,
)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")


@dataclass(frozen=True)
class TakenFile:
    """One file as taken in: its cleaned name, its digests, and where its bytes rest (None: only digests were sent)."""

    name: str
    media_type: str
    digests: Digests
    blob: str | None


@dataclass
class Intake:
    """Files on their way in, for one version of one idea (new or existing)."""

    ctx: Context
    organisation_id: str
    idea_id: str
    version_id: str
    key_id: str
    key: bytes
    is_new: bool
    files: list[TakenFile] = field(default_factory=list)
    _open: list[BlobSink] = field(default_factory=list)
    _stored: list[str] = field(default_factory=list)
    _size: int = 0

    def begin(self, name: str, media_type: str | None) -> Incoming:
        """Begin a file.

        Raises:
            InputError: a name that is empty, too long, a path, or holds control or direction marks; too many files.
        """
        limit = self.ctx.settings.max_files
        if len(self.files) + len(self._open) >= limit:
            raise InputError.at("/files", N_("At most {limit} files fit in one registration. Pack them, or register twice."), limit=limit)
        pointer = f"/files/{len(self.files)}/name"
        cleaned = clean_file_name(pointer, name)
        blob_id = self.ctx.new_id()
        sink = self.ctx.blobs.sink(file_ref(self.organisation_id, self.idea_id, self.version_id, len(self.files) + 1, blob_id), self.key)
        self._open.append(sink)
        return Incoming(self, cleaned, clean_media_type(cleaned, media_type), sink, blob_id)

    def take(self, name: str, media_type: str | None, stream: IO[bytes], chunk: int = 1 << 20) -> TakenFile:
        """Take one file from a stream, whole."""
        incoming = self.begin(name, media_type)
        while piece := stream.read(chunk):
            incoming.write(piece)
        return incoming.finish()

    def grow(self, count: int) -> None:
        self._size += count
        limit = self.ctx.settings.max_upload_bytes
        if self._size > limit:
            said = N_("At most {limit} bytes fit in one registration. Register the hashes alone instead.")
            raise TooLargeError.at("/files", said, limit=limit)

    def kept(self, sink: BlobSink, taken: TakenFile) -> None:
        self._open.remove(sink)
        self.files.append(taken)
        if taken.blob is not None:
            self._stored.append(taken.blob)

    def abort(self) -> None:
        """Forget everything that was taken in: nothing half-kept remains. Needs no room on the disk; never after a write that may stand."""
        for sink in self._open:
            sink.abort()
        for blob in self._stored:
            self.ctx.blobs.delete(blob)
        if self.is_new:
            self.ctx.keys.discard(self.key_id)
        self._open.clear()
        self._stored.clear()


@dataclass
class Incoming:
    """One file being written; file-like enough for an upload parser."""

    intake: Intake
    name: str
    media_type: str
    sink: BlobSink
    blob_id: str
    _digests: DigestSink = field(default_factory=DigestSink)

    def write(self, piece: bytes) -> int:
        self.intake.grow(len(piece))
        self._digests.update(piece)
        self.sink.write(piece)
        return len(piece)

    def finish(self) -> TakenFile:
        """The file is whole: fsynced and in place, though no row names it yet.

        Raises:
            InputError: it is empty.
        """
        digests = self._digests.finish()
        if digests.size == 0:
            raise InputError.at("/files", N_("The file “{name}” is empty. Leave it out or choose the right one."), name=self.name)
        self.sink.finish()
        taken = TakenFile(self.name, self.media_type, digests, self.blob_id)
        self.intake.kept(self.sink, taken)
        return taken


def file_ref(organisation_id: str, idea_id: str, version_id: str, position: int, blob_id: str) -> BlobRef:
    """Which bytes rest under ``blob_id``: the file at ``position`` (from 1) of that version; authenticated when they are read."""
    return BlobRef(blob_id, organisation_id, idea_id, f"{version_id}/{position}")


def clean_file_name(pointer: str, name: str) -> str:
    """A file name as it goes into a statement: NFC, 1 to 255 characters, no path, no control or direction marks.

    Raises:
        InputError: naming field, limit and remedy.
    """
    cleaned = clean_line(pointer, name, MAX_NAME)
    if "/" in cleaned or "\\" in cleaned or cleaned in {".", ".."}:
        raise InputError.at(pointer, N_("A file name holds no folders: leave out / and \\. Rename the file and try again."))
    return cleaned


def clean_file_path(pointer: str, name: str) -> str:
    """The name of a file that stays with its holder, with the folders it lies in: parts as :func:`clean_file_name` takes them, joined by
    ``/``, 1,000 characters at most. Nobody makes a path of it: in a bundle a file stands under its position.

    Raises:
        InputError: naming field, limit and remedy; also for a path from the root, and one that leads upwards.
    """
    parts = [clean_file_name(pointer, part) for part in name.split("/")]
    return clean_line(pointer, "/".join(parts), MAX_PATH)


def clean_media_type(name: str, media_type: str | None) -> str:
    """The media type as the sender says it, or guessed from the name; only a statement, never a reason to run anything."""
    said = (media_type or "").split(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(said) or said == "application/octet-stream":
        said = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return said


def open_intake(ctx: Context, actor: Actor, idea_id: str | None = None) -> Intake:
    """Begin a registration: of a new idea, or of a new version of ``idea_id``.

    Raises:
        UnauthenticatedError, NotFoundError, ForbiddenError: see ``access``.
    """
    version_id = ctx.new_id()
    if idea_id is None:
        organisation_id = access.require_creation(actor, "idea")
        new_id, key_id = ctx.new_id(), ctx.new_id()
        return Intake(ctx, organisation_id, new_id, version_id, key_id, ctx.keys.create(key_id), True)
    with ctx.database.reading() as session:
        access.require(session, actor, "revise", "idea", idea_id)
        idea = session.get_one(Idea, idea_id)
    return Intake(ctx, idea.organisation_id, idea.id, version_id, idea.key_id, ctx.keys.get(idea.key_id), False)


def sweep(ctx: Context) -> int:
    """Remove contents that no row names: a process was killed between storing and writing its rows.

    Returns:
        how many were removed. Those younger than :data:`ORPHAN_AFTER` stay, since their rows may be about to be written.
    """
    older_than = ctx.now() - ORPHAN_AFTER
    with ctx.database.reading() as session:
        known = {blob for column in BLOB_COLUMNS for blob in session.scalars(select(column)) if blob is not None}
    return len(ctx.blobs.sweep(known, older_than))
