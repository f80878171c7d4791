"""Agreements: the list, choosing a kind, the interview with its preview, the final text, sending, what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, InputError, NotFoundError, StaleError
from ipr_service.services import agreements, collaboration, drafting, library, papers, signing
from ipr_service.services.access import Actor
from ipr_service.services.agreements import AgreementDetails
from ipr_service.services.context import Context
from ipr_service.services.drafting import CreateAgreement, NamedSignatory
from ipr_service.services.words import countries
from ipr_service.web import desk, journey, questions
from ipr_service.web.forms import Form, once
from ipr_service.web.journey import At
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, done, go, logged_in, mailed, render
from ipr_service.web.sending import attachment

pages = Blueprint("agreements", __name__, url_prefix="/agreements")
STATES = {
    "drafting": (N_("Draft"), "now"),
    "negotiating": (N_("Back in drafting"), "care"),
    "frozen": (N_("Final text, not sent"), "now"),
    "signing": (N_("Being signed"), "waiting"),
    "executed": (N_("Executed"), "done"),
    "superseded": (N_("Replaced by a newer one"), "off"),
    "ended": (N_("Ended"), "off"),
    "withdrawn": (N_("Taken back"), "off"),
}
SIGNATORY_STATES = {
    "waiting": (N_("Waits for her or his turn"), "waiting"),
    "invited": (N_("Has the link"), "now"),
    "viewed": (N_("Has opened the document"), "now"),
    "signed": (N_("Has signed"), "done"),
    "declined": (N_("Has declined"), "care"),
}
KINDS = {
    "nda-one-way": N_("Before you show an idea: the other side keeps it secret and uses it for one purpose only."),
    "contribution-terms": N_("For a participant of a workshop, camp or call: what she brings stays hers; others look at it for a time."),
    "co-development": N_("When you make something together: what each had, who gets which share, who may do what with the result."),
}
NEEDS = {"nda-one-way": "idea", "contribution-terms": "", "co-development": "collaboration"}
SOURCES = {
    "disclosure": N_("from the registered idea"),
    "collaboration": N_("from the collaboration"),
    "organisation": N_("from your organisation’s profile"),
    "participant": N_("from what you said about the participant"),
    "initiative": N_("from the collaboration"),
}
DOCX, PDF, ZIP = papers.DOCX_TYPE, papers.PDF_TYPE, "application/zip"


def words() -> dict[str, Any]:
    """What the templates call things."""
    return {
        "state_word": {state: (_(word), kind) for state, (word, kind) in STATES.items()},
        "signatory_word": {state: (_(word), kind) for state, (word, kind) in SIGNATORY_STATES.items()},
        "source_word": {source: _(word) for source, word in SOURCES.items()},
        "readable": questions.readable,
    }


def steps_of(found: AgreementDetails) -> list[journey.Step]:
    """The journey strip of an agreement."""
    line, here = found.line, url_for("agreements.show", agreement_id=found.line.id)
    word, kind = STATES[line.state]
    drafted = line.state in ("frozen", "signing", "executed")
    signed = _("%(signed)d of %(required)d signed", signed=line.signed, required=line.required) if line.required else _("Not sent yet")
    sign = {"executed": "done", "signing": "now"}.get(line.state, "waiting")
    known = {}
    if found.idea_id is not None:
        known["register"] = At("done", _("In the log"), url_for("ideas.show", idea_id=found.idea_id))
        known["share"] = At("done", _("After this NDA")) if line.state == "executed" else At("waiting", _("When this NDA is executed"))
    if found.collaboration_id is not None:
        there = At("done", _("See the collaboration"), url_for("collaborations.show", collaboration_id=found.collaboration_id))
        known["together"] = known["agree"] = there
    return journey.steps(
        {
            **known,
            "draft": At("done" if drafted else kind, _("Final text") if drafted else _(word), here),
            "sign": At(sign, signed, here),
        }
    )


@desk.section(order=40)
def my_agreements(house: Context, who: Actor) -> desk.Section | None:
    """The newest agreements, and what this person is asked to sign."""
    lines = agreements.agreements(house, who, count=5)
    waiting = agreements.waiting(house, who)
    return desk.Section(
        _("Agreements"),
        items=tuple(_item(line) for line in lines),
        waiting=tuple(
            desk.Item(
                _("Sign: %(kind)s with %(organisation)s", kind=line.kind_title, organisation=line.organisation),
                url_for("agreements.sign", agreement_id=line.id),
                _("Waits for you"),
                "now",
            )
            for line in waiting
        ),
        more=url_for("agreements.index") if lines else "",
        empty=(_("No agreement yet."), url_for("agreements.new"), _("Draft one")),
    )


def _item(line: agreements.AgreementLine) -> desk.Item:
    word, kind = STATES[line.state]
    title = line.title or f"{line.kind_title}, {line.organisation}"
    return desk.Item(title, url_for("agreements.show", agreement_id=line.id), _(word), kind, line.kind_title if line.title else "")


@pages.get("")
@logged_in
def index() -> Response:
    """All agreements that one may see."""
    return render("agreements/index.html", lines=agreements.agreements(ctx(), actor(), count=100), **words())


@pages.route("/new", methods=["GET", "POST"])
@logged_in
@once
def new() -> Response:
    """Choose a kind, say with whom and about what."""
    kinds = [ctx().catalogue.kind(name) for name in ctx().catalogue.names()]
    chosen = next((kind for kind in kinds if kind.id == request.args.get("kind")), None)
    if chosen is None:
        return render("agreements/choose.html", kinds=sorted(kinds, key=lambda kind: list(KINDS).index(kind.id)), plain=_plain(), **words())
    form = Form.read(
        title="", language=chosen.languages[0], idea_id=request.args.get("idea"), collaboration_id=request.args.get("collaboration")
    )
    if form.sent:
        try:
            made = drafting.create(ctx(), actor(), _order(form, chosen.id, chosen.roles[-1].id))
            return done(_("The draft is here, filled in with what is known."), "agreements.interview", agreement_id=made)
        except InputError as problem:
            questions.refuse(form, problem)
    return render(
        "agreements/new.html",
        form.status,
        form=form,
        kind=chosen,
        needs=NEEDS.get(chosen.id, ""),
        plain=_plain(),
        other=chosen.roles[-1].label,
        ideas=[(one.id, one.title or one.label) for one in library.ideas(ctx(), actor(), count=100)],
        collaborations=[(one.id, one.title or one.id) for one in collaboration.collaborations(ctx(), actor(), count=100)],
        languages_of=[(code, code) for code in chosen.languages],
        **words(),
    )


def _plain() -> dict[str, str]:
    return {kind: _(text) for kind, text in KINDS.items()}


def _order(form: Form, kind: str, role: str) -> CreateAgreement:
    named = [form.value(f"signatories/0/{name}") for name in ("name", "email", "organisation_name", "capacity")]
    return CreateAgreement(
        kind,
        form.value("language"),
        form.value("title"),
        idea_id=form.value("idea_id") or None,
        collaboration_id=form.value("collaboration_id") or None,
        signatories=(NamedSignatory(role, *named),) if any(named) or NEEDS.get(kind) != "collaboration" else (),
    )


def _show(agreement_id: str, form: Form | None = None) -> Response:
    found = agreements.agreement(ctx(), actor(), agreement_id)
    form = form or Form(start={"mode": "parallel"})
    still_open = drafting.interview(ctx(), actor(), agreement_id).open if found.line.state in ("drafting", "negotiating") else 0
    roles = {role.id: role.label for role in ctx().catalogue.kind(found.line.kind).roles}
    return render(
        "agreements/show.html",
        form.status,
        found=found,
        form=form,
        open=still_open,
        roles=roles,
        steps=steps_of(found),
        **words(),
    )


@pages.get("/<string(length=26):agreement_id>")
@logged_in
def show(agreement_id: str) -> Response:
    """One agreement: how it stands, and the one thing to do."""
    return _show(agreement_id)


@pages.route("/<string(length=26):agreement_id>/interview", methods=["GET", "POST"])
@logged_in
@once
def interview(agreement_id: str) -> Response:
    """Answer what the data does not; the text stands beside."""
    now = agreements.agreement(ctx(), actor(), agreement_id)
    if now.line.state not in ("drafting", "negotiating"):
        return go("agreements.show", agreement_id=agreement_id)
    found = drafting.interview(ctx(), actor(), agreement_id)
    form = Form.read(**{"revision": str(found.revision), **questions.start_of(found)})
    sent = list(request.form) if form.sent else []
    if form.sent:
        try:
            answers = questions.changed(found, form, sent)
            if answers:
                drafting.answer(ctx(), actor(), agreement_id, answers, _revision(form))
            return done(_("Your answers are kept."), "agreements.interview", agreement_id=agreement_id)
        except StaleError:
            raise
        except InputError as problem:
            questions.refuse(form, problem)
    return render(
        "agreements/interview.html",
        form.status,
        found=found,
        form=form,
        agreement=now,
        text=drafting.preview(ctx(), actor(), agreement_id),
        rows=lambda one: questions.row_count(one.question, one.value, form, sent),
        countries=countries(current()),
        names=[party.name for party in found.parties if party.name],
        **words(),
    )


def _revision(form: Form) -> int:
    text = form.value("revision")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@pages.post("/<string(length=26):agreement_id>/signatories")
@logged_in
@once
def signatories(agreement_id: str) -> Response:
    """Say who signs, in which order."""
    form = Form.read()
    numbers = sorted({int(name.split("/")[1]) for name in request.form if name.startswith("signatories/") and name.split("/")[1].isdigit()})
    fields = ("role", "name", "email", "organisation_name", "capacity")
    rows = [[form.value(f"signatories/{at}/{name}") for name in fields] for at in numbers]
    try:
        named = [NamedSignatory(*row) for row in rows if any(text.strip() for text in row[1:])]
        drafting.name_signatories(ctx(), actor(), agreement_id, named, _revision(form))
        return done(_("Who signs is kept."), "agreements.show", agreement_id=agreement_id)
    except InputError as problem:
        questions.refuse(form, problem)
    return _show(agreement_id, form)


@pages.post("/<string(length=26):agreement_id>/finalise")
@logged_in
@once
def finalise(agreement_id: str) -> Response:
    """Make the final text."""
    try:
        drafting.finalise(ctx(), actor(), agreement_id)
    except InputError as problem:
        found = Form.read()
        questions.refuse(found, problem)
        return _show(agreement_id, found)
    said = _("The text is final and its digest is in the log. Read it once more, then send it.")
    return done(said, "agreements.show", agreement_id=agreement_id)


@pages.post("/<string(length=26):agreement_id>/reopen")
@logged_in
@once
def reopen(agreement_id: str) -> Response:
    """Back to drafting."""
    drafting.reopen(ctx(), actor(), agreement_id)
    return done(_("You can change the text again. It becomes another document."), "agreements.interview", agreement_id=agreement_id)


@pages.post("/<string(length=26):agreement_id>/send")
@logged_in
@once
def send(agreement_id: str) -> Response:
    """Send it to those who sign."""
    form = Form.read()
    with form.catching():
        signing.send(ctx(), actor(), agreement_id, form.value("mode") or "parallel")
        return done(mailed(_("The links are on their way, each to its signatory alone.")), "agreements.show", agreement_id=agreement_id)
    return _show(agreement_id, form)


@pages.post("/<string(length=26):agreement_id>/withdraw")
@logged_in
@once
def withdraw(agreement_id: str) -> Response:
    """Take it back."""
    form = Form.read()
    with form.catching():
        signing.withdraw(ctx(), actor(), agreement_id, form.value("reason"))
        return done(_("The agreement was taken back. Nobody is bound by it."), "agreements.show", agreement_id=agreement_id)
    return _show(agreement_id, form)


@pages.get("/<string(length=26):agreement_id>/document.<string:form>")
@logged_in
def document(agreement_id: str, form: str) -> Response:
    """The text as Word or PDF: a draft says so in its footer."""
    if form not in ("docx", "pdf"):
        raise NotFoundError(N_("There is nothing here that you may see."))
    body = drafting.document(ctx(), actor(), agreement_id, form)
    return attachment(body, DOCX if form == "docx" else PDF, f"agreement.{form}")


@pages.get("/<string(length=26):agreement_id>/executed.pdf")
@logged_in
def executed(agreement_id: str) -> Response:
    """The executed PDF with the seal."""
    return attachment(agreements.download(ctx(), actor(), agreement_id, "sealed"), PDF, "executed.pdf")


@pages.get("/<string(length=26):agreement_id>/agreement-evidence.zip")
@logged_in
def evidence(agreement_id: str) -> Response:
    """The evidence file."""
    return attachment(agreements.download(ctx(), actor(), agreement_id, "evidence"), ZIP, "agreement-evidence.zip")


@pages.get("/<string(length=26):agreement_id>/sign")
@logged_in
def sign(agreement_id: str) -> Response:
    """To the signing page of somebody who is logged in."""
    return go("signing.member", agreement_id=agreement_id)
