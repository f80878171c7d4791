"""Sign on a phone: open the mailed link, read, ask for a code, sign or decline. No account needed.

The same page serves a signatory who is logged in; the code goes to the same mailbox. The address of a link is a secret.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, NotFoundError
from ipr_service.services import limits, papers, signing
from ipr_service.services.signing import AsMember, ByLink
from ipr_service.web.agreements import ZIP, words
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.pages import actor, client_address, ctx, done, logged_in, mailed, render
from ipr_service.web.sending import attachment

pages = Blueprint("signing", __name__)
Address = Callable[[str], str]


def _by_link(secret: str) -> tuple[ByLink, Address]:
    secret_page()
    limits.count(ctx(), limits.LINK_BY_SOURCE, "signing", client_address())
    return ByLink(secret), lambda endpoint: url_for(f"signing.{endpoint}", secret=secret)


def _by_log_in(agreement_id: str) -> tuple[AsMember, Address]:
    names = {"show": "member", "code": "member_code", "sign": "member_sign", "decline": "member_decline", "file": "member_file"}
    return AsMember(actor(), agreement_id), lambda endpoint: url_for(f"signing.{names[endpoint]}", agreement_id=agreement_id)


def _page(signer: signing.Signer, address: Address, form: Form | None = None) -> Response:
    form = form or Form.read()
    found = signing.look(ctx(), signer)
    early = form.status == 409 and found.mine == "invited"
    form.title = form.title and (_("Not yet") if early else _("Please check what you entered"))
    at = {name: address(name) for name in ("show", "code", "sign", "decline", "file")}
    return render("signing/show.html", form.status, found=found, form=form, at=at, **words())


def _code(signer: signing.Signer, address: Address) -> Response:
    form = Form.read()
    with form.catching():
        signing.request_code(ctx(), signer)
        return _back(mailed(_("The code is on its way to your mailbox.")), address)
    return _page(signer, address, form)


def _back(message: str, address: Address) -> Response:
    answer = done(message, "front.index")
    answer.location = address("show")
    return answer


def _sign(signer: signing.Signer, address: Address) -> Response:
    form = Form.read()
    with form.catching():
        signing.sign(ctx(), signer, form.value("code"), form.value("document_sha256"), form.value("consent_id"))
        return _back(_("You have signed. Your signature is in the log."), address)
    return _page(signer, address, form)


def _decline(signer: signing.Signer, address: Address) -> Response:
    form = Form.read()
    with form.catching():
        signing.decline(ctx(), signer, form.value("reason"))
        return _back(_("You have declined. Nobody is bound by this document."), address)
    return _page(signer, address, form)


def _file(signer: signing.Signer) -> Response:
    what = request.args.get("what", "document")
    if what == "document":
        answer: Response = current_app.response_class(signing.document_pdf(ctx(), signer), mimetype=papers.PDF_TYPE)
        answer.headers["Content-Disposition"] = "inline; filename=document.pdf"  # set by ourselves from checked text: no upload
        return answer
    if what not in ("sealed", "evidence"):
        raise NotFoundError(N_("There is nothing here that you may see."))
    body = signing.executed(ctx(), signer, what)
    if what == "sealed":
        return attachment(body, papers.PDF_TYPE, "executed.pdf")
    return attachment(body, ZIP, "agreement-evidence.zip")


@pages.get("/signing/<secret>")
def show(secret: str) -> Response:
    """What there is to sign."""
    return _page(*_by_link(secret))


@pages.get("/signing/<secret>/file")
def file(secret: str) -> Response:
    """The document to read; afterwards the executed PDF and the evidence file."""
    return _file(_by_link(secret)[0])


@pages.post("/signing/<secret>/code")
@once
def code(secret: str) -> Response:
    """Mail a code."""
    return _code(*_by_link(secret))


@pages.post("/signing/<secret>/sign")
@once
def sign(secret: str) -> Response:
    """Sign."""
    return _sign(*_by_link(secret))


@pages.post("/signing/<secret>/decline")
@once
def decline(secret: str) -> Response:
    """Decline, with a reason."""
    return _decline(*_by_link(secret))


@pages.get("/agreements/<string(length=26):agreement_id>/signing")
@logged_in
def member(agreement_id: str) -> Response:
    """The same page for a signatory who is logged in."""
    return _page(*_by_log_in(agreement_id))


@pages.get("/agreements/<string(length=26):agreement_id>/signing/file")
@logged_in
def member_file(agreement_id: str) -> Response:
    """The document to read, and what is there afterwards."""
    return _file(_by_log_in(agreement_id)[0])


@pages.post("/agreements/<string(length=26):agreement_id>/signing/code")
@logged_in
@once
def member_code(agreement_id: str) -> Response:
    """Mail a code."""
    return _code(*_by_log_in(agreement_id))


@pages.post("/agreements/<string(length=26):agreement_id>/signing/sign")
@logged_in
@once
def member_sign(agreement_id: str) -> Response:
    """Sign."""
    return _sign(*_by_log_in(agreement_id))


@pages.post("/agreements/<string(length=26):agreement_id>/signing/decline")
@logged_in
@once
def member_decline(agreement_id: str) -> Response:
    """Decline, with a reason."""
    return _decline(*_by_log_in(agreement_id))
