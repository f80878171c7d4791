"""Pages about money and the guide, walked as Marco and Anna walk them."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask

from ipr_service.rights import payout_record
from ipr_service.services import paying
from ipr_service.services.context import Context
from ipr_service.services.payouts import ProposePayout
from tests.services.till import agreed, sold
from tests.services.workshop import Chair
from tests.web.conftest import Browser
from tests.web.test_collaborations import entered, text


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    return agreed(sqlite_ctx)


def plain(browser: Browser, address: str) -> str:
    """The words of a page, without markup and no-break spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(browser, address)).replace("\xa0", " ").split())


def test_from_an_empty_ledger_to_a_payout_by_forms(app: Flask, the: Chair) -> None:
    marco, anna, place = entered(app, "marco"), entered(app, "anna"), f"/collaborations/{the.id}/money"
    assert "Nothing has come in yet" in text(marco, place)
    fields = {"kind": "income", "amount": "1.000,01", "currency": "EUR", "party_id": the.rovere, "text": "Ten <chairs>"}
    refused = marco.send(f"{place}/record", **fields)
    assert refused.status_code == 422
    assert 'id="amount-wrong"' in refused.get_data(as_text=True)
    assert marco.send(f"{place}/record", **{**fields, "amount": "1000,01"}).headers["Location"] == place
    assert "Ten &lt;chairs&gt;" in text(anna, place)
    assert "Came in 1,000.01 EUR Not paid out yet 1,000.01 EUR" in plain(anna, place)
    seen = plain(anna, f"{place}/payouts/new")
    assert "Studio Blu 666.67 EUR 666.67 EUR: 66 2/3 % of the 1000.01 EUR" in seen
    own = {"currency": "EUR", "rule": "own", "fixed_party_id": the.rovere, "fixed_amount": "100", "do": "preview"}
    assert "Rovere s.r.l. 400.00 EUR" in re.sub(r"\s+", " ", plain_of(anna.send(f"{place}/payouts/new", **own).get_data(as_text=True)))
    made = anna.send(f"{place}/payouts/new", **{**own, "rule": "split", "do": "propose"}).headers["Location"]
    assert "Accept or decline a payout" in text(marco, "/")
    assert marco.send(f"{made}/accept", made).headers["Location"] == made
    assert "Accept or decline a payout" not in text(marco, "/")
    assert "Paid out" in text(anna, made)
    assert "Studio Blu 666.67 EUR" in plain(anna, place)
    assert "Rovere s.r.l. pays 666.67 EUR to Studio Blu" in plain(anna, place)
    (record,) = [one for one in re.findall(r'href="([^"]+/record[^"]+)"', text(anna, place)) if "amount=666.67" in one]
    assert 'value="666.67"' in text(anna, record.replace("&amp;", "&"))
    (proof,) = re.findall(r'href="([^"]+/proof)"', text(anna, made))
    assert anna.get(proof).get_data().startswith(b"PK")
    record = anna.get(f"{made}/payout.json").get_data(as_text=True)
    assert all(check.holds for check in payout_record.replay(record))


def plain_of(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ")


def test_costs_that_a_payout_passes_over_are_said_before_it_is_proposed(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    marco, place = entered(app, "marco"), f"/collaborations/{the.id}/money"
    spent = {"kind": "cost", "amount": "200", "currency": "EUR", "party_id": the.studio, "text": "Timber"}
    marco.send(f"{place}/record", **spent)
    assert "Studio Blu spent 200.00 EUR for all. This payout repays nothing of it" in plain(marco, f"{place}/payouts/new")
    with_costs = marco.send(f"{place}/payouts/new", currency="EUR", rule="own", costs="yes", do="preview").get_data(as_text=True)
    assert "repays nothing of it" not in with_costs


def test_a_decline_says_why_and_needs_a_reason(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    made = paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout("EUR"))
    marco, address = entered(app, "marco"), f"/collaborations/{the.id}/money/payouts/{made}"
    assert marco.send(f"{address}/decline", address, reason="").status_code == 422
    marco.send(f"{address}/decline", address, reason="The <b>timber</b>")
    assert "The &lt;b&gt;timber&lt;/b&gt;" in text(marco, address)


def test_a_dispute_is_raised_shown_and_ended(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    marco, place = entered(app, "marco"), f"/collaborations/{the.id}/money"
    sold(sqlite_ctx, the, "600")
    claim = {f"share-{the.studio}": "1/2", f"share-{the.rovere}": "0.4", "reason": "The joint"}
    refused = marco.send(f"{place}/dispute", **claim)
    assert refused.status_code == 422
    assert 'id="claim-wrong"' in refused.get_data(as_text=True)
    assert marco.send(f"{place}/dispute", **{**claim, f"share-{the.rovere}": "0.5"}).headers["Location"] == place
    page = text(marco, place)
    assert "Rovere s.r.l. disputes the split" in page
    (settle,) = re.findall(r'href="([^"]+/propose[^"]+)"', page)
    proposal = text(marco, settle.replace("&amp;", "&"))
    assert f'name="share-{the.studio}" value="1/2"' in proposal
    assert "Withdraw this claim" not in text(entered(app, "anna"), place)
    paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout("EUR")))
    assert "Kept aside 100.00 EUR" in plain(marco, place)
    (release,) = re.findall(r'action="([^"]+/release)"', text(marco, place))
    marco.send(release, place)
    assert "Studio Blu 400.00 EUR" in plain(marco, place)


def test_a_statement_is_a_page_a_table_and_a_paper(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the)
    paying.accept(sqlite_ctx, the.marco, the.id, paying.propose(sqlite_ctx, the.anna, the.id, ProposePayout("EUR")))
    anna = entered(app, "anna")
    address = f"/collaborations/{the.id}/money/statement?party_id={the.studio}&currency=EUR"
    assert "Closing balance 666.67" in plain(anna, address)
    table = anna.get(f"{address}&form=csv")
    assert "attachment" in table.headers["Content-Disposition"]
    assert list(csv.reader(io.StringIO(table.get_data(as_text=True))))[-1][7] == "666.67"
    assert anna.get(f"{address}&form=pdf").get_data().startswith(b"%PDF-")
    assert anna.get(f"{address}&first=yesterday").status_code == 422


def test_in_italian_amounts_and_reasons_follow_the_reader(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    sold(sqlite_ctx, the, "1234.50")
    anna = entered(app, "anna")
    anna.send("/language", "/", language="it")
    said = " ".join(plain_of(text(anna, f"/collaborations/{the.id}/money/payouts/new")).split())
    assert "Studio Blu 823,00 EUR 823,00 EUR: il 66 2/3 % dei 1234,50 EUR che restano da dividere" in said


def test_the_guide_asks_one_layer_after_the_other_and_leads_on(app: Flask, the: Chair) -> None:
    anna, address = entered(app, "anna"), f"/collaborations/{the.id}/guide"
    first = text(anna, address)
    assert "Does one side pay for the work" in first
    assert 'name="lead"' not in first
    assert anna.send(address, stage="together", payer="no").headers["Location"] == address
    answers = {"stage": "together", "payer": "no", "lead": "no", "fields": "no", "apart": "no", "alike": "yes"}
    anna.send(address, **answers)
    page = text(anna, address)
    assert f'href="/collaborations/{the.id}/propose?policy=equal@1"' in page.replace("%40", "@")
    assert f"/agreements/new?kind=co-development&amp;collaboration={the.id}" in page
    assert "You hold it together, by shares" in page
    anna.send(address, **{**answers, "lead": "yes", "fields": "yes"})
    assert "Your answers lead to different things" in text(anna, address)
    assert anna.send(address, stage="nowhere").status_code == 422


def test_where_nothing_came_in_the_page_says_so_and_is_no_error(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    anna, place = entered(app, "anna"), f"/collaborations/{the.id}/money/payouts/new"
    assert "Each would get" not in text(anna, place)
    refused = anna.send(place, currency="EUR", rule="split", do="propose")
    assert refused.status_code == 409
    assert "Nothing came in since the last payout" in refused.get_data(as_text=True)
