"""Check a proof bundle for anybody, without an account: what the reader trusts comes from the reader, never from the bundle.

Nothing that is sent for checking is kept. The log of this service is compared with only when the reader asks for it; a fingerprint that the
reader brings picks the one key that has it. Which fingerprint was compared with is part of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from cryptography import x509

from ipr_service.errors import N_, FormatError, InputError
from ipr_service.evidence import bundle
from ipr_service.evidence.checkpoint import fingerprint
from ipr_service.evidence.digest import Readable
from ipr_service.evidence.keys import ED25519
from ipr_service.evidence.report import Check, Report, Sentence
from ipr_service.evidence.trust import KnownLog, LogPolicy, TrustList
from ipr_service.evidence.verification import verify as judge
from ipr_service.gateways.tsa import TimestampAuthority
from ipr_service.services import limits
from ipr_service.services.context import Context

LARGEST = 250 * 1000**2
MOST_FILES = 20
_DIGITS = 64


@dataclass(frozen=True)
class Against:
    """What the reader compares with; nothing at all is allowed, and gives a report that is at best intact.

    Args:
        own_log: the log of this service, and the roots of the time stamp authorities that its operator set up.
        fingerprint: of another log's Ed25519 key, 64 hexadecimal digits, blanks allowed; or empty.
        trust: a trust list as ``ipr verify --trust`` takes it (verifier keys, a tlog-policy, PEM roots); or empty.
    """

    own_log: bool = False
    fingerprint: str = ""
    trust: str = ""


@dataclass(frozen=True)
class Verified:
    """The report, and the fingerprints of the logs that it was compared with (empty: none)."""

    report: Report
    compared_with: tuple[str, ...]


def verify(ctx: Context, stream: BinaryIO, files: Sequence[tuple[str, Readable]], against: Against, *, source: str) -> Verified:
    """Check a bundle, and whether files are among those registered.

    Args:
        stream: the bundle, seekable.
        files: names and contents to compare.
        source: address the request came from, for the rate limit.

    Raises:
        InputError: too many files, a fingerprint or trust list that cannot be read.
        RateLimitError: too many checks from one address.
    """
    limits.count(ctx, limits.VERIFY_BY_SOURCE, "verify", source)
    if len(files) > MOST_FILES:
        raise InputError.at("/files", N_("At most {limit} files can be compared at once. Leave some out."), limit=MOST_FILES)
    wanted = clean_fingerprint(against.fingerprint)
    trust = _trusted(ctx, against)
    if wanted:
        trust = trust.merge(_by_fingerprint(stream, wanted))
    report = judge(stream, trust, files, ctx.now())
    if wanted and not report.trusted:
        report = _another_key(report)
    known = {fingerprint(log.vkey.to_text()) for log in trust.policy.logs if log.vkey.kind == ED25519}
    return Verified(report, tuple(sorted(known | ({wanted} if wanted else set()))))


def clean_fingerprint(text: str) -> str:
    """64 lower-case hexadecimal digits, or empty.

    Raises:
        InputError: anything else.
    """
    digits = "".join(text.split()).lower()
    if digits and (len(digits) != _DIGITS or not set(digits) <= set("0123456789abcdef")):
        said = N_("A fingerprint has {size} digits and letters from a to f; this one has {length} characters. Copy it whole.")
        raise InputError.at("/fingerprint", said, size=_DIGITS, length=len(digits))
    return digits


def _trusted(ctx: Context, against: Against) -> TrustList:
    try:
        trust = TrustList.from_bytes(against.trust.encode())
    except FormatError as problem:
        raise InputError.at("/trust", problem.msgid, **problem.values) from problem
    return trust.merge(own_list(ctx)) if against.own_log else trust


def own_list(ctx: Context) -> TrustList:
    """What this service says of itself: its log's keys, and the roots of authorities that its operator set up."""
    return TrustList(LogPolicy(tuple(KnownLog(key) for key in ctx.service_keys.log_keys.vkeys)), _roots(ctx))


def _roots(ctx: Context) -> tuple[x509.Certificate, ...]:
    """The roots that the operator trusts for independent time: those of the authorities set up, and what the roots file holds besides."""
    path = ctx.settings.tsa_roots
    brought = x509.load_pem_x509_certificates(Path(path).read_bytes()) if path else []
    asked = (root for authority in ctx.authorities if isinstance(authority, TimestampAuthority) for root in authority.roots)
    return tuple(dict.fromkeys((*brought, *asked)))


def _by_fingerprint(stream: BinaryIO, wanted: str) -> TrustList:
    """The key in the bundle that has the reader's fingerprint: trusted because the reader named it, and no other key has it."""
    try:
        policy = LogPolicy.from_bytes(bundle.read(stream).read("policy"))
    except FormatError:
        return TrustList()  # the verification says what is wrong with the bundle
    found = tuple(KnownLog(key) for key in policy.log_vkeys if key.kind == ED25519 and fingerprint(key.to_text()) == wanted)
    return TrustList(LogPolicy(found))


def _another_key(report: Report) -> Report:
    """The reader named a key, and another one signed: that is a failed check, not an unasked question."""
    said = Sentence(
        N_("the key that signed has the fingerprint {fingerprint}, not the one that you named"), {"fingerprint": report.facts.fingerprint}
    )
    failed = Check("log-key", "trusted", "fails", said)
    return replace(report, checks=tuple(failed if check.name == "log-key" else check for check in report.checks))
