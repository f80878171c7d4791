"""The three verdicts: what makes them, what breaks them, and what is said."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipr_service.evidence import bundle, container, tsp
from ipr_service.evidence.bundle import RenewalPart
from ipr_service.evidence.checkpoint import LogKeys
from ipr_service.evidence.container import Source
from ipr_service.evidence.keys import CosignatureSigner
from ipr_service.evidence.note import NoteSignature, SignedNote
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.report import Report
from ipr_service.evidence.trust import KnownLog, KnownWitness, LogPolicy, TrustList
from ipr_service.evidence.verification import verify
from tests.golden import generate

GOLDEN = generate.GOLDEN.read_bytes()
TRUST = TrustList.from_bytes((generate.VECTOR / "log.vkeys").read_bytes())
NOBODY = TrustList()
FINGERPRINT = "764564415cc5af5889b0b204835076f16b29770f1e610593d5ddb58296f55ca3"  # sha256sum of the first line of log.vkeys
INDEPENDENT = "1.3.6.1.4.1.99999.1"


def members() -> dict[str, bytes]:
    opened = bundle.read(io.BytesIO(GOLDEN))
    return {name: opened.read(name) for name in opened.names}


MEMBERS = members()


def with_member(name: str, data: bytes) -> bytes:
    """The golden bundle with one member exchanged, packed again without a trace."""
    out = io.BytesIO()
    container.write(out, [Source.of(one, data if one == name else old) for one, old in MEMBERS.items()])
    return out.getvalue()


def checked(data: bytes, trust: TrustList = TRUST) -> Report:
    return verify(io.BytesIO(data), trust)


def failed(report: Report) -> set[str]:
    return {check.name for check in report.failed}


def outcome(report: Report, name: str) -> str:
    return next(check.outcome for check in report.checks if check.name == name)


def stamped(policy: str = INDEPENDENT, at: datetime = generate.SIGNED_AT) -> bytes:
    """A bundle with a token by an authority of another name, whose root is not the service's."""
    other, _ = generate.authority("elsewhere.invalid", 31)
    own, _ = generate.authority()
    token = generate.stamp(other, hashlib.sha256(MEMBERS["checkpoint.body"]).digest(), policy, at)
    parts = dataclasses.replace(generate.parts(generate.given_in(GOLDEN)), tokens=(token,))
    return bundle.write(parts, generate.container_token(parts, own))


def rooted() -> TrustList:
    return dataclasses.replace(TRUST, roots=(generate.authority("elsewhere.invalid", 31)[1],))


def test_the_golden_bundle_is_intact_and_trusted_and_not_timed() -> None:
    report = checked(GOLDEN)
    assert (report.intact, report.trusted, report.timed, bool(report)) == (True, True, False, True)
    assert not report.failed


def test_a_log_that_nobody_else_vouches_for_is_said_in_the_first_line() -> None:
    report = checked(GOLDEN, NOBODY)
    assert (report.intact, report.trusted, bool(report)) == (True, False, False)
    first = report.to_text().splitlines()[0]
    assert first == f"intact; signed by key {FINGERPRINT}, which only this bundle vouches for"


def test_another_log_in_the_list_does_not_make_this_one_trusted() -> None:
    stranger = LogKeys.from_seeds("demo.invalid/golden", bytes(32), bytes(31) + b"1")
    report = checked(GOLDEN, TrustList(LogPolicy(tuple(KnownLog(vkey) for vkey in stranger.vkeys))))
    assert (report.intact, report.trusted) == (True, False)
    assert failed(report) == {"log-key.second"}


def test_the_bundle_itself_is_never_a_source_of_trust() -> None:
    forged = LogKeys.from_seeds("demo.invalid/golden", bytes(32), bytes(31) + b"1")
    proof = TlogProof.from_bytes(MEMBERS["proof.tlog-proof"])
    text = SignedNote.from_bytes(proof.checkpoint_note).text
    lines = tuple(NoteSignature(s.vkey.name, s.vkey.id, s.signature(text)) for s in (forged.ed25519, forged.mldsa))
    parts = generate.parts(generate.given_in(GOLDEN))
    policy = LogPolicy(tuple(KnownLog(vkey) for vkey in forged.vkeys)).to_bytes()
    note = dataclasses.replace(proof, checkpoint_note=SignedNote(text, lines).to_bytes()).to_bytes()
    parts = dataclasses.replace(parts, proof=note, policy=policy)
    report = checked(bundle.write(parts, generate.container_token(parts, generate.authority()[0])))
    assert (report.intact, report.trusted) == (True, False)


def test_the_token_of_the_services_own_clock_is_never_time_even_with_its_root_in_the_list() -> None:
    own_root = generate.authority()[1]
    report = checked(GOLDEN, dataclasses.replace(TRUST, roots=(own_root,)))
    assert not report.timed
    assert "test authority, not independent" in report.to_text()


def test_an_independent_token_with_a_root_from_elsewhere_makes_it_timed() -> None:
    report = checked(stamped(), rooted())
    assert (report.intact, report.trusted, report.timed) == (True, True, True)
    assert "When: before 2026-03-02T09:30:00Z, by CN=elsewhere.invalid own clock." in report.to_text()


def test_an_independent_token_without_its_root_is_not_time() -> None:
    report = checked(stamped())
    assert not report.timed
    assert outcome(report, "token.1") == "not asked"


def test_a_token_from_tomorrow_fails_when_today_is_known() -> None:
    report = verify(io.BytesIO(stamped(at=generate.SIGNED_AT + timedelta(days=1))), rooted(), now=generate.SIGNED_AT)
    assert (report.timed, failed(report)) == (False, {"token.1"})


def test_a_token_over_another_checkpoint_fails_by_name() -> None:
    other, _ = generate.authority("elsewhere.invalid", 31)
    parts = dataclasses.replace(
        generate.parts(generate.given_in(GOLDEN)), tokens=(generate.stamp(other, hashlib.sha256(b"other").digest(), INDEPENDENT),)
    )
    report = checked(bundle.write(parts, generate.container_token(parts, generate.authority()[0])), rooted())
    assert (report.intact, report.timed, failed(report)) == (True, False, {"token.1.imprint"})


def renewed() -> bytes:
    given = generate.given_in(GOLDEN)
    digests = {name: hashlib.sha512(data).digest() for name, data in MEMBERS.items()}
    listing = bundle.renewal_listing(digests, 1)
    other, _ = generate.authority("elsewhere.invalid", 31)
    token = generate.stamp(other, hashlib.sha512(listing).digest(), INDEPENDENT, generate.SIGNED_AT + timedelta(days=900))
    parts = dataclasses.replace(generate.parts(given), renewals=(RenewalPart(listing, token),))
    return bundle.write(parts, MEMBERS["META-INF/timestamp.tst"])


def test_a_renewal_covers_every_member_but_the_files_and_keeps_the_container_token() -> None:
    report = checked(renewed(), rooted())
    assert report.intact
    assert (outcome(report, "renewal.1"), outcome(report, "renewal.1.token")) == ("holds", "holds")
    opened = bundle.read(io.BytesIO(renewed()))
    listed = [line.split("  ")[1] for line in opened.read("renewals/1.sha512").decode().splitlines()]
    assert listed == [name for name in MEMBERS if not name.startswith("files/")]


def test_a_renewal_whose_list_disagrees_fails_by_name() -> None:
    opened = bundle.read(io.BytesIO(renewed()))
    out = io.BytesIO()
    changed = {name: opened.read(name) for name in opened.names}
    changed["renewals/1.sha512"] = changed["renewals/1.sha512"].replace(b"a", b"b", 1)
    container.write(out, [Source.of(name, data) for name, data in changed.items()])
    assert {"renewal.1", "renewal.1.token.imprint"} <= failed(checked(out.getvalue(), rooted()))


def test_a_witness_quorum_of_the_reader_must_be_met() -> None:
    witness = CosignatureSigner("witness.invalid", bytes(range(32)), 1_772_443_900)
    policy = dataclasses.replace(TRUST.policy, witnesses=(KnownWitness("w1", witness.vkey),), quorum="w1")
    trust = dataclasses.replace(TRUST, policy=policy)
    without = checked(GOLDEN, trust)
    assert (without.intact, without.trusted, failed(without)) == (True, False, {"witnesses"})
    proof = TlogProof.from_bytes(MEMBERS["proof.tlog-proof"])
    note = SignedNote.from_bytes(proof.checkpoint_note)
    cosigned = note.with_lines([NoteSignature(witness.vkey.name, witness.vkey.id, witness.signature(note.text))])
    parts = dataclasses.replace(
        generate.parts(generate.given_in(GOLDEN)), proof=dataclasses.replace(proof, checkpoint_note=cosigned.to_bytes()).to_bytes()
    )
    report = checked(bundle.write(parts, generate.container_token(parts, generate.authority()[0])), trust)
    assert (report.intact, report.trusted) == (True, True)


def test_a_file_to_compare_is_found_by_both_digests_or_named_as_foreign() -> None:
    drawing = MEMBERS["files/0001.svg"]
    report = verify(io.BytesIO(GOLDEN), TRUST, [("photo.jpg", io.BytesIO(drawing)), ("other.txt", io.BytesIO(b"other"))])
    assert [str(c.reason) for c in report.comparisons] == ["photo.jpg is file 1 of this bundle", "other.txt is not among the files"]
    assert report.to_text().startswith("not among the registered files: other.txt\nThe bundle itself: intact and trusted")
    assert report.intact
    assert not report


def test_a_bundle_without_its_files_is_intact_and_says_so() -> None:
    parts = dataclasses.replace(generate.parts(generate.given_in(GOLDEN)), files=())
    report = checked(bundle.write(parts, generate.container_token(parts, generate.authority()[0])))
    assert report
    assert outcome(report, "file.1") == "absent"


def test_what_is_not_proved_is_always_said() -> None:
    for report in (checked(GOLDEN), checked(b"nonsense")):
        assert "Not proved: who the author is, and that the idea is new." in report.to_text()


def test_the_json_says_the_same_as_the_text() -> None:
    said = json.loads(checked(GOLDEN).to_json())
    assert (said["verified"], said["intact"], said["trusted"], said["timed"]) == (True, True, True, False)
    assert said["entry"]["commitment"] == "W8j9RWOJKu7dZrD01v04efpQIYjgYJcYm96+rOEZelQ="
    assert (said["entry"]["index"], said["entry"]["size"], said["entry"]["fingerprint"]) == (7, 13, FINGERPRINT)


def test_text_from_a_bundle_cannot_steer_a_terminal() -> None:
    report = verify(io.BytesIO(GOLDEN), TRUST, [("\x1b[2J\u202eevil", io.BytesIO(b"x"))])
    assert "\x1b" not in report.to_text()
    assert "\u202e" not in report.to_text()


def test_verification_imports_only_what_it_needs() -> None:
    script = "import sys, ipr_service.evidence.verification; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("flask", "sqlalchemy", "typst", "docx", "segno", "lxml", "click", "pyhanko") if repr(name) in loaded]


SMALL = ("files/0001.svg", "files/0002.txt", "salt", "checkpoint.body", "manifest.json", "openings.json", "entry")
BLAMED = {
    "files/0001.svg": {"file.1"},
    "files/0002.txt": {"file.2"},
    "salt": {"entry"},
    "checkpoint.body": {"checkpoint.body"},
    "manifest.json": {"entry"},
    "entry": {"entry", "inclusion"},
}


LIGHT = {name: data for name, data in MEMBERS.items() if not name.startswith("tsa/")} | {"META-INF/timestamp.tst": b"none"}
LIGHTLY = {"container.list", "container.token.form"}  # what fails in the bundle without tokens, which is quick to verify


def without_tokens(name: str, data: bytes) -> set[str]:
    """The checks that fail when one member of the tokenless bundle is exchanged."""
    out = io.BytesIO()
    container.write(out, [Source.of(one, data if one == name else old) for one, old in LIGHT.items()])
    return failed(checked(out.getvalue(), NOBODY))


@pytest.mark.parametrize("name", SMALL)
def test_after_any_changed_byte_of_a_small_member_the_check_that_it_breaks_is_named(name: str) -> None:
    data = MEMBERS[name]
    assert without_tokens(name, data) == LIGHTLY
    step = 7 if len(data) > 1000 else 1  # a prime: the openings' fields repeat, their positions do not
    for at in range(0, len(data), step):
        broken = without_tokens(name, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) - LIGHTLY
        assert broken >= BLAMED.get(name, set()), at
        assert broken, at


@given(st.sampled_from(sorted(set(LIGHT) - {"mimetype", "META-INF/timestamp.tst"})), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_after_any_changed_byte_of_any_member_a_check_is_named(name: str, place: float, flip: int) -> None:
    data = bytearray(MEMBERS[name])
    data[int(place * len(data))] ^= flip
    assert without_tokens(name, bytes(data)) - {"container.token.form"}


@given(st.sampled_from(["tsa/1.tsq", "tsa/1.tsr", "tsa/1-chain.pem"]), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=10)
def test_after_any_changed_byte_of_a_token_the_bundle_is_not_intact(name: str, place: float, flip: int) -> None:
    data = bytearray(MEMBERS[name])
    data[int(place * len(data))] ^= flip
    assert "container.list" in failed(checked(with_member(name, bytes(data)), NOBODY))


@given(st.integers(0, len(GOLDEN) - 1), st.integers(1, 255))
@settings(max_examples=10)
def test_after_any_changed_byte_of_the_container_a_check_fails_or_no_content_changed(at: int, flip: int) -> None:
    changed = bytearray(GOLDEN)
    changed[at] ^= flip
    report = checked(bytes(changed), NOBODY)
    if report.intact:
        opened = bundle.read(io.BytesIO(bytes(changed)))
        assert {name: opened.read(name) for name in opened.names} == MEMBERS
    else:
        assert report.failed


PROOF_LINES = MEMBERS["proof.tlog-proof"].split(b"\n")


@pytest.mark.parametrize(
    ("line", "blamed"),
    [(1, "inclusion"), (2, "inclusion"), (5, "inclusion"), (7, "signatures"), (8, "signatures"), (11, "signatures"), (12, "signatures")],
)
def test_a_changed_proof_is_blamed_where_it_breaks(line: int, blamed: str) -> None:
    lines = list(PROOF_LINES)
    text = bytearray(lines[line])
    at = len(text) - 6 if line not in (1, 8) else len(text) - 1
    text[at] = {b"7": b"6", b"3": b"4"}.get(bytes(text[at : at + 1]), b"A" if text[at : at + 1] != b"A" else b"B")[0]
    lines[line] = bytes(text)
    assert blamed in failed(checked(with_member("proof.tlog-proof", b"\n".join(lines))))


def test_a_checkpoint_with_one_of_the_two_signatures_is_refused() -> None:
    without = b"\n".join(PROOF_LINES[:12]) + b"\n"
    assert "signatures" in failed(checked(with_member("proof.tlog-proof", without)))


def test_the_policy_of_the_own_clock_is_the_one_the_shell_script_knows() -> None:
    assert tsp.OWN_CLOCK_POLICY in MEMBERS["verify.sh"].decode()
    assert datetime.now(UTC) > generate.SIGNED_AT
