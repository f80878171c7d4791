"""The steps of the journey as people take them: what they read on the page is what they press.

Each begins where its docstring says. What a step promises is asserted by whoever takes it.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Download, Page, expect

from ipr_service.services import accounts, drafting, sessions, signing
from ipr_service.services.drafting import CreateAgreement, NamedSignatory
from tests.e2e.site import Site
from tests.support.house import PASSWORD

SARA, MARKO = "sara@example.org", "marko@example.org"
FIRM = "Officina Conti S.r.l."
IDEA, ABOUT = "Chair with two backs", "A high back behind for reading, a low back on the left for whoever turns to a neighbour."
DRAWING, PHOTO = (Path(__file__).parents[2] / "demo/idea" / name for name in ("chair.svg", "photo.jpg"))
TOGETHER = "A chair for libraries"
SEAT_OF_FIRM = {"form": "società a responsabilità limitata", "reg_no": "UD-999001", "capacity": "managing director"}
SEATS = {FIRM: "Via dei Falegnami 12, 33100 Udine", "Marko Kos": "Trubarjeva 5, 1000 Ljubljana"}


def press(page: Page, name: str) -> None:
    """Press the first button, or link that looks like one, of this name."""
    page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def said(page: Page, sentence: str) -> None:
    """The page answers with a sentence."""
    expect(page.get_by_role("status").get_by_text(sentence)).to_be_visible()


def headed(page: Page, title: str) -> None:
    """The page has this title."""
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def sign_up(page: Page, name: str, email: str, organisation: str = "") -> None:
    """Fill in the form for new people, wherever it stands."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    if organisation:
        page.get_by_text("I act for a company or another organisation").click()
        page.get_by_label("Organisation", exact=False).first.fill(organisation)
        page.get_by_label("Country").select_option(label="Italy")
    page.locator("main form").get_by_role("button").last.click()


def register(page: Page, title: str = IDEA, text: str = ABOUT, files: tuple[Path, ...] = ()) -> None:
    """Fill in and send the form of a registration."""
    page.get_by_label("Title", exact=True).fill(title)
    if files:
        page.get_by_label("Files").set_input_files(files)
    page.get_by_label("Text", exact=False).first.fill(text)
    press(page, "Register")
    headed(page, "Receipt")


def downloaded(page: Page, name: str) -> Download:
    """What a button or link gives to keep."""
    with page.expect_download() as download:
        page.locator("main").get_by_text(name, exact=True).first.click()
    return download.value


def confirm_address(page: Page, site: Site, email: str) -> None:
    """Open the link of the welcome mail, and say yes."""
    page.goto(site.link(email, "/confirm/"))
    press(page, "Yes, this is my address")
    said(page, "Your address is confirmed.")


def offer(page: Page) -> None:
    """On the page of an idea: show title, text and drawing to Marko, and keep the photo."""
    press(page, "Show it to somebody")
    page.get_by_label("Name of the person").fill("Marko Kos")
    page.get_by_label("Mail address").fill(MARKO)
    page.get_by_label(PHOTO.name).uncheck()
    page.get_by_label("Courts").fill("Udine")
    page.get_by_text("Your side").click()
    for name, value in {**SEAT_OF_FIRM, "seat": SEATS[FIRM]}.items():
        page.locator(f"#discloser_{name}").fill(value)
    page.get_by_text("Their side").click()
    page.locator("#recipient_seat").fill(SEATS["Marko Kos"])
    page.locator("#recipient_country").select_option(label="Slovenia")
    press(page, "Send the invitation")


def sign(page: Page, site: Site, email: str) -> None:
    """On a signing page: read the document, ask for the code, sign with it."""
    with page.expect_popup() as paper:
        press(page, "Open the document (PDF)")
    paper.value.wait_for_load_state()
    paper.value.close()
    page.reload()  # without scripts the page learns only so that the document was opened
    press(page, "Send me the code")
    said(page, "The code is on its way to your mailbox.")
    page.get_by_label("The code from your mail").fill(site.code(email))
    press(page, "I agree and sign")
    said(page, "You have signed. Your signature is in the log.")


def sign_by_mail(page: Page, site: Site, email: str) -> None:
    """Open the newest mailed link to a document, and sign."""
    page.goto(site.link(email, "/signing/"))
    sign(page, site, email)


def begin_together(page: Page) -> None:
    """Begin a collaboration, and invite Marko to it."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Collaborations").click()
    press(page, "Begin a collaboration")
    page.get_by_label("What do you make together?").fill(TOGETHER)
    page.get_by_label("What is it for?").fill("a chair for reading rooms, from the drawing to the first hundred.")
    press(page, "Begin")
    press(page, "Invite a party")
    page.get_by_label("Name", exact=True).fill("Marko Kos, designer")
    page.get_by_label("Mail address of the person who decides").fill(MARKO)
    press(page, "Send the invitation")


def contribute(page: Page, what: str, role: str, points: str) -> None:
    """On the page of a collaboration: record what one did."""
    press(page, "Record a contribution")
    page.get_by_label("What did you do?").fill(what)
    page.get_by_label("Kind of work").select_option(label=role)
    page.get_by_label("Points").fill(points)
    press(page, "Record it")


def propose(page: Page) -> None:
    """On the page of a collaboration: look what the points give, and propose it."""
    press(page, "Choose a rule")
    page.locator("input[name=policy][value='points@1']").check()  # other rules of agreed points stand beside it
    press(page, "Show me first")
    press(page, "Propose this to everybody")


def answer(page: Page, answers: dict[str, str]) -> None:
    """On an interview: fill what is asked, by the name of each field, and save."""
    for name, value in answers.items():
        field = page.locator(f"[name='{name}']")
        closed = field.locator("xpath=ancestor::details[not(@open)]")
        while closed.count():
            closed.first.locator("xpath=./summary").click()
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    press(page, "Save the answers")
    said(page, "Your answers are kept.")


def finalise_and_send(page: Page) -> None:
    """On an agreement whose questions are answered."""
    press(page, "Go on to the final text")
    press(page, "Make it final")
    expect(page.get_by_role("heading", name="The text is final")).to_be_visible()
    press(page, "Send it to be signed")
    said(page, "The links are on their way, each to its signatory alone.")


def terms_sent(site: Site, send: bool = True) -> str:
    """Contribution terms drafted by Sara and sent to Marko, made by the services: for walks that are about signing. Gives their id."""
    actor = sessions.actor_of_session(site.ctx, accounts.log_in(site.ctx, SARA, PASSWORD, source="test").token)
    theirs = {"name": "Marko Kos", "natural_person": True, "seat": SEATS["Marko Kos"], "country": "SI", "notice_email": MARKO}
    own = {"name": FIRM, "natural_person": False, **SEAT_OF_FIRM, "seat": SEATS[FIRM], "country": "IT", "rep": "Sara Conti"}
    parties = [{"role": "organiser", "notice_email": SARA, **own}, {"role": "participant", **theirs}]
    answers = {"event": "Prototype days, Udine, 5 October 2026", "challenge": "a chair for reading rooms.", "law": "IT", "parties": parties}
    named = (NamedSignatory("participant", "Marko Kos", MARKO),)
    order = CreateAgreement("contribution-terms", "en", "Terms for Marko", answers=answers, signatories=named)
    made = drafting.create(site.ctx, actor, order)
    if not send:
        return made
    drafting.finalise(site.ctx, actor, made)
    signing.send(site.ctx, actor, made, "parallel")
    return made
