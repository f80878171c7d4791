"""``ipr demo``: the whole journey on real files, and exactly what it leaves."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from ipr_service.cli.demo import LEFT
from ipr_service.settings import resource_directory
from tests.cli.conftest import Ipr, start


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one demo left; the environment holds a setting that the demo must not heed."""
    folder = tmp_path_factory.mktemp("demo")
    process = start(folder, "demo", "build/demo", IPR_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "11/11" in out
    return folder / "build" / "demo"


def test_exactly_the_promised_files_are_left(left: Path) -> None:
    assert {path.name for path in left.iterdir()} == set(LEFT)
    assert not (left.parents[1] / "var").exists()


def test_the_originals_are_those_that_the_repository_carries(left: Path) -> None:
    for path in (resource_directory("demo") / "idea").iterdir():
        assert (left / "idea" / path.name).read_bytes() == path.read_bytes()


def test_the_bundle_verifies_under_the_keys_beside_it_and_says_test_authority(ipr: Ipr, left: Path) -> None:
    ended = ipr("verify", left / "idea.asice", *sorted((left / "idea").iterdir()), "--trust", left / "log.vkeys")
    assert ended.code == 0
    assert "test authority, not independent" in ended.out
    assert ipr("verify", left / "idea.asice", "--trust", left / "log.vkeys", "--require", "timed").code == 1


def test_the_shares_are_those_of_the_points_and_compute_again(ipr: Ipr, left: Path) -> None:
    record = json.loads((left / "split.json").read_text())
    assert "5/8" in json.dumps(record)
    assert ipr("split", "--replay", left / "split.json").code == 0


@pytest.mark.parametrize("name", ["nda-signed.pdf", "contribution-terms-signed.pdf", "co-development-signed.pdf"])
def test_each_executed_agreement_carries_the_seal_of_the_service(left: Path, name: str) -> None:
    reader = PdfReader(left / name)
    fields = reader.get_fields() or {}
    assert [field for field in fields.values() if field.get("/FT") == "/Sig"]


def test_the_co_development_agreement_says_the_shares_that_were_accepted(left: Path) -> None:
    text = "".join(page.extract_text() for page in PdfReader(left / "co-development-signed.pdf").pages)
    assert "5/8" in text
    assert "3/8" in text
    with zipfile.ZipFile(left / "co-development.docx") as word:
        assert "5/8" in word.read("word/document.xml").decode()


def test_the_evidence_file_is_a_zip_and_the_log_can_be_read(left: Path) -> None:
    with zipfile.ZipFile(left / "agreement-evidence.zip") as evidence:
        assert evidence.testzip() is None
        assert evidence.namelist()
    origin, size, *_ = (left / "log" / "checkpoint").read_text().splitlines()
    assert origin.startswith("demo.invalid/")
    assert int(size) >= 20


def test_the_journal_tells_what_happened_and_claims_nothing_more(left: Path) -> None:
    journal = (left / "journal.txt").read_text()
    assert "Sara registered the idea with 4 files" in journal
    assert "not independent" in journal
    assert "password" not in journal
    assert not [word for word in ("valid ", "protected", "qualified") if word in journal]


def test_an_earlier_demo_is_replaced_and_anything_else_is_left_alone(ipr: Ipr, left: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    ended = ipr("demo", "mine")
    assert ended.code == 3
    assert "thesis.txt" in ended.err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    (left / "note.txt").write_text("mine")
    assert ipr("demo", left).code == 3
    (left / "note.txt").unlink()


@pytest.mark.parametrize(("words", "code"), [((), 2), (("a", "b"), 2)])
def test_bad_arguments_end_with_2(ipr: Ipr, words: tuple[str, ...], code: int) -> None:
    assert ipr("demo", *words).code == code


def test_the_spreadsheet_is_a_whole_office_file_with_its_sum() -> None:
    with zipfile.ZipFile(io.BytesIO((resource_directory("demo") / "idea" / "hours.xlsx").read_bytes())) as book:
        assert book.testzip() is None
        assert "<v>59.5</v>" in book.read("xl/worksheets/sheet1.xml").decode()


def test_the_photo_is_a_jpeg_and_the_text_is_italian_and_greek() -> None:
    idea = resource_directory("demo") / "idea"
    assert (idea / "photo.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    text = (idea / "story.txt").read_text()
    assert "Sedia a due schienali" in text
    assert "Καρέκλα με δύο πλάτες" in text
