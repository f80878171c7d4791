"""People, organisations, memberships, and every secret by which somebody is let in.

A natural person has a personal organisation. Secrets (sessions, API tokens, links, codes) rest as digests only; what was
shown to the person once cannot be read back from here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Word


class Person(Base):
    """A natural person who can log in."""

    __tablename__ = "person"

    id: Mapped[Id] = mapped_column(primary_key=True)
    email: Mapped[Line] = mapped_column(unique=True, comment="as typed, domain lower-cased; compared through email_folded")
    email_folded: Mapped[Line] = mapped_column(unique=True, comment="casefolded NFC, what log-in looks up")
    name: Mapped[Line]
    password_hash: Mapped[str | None] = mapped_column(String(255), comment="argon2id; null until an invited guest chooses one")
    personal_organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    language: Mapped[str] = mapped_column(String(8), default="en")
    time_zone: Mapped[Word] = mapped_column(default="Europe/Rome")
    is_operator: Mapped[bool] = mapped_column(default=False, comment="may see the operator's page; never a right on a thing")
    email_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None] = mapped_column(comment="name and address are gone; a pseudonym stands for the person")


class Organisation(Base):
    """Who owns things: a company, a cluster, or one person's own."""

    __tablename__ = "organisation"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Line]
    kind: Mapped[Word] = mapped_column(comment="personal | company | cluster | public")
    country: Mapped[str | None] = mapped_column(String(2), comment="ISO 3166-1 alpha-2, upper case")
    registration_number: Mapped[Line | None]
    address: Mapped[str | None] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class Membership(Base):
    """A person's role in an organisation."""

    __tablename__ = "membership"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[Word] = mapped_column(comment="owner | member | advisor | viewer")
    created_at: Mapped[datetime]


class Invitation(Base):
    """A mailed link that lets one person into one thing, once."""

    __tablename__ = "invitation"

    id: Mapped[Id] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="SHA-256 of the secret in the link")
    purpose: Mapped[Word] = mapped_column(comment="organisation | disclosure | contributor | collaboration | signature | transfer")
    thing_id: Mapped[Id] = mapped_column(index=True, comment="what it lets into")
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), comment="who invites")
    invited_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    email: Mapped[Line]
    role: Mapped[Word]
    language: Mapped[str] = mapped_column(String(8), default="en")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]


class BrowserSession(Base):
    """A logged-in browser: revocable, with idle and absolute expiry."""

    __tablename__ = "browser_session"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), comment="the organisation acted for")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Base):
    """A token of the form ipr_live_… or ipr_test_…; shown once."""

    __tablename__ = "api_token"

    id: Mapped[Id] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hint: Mapped[Word] = mapped_column(comment="first characters, to recognise it in a list")
    name: Mapped[Line]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    scopes: Mapped[LongText] = mapped_column(comment="words separated by one space")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class MailedSecret(Base):
    """A link or code sent by mail to prove control of an address: password reset, address confirmation."""

    __tablename__ = "mailed_secret"

    id: Mapped[Id] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[Word] = mapped_column(comment="reset | confirm")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdempotentRequest(Base):
    """The answer to a POST that carried an Idempotency-Key, kept for at least 24 hours."""

    __tablename__ = "idempotent_request"

    actor: Mapped[Line] = mapped_column(primary_key=True, comment="organisation id and person id")
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32), comment="SHA-256 over method, path and body")
    status: Mapped[int | None] = mapped_column(comment="null while the first request is still at work")
    thing_id: Mapped[str | None] = mapped_column(String(26), comment="what it made; same transaction, survives a kill")
    headers: Mapped[LongText | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime]


class Participant(Base):
    """Which organisation takes part in which thing, as what: the one table that tenancy is asked of (law 10)."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("thing_id", "organisation_id", "person_id", "role"),
        Index("ix_participant_organisation_id_kind", "organisation_id", "kind"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    thing_id: Mapped[Id] = mapped_column(index=True)
    kind: Mapped[Word] = mapped_column(comment="idea | disclosure | collaboration | split | agreement | …")
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), comment="set when only this person of the organisation is meant")
    role: Mapped[Word] = mapped_column(comment="owner | party | recipient | contributor | signatory | advisor")
    created_at: Mapped[datetime]
