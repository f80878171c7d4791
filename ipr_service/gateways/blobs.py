"""Stored contents: encrypted streams under opaque names, written once, read from any place.

:class:`BlobStore` encrypts and decrypts (``envelope``: AES-256-GCM in chunks of 1 MiB, bound to organisation, object and
version); a :class:`Shelf` keeps the ciphertext: a local folder here, an object store in ``blobs_s3``. Memory stays at a few
chunks whatever the size. Nothing here knows file names, media types or whose content it is; names rest encrypted in the
database, blob ids are opaque.

A blob is invisible until :meth:`BlobSink.finish` and durable when it returns. A crash before the database row that names it
leaves an orphan, which :meth:`BlobStore.sweep` removes; a row never names a blob that is not there.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from ipr_service.errors import N_, ConflictError, DamageError, NotFoundError
from ipr_service.gateways import durable, envelope

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOB_ID = re.compile(r"[0-9A-Za-z]{4,64}")


def checked_id(blob_id: str) -> str:
    """Return ``blob_id`` if it is 4 to 64 letters and digits, so that it can name a file or an object anywhere."""
    if not _BLOB_ID.fullmatch(blob_id):
        raise ValueError("a blob id has 4 to 64 letters and digits")
    return blob_id


@dataclass(frozen=True)
class BlobRef:
    """Which content, and what it belongs to. All four are authenticated except the id, which only finds it.

    Args:
        blob_id: opaque name on the shelf, unique for ever.
        organisation: id of the owning organisation.
        object: id of the thing (idea, agreement) that the content belongs to.
        version: id or number of the version and place within it, for example ``3/files/0001``.
    """

    blob_id: str
    organisation: str
    object: str
    version: str

    @property
    def context(self) -> bytes:
        return envelope.context_of(self.organisation, self.object, self.version)


class RawSink(Protocol):
    """Ciphertext on its way to the shelf."""

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None:
        """Make it durable and visible, once. Raises ``ConflictError`` when the id is taken, ``StorageFullError`` without room."""

    def abort(self) -> None:
        """Leave nothing behind. Safe to call twice and after a failed ``finish``."""


class Shelf(Protocol):
    """Where ciphertext rests. Write once: no call replaces bytes that are there."""

    def sink(self, blob_id: str) -> RawSink: ...

    def read(self, blob_id: str, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset``, fewer only at the end. Raises ``NotFoundError``."""

    def delete(self, blob_id: str) -> None:
        """Remove it; an absent one is no error."""

    def listing(self) -> Iterator[tuple[str, int, datetime]]:
        """Every blob: id, size in bytes, time of its last change; unfinished ones too, under an id that starts with a dot."""

    def size(self, blob_id: str) -> int | None:
        """Size in bytes of the ciphertext, or ``None`` when there is none."""


class BlobStore:
    """Confidential contents on a shelf.

    Args:
        shelf: where the ciphertext rests.
        random: gives n random bytes from the system's source.
    """

    def __init__(self, shelf: Shelf, random: Callable[[int], bytes]) -> None:
        self.shelf = shelf
        self._random = random

    def sink(self, ref: BlobRef, key: bytes) -> BlobSink:
        """Start a new blob. Use it as a context manager: leaving without ``finish`` leaves nothing behind.

        Args:
            ref: its name and owner.
            key: 32 bytes, the key of the thing (``keys.KeyStore``).
        """
        salt = self._random(envelope.SALT_SIZE)
        raw = self.shelf.sink(checked_id(ref.blob_id))
        return BlobSink(raw, envelope.ChunkCipher.for_blob(key, salt, ref.context), salt)

    def put(self, ref: BlobRef, key: bytes, content: bytes) -> None:
        """Store a content that is in memory already: ``sink``, ``write``, ``finish``.

        Raises:
            ConflictError: the id is taken. StorageFullError: no room, nothing was kept.
        """
        with self.sink(ref, key) as sink:
            sink.write(content)
            sink.finish()

    def open(self, ref: BlobRef, key: bytes) -> BlobReader:
        """Open a blob for reading its plain bytes, from the start or after ``seek`` from anywhere.

        The header and the last chunk are checked now, so that a cut blob is refused before a byte was served.

        Raises:
            NotFoundError: there is none. DamageError: wrong key, wrong owner, cut or changed.
        """
        size = self.shelf.size(checked_id(ref.blob_id))
        if size is None:
            raise NotFoundError(N_("This content is not stored here."))
        header = self.shelf.read(ref.blob_id, 0, envelope.HEADER_SIZE)
        if len(header) != envelope.HEADER_SIZE or not header.startswith(envelope.MAGIC):
            raise DamageError(N_("A stored file is not in the form in which this service stores files."))
        cipher = envelope.ChunkCipher.for_blob(key, header[len(envelope.MAGIC) :], ref.context)
        return BlobReader(self.shelf, ref.blob_id, cipher, size)

    def delete(self, blob_id: str) -> None:
        """Remove a blob; an absent one is no error. Erasure of a thing destroys its key first (``keys.KeyStore.destroy``)."""
        self.shelf.delete(checked_id(blob_id))

    def exists(self, blob_id: str) -> bool:
        return self.shelf.size(checked_id(blob_id)) is not None

    def sweep(self, known_ids: Collection[str], older_than: datetime) -> tuple[str, ...]:
        """Remove blobs that no row names and uploads that nobody finished.

        Args:
            known_ids: every blob id in the database, read AFTER ``older_than`` was chosen.
            older_than: aware time; younger blobs stay, since their row may be about to be written.

        Returns:
            the ids that were removed.
        """
        known = frozenset(known_ids)
        orphans = tuple(sorted(blob_id for blob_id, _, changed in self.shelf.listing() if changed < older_than and blob_id not in known))
        for blob_id in orphans:
            self.shelf.delete(blob_id)
        return orphans


class BlobSink:
    """Takes plain bytes, encrypts chunk by chunk. Made by :meth:`BlobStore.sink`."""

    def __init__(self, raw: RawSink, cipher: envelope.ChunkCipher, salt: bytes) -> None:
        self._raw = raw
        self._cipher = cipher
        self._pending = bytearray()
        self._index = 0
        self.size = 0
        """Plain bytes taken so far."""
        self._write_raw(envelope.MAGIC + salt)

    def _write_raw(self, data: bytes) -> None:
        try:
            self._raw.write(data)
        except BaseException:
            self._raw.abort()
            raise

    def write(self, data: bytes) -> int:
        """Take plain bytes, any number of them.

        Raises:
            StorageFullError: no room; everything written so far is removed.
        """
        self.size += len(data)
        view = memoryview(data)
        while view:
            if len(self._pending) == envelope.CHUNK_SIZE:  # more follows, so this one is not the last
                self._write_raw(self._cipher.seal(self._index, False, bytes(self._pending)))
                self._index += 1
                self._pending.clear()
            room = envelope.CHUNK_SIZE - len(self._pending)
            self._pending += view[:room]
            view = view[room:]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk and make the blob durable and visible.

        Raises:
            ConflictError: the id is taken; what it holds is untouched. StorageFullError: no room. Either leaves nothing behind.
        """
        self._write_raw(self._cipher.seal(self._index, True, bytes(self._pending)))
        try:
            self._raw.finish()
        except BaseException:
            self._raw.abort()
            raise

    def abort(self) -> None:
        """Leave nothing behind; after ``finish`` it does nothing."""
        self._raw.abort()

    def __enter__(self) -> BlobSink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.abort()


class BlobReader(io.RawIOBase):
    """Plain bytes of one blob: a file object with ``seek``, ``tell`` and ``read``; holds one chunk at a time.

    Every byte it gives was authenticated. ``size`` is the number of plain bytes.
    """

    def __init__(self, shelf: Shelf, blob_id: str, cipher: envelope.ChunkCipher, stored_size: int) -> None:
        self._shelf = shelf
        self._blob_id = blob_id
        self._cipher = cipher
        self._position = 0
        self.size = envelope.plain_size(stored_size)
        self._last = max(0, (self.size - 1) // envelope.CHUNK_SIZE)
        self._held: tuple[int, bytes] = (self._last, self._load(self._last))

    def _load(self, index: int) -> bytes:
        offset = envelope.HEADER_SIZE + index * envelope.SEALED_CHUNK_SIZE
        expected = min(envelope.CHUNK_SIZE, self.size - index * envelope.CHUNK_SIZE) + envelope.TAG_SIZE
        return self._cipher.open(index, index == self._last, self._shelf.read(self._blob_id, offset, expected))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer`` with at most what is left of one chunk.

        Raises:
            DamageError: the chunk was cut, changed or exchanged.
        """
        if self._position >= self.size:
            return 0
        index, within = divmod(self._position, envelope.CHUNK_SIZE)
        if self._held[0] != index:
            self._held = (index, self._load(index))
        view = memoryview(buffer).cast("B")
        piece = self._held[1][within : within + len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` plain bytes, fewer only at the end (unlike a plain raw file, which may stop at any place)."""
        wanted = max(0, self.size - self._position) if size is None or size < 0 else size
        pieces = bytearray()
        while wanted > len(pieces):
            piece = super().read(min(wanted - len(pieces), envelope.CHUNK_SIZE))
            if not piece:
                break
            pieces += piece
        return bytes(pieces)


class FolderShelf:
    """A local folder: ``<last two characters of the id>/<id>``, unfinished ones as ``.<id>.<tag>.partial`` in ``partial/``.

    Args:
        folder: made when missing; on one file system, so that a name can be given by a link.
        random: names the unfinished files.
    """

    def __init__(self, folder: Path, random: Callable[[int], bytes]) -> None:
        self.folder = folder
        self._random = random
        self._partial = folder / "partial"
        durable.make_directory(self._partial)

    def _path(self, blob_id: str) -> Path:
        return self.folder / "blobs" / blob_id[-2:] / blob_id

    def sink(self, blob_id: str) -> FolderSink:
        return FolderSink(self._partial / f".{blob_id}.{self._random(8).hex()}.partial", self._path(blob_id))

    def size(self, blob_id: str) -> int | None:
        try:
            return self._path(blob_id).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, blob_id: str, offset: int, size: int) -> bytes:
        try:
            handle = os.open(self._path(blob_id), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as problem:
            raise NotFoundError(N_("This content is not stored here.")) from problem
        try:
            return os.pread(handle, size, offset)
        finally:
            os.close(handle)

    def delete(self, blob_id: str) -> None:
        path = self._partial / blob_id if blob_id.startswith(".") else self._path(blob_id)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        durable.sync_directory(path.parent)

    def listing(self) -> Iterator[tuple[str, int, datetime]]:
        for folder in (self._partial, *sorted((self.folder / "blobs").glob("??"))):
            for entry in os.scandir(folder):
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # finished or aborted while we looked
                if stat.S_ISREG(found.st_mode):
                    yield entry.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)


class FolderSink:
    """One unfinished file of a :class:`FolderShelf`."""

    def __init__(self, temporary: Path, final: Path) -> None:
        self._temporary = temporary
        self._final = final
        self._open = True
        with durable.full_disk_is_said():
            self._handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, data: bytes) -> None:
        with durable.full_disk_is_said():
            durable.write_all(self._handle, data)

    def finish(self) -> None:
        with durable.full_disk_is_said():
            os.fsync(self._handle)
        self._close()
        durable.make_directory(self._final.parent)
        try:
            durable.publish(self._temporary, self._final)
        except ConflictError as taken:
            raise ConflictError(N_("Content with this id is stored already and is never replaced.")) from taken

    def abort(self) -> None:
        self._close()
        self._temporary.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._handle)
