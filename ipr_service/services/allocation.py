"""Splits: compute one from what stands in a collaboration, look at those proposed and accepted, prove a stored one again.

``rights.allocation`` computes and ``rights.explanation`` gives the reasons; here ids become names for the reader. How a split is proposed,
accepted and frozen stands in ``proposing``. :func:`accepted_split` is what agreements are drafted from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, DamageError, NotFoundError
from ipr_service.evidence import statements
from ipr_service.evidence.commitment import Manifest
from ipr_service.evidence.digest import to_base64
from ipr_service.rights import explanation, policies, replay
from ipr_service.rights.allocation import Allocation, derives
from ipr_service.rights.explanation import Sentence
from ipr_service.rights.replay import Check, Report
from ipr_service.services import access, collaboration
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import entry_of, opened
from ipr_service.services.languages import say
from ipr_service.services.shares import Propose, compute, gather, made_of, names, said, share_lines
from ipr_service.services.split_details import Answer as Answer
from ipr_service.services.split_details import Kept as Kept
from ipr_service.services.split_details import Neighbour as Neighbour
from ipr_service.services.split_details import Preview as Preview
from ipr_service.services.split_details import SplitDetails as SplitDetails
from ipr_service.store.schema import Collaboration, CollaborationParty, Person, Split, SplitAcceptance


def preview(ctx: Context, actor: Actor, collaboration_id: str, order: Propose, language: str = "en") -> Preview:
    """What a proposal would give now, and what would change against the last split; nothing is stored.

    Raises:
        NotFoundError: see ``access``. InputError, RefusedError: as :func:`compute`.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return previewed(ctx, session, collaboration_id, compute(ctx, session, collaboration_id, order), language)


def previewed(ctx: Context, session: Session, collaboration_id: str, run: Allocation, language: str) -> Preview:
    """A run for a reader, beside the last split. The caller has asked ``access``."""
    named = names(ctx, session, collaboration_id)
    who = collaboration.parties(ctx, session, collaboration_id)
    query = select(Split).where(Split.collaboration_id == collaboration_id).order_by(Split.number.desc()).limit(1)
    last = session.scalars(query).one_or_none()
    shares = share_lines(run, who, named, language)
    if last is None:
        return Preview(shares, run)
    before = run_of(frozen_record(ctx, session, last))
    compared = explanation.compare(before, run)
    eventful = {before.policy.reference, run.policy.reference} & set(policies.EVENTS)
    causes = compared.causes if not eventful else ()  # of an event the rule itself is the cause; contributions play no part in it
    return Preview(shares, run, compared.changes, tuple(said(cause, named, language) for cause in causes))


def asked_of(record: str) -> tuple[str, ...]:
    """Ids of the parties that a frozen record asks to accept."""
    return tuple(json.loads(record)["signed_by"])


def frozen_record(ctx: Context, session: Session, row: Split) -> str:
    """The record as it stands once every party has accepted, verbatim."""
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    return ctx.open(key_id, "split.record", row.record_sealed).decode()


def run_of(record: str) -> Allocation:
    """The run of a stored record."""
    run = replay.replay(record).allocation
    if run is None:
        raise ValueError("a stored record cannot be read again")
    return run


def parties_of(ctx: Context, session: Session, row: Split) -> list[dict[str, str]]:
    """``id``, ``identity``, ``name``, ``part`` of the parties of a split as they were logged, in the order of the ids."""
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    found: list[dict[str, str]] = json.loads(ctx.open(key_id, "split.parties", row.parties_sealed))
    return found


def expected_statements(ctx: Context, session: Session, row: Split) -> list[statements.Statement]:
    """What the entry of a split must say, from its row alone: for the audit.

    Raises:
        DamageError: the row's own policy or digest is not that of its record.
    """
    frozen = frozen_record(ctx, session, row)
    run = run_of(frozen)
    if (run.policy.reference, run.digest) != (row.policy, row.run_digest):
        raise DamageError(N_("Policy or digest of this split is not that of its record."))
    return split_statements(frozen, parties_of(ctx, session, row))


def expected_acceptance(ctx: Context, session: Session, row: SplitAcceptance) -> list[statements.Statement]:
    """What the entry of an acceptance must say, from its row: for the audit. Nothing for a decline, which is not logged."""
    if not row.accepted:
        return []
    split = session.get_one(Split, row.split_id)
    identity = next(one["identity"] for one in parties_of(ctx, session, split) if one["id"] == row.party_id)
    return acceptance_statements(split.commitment, identity, session.get_one(Person, row.person_id).email, row.at)


def acceptance_statements(split: bytes, identity: str, email: str, at: datetime) -> list[statements.Statement]:
    """What the entry of an acceptance says. ``split``: commitment of the split; ``email``: of the person who accepts."""
    return [statements.acceptance(to_base64(split), identity, f"mailto:{email}", at)]


def split_statements(frozen: str, who: Sequence[Mapping[str, str]]) -> list[statements.Statement]:
    """What the entry of a split says.

    Args:
        frozen: the frozen record, verbatim.
        who: ``id``, ``identity``, ``name``, ``part`` of each party, in the order of the ids.
    """
    run = run_of(frozen)
    shares = [(one["identity"], run.proposed.fractions[one["id"]]) for one in who]
    split = statements.split(run.policy.reference, run.digest.hex(), shares, sha256(frozen.encode()).hexdigest())
    return [split, *(statements.party(one["identity"], one["name"], one["part"]) for one in who)]


def replayed(ctx: Context, session: Session, row: Split) -> Report:
    """Compute a stored split again and compare it with its row and its entry in the log. True when everything holds."""
    record = frozen_record(ctx, session, row)
    report = replay.replay(record)
    run = report.allocation
    same = run is not None and run.digest == row.run_digest and run.policy.reference == row.policy
    entry = opened(ctx, entry_of(session, row.commitment))
    told = [opening.statement for opening in entry.openings.statements]
    before = None if row.follows is None else session.get_one(Split, row.follows).commitment
    chained = Manifest.from_bytes(entry.manifest).previous == before
    held = run is not None and chained and told == split_statements(record, parties_of(ctx, session, row))
    checks = (
        Check("row", same, Sentence(_ROW[0] if same else _ROW[1])),
        Check("log", held, Sentence(_LOG[0] if held else _LOG[1])),
    )
    return Report((*report.checks, *checks), run)


_ROW = (N_("What the parties answer to is this record"), N_("What the parties answer to is another record than this"))
_LOG = (N_("The log holds exactly this split"), N_("The log holds another split"))


def replay_of(ctx: Context, actor: Actor, collaboration_id: str, split_id: str) -> Report:
    """:func:`replayed` for a face.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "collaboration", collaboration_id)
        return replayed(ctx, session, split_row(session, collaboration_id, split_id))


def record_of(ctx: Context, actor: Actor, collaboration_id: str, split_id: str) -> str:
    """The record to download: verbatim as frozen when accepted; before that with the acceptances there are.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "prove", "collaboration", collaboration_id)
        row = split_row(session, collaboration_id, split_id)
        frozen = frozen_record(ctx, session, row)
        return frozen if row.state == "accepted" else replay.record(_standing(frozen, _answers(session, row)))


def _standing(frozen: str, answers: Sequence[SplitAcceptance]) -> Allocation:
    """The run with the acceptances that there are."""
    return replace(run_of(frozen), signed_by=tuple(sorted(one.party_id for one in answers if one.accepted)))


def _answers(session: Session, row: Split) -> Sequence[SplitAcceptance]:
    return session.scalars(select(SplitAcceptance).where(SplitAcceptance.split_id == row.id).order_by(SplitAcceptance.id)).all()


def split_row(session: Session, collaboration_id: str, split_id: str) -> Split:
    """The row of a split of this collaboration. The caller has asked ``access``.

    Raises:
        NotFoundError: no such split here.
    """
    row = session.get(Split, split_id)
    if row is None or row.collaboration_id != collaboration_id:
        raise NotFoundError(N_("There is no such split in this collaboration."))
    return row


def split(ctx: Context, actor: Actor, collaboration_id: str, split_id: str, language: str = "en") -> SplitDetails:
    """One split with shares, reasons and answers.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return _details(ctx, session, split_row(session, collaboration_id, split_id), language)


def splits(
    ctx: Context, actor: Actor, collaboration_id: str, language: str = "en", *, before: str | None = None, count: int = 50
) -> list[SplitDetails]:
    """The splits of a collaboration, newest first.

    Raises:
        NotFoundError: none that the actor may see.
    """
    query = select(Split).where(Split.collaboration_id == collaboration_id).order_by(Split.id.desc()).limit(count)
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        rows = session.scalars(query if before is None else query.where(Split.id < before)).all()
        return [_details(ctx, session, row, language) for row in rows]


def outdated(ctx: Context, actor: Actor, collaboration_id: str, split_id: str) -> bool:
    """Whether parties or contributions have changed since a split was proposed; the split itself stays as it is.

    Raises:
        NotFoundError: none that the actor may see.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        row = split_row(session, collaboration_id, split_id)
        taking_part = {one["id"] for one in parties_of(ctx, session, row)}
        run = run_of(frozen_record(ctx, session, _recorded_by(session, row)))
        who = collaboration.parties(ctx, session, collaboration_id)
        made = made_of(who, collaboration.contribution_lines(ctx, session, collaboration_id))
        found = gather(ctx, session, collaboration_id)
        if derives(run.policy) and (found.unheld is not None or set(found.held) != set(run.background)):
            return True
    weighed = {replace(one, facts=()) for one in run.contributions}  # what a rule asked for besides is said with the proposal
    return set(made) != weighed or {one.id for one in who} != taking_part


def _recorded_by(session: Session, row: Split) -> Split:
    """The split from which an event was computed, through all events: the one that weighed what is recorded."""
    while row.policy in policies.EVENTS and row.follows is not None:
        row = session.get_one(Split, row.follows)
    return row


def accepted_split(ctx: Context, session: Session, collaboration_id: str, language: str = "en") -> SplitDetails | None:
    """The newest split that was accepted by all who were asked, or None. The caller has asked ``access``."""
    query = select(Split).where(Split.collaboration_id == collaboration_id, Split.state == "accepted").order_by(Split.number.desc())
    row = session.scalars(query.limit(1)).one_or_none()
    return None if row is None else _details(ctx, session, row, language)


def _details(ctx: Context, session: Session, row: Split, language: str) -> SplitDetails:
    key_id = session.get_one(Collaboration, row.collaboration_id).key_id
    answers = _answers(session, row)
    frozen = run_of(frozen_record(ctx, session, row))
    run = replace(frozen, signed_by=tuple(sorted(one.party_id for one in answers if one.accepted)))
    who = collaboration.parties(ctx, session, row.collaboration_id, with_left=True)
    named = names(ctx, session, row.collaboration_id)
    given = {one.party_id: _answer(ctx, session, key_id, one, named) for one in answers}
    return SplitDetails(
        id=row.id,
        collaboration_id=row.collaboration_id,
        number=row.number,
        policy=row.policy,
        policy_title=say(language, run.policy.title),
        policy_about=say(language, run.policy.about),
        state=row.state,
        shares=share_lines(run, who, named, language, row.decided_at.date() if row.state == "accepted" and row.decided_at else None),
        answers=tuple(given.get(party, Answer(party, named[party], "awaited")) for party in frozen.signed_by),
        reason=run.negotiated.reason if run.negotiated else None,
        commitment=row.commitment,
        run_digest=row.run_digest,
        proposed_by=named[row.proposed_by],
        created_at=row.created_at,
        decided_at=row.decided_at,
        event=run.policy.id if row.policy in policies.EVENTS else None,
        follows=_neighbour(session.get(Split, row.follows) if row.follows else None),
        followed_by=_neighbour(_next_accepted(session, row)),
        kept=_kept(run, named, language),
    )


def _neighbour(row: Split | None) -> Neighbour | None:
    return None if row is None else Neighbour(row.id, row.number)


def _next_accepted(session: Session, row: Split) -> Split | None:
    """The accepted split that took the place of an accepted one."""
    if row.state != "accepted":
        return None
    later = (Split.collaboration_id == row.collaboration_id, Split.state == "accepted", Split.number > row.number)
    return session.scalars(select(Split).where(*later).order_by(Split.number).limit(1)).one_or_none()


def _kept(run: Allocation, named: Mapping[str, str], language: str) -> tuple[Kept, ...]:
    """What stays its maker's own."""
    return tuple(
        Kept(
            one.contribution,
            named.get(one.contribution, one.contribution),
            one.party,
            named[one.party],
            say(language, one.because),
            one.source,
        )
        for one in run.derivation.asides
        if one.kind == "severable"
    )


def _answer(ctx: Context, session: Session, key_id: str, row: SplitAcceptance, named: Mapping[str, str]) -> Answer:
    person = session.get_one(Person, row.person_id).name
    reason = ctx.open_text(key_id, "split.reason", row.reason_sealed)
    state = "accepted" if row.accepted else "declined"
    return Answer(row.party_id, named[row.party_id], state, person, row.at, reason, row.commitment)


def waiting(ctx: Context, actor: Actor) -> list[tuple[str, str]]:
    """(collaboration id, split id) of every proposal that one of the actor's parties has not answered, newest first."""
    visible = access.visible(actor, "collaboration", "decide")
    query = select(Split).where(Split.state == "proposed", Split.collaboration_id.in_(visible)).order_by(Split.id.desc())
    with ctx.database.reading() as session:
        return [(row.collaboration_id, row.id) for row in session.scalars(query) if awaited_from(ctx, session, actor, row)]


def awaited(ctx: Context, actor: Actor, collaboration_id: str, split_id: str) -> tuple[str, ...]:
    """:func:`awaited_from` for a face.

    Raises:
        NotFoundError: see ``access``.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        return awaited_from(ctx, session, actor, split_row(session, collaboration_id, split_id))


def awaited_from(ctx: Context, session: Session, actor: Actor, row: Split) -> tuple[str, ...]:
    """Ids of the actor's parties that may decide on a proposal and have not answered it."""
    if row.state != "proposed":
        return ()
    own = access.organisations(session, actor, "decide", "collaboration", row.collaboration_id)
    answered = {one.party_id for one in _answers(session, row)}
    mine = (CollaborationParty.collaboration_id == row.collaboration_id, CollaborationParty.organisation_id.in_(own))
    joined = session.scalars(select(CollaborationParty.id).where(*mine, CollaborationParty.state == "joined")).all()
    asked = set(asked_of(frozen_record(ctx, session, row)))
    return tuple(sorted((set(joined) & asked) - answered))
