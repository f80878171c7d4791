from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.keys import CosignatureSigner, Ed25519Signer, MLDSA44Signer, Vkey
from ipr_service.evidence.trust import Group, KnownLog, KnownWitness, LogPolicy, TrustList
from ipr_service.evidence.tsp import make_authority
from tests.support import vectors

LOG = Ed25519Signer("log.example", bytes(32)).vkey
WITNESSES = {
    name: CosignatureSigner(f"{name}.example", bytes([n]) * 32, 0).vkey for n, name in enumerate(("X1", "X2", "X3", "Y1", "Y2"), 1)
}


def policy_text() -> str:
    """The example of C2SP tlog-policy, with keys filled in and one witness less."""
    lines = ["# an example", f"log {LOG.to_text()} https://log.example/", ""]
    lines += [f"witness {name} {vkey.to_text()}" for name, vkey in WITNESSES.items()]
    lines += [
        "group X-witnesses 2 X1 X2 X3",
        "group Y-witnesses any Y1 Y2",
        "\tgroup X-and-Y  all X-witnesses\tY-witnesses ",
        "quorum X-and-Y",
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def root() -> x509.Certificate:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    return make_authority("Test", datetime(2026, 1, 1, tzinfo=UTC), *keys)[0]


def test_the_golden_policy_survives_its_bytes_and_names_both_keys_of_its_log() -> None:
    data = vectors.data("bundle/policy")
    policy = LogPolicy.from_bytes(data)
    assert policy.to_bytes() == data
    assert [key.to_text() for key in policy.log_vkeys] == vectors.lines("bundle/log.vkeys")
    assert policy.quorum_met([])


@pytest.mark.parametrize(
    ("signed", "met"),
    [("", False), ("X1 X2", False), ("X1 X2 Y1", True), ("X1 Y1 Y2", False), ("X1 X2 X3", False), ("X3 X2 Y2", True), ("X1 X1 Y1", False)],
)
def test_a_quorum_of_groups_counts_as_the_specification_says(signed: str, met: bool) -> None:
    policy = LogPolicy.from_bytes(policy_text().encode())
    assert policy.quorum_met([WITNESSES[name] for name in signed.split()]) is met
    assert LogPolicy.from_bytes(policy.to_bytes()) == policy


def test_a_log_key_and_an_unknown_key_are_no_witnesses() -> None:
    policy = LogPolicy(witnesses=(KnownWitness("X1", WITNESSES["X1"]),), quorum="X1")
    assert not policy.quorum_met([LOG, WITNESSES["X2"]])
    assert policy.cosigners([LOG, WITNESSES["X1"]]) == ("X1",)


X1 = f"witness X1 {WITNESSES['X1'].to_text()}\n"
X2 = f"witness X2 {WITNESSES['X2'].to_text()}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none\nquorum none\n",
        "quorum X1\n",
        "quorum X1\n" + X1,
        X1 + X1 + "quorum X1\n",
        X1 + X1.replace("X1", "Z", 1) + "quorum X1\n",
        X1 + "group G all X1 X2\nquorum G\n" + X2,
        X1 + "group G 2 X1\nquorum G\n",
        X1 + "group G 0 X1\nquorum G\n",
        X1 + "group G 01 X1\nquorum G\n",
        X1 + "group G some X1\nquorum G\n",
        X1 + "group G any\nquorum G\n",
        X1 + "group G any G\nquorum G\n",
        X1 + X2 + "group G any X1 X1\nquorum G\n",
        X1 + X2 + "group G any X1 X2\ngroup H any X1 G\nquorum H\n",
        X1 + "group none any X1\nquorum none\n",
        X1 + "group X1 any X1\nquorum X1\n",
        f"log {LOG.to_text()}\nlog {LOG.to_text()}\nquorum none\n",
        f"log {WITNESSES['X1'].to_text()}\nquorum none\n",
        f"witness X1 {LOG.to_text()}\nquorum none\n",
        "log x\nquorum none\n",
        "logs\nquorum none\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        LogPolicy.from_bytes(text.encode())


def test_a_policy_made_in_code_obeys_the_same_rules() -> None:
    for policy in (
        {"quorum": "X1"},
        {"witnesses": (KnownWitness("none", WITNESSES["X1"]),)},
        {"witnesses": (KnownWitness("X1", WITNESSES["X1"]),), "groups": (Group("G", 2, ("X1",)),)},
        {"groups": (Group("G", 1, ("X1",)),)},
        {"logs": (KnownLog(LOG), KnownLog(LOG))},
    ):
        with pytest.raises(FormatError):
            LogPolicy(**policy)  # type: ignore[arg-type]


def test_a_trust_list_mixes_bare_keys_policy_lines_roots_and_comments(root: x509.Certificate) -> None:
    pem = root.public_bytes(Encoding.PEM).decode()
    mldsa = MLDSA44Signer("log.example", bytes(32)).vkey
    trusted = TrustList.from_bytes(f"# ours\n{mldsa.to_text()}\n\n# an authority\n{pem}{policy_text()}{pem}".encode())
    assert trusted.policy.log_vkeys == (mldsa, LOG)
    assert trusted.roots == (root,)
    assert trusted.knows(LOG)
    assert not trusted.knows(WITNESSES["X1"])
    assert trusted.policy.quorum == "X-and-Y"
    assert TrustList.from_bytes(trusted.to_bytes()) == trusted


def test_a_list_of_keys_alone_asks_for_no_cosignature() -> None:
    trusted = TrustList.from_bytes(vectors.data("bundle/log.vkeys"))
    assert trusted.policy.quorum_met([])
    assert len(trusted.policy.log_vkeys) == 2
    assert TrustList.from_bytes(b"") == TrustList()


def test_a_list_that_names_witnesses_has_to_say_its_quorum() -> None:
    with pytest.raises(FormatError, match="exactly one quorum"):
        TrustList.from_bytes(X1.encode())


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\né\n-----END CERTIFICATE-----\n",
        "\x00",
        "a b c",
    ],
)
def test_a_broken_trust_list_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        TrustList.from_bytes(text.encode())


def test_merging_keeps_every_log_and_root_and_the_stricter_side_s_quorum(root: x509.Certificate) -> None:
    own = TrustList.from_bytes(policy_text().encode())
    shipped = TrustList(LogPolicy((KnownLog(Vkey.from_text(vectors.lines("bundle/log.vkeys")[0])),)), (root,))
    for merged in (own.merge(shipped), shipped.merge(own)):
        assert {log.vkey for log in merged.policy.logs} == {LOG, shipped.policy.logs[0].vkey}
        assert (merged.policy.quorum, merged.roots) == ("X-and-Y", (root,))


@given(st.binary(max_size=60) | st.text(alphabet="quorm none\tlgwisap#1\n", max_size=60).map(str.encode))
def test_any_bytes_are_refused_or_survive_in_their_meaning(data: bytes) -> None:
    for spec in (LogPolicy, TrustList):
        try:
            parsed = spec.from_bytes(data)
        except FormatError:
            continue
        assert spec.from_bytes(parsed.to_bytes()) == parsed


def test_revocations_are_read_in_any_mixture_and_written_again() -> None:
    line = f"revoked {'0a' * 32} keyCompromise 2026-03-02T09:30:00Z"
    found = TrustList.from_bytes(f"# mine\n{line}\n".encode())
    (revocation,) = found.revocations
    assert (revocation.digest, revocation.reason, revocation.compromise) == (b"\n" * 32, "keyCompromise", True)
    assert revocation.since.isoformat() == "2026-03-02T09:30:00+00:00"
    assert TrustList.from_bytes(found.to_bytes()) == found
    assert found.merge(TrustList()).revocations == TrustList().merge(found).revocations == found.revocations


@pytest.mark.parametrize(
    "line",
    [
        "revoked",
        f"revoked {'0a' * 32} keyCompromise",
        f"revoked {'0A' * 32} keyCompromise 2026-03-02T09:30:00Z",
        f"revoked {'0a' * 31} keyCompromise 2026-03-02T09:30:00Z",
        f"revoked {'0a' * 32} stolen 2026-03-02T09:30:00Z",
        f"revoked {'0a' * 32} keyCompromise 2026-03-02",
        f"revoked {'0a' * 32} keyCompromise 2026-13-02T09:30:00Z",
        f"revoked {'0a' * 32} keyCompromise 2026-03-02T09:30:00Z more",
    ],
)
def test_a_revocation_that_cannot_be_read_is_refused_and_never_skipped(line: str) -> None:
    with pytest.raises(FormatError):
        TrustList.from_bytes(line.encode())
