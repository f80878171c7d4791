"""Pages to draft, send and sign, walked as a sender with an account and a signatory with a phone and a link."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from ipr_service.services import agreements, drafting
from ipr_service.services.context import Context
from tests.support.house import PASSWORD, MovingClock, mails, person, work
from tests.support.papers import Nda, answered, draft, sent, sign
from tests.web.conftest import Browser

FORMS = re.compile(r'<form method="post" action="([^"]*)">(.*?)</form>', re.S)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def entered(app: Flask, name: str = "sara") -> Browser:
    browser = Browser(app.test_client())
    assert browser.send("/login", email=f"{name}@example.org", password=PASSWORD).status_code == 303
    return browser


def text(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def press(browser: Browser, page: str, action: str, **fields: str) -> str:
    """Send the form of a page whose address ends so; the page that follows, or the refusal."""
    (address, inner) = next(found for found in FORMS.findall(text(browser, page)) if found[0].endswith(action))
    answer = browser.client.post(address, data={**dict(HIDDEN.findall(inner)), **fields})
    return text(browser, answer.location) if answer.status_code == 303 else answer.get_data(as_text=True)


def test_an_empty_list_says_what_to_do_next(sara: Browser) -> None:
    sara.sign_up()
    page = text(sara, "/agreements")
    assert "No agreement yet" in page
    assert 'href="/agreements/new"' in page


def test_each_kind_is_offered_in_plain_words_with_its_state_of_review(sara: Browser) -> None:
    sara.sign_up()
    page = text(sara, "/agreements/new")
    assert page.count("Draft text, not reviewed by counsel") == 3
    assert "the other side keeps it secret" in page


def test_a_draft_begins_from_the_form_and_a_wrong_address_is_said_beside_its_field(sara: Browser) -> None:
    sara.sign_up()
    fields = {"title": "NDA", "language": "en", "signatories/0/name": "Mara", "signatories/0/email": "nowhere"}
    refused = sara.send("/agreements/new?kind=nda-one-way", **fields)
    assert refused.status_code == 422
    assert 'id="signatories/0/email-wrong"' in refused.get_data(as_text=True)
    made = sara.send("/agreements/new?kind=nda-one-way", **{**fields, "signatories/0/email": "mara@vidal.example"})
    assert made.status_code == 303
    assert made.location.endswith("/interview")


def test_the_interview_asks_what_is_open_and_keeps_where_the_rest_came_from(sqlite_ctx: Context, app: Flask) -> None:
    nda = draft(sqlite_ctx)
    browser = entered(app)
    address = f"/agreements/{nda.id}/interview"
    page = text(browser, address)
    assert "7 answers are missing" in page
    assert "[Which courts decide?]" in page
    assert "from the registered idea" in page
    fields = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" type="[a-z]+" value="([^"]*)"', page))
    assert browser.send(address, revision="1", **{**fields, "courts": "Udine"}).status_code == 303
    found = drafting.interview(sqlite_ctx, nda.actor, nda.id)
    assert found.answers["courts"] == "Udine"
    origins = {one.question.id: one.origin for one in found.questions}
    assert (origins["courts"], origins["proofs"], origins["confirm_days"]) == ("answered", "data", "default")


def test_a_wrong_answer_is_said_at_its_field_and_nothing_is_lost(sqlite_ctx: Context, app: Flask) -> None:
    nda = draft(sqlite_ctx)
    browser = entered(app)
    answer = browser.send(f"/agreements/{nda.id}/interview", revision="1", courts="Udine", confirm_days="soon")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="confirm_days-wrong"' in page
    assert 'value="Udine"' in page


def test_an_old_page_is_told_that_somebody_changed_it(sqlite_ctx: Context, app: Flask) -> None:
    nda = draft(sqlite_ctx)
    drafting.answer(sqlite_ctx, nda.actor, nda.id, {"courts": "Udine"}, 1)
    answer = entered(app).send(f"/agreements/{nda.id}/interview", revision="1", courts="Porto")
    assert answer.status_code == 409
    assert "since you last saw it" in answer.get_data(as_text=True)


@pytest.fixture
def walked(sqlite_ctx: Context, app: Flask, clock: MovingClock) -> tuple[Nda, Browser]:
    """An answered draft, made final and sent by hand."""
    nda = answered(sqlite_ctx)
    browser = entered(app)
    here = f"/agreements/{nda.id}"
    assert "The text is final" in press(browser, here, "/finalise")
    clock.forward(seconds=1)
    assert "Being signed" in press(browser, here, "/send", mode="parallel")
    return nda, browser


def test_a_guest_signs_on_a_phone_without_an_account(
    sqlite_ctx: Context, walked: tuple[Nda, Browser], guest: Browser, clock: MovingClock
) -> None:
    (mail,) = [mail for mail in mails(sqlite_ctx, "mara@vidal.example") if "/signing/" in mail.body]
    (link,) = re.findall(r"https?://[^/]+(/signing/\S+)", mail.body)
    page = text(guest, link)
    assert "Mobili Rossi asks you to sign" in page
    assert "NDA for the folding chair" not in page
    assert "simple electronic signature" in page
    assert page.count("First open the document") == page.count("<fieldset disabled") == 2
    early = press(guest, link, "/code")
    assert "Open the document before you sign it" in early
    assert "Not yet" in early
    document = guest.get(f"{link}/file")
    assert "First open the document" not in text(guest, link)
    assert (document.mimetype, document.data[:5]) == ("application/pdf", b"%PDF-")
    clock.forward(seconds=31)
    assert "A code is on its way" in press(guest, link, "/code")
    (code,) = re.findall(r"Your code is ([0-9]{6})", mails(sqlite_ctx, "mara@vidal.example")[0].body)
    assert "Tries left" in press(guest, link, "/sign", code=f"{(int(code) + 1) % 10**6:06d}")
    assert "Your signature is in the log" in press(guest, link, "/sign", code=code)
    sign(sqlite_ctx, clock, "sara@example.org")
    work(sqlite_ctx)
    assert "Keep your copy" in text(guest, link)
    assert guest.get(f"{link}/file?what=sealed").data.startswith(document.data)
    assert guest.get(f"{link}/file?what=evidence").data[:2] == b"PK"
    assert "Everybody has signed" in text(walked[1], f"/agreements/{walked[0].id}")


def test_a_text_that_is_final_has_no_questions_any_more(walked: tuple[Nda, Browser]) -> None:
    nda, browser = walked
    answer = browser.get(f"/agreements/{nda.id}/interview")
    assert (answer.status_code, answer.location) == (303, f"/agreements/{nda.id}")


def test_a_guest_declines_with_a_reason_that_the_sender_reads(sqlite_ctx: Context, walked: tuple[Nda, Browser], guest: Browser) -> None:
    nda, browser = walked
    (mail,) = [mail for mail in mails(sqlite_ctx, nda.recipient) if "/signing/" in mail.body]
    (link,) = re.findall(r"https?://[^/]+(/signing/\S+)", mail.body)
    assert "fill this in" in press(guest, link, "/decline", reason="")
    assert "You have declined" in press(guest, link, "/decline", reason="Five years are too long.")
    assert "Five years are too long." in text(browser, f"/agreements/{nda.id}")


def test_the_address_of_a_link_is_kept_secret_and_a_wrong_one_says_what_to_do(guest: Browser) -> None:
    answer = guest.get("/signing/nowhere")
    assert (answer.status_code, answer.headers["Referrer-Policy"]) == (404, "no-referrer")
    assert "copy it whole from the mail" in answer.get_data(as_text=True)


def test_pages_of_another_organisation_are_not_there(sqlite_ctx: Context, app: Flask, clock: MovingClock) -> None:
    nda = sent(sqlite_ctx, clock)
    person(sqlite_ctx, "Nadia", organisation="Elsewhere")
    stranger = entered(app, "nadia")
    endings = ("", "/interview", "/document.pdf", "/document.docx", "/executed.pdf", "/agreement-evidence.zip", "/signing")
    for ending in (*endings, "/signing/file"):
        assert stranger.get(f"/agreements/{nda.id}{ending}").status_code == 404, ending


def test_the_desk_says_what_waits_for_a_signature(sqlite_ctx: Context, app: Flask, clock: MovingClock) -> None:
    sent(sqlite_ctx, clock)
    browser = entered(app)
    (link,) = re.findall(r"https?://[^/]+(/confirm/\S+)", " ".join(mail.body for mail in mails(sqlite_ctx, "sara@example.org")))
    browser.send(link)
    assert "Sign: Non-Disclosure Agreement with Mobili Rossi" in text(browser, "/")


def test_the_pages_speak_italian(sqlite_ctx: Context, app: Flask) -> None:
    nda = draft(sqlite_ctx)
    browser = entered(app)
    browser.send("/language", page="/", language="it")
    assert "Mancano 7 risposte" in text(browser, f"/agreements/{nda.id}")
    assert agreements.agreement(sqlite_ctx, nda.actor, nda.id).line.state == "drafting"
