"""Class 17 over the whole journey: disclosure, views, split, acceptances, papers, signatures, edited column by column."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipr_service import app
from ipr_service.cli.demo import load_demo
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from tests.services.test_audit import copied, run
from tests.support.house import build

LATE = "'2020-01-01 00:00:00.000000'"
EDITS = [
    ("UPDATE disclosure SET recipient_email = 'eve@example.org'", "disclosure_item"),
    ("UPDATE disclosure SET terms_sha256 = zeroblob(32)", "disclosure_item"),
    (f"UPDATE disclosure SET ends_at = {LATE}", "disclosure_item"),
    ("UPDATE disclosure_item SET commitment = NULL", "log_entry"),
    (f"UPDATE access_record SET at = {LATE}", "access_record"),
    ("UPDATE access_record SET item_id = (SELECT max(id) FROM disclosure_item WHERE id <> item_id)", "access_record"),
    ("DELETE FROM access_record", "log_entry"),
    ("UPDATE split SET record_sealed = zeroblob(80)", "split"),
    ("UPDATE split SET run_digest = zeroblob(32)", "split"),
    ("UPDATE split SET policy = 'other@1'", "split"),
    ("UPDATE split SET parties_sealed = zeroblob(80)", "split"),
    ("DELETE FROM split", "split_acceptance"),
    (f"UPDATE split_acceptance SET at = {LATE}", "split_acceptance"),
    ("UPDATE split_acceptance SET accepted = 0", "split_acceptance"),
    ("UPDATE split_acceptance SET person_id = (SELECT max(id) FROM person WHERE id <> person_id)", "split_acceptance"),
    ("DELETE FROM split_acceptance", "log_entry"),
    ("UPDATE agreement_document SET pdf_sha256 = zeroblob(32)", "agreement_document"),
    ("UPDATE agreement_document SET template = 'other@1'", "agreement_document"),
    ("UPDATE agreement_document SET sealed_sha256 = zeroblob(32)", "agreement_document"),
    ("UPDATE agreement_document SET executed_commitment = NULL", "log_entry"),
    ("UPDATE agreement SET kind = 'other'", "agreement_document"),
    ("UPDATE signature SET document_sha256 = zeroblob(32)", "signature"),
    ("UPDATE signature SET identity = 'mailto:eve@example.org'", "signature"),
    ("UPDATE signature SET role = 'witness'", "signature"),
    ("UPDATE signature SET method = 'other'", "signature"),
    ("UPDATE signature SET consent = 'other@1'", "signature"),
    ("UPDATE signature SET consent_sha256 = zeroblob(32)", "signature"),
    (f"UPDATE signature SET at = {LATE}", "signature"),
    ("DELETE FROM signature", "log_entry"),
]


@pytest.fixture(scope="module")
def journey(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The demo, walked once."""
    folder = tmp_path_factory.mktemp("journey")
    ctx = build(f"sqlite:///{shutil.copy(_sqlite_template, folder / 'ipr.db')}", folder / "data", app.utc_now, demo=True)  # type: ignore[arg-type]
    load_demo(app, ctx)
    yield ctx
    ctx.database.close()


@pytest.fixture
def edited(journey: Context, tmp_path: Path) -> Iterator[Context]:
    ctx = copied(journey, tmp_path / "copy.db")
    yield ctx
    ctx.database.close()


def test_class_17_nothing_is_found_in_the_whole_journey(edited: Context) -> None:
    report = audit(edited)
    assert report.findings == ()
    assert report.checked >= report.entries > 20


@pytest.mark.parametrize(("statements", "row"), EDITS, ids=[statement for statement, _ in EDITS])
def test_class_17_an_edit_of_the_journey_by_raw_sql_is_found_and_names_the_row(edited: Context, statements: str, row: str) -> None:
    run(edited, statements)
    assert row in {finding.row.split()[0] for finding in audit(edited).findings}
