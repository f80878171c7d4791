"""``/tsa`` asked by openssl in every way it can ask, judged by openssl: tokens that hold, and rejections that it reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from flask.testing import FlaskClient

from ipr_service.app import create_app
from ipr_service.evidence.tsp import OWN_CLOCK_POLICY, verify_token
from ipr_service.services.context import Context
from tests.support.house import MovingClock

pytestmark = pytest.mark.needs("openssl")
MESSAGE = b"demo.invalid/golden\n13\n7iO8ZqAjTy/vi8Fav4dD6bjg+6RWxCJdEOenZoYb9Dk=\n"


@pytest.fixture
def client(sqlite_ctx: Context) -> FlaskClient:
    return create_app(ctx=sqlite_ctx).test_client()


def openssl(folder: Path, *words: str) -> str:
    found = subprocess.run(["openssl", "ts", *words], cwd=folder, capture_output=True, text=True, check=False)
    return found.stdout + found.stderr


def asked(client: FlaskClient, folder: Path, *words: str) -> bytes:
    """The answer to the query that openssl makes with these words."""
    (folder / "m").write_bytes(MESSAGE)
    openssl(folder, "-query", "-data", "m", *words, "-out", "q")
    answer = client.post("/tsa", data=(folder / "q").read_bytes(), content_type="application/timestamp-query")
    assert (answer.status_code, answer.mimetype) == (200, "application/timestamp-reply")
    (folder / "r").write_bytes(answer.data)
    return bytes(answer.data)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("nonce", [[], ["-no_nonce"]], ids=["nonce", "no nonce"])
@pytest.mark.parametrize("certificates", [[], ["-cert"]], ids=["bare", "certificates"])
@pytest.mark.parametrize("policy", [[], ["-tspolicy", OWN_CLOCK_POLICY]], ids=["any policy", "own policy"])
def test_openssl_accepts_the_answer_to_each_query_that_it_can_make(
    client: FlaskClient, sqlite_ctx: Context, clock: MovingClock, tmp_path: Path,
    algorithm: str, nonce: list[str], certificates: list[str], policy: list[str],
) -> None:  # fmt: skip
    asked(client, tmp_path, f"-{algorithm}", *nonce, *certificates, *policy)
    authority = sqlite_ctx.service_keys.clock
    (tmp_path / "root").write_bytes(authority.chain[-1].public_bytes(Encoding.PEM))
    (tmp_path / "signer").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    at = ["-CAfile", "root", "-untrusted", "signer", "-attime", str(int(clock.now.timestamp()))]
    assert "Verification: OK" in openssl(tmp_path, "-verify", "-queryfile", "q", "-in", "r", *at)
    assert "Verification: OK" in openssl(tmp_path, "-verify", "-data", "m", "-in", "r", *at)
    text = openssl(tmp_path, "-reply", "-in", "r", "-text")
    assert f"Policy OID: {OWN_CLOCK_POLICY}" in text
    assert "Accuracy: 0x01 seconds" in text
    assert ("Nonce: unspecified" in text) == bool(nonce)


def test_the_certificates_come_only_when_they_are_asked_for(client: FlaskClient, sqlite_ctx: Context, tmp_path: Path) -> None:
    root = sqlite_ctx.service_keys.clock.chain[-1:]
    assert verify_token(asked(client, tmp_path, "-sha256", "-cert"), roots=root, message=MESSAGE)
    bare = verify_token(asked(client, tmp_path, "-sha256"), roots=root, message=MESSAGE)
    assert [check.name for check in bare.checks if not check] == ["token.signer"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-sha1"], "unrecognized or unsupported algorithm identifier"),
        (["-sha224"], "unrecognized or unsupported algorithm identifier"),
        (["-md5"], "unrecognized or unsupported algorithm identifier"),
        (["-sha3-256"], "unrecognized or unsupported algorithm identifier"),
        (["-sha256", "-tspolicy", "1.2.3.4.1"], "the requested TSA policy is not supported by the TSA"),
    ],
)
def test_what_is_not_answered_is_refused_with_the_failure_that_openssl_names(
    client: FlaskClient, tmp_path: Path, words: list[str], says: str
) -> None:
    asked(client, tmp_path, *words)
    text = openssl(tmp_path, "-reply", "-in", "r", "-text")
    assert "Status: Rejected." in text
    assert says in text


def test_while_the_clock_is_behind_the_log_openssl_reads_that_no_time_is_available(
    client: FlaskClient, clock: MovingClock, tmp_path: Path
) -> None:
    asked(client, tmp_path, "-sha256")
    clock.forward(hours=1)
    asked(client, tmp_path, "-sha256")
    clock.forward(hours=-1)
    asked(client, tmp_path, "-sha256")
    assert "the TSA's time source is not available" in openssl(tmp_path, "-reply", "-in", "r", "-text")


def test_two_tokens_never_have_one_serial_number(client: FlaskClient, sqlite_ctx: Context, tmp_path: Path) -> None:
    root = sqlite_ctx.service_keys.clock.chain[-1:]
    serials = {verify_token(asked(client, tmp_path, "-sha256", "-cert"), roots=root, message=MESSAGE).serial for _ in range(8)}
    assert len(serials) == 8


def test_the_address_takes_queries_and_nothing_else(client: FlaskClient) -> None:
    assert client.get("/tsa").status_code == 405
    assert client.post("/tsa", data=b"x", content_type="text/plain").status_code == 415
