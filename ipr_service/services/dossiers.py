"""A dossier: the proof bundles of everything that was logged of one thing, in one ZIP file, for a reader who does not ask this service.

    proofs/0001.asice 0002.asice …     one bundle for each version of an idea or entry of a disclosure or grant, in the order of the log
    README.txt                         what they are, and how they are checked

``ipr verify DOSSIER --trust FILE`` checks every bundle, and that the versions follow one another (each names the commitment before it).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from sqlalchemy import select

from ipr_service.errors import N_, NotFoundError
from ipr_service.services import access, grant_entries, proving
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entry_bundles import entry_bundle
from ipr_service.store.schema import IdeaVersion, LogEntry

_TIME = (1980, 1, 1, 0, 0, 0)
_IN_MEMORY = 16 << 20  # bytes of a bundle before it goes to a temporary file
README = """\
PROOF BUNDLES OF {what}

Each file in proofs/ is a proof bundle by itself. Take the keys of the log {origin} from somebody you trust, not from
here, and run

    ipr verify THIS-FILE --trust LOG.vkeys

or unpack it and check each bundle with its own verify.sh or verify.html. Where the bundles are versions of one idea, manifest.json
of each names the commitment of the version before as "previous".
"""


def write_history(ctx: Context, actor: Actor, idea_id: str, out: BinaryIO, *, language: str = "en", with_files: bool = True) -> None:
    """Write the bundles of all versions of an idea, oldest first.

    Args:
        out: binary, seekable.

    Raises:
        NotFoundError: no such idea, or a version of which the service holds the commitment alone.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "idea", idea_id)
        rows = select(IdeaVersion.number).where(IdeaVersion.idea_id == idea_id).order_by(IdeaVersion.number)
        numbers = tuple(session.scalars(rows))

    def writers() -> Iterator[Callable[[BinaryIO], object]]:
        for number in numbers:
            yield partial(proving.write_bundle, ctx, actor, idea_id, number, language=language, with_files=with_files)

    _write(ctx, out, "ALL VERSIONS OF AN IDEA", writers())


def _write_entry(ctx: Context, commitment: bytes, files: Mapping[int, bytes], language: str, out: BinaryIO) -> None:
    out.write(entry_bundle(ctx, commitment, files, language)[0])


def write_disclosure(ctx: Context, actor: Actor, disclosure_id: str, out: BinaryIO, *, language: str = "en") -> None:
    """Write the bundles of everything logged of a disclosure: what was opened to whom, who looked, how it ended.

    Raises:
        NotFoundError: no such disclosure, or nothing of it was logged yet.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "disclosure", disclosure_id)
        rows = select(LogEntry.commitment).where(LogEntry.thing_id == disclosure_id).order_by(LogEntry.index)
        commitments = tuple(session.scalars(rows))
    if not commitments:
        raise NotFoundError(N_("Nothing of this was logged yet: it is logged when it opens."))

    def writers() -> Iterator[Callable[[BinaryIO], object]]:
        for commitment in commitments:
            yield partial(_write_entry, ctx, commitment, {}, language)

    _write(ctx, out, "A DISCLOSURE", writers())


def write_grant(ctx: Context, actor: Actor, collaboration_id: str, grant_id: str, out: BinaryIO, *, language: str = "en") -> None:
    """Write the bundles of everything logged of a licence grant and of those whose place it took, each with its ``grant.json``.

    Raises:
        NotFoundError: no such grant that the actor may see, or its key was erased.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "collaboration", collaboration_id)
        entries = grant_entries.entries_of(ctx, session, collaboration_id, grant_id)
    _write(ctx, out, "A LICENCE GRANT", iter([partial(_write_entry, ctx, one, files, language) for one, files in entries.items()]))


def _write(ctx: Context, out: BinaryIO, what: str, writers: Iterator[Callable[[BinaryIO], object]]) -> None:
    """Memory stays constant: a bundle goes through a temporary file."""
    with zipfile.ZipFile(out, "w") as archive:
        for number, write in enumerate(writers, 1):
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
                write(cast(Any, kept))
                kept.seek(0)
                with archive.open(_member(f"proofs/{number:04d}.asice"), "w", force_zip64=True) as member:
                    while piece := kept.read(1 << 20):
                        member.write(piece)
        archive.writestr(_member("README.txt"), README.format(what=what, origin=ctx.settings.origin))


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _TIME)
    member.external_attr = 0o644 << 16
    return member
