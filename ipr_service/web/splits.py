"""Splits: choose a rule and see what it gives, propose, accept or decline, download the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _

from ipr_service.rights import policies
from ipr_service.rights.explanation import Change
from ipr_service.rights.notation import percent, signed_percent
from ipr_service.rights.policy_words import CODES
from ipr_service.rights.succession import KINDS
from ipr_service.services import allocation, collaboration, offering, proposing, succeeding, what_if
from ipr_service.services.allocation import Preview
from ipr_service.services.asking import Question
from ipr_service.services.collaboration import Details
from ipr_service.services.shares import Propose, ShareLine
from ipr_service.services.succeeding import Succeed
from ipr_service.services.what_if import Imagine, Imagined
from ipr_service.web.collaborations import steps, words
from ipr_service.web.forms import Form, once
from ipr_service.web.languages import current, say
from ipr_service.web.pages import actor, ctx, done, logged_in, render
from ipr_service.web.pictures import Arc, ring

pages = Blueprint("splits", __name__, url_prefix="/collaborations/<collaboration_id>")


def arcs(shares: tuple[ShareLine, ...]) -> list[Arc]:
    """The ring of shares, each party by its organisation."""
    return ring([(one.organisation or one.name, one.fraction) for one in shares])


def _order(form: Form, found: Details) -> Propose:
    shares = tuple((party.id, form.value(f"share-{party.id}")) for party in found.parties)
    policy = form.value("policy")
    facts = tuple((name.removeprefix(f"{policy}:"), text) for name, text in form.all_values() if name.startswith(f"{policy}:"))
    return Propose(policy, shares if any(text for _party, text in shares) else (), form.value("reason"), facts)


def _rules(collaboration_id: str, found: Details, order: Propose | None) -> list[dict[str, Any]]:
    """Every rule in words, with what it asks for, and what it gives now or why it cannot be used yet."""
    called = {one.id: one.label for one in found.parties} | {one.id: one.title for one in found.contributions}
    rows = []
    for offer in offering.offers(ctx(), actor(), collaboration_id, order, current()):
        asked = {f"/facts/{one.place}": " · ".join(filter(None, (called.get(one.about), _(one.words)))) for one in offer.questions}
        problems = () if offer.lacks is None else offer.lacks.problems or (offer.lacks,)
        lacks = [asked.get(getattr(one, "pointer", ""), "") or say(one) for one in problems]
        rows.append({"offer": offer, "lacks": lacks, "called": called, "asked": _by_owner(offer.questions)})
    return rows


def _by_owner(questions: Sequence[Question]) -> list[tuple[str, list[tuple[str, list[Question]]]]]:
    """Questions as the page shows them: by whose they are, one row for each thing."""
    shown = []
    for of in ("case", "party", "contribution"):
        rows: dict[str, list[Question]] = {}
        for one in questions:
            if one.of == of:
                rows.setdefault(one.about, []).append(one)
        if rows:
            shown.append((of, list(rows.items())))
    return shown


def _at_its_field(form: Form, policy: str) -> None:
    """Put what was refused of a fact beside the field that it was written in."""
    form.problems = [
        replace(one, name=f"{policy}:{one.pointer.removeprefix('/facts/')}") if one.pointer.startswith("/facts/") else one
        for one in form.problems
    ]


@pages.route("/propose", methods=["GET", "POST"])
@logged_in
@once
def propose(collaboration_id: str) -> Response:
    """Choose a rule, see what it gives, then put it to everybody. Nothing is stored before that."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    given = {name: text for name, text in request.args.items() if name == "reason" or name.startswith("share-")}
    form = Form.read(**{"policy": request.args.get("policy", "equal@1"), **given})
    seen: Preview | None = None
    order: Propose | None = None
    if form.sent:
        order = _order(form, found)
        with form.catching():
            if form.value("do") == "propose":
                made = proposing.propose(ctx(), actor(), collaboration_id, order)
                said = _("Proposed. Now every party accepts or declines, you too.")
                return done(said, "splits.show", collaboration_id=collaboration_id, split_id=made)
            seen = allocation.preview(ctx(), actor(), collaboration_id, order, current())
        _at_its_field(form, order.policy)
    return render(
        "collaborations/propose.html",
        form.status,
        form=form,
        found=found,
        rules=_rules(collaboration_id, found, order),
        codes=CODES,
        seen=seen,
        arcs=arcs(seen.shares) if seen else [],
        changes=_changes(seen.changes, {party.id: party.label for party in found.parties}) if seen else [],
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current())),
        **words(),
    )


def _changes(changes: Sequence[Change], names: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Name, share before, share now, difference: of every party whose share would move."""
    point = get_decimal_symbol(current())

    def said(share: Fraction | None) -> str:
        return percent(share, point) if share is not None else "–"

    moved = [one for one in changes if one.difference]
    return [(names.get(one.party, one.party), said(one.before), said(one.after), signed_percent(one.difference, point)) for one in moved]


@pages.route("/change", methods=["GET", "POST"])
@logged_in
@once
def change(collaboration_id: str) -> Response:
    """Somebody joins, leaves, or hands a share on: see what it gives, then put it to everybody whose share it changes."""
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    standing = succeeding.standing(ctx(), actor(), collaboration_id)
    form = Form.read(kind=request.args.get("kind", "joining"))
    seen: Preview | None = None
    if form.sent:
        with form.catching():
            order = Succeed(form.value("kind"), *(form.value(name) for name in ("party_id", "part", "to", "joined", "left")))
            if form.value("do") == "propose":
                made = succeeding.propose(ctx(), actor(), collaboration_id, order)
                said = _("Proposed. The split that stands stays as it is until everybody whose share changes has accepted.")
                return done(said, "splits.show", collaboration_id=collaboration_id, split_id=made)
            seen = succeeding.preview(ctx(), actor(), collaboration_id, order, current())
    return render(
        "collaborations/change.html",
        form.status,
        form=form,
        found=found,
        standing=standing,
        kind=form.value("kind") if form.value("kind") in KINDS else "joining",
        holders=[(one.id, one.label) for one in standing.who if standing.held.get(one.id)],
        others=[(one.id, one.label) for one in standing.who if not standing.held.get(one.id)],
        everybody=[(one.id, one.label) for one in standing.who],
        seen=seen,
        arcs=arcs(seen.shares) if seen else [],
        changes=_changes(seen.changes, {party.id: party.label for party in found.parties}) if seen else [],
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current())),
        **words(),
    )


def _imagined() -> Imagine:
    """What the address asks: ``policy``, and ``points-<id>``, ``hours-<id>``, ``degree-<id>`` of contributions."""
    told: dict[str, list[tuple[str, str]]] = {"points": [], "hours": [], "degree": []}
    for name, text in request.args.items():
        field, dash, id = name.partition("-")
        if dash and field in told and text.strip():
            told[field].append((id, text))
    policy = request.args.get("policy", "points@1")
    return Imagine(policy, tuple(told["points"]), tuple(told["hours"]), tuple(told["degree"]))


@pages.get("/what-if")
@logged_in
def imagine(collaboration_id: str) -> Response:
    """Move the numbers and see what would change. The address holds all of it and can be sent to the others; nothing is stored."""
    form, order = Form(), _imagined()
    seen: Imagined | None = None
    with form.catching():
        seen = what_if.imagine(ctx(), actor(), collaboration_id, order, current())
    result: dict[str, Any] = {"seen": seen, "arcs": arcs(seen.shares) if seen else [], "changes": []}
    if seen:
        result["changes"] = _changes(seen.changes, {party.id: party.label for party in seen.who})
    if request.args.get("part") == "result":  # a drag: nothing else of the page is asked for
        return render("collaborations/what_if_result.html", form.status, **result)
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    return render(
        "collaborations/what_if.html",
        form.status,
        form=form,
        found=found,
        order=order,
        asked={name: dict(getattr(order, name)) for name in ("points", "hours", "degrees")},
        measures=policies.shipped(order.policy).measures if order.policy in policies.PLAIN else frozenset(),
        rules=[(reference, _(policies.shipped(reference).title)) for reference in policies.PLAIN],
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current(), count=1)),
        **result,
        **words(),
    )


def _show(collaboration_id: str, split_id: str, form: Form) -> Response:
    found = collaboration.collaboration(ctx(), actor(), collaboration_id)
    split = allocation.split(ctx(), actor(), collaboration_id, split_id, current())
    asked = allocation.awaited(ctx(), actor(), collaboration_id, split_id)
    return render(
        "collaborations/split.html",
        form.status,
        form=form,
        found=found,
        split=split,
        arcs=arcs(split.shares),
        asked=asked,
        checks=[(one.holds, one.sentence.text(_)) for one in allocation.replay_of(ctx(), actor(), collaboration_id, split_id).checks],
        steps=steps(found, allocation.splits(ctx(), actor(), collaboration_id, current())),
        **words(),
    )


@pages.get("/splits/<split_id>")
@logged_in
def show(collaboration_id: str, split_id: str) -> Response:
    """One split: the shares, why, who has answered, and one's own answer."""
    return _show(collaboration_id, split_id, Form())


@pages.post("/splits/<split_id>/accept")
@logged_in
@once
def accept(collaboration_id: str, split_id: str) -> Response:
    """Accept for one's party."""
    answered = proposing.accept(ctx(), actor(), collaboration_id, split_id)
    said = _("Accepted by all. The split is frozen.") if answered.state == "accepted" else _("Accepted. It is in the log now.")
    return done(said, "splits.show", collaboration_id=collaboration_id, split_id=split_id)


@pages.post("/splits/<split_id>/decline")
@logged_in
@once
def decline(collaboration_id: str, split_id: str) -> Response:
    """Decline for one's party, and say why."""
    form = Form.read()
    with form.catching():
        proposing.decline(ctx(), actor(), collaboration_id, split_id, form.value("reason"))
        return done(_("Declined. Everybody sees why."), "splits.show", collaboration_id=collaboration_id, split_id=split_id)
    return _show(collaboration_id, split_id, form)


@pages.get("/splits/<split_id>/split.json")
@logged_in
def record(collaboration_id: str, split_id: str) -> Response:
    """The record: whoever has it can compute the split again."""
    text = allocation.record_of(ctx(), actor(), collaboration_id, split_id)
    response: Response = current_app.response_class(text, mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=split.json"
    return response
