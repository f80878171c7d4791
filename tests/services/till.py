"""A collaboration with money in it: the oak chair, whose split stands at 2/3 for the studio and 1/3 for Rovere."""

from __future__ import annotations

from ipr_service.services import money, proposing, recording
from ipr_service.services.context import Context
from ipr_service.services.recording import RecordMoney
from ipr_service.services.shares import Propose
from tests.services.workshop import Chair, chair, record


def agreed(ctx: Context) -> Chair:
    """The chair with three contributions and an accepted split; no money yet."""
    made = chair(ctx)
    record(ctx, made)
    agree(ctx, made, Propose("equal@1", ((made.studio, "2/3"), (made.rovere, "1/3")), "as at the table"))
    return made


def agree(ctx: Context, the: Chair, order: Propose) -> str:
    """A split that both accept."""
    split = proposing.propose(ctx, the.anna, the.id, order)
    for who in (the.anna, the.marco):
        proposing.accept(ctx, who, the.id, split)
    return split


def sold(ctx: Context, the: Chair, amount: str = "1000.00", currency: str = "EUR", text: str = "ten chairs") -> str:
    """Rovere sells, and has the money in hand."""
    return recording.record(ctx, the.marco, the.id, RecordMoney("income", amount, currency, the.rovere, text))


def dues(ctx: Context, the: Chair, currency: str = "EUR") -> tuple[int, int]:
    """What is still due to the studio and to Rovere, in units."""
    (book,) = [one for one in money.money(ctx, the.anna, the.id).books if one.currency == currency]
    by_party = {one.party_id: one.due for one in book.holders}
    return by_party[the.studio], by_party[the.rovere]
