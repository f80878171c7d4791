"""Conformance vectors of whole bundles and of their containers."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from ipr_service.evidence import asic, container
from ipr_service.evidence.canonical import to_jcs
from ipr_service.evidence.commitment import build
from ipr_service.evidence.container import Source
from tests.conformance.material import (
    MADE,
    PROOF,
    VKEYS,
    Members,
    contents,
    line,
    logged,
    packed,
    sealed,
    witness,
)  # fmt: skip
from tests.conformance.vector import BODY, BROKEN, LOST, ONE, ROOTS, TWO, UNKNOWN, YES, Vector, flip, registered


def whole() -> Iterator[Vector]:
    def good(name: str, requirement: str, why: str, data: bytes, trust: bytes = VKEYS, verdicts: str = YES) -> Vector:
        return Vector(name, requirement, verdicts, "", why, data, trust)

    plain = sealed(contents())
    without = {name: data for name, data in contents().items() if not name.startswith("files/")}
    one = {name: data for name, data in contents().items() if name != "files/0001.svg"}
    yield good("plain", "V1", "A registration of two files with five statements", packed(plain))
    yield good("stored", "C4", "The same, with every member stored", packed(plain, fold=False))
    yield good("two-tokens", "A1", "The same, with tokens of two authorities", packed(sealed(contents(), ONE | TWO)), ROOTS, YES + " timed")
    yield good("without-files", "O7", "All files left out: their openings stand for them", packed(sealed(without)))
    yield good("one-file", "O7", "One of two files left out", packed(sealed(one)))
    yield good("nothing-known", "T1", "The reader brings no list: only the bundle vouches for its key", packed(plain), b"", UNKNOWN)
    yield good("one-key-known", "T1", "The reader knows the Ed25519 key alone", packed(plain), VKEYS.splitlines(True)[0])
    extra = PROOF.replace(b"index 7", b"extra AAEC\nindex 7")
    yield good("extra-line", "L4", "The proof carries an extra line, which nothing authenticates", packed(sealed(contents(proof=extra))))
    unknown = PROOF + line(witness(9), BODY.decode()).encode()
    yield good(
        "unknown-signer", "L6", "A signature line by a key that nobody knows is passed over", packed(sealed(contents(proof=unknown)))
    )
    for name, index, size in (("first-of-one", 0, 1), ("last-of-thirteen", 12, 13), ("middle-of-seventy", 63, 70)):
        proof, body = logged(MADE.entry, index, size)
        yield good(name, "L5", f"Entry {index} of a log of {size}", packed(sealed(contents(proof=proof, body=body))))
    said = [{"type": "of-a-later-release", "x": 1}]
    later = build("idea", [], [], iter([bytes(32), bytes([1]) * 32]).__next__)
    opening = to_jcs({"files": [], "statements": [{"salt": "01" * 32, "statement": said[0]}], "version": 1})
    hashed = hashlib.sha256(b"ipr/statement/v1\n" + bytes([1]) * 32 + to_jcs(said[0])).digest()
    manifest = to_jcs({
        "checkpoint": None, "files": [], "kind": "idea", "previous": None, "statements": [base64.b64encode(hashed).decode()], "version": 1,
    })  # fmt: skip
    yield good("later-statement", "O6", "A statement of a type that is not known yet", registered(manifest, opening, later.salt))


def containers() -> Iterator[Vector]:
    def bad(name: str, requirement: str, why: str, data: bytes, blamed: str = "container.form") -> Vector:
        return Vector(name, requirement, LOST if blamed == "container.form" else BROKEN, blamed, why, data)

    plain = sealed(contents())
    data, names = packed(plain), list(plain)
    directory, salt = data.index(b"PK\x01\x02"), data.index(b"salt")
    yield bad("cut", "C1", "The last byte is missing", data[:-1])
    yield bad("half", "C1", "The second half is missing", data[: len(data) // 2])
    yield bad("bytes-after", "C1", "A byte stands after the end", data + b"x")
    yield bad("bytes-before", "C1", "A byte stands before the start", b"x" + data)
    yield bad("empty", "C1", "There is nothing", b"")
    yield bad("member-twice", "C2", "The salt stands twice", _forced([*names[:5], "salt", *names[5:]], plain))
    yield bad(
        "two-in-one-place", "C2", "Two members stand for file 1", packed({"mimetype": plain["mimetype"], "files/0001": b"x", **plain})
    )
    yield bad(
        "wrong-order",
        "C2",
        "The openings stand before the manifest",
        packed({"mimetype": plain["mimetype"], "openings.json": b"", **plain}),
    )
    for absent in ("manifest.json", "policy", asic.MANIFEST_NAME):
        short = absent.split("/")[-1].split(".")[0].lower()
        yield bad(f"without-{short}", "C2", f"{absent} is missing", packed({n: d for n, d in plain.items() if n != absent}))
    yield bad("foreign-member", "C2", "A member that does not belong in a bundle", packed({**plain, "autorun.inf": b"x"}))
    yield bad("path-traversal", "C3", "A name that leaves the bundle", _zip([*plain.items(), ("../../evil", b"x")]))
    yield bad("absolute-name", "C3", "A name that begins at the root", _zip([*plain.items(), ("/etc/passwd", b"x")]))
    yield bad("symbolic-link", "C3", "A symbolic link instead of the salt", _zip(plain.items(), link="salt"))
    yield bad("encrypted", "C3", "A member is said to be encrypted", flip(data, directory + 8, 1))
    yield bad("other-compressor", "C4", "Packed by a method other than deflate", _zip(plain.items(), method=zipfile.ZIP_BZIP2))
    yield bad("bomb", "C4", "A member unfolds to a thousand times its size", _bomb(plain))
    yield bad("folded-file", "C4", "A file is deflated", _folded(plain, "files/0002.txt"))
    yield bad("hidden-bytes", "C5", "Bytes stand between the members and their list", _hidden(data))
    yield bad("two-headers", "C5", "A member's own header names another time than the list", flip(data, salt - 18, 1))
    yield bad("packed-again", "C5", "Another program packed it again", _zip(plain.items()))
    yield bad(
        "wrong-mimetype", "C6", "The first member says that this is something else", packed({**plain, "mimetype": b"application/zip"})
    )
    yield bad("changed-content", "C7", "A byte of the salt was changed in the file", flip(data, data.index(MADE.salt), 1), "member.salt")


def _forced(names: list[str], members: Members) -> bytes:
    out = io.BytesIO()
    container.write(out, [Source.of(name, members[name]) for name in names])
    return out.getvalue()


def _zip(members: object, *, method: int = zipfile.ZIP_STORED, link: str = "") -> bytes:
    """By another program."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:  # type: ignore[attr-defined]
            entry = zipfile.ZipInfo(name)
            if name == link:
                entry.create_system, entry.external_attr = 3, 0o120777 << 16
            archive.writestr(entry, data, method)
    return out.getvalue()


def _hidden(data: bytes) -> bytes:
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    moved = bytearray(data[:start] + b"hidden" + data[start:])
    struct.pack_into("<I", moved, end + 6 + 16, start + 6)
    return bytes(moved)


def _with(members: Members, name: str, pack: object, content: bytes) -> bytes:
    sources = [Source(one, lambda data=data: io.BytesIO(data)) for one, data in members.items() if one != name]  # type: ignore[misc]
    at = list(members).index(name)
    out = io.BytesIO()
    container.write(out, [*sources[:at], Source(name, lambda: io.BytesIO(content), pack), *sources[at:]])  # type: ignore[arg-type]
    return out.getvalue()


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _bomb(members: Members) -> bytes:
    return _with(members, "README.txt", _deflated, bytes(500_000))


def _folded(members: Members, name: str) -> bytes:
    return _with(members, name, _deflated, members[name])
