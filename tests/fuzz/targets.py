"""Every parser that strangers reach, with what it promises of any bytes: a value, or a FormatError; never a pass it did not earn.

A target is a function over bytes that raises only when a promise is broken. `test_damage` runs it over damaged examples in the normal
suite, `python -m tests.fuzz` for as long as one likes under atheris, which looks for new paths through the code by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from ipr_service.errors import FormatError
from ipr_service.evidence import bundle, canonical, commitment, conformance, container, dossier, merkle, note, tiled, tiles, tsp, witness
from ipr_service.evidence.checkpoint import Checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.proof import TlogProof
from ipr_service.evidence.renewal import Listing
from ipr_service.evidence.trust import LogPolicy, TrustList
from ipr_service.evidence.tsp import messages, revocation
from ipr_service.evidence.verification import verify
from tests.golden import generate

FOLDER = conformance.shipped()
TRUST = TrustList.from_bytes((FOLDER / "two-tokens.trust").read_bytes())
BUNDLES = {name: (FOLDER / f"{name}.asice").read_bytes() for name in ("two-tokens", "renewed", "renewed-in-a-tree", "one-file")}
KEYS = generate.log_keys().vkeys
BODY = (generate.VECTOR / "checkpoint.body").read_bytes()
PROOF = TlogProof.from_bytes((generate.VECTOR / "proof.tlog-proof").read_bytes())
ENTRY = generate.committed().entry
AUTHORITY, ROOT = generate.authority()
STAMP = generate.stamp(AUTHORITY, hashlib.sha256(BODY).digest())


@dataclass(frozen=True)
class Target:
    """``run`` over any bytes; ``seeds`` are good examples to damage."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _members(*names: str) -> tuple[bytes, ...]:
    opened = [bundle.read(io.BytesIO(data)) for data in BUNDLES.values()]
    return tuple(one.read(name) for one in opened for name in one.names if name.endswith(names))


def _round(read: Callable[[bytes], bytes]) -> Callable[[bytes], None]:
    """A parser that reads one spelling only: what it took, it writes again."""

    def run(data: bytes) -> None:
        with contextlib.suppress(FormatError):
            assert read(data) == data, "read, but written otherwise"

    return run


def _quiet(read: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """A parser that allows more than one spelling: it may refuse, and only so."""

    def run(data: bytes) -> None:
        with contextlib.suppress(FormatError):
            read(data)

    return run


def _text(read: Callable[[str], bytes]) -> Callable[[bytes], bytes]:
    def decoded(data: bytes) -> bytes:
        try:
            return read(data.decode())
        except UnicodeDecodeError:
            raise FormatError("not text") from None

    return decoded


def _bundle(data: bytes) -> None:
    """Whatever is not intact is blamed by name; what is, holds the manifest, entry and checkpoint of the bundle that it was made from."""
    report = verify(io.BytesIO(data), TRUST)
    assert report.intact or report.failed, "refused without a name"
    if report.intact and data not in BUNDLES.values():
        opened = bundle.read(io.BytesIO(data))
        whole = bundle.read(io.BytesIO(BUNDLES["two-tokens"]))
        for name in ("manifest.json", "entry", "salt", "checkpoint.body"):
            assert opened.read(name) == whole.read(name), f"{name} was changed and passes"
    report.to_text()
    report.to_json()


def _container(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        for member in container.read_directory(stream):
            for _ in container.chunks(stream, member):
                pass
    except FormatError:
        return


def _dossier(data: bytes) -> None:
    stream = io.BytesIO(data)
    if dossier.is_dossier(stream):
        with contextlib.suppress(FormatError):
            for part in dossier.verify_parts(stream, TRUST):
                assert part.report.intact or part.report.failed


def _note(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        signed = note.verify(data, KEYS)
        assert signed.text.encode() in {BODY, (generate.VECTOR / "known-checkpoint.body").read_bytes()}, "another text under these keys"


def _proof(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        read = TlogProof.from_bytes(data)
        assert read.to_bytes() == data, "read, but written otherwise"
        read.verify(ENTRY, KEYS)
        assert (read.index, read.hashes) == (PROOF.index, PROOF.hashes), "another path passes"


def _token(data: bytes) -> None:
    """Tokens carry bytes that nobody signs (status text, spare certificates); what is signed stays what it was."""
    report = tsp.verify_token(data, roots=[ROOT], message=BODY)
    assert report or not all(report.checks), "refused without a name"
    if report:
        assert report.gen_time == generate.SIGNED_AT, "another time passes"


def _tile(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert tiles.encode_entries(tiles.decode_entries(data)) == data


def _served(data: bytes) -> None:
    """A log of three entries whose only tile, or bundle of entries, is ``data``: never clean unless it is the true one."""
    entries = [commitment.entry_line(hashlib.sha256(bytes([number])).digest()) for number in range(3)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint("log.invalid", 3, merkle.Frontier().extend(tuple(leaves)).root())
    good = {"tile/0/000.p/3": b"".join(leaves), "tile/entries/000.p/3": tiles.encode_entries(entries)}
    for path in good:
        served = {**good, path: data}
        clean = not list(tiled.audit(served.get, checkpoint))
        full = {**{f"{path.partition('.p/')[0]}": data}, **{name: one for name, one in good.items() if name != path}}
        assert clean == (data == good[path]), f"{path}: found clean"
        list(tiled.audit(full.get, checkpoint))
        with contextlib.suppress(FormatError):
            tiled.check_root(served.get, checkpoint)
            assert path != "tile/0/000.p/3" or data[:96] == good[path], "another root passes"


def _witness(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        submitted = witness.Submitted.from_bytes(data)
        assert submitted.request.to_bytes() == data
        if witness.authentic(submitted, KEYS) is None:
            assert submitted.signed.text.encode() == BODY, "another checkpoint under these keys"
            witness.decide(submitted, witness.Known(4, hashlib.sha256(b"another root").digest()))


def _cosignatures(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert witness.cosignatures(data, PROOF.checkpoint_note, KEYS)


def _revocation(data: bytes) -> None:
    known = revocation.look([AUTHORITY.certificate, ROOT], [data], [data])
    assert not known.revoked
    assert not known.answered, "nobody signed this"


def _request() -> bytes:
    return witness.AddCheckpoint(4, PROOF.hashes, PROOF.checkpoint_note).to_bytes()


TARGETS: dict[str, Target] = {
    "bundle": Target(_bundle, tuple(BUNDLES.values())),
    "container": Target(_container, tuple(BUNDLES.values())),
    "dossier": Target(_dossier, tuple(BUNDLES.values())),
    "note": Target(_note, (PROOF.checkpoint_note,)),
    "note-form": Target(_round(lambda data: note.SignedNote.from_bytes(data).to_bytes()), (PROOF.checkpoint_note,)),
    "checkpoint": Target(_round(_text(lambda text: Checkpoint.from_text(text).to_text().encode())), (BODY,)),
    "proof": Target(_proof, ((generate.VECTOR / "proof.tlog-proof").read_bytes(),)),
    "token": Target(_token, (STAMP.response, messages.token_of(STAMP.response))),
    "token-query": Target(_quiet(messages.read_query), (STAMP.query,)),
    "revocation": Target(_revocation, (AUTHORITY.certificate.public_bytes(Encoding.DER),)),
    "entries": Target(_tile, (tiles.encode_entries([ENTRY, b"", ENTRY]),)),
    "tile": Target(_served, (bytes(96), tiles.encode_entries([ENTRY, b"", ENTRY]))),
    "tile-path": Target(_round(_text(lambda text: tiles.TilePath.from_text(text).to_text().encode())), (b"tile/0/x001/x234/067.p/112",)),
    "witness-request": Target(_witness, (_request(),)),
    "witness-answer": Target(_cosignatures, (b"\n".join(PROOF.checkpoint_note.splitlines()[-2:]) + b"\n",)),
    "canonical": Target(_round(lambda data: canonical.to_jcs(canonical.from_jcs(data))), _members("manifest.json", "openings.json")),
    "manifest": Target(_round(lambda data: commitment.Manifest.from_bytes(data).to_bytes()), _members("manifest.json")),
    "openings": Target(_round(lambda data: commitment.Openings.from_bytes(data).to_bytes()), _members("openings.json")),
    "entry": Target(_round(lambda data: commitment.entry_line(commitment.parse_entry(data))), (ENTRY,)),
    "vkey": Target(_round(_text(lambda text: Vkey.from_text(text).to_text().encode())), tuple(key.to_text().encode() for key in KEYS)),
    "policy": Target(_quiet(LogPolicy.from_bytes), _members("policy")),
    "trust": Target(_quiet(TrustList.from_bytes), tuple(path.read_bytes() for path in sorted(FOLDER.glob("*.trust"))[:6])),
    "renewal": Target(_round(lambda data: Listing.from_bytes(data).to_bytes()), _members(".sha512")),
}


def damages(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What happens to a part on its way, or on purpose: cut, reordered, doubled, swollen, foreign. Only what does change it."""
    half, lines = len(data) // 2, data.splitlines(keepends=True)
    ways = (
        ("cut at its end", data[:-1]),
        ("cut in the middle", data[:half]),
        ("cut at its beginning", data[1:]),
        ("empty", b""),
        ("halves in another order", data[half:] + data[:half]),
        ("lines in another order", b"".join(reversed(lines))),
        ("doubled", data + data),
        ("first line twice", b"".join(lines[:1]) + data),
        ("a byte more", data + b"\n"),
        ("swollen", data + bytes(70_000)),
        ("another letter", bytes([byte ^ (not place) for place, byte in enumerate(data)])),
        ("of another kind", b"%PDF-1.7\n"),
    )
    yield from (way for way in ways if way[1] != data)
