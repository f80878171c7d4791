"""Collaborations and splits over the API: the whole way, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ipr_service.rights import replay
from ipr_service.services.context import Context
from tests.services.workshop import Chair, chair, company, invite, record

Bearer = Callable[..., dict[str, str]]
BASE = "/api/v1/collaborations"


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    """The oak chair, with three contributions."""
    made = chair(sqlite_ctx)
    record(sqlite_ctx, made)
    return made


def test_the_whole_way_from_beginning_to_a_frozen_split(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    marco, anna = (company(sqlite_ctx, name, f"{name} Ltd") for name in ("Marco", "Anna"))
    his, hers = bearer(marco), bearer(anna)
    begun = client.post(BASE, json={"title": "A lamp"}, headers=his)
    assert begun.status_code == 201
    place = begun.headers["Location"]
    _party, secret = invite(sqlite_ctx, marco, begun.get_json()["id"], "Anna", "anna@example.org")
    assert client.post(f"{BASE}/join", json={"secret": secret}, headers=hers).get_json() == {"id": begun.get_json()["id"]}
    for who, points in ((his, "20"), (hers, "40")):
        order = {"title": "Work", "role": "form", "degree": "equal", "points": points}
        assert client.post(f"{place}/contributions", json=order, headers=who).status_code == 201
    seen = client.post(f"{place}/preview", json={"policy": "points@1"}, headers=hers).get_json()
    assert sorted(one["fraction"] for one in seen["shares"]) == ["1/3", "2/3"]
    proposed = client.post(f"{place}/splits", json={"policy": "points@1"}, headers=hers)
    assert proposed.status_code == 201
    split = proposed.headers["Location"]
    assert client.post(f"{split}/accept", headers=his).get_json() == {"state": "proposed"}
    assert client.post(f"{split}/accept", headers=hers).get_json() == {"state": "accepted"}
    found = client.get(split, headers=his).get_json()
    assert {one["percent"] for one in found["shares"]} == {"33 1/3 %", "66 2/3 %"}
    assert all("points that all 2 of you agreed on" in one["reason"] for one in found["shares"])
    assert client.get(f"{split}/replay", headers=his).get_json()["holds"] is True
    record_text = client.get(f"{split}/record", headers=his)
    assert "split.json" in record_text.headers["Content-Disposition"]
    assert replay.replay(record_text.get_data(as_text=True))


def test_the_same_key_proposes_once(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    headers = bearer(the.anna) | {"Idempotency-Key": "one"}
    first, second = (client.post(f"{BASE}/{the.id}/splits", json={"policy": "equal@1"}, headers=headers) for _ in range(2))
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotent-Replay"] == "true"
    assert len(client.get(f"{BASE}/{the.id}/splits", headers=bearer(the.marco)).get_json()) == 1


def test_an_edit_needs_the_etag_that_was_seen(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    place, headers, order = f"{BASE}/{the.id}", bearer(the.marco), {"title": "The ash chair"}
    assert client.put(place, json=order, headers=headers).status_code == 428
    seen = client.get(place, headers=headers).headers["ETag"]
    changed = client.put(place, json=order, headers=headers | {"If-Match": seen})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != seen
    for stale in (seen, "W/5", '"x"'):
        assert client.put(place, json=order, headers=headers | {"If-Match": stale}).status_code == 412


def test_what_a_rule_lacks_is_a_problem_with_its_pointer(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    headers = bearer(the.anna)
    made = client.post(f"{BASE}/{the.id}/contributions", json={"title": "Logo", "role": "brand"}, headers=headers).get_json()["id"]
    answer = client.post(f"{BASE}/{the.id}/splits", json={"policy": "points@1"}, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == f"/contributions/{made}/points"
    assert "“Logo” has no points" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({"title": "x", "role": "magic"}, "/role"),
        ({"title": "x", "role": "form", "points": 3}, "/points"),
        ({"title": "x", "role": "form", "severable": "yes"}, "/severable"),
        ({"title": "x", "role": "form", "share": "1/2"}, "/share"),
        ({"title": "x", "role": "form", "hours": "many"}, "/hours"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(
    client: FlaskClient, the: Chair, bearer: Bearer, order: dict[str, Any], pointer: str
) -> None:
    answer = client.post(f"{BASE}/{the.id}/contributions", json=order, headers=bearer(the.anna))
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.get_json()["errors"]] == [pointer]


def test_another_organisation_is_told_the_same_as_for_an_invented_id(
    client: FlaskClient, sqlite_ctx: Context, the: Chair, bearer: Bearer
) -> None:
    headers = bearer(company(sqlite_ctx, "Eve", "Elsewhere Ltd"))
    split = client.post(f"{BASE}/{the.id}/splits", json={"policy": "equal@1"}, headers=bearer(the.anna)).get_json()["id"]
    assert client.get(BASE, headers=headers).get_json() == []
    said = set()
    for thing in (the.id, "0" * 26):
        for path in ("", "/splits", f"/splits/{split}", f"/splits/{split}/record", f"/splits/{split}/replay"):
            answer = client.get(f"{BASE}/{thing}{path}", headers=headers)
            said.add((answer.status_code, answer.get_json()["detail"]))
        for path in (f"/splits/{split}/accept", "/close"):
            answer = client.post(f"{BASE}/{thing}{path}", headers=headers)
            said.add((answer.status_code, answer.get_json()["detail"]))
    assert said == {(404, "There is nothing here that you may see.")}


def test_a_token_for_reading_accepts_nothing(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    split = client.post(f"{BASE}/{the.id}/splits", json={"policy": "equal@1"}, headers=bearer(the.anna)).get_json()["id"]
    reading = bearer(the.marco, "collaborations:read")
    assert client.get(f"{BASE}/{the.id}/splits/{split}", headers=reading).status_code == 200
    assert client.post(f"{BASE}/{the.id}/splits/{split}/accept", headers=reading).status_code == 403


def test_a_what_if_gives_shares_changes_causes_and_derivations(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    hers = bearer(the.anna)
    place = f"{BASE}/{the.id}"
    made = client.get(place, headers=hers).get_json()["contributions"]
    told = client.post(f"{place}/what-if", json={"policy": "points@1", "points": {made[0]["id"]: "999"}}, headers=hers)
    assert told.status_code == 200
    body = told.get_json()
    assert len(body["causes"]) == 1
    assert {one["difference"][0] for one in body["changes"] if one["difference"] != "0"} <= set("-0123456789")
    assert all(one["tree"]["value"] == one["computed"] for one in body["shares"])
    wrong = client.post(f"{place}/what-if", json={"policy": "points@1", "points": {made[0]["id"]: "lots"}}, headers=hers)
    assert wrong.status_code == 422
    assert client.post(f"{place}/what-if", json={"policy": "costs@1"}, headers=hers).status_code == 422


def test_what_a_rule_asks_for_is_listed_and_its_answers_are_taken_at_their_places(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    hers, place = bearer(the.anna), f"{BASE}/{the.id}"
    offers = {one["reference"]: one for one in client.get(f"{place}/rules", headers=hers).get_json()}
    assert len(offers) == 17
    assert {one["place"] for one in offers["harmonic@1"]["questions"]} == {f"parties/{party}/place" for party in (the.studio, the.rovere)}
    assert offers["lambert-b@1"]["questions"][0]["type"] == "party"
    assert sorted(offers["costs@1"]["questions"][0]["codes"]) == ["cash", "cash-unspent", "time"]
    lead = {"policy": "lambert-b@1", "facts": {"case": {"lead": the.rovere}}}
    split = client.post(f"{place}/splits", json=lead, headers=hers)
    assert split.status_code == 201, split.get_json()
    assert {one["party_id"]: one["fraction"] for one in split.get_json()["shares"]} == {the.rovere: "1", the.studio: "0"}
    assert client.get(f"{split.headers['Location']}/replay", headers=hers).get_json()["holds"] is True
    order = {"policy": "harmonic@1", "facts": {"parties": {the.studio: {"place": "first"}}}}
    wrong = client.post(f"{place}/splits", json=order, headers=hers)
    assert wrong.status_code == 422
    assert [one["pointer"] for one in wrong.get_json()["errors"]] == [f"/facts/parties/{the.studio}/place"]
    unsaid = client.post(f"{place}/splits", json={"policy": "harmonic@1"}, headers=hers)
    assert {one["pointer"] for one in unsaid.get_json()["errors"]} == {f"/facts/parties/{one}/place" for one in (the.studio, the.rovere)}


def test_a_share_is_handed_on_over_the_api(client: FlaskClient, the: Chair, bearer: Bearer) -> None:
    hers, his, place = bearer(the.anna), bearer(the.marco), f"{BASE}/{the.id}"
    event = {"kind": "transfer", "party_id": the.studio, "part": "1/2", "to": the.rovere}
    early = client.post(f"{place}/events", json=event, headers=hers)
    assert "No split was accepted yet" in early.get_json()["detail"]
    first = client.post(f"{place}/splits", json={"policy": "equal@1"}, headers=hers).headers["Location"]
    for who in (hers, his):
        client.post(f"{first}/accept", headers=who)
    seen = client.post(f"{place}/events/preview", json=event, headers=hers).get_json()
    assert {one["party"]: one["difference"] for one in seen["changes"]} == {the.studio: "-1/4", the.rovere: "1/4"}
    made = client.post(f"{place}/events", json=event, headers=hers)
    assert (made.status_code, made.get_json()["event"], made.get_json()["follows"]["number"]) == (201, "transfer", 1)
    for who in (hers, his):
        client.post(f"{made.headers['Location']}/accept", headers=who)
    assert client.get(first, headers=his).get_json()["followed_by"]["number"] == 2
    wrong = client.post(f"{place}/events", json=event | {"part": "2"}, headers=hers)
    assert [one["pointer"] for one in wrong.get_json()["errors"]] == ["/part"]
