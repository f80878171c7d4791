"""Disclosures: an idea shown to a named person under an executed NDA, and the record of every view.

No column says "open": whether the recipient may see anything is derived at each request (``services/viewing``). What is logged can be told
from these columns again (``services/disclosure`` and ``services/viewing``, ``expected_statements``); records of views are evidence, never
updated, never deleted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line


class Disclosure(Base):
    """One idea offered to one named person of a named organisation, under one NDA of its own."""

    __tablename__ = "disclosure"

    id: Mapped[Id] = mapped_column(primary_key=True)
    idea_id: Mapped[str] = mapped_column(ForeignKey("idea.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True, comment="the discloser")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="who offered it")
    recipient_email: Mapped[Line]
    recipient_name: Mapped[Line]
    recipient_organisation_name: Mapped[Line]
    recipient_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True, comment="null until she came by the link")
    recipient_organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), unique=True, comment="the NDA, of this disclosure alone")
    terms_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32), comment="digest of the executed NDA; null until it was opened")
    revision: Mapped[int] = mapped_column(default=1, comment="counts openings and additions; guards the revocation against them")
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None] = mapped_column(comment="when the recipient came by the link")
    opened_at: Mapped[datetime | None] = mapped_column(comment="when the opening was logged, after the execution")
    ends_at: Mapped[datetime | None] = mapped_column(comment="never changed: an earlier end is a revocation")
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, comment="entry of the revocation; null if never opened")


class DisclosureItem(Base):
    """One file (or title and description, position 0) of one version that the recipient may see: an act of the owner each."""

    __tablename__ = "disclosure_item"
    __table_args__ = (UniqueConstraint("disclosure_id", "version_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("idea_version.id"))
    position: Mapped[int] = mapped_column(comment="0 for title and description, else the file's position")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="who chose it")
    created_at: Mapped[datetime]
    commitment: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), index=True, comment="entry of the disclosure that opened it: one for all items of a version opened together"
    )


class AccessRecord(Base):
    """A view, written and logged before the first byte went out."""

    __tablename__ = "access_record"

    id: Mapped[Id] = mapped_column(primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("disclosure_item.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), comment="for whom she looked")
    at: Mapped[datetime]
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
