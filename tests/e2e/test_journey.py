"""The whole journey, walked by two people who have read nothing: a furniture maker at her desk, a designer on his phone.

Each page they come to is looked at by axe, light and dark, at both widths.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from tests.e2e import steps
from tests.e2e.looking import looked_at
from tests.e2e.site import DESK, PHONE, Site
from tests.e2e.steps import MARKO, SARA, downloaded, headed, press, said

pytestmark = pytest.mark.needs("Chromium")


@dataclass
class Walk:
    """Two people on their way, and the pages they want to come back to."""

    site: Site
    sara: Page
    marko: Page
    idea: str = ""
    shown: str = ""
    together: str = ""
    bundle: bytes = b""

    def link(self, name: str) -> None:
        """Sara follows a link of the navigation."""
        self.sara.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()


def test_two_people_walk_from_a_drawing_to_a_signed_agreement(site: Site) -> None:
    walk = Walk(site, site.visitor(DESK), site.visitor(PHONE, is_mobile=True, has_touch=True))
    _register(walk)
    _show(walk)
    _sign_the_nda(walk)
    _look(walk)
    _work_together(walk)
    _agree_the_split(walk)
    _contribution_terms(walk)
    _co_development(walk)
    _verify(walk)


def _register(walk: Walk) -> None:
    sara = walk.sara
    sara.goto(walk.site.address)
    headed(sara, "Show ideas without fear")
    looked_at(sara)
    press(sara, "Register an idea")
    looked_at(sara)
    steps.sign_up(sara, "Sara Conti", SARA, steps.FIRM)
    said(sara, "Welcome. This installation sends no mail: its operator keeps the link that confirms your address.")
    looked_at(sara)
    steps.register(sara, files=(steps.DRAWING, steps.PHOTO))
    expect(sara.get_by_text("Chair with two backs, version 1, stands in the public log.")).to_be_visible()
    looked_at(sara)
    kept = downloaded(sara, "Download the proof bundle")
    walk.bundle = kept.path().read_bytes()
    trusted = TrustList.from_bytes("".join(f"{key.to_text()}\n" for key in walk.site.ctx.service_keys.log_keys.vkeys).encode())
    with steps.DRAWING.open("rb") as drawing:
        report = verify(io.BytesIO(walk.bundle), trusted, [("my drawing", drawing)])
    assert (report.intact, report.trusted, [one.position for one in report.comparisons]) == (True, True, [1])
    assert report.facts.title == steps.IDEA
    press(sara, "Go to the idea")
    walk.idea = sara.url
    looked_at(sara)
    steps.confirm_address(sara, walk.site, SARA)
    expect(sara.get_by_role("link", name=steps.IDEA)).to_be_visible()
    looked_at(sara)


def _show(walk: Walk) -> None:
    walk.sara.goto(walk.idea)
    press(walk.sara, "Show it to somebody")
    looked_at(walk.sara)
    walk.sara.go_back()
    steps.offer(walk.sara)
    headed(walk.sara, "Shown to Marko Kos")
    walk.shown = walk.sara.url
    looked_at(walk.sara)
    marko = walk.marko
    marko.goto(walk.site.link(MARKO, "/invitations/"))
    expect(marko.get_by_text("Sara Conti of Officina Conti S.r.l. wants to show you something in confidence.")).to_be_visible()
    looked_at(marko)
    steps.sign_up(marko, "Marko Kos", MARKO)
    press(marko, "Accept")
    said(marko, "You are in. First comes the confidentiality agreement.")
    assert steps.IDEA not in marko.content()
    assert steps.DRAWING.name not in marko.content()
    looked_at(marko)


def _sign_the_nda(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    marko.goto(walk.site.link(MARKO, "/signing/"))
    headed(marko, "Non-Disclosure Agreement")
    looked_at(marko)
    steps.sign(marko, walk.site, MARKO)
    looked_at(marko)
    marko.goto(f"{walk.site.address}/disclosures")
    assert steps.IDEA not in marko.content()
    sara.goto(walk.site.address)
    sara.get_by_role("link", name="Sign: Non-Disclosure Agreement").click()
    steps.sign(sara, walk.site, SARA)
    walk.site.work()


def _look(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    marko.locator("main").get_by_role("link", name="Idea ").first.click()
    expect(marko.get_by_text("Each time you open something, it is recorded")).to_be_visible()
    looked_at(marko)
    press(marko, "Open")
    headed(marko, steps.IDEA)
    expect(marko.get_by_text(steps.ABOUT)).to_be_visible()
    expect(marko.get_by_text(steps.DRAWING.name)).to_be_visible()
    expect(marko.get_by_text(steps.PHOTO.name)).to_have_count(0)
    looked_at(marko)
    drawing = downloaded(marko, "Download").path().read_bytes()
    assert hashlib.sha256(drawing).digest() == hashlib.sha256(steps.DRAWING.read_bytes()).digest()
    sara.goto(walk.shown)
    expect(sara.get_by_text("Opened 2 times.")).to_be_visible()
    looked_at(sara)
    sara.get_by_role("link", name="Who, what and when").click()
    looked_at(sara)


def _work_together(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    steps.begin_together(sara)
    said(sara, "The invitation is on its way.")
    walk.together = sara.url
    looked_at(sara)
    marko.goto(walk.site.link(MARKO, "/invitations/"))
    press(marko, "Accept")
    looked_at(marko)
    press(marko, "Join")
    headed(marko, steps.TOGETHER)
    press(marko, "Record a contribution")
    looked_at(marko)
    marko.go_back()
    steps.contribute(marko, "Form of the low back", "Form and look", "3")
    looked_at(marko)
    sara.goto(walk.together)
    steps.contribute(sara, "Frame and joints", "Engineering", "5")


def _agree_the_split(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    press(sara, "Choose a rule")
    looked_at(sara)
    sara.go_back()
    steps.propose(sara)
    for exact in ("5/8", "3/8"):
        expect(sara.locator("td").get_by_text(exact, exact=True).first).to_be_visible()
    looked_at(sara)
    press(sara, "Accept this split")
    marko.goto(walk.site.address)
    marko.get_by_role("link", name="Accept or decline a split").click()
    looked_at(marko)
    press(marko, "Accept this split")
    expect(marko.get_by_text("Accepted by all").first).to_be_visible()
    sara.goto(walk.together)
    expect(sara.get_by_text("37.5 %").first).to_be_visible()
    looked_at(sara)


def _contribution_terms(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    walk.link("Agreements")
    looked_at(sara)
    press(sara, "Draft an agreement")
    looked_at(sara)
    sara.locator("li", has_text="Contribution Terms").get_by_role("button", name="Choose this").click()
    sara.get_by_label("Your name for it").fill("Terms for Marko")
    sara.get_by_label("Who signs?").fill("Marko Kos")
    sara.get_by_label("Mail address").fill(MARKO)
    looked_at(sara)
    press(sara, "Begin the draft")
    looked_at(sara)
    known = {**{f"parties/0/{name}": value for name, value in steps.SEAT_OF_FIRM.items()}, "parties/0/seat": steps.SEATS[steps.FIRM]}
    theirs = {"parties/1/seat": steps.SEATS["Marko Kos"], "parties/1/country": "SI"}
    steps.answer(sara, {**known, **theirs, "event": "Prototype days, Udine, 5 October 2026", "challenge": "a chair for reading rooms."})
    expect(sara.get_by_text("Everything is answered. Read the text, then make it final.")).to_be_visible()
    steps.finalise_and_send(sara)
    looked_at(sara)
    steps.sign_by_mail(marko, walk.site, MARKO)
    steps.sign_by_mail(sara, walk.site, SARA)
    walk.site.work()
    marko.reload()
    assert downloaded(marko, "Executed PDF").path().read_bytes().startswith(b"%PDF-")


def _co_development(walk: Walk) -> None:
    marko, sara = walk.marko, walk.sara
    sara.goto(walk.together)
    press(sara, "Draft the agreement")
    sara.get_by_label("Your name for it").fill("Co-development of the chair")
    press(sara, "Begin the draft")
    expect(sara.locator(".paper").get_by_text("5/8").first).to_be_visible()
    looked_at(sara)
    known = {**{f"parties/0/{name}": value for name, value in steps.SEAT_OF_FIRM.items()}, "parties/0/seat": steps.SEATS[steps.FIRM]}
    theirs = {"parties/1/seat": steps.SEATS["Marko Kos"], "parties/1/country": "SI"}
    plan = {"task": "First series", "party": steps.FIRM, "outcome": "one hundred chairs", "due": "2028-03-01"}
    rest = {"lead": steps.FIRM, "credit_line": "Sara Conti and Marko Kos", "courts": "Udine", "sig_level": "simple electronic signature"}
    steps.answer(sara, {**known, **theirs, **{f"workplan/0/{name}": value for name, value in plan.items()}, **rest})
    looked_at(sara)
    steps.finalise_and_send(sara)
    agreement = sara.url
    steps.sign_by_mail(marko, walk.site, MARKO)
    sara.goto(agreement)
    press(sara, "Read and sign")
    steps.sign(sara, walk.site, SARA)
    walk.site.work()
    sara.goto(agreement)
    expect(sara.get_by_role("heading", name="Everybody has signed")).to_be_visible()
    looked_at(sara)
    assert downloaded(sara, "Executed PDF").path().read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(downloaded(sara, "Evidence file").path()) as evidence:
        assert evidence.testzip() is None
    marko.reload()
    assert downloaded(marko, "Executed PDF").path().read_bytes().startswith(b"%PDF-")
    looked_at(marko)


def _verify(walk: Walk) -> None:
    """Somebody else, without an account."""
    judge = walk.site.visitor(DESK)
    judge.goto(walk.site.address)
    press(judge, "Check a proof")
    looked_at(judge)
    chosen = {"name": "idea.asice", "mimeType": "application/zip", "buffer": walk.bundle}
    judge.get_by_label("Proof bundle").set_input_files(chosen)  # type: ignore[arg-type]
    press(judge, "Check in this browser")
    expect(judge.locator("#report")).to_contain_text("Intact and trusted")
    looked_at(judge)
    press(judge, "Send it and check it there")
    expect(judge.get_by_role("heading", name="Intact: yes")).to_be_visible()
    expect(judge.get_by_role("heading", name="Trusted: yes")).to_be_visible()
    expect(judge.get_by_text("Not proved:").first).to_be_visible()
    looked_at(judge)
