"""What a Word document of ours says, clause by clause: read by its bookmarks, without numbers, titles and signature blocks."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ipr_service.agreements import rendering
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.rendering import pack
from ipr_service.agreements.word_container import W
from ipr_service.agreements.word_text import paragraphs_of, text_of
from tests.agreements.papers import MADE, document

NAMESPACE = W.strip("{}")


def marked(name: str) -> str:
    return f'<w:bookmarkStart w:id="1" w:name="{name}"/>'


def paragraph(text: str, style: str = "", mark: str = "") -> str:
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}{marked(mark) if mark else ''}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word(*content: str) -> bytes:
    document = f'<w:document xmlns:w="{NAMESPACE}"><w:body>{"".join(content)}</w:body></w:document>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", document)
    return out.getvalue()


def test_a_paragraph_belongs_to_the_clause_whose_heading_stands_above() -> None:
    docx = word(
        paragraph("The agreement", "Title"),
        paragraph("Before"),
        paragraph("Purpose", mark="clause_nda_purpose"),
        paragraph("It serves one purpose."),
        paragraph("End", mark="clause_end"),
    )
    assert paragraphs_of(docx) == (
        ("", "Before"),
        ("nda-purpose", "Purpose"),
        ("nda-purpose", "It serves one purpose."),
        ("end", "End"),
    )


def test_what_follows_the_signatures_mark_is_not_the_text_of_the_agreement() -> None:
    assert paragraphs_of(word(paragraph("Text"), paragraph("Signed", mark="signatures"), paragraph("Anna"))) == (("", "Text"),)


def test_a_bookmark_that_a_writer_sets_begins_no_clause() -> None:
    assert paragraphs_of(word(paragraph("One", mark="clause_one"), paragraph("Two", mark="my_mark"))) == (("one", "One"), ("one", "Two"))


def test_cells_of_a_table_are_read_in_reading_order() -> None:
    rows = "".join(f"<w:tr><w:tc>{paragraph(a)}</w:tc><w:tc>{paragraph(b)}</w:tc></w:tr>" for a, b in (("1", "2"), ("3", "4")))
    assert [text for _, text in paragraphs_of(word(f"<w:tbl>{rows}</w:tbl>"))] == ["1", "2", "3", "4"]


def test_the_cached_result_of_a_field_is_read_and_its_instruction_is_not() -> None:
    field = "<w:r><w:instrText> REF clause_end </w:instrText></w:r><w:r><w:t>7</w:t></w:r>"
    assert paragraphs_of(word(f"<w:p><w:r><w:t>see </w:t></w:r>{field}</w:p>")) == (("", "see 7"),)


@given(st.lists(st.text("abc äλ&<", max_size=8), max_size=6))
def test_however_word_splits_a_text_into_runs_it_reads_the_same(pieces: list[str]) -> None:
    made = etree.Element(W + "p")
    for piece in pieces:
        etree.SubElement(etree.SubElement(made, W + "r"), W + "t").text = piece
    assert text_of(made) == "".join(pieces)


def test_a_line_break_reads_as_one_space() -> None:
    made = etree.fromstring(f'<w:p xmlns:w="{NAMESPACE}"><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r></w:p>')
    assert text_of(made) == "one two"


def test_a_lawyers_changed_word_is_found_in_its_clause(papers: Catalogue, template: bytes) -> None:
    sent = rendering.render_document(template, document(papers), MADE)
    parts = rendering.unpack(sent)
    back = pack({**parts, "word/document.xml": parts["word/document.xml"].replace(b"a chair", b"a table")})
    differing = [clause for (clause, was), (_, now) in zip(paragraphs_of(sent), paragraphs_of(back), strict=True) if was != now]
    assert differing == ["purpose"]
