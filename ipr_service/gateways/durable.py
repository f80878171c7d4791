"""Files that survive: written once, whole or not at all, and on the disk before anybody is told.

Every file of the key store and of the local blob folder is made here. It does not know what the bytes mean.
The order is the classic one: write a temporary name in the same folder, ``fsync`` it, ``link`` it to its name
(which fails when the name is taken, where ``rename`` would silently replace), ``fsync`` the folder.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ipr_service.errors import N_, ConflictError, DamageError, StorageFullError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def full_disk_is_said() -> Iterator[None]:
    """Turn the kernel's three ways of saying "no room" into one error of the house; every other ``OSError`` passes.

    Raises:
        StorageFullError: no space, quota used up, or a file size limit of the process.
    """
    try:
        yield
    except OSError as problem:
        if problem.errno not in _FULL:
            raise
        raise StorageFullError(N_("The storage of this service is full. Nothing was kept; please try again later.")) from problem


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable: without this a power cut may forget a file whose bytes were synced."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    """Make ``directory`` and its parents, readable by the service's user alone (mode 0700), names synced."""
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    for folder in reversed(missing):
        with full_disk_is_said(), contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        sync_directory(folder.parent)


def write_all(handle: int, data: bytes) -> None:
    """``os.write`` until everything is written; the kernel may take less than it was given."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def publish(temporary: Path, final: Path) -> None:
    """Give synced bytes their name, once.

    A crash before the link leaves only the temporary name, which a sweep removes; a crash after it leaves two names
    of one file, and the sweep removes the temporary one.

    Raises:
        ConflictError: ``final`` exists; what it holds is untouched.
        StorageFullError: no room for the name.
    """
    try:
        with full_disk_is_said():
            os.link(temporary, final)
    except FileExistsError as taken:
        raise ConflictError(N_("This was stored before and is never replaced.")) from taken
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(final.parent)


def write_once(path: Path, data: bytes, *, tag: str) -> None:
    """Write ``data`` to a new file with mode 0600, atomically and durably.

    Args:
        path: the final name; its folder exists.
        data: the whole content.
        tag: distinguishes concurrent writers of one name (random hex).

    Raises:
        ConflictError: the name is taken.
        StorageFullError: no room; nothing is left.
    """
    temporary = path.with_name(f".{path.name}.{tag}.partial")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with full_disk_is_said():
            write_all(handle, data)
            os.fsync(handle)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    publish(temporary, path)


def write_over(path: Path, data: bytes, *, tag: str, mode: int = 0o600) -> None:
    """Put ``data`` in the place of what ``path`` held, atomically and durably: a reader, and a crash, see the old content or the new.

    Args:
        path: the name; its folder exists.
        tag: distinguishes concurrent writers of one name (random hex).

    Raises:
        StorageFullError: no room; the old content stands.
    """
    temporary = path.with_name(f".{path.name}.{tag}.partial")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with full_disk_is_said():
            write_all(handle, data)
            os.fsync(handle)
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    sync_directory(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append one line durably. Appends of one line are atomic among processes that hold :func:`locked`.

    A line that a crash or a full disk cut short is finished by the next append, so that it can never swallow its successor.

    Raises:
        StorageFullError: no room; at most a cut line without a newline is left, which readers skip.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        cut = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        with full_disk_is_said():
            write_all(handle, (b"\n" if cut else b"") + line.encode("ascii") + b"\n")
            os.fsync(handle)
    finally:
        os.close(handle)
    sync_directory(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the exclusive advisory lock of ``path`` among processes and threads (each opens its own description)."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def shred(path: Path) -> None:
    """Overwrite, sync and unlink a file; a file that is gone already is no error.

    On a journalling, copy-on-write or flash medium old blocks may survive an overwrite. What rests here is therefore
    wrapped as well: without the key encryption key the surviving block says nothing.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        write_all(handle, bytes(os.fstat(handle).st_size))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    sync_directory(path.parent)


def refuse_open_to_others(path: Path) -> None:
    """Refuse a secret file that the group or the world may read.

    Raises:
        DamageError: the mode allows others in; names the file and the remedy.
    """
    if path.stat().st_mode & 0o077:
        message = N_("Others may read {name} in the key folder. Set its mode to 0600, and replace the keys if it was read.")
        raise DamageError(message, name=path.name)
