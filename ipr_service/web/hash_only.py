"""Hash-only registrations: the browser makes the commitment and the bundle (``static/hash-only.js``); 32 bytes come here.

The page's form has no action and its fields no names: without scripts nothing can be sent by mistake.
"""

from __future__ import annotations

from base64 import b64encode

from flask import Blueprint, Response, current_app, request, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, InputError
from ipr_service.evidence.bundle import TokenPart
from ipr_service.evidence.digest import to_base64
from ipr_service.services import library, proving, registration
from ipr_service.web.forms import once
from ipr_service.web.ideas import arrive_first, languages_to_choose
from ipr_service.web.journey import At, steps
from ipr_service.web.languages import current
from ipr_service.web.pages import actor, ctx, go, logged_in, render, visitor

pages = Blueprint("hash_only", __name__, url_prefix="/ideas")
SIZE = 32


def words() -> dict[str, str]:
    """What the script says, in the language of the page."""
    return {
        "hashing": _("Computing fingerprints of {name}…"),
        "amount": _("{done} of {all}"),
        "sending": _("Sending 32 bytes…"),
        "packing": _("Building your proof bundle…"),
        "title": _("Please give it a title of 1 to 200 characters, in one line."),
        "nothing": _("There is nothing to register yet. Add a file or describe the idea."),
        "description": _("The description has more than 20,000 characters. Shorten it."),
        "email": _("Each contributor needs a mail address, each address once."),
        "shares": _("State a share for every contributor, or for none. Shares like 1/2 or 50 % must add up to exactly 1."),
        "empty": _("The file {name} is empty. Leave it out or choose the right one."),
        "unreadable": _("{name} could not be read. It may have been moved or changed. Choose it again."),
        "failed": _("The service could not be reached or refused. Nothing is lost: try again, this page still holds everything."),
        "gone": _("You are logged out. Log in in another tab, then try again here."),
        "large": _("The files are too large to go into one bundle together. Keep them beside it: the bundle opens their fingerprints."),
        "unsaved": _("Your proof bundle is not saved yet. Without it nobody can ever open this registration."),
        "remove": _("Remove"),
        "size": _("{name}, {size}"),
    }


def _page(previous: str, idea_id: str | None) -> Response:
    me = visitor()
    send = url_for("hash_only.revise", idea_id=idea_id) if idea_id else url_for("hash_only.register")
    return render(
        "ideas/hash_only.html",
        words=words(),
        offered=languages_to_choose(),
        chosen=current(),
        email=me.email if me else "",
        previous=previous,
        idea_id=idea_id,
        send=send,
        strip=steps({"register": At("now", _("You are here"))}),
    )


@pages.get("/new/hash-only")
def new() -> Response:
    """Register an idea and keep everything."""
    return arrive_first() or _page("", None)


@pages.get("/<idea_id>/versions/new/hash-only")
@logged_in
def new_version(idea_id: str) -> Response:
    """Register a new version and keep everything."""
    found = library.idea(ctx(), actor(), idea_id, "revise")
    return _page(to_base64(found.history[0].commitment), idea_id)


def _commitment() -> bytes:
    """The body of the request: 32 bytes, nothing before and nothing after."""
    if request.mimetype != "application/octet-stream" or request.content_length != SIZE:
        raise InputError.at("/commitment", N_("A commitment has 32 bytes, sent as they are."))
    return request.get_data(cache=False)


@pages.post("/commitments")
@logged_in
@once
def register() -> Response:
    """Register 32 bytes."""
    made = registration.register_commitment(ctx(), actor(), _commitment())
    return go("hash_only.parts", idea_id=made.idea_id, number=made.number)


@pages.post("/<idea_id>/commitments")
@logged_in
@once
def revise(idea_id: str) -> Response:
    """Register 32 bytes as the next version."""
    made = registration.register_commitment(ctx(), actor(), _commitment(), idea_id=idea_id)
    return go("hash_only.parts", idea_id=made.idea_id, number=made.number)


@pages.get("/<idea_id>/versions/<int:number>/parts")
@logged_in
def parts(idea_id: str, number: int) -> Response:
    """What the service adds to the bundle that the browser builds: all of it is public or about the log."""
    receipt = proving.receipt_of(ctx(), actor(), idea_id, number)
    found = proving.public_parts(ctx(), actor(), idea_id, number, current())
    members = [pair for at, token in enumerate(found.tokens, 1) for pair in _token_members(at, token)]
    answer = {
        "page": url_for("ideas.receipt", idea_id=idea_id, number=number),
        "name": f"idea-{idea_id[-8:]}-{number}.asice",
        "index": receipt.index,
        "commitment": to_base64(receipt.commitment),
        "proof": found.proof.decode(),
        "checkpointBody": found.checkpoint_body.decode(),
        "policy": found.policy.decode(),
        "certificate": b64encode(found.certificate).decode(),
        "verifySh": found.tools.verify_sh.decode(),
        "verifyHtml": found.tools.verify_html.decode(),
        "readme": found.tools.readme.decode(),
        "tokens": [[name, b64encode(body).decode()] for name, body in members],
    }
    return current_app.response_class(current_app.json.dumps(answer), mimetype="application/json")


def _token_members(at: int, token: TokenPart) -> list[tuple[str, bytes]]:
    return [
        (f"tsa/{at}.tsq", token.query),
        (f"tsa/{at}.tsr", token.response),
        (f"tsa/{at}-chain.pem", token.chain),
        *((f"tsa/{at}-{number}.crl", crl) for number, crl in enumerate(token.crls, 1)),
        *((f"tsa/{at}-{number}.ocsp", ocsp) for number, ocsp in enumerate(token.ocsps, 1)),
    ]
