"""Agreements and signatures as a client of the API sees them."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from ipr_service.services import accounts
from ipr_service.services.context import Context
from tests.support.house import MovingClock, mails, person, secret_in, work
from tests.support.papers import answered, completed, sign

Bearer = Callable[..., dict[str, str]]
ORDER = {
    "kind": "nda-one-way",
    "title": "NDA",
    "answers": {"courts": "Udine"},
    "signatories": [{"role": "recipient", "name": "Mara Vidal", "email": "mara@vidal.example"}],
}


def test_from_the_draft_to_the_evidence_file(sqlite_ctx: Context, client: FlaskClient, bearer: Bearer, clock: MovingClock) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    accounts.confirm(sqlite_ctx, secret_in(mails(sqlite_ctx, "sara@example.org")[0]))
    as_sara = bearer(sara)
    made = client.post("/api/v1/agreements", json=ORDER, headers=as_sara)
    assert made.status_code == 201
    here = made.headers["Location"]
    asked = client.get(f"{here}/interview", headers=as_sara)
    assert "/parties/0/form" in [one["pointer"] for one in asked.json["open"]]
    answers = {"parties": completed(asked.json["parties"])}
    assert client.patch(f"{here}/interview", json={"answers": answers}, headers=as_sara).status_code == 428
    tagged = {**as_sara, "If-Match": asked.headers["ETag"]}
    assert client.patch(f"{here}/interview", json={"answers": answers}, headers=tagged).json["open"] == []
    assert client.patch(f"{here}/interview", json={"answers": answers}, headers=tagged).status_code == 412
    assert client.post(f"{here}/finalise", headers=as_sara).json["document"]["number"] == 1
    clock.forward(seconds=1)
    assert client.post(f"{here}/send", json={}, headers=as_sara).status_code == 204
    page = client.get(f"{here}/signing", headers=as_sara).json
    assert client.get(f"{here}/signing/document", headers=as_sara).data[:5] == b"%PDF-"
    clock.forward(seconds=1)
    assert client.post(f"{here}/signing/code", headers=as_sara).status_code == 200
    (code,) = re.findall(r"Your code is ([0-9]{6})", mails(sqlite_ctx, "sara@example.org")[0].body)
    order = {"code": code, "document_sha256": page["document_sha256"], "consent_id": page["consent_id"]}
    keyed = {**as_sara, "Idempotency-Key": "sign-once"}
    first = client.post(f"{here}/signing/signature", json=order, headers=keyed)
    assert (first.status_code, first.json["executed"]) == (201, False)
    again = client.post(f"{here}/signing/signature", json=order, headers=keyed)
    assert (again.json, again.headers["Idempotent-Replay"]) == (first.json, "true")
    assert client.get(f"{here}/executed.pdf", headers=as_sara).status_code == 404
    assert sign(sqlite_ctx, clock, "mara@vidal.example").executed
    work(sqlite_ctx)
    found = client.get(here, headers=as_sara).json
    assert (found["state"], found["signed"], found["document"]["evidence"]) == ("executed", 2, True)
    assert client.get(f"{here}/agreement-evidence.zip", headers=as_sara).data[:2] == b"PK"


def test_answers_of_a_strange_shape_are_refused_and_nothing_breaks(sqlite_ctx: Context, client: FlaskClient, bearer: Bearer) -> None:
    nda = answered(sqlite_ctx)
    headers = bearer(nda.actor)
    here = f"/api/v1/agreements/{nda.id}/interview"
    tagged = {**headers, "If-Match": client.get(here, headers=headers).headers["ETag"]}
    for strange in (
        {"parties": "x"},
        {"parties": [{"role": {}}, {"role": []}]},
        {"parties": []},
        {"cap": {"currency": {}, "minor": 1}},
        {"cap": 1.5},
        {"proofs": [{"index": True, "commitment": None, "log": {}, "logged_on": []}]},
        {"law": ["IT"]},
        {"purpose": "bell\x07"},
    ):
        answer = client.patch(here, json={"answers": strange}, headers=tagged)
        assert answer.status_code == 422, strange
        assert answer.json["errors"]
    assert client.get(here, headers=headers).json["open"] == []


def test_the_list_and_the_kinds(sqlite_ctx: Context, client: FlaskClient, bearer: Bearer) -> None:
    nda = answered(sqlite_ctx)
    headers = bearer(nda.actor)
    (line,) = client.get("/api/v1/agreements", headers=headers).json
    assert (line["id"], line["title"], line["state"]) == (nda.id, "NDA for the folding chair", "drafting")
    kinds = client.get("/api/v1/agreements/kinds", headers=headers).json
    assert {one["review"] for one in kinds} == {"draft, not reviewed by counsel"}


def test_another_organisation_gets_the_answer_of_an_id_that_does_not_exist(
    sqlite_ctx: Context, client: FlaskClient, bearer: Bearer
) -> None:
    nda = answered(sqlite_ctx)
    stranger = bearer(person(sqlite_ctx, "Nadia", organisation="Elsewhere"))
    endings = ("", "/interview", "/document.pdf", "/document.docx", "/executed.pdf", "/agreement-evidence.zip", "/signing")
    for ending in (*endings, "/signing/document"):
        theirs, nobodys = (client.get(f"/api/v1/agreements/{id}{ending}", headers=stranger) for id in (nda.id, "0" * 26))
        assert theirs.status_code == nobodys.status_code == 404, ending
        assert theirs.json["detail"] == nobodys.json["detail"]
