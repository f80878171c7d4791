"""Whom a verifier believes: log keys, witnesses with their quorum, roots of timestamp authorities. Never from a bundle.

``LogPolicy`` is a C2SP tlog-policy file. ``TrustList`` is what ``--trust FILE`` takes: the same lines, or bare vkey lines, with
PEM certificates (roots of authorities), ``revoked`` lines and ``#`` comments among them. Evaluating a quorum counts names that
cosigned; whether their signatures hold was decided by ``note``, what a revocation reaches by ``timing``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.keys import COSIGNATURE, ED25519, ML_DSA_44, Vkey

NO_QUORUM = "none"
MAX_SIZE = 1_000_000

_KINDS = {"log": (ED25519, ML_DSA_44), "witness": (COSIGNATURE, ML_DSA_44)}
# RFC 5280 section 5.3.1. After an ending reason the key was still its owner's: what it signed before stays, by its own time (RFC 3161
# section 4). After any other, its holder can write any time he likes: only what somebody else proves to be earlier stays.
ENDINGS = ("affiliationChanged", "superseded", "cessationOfOperation")
REASONS = ("unspecified", "keyCompromise", "cACompromise", "aACompromise", "privilegeWithdrawn", *ENDINGS)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_GAP = re.compile(r"[ \t]+")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class KnownLog:
    """A log that is believed. ``url`` is optional and decides nothing."""

    vkey: Vkey
    url: str | None = None


@dataclass(frozen=True)
class KnownWitness:
    """A witness, under the name that the quorum uses for it. ``url``: its submission prefix, optional."""

    name: str
    vkey: Vkey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Members of which at least ``threshold`` must have witnessed. ``threshold``: 1 to the number of members."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class LogPolicy:
    """A tlog-policy: which logs are accepted, and whose cosignatures a checkpoint needs.

    Args:
        logs: accepted logs; a log with two keys stands twice, under one name.
        witnesses: each key once.
        groups: in an order in which each names only witnesses and earlier groups.
        quorum: name of a witness or group, or ``none``.
    """

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NO_QUORUM

    def __post_init__(self) -> None:
        _check_keys("log", [log.vkey for log in self.logs])
        _check_keys("witness", [witness.vkey for witness in self.witnesses])
        _check_names(self)

    def to_bytes(self) -> bytes:
        lines = [_line("log", log.vkey.to_text(), log.url) for log in self.logs]
        lines += [_line("witness", witness.name, witness.vkey.to_text(), witness.url) for witness in self.witnesses]
        lines += [_line("group", group.name, str(group.threshold), *group.members) for group in self.groups]
        lines.append(_line("quorum", self.quorum))
        return "".join(lines).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> LogPolicy:
        """Raises FormatError when malformed; exactly one quorum line is required."""
        reader = _Reader()
        for line in _lines(data):
            reader.take(line)
        return reader.policy(quorum_required=True)

    @property
    def log_vkeys(self) -> tuple[Vkey, ...]:
        return tuple(log.vkey for log in self.logs)

    @property
    def vkeys(self) -> tuple[Vkey, ...]:
        """All keys, of logs and witnesses: what ``note.verify`` takes."""
        return (*self.log_vkeys, *(witness.vkey for witness in self.witnesses))

    def cosigners(self, signed: Iterable[Vkey]) -> tuple[str, ...]:
        """Names of the witnesses among ``signed`` (keys whose signatures hold), in the policy's order."""
        keys = set(signed)
        return tuple(witness.name for witness in self.witnesses if witness.vkey in keys)

    def quorum_met(self, signed: Iterable[Vkey]) -> bool:
        """Whether the witnesses among ``signed`` (keys whose signatures hold) make the quorum; ``none`` always holds."""
        witnessed = set(self.cosigners(signed))
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in witnessed


@dataclass(frozen=True)
class Revocation:
    """A key that is believed no more: of a log, a witness, or a certificate in an authority's chain.

    Args:
        digest: 32 bytes: SHA-256 of the vkey line without its newline, or of the certificate in DER.
        reason: of ``REASONS``.
        since: aware; from when on.
    """

    digest: bytes
    reason: str
    since: datetime

    @property
    def compromise(self) -> bool:
        """Whether somebody else may have signed with the key, and with any time."""
        return self.reason not in ENDINGS

    def to_text(self) -> str:
        return f"revoked {self.digest.hex()} {self.reason} {self.since.astimezone(UTC).strftime(_TIME)}\n"

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Revocation:
        """From what follows ``revoked`` in a line. Raises FormatError when malformed."""
        if len(words) != 3 or not _DIGEST.fullmatch(words[0]) or words[1] not in REASONS:
            raise FormatError(N_("A revocation is: revoked, the SHA-256 in 64 lower-case digits, a reason of RFC 5280, and a time in UTC."))
        try:
            since = datetime.strptime(words[2], _TIME).replace(tzinfo=UTC)
        except ValueError as error:
            raise FormatError(N_("A revocation's time is written like 2026-03-02T09:30:00Z.")) from error
        return cls(bytes.fromhex(words[0]), words[1], since)


@dataclass(frozen=True)
class TrustList:
    """What a verifier brings along: a policy, the roots of timestamp authorities, and what was revoked."""

    policy: LogPolicy = field(default_factory=LogPolicy)
    roots: tuple[x509.Certificate, ...] = ()
    revocations: tuple[Revocation, ...] = ()

    def to_bytes(self) -> bytes:
        revoked = "".join(revocation.to_text() for revocation in self.revocations)
        return self.policy.to_bytes() + revoked.encode() + b"".join(root.public_bytes(Encoding.PEM) for root in self.roots)

    @classmethod
    def from_bytes(cls, data: bytes) -> TrustList:
        """Parse vkey lines, tlog-policy lines, revocations, PEM certificates and comments, in any mixture.

        Without a quorum line no cosignature is asked for; a list that names witnesses has to say its quorum.

        Raises:
            FormatError: when malformed.
        """
        reader = _Reader()
        roots: list[x509.Certificate] = []
        revocations: list[Revocation] = []
        block: list[str] | None = None
        for line in _lines(data):
            if line == _BEGIN and block is None:
                block = [line]
            elif block is not None:
                block.append(line)
                if line == _END:
                    roots.append(_certificate("\n".join(block) + "\n"))
                    block = None
            elif line.startswith(("revoked ", "revoked\t")):
                revocations.append(Revocation.from_words(_GAP.split(line)[1:]))
            elif " " not in line and "\t" not in line:
                reader.take(f"log {line}")
            else:
                reader.take(line)
        if block is not None:
            raise FormatError(N_("A certificate in the trust list is cut."))
        return cls(reader.policy(quorum_required=False), tuple(dict.fromkeys(roots)), tuple(dict.fromkeys(revocations)))

    def merge(self, other: TrustList) -> TrustList:
        """Both lists' logs, roots and revocations; witnesses, groups and quorum of ``self`` unless only ``other`` has a quorum."""
        ruling = other.policy if self.policy.quorum == NO_QUORUM and other.policy.quorum != NO_QUORUM else self.policy
        logs: dict[Vkey, KnownLog] = {log.vkey: log for log in (*other.policy.logs, *self.policy.logs)}
        merged = LogPolicy(tuple(logs.values()), ruling.witnesses, ruling.groups, ruling.quorum)
        revocations = tuple(dict.fromkeys((*self.revocations, *other.revocations)))
        return TrustList(merged, tuple(dict.fromkeys((*self.roots, *other.roots))), revocations)

    def knows(self, vkey: Vkey) -> bool:
        """Whether this key is one of the logs' keys."""
        return vkey in self.policy.log_vkeys

    def revoked(self, vkey: Vkey) -> tuple[Revocation, ...]:
        """What the list revokes of this key."""
        digest = hashlib.sha256(vkey.to_text().encode()).digest()
        return tuple(revocation for revocation in self.revocations if revocation.digest == digest)


class _Reader:
    """Collects policy lines in their order; names must be defined before they are used."""

    def __init__(self) -> None:
        self.logs: list[KnownLog] = []
        self.witnesses: list[KnownWitness] = []
        self.groups: list[Group] = []
        self.names: set[str] = set()
        self.quorum: str | None = None

    def take(self, line: str) -> None:
        word, *items = _GAP.split(line)
        if word == "log" and len(items) in (1, 2):
            self.logs.append(KnownLog(Vkey.from_text(items[0]), *items[1:]))
        elif word == "witness" and len(items) in (2, 3):
            self.witnesses.append(KnownWitness(items[0], Vkey.from_text(items[1]), *items[2:]))
            self._define(items[0])
        elif word == "group" and len(items) >= 3:
            self.groups.append(self._group(items[0], items[1], tuple(items[2:])))
            self._define(items[0])
        elif word == "quorum" and len(items) == 1 and self.quorum is None:
            if items[0] != NO_QUORUM and items[0] not in self.names:
                raise FormatError(N_("A policy uses a name before it is defined."))
            self.quorum = items[0]
        else:
            raise FormatError(N_("A policy has the lines log, witness and group, and one quorum."))

    def policy(self, quorum_required: bool) -> LogPolicy:
        if self.quorum is None and (quorum_required or self.witnesses or self.groups):
            raise FormatError(N_("A policy has exactly one quorum line."))
        return LogPolicy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum or NO_QUORUM)

    def _define(self, name: str) -> None:
        if name in self.names:
            raise FormatError(N_("A policy defines a name twice."))
        self.names.add(name)

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> Group:
        if not self.names.issuperset(members):
            raise FormatError(N_("A policy uses a name before it is defined."))
        words = {"any": 1, "all": len(members)}
        if threshold not in words and not _COUNT.fullmatch(threshold):
            raise FormatError(N_("A group's threshold is any, all, or a number from 1 to the number of its members."))
        return Group(name, words[threshold] if threshold in words else int(threshold), members)


def _lines(data: bytes) -> list[str]:
    """The lines that say something: trimmed, without comments."""
    if len(data) > MAX_SIZE:
        raise FormatError(N_("A policy has at most {limit} bytes."), limit=MAX_SIZE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(N_("This is not UTF-8 text.")) from error
    if any((ord(c) < 0x20 and c not in "\t\n") or c == "\x7f" for c in text):
        raise FormatError(N_("A policy holds no control characters other than tab and newline."))
    trimmed = (line.strip(" \t") for line in text.split("\n"))
    return [line for line in trimmed if line and not line.startswith("#")]


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"


def _check_keys(word: str, vkeys: Sequence[Vkey]) -> None:
    if any(vkey.kind not in _KINDS[word] for vkey in vkeys):
        raise FormatError(N_("A log signs with Ed25519 or ML-DSA-44, a witness with a cosignature or ML-DSA-44 key."))
    if len({vkey.public for vkey in vkeys}) != len(vkeys):
        raise FormatError(N_("A policy names one key twice."))


def _check_names(policy: LogPolicy) -> None:
    defined = [witness.name for witness in policy.witnesses]
    for group in policy.groups:
        if not set(group.members) <= set(defined):
            raise FormatError(N_("A policy uses a name before it is defined."))
        if not 1 <= group.threshold <= len(group.members):
            raise FormatError(N_("A group's threshold is any, all, or a number from 1 to the number of its members."))
        defined.append(group.name)
    members = [member for group in policy.groups for member in group.members]
    if len(set(defined)) != len(defined) or NO_QUORUM in defined:
        raise FormatError(N_("A policy defines a name twice."))
    if len(set(members)) != len(members):
        raise FormatError(N_("A witness or group is a member of one group at most."))
    if policy.quorum not in (*defined, NO_QUORUM):
        raise FormatError(N_("A policy uses a name before it is defined."))


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode("ascii"))
    except (ValueError, x509.InvalidVersion) as error:  # UnicodeEncodeError is a ValueError
        raise FormatError(N_("A certificate in the trust list cannot be read.")) from error
