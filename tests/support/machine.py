"""What the tests need of the machine beyond Python, who provides it on Debian, and how a test says so.

A test marked ``@pytest.mark.needs("Chromium", "openssl")`` is skipped where a part is absent; ``tests/conftest.py`` names every
absent part in one closing line, with the command that installs it. PostgreSQL is not in the table: the tests bring their own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_GO_TLOG = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")


@dataclass(frozen=True)
class Part:
    """One thing a machine may have.

    Args:
        name: what people call it, and what a test writes in its mark.
        package: Debian's package.
        present: whether this machine has it.
    """

    name: str
    package: str
    present: Callable[[], bool]


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _go_with_tlog() -> bool:
    """Debian's Go with the transparency log of golang.org/x/mod, which needs no download."""
    return shutil.which("go") is not None and _GO_TLOG.is_dir()


PARTS: tuple[Part, ...] = (
    Part("Chromium", "chromium", _program("chromium")),
    Part("LibreOffice", "libreoffice-writer-nogui", _program("soffice", "libreoffice")),
    Part("poppler", "poppler-utils", _program("pdftotext")),
    Part("Go", "golang-go golang-golang-x-mod-dev", _go_with_tlog),
    Part("openssl", "openssl", _program("openssl")),
    Part("unzip", "unzip", _program("unzip")),
    Part("xxd", "xxd", _program("xxd")),
    Part("strace", "strace", _program("strace")),
    Part("git", "git", _program("git")),
)


def absent(names: Iterable[str], parts: Iterable[Part] = PARTS) -> tuple[Part, ...]:
    """The parts among ``names`` that this machine lacks.

    Raises:
        KeyError: a name that the table does not hold.
    """
    table = {part.name: part for part in parts}
    return tuple(part for part in (table[name] for name in names) if not part.present())


def closing_line(missing: Iterable[Part]) -> str:
    """One sentence that names what is missing and the command that installs it; empty when nothing is."""
    parts = tuple(missing)
    if not parts:
        return ""
    names, packages = ", ".join(part.name for part in parts), " ".join(part.package for part in parts)
    return f"Tests were skipped because this machine lacks {names}. Install: sudo apt-get install --no-install-recommends {packages}"
