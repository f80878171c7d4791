"""The law, for everyone: the packs as a lawyer reads them, and what holds if nobody signs. The pre-check stands in ``prechecks``.

What is typed into a preview is computed and forgotten: it is sent by POST, so that no name stands in an address or a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from ipr_service.rights import coverage, jurisdictions, law_words, unsigned
from ipr_service.rights.jurisdictions import DECIDES, STANDINGS, Row
from ipr_service.rights.outcomes import Citation, Conflict, Outcome, Remark, Value
from ipr_service.rights.periods import Period
from ipr_service.rights.unsigned import OUTSIDE, Outlook
from ipr_service.services import agreements, allocation, collaboration, law
from ipr_service.services.law import Working
from ipr_service.services.words import countries
from ipr_service.web.collaborations import steps
from ipr_service.web.forms import Form
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, logged_in, render
from ipr_service.web.pictures import Arc, ring

pages = Blueprint("law", __name__)
ROWS = 4  # makers that a preview asks for


@dataclass(frozen=True)
class Told:
    """An answer as a page shows it. ``kind``: a state of ``ui.state``; ``word``: whether it is decided; ``settles``: who can, if not."""

    kind: str
    word: str
    sentences: tuple[str, ...]
    because: tuple[Citation, ...]
    settles: str = ""


def period(found: Period) -> str:
    """``3 mesi``: a period in the reader's language."""
    parts = (
        (found.years, ngettext("%(num)d year", "%(num)d years", found.years)),
        (found.months, ngettext("%(num)d month", "%(num)d months", found.months)),
        (found.days, ngettext("%(num)d day", "%(num)d days", found.days)),
    )
    return " ".join(said for number, said in parts if number)


def say(remark: Remark) -> str:
    """A remark in the reader's language, its periods and countries too."""
    names = dict(countries(current())) | {"EL": dict(countries(current()))["GR"]}
    values: dict[str, Any] = {}
    for name, value in remark.values.items():
        if isinstance(value, Period):
            value = period(value)
        elif isinstance(value, Remark):
            value = say(value)
        elif name in ("country", "other"):
            value = names.get(value, value)
        values[name] = value
    said = _(remark.msgid)
    return said.format(**values) if values else said


def told(found: Outcome[Any], sentences: Sequence[Remark] = ()) -> Told:
    """An outcome in words; ``sentences`` say its value."""
    if isinstance(found, Value):
        return Told("done", _("Decided"), tuple(say(one) for one in (*sentences, *found.remarks)), found.because)
    if isinstance(found, Conflict):
        return Told("care", _("Two rules contradict each other"), (say(found.what),), found.because)
    return Told("care", _("Undetermined"), (say(found.missing),), found.seen, _(found.settles))


def jurisdiction_names() -> list[tuple[str, str]]:
    """Code and name of every jurisdiction there is a pack for, in the reader's language; the Union first."""
    names = dict(countries(current()))
    named = [(code, names.get("GR" if code == "EL" else code, code)) for code in jurisdictions.countries() if code != jurisdictions.UNION]
    return [(jurisdictions.UNION, _("European Union")), *sorted(named, key=lambda row: row[1])]


def right_names(*, choosable: bool = False) -> list[tuple[str, str]]:
    """Every right and its word; only those that a person would ask about when ``choosable``."""
    shown = [*coverage.RIGHTS, "patent_unitary"] if choosable else list(law_words.RIGHTS)
    return [(right, _(law_words.RIGHTS[right])) for right in shown]


def words() -> dict[str, Any]:
    """What the templates call things."""
    return {
        "act_name": {act: _(name) for act, name in law_words.ACTS.items()},
        "right_name": dict(right_names()),
        "place_name": dict(jurisdiction_names()),
        "mark_name": {mark: _(name) for mark, name in law_words.MARKS.items()},
        "working": [(working, _(name)) for working, name in law_words.WORKING.items()],
        "places": jurisdiction_names(),
        "rights": right_names(choosable=True),
        "seats": countries(current()),
    }


def outlook_view(found: Outlook, names: Mapping[str, str]) -> dict[str, Any]:
    """An outlook as the templates read it: every answer told, every holder named."""
    shares = [(_holder(one.party, names), one.fraction) for one in found.shares.value.shares] if isinstance(found.shares, Value) else []
    return {
        "found": found,
        "owners": [
            (
                names.get(line.maker, line.maker),
                _(law_words.WORKING[line.working]),
                _holder(line.holder, names) if line.holder else "",
                told(line.taking, (*(law_words.taking(line.taking.value) if isinstance(line.taking, Value) else ()), *_own(line.remarks))),
            )
            for line in found.owners
        ],
        "shares": told(found.shares),
        "arcs": ring(shares) if shares else [],
        "law": told(found.law) if found.law else None,
        "law_is": found.law.value if isinstance(found.law, Value) else "",
        "powers": [(act, told(one, law_words.rule(one.value) if isinstance(one, Value) else ())) for act, one in found.powers],
        "forms": [(act, told(one, law_words.form(one.value) if isinstance(one, Value) else ())) for act, one in found.forms],
        "fillers": [(about, told(one, (law_words.filler(one.value),) if isinstance(one, Value) else ())) for about, one in found.fillers],
        "moral": told(found.moral, (Remark(law_words.KEPT),)) if found.moral else None,
        "warnings": [say(one) for one in found.warnings],
    }


def _own(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Remarks of an owner, without that of attribution, which the outcome says itself."""
    return tuple(one for one in remarks if one.values or one.msgid in (unsigned.CLAIM, unsigned.PAY))


def _holder(holder: str, names: Mapping[str, str]) -> str:
    maker, _dot, outside = holder.rpartition(".")
    return _("whoever %(name)s works for", name=names.get(maker, maker)) if outside == OUTSIDE else names.get(holder, holder)


@pages.get("/law")
def index() -> Response:
    """The packs: every row of a country about a right, with article, source, mark and what it is worth on the day."""
    form = Form(start={name: request.args.get(name, "") for name in ("country", "right", "date")})
    rows: tuple[Row, ...] = ()
    on = jurisdictions.present(ctx().now().date())
    with form.catching():
        on = law.day(ctx(), form.value("date"))
        rows = law.rows(form.value("country"), form.value("right")) if form.value("country") else ()
    chosen = jurisdictions.pack(form.value("country")) if rows else None
    today = ctx().now().date()
    return render(
        "law/index.html",
        form.status,
        form=form,
        rows=[(row, row.standing(on) == DECIDES, _(STANDINGS[row.standing(on)]), row.overdue(today)) for row in rows],
        chosen=chosen,
        on=on,
        packs=[jurisdictions.pack(country) for country in jurisdictions.countries()],
        all_rights=right_names(),
        **words(),
    )


@pages.route("/law/preview", methods=["GET", "POST"])
def preview() -> Response:
    """If you sign nothing: for makers, a country and a right. Nothing that is typed is kept."""
    form = Form.read(country=request.args.get("country", "IT"), right=request.args.get("right", "design"))
    seen: dict[str, Any] | None = None
    if form.sent:
        with form.catching():
            typed, names = _typed(form)
            makers = [law.maker(at, one) for at, one in enumerate(typed)]
            found = unsigned.outlook(form.value("country"), form.value("right"), makers, law.day(ctx(), form.value("date")))
            seen = outlook_view(found, names)
    return render("law/preview.html", form.status, form=form, seen=seen, count=ROWS, **words())


def _typed(form: Form) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The makers of the form, and what people call everybody in it. Whoever is worked for is known by the name that was typed."""
    typed = [(at, form.value(f"name-{at}").strip()) for at in range(ROWS) if form.value(f"name-{at}").strip()]
    names = {f"m{at}": name for at, name in typed}
    ids = {name.casefold(): one for one, name in names.items()}
    made = []
    for at, _name in typed:
        boss = form.value(f"for-{at}").strip()
        if boss and boss.casefold() not in ids:
            ids[boss.casefold()] = f"b{at}"
            names[f"b{at}"] = boss
        said = {"id": f"m{at}", "working": form.value(f"working-{at}"), "works_for": ids.get(boss.casefold(), "")}
        made.append(said | {"country": form.value(f"seat-{at}")})
    return made, names


@pages.get("/collaborations/<collaboration_id>/law")
@logged_in
def beside(collaboration_id: str) -> Response:
    """As agreed, and if you sign nothing, side by side. No name stands in the address: parties by id, ways of working by word."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    makers = law.makers_of(found.parties)
    seat = next((party.country for party in makers if party.country), "") or ""
    here = jurisdictions.spelled(seat)
    start = {"country": here if here in jurisdictions.countries() else jurisdictions.UNION, "right": "design"}
    asked = {name: request.args.get(name, "") for name in ("country", "right", "date")}
    form = Form(start=start | {name: text for name, text in asked.items() if text} | dict(request.args.items()))
    how = {one.id: Working(form.value(f"working-{one.id}") or "independent", form.value(f"for-{one.id}")) for one in makers}
    seen: dict[str, Any] | None = None
    agreed: list[Arc] = []
    policy = ""
    with form.catching():
        on = law.day(ctx(), form.value("date"))
        side = law.beside(ctx(), actor(), collaboration_id, form.value("country"), form.value("right"), how, on, current())
        seen, policy = outlook_view(side.outlook, side.names), side.policy
        agreed = ring([(one.organisation or one.name, one.fraction) for one in side.agreed]) if side.agreed else []
    papers = agreements.agreements(ctx(), actor(), collaboration_id=collaboration_id)
    return render(
        "law/beside.html",
        form.status,
        form=form,
        found=found,
        makers=makers,
        seen=seen,
        agreed=agreed,
        policy=policy,
        signed=next((one for one in papers if one.state == "executed"), None),
        begun=next((one for one in papers if one.state in ("drafting", "negotiating", "frozen", "signing")), None),
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current())),
        **words(),
    )
