"""The judge of an installation after anything happened to it: every promise kept, nothing half-written.

It stands outside: it takes the log's keys as they were before, verifies signatures, inclusion and consistency with ``evidence.merkle``
(which public vectors judge), and asks the audit, which derives the whole log anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.evidence import merkle
from ipr_service.evidence.checkpoint import open_checkpoint
from ipr_service.evidence.commitment import entry_line, leaf_hash
from ipr_service.evidence.tiles import subtree_reader
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.intake import file_ref
from ipr_service.store.schema import Idea, IdeaFile, IdeaVersion, LogCheckpoint, LogTile, OutboxRow
from tests.reliability.clients import Promise


def judge(ctx: Context, promises: Sequence[Promise]) -> None:
    """Raise AssertionError unless every promise holds and the installation is whole."""
    report = audit(ctx)
    assert report.findings == (), report.findings
    with ctx.database.reading() as session:
        _receipts(ctx, session, promises)
        _ideas(session, promises)
        _outbox(session)
        _contents(ctx, session, promises)


def _receipts(ctx: Context, session: Session, promises: Iterable[Promise]) -> None:
    """Each receipt under the newest checkpoint: signed by both keys, its entry included, its own checkpoint a prefix."""
    newest = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).first()
    if newest is None:
        assert not list(promises), "receipts were handed out and the log is empty"
        return
    tiles = {(tile.level, tile.number): bytes(tile.hashes) for tile in session.scalars(select(LogTile))}
    reader = subtree_reader(lambda level, number: tiles[level, number])
    vkeys = ctx.service_keys.log_keys.vkeys
    now = open_checkpoint(newest.note, vkeys)
    for one in promises:
        then = open_checkpoint(one.checkpoint, vkeys)
        assert one.index < then.size <= now.size
        leaf = leaf_hash(entry_line(one.commitment))
        for size, root in ((then.size, then.root), (now.size, now.root)):
            merkle.verify_inclusion(one.index, size, leaf, merkle.inclusion_proof(one.index, size, reader), root)
        proof = merkle.consistency_proof(then.size, now.size, reader) if then.size < now.size else ()
        merkle.verify_consistency(then.size, now.size, proof, then.root, now.root)


def _ideas(session: Session, promises: Sequence[Promise]) -> None:
    """One registration for each key that was answered; none that nobody was told of."""
    assert len({one.key for one in promises}) == len(promises)
    assert len({one.index for one in promises}) == len(promises)
    assert set(session.scalars(select(Idea.id))) == {one.idea_id for one in promises}
    assert session.scalar(select(func.count()).select_from(IdeaVersion)) == len(promises)


def _outbox(session: Session) -> None:
    """Each row is done or still due; none was given up, none is both."""
    for row in session.scalars(select(OutboxRow)):
        assert row.failed_at is None, row.last_error
        assert row.done_at is None or row.claimed_until is None


def _contents(ctx: Context, session: Session, promises: Iterable[Promise]) -> None:
    """Each file that a row names is there, whole, and what was sent."""
    sent = {one.idea_id: one.content for one in promises}
    rows = session.execute(select(IdeaFile, IdeaVersion, Idea).join(IdeaVersion, IdeaFile.version_id == IdeaVersion.id).join(Idea))
    for file, version, idea in rows:
        assert file.blob is not None
        ref = file_ref(idea.organisation_id, idea.id, version.id, file.position, file.blob)
        assert ctx.blobs.open(ref, ctx.keys.get(idea.key_id)).read() == sent[idea.id]
