from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence import commitment, merkle
from ipr_service.evidence.canonical import to_jcs
from ipr_service.evidence.commitment import Manifest, Openings
from ipr_service.evidence.digest import Digests, digest_stream, parse_base64, to_base64
from tests.support import vectors

HASH = st.binary(min_size=32, max_size=32)
DIGESTS = st.builds(Digests, HASH, st.binary(min_size=64, max_size=64), st.integers(0, 2**40))
STATEMENT = st.builds(
    lambda title: {"type": "subject", "title": "t" + title, "description": "", "language": "en"}, st.text(alphabet='abcé\n"\\', max_size=8)
)
GOLDEN = "W8j9RWOJKu7dZrD01v04efpQIYjgYJcYm96+rOEZelQ="


def golden_salts() -> Iterator[bytes]:
    """N = 0 for the commitment, 100 + i for file i, 200 + j for statement j (the bundle's README)."""
    for number in (0, 100, 101, 200, 201, 202, 203, 204):
        yield hashlib.sha256(b"golden bundle salt %d" % number).digest()


def test_the_golden_bundle_is_made_again_byte_for_byte() -> None:
    openings = json.loads(vectors.data("bundle/openings.json"))
    committed = commitment.build(
        "idea",
        files=[digest_stream(io.BytesIO(vectors.data(f"bundle/files/{name}"))) for name in ("0001.svg", "0002.txt")],
        statements=[member["statement"] for member in openings["statements"]],
        salts=golden_salts().__next__,
        checkpoint=hashlib.sha256(vectors.data("bundle/known-checkpoint.body")).digest(),
    )
    assert committed.salt == vectors.data("bundle/salt")
    assert committed.manifest_bytes == committed.manifest.to_bytes() == vectors.data("bundle/manifest.json")
    assert committed.openings.to_bytes() == vectors.data("bundle/openings.json")
    assert committed.entry == vectors.data("bundle/entry")
    assert to_base64(committed.commitment) == GOLDEN
    assert commitment.leaf_hash(committed.entry).hex() == "a06fd392dc2cb7ba6697c4740d0acfe6bbe5bc0ac2d4168cc8ff7b9bbf123478"


def test_the_commitment_is_what_cat_and_sha256sum_say() -> None:
    manifest, salt = vectors.data("bundle/manifest.json"), vectors.data("bundle/salt")
    assert to_base64(hashlib.sha256(b"ipr/commitment/v1\n" + salt + manifest).digest()) == GOLDEN
    assert commitment.parse_entry(vectors.data("bundle/entry")) == commitment.commit(salt, manifest) == parse_base64(GOLDEN)


@given(st.sampled_from(commitment.KINDS), st.none() | HASH, st.lists(HASH, max_size=3), st.lists(HASH, max_size=3), st.none() | HASH)
def test_a_manifest_survives_its_bytes(
    kind: str, checkpoint: bytes | None, files: list[bytes], statements: list[bytes], previous: bytes | None
) -> None:
    manifest = Manifest(kind, checkpoint, tuple(files), tuple(statements), previous)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


@given(st.lists(DIGESTS, max_size=3), st.lists(STATEMENT, max_size=3), st.randoms(use_true_random=False))
def test_every_opening_opens_the_place_it_stands_at_and_the_order_of_salts_is_as_documented(files: Any, said: Any, random: Any) -> None:
    drawn: list[bytes] = []

    def salts() -> bytes:
        drawn.append(random.randbytes(32))
        return drawn[-1]

    committed = commitment.build("contribution", files, said, salts)
    openings = Openings.from_bytes(committed.openings.to_bytes())
    assert openings == committed.openings
    assert tuple(o.commitment() for o in openings.files) == committed.manifest.files
    assert tuple(o.commitment() for o in openings.statements) == committed.manifest.statements
    assert [committed.salt, *(o.salt for o in openings.files), *(o.salt for o in openings.statements)] == drawn


BASE = Manifest("idea", None, (bytes(32),), (b"\1" * 32,), None)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"version": None},
        {"kind": "novelty"},
        {"kind": None},
        {"files": None},
        {"files": ["AAAA"]},
        {"files": [0]},
        {"statements": {"0": "AAAA"}},
        {"checkpoint": ""},
        {"previous": "00" * 32},
        {"extra": 1},
    ],
)
def test_a_manifest_of_any_other_form_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(BASE.to_bytes())
    with pytest.raises(FormatError):
        Manifest.from_bytes(to_jcs({**value, **change}))
    with pytest.raises(FormatError):
        Manifest.from_bytes(to_jcs({key: member for key, member in value.items() if key not in change} if "extra" not in change else []))


def test_a_manifest_with_a_space_in_it_is_another_manifest_and_refused() -> None:
    with pytest.raises(FormatError, match="canonical"):
        Manifest.from_bytes(BASE.to_bytes().replace(b":", b": ", 1))


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"files": [], "statements": []},
        {"files": [], "statements": [], "version": 2},
        {"files": [{}], "statements": [], "version": 1},
        {"files": [{"salt": "AB" * 32, "sha256": "ab" * 32, "sha512": "ab" * 64}], "statements": [], "version": 1},
        {"files": [], "statements": [{"salt": "ab" * 32, "statement": []}], "version": 1},
        {"files": [], "statements": [{"salt": "ab" * 32, "statement": {"type": "subject"}}], "version": 1},
        {"files": [], "statements": [{"salt": "ab" * 32, "statement": {}}], "version": 1},
    ],
)
def test_openings_of_any_other_form_are_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        Openings.from_bytes(to_jcs(value))


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_or_survive(data: bytes) -> None:
    for spec in (Manifest, Openings):
        try:
            parsed = spec.from_bytes(data)
        except FormatError:
            continue
        assert parsed.to_bytes() == data


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"ipr/entry/v1 " + GOLDEN.encode(),
        b"ipr/entry/v1 " + GOLDEN.encode() + b"\n\n",
        b"ipr/entry/v1 " + GOLDEN.encode() + b" \n",
        b"ipr/entry/v2 " + GOLDEN.encode() + b"\n",
        b"ipr/entry/v1  " + GOLDEN.encode() + b"\n",
        b"ipr/entry/v1 " + GOLDEN.encode().replace(b"Q=", b"R=") + b"\n",
        b"ipr/entry/v1 " + GOLDEN.encode()[:-4] + b"\n",
        b"ipr/entry/v1 \xff\n",
    ],
)
def test_an_entry_of_any_other_form_is_refused(entry: bytes) -> None:
    with pytest.raises(FormatError):
        commitment.parse_entry(entry)


@given(HASH)
def test_an_entry_survives_its_line(value: bytes) -> None:
    assert commitment.parse_entry(commitment.entry_line(value)) == value


@given(HASH, HASH, DIGESTS, st.binary(max_size=200), STATEMENT)
def test_no_hash_of_one_kind_is_a_hash_of_another_over_the_same_bytes(
    salt: bytes, other: bytes, digests: Digests, blob: bytes, said: Any
) -> None:
    """Every preimage starts with its own prefix, none of which begins another: equal bytes after it never collide."""
    prefixes = [
        commitment.FILE_PREFIX,
        commitment.STATEMENT_PREFIX,
        commitment.COMMITMENT_PREFIX,
        commitment.ENTRY_PREFIX,
        b"\x00",
        b"\x01",
    ]
    assert not any(a != b and b.startswith(a) for a in prefixes for b in prefixes)
    canonical = to_jcs(said)
    hashes = [
        commitment.file_commitment(salt, digests),
        commitment.statement_commitment(salt, said),
        commitment.commit(salt, canonical),
        commitment.commit(salt, digests.sha256 + digests.sha512),
        merkle.leaf_hash(salt + canonical),
        merkle.node_hash(salt, other),
        hashlib.sha256(salt + canonical).digest(),
    ]
    assert len(set(hashes)) == len(hashes)


FIELDS = st.tuples(st.text("ab", max_size=3), st.text("ab", max_size=3), st.sampled_from(["en", "it"]))


@given(FIELDS, FIELDS)
def test_text_that_moves_from_one_field_to_the_next_changes_the_statement(one: tuple[str, str, str], two: tuple[str, str, str]) -> None:
    def commits(fields: tuple[str, str, str]) -> bytes:
        title, description, language = fields
        return commitment.statement_commitment(
            bytes(32), {"type": "subject", "title": title, "description": description, "language": language}
        )

    assert (commits(one) == commits(two)) == (one == two)


@given(st.binary(min_size=128, max_size=128), st.integers(1, 127))
def test_bytes_that_move_between_salt_and_digests_change_the_commitment(blob: bytes, shift: int) -> None:
    def commits(data: bytes) -> bytes:
        return commitment.file_commitment(data[:32], Digests(data[32:64], data[64:], 0))

    turned = blob[shift:] + blob[:shift]
    assert (commits(blob) == commits(turned)) == (blob == turned)


def test_a_file_moved_among_the_statements_gives_another_commitment() -> None:
    moved = replace(BASE, files=(), statements=(bytes(32), b"\1" * 32))
    assert commitment.commit(bytes(32), moved.to_bytes()) != commitment.commit(bytes(32), BASE.to_bytes())


def test_salts_and_hashes_of_another_length_are_refused() -> None:
    for call in (
        lambda: commitment.commit(bytes(31), b""),
        lambda: commitment.entry_line(bytes(33)),
        lambda: commitment.build("idea", [], [], lambda: bytes(16)),
        lambda: commitment.build("novelty", [], [], lambda: bytes(32)),
        lambda: commitment.build("idea", [], [{"type": "subject"}], lambda: bytes(32)),
        lambda: Manifest("idea", b"short", (), (), None),
    ):
        with pytest.raises(FormatError):
            call()
