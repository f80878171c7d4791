"""A dossier is read with care: what is hostile or damaged around the bundles is refused or fails by name."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import dossier
from ipr_service.evidence.dossier import is_dossier, verify_parts
from ipr_service.evidence.trust import TrustList
from tests.golden import generate

GOLDEN = generate.GOLDEN.read_bytes()
TRUST = TrustList.from_bytes((generate.VECTOR / "log.vkeys").read_bytes())


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    out.seek(0)
    return out


def test_every_bundle_is_verified_in_the_order_of_its_name() -> None:
    parts = list(verify_parts(zipped(("README.txt", b"x"), ("proofs/b.asice", b"x"), ("proofs/a.asice", GOLDEN)), TRUST))
    assert [(part.name, bool(part.report)) for part in parts] == [("proofs/a.asice", True), ("proofs/b.asice", False)]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", GOLDEN, b"x" * 99])
def test_a_bundle_and_what_is_no_zip_file_are_no_dossiers(data: bytes) -> None:
    assert not is_dossier(io.BytesIO(data))


def test_a_member_that_unfolds_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(FormatError, match="unfolds to far more"):
        list(verify_parts(zipped(("proofs/a.asice", bytes(5_000_000)), method=zipfile.ZIP_DEFLATED), TRUST))


def test_too_many_bundles_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dossier, "MAX_BUNDLES", 1)
    with pytest.raises(FormatError, match="at most 1 bundles"):
        list(verify_parts(zipped(("proofs/a.asice", b""), ("proofs/b.asice", b"")), TRUST))


def test_names_outside_the_folder_are_not_looked_at() -> None:
    stream = zipped(("../proofs/a.asice", GOLDEN), ("proofs/../a.asice", GOLDEN), ("other/a.asice", GOLDEN))
    assert not is_dossier(stream)
    assert list(verify_parts(stream, TRUST)) == []


WHOLE = zipped(("proofs/a.asice", GOLDEN)).getvalue()


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
@settings(max_examples=20)
def test_a_changed_byte_never_raises_anything_but_a_named_error(at: int, flip: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= flip
    stream = io.BytesIO(bytes(changed))
    if is_dossier(stream):
        with contextlib.suppress(FormatError):
            list(verify_parts(stream, TRUST))
