"""The law through the API, without a token: rows as in the packs, previews and checks as the engine gives them, refusals by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ipr_service.rights import jurisdictions
from ipr_service.services.context import Context
from tests.support.house import person

URL = "/api/v1/law"
ANNA = {"id": "anna", "country": "IT"}
BRUNO = {"id": "bruno", "country": "FR"}


def post(client: FlaskClient, path: str, **body: Any) -> TestResponse:
    return client.post(f"{URL}/{path}", json=body)


def test_every_pack_is_listed_with_its_digest_and_rights(client: FlaskClient) -> None:
    listed = client.get(f"{URL}/countries").get_json()
    assert [one["country"] for one in listed] == ["EU", "FR", "ES", "IT", "PT", "EL", "SI", "HR", "CY", "MT"]
    assert sum(one["rows"] for one in listed) == 183
    assert listed[1]["digest"] == jurisdictions.pack("FR").digest.hex()


def test_rows_are_shown_unverified_ones_too_with_what_each_is_worth_on_the_day(client: FlaskClient) -> None:
    found = client.get(f"{URL}/rows?country=GR&right=patent&date=2020-01-01").get_json()
    assert [(row["topic"], row["mark"], row["standing"], row["says"]) for row in found] == [
        ("employee_work", "unverified", "unverified", []),
        ("default_shares", "unverified", "unverified", []),
    ]
    croatian = {row["topic"]: row["standing"] for row in client.get(f"{URL}/rows?country=HR&date=2020-06-01").get_json()}
    assert croatian["employee_work_before_2021"] == "decides"
    assert (croatian["employee_work"], croatian["written_form"]) == ("not-in-force", "not-checked")


def test_the_order_of_names_in_the_register_changes_the_answer_and_is_warned_about(client: FlaskClient) -> None:
    first, second = (
        post(client, "preview", country="EU", right="design", makers=makers).get_json() for makers in ([ANNA, BRUNO], [BRUNO, ANNA])
    )
    assert (first["powers_of"], second["powers_of"]) == ("IT", "FR")
    assert first["governing_law"]["because"][0]["article"] == "Reg. 6/2002 art. 27(1),(3)"
    assert first["warnings"] == ["The order of the names in the register decides: with FR first, the law of FR would govern"]
    assert {one["act"]: one["value"] for one in second["powers"]}["license"] == "two_thirds"


def test_shares_are_exact_and_undetermined_names_who_settles_it(client: FlaskClient) -> None:
    italian = post(client, "preview", country="IT", right="copyright", makers=[ANNA, BRUNO, {"id": "clara"}]).get_json()
    assert italian["shares"]["value"] == {"anna": "1/3", "bruno": "1/3", "clara": "1/3"}
    cypriot = post(client, "preview", country="CY", right="patent", makers=[ANNA, BRUNO]).get_json()
    use = next(one for one in cypriot["powers"] if one["act"] == "use")
    assert (use["result"], use["value"], use["settled_by"]) == ("undetermined", None, "the parties, by a written agreement")


def test_feia_ends_with_nothing(client: FlaskClient) -> None:
    people = [
        {"id": "feia", "name": "FEIA", "role": "organiser", "country": "ES"},
        {"id": "studio", "name": "Cul de Sac", "role": "freelancer", "works_for": "feia", "country": "ES"},
    ]
    found = post(client, "check", country="EU", rights=["design"], people=people).get_json()
    assert {one["party"]: one["result"] for one in found["gets"]} == {"feia": "nothing", "studio": "owns"}
    assert [one["paper"] for one in found["missing"]] == ["terms", "transfer"]


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("preview", {"country": "US", "right": "patent", "makers": [ANNA]}, "/country"),
        ("preview", {"country": "FR", "right": "plant", "makers": [ANNA]}, "/right"),
        ("preview", {"country": "FR", "right": "patent", "makers": []}, "/makers"),
        ("preview", {"country": "FR", "right": "patent", "makers": [ANNA, ANNA]}, "/makers"),
        ("preview", {"country": "FR", "right": "patent", "makers": [ANNA, {"id": "b", "working": "slave"}]}, "/makers/1/working"),
        ("preview", {"country": "FR", "right": "patent", "makers": [{"id": "b!", "country": "IT"}]}, "/makers/0/id"),
        ("preview", {"country": "FR", "right": "patent", "makers": [{"id": "b", "country": "XX"}]}, "/makers/0/country"),
        ("preview", {"country": "FR", "right": "patent", "makers": [ANNA], "date": "2027-02-30"}, "/date"),
        ("check", {"country": "FR", "rights": ["patent"], "people": [{"id": "a", "name": "A", "role": "robot"}]}, "/people/0/role"),
        ("check", {"country": "FR", "rights": ["patent"], "people": [{"id": "a", "name": "A", "role": "funder"}]}, "/people"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(client: FlaskClient, path: str, body: dict[str, Any], pointer: str) -> None:
    answer = post(client, path, **body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_rows_of_an_unknown_country_or_right_are_refused(client: FlaskClient) -> None:
    assert client.get(f"{URL}/rows?country=US").status_code == 422
    assert client.get(f"{URL}/rows?country=FR&right=plant").get_json()["errors"][0]["pointer"] == "/right"


def test_an_initiative_is_kept_and_checked_again(client: FlaskClient, sqlite_ctx: Context, bearer: Callable[..., dict[str, str]]) -> None:
    hers = bearer(person(sqlite_ctx))
    people = [{"id": "a", "name": "FEIA", "role": "organiser"}, {"id": "b", "name": "Cul de Sac", "role": "freelancer", "works_for": "a"}]
    order = {"title": "The camp", "country": "EU", "rights": ["design"], "people": people}
    made = client.post("/api/v1/law/initiatives", json=order, headers=hers)
    assert made.status_code == 201
    found = client.get(made.headers["Location"], headers=hers).get_json()
    assert [(one["party"], one["result"]) for one in found["check"]["gets"]] == [("a", "nothing"), ("b", "owns")]
    changed = client.put(made.headers["Location"], json=order | {"title": "The camp of May"}, headers=hers)
    assert changed.get_json()["title"] == "The camp of May"
    assert [one["title"] for one in client.get("/api/v1/law/initiatives", headers=hers).get_json()] == ["The camp of May"]
    assert client.delete(made.headers["Location"], headers=hers).status_code == 204
    assert client.get("/api/v1/law/initiatives", headers=hers).get_json() == []
    assert client.get("/api/v1/law/initiatives").status_code == 401


def test_sentences_are_in_the_language_that_was_asked_for_and_rows_are_not(client: FlaskClient) -> None:
    order = {"country": "FR", "right": "copyright", "makers": [{"id": "anna"}]}
    said = client.post(f"{URL}/preview", json=order, headers={"Accept-Language": "it"}).get_json()
    plain = client.post(f"{URL}/preview", json=order).get_json()
    assert "In writing" in str(plain["forms"])
    assert "Per iscritto" in str(said["forms"])
    assert said["forms"][0]["because"] == plain["forms"][0]["because"]
