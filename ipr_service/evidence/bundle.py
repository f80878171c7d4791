"""The proof bundle: every byte that a person needs to prove a registration without us, in one ASiC-E container.

What the members are, in the order in which they stand; the layout is final:

    mimetype                                     stored first, as ASiC asks; it and the files are stored, all else is deflated
    files/0001.svg ...                           position, and the extension when it is 1-8 letters or digits
    manifest.json openings.json salt entry       what was committed, and what opens it
    proof.tlog-proof checkpoint.body             where it stands in the log
    tsa/1.tsq .tsr -chain.pem -1.crl -1.ocsp     each authority's token over the checkpoint, chain and revocation data of that time
    policy                                       the log's keys, and the witnesses a reader should ask for
    renewals/1.sha512 .tsq .tsr -chain.pem ...   later tokens over a list of all members but the files; see `renewal`
    certificate.pdf verify.sh verify.html README.txt
    META-INF/ASiCManifest.xml META-INF/timestamp.tst

Files may be left out, all or some: the openings then stand for them. Nothing here decides whether a bundle holds;
that is `verification`. Source: the design's "Proof bundle"; ETSI EN 319 162-1.

Writing takes two steps, because the container token covers the ASiCManifest of this one bundle:

    xml = asic_manifest(parts)            # ask the /tsa for a token over SHA-256(xml), keep it
    write_to(out, parts, token)           # the same parts and token give the same bytes
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib.resources import files as package_files
from typing import BinaryIO

from ipr_service.errors import N_, DamageError, FormatError, InputError
from ipr_service.evidence import asic, container, deflate
from ipr_service.evidence.container import Member, Source

MAX_FILES = 9_999
MAX_SMALL_MEMBER = 32 << 20  # bytes; everything but the files themselves
MAX_SMALL_MEMBERS = 64 << 20  # bytes, all of those together

_TIMED = r"[1-9]\d?(?:\.tsq|\.tsr|-chain\.pem|-[1-9]\d?\.crl|-[1-9]\d?\.ocsp)"
_ORDER = (
    r"mimetype",
    r"files/(?!0000)\d{4}(?:\.[A-Za-z0-9]{1,8})?",
    r"manifest\.json",
    r"openings\.json",
    r"salt",
    r"entry",
    r"proof\.tlog-proof",
    r"checkpoint\.body",
    rf"tsa/{_TIMED}",
    r"policy",
    rf"renewals/(?:[1-9]\d?\.sha512|{_TIMED})",
    r"certificate\.pdf",
    r"verify\.sh",
    r"verify\.html",
    r"README\.txt",
    r"META-INF/ASiCManifest\.xml",
    r"META-INF/timestamp\.tst",
)
_RANK = re.compile("|".join(f"({pattern})" for pattern in _ORDER), re.ASCII)
REQUIRED = (
    "mimetype", "manifest.json", "openings.json", "salt", "entry", "proof.tlog-proof", "checkpoint.body", "policy",
    "certificate.pdf", "verify.sh", "verify.html", "README.txt", asic.MANIFEST_NAME, asic.TOKEN_NAME,
)  # fmt: skip
_FOREIGN = re.compile(r"(?!files/)[\w[][\w\[\]. -]*(/\w[\w. -]*)*", re.ASCII)  # how other programs name the first member of a ZIP
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})\Z", re.ASCII)


@dataclass(frozen=True)
class FilePart:
    """One original file of the bundle.

    Args:
        position: one-based place in the openings, 1 to 9,999.
        name: the person's file name; only its extension reaches the bundle, and only when it is 1-8 letters or digits.
        sha256: the SHA-256 recorded in the openings, 32 bytes; the content is checked against it while it is written.
        open: gives the content from its start, each time it is called.
    """

    position: int
    name: str
    sha256: bytes
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class TokenPart:
    """One authority's token over the checkpoint's note body, verbatim, with what it takes to check it years later.

    Args:
        query: RFC 3161 TimeStampReq, DER.
        response: TimeStampResp, DER, as it came.
        chain: the certificates from the signer to below the root, PEM.
        crls, ocsps: revocation data of that time, DER, in the order of the chain.
    """

    query: bytes
    response: bytes
    chain: bytes
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class RenewalPart:
    """A later token over ``listing``: the member `renewals/<n>.sha512` of the bundle as it stood when it was renewed (see `renewal`)."""

    listing: bytes
    token: TokenPart


@dataclass(frozen=True)
class Tools:
    """The two checking programs and the README. The service keeps those a bundle was sealed with, so that it can write it again."""

    verify_sh: bytes
    verify_html: bytes
    readme: bytes


@dataclass(frozen=True)
class BundleParts:
    """Everything a bundle is made of, but the container token. All bytes verbatim, as stored."""

    manifest: bytes
    openings: bytes
    salt: bytes
    entry: bytes
    proof: bytes
    checkpoint_body: bytes
    policy: bytes
    certificate: bytes
    tools: Tools
    files: tuple[FilePart, ...] = ()
    tokens: tuple[TokenPart, ...] = ()
    renewals: tuple[RenewalPart, ...] = field(default=())


@cache
def current_tools() -> Tools:
    """The checking programs of this release."""
    folder = package_files("ipr_service.evidence") / "files"
    return Tools(*((folder / name).read_bytes() for name in ("verify.sh", "verify.html", "README.txt")))


def file_member_name(position: int, name: str) -> str:
    """`files/0001.svg` for position 1 and ``chair.svg``. Raises InputError for a position outside 1-9,999."""
    if not 1 <= position <= MAX_FILES:
        raise InputError.at("/files", N_("{position} is no file position; they go from 1 to {limit}"), position=position, limit=MAX_FILES)
    found = _EXTENSION.search(name)
    return f"files/{position:04d}" + (f".{found[1]}" if found else "")


def asic_manifest(parts: BundleParts) -> bytes:
    """`META-INF/ASiCManifest.xml` of this bundle: what its container token is over (SHA-256 imprint)."""
    digests = {file_member_name(part.position, part.name): part.sha256 for part in parts.files}
    small = [source for source in _sources(parts) if source.name not in digests]
    digests |= {source.name: hashlib.sha256(source.open().read()).digest() for source in small}
    return asic.manifest_xml([(source.name, digests[source.name]) for source in _sources(parts) if covered(source.name)])


def covered(name: str) -> bool:
    """Whether the ASiCManifest lists this member: all but `mimetype`, `META-INF/` and the renewals, which come after it."""
    return name != "mimetype" and not name.startswith(("META-INF/", "renewals/"))


def renewal_listing(digests: dict[str, bytes], number: int) -> bytes:
    """What renewal ``number`` (from 1) is a token over: a line `SHA-512 hex, two spaces, member` for each member then present.

    Covers openings, tokens, META-INF and earlier renewals; not the originals under files/, for which the openings stand,
    so that a bundle can be renewed by whoever does not hold them. Source: the idea of RFC 4998 section 5.

    Args:
        digests: SHA-512 of each member, by name, in bundle order.
        number: one-based number of the renewal.
    """
    return "".join(f"{digest.hex()}  {name}\n" for name, digest in digests.items() if in_renewal(name, number)).encode()


def in_renewal(name: str, number: int) -> bool:
    """Whether renewal ``number`` covers the member ``name``."""
    later = name.startswith("renewals/") and int(re.split(r"[.-]", name[9:])[0]) >= number
    return not name.startswith("files/") and not later


def write_to(out: BinaryIO, parts: BundleParts, container_token: bytes) -> None:
    """Write the bundle to ``out`` in constant memory; ``out`` need not be seekable.

    Args:
        container_token: DER TimeStampToken over `asic_manifest` of the same parts.

    Raises:
        DamageError: a file is not the one whose digest stands in the openings. Nothing of that file was written.
    """
    last = [Source.packed(asic.MANIFEST_NAME, asic_manifest(parts)), Source.packed(asic.TOKEN_NAME, container_token)]
    container.write(out, [*_sources(parts), *last])


def write_bare(out: BinaryIO, parts: BundleParts, container_token: bytes) -> None:
    """The bundle of these parts without its originals, which its container goes on to list: kept for a renewal, never given out so."""
    last = [Source.packed(asic.MANIFEST_NAME, asic_manifest(parts)), Source.packed(asic.TOKEN_NAME, container_token)]
    container.write(out, [*(source for source in _sources(parts) if not source.name.startswith("files/")), *last])


def write(parts: BundleParts, container_token: bytes) -> bytes:
    """The bundle as bytes, for bundles that fit in memory; see `write_to`."""
    out = io.BytesIO()
    write_to(out, parts, container_token)
    return out.getvalue()


def _sources(parts: BundleParts) -> list[Source]:
    originals = sorted(parts.files, key=lambda part: part.position)
    small = [
        ("manifest.json", parts.manifest),
        ("openings.json", parts.openings),
        ("salt", parts.salt),
        ("entry", parts.entry),
        ("proof.tlog-proof", parts.proof),
        ("checkpoint.body", parts.checkpoint_body),
        *(member for number, token in enumerate(parts.tokens, 1) for member in _token_members(f"tsa/{number}", token)),
        ("policy", parts.policy),
        *(member for number, renewal in enumerate(parts.renewals, 1) for member in renewal_members(number, renewal)),
        ("certificate.pdf", parts.certificate),
    ]
    tools = [("verify.sh", parts.tools.verify_sh), ("verify.html", parts.tools.verify_html), ("README.txt", parts.tools.readme)]
    first = [Source.of("mimetype", asic.MIMETYPE), *(original(part) for part in originals)]
    return [*first, *(Source.packed(*member) for member in small), *(_tool(*member) for member in tools)]


def _tool(name: str, content: bytes) -> Source:
    return replace(Source.packed(name, content), pack=_packed_tool)


@lru_cache(maxsize=12)
def _packed_tool(content: bytes) -> bytes:
    """Packed once: the same programs go into every bundle."""
    return deflate.pack(content)


def _token_members(stem: str, token: TokenPart) -> list[tuple[str, bytes]]:
    return [
        (f"{stem}.tsq", token.query),
        (f"{stem}.tsr", token.response),
        (f"{stem}-chain.pem", token.chain),
        *((f"{stem}-{number}.crl", crl) for number, crl in enumerate(token.crls, 1)),
        *((f"{stem}-{number}.ocsp", ocsp) for number, ocsp in enumerate(token.ocsps, 1)),
    ]


def renewal_members(number: int, renewal: RenewalPart) -> list[tuple[str, bytes]]:
    """Names and contents of what renewal ``number`` (from 1) adds to a bundle, in their order."""
    return [(f"renewals/{number}.sha512", renewal.listing), *_token_members(f"renewals/{number}", renewal.token)]


def original(part: FilePart) -> Source:
    """A file as a member, checked against its recorded digest while it is read."""
    name = file_member_name(part.position, part.name)

    def checked() -> BinaryIO:
        return io.BufferedReader(_Checked(part, name), container.CHUNK)

    return Source(name, checked)


class _Checked(io.RawIOBase):
    """A file's content, refused at its end when it is not the content whose digest was recorded."""

    def __init__(self, part: FilePart, name: str) -> None:
        self._stream, self._part, self._name, self._hash = part.open(), part, name, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer that BufferedReader hands is a memoryview
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._hash.update(chunk)
        if not chunk and self._hash.digest() != self._part.sha256:
            raise DamageError(N_("{name} is not the file that was registered: its SHA-256 differs"), name=self._name)
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


@dataclass(frozen=True)
class OpenedBundle:
    """A bundle whose container has the right form. Its members' contents are not yet believed.

    Args:
        members: in container order, each name known and standing once.
    """

    stream: BinaryIO = field(repr=False)
    members: tuple[Member, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's content in pieces; FormatError at the end when it is damaged, KeyError when there is no such member."""
        return container.chunks(self.stream, self._member(name))

    def read(self, name: str) -> bytes:
        """A small member whole (at most 32 MiB). Same errors as `chunks`."""
        return b"".join(self.chunks(name))

    @cached_property
    def _by_name(self) -> dict[str, Member]:
        return {member.name: member for member in self.members}

    def _member(self, name: str) -> Member:
        return self._by_name[name]


def read(stream: BinaryIO) -> OpenedBundle:
    """Open a bundle from a seekable binary stream, judging every header before any content is read.

    Raises:
        FormatError: not the form of a proof bundle: foreign, packed again, hostile or cut; the sentence says which.
    """
    _refuse_known(stream)
    members = container.read_directory(stream)
    places = [(_rank(member), _position(member)) for member in members]
    for member, place, before in zip(members[1:], places[1:], places, strict=False):
        if place < before:
            raise FormatError(N_("{name}: members do not stand in the order of a proof bundle"), name=member.name)
    _refuse_large(members)
    present = {member.name for member in members}
    for name in REQUIRED:
        if name not in present:
            raise FormatError(N_("{name} is missing from the bundle"), name=name)
    positions = [_position(member) for member in members if _position(member)]
    if len(set(positions)) != len(positions):
        raise FormatError(N_("two members stand for one file"))
    opened = OpenedBundle(stream, members)
    if opened.read("mimetype") != asic.MIMETYPE:
        raise FormatError(N_("mimetype: this container does not say that it is a proof bundle"))
    return opened


def _refuse_known(stream: BinaryIO) -> None:
    """Name what people bring here instead of a bundle, before a header is judged: a PDF, and a ZIP of another kind."""
    stream.seek(0)
    head = stream.read(30 + container.MAX_NAME)
    if head.startswith(b"%PDF-"):
        raise FormatError(N_("This is a PDF, not a proof bundle. Check the .asice file that belongs to it"))
    if head[:4] == b"PK\x03\x04" and len(head) >= 30:
        name = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("ascii", "replace")
        if _FOREIGN.fullmatch(name) and not _RANK.fullmatch(name):
            zip_file = N_("This ZIP is no proof bundle. If it is an evidence file, check the .asice files in its folder proofs/")
            raise FormatError(zip_file)


def _refuse_large(members: Sequence[Member]) -> None:
    for member in members:
        if member.packed is not None and (member.name == "mimetype" or member.name.startswith("files/")):
            raise FormatError(N_("{name}: this member has to be stored, not compressed"), name=member.name)
    total = sum(member.size for member in members if not member.name.startswith("files/"))
    if total > MAX_SMALL_MEMBERS:
        raise FormatError(N_("{size} bytes beside the files; a proof bundle has {limit} at most"), size=total, limit=MAX_SMALL_MEMBERS)


def _position(member: Member) -> str:
    return member.name[6:10] if member.name.startswith("files/") else ""


def _rank(member: Member) -> int:
    found = _RANK.fullmatch(member.name)
    if found is None or found.lastindex is None:
        raise FormatError(N_("{name}: a proof bundle has no member of this name"), name=member.name)
    rank = found.lastindex - 1
    if rank != 1 and member.size > MAX_SMALL_MEMBER:
        too_large = N_("{name}: {size} bytes; this member may have {limit} at most")
        raise FormatError(too_large, name=member.name, size=member.size, limit=MAX_SMALL_MEMBER)
    return rank
