from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ipr_service.evidence.tsp import Authority, TokenReport, make_query, respond, token_of, verify_token
from tests.evidence.tsp import authority

MESSAGE = b"a note body\n"
STAMP = ExtendedKeyUsageOID.TIME_STAMPING


def answered(answering: Authority) -> bytes:
    return respond(make_query(hashlib.sha256(MESSAGE).digest(), None), answering, authority.NOW, 3, policy="1.2.3.4")


def failed(report: TokenReport) -> list[str]:
    return [check.name for check in report.checks if not check]


def signed_anew(change: Any, kind: str = "ec", algorithm: str | None = None) -> TokenReport:
    """A token whose SignerInfo was changed and signed again with the right key: what a wrong authority could issue."""
    root, answering = authority.own(kind)
    token = cms.ContentInfo.load(token_of(answered(answering)))
    info = token["content"]["signer_infos"][0]
    change(info)
    data = info["signed_attrs"].untag().dump(force=True)
    key = answering.key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        info["signature"] = key.sign(data, ec.ECDSA(hashes.SHA256()))
    elif algorithm == "rsassa_pss":
        info["signature"] = key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        info["signature"] = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return verify_token(token.dump(force=True), message=MESSAGE, roots=[root])


def attribute(info: Any, name: str) -> Any:
    return next(a for a in info["signed_attrs"] if a["type"].native == name)


@pytest.mark.parametrize("usages", [(), (STAMP, ExtendedKeyUsageOID.CODE_SIGNING), (ExtendedKeyUsageOID.CODE_SIGNING,)])
def test_a_certificate_for_anything_but_time_stamping_alone_is_refused(usages: tuple[x509.ObjectIdentifier, ...]) -> None:
    root, answering = authority.variant(usages=usages)
    assert "token.purpose" in failed(verify_token(answered(answering), message=MESSAGE, roots=[root]))


def test_the_usage_has_to_be_critical() -> None:
    root, answering = authority.variant(critical=False)
    assert "token.purpose" in failed(verify_token(answered(answering), message=MESSAGE, roots=[root]))
    assert not failed(verify_token(answered(authority.variant()[1]), message=MESSAGE, roots=[authority.variant()[0]]))


def test_a_chain_through_a_certificate_that_may_not_certify_is_refused() -> None:
    ca_key, tsa_key = authority.keys()
    middle_key = authority.keys("rsa")[0]
    root = authority.issue("root", "root", ca_key, ca_key, ca=True)
    for ca, holds in ((True, True), (False, False), (None, False)):
        middle = authority.issue("middle", "root", middle_key, ca_key, ca=ca)
        tsa = authority.issue("tsa", "middle", tsa_key, middle_key, usages=(STAMP,))
        report = verify_token(answered(Authority(tsa, tsa_key, (middle,))), message=MESSAGE, roots=[root])
        assert failed(report) == ([] if holds else ["token.chain"])


def test_an_intermediate_is_taken_from_beside_the_token_and_never_believed_for_being_there() -> None:
    ca_key, tsa_key = authority.keys()
    middle_key = authority.keys("rsa")[0]
    root = authority.issue("root", "root", ca_key, ca_key, ca=True)
    middle = authority.issue("middle", "root", middle_key, ca_key, ca=True)
    reply = answered(Authority(authority.issue("tsa", "middle", tsa_key, middle_key, usages=(STAMP,)), tsa_key))
    assert verify_token(reply, message=MESSAGE, roots=[root], intermediates=[middle])
    assert failed(verify_token(reply, message=MESSAGE, roots=[root])) == ["token.chain"]
    other = authority.issue("other", "other", middle_key, middle_key, ca=True)
    assert failed(verify_token(reply, message=MESSAGE, roots=[other], intermediates=[middle, root])) == ["token.chain"]


def test_an_authority_that_ended_before_the_token_is_refused() -> None:
    root, answering = authority.variant(days=0)
    late = respond(make_query(hashlib.sha256(MESSAGE).digest(), None), answering, authority.NOW + timedelta(hours=1), 3)
    assert failed(verify_token(late, message=MESSAGE, roots=[root])) == ["token.chain"]


def test_a_token_signed_by_another_key_than_its_certificate_s_is_refused() -> None:
    root, answering = authority.own()
    forged = Authority(answering.certificate, authority.keys()[0], answering.chain)
    assert failed(verify_token(answered(forged), message=MESSAGE, roots=[root])) == ["token.signature"]


def test_a_certificate_swapped_for_another_of_the_same_key_is_noticed_by_esscertid() -> None:
    _, answering = authority.own()
    token = cms.ContentInfo.load(token_of(answered(answering)))
    ids = attribute(token["content"]["signer_infos"][0], "signing_certificate_v2")
    assert ids["values"][0]["certs"][0]["cert_hash"].native == answering.certificate.fingerprint(hashes.SHA256())

    def other_hash(info: Any) -> None:
        attribute(info, "signing_certificate_v2")["values"][0]["certs"][0]["cert_hash"] = bytes(32)

    def other_serial(info: Any) -> None:
        attribute(info, "signing_certificate_v2")["values"][0]["certs"][0]["issuer_serial"]["serial_number"] = 5

    def none_at_all(info: Any) -> None:
        info["signed_attrs"] = [a for a in info["signed_attrs"] if a["type"].native != "signing_certificate_v2"]

    for change in (other_hash, other_serial, none_at_all):
        assert failed(signed_anew(change)) == ["token.identity"]


def test_an_unchanged_token_signed_again_verifies() -> None:
    for kind in ("ec", "rsa"):
        assert signed_anew(lambda info: None, kind)


def test_an_esscertid_of_the_first_version_is_taken_too() -> None:
    _, answering = authority.own()
    sha1 = answering.certificate.fingerprint(hashes.SHA1())

    def first_version(info: Any) -> None:
        kept = [a for a in info["signed_attrs"] if a["type"].native != "signing_certificate_v2"]
        listed = {"type": "signing_certificate", "values": [tsp.SigningCertificate({"certs": [{"cert_hash": sha1}]})]}
        info["signed_attrs"] = cms.CMSAttributes([*kept, listed])

    assert signed_anew(first_version)


def test_an_rsa_pss_signature_is_taken() -> None:
    def pss(info: Any) -> None:
        parameters = {"hash_algorithm": {"algorithm": "sha256"}, "salt_length": 32}
        parameters["mask_gen_algorithm"] = {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}}
        info["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": parameters}

    assert signed_anew(pss, "rsa", "rsassa_pss")


def test_weak_digests_and_wrong_content_are_refused() -> None:
    def sha1(info: Any) -> None:
        info["digest_algorithm"] = {"algorithm": "sha1"}

    def other_content(info: Any) -> None:
        attribute(info, "message_digest")["values"] = [bytes(32)]

    def other_type(info: Any) -> None:
        attribute(info, "content_type")["values"] = ["data"]

    for change in (sha1, other_content, other_type):
        assert failed(signed_anew(change)) == ["token.signature"]


def test_a_token_with_two_signers_or_none_is_no_timestamp() -> None:
    root, answering = authority.own()
    for count in (0, 2):
        token = cms.ContentInfo.load(token_of(answered(answering)))
        signers = list(token["content"]["signer_infos"]) * count
        token["content"]["signer_infos"] = cms.SignerInfos(signers[:count])
        assert failed(verify_token(token.dump(force=True), message=MESSAGE, roots=[root])) == ["token.form"]
