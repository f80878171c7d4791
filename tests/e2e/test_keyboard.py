"""The journey by keyboard alone: no call here moves or presses a mouse. Wherever the focus is, it is seen and nothing covers it.

Source: WCAG 2.2, 2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.looking import focus
from tests.e2e.site import DESK, PHONE, Site
from tests.e2e.steps import MARKO, SARA, headed, said
from tests.support.house import PASSWORD

pytestmark = pytest.mark.needs("Chromium")
MOST = 120

# What has the focus, as a screen reader would name it.
_NAME = """() => { const node = document.activeElement, label = node.labels && node.labels[0];
  return (node.getAttribute("aria-label") || (label ? label.textContent : node.textContent) || "").replace(/\\s+/g, " ").trim(); }"""


def to(page: Page, name: str, backwards: bool = False) -> None:
    """Press Tab until what is called ``name`` has the focus; on the way the focus is always seen."""
    passed = []
    for _ in range(MOST):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        here = focus(page)
        assert here["seen"] or here["where"] == "nowhere", f"{page.url}: {here}"
        called = str(page.evaluate(_NAME))
        passed.append(called)
        if (
            called == name
            or called.startswith(f"{name} (")
            or (called.startswith(name) and here["where"].startswith(("INPUT", "TEXTAREA")))
        ):
            return
    raise AssertionError(f"{page.url}: {name!r} was not reached: {list(dict.fromkeys(passed))}")


def enter(page: Page, name: str) -> None:
    """Go to a button or link, press Enter, and wait for where it leads."""
    to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, name: str, text: str) -> None:
    """Go to a field, and type."""
    to(page, name)
    page.keyboard.type(text)


def sign_up(page: Page, name: str, email: str | None, send: str) -> None:
    write(page, "Your name", name)
    if email:
        write(page, "Mail address", email)
    write(page, "Password", PASSWORD)
    enter(page, send)


def test_an_idea_is_registered_confirmed_and_shared_out_without_a_mouse(site: Site) -> None:
    sara, marko = site.visitor(DESK), site.visitor(DESK)
    sara.goto(site.address)
    enter(sara, "Register an idea")
    sign_up(sara, "Sara Conti", SARA, "Make my account")
    headed(sara, "Register an idea")
    _register(sara)
    _confirm(site, marko)
    _split(site, sara, marko)
    _sign(site, sara, marko)
    _interview(site)


def _register(sara: Page) -> None:
    enter(sara, "Go to the content")
    write(sara, "Title", steps.IDEA)
    write(sara, "Text", steps.ABOUT)
    to(sara, "Title", backwards=True)
    to(sara, "Who made it? Contributors and shares")
    sara.keyboard.press("Space")
    write(sara, "Mail address of contributor 2", MARKO)
    write(sara, "Role of contributor 2", "designer")
    enter(sara, "Register")
    headed(sara, "Receipt")


def _confirm(site: Site, marko: Page) -> None:
    marko.goto(site.link(MARKO, "/invitations/"))
    sign_up(marko, "Marko Kos", None, "Make my account")
    enter(marko, "Accept")
    headed(marko, "Your part in it")
    enter(marko, "Yes, I confirm")
    said(marko, "You confirmed your part. Your answer is in the log.")


def _split(site: Site, sara: Page, marko: Page) -> None:
    enter(sara, "Collaborations")
    enter(sara, "Begin a collaboration")
    write(sara, "What do you make together?", steps.TOGETHER)
    enter(sara, "Begin")
    enter(sara, "Invite a party")
    write(sara, "Name", "Marko Kos")
    write(sara, "Mail address of the person who decides", MARKO)
    enter(sara, "Send the invitation")
    marko.goto(site.link(MARKO, "/invitations/"))
    enter(marko, "Accept")
    enter(marko, "Join")
    enter(marko, "Record a contribution")
    write(marko, "What did you do?", "Form of the low back")
    to(marko, "Kind of work")
    marko.keyboard.type("Form and")
    enter(marko, "Record it")
    enter(marko, "Choose a rule")
    to(marko, "Equal shares")
    marko.keyboard.press("Space")
    enter(marko, "Propose this to everybody")
    enter(marko, "Accept this split")
    enter(sara, "Desk")
    enter(sara, "Accept or decline a split")
    enter(sara, "Accept this split")
    expect(sara.get_by_text("Accepted by all").first).to_be_visible()


def _sign(site: Site, sara: Page, marko: Page) -> None:
    """The draft is made beside; what is signed by keyboard is what counts here."""
    agreement = steps.terms_sent(site)
    marko.goto(site.link(MARKO, "/signing/"))
    with marko.expect_popup() as paper:
        to(marko, "Open the document (PDF)")
        marko.keyboard.press("Enter")
    paper.value.close()
    marko.bring_to_front()
    enter(marko, "Send me the code")
    said(marko, "The code is on its way to your mailbox.")
    write(marko, "The code from your mail", site.code(MARKO))
    with marko.expect_navigation():
        marko.keyboard.press("Enter")
    said(marko, "You have signed. Your signature is in the log.")
    sara.goto(f"{site.address}/agreements/{agreement}")
    expect(sara.get_by_text("1 of 2 signatures")).to_be_visible()


def _interview(site: Site) -> None:
    """The bar that stays at the foot of an interview hides no field that has the focus, up or down."""
    agreement = steps.terms_sent(site, send=False)
    page = site.visitor(PHONE)
    page.goto(f"{site.address}/login?next=/agreements/{agreement}/interview")
    write(page, "Mail address", SARA)
    write(page, "Password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    to(page, "Save the answers")
    to(page, "Go to the content", backwards=True)
