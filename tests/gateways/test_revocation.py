"""What is kept about an authority's certificates: small answers first, nothing that the issuer did not sign."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

import pytest
from cryptography import x509

from ipr_service.errors import OutsideError
from ipr_service.gateways.revocation import fetch
from tests.support.house import MovingClock
from tests.support.twin import LOOPBACK, Twin, twin

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DIGEST = hashlib.sha256(b"checkpoint body").digest()


@pytest.fixture
def other() -> Iterator[Twin]:
    with twin(MovingClock(NOON)) as running:
        yield running


def chain(other: Twin) -> list[x509.Certificate]:
    return [other.certificate, other.middle, other.root]


def test_an_ocsp_answer_makes_a_list_needless(other: Twin) -> None:
    found = fetch(chain(other), LOOPBACK, 5)
    assert (len(found.ocsps), found.crls, other.asked) == (1, (), ["/ocsp"])


def test_without_an_answer_the_list_is_taken(other: Twin) -> None:
    other.with_ocsp = False
    found = fetch(chain(other), LOOPBACK, 5)
    assert (found.ocsps, len(found.crls), other.asked) == ((), 1, ["/ocsp", "/crl"])


def test_without_either_the_token_is_kept_and_the_lack_is_seen(other: Twin) -> None:
    other.with_ocsp = other.with_crl = False
    stamped = other.client().stamp(DIGEST, 1)
    assert (stamped.crls, stamped.ocsps) == ((), ())


def test_data_that_another_issuer_signed_is_left_out(other: Twin) -> None:
    with twin(MovingClock(NOON), "Stranger") as stranger:
        theirs = chain(stranger)
        asked = [other.certificate, *theirs[1:]]
        assert fetch(asked, LOOPBACK, 5) == fetch([], LOOPBACK, 5)


def test_no_time_left_asks_nobody(other: Twin) -> None:
    assert fetch(chain(other), LOOPBACK, 0).ocsps == ()
    assert other.asked == []


@pytest.mark.parametrize("with_ocsp", [True, False], ids=["answer", "list"])
def test_a_token_of_a_signer_that_was_called_back_is_not_kept(other: Twin, with_ocsp: bool) -> None:
    other.with_ocsp = with_ocsp
    other.revoked[other.certificate.serial_number] = (NOON - dt.timedelta(hours=1), x509.ReasonFlags.key_compromise)
    with pytest.raises(OutsideError, match="called back"):
        other.client().stamp(DIGEST, 1)
