from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc3161_client
from asn1crypto import tsp as asn1_tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ipr_service.errors import FormatError
from ipr_service.evidence.tsp import OWN_CLOCK_POLICY, make_query, respond, verify_token
from tests.evidence.tsp import authority

MESSAGE = b"demo.invalid/golden\n13\n7iO8ZqAjTy/vi8Fav4dD6bjg+6RWxCJdEOenZoYb9Dk=\n"


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", "ts", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("kind", "algorithm", "nonce"),
    [
        ("ec", "sha256", None),
        ("ec", "sha256", 0),
        ("ec", "sha384", 1),
        ("ec", "sha512", None),
        ("rsa", "sha256", 2**64 - 1),
        ("rsa", "sha512", None),
    ],
)
def test_openssl_accepts_the_answer(kind: str, algorithm: str, nonce: int | None, tmp_path: Path) -> None:
    root, answering = authority.own(kind)
    query = make_query(hashlib.new(algorithm, MESSAGE).digest(), nonce)
    for name, data in (("q", query), ("r", respond(query, answering, authority.NOW, 77)), ("m", MESSAGE)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    at = ("-CAfile", tmp_path / "root.pem", "-attime", int(authority.NOW.timestamp()))
    assert "Verification: OK" in openssl("-verify", "-data", tmp_path / "m", "-in", tmp_path / "r", *at).stdout
    assert "Verification: OK" in openssl("-verify", "-queryfile", tmp_path / "q", "-in", tmp_path / "r", *at).stdout
    (tmp_path / "m").write_bytes(MESSAGE + b"!")
    assert openssl("-verify", "-data", tmp_path / "m", "-in", tmp_path / "r", *at).returncode != 0


@pytest.mark.needs("openssl")
def test_without_cert_req_the_token_carries_no_certificate_and_openssl_takes_it_from_beside(tmp_path: Path) -> None:
    root, answering = authority.own()
    query = make_query(hashlib.sha256(MESSAGE).digest(), 5, cert_req=False)
    reply = respond(query, answering, authority.NOW, 78)
    (tmp_path / "q").write_bytes(query)
    (tmp_path / "r").write_bytes(reply)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "tsa.pem").write_bytes(answering.certificate.public_bytes(Encoding.PEM))
    at = ("-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "tsa.pem", "-attime", int(authority.NOW.timestamp()))
    assert "Verification: OK" in openssl("-verify", "-queryfile", tmp_path / "q", "-in", tmp_path / "r", *at).stdout
    assert not verify_token(reply, message=MESSAGE, roots=[root])
    assert verify_token(reply, message=MESSAGE, roots=[root], intermediates=[answering.certificate])


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_rfc3161_client_accepts_the_answer_to_its_own_query(kind: str) -> None:
    root, answering = authority.own(kind)
    request = rfc3161_client.TimestampRequestBuilder().data(MESSAGE).build()
    reply = rfc3161_client.decode_timestamp_response(respond(request.as_bytes(), answering, authority.NOW, 79))
    verifier = rfc3161_client.VerifierBuilder.from_request(request).add_root_certificate(root).build()
    assert verifier.verify_message(reply, MESSAGE)
    assert reply.tst_info.nonce == request.nonce
    assert reply.tst_info.serial_number == 79


def changed(**fields: Any) -> bytes:
    request = asn1_tsp.TimeStampReq.load(make_query(bytes(32), 5))
    values: dict[str, Any] = {"version": "v1", "message_imprint": request["message_imprint"], **fields}
    data: bytes = asn1_tsp.TimeStampReq(values).dump()
    return data


def imprint(algorithm: str, size: int) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": bytes(size)}


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("query", "failure", "words"),
    [
        (b"", "bad_data_format", "the data submitted has the wrong format"),
        (b"not DER", "bad_data_format", "the data submitted has the wrong format"),
        (make_query(bytes(32), 1) + b"\0", "bad_data_format", "the data submitted has the wrong format"),
        (changed(message_imprint=imprint("sha256", 31)), "bad_data_format", "the data submitted has the wrong format"),
        (changed(message_imprint=imprint("sha1", 20)), "bad_alg", "unrecognized or unsupported algorithm identifier"),
        (changed(message_imprint=imprint("md5", 16)), "bad_alg", "unrecognized or unsupported algorithm identifier"),
        (changed(version="v2"), "bad_request", "transaction not permitted or supported"),
        (changed(nonce=2**600), "bad_request", "transaction not permitted or supported"),
        (changed(req_policy="1.2.3.4"), "unaccepted_policy", "the requested TSA policy is not supported by the TSA"),
        (
            changed(extensions=[{"extn_id": "1.2.3", "critical": False, "extn_value": b"x"}]),
            "unaccepted_extensions",
            "the requested extension is not supported by the TSA",
        ),
    ],
)
def test_a_bad_query_gets_a_rejection_that_openssl_reads(query: bytes, failure: str, words: str, tmp_path: Path) -> None:
    root, answering = authority.own()
    reply = respond(query, answering, authority.NOW, 80)
    (tmp_path / "r").write_bytes(reply)
    text = openssl("-reply", "-in", tmp_path / "r", "-text").stdout
    assert "Status: Rejected." in text
    assert words in text, failure
    assert "Not included." in text
    report = verify_token(reply, message=MESSAGE, roots=[root])
    assert next(check.name for check in report.checks if not check) == "token.status"


def test_the_token_repeats_the_imprint_and_says_serial_policy_and_time_to_the_microsecond() -> None:
    root, answering = authority.own()
    reply = respond(
        make_query(hashlib.sha384(MESSAGE).digest(), None),
        answering,
        authority.NOW,
        2**130,
        accuracy=timedelta(seconds=2, microseconds=3004),
    )
    report = verify_token(reply, message=MESSAGE, roots=[root])
    assert report
    assert (report.algorithm, report.serial, report.policy) == ("sha384", 2**130, OWN_CLOCK_POLICY)
    assert report.gen_time == authority.NOW
    assert report.accuracy == timedelta(seconds=2, microseconds=3004)


def test_another_policy_is_stated_when_the_authority_has_another() -> None:
    root, answering = authority.own()
    reply = respond(make_query(bytes(32), None, policy="1.2.3.4"), answering, authority.NOW, 1, policy="1.2.3.4")
    assert verify_token(reply, message_digest=bytes(32), roots=[root], policy="1.2.3.4")


def test_the_authority_s_certificate_has_one_critical_usage_and_its_root_may_only_certify() -> None:
    root, answering = authority.own()
    usage = answering.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    answering.certificate.verify_directly_issued_by(root)
    assert answering.certificate.serial_number != root.serial_number


def test_a_token_needs_an_aware_time_and_a_positive_serial() -> None:
    _, answering = authority.own()
    for now, serial in ((authority.NOW.replace(tzinfo=None), 1), (authority.NOW, 0)):
        with pytest.raises(FormatError):
            respond(b"", answering, now, serial)


def test_times_of_any_zone_are_written_in_utc() -> None:
    root, answering = authority.own()
    local = datetime.fromisoformat("2026-03-02T10:30:15+01:00")
    report = verify_token(respond(make_query(bytes(32), 1), answering, local, 1), message_digest=bytes(32), roots=[root])
    assert report.gen_time == datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)
