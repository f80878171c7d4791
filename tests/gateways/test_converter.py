"""Word to PDF: which documents are refused, and what LibreOffice makes of the others."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import docx
import pytest

from ipr_service.errors import FormatError, InputError, OutsideError, TooLargeError
from ipr_service.gateways import converter
from ipr_service.gateways.converter import LibreOffice, NoConverter, converter_at, refuse_unsafe

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice") or ""


def document(**parts: str) -> bytes:
    """A Word document; ``parts`` are replacements of text in its main part and its relationships."""
    made = docx.Document()
    made.add_paragraph("Soglasje: Αθήνα, čebelnjak. MARK")
    out = io.BytesIO()
    made.save(out)
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content = content.replace(b"MARK", parts.get("text", "").encode())
            if name == "word/_rels/document.xml.rels":
                content = content.replace(b"</Relationships>", parts.get("relation", "").encode() + b"</Relationships>")
            target.writestr(name, content)
        for name, text in parts.items():
            if "/" in name:
                target.writestr(name, text)
    return changed.getvalue()


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relation(kind: str, target: str) -> str:
    return f'<Relationship Id="x1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'


def test_a_plain_document_and_one_with_a_link_to_a_page_are_accepted() -> None:
    refuse_unsafe(document())
    refuse_unsafe(document(relation=relation("hyperlink", "https://example.org")))


@pytest.mark.parametrize(
    ("made", "word"),
    [
        ({"text": '</w:t></w:r><w:ins w:id="1" w:author="a"><w:r><w:t>new</w:t></w:r></w:ins><w:r><w:t>'}, "tracked changes"),
        ({"text": '</w:t></w:r><w:del w:id="1" w:author="a"/><w:r><w:t>'}, "tracked changes"),
        ({"text": '</w:t></w:r><w:r><w:rPr><w:rPrChange w:id="1" w:author="a"/></w:rPr></w:r><w:r><w:t>'}, "tracked changes"),
        ({"relation": relation("image", "http://10.0.0.1/a.png")}, "elsewhere"),
        ({"relation": relation("attachedTemplate", "file:///etc/passwd")}, "elsewhere"),
        ({"relation": relation("image", "x").replace('"External"', "'external'")}, "elsewhere"),
        ({"text": '</w:t></w:r><w:r><w:instrText>INCLUDETEXT "http://10.0.0.1/"</w:instrText></w:r><w:r><w:t>'}, "fields"),
        ({"text": '</w:t></w:r><w:fldSimple w:instr=" INCLUDEPICTURE x "/><w:r><w:t>'}, "fields"),
        ({"word/vbaProject.bin": "x"}, "macros"),
        ({"word/embeddings/oleObject1.bin": "x"}, "macros"),
    ],
)
def test_a_document_that_would_print_or_fetch_something_else_is_refused_with_the_remedy(made: dict[str, str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        refuse_unsafe(document(**made))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense", document()[:500]])
def test_what_is_no_word_document_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        refuse_unsafe(content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_document_with_two_main_parts_is_refused_since_readers_would_disagree() -> None:
    with pytest.raises(FormatError):
        refuse_unsafe(document(**{"word/document.xml": "<second/>"}))


@pytest.mark.parametrize("part", ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "\ufeff<a/>"])
def test_entities_and_other_encodings_that_hide_text_from_the_check_are_refused(part: str) -> None:
    out = io.BytesIO(document())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/extra.xml", part.encode("utf-16" if part.startswith("\ufeff") else "utf-8"))
    with pytest.raises(FormatError):
        refuse_unsafe(out.getvalue())


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO(document())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/bomb.bin", bytes(2 * 1024 * 1024))
    monkeypatch.setattr(converter, "MAX_UNPACKED", 1024 * 1024)
    with pytest.raises(TooLargeError):
        refuse_unsafe(out.getvalue())


def test_without_a_converter_it_is_said_what_is_off() -> None:
    off = converter_at("")
    assert isinstance(off, NoConverter)
    assert not off.available()
    with pytest.raises(OutsideError, match="upload a PDF"):
        off.convert(document())


def test_a_converter_that_is_not_there_is_an_outside_failure() -> None:
    gone = converter_at("/nonexistent/soffice")
    assert not gone.available()
    with pytest.raises(OutsideError):
        gone.convert(document())


def script(folder: Path, text: str) -> LibreOffice:
    """A real program in the converter's place."""
    path = folder / "soffice"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return LibreOffice(str(path), timeout=0.5)


def test_a_converter_that_hangs_is_ended_with_everything_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    stuck = script(tmp_path, f"sleep 30 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(OutsideError, match="too long"):
        stuck.convert(document())
    assert time.monotonic() - started < 5
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child of the converter still runs")


@pytest.mark.parametrize("text", ["exit 1", "mkdir out; echo nonsense > out/in.pdf", "mkdir out; printf '%%PDF-1.7 cut' > out/in.pdf"])
def test_a_converter_that_makes_no_whole_pdf_is_not_believed(tmp_path: Path, text: str) -> None:
    with pytest.raises(OutsideError):
        script(tmp_path, text).convert(document())


def test_the_converter_gets_neither_our_environment_nor_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPR_KEY_ENCRYPTION_KEY", "secret")
    spy = script(tmp_path, f"env > {tmp_path}/seen; cat /proc/net/dev > {tmp_path}/net; exit 1")
    with pytest.raises(OutsideError):
        spy.convert(document())
    assert "secret" not in (tmp_path / "seen").read_text()
    if converter._without_network():
        interfaces = {line.split(":")[0].strip() for line in (tmp_path / "net").read_text().splitlines()[2:]}
        assert interfaces <= {"lo"}


@pytest.mark.needs("LibreOffice", "poppler")
def test_libreoffice_makes_a_pdf_with_the_text_of_the_document(tmp_path: Path) -> None:
    pdf = LibreOffice(SOFFICE).convert(document(text="Konec"))
    (tmp_path / "a.pdf").write_bytes(pdf)
    text = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert "Soglasje: Αθήνα, čebelnjak. Konec" in text
