"""A small world with something of every kind in it, all of it belonging to Mobili Rossi and its designer: what others must not see.

``Things.parameters`` fills the placeholders of every route: name of the URL parameter -> the id of the real thing.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from sqlalchemy import select

from ipr_service.rights.precheck import Participant
from ipr_service.services import (
    collaboration,
    contributing,
    disclosure,
    disputing,
    granting,
    initiatives,
    joining,
    organisations,
    paying,
    proposing,
    publication,
    recording,
    registration,
    results,
    tokens,
    transferring,
)
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen, OfferDisclosure
from ipr_service.services.disputing import RaiseHold
from ipr_service.services.intake import open_intake
from ipr_service.services.payouts import ProposePayout
from ipr_service.services.recording import RecordMoney
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.services.shares import Propose
from ipr_service.store.schema import OutboxRow
from tests.support.house import mails, person, secret_in

CANARY = "Tre-Gesti-canary"
FILE = b"content-canary " * 10


@dataclass
class Things:
    """The owners and the ids of what they own."""

    sara: Actor
    marko: Actor
    parameters: dict[str, str] = field(default_factory=dict)


def build(ctx: Context) -> Things:
    """Sara (Mobili Rossi) and Marko: an idea with a file, a collaboration with a split proposed, an agreement begun."""
    sara = person(ctx, "Sara", organisation="Mobili Rossi")
    marko = person(ctx, "Marko", organisation="Studio Marko")
    things = Things(sara, marko, {"organisation_id": str(sara.organisation_id), "person_id": str(sara.person_id)})
    for fill in (_idea, _collaboration, _grants, _money, _invitation, _secrets_of_the_house, _disclosure, _holding, _initiative):
        fill(ctx, things)
    return things


def _idea(ctx: Context, things: Things) -> None:
    intake = open_intake(ctx, things.sara)
    intake.take(f"{CANARY}.txt", "text/plain", io.BytesIO(FILE))
    order = RegisterIdea(CANARY, f"{CANARY} described", contributors=(NamedContributor("lea@example.org", "form"),))
    made = registration.register_idea(ctx, things.sara, order, intake)
    things.parameters |= {"idea_id": made.idea_id, "version_id": made.version_id, "number": "1", "position": "1"}


def _collaboration(ctx: Context, things: Things) -> None:
    collaboration_id = joining.begin(ctx, things.sara, joining.Begin(CANARY, CANARY))
    party_id = joining.invite(ctx, things.sara, collaboration_id, joining.Invite("Marko", "marko@example.org"))
    joining.join(ctx, things.marko, invitation_secret(ctx, "marko@example.org"))
    background = contributing.AddBackground(CANARY)
    contribution = contributing.AddContribution(CANARY, "form", "lead", points="3")
    things.parameters |= {
        "collaboration_id": collaboration_id,
        "party_id": party_id,
        "background_id": contributing.add_background(ctx, things.sara, collaboration_id, background),
        "contribution_id": contributing.add_contribution(ctx, things.sara, collaboration_id, contribution),
        "split_id": proposing.propose(ctx, things.sara, collaboration_id, Propose("equal@1")),
    }


def _grants(ctx: Context, things: Things) -> None:
    """A result of the collaboration, and a licence in it."""
    place = things.parameters["collaboration_id"]
    result = results.add_result(ctx, things.sara, place, results.AddResult(CANARY, "design"))
    terms = {"asset": result, "grantors": [things.parameters["party_id"]]}
    grant = granting.record(ctx, things.sara, place, granting.Record(terms, CANARY))
    things.parameters |= {"result_id": result, "grant_id": grant}


def _money(ctx: Context, things: Things) -> None:
    """Income, a dispute about an accepted split, and a payout that waits; then another split is proposed."""
    place, split = things.parameters["collaboration_id"], things.parameters["split_id"]
    for who in (things.sara, things.marko):
        proposing.accept(ctx, who, place, split)
    people = sorted(one.id for one in collaboration.collaboration(ctx, things.sara, place).parties)
    entry = recording.record(ctx, things.sara, place, RecordMoney("income", "12.34", "EUR", people[0], CANARY))
    claim = RaiseHold(((people[0], "1"), (people[1], "0")), CANARY)
    things.parameters |= {
        "entry_id": entry,
        "hold_id": disputing.hold(ctx, things.sara, place, claim),
        "payout_id": paying.propose(ctx, things.sara, place, ProposePayout("EUR")),
        "split_id": proposing.propose(ctx, things.sara, place, Propose("equal@1")),
    }


def _invitation(ctx: Context, things: Things) -> None:
    organisations.invite(ctx, things.sara, str(things.sara.organisation_id), "advisor@example.org", "advisor", "en")
    (sent,) = organisations.details(ctx, things.sara, str(things.sara.organisation_id)).invited
    things.parameters["invitation_id"] = sent.id


def _secrets_of_the_house(ctx: Context, things: Things) -> None:
    """Sara's API token and a row of the outbox."""
    tokens.create(ctx, things.sara, name=CANARY, scopes=("ideas:read",))
    with ctx.database.reading() as session:
        row = session.scalars(select(OutboxRow.id).limit(1)).one()
    things.parameters |= {"token_id": tokens.mine(ctx, things.sara)[0].id, "row_id": row}


def _disclosure(ctx: Context, things: Things) -> None:
    """The idea offered to Marko behind an NDA, which is an agreement of its own."""
    idea_id = things.parameters["idea_id"]
    order = OfferDisclosure(idea_id, "marko@example.org", "Marko", "Studio Marko", (Chosen(1, 0), Chosen(1, 1)))
    offered = disclosure.offer(ctx, things.sara, order)
    things.parameters |= {"disclosure_id": offered.disclosure_id, "agreement_id": str(offered.agreement_id)}


def _holding(ctx: Context, things: Things) -> None:
    """Another idea, once public in part, offered to another organisation."""
    intake = open_intake(ctx, things.sara)
    other = registration.register_idea(ctx, things.sara, RegisterIdea(CANARY, CANARY), intake).idea_id
    publication.publish(ctx, things.sara, other, 1, [0])
    (act,) = publication.acts(ctx, things.sara, other)
    publication.close(ctx, things.sara, other, act.id)
    things.parameters |= {"publication_id": act.id, "transfer_id": transferring.offer(ctx, things.sara, other, "livia@example.org")}


def invitation_secret(ctx: Context, to: str) -> str:
    """The secret in the newest invitation mailed to an address."""
    return next(secret_in(mail) for mail in mails(ctx, to) if "/invitations/" in mail.body)


def _initiative(ctx: Context, things: Things) -> None:
    """A pre-checked initiative that was kept."""
    kept = initiatives.Keep(CANARY, "EU", ("design",), (Participant("p0", CANARY, "freelancer"),))
    things.parameters |= {"initiative_id": initiatives.keep(ctx, things.sara, kept)}
