"""A collaboration to test with: the oak chair of a furniture maker and a designer, with two parties who know each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ipr_service.services import collaboration, contributing, joining
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddContribution
from tests.support.house import mails, person, secret_in


@dataclass(frozen=True)
class Chair:
    """Who takes part, and the ids of the parties. Anna is a designer for herself, Marco works for Rovere."""

    id: str
    marco: Actor
    anna: Actor
    rovere: str
    studio: str


def company(ctx: Context, name: str, organisation: str, country: str = "IT") -> Actor:
    """A person who acts for a company of theirs."""
    actor = person(ctx, name, organisation=organisation, country=country)
    (found,) = [org for org in actor.roles if org == actor.organisation_id]
    return replace(actor, organisation_id=found)


def invite(ctx: Context, host: Actor, collaboration_id: str, name: str, email: str, part: str = "maker") -> tuple[str, str]:
    """Invite a party; gives its id and the secret of the mailed link."""
    before = {mail.id for mail in mails(ctx, email)}
    party = joining.invite(ctx, host, collaboration_id, joining.Invite(name, email, part))
    (sent,) = [mail for mail in mails(ctx, email) if mail.id not in before]
    return party, secret_in(sent)


def chair(ctx: Context) -> Chair:
    """Marco began, Anna has joined; nothing is recorded yet."""
    marco = company(ctx, "Marco", "Rovere s.r.l.")
    begun = joining.begin(ctx, marco, joining.Begin("The oak chair", "A chair without screws"))
    studio, secret = invite(ctx, marco, begun, "Studio Blu", "anna@example.org")
    anna = company(ctx, "Anna", "Studio Blu", "SI")
    joining.join(ctx, anna, secret)
    rovere = next(one.id for one in collaboration.collaboration(ctx, marco, begun).parties if one.id != studio)
    return Chair(begun, marco, anna, rovere, studio)


def record(ctx: Context, chair: Chair) -> tuple[str, str, str]:
    """Three contributions: form (Anna, 30 points), engineering (Marco, 20), prototype (Marco, 10). Gives their ids."""
    form = AddContribution("Form of the backrest", "form", "lead", "30", "12.5")
    joint = AddContribution("The joint", "engineering", "lead", "20", "40", "1200.50", "EUR")
    model = AddContribution("A full size model", "prototype", "equal", "10")
    made = contributing.add_contribution(ctx, chair.anna, chair.id, form)
    return (
        made,
        contributing.add_contribution(ctx, chair.marco, chair.id, joint),
        contributing.add_contribution(ctx, chair.marco, chair.id, replace(model, built_on=(made,))),
    )
