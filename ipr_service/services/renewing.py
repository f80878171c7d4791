"""Renew what would end: before an authority's certificates or an algorithm run out, a new token over every proof that rests on them.

A round takes all proofs that are due, lists each member of each bundle with its SHA-512, builds one tree over the lists, asks one
independent authority for one token over its root, and keeps each bundle with its list and its path (``evidence.renewal``). The token costs
the same for one proof or for a million; a round is logged as one entry of kind ``renewal``. Every independent authority of the settings
makes its own round, each over what the one before it left.

What the service cannot open it cannot renew: hash-only registrations, and what was erased. There the holder renews: ``ipr renew BUNDLE``.
A token of the own clock is never renewed, nor renews: it adds no time to begin with.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import DamageError, NotFoundError
from ipr_service.evidence import bundle, renewal, statements
from ipr_service.evidence.bundle import OpenedBundle, RenewalPart, TokenPart, asic_manifest
from ipr_service.evidence.renewal import Listing, Step
from ipr_service.evidence.statements import Statement
from ipr_service.gateways.tsa import Authority, Stamped
from ipr_service.gateways.tsa_round import Patience, ask_all
from ipr_service.services import proving, renewed
from ipr_service.services.access import Actor, require_operator
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.store.schema import Idea, IdeaFile, IdeaVersion, LogEntry, LogToken, Renewal, RenewedBundle
from ipr_service.store.sequencer import Insert, WritePlan

log = structlog.get_logger()
LARGEST_ROUND = 10_000  # versions under one token; what is left comes the next day
PATIENCE = Patience()


@dataclass(frozen=True)
class Due:
    """A proof that ends soon.

    Args:
        version_id, idea_id, number: which version.
        index: of its entry in the log.
        ends_at: aware UTC, when the first certificate or algorithm ends on which its newest token rests.
        renewals: how many it carries.
        by: ``service``, or ``holder`` when the service cannot open it.
    """

    version_id: str
    idea_id: str
    number: int
    index: int
    ends_at: datetime
    renewals: int
    by: str


@dataclass(frozen=True)
class Round:
    """What one authority renewed: ``bundles`` under one token that ends at ``ends_at``; or why nothing was, as a stable word."""

    authority: str
    bundles: int
    ends_at: datetime | None = None
    problem: str | None = None


def due(ctx: Context, within: timedelta | None = None) -> tuple[Due, ...]:
    """What ends within ``within`` from now (default: the settings), soonest first. What was erased is gone and is not listed."""
    limit = ctx.now() + (within if within is not None else timedelta(days=ctx.settings.renew_days))
    with ctx.database.reading() as session:
        found = [*_first(session, limit), *_again(session, limit)]
    return tuple(sorted(found, key=lambda one: (one.ends_at, one.index)))


def listed(ctx: Context, actor: Actor) -> tuple[Due, ...]:
    """What is due, for the operator's page.

    Raises:
        NotFoundError: the actor is not the operator.
    """
    require_operator(actor)
    return due(ctx)


def _first(session: Session, limit: datetime) -> Iterator[Due]:
    """Versions never renewed whose oldest independent tokens end: entries below a checkpoint's size, from the one before it on."""
    ends = select(LogToken.checkpoint_size, func.min(LogToken.ends_at)).where(LogToken.independent.is_(True))
    rows = session.execute(ends.group_by(LogToken.checkpoint_size).order_by(LogToken.checkpoint_size)).all()
    below = 0
    for size, ends_at in rows:
        if ends_at <= limit:
            covered = (LogEntry.index >= below, LogEntry.index < size)
            never = IdeaVersion.id.not_in(select(RenewedBundle.version_id))
            yield from (_due(*row, ends_at, 0) for row in _versions(session, *covered, never))
        below = size


def _again(session: Session, limit: datetime) -> Iterator[Due]:
    """Versions whose renewals all end."""
    ends = (
        select(RenewedBundle.version_id, func.max(Renewal.ends_at).label("ends_at"), func.max(RenewedBundle.number).label("number"))
        .join(Renewal, Renewal.id == RenewedBundle.renewal_id)
        .group_by(RenewedBundle.version_id)
        .having(func.max(Renewal.ends_at) <= limit)
    )
    states = {row.version_id: row for row in session.execute(ends)}
    for version, idea, index in _versions(session, IdeaVersion.id.in_(states)) if states else ():
        yield _due(version, idea, index, states[version.id].ends_at, states[version.id].number)


def _versions(session: Session, *where: Any) -> Iterator[tuple[IdeaVersion, Idea, int]]:
    query = (
        select(IdeaVersion, Idea, LogEntry.index)
        .join(Idea, Idea.id == IdeaVersion.idea_id)
        .join(LogEntry, LogEntry.commitment == IdeaVersion.commitment)
        .where(Idea.state != "erased", *where)
    )
    return ((row[0], row[1], row[2]) for row in session.execute(query.order_by(LogEntry.index)))


def _due(version: IdeaVersion, idea: Idea, index: int, ends_at: datetime, renewals: int) -> Due:
    return Due(version.id, idea.id, version.number, index, ends_at, renewals, "holder" if version.hash_only else "service")


def renew_due(ctx: Context, within: timedelta | None = None, patience: Patience = PATIENCE) -> tuple[Round, ...]:
    """Renew what is due, one round for each independent authority.

    Returns:
        one round for each authority that was asked; nothing when nothing is due for the service.
    """
    wanted = [one for one in due(ctx, within) if one.by == "service"][:LARGEST_ROUND]
    independent = [authority for authority in ctx.authorities if authority.independent]
    if wanted and not independent:
        log.warning("renewal.no_authority", due=len(wanted))
    return tuple(_round(ctx, authority, wanted, patience) for authority in independent) if wanted else ()


@dataclass(frozen=True)
class _Leaf:
    """One bundle of a round, by what it takes to make its bytes again."""

    version_id: str
    whole: bool
    text: bytes


def _round(ctx: Context, authority: Authority, wanted: Sequence[Due], patience: Patience) -> Round:
    leaves = [leaf for one in wanted for leaf in _leaves(ctx, one.version_id)]
    if not leaves:
        return Round(authority.name, 0, problem="nothing-opens")
    root, paths = renewal.tree([Listing(leaf.text).leaf for leaf in leaves])
    (asked,) = ask_all([authority], root, ctx.random, patience)
    if asked.stamped is None:
        problem = "no-answer" if asked.failure is None else asked.failure.code
        log.warning("renewal.failed", authority=authority.name, code=problem, due=len(wanted))
        return Round(authority.name, 0, problem=problem)
    if asked.stamped.ends_at <= min(one.ends_at for one in wanted):
        log.warning("renewal.ends_too_soon", authority=authority.name, due=len(wanted))
        return Round(authority.name, 0, asked.stamped.ends_at, "ends-too-soon")
    return _write(ctx, asked.stamped, root, leaves, paths)


def _leaves(ctx: Context, version_id: str) -> Iterator[_Leaf]:
    """The lists of a version's bundles; none when it was erased meanwhile or does not open."""
    try:
        for whole in _variants(ctx, version_id):
            yield _Leaf(version_id, whole, renewal.listing_of(_base(ctx, version_id, whole)))
    except (NotFoundError, DamageError) as problem:
        log.warning("renewal.unopened", version=version_id, code=problem.code)


def _variants(ctx: Context, version_id: str) -> tuple[bool, ...]:
    with ctx.database.reading() as session:
        kept = session.scalar(select(func.count()).where(IdeaFile.version_id == version_id, IdeaFile.blob.is_not(None)))
    return (False, True) if kept else (False,)


def _base(ctx: Context, version_id: str, whole: bool) -> OpenedBundle:
    """The bundle to renew, without its originals: as it was last renewed, else made now. The same rows give the same bytes."""
    with ctx.database.reading() as session:
        version = session.get_one(IdeaVersion, version_id)
        kept = renewed.newest(session, version_id, whole)
        if kept is not None:
            return renewed.open_kept(ctx, session.get_one(Idea, version.idea_id), version, kept)
        proven = proving.load(ctx, session, version.idea_id, version.number)
    if proven.opened is None:
        raise NotFoundError("hash-only")
    language = version.language if version.language in ctx.settings.languages else ctx.settings.languages[0]
    parts = proving.bundle_parts(ctx, proven, proven.opened, language, with_files=whole)
    out = io.BytesIO()
    bundle.write_bare(out, parts, proving.container_token(ctx, asic_manifest(parts)))
    return bundle.read(io.BytesIO(out.getvalue()))


def _write(ctx: Context, stamped: Stamped, root: bytes, leaves: Sequence[_Leaf], paths: Sequence[tuple[Step, ...]]) -> Round:
    """Keep the renewed bundles, then all rows and the entry at once. A crash before that leaves blobs that no row names: swept later."""
    renewal_id, key_id = ctx.new_id(), ctx.new_id()
    token = TokenPart(stamped.query, stamped.reply, stamped.chain_pem.encode(), stamped.crls, stamped.ocsps)
    rows = []
    for leaf, path in zip(leaves, paths, strict=True):
        row = _keep(ctx, leaf, RenewalPart(Listing(leaf.text, path).to_bytes(), token))
        if row is not None:
            rows.append({**row, "renewal_id": renewal_id})
    if not rows:
        return Round(stamped.authority, 0, stamped.ends_at, "nothing-opens")
    ctx.keys.create(key_id)
    with ctx.database.reading() as session:
        made = commit_to(ctx, session, "renewal", [_statement(root, len(leaves), stamped.authority, stamped.reply, stamped.gen_time)])
    round_row = {
        "id": renewal_id,
        "root": root,
        "bundles": len(leaves),
        "authority": stamped.authority,
        "query": stamped.query,
        "reply": stamped.reply,
        "chain": stamped.chain_pem,
        "crls": stamped.crls,
        "ocsps": stamped.ocsps,
        "obtained_at": stamped.gen_time,
        "ends_at": stamped.ends_at,
        "key_id": key_id,
        "commitment": made.commitment,
    }
    steps = (Insert(Renewal, (round_row,)), Insert(RenewedBundle, tuple(rows)))
    ctx.write(WritePlan(steps, (logged(ctx, made, renewal_id, key_id),)))
    log.info("renewal.made", authority=stamped.authority, bundles=len(rows))
    return Round(stamped.authority, len(rows), stamped.ends_at)


def _keep(ctx: Context, leaf: _Leaf, part: RenewalPart) -> dict[str, Any] | None:
    """Store one renewed bundle; None when it was erased while the authority was asked."""
    try:
        opened = _base(ctx, leaf.version_id, leaf.whole)
        if renewal.listing_of(opened) != leaf.text:
            log.warning("renewal.changed", version=leaf.version_id)  # a token came in between: it is renewed the next time
            return None
        number, out = renewal.next_number(opened), io.BytesIO()
        renewal.write_renewed(out, opened, part)
        with ctx.database.reading() as session:
            version = session.get_one(IdeaVersion, leaf.version_id)
            key = ctx.keys.get(session.get_one(Idea, version.idea_id).key_id)
        blob = ctx.new_id()
        ctx.blobs.put(renewed.ref(version, leaf.whole, number, blob), key, out.getvalue())
    except NotFoundError:
        return None
    return {"id": ctx.new_id(), "version_id": leaf.version_id, "whole": leaf.whole, "number": number, "blob": blob}


def _statement(root: bytes, bundles: int, authority: str, reply: bytes, time: datetime) -> dict[str, Any]:
    return statements.renewal(root.hex(), bundles, authority, sha256(reply).hexdigest(), time)


def expected_statements(_session: Session, row: Renewal) -> list[Statement]:
    """What the entry of a round says; for ``ipr log audit``."""
    return [_statement(row.root, row.bundles, row.authority, row.reply, row.obtained_at)]
