"""Renew a proof before what it rests on ends: a new token over everything that the bundle holds, older tokens included.

The member ``renewals/<n>.sha512`` says what renewal ``n`` covers: a line ``SHA-512 hex, two spaces, member`` for each member but the
originals (their openings stand for them). Its SHA-512 is a leaf. One token covers many bundles, so that a renewal costs the same for one
idea or a million: then a blank line follows, and the path from the leaf to the root that was stamped, a line ``left <hex>`` or
``right <hex>`` a step.

    leaf = SHA-512( the lines before the blank line )        node = SHA-512( 0x01 || left[64] || right[64] )

A list is text and begins with a hexadecimal digit, so no leaf is a node. The token's imprint is the root (the leaf where there is no
path), SHA-512 always. Source: the idea of RFC 4998 (sections 4 and 5); EVIDENCE "Time".

Pure: tokens are made elsewhere, time is an argument.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from ipr_service.errors import N_, FormatError, InputError
from ipr_service.evidence import bundle, container
from ipr_service.evidence.bundle import FilePart, OpenedBundle, RenewalPart
from ipr_service.evidence.container import Source

MAX_RENEWALS = 99
MAX_STEPS = 40
_STEP = re.compile(r"(left|right) ([0-9a-f]{128})")
_NODE = b"\x01"


@dataclass(frozen=True)
class Step:
    """One step of a path: the sibling's hash (64 bytes) and whether it stands on the left."""

    left: bool
    sibling: bytes


@dataclass(frozen=True)
class Listing:
    """What one renewal of one bundle covers.

    Args:
        text: the lines of members, as :func:`ipr_service.evidence.bundle.renewal_listing` writes them.
        path: from the leaf to the root that was stamped; empty when this bundle was stamped alone.
    """

    text: bytes
    path: tuple[Step, ...] = ()

    @property
    def leaf(self) -> bytes:
        """SHA-512 of the lines."""
        return hashlib.sha512(self.text).digest()

    @property
    def root(self) -> bytes:
        """What the token is over, 64 bytes."""
        root = self.leaf
        for step in self.path:
            root = _node(step.sibling, root) if step.left else _node(root, step.sibling)
        return root

    def to_bytes(self) -> bytes:
        """The member ``renewals/<n>.sha512``."""
        steps = "".join(f"{'left' if step.left else 'right'} {step.sibling.hex()}\n" for step in self.path)
        return self.text + (f"\n{steps}".encode() if steps else b"")

    @classmethod
    def from_bytes(cls, data: bytes) -> Listing:
        """Read a member ``renewals/<n>.sha512``. Whether its lines agree with the members is the verifier's business.

        Raises:
            FormatError: not of that form.
        """
        text, blank, rest = data.partition(b"\n\n")
        if not blank:
            return cls(data)
        lines = rest.decode("ascii", "replace").split("\n")
        steps = [_STEP.fullmatch(line) for line in lines[:-1]]
        if lines[-1] or not 0 < len(steps) <= MAX_STEPS or not all(steps):
            raise FormatError(
                N_("The path of a renewal has 1 to {limit} lines, “left” or “right” and 128 hexadecimal digits."), limit=MAX_STEPS
            )
        return cls(text + b"\n", tuple(Step(step[1] == "left", bytes.fromhex(step[2])) for step in steps if step))


def tree(leaves: Sequence[bytes]) -> tuple[bytes, tuple[tuple[Step, ...], ...]]:
    """The root over ``leaves`` (64 bytes each, at least one) and the path of each, in their order.

    An odd hash at the end of a level moves up as it is.
    """
    if not leaves:
        raise InputError(N_("There is nothing to renew."))
    paths: list[list[Step]] = [[] for _ in leaves]
    level = [(leaf, [number]) for number, leaf in enumerate(leaves)]  # each hash, and which leaves stand below it
    while len(level) > 1:
        above = [level[-1]] if len(level) % 2 else []
        joined = []
        for (left, under_left), (right, under_right) in zip(level[0::2], level[1::2], strict=False):
            for leaf in under_left:
                paths[leaf].append(Step(False, right))
            for leaf in under_right:
                paths[leaf].append(Step(True, left))
            joined.append((_node(left, right), under_left + under_right))
        level = joined + above
    return level[0][0], tuple(tuple(path) for path in paths)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha512(_NODE + left + right).digest()


def next_number(opened: OpenedBundle) -> int:
    """The number of the next renewal of this bundle, from 1.

    Raises:
        InputError: it carries as many as a bundle can hold.
    """
    carried = [int(name[9:].split(".")[0]) for name in opened.names if name.startswith("renewals/") and name.endswith(".sha512")]
    number = max(carried, default=0) + 1
    if number > MAX_RENEWALS:
        raise InputError(N_("This bundle carries {limit} renewals; it can hold no more."), limit=MAX_RENEWALS)
    return number


def listing_of(opened: OpenedBundle) -> bytes:
    """The lines of the next renewal of ``opened``: every member as it is now, but the originals.

    Raises:
        FormatError: a member is damaged; what is damaged is not renewed.
    """
    number = next_number(opened)
    covered = [name for name in opened.names if bundle.in_renewal(name, number)]
    return bundle.renewal_listing({name: hashlib.sha512(opened.read(name)).digest() for name in covered}, number)


def write_renewed(out: BinaryIO, opened: OpenedBundle, renewal: RenewalPart) -> None:
    """Write ``opened`` with one more renewal to ``out``, every other member byte for byte as it was; memory stays constant."""
    container.write(out, renewed_sources(opened, renewal))


def write_with_files(out: BinaryIO, opened: OpenedBundle, files: Sequence[FilePart]) -> None:
    """Write ``opened``, which was kept without its originals, with them in their place.

    Raises:
        DamageError: a file is not the one whose digest stands in the openings.
    """
    sources = [_source(opened, name) for name in opened.names]
    originals = [bundle.original(part) for part in sorted(files, key=lambda part: part.position)]
    container.write(out, [sources[0], *originals, *sources[1:]])


def renewed_sources(opened: OpenedBundle, renewal: RenewalPart) -> list[Source]:
    """The members of ``opened`` with one more renewal, in the order of a bundle."""
    number = next_number(opened)
    added = [Source.packed(*member) for member in bundle.renewal_members(number, renewal)]
    sources = [_source(opened, name) for name in opened.names]
    place = max(index for index, name in enumerate(opened.names) if name == "policy" or name.startswith("renewals/")) + 1
    return [*sources[:place], *added, *sources[place:]]


def _source(opened: OpenedBundle, name: str) -> Source:
    """A member as it is: an original in pieces, anything else whole."""
    if name.startswith("files/"):
        return Source(name, lambda: reader(opened, name))
    content = opened.read(name)
    return Source.of(name, content) if name == "mimetype" else Source.packed(name, content)


def reader(opened: OpenedBundle, name: str) -> BinaryIO:
    """A member as a stream, in constant memory; FormatError at its end when it is damaged."""
    return io.BufferedReader(_Pieces(opened, name), container.CHUNK)


class _Pieces(io.RawIOBase):
    """A member of an opened bundle as a stream."""

    def __init__(self, opened: OpenedBundle, name: str) -> None:
        self._chunks, self._rest = opened.chunks(name), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer that BufferedReader hands is a memoryview
        if not self._rest:
            self._rest = next(self._chunks, b"")
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


@dataclass(frozen=True)
class Link:
    """One token that holds, as a link of a chain of time.

    Args:
        name: the check's name, ``token.1`` or ``renewal.2``.
        renewal: number of the renewal, 0 for a token over the checkpoint.
        authority: who stamped.
        time: genTime, aware.
        ends: when its certificates end, aware.
    """

    name: str
    renewal: int
    authority: str
    time: datetime
    ends: datetime


@dataclass(frozen=True)
class Chain:
    """Which renewals carry one token on: each made before what it covers had ended.

    Args:
        links: the token, then the renewals that carry it, in the order of time.
        gap: the first renewal that came too late for it, or None.
    """

    links: tuple[Link, ...]
    gap: Link | None = None


def chain_of(token: Link, renewals: Sequence[Link]) -> Chain:
    """The chain that carries ``token`` on.

    Args:
        renewals: those that hold, by an authority that is believed, in the order of their numbers; each covers all before it.
    """
    links, late = [token], None
    for renewal in renewals:
        if renewal.time < links[-1].time:
            continue  # it says that it is older than what it covers: it proves nothing more
        if renewal.time <= max(link.ends for link in links):
            links.append(renewal)
        else:
            late = late or renewal
    return Chain(tuple(links), late)
