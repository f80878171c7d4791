"""Public authorities by name: the roots that come with the release are those of Mozilla's programme, all others are asked for."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.errors import SettingsError
from ipr_service.evidence.authorities import shipped_roots
from ipr_service.gateways.tsa_presets import PRESETS, authority, carried, fingerprint, independent_authorities, preset
from tests.evidence.tsp.authority import issue


@pytest.fixture(scope="module")
def pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return issue("root", "root", key, key, ca=True).public_bytes(Encoding.PEM)


def test_every_root_that_is_carried_stands_in_mozillas_programme() -> None:
    published = Path(certifi.where()).read_text(encoding="utf-8")
    assert len(shipped_roots()) == 5
    assert all(root.public_bytes(Encoding.PEM).decode() in published for root in shipped_roots())


def test_the_fingerprint_beside_each_root_is_its_own() -> None:
    text = (files("ipr_service.evidence") / "files" / "authorities.pem").read_text()
    assert re.findall(r"^# SHA-256 ([0-9a-f]{64}),", text, re.MULTILINE) == [fingerprint(root) for root in shipped_roots()]


def test_every_carried_root_belongs_to_a_preset_and_every_preset_names_a_root_and_a_source() -> None:
    assert {fingerprint(root) for root in shipped_roots()} <= {root for one in PRESETS for root in one.roots}
    assert all(one.roots and one.source.startswith("https://") and one.url.startswith("http") for one in PRESETS)
    assert len({one.name for one in PRESETS}) == len(PRESETS)


def test_a_preset_with_a_carried_root_needs_nothing_else() -> None:
    made = authority("digicert", ())
    assert (made.name, made.url, made.independent) == ("digicert", "http://timestamp.digicert.com", True)
    assert [fingerprint(root) for root in made.roots] == ["552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988"]


def test_a_preset_without_a_carried_root_asks_for_it_by_its_fingerprint_and_takes_no_other(pem: bytes) -> None:
    free = preset("freetsa")
    assert free is not None
    assert carried(free) == ()
    for roots in ((), (x509.load_pem_x509_certificate(pem),)):
        with pytest.raises(SettingsError, match="a6379e7cecc05faa3cbf076013d745e327bbbaa38c0b9af22469d4701d18aabc"):
            authority("freetsa", roots)


def test_the_settings_give_the_authorities_in_their_order(pem: bytes, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(pem)
    made = independent_authorities(("https://a.example/tsa", "digicert", "http://b.example"), str(roots))
    assert [one.name for one in made] == ["a.example", "digicert", "b.example"]
    assert all(one.independent for one in made)
    assert made[0].roots == (x509.load_pem_x509_certificate(pem),)
    assert independent_authorities((), "") == ()


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_file_without_a_certificate_is_refused(content: bytes, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(content)
    with pytest.raises(SettingsError, match="IPR_TSA_ROOTS"):
        independent_authorities(("https://a.example",), str(roots))


@pytest.mark.parametrize(
    ("words", "says"),
    [(("nobody",), "nobody"), (("ftp://a.example",), "no timestamp authority"), (("https://a.example",), "required"),
     (("digicert", "digicert"), "twice")],
)  # fmt: skip
def test_what_names_no_authority_or_one_twice_is_refused(words: tuple[str, ...], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        independent_authorities(words, "")
