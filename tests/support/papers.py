"""An agreement from draft to executed, as tests need it: a short walk with real mails and codes."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from ipr_service.errors import ServiceError
from ipr_service.services import drafting, registration, signing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.drafting import CreateAgreement, NamedSignatory
from ipr_service.services.intake import open_intake
from ipr_service.services.signatures import Signed
from ipr_service.services.signing import ByLink, Signer
from tests.support.house import MovingClock, mails, person, secret_in

MARA = NamedSignatory("recipient", "Mara Vidal", "mara@vidal.example")
FIRM = {"form": "società a responsabilità limitata", "reg_no": "UD 123", "seat": "Via Roma 1, Udine", "capacity": "managing director"}
HOME = {"seat": "Carrer de la Fusta 8, Barcelona", "country": "ES"}


@dataclass(frozen=True)
class Nda:
    """An NDA between the actor's firm and Mara, with the address of each signatory."""

    actor: Actor
    id: str
    sender: str = "sara@example.org"
    recipient: str = "mara@vidal.example"


def draft(ctx: Context, actor: Actor | None = None, *others: NamedSignatory) -> Nda:
    """An NDA with open questions, about a registered idea."""
    actor = actor or person(ctx, organisation="Mobili Rossi")
    intake = open_intake(ctx, actor)
    intake.take("chair.svg", None, io.BytesIO(b"<svg/>"))
    idea = registration.register_idea(ctx, actor, registration.RegisterIdea("Folding chair"), intake)
    order = CreateAgreement("nda-one-way", "en", "NDA for the folding chair", idea_id=idea.idea_id, signatories=(*others, MARA))
    return Nda(actor, drafting.create(ctx, actor, order))


def answered(ctx: Context, actor: Actor | None = None, *others: NamedSignatory) -> Nda:
    """The same with everything answered."""
    nda = draft(ctx, actor, *others)
    found = drafting.interview(ctx, nda.actor, nda.id)
    drafting.answer(ctx, nda.actor, nda.id, {"parties": completed(found.answers["parties"]), "courts": "Udine"}, found.revision)
    return nda


def completed(parties: Any) -> list[dict[str, Any]]:
    """The parties with what the data did not know."""
    first, second = parties
    return [{**first, **FIRM}, {**second, **HOME}]


def sent(ctx: Context, clock: MovingClock, mode: str = "parallel") -> Nda:
    """The same, final and sent."""
    nda = answered(ctx)
    drafting.finalise(ctx, nda.actor, nda.id)
    clock.forward(seconds=1)
    signing.send(ctx, nda.actor, nda.id, mode)
    return nda


def link_of(ctx: Context, email: str) -> ByLink:
    """The newest mailed link of an address."""
    (mail, *_) = [mail for mail in mails(ctx, email) if "/signing/" in mail.body]
    return ByLink(secret_in(mail))


def code_of(ctx: Context, clock: MovingClock, signer: Signer, email: str) -> str:
    """Open the document, ask for a code, read it in the mail."""
    signing.document_pdf(ctx, signer)
    clock.forward(seconds=31)
    signing.request_code(ctx, signer)
    (mail, *_) = [mail for mail in mails(ctx, email) if "Your code is" in mail.body]
    return str(re.findall(r"Your code is ([0-9]{6})\.", mail.body)[0])


def sign(ctx: Context, clock: MovingClock, email: str) -> Signed:
    """Sign by the mailed link."""
    signer = link_of(ctx, email)
    code = code_of(ctx, clock, signer, email)
    page = signing.look(ctx, signer)
    return signing.sign(ctx, signer, code, page.document_sha256, page.consent_id)


def count(ctx: Context, model: type) -> int:
    """How many rows a table has."""
    with ctx.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """What each call gave or raised, run together."""
    outcomes: list[object] = []
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        try:
            outcomes.append(call())
        except ServiceError as problem:
            outcomes.append(problem)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
