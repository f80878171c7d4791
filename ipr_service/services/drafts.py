"""What a draft is made of: the order cleaned, what the data answers, and the rows of agreement, participants and signatories.

Nothing is written here; ``drafting`` does that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from ipr_service.agreements import interview
from ipr_service.agreements.kinds import Kind
from ipr_service.agreements.lifecycle import State
from ipr_service.errors import N_, FieldProblem, InputError, RefusedError, StaleError
from ipr_service.services import access, prefilling
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.prefilling import NamedSignatory
from ipr_service.services.words import clean_choice, clean_email, clean_line, collecting, fold_email
from ipr_service.store.schema import Agreement, Organisation, Participant, Person, Split
from ipr_service.store.sequencer import Insert, Update

MAX_TITLE, MAX_NAME, MAX_CAPACITY, MAX_SIGNATORIES = 200, 200, 80, 20
EDITABLE = frozenset({State.DRAFTING, State.NEGOTIATING})
STALE = N_("Somebody changed this agreement since you last saw it. Load the page again.")
_ACCEPTED = frozenset({"collaboration.split", "collaboration.rule", "collaboration.split_commitment"})
_DIVIDE_ANEW = N_("All parties accepted this, and it stands in the log. To divide anew, propose another split, then draft again.")
_CLOSED = N_("This agreement is {state}. Its text cannot be changed any more.")
TITLE, ANSWERS = "agreement.title", "agreement.answers"


@dataclass(frozen=True)
class CreateAgreement:
    """What to draft.

    Args:
        kind: id of a kind of the catalogue, ``nda-one-way``.
        language: of the text, ISO 639-1.
        title: for lists, 1 to 200 characters; only the own side sees it.
        idea_id: what an NDA is about; its registered versions become the list of items.
        collaboration_id, split_id: what a co-development agreement rests on.
        answers: by question id, in stored or spoken form; they win over what the data gives.
        signatories: who signs; whoever acts signs for the own side unless somebody else is named for its role.
    """

    kind: str
    language: str
    title: str
    idea_id: str | None = None
    collaboration_id: str | None = None
    split_id: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    signatories: tuple[NamedSignatory, ...] = ()


@dataclass(frozen=True)
class Answers:
    """What is answered: by the data, and by people. ``merged`` is what counts."""

    data: Mapping[str, Any]
    given: Mapping[str, Any]

    @property
    def merged(self) -> dict[str, Any]:
        return {**self.data, **self.given}

    def to_bytes(self) -> bytes:
        return json.dumps({"data": self.data, "given": self.given}, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Answers:
        return cls(**json.loads(data))


def kind_of(ctx: Context, kind_id: str, language: str) -> Kind:
    """The newest version of a kind.

    Raises:
        InputError: no such kind, or not in this language.
    """
    name = clean_choice("/kind", kind_id, ctx.catalogue.names())
    kind = ctx.catalogue.kind(name)
    clean_choice("/language", language, kind.languages)
    return kind


def clean(kind: Kind, order: CreateAgreement) -> CreateAgreement:
    with collecting() as check:
        title = check(clean_line, "/title", order.title, MAX_TITLE)
        signatories = check(clean_signatories, kind, order.signatories)
    ids = (order.idea_id, order.collaboration_id, order.split_id)
    return CreateAgreement(order.kind, order.language, title, *ids, dict(order.answers), signatories)


def clean_signatories(kind: Kind, named: Sequence[NamedSignatory]) -> tuple[NamedSignatory, ...]:
    """Signatories with clean names and addresses and a role of the kind.

    Raises:
        InputError: each field that is refused, at ``/signatories/0/email``.
    """
    if len(named) > MAX_SIGNATORIES:
        raise InputError.at("/signatories", N_("At most {limit} people sign one agreement."), limit=MAX_SIGNATORIES)
    roles = tuple(role.id for role in kind.roles)
    with collecting() as check:
        cleaned = tuple(
            NamedSignatory(
                role=check(clean_choice, f"/signatories/{at}/role", one.role, roles),
                name=check(clean_line, f"/signatories/{at}/name", one.name, MAX_NAME),
                email=check(clean_email, f"/signatories/{at}/email", one.email),
                organisation_name=check(
                    clean_line, f"/signatories/{at}/organisation_name", one.organisation_name, MAX_NAME, required=False
                ),
                capacity=check(clean_line, f"/signatories/{at}/capacity", one.capacity, MAX_CAPACITY, required=False),
            )
            for at, one in enumerate(named)
        )
    folded = [fold_email(one.email) for one in cleaned]
    for at, email in enumerate(folded):
        if email in folded[:at]:
            said = N_("This address stands twice. Each person signs once; name another address.")
            raise InputError.at(f"/signatories/{at}/email", said)
    return cleaned


def require_sources(session: Session, actor: Actor, order: CreateAgreement) -> None:
    if order.idea_id is not None:
        access.require(session, actor, "show", "idea", order.idea_id)
    if order.collaboration_id is not None:
        access.require(session, actor, "draft", "collaboration", order.collaboration_id)
    if order.split_id is not None:
        split = session.get(Split, order.split_id)
        if split is None or split.collaboration_id != order.collaboration_id or split.state != "accepted":
            raise InputError.at("/split_id", N_("This is no accepted split of this collaboration."))


def prepare(ctx: Context, session: Session, actor: Actor, kind: Kind, order: CreateAgreement) -> tuple[Answers, tuple[NamedSignatory, ...]]:
    """Prefilled answers, and the signatories with the own one added."""
    organisation = session.get_one(Organisation, actor.organisation_id)
    person = session.get_one(Person, access.require_person(actor))
    data: dict[str, Any] = {"organisation": {"name": organisation.name, "country": organisation.country}}
    if order.idea_id is not None:
        proofs = prefilling.proof_lines(ctx, session, order.idea_id)
        data |= {"disclosure": {"items": proofs}, "participant": {"contributions": proofs}}
    if order.collaboration_id is not None:
        data["collaboration"] = prefilling.collaboration_data(ctx, session, order.collaboration_id, order.language)
    signatories = order.signatories
    if order.collaboration_id is not None and kind.roles[0].maximum > 1:
        lines = prefilling.joined_parties(ctx, session, order.collaboration_id)
        parties = [prefilling.party_of_line(session, kind.roles[0].id, line) for line in lines]
        signatories = signatories or tuple(
            NamedSignatory(kind.roles[0].id, str(party.get("rep", line.name)), line.email, str(party["name"]) if "rep" in party else "")
            for party, line in zip(parties, lines, strict=True)
        )
    else:
        own = kind.roles[0].id
        if all(one.role != own for one in signatories):
            name = "" if organisation.kind == "personal" else organisation.name
            signatories = (NamedSignatory(own, person.name, person.email, name), *signatories)
        others = [prefilling.named_party(one) for one in signatories if one.role != own]
        parties = [prefilling.own_party(session, own, organisation, person), *others]
        data |= _event(data, signatories, own)
    answers = Answers(prefilling.answers(kind, data, parties), dict(order.answers))
    return answers, tuple(clean_signatories(kind, signatories))


def _event(data: Mapping[str, Any], signatories: Sequence[NamedSignatory], own: str) -> dict[str, Any]:
    """For terms of a participant: her name for the credit line, and the collaboration as the task."""
    other = next((one for one in signatories if one.role != own), None)
    found: dict[str, Any] = {}
    if other is not None:
        found["participant"] = {**data.get("participant", {}), "name": other.name}
    if "collaboration" in data:
        found["initiative"] = {"challenge": data["collaboration"].get("project")}
    return found


def rows(
    ctx: Context, actor: Actor, organisation_id: str, agreement_id: str, key_id: str, kind: Kind, order: CreateAgreement, answers: Answers
) -> tuple[Insert, ...]:
    now = ctx.now()
    agreement = {
        "id": agreement_id,
        "organisation_id": organisation_id,
        "person_id": access.require_person(actor),
        "kind": kind.id,
        "language": order.language,
        "template": kind.key,
        "key_id": key_id,
        "title_sealed": ctx.seal(key_id, TITLE, order.title.encode()),
        "answers_sealed": ctx.seal(key_id, ANSWERS, answers.to_bytes()),
        "state": State.DRAFTING.value,
        "mode": "parallel",
        "revision": 1,
        "awaited": 0,
        "idea_id": order.idea_id,
        "collaboration_id": order.collaboration_id,
        "split_id": order.split_id,
        "created_at": now,
    }
    return Insert(Agreement, (agreement,)), Insert(Participant, (participant(ctx, agreement_id, organisation_id, None, "owner"),))


def participant(ctx: Context, agreement_id: str, organisation_id: str, person_id: str | None, role: str) -> dict[str, Any]:
    """A row that lets an organisation, or one person of it, into an agreement."""
    return {
        "id": ctx.new_id(),
        "thing_id": agreement_id,
        "kind": "agreement",
        "organisation_id": organisation_id,
        "person_id": person_id,
        "role": role,
        "created_at": ctx.now(),
    }


def party_steps(
    ctx: Context, session: Session, agreement_id: str, organisation_id: str, collaboration_id: str | None
) -> tuple[Insert, ...]:
    """Whoever works together sees the draft of what they will sign."""
    if collaboration_id is None:
        return ()
    joined = prefilling.joined_parties(ctx, session, collaboration_id)
    others = sorted({str(party.organisation_id) for party in joined} - {organisation_id})
    return (Insert(Participant, tuple(participant(ctx, agreement_id, other, None, "party") for other in others)),)


def signatory_row(ctx: Context, agreement_id: str, position: int, named: NamedSignatory, language: str) -> dict[str, Any]:
    """A planned signatory; ``signing.send`` binds it to a document."""
    return {
        "id": ctx.new_id(),
        "agreement_id": agreement_id,
        "document_id": None,
        "position": position,
        "role": named.role,
        "name": named.name,
        "email": named.email,
        "organisation_name": named.organisation_name,
        "capacity": named.capacity,
        "language": language,
        "state": "waiting",
    }


def refuse_wrong(kind: Kind, merged: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse what was just given and cannot be taken; what is still open is no mistake yet.

    Raises:
        InputError: each wrong field by its pointer.
    """
    _, problems = interview.partial(kind, merged)
    wrong = tuple(one for one in problems if one.pointer.strip("/").split("/")[0] in given and not _is_open(one))
    if wrong:
        raise InputError(N_("Please check {count} of the answers"), problems=wrong, count=len(wrong))


def refuse_other_split(kind: Kind, data: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to write other shares, another rule or another commitment into a text than all parties accepted and the log holds.

    Words may change, a reason or how a party is called; who gets what may not.

    Raises:
        InputError: each such answer by its pointer.
    """
    accepted = [one.id for one in kind.questions if one.default_from in _ACCEPTED and one.id in data and one.id in given]
    wrong = tuple(FieldProblem(f"/{id}", _DIVIDE_ANEW) for id in accepted if not _agrees(data[id], given[id]))
    if wrong:
        raise InputError(N_("Please check {count} of the answers"), problems=wrong, count=len(wrong))


def _agrees(accepted: Any, given: Any) -> bool:
    if not isinstance(accepted, list):
        return bool(accepted == given)
    if not isinstance(given, list) or len(given) != len(accepted):
        return False
    names = {one["party"] for one in accepted}
    pairs = zip(accepted, given, strict=True)
    return all(new.get("share") == old["share"] and new.get("party") not in names - {old["party"]} for old, new in pairs)


def _is_open(problem: FieldProblem) -> bool:
    return problem.msgid == interview.OPEN


def answers_of(ctx: Context, agreement: Agreement) -> Answers:
    """What is answered. The caller has asked ``access``."""
    return Answers.from_bytes(ctx.open(agreement.key_id, ANSWERS, agreement.answers_sealed))


def pinned_kind(ctx: Context, agreement: Agreement) -> Kind:
    """The version of the kind with which the agreement was begun."""
    name, _, version = agreement.template.partition("@")
    return ctx.catalogue.kind(name, int(version))


def require_editable(agreement: Agreement) -> None:
    """Raises RefusedError unless its text may still be changed."""
    if agreement.state not in EDITABLE:
        raise RefusedError(_CLOSED, state=agreement.state)


def guarded(agreement_id: str, revision: int, values: Mapping[str, Any]) -> Update:
    """A change of a draft that counts only if nobody changed it since ``revision``."""
    where = (Agreement.id == agreement_id, Agreement.revision == revision, Agreement.state.in_([state.value for state in EDITABLE]))
    return Update(Agreement, where, {**values, "revision": revision + 1}, otherwise=StaleError(STALE))
