"""Is this .docx a plain Word document, before anything opens it?

A .docx is a ZIP of XML parts joined by relationships (ECMA-376 part 2, Open Packaging Conventions). python-docx and
LibreOffice trust all three: a 215 KB file takes a gigabyte of memory, an external image makes the converter call out, a
field reads files. So an uploaded file passes here first, in this order, and the first group that finds something stops
the rest:

1. ZIP: size, number of parts, sizes and ratio, names, duplicates, encryption, compression method.
2. Parts: no macros, embedded objects, ActiveX or alternative chunks; known kinds of file only.
3. XML: UTF-8, no document type, well-formed, not deep.
4. Relationships: known types; outside targets only as https hyperlinks; inside targets exist.
5. Contents: no field outside `FIELDS`, no object, no hidden text, no pending tracked change.

Everything is an allow-list but the ZIP limits. What this does not do: look at template tags (``template_check``), or promise
that Word itself has no fault. Source of the limits: measured corpora in AGREEMENTS.md 3 and SECURITY.md class 4.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ipr_service.errors import N_

MAX_FILE = 5_000_000
"""Bytes of the uploaded file."""
MAX_PARTS = 300
MAX_XML_PART = 4_000_000
"""Bytes of one XML part, unpacked."""
MAX_UNPACKED = 20_000_000
"""Bytes of all parts together, unpacked."""
MAX_RATIO = 100
"""Unpacked bytes per packed byte, for parts above 100 kB."""

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAIN_TYPES = frozenset(
    f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}.main+xml" for kind in ("document", "template")
)
SUFFIXES = frozenset({"xml", "rels", "png", "jpg", "jpeg", "gif", "odttf"})
RELATIONSHIPS = frozenset(
    {"officeDocument", "core-properties", "extended-properties", "custom-properties", "thumbnail", "styles", "stylesWithEffects"}
    | {"settings", "webSettings", "fontTable", "font", "theme", "numbering", "header", "footer", "footnotes", "endnotes", "image"}
    | {"hyperlink", "customXml", "customXmlProps", "comments", "commentsExtended", "commentsIds", "commentsExtensible", "people"}
)
"""Last words of the relationship types of a plain document."""
FIELDS = frozenset(
    {"PAGE", "NUMPAGES", "SECTIONPAGES", "REF", "PAGEREF", "NOTEREF", "STYLEREF", "SEQ", "TOC", "TC", "TITLE", "DOCPROPERTY", "HYPERLINK"}
)
"""Fields that read nothing but the document itself. DATE is not among them: a signed text does not change by the day."""
_OBJECTS = frozenset(W + name for name in ("altChunk", "object", "control", "subDoc", "attachedTemplate", "mailMerge", "ocx"))
_REVISIONS = frozenset(
    W + name for name in ("ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "sectPrChange", "cellIns", "cellDel")
)
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)""")
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_OUTSIDE = re.compile(r"https://[^\s\\\"]+\Z")


@dataclass(frozen=True)
class Finding:
    """One reason why a file is not taken.

    Args:
        code: stable word for clients, e.g. ``"macro"``.
        part: the part's name in the ZIP, or ``""`` for the whole file.
        msgid: English sentence, a gettext msgid with ``{placeholders}``; says what to do.
        values: what fills the placeholders.
    """

    code: str
    part: str
    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid.format(**self.values)


def parse(data: bytes) -> etree._Element:
    """XML without entities, network or huge trees.

    Raises:
        lxml.etree.XMLSyntaxError: not well-formed, or deeper than 256 elements.
    """
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False))


def check_container(data: bytes) -> tuple[tuple[Finding, ...], Mapping[str, etree._Element]]:
    """All findings of the first group that has any, and the parsed XML parts by name when there are none.

    Args:
        data: the uploaded bytes.
    """
    findings = tuple(_check_file(data))
    if findings:
        return findings, {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for check in (_check_zip, _check_parts):
            findings = tuple(check(archive))
            if findings:
                return findings, {}
        parts, findings = _read_xml(archive)
        names = frozenset(archive.namelist())
    if not findings:
        findings = (*_check_main(parts), *_check_relationships(parts, names), *_check_contents(parts))
    return findings, ({} if findings else parts)


def _check_file(data: bytes) -> Iterator[Finding]:
    if len(data) > MAX_FILE:
        limit, size = MAX_FILE, len(data)
        yield Finding("size", "", N_("A template may have {limit} bytes; this file has {size}."), {"limit": limit, "size": size})
    elif data[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        yield Finding("encrypted", "", N_("This file is encrypted or in the old .doc format. Save it as .docx without a password."))
    elif data[:4] != b"PK\x03\x04":
        yield Finding("not-word", "", N_("This is not a Word document (.docx)."))
    else:
        try:
            zipfile.ZipFile(io.BytesIO(data)).close()
        except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, NotImplementedError):
            yield Finding("damaged", "", N_("This file is damaged: its list of parts cannot be read. Save it again in Word."))


def _check_zip(archive: zipfile.ZipFile) -> Iterator[Finding]:
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        msgid = N_("A template may have {limit} parts; this file has {count}.")
        yield Finding("parts", "", msgid, {"limit": MAX_PARTS, "count": len(entries)})
        return
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):
        yield Finding("duplicate", "", N_("Two parts of this file have the same name. Save it again in Word."))
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        yield Finding("bomb", "", N_("Unpacked, a template may have {limit} bytes; this one has more."), {"limit": MAX_UNPACKED})
    for entry in entries:
        yield from _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> Iterator[Finding]:
    name = entry.filename
    if entry.flag_bits & 0x1:
        yield Finding("encrypted", name, N_("A part of this file is encrypted. Save it without a password."))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield Finding("damaged", name, N_("A part of this file is packed in a way that Word does not use."))
    if name != posixpath.normpath(name) or name.startswith(("/", "..")) or "\\" in name or not name.isprintable():
        yield Finding("name", name, N_("A part of this file has a name that Word does not write."))
    if entry.file_size > 100_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        yield Finding("bomb", name, N_("A part of this file grows more than {limit} times when unpacked."), {"limit": MAX_RATIO})
    if name.endswith((".xml", ".rels")) and entry.file_size > MAX_XML_PART:
        yield Finding("size", name, N_("A part of this file has more than {limit} bytes."), {"limit": MAX_XML_PART})


def _check_parts(archive: zipfile.ZipFile) -> Iterator[Finding]:
    for name in archive.namelist():
        lower = name.lower()
        if "vba" in lower or "macro" in lower:
            yield Finding("macro", name, N_("This file carries macros. Save it as .docx, not .docm."))
        elif any(word in lower for word in ("embeddings/", "activex/", "afchunk", "customui/")):
            yield Finding("object", name, N_("This file carries an embedded object. Remove it: a template is text, tables and pictures."))
        elif lower.rpartition(".")[2] not in SUFFIXES:
            yield Finding("part", name, N_("This file carries a part of a kind that templates do not need: {name}."), {"name": name})


def _read_xml(archive: zipfile.ZipFile) -> tuple[dict[str, etree._Element], tuple[Finding, ...]]:
    parts: dict[str, etree._Element] = {}
    findings: list[Finding] = []
    for name in archive.namelist():
        if not name.endswith((".xml", ".rels")):
            continue
        try:
            data = archive.read(name)
        except (zipfile.BadZipFile, zipfile.zlib.error, EOFError, NotImplementedError):  # type: ignore[attr-defined]  # zipfile re-exports zlib
            findings.append(Finding("damaged", name, N_("A part of this file is damaged. Save it again in Word.")))
            continue
        declared = _ENCODING.match(data)
        if b"\x00" in data or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
            findings.append(Finding("encoding", name, N_("A part of this file is not in UTF-8. Save it again in Word.")))
        elif _DECLARATION.search(data):
            findings.append(Finding("dtd", name, N_("A part of this file declares a document type or entities, which Word never does.")))
        else:
            try:
                parts[name] = parse(data)
            except etree.XMLSyntaxError:
                findings.append(Finding("xml", name, N_("A part of this file is not well-formed XML. Save it again in Word.")))
    return parts, tuple(findings)


def _check_main(parts: Mapping[str, etree._Element]) -> Iterator[Finding]:
    types = parts.get("[Content_Types].xml")
    if types is None or "_rels/.rels" not in parts or "word/document.xml" not in parts:
        yield Finding("not-word", "", N_("This is not a Word document (.docx)."))
        return
    for entry in types:
        kind = entry.get("ContentType", "") if not _is_comment(entry) else ""
        if "macroEnabled" in kind or "vbaProject" in kind or "oleObject" in kind or "activeX" in kind:
            yield Finding("macro", "[Content_Types].xml", N_("This file carries macros. Save it as .docx, not .docm."))
        if entry.get("PartName") == "/word/document.xml" and kind not in MAIN_TYPES:
            yield Finding("not-word", "[Content_Types].xml", N_("This is not a Word document (.docx)."))


def _check_relationships(parts: Mapping[str, etree._Element], names: frozenset[str]) -> Iterator[Finding]:
    for name, root in parts.items():
        if not name.endswith(".rels"):
            continue
        folder = posixpath.dirname(posixpath.dirname(name))
        for relationship in root:
            if _is_comment(relationship):
                continue
            kind, target = relationship.get("Type", "").rpartition("/")[2], relationship.get("Target", "")
            if kind not in RELATIONSHIPS:
                msgid = N_("This file refers to something that templates do not need: {kind}.")
                yield Finding("relationship", name, msgid, {"kind": kind[:40]})
            elif relationship.get("TargetMode") == "External":
                if kind != "hyperlink" or not _OUTSIDE.match(target):
                    msgid = N_("This file loads something from outside. Only links to https addresses are allowed.")
                    yield Finding("external", name, msgid)
            elif posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") not in names and not target.startswith("#"):
                yield Finding("relationship", name, N_("A part of this file refers to another part that is not there."))


def _check_contents(parts: Mapping[str, etree._Element]) -> Iterator[Finding]:
    for name, root in parts.items():
        tags = {element.tag for element in root.iter()}
        if tags & _OBJECTS:
            yield Finding("object", name, N_("This file carries an embedded object. Remove it: a template is text, tables and pictures."))
        if tags & _REVISIONS:
            msgid = N_("This file has pending tracked changes. Accept or reject all of them, then upload it again.")
            yield Finding("revision", name, msgid)
        if W + "vanish" in tags and not name.endswith("styles.xml"):
            yield Finding("hidden", name, N_("This file has hidden text. Show or delete it: everybody signs what everybody sees."))
        for instruction in fields(root):
            word = instruction.split()[0].upper() if instruction.split() else ""
            if word not in FIELDS or (re.search(r"[a-z]+:", instruction) and not re.search(r'"https://[^"\\]*"', instruction)):
                yield Finding("field", name, N_("This file has a field that templates do not need: {field}."), {"field": word[:40]})


def _is_comment(element: etree._Element) -> bool:
    """Comments and processing instructions stand among elements and have a function for a tag."""
    return callable(element.tag)


def fields(root: etree._Element) -> Iterator[str]:
    """The instruction of every field, simple or complex, joined over runs; nested ones each apart."""
    open_fields: list[list[str]] = []
    for element in root.iter(W + "fldSimple", W + "fldChar", W + "instrText"):
        if element.tag == W + "fldSimple":
            yield element.get(W + "instr", "")
        elif element.tag == W + "instrText":
            if open_fields:
                open_fields[-1].append(element.text or "")
            else:
                yield element.text or ""
        elif element.get(W + "fldCharType") == "begin":
            open_fields.append([])
        elif element.get(W + "fldCharType") == "end" and open_fields:
            yield "".join(open_fields.pop())
    for left in open_fields:
        yield "".join(left)
