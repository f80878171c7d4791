"""Propose a split, accept it, decline it. What is computed stands in ``shares``, how it is looked at in ``allocation``.

How a split is frozen, so that nothing is ever changed afterwards:

1. *Proposed.* The run is computed from all standing contributions and **logged at once**: an entry of kind ``split`` with one ``split``
   statement and one ``party`` statement for each party. ``inputs_sha256`` is the digest of the run (policy and canonical input: what the
   parties accept), ``run_sha256`` the SHA-256 of the *frozen record*: the text that ``rights.replay`` writes when every party has signed.
   Shares and parties stand in the order of the party ids, as in the record. The record rests encrypted from now on, verbatim.
2. *Accepted by a party.* Each acceptance is an entry of its own, whose statement points at the split's commitment. The last one turns
   the split's state to ``accepted`` in the same transaction: ``awaited`` counts down under a guard, so that of two at the same moment
   both count and exactly one completes.
3. *Frozen* therefore means: the split's entry, and one acceptance entry for each identity in it. Nothing else needs to be logged.

A newer proposal supersedes one that is undecided; one decline ends it. An accepted split holds until a newer one is accepted by every
party; it is itself never changed. Proposing is not accepting: the proposer accepts like everybody else. A decline is kept, not logged.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, RefusedError
from ipr_service.rights import replay
from ipr_service.services import access, collaboration, idempotency
from ipr_service.services.access import Actor
from ipr_service.services.allocation import acceptance_statements, parties_of, split_row, split_statements
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
        frozen = replay.record(replace(run, signed_by=tuple(sorted(one.id for one in people))))
        who = _logged_parties(people)
        made = commit_to(ctx, session, "split", split_statements(frozen, who))
        number = (session.scalar(select(func.max(Split.number)).where(Split.collaboration_id == collaboration_id)) or 0) + 1
    split_id = ctx.new_id()
    values = {
        "id": split_id,
        "collaboration_id": collaboration_id,
        "number": number,
        "policy": run.policy.reference,
        "record_sealed": ctx.seal(row.key_id, "split.record", frozen.encode()),
        "parties_sealed": ctx.seal(row.key_id, "split.parties", json.dumps(who, ensure_ascii=False).encode()),
        "run_digest": run.digest,
        "awaited": len(people),
        "state": "proposed",
        "commitment": made.commitment,
        "proposed_by": proposer.id,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
    }
    steps: tuple[Insert | Update, ...] = (
        changed(row, row.revision),
        supersede(ctx, collaboration_id),
        Insert(Split, (values,)),
        *_tell(ctx, actor, row, people),
        *idempotency.mark(actor, split_id),
    )
    ctx.write(WritePlan(steps, (logged(ctx, made, split_id, row.key_id),)))
    return split_id


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
