"""``ipr tsa``: what is told of public authorities, and one that is tried."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.evidence.authorities import shipped_roots
from tests.cli.conftest import Ipr
from tests.support.twin import twin


def test_the_list_says_of_each_authority_what_its_source_says_and_whether_its_root_comes_along(ipr: Ipr) -> None:
    rows = {row["name"]: row for row in json.loads(ipr("tsa", "list", "--json").out)}
    assert (rows["digicert"]["root_carried"], rows["digicert"]["qualified"]) == (True, None)
    assert (rows["sectigo-qualified"]["root_carried"], "eIDAS" in rows["sectigo-qualified"]["qualified"]) == (False, True)
    text = ipr("tsa", "list").out
    assert "bring it in IPR_TSA_ROOTS; SHA-256 a6379e7c" in text
    assert "qualified: its source does not say so" in text


def test_the_roots_are_printed_as_pem(ipr: Ipr) -> None:
    assert tuple(x509.load_pem_x509_certificates(ipr("tsa", "roots").out.encode())) == shipped_roots()


def test_an_authority_is_tried_with_one_token(ipr: Ipr, tmp_path: Path) -> None:
    with twin(lambda: datetime.now(UTC)) as other:
        (tmp_path / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        tried = ipr("tsa", "test", other.url, "--roots", "root.pem", "--json")
        assert tried.code == 0
        facts = json.loads(tried.out)
        assert (facts["certificates"], facts["ocsp_answers"], facts["accuracy"]) == (3, 1, "0:00:01")
        assert facts["off_by_seconds"] < 30
        assert other.asked.count("") + other.asked.count("/") == 1
        other.away = True
        assert ipr("tsa", "test", other.url, "--roots", "root.pem").code == 4


def test_without_a_root_nobody_is_asked(ipr: Ipr) -> None:
    missing = ipr("tsa", "test", "http://127.0.0.1:1")
    assert (missing.code, "IPR_TSA_ROOTS" in missing.err) == (2, True)
