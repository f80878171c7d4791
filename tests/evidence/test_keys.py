from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.digest import parse_base64
from ipr_service.evidence.keys import (
    COSIGNATURE,
    ED25519,
    ML_DSA_44,
    CosignatureSigner,
    Ed25519Signer,
    MLDSA44Signer,
    Vkey,
    key_id,
    signed_message,
)
from tests.support import vectors

BODY = "log.example\n5\n" + "A" * 43 + "=\n"
SEED = bytes(range(32))


def seeds() -> dict[str, bytes]:
    return {name: bytes.fromhex(seed) for name, seed in (line.split(" ") for line in vectors.lines("bundle/log.seeds"))}


def test_the_golden_seeds_give_the_golden_keys() -> None:
    origin = "demo.invalid/golden"
    signers = (Ed25519Signer(origin, seeds()["ed25519"]), MLDSA44Signer(origin, seeds()["ml-dsa-44"]))
    assert [signer.vkey.to_text() for signer in signers] == vectors.lines("bundle/log.vkeys")


def test_a_key_whose_base64_holds_a_plus_sign_is_split_from_the_left() -> None:
    ed25519 = vectors.lines("bundle/log.vkeys")[0]
    assert ed25519.count("+") > 2
    assert Vkey.from_text(ed25519).to_text() == ed25519


def test_the_key_of_the_go_note_package_is_read() -> None:
    """The example key in the documentation of golang.org/x/mod/sumdb/note."""
    key = Vkey.from_text("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert (key.name, key.kind, key.id.hex()) == ("PeterNeumann", ED25519, "c74f20a3")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    data = parse_base64(signature)
    assert data[:4] == key.id
    assert key.check(text, data[4:]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+",
        "na me+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        "PeterNeumann+c74f20a3+AhpcAA==",
    ],
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        Vkey.from_text(text)


@given(st.text(max_size=40) | st.binary(min_size=33, max_size=33).map(lambda b: "n+" + b[:4].hex() + "+" + b.hex()))
def test_any_text_is_refused_or_survives(text: str) -> None:
    try:
        key = Vkey.from_text(text)
    except FormatError:
        return
    assert key.to_text() == text


def test_each_kind_of_signature_holds_for_its_text_alone() -> None:
    for signer, time in (
        (Ed25519Signer("log.example", SEED), None),
        (CosignatureSigner("witness.example", SEED, 1_700_000_000), 1_700_000_000),
        (MLDSA44Signer("log.example", SEED), 0),
        (MLDSA44Signer("witness.example", SEED, 7), 7),
    ):
        signature = signer.signature(BODY)
        assert signer.vkey.check(BODY, signature) == time
        with pytest.raises(FormatError, match="does not hold"):
            signer.vkey.check(BODY.replace("5", "6"), signature)
        with pytest.raises(FormatError, match="wrong length"):
            signer.vkey.check(BODY, signature + b"\0")
        with pytest.raises(FormatError, match="does not hold"):
            signer.vkey.check(BODY, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_a_changed_time_breaks_a_cosignature() -> None:
    for signer in (CosignatureSigner("w", SEED, 5), MLDSA44Signer("w", SEED, 5)):
        signature = signer.signature(BODY)
        with pytest.raises(FormatError, match="does not hold"):
            signer.vkey.check(BODY, (6).to_bytes(8, "big") + signature[8:])
        with pytest.raises(FormatError, match="impossible time"):
            signer.vkey.check(BODY, b"\xff" * 8 + signature[8:])


def test_the_signed_messages_are_laid_out_as_specified() -> None:
    root = bytes(32)
    assert signed_message(ED25519, "n", BODY, 0) == BODY.encode()
    assert signed_message(COSIGNATURE, "n", BODY, 12) == b"cosignature/v1\ntime 12\n" + BODY.encode()
    expected = b"subtree/v1\n\0" + b"\x01n" + bytes(7) + b"\x0c" + b"\x0blog.example" + bytes(8) + bytes(7) + b"\x05" + root
    assert signed_message(ML_DSA_44, "n", BODY, 12) == expected


def test_ml_dsa_signs_checkpoints_only() -> None:
    with pytest.raises(FormatError, match="three lines"):
        MLDSA44Signer("log.example", SEED).signature("any text\n")
    with pytest.raises(FormatError, match="255 bytes"):
        MLDSA44Signer("n" * 256, SEED).signature(BODY)


def test_a_seed_of_another_length_is_refused_and_never_shown() -> None:
    for signer in (Ed25519Signer("n", b"short"), MLDSA44Signer("n", b"short"), CosignatureSigner("n", b"short", 1)):
        assert "short" not in repr(signer)
        with pytest.raises(FormatError, match="32 bytes"):
            _ = signer.vkey


def test_the_key_id_depends_on_name_kind_and_key() -> None:
    public = bytes(32)
    ids = {key_id("a", ED25519, public), key_id("b", ED25519, public), key_id("a", COSIGNATURE, public), key_id("a", ED25519, b"\1" * 32)}
    assert len(ids) == 4
