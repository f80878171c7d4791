"""Showing an idea to somebody behind an NDA: offer, how it stands, what the guest opens, who looked, the end of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import to_utc

from ipr_service.errors import FieldProblem, InputError
from ipr_service.services import disclosure, dossiers, library, organisations, revocation, sharing, viewing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen, OfferDisclosure
from ipr_service.services.invitations import Invitation
from ipr_service.services.library import IdeaDetails
from ipr_service.services.sharing import Details, Line
from ipr_service.services.words import clean_date, countries
from ipr_service.web import desk
from ipr_service.web.forms import Form, once
from ipr_service.web.invitations import arriving
from ipr_service.web.journey import At, Step, steps
from ipr_service.web.languages import current, offered, when
from ipr_service.web.pages import actor, ctx, done, logged_in, mailed, render
from ipr_service.web.sending import attachment, continues, stored

pages = Blueprint("sharing", __name__, url_prefix="/disclosures")
ON_A_PAGE = 25
FACTS = ("form", "reg_no", "seat", "country", "capacity")
PARTIES = ("discloser", "recipient")


def word_of(state: str) -> tuple[str, str]:
    """A state in words, and its shape."""
    return {
        "drafting": (_("The NDA is not complete yet"), "now"),
        "signing": (_("Waiting for signatures"), "waiting"),
        "declined": (_("The NDA was declined"), "care"),
        "signed": (_("Signed; the guest has not come yet"), "waiting"),
        "open": (_("Open now"), "done"),
        "ended": (_("Ended"), "off"),
        "revoked": (_("Access ended by its owner"), "off"),
        "lapsed": (_("The NDA is not in force any more"), "off"),
    }[state]


def signer_word(state: str) -> tuple[str, str]:
    """How far a signatory is, in words."""
    return {
        "waiting": (_("Not asked yet"), "waiting"),
        "invited": (_("Asked to sign"), "waiting"),
        "viewed": (_("Has opened it"), "waiting"),
        "signed": (_("Signed"), "done"),
        "declined": (_("Declined"), "care"),
    }[state]


@pages.app_template_global("shown_of")
def shown_of(idea_id: str) -> list[tuple[Line, str, str]]:
    """The disclosures of an idea for the partial on its page: (line, word, shape)."""
    return [(line, *word_of(line.state)) for line in sharing.disclosures(ctx(), actor(), idea_id=idea_id, count=10)]


def agreement_page(agreement_id: str) -> str:
    """Address of the NDA's own page, if this installation has one."""
    return url_for("agreements.show", agreement_id=agreement_id) if "agreements.show" in current_app.view_functions else ""


def signing_page(found: Details) -> str:
    """Address where the guest signs the NDA, while she has not."""
    mine = next((one for one in found.signers if one.role == viewing.RECIPIENT), None)
    waits = found.line.state == "signing" and mine is not None and mine.state in {"invited", "viewed"}
    there = waits and "signing.member" in current_app.view_functions
    return url_for("signing.member", agreement_id=found.agreement_id) if there else ""


def name_of(line: Line) -> str:
    """What the owner calls it; for the guest the neutral label."""
    return line.title or line.label


# ---- lists -------------------------------------------------------------------------------------------------------------


@desk.section(order=20)
def shown_to_me(ctx: Context, actor: Actor) -> desk.Section | None:
    """What is shown to this person. An NDA that waits for her signature stands among the agreements."""
    found = sharing.disclosures(ctx, actor, side=sharing.RECEIVED, count=6)
    if not found:
        return None
    items = tuple(
        desk.Item(line.label, url_for("sharing.show", disclosure_id=line.id), *word_of(line.state), _from(line)) for line in found[:5]
    )
    return desk.Section(_("Shown to me"), items, more=url_for("sharing.index") if len(found) > 5 else "")


def _from(line: Line) -> str:
    return _("From %(name)s, %(organisation)s", name=line.inviter, organisation=line.organisation)


@pages.get("")
@logged_in
def index() -> Response:
    """Everything shown to others and to oneself, newest first."""
    before = request.args.get("before", "")
    found = sharing.disclosures(ctx(), actor(), before=before if len(before) == 26 else None, count=ON_A_PAGE + 1)
    rows = [(line, name_of(line), *word_of(line.state)) for line in found[:ON_A_PAGE]]
    older = found[ON_A_PAGE - 1].id if len(found) > ON_A_PAGE else ""
    return render("sharing/index.html", rows=rows, older=older, first=not before)


# ---- offering ----------------------------------------------------------------------------------------------------------


def choices(found: IdeaDetails, shown: Sequence[tuple[int, int]] = ()) -> list[dict[str, Any]]:
    """What of an idea can be shown, version by version, newest first; ``shown`` is left out."""
    versions = []
    for version in found.history:
        if version.hash_only or version.title is None:
            continue
        rows: list[tuple[int, str, int | None]] = [(0, _("Title and description"), None)]
        rows += [(file.position, file.name, file.size) for file in version.files if file.kept]
        rows = [row for row in rows if (version.number, row[0]) not in shown]
        versions.append({"number": version.number, "time": version.time, "rows": rows})
    return [version for version in versions if version["rows"]]


def _chosen(form: Form) -> tuple[Chosen, ...]:
    pairs = [value.partition(".") for value in form.values_of("items")]
    return tuple(Chosen(int(v), int(p)) for v, _dot, p in pairs if v.isdecimal() and p.isdecimal() and len(v) + len(p) < 12)


def _end(form: Form) -> datetime | None:
    """The end of the day that was chosen, in the reader's zone."""
    if not form.value("ends_at"):
        return None
    day: date = clean_date("/ends_at", form.value("ends_at"))
    return to_utc(datetime.combine(day, time(23, 59, 59))).replace(tzinfo=UTC)


def _terms(form: Form) -> dict[str, Any]:
    terms: dict[str, Any] = {party: {fact: form.value(f"{party}_{fact}").strip() for fact in FACTS} for party in PARTIES}
    return {**terms, "law": form.value("law"), "courts": form.value("courts").strip()}


def _order(form: Form, idea_id: str) -> OfferDisclosure:
    return OfferDisclosure(
        idea_id=idea_id,
        email=form.value("email"),
        name=form.value("name"),
        organisation=form.value("organisation"),
        items=_chosen(form),
        purpose=form.value("purpose"),
        ends_at=_end(form),
        language=form.value("language") or current(),
        terms=_terms(form),
    )


def _flat(problem: InputError) -> InputError:
    """The problems at the fields of this form: ``/recipient/seat`` is ``recipient_seat``."""

    def flat(pointer: str) -> str:
        parts = pointer.strip("/").split("/")
        return f"/{parts[0]}_{parts[1]}" if parts[0] in PARTIES and len(parts) > 1 else pointer

    problems = [FieldProblem(flat(one.pointer), one.msgid, one.values) for one in problem.problems]
    return InputError(problem.msgid, problems=problems, **problem.values)


def _start(found: IdeaDetails) -> dict[str, str]:
    """What the form starts with: all of the newest version, and what is known of the own organisation."""
    own = organisations.details(ctx(), actor(), found.organisation_id).organisation
    newest: dict[str, Any] = next(iter(choices(found)), {"rows": [], "number": 0})
    return {
        "items": " ".join(f"{newest['number']}.{row[0]}" for row in newest["rows"]),
        "discloser_reg_no": own.registration_number or "",
        "discloser_seat": ", ".join((own.address or "").splitlines()),
        "discloser_country": own.country or "",
        "law": own.country or "",
        "language": current(),
    }


@pages.route("/new/<idea_id>", methods=["GET", "POST"])
@logged_in
@once
def new(idea_id: str) -> Response:
    """Offer an idea to somebody: what, to whom, until when."""
    found = library.idea(ctx(), actor(), idea_id)
    if "show" not in found.may:
        abort(404)
    form = Form.read(**_start(found))
    if form.sent:
        with form.catching():
            try:
                made = disclosure.offer(ctx(), actor(), _order(form, idea_id))
            except InputError as problem:
                raise _flat(problem) from problem
            said = mailed(_("The invitation is on its way. The NDA waits for both signatures."))
            if made.open_questions:
                said = mailed(_("The invitation is on its way. The NDA still has open questions: answer them next."))
            return done(said, "sharing.show", disclosure_id=made.disclosure_id)
    own = organisations.details(ctx(), actor(), found.organisation_id).organisation
    return render(
        "sharing/new.html",
        form.status,
        form=form,
        found=found,
        name=found.line.title or found.line.label,
        versions=choices(found),
        own=own,
        countries=countries(current()),
        offered=offered(ctx().settings),
        tomorrow=(ctx().now() + timedelta(days=1)).date().isoformat(),
    )


# ---- how it stands -----------------------------------------------------------------------------------------------------


@pages.get("/<disclosure_id>/proofs.zip")
@logged_in
def proofs(disclosure_id: str) -> Response:
    """The proof bundles of everything logged of a disclosure."""
    out = io.BytesIO()
    dossiers.write_disclosure(ctx(), actor(), disclosure_id, out, language=current())
    return attachment(out.getvalue(), "application/zip", f"disclosure-{disclosure_id[-8:]}.zip")


@pages.get("/<disclosure_id>")
@logged_in
def show(disclosure_id: str) -> Response:
    """How a disclosure stands: for its owner, or for the guest."""
    found = sharing.details(ctx(), actor(), disclosure_id)
    line = found.line
    given = line.side == sharing.GIVEN
    return render(
        "sharing/show.html" if given else "sharing/guest.html",
        found=found,
        line=line,
        name=name_of(line),
        state=word_of(line.state),
        signers=[(one, *signer_word(one.state)) for one in found.signers],
        events=events_of(found) if given else [],
        agreement=agreement_page(found.agreement_id),
        to_sign=signing_page(found) if not given else "",
        strip=_strip(found) if given else [],
        next_one=next((one for one in found.signers if one.state not in {"signed", "declined"}), None),
    )


def events_of(found: Details) -> list[dict[str, Any]]:
    """What happened so far, and what is to come, oldest first."""
    line = found.line
    events: list[dict[str, Any]] = [{"title": _("Offered, invitation sent"), "time": line.created_at, "kind": "done"}]
    if found.arrived_at:
        came = _("%(name)s came by the link", name=line.recipient_name)
        events.append({"title": came, "time": found.arrived_at, "kind": "done"})
    else:
        events.append(_waiting(_("The guest has not come yet")))
    signed, asked = sum(one.state == "signed" for one in found.signers), len(found.signers)
    many = _("Signatures: %(signed)s of %(asked)s.", signed=signed, asked=asked)
    complete = 0 < signed == asked
    events.append({"title": _("NDA signed by everybody"), "kind": "done"} if complete else _waiting(_("NDA"), many))
    if found.opened_at:
        text = _("What was opened, to whom and under which document stands in the log.")
        events.append({"title": _("Opened"), "time": found.opened_at, "kind": "done", "text": text})
    if line.revoked_at:
        events.append({"title": _("Access ended by you"), "time": line.revoked_at, "kind": "off"})
    elif line.ends_at:
        title, kind = (_("Access ended"), "off") if line.state == "ended" else (_("Access ends"), "waiting")
        events.append({"title": title, "time": line.ends_at, "kind": kind})
    return events


def _waiting(title: str, text: str = "") -> dict[str, Any]:
    return {"title": title, "kind": "waiting", "text": text}


def _strip(found: Details) -> list[Step]:
    word, kind = word_of(found.line.state)
    href = url_for("ideas.show", idea_id=found.line.idea_id) if "ideas.show" in current_app.view_functions else ""
    return steps({"register": At("done", _("In the log"), href), "share": At(kind, word)})


@pages.post("/<disclosure_id>/invitation")
@logged_in
@once
def invite_again(disclosure_id: str) -> Response:
    """Send the invitation again."""
    disclosure.invite_again(ctx(), actor(), disclosure_id)
    return done(mailed(_("A new invitation is on its way. Earlier links stopped working.")), "sharing.show", disclosure_id=disclosure_id)


@pages.route("/<disclosure_id>/more", methods=["GET", "POST"])
@logged_in
@once
def more(disclosure_id: str) -> Response:
    """Show more of the idea, for example a version registered later."""
    found = sharing.details(ctx(), actor(), disclosure_id)
    if "open" not in found.may:
        abort(404)
    idea = library.idea(ctx(), actor(), found.line.idea_id)
    form = Form.read()
    if form.sent:
        with form.catching():
            disclosure.add_items(ctx(), actor(), disclosure_id, _chosen(form))
            return done(_("It is open now, and logged."), "sharing.show", disclosure_id=disclosure_id)
    shown = [(item.version, item.position) for item in found.items]
    return render("sharing/more.html", form.status, form=form, found=found, line=found.line, versions=choices(idea, shown))


@pages.route("/<disclosure_id>/revoke", methods=["GET", "POST"])
@logged_in
@once
def revoke(disclosure_id: str) -> Response:
    """End access for ever, after saying that there is no undo."""
    found = sharing.details(ctx(), actor(), disclosure_id)
    if "revoke" not in found.may:
        abort(404)
    form = Form.read()
    if form.sent:
        with form.catching():
            revocation.revoke(ctx(), actor(), disclosure_id)
            return done(_("Access has ended."), "sharing.show", disclosure_id=disclosure_id)
    return render("sharing/revoke.html", form.status, form=form, found=found, line=found.line)


# ---- who looked --------------------------------------------------------------------------------------------------------


@pages.get("/<disclosure_id>/accesses")
@logged_in
def accesses(disclosure_id: str) -> Response:
    """Who looked at what, and when."""
    found = sharing.details(ctx(), actor(), disclosure_id)
    before = request.args.get("before", "")
    rows = sharing.accesses(ctx(), actor(), disclosure_id, before=before if len(before) == 26 else None, count=ON_A_PAGE + 1)
    older = rows[ON_A_PAGE - 1].id if len(rows) > ON_A_PAGE else ""
    return render("sharing/accesses.html", found=found, line=found.line, rows=rows[:ON_A_PAGE], older=older, first=not before)


@pages.get("/<disclosure_id>/accesses.csv")
@logged_in
def accesses_csv(disclosure_id: str) -> Response:
    """The same for a spreadsheet."""
    return attachment(sharing.accesses_csv(ctx(), actor(), disclosure_id, current()), "text/csv", f"views-{disclosure_id[-8:]}.csv")


# ---- the guest ---------------------------------------------------------------------------------------------------------


@arriving("disclosure")
def arrive(_invitation: Invitation, secret: str) -> Response:
    """The guest comes by the link."""
    arrived = disclosure.accept(ctx(), actor(), secret)
    return done(_("You are in. First comes the confidentiality agreement."), "sharing.show", disclosure_id=arrived)


@pages.get("/<disclosure_id>/versions/<int:number>")
@logged_in
def look(disclosure_id: str, number: int) -> Response:
    """Title and description of an opened version; the view is recorded first."""
    subject = viewing.look(ctx(), actor(), disclosure_id, number)
    found = sharing.details(ctx(), actor(), disclosure_id)
    return render("sharing/look.html", subject=subject, found=found, line=found.line, seen=when(ctx().now()))


@pages.get("/<disclosure_id>/versions/<int:number>/files/<int(min=1):position>")
@logged_in
def file(disclosure_id: str, number: int, position: int) -> Response:
    """An opened file, as an attachment; the view is recorded first."""
    return stored(viewing.file(ctx(), actor(), disclosure_id, number, position, continues=continues()))
