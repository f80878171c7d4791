"""Each kind of hostile .docx is refused, by name, before anything opens it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable

import pytest

from ipr_service.agreements import word_container
from ipr_service.agreements.rendering import pack, unpack
from ipr_service.agreements.word_container import check_container

Parts = dict[str, bytes]


def codes(data: bytes) -> set[str]:
    findings, parts = check_container(data)
    assert bool(findings) != bool(parts)
    return {finding.code for finding in findings}


def changed(part: str, old: bytes, new: bytes) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        assert old in parts[part]
        return {**parts, part: parts[part].replace(old, new, 1)}

    return change


def in_body(xml: str) -> Callable[[Parts], Parts]:
    return changed("word/document.xml", b"<w:body>", b"<w:body>" + xml.encode())


def with_part(name: str, data: bytes = b"x") -> Callable[[Parts], Parts]:
    return lambda parts: {**parts, name: data}


def related(kind: str, target: str, mode: str = "") -> Callable[[Parts], Parts]:
    kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
    row = f'<Relationship Id="rId77" Type="{kind}" Target="{target}"{mode}/></Relationships>'
    return changed("word/_rels/document.xml.rels", b"</Relationships>", row.encode())


def field(instruction: str) -> str:
    pieces = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in (instruction[:3], instruction[3:]))
    return f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{pieces}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'


OUTSIDE = ' TargetMode="External"'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
HOSTILE: dict[str, tuple[str, Callable[[Parts], Parts]]] = {
    "macro": ("macro", with_part("word/vbaProject.bin")),
    "macro content type": ("macro", changed("[Content_Types].xml", b"document.main+xml", b"document.macroEnabled.main+xml")),
    "ole": ("object", with_part("word/embeddings/oleObject1.bin")),
    "activex": ("object", with_part("word/activeX/activeX1.xml", b"<x/>")),
    "altchunk part": ("object", with_part("word/afchunk1.xml", b"<x/>")),
    "altchunk": ("object", in_body('<w:altChunk r:id="rId9"/>')),
    "object": ("object", in_body("<w:p><w:r><w:object/></w:r></w:p>")),
    "executable": ("part", with_part("word/media/x.exe")),
    "html": ("part", with_part("word/x.html")),
    "document type": ("dtd", changed("word/styles.xml", b"<w:styles", LAUGHS + b"<w:styles")),
    "utf-16": ("encoding", with_part("word/settings.xml", '<?xml version="1.0" encoding="UTF-16"?><x/>'.encode("utf-16"))),
    "utf-7": ("encoding", with_part("word/settings.xml", b'<?xml version="1.0" encoding="UTF-7"?><x/>')),
    "broken xml": ("xml", with_part("word/settings.xml", b"<x><y></x>")),
    "deep xml": ("xml", with_part("word/settings.xml", b"<x>" * 3000 + b"</x>" * 3000)),
    "bomb": ("bomb", with_part("word/media/x.png", bytes(4_000_000))),
    "big part": ("size", with_part("word/settings.xml", b"<x>" + zlib.compress(bytes(range(256)) * 9).hex().encode() * 9000 + b"</x>")),
    "many parts": ("parts", lambda parts: {**parts, **{f"word/media/{n}.png": b"x" for n in range(400)}}),
    "climbing name": ("name", with_part("word/../../x.xml", b"<x/>")),
    "absolute name": ("name", with_part("/x.xml", b"<x/>")),
    "template from outside": ("relationship", related("attachedTemplate", "https://a.example/t.dotx", OUTSIDE)),
    "picture from outside": ("external", related("image", "http://169.254.169.254/x.png", OUTSIDE)),
    "picture from https": ("external", related("image", "https://a.example/x.png", OUTSIDE)),
    "link to a file": ("external", related("hyperlink", "file:///etc/passwd", OUTSIDE)),
    "link to http": ("external", related("hyperlink", "http://a.example/", OUTSIDE)),
    "part that is not there": ("relationship", related("image", "media/none.png")),
    "part above": ("relationship", related("image", "../../../etc/passwd")),
    "dde": ("field", in_body(field("DDEAUTO c:\\\\windows\\\\cmd.exe"))),
    "includetext": ("field", in_body(field('INCLUDETEXT "/etc/passwd"'))),
    "includepicture": ("field", in_body('<w:p><w:fldSimple w:instr=" includepicture &quot;http://x/&quot; "/></w:p>')),
    "date": ("field", in_body(field("DATE"))),
    "field without begin": ("field", in_body("<w:p><w:r><w:instrText>LINK Excel</w:instrText></w:r></w:p>")),
    "hyperlink field to a file": ("field", in_body(field('HYPERLINK "file:///etc/passwd"'))),
    "hidden text": ("hidden", in_body("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r></w:p>")),
    "pending insertion": ("revision", in_body('<w:p><w:ins w:id="1" w:author="a"><w:r><w:t>x</w:t></w:r></w:ins></w:p>')),
    "pending deletion": ("revision", in_body('<w:p><w:del w:id="1" w:author="a"><w:r><w:delText>x</w:delText></w:r></w:del></w:p>')),
    "no document": ("not-word", lambda parts: {name: data for name, data in parts.items() if name != "word/document.xml"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name(template: bytes, name: str) -> None:
    code, change = HOSTILE[name]
    assert codes(pack(change(unpack(template)))) >= {code}


def test_the_built_template_passes(template: bytes) -> None:
    findings, parts = check_container(template)
    assert findings == ()
    assert "word/document.xml" in parts


@pytest.mark.parametrize("change", [related("hyperlink", "https://a.example/terms", OUTSIDE), in_body(field("PAGEREF x \\h"))])
def test_a_plain_link_and_a_plain_field_pass(template: bytes, change: Callable[[Parts], Parts]) -> None:
    assert codes(pack(change(unpack(template)))) == set()


def test_two_parts_of_one_name_are_refused(template: bytes) -> None:
    doubled = io.BytesIO(template)
    with zipfile.ZipFile(doubled, "a") as archive:
        archive.writestr("word/Document.xml", "<x/>")
    assert codes(doubled.getvalue()) == {"duplicate"}


def test_an_encrypted_part_is_refused(template: bytes) -> None:
    at = template.index(b"PK\x01\x02")
    assert codes(template[: at + 8] + b"\x01" + template[at + 9 :]) == {"encrypted"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-word"),
        (b"%PDF-1.7", "not-word"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "encrypted"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (bytes(word_container.MAX_FILE + 1), "size"),
    ],
)
def test_what_is_no_docx_is_refused(data: bytes, code: str) -> None:
    assert codes(data) == {code}


def test_a_changed_byte_in_a_packed_part_is_refused(template: bytes) -> None:
    at = template.index(b"word/document.xml") + 400
    assert codes(template[:at] + bytes([template[at] ^ 1]) + template[at + 1 :]) <= {"damaged", "xml"}


def test_every_finding_is_a_sentence(template: bytes) -> None:
    for _code, change in HOSTILE.values():
        for finding in check_container(pack(change(unpack(template))))[0]:
            assert str(finding).endswith((".", ".docx)."))
