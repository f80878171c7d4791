"""``ipr renew``: a holder's bundle with nothing but the bundle, and all that is due in an installation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.app import build_context
from ipr_service.cli import verify
from ipr_service.gateways.tsa_presets import authority, read_roots
from ipr_service.services import sealing
from ipr_service.settings import Settings
from tests.cli.conftest import ORIGIN, Ipr
from tests.golden import generate
from tests.support.twin import LOOPBACK, twin

VKEYS = generate.VECTOR / "log.vkeys"


def now() -> datetime:
    return datetime.now(UTC)


def test_a_holder_renews_a_bundle_twice_and_it_verifies_with_both(ipr: Ipr, tmp_path: Path) -> None:
    (tmp_path / "chair.asice").write_bytes(generate.GOLDEN.read_bytes())
    with twin(now) as other:
        (tmp_path / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        made = ipr("renew", "chair.asice", "--tsa", other.url, "--roots", "root.pem", "--json")
        assert (made.code, json.loads(made.out)["renewal"]) == (0, 1)
        assert ipr("renew", "chair.renewed.asice", "--tsa", other.url, "--roots", "root.pem", "--out", "again.asice").code == 0
    report = json.loads(ipr("verify", "again.asice", "--trust", VKEYS, "--trust", "root.pem", "--json").out)
    outcomes = {check["name"]: check["outcome"] for check in report["checks"] if check["name"].startswith("renewal")}
    assert outcomes == {"renewal.1": "holds", "renewal.2": "holds", "renewal.1.token": "holds", "renewal.2.token": "holds"}
    assert report["verified"]


def test_a_root_that_comes_with_the_release_is_believed_without_being_brought(
    ipr: Ipr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chair.asice").write_bytes(generate.GOLDEN.read_bytes())
    with twin(now) as other:
        (tmp_path / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        assert ipr("renew", "chair.asice", "--tsa", other.url, "--roots", "root.pem").code == 0
    words = ("verify", "chair.renewed.asice", "--trust", VKEYS)
    assert "no root in your trust list vouches for it" in ipr(*words).out
    monkeypatch.setattr(verify, "shipped_roots", lambda: (other.root,))
    assert "holds      renewal.1.token" in ipr(*words).out


def test_a_bundle_is_never_written_over_and_a_damaged_one_is_not_renewed(ipr: Ipr, tmp_path: Path) -> None:
    data = bytearray(generate.GOLDEN.read_bytes())
    (tmp_path / "chair.asice").write_bytes(data)
    (tmp_path / "taken.asice").write_bytes(b"mine")
    with twin(now) as other:
        (tmp_path / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        words = ("--tsa", other.url, "--roots", "root.pem")
        assert ipr("renew", "chair.asice", *words, "--out", "taken.asice").code == 2
        data[2_000] ^= 1
        (tmp_path / "broken.asice").write_bytes(data)
        assert ipr("renew", "broken.asice", *words).code == 1
        other.away = True
        assert ipr("renew", "chair.asice", *words).code == 4
    assert (tmp_path / "taken.asice").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.glob("*.renewed.asice")) == []


def test_words_that_do_not_go_together_are_refused(ipr: Ipr, tmp_path: Path) -> None:
    (tmp_path / "chair.asice").write_bytes(b"")
    for words in (
        (),
        ("chair.asice",),
        ("chair.asice", "--due"),
        ("--due", "--tsa", "digicert"),
        ("chair.asice", "--tsa", "digicert", "--dry-run"),
    ):
        assert ipr("renew", *words).code == 2


def test_an_installation_lists_what_is_due_and_says_who_can_renew_it(ipr: Ipr, place: Path) -> None:
    assert ipr("renew", "--due").out == "Nothing is due.\n"
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr("register", "chair.svg", "--title", "Chair", "--bundle", "chair.asice").code == 0
    with twin(now, years=1) as other:
        (place / "root.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        _stamp(place, other.url)
        due = json.loads(ipr("renew", "--due", "--days", "400", "--dry-run", "--json").out)
    assert [(one["version"], one["index"], one["renewals"], one["by"]) for one in due["due"]] == [(1, 0, 0, "holder")]
    assert datetime.fromisoformat(due["due"][0]["ends"]) - now() > timedelta(days=360)
    told = ipr("renew", "--due", "--days", "400")
    assert (told.code, "only its holder can renew it" in told.out) == (0, True)


def _stamp(place: Path, url: str) -> None:
    """A token of the twin over the newest checkpoint, as the worker would get it if the loopback were open to it."""
    ctx = build_context(Settings.from_environ({}, data_dir=place / "var", origin=ORIGIN))
    asked = authority(url, read_roots(str(place / "root.pem")), LOOPBACK)
    assert sealing.stamp_newest(replace(ctx, authorities=(asked,))) == 1
    ctx.database.close()
