"""What conformance vectors are made of: a log, witnesses, authorities, bundles of bytes that nobody but the test log ever signed.

What is randomised when it is made (ML-DSA signatures, tokens, certificates) is made once and kept in `pantry.json`, by what it is over;
everything else follows from the seeds. Hence the same vectors come out every time.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ipr_service.evidence import asic, bundle, container, tsp
from ipr_service.evidence.checkpoint import LogKeys
from ipr_service.evidence.container import Source
from ipr_service.evidence.keys import CosignatureSigner, MLDSA44Signer, Signer
from ipr_service.evidence.tsp import Authority
from tests.golden import generate

Members = dict[str, bytes]
PANTRY = Path(__file__).parent / "pantry.json"
SIGNED_AT = generate.SIGNED_AT
DAY = timedelta(days=1)
INDEPENDENT = "1.3.6.1.4.1.99999.1"
_kept: dict[str, str] = json.loads(PANTRY.read_text()) if PANTRY.exists() else {}
_used: set[str] = set()


def kept(what: str, over: bytes, make: Callable[[], bytes]) -> bytes:
    """Bytes that were made once, by what they are and what they are over."""
    name = f"{what} {hashlib.sha256(over).hexdigest()[:24]}"
    _used.add(name)
    if name not in _kept:
        _kept[name] = base64.b64encode(make()).decode()
    return base64.b64decode(_kept[name])


def pantry() -> str:
    """The pantry as it is to be stored: only what was used."""
    return json.dumps({name: _kept[name] for name in sorted(_used)}, indent=0) + "\n"


# ---- the log -----------------------------------------------------------------------------------------------------------

LOG = generate.log_keys()
STRANGER = LogKeys.from_seeds(LOG.origin, hashlib.sha256(b"stranger 1").digest(), hashlib.sha256(b"stranger 2").digest())
VKEYS = (generate.VECTOR / "log.vkeys").read_bytes()
PROOF = (generate.VECTOR / "proof.tlog-proof").read_bytes()
MADE = generate.committed()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(tree(leaves[:split]), tree(leaves[split:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(index, leaves[:split]), tree(leaves[split:])]
    return [*path(index - split, leaves[split:]), tree(leaves[:split])]


def line(signer: Signer, text: str) -> str:
    """A signature line of a note."""
    over = f"{getattr(signer, 'time', 0)} {signer.vkey.to_text()} {text}".encode()
    signature = kept(f"signature {signer.name}", over, lambda: signer.signature(text))
    return f"\u2014 {signer.name} {base64.b64encode(signer.vkey.id + signature).decode()}\n"


def checkpoint(size: int, root: bytes, origin: str = LOG.origin) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def proof_of(index: int, hashes_: Sequence[bytes], body: str, lines: Sequence[str]) -> bytes:
    steps = "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes_)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{steps}\n{body}\n{''.join(lines)}".encode()


def logged(entry: bytes, index: int, size: int, keys: LogKeys = LOG, cosigned: Sequence[Signer] = ()) -> tuple[bytes, bytes]:
    """(proof, body) of an entry in a log of other entries."""
    leaves = [b"other %d" % number for number in range(size)]
    leaves[index] = entry
    body = checkpoint(size, tree(leaves))
    return proof_of(index, path(index, leaves), body, [line(one, body) for one in (keys.ed25519, keys.mldsa, *cosigned)]), body.encode()


def policy_of(keys: LogKeys = LOG) -> bytes:
    return "".join(f"log {key.to_text()}\n" for key in keys.vkeys).encode() + b"quorum none\n"


def witness(number: int, at: datetime = SIGNED_AT) -> CosignatureSigner:
    return CosignatureSigner(f"witness-{number}.invalid", hashlib.sha256(b"witness %d" % number).digest(), int(at.timestamp()))


def strong_witness(at: datetime = SIGNED_AT) -> MLDSA44Signer:
    return MLDSA44Signer("witness-strong.invalid", hashlib.sha256(b"strong witness").digest(), int(at.timestamp()))


# ---- authorities -------------------------------------------------------------------------------------------------------


class Clock:
    """An authority with its path: root, what stands between, and the certificate that stamps."""

    def __init__(self, name: str, seed: int, *, start: datetime = SIGNED_AT - DAY, years: int = 10, **how: bool) -> None:
        self.name = name
        self.key = self._rsa() if how.get("rsa") else ec.derive_private_key(seed, ec.SECP256R1())
        root_key, middle_key = (ec.derive_private_key(seed + step, ec.SECP384R1()) for step in (1, 2))
        span = (start, start + timedelta(days=365 * years))
        self.root = self._certificate("root", root_key, "root", root_key, span, ca=True)
        issuer, issuer_key = ("middle", middle_key) if how.get("middle") else ("root", root_key)
        self.between = (
            [self._certificate("middle", middle_key, "root", root_key, span, ca=not how.get("false_middle"))] if how.get("middle") else []
        )
        usage = None if how.get("no_usage") else not how.get("loose_usage")
        self.stamping = self._certificate("clock", self.key, issuer, issuer_key, span, ca=False, usage=usage)

    def _rsa(self) -> rsa.RSAPrivateKey:
        def made() -> bytes:
            key = rsa.generate_private_key(65537, 2048)
            form = serialization.PrivateFormat.PKCS8
            return key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())

        key = serialization.load_der_private_key(kept("test key, RSA", self.name.encode(), made), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def _certificate(self, what: str, key: object, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, span: tuple[datetime, datetime],
                     *, ca: bool, usage: bool | None = None) -> x509.Certificate:  # fmt: skip
        def named(role: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{self.name} {role}")])

        def made() -> bytes:
            builder = x509.CertificateBuilder().subject_name(named(what)).issuer_name(named(issuer))
            builder = builder.public_key(key.public_key()).serial_number(
                int.from_bytes(hashlib.sha256(f"{self.name} {what}".encode()).digest()[:15])
            )  # type: ignore[attr-defined]
            builder = builder.not_valid_before(span[0]).not_valid_after(span[1])
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            builder = builder.add_extension(_usage(ca), critical=True)
            if usage is not None:
                builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=usage)
            return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

        return x509.load_der_x509_certificate(kept("certificate", f"{self.name} {what} {span} {ca} {usage}".encode(), made))

    def stamp(self, stem: str, digest: bytes, at: datetime = SIGNED_AT, *, policy: str = INDEPENDENT, nonce: int = 7) -> Members:
        """Query, answer and stored path of one token."""
        query = tsp.make_query(digest, nonce=nonce)
        by = Authority(self.stamping, self.key)
        over = f"{self.name} {at} {policy} {nonce} ".encode() + digest + self.stamping.public_bytes(serialization.Encoding.DER)
        answer = kept("token", over, lambda: tsp.respond(query, by, at, serial=7, policy=policy))
        chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (self.stamping, *self.between))
        return {f"{stem}.tsq": query, f"{stem}.tsr": answer, f"{stem}-chain.pem": chain}

    @property
    def pem(self) -> bytes:
        """The root, as a reader's list holds it."""
        return self.root.public_bytes(serialization.Encoding.PEM)


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


FIRST, SECOND = Clock("first.invalid", 101), Clock("second.invalid", 201)
OWN = Clock("own.invalid", 301)


# ---- bundles -----------------------------------------------------------------------------------------------------------


def contents(**changes: bytes) -> Members:
    """The golden registration's members; `file1=`, `proof=` … exchange one of them."""
    members = {
        "mimetype": asic.MIMETYPE,
        "files/0001.svg": (generate.VECTOR / "files" / "0001.svg").read_bytes(),
        "files/0002.txt": (generate.VECTOR / "files" / "0002.txt").read_bytes(),
        "manifest.json": MADE.manifest_bytes,
        "openings.json": MADE.openings.to_bytes(),
        "salt": MADE.salt,
        "entry": MADE.entry,
        "proof.tlog-proof": PROOF,
        "checkpoint.body": (generate.VECTOR / "checkpoint.body").read_bytes(),
        "policy": policy_of(),
    }
    names = {name.split(".")[0].split("/")[-1]: name for name in members} | {"body": "checkpoint.body"}
    return members | {names[short]: data for short, data in changes.items()}


def sealed(members: Members, stamps: Members | None = None, *, seal_over: bytes | None = None, **listed: bytes) -> Members:
    """With tokens in their place, the four papers, the container's list and its token. ``listed``: other digests in the list."""
    parts = dict(members)
    policy = parts.pop("policy")
    parts |= {**(stamps or {}), "policy": policy}
    parts |= dict.fromkeys(("certificate.pdf", "verify.sh", "verify.html", "README.txt"), b"-\n")
    digests = [(name, hashlib.sha256(listed.get(name, data)).digest()) for name, data in parts.items() if bundle.covered(name)]
    xml = asic.manifest_xml(digests)
    over = hashlib.sha256(seal_over if seal_over is not None else xml).digest()
    token = tsp.token_of(OWN.stamp("x", over, policy=tsp.OWN_CLOCK_POLICY)["x.tsr"])
    return parts | {asic.MANIFEST_NAME: xml, asic.TOKEN_NAME: token}


def renewed(
    members: Members, by: Clock, at: datetime, number: int = 1, siblings: Sequence[tuple[str, bytes]] = (), **how: bytes
) -> Members:
    """With one more renewal: a list of SHA-512 digests, a path of ``(left or right, hash)`` steps, a token over its root."""
    covered = {name: data for name, data in members.items() if bundle.in_renewal(name, number)}
    text = "".join(f"{hashlib.sha512(data).hexdigest()}  {name}\n" for name, data in covered.items()).encode()
    root, steps = hashlib.sha512(text).digest(), b""
    for side, sibling in siblings:
        root = hashlib.sha512(b"\x01" + (sibling + root if side == "left" else root + sibling)).digest()
        steps += f"{side} {sibling.hex()}\n".encode()
    member = how.get("listing", text + (b"\n" + steps if steps else b""))
    added = {f"renewals/{number}.sha512": member, **by.stamp(f"renewals/{number}", how.get("root", root), at)}
    last = [name for name in members if name == "policy" or name.startswith("renewals/")][-1]
    renewals: Members = {}
    for name, data in members.items():
        renewals[name] = data
        if name == last:
            renewals |= added
    return renewals


def packed(members: Members, *, fold: bool = True) -> bytes:
    """The bundle: files and mimetype stored, the rest deflated."""
    out = io.BytesIO()
    plain = [name for name in members if name == "mimetype" or name.startswith("files/") or not fold]
    container.write(out, [Source.of(name, data) if name in plain else Source.packed(name, data) for name, data in members.items()])
    return out.getvalue()


def revoked(what: bytes, reason: str, since: datetime) -> bytes:
    """A line of a trust list. ``what``: a vkey line or a certificate in DER."""
    return f"revoked {hashlib.sha256(what).hexdigest()} {reason} {since.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}\n".encode()
