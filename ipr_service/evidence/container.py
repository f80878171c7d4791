"""The ZIP form of a proof bundle: one way to write it, and only that way is read.

A member is stored, or deflated when that makes it smaller; `deflate` packs, so that the bytes do not depend on a library. What a
deflated member unfolds to is known and limited before any content is read. Times are 1980-01-01, attributes zero, no comments, no
gaps, no data descriptors, ZIP64 fields only where a number does not fit. Hence the headers are a function of the members' names,
sizes and CRCs, and the reader compares them byte for byte: a changed byte anywhere in the file is found, and no two ZIP programs
can read two different things out of one bundle.

This module knows no member by name except by the grammar it is handed; `bundle` says what the members are.
Source: PKWARE APPNOTE 6.3.10, sections 4.3-4.5.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ipr_service.errors import N_, DamageError, FormatError
from ipr_service.evidence import deflate

CHUNK = 1 << 20
MAX_MEMBERS = 10_200
MAX_NAME = 64
MAX_UNFOLDED = 32 << 20  # bytes of one deflated member
MAX_RATIO = 64  # how many times its packed size a member may have

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_DATE = 0x0021  # 1980-01-01, the first day a ZIP can name
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_STORED, _DEFLATED = 0, 8
_CENTRAL_FIXED = struct.Struct("<4s6H3I5H2I")
_END_FIXED = struct.Struct("<4s4H2IH")
_END64_SIZE, _LOCATOR64_SIZE = 56, 20


@dataclass(frozen=True)
class Member:
    """One member as the central directory names it.

    Args:
        name: ASCII path inside the container.
        size: bytes of the content, 0 to 2^63-1.
        crc32: CRC-32 of the content.
        offset: zero-based position of the member's local header in the container.
        packed: bytes of the deflate stream that stands in the container; None for stored content.
    """

    name: str
    size: int
    crc32: int
    offset: int
    packed: int | None = None

    @property
    def held(self) -> int:
        """Bytes that its content takes in the container."""
        return self.size if self.packed is None else self.packed

    @property
    def start(self) -> int:
        """Position of the first content byte."""
        return self.offset + len(local_header(self))

    @property
    def end(self) -> int:
        return self.start + self.held


@dataclass(frozen=True)
class Source:
    """What to write: a name and a way to read the content from its start, as often as asked; ``pack`` deflates small content."""

    name: str
    open: Callable[[], BinaryIO]
    pack: Callable[[bytes], bytes] | None = None

    @classmethod
    def of(cls, name: str, content: bytes) -> Source:
        """Content that is stored as it is."""
        return cls(name, lambda: io.BytesIO(content))

    @classmethod
    def packed(cls, name: str, content: bytes) -> Source:
        """Content that is deflated when that makes it smaller."""
        return cls(name, lambda: io.BytesIO(content), deflate.pack)


def local_header(member: Member) -> bytes:
    """The only local header this name, size and CRC can have (APPNOTE 4.3.7)."""
    name = member.name.encode("ascii")
    large = member.size >= _FULL32
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if large else b""
    size, held = (_FULL32, _FULL32) if large else (member.size, member.held)
    numbers = (45 if large else 20, 0, _method(member), 0, _DATE, member.crc32, held, size, len(name), len(extra))
    fixed = struct.pack("<4s5H3I2H", _LOCAL, *numbers)
    return fixed + name + extra


def central_header(member: Member) -> bytes:
    """The only central directory record this member can have (APPNOTE 4.3.12)."""
    name = member.name.encode("ascii")
    large, far = member.size >= _FULL32, member.offset >= _FULL32
    fields = (struct.pack("<QQ", member.size, member.size) if large else b"") + (struct.pack("<Q", member.offset) if far else b"")
    extra = struct.pack("<HH", 1, len(fields)) + fields if fields else b""
    size, held = (_FULL32, _FULL32) if large else (member.size, member.held)
    version = 45 if extra else 20
    numbers = (version, version, 0, _method(member), 0, _DATE, member.crc32, held, size, len(name), len(extra), 0, 0, 0, 0)
    return _CENTRAL_FIXED.pack(_CENTRAL, *numbers, _FULL32 if far else member.offset) + name + extra


def _method(member: Member) -> int:
    return _STORED if member.packed is None else _DEFLATED


def end_record(count: int, size: int, offset: int) -> bytes:
    """The end of the container for a directory of ``count`` records, ``size`` bytes, at ``offset`` (APPNOTE 4.3.14-16)."""
    if offset < _FULL32:
        return _END_FIXED.pack(_END, 0, 0, count, count, size, offset, 0)
    end64 = struct.pack("<4sQ2H2I4Q", _END64, 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", _LOCATOR64, 0, offset + size, 1)
    return end64 + locator + _END_FIXED.pack(_END, 0, 0, count, count, size, _FULL32, 0)


def write(out: BinaryIO, sources: Sequence[Source]) -> None:
    """Write the members in the order given. ``out`` need not be seekable; memory stays constant.

    Each source is read twice: once for size and CRC, which stand before the content, and once to copy it.

    Raises:
        DamageError: a source gave other bytes the second time.
    """
    offset, directory = 0, []
    for source in sources:
        size, crc = _measure(source)
        packed = _packed(source)
        member = Member(source.name, size, crc, offset, None if packed is None else len(packed))
        out.write(local_header(member))
        if packed is None:
            _copy(source, member, out)
        else:
            out.write(packed)
        directory.append(member)
        offset = member.end
    records = b"".join(central_header(member) for member in directory)
    out.write(records)
    out.write(end_record(len(directory), len(records), offset))


def _packed(source: Source) -> bytes | None:
    """The content deflated, or None when it is stored: because it has to be, or because it would not be smaller."""
    if source.pack is None:
        return None
    with source.open() as stream:
        content = stream.read()
    packed = source.pack(content)
    return packed if len(packed) < len(content) else None


def _measure(source: Source) -> tuple[int, int]:
    size, crc = 0, 0
    with source.open() as stream:
        while chunk := stream.read(CHUNK):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
    return size, crc


def _copy(source: Source, member: Member, out: BinaryIO) -> None:
    size, crc = 0, 0
    with source.open() as stream:
        while chunk := stream.read(CHUNK):
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            out.write(chunk)
    if (size, crc) != (member.size, member.crc32):
        raise DamageError(N_("{name} changed while the bundle was being written"), name=member.name)


def read_directory(stream: BinaryIO) -> tuple[Member, ...]:
    """Read and judge every header of the container before any content.

    Raises:
        FormatError: whatever is not exactly what `write` makes; the sentence names the member and the reason.
    """
    total = stream.seek(0, io.SEEK_END)
    count, size, offset = _read_end(stream, total)
    directory = _read_at(stream, offset, size)
    members, position = [], 0
    for _ in range(count):
        member, used = _read_record(directory, position)
        members.append(member)
        position += used
    if position != len(directory):
        raise FormatError(N_("the list of members holds bytes that belong to no member"))
    _check_layout(stream, members, offset)
    return tuple(members)


def _read_end(stream: BinaryIO, total: int) -> tuple[int, int, int]:
    if total < _END_FIXED.size:
        raise FormatError(N_("this is not a ZIP file: it ends too early"))
    tail = _read_at(stream, total - _END_FIXED.size, _END_FIXED.size)
    magic, _, _, _, count, size, offset, _ = _END_FIXED.unpack(tail)
    if magic != _END:
        raise FormatError(N_("this is not a proof bundle: the end record of a ZIP file is missing, cut or followed by other bytes"))
    if offset == _FULL32:
        here = total - _END_FIXED.size - _LOCATOR64_SIZE - _END64_SIZE
        if here < 0:
            raise FormatError(N_("this is not a ZIP file: it ends too early"))
        offset = struct.unpack_from("<Q", _read_at(stream, here, _END64_SIZE), 48)[0]
    if not 0 < count <= MAX_MEMBERS or size > MAX_MEMBERS * (_CENTRAL_FIXED.size + MAX_NAME + 28):
        raise FormatError(N_("{count} members; a proof bundle holds between 1 and {limit}"), count=count, limit=MAX_MEMBERS)
    expected = end_record(count, size, offset) if offset < total else b""  # a place of 64 bits may lie beyond what any record can say
    if not expected or offset + size + len(expected) != total or _read_at(stream, offset + size, len(expected)) != expected:
        raise FormatError(N_("the end record of the ZIP file does not agree with what stands before it"))
    return count, size, offset


def _read_record(directory: bytes, position: int) -> tuple[Member, int]:
    if position + _CENTRAL_FIXED.size > len(directory):
        raise FormatError(N_("the list of members is cut"))
    fields = _CENTRAL_FIXED.unpack_from(directory, position)
    magic, flags, method, crc, packed, size = fields[0], fields[3], fields[4], fields[7], fields[8], fields[9]
    name_length, extra_length, comment_length, attributes, offset = fields[10], fields[11], fields[12], fields[15], fields[16]
    if magic != _CENTRAL:
        raise FormatError(N_("the list of members is damaged"))
    at = position + _CENTRAL_FIXED.size
    raw = directory[at : at + name_length]
    name = raw.decode("ascii", "backslashreplace")
    _refuse_kind(name, raw, flags, attributes)
    _refuse_packing(name, method, packed, size)
    extra = directory[at + name_length : at + name_length + extra_length]
    size, offset = _unfold_zip64(name, extra, size, offset)
    member = Member(name, size, crc, offset, packed if method == _DEFLATED else None)
    record = directory[position : at + name_length + extra_length + comment_length]
    if record != central_header(member):
        raise FormatError(N_("{name}: its record in the list of members is not the one a proof bundle has"), name=name)
    return member, len(record)


def _refuse_kind(name: str, raw: bytes, flags: int, attributes: int) -> None:
    """Say in plain words what is wrong with the usual hostile or foreign records; the byte comparison after it is the law."""
    problem = None
    if not raw or len(raw) > MAX_NAME or not raw.isascii() or any(byte < 0x21 or byte == 0x7F for byte in raw):
        problem = N_("{name}: the name is empty, longer than {limit} characters, or holds other than plain letters")
    elif name.startswith("/") or "\\" in name or name[1:2] == ":":
        problem = N_("{name}: absolute names are refused")
    elif any(part in ("", ".", "..") for part in name.split("/")):
        problem = N_("{name}: names that leave the bundle, and folders, are refused")
    elif flags & 0x41:
        problem = N_("{name}: encrypted members are refused")
    elif attributes >> 16 & 0o170000 == 0o120000:
        problem = N_("{name}: symbolic links are refused")
    if problem:
        raise FormatError(problem, name=name[:MAX_NAME], limit=MAX_NAME)


def _refuse_packing(name: str, method: int, packed: int, size: int) -> None:
    """What content may unfold to is judged here, before any of it is read."""
    if method not in (_STORED, _DEFLATED) or (method == _STORED and packed != size) or (method == _DEFLATED and packed >= size):
        raise FormatError(N_("{name}: packed in a way that a proof bundle does not use; another program packed this file again"), name=name)
    if method == _DEFLATED and (size > MAX_UNFOLDED or size > packed * MAX_RATIO):
        bomb = N_("{name}: {packed} bytes would unfold to {size}; more than {limit} bytes, or {ratio} times its size, are refused")
        raise FormatError(bomb, name=name, packed=packed, size=size, limit=MAX_UNFOLDED, ratio=MAX_RATIO)


def _unfold_zip64(name: str, extra: bytes, size: int, offset: int) -> tuple[int, int]:
    wanted = (2 if size == _FULL32 else 0) + (1 if offset == _FULL32 else 0)
    if not wanted:
        return size, offset
    if len(extra) != 4 + 8 * wanted:
        raise FormatError(N_("{name}: its ZIP64 field is damaged"), name=name)
    numbers = struct.unpack_from(f"<{wanted}Q", extra, 4)
    return (numbers[0] if size == _FULL32 else size), (numbers[-1] if offset == _FULL32 else offset)


def _check_layout(stream: BinaryIO, members: Sequence[Member], end: int) -> None:
    """Members stand one after the other from byte 0 to the directory: nothing hidden between, nothing twice."""
    seen: set[str] = set()
    expected = 0
    for member in members:
        if member.name.lower() in seen:
            raise FormatError(N_("{name}: this member stands in the bundle twice"), name=member.name)
        seen.add(member.name.lower())
        header = local_header(member)
        if member.offset != expected or member.end > end:
            raise FormatError(N_("{name}: members overlap, or bytes stand between them"), name=member.name)
        if _read_at(stream, member.offset, len(header)) != header:
            raise FormatError(N_("{name}: its own header does not agree with the list of members"), name=member.name)
        expected = member.end
    if expected != end:
        raise FormatError(N_("bytes stand between the last member and the list of members"))


def _read_at(stream: BinaryIO, offset: int, size: int) -> bytes:
    if offset < 0 or offset + size > stream.seek(0, io.SEEK_END):
        raise FormatError(N_("the ZIP file is cut"))
    stream.seek(offset)
    return stream.read(size)


def chunks(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    """The content of one member, in pieces of at most 1 MiB.

    Raises:
        FormatError: after the last piece, when the content is cut, unfolds to another size, or its CRC-32 is not the recorded one.
    """
    size = crc = 0
    for chunk in _held(stream, member) if member.packed is None else _unfolded(stream, member):
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        yield chunk
    if (size, crc) != (member.size, member.crc32):
        raise FormatError(N_("{name}: the content was changed after the bundle was written (its CRC-32 differs)"), name=member.name)


def _held(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    position = member.start
    while position < member.end:
        stream.seek(position)
        chunk = stream.read(min(CHUNK, member.end - position))
        if not chunk:
            raise FormatError(N_("{name}: the content is cut"), name=member.name)
        position += len(chunk)
        yield chunk


def _unfolded(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    """A deflated member's content, never more than its recorded size and one byte, and the stream ends where it should."""
    unpacker, left = zlib.decompressobj(-zlib.MAX_WBITS), member.size + 1
    try:
        for chunk in _held(stream, member):
            while left and (content := unpacker.decompress(chunk, min(CHUNK, left))):
                chunk, left = unpacker.unconsumed_tail, left - len(content)
                yield content
    except zlib.error as error:
        raise FormatError(N_("{name}: the content cannot be unpacked"), name=member.name) from error
    if not unpacker.eof or unpacker.unused_data:
        raise FormatError(N_("{name}: the content cannot be unpacked"), name=member.name)
