"""The PDF: the profile it claims, the same bytes, values as text only, a clear refusal of what the type lacks."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.agreements import typesetting
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.typesetting import Imprint, typeset
from ipr_service.errors import InputError
from tests.agreements.papers import MADE, document, raw_document

pytestmark = pytest.mark.needs("poppler")


def text(pdf: bytes) -> str:
    out = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return re.sub(r"\s+", " ", out)


def test_it_claims_pdf_a_3a_and_pdf_ua_1_and_its_only_time_is_the_one_given(papers: Catalogue) -> None:
    pdf = typeset(document(papers), MADE)
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert set(re.findall(rb"D:(\d{14})", pdf)) == {b"20261122150000"}


def test_the_same_document_gives_the_same_bytes(papers: Catalogue) -> None:
    assert typeset(document(papers), MADE) == typeset(document(papers), MADE)


def test_every_font_in_it_comes_from_the_package(papers: Catalogue, tmp_path: object) -> None:
    listed = subprocess.run(["pdffonts", "-"], input=typeset(document(papers), MADE), capture_output=True, check=True).stdout.decode()
    assert all("IBMPlexSans" in row and " yes yes yes " in re.sub(r"\s+", " ", row) for row in listed.splitlines()[2:])


def test_numbers_labels_header_and_footer_are_printed(papers: Catalogue) -> None:
    paper = document(papers)
    said = text(typeset(paper, MADE))
    for words in ("1.1 It serves a chair", "(a) as number 1", "Schedule 1 The works", "paper, version 3", "Page 1 of 3"):
        assert words in said
    assert paper.terms.digest in said
    assert "Draft, not reviewed by counsel" in said


def test_the_footer_says_what_it_is_told(papers: Catalogue) -> None:
    said = text(typeset(document(papers), MADE, Imprint("Final text for signature", "Agreement 01J")))
    assert "Final text for signature" in said
    assert "Agreement 01J" in said
    assert "Draft" not in said


SOURCES = ("#panic()", "$x$ *b* _i_ `r`", "#sys.inputs", '#read("/etc/passwd")', "<label> @ref", "\\u{41} -- ~ 'q' \"q\"", "//c /*c*/")


@pytest.mark.parametrize("value", SOURCES)
def test_typst_source_in_a_value_is_only_text(papers: Catalogue, value: str) -> None:
    assert re.sub(r"\s", "", value) in re.sub(r"\s", "", text(typeset(document(papers, purpose=value), MADE)))


@settings(max_examples=25, deadline=None)
@given(value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_categories=["Cc", "Cf"]), min_size=1, max_size=40))
def test_any_latin_text_is_set_or_refused_with_its_character_named(papers: Catalogue, value: str) -> None:
    try:
        result = typeset(raw_document(papers, purpose=value), MADE)
    except InputError as error:
        result = str(error).encode()
    assert result.startswith((b"%PDF-", b"The characters "))


@pytest.mark.parametrize("value", ["Παπαδόπουλος", "čšžđ ČŠŽĐ", "àéîõü ß Œ", "“q” – € §"])
def test_the_languages_of_the_service_are_set(papers: Catalogue, value: str) -> None:
    assert value in text(typeset(document(papers, purpose=value), MADE))


@pytest.mark.parametrize("value", ["日本", "🎉", "שלום"])
def test_what_the_type_lacks_is_refused_by_name(papers: Catalogue, value: str) -> None:
    with pytest.raises(InputError, match="cannot be printed") as refused:
        typeset(document(papers, purpose=value), MADE)
    assert refused.value.values["text"] in value


def test_a_long_digest_stays_in_its_column_and_can_be_copied(papers: Catalogue) -> None:
    digest = "lBoLEDMu2HBkKjZHnZezx4CquNjvkir7yQMZuCo5" * 4
    pdf = typeset(document(papers, works=[{"title": digest, "share": "1"}]), MADE)
    assert digest in text(pdf).replace(" ", "")
    assert "\u200b" not in text(pdf)


def test_a_fault_of_ours_is_not_sold_as_the_writers(papers: Catalogue) -> None:
    with pytest.raises(typesetting.typst.TypstError):
        typesetting.compile_paper("agreement.typ", {"title": "x"}, MADE)
