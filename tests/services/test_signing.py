"""The ceremony over rows, mails and the log: who may sign what, once, and what everybody holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import func, select, update

from ipr_service.errors import (
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RateLimitError,
    RefusedError,
    ServiceError,
)
from ipr_service.services import accounts, agreements, drafting, signatures, signing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafting import NamedSignatory
from ipr_service.services.signing import AsMember, ByLink
from ipr_service.store.schema import (
    Agreement,
    LogEntry,
    OutboxRow,
    Person,
    Signatory,
    Signature,
    SigningCode,
    SigningLink,
)
from tests.support.house import MovingClock, as_role, mails, person, secret_in
from tests.support.papers import Nda, answered, at_once, code_of, count, link_of, sent, sign


def state(ctx: Context, nda: Nda) -> str:
    with ctx.database.reading() as session:
        return session.get_one(Agreement, nda.id).state


def test_in_order_the_second_gets_the_link_when_the_first_has_signed(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock, "ordered")
    assert not [mail for mail in mails(ctx, nda.recipient) if "/signing/" in mail.body]
    sign(ctx, clock, nda.sender)
    clock.forward(seconds=1)
    assert sign(ctx, clock, nda.recipient).executed


def test_who_waits_for_her_turn_cannot_sign_from_her_account(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    mara = confirmed(ctx, clock, "Mara", "mara@vidal.example")
    nda = sent(ctx, clock, "ordered")
    signer = AsMember(mara, nda.id)
    signing.document_pdf(ctx, signer)
    with pytest.raises(RefusedError, match="sign before"):
        signing.request_code(ctx, signer)


def confirmed(ctx: Context, clock: MovingClock, name: str, email: str) -> Actor:
    actor = person(ctx, name, email)
    accounts.confirm(ctx, secret_in(mails(ctx, email)[0]))
    clock.forward(seconds=1)
    return actor


def test_a_signatory_with_an_account_finds_it_and_signs_from_the_page(ctx: Context, clock: MovingClock) -> None:
    mara = confirmed(ctx, clock, "Mara", "mara@vidal.example")
    nda = sent(ctx, clock)
    assert [line.id for line in agreements.waiting(ctx, mara)] == [nda.id]
    assert agreements.agreement(ctx, mara, nda.id).line.title is None
    signer = AsMember(mara, nda.id)
    code = code_of(ctx, clock, signer, nda.recipient)
    page = signing.look(ctx, signer)
    signing.sign(ctx, signer, code, page.document_sha256, page.consent_id)
    assert agreements.waiting(ctx, mara) == []


def test_the_sender_cannot_sign_for_the_other_side_nor_sees_the_link(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    sara = confirmed(ctx, clock, "Sara", "sara@example.org")
    nda = answered(ctx, sara, NamedSignatory("discloser", "Ugo Rossi", "ugo@example.org"))
    drafting.finalise(ctx, sara, nda.id)
    signing.send(ctx, sara, nda.id)
    with pytest.raises(NotFoundError, match="not asked to sign"):
        signing.look(ctx, AsMember(sara, nda.id))
    assert not [mail for mail in mails(ctx, "sara@example.org") if "/signing/" in mail.body]
    with ctx.database.reading() as session:
        digests = session.scalars(select(SigningLink.digest)).all()
    assert sha256(link_of(ctx, nda.recipient).secret.encode()).digest() in digests


def test_a_mail_to_sign_holds_no_title_and_no_name_of_a_party(sqlite_ctx: Context, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    (mail,) = [mail for mail in mails(sqlite_ctx, nda.recipient) if "/signing/" in mail.body]
    for secret in ("folding chair", "Folding chair", "Mara", "Udine", "NDA"):
        assert secret not in mail.subject + mail.body


@pytest.mark.parametrize("secret", ["", "x", "A" * 43])
def test_a_link_that_does_not_exist_opens_nothing(sqlite_ctx: Context, secret: str) -> None:
    with pytest.raises(NotFoundError, match="copy it whole"):
        signing.open_link(sqlite_ctx, secret)


def test_a_link_that_ran_out_says_so(sqlite_ctx: Context, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    link = link_of(sqlite_ctx, nda.recipient)
    clock.forward(days=31)
    with pytest.raises(ExpiredError, match="Ask the sender"):
        signing.look(sqlite_ctx, link)
    drafting.reopen(sqlite_ctx, nda.actor, nda.id)
    assert state(sqlite_ctx, nda) == "negotiating"


def test_a_code_of_one_signatory_is_wrong_for_the_other(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    hers, his = link_of(ctx, nda.recipient), link_of(ctx, nda.sender)
    page = signing.look(ctx, his)
    code = code_of(ctx, clock, hers, nda.recipient)
    if code_of(ctx, clock, his, nda.sender) == code:
        return  # one in a million
    with pytest.raises(RefusedError, match="not the code we sent"):
        signing.sign(ctx, his, code, page.document_sha256, page.consent_id)


def test_the_sixth_try_is_refused_even_when_it_is_right(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(RefusedError, match=f"Tries left: {left}"):
            signing.sign(ctx, link, wrong, page.document_sha256, page.consent_id)
    with pytest.raises(RateLimitError, match="Ask for a new one"):
        signing.sign(ctx, link, code, page.document_sha256, page.consent_id)
    clock.forward(minutes=1)
    assert sign(ctx, clock, nda.recipient).receipt.index > 0


def test_the_fifth_try_may_still_be_right(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    for _ in range(4):
        with pytest.raises(RefusedError):
            signing.sign(ctx, link, f"{(int(code) + 1) % 10**6:06d}", page.document_sha256, page.consent_id)
    signing.sign(ctx, link, code[:3] + " " + code[3:], page.document_sha256, page.consent_id)


@pytest.mark.parametrize("typed", ["", "abc", "12345", "1234567", "１２３４５６"])
def test_what_cannot_be_a_code_is_said_and_is_no_try(ctx: Context, clock: MovingClock, typed: str) -> None:
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    with pytest.raises(InputError) as refused:
        signing.sign(ctx, link, typed, page.document_sha256, page.consent_id)
    assert [one.pointer for one in refused.value.problems] == ["/code"]
    with ctx.database.reading() as session:
        assert session.scalar(select(SigningCode.attempts)) == 0
    signing.sign(ctx, link, code, page.document_sha256, page.consent_id)


def test_guesses_at_the_same_moment_are_not_more_than_the_limit(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    wrong = [f"{(int(code) + n) % 10**6:06d}" for n in range(1, 11)]
    outcomes = at_once([lambda guess=guess: signing.sign(ctx, link, guess, page.document_sha256, page.consent_id) for guess in wrong])
    assert sorted({type(one) for one in outcomes}, key=str) == [RateLimitError, RefusedError]
    assert sum(isinstance(one, RefusedError) for one in outcomes) == 5
    with ctx.database.reading() as session:
        assert session.scalar(select(SigningCode.attempts)) == 5


def test_a_double_click_gives_one_signature(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    outcomes = at_once([lambda: signing.sign(ctx, link, code, page.document_sha256, page.consent_id)] * 4)
    assert sum(isinstance(one, signatures.Signed) for one in outcomes) == 1
    assert {type(one) for one in outcomes} <= {signatures.Signed, ConflictError}, outcomes
    assert count(ctx, Signature) == 1
    with ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LogEntry).where(LogEntry.kind == "signature")) == 1


def test_two_last_signatures_at_once_execute_it_once(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    calls = []
    for email in (nda.recipient, nda.sender):
        link = link_of(ctx, email)
        page, code = signing.look(ctx, link), code_of(ctx, clock, link, email)
        calls.append(lambda link=link, code=code, page=page: signing.sign(ctx, link, code, page.document_sha256, page.consent_id))
    outcomes = at_once(calls)
    assert sorted(one.executed for one in outcomes if isinstance(one, signatures.Signed)) == [False, True]
    with ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == "seal")) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"document_sha256": "0" * 64}, "not the document"),
        ({"consent_id": "simple/en@9"}, "consent text has changed"),
    ],
)
def test_another_document_or_consent_text_is_refused(sqlite_ctx: Context, clock: MovingClock, change: dict[str, str], said: str) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    shown = {"document_sha256": page.document_sha256, "consent_id": page.consent_id, **change}
    with pytest.raises(RefusedError, match=said):
        signing.sign(ctx, link, code, **shown)
    assert count(ctx, Signature) == 0


def test_a_code_runs_out_and_says_what_to_do(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    clock.forward(minutes=15)
    with pytest.raises(ExpiredError, match="Ask for a new one"):
        signing.sign(ctx, link, code, page.document_sha256, page.consent_id)


def test_a_new_code_ends_the_old_one_and_comes_at_most_every_thirty_seconds(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, old = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    clock.forward(seconds=10)
    with pytest.raises(RateLimitError) as refused:
        signing.request_code(ctx, link)
    assert 1 <= refused.value.values["retry_after"] <= 21
    new = code_of(ctx, clock, link, nda.recipient)
    if new != old:
        with pytest.raises(RefusedError):
            signing.sign(ctx, link, old, page.document_sha256, page.consent_id)
    signing.sign(ctx, link, new, page.document_sha256, page.consent_id)


def test_a_used_code_signs_nothing_more(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    signing.sign(ctx, link, code, page.document_sha256, page.consent_id)
    with pytest.raises(ConflictError, match="signed already"):
        signing.sign(ctx, link, code, page.document_sha256, page.consent_id)


def test_nobody_signs_what_she_did_not_open(sqlite_ctx: Context, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    with pytest.raises(RefusedError, match="Open the document"):
        signing.request_code(sqlite_ctx, link_of(sqlite_ctx, nda.recipient))


def test_a_decline_ends_it_for_all_is_logged_and_the_text_can_be_sent_anew(ctx: Context, clock: MovingClock) -> None:
    nda = sent(ctx, clock)
    sign(ctx, clock, nda.sender)
    link = link_of(ctx, nda.recipient)
    with pytest.raises(InputError, match="fill this in"):
        signing.decline(ctx, link, " ")
    signing.decline(ctx, link, "The term is too long.")
    assert (state(ctx, nda), agreements.agreement(ctx, nda.actor, nda.id).reason) == ("negotiating", "The term is too long.")
    with ctx.database.reading() as session:
        (row,) = session.scalars(select(Signatory).where(Signatory.state == "declined"))
        (said,) = signatures.expected_decline(ctx, session, row)
        assert said["reason"] == "The term is too long."
        assert not signing.is_executed(session, nda.id)
    assert not [mail for mail in mails(ctx, nda.sender) if "too long" in mail.body]
    with pytest.raises(RefusedError, match="somebody declined"):
        signing.request_code(ctx, link)
    clock.forward(seconds=1)
    drafting.finalise(ctx, nda.actor, nda.id)
    signing.send(ctx, nda.actor, nda.id)
    with ctx.database.reading() as session:
        assert signing.required_signed(session, nda.id) == (0, 2)
    assert signing.look(ctx, link).state == "withdrawn"
    clock.forward(seconds=1)
    sign(ctx, clock, nda.recipient)
    assert sign(ctx, clock, nda.sender).executed


def test_what_was_withdrawn_cannot_be_signed(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = sent(ctx, clock)
    link = link_of(ctx, nda.recipient)
    page, code = signing.look(ctx, link), code_of(ctx, clock, link, nda.recipient)
    signing.withdraw(ctx, nda.actor, nda.id, "A mistake in the term.")
    with pytest.raises(RefusedError, match="withdrawn"):
        signing.sign(ctx, link, code, page.document_sha256, page.consent_id)
    with pytest.raises(RefusedError):
        signing.withdraw(ctx, nda.actor, nda.id, "again")


def test_an_executed_agreement_is_never_withdrawn(sqlite_ctx: Context, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    sign(sqlite_ctx, clock, nda.recipient)
    sign(sqlite_ctx, clock, nda.sender)
    with pytest.raises(RefusedError):
        signing.withdraw(sqlite_ctx, nda.actor, nda.id, "too late")
    with pytest.raises(ConflictError):
        signing.decline(sqlite_ctx, link_of(sqlite_ctx, nda.recipient), "too late")


def test_an_advisor_may_not_send_and_strangers_find_nothing(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = answered(ctx)
    drafting.finalise(ctx, nda.actor, nda.id)
    with pytest.raises(ForbiddenError):
        signing.send(ctx, as_role(nda.actor, "advisor"), nda.id)
    stranger = person(ctx, "Nadia", organisation="Elsewhere")
    for attempt in (
        lambda: signing.send(ctx, stranger, nda.id),
        lambda: signing.withdraw(ctx, stranger, nda.id, "x"),
        lambda: signing.look(ctx, AsMember(stranger, nda.id)),
        lambda: signing.document_pdf(ctx, AsMember(stranger, nda.id)),
        lambda: signing.look(ctx, AsMember(replace(stranger, person_id=None), nda.id)),
    ):
        with pytest.raises(ServiceError) as refused:
            attempt()
        assert refused.value.code in ("not-found", "unauthenticated")


def test_a_party_without_a_signatory_stops_the_sending(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    nda = answered(ctx)
    revision = drafting.interview(ctx, nda.actor, nda.id).revision
    drafting.name_signatories(ctx, nda.actor, nda.id, [NamedSignatory("discloser", "Sara", "sara@example.org")], revision)
    drafting.finalise(ctx, nda.actor, nda.id)
    with pytest.raises(InputError, match="1 people sign as Recipient"):
        signing.send(ctx, nda.actor, nda.id)


def test_an_address_that_is_not_confirmed_opens_no_page(sqlite_ctx: Context, clock: MovingClock) -> None:
    ctx = sqlite_ctx
    mara = person(ctx, "Mara", "mara@vidal.example")
    nda = sent(ctx, clock)
    with pytest.raises(NotFoundError):
        signing.look(ctx, AsMember(mara, nda.id))
    with ctx.database.writing() as session:
        session.execute(update(Person).where(Person.email == "mara@vidal.example").values(email_confirmed_at=clock()))
    assert isinstance(link_of(ctx, nda.recipient), ByLink)
