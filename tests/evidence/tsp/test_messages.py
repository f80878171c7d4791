from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.tsp import HASH_SIZES, OWN_CLOCK_POLICY, QueryError, make_query, messages, read_query, respond, token_of
from tests.evidence.tsp import authority


@given(st.sampled_from(sorted(HASH_SIZES)), st.none() | st.integers(0, 2**512 - 1), st.none() | st.just(OWN_CLOCK_POLICY), st.booleans())
def test_a_query_is_read_back(algorithm: str, nonce: int | None, policy: str | None, cert_req: bool) -> None:
    digest = b"\xab" * HASH_SIZES[algorithm]
    query = read_query(make_query(digest, nonce, policy, cert_req))
    assert (query.algorithm, query.digest, query.nonce, query.policy, query.cert_req) == (algorithm, digest, nonce, policy, cert_req)


@pytest.mark.parametrize(("digest", "nonce"), [(bytes(20), None), (b"", None), (bytes(32), -1), (bytes(32), 2**512)])
def test_a_query_over_anything_else_is_not_made(digest: bytes, nonce: int | None) -> None:
    with pytest.raises(FormatError):
        make_query(digest, nonce)


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("algorithm", sorted(HASH_SIZES))
def test_a_query_of_openssl_is_read(algorithm: str, tmp_path: Path) -> None:
    digest = "cd" * HASH_SIZES[algorithm]
    command = ["openssl", "ts", "-query", "-digest", digest, f"-{algorithm}", "-cert", "-out", str(tmp_path / "q")]
    subprocess.run(command, check=True, capture_output=True)
    query = read_query((tmp_path / "q").read_bytes())
    assert (query.algorithm, query.digest.hex(), query.cert_req) == (algorithm, digest, True)
    assert query.nonce is not None


@given(st.binary(max_size=120))
def test_any_bytes_are_refused_with_a_named_failure_or_are_a_query(data: bytes) -> None:
    failure = ""
    try:
        read_query(data)
    except QueryError as error:
        failure = error.failure
    assert failure in {"", "bad_data_format", "bad_request", "bad_alg", "unaccepted_extensions"}


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_query_with_one_changed_byte_is_answered_and_breaks_nothing(at: int, change: int) -> None:
    _, answering = authority.own()
    data = bytearray(make_query(bytes(32), 7))
    data[at % len(data)] ^= change
    status, token = messages.read_reply(respond(bytes(data), answering, authority.NOW, 1))
    assert (status, token is None) in ((0, False), (2, True))


@given(st.binary(max_size=120))
def test_any_bytes_are_refused_or_are_a_reply(data: bytes) -> None:
    try:
        status, _ = messages.read_reply(data)
    except FormatError:
        return
    assert status is None or status >= 0


def test_a_deeply_nested_reply_is_refused() -> None:
    data = b""
    for _ in range(20_000):
        length = len(data)
        size = (
            bytes([length])
            if length < 128
            else bytes([0x80 + (length.bit_length() + 7) // 8]) + length.to_bytes((length.bit_length() + 7) // 8, "big")
        )
        data = b"\x30" + size + data
    with pytest.raises(FormatError):
        messages.read_reply(data)


def test_the_token_of_a_grant_is_taken_out_verbatim_and_a_rejection_has_none() -> None:
    _, answering = authority.own()
    reply = respond(make_query(bytes(32), None), answering, authority.NOW, 1)
    token = token_of(reply)
    assert reply.endswith(token)
    assert token_of(token) == token
    with pytest.raises(FormatError, match="did not grant"):
        token_of(respond(b"", answering, authority.NOW, 1))
    with pytest.raises(FormatError):
        token_of(b"\x30\x00" * 3)
    with pytest.raises(FormatError):
        token_of(bytes(2 << 20))
