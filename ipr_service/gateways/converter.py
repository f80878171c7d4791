"""Word to PDF by LibreOffice: optional, for documents that people edited themselves.

Texts that the service generated are typeset directly (``agreements/typesetting``) and never pass here. A document from outside
is looked at first: one with tracked changes would print both texts, one with anything external would make LibreOffice fetch it
(it did, when measured). Both are refused with the remedy. The program runs with a profile of its own, without a network when
the system allows that, with limits on time, memory and output, and its answer is taken only if it is a PDF.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import resource
import signal
import subprocess
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ipr_service.errors import N_, FormatError, InputError, OutsideError, TooLargeError

MAX_DOCX = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_PDF = 64 * 1024 * 1024
MAX_MEMORY = 4 * 1024 * 1024 * 1024
"""Address space of the child in bytes; LibreOffice maps far more than it uses."""

_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']\s*External", re.IGNORECASE)
_HYPERLINK = re.compile(rb"<[^<>]*/hyperlink[\"'][^<>]*>", re.IGNORECASE)
_TRACKED = re.compile(rb"<w:(ins|del|moveFrom|moveTo|rPrChange|pPrChange|sectPrChange|tblPrChange|cellIns|cellDel)[ />]")
_FETCHING = re.compile(rb"\b(INCLUDETEXT|INCLUDEPICTURE|DDEAUTO|DDE|LINK|RD)\b")
_FIELD = re.compile(rb"<w:instrText[^>]*>([^<]*)</w:instrText>|w:instr\s*=\s*[\"']([^\"']*)")


class Converter(Protocol):
    """Whoever makes a PDF of a Word document."""

    def available(self) -> bool:
        """Whether it can be asked at all."""

    def convert(self, docx: bytes) -> bytes:
        """The PDF of a document.

        Raises:
            InputError: tracked changes, external content, macros or a damaged file; says the remedy.
            OutsideError: the program is not there, failed or was too slow.
        """


class NoConverter:
    """No converter is set: says so, and what to do instead."""

    def available(self) -> bool:
        return False

    def convert(self, docx: bytes) -> bytes:
        raise OutsideError(N_("Word documents are not converted here, since no converter is set. Please upload a PDF as well."))


@dataclass(frozen=True)
class LibreOffice:
    """LibreOffice without a window.

    Args:
        program: path of ``soffice``.
        timeout: seconds for one document; a first start takes about 4.
    """

    program: str
    timeout: float = 60.0

    def available(self) -> bool:
        return os.access(self.program, os.X_OK)

    def convert(self, docx: bytes) -> bytes:
        """See :class:`Converter`."""
        refuse_unsafe(docx)
        if not self.available():
            raise OutsideError(N_("The converter is not where IPR_CONVERTER says."))
        with tempfile.TemporaryDirectory(prefix="ipr-convert-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "in.docx").write_bytes(docx)
            self._run(folder)
            return _result(folder / "out" / "in.pdf")

    def _run(self, folder: Path) -> None:
        profile = (folder / "profile").as_uri()
        command = [*_without_network(), self.program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--nolockcheck"]
        command += ["--convert-to", "pdf:writer_pdf_Export", "--outdir", str(folder / "out"), str(folder / "in.docx")]
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
        child = subprocess.Popen(  # noqa: S603 - fixed arguments, file names are ours
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_limit,
        )
        try:
            child.wait(self.timeout)
        except subprocess.TimeoutExpired as problem:
            raise OutsideError(N_("The converter took too long for this document.")) from problem
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the whole session of the child: soffice is a script that starts the program which does the work."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_PDF, MAX_PDF))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@functools.cache
def _without_network() -> tuple[str, ...]:
    """The command that starts another one without a network, or nothing when the system forbids it."""
    for command in (("unshare", "--net", "--"), ("unshare", "--map-root-user", "--net", "--")):
        try:
            if subprocess.run([*command, "true"], capture_output=True, timeout=10, check=False).returncode == 0:  # noqa: S603 - constants
                return command
        except (OSError, subprocess.TimeoutExpired):
            continue
    return ()


def _result(path: Path) -> bytes:
    try:
        pdf = path.read_bytes()
    except FileNotFoundError as problem:
        raise OutsideError(N_("The converter made no PDF of this document.")) from problem
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-1024:]:
        raise OutsideError(N_("The converter made no whole PDF of this document."))
    return pdf


def refuse_unsafe(docx: bytes) -> None:
    """Refuse a document that would not print what its readers agreed on, or that would make the converter fetch something.

    Ordinary links to pages are allowed: nothing follows them.

    Raises:
        FormatError: not a Word document, or damaged. TooLargeError: packed or unpacked.
        InputError: tracked changes, external content, or macros.
    """
    if len(docx) > MAX_DOCX:
        raise TooLargeError(N_("A Word document of more than {limit} MiB is not converted."), limit=MAX_DOCX >> 20)
    try:
        with zipfile.ZipFile(io.BytesIO(docx)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise TooLargeError(N_("Unpacked, this Word document is larger than {limit} MiB."), limit=MAX_UNPACKED >> 20)
            names = {member.filename for member in members}
            if "word/document.xml" not in names or len(names) != len(members):
                raise FormatError(N_("This is not a Word document (.docx)."))
            if any("vbaproject" in name.lower() or "/embeddings/" in name.lower() for name in names):
                raise InputError.at("", N_("This document holds macros or embedded objects. Please save it without them."))
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    _refuse_part(member.filename, archive.read(member))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as problem:
        raise FormatError(N_("This is not a Word document (.docx).")) from problem


def _refuse_part(name: str, part: bytes) -> None:
    if part[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise FormatError(N_("This Word document is written in a form that is not accepted. Please save it again."))
    if name.endswith(".rels") and _EXTERNAL.search(_HYPERLINK.sub(b"", part)):
        raise InputError.at("", N_("This document takes pictures or text from elsewhere. Please put them into the document itself."))
    if _TRACKED.search(part):
        raise InputError.at("", N_("This document has tracked changes. Please accept or reject them all and upload it again."))
    if any(_FETCHING.search(field[0] or field[1]) for field in _FIELD.findall(part)):
        raise InputError.at("", N_("This document has fields that fetch content from elsewhere. Please replace them by their text."))


def converter_at(program: str) -> Converter:
    """The converter of the setting ``IPR_CONVERTER``; empty means none."""
    return LibreOffice(program) if program else NoConverter()
