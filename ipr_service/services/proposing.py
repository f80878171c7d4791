"""Propose a split, accept it, decline it. What is computed stands in ``shares``, how it is looked at in ``allocation``.

How a split is frozen, so that nothing is ever changed afterwards:

1. *Proposed.* The run is computed from all standing contributions and **logged at once**: an entry of kind ``split`` with one ``split``
   statement and one ``party`` statement for each party. ``inputs_sha256`` is the digest of the run (policy and canonical input: what the
   parties accept), ``run_sha256`` the SHA-256 of the *frozen record*: the text that ``rights.replay`` writes when every party has signed.
   Shares and parties stand in the order of the party ids, as in the record. The record rests encrypted from now on, verbatim.
   Where an accepted split stands already, the entry names its commitment as ``previous``: so the log holds the chain of splits.
2. *Accepted by a party.* Asked is every party; of an event (``succeeding``) every party whose share it changes.
   Each acceptance is an entry of its own, whose statement points at the split's commitment. The last one turns
   the split's state to ``accepted`` in the same transaction: ``awaited`` counts down under a guard, so that of two at the same moment
   both count and exactly one completes.
3. *Frozen* therefore means: the split's entry, and one acceptance entry for each identity that was asked. Nothing else needs to be logged.

A newer proposal supersedes one that is undecided; one decline ends it. An accepted split holds until a newer one is accepted by all who
were asked; it is itself never changed. Proposing is not accepting: the proposer accepts like everybody else. A decline is kept, not logged.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from ipr_service.errors import N_, ConflictError, RefusedError
from ipr_service.rights import replay
from ipr_service.rights.allocation import Allocation
from ipr_service.services import access, collaboration, idempotency, money
from ipr_service.services.access import Actor
from ipr_service.services.allocation import (
    acceptance_statements,
    asked_of,
    frozen_record,
    parties_of,
    split_row,
    split_statements,
)
from ipr_service.services.collaboration import PartyLine
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.joining import acting_party, changed, open_collaboration, supersede
from ipr_service.services.letters import letter
from ipr_service.services.shares import Propose, compute
from ipr_service.services.words import clean_text
from ipr_service.store.schema import Collaboration, CollaborationParty, Person, Split, SplitAcceptance
from ipr_service.store.sequencer import Insert, Receipt, Update, WritePlan

MAX_DECLINE = 1_000
_ANSWERED = N_("Your party has answered this proposal already.")
_OVERTAKEN = N_("Another split was accepted meanwhile. Load the page again and compute this from the one that stands.")
_OVER = N_("This proposal is no longer open: it was decided, or a newer one took its place. Load the page again.")


@dataclass(frozen=True)
class Answered:
    """What became of a split by an answer. ``state``: as in ``SplitDetails``; ``receipt`` is None for a decline."""

    state: str
    receipt: Receipt | None


def propose(ctx: Context, actor: Actor, collaboration_id: str, order: Propose) -> str:
    """Put a split to all parties. Returns its id.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError, RefusedError: as ``shares.compute``; or the collaboration is closed, or has one party only.
        ConflictError: the collaboration changed meanwhile.
    """
    with ctx.database.reading() as session:
        proposer = acting_party(session, actor, "propose", collaboration_id)
        row = open_collaboration(session, collaboration_id)
        people = collaboration.parties(ctx, session, collaboration_id)
        if len(people) < 2:
            raise RefusedError(N_("A split needs at least two parties. Invite the others first."))
        run = compute(ctx, session, collaboration_id, order)
        plan = put(ctx, session, actor, Put(row, proposer, people, replace(run, signed_by=tuple(sorted(one.id for one in people)))))
    ctx.write(plan)
    return plan_id(plan)


@dataclass(frozen=True)
class Put:
    """What is put to the parties.

    Args:
        proposer: the party that proposes.
        people: the parties of the run, in any order.
        run: what they answer to; ``signed_by`` names the parties that are asked.
        follows: the accepted split that it was computed from; None for a split that starts from what is recorded.
    """

    row: Collaboration
    proposer: CollaborationParty
    people: Sequence[PartyLine]
    run: Allocation
    follows: Split | None = None


def put(ctx: Context, session: Session, actor: Actor, order: Put) -> WritePlan:
    """The plan that puts a run to those who are asked. See the module's docstring.

    Raises:
        RefusedError: the record could not be read again.
    """
    row, run = order.row, order.run
    frozen = replay.record(run)
    if not replay.replay(frozen):
        raise RefusedError(N_("These shares cannot be written down so that others compute them again. Use simpler numbers."))
    who = _logged_parties(order.people)
    standing = money.standing_split(session, row.id)
    before = None if standing is None else standing.commitment
    made = commit_to(ctx, session, "split", split_statements(frozen, who), previous=before)
    number = (session.scalar(select(func.max(Split.number)).where(Split.collaboration_id == row.id)) or 0) + 1
    values = {
        "id": ctx.new_id(),
        "collaboration_id": row.id,
        "number": number,
        "policy": run.policy.reference,
        "record_sealed": ctx.seal(row.key_id, "split.record", frozen.encode()),
        "parties_sealed": ctx.seal(row.key_id, "split.parties", json.dumps(who, ensure_ascii=False).encode()),
        "run_digest": run.digest,
        "awaited": len(run.signed_by),
        "state": "proposed",
        "follows": None if standing is None else standing.id,
        "commitment": made.commitment,
        "proposed_by": order.proposer.id,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
    }
    steps: tuple[Insert | Update, ...] = (
        changed(row, row.revision),
        supersede(ctx, row.id),
        *((_still_stands(order.follows),) if order.follows is not None else ()),
        Insert(Split, (values,)),
        *_tell(ctx, actor, row, order.people),
        *idempotency.mark(actor, str(values["id"])),
    )
    return WritePlan(steps, (logged(ctx, made, str(values["id"]), row.key_id),))


def plan_id(plan: WritePlan) -> str:
    """The id of the split that a plan of :func:`put` makes."""
    return str(plan.logged[0].thing_id)


def _still_stands(split: Split) -> Update:
    """The guard that nobody accepted a newer split meanwhile: an event is computed from the one that stands."""
    newer = aliased(Split)
    overtaken = select(newer.id).where(
        newer.collaboration_id == split.collaboration_id, newer.state == "accepted", newer.number > split.number
    )
    still = (Split.id == split.id, Split.state == "accepted", ~overtaken.exists())
    return Update(Split, still, {"state": "accepted"}, otherwise=ConflictError(_OVERTAKEN))


def _logged_parties(people: Sequence[PartyLine]) -> list[dict[str, str]]:
    """The parties as the log will hold them; they may be called otherwise later."""
    ordered = sorted(people, key=lambda one: one.id)
    return [{"id": one.id, "identity": f"mailto:{one.email}", "name": one.label, "part": one.part} for one in ordered]


def _tell(ctx: Context, actor: Actor, row: Collaboration, people: Sequence[PartyLine]) -> list[Insert]:
    """A mail to everybody else who has joined; it names neither the collaboration nor a share."""
    link = f"{ctx.settings.base_url}/collaborations/{row.id}"
    subject = N_("A split waits for your answer")
    text = N_("In one of your collaborations a split was proposed. Look at the shares and the reasons, then accept or decline:")
    others = [one for one in people if one.state == "joined" and one.organisation_id not in actor.roles]
    return [ctx.due("mail", letter(one.email, actor.language, subject, text, "{link}", link=link), thing_id=row.id) for one in others]


def _asked(ctx: Context, session: Session, actor: Actor, collaboration_id: str, split_id: str) -> tuple[Split, CollaborationParty, str]:
    """The proposal, the party that answers it, and how that party is called in statements.

    Raises:
        NotFoundError, ForbiddenError, ConflictError, RefusedError
    """
    party = acting_party(session, actor, "decide", collaboration_id)
    row = split_row(session, collaboration_id, split_id)
    identity = next((one["identity"] for one in parties_of(ctx, session, row) if one["id"] == party.id), None)
    if identity is None:
        raise RefusedError(N_("Your party is not in this proposal. Ask for a new one."))
    if party.id not in asked_of(frozen_record(ctx, session, row)):
        raise RefusedError(N_("This proposal does not change your share, so you are not asked."))
    given = (SplitAcceptance.split_id == row.id, SplitAcceptance.party_id == party.id)
    if session.scalars(select(SplitAcceptance.id).where(*given)).first() is not None:
        raise ConflictError(_ANSWERED)
    if row.state != "proposed":
        raise ConflictError(_OVER)
    return row, party, identity


def accept(ctx: Context, actor: Actor, collaboration_id: str, split_id: str) -> Answered:
    """Accept a split for the actor's party; the last acceptance freezes it. The receipt is given after the commit.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        ConflictError: the party has answered already, or the proposal is no longer open.
    """
    with ctx.database.reading() as session:
        row, party, identity = _asked(ctx, session, actor, collaboration_id, split_id)
        person = session.get_one(Person, access.require_person(actor))
        key_id = session.get_one(Collaboration, collaboration_id).key_id
        now = ctx.now()
        made = commit_to(ctx, session, "split", acceptance_statements(row.commitment, identity, person.email, now))
    values = {
        "id": ctx.new_id(),
        "split_id": row.id,
        "party_id": party.id,
        "person_id": person.id,
        "accepted": True,
        "at": now,
        "commitment": made.commitment,
    }
    still_open = (Split.id == row.id, Split.state == "proposed", Split.awaited > 0)
    steps: tuple[Insert | Update, ...] = (
        Update(Split, still_open, {"awaited": Split.awaited - 1}, otherwise=ConflictError(_OVER)),
        Insert(SplitAcceptance, (values,), taken=ConflictError(_ANSWERED)),
        Update(Split, (Split.id == row.id, Split.awaited == 0), {"state": "accepted", "decided_at": now}, expect=None),
        *idempotency.mark(actor, row.id),
    )
    (receipt,) = ctx.write(WritePlan(steps, (logged(ctx, made, row.id, key_id),)))
    with ctx.database.reading() as session:
        return Answered(split_row(session, collaboration_id, split_id).state, receipt)


def decline(ctx: Context, actor: Actor, collaboration_id: str, split_id: str, reason: str) -> Answered:
    """Decline a split for the actor's party, with a reason that all parties read. The proposal ends.

    Raises:
        NotFoundError, ForbiddenError: see ``access``.
        InputError: no reason, or more than 1,000 characters.
        ConflictError: the party has answered already, or the proposal is no longer open.
    """
    reason = clean_text("/reason", reason, MAX_DECLINE)
    with ctx.database.reading() as session:
        row, party, _identity = _asked(ctx, session, actor, collaboration_id, split_id)
        key_id = session.get_one(Collaboration, collaboration_id).key_id
    values = {
        "id": ctx.new_id(),
        "split_id": row.id,
        "party_id": party.id,
        "person_id": access.require_person(actor),
        "accepted": False,
        "reason_sealed": ctx.seal(key_id, "split.reason", reason.encode()),
        "at": ctx.now(),
    }
    still_open = (Split.id == row.id, Split.state == "proposed")
    steps: tuple[Insert | Update, ...] = (
        Update(Split, still_open, {"state": "declined", "decided_at": ctx.now()}, otherwise=ConflictError(_OVER)),
        Insert(SplitAcceptance, (values,), taken=ConflictError(_ANSWERED)),
        *idempotency.mark(actor, row.id),
    )
    ctx.write(WritePlan(steps))
    return Answered("declined", None)
