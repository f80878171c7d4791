"""Who takes part, what each brings, and what nobody else may do or see."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from ipr_service.errors import ExpiredError, ForbiddenError, InputError, NotFoundError, RefusedError, StaleError, UnauthenticatedError
from ipr_service.services import collaboration, contributing, joining, proposing
from ipr_service.services.access import NOBODY
from ipr_service.services.context import Context
from ipr_service.services.contributing import AddBackground, AddContribution
from ipr_service.services.intake import open_intake
from ipr_service.services.joining import Begin, Invite
from ipr_service.services.registration import RegisterIdea, register_idea
from ipr_service.services.shares import Propose
from ipr_service.store.database import new_id
from ipr_service.store.schema import Collaboration, Contribution
from tests.services.workshop import Chair, chair, company, invite, record
from tests.support.house import as_role, mails, person


def see(ctx: Context, the: Chair) -> collaboration.Details:
    return collaboration.collaboration(ctx, the.marco, the.id)


def test_who_begins_is_the_first_party_and_who_was_invited_the_second(ctx: Context) -> None:
    the = chair(ctx)
    found = see(ctx, the)
    assert found.line.title == "The oak chair"
    assert found.purpose == "A chair without screws"
    assert {(one.id, one.organisation, one.country, one.state) for one in found.parties} == {
        (the.rovere, "Rovere s.r.l.", "IT", "joined"),
        (the.studio, "Studio Blu", "SI", "joined"),
    }
    assert found.mine == (the.rovere,)
    assert "invite" in found.verbs
    assert "invite" not in collaboration.collaboration(ctx, the.anna, the.id).verbs


def test_titles_and_what_parties_say_rest_encrypted(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    with ctx.database.reading() as session:
        row = session.get_one(Collaboration, the.id)
        said = [one.said_sealed for one in session.query(Contribution)]
    assert b"chair" not in row.title_sealed + (row.purpose_sealed or b"")
    assert all(b"joint" not in one and b"1200" not in one for one in said)


def test_the_invitation_mail_names_who_invites_and_nothing_of_the_work(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    chair(ctx)
    (mail,) = [mail for mail in mails(ctx, "anna@example.org") if "invited" in mail.subject]
    assert "Marco of Rovere s.r.l." in mail.body
    assert "chair" not in (mail.body + mail.subject).lower()


def test_another_organisation_gets_the_same_answer_as_for_an_invented_id(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    eve = company(ctx, "Eve", "Elsewhere Ltd")
    said = set()
    for thing in (the.id, new_id(ctx.now(), ctx.random)):
        for verb in (
            lambda thing=thing: collaboration.collaboration(ctx, eve, thing),
            lambda thing=thing: joining.edit(ctx, eve, thing, Begin("Mine"), 1),
            lambda thing=thing: joining.close(ctx, eve, thing),
            lambda thing=thing: joining.invite(ctx, eve, thing, Invite("Eve", "eve@example.org")),
            lambda thing=thing: joining.leave(ctx, eve, thing, the.studio),
            lambda thing=thing: contributing.add_background(ctx, eve, thing, AddBackground("x")),
            lambda thing=thing: contributing.add_contribution(ctx, eve, thing, AddContribution("x", "form")),
            lambda thing=thing: contributing.withdraw_contribution(ctx, eve, thing, the.id),
            lambda thing=thing: proposing.propose(ctx, eve, thing, Propose("equal@1")),
        ):
            with pytest.raises(NotFoundError) as refused:
                verb()
            said.add(str(refused.value))
    assert len(said) == 1
    assert collaboration.collaborations(ctx, eve) == []


def test_a_viewer_looks_and_an_advisor_decides_nothing(sqlite_ctx: Context) -> None:
    the = chair(sqlite_ctx)
    for role in ("viewer", "advisor"):
        who = as_role(the.marco, role)
        assert collaboration.collaboration(sqlite_ctx, who, the.id).line.id == the.id
        with pytest.raises(ForbiddenError):
            contributing.add_contribution(sqlite_ctx, who, the.id, AddContribution("x", "form"))
        with pytest.raises(ForbiddenError):
            joining.begin(sqlite_ctx, who, Begin("x"))


def test_an_invitation_works_once_and_for_its_addressee_only(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    _party, secret = invite(ctx, the.marco, the.id, "Officina", "bruno@example.org")
    eve, bruno = company(ctx, "Eve", "Elsewhere Ltd"), company(ctx, "Bruno", "Officina Sas")
    with pytest.raises(RefusedError, match="sent to"):
        joining.join(ctx, eve, secret)
    joining.join(ctx, bruno, secret)
    with pytest.raises(ExpiredError):
        joining.join(ctx, bruno, secret)


def test_one_joins_for_the_organisation_chosen_and_an_organisation_joins_once(ctx: Context) -> None:
    the = chair(ctx)
    _party, secret = invite(ctx, the.marco, the.id, "Bruno", "bruno@example.org")
    bruno = company(ctx, "Bruno", "Officina Sas")
    own = next(org for org in bruno.roles if org != bruno.organisation_id)
    with pytest.raises(ForbiddenError):
        joining.join(ctx, bruno, secret, the.marco.organisation_id)
    joining.join(ctx, bruno, secret, own)
    assert {one.organisation for one in see(ctx, the).parties} == {"Rovere s.r.l.", "Studio Blu", "Bruno"}
    _again, second = invite(ctx, the.marco, the.id, "Rovere again", "rita@example.org")
    rita = replace(company(ctx, "Rita", "Rita s.r.l."), roles={**the.marco.roles, **person(ctx, "Rosa").roles})
    with pytest.raises(RefusedError, match="takes part already"):
        joining.join(ctx, replace(rita, organisation_id=the.marco.organisation_id), second)


def test_an_address_is_invited_once_and_a_taken_back_invitation_ends(ctx: Context) -> None:
    the = chair(ctx)
    with pytest.raises(InputError, match="takes part already") as refused:
        joining.invite(ctx, the.marco, the.id, Invite("Anna again", "ANNA@example.org"))
    assert refused.value.problems[0].pointer == "/email"
    party, secret = invite(ctx, the.marco, the.id, "Officina", "bruno@example.org")
    bruno = company(ctx, "Bruno", "Officina Sas")
    joining.leave(ctx, the.marco, the.id, party)
    with pytest.raises(ExpiredError):
        joining.join(ctx, bruno, secret)
    again, fresh = invite(ctx, the.marco, the.id, "Officina", "bruno@example.org")
    assert again == party
    assert joining.join(ctx, bruno, fresh) == the.id


def test_a_new_link_ends_the_old_one(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    party, old = invite(ctx, the.marco, the.id, "Officina", "bruno@example.org")
    joining.invite_again(ctx, the.marco, the.id, party)
    bruno = company(ctx, "Bruno", "Officina Sas")
    with pytest.raises(ExpiredError):
        joining.join(ctx, bruno, old)
    with pytest.raises(RefusedError):
        joining.invite_again(ctx, the.marco, the.id, the.studio)


def test_every_refused_field_is_named_with_its_limit(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    numbers = {"points": "-1", "hours": "1e3", "cost": "1", "currency": "ZZQ"}
    order = AddContribution("x" * 201, "magic", "boss", **numbers, built_on=("A" * 26,), register=True)
    with pytest.raises(InputError) as refused:
        contributing.add_contribution(ctx, the.anna, the.id, order)
    said = {problem.pointer: str(problem) for problem in refused.value.problems}
    assert said.keys() == {"/title", "/role", "/degree", "/points", "/hours", "/currency", "/built_on", "/details"}
    assert "200" in said["/title"]
    assert "concept" in said["/role"]
    assert "least is 0" in said["/points"]


def test_numbers_stay_exact_and_unsaid_is_not_zero(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    order = AddContribution("Joint", "engineering", points="1/3", hours="12,5", cost="0.10", currency="eur")
    contributing.add_contribution(ctx, the.marco, the.id, order)
    contributing.add_contribution(ctx, the.anna, the.id, AddContribution("Form", "form"))
    lines = {line.title: line for line in see(ctx, the).contributions}
    joint, form = lines["Joint"], lines["Form"]
    assert (joint.points, joint.hours) == (Fraction(1, 3), Fraction(25, 2))
    assert joint.cost is not None
    assert (joint.cost.amount, joint.cost.currency) == (Fraction(1, 10), "EUR")
    assert (form.points, form.hours, form.cost, form.degree) == (None, None, None, None)


def test_a_party_withdraws_its_own_and_only_once(ctx: Context) -> None:
    the = chair(ctx)
    form, joint, _model = record(ctx, the)
    with pytest.raises(ForbiddenError):
        contributing.withdraw_contribution(ctx, the.marco, the.id, form)
    contributing.withdraw_contribution(ctx, the.anna, the.id, form)
    with pytest.raises(RefusedError):
        contributing.withdraw_contribution(ctx, the.anna, the.id, form)
    assert joint in {line.id for line in see(ctx, the).contributions}
    assert form not in {line.id for line in see(ctx, the).contributions}
    with ctx.database.reading() as session:
        kept = collaboration.contribution_lines(ctx, session, the.id, with_withdrawn=True)
    assert next(line for line in kept if line.id == form).withdrawn_at is not None


def test_background_points_at_an_own_registration_and_shows_its_neutral_label_only(ctx: Context) -> None:
    the = chair(ctx)
    order = RegisterIdea("Secret folding joint", "With drawings")
    made = register_idea(ctx, the.marco, order, open_intake(ctx, the.marco))
    contributing.add_background(ctx, the.marco, the.id, AddBackground(idea_id=made.idea_id))
    (line,) = collaboration.collaboration(ctx, the.anna, the.id).background
    assert line.registration is not None
    assert (line.registration.commitment, line.registration.index) == (made.receipt.commitment, made.receipt.index)
    assert line.description == line.registration.label
    assert "folding" not in line.description
    for wrong in (made.idea_id, new_id(ctx.now(), ctx.random)):
        with pytest.raises(InputError) as refused:
            contributing.add_background(ctx, the.anna, the.id, AddBackground(idea_id=wrong))
        assert refused.value.problems[0].pointer == "/idea_id"
        assert "register it first" in str(refused.value)


def test_a_contribution_can_be_registered_on_the_spot(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    order = AddContribution("Form", "form", register=True, details="A backrest of one bent board")
    contributing.add_contribution(ctx, the.anna, the.id, order)
    (line,) = see(ctx, the).contributions
    assert line.registration is not None
    assert line.registration.label.startswith("Contribution ")
    assert contributing.own_registrations(ctx, the.anna, the.id) == [(line.registration.idea_id, "Form")]
    assert contributing.own_registrations(ctx, the.marco, the.id) == []


def test_who_began_cannot_leave_and_who_contributed_withdraws_first(ctx: Context) -> None:
    the = chair(ctx)
    form, *_others = record(ctx, the)
    with pytest.raises(RefusedError, match="Close it instead"):
        joining.leave(ctx, the.marco, the.id, the.rovere)
    with pytest.raises(ForbiddenError):
        joining.leave(ctx, the.marco, the.id, the.studio)
    with pytest.raises(RefusedError, match="Withdraw your contributions first"):
        joining.leave(ctx, the.anna, the.id, the.studio)
    contributing.withdraw_contribution(ctx, the.anna, the.id, form)
    joining.leave(ctx, the.anna, the.id, the.studio)
    assert [one.id for one in see(ctx, the).parties] == [the.rovere]
    with pytest.raises(ForbiddenError):
        contributing.add_contribution(ctx, the.anna, the.id, AddContribution("x", "form"))


def test_an_edit_after_somebody_else_changed_it_is_refused(ctx: Context) -> None:
    the = chair(ctx)
    seen = see(ctx, the).revision
    assert joining.edit(ctx, the.marco, the.id, Begin("The beech chair"), seen) == seen + 1
    with pytest.raises(StaleError):
        joining.edit(ctx, the.marco, the.id, Begin("The ash chair"), seen)
    assert see(ctx, the).line.title == "The beech chair"


def test_a_closed_collaboration_takes_nothing_and_shows_everything(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    the = chair(ctx)
    record(ctx, the)
    joining.close(ctx, the.marco, the.id)
    for refused in (
        lambda: contributing.add_contribution(ctx, the.anna, the.id, AddContribution("x", "form")),
        lambda: joining.invite(ctx, the.marco, the.id, Invite("x", "x@example.org")),
        lambda: proposing.propose(ctx, the.anna, the.id, Propose("equal@1")),
        lambda: joining.close(ctx, the.marco, the.id),
    ):
        with pytest.raises(RefusedError, match="closed"):
            refused()
    assert len(see(ctx, the).contributions) == 3


def test_nobody_begins_and_nobody_lists(sqlite_ctx: Context) -> None:
    with pytest.raises(UnauthenticatedError):
        joining.begin(sqlite_ctx, NOBODY, Begin("x"))
    with pytest.raises(UnauthenticatedError):
        collaboration.collaborations(sqlite_ctx, NOBODY)
