"""Signing up, logging in and out, confirming and resetting by mail, and one's own account: profile, password, sessions, API tokens."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, request, session, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_, UnauthenticatedError
from ipr_service.services import accounts, sessions, tokens
from ipr_service.services.access import SCOPES
from ipr_service.services.words import countries
from ipr_service.web import session as browser
from ipr_service.web.forms import Form, once
from ipr_service.web.guard import secret_page
from ipr_service.web.languages import current, known_zone, offered, say, zones
from ipr_service.web.pages import actor, client_address, ctx, done, go, local_address, logged_in, render, visitor

pages = Blueprint("accounts", __name__)


_THINGS = {
    "ideas": N_("ideas and their proofs"),
    "disclosures": N_("what was shown, and who looked"),
    "collaborations": N_("collaborations, contributions and splits"),
    "agreements": N_("agreements and their documents"),
    "initiatives": N_("initiatives that were checked"),
    "organisations": N_("the organisation and its members"),
}


def scope_choices() -> list[tuple[str, str, str]]:
    """Every scope of a token with what it allows, in words."""
    rows = []
    for scope in SCOPES:
        thing, _colon, right = scope.partition(":")
        named = _(_THINGS.get(thing, thing))
        rows.append((scope, _("See %(thing)s", thing=named) if right == "read" else _("Make and change %(thing)s", thing=named), scope))
    return rows


def _onwards() -> Response:
    """After log-in: to where the person was going, else to the desk."""
    there = local_address(request.values.get("next")) or url_for("front.index")
    return current_app.make_response(current_app.redirect(there, 303))


@pages.route("/signup", methods=["GET", "POST"])
@once
def sign_up() -> Response:
    """Make an account."""
    if visitor() is not None:
        return go("front.index")
    form = Form.read()
    if form.sent:
        with form.catching():
            entered = accounts.sign_up(ctx(), read_sign_up(form), source=client_address())
            browser.begin(entered.token)
            if ctx().settings.smtp_url:
                said = _("Welcome. We have sent you a mail: please confirm your address with its link.")
            else:
                said = _("Welcome. This installation sends no mail: its operator keeps the link that confirms your address.")
            flash(said, "done")
            return _onwards()
    return render("accounts/sign_up.html", form.status, form=form, countries=countries(current()), next=request.values.get("next", ""))


def read_sign_up(form: Form) -> accounts.SignUp:
    """The order that the fields of a sign-up form make."""
    return accounts.SignUp(
        name=form.value("name"),
        email=form.value("email"),
        password=form.value("password"),
        organisation=form.value("organisation"),
        country=form.value("country"),
        language=current(),
    )


@pages.route("/login", methods=["GET", "POST"])
def log_in() -> Response:
    """Begin a session."""
    if visitor() is not None and request.method == "GET":
        return _onwards()
    form = Form.read()
    if form.sent:
        try:
            with form.catching():
                entered = accounts.log_in(ctx(), form.value("email"), form.value("password"), source=client_address())
                browser.begin(entered.token)
                return _onwards()
        except UnauthenticatedError as problem:
            form.status, form.title, form.sentence = 401, _("You are not logged in"), say(problem)
    return render("accounts/log_in.html", form.status, form=form, next=request.values.get("next", ""))


@pages.post("/logout")
def log_out() -> Response:
    """End this session."""
    if token := browser.token():
        sessions.log_out(ctx(), token)
    browser.end()
    return done(_("You are logged out."), "front.index")


@pages.get("/confirm/<secret>")
def confirm(secret: str) -> Response:
    """The mailed link: a button, so that a mail program that opens links does not use it up."""
    secret_page()
    return render("accounts/confirm.html")


@pages.post("/confirm/<secret>")
def confirmed(secret: str) -> Response:
    """Confirm the address."""
    secret_page()
    accounts.confirm(ctx(), secret)
    return done(_("Your address is confirmed."), "front.index")


@pages.post("/account/confirmation")
@logged_in
def confirm_again() -> Response:
    """Send the confirmation mail once more."""
    accounts.ask_confirmation(ctx(), actor())
    return done(_("We have sent the mail again."), "accounts.account")


@pages.route("/reset", methods=["GET", "POST"])
def ask_reset() -> Response:
    """Ask for a new password; one answer for every address."""
    form = Form.read()
    if form.sent:
        with form.catching():
            accounts.ask_reset(ctx(), form.value("email"), source=client_address())
            return render("accounts/reset_asked.html")
    return render("accounts/ask_reset.html", form.status, form=form)


@pages.route("/reset/<secret>", methods=["GET", "POST"])
def reset(secret: str) -> Response:
    """Choose a new password."""
    secret_page()
    accounts.check_reset(ctx(), secret)
    form = Form.read()
    if form.sent:
        with form.catching():
            accounts.reset(ctx(), secret, form.value("password"))
            browser.end()
            return done(_("Your new password counts from now on. You were logged out everywhere."), "accounts.log_in")
    return render("accounts/reset.html", form.status, form=form)


def _account(form: Form | None = None, at: str = "") -> Response:
    """The account page; ``form`` is the one that was refused, ``at`` its name."""
    me = visitor()
    assert me is not None  # noqa: S101 - every caller is behind logged_in
    profile = Form.read(name=me.name, language=me.language, time_zone=me.time_zone)
    profile.sent = False
    forms = {"profile": profile, "password": Form()} | ({at: form} if form is not None else {})
    return render(
        "accounts/account.html",
        form.status if form else 200,
        forms=forms,
        email=me.email,
        confirmed=me.email_confirmed,
        zones=zones(),
        offered=offered(ctx().settings),
        open_sessions=sessions.open_sessions(ctx(), actor(), browser.token() or ""),
        tokens=tokens.mine(ctx(), actor()),
    )


@pages.get("/account")
@logged_in
def account() -> Response:
    """Profile, password, sessions, tokens."""
    return _account()


@pages.post("/account/profile")
@logged_in
@once
def edit_profile() -> Response:
    """Change name, language, zone."""
    form = Form.read()
    with form.catching():
        zone = form.value("time_zone") if known_zone(form.value("time_zone")) else "Europe/Rome"
        accounts.edit_profile(ctx(), actor(), name=form.value("name"), language=form.value("language"), time_zone=zone)
        session.pop("language", None)
        return done(_("Your account was changed."), "accounts.account")
    return _account(form, "profile")


@pages.post("/account/password")
@logged_in
@once
def change_password() -> Response:
    """Change the password."""
    form = Form.read()
    with form.catching():
        accounts.change_password(ctx(), actor(), form.value("old_password"), form.value("password"), keep_token=browser.token())
        return done(_("Your password was changed. Other browsers were logged out."), "accounts.account")
    return _account(form, "password")


@pages.post("/account/sessions/revoke")
@logged_in
@once
def revoke_sessions() -> Response:
    """Log out everywhere else."""
    sessions.revoke_everywhere(ctx(), actor(), except_token=browser.token())
    return done(_("All other browsers were logged out."), "accounts.account")


@pages.route("/account/tokens/new", methods=["GET", "POST"])
@logged_in
def new_token() -> Response:
    """Make an API token; it is shown once, in the answer to the POST itself, and kept nowhere."""
    me = actor()
    form = Form.read(days=str(tokens.DEFAULT_DAYS), scopes="ideas:read")
    if form.sent:
        with form.catching():
            days = int(form.value("days")) if form.value("days").isascii() and form.value("days").isdigit() else 0
            scopes = tuple(form.values_of("scopes"))
            made = tokens.create(ctx(), me, name=form.value("name"), scopes=scopes, days=min(days, 10_000))
            return render("accounts/token_made.html", 201, token=made.token)
    return render("accounts/new_token.html", form.status, form=form, scopes=scope_choices())


@pages.post("/account/tokens/<token_id>/revoke")
@logged_in
@once
def revoke_token(token_id: str) -> Response:
    """End a token."""
    tokens.revoke(ctx(), actor(), token_id)
    return done(_("The token no longer counts."), "accounts.account")
