"""Registering on a page, the receipt, the idea's page, contributors' answers: walked as people walk them."""

from __future__ import annotations

import io
import re
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from ipr_service.services import sealing
from ipr_service.services.context import Context
from ipr_service.store.schema import Contributor, Idea, IdeaVersion, IdempotentRequest, LogToken
from tests.support.house import PASSWORD, MovingClock, mails, secret_in
from tests.web.conftest import Browser

CHAIR = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M4 4h8v8"/></svg>'


def chair(name: str = "chair.svg", content: bytes = CHAIR) -> FileStorage:
    return FileStorage(io.BytesIO(content), name, "files", "image/svg+xml")


def register(sara: Browser, page: str = "/ideas/new", **fields: object) -> TestResponse:
    return sara.send(page, **{"title": "Folding chair", "language": "en", "files": [chair()], **fields})


def idea_of(answer: TestResponse) -> str:
    found = re.fullmatch(r"/ideas/([0-9A-Z]{26})/versions/\d+", answer.headers.get("Location", ""))
    assert found, (answer.status_code, answer.headers.get("Location"))
    return found[1]


def fetch(browser: Browser, address: str) -> TestResponse:
    """A download, read whole and closed."""
    with browser.get(address) as answer:
        assert answer.data is not None
        return answer


def trusting(ctx: Context) -> TrustList:
    return TrustList.from_bytes("".join(f"{key.to_text()}\n" for key in ctx.service_keys.log_keys.vkeys).encode())


def test_a_visitor_has_a_receipt_after_three_clicks(sara: Browser) -> None:
    (first,) = set(re.findall(r'<a role="button" href="([^"]+)">Register an idea', sara.get("/").get_data(as_text=True)))
    assert first == "/signup?next=/ideas/new"
    assert sara.get("/ideas/new").headers["Location"] == first
    assert sara.get(first).status_code == 200  # 1
    fields = {"name": "Sara", "email": "sara@example.org", "password": PASSWORD, "next": "/ideas/new"}
    assert sara.send("/signup", "/signup?next=/ideas/new", **fields).headers["Location"] == "/ideas/new"  # 2
    receipt = sara.get(register(sara).headers["Location"])  # 3
    page = receipt.get_data(as_text=True)
    assert "Receipt" in page
    assert "0 of the log test.invalid/log" in page


def test_the_receipt_says_what_was_proved_what_not_and_that_no_authority_is_set_up(sara: Browser) -> None:
    sara.sign_up()
    page = sara.get(register(sara).headers["Location"]).get_data(as_text=True)
    assert "What this proves" in page
    assert "Who the author is" in page
    assert "None: no authority is set up here" in page
    assert "by the service’s own clock" in page
    assert not re.search(r"legally valid|protected|qualified", page)


def test_the_steps_beside_the_receipt_lead_to_a_place_that_is_there(sara: Browser) -> None:
    sara.sign_up()
    receipt = register(sara)
    address = f"/ideas/{idea_of(receipt)}"
    page = sara.get(receipt.headers["Location"]).get_data(as_text=True)
    assert f'href="{address}#show"' in page
    assert 'id="show"' in sara.get(address).get_data(as_text=True)


def test_the_bundle_of_the_receipt_verifies_and_the_certificate_is_a_pdf(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    at = register(sara).headers["Location"]
    bundle = fetch(sara, f"{at}/bundle")
    assert bundle.headers["Content-Disposition"].startswith("attachment")
    report = verify(io.BytesIO(bundle.data), trusting(sqlite_ctx), [("copy.svg", io.BytesIO(CHAIR))])
    assert bool(report), report.failed
    without = verify(io.BytesIO(fetch(sara, f"{at}/bundle?files=no").data), trusting(sqlite_ctx))
    assert bool(without)
    assert [check.outcome for check in without.checks if check.name == "file.1"] == ["absent"]
    assert sara.get(f"{at}/certificate").data.startswith(b"%PDF-")


@pytest.mark.parametrize("files", ["abc", "-1", "1,2", "99999"])
def test_a_mistyped_choice_of_files_gives_no_bundle_rather_than_all_files(sara: Browser, files: str) -> None:
    sara.sign_up()
    at = register(sara).headers["Location"]
    answer = fetch(sara, f"{at}/bundle?files={files}")
    assert (answer.status_code, answer.mimetype) == (422, "text/html")


def test_a_kept_file_comes_back_as_an_attachment_that_runs_nothing(sara: Browser) -> None:
    sara.sign_up()
    answer = fetch(sara, register(sara).headers["Location"] + "/files/1")
    assert answer.data == CHAIR
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.mimetype == "application/octet-stream"


def test_text_alone_is_enough(sara: Browser) -> None:
    sara.sign_up()
    answer = sara.send("/ideas/new", title="Lamp", description="It floats.", language="it", email="", role="", share="")
    page = sara.get(f"/ideas/{idea_of(answer)}").get_data(as_text=True)
    assert "It floats." in page
    assert 'lang="it"' in page


def test_a_refused_form_keeps_what_was_typed_names_the_field_and_says_that_files_are_lost(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    answer = register(sara, title="", description="three moves", email="marko@example.org", role="mechanics", share="3/8")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#title"' in page
    assert "three moves" in page
    assert 'value="marko@example.org"' in page
    assert 'value="3/8"' in page
    assert "choose them again" in page
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idea)) == 0


def test_nothing_to_register_is_said_at_the_files(sara: Browser) -> None:
    sara.sign_up()
    page = sara.send("/ideas/new", title="Empty", language="en").get_data(as_text=True)
    assert "There is nothing to register yet" in page
    assert 'id="files-wrong"' in page


def test_shares_are_taken_as_people_write_them(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    people = {"email": ["sara@example.org", "marko@example.org", ""], "role": ["form", "mechanics", ""], "share": ["62,5 %", "0.375", ""]}
    register(sara, **people)
    with sqlite_ctx.database.reading() as session:
        rows = session.execute(select(Contributor.share, Contributor.state).order_by(Contributor.position)).all()
    assert [tuple(row) for row in rows] == [("5/8", "self"), ("3/8", "asked")]


def test_shares_that_do_not_add_up_are_refused_with_their_sum(sara: Browser) -> None:
    sara.sign_up()
    people = {"email": ["sara@example.org", "marko@example.org"], "role": ["form", "mechanics"], "share": ["1/2", "1/3"]}
    page = register(sara, **people).get_data(as_text=True)
    assert "The shares add up to 5/6" in page
    assert 'id="contributors-wrong"' in page


def test_rows_can_be_added_without_scripts_and_register_nothing(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    answer = sara.send("/ideas/new", title="Chair", language="en", email="sara@example.org", role="form", share="", more="yes")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert page.count('name="email"') == 6
    assert 'value="Chair"' in page
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idea)) == 0


def test_eight_clicks_at_once_register_one_idea(app: Flask, sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    hidden = sara.hidden("/ideas/new")
    cookie = sara.client.get_cookie("ipr")
    assert cookie is not None
    went: list[str | None] = []

    def click() -> None:
        client = app.test_client()
        client.set_cookie("ipr", cookie.value)
        fields = {**hidden, "title": "Folding chair", "language": "en", "files": [chair()]}
        went.append(client.post("/ideas/new", data=fields).headers.get("Location"))

    threads = [Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(went) == 8
    assert len(set(went)) == 1
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IdeaVersion)) == 1


def test_a_form_whose_answer_was_lost_with_its_process_is_not_done_twice(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    hidden = sara.hidden("/ideas/new")
    fields = {**hidden, "title": "Folding chair", "language": "en", "description": "x"}
    sara.client.post("/ideas/new", data=fields)

    with sqlite_ctx.database.writing() as session:  # as it stands when the process dies between commit and answer
        for row in session.scalars(select(IdempotentRequest).where(IdempotentRequest.thing_id.is_not(None))):
            row.status, row.body, row.headers = None, None, None
    again = sara.client.post("/ideas/new", data=fields)
    assert (again.status_code, again.headers["Location"]) == (303, "/")
    assert "done already" in sara.get("/").get_data(as_text=True)
    with sqlite_ctx.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IdeaVersion)) == 1


def test_a_new_version_starts_from_the_one_before_and_the_page_shows_both(sara: Browser) -> None:
    sara.sign_up()
    idea = idea_of(register(sara, description="oak"))
    form = sara.get(f"/ideas/{idea}/versions/new").get_data(as_text=True)
    assert 'value="Folding chair"' in form
    assert "oak" in form
    answer = register(sara, f"/ideas/{idea}/versions/new", title="Folding chair, brass")
    assert answer.headers["Location"] == f"/ideas/{idea}/versions/2"
    page = sara.get(f"/ideas/{idea}").get_data(as_text=True)
    assert page.index("Version 2") < page.index("Version 1")
    assert "Folding chair, brass" in page


def test_the_list_says_what_to_do_when_it_is_empty_and_comes_in_pages(sara: Browser, clock: MovingClock) -> None:
    sara.sign_up()
    assert "No idea yet" in sara.get("/ideas").get_data(as_text=True)
    for number in range(26):
        clock.forward(seconds=1)
        sara.send("/ideas/new", title=f"Idea number {number}", description="x", language="en")
    first = sara.get("/ideas").get_data(as_text=True)
    assert "Idea number 25" in first
    assert "Idea number 0<" not in first
    (older,) = re.findall(r'href="(/ideas\?before=[0-9A-Z]{26})"', first)
    second = sara.get(older).get_data(as_text=True)
    assert "Idea number 0<" in second
    assert "Back to the newest" in second


def test_what_was_typed_is_shown_as_text(sara: Browser) -> None:
    sara.sign_up()
    idea = idea_of(register(sara, title="<script>alert(1)</script>", description="<img src=x>", files=[chair("<b>.svg")]))
    for address in (f"/ideas/{idea}", f"/ideas/{idea}/versions/1", "/ideas", "/"):
        page = sara.get(address).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>.svg" not in page


def test_the_own_clock_is_never_called_independent(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    at = register(sara).headers["Location"]
    sealing.stamp_newest(sqlite_ctx)
    page = sara.get(at).get_data(as_text=True)
    assert "Stamped by the service’s own clock" in page
    assert "it adds no independent proof of time" in page
    assert "No independent time stamp" in page


def test_an_independent_stamp_is_shown_with_its_authority_and_time(sara: Browser, sqlite_ctx: Context) -> None:
    sara.sign_up()
    at = register(sara).headers["Location"]
    sealing.stamp_newest(sqlite_ctx)
    with sqlite_ctx.database.writing() as session:
        token = session.scalars(select(LogToken)).one()
        token.independent, token.authority = True, "tsa.example.org"
    page = sara.get(at).get_data(as_text=True)
    assert "Stamped by tsa.example.org" in page
    assert "No independent time stamp" not in page


def test_a_foreign_idea_answers_like_one_that_does_not_exist(sara: Browser, guest: Browser) -> None:
    sara.sign_up()
    idea = idea_of(register(sara))
    guest.sign_up("Eva")
    guest.get("/")
    tails = ("", "/versions/1", "/versions/1/bundle", "/versions/1/certificate", "/versions/1/files/1", "/versions/new")
    for tail in (*tails, "/versions/new/hash-only", "/versions/1/parts"):
        answers = [guest.get(f"/ideas/{each}{tail}") for each in (idea, "01J" + "0" * 23)]
        said = [re.sub(r"[0-9A-Z]{26}|value=\"[^\"]+\"", "", answer.get_data(as_text=True)) for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404], tail
        assert said[0] == said[1], tail


def test_a_version_that_is_not_there_is_no_page(sara: Browser) -> None:
    sara.sign_up()
    idea = idea_of(register(sara))
    assert sara.get(f"/ideas/{idea}/versions/2").status_code == 404
    assert sara.get(f"/ideas/{idea}/versions/1/files/2").status_code == 404


def named(sara: Browser) -> str:
    sara.sign_up(organisation="Conti S.n.c.", country="IT")
    people = {"email": ["sara@example.org", "marko@example.org"], "role": ["form", "mechanics"], "share": ["5/8", "3/8"]}
    return idea_of(register(sara, **people))


def arrive(guest: Browser, ctx: Context) -> str:
    """Marko opens the mailed link, signs up there, and lands on the question."""
    link = f"/invitations/{secret_in(mails(ctx, 'marko@example.org')[0])}"
    guest.send(f"{link}/signup", link, name="Marko", email="marko@example.org", password=PASSWORD)
    return str(guest.send(f"{link}/accept", link).headers["Location"])


def test_a_named_contributor_comes_by_mail_sees_what_it_is_about_and_confirms(sara: Browser, guest: Browser, sqlite_ctx: Context) -> None:
    idea = named(sara)
    mail = mails(sqlite_ctx, "marko@example.org")[0]
    assert "Folding chair" not in mail.body + mail.subject
    at = arrive(guest, sqlite_ctx)
    page = guest.get(at)
    said = page.get_data(as_text=True)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Folding chair" in said
    assert "mechanics" in said
    assert "3/8" in said
    assert guest.send(at, answer="confirm").headers["Location"] == "/ideas"
    assert "Folding chair" in guest.get("/ideas").get_data(as_text=True)
    seen = guest.get(f"/ideas/{idea}").get_data(as_text=True)
    assert "You are a contributor" in seen
    assert "Download</a>" not in seen
    assert guest.get(f"/ideas/{idea}/versions/1/files/1").status_code == 403
    assert guest.get(f"/ideas/{idea}/versions/new").status_code == 403
    assert "Confirmed" in sara.get(f"/ideas/{idea}").get_data(as_text=True)


def test_a_contributor_who_declines_sees_nothing_more_and_the_owner_is_told(sara: Browser, guest: Browser, sqlite_ctx: Context) -> None:
    idea = named(sara)
    at = arrive(guest, sqlite_ctx)
    assert guest.send(at, answer="decline").status_code == 303
    assert guest.get(f"/ideas/{idea}").status_code == 404
    assert "Declined" in sara.get(f"/ideas/{idea}").get_data(as_text=True)
    assert guest.get(at).status_code == 410


def test_a_larger_upload_than_the_limit_is_refused_in_words(app: Flask, sara: Browser) -> None:
    sara.sign_up()
    app.config["MAX_CONTENT_LENGTH"] = 100_000
    answer = register(sara, files=[chair(content=b"x" * 200_000)])
    assert answer.status_code == 413
    assert "larger than 100 kB" in answer.get_data(as_text=True)


def test_no_page_of_ideas_holds_inline_script_or_style(sara: Browser) -> None:
    sara.sign_up()
    idea = idea_of(register(sara))
    for address in ("/ideas", "/ideas/new", "/ideas/new/hash-only", f"/ideas/{idea}", f"/ideas/{idea}/versions/1", "/verify"):
        page = sara.get(address).get_data(as_text=True)
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page), address


def test_the_hash_only_page_can_send_nothing_by_mistake(sara: Browser) -> None:
    sara.sign_up()
    page = sara.get("/ideas/new/hash-only").get_data(as_text=True)
    form = page[page.index('id="hash-only"') : page.index('id="made"')]
    assert not re.search(r'\sname="|\saction="', form)
    assert "This page needs scripts" in page


def test_thirty_two_bytes_are_taken_and_anything_else_is_refused(sara: Browser) -> None:
    sara.sign_up()
    token = sara.hidden("/ideas/new")["csrf_token"]

    def send(body: bytes, kind: str = "application/octet-stream", key: str = "k" * 20) -> TestResponse:
        headers = {"X-CSRFToken": token, "Content-Type": kind}
        return sara.client.post(f"/ideas/commitments?form_id={key}", data=body, headers=headers)

    for body in (b"", b"x" * 31, b"x" * 33, b"x" * 44):
        assert send(body).status_code == 422
    assert send(b"x" * 32, "text/plain").status_code == 422
    first = send(b"x" * 32)
    assert first.status_code == 303
    assert send(b"x" * 32).headers["Location"] == first.headers["Location"]  # the line broke, the same 32 bytes come again
    assert send(b"x" * 32, key="l" * 20).status_code == 409
    parts = sara.get(first.headers["Location"]).get_json()
    assert parts["index"] == 0
    assert parts["tokens"] == []
