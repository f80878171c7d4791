"""Conformance vectors of authorities, revocations and renewals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.evidence import tsp
from tests.conformance.material import (
    DAY,
    FIRST,
    LOG,
    OWN,
    PROOF,
    SECOND,
    SIGNED_AT,
    VKEYS,
    Clock,
    Members,
    contents,
    line,
    packed,
    renewed,
    revoked,
    sealed,
    witness,
)  # fmt: skip
from tests.conformance.vector import BODY, BROKEN, DIGEST, ONE, ROOTS, TWO, UNKNOWN, YES, Vector


def times() -> Iterator[Vector]:
    def timed(name: str, requirement: str, verdicts: str, blamed: str, why: str, stamps: Members, trust: bytes = ROOTS) -> Vector:
        return Vector(name, requirement, verdicts, blamed, why, packed(sealed(contents(), stamps)), trust)

    yes = YES + " timed"
    rsa, middle = Clock("rsa.invalid", 401, rsa=True), Clock("middle.invalid", 501, middle=True)
    yield timed("rsa-token", "A2", yes, "", "An authority that signs with RSA", rsa.stamp("tsa/1", DIGEST), VKEYS + rsa.pem)
    yield timed("token-through-middle", "A4", yes, "", "An authority below another one", middle.stamp("tsa/1", DIGEST), VKEYS + middle.pem)
    cut = {name: FIRST.pem if name.endswith("pem") else data for name, data in middle.stamp("tsa/1", DIGEST).items()}
    yield timed("middle-missing", "A4", YES, "", "The certificate between signer and root is missing", cut, VKEYS + middle.pem)
    false = Clock("false.invalid", 601, middle=True, false_middle=True)
    yield timed(
        "middle-no-authority", "A4", YES, "", "The certificate between may sign none", false.stamp("tsa/1", DIGEST), VKEYS + false.pem
    )
    yield timed(
        "own-clock",
        "A6",
        YES,
        "",
        "The service's own clock is never independent",
        OWN.stamp("tsa/1", DIGEST, policy=tsp.OWN_CLOCK_POLICY),
        VKEYS + OWN.pem,
    )
    yield timed("unknown-authority", "A4", YES, "", "No root of the reader vouches for it", ONE, VKEYS + SECOND.pem)
    yield timed("no-roots", "A4", YES, "", "The reader brings no roots", ONE, VKEYS)
    old = Clock("old.invalid", 701, start=SIGNED_AT - 400 * DAY, years=1)
    yield timed(
        "authority-ended-before",
        "A4",
        YES,
        "",
        "Its certificate had ended at the time that it names",
        old.stamp("tsa/1", DIGEST),
        VKEYS + old.pem,
    )
    brief = Clock("brief.invalid", 801, start=SIGNED_AT - 364 * DAY, years=1)
    yield timed(
        "authority-ended-since",
        "A4",
        yes,
        "",
        "Its certificate ended a day after it stamped",
        brief.stamp("tsa/1", DIGEST),
        VKEYS + brief.pem,
    )
    other = hashlib.sha256(b"other").digest()
    yield timed("token-over-other", "A1", YES, "token.1", "The token is over other bytes", FIRST.stamp("tsa/1", other))
    swapped = {**ONE, "tsa/1.tsq": tsp.make_query(DIGEST, nonce=8)}
    yield timed("other-nonce", "A3", YES, "token.1", "The token answers another query", swapped)
    answer = bytearray(ONE["tsa/1.tsr"])
    answer[-3] ^= 1
    yield timed("token-broken", "A2", YES, "token.1", "The token's signature does not hold", {**ONE, "tsa/1.tsr": bytes(answer)})
    yield timed("token-garbage", "A1", YES, "token.1", "The answer is none", {**ONE, "tsa/1.tsr": b"garbage"})
    yield timed("token-cut", "A1", YES, "token.1", "The answer is cut", {**ONE, "tsa/1.tsr": ONE["tsa/1.tsr"][:-5]})
    yield timed("token-refused", "A1", YES, "token.1", "The authority refused", {**ONE, "tsa/1.tsr": tsp.refuse("bad_alg", "no")})
    loose, none = Clock("loose.invalid", 901, loose_usage=True), Clock("none.invalid", 951, no_usage=True)
    yield timed(
        "purpose-not-critical",
        "A5",
        YES,
        "token.1",
        "Time stamping is not its critical purpose",
        loose.stamp("tsa/1", DIGEST),
        VKEYS + loose.pem,
    )
    yield timed(
        "purpose-missing", "A5", YES, "token.1", "Its certificate is not for time stamping", none.stamp("tsa/1", DIGEST), VKEYS + none.pem
    )
    yield timed("good-beside-broken", "A7", YES, "token.2", "One token holds, another one is broken", {**ONE, **TWO, "tsa/2.tsr": b"x"})


def revocations() -> Iterator[Vector]:
    signer, root = FIRST.stamping.public_bytes(Encoding.DER), FIRST.root.public_bytes(Encoding.DER)
    first, second = (key.to_text().encode() for key in LOG.vkeys)
    one, both, none = (packed(sealed(contents(), stamps)) for stamps in (ONE, ONE | TWO, {}))
    yes, after, before = YES + " timed", SIGNED_AT + DAY, SIGNED_AT - DAY

    def told(name: str, requirement: str, verdicts: str, why: str, data: bytes, *lines: bytes, blamed: str = "") -> Vector:
        return Vector(name, requirement, verdicts, blamed, why, data, ROOTS + b"".join(lines))

    yield told("authority-superseded-later", "R2", yes, "What it stamped before stays", one, revoked(signer, "superseded", after))
    yield told("authority-superseded-before", "R2", YES, "What it stamped after counts no more", one, revoked(signer, "superseded", before))
    yield told("authority-ceased-later", "R2", yes, "The root ceased later", one, revoked(root, "cessationOfOperation", after))
    yield told("authority-compromised", "R3", YES, "It may have stamped any time", one, revoked(signer, "keyCompromise", after))
    yield told("root-compromised", "R3", YES, "Its root may have signed anything", one, revoked(root, "cACompromise", after))
    yield told("reason-unspecified", "R3", YES, "Without a reason it may be the worst", one, revoked(signer, "unspecified", after))
    yield told("one-of-two-compromised", "R3", yes, "The other authority's time stays", both, revoked(signer, "keyCompromise", before))
    yield told("other-certificate-revoked", "R1", yes, "Somebody else was revoked", one, revoked(b"somebody", "keyCompromise", before))
    yield told("log-compromised-later", "R4", yes, "A token proves that this is older", one, revoked(first, "keyCompromise", after))
    yield told(
        "log-compromised-before",
        "R4",
        "intact timed",
        "Nothing proves that this is older",
        one,
        revoked(first, "keyCompromise", before),
        blamed="log-key",
    )
    yield told(
        "log-superseded-before",
        "R4",
        "intact timed",
        "Nothing proves that this is older",
        one,
        revoked(first, "superseded", before),
        blamed="log-key",
    )
    yield told(
        "second-key-compromised",
        "R4",
        "intact timed",
        "So with the second key",
        one,
        revoked(second, "keyCompromise", before),
        blamed="log-key",
    )
    yield told(
        "log-compromised-no-token",
        "R4",
        UNKNOWN,
        "A checkpoint names no time of its own",
        none,
        revoked(first, "keyCompromise", after),
        blamed="log-key",
    )
    note = PROOF + line(witness(1), BODY.decode()).encode()
    asked = f"witness w {witness(1).vkey.to_text()}\nquorum w\n".encode()
    watched = packed(sealed(contents(proof=note)))
    yield told(
        "log-compromised-witnessed",
        "R4",
        YES,
        "The quorum proves that this is older",
        watched,
        asked,
        revoked(first, "keyCompromise", after),
    )
    yield told(
        "log-compromised-witnessed-late",
        "R4",
        UNKNOWN,
        "The quorum cosigned too late",
        watched,
        asked,
        revoked(first, "keyCompromise", before),
        blamed="log-key",
    )
    yield told("authority-and-log-compromised", "R4", UNKNOWN, "The only proof of time is gone too", one,
               revoked(signer, "keyCompromise", after), revoked(first, "keyCompromise", after), blamed="log-key")  # fmt: skip


def renewals() -> Iterator[Vector]:
    signer = FIRST.stamping.public_bytes(Encoding.DER)
    base, at, yes = sealed(contents(), ONE), SIGNED_AT + 100 * DAY, YES + " timed"
    gone = revoked(signer, "keyCompromise", at + DAY)

    def told(name: str, requirement: str, verdicts: str, blamed: str, why: str, members: Members, *lines: bytes) -> Vector:
        return Vector(name, requirement, verdicts, blamed, why, packed(members), ROOTS + b"".join(lines))

    good = renewed(base, SECOND, at)
    yield told("renewed", "N1", yes, "", "Renewed by another authority", good)
    yield told("renewed-twice", "N1", yes, "", "Renewed twice", renewed(good, FIRST, at + DAY, 2))
    yield told(
        "renewed-in-a-tree",
        "N2",
        yes,
        "",
        "One token for many bundles",
        renewed(base, SECOND, at, 1, [("left", bytes(64)), ("right", bytes([7]) * 64)]),
    )
    yield told("renewal-keeps", "R3", yes, "", "A renewal older than the compromise keeps the token", good, gone)
    yield told(
        "renewal-too-late", "R3", YES, "", "The renewal is younger than the compromise", good, revoked(signer, "keyCompromise", at - DAY)
    )
    listing = good["renewals/1.sha512"]
    yield told("renewal-other-list", "N1", BROKEN, "renewal.1", "The list names another digest",
               renewed(base, SECOND, at, listing=(b"0" if listing[:1] != b"0" else b"1") + listing[1:]))  # fmt: skip
    yield told("renewal-incomplete", "N1", BROKEN, "renewal.1", "The list leaves out a member",
               renewed(base, SECOND, at, listing=b"".join(listing.splitlines(True)[1:])))  # fmt: skip
    yield told(
        "renewal-over-other", "N1", YES, "renewal.1.token", "The token is over another list", renewed(base, SECOND, at, root=bytes(64))
    )
    tree_ = renewed(base, SECOND, at, 1, [("left", bytes(64))])
    wrong = {**tree_, "renewals/1.sha512": tree_["renewals/1.sha512"].replace(b"\nleft ", b"\nright ")}
    yield told("renewal-wrong-side", "N2", YES, "renewal.1.token", "The path names the wrong side", wrong)
    yield told("renewal-unknown-authority", "R3", YES, "", "A renewal by an authority that nobody knows keeps nothing",
               renewed(base, Clock("unknown.invalid", 991), at), gone)  # fmt: skip
    without = {name: data for name, data in good.items() if not name.startswith("files/")}
    assert without
    yield told("renewed-then-changed", "N1", "trusted timed", "renewal.1", "The certificate was exchanged after the renewal",
               {**renewed(base, SECOND, at), **{"certificate.pdf": b"other\n"}})  # fmt: skip
