"""Exports of a collaboration: each in its format, from what stands; nobody else gets one."""

from __future__ import annotations

import csv
import io
import json

import pytest
from pypdf import PdfReader

from ipr_service.errors import NotFoundError, RefusedError
from ipr_service.services import exporting, granting, results
from ipr_service.services.context import Context
from ipr_service.services.granting import Record
from ipr_service.services.results import AddResult
from tests.services.test_granting import shop
from tests.services.workshop import chair, company


def test_every_export_says_what_the_collaboration_says(sqlite_ctx: Context) -> None:
    ctx, made = sqlite_ctx, shop(sqlite_ctx)
    granting.record(ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia S.p.A."))
    results.add_result(
        ctx, made.the.anna, made.the.id, AddResult("The app", "software", outbound="MIT", components=(("viewer", "GPL-2.0-only"),))
    )
    files = {kind: exporting.export(ctx, made.the.anna, made.the.id, kind) for kind in exporting.KINDS}
    assert {one.media_type for one in files.values()} == {
        "application/ld+json",
        "application/json",
        "text/csv; charset=utf-8",
        "application/pdf",
    }
    policies = [node for node in json.loads(files["odrl.jsonld"].body)["@graph"] if node["@type"] == "Agreement"]
    assert [rule["action"] for rule in policies[0]["permission"]] == ["reproduce", "sell"]
    assert "Mobilia S.p.A." in files["odrl.jsonld"].body.decode()
    credited = json.loads(files["credit.json"].body)["contributors"]
    assert {one["name"] for one in credited} == {"Rovere s.r.l.", "Studio Blu"}
    works = json.loads(files["schema.org.jsonld"].body)["@graph"]
    assert {one["name"]: one["@type"] for one in works} == {"The chair's form": "CreativeWork", "The app": "SoftwareSourceCode"}
    assert json.loads(files["spdx.json"].body)["relationships"][1]["comment"].startswith("NO ")
    lines = list(csv.reader(io.StringIO(files["split-sheet-100.csv"].body.decode())))
    assert {row[0]: (row[3], row[4], row[6]) for row in lines[1:]} == {
        "Anna": ("1/2", "25 %", "25 %"),
        "Marco": ("1/2", "25 %", "25 %"),
        "Together": ("1", "50 %", "50 %"),
    }
    page = PdfReader(io.BytesIO(files["split-sheet-200.pdf"].body)).pages[0].extract_text()
    assert "The oak chair" in page
    assert "50 %" in page


def test_what_was_not_agreed_is_not_exported(sqlite_ctx: Context) -> None:
    ctx, the = sqlite_ctx, chair(sqlite_ctx)
    for kind, said in (("split-sheet-100.csv", "No split is accepted"), ("spdx.json", "which licence goes out")):
        with pytest.raises(RefusedError, match=said):
            exporting.export(ctx, the.anna, the.id, kind)
    assert json.loads(exporting.export(ctx, the.anna, the.id, "schema.org.jsonld").body)["name"] == "The oak chair"
    with pytest.raises(NotFoundError):
        exporting.export(ctx, the.anna, the.id, "../secrets")
    eve = company(ctx, "Eve", "Elsewhere Ltd")
    for kind in exporting.KINDS:
        with pytest.raises(NotFoundError):
            exporting.export(ctx, eve, the.id, kind)
