"""Verify a proof bundle, offline: the steps, in their order.

1. container    every header judged before any content is read (`bundle.read`); every member read once, CRC and digests
2. openings     manifest and openings in canonical form; each file and statement opens its commitment; each file present
                has both digests of its opening
3. entry        salt and manifest give the commitment, the commitment is the entry
4. log          the proof leads from the entry to the root of a checkpoint that both keys of the log signed (RFC 9162, 2.1.3.2);
                `checkpoint.body` is that checkpoint
5. ASiC         the container's list agrees with every member, and its token is over that list
6. trust        the log's keys stand in the list that the READER brought; its witness quorum is met
7. time         each authority's token over the checkpoint, and each renewal, with roots from the same list (`timing`); it is judged
                before trust, because a revoked key is believed only for what was proved to be older

Bad data never raises: it is a check that fails, with its name and its reason. Nothing is fetched, nothing is believed
because the bundle says it. Source: the design's "Proof bundle".
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import asic, bundle, note, tsp
from ipr_service.evidence.checkpoint import Checkpoint, fingerprint, require_log_signatures
from ipr_service.evidence.commitment import Manifest, Openings, commit, entry_line
from ipr_service.evidence.digest import Readable, digest_stream, to_base64
from ipr_service.evidence.keys import ED25519, ML_DSA_44, Vkey
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.report import Check, Comparison, Facts, Outcome, Report, Sentence, Token, Verdict
from ipr_service.evidence.timing import Timing
from ipr_service.evidence.timing import judge as timing_of
from ipr_service.evidence.trust import NO_QUORUM, LogPolicy, Revocation, TrustList

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

__all__ = ["Check", "Comparison", "Facts", "Report", "Sentence", "Token", "verify"]


@dataclass(frozen=True)
class _Content:
    """A member after its one reading. ``data`` is None for files, which are only digested."""

    sha256: bytes
    sha512: bytes
    data: bytes | None


class _Ledger:
    """What was found so far. It lives for one verification; what leaves is a frozen report."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.facts = Facts()

    def say(self, verdict: Verdict, name: str, outcome: Outcome, msgid: str, /, **values: object) -> None:
        self.checks.append(Check(name, verdict, outcome, Sentence(msgid, values)))

    def judge(self, name: str, holds: bool, good: str, bad: str, /, **values: object) -> None:
        self.say("intact", name, "holds" if holds else "fails", good if holds else bad, **values)

    def refuse(self, name: str, error: FormatError, verdict: Verdict = "intact") -> None:
        self.say(verdict, name, "fails", error.msgid, **error.values)

    def learn(self, **facts: object) -> None:
        self.facts = replace(self.facts, **facts)  # type: ignore[arg-type]  # the names are Facts' own


def verify(stream: BinaryIO, trust: TrustList, extra_files: Sequence[tuple[str, Readable]] = (), now: datetime | None = None) -> Report:
    """Verify the bundle in ``stream``.

    Args:
        stream: seekable; files in it are read in pieces.
        trust: what the reader believes, from elsewhere; an empty list gives a bundle that is at best intact.
        extra_files: names and contents that the reader wants compared with what was registered; each is read once.
        now: aware; when given, tokens that claim a later time fail.

    Returns:
        a report; bad data never raises.
    """
    ledger = _Ledger()
    try:
        opened = bundle.read(stream)
    except FormatError as error:
        ledger.refuse("container.form", error)
        return Report(tuple(ledger.checks), comparisons=_compare(None, extra_files))
    ledger.say("intact", "container.form", "holds", N_("{count} members, in the form of a proof bundle"), count=len(opened.members))
    contents = {name: _read(ledger, opened, name) for name in opened.names}
    small = {name: content.data for name, content in contents.items() if content.data is not None}
    openings = _check_openings(ledger, contents, small)
    _check_entry(ledger, small)
    signed = _check_log(ledger, small)
    _check_container(ledger, contents, small)
    timing = timing_of(small, {name: content.sha512 for name, content in contents.items()}, trust, now)
    _check_trust(ledger, signed, trust, timing)
    ledger.checks += timing.checks
    ledger.learn(tokens=timing.tokens)
    return Report(tuple(ledger.checks), ledger.facts, _compare(openings, extra_files))


def _read(ledger: _Ledger, opened: bundle.OpenedBundle, name: str) -> _Content:
    """Read one member; a wrong CRC is a failed check, and its content still goes through the others, which say what it breaks."""
    sha256, sha512 = hashlib.sha256(), hashlib.sha512()
    kept: list[bytes] | None = None if name.startswith("files/") else []
    try:
        for chunk in opened.chunks(name):
            sha256.update(chunk)
            sha512.update(chunk)
            if kept is not None:
                kept.append(chunk)
    except FormatError as error:
        ledger.refuse(f"member.{name}", error)
    return _Content(sha256.digest(), sha512.digest(), None if kept is None else b"".join(kept))


def _check_openings(ledger: _Ledger, contents: dict[str, _Content], small: dict[str, bytes]) -> Openings | None:
    manifest, openings = None, None
    try:
        manifest = Manifest.from_bytes(small["manifest.json"])
        previous = "" if manifest.previous is None else to_base64(manifest.previous)
        ledger.learn(kind=manifest.kind, files=len(manifest.files), statements=len(manifest.statements), previous=previous)
        ledger.say("intact", "manifest", "holds", N_("in its canonical form"))
    except FormatError as error:
        ledger.refuse("manifest", error)
    try:
        openings = Openings.from_bytes(small["openings.json"])
        ledger.say("intact", "openings", "holds", N_("in their canonical form"))
    except FormatError as error:
        ledger.refuse("openings", error)
    if manifest is None or openings is None:
        return openings
    _check_files(ledger, manifest, openings, contents)
    _check_statements(ledger, manifest, openings)
    return openings


def _check_files(ledger: _Ledger, manifest: Manifest, openings: Openings, contents: dict[str, _Content]) -> None:
    count = len(manifest.files) == len(openings.files)
    ledger.judge("files", count, N_("as many openings as commitments"), N_("not as many openings as commitments"))
    present = {int(name[6:10]): name for name in contents if name.startswith("files/")}
    for position, (opening, commitment) in enumerate(zip(openings.files, manifest.files, strict=False), 1):
        opens = opening.commitment() == commitment
        good, bad = N_("its salt and digests open the commitment"), N_("its salt and digests do not open the commitment")
        ledger.judge(f"file-commitment.{position}", opens, good, bad)
        name = present.pop(position, None)
        if name is None:
            left_out = N_("the file is not in this bundle; its digests stand for it")
            ledger.say("intact", f"file.{position}", "absent", left_out)
            continue
        same = (contents[name].sha256, contents[name].sha512) == (opening.sha256, opening.sha512)
        good, bad = N_("{name} is the file that was registered, byte for byte"), N_("{name} is not the file that was registered")
        ledger.judge(f"file.{position}", same, good, bad, name=name)
    for name in present.values():
        ledger.say("intact", f"member.{name}", "fails", N_("{name} was not registered"), name=name)


def _check_statements(ledger: _Ledger, manifest: Manifest, openings: Openings) -> None:
    count = len(manifest.statements) == len(openings.statements)
    ledger.judge("statements", count, N_("as many openings as commitments"), N_("not as many openings as commitments"))
    people = []
    for number, (opening, commitment) in enumerate(zip(openings.statements, manifest.statements, strict=False), 1):
        opens = opening.commitment() == commitment
        ledger.judge(f"statement.{number}", opens, N_("it opens its commitment"), N_("it does not open its commitment"))
        kind = opening.statement.get("type")
        if opens and kind == "subject":
            ledger.learn(title=str(opening.statement["title"]))
        if opens and kind in ("contributor", "party"):
            people.append(str(opening.statement["identity"]))
    ledger.learn(people=tuple(people))


def _check_entry(ledger: _Ledger, small: dict[str, bytes]) -> None:
    try:
        commitment = commit(small["salt"], small["manifest.json"])
    except FormatError as error:
        ledger.refuse("salt", error)
        return
    ledger.learn(commitment=to_base64(commitment))
    same = small["entry"] == entry_line(commitment)
    good, bad = N_("the entry is the commitment to salt and manifest"), N_("the entry is not the commitment to this salt and manifest")
    ledger.judge("entry", same, good, bad)


@dataclass(frozen=True)
class _Signed:
    """The checkpoint's note with the keys of its log that signed it, as the bundle names them. Both signatures hold."""

    note: bytes
    ed25519: Vkey
    mldsa: Vkey


def _check_log(ledger: _Ledger, small: dict[str, bytes]) -> _Signed | None:
    try:
        proof = TlogProof.from_bytes(small["proof.tlog-proof"])
    except FormatError as error:
        ledger.refuse("proof", error)
        return None
    signed, checkpoint = _check_signatures(ledger, proof.checkpoint_note, small["policy"])
    if checkpoint is None:
        try:
            checkpoint = Checkpoint.from_text(note.SignedNote.from_bytes(proof.checkpoint_note).text)
        except FormatError as error:
            ledger.refuse("checkpoint", error)
            return signed
    ledger.learn(index=proof.index, size=checkpoint.size, origin=checkpoint.origin)
    try:
        proof.check(small["entry"], checkpoint)
        good = N_("entry {index} is in the log of size {size} whose root was signed")
        ledger.say("intact", "inclusion", "holds", good, index=proof.index, size=checkpoint.size)
    except FormatError as error:
        ledger.refuse("inclusion", error)
    same = small["checkpoint.body"] == checkpoint.to_text().encode("utf-8")
    good, bad = N_("checkpoint.body is the checkpoint that was proved"), N_("checkpoint.body is not the checkpoint that was proved")
    ledger.judge("checkpoint.body", same, good, bad)
    return signed


def _check_signatures(ledger: _Ledger, checkpoint_note: bytes, policy_bytes: bytes) -> tuple[_Signed | None, Checkpoint | None]:
    try:
        policy = LogPolicy.from_bytes(policy_bytes)
    except FormatError as error:
        ledger.refuse("policy", error)
        return None, None
    try:
        verified = note.verify(checkpoint_note, policy.vkeys)
        checkpoint = require_log_signatures(verified)
    except FormatError as error:
        ledger.refuse("signatures", error)
        return None, None
    keys = {key.vkey.kind: key.vkey for key in verified.verified if key.vkey.name == checkpoint.origin and not key.time}
    if ML_DSA_44 not in keys:
        ledger.say("intact", "signatures", "fails", N_("the log's own ML-DSA-44 line names a time; only witnesses name one"))
        return None, checkpoint
    signed = _Signed(checkpoint_note, keys[ED25519], keys[ML_DSA_44])
    ledger.learn(fingerprint=fingerprint(signed.ed25519.to_text()))
    both = N_("both signatures of the log {origin} hold (Ed25519 and ML-DSA-44), under the keys that the bundle names")
    ledger.say("intact", "signatures", "holds", both, origin=checkpoint.origin)
    return signed, checkpoint


def _check_container(ledger: _Ledger, contents: dict[str, _Content], small: dict[str, bytes]) -> None:
    digests = [(name, content.sha256) for name, content in contents.items() if bundle.covered(name)]
    wrong = asic.disagreements(small[asic.MANIFEST_NAME], digests)
    good, bad = N_("every member has the digest in the container's list"), N_("the container's list does not agree with: {names}")
    ledger.judge("container.list", not wrong, good, bad, names=", ".join(wrong))
    token = tsp.verify_token(small[asic.TOKEN_NAME], roots=(), message=small[asic.MANIFEST_NAME])
    broken = [check for check in token.checks if not check.ok and check.name != "token.chain"]
    for check in broken:
        ledger.say("intact", f"container.{check.name}", "fails", check.reason)
    if not broken:
        ledger.say("intact", "container.token", "holds", N_("its own token is over that list; a formality that adds no trust"))


def _check_trust(ledger: _Ledger, signed: _Signed | None, trust: TrustList, timing: Timing) -> None:
    if signed is None:
        ledger.say("trusted", "log-key", "absent", N_("there is no signature that could be trusted"))
        return
    values = {"fingerprint": fingerprint(signed.ed25519.to_text()), "origin": signed.ed25519.name}
    cosigned = _Cosigned.of(signed, trust)
    if trust.knows(signed.ed25519):
        _check_revocation(ledger, signed, trust, timing, cosigned, values)
    elif not trust.policy.logs:
        ledger.say("trusted", "log-key", "not asked", N_("you brought no list of logs; only this bundle vouches for its key"))
    else:
        ledger.say("trusted", "log-key", "absent", N_("the key {fingerprint} of {origin} is not in your trust list"), **values)
    listed = [key for key in trust.policy.log_vkeys if key.kind == ML_DSA_44 and key.name == signed.mldsa.name]
    if signed.mldsa in listed:
        ledger.say("trusted", "log-key.second", "holds", N_("so is its second key (ML-DSA-44)"))
    elif listed:
        ledger.say("trusted", "log-key.second", "fails", N_("your trust list names another second key (ML-DSA-44) for {origin}"), **values)
    else:
        ledger.say("trusted", "log-key.second", "not asked", N_("your trust list names no second key (ML-DSA-44) for {origin}"), **values)
    _check_witnesses(ledger, cosigned, trust.policy)


@dataclass(frozen=True)
class _Cosigned:
    """The witnesses of the reader's list whose cosignatures hold and count, each with its time; or why they could not be read."""

    times: tuple[tuple[Vkey, datetime], ...] = ()
    error: FormatError | None = None

    @classmethod
    def of(cls, signed: _Signed, trust: TrustList) -> _Cosigned:
        """A cosignature names its own time: a key that was revoked since by an ending reason counts before, any other not at all."""
        if trust.policy.quorum == NO_QUORUM:
            return cls()
        try:
            verified = note.verify(signed.note, dict.fromkeys((*trust.policy.vkeys, signed.ed25519, signed.mldsa)))
        except FormatError as error:
            return cls(error=error)
        timed = [(key.vkey, _EPOCH + timedelta(seconds=key.time)) for key in verified.verified if key.time]  # 0: a log's own line
        return cls(tuple((vkey, time) for vkey, time in timed if all(_counts(one, time) for one in trust.revoked(vkey))))

    def quorum_before(self, policy: LogPolicy, time: datetime) -> bool:
        """Whether the witnesses that the reader asks for had cosigned before ``time``."""
        return policy.quorum != NO_QUORUM and policy.quorum_met(vkey for vkey, cosigned in self.times if cosigned < time)


def _counts(revocation: Revocation, time: datetime) -> bool:
    return not revocation.compromise and time < revocation.since


def _check_revocation(
    ledger: _Ledger, signed: _Signed, trust: TrustList, timing: Timing, cosigned: _Cosigned, values: dict[str, str]
) -> None:
    """A checkpoint names no time of its own: under a revoked key only what others prove to be older is believed."""
    revoked = min((*trust.revoked(signed.ed25519), *trust.revoked(signed.mldsa)), key=lambda one: one.since, default=None)
    if revoked is None:
        ledger.say("trusted", "log-key", "holds", N_("the key {fingerprint} of {origin} is in your trust list"), **values)
        return
    since = revoked.since
    proved = any(time < since for time in timing.proven) or cosigned.quorum_before(trust.policy, since)
    kept = N_("the key {fingerprint} of {origin} was revoked since {since} ({reason}); others prove that this is older")
    lost = N_("the key {fingerprint} of {origin} was revoked since {since} ({reason}), and nobody else proves that this is older")
    said = {**values, "reason": revoked.reason, "since": since.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    ledger.say("trusted", "log-key", "holds" if proved else "fails", kept if proved else lost, **said)


def _check_witnesses(ledger: _Ledger, cosigned: _Cosigned, policy: LogPolicy) -> None:
    if policy.quorum == NO_QUORUM:
        ledger.say("trusted", "witnesses", "not asked", N_("your trust list asks for no witnesses"))
        return
    if cosigned.error is not None:
        ledger.refuse("witnesses", cosigned.error, "trusted")
        return
    keys = [vkey for vkey, _ in cosigned.times]
    names = ", ".join(policy.cosigners(keys)) or "-"
    if policy.quorum_met(keys):
        ledger.say("trusted", "witnesses", "holds", N_("the quorum that you ask for has cosigned: {names}"), names=names)
    else:
        ledger.say("trusted", "witnesses", "fails", N_("the quorum that you ask for has not cosigned; cosigned have: {names}"), names=names)


def _compare(openings: Openings | None, extra_files: Sequence[tuple[str, Readable]]) -> tuple[Comparison, ...]:
    known = {} if openings is None else {(o.sha256, o.sha512): position for position, o in reversed(list(enumerate(openings.files, 1)))}
    digested = [(name, digest_stream(readable)) for name, readable in extra_files]
    return tuple(Comparison(name, known.get((digests.sha256, digests.sha512))) for name, digests in digested)
