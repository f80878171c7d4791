"""People: signing up, logging in, confirming an address, resetting and changing a password, one's own settings.

Log-in and reset answer the same for known and unknown addresses, in the same time. Signing up is the one place that tells that an
address has an account, counted by source: the person would otherwise wait for a mail that means nothing to them.

Not here: sessions, organisations, invitations, API tokens (modules of those names).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ExpiredError, InputError, UnauthenticatedError
from ipr_service.services import letters, limits, passwords, sessions
from ipr_service.services.access import Actor, require_person
from ipr_service.services.context import Context
from ipr_service.services.words import clean_choice, clean_country, clean_email, clean_line, collecting, fold_email
from ipr_service.store.schema import ApiToken, MailedSecret, Membership, Organisation, Person

CONFIRM_FOR = timedelta(days=7)
RESET_FOR = timedelta(hours=1)
_BAD_LOG_IN = N_("Address and password do not fit together. Check both, or reset the password.")
_BAD_LINK = N_("This link was used already or has run out. Ask for a new one.")
ORGANISATION_KINDS = ("company", "cluster", "public")


@dataclass(frozen=True)
class SignUp:
    """What a new person tells. ``organisation`` empty: they act for themselves."""

    name: str
    email: str
    password: str
    organisation: str = ""
    country: str = ""
    language: str = "en"
    time_zone: str = "Europe/Rome"


@dataclass(frozen=True)
class LoggedIn:
    """A person and the token of a fresh session, handed out once."""

    person_id: str
    token: str


def sign_up(ctx: Context, order: SignUp, *, source: str, proved_email: str | None = None) -> LoggedIn:
    """Make a person with a personal organisation, perhaps a company of which they are the owner, and log them in.

    Args:
        source: network address, for the limit.
        proved_email: an address that the caller knows to be the person's (they came by a link mailed to it); it is then confirmed.

    Raises:
        InputError: fields that were refused, or the address has an account.
        RateLimitError: too many from one source.
    """
    limits.count(ctx, limits.SIGN_UP_BY_SOURCE, "sign-up", source)
    with collecting() as check:
        name = check(clean_line, "/name", order.name)
        email = check(clean_email, "/email", order.email)
        password = check(passwords.clean, "/password", order.password, order.email, order.name)
        organisation = check(clean_line, "/organisation", order.organisation, required=False)
        country = check(clean_country, "/country", order.country, required=bool(order.organisation.strip()))
        language = check(clean_choice, "/language", order.language, ctx.settings.languages)
        time_zone = check(clean_line, "/time_zone", order.time_zone, 64)
    hashed, now = passwords.digest(password), ctx.now()
    with ctx.database.writing() as session:
        if find(session, email) is not None:
            raise InputError.at("/email", N_("This address has an account already. Log in, or reset the password."))
        own = Organisation(id=ctx.new_id(), name=name, kind="personal", country=country or None, created_at=now)
        session.add(own)
        session.flush()
        person = Person(
            id=ctx.new_id(),
            email=email,
            email_folded=fold_email(email),
            name=name,
            password_hash=hashed,
            personal_organisation_id=own.id,
            language=language,
            time_zone=time_zone,
            is_operator=False,
            created_at=now,
            email_confirmed_at=now if proved_email is not None and fold_email(proved_email) == fold_email(email) else None,
        )
        session.add(person)
        session.flush()
        session.add(Membership(organisation_id=own.id, person_id=person.id, role="owner", created_at=now))
        acting_for = own.id
        if organisation:
            acting_for = found_organisation(ctx, session, person.id, organisation, "company", country)
        if person.email_confirmed_at is None:
            _send_confirmation(ctx, session, person)
        token = sessions.begin(ctx, session, person, acting_for)
    ctx.wake()
    return LoggedIn(person.id, token)


def found_organisation(ctx: Context, session: Session, person_id: str, name: str, kind: str, country: str) -> str:
    """Make an organisation of which the person is the owner, inside the caller's transaction. Returns its id."""
    row = Organisation(id=ctx.new_id(), name=name, kind=kind, country=country or None, created_at=ctx.now())
    session.add(row)
    session.flush()
    session.add(Membership(organisation_id=row.id, person_id=person_id, role="owner", created_at=ctx.now()))
    return row.id


def find(session: Session, email: str) -> Person | None:
    """The person with this address, however it is spelled."""
    return session.scalars(select(Person).where(Person.email_folded == fold_email(email))).one_or_none()


def log_in(ctx: Context, email: str, password: str, *, source: str) -> LoggedIn:
    """Begin a session.

    Raises:
        UnauthenticatedError: one answer for a wrong password, an unknown address and a disabled account.
        RateLimitError: too many tries on this address or from this source.
    """
    limits.count(ctx, limits.LOG_IN_BY_SOURCE, "log-in source", source)
    here = f"{fold_email(email)} from {source}"
    limits.count(ctx, limits.LOG_IN_BY_ADDRESS_AND_SOURCE, "log-in here", here)
    limits.count(ctx, limits.LOG_IN_BY_ADDRESS, "log-in", fold_email(email))
    with ctx.database.reading() as session:
        person = find(session, email) if len(email) <= 320 else None
    usable = person is not None and person.disabled_at is None
    right = passwords.matches(person.password_hash if person is not None and usable else None, password)
    if person is None or not right:
        raise UnauthenticatedError(_BAD_LOG_IN)
    limits.forgive(ctx, limits.LOG_IN_BY_ADDRESS_AND_SOURCE, "log-in here", here)
    renewed = passwords.digest(password) if passwords.outdated(person.password_hash or "") else None
    with ctx.database.writing() as session:
        if renewed is not None:
            session.execute(update(Person).where(Person.id == person.id).values(password_hash=renewed))
        return LoggedIn(person.id, sessions.begin(ctx, session, person, _usual_organisation(session, person)))


def _usual_organisation(session: Session, person: Person) -> str:
    """For whom a person acts after log-in: their one company if there is just one, else themselves."""
    others = session.scalars(
        select(Membership.organisation_id).where(
            Membership.person_id == person.id, Membership.organisation_id != person.personal_organisation_id
        )
    ).all()
    return others[0] if len(others) == 1 else person.personal_organisation_id


def _mail_secret(ctx: Context, session: Session, person: Person, purpose: str, valid: timedelta) -> str:
    """A fresh secret to be mailed; those sent before for the same purpose end."""
    now, secret = ctx.now(), sessions.secret(ctx)
    before = (MailedSecret.person_id == person.id, MailedSecret.purpose == purpose, MailedSecret.used_at.is_(None))
    session.execute(update(MailedSecret).where(*before).values(used_at=now))
    session.add(
        MailedSecret(
            id=ctx.new_id(), digest=sessions.digest(secret), purpose=purpose, person_id=person.id, created_at=now, expires_at=now + valid
        )
    )
    return secret


def _send_confirmation(ctx: Context, session: Session, person: Person) -> None:
    secret = _mail_secret(ctx, session, person, "confirm", CONFIRM_FOR)
    letters.post(
        ctx,
        session,
        letters.letter(
            person.email,
            person.language,
            N_("Please confirm your address"),
            N_("With this link you confirm that this address is yours. It works once, within seven days:"),
            "{link}",
            link=f"{ctx.settings.base_url}/confirm/{secret}",
        ),
        thing_id=person.id,
    )


def ask_confirmation(ctx: Context, actor: Actor) -> None:
    """Send the confirmation mail again; nothing when the address is confirmed.

    Raises:
        UnauthenticatedError, RateLimitError
    """
    person_id = require_person(actor)
    limits.count(ctx, limits.CONFIRM_BY_PERSON, "confirm", person_id)
    with ctx.database.writing() as session:
        person = session.get_one(Person, person_id)
        if person.email_confirmed_at is None:
            _send_confirmation(ctx, session, person)
    ctx.wake()


def _use_secret(session: Session, secret: str, purpose: str, now: datetime) -> Person:
    """Take a mailed secret, once.

    Raises:
        ExpiredError: unknown, used, replaced or run out.
    """
    row = session.scalars(
        select(MailedSecret).where(MailedSecret.digest == sessions.digest(secret), MailedSecret.purpose == purpose).with_for_update()
    ).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise ExpiredError(_BAD_LINK)
    person = session.get_one(Person, row.person_id)
    if person.disabled_at is not None:
        raise ExpiredError(_BAD_LINK)
    row.used_at = now
    return person


def confirm(ctx: Context, secret: str) -> None:
    """Confirm an address by the mailed link.

    Raises:
        ExpiredError: the link does not count any more.
    """
    now = ctx.now()
    with ctx.database.writing() as session:
        person = _use_secret(session, secret, "confirm", now)
        person.email_confirmed_at = person.email_confirmed_at or now


def ask_reset(ctx: Context, email: str, *, source: str) -> None:
    """Send a reset link if the address has an account; the caller cannot tell.

    Raises:
        RateLimitError: too many for this address or from this source.
    """
    limits.count(ctx, limits.RESET_BY_SOURCE, "reset source", source)
    limits.count(ctx, limits.RESET_BY_ADDRESS, "reset", fold_email(email))
    with ctx.database.writing() as session:
        person = find(session, email) if len(email) <= 320 else None
        if person is None or person.disabled_at is not None:
            return
        secret = _mail_secret(ctx, session, person, "reset", RESET_FOR)
        letters.post(
            ctx,
            session,
            letters.letter(
                person.email,
                person.language,
                N_("Choose a new password"),
                N_("Somebody, we hope you, asked for a new password. With this link you choose it. It works once, within one hour:"),
                "{link}",
                N_("Until then the old password stays."),
                link=f"{ctx.settings.base_url}/reset/{secret}",
            ),
            thing_id=person.id,
        )
    ctx.wake()


def check_reset(ctx: Context, secret: str) -> None:
    """Whether a reset link still counts, without using it.

    Raises:
        ExpiredError
    """
    with ctx.database.reading() as session:
        row = session.scalars(
            select(MailedSecret).where(MailedSecret.digest == sessions.digest(secret), MailedSecret.purpose == "reset")
        ).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= ctx.now():
        raise ExpiredError(_BAD_LINK)


def reset(ctx: Context, secret: str, password: str) -> None:
    """Choose a new password by the mailed link; the address counts as confirmed.

    Every session and API token of the person ends, and every other mailed link: whoever made the account before its rightful owner
    claimed the address, or stole the password, keeps nothing.

    Raises:
        ExpiredError: the link does not count any more.
        InputError: the password is refused; the link may be used again.
    """
    check_reset(ctx, secret)
    hashed, now = passwords.digest(passwords.clean("/password", password)), ctx.now()
    with ctx.database.writing() as session:
        person = _use_secret(session, secret, "reset", now)
        person.password_hash, person.email_confirmed_at = hashed, person.email_confirmed_at or now
        session.execute(update(MailedSecret).where(MailedSecret.person_id == person.id, MailedSecret.used_at.is_(None)).values(used_at=now))
        _end_everything(session, person.id, now)


def _end_everything(session: Session, person_id: str, now: datetime, *, except_token: str | None = None) -> None:
    """End every session but one, and every API token."""
    session.execute(update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now))
    sessions.revoke_all(session, person_id, now, except_token=except_token)


def change_password(ctx: Context, actor: Actor, old: str, new: str, *, keep_token: str | None) -> None:
    """Change the password; every other session and every API token of the person ends.

    Raises:
        InputError: the old one is wrong, or the new one is refused.
        RateLimitError: too many wrong tries.
    """
    person_id = sessions.require_browser(actor)
    limits.count(ctx, limits.PASSWORD_BY_PERSON, "change password", person_id)
    with ctx.database.reading() as session:
        person = session.get_one(Person, person_id)
    with collecting() as check:
        if not passwords.matches(person.password_hash, old):
            check.refuse("/old_password", N_("This is not your present password."))
        check(passwords.clean, "/password", new, person.email, person.name)
    hashed = passwords.digest(new)
    with ctx.database.writing() as session:
        session.execute(update(Person).where(Person.id == person_id).values(password_hash=hashed))
        _end_everything(session, person_id, ctx.now(), except_token=keep_token)


def edit_profile(ctx: Context, actor: Actor, *, name: str, language: str, time_zone: str) -> None:
    """Change how the person is called and which language and zone they read in.

    Raises:
        InputError: fields that were refused.
    """
    person_id = sessions.require_browser(actor)
    with collecting() as check:
        name = check(clean_line, "/name", name)
        language = check(clean_choice, "/language", language, ctx.settings.languages)
        time_zone = check(clean_line, "/time_zone", time_zone, 64)
    with ctx.database.writing() as session:
        person = session.get_one(Person, person_id)
        person.name, person.language, person.time_zone = name, language, time_zone
        session.get_one(Organisation, person.personal_organisation_id).name = name


def disable(ctx: Context, person_id: str) -> None:
    """Lock a person out at once: sessions and API tokens end. For the command line of the operator."""
    now = ctx.now()
    with ctx.database.writing() as session:
        session.execute(update(Person).where(Person.id == person_id).values(disabled_at=now))
        _end_everything(session, person_id, now)
