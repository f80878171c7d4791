"""What stored lists and answers say, read years later without a network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.evidence.tsp import Revoked, look
from tests.support.house import MovingClock
from tests.support.twin import Twin, twin

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
SINCE = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def other() -> Iterator[Twin]:
    with twin(MovingClock(NOON)) as running:
        yield running


def chain(other: Twin) -> list[x509.Certificate]:
    return [other.certificate, other.middle, other.root]


def answer(other: Twin) -> bytes:
    query = ocsp.OCSPRequestBuilder().add_certificate(other.certificate, other.middle, hashes.SHA256()).build()
    return other.ocsp(query.public_bytes(Encoding.DER))


@pytest.fixture
def revoked(other: Twin) -> Iterator[Twin]:
    other.revoked[other.certificate.serial_number] = (SINCE, x509.ReasonFlags.key_compromise)
    yield other
    other.revoked.clear()


def test_a_good_signer_is_answered_for_and_not_revoked(other: Twin) -> None:
    for crls, ocsps in (([other.crl()], []), ([], [answer(other)])):
        known = look(chain(other), crls, ocsps)
        assert (known.revoked, known.answered) == ((), frozenset({0}))


def test_a_revocation_is_told_with_its_link_time_and_reason(revoked: Twin) -> None:
    expected = (Revoked(0, SINCE, "keyCompromise"),)
    assert look(chain(revoked), [revoked.crl()], []).revoked == expected
    assert look(chain(revoked), [], [answer(revoked)]).revoked == expected
    assert look(chain(revoked), [revoked.crl()], [answer(revoked)]).revoked == expected


def test_data_of_another_issuer_says_nothing(revoked: Twin) -> None:
    with twin(MovingClock(NOON), "Stranger") as stranger:
        known = look(chain(stranger), [revoked.crl()], [answer(revoked)])
    assert (known.revoked, known.answered) == ((), frozenset())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255), st.booleans())
def test_changed_data_never_raises_and_never_clears_a_signer(other: Twin, at: int, change: int, listed: bool) -> None:
    data = bytearray(other.crl() if listed else answer(other))
    data[at % len(data)] ^= change
    known = look(chain(other), [bytes(data)] if listed else [], [] if listed else [bytes(data)])
    assert known.answered in (frozenset(), frozenset({0}))  # a byte outside what is signed may be changed
    assert known.revoked == ()


@given(st.binary(max_size=80))
def test_any_bytes_say_nothing(other: Twin, data: bytes) -> None:
    assert look(chain(other), [data], [data]).answered == frozenset()
