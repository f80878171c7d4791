"""Passing on, making public, erasing: walked as people walk them."""

from __future__ import annotations

from ipr_service.services.context import Context
from tests.support.house import PASSWORD, mails, secret_in
from tests.web.conftest import Browser
from tests.web.test_ideas import CHAIR, idea_of, register


def _registered(sara: Browser) -> str:
    sara.sign_up(organisation="Mobili Rossi", country="IT")
    return idea_of(register(sara))


def _action(page: str, end: str) -> str:
    """The address to which the form on a page is sent that ends so."""
    return next(address for part in page.split('action="')[1:] if (address := part.split('"')[0]).endswith(end))


def test_an_idea_passes_from_page_to_page(sara: Browser, guest: Browser, sqlite_ctx: Context) -> None:
    idea = _registered(sara)
    assert f"/ideas/{idea}/transfer" in sara.get(f"/ideas/{idea}").get_data(as_text=True)
    wrong = sara.send(f"/ideas/{idea}/transfer", email="nobody")
    assert wrong.status_code == 422
    assert sara.send(f"/ideas/{idea}/transfer", email="livia@example.org").status_code == 303
    assert "Waits for an answer" in sara.get(f"/ideas/{idea}/transfer").get_data(as_text=True)
    secret = secret_in(next(mail for mail in mails(sqlite_ctx, "livia@example.org") if "/invitations/" in mail.body))
    guest.sign_up("Livia", organisation="Casa Livia", country="IT")
    sent_on = guest.send(f"/invitations/{secret}/accept", page=f"/invitations/{secret}")
    assert sent_on.headers["Location"] == f"/transfers/{secret}"
    page = guest.get(f"/transfers/{secret}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    said = page.get_data(as_text=True)
    assert "Folding chair" in said
    assert "Casa Livia" in said
    assert "It is no assignment" in said
    assert guest.send(f"/transfers/{secret}", answer="accept").status_code == 303
    assert "Folding chair" in guest.get("/ideas").get_data(as_text=True)
    assert sara.get(f"/ideas/{idea}").status_code == 404


def test_an_offer_is_taken_back_on_the_page(sara: Browser) -> None:
    idea = _registered(sara)
    sara.send(f"/ideas/{idea}/transfer", email="livia@example.org")
    page = sara.get(f"/ideas/{idea}/transfer").get_data(as_text=True)
    address = _action(page, "/withdraw")
    assert sara.send(address, page=f"/ideas/{idea}/transfer").status_code == 303
    assert "Taken back" in sara.get(f"/ideas/{idea}/transfer").get_data(as_text=True)


def test_what_is_made_public_is_seen_by_nobody_logged_in_and_the_rest_is_not(sara: Browser, guest: Browser) -> None:
    idea = _registered(sara)
    address = f"/public/{idea}/1"
    assert guest.get(address).status_code == 404
    assert sara.send(f"/ideas/{idea}/publish").status_code == 422
    assert sara.send(f"/ideas/{idea}/publish", positions=["1"]).status_code == 303
    said = guest.get(address).get_data(as_text=True)
    assert "chair.svg" in said
    assert "Folding chair" not in said
    assert "Not proved" in said
    answer = guest.get(f"{address}/files/1")
    assert answer.get_data() == CHAIR
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answer.close()
    assert guest.get(f"{address}/files/2").status_code == 404
    page = sara.get(f"/ideas/{idea}/publish").get_data(as_text=True)
    close = _action(page, "/close")
    assert sara.send(close, page=f"/ideas/{idea}/publish").status_code == 303
    assert guest.get(address).status_code == 404


def test_an_idea_is_erased_only_after_its_name_was_typed(sara: Browser) -> None:
    idea = _registered(sara)
    label = f"Idea {idea[-8:-4]}-{idea[-4:]}"
    assert label in sara.get(f"/ideas/{idea}/erase").get_data(as_text=True)
    assert sara.send(f"/ideas/{idea}/erase", label="yes").status_code == 422
    assert "Folding chair" in sara.get(f"/ideas/{idea}").get_data(as_text=True)
    assert sara.send(f"/ideas/{idea}/erase", label=label.lower()).status_code == 303
    said = sara.get(f"/ideas/{idea}").get_data(as_text=True)
    assert "Folding chair" not in said
    assert "has been erased" in said
    assert "Register a new version" not in said
    assert "Show it to somebody" not in said
    assert sara.get("/ideas").status_code == 200


def test_an_account_is_erased_with_its_password(sara: Browser) -> None:
    sara.sign_up()
    register(sara)
    assert sara.send("/account/erase", password="wrong").status_code == 422
    assert sara.send("/account/erase", password=PASSWORD).status_code == 303
    assert sara.get("/ideas").status_code in (302, 303)
    assert sara.send("/login", email="sara@example.org", password=PASSWORD).status_code == 401
