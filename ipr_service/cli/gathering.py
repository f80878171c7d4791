"""What folders hold: every file below them that somebody made, in one order everywhere, and what was left out, with the reason.

Hidden and temporary files and folders are left out, and so are links (what they lead to may lie outside, or in a circle), pipes, sockets
and empty files. A folder that cannot be read is an error: half a folder must not pass for a whole one.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipr_service.errors import N_, InputError
from ipr_service.evidence.bundle import MAX_FILES
from ipr_service.services.intake import clean_file_path

# Names that programs give to what they are about to throw away: editors, office programs, browsers, copying and file managers.
_TEMPORARY = re.compile(
    r".*~|~\$.*|#.*#|.*\.(tmp|temp|part|partial|crdownload|download|swp|swo|swx)|thumbs\.db|desktop\.ini|icon\r", re.IGNORECASE
)
HIDDEN, TEMPORARY, LINK, SPECIAL, EMPTY = "hidden", "temporary", "link", "not a file", "empty"


@dataclass(frozen=True)
class LeftOut:
    """A path that is not registered, and why: one of the words above."""

    path: Path
    why: str


@dataclass(frozen=True)
class Gathered:
    """Files with the names under which they are registered (folders in them with ``/``), and what was left out."""

    files: tuple[tuple[Path, str], ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A file below a folder.

    Args:
        name: its path below the folder, with ``/``.
        status: as the walk found it.
    """

    path: Path
    name: str
    status: os.stat_result


def walk(
    folder: Path,
    without: frozenset[Path] = frozenset(),
    before: str = "",
    unreadable: Callable[[OSError], object] | None = None,
) -> Iterator[Entry | LeftOut]:
    """Everything below ``folder``, sorted by the code points of names in NFC, a folder's files where the folder stands.

    Args:
        without: absolute paths that are passed over in silence.
        unreadable: is told of a folder that cannot be read, and the walk goes on beside it; without it that is raised.

    Raises:
        OSError: a folder cannot be read.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: (unicodedata.normalize("NFC", entry.name), entry.name))
    except OSError as problem:
        if unreadable is None:
            raise
        unreadable(problem)
        return
    for entry in entries:
        path, name = Path(entry.path), before + entry.name
        if without and path.absolute() in without:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # deleted this moment
        why = left_out(entry.name, status)
        if why is not None:
            yield LeftOut(path, why)
        elif stat.S_ISDIR(status.st_mode):
            yield from walk(path, without, f"{name}/", unreadable)
        else:
            yield Entry(path, name, status)


def left_out(name: str, status: os.stat_result) -> str | None:
    """Why a file or folder of this name is left out, or None."""
    if stat.S_ISLNK(status.st_mode):
        return LINK
    if name.startswith("."):
        return HIDDEN
    if stat.S_ISDIR(status.st_mode):
        return None
    if _TEMPORARY.fullmatch(name):
        return TEMPORARY
    if not stat.S_ISREG(status.st_mode):
        return SPECIAL
    return EMPTY if status.st_size == 0 else None


def gather(paths: Sequence[Path]) -> Gathered:
    """The files that were named, and those below the folders that were named. What was named itself is never left out.

    Raises:
        InputError: more files than one bundle holds, none at all, or a name that no statement may hold.
        OSError: a folder cannot be read.
    """
    files: dict[Path, tuple[Path, str]] = {}
    left: list[LeftOut] = []
    for given in paths:
        found: Iterator[Entry | LeftOut] = iter(())
        if given.is_dir():
            found = walk(given, before=f"{given.resolve().name or 'root'}/")
        elif given.is_file():
            files.setdefault(given.absolute(), (given, given.name))
        else:
            raise InputError.at("/files", N_("{path} is neither a file nor a folder."), path=given)
        for one in found:
            if isinstance(one, LeftOut):
                left.append(one)
            else:
                _refuse_name(one)
                files.setdefault(one.path.absolute(), (one.path, one.name))
            if len(files) > MAX_FILES:
                said = N_("{path} makes it more than {limit} files, the most that one bundle holds. Register its folders one by one.")
                raise InputError.at("/files", said, path=one.path, limit=MAX_FILES)
    if paths and not files:
        raise InputError.at("/files", N_("There is no file to register in {path}."), path=paths[0])
    return Gathered(tuple(files.values()), tuple(left))


def _refuse_name(entry: Entry) -> None:
    try:
        clean_file_path("/files", entry.name)
    except InputError as problem:
        raise InputError.at("/files", N_("{path} cannot be registered: {why}"), path=entry.path, why=problem) from problem
