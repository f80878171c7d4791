from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.tsp import make_query, respond, token_of, verify_token
from tests.evidence.tsp import authority

MESSAGE = b"a note body\n"
FOREIGN_POLICY = "1.3.6.1.4.1.13762.3"


def granted(nonce: int | None = 5, policy: str = FOREIGN_POLICY) -> bytes:
    _, answering = authority.own()
    return respond(make_query(hashlib.sha256(MESSAGE).digest(), nonce), answering, authority.NOW, 9, policy=policy)


def failed(report: object) -> list[str]:
    return [check.name for check in report.checks if not check]  # type: ignore[attr-defined]


def test_a_foreign_authority_s_token_holds_and_is_independent() -> None:
    root, _ = authority.own()
    report = verify_token(granted(), message=MESSAGE, roots=[root], nonce=5, policy=FOREIGN_POLICY)
    assert report
    assert report.independent
    assert [check.name for check in report.checks] == [
        "token.status",
        "token.form",
        "token.imprint",
        "token.nonce",
        "token.policy",
        "token.signer",
        "token.signature",
        "token.purpose",
        "token.identity",
        "token.chain",
    ]
    assert report.authority == "CN=Test own clock"
    assert len(report.chain) == 2


def test_a_token_of_our_own_clock_is_never_independent_whatever_the_roots_say() -> None:
    root, answering = authority.own()
    reply = respond(make_query(hashlib.sha256(MESSAGE).digest(), None), answering, authority.NOW, 9)
    report = verify_token(reply, message=MESSAGE, roots=[root])
    assert report
    assert report.own_clock
    assert not report.independent


def test_the_bare_token_of_a_container_verifies_like_the_reply() -> None:
    root, _ = authority.own()
    report = verify_token(token_of(granted()), message_digest=hashlib.sha256(MESSAGE).digest(), roots=[root])
    assert report
    assert "token.status" not in [check.name for check in report.checks]


def test_each_expectation_that_is_not_met_is_named() -> None:
    root, _ = authority.own()
    stranger = authority.issue("root", "root", authority.keys("rsa")[0], authority.keys("rsa")[0], ca=True)
    for arguments, names in (
        ({"message": b"other", "roots": [root]}, ["token.imprint"]),
        ({"message_digest": hashlib.sha512(MESSAGE).digest(), "roots": [root]}, ["token.imprint"]),
        ({"message": MESSAGE, "roots": [root], "nonce": 6}, ["token.nonce"]),
        ({"message": MESSAGE, "roots": [root], "policy": "1.2.3"}, ["token.policy"]),
        ({"message": MESSAGE, "roots": []}, ["token.chain"]),
        ({"message": MESSAGE, "roots": [stranger]}, ["token.chain"]),
    ):
        assert failed(verify_token(granted(), **arguments)) == names  # type: ignore[arg-type]


def test_a_reply_without_nonce_does_not_answer_a_query_that_had_one() -> None:
    root, _ = authority.own()
    assert failed(verify_token(granted(nonce=None), message=MESSAGE, roots=[root], nonce=5)) == ["token.nonce"]


def test_only_the_statuses_granted_and_granted_with_modifications_are_taken() -> None:
    root, _ = authority.own()
    reply = granted()
    at = reply.index(b"\x02\x01\x00")  # PKIStatus, the first INTEGER
    for status in range(6):
        changed = reply[:at] + bytes([2, 1, status]) + reply[at + 3 :]
        assert bool(verify_token(changed, message=MESSAGE, roots=[root])) is (status in (0, 1))


def test_the_chain_is_judged_at_the_token_s_time_and_not_later() -> None:
    root, answering = authority.own()
    query = make_query(hashlib.sha256(MESSAGE).digest(), None)
    for moment, holds in ((authority.NOW, True), (authority.NOW + timedelta(days=3700), False), (authority.NOW - timedelta(days=2), False)):
        report = verify_token(respond(query, answering, moment, 1, policy=FOREIGN_POLICY), message=MESSAGE, roots=[root])
        assert bool(report) is holds
        assert failed(report) == ([] if holds else ["token.chain"])


def test_exactly_one_of_message_and_digest_is_given() -> None:
    for arguments in ({}, {"message": b"", "message_digest": bytes(32)}):
        with pytest.raises(FormatError):
            verify_token(granted(), roots=[], **arguments)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_token_with_one_changed_byte_never_verifies_to_another_statement(at: int, change: int) -> None:
    root, _ = authority.own()
    token = token_of(_FIXED)
    data = bytearray(token)
    data[at % len(data)] ^= change
    report = verify_token(bytes(data), message=MESSAGE, roots=[root])
    assert not report or (report.gen_time, report.serial, report.policy) == (authority.NOW, 9, FOREIGN_POLICY)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_report_that_is_false(data: bytes) -> None:
    assert not verify_token(data, message=MESSAGE, roots=[])


_FIXED = granted()
