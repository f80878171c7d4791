"""The public verification page: no account. With scripts everything happens in the browser, with the very code of ``verify.html``;
without them the bundle is sent here, judged by ``evidence.verification`` and forgotten.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files as package_files
from typing import Any, cast

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _

from ipr_service.errors import N_, InputError
from ipr_service.evidence.report import BUNDLE_ITSELF, OUTCOME_NAMES, VERDICT_NAMES, VERDICTS, Report, Verdict
from ipr_service.services import verifying
from ipr_service.services.verifying import Against, Verified
from ipr_service.web.forms import Form
from ipr_service.web.pages import client_address, ctx, render

pages = Blueprint("verify", __name__, url_prefix="/verify")
KINDS = {"holds": "done", "fails": "care", "absent": "off", "not asked": "waiting"}
_PARTS = ("checks.js", "mldsa.js", "tokens.js", "report.js")
_MARKED = re.compile(r'N_\(("(?:[^"\\]|\\.)*")\)')


@cache
def _core() -> str:
    """The checks of verify.html without its page: one code for the bundle's own verifier and for this one."""
    folder = package_files("ipr_service.evidence") / "files" / "verifier"
    return "".join((folder / name).read_text(encoding="utf-8") for name in _PARTS)


@cache
def _sentences() -> tuple[str, ...]:
    return tuple(dict.fromkeys(json.loads(text) for text in _MARKED.findall(_core())))


@pages.get("/checks.js")
def checks() -> Response:
    """The checks as a script of their own."""
    return current_app.response_class(_core(), mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


def words() -> dict[str, str]:
    """What the page's script says, and the sentences of the checks in the page's language."""
    said = {sentence: _(sentence) for sentence in _sentences()}
    return {sentence: text for sentence, text in said.items() if text != sentence} | {
        "checking": _("Checking every byte…"),
        "choose": _("Choose a proof bundle first."),
        "fingerprint": _("A fingerprint has 64 digits and letters from a to f; this one has {length}. Copy it whole."),
        "unreadable": _("This file could not be read."),
        "old": _("This browser is too old to check a bundle. Use another one, or verify.sh."),
    }


def _page(form: Form, verified: Verified | None = None) -> Response:
    house = ctx()
    return render(
        "verify/index.html",
        form.status,
        form=form,
        words=words(),
        found=verified and said(verified),
        origin=house.settings.origin,
        fingerprint=house.service_keys.log_keys.fingerprint,
        trust=verifying.own_list(house).to_bytes().decode(),
        largest=verifying.LARGEST,
        most=verifying.MOST_FILES,
        independent=bool(house.settings.tsa_urls),
    )


@pages.get("")
def index() -> Response:
    """What to drop, and what to compare it with."""
    return _page(Form(start={"against": "own"}))


@pages.post("")
def check() -> Response:
    """Check on the service. Nothing is kept, so nothing needs to be done once only."""
    form = Form.read()
    with form.catching():
        return _page(form, _verified(form))
    return _page(form)


def _verified(form: Form) -> Verified:
    sent = request.files.get("bundle")
    if sent is None or not sent.filename:
        raise InputError.at("/bundle", N_("Choose a proof bundle first."))
    chosen = form.value("against")
    if chosen == "other" and not form.value("fingerprint").strip():
        raise InputError.at("/fingerprint", N_("Enter the fingerprint of the log, or choose another way to compare."))
    named = form.value("fingerprint") if chosen == "other" else ""
    listed = "+" in named or "-----" in named
    against = Against(chosen == "own", "" if listed else named, named.replace("\r\n", "\n") if listed else "")
    files = [(file.filename, cast("Any", file.stream)) for file in request.files.getlist("files") if file.filename]
    return verifying.verify(ctx(), cast("Any", sent.stream), files, against, source=client_address())


# ---- a report in the reader's words ------------------------------------------------------------------------------------


def said(verified: Verified) -> dict[str, Any]:
    """A report as the template shows it."""
    report = verified.report
    return {
        "good": bool(report),
        "compared": [
            (one.reason.said(_), _("The same file") if one.position else _("Another file"), "done" if one.position else "care")
            for one in report.comparisons
        ],
        "headline": _headline(report),
        "itself": _(BUNDLE_ITSELF).format(answer=report.bundle_itself.said(_)) + "." if report.intact and report.foreign else "",
        "failed": ", ".join(check.name for check in report.failed),
        "summary": [sentence.said(_) for sentence in report.summary[len(report.comparisons) :]],
        "verdicts": [_verdict(report, verdict) for verdict in VERDICTS],
        "events": events_of(report),
        "compared_with": verified.compared_with,
        "title": report.facts.title if report.intact else "",
        "people": [one.removeprefix("mailto:") for one in report.facts.people] if report.intact else [],
        "fingerprint": report.facts.fingerprint,
    }


def _meaning(report: Report, verdict: Verdict) -> str:
    """One sentence for this verdict as it is: another one for yes than for no."""
    failed = any(check.verdict == verdict for check in report.failed)
    if verdict == "intact":
        if report.intact:
            return _("Every byte and hash agrees, and the log’s two signatures hold under the key that the bundle names.")
        return _("Something in this file is not as it was when the bundle was written, or it is no proof bundle.")
    if verdict == "trusted":
        if report.trusted:
            return _("That key is the one you compare with, and not only the bundle’s word.")
        if failed:
            return _("A key or a witness that you ask for has not signed this.")
        return _("Only the bundle itself vouches for the key that signed; it is not one that you compare with.")
    if report.timed:
        return _("An authority other than the service stamped the checkpoint.")
    if failed:
        return _("A time stamp in this bundle does not hold.")
    if any(not token.independent for token in report.facts.tokens):
        return _("The only stamp is the service’s own: a test authority, not independent.")
    if any(check.verdict == "timed" and check.name != "tokens" for check in report.checks):
        return _("There is a stamp, but no root certificate that you trust vouches for it.")
    return _("No authority other than the service has stamped the checkpoint.")


_PLAIN = (
    (r"file\.(\d+)", N_("A file in this bundle is not the one that was registered: file {number}.")),
    (r"member\.files/0*(\d+).*", N_("A file in this bundle is not the one that was registered: file {number}.")),
    (r"container\.form", "{reason}."),
    (r"signatures|policy", N_("The signatures of the log do not hold.")),
    (r"entry|inclusion|proof|salt|checkpoint.*", N_("The bundle does not prove that this stands in the log.")),
    (
        r"file-commitment.*|files|statement.*|manifest|openings",
        N_("What the bundle says of files and statements is not what was registered."),
    ),
    (r"member.*|container.*|renewal.*", N_("The bundle was changed after it was written.")),
)


def _headline(report: Report) -> str:
    """The answer in plain words; of several things that fail, the one that a reader can do most with."""
    broken = [check for check in report.failed if check.verdict == "intact"]
    for pattern, sentence in _PLAIN:
        for check in broken:
            if found := re.fullmatch(pattern, check.name):
                number = found.group(1) if found.re.groups else ""
                return _(sentence).format(number=number, reason=check.reason.said(_).removesuffix("."))
    said = report.headline.said(_)
    return f"{said[:1].upper()}{said[1:]}."


def _verdict(report: Report, verdict: Verdict) -> dict[str, Any]:
    holds = {"intact": report.intact, "trusted": report.trusted, "timed": report.timed}[verdict]
    rows = [
        (check.name, _(OUTCOME_NAMES[check.outcome]), KINDS[check.outcome], check.reason.said(_))
        for check in report.checks
        if check.verdict == verdict
    ]
    return {
        "name": _(VERDICT_NAMES[verdict]).capitalize(),
        "holds": holds,
        "word": _("yes") if holds else _("no"),
        "meaning": _meaning(report, verdict),
        "checks": rows,
    }


def events_of(report: Report) -> list[dict[str, Any]]:
    """From the file to the log to the tokens, as far as the checks carry it."""
    facts = report.facts
    if not report.intact:
        return []
    place = _("Entry %(index)s of the log %(origin)s, of size %(size)s.", index=facts.index, origin=facts.origin, size=facts.size)
    committed = _("%(files)s files and %(statements)s statements open the commitment.", files=facts.files, statements=facts.statements)
    signed = _("Signed by the key you compare with.") if report.trusted else _("Signed by a key for which only this bundle vouches.")
    events = [
        {"title": _("Files and statements"), "text": committed, "kind": "done"},
        {"title": _("In the log"), "text": place, "kind": "done"},
        {"title": _("Checkpoint"), "text": signed, "kind": "done" if report.trusted else "care"},
    ]
    for token in facts.tokens:
        who = token.authority if token.independent else _("the service’s own clock: test authority, not independent")
        events.append({"title": _("Time stamp"), "text": f"{token.time}, {who}", "kind": "done" if token.independent else "off"})
    if not report.timed:
        events.append({"title": _("No independent time verified"), "text": _("The time rests on the log alone."), "kind": "care"})
    seen = [check for check in report.checks if check.name == "witnesses"]
    return events + [{"title": _("Witnesses"), "text": f"{one.reason.said(_)}.", "kind": KINDS[one.outcome]} for one in seen]
