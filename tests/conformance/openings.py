"""Conformance vectors of manifests, openings, entries and files."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterator

from ipr_service.evidence import statements
from ipr_service.evidence.canonical import to_jcs
from tests.conformance.material import (
    MADE,
    Members,
    contents,
    packed,
    sealed,
)  # fmt: skip
from tests.conformance.vector import BROKEN, Vector, flip, registered


def openings() -> Iterator[Vector]:
    def bad(name: str, requirement: str, blamed: str, why: str, **changes: bytes) -> Vector:
        return Vector(name, requirement, BROKEN, blamed, why, packed(sealed(contents(**changes))))

    made, openings = MADE.manifest_bytes, MADE.openings.to_bytes()
    svg = contents()["files/0001.svg"]
    yield Vector("changed-file", "O7", BROKEN, "file.1", "One byte of a file differs",
                 packed(sealed({**contents(), "files/0001.svg": flip(svg, 20, 1)})))  # fmt: skip
    yield Vector("stray-file", "O7", BROKEN, "member.files/0003.txt", "A file that was not registered", packed(sealed(_stray())))
    yield bad("changed-digest", "O5", "file-commitment.1", "A digest in the openings differs", openings=_exchanged(openings, b'"sha256":"'))
    yield bad("changed-file-salt", "O5", "file-commitment.1", "The salt of a file differs", openings=_exchanged(openings, b'"salt":"'))
    said = openings.replace(b"Tre Gesti", b"Tre Gestj")
    yield bad("changed-statement", "O6", "statement.1", "A letter of a statement differs", openings=said)
    yield bad("changed-share", "O6", "statement.4", "A share differs", openings=openings.replace(b"5/8", b"7/8"))
    yield bad("wrong-salt", "O3", "entry", "The salt is another one", salt=bytes(32))
    yield bad("short-salt", "O3", "", "The salt has 31 bytes", salt=MADE.salt[:31])
    yield bad("manifest-with-space", "O1", "manifest", "The manifest is not in its canonical form", manifest=made.replace(b'":', b'": ', 1))
    yield bad("openings-with-newline", "O1", "openings", "The openings are not in their canonical form", openings=openings + b"\n")
    fields = {"checkpoint": None, "files": [], "kind": "idea", "previous": None, "statements": [], "version": 1}
    none = to_jcs({"files": [], "statements": [], "version": 1})

    def honest(name: str, requirement: str, blamed: str, why: str, manifest: bytes, opened: bytes = none) -> Vector:
        return Vector(name, requirement, BROKEN, blamed, why, registered(manifest, opened))

    yield honest("another-key", "O2", "manifest", "The manifest holds a key too many", to_jcs({**fields, "note": "x"}))
    yield honest("unknown-kind", "O2", "manifest", "The manifest's kind is none", to_jcs({**fields, "kind": "patent"}))
    yield honest("another-version", "O2", "manifest", "The manifest is of another version", to_jcs({**fields, "version": 2}))
    yield honest(
        "short-hash", "O2", "manifest", "A commitment has 31 bytes", to_jcs({**fields, "previous": base64.b64encode(bytes(31)).decode()})
    )
    yield honest("with-float", "O1", "manifest", "A number in the manifest is no integer", to_jcs(fields).replace(b":1}", b":1.0}"))
    yield honest(
        "too-few-openings",
        "O5",
        "statements",
        "A commitment has no opening",
        to_jcs({**fields, "statements": [base64.b64encode(bytes(32)).decode()]}),
    )
    title = unicodedata.normalize("NFD", "Caffè")
    opened = to_jcs({"files": [], "statements": [{"salt": "00" * 32, "statement": statements.subject("T", "", "it")}], "version": 1})
    said_of = {**statements.subject("T", "", "it")}
    loose = opened.replace(b'"title":"T"', f'"title":"{title}"'.encode())
    raw = to_jcs(said_of).replace(b'"title":"T"', f'"title":"{title}"'.encode())
    hashed = base64.b64encode(hashlib.sha256(b"ipr/statement/v1\n" + bytes(32) + raw).digest()).decode()
    normal = honest("not-normal", "O1", "openings", "A text is not in its normal form C", to_jcs({**fields, "statements": [hashed]}), loose)
    yield dataclasses.replace(normal, needs="nfc")
    commitment = hashlib.sha256(b"ipr/commitment/v1\n" + bytes(32) + to_jcs(fields)).digest()
    other = b"ipr/entry/v2 " + base64.b64encode(commitment) + b"\n"
    yield Vector("other-entry", "O4", BROKEN, "entry", "The entry is of another version", registered(to_jcs(fields), none, entry=other))


def _stray() -> Members:
    members = contents()
    return {
        "mimetype": members["mimetype"],
        **dict(list(members.items())[1:3]),
        "files/0003.txt": b"stray",
        **dict(list(members.items())[3:]),
    }


def _exchanged(data: bytes, after: bytes) -> bytes:
    at = data.index(after) + len(after)
    return data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]
