"""What was revoked reaches back by its reason and by the time that others prove: of an authority, of a log, of a witness."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes

from ipr_service.evidence import bundle
from ipr_service.evidence.bundle import RenewalPart, TokenPart
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.note import NoteSignature, SignedNote
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.report import Report
from ipr_service.evidence.trust import KnownWitness, LogPolicy, Revocation, TrustList
from ipr_service.evidence.verification import verify
from tests.golden import generate
from tests.golden.generate import SIGNED_AT

ELSEWHERE = "1.3.6.1.4.1.99999.1"
DAY = timedelta(days=1)
FIRST, FIRST_ROOT = generate.authority("first.invalid", 31)
SECOND, SECOND_ROOT = generate.authority("second.invalid", 51)
LOG = TrustList.from_bytes((generate.VECTOR / "log.vkeys").read_bytes())
TRUST = dataclasses.replace(LOG, roots=(FIRST_ROOT, SECOND_ROOT))
GIVEN = generate.given_in(generate.GOLDEN.read_bytes())
BODY = hashlib.sha256((generate.VECTOR / "checkpoint.body").read_bytes()).digest()


def token(at: datetime = SIGNED_AT) -> TokenPart:
    return generate.stamp(FIRST, BODY, ELSEWHERE, at)


def bundled(*tokens: TokenPart, renewed: datetime | None = None, proof: bytes | None = None) -> bytes:
    """The golden registration with these tokens, and a renewal by the second authority."""
    parts = dataclasses.replace(generate.parts(GIVEN), tokens=tokens, proof=proof or generate.parts(GIVEN).proof)
    sealed = generate.container_token(parts, generate.authority()[0])
    data = bundle.write(parts, sealed)
    if renewed is None:
        return data
    opened = bundle.read(io.BytesIO(data))
    listing = bundle.renewal_listing({name: hashlib.sha512(opened.read(name)).digest() for name in opened.names}, 1)
    later = generate.stamp(SECOND, hashlib.sha512(listing).digest(), ELSEWHERE, renewed)
    return bundle.write(dataclasses.replace(parts, renewals=(RenewalPart(listing, later),)), sealed)


def judged(data: bytes, *revocations: Revocation, trust: TrustList = TRUST) -> Report:
    return verify(io.BytesIO(data), dataclasses.replace(trust, revocations=revocations))


def certificate(reason: str, since: datetime) -> Revocation:
    return Revocation(FIRST.certificate.fingerprint(hashes.SHA256()), reason, since)


def log_key(reason: str, since: datetime, number: int = 0) -> Revocation:
    line = (generate.VECTOR / "log.vkeys").read_text().splitlines()[number]
    return Revocation(hashlib.sha256(line.encode()).digest(), reason, since)


def outcome(report: Report, name: str) -> str:
    return next(check.outcome for check in report.checks if check.name == name)


@pytest.mark.parametrize("reason", ["superseded", "cessationOfOperation", "affiliationChanged"])
def test_what_an_authority_stamped_before_it_ended_stays_by_its_own_time(reason: str) -> None:
    assert judged(bundled(token()), certificate(reason, SIGNED_AT + DAY)).timed
    assert not judged(bundled(token()), certificate(reason, SIGNED_AT)).timed


@pytest.mark.parametrize("reason", ["keyCompromise", "cACompromise", "privilegeWithdrawn", "unspecified"])
def test_a_stamp_of_a_compromised_authority_is_nothing_however_old_it_says_it_is(reason: str) -> None:
    report = judged(bundled(token()), certificate(reason, SIGNED_AT + 9_000 * DAY))
    assert (report.intact, report.trusted, report.timed) == (True, True, False)
    assert "nobody else proves that it is older" in report.to_text()


def test_a_renewal_older_than_the_compromise_keeps_the_stamp() -> None:
    data = bundled(token(), renewed=SIGNED_AT + 100 * DAY)
    kept = judged(data, certificate("keyCompromise", SIGNED_AT + 101 * DAY))
    assert (kept.timed, outcome(kept, "token.1")) == (True, "holds")
    assert "does not reach back to it" in kept.to_text()
    assert not judged(data, certificate("keyCompromise", SIGNED_AT + 99 * DAY)).timed


def test_a_renewal_whose_own_root_is_unknown_keeps_nothing() -> None:
    data = bundled(token(), renewed=SIGNED_AT + 100 * DAY)
    only_first = dataclasses.replace(LOG, roots=(FIRST_ROOT,))
    assert not judged(data, certificate("keyCompromise", SIGNED_AT + 101 * DAY), trust=only_first).timed


def test_one_compromised_authority_does_not_take_the_time_of_another() -> None:
    second = generate.stamp(SECOND, BODY, ELSEWHERE, SIGNED_AT)
    report = judged(bundled(token(), second), certificate("keyCompromise", SIGNED_AT - DAY))
    assert (report.timed, outcome(report, "token.1"), outcome(report, "token.2")) == (True, "absent", "holds")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("reason", ["keyCompromise", "superseded"])
def test_under_a_revoked_log_key_only_what_others_prove_to_be_older_is_trusted(reason: str, number: int) -> None:
    after, before = (log_key(reason, SIGNED_AT + day, number) for day in (DAY, -DAY))
    assert judged(bundled(token()), after).trusted
    report = judged(bundled(token()), before)
    assert (report.intact, report.trusted, outcome(report, "log-key")) == (True, False, "fails")
    assert not judged(bundled(), after).trusted


def test_the_services_own_clock_proves_nothing_against_a_revocation() -> None:
    own, root = generate.authority()
    trust = dataclasses.replace(LOG, roots=(root,))
    assert not judged(bundled(generate.stamp(own, BODY)), log_key("keyCompromise", SIGNED_AT + DAY), trust=trust).trusted


def cosigned(time: datetime) -> tuple[bytes, TrustList, Revocation]:
    """A proof that a witness cosigned at ``time``, the list that asks for it, and how its key would be revoked at the test's time."""
    witness = CosignatureSigner("w.invalid", bytes(31) + b"9", int(time.timestamp()))
    proof = TlogProof.from_bytes((generate.VECTOR / "proof.tlog-proof").read_bytes())
    note = SignedNote.from_bytes(proof.checkpoint_note)
    line = NoteSignature(witness.name, witness.vkey.id, witness.signature(note.text))
    policy = LogPolicy(LOG.policy.logs, (KnownWitness("w", witness.vkey),), (), "w")
    revoked = Revocation(hashlib.sha256(witness.vkey.to_text().encode()).digest(), "superseded", SIGNED_AT)
    return dataclasses.replace(proof, checkpoint_note=note.with_lines([line]).to_bytes()).to_bytes(), TrustList(policy), revoked


def test_the_quorum_of_witnesses_proves_that_a_revoked_log_key_signed_before() -> None:
    proof, trust, _ = cosigned(SIGNED_AT)
    assert judged(bundled(proof=proof), log_key("keyCompromise", SIGNED_AT + DAY), trust=trust).trusted
    assert not judged(bundled(proof=proof), log_key("keyCompromise", SIGNED_AT), trust=trust).trusted


def test_a_cosignature_counts_until_its_key_ended_and_never_when_the_key_was_compromised() -> None:
    proof, trust, ended = cosigned(SIGNED_AT - DAY)
    assert judged(bundled(proof=proof), ended, trust=trust).trusted
    assert not judged(bundled(proof=proof), dataclasses.replace(ended, reason="keyCompromise"), trust=trust).trusted
    late, trust, ended = cosigned(SIGNED_AT + DAY)
    assert not judged(bundled(proof=late), ended, trust=trust).trusted
