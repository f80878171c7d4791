"""Statements of account: one party, one currency, a span of days; as data, CSV and PDF.

Every party of a collaboration sees the whole ledger, and so every party's statement: money that is shared is counted in the open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from babel.numbers import get_decimal_symbol
from sqlalchemy.orm import Session

from ipr_service.agreements.money_statement import typeset_statement
from ipr_service.errors import N_, InputError
from ipr_service.evidence.digest import to_base64
from ipr_service.rights import ledger, payout_reasons, payout_record
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.money_run import RELEASED
from ipr_service.rights.revenue import payout
from ipr_service.rights.statement import Entry, Statement, statement, to_csv
from ipr_service.services import access, collaboration, money, shares
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.languages import say
from ipr_service.services.money import LedgerLine
from ipr_service.services.words import clean_date, clean_line, collecting
from ipr_service.store.schema import Collaboration, MoneyHold, MoneyPayout, Split


@dataclass(frozen=True)
class AskStatement:
    """Which statement. ``first``, ``last``: ISO 8601, both included; empty means from the first entry, until today."""

    party_id: str
    currency: str
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Stated:
    """A statement and what stands on it: the party's name, and the title of the collaboration (None after its key was erased)."""

    statement: Statement
    name: str
    about: str | None


def stated(ctx: Context, actor: Actor, collaboration_id: str, order: AskStatement, language: str = "en") -> Stated:
    """A party's statement.

    Raises:
        NotFoundError: see ``access``. InputError: fields that were refused.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        names = {one.id: one.label for one in collaboration.parties(ctx, session, collaboration_id, with_left=True)}
        today = ctx.now().date()
        with collecting() as check:
            if order.party_id not in names:
                check.refuse("/party_id", N_("Choose a party of this collaboration."))
            currency = check(_currency, order.currency)
            last = check(clean_date, "/last", order.last) if order.last else today
            first = check(clean_date, "/first", order.first) if order.first else None
        lines = money.ledger_lines(ctx, session, collaboration_id, currency)
        first = first or min((line.day for line in lines), default=last)
        if first > last:
            raise InputError.at("/last", N_("The last day is before the first."))
        row = session.get_one(Collaboration, collaboration_id)
        about = ctx.open_text(row.key_id, "collaboration.title", row.title_sealed)
        named = shares.names(ctx, session, collaboration_id)
        entries = [_entry(ctx, session, line, order.party_id, named, language) for line in lines]
        found = statement(order.party_id, currency, entries, first, last)
        return Stated(found, names[order.party_id], about)


def _entry(ctx: Context, session: Session, line: LedgerLine, party_id: str, named: Mapping[str, str], language: str) -> Entry:
    """A line with its place in the log and the reason for this party's amount, told anew from what was paid out or released."""
    reference = "" if line.commitment is None else f"{ctx.settings.origin}#{line.index} {to_base64(line.commitment)}"
    if line.hold_id is not None:
        why = _released(session.get_one(MoneyHold, line.hold_id), line, party_id, language)
        return Entry(line.transaction, line.day, line.text, ((party_id, why),), reference)
    if line.payout_id is None:
        return Entry(line.transaction, line.day, line.text)
    row = session.get_one(MoneyPayout, line.payout_id)
    made = payout(payout_record.read(money.record_text(ctx, session, row)))
    told = next((one for one in payout_reasons.account(made, get_decimal_symbol(language)) if one.holder == party_id), None)
    why = "; ".join(shares.said(sentence, named, language) for sentence in told.amounts) if told is not None else ""
    return Entry(line.transaction, line.day, _by_split(session, row, language), ((party_id, why),), reference)


def _by_split(session: Session, row: MoneyPayout, language: str) -> str:
    if row.split_id is None:
        return ""
    return say(language, N_("By split no. {number}")).format(number=session.get_one(Split, row.split_id).number)


def _released(hold: MoneyHold, line: LedgerLine, party_id: str, language: str) -> str:
    units = sum(-posting.units for posting in line.transaction.postings if posting.account == ledger.due(party_id))
    amount = f"{units_text(units, places_of(line.currency), get_decimal_symbol(language))} {line.currency}"
    return say(language, RELEASED[hold.settled_by == hold.split_id]).format(amount=amount)


def _currency(written: str) -> str:
    code = clean_line("/currency", written, 3).upper()
    places_of(code)
    return code


def as_csv(found: Stated, language: str = "en") -> str:
    """The statement as CSV (see ``rights.statement.to_csv``)."""
    return to_csv(found.statement, found.name, partial(say, language))


def as_pdf(ctx: Context, found: Stated, collaboration_id: str, language: str = "en") -> bytes:
    """The statement on paper.

    Raises:
        InputError: a character that the type does not have.
    """
    reference = f"{ctx.settings.base_url}/collaborations/{collaboration_id}/money"
    return typeset_statement(
        found.statement, found.name, found.about or "", reference, ctx.now(), partial(say, language), language, get_decimal_symbol(language)
    )


def file_name(found: Stated, form: str) -> str:
    """A name that tells neither party nor collaboration: names rest on this computer's disk, and files travel."""
    return f"statement-{found.statement.currency}-{found.statement.first.isoformat()}-{found.statement.last.isoformat()}.{form}"
