"""Licence grants over the API: results, check, record, acts; a grant file without any collaboration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from ipr_service.rights import strict_yaml
from ipr_service.services.context import Context
from tests.rights.test_grant_file import CHAIR
from tests.services.test_granting import Shop, shop
from tests.services.test_licensing import idea
from tests.services.workshop import company

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def made(sqlite_ctx: Context) -> Shop:
    """The oak chair with an accepted split and one result."""
    return shop(sqlite_ctx)


def test_the_whole_way_from_a_result_to_signatures(client: FlaskClient, made: Shop, bearer: Bearer) -> None:
    his, hers = bearer(made.the.marco), bearer(made.the.anna)
    place = f"/api/v1/collaborations/{made.the.id}"
    listed = client.post(
        f"{place}/results", json={"title": "The joint as a patent", "right": "patent", "consent": {"who": "all"}}, headers=hers
    )
    assert listed.status_code == 201
    (patent,) = [one for one in client.get(f"{place}/results", headers=his).get_json() if one["title"] == "The joint as a patent"]
    assert patent["asset"] == {"id": listed.get_json()["id"], "right": "patent", "consent": {"who": "all"}}
    order = {"terms": made.terms(asset=patent["id"]), "grantee_name": "Mobilia"}
    first = client.post(f"{place}/grants", json=order, headers=his)
    assert (first.status_code, first.get_json()["number"], first.get_json()["known"]["clear"]) == (201, 1, True)
    later = {"terms": made.terms(asset=patent["id"], territory=["IT"], to="2030-01-01"), "grantee_name": "Sedia"}
    tried = client.post(f"{place}/grants/check", json=later, headers=hers).get_json()
    assert [one["text"] for one in tried["conflicts"]] == ["make+sell x exploitation x furniture x IT x 2027-01-01..2028-12-31"]
    grant = first.headers["Location"]
    assert (
        client.post(f"{grant}/acts", json={"kind": "signed", "party_id": made.the.rovere, "day": "2026-11-01"}, headers=his).status_code
        == 204
    )
    found = client.get(f"{place}/grants", headers=hers).get_json()
    assert found["answer"]["authority"][first.get_json()["id"]]["awaited"] == [made.the.studio]
    assert found["grants"][0]["acts"] == {"signed": {made.the.rovere: "2026-11-01"}}
    assert client.get(grant, headers=hers).get_json()["grantee_name"] == "Mobilia"
    replaced = client.post(f"{place}/grants", json={**later, "replaces": first.get_json()["id"]}, headers=hers)
    assert replaced.get_json()["replaces"] == first.get_json()["id"]
    assert client.delete(replaced.headers["Location"], headers=hers).status_code == 204
    assert [one["state"] for one in client.get(f"{place}/grants", headers=his).get_json()["grants"]] == ["superseded", "withdrawn"]
    assert client.delete(f"{place}/results/{patent['id']}", headers=hers).status_code == 204


def test_an_idea_of_one_s_own_is_licensed_without_a_collaboration(client: FlaskClient, sqlite_ctx: Context, bearer: Bearer) -> None:
    sara = company(sqlite_ctx, "Sara", "Sedia s.r.l.")
    place, hers = f"/api/v1/ideas/{idea(sqlite_ctx, sara)}/licences", bearer(sara)
    assert client.get(place, headers=hers).get_json() == []
    opened = client.post(place, json={"right": "design", "territory": ["EU"]}, headers=hers)
    assert opened.status_code == 201
    there = f"/api/v1/collaborations/{opened.get_json()['collaboration_id']}"
    (party,) = client.get(there, headers=hers).get_json()["parties"]
    terms = {"asset": opened.get_json()["result_id"], "grantors": [party["id"]], "form": "writing", "exclusivity": "exclusive"}
    made = client.post(f"{there}/grants", json={"terms": terms, "grantee_name": "Mobilia"}, headers=hers)
    assert made.status_code == 201
    (found,) = client.get(place, headers=hers).get_json()
    assert [(one["number"], one["terms"]["form"], one["grantee_name"]) for one in found["grants"]] == [(1, "writing", "Mobilia")]
    proofs = client.get(f"{made.headers['Location']}/bundles", headers=hers)
    assert (proofs.status_code, proofs.data[:2]) == (200, b"PK")


def test_what_is_refused_names_its_field(client: FlaskClient, made: Shop, bearer: Bearer) -> None:
    his, place = bearer(made.the.marco), f"/api/v1/collaborations/{made.the.id}/grants"
    for changed, pointer in (
        ({"territory": ["Narnia"]}, "/territory/0"),
        ({"to": "2026-01-01"}, "/to"),
        ({"acts": ["dance"]}, "/terms/acts/0"),
    ):
        answer = client.post(place, json={"terms": made.terms(**changed), "grantee_name": "M"}, headers=his)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_a_grant_file_is_checked_without_a_collaboration(client: FlaskClient, made: Shop, bearer: Bearer) -> None:
    his = bearer(made.the.marco)
    answer = client.post("/api/v1/grants/check", json=plain(strict_yaml.read(CHAIR)), headers=his)
    assert answer.status_code == 200
    assert answer.get_json()["conflicts"][0]["text"] == "sell x exploitation x stacking-chairs x IT x 2028-06-01..2028-12-31"
    wrong = client.post("/api/v1/grants/check", json={"check": "x", "grants": [{"id": "a"}]}, headers=his)
    assert wrong.status_code in {400, 422}
    assert wrong.get_json()["errors"][0]["pointer"] == "/grants/0"
    assert client.post("/api/v1/grants/check", json={"check": "x", "grants": []}).status_code == 401


def plain(node: strict_yaml.Node) -> object:
    """A file as JSON would have it."""
    if node.kind == "mapping":
        return {name: plain(inner) for name, inner in node.value}
    return [plain(inner) for inner in node.value] if node.kind == "list" else node.value
