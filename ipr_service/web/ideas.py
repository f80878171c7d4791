"""Ideas: list, register, look, new version, proofs. Hash-only registrations come through ``web/hash_only``, answers of contributors
through ``web/contributors``.

Uploads are spooled by werkzeug and streamed from there into the encrypted store; nothing else of them stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, cast

from babel import Locale
from flask import Blueprint, Response, abort, current_app, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from ipr_service.errors import N_, InputError
from ipr_service.rights.notation import exact
from ipr_service.services import dossiers, library, proving, registration, sharing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.library import IdeaDetails, IdeaLine, VersionDetails
from ipr_service.services.registration import NamedContributor, RegisterIdea
from ipr_service.web import desk
from ipr_service.web.forms import Form, once
from ipr_service.web.journey import At, Step, steps
from ipr_service.web.languages import current, when
from ipr_service.web.pages import actor, ctx, done, go, logged_in, render, visitor
from ipr_service.web.sharing import word_of as word_of_share

pages = Blueprint("ideas", __name__, url_prefix="/ideas")
ON_A_PAGE = 25
IN_MEMORY = 1 << 20
FEWEST_ROWS = 3
BUNDLE_TYPE = "application/vnd.etsi.asic-e+zip"


def languages_to_choose() -> list[tuple[str, str]]:
    """Languages of titles and descriptions, by their names in the reader's language."""
    names = Locale.parse(current()).languages
    return sorted(((code, str(names.get(code, code))) for code in registration.LANGUAGES), key=lambda row: row[1].casefold())


# ---- list ------------------------------------------------------------------------------------------------------------


@desk.section(order=10)
def my_ideas(ctx: Context, actor: Actor) -> desk.Section | None:
    """The newest ideas on the desk."""
    found = library.ideas(ctx, actor, count=6)
    items = tuple(
        desk.Item(name_of(line), url_for("ideas.show", idea_id=line.id), word_of(line), kind_of(line), when(line.created_at))
        for line in found[:5]
    )
    empty = (_("No idea is registered yet."), url_for("ideas.new"), _("Register an idea"))
    return desk.Section(_("Ideas"), items, more=url_for("ideas.index") if len(found) > 5 else "", empty=empty)


def name_of(line: IdeaLine) -> str:
    """What the person calls it, else the neutral label."""
    return line.title or line.label


def word_of(line: IdeaLine) -> str:
    if line.state != "registered":
        return _("Withdrawn") if line.state == "withdrawn" else _("Erased")
    return ngettext("In the log, %(num)s version", "In the log, %(num)s versions", line.versions)


def kind_of(line: IdeaLine) -> str:
    return "done" if line.state == "registered" else "off"


@pages.get("")
@logged_in
def index() -> Response:
    """Everything one may see, newest first."""
    before = request.args.get("before", "")
    found = library.ideas(ctx(), actor(), before=before if len(before) == 26 else None, count=ON_A_PAGE + 1)
    shown = [(line, name_of(line), word_of(line), kind_of(line)) for line in found[:ON_A_PAGE]]
    return render("ideas/index.html", ideas=shown, older=found[ON_A_PAGE - 1].id if len(found) > ON_A_PAGE else "", first=not before)


# ---- register --------------------------------------------------------------------------------------------------------


def arrive_first() -> Response | None:
    """Nobody is here yet: make an account (or log in there), and come straight back."""
    return None if visitor() else go("accounts.sign_up", next=request.path)


def rows_of(form: Form) -> list[dict[str, str]]:
    """The rows of the contributors' table: what was typed, at least three, the first one for the person herself."""
    if not form.sent:
        me = visitor()
        rows = [{"email": me.email if me else "", "role": _("author"), "share": ""}]
    else:
        rows = [{"email": email, "role": role, "share": share} for email, role, share in _sent_rows()]
    wanted = max(FEWEST_ROWS, len(rows)) + (3 if request.form.get("more") else 0)
    return rows + [{"email": "", "role": "", "share": ""}] * (min(wanted, registration.MAX_CONTRIBUTORS) - len(rows))


def _sent_rows() -> list[tuple[str, str, str]]:
    columns = (request.form.getlist(name)[: registration.MAX_CONTRIBUTORS + 1] for name in ("email", "role", "share"))
    return list(zip(*columns, strict=False))


def _share(text: str) -> str | None:
    """A share as people write it (50 %, 0,5, 2/4) as the one exact fraction; what is no number is left for the service to refuse."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        share: Fraction = exact(text)
    except InputError:
        return text
    return str(share)


def order_of(form: Form) -> RegisterIdea:
    """What the form asks to register; rows without an address are left out."""
    named = tuple(NamedContributor(email, role, _share(share)) for email, role, share in _sent_rows() if email.strip())
    return RegisterIdea(form.value("title"), form.value("description"), form.value("language"), contributors=named)


def _files() -> Sequence[FileStorage]:
    """What was chosen; a browser sends one nameless part for an empty field."""
    return [file for file in request.files.getlist("files") if file.filename]


def _register(form: Form, idea_id: str | None) -> registration.Registered:
    intake = open_intake(ctx(), actor(), idea_id)
    try:
        for file in _files():
            intake.take(file.filename or "", file.mimetype, cast("Any", file.stream))
    except BaseException:
        intake.abort()
        raise
    return registration.register_idea(ctx(), actor(), order_of(form), intake)


def _form_page(form: Form, found: IdeaDetails | None) -> Response:
    settings = ctx().settings
    return render(
        "ideas/new.html",
        form.status,
        form=form,
        found=found,
        lost=bool(form.sent and _files()),
        rows=rows_of(form),
        offered=languages_to_choose(),
        max_files=settings.max_files,
        max_bytes=settings.max_upload_bytes,
        strip=steps({"register": At("now", _("You are here"))}),
    )


@pages.route("/new", methods=["GET", "POST"])
@once
def new() -> Response:
    """Register an idea, its files kept here encrypted."""
    if (first := arrive_first()) is not None:
        return first
    form = Form.read(language=current())
    if form.sent and not request.form.get("more"):
        with form.catching():
            made = _register(form, None)
            return done(_("Your idea is registered."), "ideas.receipt", idea_id=made.idea_id, number=made.number)
    return _form_page(form, None)


@pages.route("/<idea_id>/versions/new", methods=["GET", "POST"])
@logged_in
@once
def revise(idea_id: str) -> Response:
    """Register a new version, chained to the newest one."""
    found = library.idea(ctx(), actor(), idea_id, "revise")
    newest = found.history[0]
    if newest.hash_only:
        abort(404)
    form = Form.read(title=newest.title or "", description=newest.description or "", language=newest.language)
    if form.sent and not request.form.get("more"):
        with form.catching():
            made = _register(form, idea_id)
            return done(_("The new version is registered."), "ideas.receipt", idea_id=idea_id, number=made.number)
    return _form_page(form, found)


# ---- look ------------------------------------------------------------------------------------------------------------


def _strip(found: IdeaDetails) -> list[Step]:
    here = url_for("ideas.show", idea_id=found.line.id, _anchor="show")  # whole: the receipt shows this strip too
    erased = At("off", _("Erased"))
    share = At("now", _("Show it to somebody"), here) if "show" in found.may else At("waiting", _("By the owner"))
    share = share if found.line.state != "erased" else erased
    given = sharing.disclosures(ctx(), actor(), idea_id=found.line.id, side="given") if "show" in found.may else []
    if given:
        word, kind = next((word_of_share(one.state) for one in given if one.state == "open"), word_of_share(given[0].state))
        share = At(kind, word, url_for("sharing.show", disclosure_id=given[0].id))
    return steps({"register": At("done", word_of(found.line)), "share": share})


def tokens_of(version: VersionDetails, idea_id: str) -> dict[str, Any]:
    """How the time of a version stands: own tokens, independent ones, and whether any independent authority is asked at all."""
    stamps = proving.stamps_of(ctx(), actor(), idea_id, version.number)
    asked = [authority.name for authority in ctx().authorities if authority.independent]
    return {
        "independent": [stamp for stamp in stamps if stamp.independent],
        "own": [stamp for stamp in stamps if not stamp.independent],
        "asked": asked,
    }


def events_of(version: VersionDetails, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    """From the file to the log to the tokens, oldest first."""
    many = len(version.files)
    if version.hash_only:
        said = _("Its commitment was made in your browser or program. Title and files stayed there.")
    elif version.files:
        said = ngettext("%(num)s file and the title got fingerprints.", "%(num)s files and the title got fingerprints.", many)
        if version.description:
            said = ngettext("%(num)s file and your text got fingerprints.", "%(num)s files and your text got fingerprints.", many)
    else:
        said = _("Your text got its fingerprint.") if version.description else _("The title got its fingerprint.")
    place = _("Entry %(index)s of the public log, under a signed checkpoint.", index=version.index)
    events: list[dict[str, Any]] = [
        {"title": _("Fingerprints made"), "text": said, "kind": "done"},
        {"title": _("In the log"), "time": version.time, "text": place, "kind": "done"},
    ]
    own = _("A test authority: it adds no independent proof of time.")
    events += [{"title": _("Stamped by the service’s own clock"), "time": one.time, "text": own, "kind": "done"} for one in tokens["own"]]
    for one in tokens["independent"]:
        title = _("Stamped by %(authority)s", authority=one.authority)
        events.append({"title": title, "time": one.time, "text": _("An independent authority."), "kind": "done"})
    if not tokens["independent"]:
        events.append(_no_independent(tokens["asked"]))
    return events


def _no_independent(asked: Sequence[str]) -> dict[str, Any]:
    if asked:
        text = _("%(names)s was asked. The stamp usually comes within minutes; take the bundle again then.", names=", ".join(asked))
        return {"title": _("Independent time stamp: on its way"), "text": text, "kind": "waiting"}
    text = _("This installation asks no independent authority. The time rests on the log and on the service’s own clock alone.")
    return {"title": _("No independent time stamp"), "text": text, "kind": "care"}


def version_in(found: IdeaDetails, number: int) -> VersionDetails:
    """One of the versions, or no page."""
    version = next((one for one in found.history if one.number == number), None)
    if version is None:
        abort(404)
    return version


@pages.get("/<idea_id>")
@logged_in
def show(idea_id: str) -> Response:
    """One idea: what it is, who made it, its versions from file to log to tokens."""
    found = library.idea(ctx(), actor(), idea_id)
    timelines = [(version, events_of(version, tokens_of(version, idea_id))) for version in found.history]
    return render(
        "ideas/show.html",
        found=found,
        name=name_of(found.line),
        newest=found.history[0],
        timelines=timelines,
        strip=_strip(found),
        states=contributor_states(),
        offered=dict(languages_to_choose()),
    )


def contributor_states() -> dict[str, tuple[str, str]]:
    return {
        "self": (_("Registered it"), "done"),
        "asked": (_("Asked, no answer yet"), "waiting"),
        "confirmed": (_("Confirmed"), "done"),
        "declined": (_("Declined"), "care"),
    }


@pages.get("/<idea_id>/versions/<int:number>")
@logged_in
def receipt(idea_id: str, number: int) -> Response:
    """The receipt of one version: where it stands, what that proves, and the proofs to take home."""
    found = library.idea(ctx(), actor(), idea_id)
    version = version_in(found, number)
    tokens = tokens_of(version, idea_id)
    return render(
        "ideas/receipt.html",
        found=found,
        name=name_of(found.line),
        version=version,
        receipt=proving.receipt_of(ctx(), actor(), idea_id, number),
        events=events_of(version, tokens),
        tokens=tokens,
        fingerprint=ctx().service_keys.log_keys.fingerprint,
        origin=ctx().settings.origin,
        strip=_strip(found),
    )


# ---- take home -------------------------------------------------------------------------------------------------------


@pages.get("/<idea_id>/versions/<int:number>/bundle")
@logged_in
def bundle(idea_id: str, number: int) -> Response:
    """The proof bundle; ``?files=no`` leaves the originals out, ``?files=3`` all but one."""
    files = request.args.get("files", "")
    position = int(files) if files.isascii() and files.isdigit() and len(files) < 5 else None
    if files not in ("", "no") and position is None:  # somebody trims an address to pass one file on: never more than was meant
        raise InputError.at("/files", N_("Write files=no for a bundle without files, files=3 for the third alone, or leave it out."))
    with _sent() as out:
        proving.write_bundle(ctx(), actor(), idea_id, number, out, language=current(), with_files=files != "no", position=position)
    return send_file(out, BUNDLE_TYPE, as_attachment=True, download_name=f"idea-{idea_id[-8:]}-{number}.asice")


@pages.get("/<idea_id>/versions.zip")
@logged_in
def history(idea_id: str) -> Response:
    """The proof bundles of all versions; ``?files=no`` leaves the originals out."""
    with _sent() as out:
        dossiers.write_history(ctx(), actor(), idea_id, out, language=current(), with_files=request.args.get("files") != "no")
    return send_file(out, "application/zip", as_attachment=True, download_name=f"idea-{idea_id[-8:]}-versions.zip")


@contextmanager
def _sent() -> Iterator[Any]:
    """A temporary file to be written, then sent and closed by Flask; closed here when writing fails."""
    out = cast("Any", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    try:
        yield out
    except BaseException:
        out.close()
        raise
    out.seek(0)


@pages.get("/<idea_id>/versions/<int:number>/certificate")
@logged_in
def certificate(idea_id: str, number: int) -> Response:
    """The one-page certificate."""
    body = proving.certificate_of(ctx(), actor(), idea_id, number, current())
    answer = current_app.response_class(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="certificate-{idea_id[-8:]}-{number}.pdf"'
    return answer


@pages.get("/<idea_id>/versions/<int:number>/files/<int:position>")
@logged_in
def file(idea_id: str, number: int, position: int) -> Response:
    """A kept file, always as an attachment: what somebody uploaded is never run here."""
    found = library.file_content(ctx(), actor(), idea_id, number, position)
    reader, name = cast("Any", found.reader), found.line.name
    answer = send_file(reader, "application/octet-stream", as_attachment=True, download_name=name, conditional=True, etag=False)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
