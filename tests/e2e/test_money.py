"""Money and the guide before a real browser: recorded, paid out and disputed as people do it, good on a phone, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.looking import looked_at, small_targets
from tests.e2e.site import PHONE, Site
from tests.e2e.steps import headed, press
from tests.services.till import agreed
from tests.support.house import PASSWORD

pytestmark = pytest.mark.needs("Chromium")


def enter(site: Site, name: str, viewport: dict[str, int] | None = None) -> Page:
    page = site.visitor(viewport) if viewport else site.visitor()
    page.goto(f"{site.address}/login")
    page.locator("#email").fill(f"{name}@example.org")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(f"{site.address}/")
    return page


def test_a_sale_is_recorded_paid_out_and_disputed_and_the_guide_is_asked(site: Site) -> None:
    the = agreed(site.ctx)
    marco, anna = enter(site, "marco"), enter(site, "anna", PHONE)
    marco.goto(f"{site.address}/collaborations/{the.id}/money")
    looked_at(marco)
    press(marco, "Record income")
    marco.get_by_label("Amount").fill("1000,01")
    marco.get_by_label("What for?").fill("Ten chairs")
    looked_at(marco)
    press(marco, "Record")
    headed(marco, "Money")
    press(marco, "See what each would get")
    expect(marco.get_by_text("66 2/3 % of the 1000.01 EUR")).to_be_visible()
    looked_at(marco)
    press(marco, "Propose this to everybody")
    headed(marco, "Payout no. 1")
    anna.goto(f"{site.address}/")
    anna.get_by_role("link", name="Accept or decline a payout").first.click()
    looked_at(anna)
    press(anna, "Accept this payout")
    expect(anna.get_by_text("Paid out").first).to_be_visible()
    anna.goto(f"{site.address}/collaborations/{the.id}/money")
    looked_at(anna)
    assert small_targets(anna) == []
    anna.get_by_role("link", name="Look").first.click()
    headed(anna, "Statement of account")
    looked_at(anna)
    anna.goto(f"{site.address}/collaborations/{the.id}/money/dispute")
    looked_at(anna)
    anna.get_by_label("Studio Blu").fill("3/4")
    anna.get_by_label("Rovere s.r.l.").fill("1/4")
    anna.get_by_label("Why?").fill("The drawings were mine")
    press(anna, "Raise the dispute")
    expect(anna.get_by_role("heading", name="Studio Blu disputes the split")).to_be_visible()
    looked_at(anna)
    marco.goto(f"{site.address}/collaborations/{the.id}/money")
    looked_at(marco)
    marco.get_by_role("link", name="Record it Studio Blu").click()
    marco.get_by_label("What for?").fill("Bank, 3 March")
    press(marco, "Record")
    expect(marco.get_by_text("Rovere s.r.l. to Studio Blu")).to_be_visible()
    press(anna, "Withdraw this claim")
    expect(anna.get_by_role("heading", name="Studio Blu disputes the split")).to_have_count(0)
    anna.goto(f"{site.address}/collaborations/{the.id}/guide")
    anna.get_by_role("group", name="Does one side pay").get_by_label("No", exact=True).check()
    press(anna, "Keep the answers and go on")
    expect(anna.get_by_text("Will one of you bring the result to the market for all?")).to_be_visible()
    looked_at(anna)
    assert small_targets(anna) == []
