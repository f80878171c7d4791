from __future__ import annotations

import base64
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.digest import Digests, DigestSink, digest_stream, parse_base64, parse_hex, to_base64


@given(st.lists(st.binary(max_size=64)))
def test_a_stream_has_the_digests_of_its_whole_content_however_it_is_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    sink = DigestSink()
    for piece in pieces:
        sink.update(piece)
    expected = Digests(hashlib.sha256(whole).digest(), hashlib.sha512(whole).digest(), len(whole))
    assert sink.finish() == digest_stream(io.BytesIO(whole), chunk=7) == expected


def test_the_empty_file_has_the_published_digests_of_nothing() -> None:
    digests = digest_stream(io.BytesIO())
    assert digests.sha256.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digests.sha512.hex().startswith("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce")
    assert digests.size == 0


@pytest.mark.parametrize(("sha256", "sha512", "size"), [(b"", bytes(64), 0), (bytes(32), bytes(32), 0), (bytes(32), bytes(64), -1)])
def test_digests_of_another_length_are_refused(sha256: bytes, sha512: bytes, size: int) -> None:
    with pytest.raises(FormatError):
        Digests(sha256, sha512, size)


@pytest.mark.parametrize(
    "text",
    [
        "AB" * 32,
        "ab" * 31,
        "ab" * 33,
        "ab" * 31 + "a",
        " " + "ab" * 31 + "a",
        "ab" * 32 + "\n",
        "ab " * 21 + "a",
        "٠" * 64,
        "0x" + "ab" * 31,
        "gg" * 32,
        None,
        7,
    ],
)
def test_hex_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError, match="64 characters of lower-case hex"):
        parse_hex(text, 32)


@pytest.mark.parametrize("text", ["AAA", "AAAA\n", " AAAA", "AA=A", "AB==", "AAB=", "__8=", "AAAA====", "ÄÄÄÄ", b"AAAA", None])
def test_base64_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError):
        parse_base64(text)


@given(st.binary())
def test_bytes_survive_both_spellings(value: bytes) -> None:
    assert parse_hex(value.hex(), len(value)) == parse_base64(to_base64(value), len(value)) == value


@given(st.text(alphabet="AQgw+/=\n _-b", max_size=12))
def test_base64_that_is_taken_is_the_only_spelling_of_its_bytes(text: str) -> None:
    try:
        value = parse_base64(text)
    except FormatError:
        return
    assert base64.b64encode(value).decode() == text


def test_base64_of_another_length_is_refused() -> None:
    with pytest.raises(FormatError, match="of 32 bytes, got 31"):
        parse_base64(to_base64(bytes(31)), 32)
