"""People: sign-up, log-in, sessions, confirmation, reset."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from ipr_service.errors import ExpiredError, InputError, RateLimitError, UnauthenticatedError
from ipr_service.services import accounts, passwords, sessions, tokens
from ipr_service.services.context import Context
from ipr_service.store.schema import BrowserSession, MailedSecret, Membership, Organisation, OutboxRow, Person
from tests.support.house import PASSWORD, MovingClock, build, forget_limits, mails, person, secret_in

NEW = "five small grey river stones"


def _order(**changes: str) -> accounts.SignUp:
    return accounts.SignUp(**{"name": "Sara Conti", "email": "sara@example.org", "password": PASSWORD, **changes})


def _reset_secret(ctx: Context) -> str:
    return secret_in(next(mail for mail in mails(ctx, "sara@example.org") if "/reset/" in mail.body))


def _enter(ctx: Context, password: str = PASSWORD, email: str = "sara@example.org") -> accounts.LoggedIn:
    return accounts.log_in(ctx, email, password, source="192.0.2.1")


def test_signing_up_makes_a_person_an_own_organisation_and_a_company(ctx: Context) -> None:
    entered = accounts.sign_up(ctx, _order(organisation="Conti S.n.c.", country="it"), source="s")
    visitor = sessions.visitor(ctx, entered.token)
    assert visitor is not None
    assert (visitor.name, visitor.organisation_name, visitor.email_confirmed) == ("Sara Conti", "Conti S.n.c.", False)
    with ctx.database.reading() as session:
        kinds = dict(session.execute(select(Organisation.kind, Organisation.country)).all())
        roles = session.scalars(select(Membership.role)).all()
    assert kinds == {"personal": "IT", "company": "IT"}
    assert roles == ["owner", "owner"]


def test_every_refused_field_of_a_sign_up_is_named_at_once(ctx: Context) -> None:
    with pytest.raises(InputError) as refused:
        accounts.sign_up(ctx, _order(name="", email="nobody", password="short", organisation="X", country="ZZ"), source="s")
    assert {problem.pointer for problem in refused.value.problems} == {"/name", "/email", "/password", "/country"}


def test_one_address_has_one_account_however_it_is_spelled(ctx: Context) -> None:
    person(ctx, "Sara")
    with pytest.raises(InputError, match="has an account already"):
        accounts.sign_up(ctx, _order(email="SARA@Example.ORG"), source="s")


@pytest.mark.parametrize(
    "password", ["nine char", "x" * 129, "password123", "Qwertyuiop", "aaaaaaaaaaaa", "sara@example.org", "tab\tinside it"]
)
def test_a_password_that_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(InputError):
        passwords.clean("/password", password, "sara@example.org", "Sara Conti")


def test_a_password_rests_as_argon2id_with_19_mib_and_two_passes(ctx: Context) -> None:
    person(ctx, "Sara")
    with ctx.database.reading() as session:
        rests = session.scalars(select(Person.password_hash)).one()
    assert rests is not None
    assert rests.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_logging_in_is_refused_alike_for_a_wrong_password_and_an_unknown_address(sqlite_ctx: Context) -> None:
    person(sqlite_ctx, "Sara")
    answers = []
    for email in ("sara@example.org", "nobody@example.org"):
        with pytest.raises(UnauthenticatedError) as refused:
            _enter(sqlite_ctx, "not the right words", email)
        answers.append((type(refused.value), str(refused.value), refused.value.code))
    assert answers[0] == answers[1]


def test_an_unknown_address_costs_a_full_run_of_the_password_function() -> None:
    rests = passwords.digest(PASSWORD)

    def cost(known: str | None) -> float:
        start = time.process_time()
        assert not passwords.matches(known, "not the right words")
        return time.process_time() - start

    known, unknown = (statistics.median(cost(rest) for _ in range(5)) for rest in (rests, None))
    assert unknown > known / 3


def test_a_disabled_person_neither_logs_in_nor_keeps_a_session(ctx: Context) -> None:
    person(ctx, "Sara")
    entered = _enter(ctx)
    accounts.disable(ctx, entered.person_id)
    assert sessions.visitor(ctx, entered.token) is None
    with pytest.raises(UnauthenticatedError):
        _enter(ctx)


def test_the_eleventh_try_on_an_address_within_a_quarter_of_an_hour_is_refused(sqlite_ctx: Context) -> None:
    for _ in range(10):
        with pytest.raises(UnauthenticatedError):
            _enter(sqlite_ctx, "not the right words")
    with pytest.raises(RateLimitError) as refused:
        _enter(sqlite_ctx)
    assert 1 <= refused.value.values["retry_after"] <= 900
    assert accounts.sign_up(sqlite_ctx, _order(email="other@example.org"), source="s").token


def test_a_session_ends_after_twelve_idle_hours(ctx: Context, clock: MovingClock) -> None:
    person(ctx, "Sara")
    token = _enter(ctx).token
    clock.forward(hours=11, minutes=59)
    assert sessions.visitor(ctx, token) is not None
    clock.forward(hours=12, minutes=1)
    assert sessions.visitor(ctx, token) is None


def test_a_session_in_use_ends_after_fourteen_days(ctx: Context, clock: MovingClock) -> None:
    person(ctx, "Sara")
    token = _enter(ctx).token
    for _ in range(27):
        clock.forward(hours=12)
        clock.forward(minutes=-1)
        assert sessions.visitor(ctx, token) is not None
    clock.forward(hours=12, minutes=28)
    assert sessions.visitor(ctx, token) is None


def test_logging_out_ends_this_session_only(ctx: Context) -> None:
    person(ctx, "Sara")
    first, second = _enter(ctx).token, _enter(ctx).token
    sessions.log_out(ctx, first)
    assert sessions.visitor(ctx, first) is None
    assert sessions.visitor(ctx, second) is not None


def test_a_token_does_not_rest_in_the_database(ctx: Context) -> None:
    person(ctx, "Sara")
    token = _enter(ctx).token
    with ctx.database.reading() as session:
        assert token.encode() not in session.scalars(select(BrowserSession.token_digest)).all()


def test_all_other_sessions_can_be_ended(ctx: Context) -> None:
    actor = person(ctx, "Sara")
    here, there = _enter(ctx).token, _enter(ctx).token
    assert [row.current for row in sessions.open_sessions(ctx, actor, here)].count(True) == 1
    sessions.revoke_everywhere(ctx, actor, except_token=here)
    assert sessions.visitor(ctx, here) is not None
    assert sessions.visitor(ctx, there) is None


def test_the_mailed_link_confirms_the_address_once(ctx: Context) -> None:
    accounts.sign_up(ctx, _order(), source="s")
    secret = secret_in(mails(ctx, "sara@example.org")[0])
    accounts.confirm(ctx, secret)
    visitor = sessions.visitor(ctx, _enter(ctx).token)
    assert visitor is not None
    assert visitor.email_confirmed
    with pytest.raises(ExpiredError):
        accounts.confirm(ctx, secret)


def test_an_operator_by_setting_is_one_only_with_a_confirmed_address(sqlite_url: str, tmp_path: Path) -> None:
    ctx = build(sqlite_url, tmp_path / "data", operators=("sara@example.org",))
    entered = accounts.sign_up(ctx, _order(), source="s")
    assert not sessions.actor_of_session(ctx, entered.token).is_operator
    accounts.confirm(ctx, secret_in(mails(ctx, "sara@example.org")[0]))
    assert sessions.actor_of_session(ctx, entered.token).is_operator
    ctx.database.close()


def test_asking_for_a_reset_looks_the_same_for_everyone_and_mails_only_who_has_an_account(ctx: Context) -> None:
    person(ctx, "Sara")
    before = len(mails(ctx))
    assert accounts.ask_reset(ctx, "nobody@example.org", source="s") is None
    assert accounts.ask_reset(ctx, "SARA@example.org", source="s") is None
    assert [mail.to for mail in mails(ctx)][: len(mails(ctx)) - before] == ["sara@example.org"]


def test_a_reset_changes_the_password_and_ends_every_session(ctx: Context) -> None:
    person(ctx, "Sara")
    token = _enter(ctx).token
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    accounts.reset(ctx, _reset_secret(ctx), NEW)
    assert sessions.visitor(ctx, token) is None
    with pytest.raises(UnauthenticatedError):
        _enter(ctx)
    assert _enter(ctx, NEW).token


def test_a_reset_link_works_once_and_for_one_hour(ctx: Context, clock: MovingClock) -> None:
    person(ctx, "Sara")
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    secret = _reset_secret(ctx)
    with pytest.raises(InputError):
        accounts.reset(ctx, secret, "short")
    accounts.reset(ctx, secret, NEW)
    with pytest.raises(ExpiredError):
        accounts.reset(ctx, secret, NEW)
    clock.forward(minutes=1)
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    clock.forward(minutes=60)
    with pytest.raises(ExpiredError):
        accounts.reset(ctx, _reset_secret(ctx), NEW)


def test_a_newer_reset_link_ends_the_older_one(ctx: Context, clock: MovingClock) -> None:
    person(ctx, "Sara")
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    first = _reset_secret(ctx)
    clock.forward(minutes=1)
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    with pytest.raises(ExpiredError):
        accounts.check_reset(ctx, first)


def test_changing_the_password_needs_the_old_one_and_ends_the_other_sessions(ctx: Context) -> None:
    actor = person(ctx, "Sara")
    here, there = _enter(ctx).token, _enter(ctx).token
    with pytest.raises(InputError, match="not your present password"):
        accounts.change_password(ctx, actor, "wrong words here", NEW, keep_token=here)
    accounts.change_password(ctx, actor, PASSWORD, NEW, keep_token=here)
    assert sessions.visitor(ctx, here) is not None
    assert sessions.visitor(ctx, there) is None
    assert _enter(ctx, NEW).token


def test_no_secret_rests_in_clear_in_outbox_or_mailed_secrets(ctx: Context) -> None:
    person(ctx, "Sara")
    accounts.ask_reset(ctx, "sara@example.org", source="s")
    secret = _reset_secret(ctx).encode()
    with ctx.database.reading() as session:
        resting = [*session.scalars(select(OutboxRow.payload_sealed)), *session.scalars(select(MailedSecret.digest))]
    assert all(secret not in value for value in resting)


def test_a_hash_of_weaker_parameters_is_made_anew_at_log_in(sqlite_ctx: Context) -> None:
    person(sqlite_ctx, "Sara")
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with sqlite_ctx.database.writing() as session:
        session.execute(update(Person).values(password_hash=weak))
    _enter(sqlite_ctx)
    with sqlite_ctx.database.reading() as session:
        assert "m=19456,t=2" in str(session.scalars(select(Person.password_hash)).one())
    forget_limits(sqlite_ctx)


def test_whoever_made_the_account_before_its_owner_keeps_nothing_after_the_reset(sqlite_ctx: Context) -> None:
    """The thief signs up with Sara's address and makes a token; Sara claims the address by the mailed link."""
    thief = person(sqlite_ctx, "Sara")
    token = tokens.create(sqlite_ctx, thief, name="mine", scopes=("ideas:read",)).token
    accounts.ask_reset(sqlite_ctx, "sara@example.org", source="s")
    accounts.reset(sqlite_ctx, _reset_secret(sqlite_ctx), NEW)
    with pytest.raises(UnauthenticatedError):
        tokens.actor_of_token(sqlite_ctx, token)


def test_changing_the_password_ends_api_tokens(sqlite_ctx: Context) -> None:
    actor = person(sqlite_ctx, "Sara")
    token = tokens.create(sqlite_ctx, actor, name="mine", scopes=("ideas:read",)).token
    accounts.change_password(sqlite_ctx, actor, PASSWORD, NEW, keep_token=None)
    with pytest.raises(UnauthenticatedError):
        tokens.actor_of_token(sqlite_ctx, token)


def test_wrong_tries_from_elsewhere_do_not_lock_the_owner_out(sqlite_ctx: Context) -> None:
    person(sqlite_ctx, "Sara")
    for _ in range(10):
        with pytest.raises(UnauthenticatedError):
            accounts.log_in(sqlite_ctx, "sara@example.org", "wrong words here", source="198.51.100.7")
    with pytest.raises(RateLimitError):
        accounts.log_in(sqlite_ctx, "sara@example.org", PASSWORD, source="198.51.100.7")
    for _ in range(12):  # right ones are not counted
        assert accounts.log_in(sqlite_ctx, "sara@example.org", PASSWORD, source="192.0.2.1").token
