"""The NDA of a disclosure: drafted from what the data answers, sent to be signed when no question is open.

It names what is shown by commitment, log, index and date; a title never reaches it. One side shows, the other keeps it secret
(``nda-one-way``); both sign, in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, FieldProblem, InputError
from ipr_service.evidence.digest import to_base64
from ipr_service.services import drafting, prefilling, signing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafting import CreateAgreement
from ipr_service.services.languages import say
from ipr_service.services.prefilling import NamedSignatory
from ipr_service.services.viewing import DISCLOSER, NDA, RECIPIENT
from ipr_service.store.schema import Idea, IdeaVersion, LogEntry, Organisation, Person

_TITLE = N_("Confidentiality agreement, {label}")
_PARTIES = {"0": DISCLOSER, "1": RECIPIENT}


@dataclass(frozen=True)
class Recipient:
    """The person who will look, and for whom; an empty ``organisation`` means for herself."""

    name: str
    email: str
    organisation: str


def draft(
    ctx: Context,
    session: Session,
    owner: Person,
    idea: Idea,
    versions: Sequence[IdeaVersion],
    recipient: Recipient,
    language: str,
    purpose: str,
    terms: Mapping[str, Any],
) -> CreateAgreement:
    """What to draft. The caller has asked ``access``.

    Args:
        versions: of which something is shown; the NDA lists them.
        terms: further answers by question; ``discloser`` and ``recipient`` complete what is known of the parties.
    """
    signatory = NamedSignatory(RECIPIENT, recipient.name, recipient.email, recipient.organisation)
    organisation = session.get_one(Organisation, idea.organisation_id)
    own = prefilling.own_party(session, DISCLOSER, organisation, owner) | _given(terms.get(DISCLOSER))
    other = prefilling.named_party(signatory) | _given(terms.get(RECIPIENT))
    answers = {name: value for name, value in terms.items() if name not in (DISCLOSER, RECIPIENT) and value not in (None, "")}
    answers |= {"proofs": _proofs(session, versions, ctx.settings.origin), "parties": [own, other]}
    if purpose:
        answers["purpose"] = purpose
    known = language if language in ctx.catalogue.kind(NDA).languages else "en"
    return CreateAgreement(NDA, known, say(language, _TITLE).format(label=idea.label), idea.id, answers=answers, signatories=(signatory,))


def _given(facts: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(facts or {}).items() if value not in (None, "")}


def _proofs(session: Session, versions: Sequence[IdeaVersion], origin: str) -> list[dict[str, Any]]:
    commitments = [version.commitment for version in versions]
    entries = session.scalars(select(LogEntry).where(LogEntry.commitment.in_(commitments)).order_by(LogEntry.index))
    return [
        {"commitment": to_base64(one.commitment), "log": origin, "index": one.index, "logged_on": one.created_at.date().isoformat()}
        for one in entries
    ]


def create(ctx: Context, actor: Actor, organisation_id: str, order: CreateAgreement) -> tuple[str, tuple[str, ...]]:
    """Draft the NDA in the name of the idea's owner, and finalise its text when nothing is open.

    Returns:
        its id, and the pointers of what is still open.

    Raises:
        InputError: at the fields of the offer.
    """
    who = _for(actor, organisation_id)
    try:
        agreement_id = drafting.create(ctx, who, order)
    except InputError as problem:
        raise InputError(problem.msgid, problems=[_here(one) for one in problem.problems], **problem.values) from problem
    try:
        drafting.finalise(ctx, who, agreement_id)
    except InputError as problem:
        return agreement_id, tuple(_here(one).pointer for one in problem.problems)
    return agreement_id, ()


def send(ctx: Context, actor: Actor, organisation_id: str, agreement_id: str) -> None:
    """Send a finalised NDA to both signatories."""
    signing.send(ctx, _for(actor, organisation_id), agreement_id, "parallel")


def _for(actor: Actor, organisation_id: str) -> Actor:
    """The same person acting for the idea's owner; the request's key belongs to the offer as a whole."""
    return replace(actor, organisation_id=organisation_id, request_key=None)


def _here(problem: FieldProblem) -> FieldProblem:
    """A problem of the agreement at the field of the offer: ``/parties/1/seat`` is ``/recipient/seat``."""
    parts = problem.pointer.split("/")
    if parts[1:2] == ["parties"] and len(parts) > 3:
        parts = ["", _PARTIES.get(parts[2], parts[2]), *parts[3:]]
    return FieldProblem("/".join(parts), problem.msgid, problem.values)
