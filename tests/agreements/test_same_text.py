"""Word and PDF say the same: equal ordered lists of (clause id, paragraph text), for every kind and every case."""

from __future__ import annotations

import functools
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ipr_service.agreements import interview, rendering, typesetting, word_template, word_text
from ipr_service.agreements.assembly import Document, assemble
from ipr_service.agreements.catalogue import Catalogue
from tests.agreements.papers import MADE, PUBLISHED, document

pytestmark = pytest.mark.needs("poppler")

CASES = sorted(PUBLISHED.glob("*/cases/*.yaml"))


@functools.cache
def published() -> Catalogue:
    return Catalogue.load(PUBLISHED)


@functools.cache
def built(kind: str) -> bytes:
    return word_template.build(published().kind(kind), published())


def squeezed(text: str) -> str:
    """Without white space and hyphens: what line breaks in a PDF may change."""
    return re.sub(r"[\s\u00ad\u200b-]+", "", text)


def pdf_text(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def assert_same(paper: Document, template: bytes) -> None:
    wanted = paper.paragraphs()
    assert word_text.paragraphs_of(rendering.render_document(template, paper, MADE)) == wanted
    printed = squeezed(pdf_text(typesetting.typeset(paper, MADE)))
    missing = [text for _clause, text in wanted if len(squeezed(text)) < 60 and squeezed(text) not in printed]
    assert missing == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_every_case_reads_the_same_in_word_and_pdf(case: Path) -> None:
    kind = published().kind(case.parts[-3])
    terms = interview.check(kind, yaml.safe_load(case.read_text()))
    assert_same(assemble(kind, terms, published()), built(kind.id))


@pytest.mark.parametrize(
    "changes",
    [{}, {"level": "near"}, {"note": "odd"}, {"note": "plain"}, {"works": []}, {"works": None, "level": "near", "note": "x & <y>"}],
    ids=str,
)
def test_every_branch_reads_the_same_in_word_and_pdf(papers: Catalogue, template: bytes, changes: dict[str, object]) -> None:
    assert_same(document(papers, **changes), template)


def test_the_comparison_notices_one_changed_word(papers: Catalogue, template: bytes) -> None:
    word = rendering.render_document(template, document(papers, note="left"), MADE)
    assert word_text.paragraphs_of(word) != document(papers, note="right").paragraphs()
