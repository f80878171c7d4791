"""What if, in a real browser: a slider moves the shares while one drags; without scripts the same page is a form."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.services.workshop import chair, record
from tests.support.house import PASSWORD
from tests.web.chromium import chromium, served

pytestmark = pytest.mark.needs("Chromium")


@dataclass
class House:
    address: str
    collaboration: str
    browser: Browser

    def anna(self, *, scripts: bool = True) -> Page:
        """A page on which Anna is logged in and imagines by points."""
        page = self.browser.new_context(java_script_enabled=scripts).new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{self.address}/login")
        page.get_by_label("Mail address").fill("anna@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{self.address}/")
        page.goto(f"{self.address}/collaborations/{self.collaboration}/what-if?policy=points@1")
        return page


@pytest.fixture(scope="module")
def house(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(_sqlite_template, folder / "ipr.db")
    with served(f"sqlite:///{folder / 'ipr.db'}", folder / "data") as (ctx, address), chromium() as browser:
        the = chair(ctx)
        record(ctx, the)  # Anna 30; Marco 20 and 10: one half each
        yield House(address, the.id, browser)


def test_a_slider_moves_the_shares_and_says_why(house: House) -> None:
    page = house.anna()
    result = page.locator("#result")
    expect(result).to_contain_text("No share would change.")
    slider = page.get_by_role("slider", name="Form of the backrest")
    slider.focus()
    slider.press("End")  # 100 points against 30
    expect(result).to_contain_text("10/13")
    expect(result).to_contain_text("points changed from 30 to 100")
    expect(page.get_by_role("textbox", name="Form of the backrest")).to_have_value("100")
    assert "=100" in page.url  # the address can be sent to the others


def test_half_a_number_leaves_the_last_answer_standing(house: House) -> None:
    page = house.anna()
    field = page.get_by_role("textbox", name="Form of the backrest")
    field.fill("9.")
    field.fill("90")
    expect(page.locator("#result")).to_contain_text("3/4")


def test_without_scripts_it_is_a_form(house: House) -> None:
    page = house.anna(scripts=False)
    page.get_by_role("textbox", name="Form of the backrest").fill("90")
    page.get_by_role("button", name="Show what it gives").click()
    expect(page.locator("#result")).to_contain_text("3/4")
    expect(page.locator("#result")).to_contain_text("points changed from 30 to 90")
    assert page.get_by_role("slider").count() == 0
