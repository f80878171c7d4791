"""Pages of licences, walked as Marco and Anna walk them."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from ipr_service.services import granting
from ipr_service.services.context import Context
from ipr_service.services.granting import Record
from tests.services.test_granting import Shop, shop
from tests.services.test_licensing import idea
from tests.services.workshop import company
from tests.web.test_collaborations import entered, text

DASH = "\u2011"


@pytest.fixture
def made(sqlite_ctx: Context) -> Shop:
    """The oak chair with an accepted split, a result and background."""
    return shop(sqlite_ctx)


def plain(page: str) -> str:
    return page.replace(DASH, "-")


def test_a_licence_is_looked_at_recorded_signed_and_withdrawn_by_forms(app: Flask, made: Shop) -> None:
    marco, place = entered(app, "marco"), f"/collaborations/{made.the.id}/grants"
    assert "No licence is recorded" in text(marco, place)
    fields = {
        "asset": made.result,
        "grantors": [made.the.rovere, made.the.studio],
        "grantee_name": "Mobilia",
        "acts": ["make", "sell"],
        "purpose": ["exploitation"],
        "field": "furniture",
        "territory": "it, FR",
        "from": "2027-01-01",
        "to": "2028-12-31",
        "exclusivity": "exclusive",
        "fee": "net",
        "part": "5 %",
        "months": "24",
    }
    seen = marco.send(f"{place}/new", **fields, do="check")
    assert seen.status_code == 200
    assert "No licence is recorded" in text(marco, place), "looking stores nothing"
    assert marco.send(f"{place}/new", **fields, do="record").headers["Location"] == place
    page = plain(text(marco, place))
    assert "Mobilia" in page
    assert "2027-01-01 to 2028-12-31" in page
    assert "Studio Blu has to sign, by 2027-01-01" in page
    (act,) = set(re.findall(rf'action="({place}/[0-9A-Z]{{26}}/acts)"', page))
    assert marco.send(act, place, kind="signed", party_id=made.the.rovere).headers["Location"] == place
    assert "Rovere s.r.l. signed on 2026-11-02" in plain(text(marco, place))
    assert marco.send(act.replace("acts", "withdraw"), place).status_code == 303
    assert "No longer standing" in text(marco, place)


def test_the_answer_before_recording_prints_the_intersection_and_names_everybody(app: Flask, sqlite_ctx: Context, made: Shop) -> None:
    granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    anna, place = entered(app, "anna"), f"/collaborations/{made.the.id}/grants"
    box = {"field": "chairs", "territory": "IT", "from": "2028-06-01", "exclusivity": "exclusive", "acts": "sell"}
    fields = {"asset": made.result, "grantors": [made.the.rovere], "grantee_name": "Sedia", **box}
    page = plain(anna.send(f"{place}/new", **fields, do="check").get_data(as_text=True))
    met = "sell × exploitation × chairs × IT × 2028-06-01 – 2028-12-31"
    assert re.search(f"(#1 and this licence|this licence and #1) conflict on {met}", page)
    assert "Sedia has no access right to “The hidden joint”" in page.replace("&#34;", '"')
    assert not re.search(r"x[0-9a-f]{25} has", page), "no id where a name belongs"


def test_a_timeline_says_in_words_what_it_draws(app: Flask, sqlite_ctx: Context, made: Shop) -> None:
    for territory, name in ((["EU"], "Mobilia"), (["IT"], "Sedia")):
        granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(territory=territory), name))
    page = plain(text(entered(app, "anna"), f"/collaborations/{made.the.id}/grants"))
    assert 'role="img" aria-label="Timeline of the licences: #1 Mobilia, 2027-01-01 to 2028-12-31, in conflict;' in page
    assert page.count('class="cut"') == 2
    assert 'fill="url(#hatch)"' in page


def test_what_is_refused_stands_beside_its_field(app: Flask, made: Shop) -> None:
    marco, place = entered(app, "marco"), f"/collaborations/{made.the.id}"
    wrong = marco.send(f"{place}/grants/new", asset=made.result, grantors=made.the.rovere, grantee_name="M", territory="Narnia", do="check")
    assert wrong.status_code == 422
    assert 'id="territory-wrong"' in wrong.get_data(as_text=True)
    wrong = marco.send(f"{place}/results/new", title="", right="shoe", law="ES")
    assert wrong.status_code == 422
    assert 'id="title-wrong"' in wrong.get_data(as_text=True)


def test_a_result_is_listed_with_its_licences_and_goes_again(app: Flask, made: Shop) -> None:
    marco, place = entered(app, "marco"), f"/collaborations/{made.the.id}"
    fields = {"title": "The app", "right": "software", "outbound": "MIT", "components": "viewer: GPL-2.0-only\nMIT", "who": "all"}
    assert marco.send(f"{place}/results/new", **fields).headers["Location"] == f"{place}/grants"
    page = text(marco, f"{place}/grants")
    assert "viewer (GPL-2.0-only) may not be part of a work under MIT" in page
    assert "OSADL" in page
    withdraw = re.findall(rf'action="({place}/results/[0-9A-Z]{{26}}/withdraw)"', page.split("<li><span>The app")[1])[0]
    assert marco.send(withdraw, f"{place}/grants").status_code == 303
    assert "The app" not in text(marco, f"{place}/grants")


def test_files_in_other_formats_are_taken_from_the_register(app: Flask, sqlite_ctx: Context, made: Shop) -> None:
    granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    anna = entered(app, "anna")
    links = re.findall(r'href="([^"]+/exports/[^"]+)"', text(anna, f"/collaborations/{made.the.id}/grants"))
    assert len(links) == 7, "no result names a licence that goes out, so there is no SPDX"
    for link in links:
        answer = anna.get(link)
        assert answer.status_code == 200, link
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert anna.get(f"/collaborations/{made.the.id}/exports/spdx.json").status_code == 409


def test_the_pages_speak_italian(app: Flask, sqlite_ctx: Context, made: Shop) -> None:
    for territory, name in ((["EU"], "Mobilia"), (["IT"], "Sedia")):
        granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(territory=territory), name))
    anna = entered(app, "anna")
    place = f"/collaborations/{made.the.id}/grants"
    anna.send("/language", place, language="it")
    page = plain(text(anna, place))
    assert re.search(r"#[12] e #[12] sono in conflitto su fabbricare, vendere × sfruttamento × mobili × IT × 2027-01-01 – 2028-12-31", page)
    assert "deve firmare, entro il 2027-01-01" in page


def test_an_idea_of_one_s_own_gets_its_register_from_its_page(app: Flask, sqlite_ctx: Context) -> None:
    chair = idea(sqlite_ctx, company(sqlite_ctx, "Sara", "Sedia s.r.l."))
    sara = entered(app, "sara")
    assert f"/ideas/{chair}/licences" in text(sara, f"/ideas/{chair}")
    assert "You need nobody else for that" in text(sara, f"/ideas/{chair}/licences")
    wrong = sara.send(f"/ideas/{chair}/licences", right="design", territory="Narnia")
    assert (wrong.status_code, "Narnia" in wrong.get_data(as_text=True)) == (422, True)
    there = sara.send(f"/ideas/{chair}/licences", right="copyright", law="FR", territory="EU").headers["Location"]
    assert "Stacking chair" in text(sara, there)
    assert sara.get(f"/ideas/{chair}/licences").headers["Location"] == there, "from now on it is right there"


def test_what_the_law_asks_of_the_paper_stands_in_the_answer(app: Flask, sqlite_ctx: Context) -> None:
    made = shop(sqlite_ctx, right="copyright", law="FR")
    marco, place = entered(app, "marco"), f"/collaborations/{made.the.id}/grants"
    fields = {"asset": made.result, "grantors": [made.the.rovere, made.the.studio], "grantee_name": "Mobilia", "exclusivity": "sole"}
    page = marco.send(f"{place}/new", **fields, do="check").get_data(as_text=True)
    assert "Form or text is lacking" in page
    assert "this licence leaves this open: last day. The law asks that each right is named and delimited" in page
    assert "Moral rights stay with the authors" in page


def test_the_proofs_of_a_licence_are_taken_from_the_register(app: Flask, sqlite_ctx: Context, made: Shop) -> None:
    granting.record(sqlite_ctx, made.the.marco, made.the.id, Record(made.terms(), "Mobilia"))
    anna, place = entered(app, "anna"), f"/collaborations/{made.the.id}/grants"
    page = text(anna, place)
    assert '<a href="#grant-1">#1 Mobilia</a>' in page.split('id="results"')[1].split('id="background"')[0], "beside the result it is about"
    assert "#grant-1" not in page.split('id="background"')[1].split('id="exports"')[0]
    (link,) = set(re.findall(rf'href="({place}/[0-9A-Z]{{26}}/proofs.zip)"', text(anna, place)))
    assert anna.get(link).data[:2] == b"PK"
