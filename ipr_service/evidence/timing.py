"""When a checkpoint existed: judge an authority's tokens over it, the renewals that came later, and what was revoked since.

A token is judged at the time that it names, with roots from the reader. What the reader's list revokes reaches back by its reason and
by the time that somebody else proves (RFC 3161 section 4, RFC 4998 section 5):

- an ending reason (superseded, ceased, changed affiliation): what the key stamped before that time stays, later stamps count no more;
- any other reason: whoever has the key can name any time. A stamp stays when a later renewal, by an authority that is believed, covers
  it and is older than the revocation; nothing else does.

Hence the renewals are judged from the newest to the oldest, then the tokens. What the issuers said themselves, in the lists and answers
that the bundle keeps, revokes like the reader's list: it is signed by them and can only take belief away. Which renewals carry a token
on, each made before what it covers had ended, is said as its chain (``renewal.chain_of``). Pure; bad data never raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509

from ipr_service.errors import N_, FormatError
from ipr_service.evidence import bundle, tsp
from ipr_service.evidence.renewal import Chain, Link, Listing, chain_of
from ipr_service.evidence.report import Check, Outcome, Sentence, Token
from ipr_service.evidence.trust import REASONS, Revocation, TrustList


@dataclass(frozen=True)
class Timing:
    """What the tokens and renewals say.

    Args:
        checks: of the verdicts ``timed`` (the stamps) and ``intact`` (the lists of the renewals).
        tokens: over the checkpoint, those that are believed and those of a service's own clock.
        proven: when believed authorities say that the checkpoint existed, the earliest first.
    """

    checks: tuple[Check, ...]
    tokens: tuple[Token, ...]
    proven: tuple[datetime, ...]


@dataclass(frozen=True)
class _Stamp:
    """One token after its own checks; ``renewal`` is 0 over the checkpoint. ``chain``: certificates in DER, when they lead to a root."""

    name: str
    renewal: int
    time: datetime
    authority: str
    chain: tuple[bytes, ...]
    own_clock: bool


def judge(small: Mapping[str, bytes], sha512: Mapping[str, bytes], trust: TrustList, now: datetime | None) -> Timing:
    """Judge every token of a bundle.

    Args:
        small: the members but the files, by name.
        sha512: the digest of every member, by name, in the order of the bundle.
        now: aware; when given, tokens that claim a later time fail.
    """
    numbers, renewals = _numbers(small, "tsa/"), _numbers(small, "renewals/")
    listings = [_listing(number, small, sha512) for number in renewals]
    body = hashlib.sha256(small["checkpoint.body"]).digest()
    read = [_read(f"token.{n}", 0, small, f"tsa/{n}", body, trust, now) for n in numbers]
    read += [
        _read(f"renewal.{n}.token", n, small, f"renewals/{n}", _root(small.get(f"renewals/{n}.sha512", b"")), trust, now) for n in renewals
    ]
    trust = replace(trust, revocations=(*trust.revocations, *_called_back(small, [stamp for stamp, _ in read if stamp is not None])))
    sound = {number for number, check in zip(renewals, listings, strict=True) if check.outcome == "holds"}
    believed = _believed([stamp for stamp, _ in read if stamp is not None], sound, trust)
    checks = [] if numbers else [_said("tokens", "absent", N_("this bundle holds no authority's token; the time rests on the log alone"))]
    for stamp, failed in read:
        checks += failed if stamp is None else [_verdict(stamp, believed, trust)]
    checks += _chains([stamp for stamp, _ in read if stamp is not None and stamp in believed])
    tokens = [
        Token(stamp.authority, _shown(stamp.time), not stamp.own_clock)
        for stamp, _ in read
        if stamp is not None and stamp.renewal == 0 and (stamp.own_clock or stamp in believed)
    ]
    return Timing((*listings, *checks), tuple(tokens), tuple(sorted(stamp.time for stamp in believed)))


def _numbers(small: Mapping[str, bytes], folder: str) -> list[int]:
    return sorted({int(found[1]) for name in small if (found := re.match(rf"{folder}(\d+)", name))})


def _listing(number: int, small: Mapping[str, bytes], sha512: Mapping[str, bytes]) -> Check:
    try:
        listing = Listing.from_bytes(small.get(f"renewals/{number}.sha512", b""))
    except FormatError as error:
        return Check(f"renewal.{number}", "intact", "fails", Sentence(error.msgid, error.values))
    same = listing.text == bundle.renewal_listing(dict(sha512), number)
    good, bad = N_("its list agrees with every member"), N_("its list does not agree with the members")
    return Check(f"renewal.{number}", "intact", "holds" if same else "fails", Sentence(good if same else bad))


def _said(name: str, outcome: Outcome, msgid: str, /, **values: object) -> Check:
    return Check(name, "timed", outcome, Sentence(msgid, values))


def _shown(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(
    name: str, renewal: int, small: Mapping[str, bytes], stem: str, digest: bytes, trust: TrustList, now: datetime | None
) -> tuple[_Stamp | None, list[Check]]:
    """One token and what of it fails; either the one or the other."""
    try:
        nonce = tsp.read_query(small.get(f"{stem}.tsq", b"")).nonce
        chain = _certificates(small.get(f"{stem}-chain.pem", b""))
        token = tsp.verify_token(small.get(f"{stem}.tsr", b""), roots=trust.roots, message_digest=digest, intermediates=chain, nonce=nonce)
    except FormatError as error:
        return None, [Check(name, "timed", "fails", Sentence(error.msgid, error.values))]
    broken = [check for check in token.checks if not check.ok and check.name != "token.chain"]
    if broken or token.gen_time is None:
        return None, [_said(f"{name}.{check.name.removeprefix('token.')}", "fails", check.reason) for check in broken]
    if now is not None and token.gen_time > now:
        late = N_("{authority} names a time that has not come yet: {time}")
        return None, [_said(name, "fails", late, authority=token.authority, time=_shown(token.gen_time))]
    return _Stamp(name, renewal, token.gen_time, token.authority, token.chain, token.own_clock), []


def _root(member: bytes) -> bytes:
    """What the renewal's token has to be over; of a damaged list its bytes, over which no token is."""
    try:
        return Listing.from_bytes(member).root
    except FormatError:
        return hashlib.sha512(member).digest()


def _called_back(small: Mapping[str, bytes], stamps: Sequence[_Stamp]) -> Iterator[Revocation]:
    """What the stored lists and answers of the issuers revoke."""
    crls = [data for name, data in small.items() if name.endswith(".crl")]
    ocsps = [data for name, data in small.items() if name.endswith(".ocsp")]
    for stamp in stamps if crls or ocsps else ():
        chain = [x509.load_der_x509_certificate(der) for der in stamp.chain]
        for one in tsp.look(chain, crls, ocsps).revoked:
            yield Revocation(hashlib.sha256(stamp.chain[one.link]).digest(), one.reason if one.reason in REASONS else REASONS[0], one.at)


def _chains(believed: Sequence[_Stamp]) -> list[Check]:
    """For each believed token over the checkpoint the renewals that carry it on, where there are any."""
    links = [_link(stamp) for stamp in believed]
    renewals = [link for link in links if link.renewal]
    return [_carried(chain_of(link, renewals)) for link in links if not link.renewal] if renewals else []


def _link(stamp: _Stamp) -> Link:
    ends = min(x509.load_der_x509_certificate(der).not_valid_after_utc for der in stamp.chain)
    return Link(stamp.name, stamp.renewal, stamp.authority, stamp.time, ends)


def _carried(chain: Chain) -> Check:
    first, name = chain.links[0], f"{chain.links[0].name}.chain"
    if chain.gap is not None:
        values = {"ended": _shown(max(link.ends for link in chain.links)), "authority": chain.gap.authority, "time": _shown(chain.gap.time)}
        late = N_("renewed by {authority} at {time} only, after its certificates had ended ({ended}): from then on it stands by itself")
        return _said(name, "absent", late, **values)
    told = "; ".join(f"{link.authority} {_shown(link.time)}" for link in chain.links)
    unbroken = N_("carried on without a gap until {until}: {links}")
    if len(chain.links) > 1:
        return _said(name, "holds", unbroken, links=told, until=_shown(max(link.ends for link in chain.links)))
    return _said(name, "absent", N_("no renewal carries it on: its certificates ended at {ended}"), ended=_shown(first.ends))


def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    if not pem:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise FormatError(N_("The stored certificates cannot be read.")) from error


def _believed(stamps: Sequence[_Stamp], sound: set[int], trust: TrustList) -> frozenset[_Stamp]:
    """Those whose certificates lead to a root of the reader, and that no revocation reaches. ``sound``: renewals whose list agrees."""
    believed: set[_Stamp] = set()
    for stamp in sorted(stamps, key=lambda one: one.renewal, reverse=True):
        trusted = bool(stamp.chain) and not stamp.own_clock and (stamp.renewal == 0 or stamp.renewal in sound)
        if trusted and all(_stays(stamp, revocation, believed) for revocation in _revoked(stamp, trust)):
            believed.add(stamp)
    return frozenset(believed)


def _revoked(stamp: _Stamp, trust: TrustList) -> Iterator[Revocation]:
    digests = {hashlib.sha256(certificate).digest() for certificate in stamp.chain}
    return (revocation for revocation in trust.revocations if revocation.digest in digests)


def _stays(stamp: _Stamp, revocation: Revocation, believed: set[_Stamp]) -> bool:
    if not revocation.compromise:
        return stamp.time < revocation.since
    return any(later.renewal > stamp.renewal and later.time < revocation.since for later in believed)


def _verdict(stamp: _Stamp, believed: frozenset[_Stamp], trust: TrustList) -> Check:
    values: dict[str, object] = {"authority": stamp.authority, "time": _shown(stamp.time)}
    if stamp.own_clock:
        return _said(stamp.name, "absent", N_("{time}, by the service's own clock: test authority, not independent"), **values)
    revoked = min(_revoked(stamp, trust), key=lambda one: one.since, default=None)
    if revoked is not None:
        values |= {"reason": revoked.reason, "since": _shown(revoked.since)}
        kept = N_("{authority} stamped this at {time}; revoked since {since} ({reason}), which does not reach back to it")
        lost = N_("{authority} says {time}, but was revoked since {since} ({reason}), and nobody else proves that it is older")
        return _said(stamp.name, "holds", kept, **values) if stamp in believed else _said(stamp.name, "absent", lost, **values)
    if stamp.chain:
        return _said(stamp.name, "holds", N_("{authority} stamped this at {time}; its root is in your trust list"), **values)
    if trust.roots:
        return _said(stamp.name, "absent", N_("{authority} says {time}, but no root in your trust list vouches for it then"), **values)
    return _said(stamp.name, "not asked", N_("{authority} says {time}; you brought no root certificate to judge it by"), **values)
