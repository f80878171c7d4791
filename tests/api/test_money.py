"""Money and the guide over the API: the whole way, and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from ipr_service.rights import payout_record
from ipr_service.services.context import Context
from tests.services.till import agreed
from tests.services.workshop import Chair

Bearer = Callable[..., dict[str, str]]
BASE = "/api/v1/collaborations"


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    return agreed(sqlite_ctx)


def test_from_the_first_sale_to_a_statement(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    his, hers = bearer(the.marco), bearer(the.anna)
    place = f"{BASE}/{the.id}/money"
    sale = {"kind": "income", "amount": "1000.01", "currency": "EUR", "party_id": the.rovere, "text": "ten chairs"}
    keyed = his | {"Idempotency-Key": "one"}
    assert [client.post(f"{place}/entries", json=sale, headers=keyed).status_code for _ in range(2)] == [201, 201]
    seen = client.post(f"{place}/preview", json={"currency": "EUR"}, headers=hers).get_json()
    assert sorted(one["amount"] for one in seen["lines"]) == ["333.34", "666.67"]
    made = client.post(f"{place}/payouts", json={"currency": "EUR", "rule": "split"}, headers=hers)
    assert made.status_code == 201
    address = made.headers["Location"]
    assert {one["state"] for one in made.get_json()["answers"]} == {"accepted", "awaited"}
    assert client.post(f"{address}/accept", headers=his).get_json() == {"state": "paid"}
    assert client.post(f"{address}/accept", headers=his).status_code == 409
    record = client.get(f"{address}/record", headers=his).get_data(as_text=True)
    assert all(check.holds for check in payout_record.replay(record))
    assert client.get(f"{address}/replay", headers=his).get_json()["holds"] is True
    assert [one["id"] for one in client.get(f"{place}/payouts", headers=his).get_json()] == [made.get_json()["id"]]
    shown = client.get(address, headers=hers).get_json()
    assert (shown["split_number"], len(shown["entry"]["commitment"])) == (1, 44)
    bundle = client.get(f"{place}/entries/{shown['entry']['id']}/proof", headers=hers)
    assert (bundle.status_code, bundle.get_data()[:2]) == (200, b"PK")
    handed = {"kind": "transfer", "amount": "600", "currency": "EUR", "party_id": the.rovere, "to_party_id": the.studio, "text": "bank"}
    assert client.post(f"{place}/entries", json=handed, headers=his).status_code == 201
    found = client.get(place, headers=hers).get_json()
    assert {one["name"]: (one["due"], one["cash"]) for one in found["books"][0]["holders"]} == {
        "Studio Blu": ("66.67", "0.00"), "Rovere s.r.l.": ("333.34", "400.01"),
    }  # fmt: skip
    assert [one["kind"] for one in found["entries"]] == ["transfer", "payout", "income"]
    query = {"party_id": the.studio, "currency": "EUR"}
    table = client.get(f"{place}/statement", query_string=query, headers=hers)
    assert table.mimetype == "text/csv"
    assert list(csv.reader(io.StringIO(table.get_data(as_text=True))))[-1][7] == "66.67"
    paper = client.get(f"{place}/statement", query_string=query | {"form": "pdf"}, headers=hers)
    assert paper.get_data().startswith(b"%PDF-")


def test_a_dispute_holds_and_its_end_releases(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    his, hers = bearer(the.marco), bearer(the.anna)
    place = f"{BASE}/{the.id}/money"
    claim = {"claim": {the.studio: "1/2", the.rovere: "1/2"}, "reason": "The joint"}
    dispute = client.post(f"{place}/holds", json=claim, headers=his).get_json()["id"]
    sale = {"kind": "income", "amount": "600", "currency": "EUR", "party_id": the.rovere, "text": "chairs"}
    client.post(f"{place}/entries", json=sale, headers=his)
    made = client.post(f"{place}/payouts", json={"currency": "EUR"}, headers=hers).headers["Location"]
    client.post(f"{made}/accept", headers=his)
    found = client.get(place, headers=hers).get_json()
    assert (found["books"][0]["held"], found["holds"][0]["claim"]) == ("100.00", {the.studio: "1/2", the.rovere: "1/2"})
    assert client.post(f"{place}/holds/{dispute}/release", headers=hers).status_code == 403
    assert client.post(f"{place}/holds/{dispute}/release", headers=his).status_code == 204
    assert client.get(place, headers=hers).get_json()["books"][0]["held"] == "0.00"


@pytest.mark.parametrize(
    ("amount", "currency", "pointer"),
    [("0.005", "EUR", "/amount"), ("5", "ECU", "/currency"), ("-5", "EUR", "/amount"), ("1e3", "EUR", "/amount")],
)
def test_what_is_no_money_is_refused_at_its_field(
    client: FlaskClient, the: Chair, bearer: Bearer, amount: str, currency: str, pointer: str
) -> None:
    sale = {"kind": "income", "amount": amount, "currency": currency, "party_id": the.rovere, "text": "chairs"}
    refused = client.post(f"{BASE}/{the.id}/money/entries", json=sale, headers=bearer(the.marco))
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.get_json()["errors"]] == [pointer]
    floating = client.post(f"{BASE}/{the.id}/money/entries", json={**sale, "amount": 5.5}, headers=bearer(the.marco))
    assert floating.status_code in {400, 422}


def test_a_waterfall_written_out_is_checked_like_a_file(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    place, hers = f"{BASE}/{the.id}/money", bearer(the.anna)
    sale = {"kind": "income", "amount": "100", "currency": "EUR", "party_id": the.rovere, "text": "chairs"}
    client.post(f"{place}/entries", json=sale, headers=hers)
    rule = (
        "waterfall: ours\nversion: 1\ntitle: Ours\nsource: clause 7\ncurrency: EUR\nsteps:\n"
        f"  - {{id: agent, kind: cut, of: 15 %, to: {the.studio}, source: clause 7.1}}\n"
        "  - {id: rest, kind: shares, shares: split, source: s}\n"
    )
    order = {"currency": "EUR", "rule": "own", "own": {"text": rule}}
    told = client.post(f"{place}/preview", json=order, headers=hers).get_json()
    assert {one["name"]: one["amount"] for one in told["lines"]} == {"Studio Blu": "71.67", "Rovere s.r.l.": "28.33"}
    for old, new in (("15 %", "0.15"), (the.studio, "nobody"), ("EUR", "JPY")):
        refused = client.post(f"{place}/preview", json={**order, "own": {"text": rule.replace(old, new)}}, headers=hers)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/text"]


def test_the_guide_asks_keeps_and_decides(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    address, hers = f"{BASE}/{the.id}/guide", bearer(the.anna) | {"Accept-Language": "it"}
    found = client.get(address, headers=hers).get_json()
    assert found["known"] == ["stage"]
    assert found["questions"][0]["label"] == "A che punto siete?"
    answers = {"payer": "no", "lead": "no", "fields": "no", "apart": "no", "alike": "yes", "stage": "together"}
    kept = client.put(address, json={"answers": answers}, headers=hers).get_json()
    assert {one["decision"]: one["outcome"]["id"] for one in kept["results"]} == {
        "agreement": "co-development",
        "licence": "joint",
        "policy": "equal",
    }
    assert client.get(address, headers=bearer(the.marco)).get_json()["person"] == "Anna"
    refused = client.put(address, json={"answers": {"payer": "perhaps"}}, headers=hers)
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/payer"]
