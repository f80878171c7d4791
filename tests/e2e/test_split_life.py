"""The life of a split before a real browser: a late joiner, then a leaver; good on a phone, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.looking import looked_at, small_targets
from tests.e2e.site import PHONE, Site
from tests.e2e.steps import headed, press
from tests.e2e.test_money import enter
from tests.services.test_succeeding import workshop

pytestmark = pytest.mark.needs("Chromium")


def accept(site: Site, name: str, address: str) -> Page:
    page = enter(site, name, PHONE)
    page.goto(address)
    looked_at(page)
    press(page, "Accept this split")
    return page


def test_somebody_joins_late_somebody_leaves_and_a_rule_is_told_the_order_of_names(site: Site) -> None:
    the = workshop(site.ctx)
    anna = enter(site, "anna")
    anna.goto(f"{site.address}/collaborations/{the.id}")
    looked_at(anna)
    press(anna, "Somebody joins, leaves or hands on")
    headed(anna, "What happened?")
    anna.get_by_label("Who joins").select_option(label="Brand Office")
    anna.get_by_label("How much of the whole it gets").fill("1/10")
    press(anna, "Show me first")
    expect(anna.get_by_text("60 % = 3/5: 66 2/3 % before, less what it makes room for").first).to_be_visible()
    looked_at(anna)
    press(anna, "Propose this")
    headed(anna, "Split no. 2")
    press(anna, "Accept this split")
    joining = anna.url
    accept(site, "marco", joining)
    clara = accept(site, "clara", joining)
    expect(clara.get_by_text("Accepted by all").first).to_be_visible()

    clara.get_by_role("link", name="Make the next split out of this one").click()
    press(clara, "Somebody leaves")
    clara.get_by_label("Who leaves").select_option(label="Rovere s.r.l.")
    clara.get_by_label("Which part of its share it keeps").fill("1/2")
    press(clara, "Show me first")
    expect(clara.get_by_text("it leaves, and keeps 50 % of the 30 % that it had").first).to_be_visible()
    looked_at(clara)
    assert small_targets(clara) == []
    press(clara, "Propose this")
    headed(clara, "Split no. 3")
    leaving = clara.url
    press(clara, "Accept this split")
    for name in ("anna", "marco"):
        accept(site, name, leaving)
    anna.goto(joining)
    expect(anna.get_by_text("A later split has taken the place of this one.")).to_be_visible()
    looked_at(anna)

    phone = enter(site, "anna", PHONE)
    phone.goto(f"{site.address}/collaborations/{the.id}/propose?policy=harmonic@1")
    for name, place in (("Studio Blu", "1"), ("Rovere s.r.l.", "2"), ("Brand Office", "3")):
        phone.get_by_label(f"{name}: Place in the order of names").fill(place)
    press(phone, "Show me first")
    expect(phone.get_by_text("54 6/11 %").first).to_be_visible()  # 6/11
    looked_at(phone)
    assert small_targets(phone) == []
