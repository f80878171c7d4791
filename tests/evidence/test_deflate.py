"""What is packed here unpacks everywhere, and always packs to the same bytes."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.evidence import deflate
from tests.golden import generate


@given(st.one_of(st.binary(max_size=600), st.text("ab\n", max_size=2_000).map(str.encode)))
def test_zlib_unpacks_what_was_packed(data: bytes) -> None:
    assert zlib.decompress(deflate.pack(data), -15) == data


@pytest.mark.parametrize(
    "data", [b"", b"a", bytes(70_000), bytes(range(256)) * 300, b"abc" * 11_000], ids=["none", "one", "zeros", "all", "far"]
)
def test_zlib_unpacks_the_corners_of_the_format(data: bytes) -> None:
    unpacker = zlib.decompressobj(-15)
    assert unpacker.decompress(deflate.pack(data)) == data
    assert (unpacker.eof, unpacker.unused_data) == (True, b"")


def test_it_packs_about_as_well_as_zlib_does() -> None:
    data = (generate.VECTOR / "openings.json").read_bytes() * 3
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    assert len(deflate.pack(data)) <= 1.02 * len(packer.compress(data) + packer.flush())


def test_the_packed_bytes_never_change() -> None:
    """The digest was taken once, when the first bundles were packed this way."""
    packed = deflate.pack((generate.VECTOR / "openings.json").read_bytes())
    assert hashlib.sha256(packed).hexdigest() == "69886ccdc1192609686c3db477eeb49b24c36ecee5722e751aea4548046017d6"
