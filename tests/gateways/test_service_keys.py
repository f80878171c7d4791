"""The service's own keys: made once, fitting together, and missed loudly."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ipr_service.errors import DamageError, SettingsError
from ipr_service.gateways.service_keys import DOCUMENT_SIGNING, ServiceKeys

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
ORIGIN = "log.example.org/ipr"


def made(folder: Path, **options: object) -> ServiceKeys:
    return ServiceKeys.load_or_create(folder, ORIGIN, os.urandom, NOON, **options)  # type: ignore[arg-type]  # options of one call


def test_the_second_start_finds_the_keys_of_the_first(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path, expect_existing=True)
    for name in ("log_ed25519_seed", "log_mldsa44_seed", "witness_seed", "cookie_secret", "token_pepper", "outbox_key", "cursor_key"):
        assert getattr(first, name) == getattr(second, name)
        assert len(getattr(first, name)) == 32
    assert [signer.vkey for signer in first.log_signers] == [signer.vkey for signer in second.log_signers]
    assert first.seal.certificate == second.seal.certificate
    assert first.clock.certificate == second.clock.certificate


def test_no_two_secrets_are_equal(tmp_path: Path) -> None:
    keys = made(tmp_path)
    seeds = {keys.log_ed25519_seed, keys.log_mldsa44_seed, keys.witness_seed, keys.root_secret}
    assert len(seeds | {keys.cookie_secret, keys.token_pepper, keys.outbox_key, keys.cursor_key}) == 8


def test_no_secret_is_in_clear_on_the_disk_or_in_a_printed_value(tmp_path: Path) -> None:
    keys = made(tmp_path)
    content = (tmp_path / "service.json").read_text()
    private = keys.seal.key.private_numbers().private_value
    for secret in (keys.log_ed25519_seed, keys.root_secret, private.to_bytes(32, "big")):
        assert secret.hex() not in content
        assert repr(secret) not in repr(keys)
    assert (tmp_path / "service.json").stat().st_mode & 0o077 == 0


def test_a_database_with_a_log_but_without_its_keys_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(DamageError, match="Restore the key folder"):
        made(tmp_path / "keys", expect_existing=True)
    assert not (tmp_path / "keys").exists()


def test_the_keys_of_another_log_are_refused(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(SettingsError, match="IPR_ORIGIN"):
        ServiceKeys.load_or_create(tmp_path, "other.example.org/ipr", os.urandom, NOON)
    assert ServiceKeys.origin_in(tmp_path) == ORIGIN


def test_an_edited_origin_or_certificate_does_not_open(tmp_path: Path) -> None:
    made(tmp_path)
    path = tmp_path / "service.json"
    document = json.loads(path.read_text())
    document["public"]["origin"] = "evil.example.org"
    path.write_text(json.dumps(document))
    with pytest.raises(DamageError):
        ServiceKeys.load_or_create(tmp_path, "evil.example.org", os.urandom, NOON)
    document["public"]["origin"] = ORIGIN
    document["public"]["certificates"]["seal"] = document["public"]["certificates"]["clock"]
    path.write_text(json.dumps(document))
    with pytest.raises(DamageError):
        made(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"public": {}, "secrets": "%"}'])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, content: str) -> None:
    made(tmp_path)
    (tmp_path / "service.json").write_text(content)
    with pytest.raises(DamageError):
        made(tmp_path)


def test_keys_wrapped_under_a_setting_need_that_setting(tmp_path: Path) -> None:
    keys = made(tmp_path, key_encryption_key=b"k" * 32)
    assert made(tmp_path, key_encryption_key=b"k" * 32).root_secret == keys.root_secret
    with pytest.raises(DamageError):
        made(tmp_path)
    with pytest.raises(DamageError):
        made(tmp_path, key_encryption_key=b"x" * 32)


def test_the_seal_certificate_says_that_it_is_nobodys_signature(tmp_path: Path) -> None:
    certificate = made(tmp_path).seal.certificate
    (organisation,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert organisation.value == "Seal of the service, not a person's signature"
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == ORIGIN
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [DOCUMENT_SIGNING]
    for word in ("qualified", "independent", "trusted"):
        assert word not in certificate.subject.rfc4514_string().lower()


def test_every_certificate_is_signed_by_its_root_and_fits_its_key(tmp_path: Path) -> None:
    keys = made(tmp_path)
    for certificate, root, key in (
        (keys.seal.certificate, keys.seal.chain[0], keys.seal.key),
        (keys.clock.certificate, keys.clock.chain[0], keys.clock.key),
    ):
        certificate.verify_directly_issued_by(root)
        root.verify_directly_issued_by(root)
        assert certificate.public_key() == key.public_key()
        assert certificate.not_valid_before_utc == NOON


@pytest.mark.needs("openssl")
def test_openssl_accepts_the_chain_of_the_seal(tmp_path: Path) -> None:
    keys = made(tmp_path)
    (tmp_path / "root.pem").write_bytes(keys.seal.chain[0].public_bytes(Encoding.PEM))
    (tmp_path / "seal.pem").write_bytes(keys.seal.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-attime", str(int(NOON.timestamp()) + 60), "-CAfile", "root.pem", "seal.pem"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout == "seal.pem: OK\n"


def test_processes_that_start_together_get_the_same_keys(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib, datetime as dt; from ipr_service.gateways.service_keys import ServiceKeys;"
        "k = ServiceKeys.load_or_create(pathlib.Path(sys.argv[1]), 'a.example', os.urandom, dt.datetime.now(dt.UTC));"
        "sys.stdout.write(k.log_ed25519_seed.hex())"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(3)]
    answers = {process.communicate(timeout=60)[0] for process in started}
    assert len(answers) == 1
    assert len(answers.pop()) == 64
