"""The steps of the demo, in order: each a sentence and a function that calls services and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ipr_service.cli.demo_walk import CAST, ELENA, NIKOS, SARA, Journey, Part
from ipr_service.services import (
    confirmation,
    contributing,
    disclosure,
    drafting,
    drafts,
    joining,
    proposing,
    registration,
    signing,
    viewing,
)
from ipr_service.services.intake import open_intake
from ipr_service.services.prefilling import NamedSignatory
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.services.shares import Propose

TITLE = "Chair with two backs"
ABOUT = (
    "A chair that is used from two sides: a high back behind, for reading or working at a table; a low back on the left, for whoever "
    "turns to a neighbour. Nothing moves. Oak, walnut slats fitted dry, seat of paper cord."
)
FILES = ("chair.svg", "photo.jpg", "story.txt", "hours.xlsx")


@dataclass(frozen=True)
class Step:
    """One step: what is shown while it runs, and what it does."""

    title: str
    run: Callable[[Journey], None]


def sign_up(journey: Journey) -> None:
    for part in CAST:
        journey.enter(part)
        who = f"{part.name} of {part.firm.name}" if part.firm else part.name
        journey.say(f"{who} signed up and confirmed the address by the link in the mail.")


def register(journey: Journey) -> None:
    ctx, sara = journey.ctx, journey.actor(SARA)
    intake = open_intake(ctx, sara)
    for name in FILES:
        with (journey.originals / name).open("rb") as stream:
            intake.take(name, None, stream)
    named = (NamedContributor(SARA.email, "designer and maker", "3/4"), NamedContributor(ELENA.email, "weaver of the seat", "1/4"))
    made = registration.register_idea(ctx, sara, RegisterIdea(TITLE, ABOUT, "en", "idea", named), intake)
    journey.made["idea"] = made.idea_id
    journey.say(
        f"Sara registered the idea with {len(FILES)} files: entry {made.receipt.index} of the log. The log holds 32 bytes and no title."
    )


def confirm(journey: Journey) -> None:
    receipt = confirmation.answer(journey.ctx, journey.actor(ELENA), journey.secret(ELENA, "/invitations/"), confirm=True)
    journey.say(f"Elena opened the link in her mail and confirmed her part of 1/4: entry {receipt.index}.")


def offer(journey: Journey) -> None:
    """Show the drawing, the photo and the text; the hours stay at home."""
    ctx = journey.ctx
    chosen = tuple(disclosure.Chosen(1, position) for position in (0, 1, 2, 3))
    terms = {
        "law": "IT",
        "courts": "Udine",
        "discloser": {"form": SARA.company.form, "capacity": SARA.company.capacity},
        "recipient": {
            "form": NIKOS.company.form,
            "reg_no": NIKOS.company.number,
            "seat": NIKOS.company.address.replace("\n", ", "),
            "country": NIKOS.company.country,
            "capacity": NIKOS.company.capacity,
        },
    }
    order = disclosure.OfferDisclosure(
        idea_id=journey.made["idea"],
        email=NIKOS.email,
        name=NIKOS.name,
        organisation=NIKOS.company.name,
        items=chosen,
        purpose="to decide whether to develop the chair together.",
        ends_at=ctx.now() + timedelta(days=90),
        terms=terms,
    )
    made = disclosure.offer(ctx, journey.actor(SARA), order)
    journey.made |= {"disclosure": made.disclosure_id, "nda": made.agreement_id}
    journey.say("Sara offered to show Nikos the description and three of the four files, behind an NDA, for 90 days.")


def look(journey: Journey) -> None:
    ctx, nikos, shown = journey.ctx, journey.actor(NIKOS), journey.made["disclosure"]
    subject = viewing.look(ctx, nikos, shown, 1)
    journey.say("Nikos read the description. That he looked is an entry of the log.")
    for line in subject.files:
        with viewing.file(ctx, nikos, shown, 1, line.position).reader as content:
            size = len(content.read())
        journey.say(f"Nikos opened {line.name} ({size} bytes), logged as well.")


def collaborate(journey: Journey) -> None:
    ctx, sara, nikos = journey.ctx, journey.actor(SARA), journey.actor(NIKOS)
    purpose = "a chair with two backs for homes and cafés, from the registered drawings to the first series of one hundred."
    here = joining.begin(ctx, sara, joining.Begin("The chair with two backs", purpose))
    joining.invite(ctx, sara, here, joining.Invite(NIKOS.name, NIKOS.email))
    joining.join(ctx, nikos, journey.secret(NIKOS, "/invitations/"))
    journey.made["collaboration"] = here
    journey.say("Sara began a collaboration; Nikos joined by the link in his mail.")
    add = contributing.AddBackground
    contributing.add_background(ctx, sara, here, add("The idea as registered", journey.made["idea"]))
    contributing.add_background(ctx, nikos, here, add("Method of bending slats over a warm form, known to Vlachos Design before"))
    journey.say("Both listed what they had before and keep: Sara her registered idea, Nikos his way of bending slats.")
    did = contributing.AddContribution
    contributing.add_contribution(ctx, sara, here, did("Form, drawings and first chair", "concept", "lead", points="45", hours="59.5"))
    contributing.add_contribution(ctx, sara, here, did("Seat of paper cord", "form", points="5"))
    bent = did(
        "Radii of the low back, load test",
        "engineering",
        points="30",
        hours="38",
        register=True,
        details="Three radii compared: 280 mm holds.",
    )
    contributing.add_contribution(ctx, nikos, here, bent)
    journey.say(
        "Both recorded what they did and agreed on points: 50 for Sara, 30 for Nikos. Nikos registered his part as it was recorded."
    )


def split(journey: Journey) -> None:
    ctx, here = journey.ctx, journey.made["collaboration"]
    made = proposing.propose(ctx, journey.actor(SARA), here, Propose("points@1"))
    for part in (SARA, NIKOS):
        proposing.accept(ctx, journey.actor(part), here, made)
    journey.made["split"] = made
    journey.say("Sara proposed the split by the rule points@1: 5/8 and 3/8. Both accepted; it is frozen and logged.")


def sign_nda(journey: Journey) -> None:
    """Nikos comes by his link first; then both sign by the links in their mails, without logging in."""
    ctx = journey.ctx
    invitation = journey.secret(NIKOS, "/invitations/")
    disclosure.accept(ctx, journey.actor(NIKOS), invitation)
    for part in (NIKOS, SARA):
        sign(journey, part, "the NDA")
    journey.seal("The NDA")
    journey.say("Only now can Nikos see anything.")


def sign(journey: Journey, part: Part, what: str) -> None:
    """Open the mailed link, read the document, ask for a code, sign with it."""
    signer = signing.ByLink(journey.secret(part, "/signing/"))
    signing.document_pdf(journey.ctx, signer)
    signing.request_code(journey.ctx, signer)
    page = signing.look(journey.ctx, signer)
    signed = signing.sign(journey.ctx, signer, journey.code(part), page.document_sha256, page.consent_id)
    journey.say(f"{part.name} read and signed {what} with the code from the mail: entry {signed.receipt.index}.")


def contribution_terms(journey: Journey) -> None:
    """Elena, who weaves the seat, signs on her phone what happens to what she brings."""
    ctx, sara = journey.ctx, journey.actor(SARA)
    order = drafts.CreateAgreement(
        kind="contribution-terms",
        language="en",
        title="Terms for Elena, seat of the chair",
        idea_id=journey.made["idea"],
        answers={
            "event": "Prototype days at Officina Conti, Udine, 5 and 6 October 2026",
            "challenge": "a seat of paper cord that can be woven without nails.",
            "credit_name": ELENA.name,
            "law": "IT",
            "parties": [_firm_party("organiser", SARA), _own_party("participant", ELENA)],
        },
        signatories=(NamedSignatory("participant", ELENA.name, ELENA.email),),
    )
    made = drafting.create(ctx, sara, order)
    drafting.finalise(ctx, sara, made)
    signing.send(ctx, sara, made, "parallel")
    journey.made["contribution-terms"] = made
    for part in (ELENA, SARA):
        sign(journey, part, "the contribution terms")
    journey.seal("The contribution terms")


def _firm_party(role: str, part: Part) -> dict[str, object]:
    """A company, as the interview asks for it."""
    firm = part.company
    return {
        "role": role,
        "name": firm.name,
        "natural_person": False,
        "form": firm.form,
        "reg_no": firm.number,
        "seat": firm.address.replace("\n", ", "),
        "country": firm.country,
        "rep": part.name,
        "capacity": firm.capacity,
        "notice_email": part.email,
    }


def _own_party(role: str, part: Part) -> dict[str, object]:
    """A person in her own name."""
    known = {"role": role, "name": part.name, "natural_person": True, "seat": part.address, "country": part.country}
    return known | {"notice_email": part.email}


def co_development(journey: Journey) -> None:
    """Drafted from the record: parties, background, contributions and the accepted split are filled in; the rest is answered."""
    ctx, sara = journey.ctx, journey.actor(SARA)
    plan = (
        ("Drawings for the low back", NIKOS.company.name, "drawings, scale 1 to 1", 60),
        ("Ten chairs for the load test", SARA.company.name, "ten chairs that pass EN 12520", 150),
        ("First series", SARA.company.name, "one hundred chairs", 300),
    )
    today = ctx.now().date()
    answers = {
        "workplan": [
            {"task": task, "party": party, "outcome": outcome, "due": (today + timedelta(days=days)).isoformat()}
            for task, party, outcome, days in plan
        ],
        "lead": SARA.company.name,
        "credit_line": "Sara Conti and Nikos Vlachos",
        "law": "IT",
        "courts": "Udine",
        "sig_level": "simple electronic signature",
        "parties": [_firm_party("partner", SARA), _firm_party("partner", NIKOS)],
    }
    order = drafts.CreateAgreement(
        kind="co-development",
        language="en",
        title="Co-development of the chair",
        collaboration_id=journey.made["collaboration"],
        split_id=journey.made["split"],
        answers=answers,
    )
    made = drafting.create(ctx, sara, order)
    drafting.finalise(ctx, sara, made)
    journey.made["co-development"] = made
    journey.say("The co-development agreement was drafted from the record, with the shares 5/8 and 3/8 and their reasons, and made final.")


def sign_co_development(journey: Journey) -> None:
    signing.send(journey.ctx, journey.actor(SARA), journey.made["co-development"], "ordered")
    for part in (SARA, NIKOS):
        sign(journey, part, "the co-development agreement")
    journey.seal("The co-development agreement")


STEPS: tuple[Step, ...] = (
    Step("Sara, Nikos and Elena sign up", sign_up),
    Step("Sara registers the chair: drawing, photo, text, hours", register),
    Step("Elena confirms her part", confirm),
    Step("Sara offers to show it to Nikos behind an NDA", offer),
    Step("Both sign the NDA with mailed codes", sign_nda),
    Step("Nikos looks; each view is logged", look),
    Step("Elena signs the contribution terms on her phone", contribution_terms),
    Step("They work together: background, contributions", collaborate),
    Step("The split is proposed and accepted: 5/8 and 3/8", split),
    Step("The co-development agreement is drafted", co_development),
    Step("Both sign it; it is sealed", sign_co_development),
)


def walk(journey: Journey, begin: Callable[[int, Step], None], end: Callable[[Step], None]) -> None:
    """All steps in their order; ``begin`` and ``end`` show the progress."""
    for number, step in enumerate(STEPS, 1):
        begin(number, step)
        step.run(journey)
        end(step)
