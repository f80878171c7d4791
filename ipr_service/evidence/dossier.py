"""A dossier: a ZIP file with proof bundles in its folder ``proofs/``, as an idea with its versions or an executed agreement is given out.

Every bundle is verified by itself; where bundles name a version before (``previous`` in the manifest), that version has to be among those
of the dossier, in their order. The ZIP around them proves nothing and is read with care: sizes are judged before any content.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.report import Report, Sentence
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify

MAX_BUNDLES = 1_000
MAX_SIZE = 8 << 30  # bytes of one bundle, which lies stored in the dossier
_NAME = re.compile(r"proofs/[A-Za-z0-9._-]{1,80}\.asice")


@dataclass(frozen=True)
class Part:
    """One bundle of a dossier. ``linked``: what is said of the version before, None where the bundle names none."""

    name: str
    report: Report
    linked: Sentence | None = None
    broken: bool = False


def is_dossier(stream: BinaryIO) -> bool:
    """Whether this looks like a dossier: a ZIP file that holds bundles in ``proofs/``. Leaves the stream at its start."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return any(_NAME.fullmatch(name) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    finally:
        stream.seek(0)


def verify_parts(stream: BinaryIO, trust: TrustList, now: datetime | None = None) -> Iterator[Part]:
    """Verify every bundle, in the order of their names.

    Raises:
        FormatError: too many, too large, twice, or damaged.
    """
    with zipfile.ZipFile(stream) as archive:
        members = sorted((member for member in archive.infolist() if _NAME.fullmatch(member.filename)), key=lambda one: one.filename)
        if len(members) > MAX_BUNDLES or len({member.filename for member in members}) != len(members):
            raise FormatError(N_("A dossier holds at most {limit} bundles, each once."), limit=MAX_BUNDLES)
        known: set[str] = set()
        for member in members:
            if member.file_size > MAX_SIZE or member.file_size > max(64 * member.compress_size, 1 << 16):
                raise FormatError(N_("{name} is too large, or unfolds to far more than it is"), name=member.filename)
            with _content(archive, member) as content:
                report = verify(cast(BinaryIO, content), trust, now=now)
            previous = report.facts.previous
            yield Part(member.filename, report, *_link(previous, known))
            known.add(report.facts.commitment)


def _link(previous: str, known: set[str]) -> tuple[Sentence | None, bool]:
    if not previous:
        return None, False
    if previous in known:
        return Sentence(N_("follows a version that stands before it here")), False
    return Sentence(N_("names a version before it that is not here: {previous}"), {"previous": previous}), True


@contextmanager
def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    with SpooledTemporaryFile(16 << 20) as kept:
        try:
            with archive.open(member) as content:
                while piece := content.read(1 << 20):
                    kept.write(piece)
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
            kept.seek(0)
            kept.truncate()  # a damaged member is verified as an empty file, and fails by name
        kept.seek(0)
        yield cast("IO[bytes]", kept)
