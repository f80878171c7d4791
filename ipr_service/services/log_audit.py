"""The log's own rows, derived anew: tree, tiles, checkpoints, head, tokens; and anchors, which are kept outside.

Everything inside the database can be rolled back together with its keys; only a checkpoint that somebody kept elsewhere (an anchor) tells.
Entries are read once, some tiles' worth at a time (:data:`PIECE`): memory does not grow with the log.
Not here: the rows that entries cover (``audit``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography import x509
from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from ipr_service.errors import FormatError
from ipr_service.evidence.body import Checkpoint
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import leaf_hashes
from ipr_service.evidence.merkle import HASH_SIZE
from ipr_service.evidence.tiles import MAX_LEVEL, WIDTH, GrowingTree, TileWrite
from ipr_service.evidence.tsp import verify_token
from ipr_service.services.context import Context
from ipr_service.services.entries import note_body
from ipr_service.store.schema import LogCheckpoint, LogEntry, LogHead, LogTile, LogToken

TOKEN_TOLERANCE = timedelta(minutes=5)  # how far an authority's clock may stand behind ours
PIECE = 16 * WIDTH
"""Entries in memory at a time; in the worst case each has a checkpoint of its own, and these are 15 MB."""


@dataclass(frozen=True)
class Finding:
    """One row that does not agree, as ``table key``, and what is wrong with it."""

    row: str
    what: str


class Row(NamedTuple):
    """What the tree needs of an entry. ``place`` is its index; ``created_at``: as the driver gives it, for comparison."""

    place: int
    commitment: bytes
    checkpoint_size: int
    created_at: Any


def pieces(session: Session) -> Iterator[list[Row]]:
    """All entries in the order of their indexes, those of :data:`PIECE` indexes at a time."""
    wanted = select(LogEntry.index, LogEntry.commitment, LogEntry.checkpoint_size, type_coerce(LogEntry.created_at, NullType))
    last = session.scalar(select(func.max(LogEntry.index)))
    for at in range(0, 0 if last is None else last + 1, PIECE):
        rows = session.execute(wanted.where(LogEntry.index >= at, LogEntry.index < at + PIECE).order_by(LogEntry.index))
        yield list(map(Row._make, rows))


def log_rows(ctx: Context, session: Session, anchors: Sequence[bytes] = ()) -> Iterator[Finding]:
    """Whatever is wrong in the log's own rows.

    Args:
        anchors: signed notes that were kept outside, verbatim, for example ``/log/checkpoint`` as somebody saved it; each must be a
            prefix of the log.
    """
    kept = [_anchor(ctx, place, note) for place, note in enumerate(anchors, 1)]
    reading = _Reading(ctx, session, {one.size for one in kept if isinstance(one, Checkpoint)})
    yield from reading.findings()
    for place, one in enumerate(kept, 1):
        yield from [one] if isinstance(one, Finding) else _anchored(place, one, reading) if not reading.torn else ()


class _Reading:
    """One pass over the entries, and what it leaves: the tree, and its root at each size that was asked for."""

    def __init__(self, ctx: Context, session: Session, sizes: set[int]) -> None:
        self._ctx, self._session, self._sizes = ctx, session, sizes
        self.tree = GrowingTree()
        self.roots = {0: self.tree.root()}
        self.torn = False  # an entry is missing: every index after it is off as well
        self._broken = False  # a signed root is not the entries'; then tiles tell which entry was changed
        self._newest: Any = None  # time of the checkpoint before

    def findings(self) -> Iterator[Finding]:
        for before in self._session.scalars(select(LogEntry.index).where(LogEntry.index < 0).order_by(LogEntry.index)):
            yield Finding(f"log_entry {before}", "stands before the first")
        for rows in pieces(self._session):
            at = self.tree.size
            missing = next((place for place, row in enumerate(rows, at) if row.place != place), None if rows else at)
            if missing is not None:
                self.torn = True
                yield Finding(f"log_entry {missing}", "is missing")
                return
            yield from self._piece(rows)
        size = self.tree.size
        for beyond in self._session.scalars(select(LogCheckpoint.size).where(LogCheckpoint.size > size).order_by(LogCheckpoint.size)):
            yield Finding(f"log_checkpoint {beyond}", "covers entries that are missing")
        head = self._session.get(LogHead, 1)
        if head is None or (head.size, head.root) != (size, self.tree.root()):
            yield Finding("log_head 1", "does not stand where the entries end")
        yield from self._tiles(self.tree.unfinished())
        yield from _spare_tiles(self._session, size)
        yield from self._changed() if self._broken else ()
        yield from _tokens(self._session)

    def _piece(self, rows: list[Row]) -> Iterator[Finding]:
        """Entries that follow one another, with the checkpoints among them."""
        start, end = rows[0].place, rows[-1].place + 1
        leaves = leaf_hashes(row.commitment for row in rows)
        cuts = {size: None for size in self._sizes if start < size <= end} | _checkpoints(self._session, start, end)
        filled: list[TileWrite] = []
        for size in sorted(cuts):
            filled += self.tree.add(leaves[self.tree.size - start : size - start])
            self.roots |= {size: self.tree.root()} if size in self._sizes else {}
            if (checkpoint := cuts[size]) is not None:
                yield from self._checkpoint(checkpoint)
        filled += self.tree.add(leaves[self.tree.size - start :])
        yield from _times(rows, [row for row in cuts.values() if row is not None], _after(self._session, end))
        yield from self._tiles(filled)

    def _checkpoint(self, row: _Signed) -> Iterator[Finding]:
        if self._newest is not None and row.created_at < self._newest:
            yield Finding(f"log_checkpoint {row.size}", "is older than the one before it")
        self._newest = row.created_at
        found = list(_checkpoint(self._ctx, row, self.tree.root()))
        self._broken = self._broken or bool(found)
        yield from found

    def _tiles(self, derived: Sequence[TileWrite]) -> Iterator[Finding]:
        """Tiles as they follow from the entries, against those that are stored."""
        kept = _stored(self._session, derived)
        for tile in derived:
            if kept.get((tile.level, tile.index)) != tile.data:
                yield Finding(f"log_tile {tile.level}/{tile.index}", "is missing or does not hold the hashes of the entries")

    def _changed(self) -> Iterator[Finding]:
        """Each entry that is not the one whose hash its tile holds."""
        for rows in pieces(self._session):
            numbers = range(rows[0].place // WIDTH, rows[-1].place // WIDTH + 1)
            kept = _stored(self._session, [TileWrite(0, number, WIDTH, b"") for number in numbers])
            for row, leaf in zip(rows, leaf_hashes(row.commitment for row in rows), strict=True):
                if kept.get((0, row.place // WIDTH), b"")[row.place % WIDTH * HASH_SIZE :][:HASH_SIZE] != leaf:
                    yield Finding(f"log_entry {row.place}", "its commitment is not the one that was logged")


class _Signed(NamedTuple):
    """A checkpoint's row; its time as the driver gives it."""

    size: int
    root: bytes
    note: bytes
    created_at: Any


_SIGNED = select(LogCheckpoint.size, LogCheckpoint.root, LogCheckpoint.note, type_coerce(LogCheckpoint.created_at, NullType))


def _checkpoints(session: Session, start: int, end: int) -> dict[int, _Signed | None]:
    """The checkpoints that cover more than ``start`` entries, and at most ``end``, by their size."""
    rows = session.execute(_SIGNED.where(LogCheckpoint.size > start, LogCheckpoint.size <= end))
    return {row[0]: _Signed(*row) for row in rows}


def _after(session: Session, end: int) -> list[_Signed]:
    """The first checkpoint over more than ``end`` entries: that of a group which a piece cuts in two."""
    rows = session.execute(_SIGNED.where(LogCheckpoint.size > end).order_by(LogCheckpoint.size).limit(1))
    return [_Signed(*row) for row in rows]


def _stored(session: Session, wanted: Sequence[TileWrite]) -> dict[tuple[int, int], bytes]:
    """The stored tiles at these places."""
    kept: dict[tuple[int, int], bytes] = {}
    for level in {tile.level for tile in wanted}:
        numbers = [tile.index for tile in wanted if tile.level == level]
        rows = select(LogTile.number, LogTile.hashes).where(LogTile.level == level, LogTile.number.between(min(numbers), max(numbers)))
        kept |= {(level, number): hashes for number, hashes in session.execute(rows)}
    return kept


def _spare_tiles(session: Session, size: int) -> Iterator[Finding]:
    """Tiles where a log of this size has none."""
    for level in range(MAX_LEVEL + 1):
        numbers = select(LogTile.number).where(LogTile.level == level, (LogTile.number < 0) | (LogTile.number >= -(-size // WIDTH)))
        for number in session.scalars(numbers.order_by(LogTile.number)):
            yield Finding(f"log_tile {level}/{number}", "belongs to no entry")
        size //= WIDTH
    for level, number in session.execute(select(LogTile.level, LogTile.number).where((LogTile.level < 0) | (LogTile.level > MAX_LEVEL))):
        yield Finding(f"log_tile {level}/{number}", "belongs to no entry")


def _checkpoint(ctx: Context, row: _Signed, root: bytes) -> Iterator[Finding]:
    name = f"log_checkpoint {row.size}"
    try:
        signed = open_checkpoint(row.note, ctx.service_keys.log_keys.vkeys)
    except FormatError as problem:
        yield Finding(name, f"signed note: {problem}")
        return
    if (signed.origin, signed.size) != (ctx.settings.origin, row.size):
        yield Finding(name, "the signed note is of another log or size")
    if not signed.root == row.root == root:
        yield Finding(name, "its root is not the root of the entries")


def _times(rows: Sequence[Row], within: Sequence[_Signed], after: Sequence[_Signed]) -> Iterator[Finding]:
    """Each entry bears size and time of the first checkpoint that covers it."""
    at = 0
    for checkpoint in [*sorted(within), *after]:
        end = min(checkpoint.size - rows[0].place, len(rows))
        for row in rows[at:end]:
            if row.checkpoint_size != checkpoint.size:
                yield Finding(f"log_entry {row.place}", "does not name the first checkpoint that covers it")
            elif row.created_at != checkpoint.created_at:
                yield Finding(f"log_entry {row.place}", "its time is not that of its checkpoint")
        at = max(at, end)
    for row in rows[at:]:
        yield Finding(f"log_entry {row.place}", "does not name the first checkpoint that covers it")


def _tokens(session: Session) -> Iterator[Finding]:
    """Each token over its checkpoint, under the root stored beside it: who believes that root is the reader's business."""
    for token in session.scalars(select(LogToken).order_by(LogToken.id)):
        name, row = f"log_token {token.id}", session.get(LogCheckpoint, token.checkpoint_size)
        if row is None:
            yield Finding(name, "its checkpoint is missing")
            continue
        try:
            chain = x509.load_pem_x509_certificates(token.chain.encode())
        except ValueError:
            yield Finding(name, "its certificates cannot be read")
            continue
        digest = sha256(note_body(row.note)).digest()
        report = verify_token(token.reply, roots=chain[-1:], message_digest=digest, intermediates=chain[:-1])
        if not report:
            yield Finding(name, "does not hold over its checkpoint")
        elif report.gen_time != token.obtained_at or report.own_clock == token.independent:
            yield Finding(name, "its columns differ from what the token says")
        elif row.created_at > token.obtained_at + TOKEN_TOLERANCE:
            yield Finding(f"log_checkpoint {row.size}", "is younger than a token over it")


def _anchor(ctx: Context, place: int, note: bytes) -> Checkpoint | Finding:
    """The checkpoint that somebody kept, or why it is none of this log."""
    try:
        anchor = open_checkpoint(note, ctx.service_keys.log_keys.vkeys)
    except FormatError as problem:
        return Finding(f"anchor {place}", f"is no checkpoint of this log: {problem}")
    return anchor if anchor.origin == ctx.settings.origin else Finding(f"anchor {place}", "is of another log")


def _anchored(place: int, anchor: Checkpoint, reading: _Reading) -> Iterator[Finding]:
    """Whether the log still is what a checkpoint kept outside says."""
    held = reading.tree.size
    if anchor.size > held:
        yield Finding(f"anchor {place}", f"this log held {anchor.size} entries once, now it holds {held}: it was rolled back")
    elif reading.roots[anchor.size] != anchor.root:
        yield Finding(f"anchor {place}", f"the first {anchor.size} entries are not those of then: the log has two histories")
