"""Organisations, members, invitations, API tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from ipr_service.errors import (
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RefusedError,
    ServiceError,
    UnauthenticatedError,
)
from ipr_service.services import accounts, invitations, organisations, sessions, tokens
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.schema import ApiToken, Invitation, Person
from tests.support.house import PASSWORD, MovingClock, mails, person, secret_in


def _again(ctx: Context, actor: Actor) -> Actor:
    """The actor as a new log-in sees him."""
    with ctx.database.reading() as session:
        email = session.get_one(Person, actor.person_id).email
    return sessions.actor_of_session(ctx, accounts.log_in(ctx, email, PASSWORD, source="again").token)


def _company(ctx: Context) -> tuple[Actor, str]:
    owner = person(ctx, "Sara", organisation="Conti S.n.c.")
    return owner, str(owner.organisation_id)


def _joined(ctx: Context, owner: Actor, company: str, name: str, role: str = "member") -> Actor:
    organisations.invite(ctx, owner, company, f"{name.lower()}@example.org", role, "en")
    guest = person(ctx, name)
    invited = [mail for mail in mails(ctx, f"{name.lower()}@example.org") if "/invitations/" in mail.body]
    organisations.accept(ctx, guest, secret_in(invited[0]))
    return _again(ctx, guest)


def test_a_person_invited_by_mail_joins_with_the_role_given(ctx: Context) -> None:
    owner, company = _company(ctx)
    guest = _joined(ctx, owner, company, "Marko", "advisor")
    assert guest.roles[company] == "advisor"
    shown = organisations.details(ctx, guest, company)
    assert [(member.name, member.role) for member in shown.members] == [("Marko", "advisor"), ("Sara", "owner")]
    assert shown.invited == ()


def test_the_link_in_the_mail_confirms_the_address_of_who_joins(ctx: Context) -> None:
    owner, company = _company(ctx)
    _joined(ctx, owner, company, "Marko")
    with ctx.database.reading() as session:
        assert session.scalars(select(Person.email_confirmed_at).where(Person.name == "Marko")).one() is not None


def test_an_invitation_works_once(ctx: Context) -> None:
    owner, company = _company(ctx)
    organisations.invite(ctx, owner, company, "marko@example.org", "member", "en")
    secret = secret_in(mails(ctx, "marko@example.org")[0])
    guest = person(ctx, "Marko")
    organisations.accept(ctx, guest, secret)
    with pytest.raises(ExpiredError, match="used already"):
        organisations.accept(ctx, guest, secret)


def test_an_invitation_is_only_for_the_address_it_was_sent_to(ctx: Context) -> None:
    owner, company = _company(ctx)
    organisations.invite(ctx, owner, company, "marko@example.org", "member", "en")
    secret = secret_in(mails(ctx, "marko@example.org")[0])
    with pytest.raises(RefusedError, match=r"sent to marko@example\.org"):
        organisations.accept(ctx, person(ctx, "Eva"), secret)
    assert invitations.open(ctx, secret).purpose == "organisation"


def test_an_invitation_runs_out_can_be_taken_back_and_is_replaced_by_a_newer_one(ctx: Context, clock: MovingClock) -> None:
    owner, company = _company(ctx)
    guest = person(ctx, "Marko")

    def invite() -> str:
        clock.forward(minutes=1)
        organisations.invite(ctx, owner, company, "Marko@example.org", "member", "en")
        return secret_in(mails(ctx, "Marko@example.org")[0])

    first, second = invite(), invite()
    with pytest.raises(ExpiredError, match="taken back"):
        organisations.accept(ctx, guest, first)
    (open_one,) = organisations.details(ctx, owner, company).invited
    organisations.withdraw_invitation(ctx, owner, company, open_one.id)
    with pytest.raises(ExpiredError, match="Ask Sara for a new one"):
        organisations.accept(ctx, guest, second)
    third = invite()
    clock.forward(days=14)
    with pytest.raises(ExpiredError):
        organisations.accept(ctx, guest, third)


def test_a_wrong_secret_or_purpose_opens_nothing(ctx: Context) -> None:
    owner, company = _company(ctx)
    organisations.invite(ctx, owner, company, "marko@example.org", "member", "en")
    secret = secret_in(mails(ctx, "marko@example.org")[0])
    for tried, purpose in ((secret[:-1], "organisation"), (secret, "signature")):
        with pytest.raises(NotFoundError):
            invitations.open(ctx, tried, purpose)


def test_the_secret_of_an_invitation_rests_as_a_digest_only(ctx: Context) -> None:
    owner, company = _company(ctx)
    organisations.invite(ctx, owner, company, "marko@example.org", "member", "en")
    secret = secret_in(mails(ctx, "marko@example.org")[0])
    with ctx.database.reading() as session:
        (row,) = session.scalars(select(Invitation)).all()
    assert row.token_digest == sessions.digest(secret)
    assert secret not in str(vars(row))


def test_a_member_cannot_be_invited_again(ctx: Context) -> None:
    owner, company = _company(ctx)
    _joined(ctx, owner, company, "Marko")
    with pytest.raises(InputError, match="member already"):
        organisations.invite(ctx, owner, company, "marko@example.org", "viewer", "en")


def test_nobody_joins_another_persons_own_organisation(ctx: Context) -> None:
    sara = person(ctx, "Sara")
    with pytest.raises(RefusedError, match="one person's own"):
        organisations.invite(ctx, sara, str(sara.organisation_id), "marko@example.org", "member", "en")


def test_only_owners_administer(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    owner, company = _company(ctx)
    member = _joined(ctx, owner, company, "Marko")
    outsider = person(ctx, "Eva")
    acts: list[Callable[[Actor], None]] = [
        lambda actor: organisations.invite(ctx, actor, company, "x@example.org", "owner", "en"),
        lambda actor: organisations.for_editing(ctx, actor, company),
        lambda actor: organisations.edit(ctx, actor, company, organisations.Facts("Mine", country="IT")),
        lambda actor: organisations.change_role(ctx, actor, company, str(member.person_id), "owner"),
        lambda actor: organisations.remove(ctx, actor, company, str(owner.person_id)),
        lambda actor: organisations.withdraw_invitation(ctx, actor, company, "0" * 26),
    ]
    for act in acts:
        with pytest.raises(ForbiddenError):
            act(member)
        with pytest.raises(NotFoundError):
            act(outsider)


def test_an_organisation_of_others_answers_like_one_that_does_not_exist(sqlite_ctx: Context) -> None:
    _owner, company = _company(sqlite_ctx)
    outsider = person(sqlite_ctx, "Eva")
    said = []
    for wanted in (company, "0" * 26):
        with pytest.raises(NotFoundError) as refused:
            organisations.details(sqlite_ctx, outsider, wanted)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_the_last_owner_can_neither_leave_nor_step_down(ctx: Context) -> None:
    owner, company = _company(ctx)
    member = _joined(ctx, owner, company, "Marko")
    for act in (
        lambda: organisations.remove(ctx, owner, company, str(owner.person_id)),
        lambda: organisations.change_role(ctx, owner, company, str(owner.person_id), "viewer"),
    ):
        with pytest.raises(ConflictError, match="needs an owner"):
            act()
    organisations.change_role(ctx, owner, company, str(member.person_id), "owner")
    organisations.remove(ctx, owner, company, str(owner.person_id))
    assert company not in _again(ctx, owner).roles


def test_of_two_owners_who_leave_at_once_one_stays(ctx: Context) -> None:
    owner, company = _company(ctx)
    other = _joined(ctx, owner, company, "Marko", "owner")
    refused: list[ServiceError] = []
    gate = threading.Barrier(2)

    def leave(actor: Actor) -> None:
        gate.wait()
        try:
            organisations.remove(ctx, actor, company, str(actor.person_id))
        except ServiceError as problem:
            refused.append(problem)

    threads = [threading.Thread(target=leave, args=(actor,)) for actor in (owner, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [actor for actor in (owner, other) if company in _again(ctx, actor).roles]
    assert len(left) == 1
    assert len(refused) == 1


def test_who_was_removed_sees_nothing_at_the_next_request_and_loses_the_tokens(ctx: Context) -> None:
    owner, company = _company(ctx)
    member = _joined(ctx, owner, company, "Marko")
    made = tokens.create(ctx, member, name="build", scopes=("ideas:read",), organisation_id=company)
    organisations.remove(ctx, owner, company, str(member.person_id))
    assert company not in _again(ctx, member).roles
    with pytest.raises(UnauthenticatedError):
        tokens.actor_of_token(ctx, made.token)


def test_a_token_acts_for_its_organisation_within_its_scopes(ctx: Context) -> None:
    owner, company = _company(ctx)
    made = tokens.create(ctx, owner, name="build", scopes=("ideas:read", "ideas:write"), organisation_id=company)
    actor = tokens.actor_of_token(ctx, made.token)
    assert (actor.person_id, actor.organisation_id) == (owner.person_id, company)
    assert dict(actor.roles) == {company: "owner"}
    assert actor.scopes == {"ideas:read", "ideas:write"}
    assert not actor.is_operator


def test_a_token_has_the_agreed_form_and_rests_as_a_digest(ctx: Context) -> None:
    owner, _company_id = _company(ctx)
    made = tokens.create(ctx, owner, name="build", scopes=("ideas:read",))
    assert made.token.startswith("ipr_live_")
    assert tokens.well_formed(made.token)
    with ctx.database.reading() as session:
        (row,) = session.scalars(select(ApiToken)).all()
    assert row.token_digest == sessions.digest(made.token)
    assert made.token not in str(vars(row))
    assert made.token.startswith(row.hint)


def test_any_changed_character_of_a_token_is_told_without_the_database() -> None:
    body = "ipr_live_" + "A" * 43
    token = body + tokens._checksum(body)
    assert tokens.well_formed(token)
    for position in range(9, len(token)):
        changed = token[:position] + ("B" if token[position] != "B" else "C") + token[position + 1 :]
        assert not tokens.well_formed(changed), position
    assert not tokens.well_formed(token + "\n")


def test_a_token_ends_by_its_day_and_by_revocation(ctx: Context, clock: MovingClock) -> None:
    owner, _company_id = _company(ctx)
    short = tokens.create(ctx, owner, name="short", scopes=("ideas:read",), days=1)
    longer = tokens.create(ctx, owner, name="long", scopes=("ideas:read",))
    assert tokens.actor_of_token(ctx, short.token).person_id == owner.person_id
    clock.forward(days=1)
    with pytest.raises(UnauthenticatedError):
        tokens.actor_of_token(ctx, short.token)
    assert tokens.actor_of_token(ctx, longer.token).person_id == owner.person_id
    tokens.revoke(ctx, owner, longer.id)
    with pytest.raises(UnauthenticatedError):
        tokens.actor_of_token(ctx, longer.token)


@pytest.mark.parametrize(("scopes", "days"), [((), 90), (("everything",), 90), (("ideas:read",), 0), (("ideas:read",), 366)])
def test_a_token_without_scope_or_end_is_refused(sqlite_ctx: Context, scopes: tuple[str, ...], days: int) -> None:
    owner, _company_id = _company(sqlite_ctx)
    with pytest.raises(InputError):
        tokens.create(sqlite_ctx, owner, name="build", scopes=scopes, days=days)


def test_a_token_makes_no_tokens_and_changes_no_account(sqlite_ctx: Context) -> None:
    owner, _company_id = _company(sqlite_ctx)
    machine = replace(owner, scopes=frozenset({"ideas:write"}))
    for act in (
        lambda: tokens.create(sqlite_ctx, machine, name="more", scopes=("ideas:read",)),
        lambda: accounts.change_password(sqlite_ctx, machine, PASSWORD, "other plain words", keep_token=None),
        lambda: sessions.revoke_everywhere(sqlite_ctx, machine),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_nobody_revokes_another_persons_token(sqlite_ctx: Context) -> None:
    owner, _company_id = _company(sqlite_ctx)
    made = tokens.create(sqlite_ctx, owner, name="build", scopes=("ideas:read",))
    with pytest.raises(NotFoundError):
        tokens.revoke(sqlite_ctx, person(sqlite_ctx, "Eva"), made.id)


def test_no_mail_about_people_names_more_than_who_invites_and_to_which_organisation(sqlite_ctx: Context) -> None:
    owner, company = _company(sqlite_ctx)
    organisations.invite(sqlite_ctx, owner, company, "marko@example.org", "member", "it")
    (mail,) = mails(sqlite_ctx, "marko@example.org")
    assert "Sara" in mail.body
    assert "Conti S.n.c." in mail.body
    assert "Conti" not in mail.subject
