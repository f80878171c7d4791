"""The pages of the law before a real browser: read without a log-in, asked as a person asks, good on a phone, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import looked_at, small_targets
from tests.e2e.site import PHONE, Site
from tests.e2e.steps import headed, press

pytestmark = pytest.mark.needs("Chromium")


def test_a_lawyer_reads_rows_and_a_designer_sees_what_happens_if_nobody_signs(site: Site) -> None:
    page = site.visitor(PHONE)
    page.goto(f"{site.address}/law")
    headed(page, "The law")
    looked_at(page)
    page.get_by_label("Jurisdiction", exact=True).select_option(label="Italy")
    page.get_by_label("Right", exact=True).select_option(label="Patent")
    press(page, "Show")
    expect(page.get_by_text("NO: absent agreement a single co-owner may not exploit uti singulus")).to_be_visible()
    looked_at(page)
    press(page, "If you sign nothing")
    page.get_by_label("Whose law?").select_option(label="European Union")
    for at, (name, seat) in enumerate((("Anna", "Italy"), ("Bruno", "France"))):
        page.locator(f"#name-{at}").fill(name)
        page.locator(f"#seat-{at}").select_option(label=seat)
    press(page, "Show what the law makes of it")
    expect(page.get_by_text("with France first, the law of France would govern")).to_be_visible()
    expect(page.get_by_text("Co-owners live by the law of Italy")).to_be_visible()
    looked_at(page)
    assert small_targets(page) == []


def test_the_decided_case_is_one_click_away_and_its_reasons_open(site: Site) -> None:
    page = site.visitor()
    page.goto(f"{site.address}/law/check")
    press(page, "Look at a decided case")
    row = page.get_by_role("row", name="FEIA")
    expect(row.first).to_contain_text("Gets nothing")
    row.first.locator("summary").click()
    expect(row.first.get_by_text("Commissioner acquires nothing by the commission")).to_be_visible()
    looked_at(page)
    assert small_targets(page) == []
