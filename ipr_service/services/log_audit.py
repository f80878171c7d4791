"""The log's own rows, derived anew: tree, tiles, checkpoints, head, tokens; and anchors, which are kept outside.

Everything inside the database can be rolled back together with its keys; only a checkpoint that somebody kept elsewhere (an anchor) tells.
Not here: the rows that entries cover (``audit``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import FormatError
from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.evidence.merkle import HASH_SIZE
from ipr_service.evidence.tiles import WIDTH, tiles_of
from ipr_service.evidence.tsp import verify_token
from ipr_service.services.context import Context
from ipr_service.services.entries import note_body
from ipr_service.store.schema import LogCheckpoint, LogEntry, LogHead, LogTile, LogToken

TOKEN_TOLERANCE = timedelta(minutes=5)  # how far an authority's clock may stand behind ours


@dataclass(frozen=True)
class Finding:
    """One row that does not agree, as ``table key``, and what is wrong with it."""

    row: str
    what: str


def log_rows(ctx: Context, session: Session, entries: Sequence[LogEntry]) -> Iterator[Finding]:
    """Whatever is wrong in the log's own rows. ``entries`` in the order of their indexes."""
    for place, entry in enumerate(entries):
        if entry.index != place:
            yield Finding(f"log_entry {place}", "is missing")
            return  # every index after it is off as well
    leaves = [leaf_hash(entry_line(entry.commitment)) for entry in entries]
    checkpoints = {row.size: row for row in session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size))}
    frontier, at = merkle.Frontier(), 0
    broken = False
    for size, row in checkpoints.items():
        if size > len(leaves):
            yield Finding(f"log_checkpoint {size}", "covers entries that are missing")
            continue
        frontier, at = frontier.extend(leaves[at:size]), size
        found = list(_checkpoint(ctx, row, frontier.root()))
        broken = broken or bool(found)
        yield from found
    yield from _times(entries, checkpoints)
    yield from _head(session, len(leaves), merkle.root(leaves))
    yield from _tiles(session, leaves, broken)
    yield from _tokens(session, checkpoints)


def _checkpoint(ctx: Context, row: LogCheckpoint, root: bytes) -> Iterator[Finding]:
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


def _times(entries: Sequence[LogEntry], checkpoints: Mapping[int, LogCheckpoint]) -> Iterator[Finding]:
    """Each entry bears the time of the first checkpoint that covers it; checkpoints never run backwards."""
    sizes = sorted(checkpoints)
    for before, after in itertools.pairwise(sizes):
        if checkpoints[after].created_at < checkpoints[before].created_at:
            yield Finding(f"log_checkpoint {after}", "is older than the one before it")
    place = 0
    for entry in entries:
        while place < len(sizes) and sizes[place] <= entry.index:
            place += 1
        if place == len(sizes) or entry.checkpoint_size != sizes[place]:
            yield Finding(f"log_entry {entry.index}", "does not name the first checkpoint that covers it")
        elif entry.created_at != checkpoints[sizes[place]].created_at:
            yield Finding(f"log_entry {entry.index}", "its time is not that of its checkpoint")


def _head(session: Session, size: int, root: bytes) -> Iterator[Finding]:
    head = session.get(LogHead, 1)
    if head is None or (head.size, head.root) != (size, root):
        yield Finding("log_head 1", "does not stand where the entries end")


def _tiles(session: Session, leaves: Sequence[bytes], broken: bool) -> Iterator[Finding]:
    """Every tile against the entries. ``broken``: a signed root differs from the entries'; then tiles tell which entry was changed."""
    kept = {(row.level, row.number): row.hashes for row in session.scalars(select(LogTile))}
    expected: dict[tuple[int, int], bytes] = {}
    hashes, level = list(leaves), 0
    while hashes:
        for number in range((len(hashes) + WIDTH - 1) // WIDTH):
            expected[level, number] = b"".join(hashes[number * WIDTH : (number + 1) * WIDTH])
        hashes = [merkle.root(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1
    for path in tiles_of(len(leaves)):
        where = (path.level or 0, path.index)
        if kept.get(where) != expected[where]:
            yield Finding(f"log_tile {where[0]}/{where[1]}", "is missing or does not hold the hashes of the entries")
    for where in kept.keys() - expected.keys():
        yield Finding(f"log_tile {where[0]}/{where[1]}", "belongs to no entry")
    for index, leaf in enumerate(leaves) if broken else ():
        stored = kept.get((0, index // WIDTH), b"")[index % WIDTH * HASH_SIZE :][:HASH_SIZE]
        if stored != leaf:
            yield Finding(f"log_entry {index}", "its commitment is not the one that was logged")


def _tokens(session: Session, checkpoints: Mapping[int, LogCheckpoint]) -> Iterator[Finding]:
    """Each token over its checkpoint, under the root stored beside it: who believes that root is the reader's business."""
    for token in session.scalars(select(LogToken).order_by(LogToken.id)):
        name, row = f"log_token {token.id}", checkpoints.get(token.checkpoint_size)
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


def anchored(ctx: Context, entries: Sequence[LogEntry], notes: Sequence[bytes]) -> Iterator[Finding]:
    """Whether the log still is what checkpoints kept outside say: each must be a prefix of it.

    Args:
        notes: signed notes, verbatim, for example ``/log/checkpoint`` as somebody saved it.
    """
    leaves = [leaf_hash(entry_line(entry.commitment)) for entry in entries]

    for place, note in enumerate(notes, 1):
        name = f"anchor {place}"
        try:
            anchor = open_checkpoint(note, ctx.service_keys.log_keys.vkeys)
        except FormatError as problem:
            yield Finding(name, f"is no checkpoint of this log: {problem}")
            continue
        if anchor.origin != ctx.settings.origin:
            yield Finding(name, "is of another log")
        elif anchor.size > len(leaves):
            yield Finding(name, f"this log held {anchor.size} entries once, now it holds {len(leaves)}: it was rolled back")
        elif merkle.root(leaves[: anchor.size]) != anchor.root:
            yield Finding(name, f"the first {anchor.size} entries are not those of then: the log has two histories")
