"""Without scripts, in Italian, with a finger: every page works without JavaScript, speaks the reader's language, and has large targets."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.looking import looked_at, small_targets
from tests.e2e.site import PHONE, Site
from tests.e2e.steps import MARKO, SARA, headed, press, said
from tests.support.house import PASSWORD

pytestmark = pytest.mark.needs("Chromium")
PATHS = ("/", "/ideas", "/ideas/new", "/ideas/new/hash-only", "/collaborations/new", "/agreements/new", "/account", "/verify", "/about")


def test_an_idea_is_registered_and_a_paper_signed_without_scripts(site: Site) -> None:
    sara = site.visitor(PHONE, java_script_enabled=False)
    sara.goto(site.address)
    press(sara, "Register an idea")
    steps.sign_up(sara, "Sara Conti", SARA, steps.FIRM)
    said(sara, "Welcome. This installation sends no mail: its operator keeps the link that confirms your address.")
    steps.register(sara)
    expect(sara.get_by_text("Chair with two backs, version 1, stands in the public log.")).to_be_visible()
    assert steps.downloaded(sara, "Download the proof bundle").path().stat().st_size > 0
    steps.terms_sent(site)
    marko = site.visitor(PHONE, java_script_enabled=False)
    steps.sign_by_mail(marko, site, MARKO)
    steps.sign_by_mail(sara, site, SARA)
    site.work()
    sara.reload()
    assert steps.downloaded(sara, "Executed PDF").path().read_bytes().startswith(b"%PDF-")


def italian(site: Site) -> Page:
    page = site.visitor(PHONE, locale="it-IT")
    page.goto(site.address)
    headed(page, "Mostra le idee senza paura")
    return page


def test_an_italian_reads_italian_and_every_target_is_large_enough_for_a_finger(site: Site) -> None:
    page = italian(site)
    looked_at(page)
    page.goto(f"{site.address}/login")
    page.get_by_label("Indirizzo").fill(SARA)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url(f"{site.address}/")
    page.get_by_role("button", name="Italiano").click()
    for path in PATHS:
        page.goto(f"{site.address}{path}")
        assert page.locator("html").get_attribute("lang") == "it"
        assert small_targets(page) == [], page.url
        looked_at(page)
