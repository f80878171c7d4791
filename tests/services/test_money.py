"""Money of a collaboration: recorded by anybody, paid out when all accept, balanced always."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import joining, money, paying, payouts, recording
from ipr_service.services.context import Context
from ipr_service.services.payouts import OwnRule, ProposePayout
from ipr_service.services.recording import RecordMoney
from ipr_service.services.shares import Propose
from ipr_service.store.schema import MoneyEntry, MoneyPosting
from tests.services.till import agree, agreed, dues, sold
from tests.services.workshop import Chair, chair, company
from tests.support.house import as_role, mails

EUR = ProposePayout("EUR")


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    return agreed(sqlite_ctx)


def entry(the: Chair, kind: str, amount: str, **more: str) -> RecordMoney:
    return RecordMoney(kind, amount, **{"currency": "EUR", "party_id": the.rovere, "text": "x", **more})


def test_income_is_paid_out_by_the_accepted_split_once_both_have_accepted(sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the, "1000.01")
    made = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    assert dues(sqlite_ctx, the) == (0, 0)
    assert payouts.details(sqlite_ctx, the.marco, the.id, made).awaited == ("Rovere s.r.l.",)
    assert payouts.waiting(sqlite_ctx, the.marco) == [(the.id, made)]
    assert payouts.waiting(sqlite_ctx, the.anna) == []
    assert "A payout waits for your answer" in {mail.subject for mail in mails(sqlite_ctx, "marco@example.org")}
    assert paying.accept(sqlite_ctx, the.marco, the.id, made) == "paid"
    assert dues(sqlite_ctx, the) == (66_667, 33_334)
    assert payouts.waiting(sqlite_ctx, the.marco) == []
    told = payouts.details(sqlite_ctx, the.anna, the.id, made)
    assert (told.state, told.told.amount, told.awaited) == ("paid", "1000.01", ())
    (studio,) = [line for line in told.told.lines if line.party_id == the.studio]
    assert studio.reason == "666.67 EUR: 66 2/3 % of the 1000.01 EUR that is left for shares (step rest; the accepted split)"
    assert all(check.holds for check in payouts.replay_of(sqlite_ctx, the.marco, the.id, made))


def test_remainders_are_carried_from_payout_to_payout(sqlite_ctx: Context, the: Chair) -> None:
    for _ in range(3):
        sold(sqlite_ctx, the, "0.01")
        paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, EUR))
    assert dues(sqlite_ctx, the) == (2, 1)


def test_the_books_always_balance_whatever_is_recorded(ctx: Context) -> None:
    the = agreed(ctx)
    sold(ctx, the)
    recording.record(ctx, the.anna, the.id, entry(the, "cost", "200", party_id=the.studio))
    recording.record(ctx, the.anna, the.id, entry(the, "correction", "50", party_id=the.studio))
    own = OwnRule(
        costs=True, fixed_party_id=the.rovere, fixed_amount="100", recoup_party_id=the.studio, recoup_cap="90,00", recoup_of="1/2"
    )
    paying.accept(ctx, the.marco, the.id, paying.propose(ctx, the.anna, the.id, ProposePayout("EUR", "own", own)))
    # 1000.00: costs 150.00, fixed 100.00, half of 750.00 up to 90.00, 660.00 by 2/3 and 1/3
    assert dues(ctx, the) == (15_000 + 9_000 + 44_000, 10_000 + 22_000)
    recording.record(ctx, the.marco, the.id, entry(the, "transfer", "680", to_party_id=the.studio))
    recording.record(ctx, the.marco, the.id, entry(the, "refund", "300"))
    paying.accept(ctx, the.marco, the.id, paying.propose(ctx, the.anna, the.id, EUR))
    assert dues(ctx, the) == (-20_000, 22_000)
    recording.record(ctx, the.anna, the.id, entry(the, "return", "200", party_id=the.studio, to_party_id=the.rovere))
    assert dues(ctx, the) == (0, 22_000)
    with ctx.database.reading() as session:
        sums = session.execute(select(func.sum(MoneyPosting.units)).group_by(MoneyPosting.entry_id)).scalars().all()
    assert set(sums) == {0}
    assert len(sums) == 8


def test_the_same_waterfall_goes_on_counting_and_another_begins_anew(sqlite_ctx: Context, the: Chair) -> None:
    own = OwnRule(fixed_party_id=the.studio, fixed_amount="100")
    for rule in ("own", "last", "own"):
        sold(sqlite_ctx, the, "60.00")
        paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout("EUR", rule, own)))
    # 60 and 40 to the fixed sum, then 80 by the split: 53.33 and 26.67
    assert dues(sqlite_ctx, the) == (15_333, 2_667)
    sold(sqlite_ctx, the, "30.00")
    paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout("EUR", "split")))
    assert dues(sqlite_ctx, the) == (17_333, 3_667)


def test_what_changes_the_books_ends_a_proposal_that_waits(sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    made = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    sold(sqlite_ctx, the, "5.00")
    assert payouts.details(sqlite_ctx, the.anna, the.id, made).state == "superseded"
    with pytest.raises(ConflictError, match="no longer open"):
        paying.accept(sqlite_ctx, the.marco, the.id, made)
    again = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    agree(sqlite_ctx, the, Propose("equal@1"))
    with pytest.raises(ConflictError, match="newer split"):
        paying.accept(sqlite_ctx, the.marco, the.id, again)


def test_one_decline_ends_a_proposal_and_says_why(sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    made = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    with pytest.raises(InputError):
        paying.decline(sqlite_ctx, the.marco, the.id, made, " ")
    paying.decline(sqlite_ctx, the.marco, the.id, made, "The timber is not in it")
    found = payouts.details(sqlite_ctx, the.anna, the.id, made)
    assert (found.state, [one.reason for one in found.answers if one.state == "declined"]) == ("declined", ["The timber is not in it"])
    for answer in (
        lambda: paying.accept(sqlite_ctx, the.marco, the.id, made),
        lambda: paying.decline(sqlite_ctx, the.anna, the.id, made, "no"),
    ):
        with pytest.raises(ConflictError):
            answer()
    assert dues(sqlite_ctx, the) == (0, 0)


def test_currencies_are_counted_apart_in_their_own_minor_units(sqlite_ctx: Context, the: Chair) -> None:
    for amount, currency in (("100", "JPY"), ("1.000", "TND")):
        sold(sqlite_ctx, the, amount, currency)
        paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout(currency)))
    assert dues(sqlite_ctx, the, "JPY") == (67, 33)
    assert dues(sqlite_ctx, the, "TND") == (667, 333)


def test_money_goes_on_after_the_collaboration_was_closed(sqlite_ctx: Context, the: Chair) -> None:
    joining.close(sqlite_ctx, the.marco, the.id)
    sold(sqlite_ctx, the)
    paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, EUR))
    assert dues(sqlite_ctx, the) == (66_667, 33_333)


def test_without_an_accepted_split_nothing_is_paid_by_it(sqlite_ctx: Context) -> None:
    bare = chair(sqlite_ctx)
    sold(sqlite_ctx, bare)
    with pytest.raises(RefusedError, match="no split has been accepted"):
        paying.propose(sqlite_ctx, bare.anna, bare.id, EUR)


@pytest.mark.parametrize(
    ("kind", "amount", "more", "said"),
    [
        ("income", "0.005", {}, "finer than 0.01"),
        ("income", "-5", {}, "A negative amount"),
        ("income", "5", {"currency": "EURO"}, "3 is the most"),
        ("income", "5", {"currency": "ECU"}, "not a currency"),
        ("income", "5", {"party_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "Choose a party"),
        ("income", "5", {"day": "2999-01-01"}, "too late"),
        ("income", "5", {"text": ""}, "fill this in"),
        ("gift", "5", {}, "Choose one of"),
        ("refund", "1000.01", {}, "Only 1000.00 EUR came in"),
        ("correction", "1", {}, "0.00 EUR are open"),
        ("transfer", "1", {"to_party_id": "studio"}, "Only 0.00 EUR are due"),
        ("transfer", "1", {}, "Choose a party"),
        ("return", "1", {"to_party_id": "studio"}, "0.00 EUR too much"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_the_limit(
    sqlite_ctx: Context, kind: str, amount: str, more: dict[str, str], said: str
) -> None:
    made = chair(sqlite_ctx)
    sold(sqlite_ctx, made)
    order = entry(made, kind, amount, **{name: made.studio if value == "studio" else value for name, value in more.items()})
    with pytest.raises(InputError) as refused:
        recording.record(sqlite_ctx, made.marco, made.id, order)
    assert any(said in str(problem) for problem in refused.value.problems)


def test_strangers_see_nothing_and_viewers_record_nothing(sqlite_ctx: Context) -> None:
    the = agreed(sqlite_ctx)
    sold(sqlite_ctx, the)
    made = paying.propose(sqlite_ctx, the.marco, the.id, EUR)
    eve = company(sqlite_ctx, "Eve", "Copy & Paste")
    for act in (
        lambda who: money.money(sqlite_ctx, who, the.id),
        lambda who: payouts.details(sqlite_ctx, who, the.id, made),
        lambda who: payouts.record_of(sqlite_ctx, who, the.id, made),
        lambda who: paying.accept(sqlite_ctx, who, the.id, made),
        lambda who: sold(sqlite_ctx, replace(the, marco=who)),
    ):
        with pytest.raises(NotFoundError):
            act(eve)
    viewer = as_role(the.anna, "viewer")
    assert money.money(sqlite_ctx, viewer, the.id).books
    for refused in (lambda: sold(sqlite_ctx, replace(the, marco=viewer)), lambda: paying.accept(sqlite_ctx, viewer, the.id, made)):
        with pytest.raises(ForbiddenError):
            refused()


def test_what_people_write_rests_encrypted_and_amounts_are_whole_units(sqlite_ctx: Context) -> None:
    the = agreed(sqlite_ctx)
    sold(sqlite_ctx, the, "12.34", text="the secret buyer")
    with sqlite_ctx.database.reading() as session:
        (row,) = session.scalars(select(MoneyEntry))
        assert b"secret" not in row.text_sealed
        assert sorted(session.scalars(select(MoneyPosting.units))) == [-1_234, 1_234]
    (line,) = money.money(sqlite_ctx, the.anna, the.id).lines
    assert (line.text, line.amount_text, line.party, line.recorded_by, line.person) == (
        "the secret buyer", "12.34", "Rovere s.r.l.", "Rovere s.r.l.", "Marco",
    )  # fmt: skip
