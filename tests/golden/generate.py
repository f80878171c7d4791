"""Make `golden.asice`, the complete bundle that pins every byte: `python -m tests.golden.generate [--check]`.

`--check` makes the bundle again from `tests/vectors/bundle` (files, seeds, salts by rule) and exits 1 when the bytes differ.
What was typeset or randomised when the golden bundle was made - the ML-DSA line, tokens, the certificate, the checking
programs of that release - is taken from the bundle itself: it must verify for ever, it need not be made again.
Without `--check` a new golden bundle is written, with this release's programs; after the first release that would break a promise.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.evidence import bundle, certificate, statements, tsp
from ipr_service.evidence.bundle import BundleParts, FilePart, TokenPart, Tools
from ipr_service.evidence.checkpoint import Checkpoint, LogKeys
from ipr_service.evidence.commitment import Committed, build
from ipr_service.evidence.digest import digest_stream
from ipr_service.evidence.note import SignedNote
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.tsp import Authority

HERE = Path(__file__).parent
VECTOR = HERE.parent / "vectors" / "bundle"
GOLDEN = HERE / "golden.asice"
ROOT = HERE / "golden.root.pem"
SIGNED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FILES = (("0001.svg", "chair.svg"), ("0002.txt", "τρεις κινήσεις.txt"))


@dataclass(frozen=True)
class Given:
    """What does not follow from the vector: typeset, shipped, or randomised when it was made."""

    certificate: bytes
    tools: Tools
    tokens: tuple[TokenPart, ...] = ()


def log_keys() -> LogKeys:
    """The test log's keys, from the vector's seeds."""
    lines = dict(line.split(" ", 1) for line in (VECTOR / "log.seeds").read_text().splitlines())
    ed25519, mldsa = (bytes.fromhex(value) for value in lines.values())
    return LogKeys.from_seeds("demo.invalid/golden", ed25519, mldsa)


def salts() -> Iterator[bytes]:
    """The vector's salts: SHA-256("golden bundle salt N"), N = 0, then 100+i for files, 200+j for statements."""
    for number in (0, 100, 101, 200, 201, 202, 203, 204):
        yield hashlib.sha256(f"golden bundle salt {number}".encode()).digest()


def committed() -> Committed:
    """The vector's commitment, built again from files, statements and salts."""
    digests = []
    for stored, _ in FILES:
        with (VECTOR / "files" / stored).open("rb") as stream:
            digests.append(digest_stream(stream))
    said = [
        statements.subject("Sedia pieghevole «Tre Gesti»", "A chair that folds in three moves.", "it"),
        statements.file(1, "chair.svg", 109, "image/svg+xml"),
        statements.file(2, "τρεις κινήσεις.txt", 144, "text/plain"),
        statements.contributor("mailto:sara@example.org", "form", Fraction(5, 8)),
        statements.contributor("mailto:marko@example.org", "engineering", Fraction(3, 8)),
    ]
    known = hashlib.sha256((VECTOR / "known-checkpoint.body").read_bytes()).digest()
    return build("idea", digests, said, salts().__next__, checkpoint=known)


def certificate_data() -> certificate.CertificateData:
    """What the golden certificate says."""
    made, proof = committed(), TlogProof.from_bytes((VECTOR / "proof.tlog-proof").read_bytes())
    checkpoint = Checkpoint.from_text(SignedNote.from_bytes(proof.checkpoint_note).text)
    names, sizes = [name for _, name in FILES], [109, 144]
    return certificate.CertificateData(
        kind=made.manifest.kind,
        title="Sedia pieghevole «Tre Gesti»",
        contributors=(
            certificate.CertifiedContributor("mailto:sara@example.org", "form", "5/8"),
            certificate.CertifiedContributor("mailto:marko@example.org", "engineering", "3/8"),
        ),
        files=tuple(
            certificate.CertifiedFile(position, name, size, opening.sha256, opening.sha512)
            for position, (name, size, opening) in enumerate(zip(names, sizes, made.openings.files, strict=True), 1)
        ),
        commitment=made.commitment,
        index=proof.index,
        origin=checkpoint.origin,
        fingerprint=log_keys().fingerprint,
        log_size=checkpoint.size,
        root=checkpoint.root,
        signed_at=SIGNED_AT,
        tokens=(certificate.CertifiedToken("demo.invalid own clock", SIGNED_AT, False),),
        verify_url="https://demo.invalid/verify?entry=7",
    )


def parts(given: Given) -> BundleParts:
    """Everything but the container token: what follows from the vector, and what is given."""
    made = committed()
    return BundleParts(
        manifest=made.manifest_bytes,
        openings=made.openings.to_bytes(),
        salt=made.salt,
        entry=made.entry,
        proof=(VECTOR / "proof.tlog-proof").read_bytes(),
        checkpoint_body=(VECTOR / "checkpoint.body").read_bytes(),
        policy=(VECTOR / "policy").read_bytes(),
        certificate=given.certificate,
        tools=given.tools,
        files=tuple(
            FilePart(position, name, made.openings.files[position - 1].sha256, _opener(VECTOR / "files" / stored))
            for position, (stored, name) in enumerate(FILES, 1)
        ),
        tokens=given.tokens,
    )


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def authority(name: str = "demo.invalid", seed: int = 11) -> tuple[Authority, x509.Certificate]:
    """A test authority that really signs, and its root."""
    ca_key, tsa_key = (ec.derive_private_key(number, ec.SECP256R1()) for number in (seed, seed + 1))
    root, signing = tsp.make_authority(name, SIGNED_AT - timedelta(days=1), ca_key, tsa_key)
    return Authority(signing, tsa_key), root


def stamp(by: Authority, digest: bytes, policy: str = tsp.OWN_CLOCK_POLICY, at: datetime = SIGNED_AT) -> TokenPart:
    """A token by a test authority over a digest."""
    query = tsp.make_query(digest, nonce=int.from_bytes(digest[:8]))
    return TokenPart(query, tsp.respond(query, by, at, serial=7, policy=policy), by.certificate.public_bytes(Encoding.PEM))


def container_token(content: BundleParts, by: Authority) -> bytes:
    """The container's own token, by the service's own clock."""
    return tsp.token_of(stamp(by, hashlib.sha256(bundle.asic_manifest(content)).digest()).response)


def fresh() -> tuple[bytes, x509.Certificate]:
    """A new golden bundle with this release's programs, and the root of its test authority."""
    own, root = authority()
    body = (VECTOR / "checkpoint.body").read_bytes()
    page = certificate.render(certificate_data(), certificate.bundled_fonts())
    content = parts(Given(page, bundle.current_tools(), (stamp(own, hashlib.sha256(body).digest()),)))
    return bundle.write(content, container_token(content, own)), root


def given_in(golden: bytes) -> Given:
    """What the golden bundle holds that does not follow from the vector."""
    opened = bundle.read(io.BytesIO(golden))
    tools = Tools(*(opened.read(name) for name in ("verify.sh", "verify.html", "README.txt")))
    query, response, chain = (opened.read(f"tsa/1{ending}") for ending in (".tsq", ".tsr", "-chain.pem"))
    return Given(opened.read("certificate.pdf"), tools, (TokenPart(query, response, chain),))


def rebuilt(golden: bytes) -> bytes:
    """The golden bundle made again."""
    return bundle.write(parts(given_in(golden)), bundle.read(io.BytesIO(golden)).read("META-INF/timestamp.tst"))


def main(arguments: list[str]) -> int:
    """0 when written, or when the golden bundle made again has the same bytes."""
    if arguments == ["--check"]:
        golden = GOLDEN.read_bytes()
        return int(rebuilt(golden) != golden)
    made, root = fresh()
    GOLDEN.write_bytes(made)
    ROOT.write_bytes(root.public_bytes(Encoding.PEM))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
