"""The built templates: real Word files, the same bytes each time, and the shipped ones are those of the shipped clauses."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import docx
import pytest
from lxml import etree

from ipr_service.agreements import rendering, word_template
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.rendering import unpack
from ipr_service.agreements.word_container import W, fields, parse
from tests.agreements.papers import MADE, PUBLISHED, SHARED, TEMPLATE, catalogue, document


def body_of(docx_bytes: bytes) -> etree._Element:
    return parse(unpack(docx_bytes)["word/document.xml"])


def test_the_shipped_templates_are_what_the_shipped_clauses_build() -> None:
    built = word_template.build_all(Catalogue.load(PUBLISHED))
    shipped = {path.relative_to(PUBLISHED).as_posix(): path.read_bytes() for path in PUBLISHED.glob("*/*.docx")}
    stale = sorted(name for name in {*built, *shipped} if built.get(name) != shipped.get(name))
    assert stale == [], "run `make templates`"


def test_the_same_clauses_build_the_same_bytes(papers: Catalogue, template: bytes) -> None:
    assert word_template.build(papers.kind("paper"), papers) == template


def test_python_docx_opens_it_and_every_style_it_uses_exists(template: bytes) -> None:
    opened = docx.Document(io.BytesIO(template))
    known = {style.style_id for style in opened.styles}
    used = {style.get(W + "val") for style in body_of(template).iter(W + "pStyle", W + "rStyle", W + "tblStyle")}
    assert used <= known
    assert {"Heading1", "ClauseText", "ClauseItem", "ScheduleHeading", "PlainItem"} <= used


def test_every_numbered_style_points_to_a_level_that_points_back(template: bytes) -> None:
    parts = unpack(template)
    levels = {(n.getparent().getparent().get(W + "abstractNumId"), n.getparent().get(W + "ilvl")): n.get(W + "val")
              for n in parse(parts["word/numbering.xml"]).iter(W + "pStyle")}  # fmt: skip
    for style in parse(parts["word/styles.xml"]).iter(W + "style"):
        number = style.find(f"{W}pPr/{W}numPr")
        if number is not None:
            place = number.find(W + "numId").get(W + "val"), number.find(W + "ilvl").get(W + "val")
            assert levels[place] == style.get(W + "styleId")
    assert len(levels) == 9


def test_every_cross_reference_is_a_field_to_a_bookmark_that_exists_once(template: bytes) -> None:
    body = body_of(template)
    marks = [mark.get(W + "name") for mark in body.iter(W + "bookmarkStart")]
    targets = [re.fullmatch(r" REF (\w+) \\r \\h ", instruction)[1] for instruction in fields(body)]  # type: ignore[index]
    assert len(set(marks)) == len(marks)
    assert set(targets) == {"clause_end", "clause_purpose"} <= set(marks)
    assert all(len(mark) <= 40 for mark in marks), "Word cuts longer names"


def test_the_label_of_a_reference_is_the_number_that_the_model_gives(papers: Catalogue, template: bytes) -> None:
    for level, end in (("far", "3"), ("near", "2")):
        xml = unpack(rendering.render_document(template, document(papers, level=level), MADE))["word/document.xml"].decode()
        cached = re.search(r'REF clause_end .*?"separate"/></w:r><w:r><w:t[^>]*>(\w+)</w:t>', xml, re.DOTALL)
        assert cached is not None
        assert cached[1] == end


def test_bookmark_names_of_the_shipped_clauses_fit_into_word() -> None:
    placed = {place.clause for kind in Catalogue.load(PUBLISHED).kinds.values() for place in kind.places}
    assert [clause for clause in placed if len("clause_" + clause) > 40] == []


def test_the_footer_counts_pages_and_the_header_names_the_version(template: bytes) -> None:
    parts = unpack(template)
    assert [instruction.strip() for instruction in fields(parse(parts["word/footer1.xml"]))] == ["PAGE", "NUMPAGES"]
    assert "paper, version 3" in parts["word/header1.xml"].decode()
    assert "Paper &amp; Ink Agreement" in parts["word/header1.xml"].decode()


def test_a_question_with_a_name_that_templates_need_is_refused(tmp_path: Path) -> None:
    catalogue(tmp_path)
    (tmp_path / "shared.yaml").write_text(SHARED)
    (tmp_path / "paper/template.yaml").write_text(TEMPLATE.replace("id: note", "id: numbers"))
    for name in ("purpose",):
        clause = tmp_path / f"clauses/en/{name}.md"
        clause.write_text(re.sub(r"\bnote\b", "numbers", clause.read_text()))
    papers = Catalogue.load(tmp_path)
    with pytest.raises(rendering.InputError, match="numbers"):
        word_template.build(papers.kind("paper"), papers)


@pytest.mark.needs("LibreOffice", "poppler")
def test_another_word_processor_counts_as_our_model_does(papers: Catalogue, template: bytes, tmp_path: Path) -> None:
    paper = document(papers, note="odd")
    (tmp_path / "paper.docx").write_bytes(rendering.render_document(template, paper, MADE))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "paper.docx")]
    subprocess.run(command, check=True, capture_output=True)
    printed = subprocess.run(["pdftotext", "-raw", tmp_path / "paper.pdf", "-"], capture_output=True, check=True).stdout.decode()
    said = re.sub(r"\s+", " ", printed)
    for section in paper.sections:
        for line in section.lines:
            if line.kind in ("paragraph", "item"):
                assert f"{line.label} {line.texts()[0]}".strip() in said
    assert "Schedule 1 The works" in said
    assert "Page 1 of" in said
