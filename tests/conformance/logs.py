"""Conformance vectors of logs, seals, trust lists and quorums."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Iterator

from ipr_service.evidence import asic
from tests.conformance.material import (
    DAY,
    LOG,
    MADE,
    PROOF,
    SIGNED_AT,
    STRANGER,
    VKEYS,
    checkpoint,
    contents,
    line,
    logged,
    node,
    packed,
    policy_of,
    proof_of,
    revoked,
    sealed,
    strong_witness,
    tree,
    witness,
)  # fmt: skip
from tests.conformance.vector import BODY, BROKEN, LOST, UNKNOWN, YES, Vector, flip


def logs() -> Iterator[Vector]:
    def bad(name: str, requirement: str, blamed: str, why: str, proof: bytes, needs: str = "", **changes: bytes) -> Vector:
        verdicts = BROKEN if blamed in ("inclusion", "checkpoint.body") else LOST
        return Vector(name, requirement, verdicts, blamed, why, packed(sealed(contents(proof=proof, **changes))), needs=needs)

    rows = PROOF.split(b"\n")
    hashes = rows[2:6]
    text = BODY.decode()

    def with_rows(*new: bytes) -> bytes:
        return b"\n".join([*rows[:2], *new, *rows[6:]])

    def signed(body: str, signatures: list[str], index: int = 7) -> bytes:
        return proof_of(index, [base64.b64decode(one) for one in hashes], body, signatures)

    both = [line(LOG.ed25519, text), line(LOG.mldsa, text)]
    broken = [_broken(one) for one in both]
    yield bad("other-index", "L5", "inclusion", "The proof names another index", PROOF.replace(b"index 7", b"index 6"))
    yield bad("index-beyond", "L5", "inclusion", "The index is not in the tree", PROOF.replace(b"index 7", b"index 13"))
    yield bad("padded-index", "L4", "proof", "The index has a leading zero", PROOF.replace(b"index 7", b"index 07"))
    yield bad("hash-missing", "L5", "inclusion", "A hash of the proof is missing", with_rows(*hashes[:-1]))
    yield bad("hash-too-many", "L5", "inclusion", "A hash too many", with_rows(*hashes, hashes[0]))
    yield bad("hashes-swapped", "L5", "inclusion", "Two hashes changed places", with_rows(hashes[1], hashes[0], *hashes[2:]))
    yield bad("hash-short", "L4", "proof", "A hash has 31 bytes", with_rows(base64.b64encode(bytes(31)), *hashes[1:]))
    yield bad(
        "loose-base64",
        "L4",
        "proof",
        "A hash is written in another base64 than its own",
        with_rows(hashes[0][:-2] + _loose(hashes[0][-2:]), *hashes[1:]),
    )
    yield bad("another-header", "L4", "proof", "The proof is of another version", PROOF.replace(b"@v1", b"@v2"))
    yield bad("no-blank-line", "L1", "", "No line stands between body and signatures", PROOF.replace(b"\n\n\xe2", b"\n\xe2"))
    yield bad("ed25519-broken", "L2", "signatures", "The Ed25519 signature does not hold", signed(text, [broken[0], both[1]]))
    yield bad("mldsa-broken", "L2", "signatures", "The ML-DSA-44 signature does not hold", signed(text, [both[0], broken[1]]), "ml-dsa")
    yield bad("mldsa-missing", "L2", "signatures", "Only the Ed25519 key signed", signed(text, both[:1]))
    yield bad("ed25519-missing", "L2", "signatures", "Only the ML-DSA-44 key signed", signed(text, both[1:]))
    late = dataclasses.replace(LOG.mldsa, time=5)
    yield bad("mldsa-with-time", "L2", "signatures", "The log's own ML-DSA-44 line names a time", signed(text, [both[0], line(late, text)]))
    old = logged(MADE.entry, 7, 13)[1].decode()
    yield bad("old-signatures", "L2", "signatures", "The signatures are of another checkpoint", signed(old, both), body=old.encode())
    padded = text.replace("\n13\n", "\n013\n")
    lines = [line(LOG.ed25519, padded), line(LOG.mldsa, text)]
    yield bad("padded-size", "L3", "", "The size has a leading zero", signed(padded, lines), body=padded.encode())
    longer = text + "extension\n"
    lines = [line(LOG.ed25519, longer), line(LOG.mldsa, text)]
    yield bad("extension-line", "L3", "", "The checkpoint has a fourth line", signed(longer, lines), body=longer.encode())
    yield bad(
        "other-body", "L7", "checkpoint.body", "checkpoint.body is another checkpoint", PROOF, body=checkpoint(13, bytes(32)).encode()
    )
    yield bad("policy-without-quorum", "L8", "", "The policy says no quorum", PROOF, policy=policy_of().replace(b"quorum none\n", b""))
    wrong_id = policy_of().replace(LOG.ed25519.vkey.id.hex().encode(), b"00000000")
    yield bad("wrong-key-id", "L8", "", "A key does not have the id that it names", PROOF, policy=wrong_id)
    yield bad("keys-of-others", "L8", "signatures", "The policy names keys that did not sign", PROOF, policy=policy_of(STRANGER))
    leaf_as_node = node(hashlib.sha256(b"\x00" + MADE.entry).digest(), bytes(32))
    body = checkpoint(2, leaf_as_node)
    wrong = proof_of(1, [bytes(32)], body, [line(LOG.ed25519, body), line(LOG.mldsa, body)])
    yield bad("wrong-side", "L5", "inclusion", "The entry stands on the other side of its sibling", wrong, body=body.encode())
    unprefixed = hashlib.sha256(MADE.entry).digest()
    body = checkpoint(1, unprefixed)
    wrong = proof_of(0, [], body, [line(LOG.ed25519, body), line(LOG.mldsa, body)])
    yield bad("no-leaf-prefix", "L5", "inclusion", "The leaf was hashed without its prefix", wrong, body=body.encode())
    body = checkpoint(1, tree([b"another"]))
    wrong = proof_of(0, [], body, [line(LOG.ed25519, body), line(LOG.mldsa, body)])
    yield bad("another-leaf", "L5", "inclusion", "The log holds another entry there", wrong, body=body.encode())


def _loose(tail: bytes) -> bytes:
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return letters[letters.index(tail[0]) ^ 1 : (letters.index(tail[0]) ^ 1) + 1] + tail[1:]


def _broken(signature_line: str) -> str:
    dash, name, blob = signature_line.split()
    return f"{dash} {name} {base64.b64encode(flip(base64.b64decode(blob), 60, 1)).decode()}\n"


def seals() -> Iterator[Vector]:
    yield Vector("list-disagrees", "S1", BROKEN, "container.list", "The container's list names another digest of the certificate",
                 packed(sealed(contents(), **{"certificate.pdf": b"another"})))  # fmt: skip
    plain = sealed(contents())
    short = plain[asic.MANIFEST_NAME].split(b"\n")
    shorter = {**plain, asic.MANIFEST_NAME: b"\n".join([*short[:4], *short[5:]])}
    yield Vector("list-incomplete", "S1", BROKEN, "container.list", "The container's list leaves out a member", packed(shorter))
    yield Vector(
        "seal-over-other", "S2", BROKEN, "", "The container's token is over something else", packed(sealed(contents(), seal_over=b"x"))
    )
    yield Vector("seal-garbage", "S2", BROKEN, "", "The container's token is none", packed({**plain, asic.TOKEN_NAME: b"garbage"}))


def trust() -> Iterator[Vector]:
    data = packed(sealed(contents()))
    other = LOG.vkeys[0].to_text().replace("demo.invalid/golden", "other.invalid/log")
    assert other
    strange = "".join(f"{key.to_text()}\n" for key in STRANGER.vkeys).encode()
    mixed = f"{LOG.vkeys[0].to_text()}\n{STRANGER.vkeys[1].to_text()}\n".encode()
    yield Vector("other-log-known", "T1", UNKNOWN, "", "The reader knows another log", data, strange.splitlines(True)[0])
    yield Vector("other-second-key", "T2", UNKNOWN, "log-key.second", "The reader knows another ML-DSA-44 key of this log", data, mixed)
    proof, body = logged(MADE.entry, 7, 13, STRANGER)
    forged = packed(sealed(contents(proof=proof, body=body, policy=policy_of(STRANGER))))
    yield Vector("forged-log", "T1", UNKNOWN, "log-key.second", "Somebody else's log under the same name, with his own keys", forged)
    commented = b"# mine\n\n" + b"".join(b"log " + row + b" https://log.invalid/\n" for row in VKEYS.splitlines())
    yield Vector("list-with-comments", "T3", YES, "", "A list with comments, empty lines and addresses", data, commented + b"quorum none\n")


def quorums() -> Iterator[Vector]:
    def asked(
        name: str, verdicts: str, blamed: str, why: str, signed: list[object], list_: str, *, needs: str = "", more: bytes = b""
    ) -> Vector:
        note = PROOF + "".join(one if isinstance(one, str) else line(one, BODY.decode()) for one in signed).encode()  # type: ignore[arg-type]
        trust = b"".join(b"log " + row + b"\n" for row in VKEYS.splitlines()) + list_.encode() + more
        return Vector(name, "T4", verdicts, blamed, why, packed(sealed(contents(proof=note))), trust, needs)

    rows = [f"witness w{n} {witness(n).vkey.to_text()}\n" for n in (1, 2, 3)]
    three = "".join(rows)
    one, two, three_ = witness(1), witness(2), witness(3)
    yield asked("one-witness", YES, "", "The witness asked for has cosigned", [one], rows[0] + "quorum w1\n")
    yield asked("two-of-three", YES, "", "Two of three witnesses have cosigned", [one, three_], three + "group g 2 w1 w2 w3\nquorum g\n")
    yield asked(
        "group-of-groups", YES, "", "A group of groups", [one, two], three + "group g any w1 w2\ngroup h all g w3\ngroup i 1 h\nquorum g\n"
    )
    yield asked("one-of-three", UNKNOWN, "witnesses", "One of three, two are asked for", [two], three + "group g 2 w1 w2 w3\nquorum g\n")
    yield asked("no-witness", UNKNOWN, "witnesses", "Nobody has cosigned", [], rows[0] + "quorum w1\n")
    yield asked("witness-twice", UNKNOWN, "witnesses", "One witness that cosigned twice is one", [one, witness(1, SIGNED_AT + DAY)],
                three + "group g 2 w1 w2 w3\nquorum g\n")  # fmt: skip
    broken = _broken(line(one, BODY.decode()))
    yield asked(
        "cosignature-broken", UNKNOWN, "witnesses", "A cosignature does not hold", [broken, two], three + "group g any w1 w2 w3\nquorum g\n"
    )
    moved = line(one, BODY.decode()).split()
    blob = bytearray(base64.b64decode(moved[2]))
    blob[11] ^= 1
    late = f"{moved[0]} {moved[1]} {base64.b64encode(bytes(blob)).decode()}\n"
    yield asked("cosignature-other-time", UNKNOWN, "witnesses", "The time of a cosignature was changed", [late], rows[0] + "quorum w1\n")
    key = f"witness s {strong_witness().vkey.to_text()}\nquorum s\n"
    yield asked("mldsa-witness", YES, "", "A witness that cosigns with ML-DSA-44", [strong_witness()], key, needs="ml-dsa")
    gone = revoked(one.vkey.to_text().encode(), "keyCompromise", SIGNED_AT + DAY)
    yield asked("witness-compromised", UNKNOWN, "witnesses", "The witness's key was compromised, its time proves nothing", [one],
                rows[0] + "quorum w1\n", more=gone)  # fmt: skip
    ended = revoked(one.vkey.to_text().encode(), "cessationOfOperation", SIGNED_AT + DAY)
    yield asked("witness-ceased-later", YES, "", "The witness ceased after it had cosigned", [one], rows[0] + "quorum w1\n", more=ended)
