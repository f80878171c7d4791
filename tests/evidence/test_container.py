"""The ZIP form: written once, its headers a function of name, size, CRC and place."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import DamageError, FormatError
from ipr_service.evidence import container
from ipr_service.evidence.container import Source

NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789.-"), min_size=3, max_size=20).filter(
    lambda name: name[1] != ":" and set(name) != {"."}
)


def written(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    container.write(out, [Source.of(name, data) for name, data in members.items()])
    return out.getvalue()


@given(st.dictionaries(NAMES, st.binary(max_size=100), min_size=1, max_size=6))
def test_what_is_written_is_read_by_us_and_by_another_program(members: dict[str, bytes]) -> None:
    data = written(members)
    stream = io.BytesIO(data)
    found = {member.name: b"".join(container.chunks(stream, member)) for member in container.read_directory(stream)}
    assert found == members
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == members


def test_a_header_is_the_one_of_the_specification() -> None:
    member = container.Member("salt", 1, 0xE8B7BE43, 0)  # CRC-32 of "a"
    assert container.local_header(member).hex() == (
        "504b0304" "1400" "0000" "0000" "0000" "2100" "43beb7e8" "01000000" "01000000" "0400" "0000" "73616c74"
    )  # fmt: skip


def test_a_source_that_changes_while_it_is_written_is_an_error() -> None:
    answers = iter([b"first", b"other"])
    with pytest.raises(DamageError, match="changed while"):
        container.write(io.BytesIO(), [Source("salt", lambda: io.BytesIO(next(answers)))])


def test_content_with_another_crc_is_refused_at_its_end() -> None:
    data = bytearray(written({"salt": b"content"}))
    data[data.index(b"content")] ^= 1
    stream = io.BytesIO(bytes(data))
    (member,) = container.read_directory(stream)
    with pytest.raises(FormatError, match="CRC-32"):
        list(container.chunks(stream, member))


def test_the_same_members_give_the_same_bytes() -> None:
    assert written({"a.b": b"1", "c.d": b"2"}) == written({"a.b": b"1", "c.d": b"2"})


def test_an_end_that_places_its_list_beyond_all_files_is_refused_by_name() -> None:
    """Found by fuzzing: 2^64 - 1 as the place of the list, in the record of ZIP64."""
    end = b"PK\5\6" + bytes(4) + struct.pack("<HHIIH", 15, 15, 108, 0xFFFFFFFF, 0)
    with pytest.raises(FormatError, match="the end record of the ZIP file does not agree"):
        container.read_directory(io.BytesIO(b"\xff" * 80 + end))
