"""Showing an idea to somebody, walked as the owner and the guest walk it."""

from __future__ import annotations

import pytest
from flask import Flask

from ipr_service.services import revocation, sessions, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.schema import Person
from tests.services.confidence import CHAIR, DESCRIPTION, GUEST, TITLE, invitation, open_scene, register, scene
from tests.support.house import PASSWORD, mails, person
from tests.web.conftest import Browser


def enter(app: Flask, ctx: Context, actor: Actor) -> Browser:
    """A browser in which this person is logged in."""
    client = app.test_client()
    with ctx.database.writing() as session:
        token = sessions.begin(ctx, session, session.get_one(Person, actor.person_id), str(actor.organisation_id))
    with client.session_transaction() as cookie:
        cookie["t"] = token
    return Browser(client)


def text(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_from_the_ideas_page_one_button_leads_to_the_offer_and_the_offer_to_its_page(app: Flask, sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, "Sara", organisation="Mobili Rossi")
    idea = register(sqlite_ctx, sara)
    browser = enter(app, sqlite_ctx, sara)
    address = f"/disclosures/new/{idea.idea_id}"
    assert f'href="{address}"' in text(browser, f"/ideas/{idea.idea_id}")
    form = text(browser, address)
    assert 'value="1.0" checked' in form
    assert 'value="1.1" checked' in form
    fields = {"name": "Mara Vidal", "email": GUEST, "organisation": "Studio Blu", "items": ["1.0", "1.1"], "ends_at": "2026-12-24"}
    made = browser.send(address, **fields)
    assert made.status_code == 303
    page = text(browser, made.headers["Location"])
    for words in ("Shown to Mara Vidal", "Studio Blu", "complete the NDA", "Access ends", "chair.svg", "Nobody has opened anything yet"):
        assert words in page
    assert "24 Dec 2026, 23:59 CET" in page
    assert "Mara Vidal" in text(browser, f"/ideas/{idea.idea_id}")


def test_a_refused_offer_says_it_beside_the_field_and_keeps_what_was_typed(app: Flask, sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, "Sara")
    idea = register(sqlite_ctx, sara)
    browser = enter(app, sqlite_ctx, sara)
    answer = browser.send(f"/disclosures/new/{idea.idea_id}", name="Mara", email="nobody", recipient_seat="x" * 301, items=["1.0"])
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="email-wrong"' in page
    assert 'value="Mara"' in page
    answer = browser.send(f"/disclosures/new/{idea.idea_id}", name="Mara", email=GUEST, recipient_seat="x" * 301, items=["1.0"])
    assert 'id="recipient_seat-wrong"' in answer.get_data(as_text=True)


def test_the_guest_comes_by_the_link_and_sees_no_title_before_the_nda(app: Flask, sqlite_ctx: Context, guest: Browser) -> None:
    made = scene(sqlite_ctx)
    link = f"/invitations/{invitation(sqlite_ctx)}"
    seen = [text(guest, link)]
    sent = guest.send(f"{link}/signup", link, name="Mara Vidal", email=GUEST, password=PASSWORD, organisation="Studio Blu", country="ES")
    assert sent.status_code == 303
    arrived = guest.send(f"{link}/accept", link)
    assert arrived.headers["Location"] == f"/disclosures/{made.id}"
    seen += [text(guest, address) for address in (arrived.headers["Location"], "/disclosures", "/")]
    assert "Sara of Mobili Rossi wants to show you something" in seen[0]
    assert "Sara of Mobili Rossi" in seen[1]
    assert "Idea " in seen[1]
    for page in seen:
        for secret in (TITLE, DESCRIPTION, "chair.svg"):
            assert secret not in page
    assert guest.get(f"/disclosures/{made.id}/versions/1").status_code == 409
    assert guest.get(f"/disclosures/{made.id}/versions/1/files/1").status_code == 409


def test_a_person_who_invites_for_herself_is_named_once(app: Flask, sqlite_ctx: Context, guest: Browser) -> None:
    sara = person(sqlite_ctx, "Sara")
    idea = register(sqlite_ctx, sara)
    enter(app, sqlite_ctx, sara).send(f"/disclosures/new/{idea.idea_id}", name="Mara", email=GUEST, items=["1.0"])
    link = f"/invitations/{invitation(sqlite_ctx)}"
    assert ">Sara wants to show you something in confidence." in text(guest, link)
    guest.send("/language", link, language="it")
    assert ">Sara vuole mostrarti qualcosa in riservatezza." in text(guest, link)


def test_once_open_the_guest_reads_and_downloads_and_is_told_that_it_is_recorded(app: Flask, sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    guest, owner = enter(app, sqlite_ctx, made.mara), enter(app, sqlite_ctx, made.sara)
    page = text(guest, f"/disclosures/{made.id}")
    assert "Each time you open something, it is recorded" in page
    assert TITLE not in page
    look = text(guest, f"/disclosures/{made.id}/versions/1")
    for words in (TITLE, DESCRIPTION, "chair.svg", "recorded and logged"):
        assert words in look
    file = guest.get(f"/disclosures/{made.id}/versions/1/files/1")
    assert file.get_data() == CHAIR
    assert file.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (file.headers["X-Content-Type-Options"], file.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.mimetype == "application/octet-stream"
    part = guest.get(f"/disclosures/{made.id}/versions/1/files/1", Range="bytes=5-9")
    assert (part.status_code, part.get_data(), part.headers["Content-Range"]) == (206, CHAIR[5:10], f"bytes 5-9/{len(CHAIR)}")
    log = text(owner, f"/disclosures/{made.id}/accesses")
    assert log.count(GUEST) == 2
    assert "chair.svg" in log
    table = owner.get(f"/disclosures/{made.id}/accesses.csv")
    assert table.headers["Content-Disposition"].startswith("attachment;")
    assert len(table.get_data(as_text=True).strip().splitlines()) == 3


def test_ending_access_says_that_there_is_no_undo_and_works_at_once(app: Flask, sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    guest, owner = enter(app, sqlite_ctx, made.mara), enter(app, sqlite_ctx, made.sara)
    assert guest.get(f"/disclosures/{made.id}/versions/1/files/1").status_code == 200
    assert "There is no undo" in text(owner, f"/disclosures/{made.id}/revoke")
    assert owner.send(f"/disclosures/{made.id}/revoke").status_code == 303
    assert guest.get(f"/disclosures/{made.id}/versions/1/files/1").status_code == 410
    assert "This is not open any more" in text(guest, f"/disclosures/{made.id}")
    assert any("access" in mail.subject.lower() for mail in mails(sqlite_ctx, GUEST))


def test_the_owner_adds_a_later_version_by_hand(app: Flask, sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    register(sqlite_ctx, made.sara, made.idea.idea_id, plan_txt=b"longer legs")
    owner = enter(app, sqlite_ctx, made.sara)
    page = text(owner, f"/disclosures/{made.id}/more")
    assert 'value="2.1"' in page
    assert 'value="1.1"' not in page
    assert owner.send(f"/disclosures/{made.id}/more", items=["2.1"]).status_code == 303
    assert viewing.file(sqlite_ctx, made.mara, made.id, 2, 1).reader.read() == b"longer legs"


@pytest.mark.parametrize("page", ["", "/more", "/revoke", "/accesses", "/accesses.csv", "/versions/1", "/versions/1/files/1"])
def test_a_stranger_finds_at_no_address_more_than_at_a_random_one(app: Flask, sqlite_ctx: Context, page: str) -> None:
    made = open_scene(sqlite_ctx)
    nil = enter(app, sqlite_ctx, person(sqlite_ctx, "Nil"))
    theirs, random = nil.get(f"/disclosures/{made.id}{page}"), nil.get(f"/disclosures/{sqlite_ctx.new_id()}{page}")
    assert theirs.status_code == random.status_code == 404
    assert TITLE not in theirs.get_data(as_text=True)


@pytest.mark.parametrize("page", ["/more", "/revoke", "/accesses", "/accesses.csv"])
def test_the_guest_has_no_page_of_the_owner(app: Flask, sqlite_ctx: Context, page: str) -> None:
    made = open_scene(sqlite_ctx)
    assert made.mara is not None
    revoked = enter(app, sqlite_ctx, made.mara).get(f"/disclosures/{made.id}{page}")
    assert revoked.status_code in {403, 404}
    assert revocation.revoke(sqlite_ctx, made.sara, made.id)


def test_the_pages_speak_italian(app: Flask, sqlite_ctx: Context) -> None:
    made = open_scene(sqlite_ctx)
    owner = enter(app, sqlite_ctx, made.sara)
    with owner.client.session_transaction() as cookie:
        cookie["language"] = "it"
    page = text(owner, f"/disclosures/{made.id}")
    for words in ("Mostrata a Mara Vidal", "Firme dell’accordo di riservatezza", "Chiudi l’accesso"):
        assert words in page
