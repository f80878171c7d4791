"""Time for the log: the service's own RFC 3161 answers, and tokens of authorities over checkpoints.

One token serves every entry of its checkpoint: the newest checkpoint that has no token yet is stamped, not each entry, and no authority is
asked more often than the settings say. A dead authority never blocks anybody; it is asked again later, and what is missing is said on the
pages that show proofs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlalchemy import func, select

from ipr_service.errors import N_, ConflictError, NotFoundError, UnavailableError
from ipr_service.evidence.tsp import refuse, respond
from ipr_service.gateways.tsa import Authority
from ipr_service.gateways.tsa_round import Asked, Patience, ask_all
from ipr_service.services.context import Context
from ipr_service.services.entries import note_body
from ipr_service.services.proving import new_serial
from ipr_service.store.schema import LogCheckpoint, LogToken, TimeAuthority
from ipr_service.store.sequencer import log_time

log = structlog.get_logger()
PATIENCE = Patience()
OWN_INTERVAL = timedelta(minutes=1)  # the own clock costs nothing but a row
FIRST_WAIT = timedelta(minutes=1)  # after one failure; twice as long after each further one
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True)
class Coverage:
    """How far one authority's tokens reach: entries below ``size`` are covered."""

    authority: str
    independent: bool
    size: int


def answer(ctx: Context, query: bytes) -> bytes:
    """A TimeStampResp of the service's own clock to any TimeStampReq (RFC 3161 section 2.4): granted, or a rejection that says why.

    While the clock is behind the log the answer is the rejection timeNotAvailable: no earlier time is ever issued.
    """
    try:
        now = log_time(ctx.database, ctx.clock)
    except UnavailableError as problem:
        return refuse("time_not_available", str(problem))
    return respond(query, ctx.service_keys.clock, now, new_serial(ctx))


def coverage(ctx: Context) -> tuple[Coverage, ...]:
    """How far the tokens of each configured authority reach."""
    with ctx.database.reading() as session:
        rows = session.execute(select(LogToken.authority, func.max(LogToken.checkpoint_size)).group_by(LogToken.authority))
        reach: dict[str, int] = {row[0]: row[1] for row in rows}
    return tuple(Coverage(one.name, one.independent, reach.get(one.name, 0)) for one in ctx.authorities)


@dataclass(frozen=True)
class Stamps:
    """The tokens over the checkpoint of ``size`` entries, independent ones first; ``signed_at`` by the service's own clock, aware UTC."""

    size: int
    signed_at: datetime
    tokens: tuple[LogToken, ...]


def stamps(ctx: Context, size: int) -> Stamps:
    """The tokens over one checkpoint; public, because a token tells no more than its checkpoint.

    Raises:
        NotFoundError: the log signed no checkpoint of this size.
    """
    with ctx.database.reading() as session:
        checkpoint = session.get(LogCheckpoint, size)
        if checkpoint is None:
            raise NotFoundError(N_("The log signed no checkpoint of this size."))
        rows = select(LogToken).where(LogToken.checkpoint_size == size).order_by(LogToken.independent.desc(), LogToken.id)
        return Stamps(size, checkpoint.created_at, tuple(session.scalars(rows)))


def stamp_newest(ctx: Context, patience: Patience = PATIENCE) -> int:
    """Ask every authority that is due for a token over the newest checkpoint, all at once.

    An authority is due when the newest checkpoint has no token of it, and :attr:`Settings.tsa_interval` has passed since it was last asked:
    so the tokens of a day do not depend on how much is registered. One that fails is asked again later and later, up to
    :data:`LONGEST_WAIT`; the others are not held up.

    Returns:
        how many tokens were obtained.
    """
    with ctx.database.reading() as session:
        newest = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()
    if newest is None:
        return 0
    reached = {one.authority: one.size for one in coverage(ctx)}
    due = [authority for authority in ctx.authorities if reached[authority.name] < newest.size and _claim(ctx, authority)]
    asked = ask_all(due, sha256(note_body(newest.note)).digest(), ctx.random, patience)
    return sum(_keep(ctx, one, newest) for one in asked)


def _claim(ctx: Context, authority: Authority) -> bool:
    """Take the right to ask, before asking. A crash right after costs one interval and no token: the next look asks again."""
    now = ctx.now()
    wait = timedelta(seconds=ctx.settings.tsa_interval) if authority.independent else OWN_INTERVAL
    try:
        with ctx.database.writing() as session:
            row = session.get(TimeAuthority, authority.name, with_for_update=True)
            if row is None:
                session.add(TimeAuthority(name=authority.name, next_at=now + wait, failures=0))
                return True
            if row.next_at > now:
                return False
            row.next_at = now + wait
            return True
    except ConflictError:  # another worker took it, for the first time ever
        return False


def _keep(ctx: Context, asked: Asked, checkpoint: LogCheckpoint) -> bool:
    """Store a token verbatim with its chain and revocation data, or when to ask again."""
    name, now = asked.authority.name, ctx.now()
    with ctx.database.writing() as session:
        state = session.get_one(TimeAuthority, name)
        if asked.stamped is None:
            code = "no-answer" if asked.failure is None else asked.failure.code
            state.failures += 1
            state.last_error = code
            state.next_at = now + min(FIRST_WAIT * 2 ** min(state.failures - 1, 20), LONGEST_WAIT)
            log.warning("token.failed", authority=name, code=code, size=checkpoint.size, attempts=asked.attempts)
            return False
        state.failures, state.last_error, state.answered_at = 0, None, now
        stamped = asked.stamped
        row = LogToken(
            id=ctx.new_id(),
            checkpoint_size=checkpoint.size,
            authority=name,
            independent=asked.authority.independent,
            query=stamped.query,
            reply=stamped.reply,
            chain=stamped.chain_pem,
            crls=stamped.crls,
            ocsps=stamped.ocsps,
            obtained_at=stamped.gen_time,
            ends_at=stamped.ends_at,
        )
        session.add(row)
    return True


@dataclass(frozen=True)
class AuthorityState:
    """How an authority of the settings does, for the operator.

    Args:
        size: entries below it are covered by one of its tokens.
        failures: askings in a row that gave no token; ``last_error`` is the last one's stable code.
        answered_at, next_at: aware UTC, None when it was never asked.
    """

    name: str
    independent: bool
    size: int
    failures: int
    last_error: str | None
    answered_at: datetime | None
    next_at: datetime | None


def states(ctx: Context) -> tuple[AuthorityState, ...]:
    """The authorities of the settings, in their order."""
    reach = {one.authority: one.size for one in coverage(ctx)}
    with ctx.database.reading() as session:
        rows = {row.name: row for row in session.scalars(select(TimeAuthority))}
    made = []
    for one in ctx.authorities:
        row = rows.get(one.name)
        asked = (0, None, None, None) if row is None else (row.failures, row.last_error, row.answered_at, row.next_at)
        made.append(AuthorityState(one.name, one.independent, reach[one.name], *asked))
    return tuple(made)
