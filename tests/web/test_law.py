"""The pages of the law: rows with source and mark for everyone, what holds if nobody signs, the pre-check, and one click to the draft."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from ipr_service.rights import jurisdictions
from ipr_service.services.context import Context
from tests.services.workshop import chair
from tests.support.house import PASSWORD, forget_limits
from tests.web.conftest import Browser

FEIA = {
    "country": "EU", "rights": "design", "name-0": "FEIA", "role-0": "organiser", "seat-0": "ES", "name-1": "Lea", "role-1": "freelancer",
    "for-1": "FEIA", "seat-1": "ES", "email-1": "lea@example.org",
}  # fmt: skip


def words(page: str) -> str:
    """The words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("country", jurisdictions.countries())
def test_every_row_of_every_pack_is_on_its_page_with_article_and_mark(guest: Browser, country: str) -> None:
    page = guest.get(f"/law?country={country}").get_data(as_text=True).replace("&#39;", "'").replace("&gt;", ">").replace("&amp;", "&")
    for row in jurisdictions.pack(country).rows:
        assert row.rule.replace('"', "&#34;") in page
        assert row.article.replace('"', "&#34;") in page
        assert row.source.replace('"', "&#34;") in page
    assert page.count("unverified: decides nothing") >= sum(row.mark == "unverified" for row in jurisdictions.pack(country).rows)


def test_the_law_needs_no_log_in_and_links_every_right(guest: Browser) -> None:
    page = guest.get("/law").get_data(as_text=True)
    assert "/law?country=CY&amp;right=patent" in page
    assert [guest.get(address).status_code for address in ("/law/preview", "/law/check", "/law?country=FR&right=patent")] == [200] * 3


def test_an_earlier_day_shows_what_was_not_checked_for_it(guest: Browser) -> None:
    said = words(guest.get("/law?country=HR&right=copyright&date=2020-06-01").get_data(as_text=True))
    assert said.count("not checked for that date") == 2
    assert "not in force on that date" in said


@pytest.mark.parametrize("query", ["country=US", "country=FR&right=plant", "country=FR&date=2027-02-30"])
def test_an_unknown_country_right_or_day_is_refused_on_the_page(guest: Browser, query: str) -> None:
    answer = guest.get(f"/law?{query}")
    assert answer.status_code == 422
    assert 'class="refused"' in answer.get_data(as_text=True)


def test_the_preview_says_who_owns_and_what_the_order_of_names_does(guest: Browser) -> None:
    makers = {"name-0": "Anna", "seat-0": "IT", "name-1": "Bruno", "seat-1": "FR", "working-1": "employee", "for-1": "Acme"}
    said = words(guest.send("/law/preview", country="EU", right="design", **makers).get_data(as_text=True))
    assert "with France first, the law of France would govern" in said
    assert re.search(r"Bruno As an employee, as part of the job Acme Goes to the employer", said)
    assert "The law makes them owners together and fixes no shares" in said


def test_the_preview_speaks_italian_but_for_the_rows(guest: Browser) -> None:
    sent = {"country": "FR", "right": "patent", "name-0": "Anna", "name-1": "Bruno"}
    hidden = guest.hidden("/law/preview")
    page = guest.client.post("/law/preview", data={**hidden, **sent}, headers={"Accept-Language": "it"}).get_data(as_text=True)
    assert "Possono impedirlo comprando quella quota entro 3 mesi" in page
    assert "CPI L613-29 c" in page


def test_feia_is_there_as_a_worked_case_and_ends_with_nothing(guest: Browser) -> None:
    said = words(guest.get("/law/check?case=feia").get_data(as_text=True))
    assert re.search(r"FEIA Organiser Gets nothing", said)
    assert re.search(r"Cul de Sac Freelancer Owns it", said)
    assert "FEIA pays for or asks for the work of Cul de Sac and gets no right by that" in said


def test_one_click_drafts_the_missing_paper_with_what_is_known(sara: Browser) -> None:
    sara.sign_up()
    page = sara.send("/law/check", **FEIA).get_data(as_text=True)
    forms = re.findall(r'action="/law/check/draft">(.*?)</form>', page, re.S)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', forms[0]))
    assert (fields["kind"], fields["name"], fields["email"]) == ("contribution-terms", "Lea", "lea@example.org")
    answer = sara.client.post("/law/check/draft", data=fields)
    assert answer.status_code == 303
    assert re.search(r"/agreements/[0-9A-Z]{26}/interview", answer.location)
    assert "Lea" in sara.get(answer.location).get_data(as_text=True)


def test_a_check_is_kept_opened_again_changed_and_taken_away(sara: Browser) -> None:
    sara.sign_up()
    refused = sara.send("/law/check/kept", page="/law/check", **FEIA, title="")
    assert (refused.status_code, 'href="#title"' in refused.get_data(as_text=True)) == (422, True)
    there = sara.send("/law/check/kept", page="/law/check", **FEIA, title="The camp").location
    said = sara.get(there).get_data(as_text=True)
    assert "If it started today" in said
    assert 'value="lea@example.org"' in said, "the draft has what it needs"
    assert "The camp" in sara.get("/law/check").get_data(as_text=True)
    changed = sara.send(there, page=there, **(FEIA | {"name-1": "Marta"}), title="The camp of May")
    assert (changed.status_code, changed.location) == (303, there)
    assert "Marta" in words(sara.get(there).get_data(as_text=True))
    assert sara.send(f"{there}/forget", page=there).status_code == 303
    assert "The camp" not in sara.get("/law/check").get_data(as_text=True).split("<main")[1]
    assert sara.get(there).status_code == 404


def test_without_a_mail_address_the_form_of_the_kind_asks_for_it(sara: Browser) -> None:
    sara.sign_up()
    answer = sara.send("/law/check/draft", page="/law/check", kind="contribution-terms", name="Lea", email="")
    assert (answer.status_code, answer.location) == (303, "/agreements/new?kind=contribution-terms")


def test_who_is_not_logged_in_is_asked_to_before_a_draft(guest: Browser) -> None:
    answer = guest.send("/law/check/draft", page="/law/check", kind="contribution-terms", name="Lea", email="lea@example.org")
    assert answer.status_code == 401
    assert "Please log in" in answer.get_data(as_text=True)


def test_who_works_for_somebody_that_is_not_there_is_told_so_at_the_field(guest: Browser) -> None:
    answer = guest.send("/law/check", **(FEIA | {"for-1": "Nobody Ltd"}))
    assert answer.status_code == 422
    assert 'href="#for-1"' in answer.get_data(as_text=True)


def test_a_collaboration_stands_beside_the_law_and_drafts_with_one_click(app: Flask, sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    forget_limits(sqlite_ctx)
    marco = Browser(app.test_client())
    assert marco.send("/login", email="marco@example.org", password=PASSWORD).status_code == 303
    address = f"/collaborations/{made.id}/law"
    page = marco.get(f"{address}?country=ES&right=design&working-{made.studio}=commissioned&for-{made.studio}={made.rovere}")
    said = words(page.get_data(as_text=True))
    assert "No split is accepted yet." in said
    assert re.search(r"Studio Blu On commission, as a freelancer Rovere s\.r\.l\. Goes to who commissioned it", said)
    forms = re.findall(r'action="/law/check/draft">(.*?)</form>', page.get_data(as_text=True), re.S)
    answer = marco.client.post("/law/check/draft", data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', forms[0])))
    assert re.search(r"/agreements/[0-9A-Z]{26}/interview", answer.location)
    assert address in marco.get(f"/collaborations/{made.id}").get_data(as_text=True)
    filled = marco.get(f"/law/check?collaboration={made.id}").get_data(as_text=True)
    assert 'value="Studio Blu"' in filled


def test_a_day_before_the_law_was_read_decides_nothing_in_a_preview(guest: Browser) -> None:
    sent = {"country": "IT", "right": "patent", "name-0": "Anna", "name-1": "Bruno", "date": date(2020, 1, 1).isoformat()}
    said = words(guest.send("/law/preview", **sent).get_data(as_text=True))
    assert "No verified rule fixes the shares" in said
