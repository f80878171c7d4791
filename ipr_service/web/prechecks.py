"""The pre-check of an initiative: who will own what if it started today, which paper is missing, one click to draft it.

For everyone; only a draft, and keeping the check, need a log-in. What is typed is computed and forgotten unless somebody keeps it for her
organisation. A collaboration of one's own fills the form.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.errors import N_, InputError
from ipr_service.rights import law_words, precheck
from ipr_service.rights.precheck import PAPERS, ROLES, Participant, Precheck
from ipr_service.services import drafting, initiatives, law
from ipr_service.services.drafting import CreateAgreement, NamedSignatory
from ipr_service.services.initiatives import Keep
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current
from ipr_service.web.law import outlook_view, say, words
from ipr_service.web.pages import actor, ctx, done, go, logged_in, render, visitor

pages = Blueprint("prechecks", __name__, url_prefix="/law/check")
ROWS = 6
TITLE = 200  # characters of a title
FIELDS: Final = ("name", "role", "for", "seat", "email")
RESULTS: Final = {
    "owns": (N_("Owns it"), "done"),
    "shares": (N_("Owns a part"), "now"),
    "claims": (N_("May claim it"), "care"),
    "nothing": (N_("Gets nothing"), "off"),
    "undetermined": (N_("Undetermined"), "care"),
}
# Which kinds of agreement can be the paper that is missing, best first; the first that this service has is offered.
KINDS: Final = {
    "terms": ("contribution-terms",),
    "transfer": ("assignment", "licence", "co-development"),
    "employer": ("co-development", "contribution-terms"),
    "absent": ("contribution-terms",),
    "school": ("contribution-terms",),
    "together": ("co-development",),
    "open": ("co-development",),
}
# The decided case, CJEU C-32/08: what the form shows to whoever asks for it.
FEIA: Final = (
    ("FEIA", "organiser", "", "ES"),
    ("Cul de Sac", "freelancer", "FEIA", "ES"),
    ("Public funder", "funder", "", "ES"),
)


def _start() -> dict[str, str]:
    """What the form shows first: the decided case, a collaboration of one's own, or nothing."""
    if request.args.get("case") == "feia":
        rows: list[tuple[str, ...]] = list(FEIA)
        start = {"country": "EU", "rights": "design"}
    elif (chosen := request.args.get("collaboration")) and visitor() is not None:
        rows = [(one.name, one.role, "", one.country) for one in law.people_of(ctx(), actor(), chosen)]
        start = {"country": "EU", "rights": "design", "collaboration": chosen}
    else:
        rows, start = [("", "organiser", "", "")], {"country": "EU", "rights": "design"}
    for at, row in enumerate(rows[:ROWS]):
        start |= {f"{name}-{at}": text for name, text in zip(FIELDS, row, strict=False)}
    return start


@pages.route("", methods=["GET", "POST"])
def check() -> Response:
    """Who takes part, and what comes of it."""
    form = Form.read(**_start())
    return _page(form, form.sent or request.args.get("case") == "feia")


def _page(form: Form, asked: bool, kept_id: str = "") -> Response:
    """The form, with the answer to what stands in it; ``kept_id``: the kept initiative that it shows."""
    seen: dict[str, Any] | None = None
    if asked:
        with form.catching():
            people = _people(form)
            found = law.check(form.value("country"), form.values_of("rights"), people, law.day(ctx(), form.value("date")))
            seen = _view(found, people, form)
    return render(
        "law/check.html",
        form.status,
        form=form,
        seen=seen,
        count=ROWS,
        roles=[(role, _(name)) for role, name in ROLES.items()],
        makes=precheck.MAKING,
        kept_id=kept_id,
        kept=() if kept_id or visitor() is None else initiatives.kept(ctx(), actor()),
        **words(),
    )


@pages.post("/kept")
@logged_in
@once
def keep() -> Response:
    """Check, and keep what was checked."""
    form = Form.read()
    with form.catching():
        return done(_("Kept for your organisation."), "prechecks.show", initiative_id=initiatives.keep(ctx(), actor(), _order(form)))
    return _page(form, False)


@pages.route("/kept/<initiative_id>", methods=["GET", "POST"])
@logged_in
@once
def show(initiative_id: str) -> Response:
    """A kept initiative as the law has it now; sent again, it is kept as it was changed."""
    found = initiatives.one(ctx(), actor(), initiative_id)
    form = Form.read(**_filled(found.said))
    if form.sent:
        with form.catching():
            initiatives.keep(ctx(), actor(), _order(form), initiative_id)
            return done(_("Kept for your organisation."), "prechecks.show", initiative_id=initiative_id)
    return _page(form, not form.problems, initiative_id)


@pages.post("/kept/<initiative_id>/forget")
@logged_in
@once
def forget(initiative_id: str) -> Response:
    """Take a kept initiative away."""
    initiatives.forget(ctx(), actor(), initiative_id)
    return done(_("Taken away."), "prechecks.check")


def _order(form: Form) -> Keep:
    people = _people(form)
    mails = {one.id: form.value(f"email-{one.id[1:]}") for one in people if form.value(f"email-{one.id[1:]}").strip()}
    return Keep(form.value("title"), form.value("country"), tuple(form.values_of("rights")), tuple(people), form.value("date"), mails)


def _filled(said: Keep) -> dict[str, str]:
    """The form as it was when it was kept."""
    names = {one.id: one.name for one in said.people}
    filled = {"title": said.title, "country": said.country, "rights": " ".join(said.rights), "date": said.date}
    for at, one in enumerate(said.people[:ROWS]):
        row = (one.name, one.role, names.get(one.works_for, ""), one.country, said.mails.get(one.id, ""))
        filled |= {f"{name}-{at}": text for name, text in zip(FIELDS, row, strict=True)}
    return filled


def _people(form: Form) -> list[Participant]:
    typed = [(at, form.value(f"name-{at}").strip()) for at in range(ROWS) if form.value(f"name-{at}").strip()]
    ids = {name.casefold(): f"p{at}" for at, name in typed}
    people = []
    for at, name in typed:
        boss = form.value(f"for-{at}").strip()
        if boss and boss.casefold() not in ids:
            raise InputError.at(f"/for-{at}", N_("{name} works for somebody who does not take part; add them first"), name=name)
        said = {"id": f"p{at}", "name": name, "role": form.value(f"role-{at}"), "country": form.value(f"seat-{at}")}
        people.append(law.participant(at, said | {"works_for": ids.get(boss.casefold(), "")}))
    return people


def _view(found: Precheck, people: list[Participant], form: Form) -> dict[str, Any]:
    names = {one.id: one.name for one in people}
    available = set(ctx().catalogue.names())
    papers = []
    for one in found.missing:
        kind = next((kind for kind in KINDS[one.paper] if kind in available), "")
        guest = next((id for id in one.between if next(p for p in people if p.id == id.split(".")[0]).role in precheck.MAKING), "")
        papers.append(
            {
                "title": _(PAPERS[one.paper][0]),
                "between": [names.get(id, id) for id in one.between if id in names],
                "why": say(one.why),
                "because": one.because,
                "kind": kind,
                "name": names.get(guest, ""),
                "email": form.value(f"email-{guest[1:]}") if guest else "",
            }
        )
    gets = {(one.party, one.right): (_(RESULTS[one.result][0]), RESULTS[one.result][1], one.because) for one in found.gets}
    return {
        "people": people,
        "roles": {role: _(name) for role, name in ROLES.items()},
        "rights": [one.right for one in found.outlooks],
        "heads": [_("Who"), _("Part"), *(_(law_words.RIGHTS[one.right]) for one in found.outlooks)],
        "gets": gets,
        "papers": papers,
        "outlooks": [outlook_view(one, names) for one in found.outlooks],
    }


@pages.post("/draft")
@logged_in
@once
def draft() -> Response:
    """Draft the paper that is missing: at once for a collaboration or with the maker's mail address; else the form of the kind asks."""
    form = Form.read()
    kind, name, email = (form.value(field).strip() for field in ("kind", "name", "email"))
    if kind not in ctx().catalogue.names():
        raise InputError(N_("There is no such kind of agreement here."))
    chosen, thing = ctx().catalogue.kind(kind), form.value("collaboration")
    language = current() if current() in chosen.languages else chosen.languages[0]
    if kind == "co-development" and thing:
        order = CreateAgreement(kind, language, _(chosen.title), collaboration_id=thing)
    elif kind != "co-development" and name and email:
        title = f"{_(chosen.title)}: {name}"[:TITLE]
        order = CreateAgreement(kind, language, title, signatories=(NamedSignatory(chosen.roles[-1].id, name, email),))
    else:
        return go("agreements.new", kind=kind)
    made = drafting.create(ctx(), actor(), order)
    return done(_("The draft is here, filled in with what is known."), "agreements.interview", agreement_id=made)
