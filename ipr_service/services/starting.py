"""Before anything is served: is this database still the log that others have seen?

An old backup that is put in its place agrees with itself. Whoever goes on with it signs a second history under the keys of the first, and
every witness and holder of a newer proof can show it. So a start compares the log with what stands outside the database:

1. the key folder's own note of the newest checkpoint, which every worker keeps (:func:`remember`); keys are backed up apart from rows
2. the last export in ``IPR_EXPORT_DIR``, if one is kept
3. every witness that is asked: one that knows more of this log than the database holds, or refuses its proof

Any of them that contradicts ends the start, with what to do. One that cannot be reached holds nobody up; it is asked again each minute, and
what it says then turns readiness red. Rows and key folder rolled back together, without an export and witnesses, agree with each other:
then only whoever kept a checkpoint can tell (``ipr log audit --anchor``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, FormatError, OutsideError, RefusedError, StorageFullError
from ipr_service.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ipr_service.evidence.merkle import EMPTY_ROOT, Frontier
from ipr_service.evidence.tiles import subtree_reader
from ipr_service.evidence.trust import KnownWitness
from ipr_service.evidence.witness import AddCheckpoint
from ipr_service.gateways import durable
from ipr_service.gateways.witness import Knows
from ipr_service.services.checkpoints import newest, read_tile
from ipr_service.services.context import Context
from ipr_service.services.cosigning import ask_now
from ipr_service.store.schema import LogHead

log = structlog.get_logger()
ANCHOR = "newest-checkpoint"
CHECKPOINT = "checkpoint"
PATIENCE = 5.0  # seconds that a start waits for witnesses, all of them side by side

_ROLLED_BACK = N_(
    "This database holds {size} entries, but {place} shows that the log once had {then}: the database was rolled back. Going on would show "
    "two histories of one log. Restore the newest backup of the database; if there is none, begin a new log under another IPR_ORIGIN. "
    "Nothing was changed."
)
_FORKED = N_(
    "The first {then} entries of this database are not those that {place} shows: there are two histories of one log. Find out which of "
    "them others have seen (ipr log audit --anchor FILE), and restore that one. Nothing was changed."
)
_WITNESS = N_(
    "The witness {name} has seen a longer or another history of this log than this database holds. Going on would show two histories of "
    "one log. Restore the newest backup of the database; if there is none, begin a new log under another IPR_ORIGIN. If the witness is "
    "at fault itself, take it out of IPR_WITNESSES."
)
_UNREADABLE = N_("{place} holds no checkpoint of this log ({problem}). Put the right one back, or take the file away if you know why.")


def refuse_fork(ctx: Context) -> None:
    """Compare the log with everything that stands outside of its database.

    Raises:
        DamageError: it is older than, or different from, what was shown before; says which place says so and what to do.
    """
    refuse_old_rows(ctx)
    hurried = replace(ctx, network=replace(ctx.network, way=replace(ctx.network.way, timeout=PATIENCE)))
    for witness in _contradicting(hurried):
        raise DamageError(_WITNESS, name=witness.name)


def refuse_old_rows(ctx: Context) -> None:
    """The part of :func:`refuse_fork` that asks nobody: the key folder's note and the last export.

    Raises:
        DamageError: see there.
    """
    with ctx.database.reading() as session:
        for place in places(ctx):
            _compare(ctx, session, place)


def places(ctx: Context) -> Iterator[Path]:
    """Files outside the database that hold a checkpoint of this log."""
    export = [Path(ctx.settings.export_dir) / CHECKPOINT] if ctx.settings.export_dir else []
    return (path for path in (ctx.settings.keys_dir / ANCHOR, *export) if path.is_file())


def refuse_other_history(ctx: Context, place: Path) -> None:
    """The same comparison with one file; a file that is not there says nothing.

    Raises:
        DamageError: see :func:`refuse_fork`.
    """
    if place.is_file():
        with ctx.database.reading() as session:
            _compare(ctx, session, place)


def _compare(ctx: Context, session: Session, place: Path) -> None:
    name = f"{place.parent.name}/{place.name}"
    try:
        anchor = open_checkpoint(place.read_bytes(), ctx.service_keys.log_keys.vkeys)
    except FormatError as problem:
        raise DamageError(_UNREADABLE, place=name, problem=problem) from problem
    size = session.scalar(select(LogHead.size)) or 0
    if anchor.size > size:
        raise DamageError(_ROLLED_BACK, size=size, place=name, then=anchor.size)
    if Frontier.read(anchor.size, subtree_reader(lambda level, number: read_tile(session, level, number))).root() != anchor.root:
        raise DamageError(_FORKED, place=name, then=anchor.size)


def _contradicting(ctx: Context) -> Iterator[KnownWitness]:
    with ctx.database.reading() as session:
        empty = newest(session) is None
    if not empty:
        yield from (asked.witness for asked in ask_now(ctx) if asked.alarm)
        return
    note = sign_checkpoint(Checkpoint(ctx.settings.origin, 0, EMPTY_ROOT), ctx.service_keys.log_keys)
    for witness in ctx.network.asked:  # an empty database may be a lost one: does anybody know more?
        try:
            answer = ctx.network.ask(witness, AddCheckpoint(0, (), note))
        except (OutsideError, RefusedError) as problem:
            log.warning("witness.failed", witness=witness.name, code=problem.code, size=0)
            continue
        if isinstance(answer, Knows):
            yield witness


def remember(ctx: Context) -> None:
    """Keep the newest checkpoint in the key folder, for the next start; never a smaller one than it holds.

    A folder that may not be written is passed over: the log goes on without this anchor.
    """
    with ctx.database.reading() as session:
        row = newest(session)
    place = ctx.settings.keys_dir / ANCHOR
    try:
        kept = place.read_bytes() if place.is_file() else None
        if row is None or kept == row.note:
            return
        if kept is not None and open_checkpoint(kept, ctx.service_keys.log_keys.vkeys).size > row.size:
            log.error("anchor.ahead_of_log", size=row.size)  # readiness is red, see :func:`refuse_old_rows`
            return
        durable.write_over(place, row.note, tag=ctx.random(8).hex())
    except (OSError, StorageFullError, FormatError) as problem:
        log.warning("anchor.not_kept", error=type(problem).__name__)
