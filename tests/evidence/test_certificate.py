"""The certificate is one page, the same every time, says what is true, and takes no orders from a title."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta
from pathlib import Path

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from ipr_service.evidence import certificate, deflate
from ipr_service.evidence.certificate import CertificateData, CertifiedContributor, CertifiedFile, CertifiedToken
from tests.golden import generate

DATA = generate.certificate_data()
FONTS = certificate.bundled_fonts()


def page(data: CertificateData) -> str:
    """The text of the only page, without the places where long words may break."""
    reader = PdfReader(io.BytesIO(certificate.render(data, FONTS)))
    assert len(reader.pages) == 1
    return reader.pages[0].extract_text().replace("\u200b", "").replace("\n", " ")


def test_the_same_data_gives_the_same_bytes() -> None:
    assert certificate.render(DATA, FONTS) == certificate.render(DATA, FONTS)


def test_the_page_says_what_was_registered_where_and_under_which_key() -> None:
    said = page(DATA)
    opening = DATA.files[0]
    for words in (
        "Sedia pieghevole «Tre Gesti»", "sara@example.org", "5/8", "τρεις κινήσεις.txt", opening.sha256.hex(), DATA.commitment.hex(),
        DATA.fingerprint, DATA.root.hex(), "demo.invalid/golden, 7", "size 13", "2026-03-02", "09:30:00 UTC",
    ):  # fmt: skip
        assert words in said
    assert opening.sha512.hex() in said.replace(" ", "")


def test_the_page_says_what_it_does_not_prove() -> None:
    said = page(DATA)
    assert "Who the author is" in said
    assert "That the idea is new" in said
    assert "It is no proof by itself" in said


def test_the_services_own_clock_is_called_a_test_authority() -> None:
    assert "(test authority, not independent)" in page(DATA)
    independent = CertifiedToken("Authority elsewhere", DATA.signed_at + timedelta(minutes=3), True)
    assert "not independent" not in page(dataclasses.replace(DATA, tokens=(independent,)))


@pytest.mark.parametrize("word", ["protected", "valid", "qualified", "guarantee"])
def test_the_page_never_claims_what_the_law_decides(word: str) -> None:
    said = page(dataclasses.replace(DATA, origin="log", title="t", verify_url="https://x/", tokens=()))
    assert word not in said.lower()


def test_it_is_pdf_a_and_names_its_language() -> None:
    made = PdfReader(io.BytesIO(certificate.render(DATA, FONTS)))
    metadata = made.trailer["/Root"]["/Metadata"].get_object().get_data()  # type: ignore[index]
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert made.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_it_is_small_enough_for_every_bundle_and_carries_one_font() -> None:
    made = certificate.render(DATA, FONTS)
    assert len(deflate.pack(made)) < 12_100
    fonts = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert len(fonts) == 1


def test_the_qr_code_is_sharp_and_holds_the_address_of_the_verification_page() -> None:
    """Each module of the picture is read back from the page and compared with the code of ISO/IEC 18004 for the address."""
    reader = PdfReader(io.BytesIO(certificate.render(DATA, FONTS)))
    (picture,) = reader.pages[0]["/Resources"]["/XObject"].values()  # type: ignore[index]
    wanted = segno.make(DATA.verify_url, error="m", micro=False).matrix
    size, dots = 4 * len(wanted), picture.get_object().get_data()
    assert (picture.get_object()["/Width"], picture.get_object()["/Height"], len(dots)) == (size, size, 3 * size * size)
    rows = [[dots[3 * (size * y + x)] < 128 for x in range(size)] for y in range(size)]
    assert rows == [[bool(wanted[y // 4][x // 4]) for x in range(size)] for y in range(size)]


def test_the_longest_texts_and_longest_lists_stay_on_one_page() -> None:
    wide = "W" * 300
    worst = CertificateData(
        kind="idea",
        title=wide,
        contributors=(CertifiedContributor(wide, wide, f"{10**30 - 1}/{10**30}"),) * 99,
        files=tuple(CertifiedFile(n, wide, 2**40, bytes(32), bytes(64)) for n in range(1, 100)),
        commitment=bytes(32),
        index=2**62,
        origin=wide,
        fingerprint="f" * 64,
        log_size=2**62 + 1,
        root=bytes(32),
        signed_at=DATA.signed_at,
        tokens=(CertifiedToken(wide, DATA.signed_at, False),) * 5,
        verify_url="https://ipr.example.org/" + "v" * 300,
    )
    said = page(worst)
    assert "and 95 more, all listed in openings.json" in said
    assert "and 94 more, all listed in openings.json" in said
    assert "Not all of the title can be shown here" in said


@pytest.mark.parametrize(
    "title",
    ['#panic("x")', "$x^2$ *b* _i_ `c`", "#sys.inputs", "\\ @ref <label> // comment", '"; #image("x")', "= not a heading", "{{7*7}}"],
)
def test_a_title_is_text_and_never_source(title: str) -> None:
    assert title.replace(" ", "") in page(dataclasses.replace(DATA, title=title)).replace(" ", "")


def test_letters_that_the_type_lacks_are_boxes_and_the_page_says_so() -> None:
    said = page(dataclasses.replace(DATA, title="椅子 \u202eevil\x00"))
    assert "□□ □evil□" in said
    assert "Not all of the title can be shown here" in said


def test_greek_croatian_and_slovene_letters_are_shown() -> None:
    title = "Καρέκλα ΐΰ ώ · Čč Šš Žž Đđ Ćć"
    said = page(dataclasses.replace(DATA, title=title))
    assert title in said
    assert "Not all of the title" not in said


@given(st.text(max_size=400), st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=15)
def test_any_text_in_any_field_gives_one_page(title: str, name: str, role: str) -> None:
    person = CertifiedContributor(name, role, "1/2")
    file = dataclasses.replace(DATA.files[0], name=name)
    page(dataclasses.replace(DATA, title=title, contributors=(person,), files=(file,)))


def test_a_page_in_another_language_uses_its_sentences() -> None:
    said = {"Certificate of registration": "Certificato di registrazione"}
    made = certificate.render(dataclasses.replace(DATA, language="it"), FONTS, lambda msgid: said.get(msgid, msgid))
    assert "Certificato di registrazione" in PdfReader(io.BytesIO(made)).pages[0].extract_text()


def test_the_type_covers_what_the_pages_promise() -> None:
    letters = certificate._letters(FONTS / "IPRPage-Regular.ttf")
    assert {ord(c) for c in "ČčŠšŽžĐđĆćΑΩαωάέήίόύώΐΰ«»–…"} <= letters
    assert Path(FONTS / "OFL.txt").read_text().startswith("Copyright © 2017 IBM Corp.")
