"""A dispute keeps aside exactly what depends on it, and gives it out by the split that stands in the end."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from ipr_service.errors import ConflictError, ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.rights.dispute import Kept
from ipr_service.services import disputing, money, paying, payouts
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.services.disputing import RaiseHold
from ipr_service.services.payouts import ProposePayout
from ipr_service.services.shares import Propose
from tests.services.till import agree, agreed, dues, sold
from tests.services.workshop import Chair

EUR = ProposePayout("EUR")


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    return agreed(sqlite_ctx)


def halves(the: Chair) -> RaiseHold:
    return RaiseHold(((the.studio, "1/2"), (the.rovere, "50 %")), "The joint was half of it")


def pay(ctx: Context, the: Chair) -> None:
    paying.accept(ctx, the.marco, the.id, paying.propose(ctx, the.anna, the.id, EUR))


def test_the_undisputed_minimum_is_paid_and_the_rest_is_kept_until_the_raiser_gives_in(sqlite_ctx: Context, the: Chair) -> None:
    dispute = disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    sold(sqlite_ctx, the, "600.00")
    pay(sqlite_ctx, the)
    assert dues(sqlite_ctx, the) == (30_000, 20_000)
    found = money.money(sqlite_ctx, the.anna, the.id)
    assert found.books[0].held == 10_000
    (hold,) = found.holds
    assert (hold.reason, hold.raised_by) == ("The joint was half of it", "Rovere s.r.l.")
    with pytest.raises(ForbiddenError, match="Only the party that raised"):
        disputing.release(sqlite_ctx, the.anna, the.id, dispute)
    disputing.release(sqlite_ctx, the.marco, the.id, dispute)
    assert dues(sqlite_ctx, the) == (40_000, 20_000)
    assert money.money(sqlite_ctx, the.anna, the.id).holds == ()
    with pytest.raises(RefusedError, match="ended already"):
        disputing.release(sqlite_ctx, the.marco, the.id, dispute)


def test_a_newer_split_that_all_accept_settles_it_and_either_side_ends_it(ctx: Context) -> None:
    the = agreed(ctx)
    dispute = disputing.hold(ctx, the.marco, the.id, halves(the))
    sold(ctx, the, "600.00")
    sold(ctx, the, "60", "JPY")
    pay(ctx, the)
    paying.accept(ctx, the.marco, the.id, paying.propose(ctx, the.anna, the.id, ProposePayout("JPY")))
    agree(ctx, the, Propose("equal@1"))
    sold(ctx, the, "1.00")
    with pytest.raises(RefusedError, match="Release the money"):
        paying.propose(ctx, the.anna, the.id, EUR)
    disputing.release(ctx, the.anna, the.id, dispute)
    assert dues(ctx, the) == (30_000, 30_000)
    assert dues(ctx, the, "JPY") == (30, 30)
    pay(ctx, the)
    assert dues(ctx, the) == (30_050, 30_050)


def test_a_settlement_below_what_was_paid_takes_nothing_back(sqlite_ctx: Context, the: Chair) -> None:
    dispute = disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    sold(sqlite_ctx, the, "600.00")
    pay(sqlite_ctx, the)
    agree(sqlite_ctx, the, Propose("equal@1", ((the.studio, "1/4"), (the.rovere, "3/4")), "after all"))
    disputing.release(sqlite_ctx, the.anna, the.id, dispute)
    assert dues(sqlite_ctx, the) == (30_000, 30_000)


def test_raising_ends_a_proposal_that_waits_and_a_party_raises_one_at_a_time(sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    waiting = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    assert payouts.details(sqlite_ctx, the.anna, the.id, waiting).state == "superseded"
    with pytest.raises(RefusedError, match="Your party has raised a dispute already"):
        disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    agree(sqlite_ctx, the, Propose("equal@1"))
    with pytest.raises(RefusedError, match="End the dispute about the earlier one"):
        disputing.hold(sqlite_ctx, the.anna, the.id, halves(the))


def held(ctx: Context, the: Chair) -> int:
    (book,) = money.money(ctx, the.anna, the.id).books
    return book.held


def three_quarters(the: Chair) -> RaiseHold:
    return RaiseHold(((the.studio, "3/4"), (the.rovere, "1/4")), "and the drawings")


def test_two_disputes_at_once_each_free_what_they_alone_kept(ctx: Context) -> None:
    the = agreed(ctx)
    first = disputing.hold(ctx, the.marco, the.id, halves(the))
    sold(ctx, the, "600.00")
    pay(ctx, the)  # sure are 1/2 and 1/3; 100.00 are kept for the first dispute
    second = disputing.hold(ctx, the.anna, the.id, three_quarters(the))
    sold(ctx, the, "1200.00")
    pay(ctx, the)  # sure are 1/2 and 1/4; 300.00 are kept for both
    assert dues(ctx, the) == (30_000 + 60_000, 20_000 + 30_000)
    assert held(ctx, the) == 40_000
    disputing.release(ctx, the.anna, the.id, second)  # Rovere is sure of 1/3 again: 100.00 of the 300.00; 1/6 stays kept
    assert dues(ctx, the) == (90_000, 60_000)
    assert held(ctx, the) == 30_000
    sold(ctx, the, "6.00")
    pay(ctx, the)  # 3.00, 2.00, and 1.00 is kept
    assert held(ctx, the) == 30_100
    disputing.release(ctx, the.marco, the.id, first)
    assert held(ctx, the) == 0
    assert dues(ctx, the) == (120_400, 60_200)  # 2/3 and 1/3 of 1806.00
    assert audit(ctx)


def test_a_split_in_favour_of_one_claim_ends_all_disputes_and_a_later_one_begins_anew(ctx: Context) -> None:
    the = agreed(ctx)
    first = disputing.hold(ctx, the.marco, the.id, halves(the))
    disputing.hold(ctx, the.anna, the.id, three_quarters(the))
    sold(ctx, the, "1200.00")
    pay(ctx, the)
    agree(ctx, the, Propose("equal@1", three_quarters(the).claim, "Anna is right"))
    assert [one.outdated for one in money.money(ctx, the.anna, the.id).holds] == [True, True]
    disputing.release(ctx, the.anna, the.id, first)
    assert money.money(ctx, the.anna, the.id).holds == ()
    assert dues(ctx, the) == (90_000, 30_000)
    disputing.hold(ctx, the.marco, the.id, halves(the))
    sold(ctx, the, "400.00")
    pay(ctx, the)
    assert held(ctx, the) == 10_000
    assert audit(ctx)


def test_a_payout_at_the_same_moment_is_not_overlooked(sqlite_ctx: Context, the: Chair, monkeypatch: pytest.MonkeyPatch) -> None:
    dispute = disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    sold(sqlite_ctx, the, "600.00")
    reads = disputing.kept_money

    def meanwhile(ctx: Context, session: Session, collaboration_id: str) -> dict[str, tuple[Kept, ...]]:
        found = reads(ctx, session, collaboration_id)
        pay(sqlite_ctx, the)  # Anna and Marco pay out after the dispute was read and before its end is written
        return found

    monkeypatch.setattr(disputing, "kept_money", meanwhile)
    with pytest.raises(ConflictError, match="same moment"):
        disputing.release(sqlite_ctx, the.marco, the.id, dispute)
    monkeypatch.undo()
    disputing.release(sqlite_ctx, the.marco, the.id, dispute)
    assert held(sqlite_ctx, the) == 0


def test_a_claim_that_is_none_is_refused(sqlite_ctx: Context) -> None:
    the = agreed(sqlite_ctx)
    for claim, said in (
        (((the.studio, "1/2"),), "every party of the accepted split"),
        (((the.studio, "1/2"), (the.rovere, "1/3")), "add up to"),
        (((the.studio, "2/3"), (the.rovere, "1/3")), "nothing to dispute"),
        (((the.studio, "half"), (the.rovere, "1/2")), "not a number"),
    ):
        with pytest.raises(InputError, match=said):
            disputing.hold(sqlite_ctx, the.marco, the.id, RaiseHold(claim, "because"))
    with pytest.raises(NotFoundError):
        disputing.release(sqlite_ctx, the.marco, the.id, the.id)
