"""Accounts, organisations, invitations and the operator's page, walked as people walk them."""

from __future__ import annotations

import re
from threading import Thread

from flask import Flask
from sqlalchemy import func, select, update

from ipr_service.services.context import Context
from ipr_service.store.schema import Organisation, Person
from tests.support.house import PASSWORD, mails, secret_in
from tests.web.conftest import Browser


def _company(sara: Browser) -> str:
    sara.sign_up("Sara", organisation="Conti S.n.c.", country="IT")
    (company,) = re.findall(r'/organisations/([0-9A-Z]{26})">Conti', sara.get("/organisations").get_data(as_text=True))
    return str(company)


def _invite(sara: Browser, company: str) -> None:
    fields = {"email": "marko@example.org", "role": "viewer", "language": "en"}
    assert sara.send(f"/organisations/{company}/invitations", f"/organisations/{company}", **fields).status_code == 303


def test_the_first_page_leads_to_registering_and_to_checking(sara: Browser) -> None:
    page = sara.get("/").get_data(as_text=True)
    assert "Show ideas without fear" in page
    assert "Register an idea" in page
    assert "Check a proof" in page
    assert "32 bytes" in page


def test_after_signing_up_the_desk_says_what_to_do_first(sara: Browser) -> None:
    answer = sara.sign_up(organisation="Conti S.n.c.", country="IT")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    desk = sara.get("/").get_data(as_text=True)
    assert "Conti S.n.c." in desk
    assert "Begin with one idea" in desk
    assert "not confirmed yet" in desk
    assert 'role="status"' in desk


def test_a_refused_sign_up_keeps_what_was_typed_except_the_password(sara: Browser) -> None:
    answer = sara.send("/signup", name="Sara", email="nobody", password="secret-and-short")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Sara"' in page
    assert "secret-and-short" not in page
    assert 'href="#email"' in page
    assert 'id="email-wrong"' in page
    assert 'aria-invalid="true"' in page


def test_what_was_typed_is_shown_as_text(sara: Browser) -> None:
    page = sara.send("/signup", name='"><script>alert(1)</script>', email="x", password="x").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_form_sent_twice_is_done_once(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    hidden = sara.hidden("/organisations/new")
    fields = {**hidden, "name": "Conti S.n.c.", "kind": "company", "country": "IT"}
    first = sara.client.post("/organisations/new", data=fields)
    second = sara.client.post("/organisations/new", data=fields)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Organisation).where(Organisation.kind == "company")) == 1


def test_eight_clicks_at_once_are_one(app: Flask, sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    fields = {**sara.hidden("/organisations/new"), "name": "Conti S.n.c.", "kind": "company", "country": "IT"}
    cookie = sara.client.get_cookie("ipr")
    assert cookie is not None
    went: list[str | None] = []

    def click() -> None:
        client = app.test_client()
        client.set_cookie("ipr", cookie.value)
        went.append(client.post("/organisations/new", data=fields).headers.get("Location"))

    threads = [Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(went) == 8
    assert len(set(went)) == 1
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Organisation).where(Organisation.kind == "company")) == 1


def test_a_refused_form_may_be_mended_and_sent_again_with_the_same_id(sara: Browser) -> None:
    sara.sign_up()
    hidden = sara.hidden("/organisations/new")
    assert sara.client.post("/organisations/new", data={**hidden, "name": "", "country": "IT"}).status_code == 422
    assert sara.client.post("/organisations/new", data={**hidden, "name": "Conti", "country": "IT"}).status_code == 303


def test_a_form_without_its_id_is_refused(sara: Browser) -> None:
    sara.sign_up()
    token = sara.hidden("/organisations/new")["csrf_token"]
    assert sara.client.post("/organisations/new", data={"csrf_token": token, "name": "X", "country": "IT"}).status_code == 422


def test_log_in_answers_alike_for_a_wrong_password_and_an_unknown_address(sara: Browser, guest: Browser) -> None:
    sara.sign_up()
    pages = []
    for email in ("sara@example.org", "nobo@example.org"):
        answer = guest.send("/login", email=email, password="not the right words")
        pages.append((answer.status_code, re.sub(r'value="[^"]+"', "", answer.get_data(as_text=True))))
    assert pages[0][0] == 401
    assert pages[0] == pages[1]


def test_reset_answers_alike_for_every_address(sara: Browser, guest: Browser) -> None:
    sara.sign_up()
    pages = [
        re.sub(r'value="[^"]+"', "", guest.send("/reset", email=email).get_data(as_text=True))
        for email in ("sara@example.org", "nobo@example.org")
    ]
    assert pages[0] == pages[1]


def test_log_in_gives_a_fresh_cookie_and_leads_back_to_where_one_was_going(sara: Browser, guest: Browser) -> None:
    sara.sign_up()
    guest.get("/login")
    before = guest.client.get_cookie("ipr")
    answer = guest.send("/login", email="sara@example.org", password=PASSWORD, next="/account")
    after = guest.client.get_cookie("ipr")
    assert answer.headers["Location"] == "/account"
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_a_cookie_kept_from_before_log_out_opens_nothing(sara: Browser, guest: Browser) -> None:
    sara.sign_up()
    stolen = sara.client.get_cookie("ipr")
    assert stolen is not None
    sara.send("/logout", page="/account")
    guest.client.set_cookie("ipr", stolen.value)
    assert guest.get("/account").status_code == 303


def test_a_reset_link_is_a_secret_page_and_changes_the_password(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    sara.send("/logout", page="/account")
    sara.send("/reset", email="sara@example.org")
    secret = secret_in(next(mail for mail in mails(sqlite_ctx) if "/reset/" in mail.body))
    page = sara.get(f"/reset/{secret}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert sara.send(f"/reset/{secret}", password="five small grey stones", headers={"Origin": "null"}).status_code == 303
    used = sara.get(f"/reset/{secret}")
    assert used.status_code == 410
    assert "used already" in used.get_data(as_text=True)
    assert sara.send("/login", email="sara@example.org", password="five small grey stones").status_code == 303


def test_opening_the_confirmation_link_confirms_nothing_until_the_button(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    link = f"/confirm/{secret_in(mails(sqlite_ctx)[0])}"
    assert sara.get(link).status_code == 200
    assert "not confirmed yet" in sara.get("/").get_data(as_text=True)
    sara.send(link)
    assert "not confirmed yet" not in sara.get("/").get_data(as_text=True)


def test_an_invited_person_signs_up_at_the_link_and_joins(sara: Browser, guest: Browser, sqlite_ctx: Context) -> None:
    company = _company(sara)
    sara.send(f"/organisations/{company}/invitations", f"/organisations/{company}", email="marko@example.org", role="viewer", language="en")
    link = f"/invitations/{secret_in(mails(sqlite_ctx, 'marko@example.org')[0])}"
    page = guest.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Sara invites you" in page.get_data(as_text=True)
    fields = {"name": "Marko", "email": "marko@example.org", "password": PASSWORD}
    assert guest.send(f"{link}/signup", link, **fields).headers["Location"] == link
    assert guest.send(f"{link}/accept", link).headers["Location"] == f"/organisations/{company}"
    desk = guest.get("/").get_data(as_text=True)
    assert "Conti S.n.c." in desk
    assert "not confirmed yet" not in desk
    assert guest.get(link).status_code == 410


def test_an_invitation_lets_no_other_address_sign_up(sara: Browser, guest: Browser, sqlite_ctx: Context) -> None:
    company = _company(sara)
    sara.send(f"/organisations/{company}/invitations", f"/organisations/{company}", email="marko@example.org", role="viewer", language="en")
    link = f"/invitations/{secret_in(mails(sqlite_ctx, 'marko@example.org')[0])}"
    assert guest.send(f"{link}/signup", link, name="Eva", email="eva@example.org", password=PASSWORD).status_code == 409


def test_an_api_token_is_shown_once(sara: Browser) -> None:
    sara.sign_up()
    made = sara.send("/account/tokens/new", name="build", days="30", scopes=["ideas:read"]).get_data(as_text=True)
    (token,) = set(re.findall(r"ipr_live_[0-9A-Za-z]{49}", made))
    assert token not in sara.get("/account").get_data(as_text=True)


def test_the_operators_page_does_not_exist_for_others(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    assert sara.get("/operator").status_code == 404
    with sqlite_ctx.database.writing() as session:
        session.execute(update(Person).values(is_operator=True))
    mails(sqlite_ctx)
    page = sara.get("/operator").get_data(as_text=True)
    assert "Please confirm your address" in page
    assert "IPR_SMTP_URL" in page
    assert "/confirm/" in page


def test_another_organisations_page_answers_like_a_random_one(sara: Browser, guest: Browser) -> None:
    company = _company(sara)
    guest.sign_up("Eva")
    guest.get("/")  # takes the welcome away
    answers = [guest.get(f"/organisations/{each}") for each in (company, "01J" + "0" * 23)]
    said = [re.sub(r"[0-9A-Z]{26}|value=\"[^\"]+\"", "", answer.get_data(as_text=True)) for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert said[0] == said[1]


def test_every_refusal_is_a_page_in_plain_words(sara: Browser) -> None:
    page = sara.get("/nowhere").get_data(as_text=True)
    assert "There is no page at this address" in page
    assert "request id" in page
    assert sara.client.put("/login").status_code == 405
    assert sara.client.put("/login").headers["Allow"]


def test_a_language_chosen_stays_and_a_browsers_wish_counts_before(sara: Browser) -> None:
    assert 'lang="it"' in sara.get("/", **{"Accept-Language": "it-IT,it;q=0.9"}).get_data(as_text=True)
    sara.send("/language", page="/", language="it")
    page = sara.get("/", **{"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="it">' in page
    assert "Mostra le idee senza paura" in page
