"""Licences of a collaboration: results and background, the register with its timeline, a new grant with the answer of the check."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from ipr_service.errors import N_
from ipr_service.rights.conflicts import Conflict
from ipr_service.rights.fields import SHIPPED, field_title
from ipr_service.rights.jurisdictions import countries
from ipr_service.rights.licences import ACTS, EXCLUSIVITIES, FEES, FORMS, PURPOSES, SUBLICENCES, Grant, Reach, grant_title, last_day
from ipr_service.rights.sentences import Sentence
from ipr_service.rights.territories import span_text
from ipr_service.services import dossiers, exporting, granting, grants, results
from ipr_service.services.granting import Record
from ipr_service.services.grants import Checked, Register
from ipr_service.services.results import AddResult
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, done, logged_in, render
from ipr_service.web.sending import attachment
from ipr_service.web.spans import picture

pages = Blueprint("grants", __name__, url_prefix="/collaborations/<collaboration_id>")
_DAYS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?\.\.(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
RIGHTS = {
    "design": N_("Design"),
    "patent": N_("Patent"),
    "copyright": N_("Copyright"),
    "software": N_("Software"),
    "trademark": N_("Trade mark"),
    "trade_secret": N_("Know-how kept secret"),
}
OUTCOMES = {
    "granted": (N_("Everybody who must agree has agreed"), "done"),
    "open": (N_("Still open"), "now"),
    "undetermined": (N_("Undetermined"), "care"),
}
STATES = {"standing": (N_("Stands"), "done"), "superseded": (N_("Replaced"), "off"), "withdrawn": (N_("Withdrawn"), "off")}
WHO = {
    "all": N_("all co-owners"),
    "alone": N_("each co-owner alone"),
    "majority": N_("a majority of the interests"),
    "two-thirds": N_("two thirds of the interests"),
}


def _titles(words: tuple[str, ...] | None) -> str:
    return ", ".join(_(grant_title(word)) for word in words or ())


def scope(grant: Grant) -> str:
    """What a grant covers, in one line; what nobody said is named as such."""
    unsaid = _("not said")
    acts, fields = _titles(grant.acts) or unsaid, _titles(grant.fields) or unsaid
    return f"{acts} · {fields} · {', '.join(grant.territory or ()) or unsaid}"


def days(grant: Grant) -> str:
    """From when until when, both days included."""
    last = last_day(grant.until)
    if grant.begin and last:
        return _whole_days(_("%(first)s to %(last)s", first=grant.begin.isoformat(), last=last.isoformat()))
    if grant.begin:
        return _("from %(first)s on", first=grant.begin.isoformat())
    return _("until %(last)s", last=last.isoformat()) if last else _("without limit")


def reach(met: Reach) -> str:
    """An intersection in the reader's words: ``sell × chairs × IT × 2028-06-01 – 2028-12-31``; what is everything is left out."""
    front = [_titles(met.acts)] if len(met.acts) < len(ACTS) else []
    front += [_titles(met.purposes)] if len(met.purposes) < len(PURPOSES) else []
    front.append(_titles(met.fields))
    return "; ".join(" × ".join([*front, ", ".join(codes), span_text(span)]) for span, codes in met.parts)


def _whole_days(text: str) -> str:
    """Days that do not break at the end of a line, with a dash between first and last."""
    return _DAYS.sub(lambda found: found[0].replace("..", " – ").replace("-", "\u2011").strip(), text)


def words(checked: Checked) -> dict[str, Any]:
    """What the templates call things, and how they tell a sentence."""

    def tell(sentence: Sentence) -> str:
        return _whole_days(checked.told(sentence.text(_)).replace(" x ", " × "))

    def tell_conflict(one: Conflict) -> str:
        sentence = one.sentence
        return tell(replace(sentence, values={**sentence.values, "meet": reach(one.meet)}))

    return {
        "tell": tell,
        "tell_conflict": tell_conflict,
        "scope": scope,
        "days": days,
        "outcomes": {kind: (_(word), shape) for kind, (word, shape) in OUTCOMES.items()},
        "states": {kind: (_(word), shape) for kind, (word, shape) in STATES.items()},
        "title_of": lambda word: _(grant_title(word)),
        "rights": {right: _(name) for right, name in RIGHTS.items()},
    }


@pages.get("/grants")
@logged_in
def index(collaboration_id: str) -> Response:
    """The register."""
    found = grants.register(ctx(), actor(), collaboration_id)
    bars = [(line.id, f"#{line.number} {line.grantee}", line.grant.exclusivity or "unsaid", line.grant.days) for line in found.standing]
    shown = picture(bars, found.checked.answer.conflicts, ctx().now().date())
    return render("grants/index.html", found=found, picture=shown, today=ctx().now().date().isoformat(), **words(found.checked))


def _choices(found: Register) -> dict[str, Any]:
    """What a form offers."""
    fields = [(field, " ".join(("· " * (len(SHIPPED.lineage(field)) - 1), _(field_title(field)))).strip()) for field in _in_order()]
    return {
        "assets": [(line.id, line.title) for line in found.results]
        + [(id, _("Background: %(what)s", what=what)) for id, what in found.background],
        "parties": [(party.id, party.label) for party in found.parties],
        "fields": fields,
        "acts": [(act, _(name)) for act, name in ACTS.items()],
        "purposes": [(purpose, _(name)) for purpose, name in PURPOSES.items()],
        "exclusivities": [
            ("exclusive", _(EXCLUSIVITIES["exclusive"]), _("Nobody else, not even who grants it.")),
            ("sole", _(EXCLUSIVITIES["sole"]), _("Nobody else, except who grants it.")),
            ("non-exclusive", _(EXCLUSIVITIES["non-exclusive"]), _("Others may get the same.")),
        ],
        "sublicences": [(value, _(name)) for value, name in SUBLICENCES.items()],
        "forms": [(value, _(name)) for value, name in FORMS.items()],
        "fees": [(value, _(name)) for value, name in FEES.items()],
        "standing": [(line.id, f"#{line.number} {line.grantee}") for line in found.standing],
    }


def _in_order() -> list[str]:
    """The fields as a tree is read, each below the one it lies in."""
    return sorted(SHIPPED.known, key=lambda field: [SHIPPED.known.index(above) for above in reversed(SHIPPED.lineage(field))])


def _record(form: Form) -> Record:
    fee: Any = form.value("fee")
    if fee == "lump":
        fee = {"kind": "lump", "amount": form.value("amount").replace(",", "."), "currency": form.value("currency").upper()}
    elif fee == "net":
        fee = {"kind": "net", "part": form.value("part").replace(",", ".")}
    months = form.value("months")
    terms = {
        "asset": form.value("asset"),
        "grantors": list(form.values_of("grantors")),
        "grantee": form.value("grantee"),
        "acts": list(form.values_of("acts")),
        "purpose": list(form.values_of("purpose")),
        "field": [field for field in (form.value("field"),) if field],
        "territory": form.value("territory").replace(",", " ").split(),
        "from": form.value("from"),
        "to": form.value("to"),
        "exclusivity": form.value("exclusivity"),
        "sublicence": form.value("sublicence"),
        "fee": fee,
        "reversion": {"when": "unexploited", "months": int(months)}
        if months.isascii() and months.isdecimal() and len(months) < 5
        else None,
        "under": form.value("under"),
        "agreed": form.value("agreed"),
        "form": form.value("form"),
    }
    return Record(terms, form.value("grantee_name"), form.value("replaces") or None)


@pages.route("/grants/new", methods=["GET", "POST"])
@logged_in
@once
def new(collaboration_id: str) -> Response:
    """A new licence: see what it does beside the others, then record it."""
    found = grants.register(ctx(), actor(), collaboration_id)
    form = Form.read(exclusivity="non-exclusive", asset=request.args.get("asset", ""))
    seen: Checked | None = None
    if form.sent:
        with form.catching():
            if form.value("do") == "record":
                granting.record(ctx(), actor(), collaboration_id, _record(form))
                return done(_("The licence is recorded."), "grants.index", collaboration_id=collaboration_id)
            seen = granting.check(ctx(), actor(), collaboration_id, _record(form))
    shown = words(replace(seen, names={**seen.names, str(seen.asked): _("this licence")}) if seen else found.checked)
    return render("grants/new.html", form.status, form=form, found=found, seen=seen, **shown, **_choices(found))


@pages.post("/grants/<grant_id>/withdraw")
@logged_in
@once
def withdraw(collaboration_id: str, grant_id: str) -> Response:
    """End a licence without another in its place."""
    granting.withdraw(ctx(), actor(), collaboration_id, grant_id)
    return done(_("Withdrawn. It stays on record."), "grants.index", collaboration_id=collaboration_id)


@pages.post("/grants/<grant_id>/acts")
@logged_in
@once
def act(collaboration_id: str, grant_id: str) -> Response:
    """A party signed, was told, was offered the share, or declined it."""
    sent = request.form
    day = sent.get("day") or ctx().now().date().isoformat()
    granting.act(ctx(), actor(), collaboration_id, grant_id, sent.get("kind", ""), sent.get("party_id", ""), day)
    return done(_("Recorded."), "grants.index", collaboration_id=collaboration_id)


@pages.get("/grants/<grant_id>/proofs.zip")
@logged_in
def proofs(collaboration_id: str, grant_id: str) -> Response:
    """The proof bundles of everything logged of a licence."""
    out = io.BytesIO()
    dossiers.write_grant(ctx(), actor(), collaboration_id, grant_id, out, language=current())
    return attachment(out.getvalue(), "application/zip", f"licence-{grant_id[-8:]}.zip")


@pages.route("/results/new", methods=["GET", "POST"])
@logged_in
@once
def add_result(collaboration_id: str) -> Response:
    """List a result."""
    found = grants.register(ctx(), actor(), collaboration_id)
    form = Form.read(right="design", who="all")
    if form.sent:
        with form.catching():
            results.add_result(ctx(), actor(), collaboration_id, _result(form))
            return done(_("Listed. Licences can be about it now."), "grants.index", collaboration_id=collaboration_id)
    return render(
        "grants/result.html",
        form.status,
        form=form,
        found=found,
        rights=[(right, _(name)) for right, name in RIGHTS.items()],
        laws=[(country, country) for country in countries() if country != "EU"],
        who=[(value, _(name)) for value, name in WHO.items()],
    )


def _result(form: Form) -> AddResult:
    lines = [line.rpartition(":") for line in form.value("components").splitlines() if line.strip()]
    return AddResult(
        title=form.value("title"),
        right=form.value("right"),
        law=form.value("law"),
        territory=tuple(form.value("territory").replace(",", " ").split()),
        to=form.value("to"),
        uses=tuple(form.values_of("uses")),
        consent={"who": form.value("who")} if form.value("who") else None,
        outbound=form.value("outbound"),
        components=tuple((name.strip() or expression.strip(), expression.strip()) for name, _colon, expression in lines),
    )


@pages.post("/results/<result_id>/withdraw")
@logged_in
@once
def withdraw_result(collaboration_id: str, result_id: str) -> Response:
    """Take a result off the register."""
    results.withdraw_result(ctx(), actor(), collaboration_id, result_id)
    return done(_("Withdrawn. It stays on record."), "grants.index", collaboration_id=collaboration_id)


@pages.get("/exports/<kind>")
@logged_in
def export(collaboration_id: str, kind: str) -> Response:
    """A file in somebody else's format."""
    made = exporting.export(ctx(), actor(), collaboration_id, kind, current())
    return attachment(made.body, made.media_type, made.name)
