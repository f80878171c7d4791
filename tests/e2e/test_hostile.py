"""What hostile people type and upload runs nowhere: names, titles, texts and files that carry scripts (threats 15 and 25).

Every payload calls ``stolen()``, which these browsers have and which writes a finding; the policy would report what it stopped, and
such a report is a finding too.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.site import DESK, Site
from tests.e2e.steps import MARKO, SARA, press
from tests.support.house import PASSWORD

pytestmark = pytest.mark.needs("Chromium")
SCRIPT = "<script>stolen('script')</script>"
IMAGE = "\"'><img src=x onerror=stolen('image')>"
VECTOR = "</title></textarea><svg onload=stolen('vector')>"
LINK = "javascript:stolen('link') {{7*7}} ${7*7}"
PAPER = b"<!doctype html><title>x</title><script>stolen('html')</script><body onload=stolen('body')>"
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"stolen('svg')\"><script>stolen('svg script')</script></svg>"
UPLOADS: tuple[dict[str, Any], ...] = (
    {"name": "plan\"><img src=x onerror=stolen('name')>.html", "mimeType": "text/html", "buffer": PAPER},
    {"name": "chair.svg", "mimeType": "image/svg+xml", "buffer": DRAWING},
    {"name": "page.xhtml", "mimeType": "application/xhtml+xml", "buffer": PAPER},
)


def visitor(site: Site) -> Page:
    page = site.visitor(DESK)
    page.context.expose_binding("stolen", lambda _source, what: site.findings.append(f"ran: {what}"))
    return page


def settled(page: Page) -> None:
    """Give an image that fails, or anything else that would run late, the time to do it."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(50)
    assert page.locator("img[src=x], main script, svg[onload]").count() == 0


@pytest.fixture(scope="module")
def idea(site: Site) -> str:
    """The address of an idea of somebody whose every field is hostile."""
    page = visitor(site)
    page.goto(f"{site.address}/signup?next=/ideas/new")
    page.get_by_label("Your name").fill(f"Sara {IMAGE}")
    page.get_by_label("Mail address").fill(SARA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_text("I act for a company or another organisation").click()
    page.get_by_label("Organisation", exact=False).first.fill(f"Conti {VECTOR}")
    page.get_by_label("Country").select_option(label="Italy")
    page.locator("main form").get_by_role("button").last.click()
    page.get_by_label("Title", exact=True).fill(f"{SCRIPT}{IMAGE}")
    page.get_by_label("Files").set_input_files(list(UPLOADS))  # type: ignore[arg-type]
    page.get_by_label("Text", exact=False).first.fill(f"{VECTOR}\n{LINK}\n{SCRIPT}")
    settled(page)
    press(page, "Register")
    steps.headed(page, "Receipt")
    settled(page)
    press(page, "Go to the idea")
    settled(page)
    return page.url


def logged_in(site: Site, idea: str) -> Page:
    """The same person again, before her idea."""
    page = visitor(site)
    page.goto(f"{site.address}/login?next={idea.removeprefix(site.address)}")
    page.get_by_label("Mail address").fill(SARA)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    page.wait_for_url(idea)
    return page


def test_nothing_that_was_typed_runs_on_any_page_that_shows_it(site: Site, idea: str) -> None:
    page = logged_in(site, idea)
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>stolen('script')</script>")
    assert page.locator("a[href^='javascript:' i]").count() == 0
    assert "49" not in page.locator(".prose").inner_text()
    for path in ("/", "/ideas", "/account", "/organisations", f"{idea.removeprefix(site.address)}/versions/new"):
        page.goto(f"{site.address}{path}")
        settled(page)
    steps.begin_together(page)
    page.goto(idea)
    press(page, "Show it to somebody")
    settled(page)
    guest = visitor(site)
    guest.goto(site.link(MARKO, "/invitations/"))
    expect(guest.get_by_text("onerror=stolen('image')")).to_be_visible()
    settled(guest)


def test_the_title_in_a_hostile_bundle_is_text_for_whoever_verifies_it(site: Site, idea: str) -> None:
    page = logged_in(site, idea)
    bundle = steps.downloaded(page, "Proof bundle").path().read_bytes()
    judge = visitor(site)
    judge.goto(f"{site.address}/verify")
    judge.get_by_label("Proof bundle").set_input_files([{"name": f"{IMAGE}.asice", "mimeType": "", "buffer": bundle}])
    press(judge, "Check in this browser")
    expect(judge.locator("#report")).to_contain_text("Intact")
    settled(judge)
    press(judge, "Send it and check it there")
    expect(judge.get_by_text("<script>stolen('script')</script>").first).to_be_visible()
    settled(judge)


def test_an_uploaded_page_or_drawing_comes_back_as_a_file_and_never_as_a_page(site: Site, idea: str) -> None:
    page = logged_in(site, idea)
    links = [link.get_attribute("href") for link in page.get_by_role("link", name="Download").all()]
    assert len(links) == len(UPLOADS)
    for link, upload in zip(links, UPLOADS, strict=True):
        answer = page.request.get(f"{site.address}{link}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.body() == upload["buffer"]
        opened = page.context.new_page()
        with opened.expect_download() as kept:
            opened.evaluate("address => { location.href = address; }", f"{site.address}{link}")
        assert kept.value.path().read_bytes() == upload["buffer"]
        assert opened.url == "about:blank"
        opened.close()


def test_a_drawing_of_somebody_else_does_not_run_as_an_image_either(site: Site, idea: str) -> None:
    page = logged_in(site, idea)
    link = page.get_by_role("link", name="Download").nth(1).get_attribute("href")
    shown = """address => new Promise(done => { const image = new Image();
      image.onload = image.onerror = event => done(event.type); document.body.append(image); image.src = address; })"""
    assert page.evaluate(shown, link) in {"load", "error"}
