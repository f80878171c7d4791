"""Hash files where they are: both digests in one pass, each in a thread of its own, with a progress bar on a terminal."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from ipr_service.evidence.digest import Digests
from ipr_service.services.hash_only import HashedFile

CHUNK = 4 << 20  # bytes; two chunks of memory, whatever the size of the file


def digest_file(path: Path, pool: ThreadPoolExecutor, advance: Callable[[int], object]) -> Digests:
    """SHA-256 and SHA-512 of a file; ``hashlib`` lets the other thread run while it works."""
    narrow, wide, size = hashlib.sha256(), hashlib.sha512(), 0
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK):
            beside = pool.submit(narrow.update, piece)
            wide.update(piece)
            beside.result()
            size += len(piece)
            advance(len(piece))
    return Digests(narrow.digest(), wide.digest(), size)


def hash_files(paths: Sequence[Path], *, quiet: bool) -> list[HashedFile]:
    """Hash every file in its order; progress goes to standard error, and only to a terminal."""
    total = sum(path.stat().st_size for path in paths)
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=total, label="Hashing", file=sys.stderr, hidden=hidden) as bar, ThreadPoolExecutor(1) as pool:
        return [HashedFile(path.name, digest_file(path, pool, bar.update)) for path in paths]
