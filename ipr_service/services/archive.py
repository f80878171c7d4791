"""The file that a backup is: a plain tar whose last member lists the SHA-256 of every other, so that a cut or changed one is noticed.

Only regular files with names of a known grammar are written and read; nothing is ever unpacked by name. Writing and reading keep to
constant memory. What the members mean is in ``backup`` and ``restoring``.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Protocol

from ipr_service.errors import N_, DamageError
from ipr_service.gateways import durable

SUMS = "SHA256SUMS"
CHUNK = 1 << 20
_CUT = N_("{name} is cut, changed or no backup of this service. Nothing was restored.")


class Readable(Protocol):
    """What a member's content is read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class _Hashing:
    """Passes bytes on and hashes them."""

    def __init__(self, source: Readable) -> None:
        self._source, self._hash = source, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._source.read(size)
        self._hash.update(piece)
        return piece

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


@dataclass
class ArchiveWriter:
    """Writes one archive; use :func:`writing`."""

    tar: tarfile.TarFile
    sums: list[str] = field(default_factory=list)

    def add(self, name: str, size: int, content: Readable) -> None:
        """Add a member of exactly ``size`` bytes."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        hashing = _Hashing(content)
        self.tar.addfile(info, hashing)
        self.sums.append(f"{hashing.hexdigest()}  {name}\n")

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, len(content), io.BytesIO(content))


@contextmanager
def writing(path: Path, tag: str) -> Iterator[ArchiveWriter]:
    """A new archive, for its owner alone (mode 0600): whole and on the disk when the block ends, or not there at all.

    Args:
        tag: random hex for the unfinished name.

    Raises:
        ConflictError: the name is taken.
        StorageFullError: no room; nothing is left.
    """
    temporary = path.absolute().with_name(f".{path.name}.{tag}.partial")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with durable.full_disk_is_said(), os.fdopen(handle, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
                writer = ArchiveWriter(tar)
                yield writer
                listing = "".join(writer.sums).encode()
                info = tarfile.TarInfo(SUMS)
                info.size, info.mode = len(listing), 0o600
                tar.addfile(info, io.BytesIO(listing))
            stream.flush()
            os.fsync(stream.fileno())
        durable.publish(temporary, path.absolute())
    finally:
        temporary.unlink(missing_ok=True)


class ArchiveReader:
    """Reads one archive, member by member, in order.

    Args:
        path: of the archive.
        known: whether a name may be a member.
    """

    def __init__(self, path: Path, known: Callable[[str], bool]) -> None:
        self._path, self._known = path, known
        self._stream: BinaryIO = path.open("rb")

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()

    def damage(self) -> DamageError:
        """The one way to say that this is no whole archive."""
        return DamageError(_CUT, name=self._path.name)

    def members(self) -> Iterator[tuple[str, IO[bytes]]]:
        """(name, content) of every member; the content is read before the next one is asked for.

        Raises:
            DamageError: a foreign, cut or changed archive. A change is found when the end is reached: call :meth:`check` first.
        """
        for name, content in self._walk():
            if name != SUMS:
                yield name, content

    def check(self) -> None:
        """Read all of it once and compare every member with the list at the end.

        Raises:
            DamageError: anything differs, is missing or stands there beside.
        """
        found: list[str] = []
        listing: bytes | None = None
        try:
            for name, content in self._walk():
                if name == SUMS:
                    listing = content.read()
                    continue
                hashing = _Hashing(content)
                while hashing.read(CHUNK):
                    pass
                found.append(f"{hashing.hexdigest()}  {name}\n")
        except tarfile.TarError as problem:  # the content of a member ends too early
            raise self.damage() from problem
        if listing is None or "".join(found).encode() != listing:
            raise self.damage()

    def _walk(self) -> Iterator[tuple[str, IO[bytes]]]:
        self._stream.seek(0)
        ended = False
        try:
            with tarfile.open(fileobj=self._stream, mode="r:") as tar:
                while (info := tar.next()) is not None:
                    content = tar.extractfile(info) if info.isreg() else None
                    if content is None or ended or not (info.name == SUMS or self._known(info.name)):
                        raise self.damage()
                    ended = info.name == SUMS
                    yield info.name, content
        except (tarfile.TarError, EOFError) as problem:
            raise self.damage() from problem
        if not ended:
            raise self.damage()
