"""Hash files where they are: several at once, and of each both digests in one pass, with a progress bar on a terminal.

Of a large file one thread computes SHA-512, a second SHA-256, and a third reads ahead, so that the pass takes as long as the slower digest
alone; ``hashlib`` and reading let other threads run meanwhile. Memory is a few pieces for each file that is being read, whatever its size.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import click

from ipr_service.errors import N_, DamageError
from ipr_service.evidence.digest import Digests
from ipr_service.services.hash_only import HashedFile

CHUNK = 2 << 20  # bytes; three of them of a file are held at a time
AT_ONCE = max(1, min(os.cpu_count() or 1, 8))  # files that are read at the same time
_CHANGED = N_("{path} changed while it was read. Wait until whoever writes it has finished, and try again.")


def digest_file(path: Path, pool: ThreadPoolExecutor, advance: Callable[[int], object]) -> Digests:
    """SHA-256 and SHA-512 of a file.

    Args:
        pool: two free threads, for the second digest and for reading ahead.
        advance: is told how many bytes more were hashed; what it raises ends the work.

    Raises:
        DamageError: the file was written to meanwhile.
        OSError: it cannot be read.
    """
    narrow, wide = hashlib.sha256(), hashlib.sha512()
    with path.open("rb", buffering=0) as stream:
        before = os.fstat(stream.fileno())
        piece = stream.read(CHUNK)
        while piece:
            ahead, beside = pool.submit(stream.read, CHUNK), pool.submit(narrow.update, piece)
            wide.update(piece)
            beside.result()
            advance(len(piece))
            piece = ahead.result()
        after, size = os.fstat(stream.fileno()), stream.tell()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise DamageError(_CHANGED, path=path)
    return Digests(narrow.digest(), wide.digest(), size)


class _Bar:
    """Counts for several threads, and ends their work when somebody stopped the command."""

    def __init__(self, show: Callable[[int], object]) -> None:
        self._show, self._lock, self.stopped = show, threading.Lock(), threading.Event()

    def advance(self, count: int) -> None:
        if self.stopped.is_set():
            raise InterruptedError("stopped")
        with self._lock:
            self._show(count)


def digest_files(paths: Sequence[Path], *, quiet: bool) -> list[Digests | Exception]:
    """The digests of every file, in their order, or why there are none; progress goes to standard error, and only to a terminal."""
    total = sum(path.stat().st_size for path in paths if path.exists())
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=total, label="Hashing", file=sys.stderr, hidden=hidden) as shown:
        bar = _Bar(shown.update)
        with ThreadPoolExecutor(2 * AT_ONCE) as helpers, ThreadPoolExecutor(AT_ONCE) as readers:
            work = [readers.submit(digest_file, path, helpers, bar.advance) for path in paths]
            try:
                return [_outcome(one) for one in work]
            except BaseException:  # Ctrl-C: whoever reads a film of many gigabytes stops at the next piece
                bar.stopped.set()
                readers.shutdown(wait=False, cancel_futures=True)
                raise


def _outcome(work: Future[Digests]) -> Digests | Exception:
    try:
        return work.result()
    except (OSError, DamageError) as problem:
        return problem


def hash_files(files: Sequence[tuple[Path, str]], *, quiet: bool) -> list[HashedFile]:
    """Hash every file under its name, in their order.

    Raises:
        DamageError, OSError: of the first that could not be hashed.
    """
    hashed = []
    for (_, name), digests in zip(files, digest_files([path for path, _ in files], quiet=quiet), strict=True):
        if isinstance(digests, Exception):
            raise digests
        hashed.append(HashedFile(name, digests))
    return hashed
