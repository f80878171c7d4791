"""When a token has to be renewed at the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ipr_service.errors import FormatError
from ipr_service.evidence.tsp import End, end_of
from tests.evidence.tsp.authority import NOW, Key, issue


def chain(days: int, key: Key, above: int = 9_000) -> list[x509.Certificate]:
    """A signer valid for ``days`` from NOW under a root valid for ``above``."""
    root_key = ec.generate_private_key(ec.SECP384R1())
    return [issue("tsa", "root", key, root_key, days=days), issue("root", "root", root_key, root_key, ca=True, days=above)]


def test_a_token_ends_with_the_first_certificate_of_its_chain_that_ends() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    expected = NOW.replace(microsecond=0) + timedelta(days=400)
    assert end_of(chain(400, key), NOW) == End(expected, "certificate")
    assert end_of(chain(4_000, key, above=400), NOW) == End(expected, "certificate")


def test_a_long_certificate_of_a_key_of_112_bits_ends_with_the_year_2030() -> None:
    key = rsa.generate_private_key(65537, 2048)  # NIST SP 800-57 part 1 rev. 5, table 4
    assert end_of(chain(7_000, key), NOW) == End(datetime(2031, 1, 1, tzinfo=UTC), "algorithm")
    assert end_of(chain(400, key), NOW).reason == "certificate"


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 3072), ec.generate_private_key(ec.SECP256R1())], ids=["RSA 3072", "P-256"])
def test_a_stronger_key_ends_with_its_certificates(key: Key) -> None:
    assert end_of(chain(7_000, key), NOW) == End(NOW.replace(microsecond=0) + timedelta(days=7_000), "certificate")


def test_a_token_made_after_such_a_year_ends_with_its_certificates() -> None:
    key = rsa.generate_private_key(65537, 2048)
    end = end_of(chain(7_000, key), datetime(2031, 5, 1, tzinfo=UTC))
    assert end == End(NOW.replace(microsecond=0) + timedelta(days=7_000), "certificate")


def test_without_certificates_there_is_no_end_to_tell() -> None:
    with pytest.raises(FormatError):
        end_of([], NOW)
