"""Pages of a collaboration, walked as Marco and Anna walk them."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from ipr_service.rights import policies, replay
from ipr_service.services import proposing
from ipr_service.services.context import Context
from ipr_service.services.shares import Propose
from tests.services.workshop import Chair, chair, company, record
from tests.support.house import PASSWORD, mails, secret_in
from tests.web.conftest import Browser


@pytest.fixture
def the(sqlite_ctx: Context) -> Chair:
    """The oak chair, with three contributions."""
    made = chair(sqlite_ctx)
    record(sqlite_ctx, made)
    return made


def entered(app: Flask, name: str) -> Browser:
    browser = Browser(app.test_client())
    assert browser.send("/login", email=f"{name}@example.org", password=PASSWORD).status_code == 303
    return browser


def text(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def test_an_empty_list_says_what_to_do_next(sara: Browser) -> None:
    sara.sign_up("Sara")
    page = text(sara, "/collaborations")
    assert "You work with nobody here yet" in page
    assert 'href="/collaborations/new"' in page


def test_the_whole_way_by_forms(app: Flask, sqlite_ctx: Context) -> None:
    company(sqlite_ctx, "Marco", "Rovere s.r.l.")
    marco = entered(app, "marco")
    place = marco.send("/collaborations/new", title="The oak chair", purpose="").headers["Location"]
    assert "You are alone here" in text(marco, place)
    invited = {"name": "Studio Blu", "email": "anna@example.org", "part": "maker", "language": "en"}
    assert marco.send(f"{place}/parties/new", **invited).status_code == 303
    (mail,) = [mail for mail in mails(sqlite_ctx, "anna@example.org") if "invited" in mail.subject]
    secret = secret_in(mail)
    company(sqlite_ctx, "Anna", "Studio Blu")
    anna = entered(app, "anna")
    arrived = anna.send(f"/invitations/{secret}/accept", f"/invitations/{secret}")
    assert arrived.headers["Location"] == f"/collaborations/join/{secret}"
    joining = text(anna, arrived.headers["Location"])
    assert "The oak chair" not in joining
    (studio,) = re.findall(r'value="([0-9A-Z]{26})" checked', joining)
    assert anna.send(f"/collaborations/join/{secret}", organisation_id=studio).headers["Location"] == place
    for who, points in ((marco, "20"), (anna, "40")):
        fields = {"title": f"Work worth {points}", "role": "form", "degree": "equal", "points": points}
        assert who.send(f"{place}/contributions/new", **fields).status_code == 303
    seen = anna.send(f"{place}/propose", policy="points@1", do="preview")
    assert seen.status_code == 200
    assert "66 2/3 %" in seen.get_data(as_text=True)
    assert "No split has been proposed" in text(marco, place)
    split = anna.send(f"{place}/propose", policy="points@1", do="propose").headers["Location"]
    assert "Still to answer: " in text(marco, place)
    for who in (marco, anna):
        assert who.send(f"{split}/accept", split).headers["Location"] == split
    assert "Accepted by all" in text(anna, place)
    record = anna.get(f"{split}/split.json")
    assert record.headers["Content-Disposition"] == "attachment; filename=split.json"
    assert replay.replay(record.get_data(as_text=True))


def test_a_split_shows_fraction_percentage_basis_points_and_the_reason(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    split = proposing.propose(sqlite_ctx, the.anna, the.id, Propose("roles@1"))
    page = text(entered(app, "marco"), f"/collaborations/{the.id}/splits/{split}")
    for said in ("5/8", "62.5 %", "6250", "what its work in 2 of 3 roles adds up to", "The log holds exactly this split"):
        assert said in page
    assert 'role="img" aria-label="Shares: ' in page


def test_the_desk_says_that_a_split_waits_and_stops_saying_so(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    split = proposing.propose(sqlite_ctx, the.anna, the.id, Propose("equal@1"))
    marco = entered(app, "marco")
    address = f"/collaborations/{the.id}/splits/{split}"
    assert "Accept or decline a split" in text(marco, "/")
    marco.send(f"{address}/accept", address)
    assert "Accept or decline a split" not in text(marco, "/")


def test_a_decline_without_a_reason_is_refused_beside_the_field(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    split = proposing.propose(sqlite_ctx, the.anna, the.id, Propose("equal@1"))
    marco, address = entered(app, "marco"), f"/collaborations/{the.id}/splits/{split}"
    refused = marco.send(f"{address}/decline", address, reason="")
    assert refused.status_code == 422
    assert 'id="reason-wrong"' in refused.get_data(as_text=True)
    marco.send(f"{address}/decline", address, reason="The joint was <b>half</b>")
    assert "The joint was &lt;b&gt;half&lt;/b&gt;" in text(marco, address)


def test_what_a_rule_lacks_stands_at_the_rule_before_it_is_chosen(app: Flask, the: Chair) -> None:
    anna = entered(app, "anna")
    anna.send(f"/collaborations/{the.id}/contributions/new", title="Logo", role="brand")
    page = text(anna, f"/collaborations/{the.id}/propose")
    assert "Something is missing for this rule" in page
    assert "“Logo” has no points" in page
    refused = anna.send(f"/collaborations/{the.id}/propose", policy="points@1", do="propose")
    assert refused.status_code == 422
    assert 'href="#contributions"' in refused.get_data(as_text=True)


def test_shares_that_make_no_whole_are_refused_and_kept_as_typed(app: Flask, the: Chair) -> None:
    fields = {f"share-{the.rovere}": "60 %", f"share-{the.studio}": "50 %", "policy": "equal@1", "reason": "so", "do": "preview"}
    refused = entered(app, "anna").send(f"/collaborations/{the.id}/propose", **fields)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'id="negotiated-wrong"' in page
    assert "110 %" in page
    assert 'value="60 %"' in page


def test_a_refused_contribution_keeps_what_was_typed(app: Flask, the: Chair) -> None:
    refused = entered(app, "anna").send(f"/collaborations/{the.id}/contributions/new", title="Logo", role="brand", points="-3")
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'value="Logo"' in page
    assert 'id="points-wrong"' in page


def test_another_organisation_sees_nothing_and_nobody_is_sent_to_log_in(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    split = proposing.propose(sqlite_ctx, the.anna, the.id, Propose("equal@1"))
    company(sqlite_ctx, "Eve", "Elsewhere Ltd")
    eve, nobody = entered(app, "eve"), Browser(app.test_client())
    forms = ("/edit", "/propose", "/parties/new", "/contributions/new", "/background/new")
    for tail in ("", *forms, f"/splits/{split}", f"/splits/{split}/split.json"):
        assert eve.get(f"/collaborations/{the.id}{tail}").status_code == 404, tail
        assert "/login" in nobody.get(f"/collaborations/{the.id}{tail}").headers["Location"], tail
    for tail in ("/close", f"/splits/{split}/accept", f"/parties/{the.studio}/leave"):
        assert eve.send(f"/collaborations/{the.id}{tail}", "/").status_code == 404, tail
    assert "oak" not in text(eve, "/collaborations")


def test_the_pages_speak_italian(app: Flask, sqlite_ctx: Context, the: Chair) -> None:
    split = proposing.propose(sqlite_ctx, the.anna, the.id, Propose("roles@1"))
    marco = entered(app, "marco")
    marco.send("/language", "/", language="it", next="/")
    page = text(marco, f"/collaborations/{the.id}/splits/{split}")
    assert "Accetta questa ripartizione" in page
    assert "62,5 %" in page


def test_a_what_if_is_a_page_with_an_address_and_says_what_would_change(app: Flask, the: Chair) -> None:
    anna = entered(app, "anna")
    place = f"/collaborations/{the.id}/what-if"
    page = text(anna, f"{place}?policy=points@1")
    (first, *_) = re.findall(r'name="points-([0-9A-Z]{26})"', page)
    assert "No share would change." in page
    moved = text(anna, f"{place}?policy=points@1&points-{first}=999")
    assert "points changed from" in moved
    assert 'value="999"' in moved
    assert "Step by step" in moved
    refused = anna.get(f"{place}?policy=points@1&points-{first}=lots")
    assert refused.status_code == 422
    assert "This is not a number" in refused.get_data(as_text=True)


def test_every_rule_can_be_imagined_or_says_what_it_lacks(app: Flask, the: Chair) -> None:
    anna = entered(app, "anna")
    for reference in policies.OFFERED:
        answer = anna.get(f"/collaborations/{the.id}/what-if?policy={reference}")
        assert answer.status_code in (200, 409, 422), reference
    assert anna.get(f"/collaborations/{the.id}/what-if?policy=none@1").status_code == 422
