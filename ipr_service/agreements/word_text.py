"""What a Word document of ours says, clause by clause, without its automatic numbers.

The counterpart of ``assembly.Document.paragraphs``: ordered (clause id, paragraph text), read from the bookmarks that
``word_template`` sets on headings. Two papers are the same text when these lists are equal (AGREEMENTS.md 5). A document that a
lawyer sends back is read in the same way.

What this does not do: read tracked changes, headers or footers, text boxes, or the signature blocks after the text.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from ipr_service.agreements.word_container import W, parse

_SKIPPED_STYLES = frozenset({"Title", "AfterTable"})


def paragraphs_of(docx: bytes) -> tuple[tuple[str, str], ...]:
    """Ordered (clause id, paragraph text) of the body: headings, paragraphs, items and table cells.

    Args:
        docx: bytes made by ``rendering``, or checked by ``word_container``.
    """
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return tuple(_paragraphs(parse(archive.read("word/document.xml"))))


def _paragraphs(root: etree._Element) -> Iterator[tuple[str, str]]:
    clause = ""
    for paragraph in root.iter(W + "p"):
        for mark in paragraph.iter(W + "bookmarkStart"):
            name = mark.get(W + "name", "")
            if name == "signatures":
                return
            if name.startswith("clause_"):
                clause = name.removeprefix("clause_").replace("_", "-")
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if style is None or style.get(W + "val") not in _SKIPPED_STYLES:
            yield clause, text_of(paragraph)


def text_of(paragraph: etree._Element) -> str:
    """The text that a reader sees: runs and the cached results of fields, line breaks as one space."""
    return "".join(element.text or "" if element.tag == W + "t" else " " for element in paragraph.iter(W + "t", W + "br"))
