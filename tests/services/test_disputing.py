"""A dispute keeps aside exactly what depends on it, and gives it out by the split that stands in the end."""

from __future__ import annotations

import pytest

from ipr_service.errors import ForbiddenError, InputError, NotFoundError, RefusedError
from ipr_service.services import disputing, money, paying, payouts
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
    assert found.hold is not None
    assert (found.hold.reason, found.hold.raised_by) == ("The joint was half of it", "Rovere s.r.l.")
    with pytest.raises(ForbiddenError, match="Only the party that raised"):
        disputing.release(sqlite_ctx, the.anna, the.id, dispute)
    disputing.release(sqlite_ctx, the.marco, the.id, dispute)
    assert dues(sqlite_ctx, the) == (40_000, 20_000)
    assert money.money(sqlite_ctx, the.anna, the.id).hold is None
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


def test_a_settlement_below_what_was_paid_names_who_gives_back(sqlite_ctx: Context, the: Chair) -> None:
    dispute = disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    sold(sqlite_ctx, the, "600.00")
    pay(sqlite_ctx, the)
    agree(sqlite_ctx, the, Propose("equal@1", ((the.studio, "1/4"), (the.rovere, "3/4")), "after all"))
    with pytest.raises(RefusedError, match="Studio Blu was paid more"):
        disputing.release(sqlite_ctx, the.anna, the.id, dispute)


def test_raising_ends_a_proposal_that_waits_and_only_one_dispute_is_open(sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    waiting = paying.propose(sqlite_ctx, the.anna, the.id, EUR)
    disputing.hold(sqlite_ctx, the.marco, the.id, halves(the))
    assert payouts.details(sqlite_ctx, the.anna, the.id, waiting).state == "superseded"
    with pytest.raises(RefusedError, match="One dispute is open"):
        disputing.hold(sqlite_ctx, the.anna, the.id, halves(the))


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
